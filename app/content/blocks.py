"""The typed blocks that a body is made of, how a body is sanitised, and what is derived from it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import TypeAliasType

from app.content import html
from app.content.digital_sources import MADE_WITH_AI, DigitalSourceType
from app.content.languages import APOSTROPHES, INVISIBLE, MARKS
from app.errors import Fault
from app.web.fields import (
    BLOCK_ID,
    ONE_FORM,
    Id,
    Instant,
    Language,
    Line,
    Slug,
    Text,
    TextOrEmpty,
    Url,
    check_text,
    composed,
    is_blank,
)

HTML_LENGTH: Final = 20_000
EXCERPT_LENGTH: Final = 300

Role = Literal[
    "author", "reported_by", "said_by", "published_by", "photographer", "document", "data", "editor", "translator"
]
Channel = Literal["telegram", "press_release", "interview", "social", "website", "broadcast"]
RelationKind = Literal["previous_coverage", "follow_up", "background", "correction_of", "same_event"]
BlockId = Annotated[str, StringConstraints(pattern=BLOCK_ID)]
# A block type with such a field needs a case in `sanitise_body`; a test checks that each has one.
InlineHtml = Annotated[
    str,
    StringConstraints(max_length=HTML_LENGTH),
    AfterValidator(check_text),
    Field(description="Inline HTML of an allow-list: no block elements, no scripts, no styles."),
]


class WireModel(BaseModel):
    """A JSON object of the API: unknown fields are refused, every field is always present in answers."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, json_schema_serialization_defaults_required=True)


class AiOrigin(WireModel):
    """What part AI had in a text or a picture, and what readers are told of it."""

    use: Literal["none", "assisted", "generated"] = Field(description="`none` is a statement too.")
    digital_source_type: DigitalSourceType | None = Field(
        default=None, description="The last part of IPTC's code.", examples=["trainedAlgorithmicMedia"]
    )
    reviewed: bool = Field(default=False, strict=True, description="Whether a person has reviewed it.")
    note: Text | None = Field(default=None, description="What readers are told besides. Plain text.")

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.use == "none" and self.digital_source_type in MADE_WITH_AI:
            detail = "has a `digital_source_type` of generative AI, and says that `use` is none"
            raise PydanticCustomError("conflict", detail)
        return self


class Attribution(WireModel):
    """The link between a statement, or the whole story, and its source."""

    source: Slug = Field(description="Slug of the source.")
    role: Role = Field(description="What the source did; `document` and `data`: the statement rests on it.")
    channel: Channel | None = Field(default=None, description="The way by which the source told it.")
    url: Url | None = Field(default=None, description="Where the source says it.")
    text: Text | None = Field(
        default=None, description="The exact words: of the source, or by which the block names it. Plain text."
    )
    block: BlockId | None = Field(default=None, description="The block it stands in; null for the whole story.")
    seen_at: Instant | None = Field(default=None, description="When it was seen there.")


class FocalPoint(WireModel):
    """The point of a picture that must stay in view, as fractions of its width and height from the top left."""

    x: float = Field(ge=0, le=1, description="From the left.")
    y: float = Field(ge=0, le=1, description="From the top.")


class Image(WireModel):
    """A picture, or the credit of one that is not here (`url` null)."""

    url: Url | None = Field(
        default=None, description="Address of the file; a path is one on this server. Null where it is not here."
    )
    media: Literal["photo", "video", "drawing"] = Field(default="photo", description="`video`: `url` leads to one.")
    alt_text: Text | None = Field(default=None, description="What it shows, for those who do not see it.")
    caption: Text | None = Field(default=None, description="What is written below it. Plain text.")
    credit_line: Line | None = Field(
        default=None, description="The credit as it is to be shown; null where it is to be made of what follows."
    )
    photographer: Line | None = Field(default=None, description="Who took or drew it.")
    source: Slug | None = Field(default=None, description="Slug of the source that it comes from.")
    copyright_notice: Line | None = Field(default=None, description="Who holds the rights, such as `© Olena Brid`.")
    width: int | None = Field(default=None, ge=1, le=100_000, strict=True, description="In pixels.")
    height: int | None = Field(default=None, ge=1, le=100_000, strict=True, description="In pixels.")
    focal_point: FocalPoint | None = Field(default=None, description="What a cut must leave in view.")
    ai: AiOrigin | None = Field(default=None, description="What part AI had in it; null where nothing was said.")


class StoryRelation(WireModel):
    """A typed link to another story: by `article`, by `url`, or by its words alone."""

    relation: RelationKind = Field(description="What the other story is to this one.")
    article: Id | None = Field(
        default=None, description="Id of the other story; `include=relations` has its card in `included.articles`."
    )
    url: Url | None = Field(default=None, description="Address of a story that is not here.")
    text: Text | None = Field(default=None, description="The exact words, or the headline. Plain text.")


class _Block(WireModel):
    id: BlockId = Field(
        default_factory=str,  # no default in the schema: "" is no id, and the server gives one
        description="Stable: it names this block in every revision. A block that is sent without one is given one.",
        examples=["b1"],
    )


class Paragraph(_Block):
    """A paragraph."""

    type: Literal["paragraph"]
    html: InlineHtml


class Heading(_Block):
    """A heading within the body."""

    type: Literal["heading"]
    level: Literal[2, 3, 4] = Field(default=2, description="The headline of the story is level 1.")
    text: Text = Field(description="Plain text.")


class Quote(_Block):
    """What somebody said."""

    type: Literal["quote"]
    html: InlineHtml
    source: Slug | None = Field(default=None, description="Slug of the source who said it.")
    attribution: Text | None = Field(default=None, description="The speaker as written at this place. Plain text.")
    verbatim: bool = Field(
        default=True,
        strict=True,
        description="The exact words: quotation marks are added where they are shown. False for indirect speech.",
    )
    language: Language | None = Field(default=None, description="Where it is not the document's.")


class List(_Block):
    """A list of items."""

    type: Literal["list"]
    ordered: bool = Field(default=False, strict=True, description="Whether the items are numbered.")
    items: list[InlineHtml] = Field(
        min_length=1, max_length=500, description="Each is inline HTML, as `html` of a paragraph."
    )


class ImageBlock(Image, _Block):
    """A picture in the body."""

    type: Literal["image"]


class ReferenceNote(_Block):
    """The place where a reference note is shown."""

    type: Literal["reference_note"]
    note: Slug = Field(description="Slug of the note; `include=notes` has it in `included.notes`.")
    revision: int | None = Field(
        default=None,
        ge=1,
        le=2**31 - 1,
        description="Pinned: `included.notes` has it under `slug@revision`. Null follows the note.",
    )


class Related(StoryRelation, _Block):
    """A link to another story, in the body."""

    type: Literal["related"]


class Embed(_Block):
    """Something shown from elsewhere, such as a video."""

    type: Literal["embed"]
    provider: Line = Field(description="Who shows it, as the newsroom writes it.")
    url: Url = Field(description="Where it is shown.")
    html: InlineHtml | None = Field(
        default=None, description="Words to stand for it, such as those of a post: inline HTML, and no frame."
    )


class Table(_Block):
    """A table."""

    type: Literal["table"]
    header: list[TextOrEmpty] = Field(
        default=[], max_length=100, description="Heads of the columns, each plain text; empty where there are none."
    )
    rows: list[Annotated[list[TextOrEmpty], Field(max_length=100)]] = Field(
        max_length=2_000, description="Cells, each plain text. Rows may differ in length."
    )


class Code(_Block):
    """Text in a fixed-width face, such as code."""

    type: Literal["code"]
    language: Line | None = Field(default=None, description="Of the code, such as `sh`, as the newsroom writes it.")
    text: Annotated[str, StringConstraints(min_length=1, max_length=50_000), AfterValidator(check_text), ONE_FORM] = (
        Field(description="Plain text; blanks and line breaks count.")
    )


class Divider(_Block):
    """A break between two parts of a body."""

    type: Literal["divider"]


Block = TypeAliasType(
    "Block",
    Annotated[
        Paragraph | Heading | Quote | List | ImageBlock | ReferenceNote | Related | Embed | Table | Code | Divider,
        Field(discriminator="type", description="One block of a body; `type` says which."),
    ],
)
Body = Annotated[list[Block], Field(max_length=2_000)]
BODY: Final[TypeAdapter[list[Any]]] = TypeAdapter(Body)

# An id of the form that the server gives: "b" and a number. At most nine digits, so that counting on stays short.
_NUMBERED_ID: Final = re.compile(r"b([1-9][0-9]{0,8})")
# A word with its marks, such as those of stress, its soft hyphens, and its inner apostrophes and hyphens. What joins
# and what is joined share no character, so each is read once.
_PART: Final = rf"\w[\w{MARKS}{INVISIBLE}]*"
_WORD: Final = re.compile(rf"{_PART}(?:[{APOSTROPHES}-]{_PART})*")


def sanitise_body(body: Sequence[Block]) -> tuple[list[Fault], list[Fault]]:
    """Sanitises the blocks in place, and gives an id to each block that has none; other ids stay.

    Returns (what is wrong and was left as it is, what was removed), with pointers that begin with `/body`.
    """
    faults: list[Fault] = []
    removed: list[Fault] = []
    ids: set[str] = set()
    for place, block in enumerate(body):
        if block.id in ids:
            faults.append(Fault(f"the id {block.id!r} names another block too", pointer=f"/body/{place}/id"))
        if block.id:
            ids.add(block.id)
        match block:
            case Paragraph() | Quote() | Embed() if block.html is not None:
                safe = _sanitised(block.html, f"/body/{place}/html", faults, removed)
                if safe is not block.html:  # most are: a model takes long to set a field
                    block.html = safe
            case List():
                items = enumerate(block.items)
                block.items = [_sanitised(item, f"/body/{place}/items/{n}", faults, removed) for n, item in items]
    last = max((int(match[1]) for block_id in ids if (match := _NUMBERED_ID.fullmatch(block_id))), default=0)
    for number, block in enumerate((block for block in body if not block.id), last + 1):
        block.id = f"b{number}"
    return faults, removed


def _sanitised(fragment: str, pointer: str, faults: list[Fault], removed: list[Fault]) -> str:
    """The safe fragment, or the fragment itself if it is wrong. Appends to the lists what is wrong or was removed."""
    try:
        safe = check_text(html.sanitise(fragment))  # an entity may have stood for a character that no text may have
        if len(safe) > HTML_LENGTH:
            raise ValueError(f"is longer than {HTML_LENGTH} characters once written as HTML")
        if is_blank(html.plain(safe)):
            raise ValueError("has no text")
    except ValueError as error:
        faults.append(Fault(str(error), pointer=pointer))
        return fragment
    if safe != fragment and (detail := html.removed_markup(fragment, safe)):
        removed.append(Fault(detail, code="removed", pointer=pointer))
    return safe


def texts(block: Mapping[str, Any]) -> Iterator[str]:
    """The plain texts of a block, which is given by its fields: in reading order; none of pictures, references and
    embeds."""
    match block["type"]:
        case "paragraph" | "quote":
            yield html.plain(block["html"])
        case "heading" | "code":
            yield block["text"]
        case "list":
            yield from map(html.plain, block["items"])
        case "table":
            yield from filter(None, chain(block["header"], *block["rows"]))


def excerpt(standfirst: str | None, body: Iterable[Block]) -> str | None:
    """The standfirst, else the first paragraph, cut at a word to 300 characters; None where there is neither."""
    text = standfirst or next(
        (composed(html.plain(block.html)) for block in body if isinstance(block, Paragraph)), None
    )
    if text is None or len(text) <= EXCERPT_LENGTH:
        return text
    head, following = text[: EXCERPT_LENGTH - 1], text[EXCERPT_LENGTH - 1]  # the ellipsis takes one place
    word_end = len(head) if following.isspace() else head.rfind(" ")
    return (head[:word_end] if word_end > 0 else head).rstrip(" ,;:.–—-") + "…"


def word_count(body: Iterable[Block]) -> int:
    return sum(len(_WORD.findall(composed(text))) for block in body for text in texts(vars(block)))


def reading_minutes(words: int) -> int:
    """Whole minutes at 200 words a minute, rounded up."""
    return -(-words // 200)


def notes_used(body: Iterable[Block]) -> list[str]:
    """Slugs of the reference notes in the body, each once, in reading order."""
    return list(dict.fromkeys(block.note for block in body if isinstance(block, ReferenceNote)))


def quote_languages(body: Iterable[Mapping[str, Any]], language: str) -> list[str]:
    """The languages of the quotes among these blocks, each once; `language` is that of the document."""
    return list(dict.fromkeys(block["language"] or language for block in body if block["type"] == "quote"))
