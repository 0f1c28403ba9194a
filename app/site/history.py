"""What changed in a story from one public version to the next, as readers see it: texts with what came and went."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from pydantic import MISSING
from pydantic_core import from_json

from app.changes import history, views
from app.changes.views import EVERYONE
from app.content import differences
from app.content import html as inline
from app.content.differences import BlockAdded, BlockChanged, BlockMoved, BlockRemoved, Comparison, FieldChange
from app.db import Reader, Row
from app.formats import text
from app.formats.story import Json, Site, Story
from app.site.wording import PageWord
from app.web.fields import format_instant

# Comparing takes time: a page shows few versions.
ON_PAGE: Final = 10
# Fields that are shown word by word, and those of which is said that they differ.
SHOWN: Final[tuple[PageWord, ...]] = ("kicker", "headline", "standfirst", "byline", "dateline", "editors_note")
NAMED: Final[dict[str, PageWord]] = {
    "section": "section", "tags": "tags", "attributions": "sources", "image": "image", "relations": "relations",
    "corrections": "corrections", "genre": "genre", "flags": "flags", "ai": "ai",
}  # fmt: skip


class Piece(NamedTuple):
    """A piece of a text that stayed, came or went."""

    op: Literal["equal", "insert", "delete"]
    text: str


class Change(NamedTuple):
    """A text that differs; `field` is the field that it is, and None for a block of the body."""

    field: PageWord | None
    pieces: list[Piece]


@dataclass(frozen=True, slots=True)
class StoryVersion:
    """One public version: its revision, when it was saved, what was said of it, and what it has changed."""

    revision: int
    at: str
    note: str | None
    is_first: bool
    changes: list[Change]
    named: list[PageWord]


async def versions(read: Reader, id: str, before: int | None) -> tuple[list[Row], dict[int, Json]]:
    """(rows of the history, documents by revision), newest first; one more than a page has. Cost: two statements."""
    rows = await history.revisions(read, EVERYONE, "article", id, limit=ON_PAGE, before=before)
    documents = await views.pinned(read, EVERYONE, "article", [(id, row[0]) for row in rows])
    return rows, {revision: from_json(document) for (_, revision), document in documents.items()}


def compared(rows: Sequence[Row], documents: dict[int, Json], site: Site) -> list[StoryVersion]:
    """The versions of one page, each compared with the one before it. Cost: see `differences.difference`."""
    shown = [row for row in rows if row[0] in documents]
    pairs = zip(shown, [*shown[1:], None], strict=True)
    return [_version(row, older, documents, site) for row, older in list(pairs)[:ON_PAGE]]


def _version(row: Row, older: Row | None, documents: dict[int, Json], site: Site) -> StoryVersion:
    revision, at, _, _, note, *_ = row
    if older is None:
        return StoryVersion(revision, format_instant(at), note, True, [], [])
    difference = differences.difference(documents[older[0]], documents[revision])
    fields = {change.field: change for change in difference.fields}
    changes = [Change(name, [*_pieces(fields[name])]) for name in SHOWN if name in fields]
    for block in difference.body or ():
        match block:
            case BlockChanged() | BlockMoved() if block.fields:
                changes.append(Change(None, [piece for change in block.fields for piece in _pieces(change)]))
            case BlockAdded():
                changes.append(Change(None, [Piece("insert", _block_text(block.block, documents[revision], site))]))
            case BlockRemoved():
                changes.append(Change(None, [Piece("delete", _block_text(block.block, documents[older[0]], site))]))
    changes = [change for change in changes if any(piece.text.strip() for piece in change.pieces)]
    named = [word for field, word in NAMED.items() if field in fields]
    return StoryVersion(revision, format_instant(at), note, False, changes, named)


def _block_text(block: dict[str, Any], document: Json, site: Site) -> str:
    """What a block says, without what it names."""
    return text.body(Story("article", {**document, "body": [block]}, {}, site))


def _pieces(change: Comparison) -> Iterator[Piece]:
    """A value before and after: of texts the words that came and went; of what is no text nothing."""
    if change.words is not None:
        is_html = isinstance(change, FieldChange) and change.field == "html"
        for piece in change.words:
            yield Piece(piece.op, inline.plain(piece.text) if is_html else piece.text)
    elif change.items is not None:
        for item in change.items:
            yield from _pieces(item) if item.op == "change" else _whole(item)
            yield Piece("equal", "\n")
    elif change.fields is not None:
        for field in change.fields:
            yield from _pieces(field)
    else:
        yield from _whole(change)


def _whole(change: Comparison) -> Iterator[Piece]:
    """A value that stayed as it was, or came or went as a whole."""
    if change.old is not MISSING and change.old == change.new:
        yield Piece("equal", _plain(change.old))
        return
    if change.old is not MISSING:
        yield Piece("delete", _plain(change.old))
    if change.new is not MISSING:
        yield Piece("insert", _plain(change.new))


def _plain(value: Any) -> str:
    """A text, an item of a list as its text, a row of a table with its cells apart; nothing for other values."""
    if isinstance(value, str):
        return inline.plain(value) if "<" in value or "&" in value else value
    if isinstance(value, list) and all(isinstance(cell, str) for cell in value):
        return " | ".join(value)
    return ""
