"""Lists of notes by words: a condition on their entries, and what is checked and shown of those that meet it."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import ColumnElement, select

from app.changes.models import DESK, PUBLIC, ViewEntry
from app.changes.views import Kind
from app.db import Reader
from app.index.checking import answers
from app.index.highlighting import Part, highlighted
from app.index.keys import condition_of, has_phrases
from app.index.places import span_of
from app.index.store import engine_of
from app.notes.texts import body_passages, fact_passages, heading_passage, searched_texts
from app.paging import PageRows
from app.words.matching import Finder
from app.words.queries import Query


@cache
def has_words(engine: Any) -> ColumnElement[bool]:
    """A condition on view entries of notes, with the parameters of `word_parameters`. A note has one state in all."""
    return ViewEntry.object.in_(select(engine.hits(False).c.object))


def word_parameters(read: Reader, kind: Kind, query: Query) -> dict[str, Any]:
    low, high = span_of("note", PUBLIC).low, span_of("note", PUBLIC if kind == "public" else DESK).high
    return {"asked": engine_of(read).asked(condition_of(query)), "low": low, "high": high}


def needs_bodies(query: Query, *, highlight: bool) -> bool:
    """Whether whole documents must be read, to check or to highlight them."""
    return highlight or has_phrases(query)


def checked(page: PageRows, query: Query, *, highlight: bool, with_body: bool) -> PageRows:
    """The page without notes that do not answer the query after all, with highlights where they are asked for.

    The page must have been read with bodies. It may become shorter, while `next` is set.
    """
    finder = Finder(query)
    items: dict[str, str] = {}
    for slug, item in zip(page.refs, page.items, strict=True):
        document: dict[str, Any] = from_json(item)
        body = document["body"]
        if answers(finder, searched_texts(document, body)):
            items[slug] = _item(finder, document, highlight=highlight, with_body=with_body)
    return replace(page, items=[*items.values()], refs=[*items])


def _item(finder: Finder, document: Mapping[str, Any], *, highlight: bool, with_body: bool) -> str:
    members = {name: value for name, value in document.items() if with_body or name != "body"}
    if highlight:
        parts = [
            Part("body", "block", [*body_passages(document["body"])]),
            Part("facts", "fact", fact_passages(document)),
        ]
        first_text = next((piece for part in parts for passage in part.passages for piece in passage.pieces), None)
        members |= highlighted(finder, [heading_passage(document)], parts, first_text)
    return to_json(members).decode()
