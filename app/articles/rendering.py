"""An article made ready for storage: its JSON, and what tables, lists and checks need of it. Needs no database."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from pydantic_core import from_json, to_json

from app.articles.origins import list_value, origin_key
from app.articles.schemas import ArticleIn, ArticleState, Withdrawal
from app.content import blocks
from app.content.attributions import complete_attributions
from app.content.holdings import holdings
from app.content.lifecycle import Status
from app.errors import Fault
from app.web.fields import format_instant

ATTRIBUTIONS_AT_MOST: Final = 1_000
# What only the desk, or a 410, shows of an article.
NOT_IN_DOCUMENT: Final = frozenset({"ednote", "withdrawal", "former_slugs", "working_copy"})
# Dates that an import may leave out.
DATES: Final = frozenset({"created_at", "modified_at", "updated_at", "first_published_at"})


class NamedNote(NamedTuple):
    """A reference note in the body: the number of its block, its slug, and its revision where that is pinned."""

    block: int
    slug: str
    revision: int | None


class NamedSource(NamedTuple):
    """A source that an attribution names. `pointer` says where in the article it is named."""

    role: str
    slug: str
    pointer: str


@dataclass(frozen=True, slots=True)
class RenderedArticle:
    """A state of an article as it is stored. Plain data, so that another process can make it.

    `card` and `body` are the JSON of the document, `private` that of the members that only the desk sees.
    `facets` are what filters find it by besides what it names: `genre:news`, `flag:graphic`, `has:correction`.
    `related` maps ids of articles that this one names to where it does. `working_copy` says that this state stands
    beside what is public, and does not take its place. `keys` are those of its words, packed (`app.index.keys`), where
    whoever rendered it has made them already.
    """

    id: str
    slug: str
    former_slugs: tuple[str, ...]
    language: str
    headline: str
    section: str | None
    tags: tuple[str, ...]
    sources: tuple[NamedSource, ...]
    notes: tuple[NamedNote, ...]
    related: dict[str, str]
    translation_of: str | None
    origin_key: str | None
    status: Status
    publish_at: datetime | None
    expires_at: datetime | None
    first_published_at: datetime | None
    published_at: datetime | None
    updated_at: datetime | None
    created_at: datetime
    modified_at: datetime
    revision: int
    withdrawal: Withdrawal | None
    working_copy: bool
    quote_languages: tuple[str, ...]
    facets: tuple[str, ...]
    card: str
    body: str
    private: str
    keys: bytes | None = None

    @property
    def is_public(self) -> bool:
        return self.status == "published"

    def with_id(self, id: str) -> "RenderedArticle":
        """The same under the id of the article whose new state it is."""
        return replace(self, id=id, card=_card_with(self.card, id=id))

    def with_slug(self, slug: str) -> "RenderedArticle":
        """The same under this slug."""
        former = tuple(each for each in self.former_slugs if each != slug)
        return replace(self, slug=slug, former_slugs=former, card=_card_with(self.card, slug=slug))

    def imported_first_at(self, instant: str) -> "RenderedArticle":
        """The same, which has an origin, with this instant as that of its first import."""
        card = from_json(self.card)
        return replace(self, card=_card_with(self.card, origin={**card["origin"], "imported_at": instant}))

    def with_original(self, id: str | None) -> "RenderedArticle":
        """The same as a translation of this article; None: of none."""
        return replace(self, translation_of=id, card=_card_with(self.card, translation_of=id))

    def with_byline(self, byline: str) -> "RenderedArticle":
        """The same by these authors."""
        return replace(self, card=_card_with(self.card, byline=byline))

    def as_revision(self, revision: int, **dates: datetime | None) -> "RenderedArticle":
        """The same as this revision, with other ones of its DATES."""
        if revision == self.revision and not dates:
            return self
        article = replace(self, revision=revision, **dates)  # type: ignore[arg-type]
        shown = {name: None if at is None else format_instant(at) for name, at in dates.items()}
        return replace(article, card=_card_with(self.card, revision=revision, **shown))


def _card_with(card: str, **fields: object) -> str:
    return to_json({**from_json(card), **fields}).decode()


def derived_fields(content: ArticleIn, words: int) -> tuple[dict[str, Any], list[Fault]]:
    """(fields that follow from what a client sets, what is wrong with them).

    The body has been sanitised before, and has so many words.
    """
    fields: dict[str, Any] = {
        "attributions": complete_attributions(content.attributions, content.body, content.image),
        "notes": blocks.notes_used(content.body),
        "excerpt": blocks.excerpt(content.standfirst, content.body),
        "word_count": words,
        "reading_minutes": blocks.reading_minutes(words),
    }
    if len(fields["attributions"]) > ATTRIBUTIONS_AT_MOST:
        detail = f"are more than {ATTRIBUTIONS_AT_MOST}, with the speakers of quotes and the sources of pictures"
        return fields, [Fault(detail, pointer="/attributions")]
    return fields, []


def render(article: ArticleState) -> RenderedArticle:
    """The article as it is stored. Whether what it names exists is not checked here."""
    return RenderedArticle(
        **{name: getattr(article, name) for name in _SAME},
        id=str(article.id),
        former_slugs=tuple(slug for slug in article.former_slugs if slug != article.slug),
        tags=tuple(article.tags),
        sources=tuple(_named_sources(article)),
        notes=tuple(
            NamedNote(index, block.note, block.revision)
            for index, block in enumerate(article.body)
            if block.type == "reference_note"
        ),
        related=_related(article),
        translation_of=None if article.translation_of is None else str(article.translation_of),
        origin_key=_origin_key(article),
        quote_languages=tuple(blocks.quote_languages(map(vars, article.body), article.language)),
        facets=tuple(_facets(article)),
        card=to_json(article, exclude=_NOT_IN_CARD).decode(),
        body=to_json(article.body).decode(),
        private=to_json({"ednote": article.ednote, "working_copy": article.working_copy}).decode(),
    )


_NOT_IN_CARD: Final = {"body", *NOT_IN_DOCUMENT}
# Fields that tables and checks take as they are.
_SAME: Final = (
    "slug", "language", "headline", "section", "status", "publish_at", "expires_at", "first_published_at",
    "published_at", "updated_at", "created_at", "modified_at", "revision", "withdrawal", "working_copy",
)  # fmt: skip


def _facets(article: ArticleState) -> Iterator[str]:
    if article.genre is not None:
        yield f"genre:{article.genre}"
    yield from (f"flag:{flag}" for flag in article.flags)
    if article.ai is not None:
        yield f"ai:{article.ai.use}"
    yield from (f"has:{holding}" for holding in sorted(holdings(article.body, article.image)))
    if article.corrections:
        yield "has:correction"
    if (key := _origin_key(article)) is not None:
        yield f"origin:{list_value(key)}"


def _origin_key(article: ArticleState) -> str | None:
    return None if article.origin is None else origin_key(article.origin.system, article.origin.id)


def _named_sources(article: ArticleState) -> Iterator[NamedSource]:
    """The sources of all attributions. What a quote or a picture says too is named there."""
    pointers: dict[tuple[str, str, str | None], str] = {}
    if article.image is not None and article.image.source is not None:
        pointers["published_by", article.image.source, None] = "/image/source"
    for index, block in enumerate(article.body):
        if isinstance(block, (blocks.Quote, blocks.ImageBlock)) and block.source is not None:
            role = "said_by" if block.type == "quote" else "published_by"
            pointers[role, block.source, block.id] = f"/body/{index}/source"
    for index, attribution in enumerate(article.attributions):
        named = attribution.role, attribution.source
        yield NamedSource(*named, pointers.get((*named, attribution.block), f"/attributions/{index}/source"))


def related_articles(article: ArticleIn | ArticleState) -> Iterator[tuple[str, UUID]]:
    """(pointer, id) of the articles that relations and `related` blocks name."""
    for index, relation in enumerate(article.relations):
        if relation.article is not None:
            yield f"/relations/{index}/article", relation.article
    for index, block in enumerate(article.body):
        if block.type == "related" and block.article is not None:
            yield f"/body/{index}/article", block.article


def _related(article: ArticleState) -> dict[str, str]:
    """Ids of the articles that this one names, with the first place that does."""
    pointers: dict[str, str] = {}
    for pointer, id in related_articles(article):
        pointers.setdefault(str(id), pointer)
    if article.withdrawal is not None and article.withdrawal.replacement is not None:
        pointers.setdefault(str(article.withdrawal.replacement), "/replacement")
    return pointers
