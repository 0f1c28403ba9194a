"""The texts of a reference note by which words find it, and which are highlighted. Knows no index and no query."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.content import blocks
from app.index.highlighting import Passage
from app.index.keys import IndexedTexts
from app.index.marks import SOURCE, TAG, noun_mark


def heading_passage(card: Mapping[str, Any]) -> Passage:
    return Passage("heading", "headline", [card["heading"]] if card["heading"] else [])


def fact_passages(card: Mapping[str, Any]) -> list[Passage]:
    return [Passage(number, "body", [fact["text"]]) for number, fact in enumerate(card["facts"])]


def body_passages(body: Sequence[Mapping[str, Any]]) -> Iterator[Passage]:
    """In reading order, of those blocks that have a text."""
    for block in body:
        if pieces := [*blocks.texts(block)]:
            yield Passage(block["id"], "body", pieces)


def searched_texts(card: Mapping[str, Any], body: Sequence[Mapping[str, Any]]) -> IndexedTexts:
    """Of a stored state. No text goes from one block, item, cell or fact to the next, and so no phrase does."""
    texts = [piece for passage in (*body_passages(body), *fact_passages(card)) for piece in passage.pieces]
    named = [*card["attributions"], *(attribution for fact in card["facts"] for attribution in fact["attributions"])]
    marks = [
        noun_mark("note"),
        *(SOURCE + attribution["source"] for attribution in named),
        *(TAG + slug for slug in card["tags"]),
    ]
    return IndexedTexts({"headline": heading_passage(card).pieces, "body": texts}, marks)
