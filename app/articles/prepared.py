"""An article rendered and taken apart for writing: pure work on one state, without a database."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic_core import from_json, to_json

from app.articles.models import Article
from app.articles.schemas import ArticleIn, ArticleState
from app.changes.models import DESK, PUBLIC, Op, View
from app.changes.store import DATED
from app.content import blocks
from app.errors import Fault
from app.web.fields import show_instant

PUBLISHED: Final = "published"
ATTRIBUTIONS: Final = 1_000
# What the desk or a 410 tells, and no document.
ASIDE: Final = frozenset({"ednote", "withdrawal", "former_slugs", "working_copy"})
# Columns that hold JSON, and those that a document's fields of the same name go into as they are.
AS_JSON: Final = ("tags", "attributions", "image", "relations", "origin", "corrections")
AS_IS: Final = tuple(
    column.key
    for column in Article.__table__.columns
    if column.key not in {*AS_JSON, "id", "body", "translation_of", "withdrawal"}
)
COLUMNS: Final = ("id", "translation_of", "body", "withdrawal", *AS_JSON, *AS_IS)


@dataclass(slots=True)
class Prepared:
    """A state of an article as it is written. Pure data, so that another process can make it.

    `keeps` names the views that go on showing what they show: the public's, where this is a working copy; the desk's,
    where what is public changes under a working copy. `named_at` tells where the source of each attribution is named.
    """

    id: str
    slug: str
    language: str
    status: str
    was_published: bool
    revision: int
    modified_at: datetime
    listed_at: datetime
    due_at: datetime | None
    updated_at: datetime
    translation_of: str | None
    section: str | None
    tags: list[str]
    attributed: list[tuple[str, str]]
    named_at: list[str]
    notes: list[tuple[int, str]]
    pinned: list[tuple[int, str, int]]
    related: dict[str, str]
    former_slugs: list[str]
    row: dict[str, Any]
    card: str
    body: str
    aside: dict[str, Any]
    assumed: frozenset[str]
    keeps: frozenset[View] = frozenset()
    op: Op | None = None
    kind: str | None = None
    note: str | None = None

    @property
    def document(self) -> str:
        """The card with the body behind it."""
        return f'{self.card[:-1]},"body":{self.body}}}'

    @property
    def public(self) -> bool:
        return self.status == PUBLISHED

    @property
    def view(self) -> View:
        """The view that shows it."""
        return PUBLIC if self.public else DESK

    def rewrite(self, **fields: Any) -> None:
        """Gives fields of the card another value."""
        self.card = to_json({**from_json(self.card), **fields}).decode()

    def identify(self, ref: str) -> None:
        """Gives the article another id: that of the one it is a new state of."""
        self.id = self.row["id"] = ref
        self.rewrite(id=ref)

    def follow(self, old: Mapping[str, Any], last: int, at: datetime) -> None:
        """Makes it the next state of what is stored: what its writer did not say of dates is as it must be."""
        row = self.row
        row["revision"] = self.revision = max(self.revision, last + 1)
        if "created_at" in self.assumed:
            row["created_at"] = datetime.fromisoformat(old["created_at"])
        if "first_published_at" in self.assumed and old["first_published_at"] is not None:
            row["first_published_at"] = datetime.fromisoformat(old["first_published_at"])
        if "updated_at" in self.assumed and self.public:
            row["updated_at"] = self.updated_at = at
        if "modified_at" in self.assumed:
            row["modified_at"] = self.modified_at = at
        moved = ("created_at", "first_published_at", "updated_at", "modified_at")
        dates = {name: None if row[name] is None else show_instant(row[name]) for name in moved}
        self.rewrite(revision=self.revision, **dates)


def derived(found: ArticleIn) -> tuple[dict[str, Any], list[Fault]]:
    """The fields that follow from what a client sets, once its body is settled; and what is wrong with them."""
    words = blocks.word_count(found.body)
    fields: dict[str, Any] = {
        "attributions": blocks.attributions(found.attributions, found.body, found.image),
        "notes": blocks.notes_used(found.body),
        "excerpt": blocks.excerpt(found.standfirst, found.body),
        "word_count": words,
        "reading_minutes": blocks.reading_minutes(words),
    }
    if len(fields["attributions"]) > ATTRIBUTIONS:
        detail = f"are more than {ATTRIBUTIONS}, with the speakers of quotes and the sources of pictures"
        return fields, [Fault(detail, pointer="/attributions")]
    return fields, []


def prepare(state: ArticleState) -> Prepared:
    """The article's documents and rows. Its references are not checked here."""
    card = to_json(state, exclude=_OFF_CARD)
    body = to_json(state.body).decode()
    given = state.withdrawal
    withdrawal = None if given is None else to_json(given).decode()
    row: dict[str, Any] = {
        "id": str(state.id),
        "translation_of": str(state.translation_of) if state.translation_of else None,
        "body": body,
        "withdrawal": withdrawal,
    }
    for name in AS_JSON:
        value = getattr(state, name)
        row[name] = None if value is None else to_json(value).decode() if value else "[]"
    for name in AS_IS:
        row[name] = getattr(state, name)
    listed_at = state.published_at or state.publish_at or state.created_at
    boxes = [(n, block) for n, block in enumerate(state.body) if block.type == "reference_note"]
    return Prepared(
        id=row["id"],
        slug=state.slug,
        language=state.language,
        status=state.status,
        was_published=not state.working_copy and (state.first_published_at is not None or state.status == "withdrawn"),
        revision=state.revision,
        modified_at=state.modified_at,
        listed_at=listed_at,
        due_at=state.publish_at,
        updated_at=state.updated_at or listed_at,
        translation_of=row["translation_of"],
        section=state.section,
        tags=state.tags,
        attributed=[(one.role, one.source) for one in state.attributions],
        named_at=[*_named_at(state)],
        notes=[(n, box.note) for n, box in boxes],
        pinned=[(n, box.note, box.revision) for n, box in boxes if box.revision is not None],
        related=_related(state),
        former_slugs=[slug for slug in state.former_slugs if slug != state.slug],
        row=row,
        card=card.decode(),
        body=body,
        aside={
            "ednote": state.ednote,
            "withdrawal": from_json(withdrawal) if withdrawal else None,
            "former_slugs": state.former_slugs,
        },
        assumed=DATED - state.model_fields_set,
        keeps=frozenset({PUBLIC}) if state.working_copy else frozenset(),
    )


_OFF_CARD: Final = {"body", *ASIDE}


def _named_at(state: ArticleState) -> Iterator[str]:
    """For each attribution the place that names its source: that of what it follows from, where it does."""
    following = [*blocks.attributions([], state.body, state.image)]
    places = {block.id: f"/body/{n}/source" for n, block in enumerate(state.body)}
    for n, one in enumerate(state.attributions):
        if one not in following:
            yield f"/attributions/{n}/source"
        else:
            yield "/image/source" if one.block is None else places[one.block]


def _related(state: ArticleState) -> dict[str, str]:
    """Ids of the articles that this one names, with the place that does."""
    named = [(one.article, f"/relations/{n}/article") for n, one in enumerate(state.relations)]
    named += [(one.article, f"/body/{n}/article") for n, one in enumerate(state.body) if one.type == "related"]
    if state.withdrawal is not None:
        named.append((state.withdrawal.replacement, "/replacement"))
    return {str(ref): pointer for ref, pointer in reversed(named) if ref is not None}
