"""Walks of all nouns over the index of words: what a perspective sees, by the one visibility rule."""

from functools import cache
from typing import Final

from sqlalchemy import ColumnElement, literal, select
from sqlalchemy.sql.selectable import FromClause

from app.changes.models import DESK, Noun, View, ViewEntry
from app.changes.views import VIEWS, Kind, Perspective, not_overlaid, visible
from app.db import Reader
from app.index.hits import Conditions, Hit, Walk, nearest
from app.index.keys import MARKS, AllOf, Condition, HasKey
from app.index.marks import noun_mark

# In the order in which equal items are shown.
NOUNS: Final[tuple[Noun, ...]] = ("tag", "source", "note", "article")


def walks(noun: Noun, perspective: Perspective, condition: Condition) -> list[Walk]:
    """The walks that lead to all objects of a noun that meet the condition: one for each view with entries of them."""
    if noun != "article":
        # Without its noun, PostgreSQL would read all articles with the same words.
        condition = AllOf((HasKey(noun_mark(noun), MARKS), condition))
    kind = perspective.kind
    views = (DESK,) if noun in {"tag", "source"} else VIEWS[kind]
    return [Walk(noun, view, condition, _conditions(noun, view, kind), perspective.parameters) for view in views]


@cache
def _conditions(noun: Noun, view: View, kind: Kind) -> Conditions | None:
    def seen(hits: FromClause) -> list[ColumnElement[bool]]:
        entry = select(literal(1)).where(ViewEntry.object == hits.c.object, visible(ViewEntry, kind))
        return [entry.correlate(hits).exists()]

    def shown(hits: FromClause) -> list[ColumnElement[bool]]:
        return not_overlaid(hits, view, kind, hits.c.object)

    if noun in {"tag", "source"}:
        return seen
    return None if kind == "public" else shown


async def newest_hits(
    read: Reader, noun: Noun, perspective: Perspective, condition: Condition, limit: int
) -> list[Hit]:
    """The newest objects of a noun that meet the condition, at most `limit`; none that this perspective does not see.

    Order: the newest first, by the date of their entries in the index. Cost: that of `nearest` for each view.
    """
    hits = [
        hit for walk in walks(noun, perspective, condition) for hit in (await nearest(read, walk, None, limit)).hits
    ]
    return sorted(hits, key=lambda hit: hit.order, reverse=True)[:limit]
