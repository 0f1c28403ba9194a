"""What of a card and its body is highlighted: ranges of their plain texts, and a snippet with marks."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from app.content import html
from app.index.keys import TextField
from app.words.matching import Finder, Range, highlights

SNIPPET_LENGTH: Final = 240
# So much of it stands before the first mark, to the next beginning of a word.
_LEAD: Final = 60


class Passage(NamedTuple):
    """A plain text of an object, in pieces: a field of its card by name, a block of its body by id, a fact by number.

    Items of a list and cells of a table are the pieces of a block; offsets count as if line breaks joined them.
    """

    name: str | int
    field: TextField
    pieces: Sequence[str]


class Part(NamedTuple):
    """Passages that make one member of a document, such as its body; `named` is the member that names one of them."""

    member: str
    named: str
    passages: Sequence[Passage]


def highlighted(
    finder: Finder, card: Iterable[Passage], parts: Iterable[Part], otherwise: str | None
) -> dict[str, Any]:
    """The members `highlights` and `snippet_html` of a card. Ranges are in code points of the plain texts.

    The snippet is cut from the passage with the most marks, but for headlines; where there is none, from `otherwise`.
    """
    ranges_by_passage = [(passage, _ranges(finder, passage)) for passage in card]
    fields: dict[str, Any] = {
        str(passage.name): [range._asdict() for range in ranges] for passage, ranges in ranges_by_passage
    }
    for part in parts:
        found = [(passage, _ranges(finder, passage)) for passage in part.passages]
        fields[part.member] = [
            {part.named: passage.name, **each._asdict()} for passage, ranges in found for each in ranges
        ]
        ranges_by_passage += found
    return {"highlights": fields, "snippet_html": _best_snippet(ranges_by_passage, otherwise)}


def snippet(finder: Finder, passages: Iterable[Passage], otherwise: str | None) -> str | None:
    """As `snippet_html` of `highlighted`."""
    return _best_snippet([(passage, _ranges(finder, passage)) for passage in passages], otherwise)


def _best_snippet(ranges_by_passage: Sequence[tuple[Passage, list[Range]]], otherwise: str | None) -> str | None:
    marked = [(passage, ranges) for passage, ranges in ranges_by_passage if ranges and passage.field != "headline"]
    if marked:
        passage, ranges = max(marked, key=lambda each: len(each[1]))
        return _snippet("\n".join(passage.pieces), ranges)
    return None if otherwise is None else _snippet(otherwise, [])


def _ranges(finder: Finder, passage: Passage) -> list[Range]:
    ranges: list[Range] = []
    offset = 0
    for piece in passage.pieces:
        if words := finder.words(piece):
            found = highlights(finder.query, passage.field, words)
            ranges += [Range(start + offset, end + offset) for start, end in found]
        offset += len(piece) + 1
    return ranges


def _snippet(text: str, ranges: Sequence[Range]) -> str:
    """Inline HTML: at most SNIPPET_LENGTH characters around the first range, cut between words."""
    first = ranges[0].start if ranges else 0
    start = 0
    if first > _LEAD:
        start = text.find(" ", first - _LEAD, first) + 1 or first
    end = len(text)
    if end - start > SNIPPET_LENGTH:
        end = max(text.rfind(" ", start, start + SNIPPET_LENGTH), ranges[0].end if ranges else 0)
        end = end if end > start else start + SNIPPET_LENGTH
    return ("…" if start else "") + _marked(text, start, end, ranges) + ("…" if end < len(text) else "")


def _marked(text: str, start: int, end: int, ranges: Iterable[Range]) -> str:
    """From `start` to `end` as inline HTML, with a `<mark>` around what stands there of each range."""
    pieces: list[str] = []
    place = start
    for range in ranges:
        first, last = max(range.start, place), min(range.end, end)
        if first < last:
            pieces += [html.escape(text[place:first]), "<mark>", html.escape(text[first:last]), "</mark>"]
            place = last
    return "".join([*pieces, html.escape(text[place:end])])
