"""Walks over the entries of any noun in the index of words that find only what a perspective sees.

`index/objects.py` reads the cards of few notes, sources or tags in one statement; a walk gives the hits of any noun, to
be scored, or merged with those of other nouns.
"""

from functools import cache
from typing import Final

from sqlalchemy import ColumnElement, literal, select
from sqlalchemy.sql.selectable import FromClause

from app.changes.models import DESK, Noun, View, ViewEntry
from app.changes.views import VIEWS, Kind, Perspective, not_overlaid, visible
from app.db import Reader
from app.index.hits import Conditions, Hit, Walk, nearest
from app.index.keys import Condition, of_noun

# In the order in which equal items are shown.
NOUNS: Final[tuple[Noun, ...]] = ("tag", "source", "note", "article")


def walks(noun: Noun, perspective: Perspective, condition: Condition) -> list[Walk]:
    """The walks that lead to all objects of a noun that meet the condition: one for each view with entries of them."""
    kind = perspective.kind
    condition = of_noun(noun, condition)
    views = (DESK,) if noun in {"tag", "source"} else VIEWS[kind]
    return [Walk(noun, view, condition, _conditions(noun, view, kind), perspective.parameters) for view in views]


@cache
def _conditions(noun: Noun, view: View, kind: Kind) -> Conditions | None:
    # The entry of a tag or source stands in the index as the desk's; its view entries say who sees it.
    def is_visible(hits: FromClause) -> list[ColumnElement[bool]]:
        entry = select(literal(1)).where(ViewEntry.object == hits.c.object, visible(ViewEntry, kind))
        return [entry.correlate(hits).exists()]

    def is_not_overlaid(hits: FromClause) -> list[ColumnElement[bool]]:
        return not_overlaid(hits, view, kind, hits.c.object)

    if noun in {"tag", "source"}:
        return is_visible
    return None if kind == "public" else is_not_overlaid


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
