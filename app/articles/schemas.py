"""What an article looks like on the wire."""

from collections.abc import Iterable
from typing import Annotated, Literal, Self, get_args

from pydantic import MISSING, AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.articles.highlight_schemas import ArticleHighlighted
from app.articles.part_schemas import (
    OTHER_STORIES,
    ArticleCorrection,
    ArticleOrigin,
    ArticleTranslation,
    Byline,
    CorrectionKind,
    CorrectionText,
    EditorsNote,
    InLanguage,
    Kicker,
    LeadImage,
    Standfirst,
)
from app.changes.schemas import Drafts, Seen, WriteWarning, drafts_or_instant
from app.content import lifecycle
from app.content.blocks import Attribution, Body, Role, StoryRelation, WireModel
from app.content.lifecycle import Reason, Status
from app.content.sets import DISTINCT
from app.formats.bodies import BODY_FIELDS
from app.notes.schemas import NoteOut
from app.sources.schemas import SourceOut
from app.tags.schemas import TagOut
from app.web.fields import SLUG, Id, Instant, Language, LineOrEmpty, Slug, Text
from app.web.highlights import HIGHLIGHTED
from app.web.queries import (
    Flag,
    Page,
    PageQuery,
    Parameters,
    check_number_of_values,
    chosen_names,
    comma_list,
    conflict,
    if_asked,
    names_schema,
    only_required,
)
from app.web.spans import moment_or_day, period, zone_name

NoteRef = Annotated[str, StringConstraints(pattern=f"^{SLUG.pattern}(@[1-9][0-9]*)?$")]


class Withdrawal(lifecycle.Withdrawal):
    """Why a story was taken down, and what may be said of it."""

    replacement: Id | None = Field(default=None, description="The article to read instead.")


class ArticleWithdrawIn(WireModel):
    """Why the story is to be taken down, and what readers are told."""

    reason: Reason = Field(description="Why, in a word.")
    public_note: Text | None = Field(default=None, description="What readers are told.")
    replacement: Id | None = Field(default=None, description="Id of the article to read instead.")


class ArticleCorrectIn(WireModel):
    """A correction or clarification to be shown with the story."""

    kind: CorrectionKind
    text: CorrectionText


class ArticleIn(WireModel):
    """What a client may set of an article."""

    slug: Slug | None = Field(default=None, description="Made from the headline where it is left out.")
    language: InLanguage
    headline: LineOrEmpty = Field(default="", description="A draft may have none yet. Plain text.")
    kicker: Kicker = None
    standfirst: Standfirst = None
    byline: Byline = None
    body: Body = Field(default=[], description="The text, in blocks.")
    section: Slug | None = Field(default=None, description="The one tag of type section that it stands in.")
    tags: Annotated[list[Slug], DISTINCT] = Field(
        default=[], max_length=100, description="Other tags; none of type section."
    )
    attributions: Annotated[list[Attribution], DISTINCT] = Field(
        default=[], max_length=1_000, description="Those that do not follow from the body and the pictures."
    )
    image: LeadImage = None
    relations: Annotated[list[StoryRelation], DISTINCT] = Field(default=[], max_length=200, description=OTHER_STORIES)
    translation_of: Id | None = Field(default=None, description="Id of the original; null for an original.")
    editors_note: EditorsNote = None
    ednote: Text | None = Field(default=None, description="A note to the desk; no reader ever sees it.")


class ArticleEdit(ArticleIn):
    """What a client may change of an article, and how the change is to be taken."""

    minor: bool = Field(
        default=False, strict=True, description="A typo fix: `modified_at` moves, and `updated_at` does not."
    )


class ArticleCard(WireModel):
    """An article without its body, as lists show it."""

    id: Id = Field(description="Never changes.")
    slug: Slug = Field(description="Its present name in addresses.")
    language: InLanguage
    headline: str = Field(description="Plain text; empty where a draft has none yet, or it was erased.")
    kicker: Kicker
    standfirst: Standfirst
    excerpt: str | None = Field(description="The standfirst, else the first paragraph, cut at a word. Plain text.")
    byline: Byline
    section: Slug | None = Field(
        description="Slug of the one tag of type section that it stands in; `tags` does not repeat it."
    )
    tags: list[Slug] = Field(description="Slugs of its other tags.")
    attributions: Annotated[
        list[Attribution], Field(description="Complete: speakers of quotes and sources of pictures are in it.")
    ]
    notes: list[Slug] = Field(description="Slugs of the reference notes in the body, in reading order.")
    image: LeadImage
    relations: list[StoryRelation] = Field(description=OTHER_STORIES)
    translation_of: Id | None = Field(description="Id of the original; null for an original.")
    status: Status = Field(description="What the public reads is `published`.")
    publish_at: Instant | None = Field(description="When a scheduled article is due.")
    first_published_at: Instant | None = Field(description="Never moves once set.")
    published_at: Instant | None = Field(description="The due time of the release in force.")
    updated_at: Instant | None = Field(description="The last substantial change.")
    modified_at: Instant = Field(description="The last change of any kind.")
    created_at: Instant = Field(description="When it was first saved.")
    revision: int = Field(ge=1, description="How often it was saved.")
    word_count: int = Field(ge=0, description="Of the body.")
    reading_minutes: int = Field(ge=0, description="At 200 words a minute, rounded up.")
    origin: ArticleOrigin | None = Field(description="Where it was imported from; null for what was written here.")
    corrections: list[ArticleCorrection] = Field(description="Corrections that readers are told of.")
    editors_note: EditorsNote


class ArticleOut(ArticleCard):
    """One article."""

    body: Body = Field(description="The text, in blocks.")


class ArticleIncluded(BaseModel):
    """What `include` asked for, each object once: what the articles name, and what the notes beside them name."""

    tags: dict[Slug, TagOut] | MISSING = Field(default=MISSING, description="By slug: tags and sections.")
    sources: dict[Slug, SourceOut] | MISSING = Field(
        default=MISSING, description="By slug: the sources that attributions, quotes and pictures name."
    )
    notes: dict[NoteRef, NoteOut] | MISSING = Field(
        default=MISSING,
        description="By slug: the reference notes in the bodies. One that is embedded at a pinned revision stands under"
        " `slug@revision` too, as it was.",
    )
    articles: dict[Id, ArticleCard] | MISSING = Field(
        default=MISSING,
        description="By id: the articles that relations, and `related` blocks where bodies are shown, name."
        " Asked for as `relations`.",
    )
    translations: dict[Id, dict[Language, ArticleTranslation]] | MISSING = Field(
        default=MISSING, description="By id of an article: its versions in other languages, by language."
    )


class ArticleSeen(ArticleOut):
    """One article, with the note to the desk where the desk reads it."""

    model_config = ConfigDict(json_schema_extra=if_asked("ednote"))

    ednote: Text | MISSING | None = Field(default=MISSING, description="A note to the desk, for the desk alone.")


class ArticleAnswer(ArticleSeen):
    """One article, with what `include` asked for."""

    model_config = ConfigDict(json_schema_extra=if_asked("body_html", "body_text", "included", "ednote"))

    body_html: str | MISSING = Field(default=MISSING, description="The body as HTML; where `fields` names it.")
    body_text: str | MISSING = Field(default=MISSING, description="The body as plain text; where `fields` names it.")
    included: ArticleIncluded | MISSING = MISSING


class ArticleWritten(ArticleOut):
    """The article as it is after the write."""

    ednote: Text | None = Field(description="A note to the desk; no reader ever sees it.")
    warnings: list[WriteWarning] = Field(description="What is not stored as it was sent, such as removed elements.")


class ArticleHit(ArticleHighlighted, ArticleCard):
    """An article in a list, without its body."""

    model_config = ConfigDict(json_schema_extra=if_asked(*HIGHLIGHTED))


class ArticleSelection(ArticleHighlighted, ArticleAnswer):
    """Those fields of an article that `fields` named; id and slug are always there."""

    model_config = ConfigDict(json_schema_extra=only_required("id", "slug"))


# The article with its body comes first, for a client that takes the first that fits: `fields` may name all there is.
class ArticlePage(Page[ArticleAnswer | ArticleHit | ArticleSelection, ArticleIncluded]):
    """One page of articles: cards, or what `fields` selected."""


class ArticleState(ArticleOut):
    """All that is stored of an article: its document, and what only the desk or a 410 tells of it."""

    ednote: Text | None = None
    withdrawal: Withdrawal | None = None
    former_slugs: list[Slug] = Field(default=[], max_length=10_000, description="Slugs it was public under before.")
    working_copy: bool = Field(default=False, description="What is public goes on beside it.")


def in_languages(names: Iterable[str], languages: Iterable[str] | None) -> list[str]:
    """The names of these lists narrowed to languages, such as `articles:tag:trams~uk`; as they are without any."""
    narrowed = [f"{name}~{language}" for name in names for language in languages or ()]
    return narrowed or [*names]


# A list is read in one branch for each of its values and languages.
MOST_BRANCHES = 20
Includable = Literal["tags", "sources", "notes", "relations", "translations"]
INCLUDABLE: tuple[Includable, ...] = get_args(Includable)
Slugs = Annotated[tuple[str, ...], comma_list(Slug)]
InstantOrDay = Annotated[str, AfterValidator(moment_or_day)]


class ArticleShape(Parameters):
    """Which parts of an article are to be shown, and what beside it."""

    fields: Annotated[str, names_schema([*ArticleOut.model_fields, *BODY_FIELDS])] | None = Field(
        default=None,
        description="Only these fields (and id and slug), comma-separated; `body_html` and `body_text` are the body as"
        " HTML and as plain text.",
        examples=["headline,published_at"],
    )
    include: Annotated[str, names_schema(INCLUDABLE)] | None = Field(
        default=None,
        description="Of `tags`, `sources`, `notes`, `relations`, `translations`: the objects that the articles name,"
        " beside them in `included`; comma-separated.",
        examples=["tags,sources"],
    )

    def shape(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(fields, includes). Raises: Invalid."""
        fields = chosen_names(self.fields, [*ArticleOut.model_fields, *BODY_FIELDS], "fields")
        return (("id", "slug", *fields) if fields else ()), chosen_names(self.include, INCLUDABLE, "include")


class ArticleFields(Seen, ArticleShape):
    """How an article is to be shown, and through whose eyes."""


class ArticleRevisionFields(Drafts, ArticleShape):
    """How a revision of an article is to be shown, and whether the desk's too."""


class ArticleFilters(PageQuery):
    """Which articles, in which order."""

    perspective: Annotated[str, AfterValidator(drafts_or_instant)] | None = Field(
        default=None,
        description="`drafts`: the newest state of everything; an instant to come: what will be public then. Both need"
        " a key with `drafts:read`.",
        examples=["drafts"],
    )
    tag: list[Slugs] = Field(
        default=[],
        max_length=10,
        description="A comma means any of, repeating means all of: `tag=a,b&tag=c` is (a or b) and c."
        " A tag stands for itself and all its descendants; an unknown one matches nothing.",
        examples=[["trams"]],
    )
    tag_not: list[Slugs] = Field(
        default=[], max_length=10, description="None of these tags, nor of their descendants.", examples=[["weather"]]
    )
    source: list[Slugs] = Field(
        default=[],
        max_length=10,
        description="Rests on the source: comma and repetition as for `tag`.",
        examples=[["lev-shchedryk"]],
    )
    role: Role | None = Field(
        default=None, description="What the source did; narrows every `source`.", examples=["said_by"]
    )
    note: list[Slugs] = Field(
        default=[],
        max_length=10,
        description="Uses the reference note: comma and repetition as for `tag`.",
        examples=[["zghariv-trams"]],
    )
    has: Annotated[tuple[str, ...], comma_list(Literal["correction"])] | None = Field(
        default=None, description="`correction`: readers are told of one.", examples=["correction"]
    )
    section: Slugs | None = Field(
        default=None, description="Any of these sections, comma-separated.", examples=["city,science"]
    )
    language: Annotated[tuple[str, ...], comma_list(Language)] | None = Field(
        default=None, description="Any of these languages, comma-separated.", examples=["uk"]
    )
    date: Annotated[str, AfterValidator(period)] | None = Field(
        default=None, description="Published in that year, month or day.", examples=["2025-01"]
    )
    published_from: InstantOrDay | None = Field(
        default=None,
        description="Published then or later: an instant with an offset, or a day.",
        examples=["2025-01-22T12:00:00Z"],
    )
    published_to: InstantOrDay | None = Field(
        default=None,
        description="Published then or before: an instant with an offset, or a day, which is meant whole.",
        examples=["2025-01-22"],
    )
    updated_since: InstantOrDay | None = Field(
        default=None,
        description="Substantially changed then or later: an instant with an offset, or a day.",
        examples=["2026-09-01"],
    )
    modified_since: InstantOrDay | None = Field(
        default=None,
        description="Changed in any way then or later: an instant with an offset, or a day.",
        examples=["2026-09-01"],
    )
    tz: Annotated[str, AfterValidator(zone_name)] | None = Field(
        default=None,
        description="IANA zone in which bare dates are read; the site's by default.",
        examples=["Europe/Kyiv"],
    )
    ids: Annotated[tuple[str, ...], comma_list(Id, most=100)] | None = Field(
        default=None,
        description="The articles with these ids, in this order; at most 100, comma-separated. What is not there is"
        " left out. Not with `cursor`, `sort` or `limit`.",
        examples=["019252c7-d180-77c7-9a55-11a354c096ee,0196a952-8640-7af9-9ede-1fa8797a5517"],
    )
    q: str | None = Field(
        default=None,
        description="Words in any order, each in any of its forms, in Ukrainian and English."
        ' `"a phrase"`, `-not`, `a OR b`, `begin*`; `headline:word`; `source:word` of a source with this word in its'
        " names, or with this slug.",
        examples=["tram -bridge"],
    )
    sort: Literal["-published_at", "published_at", "-updated_at", "updated_at"] = Field(
        default="-published_at",
        description="A minus puts the newest first. With `q` by `published_at` only.",
        examples=["published_at"],
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.role is not None and not self.source:
            raise conflict("role", "narrows `source`, which is not given")
        if self.date is not None and (self.published_from or self.published_to):
            raise conflict("date", "cannot stand together with `published_from` or `published_to`")
        dated = (self.date, self.published_from, self.published_to, self.updated_since, self.modified_since)
        if self.tz is not None and not any(dated):
            raise conflict("tz", "says how dates are read, and there is none")
        if self.q is not None and self.sort.endswith("updated_at"):
            raise conflict("sort", "is `-published_at` or `published_at` where `q` is given")
        lists = {"tag": self.tag, "tag_not": self.tag_not, "source": self.source, "note": self.note}
        check_number_of_values({**lists, "section": [self.section], "language": [self.language]})
        longest = max(map(len, (*self.tag, *self.source, *self.note, self.section or ("",))))
        if longest * len(self.language or ()) > MOST_BRANCHES:
            detail = f"times the values of the longest other filter are more than {MOST_BRANCHES}"
            raise conflict("language", detail, kind="too_many")
        return self

    def list_names(self, noun: str = "article") -> list[str]:
        """The names of what a page depends on: the lists of the first filter that is set, in these languages."""
        if self.ids:
            return super().list_names(noun)
        role = f".{self.role}" if self.role else ""
        sections = [self.section] if self.section else []
        named = [("tag", self.tag), ("tag", sections), (f"source{role}", self.source), ("note", self.note)]
        for kind, groups in (*named, ("has", [self.has] if self.has else [])):
            if groups:
                return in_languages([f"articles:{kind}:{slug}" for slug in groups[0]], self.language)
        return in_languages(super().list_names(noun), self.language)


class ArticleQuery(ArticleFilters, ArticleFields):
    """Which articles, in which order, and how they are shown."""

    highlight: Flag = Field(
        default=False,
        description="Add to each item where the words of `q` stand in it, and a snippet with marks.",
        examples=[True],
    )

    def shape(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(fields, includes); with fields also what `highlight` adds. Raises: Invalid."""
        fields, include = super().shape()
        return (*fields, *HIGHLIGHTED) if fields and self.highlight else fields, include

    @model_validator(mode="after")
    def _highlights_words(self) -> Self:
        if self.highlight and self.q is None:
            raise conflict("highlight", "shows where the words of `q` stand, which is not given")
        return self
