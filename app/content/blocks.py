"""The typed blocks a body is made of, what they say as plain text, and what is derived from them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from typing_extensions import TypeAliasType

from app.content import html
from app.errors import Fault
from app.web.fields import Id, Instant, Language, Line, Slug, Text, Url, clean

HTML_LENGTH: Final = 20_000
EXCERPT_LENGTH: Final = 300
WORDS_PER_MINUTE: Final = 200

Role = Literal["author", "reported_by", "said_by", "published_by", "photographer", "document", "data"]
Channel = Literal["telegram", "press_release", "interview", "social", "website", "broadcast"]
RelationKind = Literal["previous_coverage", "follow_up", "background", "correction_of", "same_event"]
BlockId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
InlineHtml = Annotated[
    str,
    StringConstraints(max_length=HTML_LENGTH),
    AfterValidator(clean),
    Field(description="Inline HTML of an allow-list: no block elements, no scripts, no styles."),
]


class Part(BaseModel):
    """A part of a document: every field is always present, unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, json_schema_serialization_defaults_required=True)


class Attribution(Part):
    """The link between a statement, or the whole story, and its source."""

    source: Slug
    role: Role
    channel: Channel | None = None
    url: Url | None = None
    text: Text | None = Field(default=None, description="The exact words.")
    block: BlockId | None = Field(default=None, description="The block it stands in; null for the whole story.")
    seen_at: Instant | None = None


class FocalPoint(Part):
    """The point of a picture that must stay in view, as fractions of its width and height from the top left."""

    x: float = Field(ge=0, le=1)
    y: float = Field(ge=0, le=1)


class Image(Part):
    """A picture, or the credit of one that is not here (`url` null)."""

    url: Url | None = None
    media: Literal["photo", "video", "drawing"] = "photo"
    alt_text: Text | None = None
    caption: Text | None = None
    credit_line: Line | None = None
    photographer: Line | None = None
    source: Slug | None = None
    copyright_notice: Line | None = None
    width: int | None = Field(default=None, ge=1, le=100_000, strict=True)
    height: int | None = Field(default=None, ge=1, le=100_000, strict=True)
    focal_point: FocalPoint | None = None


class Relation(Part):
    """A typed link to another story: by `article`, by `url`, or by its words alone."""

    relation: RelationKind
    article: Id | None = None
    url: Url | None = None
    text: Text | None = Field(default=None, description="The exact words, or the headline.")


def _without_default(schema: dict[str, Any]) -> None:
    """The default is no id: it means that one is to be given."""
    schema.pop("default", None)


class _Block(Part):
    id: BlockId = Field(
        default="",
        description="Stable: it names this block in every revision. A block that is sent without one is given one.",
        examples=["b1"],
        json_schema_extra=_without_default,
    )


class Paragraph(_Block):
    """A paragraph."""

    type: Literal["paragraph"]
    html: InlineHtml


class Heading(_Block):
    """A heading within the body."""

    type: Literal["heading"]
    level: int = Field(default=2, ge=2, le=4, strict=True)
    text: Text


class Quote(_Block):
    """What somebody said."""

    type: Literal["quote"]
    html: InlineHtml
    source: Slug | None = Field(default=None, description="Who said it.")
    attribution: Text | None = Field(default=None, description="The speaker as written at this place.")
    verbatim: bool = Field(default=True, strict=True, description="The exact words; false for indirect speech.")
    language: Language | None = Field(default=None, description="Where it is not the document's.")


class List(_Block):
    """A list of items."""

    type: Literal["list"]
    ordered: bool = Field(default=False, strict=True)
    items: list[InlineHtml] = Field(min_length=1, max_length=500)


class ImageBlock(Image, _Block):
    """A picture in the body."""

    type: Literal["image"]


class ReferenceNote(_Block):
    """The place where a reference note is shown."""

    type: Literal["reference_note"]
    note: Slug
    revision: int | None = Field(default=None, ge=1, le=2**31 - 1, description="Pinned; null follows the note.")


class Related(Relation, _Block):
    """A link to another story, in the body."""

    type: Literal["related"]


class Embed(_Block):
    """Something shown from elsewhere, such as a video."""

    type: Literal["embed"]
    provider: Line
    url: Url
    html: InlineHtml | None = None


class Table(_Block):
    """A table."""

    type: Literal["table"]
    header: list[Text | Literal[""]] = Field(default=[], max_length=100)
    rows: list[Annotated[list[Text | Literal[""]], Field(max_length=100)]] = Field(max_length=2_000)


class Code(_Block):
    """Text in a fixed-width face, such as code."""

    type: Literal["code"]
    language: Line | None = None
    text: Annotated[str, StringConstraints(min_length=1, max_length=50_000), AfterValidator(clean)]


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

_NUMBERED: Final = re.compile(r"b([1-9][0-9]{0,8})")
_WORD: Final = re.compile(r"\w+(?:['’ʼ-]\w+)*")


def settle(body: Sequence[Block]) -> list[Fault]:
    """Sanitises the blocks in place and gives an id to each that has none; ids that are there stay.

    Returns what was removed or is wrong (code `removed` for the former): pointers are relative to the body.
    """
    faults: list[Fault] = []
    seen: set[str] = set()
    for place, block in enumerate(body):
        if block.id in seen:
            faults.append(Fault(f"the id {block.id!r} names another block too", pointer=f"/{place}/id"))
        if block.id:
            seen.add(block.id)
        match block:
            case Paragraph() | Quote() | Embed() if block.html is not None:
                safe, found = _safe(block.html, f"/{place}/html")
                if safe is not block.html:
                    block.html = safe
                faults += found
            case List():
                for index, fragment in enumerate(block.items):
                    block.items[index], found = _safe(fragment, f"/{place}/items/{index}")
                    faults += found
    last = max((int(match[1]) for name in seen if (match := _NUMBERED.fullmatch(name))), default=0)
    for block in body:
        if not block.id:
            last += 1
            block.id = f"b{last}"
    return faults


def _safe(fragment: str, pointer: str) -> tuple[str, list[Fault]]:
    try:
        safe = clean(html.sanitise(fragment))  # an entity may have stood for what no text holds
    except ValueError as error:
        return fragment, [Fault(str(error), pointer=pointer)]
    if len(safe) > HTML_LENGTH:
        return fragment, [Fault(f"is longer than {HTML_LENGTH} characters once written as HTML", pointer=pointer)]
    if not safe.strip():
        return fragment, [Fault("has no text", pointer=pointer)]
    if safe == fragment:
        return fragment, []
    if html.markup(safe) != html.markup(fragment):
        return safe, [Fault("held elements or attributes that are not allowed", code="removed", pointer=pointer)]
    return safe, []


def texts(block: Block) -> Iterator[str]:
    """What a block says, as plain text, piece by piece in reading order; nothing for pictures and references."""
    match block:
        case Paragraph() | Quote():
            yield html.plain(block.html)
        case Heading() | Code():
            yield block.text
        case List():
            yield from map(html.plain, block.items)
        case Table():
            yield from filter(None, block.header)
            for row in block.rows:
                yield from filter(None, row)
        case _:
            return


def excerpt(standfirst: str | None, body: Iterable[Block]) -> str | None:
    """The standfirst, else the first paragraph, cut at a word to 300 characters; null where there is neither."""
    text = standfirst or next((html.plain(b.html) for b in body if isinstance(b, Paragraph)), None)
    if text is None or len(text) <= EXCERPT_LENGTH:
        return text
    head = text[: EXCERPT_LENGTH - 1]
    cut = head.rfind(" ") if not text[EXCERPT_LENGTH - 1].isspace() else len(head)
    return (head[:cut] if cut > 0 else head).rstrip(" ,;:.–—-") + "…"


def word_count(body: Iterable[Block]) -> int:
    return sum(len(_WORD.findall(text)) for block in body for text in texts(block))


def reading_minutes(words: int) -> int:
    """Whole minutes at 200 words a minute, rounded up."""
    return -(-words // WORDS_PER_MINUTE)


def notes_used(body: Iterable[Block]) -> list[str]:
    """Slugs of the reference notes in the body, each once, in reading order."""
    return list(dict.fromkeys(block.note for block in body if isinstance(block, ReferenceNote)))


def attributions(given: Sequence[Attribution], body: Iterable[Block], image: Image | None = None) -> list[Attribution]:
    """Those given, then speakers of quotes and sources of pictures that are not among them, with their block."""
    found = list(given)
    known = {(one.source, one.block) for one in given}
    spoken = {(one.source, one.block) for one in given if one.role == "said_by"}
    if image is not None and image.source and (image.source, None) not in known:
        found.append(Attribution(source=image.source, role="published_by"))
    for block in body:
        if isinstance(block, Quote) and block.source and (block.source, block.id) not in spoken:
            found.append(Attribution(source=block.source, role="said_by", text=block.attribution, block=block.id))
        elif isinstance(block, ImageBlock) and block.source and (block.source, block.id) not in known:
            found.append(Attribution(source=block.source, role="published_by", block=block.id))
    return found
