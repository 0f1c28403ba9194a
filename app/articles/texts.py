"""The texts of an article by which words find it, and which are highlighted. Knows no index and no query."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from app.content import blocks
from app.index.highlighting import Passage
from app.index.keys import IndexedTexts, TextField
from app.index.marks import NOTE, SOURCE, TAG

# The searched fields of a card, and as what they count.
_FIELDS: Final[dict[str, TextField]] = {"headline": "headline", "kicker": "standfirst", "standfirst": "standfirst"}


def card_passages(card: Mapping[str, Any]) -> Iterator[Passage]:
    for name, field in _FIELDS.items():
        yield Passage(name, field, [card[name]] if card[name] else [])


def body_passages(body: Sequence[Mapping[str, Any]]) -> Iterator[Passage]:
    """In reading order, of those blocks that have a text."""
    for block in body:
        if pieces := [*blocks.texts(block)]:
            yield Passage(block["id"], "quotes" if block["type"] == "quote" else "body", pieces)


def searched_texts(card: Mapping[str, Any], body: Sequence[Mapping[str, Any]]) -> IndexedTexts:
    """Of a stored state. No text goes from one block, item or cell to the next, and so no phrase does."""
    fields: dict[TextField, list[str]] = {}
    for passage in (*card_passages(card), *body_passages(body)):
        fields.setdefault(passage.field, []).extend(passage.pieces)
    return IndexedTexts(fields, _marks(card))


def _marks(card: Mapping[str, Any]) -> list[str]:
    """What the article names: its sources, its tags with its section, and the notes that it shows."""
    tags = [*card["tags"], *([card["section"]] if card["section"] else [])]
    return [
        *(SOURCE + attribution["source"] for attribution in card["attributions"]),
        *(TAG + slug for slug in tags),
        *(NOTE + slug for slug in card["notes"]),
    ]
