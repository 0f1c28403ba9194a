"""The byline of a story whose writer gave none: the names of its authors, as they are at the write.

It stays until the next write, which writes it anew. That a stored byline was written so is not stored: it says what the
names of the story's authors were when that state was saved.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any, Final

from pydantic_core import from_json
from sqlalchemy import Select, select

from app.articles.saving import ArticleToSave
from app.changes.log import TOMBSTONE, Transaction
from app.changes.models import Object, Revision
from app.changes.stored import fetch_in_portions
from app.content.blocks import Attribution
from app.db import Row, in_list
from app.formats.story import in_language

# As long as a line may be. Names that no longer fit are left out.
LONGEST: Final = 500
AUTHOR: Final = "author"
# By slug, the states of a source: when each was saved, and its names by language, oldest first.
History = Mapping[str, Sequence[tuple[datetime, Mapping[str, str]]]]


async def byline_of(transaction: Transaction, attributions: Iterable[Attribution], language: str) -> str | None:
    """The names of the authors among them; None where there are none. Cost: one statement, none without authors."""
    slugs = authors(attributions)
    return _byline(_names_now(await _histories(transaction, slugs), slugs, language))


async def is_of_authors(
    transaction: Transaction, byline: str, attributions: Iterable[Attribution], language: str, saved_at: datetime
) -> bool:
    """Whether a byline that was saved then follows from the authors. Cost: one statement, none without authors."""
    slugs = authors(attributions)
    histories = await _histories(transaction, slugs)
    then = {slug: [[*_until(states, saved_at)][-1]] for slug, states in histories.items()}
    return byline == _byline(_names_now(then, slugs, language))


async def with_bylines(transaction: Transaction, items: Sequence[ArticleToSave]) -> list[ArticleToSave]:
    """The articles, with a byline where theirs was left out. Cost: one statement, none where none has authors."""
    slugs = {source.slug for item in items for source in item.article.sources if source.role == AUTHOR}
    histories = await _histories(transaction, sorted(slugs)) if any(item.byline_is_left_out for item in items) else {}
    return [_with_byline(item, histories) if item.byline_is_left_out else item for item in items]


def authors(attributions: Iterable[Attribution]) -> list[str]:
    """Slugs of the sources that are named as authors, each once, in their order."""
    return list(dict.fromkeys(given.source for given in attributions if given.role == AUTHOR))


def _with_byline(item: ArticleToSave, histories: History) -> ArticleToSave:
    article = item.article
    slugs = list(dict.fromkeys(source.slug for source in article.sources if source.role == AUTHOR))
    byline = _byline(_names_now(histories, slugs, article.language))
    return replace(item, article=article.with_byline(byline)) if byline is not None else item


def _names_now(histories: History, slugs: Iterable[str], language: str) -> Iterator[str]:
    for slug in slugs:
        if slug in histories:
            yield " ".join(in_language(histories[slug][-1][1], language).split())


def _until(
    states: Sequence[tuple[datetime, Mapping[str, str]]], at: datetime
) -> Iterator[tuple[datetime, Mapping[str, str]]]:
    """The states up to that instant; at least the first: what was imported may be older than its sources here."""
    yield states[0]
    yield from (state for state in states[1:] if state[0] <= at)


def _byline(names: Iterable[str]) -> str | None:
    byline = ""
    for name in names:
        longer = f"{byline}, {name}" if byline else name
        if len(longer) <= LONGEST:
            byline = longer
    return byline or None


@cache
def _revisions(count: int) -> Select[*Row]:
    query = select(Object.ref, Revision.at, Revision.card).join(Revision, Revision.object == Object.id)
    query = query.where(Object.noun == "source", in_list(Object.ref, "ref", count), Revision.card != TOMBSTONE)
    return query.order_by(Object.ref, Revision.revision)


async def _histories(transaction: Transaction, slugs: Sequence[str]) -> History:
    histories: dict[str, list[tuple[datetime, Any]]] = {}
    for slug, at, card in await fetch_in_portions(transaction.connection, _revisions, slugs):
        histories.setdefault(slug, []).append((at, from_json(card)["names"]))
    for slug in slugs:  # what this transaction has saved is written at its end
        if (change := transaction.changes.get(("source", slug))) is not None:
            histories.setdefault(slug, []).append((transaction.at, from_json(change.card)["names"]))
    return histories
