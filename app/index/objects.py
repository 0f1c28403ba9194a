"""The newest notes, sources and tags that meet a condition, with their cards.

The index has one entry of each of them, so one statement finds and reads them. Articles, of which there are many and
some have two entries, are walked by date (`hits`).
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Integer, Select, bindparam, null, select

from app.changes.models import DESK, PUBLIC, Noun, Revision, View, ViewEntry
from app.changes.views import Kind, Perspective, shown_state, visible
from app.db import SHAPES, Reader, Row
from app.index.keys import Condition, of_noun
from app.index.places import span_of
from app.index.store import engine_of

# Where the entries of a noun stand, whoever sees them: the view entries tell that.
_VIEWS: Final[dict[Noun, tuple[View, View]]] = {"note": (PUBLIC, DESK), "source": (DESK, DESK), "tag": (DESK, DESK)}


class FoundObject(NamedTuple):
    """An object as the perspective sees it; JSON, `body` only where it was asked for."""

    noun: Noun
    slug: str
    object: str
    card: str
    body: str | None


@lru_cache(SHAPES)
def _newest(engine: Any, kind: Kind, with_body: bool) -> Select[*Row]:
    hits = engine.hits(False)
    body = Revision.body if with_body else null()
    return (
        select(ViewEntry.noun, ViewEntry.slug, ViewEntry.object, Revision.card, body)
        .select_from(hits)
        .join(ViewEntry, ViewEntry.object == hits.c.object)
        .join(Revision, shown_state())
        .where(visible(ViewEntry, kind))
        .order_by(hits.c.place.desc(), hits.c.object.desc())
        .limit(bindparam("limit", type_=Integer()))
    )


async def newest_objects(
    read: Reader,
    perspective: Perspective,
    nouns: Sequence[Noun],
    condition: Condition,
    limit: int,
    *,
    with_body: bool = False,
) -> list[FoundObject]:
    """Visible objects of these nouns, of which there are at most `limit` each, newest first.

    Cost: one statement for each noun.
    """
    engine = engine_of(read)
    objects: list[FoundObject] = []
    for noun in nouns:
        first, last = _VIEWS[noun]
        asked = engine.asked(of_noun(noun, condition))
        span = {"low": span_of(noun, first).low, "high": span_of(noun, last).high}
        values = {**perspective.parameters, **span, "asked": asked, "limit": limit}
        rows = await read.rows(_newest(engine, perspective.kind, with_body), values)
        objects += [FoundObject(*row) for row in rows]
    return objects
