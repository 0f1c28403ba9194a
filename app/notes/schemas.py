"""What a reference note looks like on the wire."""

from typing import Annotated, Final, Literal, Self

from pydantic import MISSING, AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.changes.schemas import Drafts, DraftsOnly, Seen, WriteWarning
from app.content import lifecycle
from app.content.blocks import AiOrigin, Attribution, Body, WireModel
from app.content.html_bodies import WithBody
from app.content.lifecycle import Reason
from app.content.sets import DISTINCT
from app.formats.images import ImageRenditions
from app.formats.rendered_fields import RENDERED_FIELDS
from app.publishing.dates import DateFilters
from app.publishing.statuses import DUE_FIRST, DeskFilters
from app.sources.schemas import SourceOut
from app.tags.schemas import TagOut
from app.web.explanations import Explanation
from app.web.fields import PERIOD, Day, Instant, Language, Line, LineOrEmpty, Slug, Text
from app.web.highlights import HIGHLIGHTED, BlockHighlight, Highlight
from app.web.queries import (
    Flag,
    Page,
    PageQuery,
    Parameters,
    Searched,
    check_number_of_values,
    chosen_names,
    comma_list,
    conflict,
    if_asked,
    names_schema,
    only_required,
)
from app.web.spans import period

NoteStatus = Literal["draft", "scheduled", "published", "withdrawn"]
Period = Annotated[
    str,
    StringConstraints(pattern=PERIOD),
    AfterValidator(period),
    Field(description="A day, month or year, as precise as it is known.", examples=["2022-05-16", "2022-05", "2022"]),
]


class NoteFact(WireModel):
    """One dated statement of a note."""

    on: Period | None = Field(default=None, description="When; null where it cannot be dated.")
    to: Period | None = Field(default=None, description="The end of a span that begins at `on`.")
    year_inferred: bool = Field(default=False, description="The year was not written at this place.")
    text: Text = Field(description="Plain text.")
    attributions: Annotated[list[Attribution], DISTINCT] = Field(
        default=[], max_length=50, description="What the statement rests on."
    )


class NoteIn(WithBody):
    """What a client may set of a note."""

    slug: Slug = Field(description="Its name in addresses, which stays.")
    language: Language = Field(description="BCP 47.")
    heading: Line = Field(description="Plain text.")
    facts: list[NoteFact] = Field(default=[], max_length=500, description="Its dated statements.")
    as_of: Day | None = Field(default=None, description="The day for which the facts hold.")
    tags: Annotated[list[Slug], DISTINCT] = Field(default=[], max_length=100, description="Slugs of its tags.")
    attributions: Annotated[list[Attribution], DISTINCT] = Field(
        default=[], max_length=500, description="Those that do not follow from the body."
    )
    translation_of: Slug | None = Field(default=None, description="The original; null for an original.")
    ai: AiOrigin | None = Field(default=None, description="What part AI had in it; null where nothing was said.")


class NotePut(NoteIn):
    """What a client may set of a note at its address, which says its slug."""

    slug: Slug | None = Field(default=None, description="That of the address.")  # type: ignore[assignment]


class NoteEdit(NoteIn):
    """What a client may change of a note, and how the change is to be taken."""

    minor: bool = Field(
        default=False, strict=True, description="A typo fix: `modified_at` moves, and `updated_at` does not."
    )


class Withdrawal(lifecycle.Withdrawal):
    """Why a note was taken down, and what may be said of it."""

    replacement: Slug | None = Field(default=None, description="The note to read instead.")


class NoteWithdrawIn(WireModel):
    """Why the note is to be taken down, and what readers are told."""

    reason: Reason = Field(description="Why, in a word.")
    public_note: Text | None = Field(default=None, description="What readers are told.")
    replacement: Slug | None = Field(default=None, description="Slug of the note to read instead.")


class NoteCard(WireModel):
    """A note without its body, as lists show it."""

    slug: Slug = Field(description="Its name in addresses.")
    language: Language = Field(description="BCP 47.")
    heading: LineOrEmpty = Field(description="Plain text; empty where it was erased.")
    facts: list[NoteFact] = Field(description="Its dated statements.")
    as_of: Day | None = Field(description="The day for which the facts hold.")
    tags: list[Slug] = Field(description="Slugs of its tags.")
    attributions: list[Attribution] = Field(
        description="Complete but for those of `facts`: speakers of quotes and sources of pictures are in it."
    )
    translation_of: Slug | None = Field(description="Slug of the original; null for an original.")
    status: NoteStatus = Field(description="What the public reads is `published`.")
    publish_at: Instant | None = Field(description="When a scheduled note is due.")
    first_published_at: Instant | None = Field(description="Never moves once set.")
    published_at: Instant | None = Field(description="The due time of the release in force.")
    updated_at: Instant | None = Field(description="The last substantial change.")
    modified_at: Instant = Field(description="The last change of any kind.")
    created_at: Instant = Field(description="When it was first saved.")
    revision: int = Field(ge=1, description="How often it was saved.")
    ai: AiOrigin | None = Field(description="What part AI had in it; null where nothing was said.")


class NoteOut(NoteCard):
    """One reference note."""

    body: Body = Field(description="The text, in blocks.")


class NoteState(NoteOut):
    """All that is stored of a note: its document, and what a 410 tells of it."""

    withdrawal: Withdrawal | None = None


class NoteWritten(NoteOut):
    """The note as it is after the write."""

    warnings: list[WriteWarning] = Field(description="What is not stored as it was sent, such as removed elements.")


class NoteIncluded(BaseModel):
    """What `include` asked for, each object once, by slug."""

    tags: dict[Slug, TagOut] | MISSING = Field(default=MISSING, description="The tags that the notes carry.")
    sources: dict[Slug, SourceOut] | MISSING = Field(
        default=MISSING, description="The sources that attributions, quotes and pictures name."
    )


class NoteAnswer(NoteOut):
    """One reference note, with what `include` asked for."""

    model_config = ConfigDict(json_schema_extra=if_asked(*RENDERED_FIELDS, "included"))

    body_html: str | MISSING = Field(default=MISSING, description="The body as HTML; where `fields` names it.")
    body_text: str | MISSING = Field(default=MISSING, description="The body as plain text; where `fields` names it.")
    renditions: ImageRenditions | MISSING = Field(
        default=MISSING, description="Other widths and formats of its pictures, by `url`; where `fields` names it."
    )
    included: NoteIncluded | MISSING = MISSING


class FactHighlight(Highlight):
    """The same within the text of a dated statement."""

    fact: int = Field(ge=0, description="Its number in `facts`, from 0.")


class NoteHighlights(BaseModel):
    """Where the words of `q` stand, by field. They do not overlap."""

    heading: list[Highlight] = Field(description="Within the heading.")
    body: list[BlockHighlight] = Field(description="Within the blocks, in reading order.")
    facts: list[FactHighlight] = Field(description="Within the dated statements, in their order.")


class NoteHighlighted(BaseModel):
    """What `highlight` adds to a note in a list."""

    highlights: NoteHighlights | MISSING = Field(default=MISSING, description="Asked for by `highlight=true`.")
    snippet_html: str | MISSING | None = Field(
        default=MISSING, description="A part of the text as inline HTML, with `mark` around what was sought."
    )


class NoteHit(NoteHighlighted, NoteCard):
    """A note in a list, without its body."""

    model_config = ConfigDict(json_schema_extra=if_asked(*HIGHLIGHTED))


class NoteSelection(NoteHighlighted, NoteAnswer):
    """Those fields of a note that `fields` named; the slug is always there."""

    model_config = ConfigDict(json_schema_extra=only_required("slug"))


# The note with its body comes first, for a client that takes the first that fits: `fields` may name all there is.
class NotePage(Page[NoteAnswer | NoteHit | NoteSelection, NoteIncluded], Searched):
    """One page of reference notes: cards, or what `fields` selected."""

    model_config = ConfigDict(json_schema_extra=if_asked("explain"))

    explain: Explanation | MISSING = Field(default=MISSING, description="Asked for by `explain=true`.")


INCLUDABLE: Final = ("tags", "sources")


class NoteShape(Parameters):
    """Which parts of a note are to be shown, and what beside it."""

    fields: Annotated[str, names_schema([*NoteOut.model_fields, *RENDERED_FIELDS])] | None = Field(
        default=None,
        description="Only these fields (and the slug), comma-separated; `body_html` and `body_text` are the body as"
        " HTML and as plain text, `renditions` its pictures in other widths and formats.",
        examples=["heading,as_of"],
    )
    include: Annotated[str, names_schema(INCLUDABLE)] | None = Field(
        default=None,
        description="Of `tags` and `sources`: the objects that the notes name; comma-separated.",
        examples=["tags,sources"],
    )

    def shape(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(fields, includes). Raises: Invalid."""
        fields = chosen_names(self.fields, [*NoteOut.model_fields, *RENDERED_FIELDS], "fields")
        return (("slug", *fields) if fields else ()), chosen_names(self.include, INCLUDABLE, "include")


class NoteFields(Seen, NoteShape):
    """How a note is to be shown, and through whose eyes."""


class NoteRevisionFields(Drafts, NoteShape):
    """How a revision of a note is to be shown, and whether the desk's too."""


class NoteQuery(DeskFilters, DateFilters, PageQuery, NoteFields):
    """Which notes."""

    perspective: DraftsOnly | None = Field(
        default=None,
        description="`drafts`: the newest state of everything. Needs a key with `drafts:read`.",
        examples=["drafts"],
    )
    tag: list[Annotated[tuple[str, ...], comma_list(Slug)]] = Field(
        default=[],
        max_length=10,
        description="A comma means any of, repeating means all of. A tag stands for its descendants too.",
        examples=[["trams"]],
    )
    tag_not: list[Annotated[tuple[str, ...], comma_list(Slug)]] = Field(
        default=[], max_length=10, description="None of these tags, nor of their descendants.", examples=[["weather"]]
    )
    source: list[Annotated[tuple[str, ...], comma_list(Slug)]] = Field(
        default=[],
        max_length=10,
        description="Named in an attribution; comma and repetition as for `tag`.",
        examples=[["kp-zgharivskyi-tramvai"]],
    )
    language: Annotated[tuple[str, ...], comma_list(Language)] | None = Field(
        default=None, description="Any of these languages, comma-separated.", examples=["uk"]
    )
    ids: Annotated[tuple[str, ...], comma_list(Slug, most=100)] | None = Field(
        default=None,
        description="The notes with these slugs, in this order; at most 100, comma-separated. What is not there is left"
        " out.",
        examples=["zghariv-trams,humpback-bridge"],
    )
    q: str | None = Field(
        default=None,
        description="Words in any order and any of their forms, in Ukrainian and English: as `q` of articles."
        " `headline:word` means the heading.",
        examples=["tram"],
    )
    highlight: Flag = Field(
        default=False,
        description="Add to each item where the words of `q` stand in it, and a snippet with marks.",
        examples=[True],
    )
    explain: Flag = Field(
        default=False,
        description="Add `explain`: what was asked, which index answers it, what it cost. No cache keeps the answer.",
        examples=[True],
    )
    sort: Literal["slug", "-modified_at", "publish_at"] = Field(
        default="slug",
        description="By slug, or last changed first. With `perspective=drafts` also by when scheduled ones are due.",
        examples=["-modified_at"],
    )

    def shape(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(fields, includes); with fields also what `highlight` adds. Raises: Invalid."""
        fields, include = super().shape()
        return (*fields, *HIGHLIGHTED) if fields and self.highlight else fields, include

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.highlight and self.q is None:
            raise conflict("highlight", "shows where the words of `q` stand, which is not given")
        self.check_dates()
        lists = {"tag": self.tag, "tag_not": self.tag_not, "source": self.source}
        check_number_of_values({**lists, "language": [self.language]})
        self.check_desk_filters(self.perspective, self.sort, {DUE_FIRST})
        return self

    def list_names(self, noun: str = "note") -> list[str]:
        """The names of what a page depends on: the lists of the first filter that is set.

        Under a tag stand the notes of its descendants, and which those are depends on all tags.
        """
        tags = ["tags"] if self.tag or self.tag_not else []
        if self.ids:
            return [*super().list_names(noun), *tags]
        languages = [self.language] if self.language else []
        for kind, groups in (("tag", self.tag), ("source", self.source), ("language", languages)):
            if groups:
                return [*(f"notes:{kind}:{value}" for value in groups[0]), *tags]
        return [*super().list_names(noun), *tags]
