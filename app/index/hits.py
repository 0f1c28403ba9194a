"""Walks the entries that meet a condition, by date: from a position on, up to a limit, looking at no more than allowed.

A caller gives conditions on the columns of `hits` (filters of a list, say), and gets places of entries that meet them.
What makes this quick on both databases:

- Places are dates (`places`), so an index is walked in the order of the page and left when the page is full.
- On PostgreSQL the newest entries are read first, in windows (`postgres`).
- Of entries that meet the words, few may meet the caller's conditions. A walk with such conditions is fenced: it looks
  at no more than LOOKED_AT entries that meet the words. So a page may be short while there is more behind the fence.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Integer, Select, bindparam, func, select, tuple_
from sqlalchemy.sql.selectable import FromClause

from app.changes.models import Noun, View
from app.db import SHAPES, Reader, Row, UtcDateTime, Uuid16, from_milliseconds, milliseconds
from app.index.keys import Condition
from app.index.models import IndexEntry
from app.index.places import Span, instant_of, minute_of, span_of
from app.index.store import engine_of
from app.paging import FIRST_ID, LAST_ID, Position

# A look at an entry with all conditions is a few microseconds.
LOOKED_AT: Final = 5_000
_ALL: Final = (1 << 31) - 1  # entries of one minute are not limited
_MINUTE: Final = timedelta(minutes=1)
_MILLISECOND: Final = timedelta(milliseconds=1)

# From the columns of hits (place, object, view, published_at, language), what they must meet besides the words. It must
# be the same function for the same shape of statement: statements are built and compiled once for each.
Conditions = Callable[[FromClause], Sequence[ColumnElement[bool]]]


class Hit(NamedTuple):
    """An entry that was found."""

    place: int
    published_at: datetime
    object: str

    @property
    def order(self) -> tuple[datetime, str]:
        return self.published_at, self.object


@dataclass(frozen=True, slots=True)
class Walk:
    """What is looked for, and in which part of the index.

    `conditions`, with their `parameters`, are what hits must meet besides the words; None: nothing. With conditions no
    more than `looked_at` of the entries that have the words are looked at.
    """

    noun: Noun
    view: View
    condition: Condition
    conditions: Conditions | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    since: datetime | None = None
    until: datetime | None = None
    newest_first: bool = True
    looked_at: int = LOOKED_AT

    def bounded(self, since: datetime) -> "Walk":
        """The part of the walk since then, which was walked before: all of it, though there may be more by now."""
        return replace(self, since=max(since, self.since or since), looked_at=2 * self.looked_at)

    def span(self, position: Position | None) -> Span:
        """The places to be walked from a position on."""
        span = span_of(self.noun, self.view, self.since, self.until)
        if position is None:
            return span
        at = from_milliseconds(position.values[0])
        from_there = span_of(self.noun, self.view, *((None, at) if self.newest_first else (at, None)))
        return Span(max(span.low, from_there.low), min(span.high, from_there.high))


class Found(NamedTuple):
    """Hits in the order of the walk. `fence` is where the walk ended before its end, as a position in the list."""

    hits: list[Hit]
    fence: Position | None = None


class _Shape(NamedTuple):
    engine: Any
    conditions: Conditions | None
    newest_first: bool
    is_windowed: bool
    is_positioned: bool


@lru_cache(SHAPES)
def _hits(shape: _Shape) -> Select[*Row]:
    hits = shape.engine.hits(shape.is_windowed)
    columns = (hits.c.place, hits.c.published_at, hits.c.object)
    query = select(*columns).where(*(shape.conditions(hits) if shape.conditions else ()))
    if shape.is_positioned:
        here = tuple_(hits.c.published_at, hits.c.object)
        position = tuple_(bindparam("at_0", type_=UtcDateTime()), bindparam("at_1", type_=Uuid16()))
        query = query.where(here < position if shape.newest_first else here > position)
    order = hits.c.place.desc() if shape.newest_first else hits.c.place.asc()
    return query.order_by(order).limit(bindparam("limit", type_=Integer()))


@lru_cache(SHAPES)
def _fence(engine: Any, newest_first: bool) -> Select[*Row]:
    """The place that is `skip` hits on, by the words alone."""
    hits = engine.hits(False)
    order = hits.c.place.desc() if newest_first else hits.c.place.asc()
    return select(hits.c.place).order_by(order).limit(1).offset(bindparam("skip", type_=Integer()))


@lru_cache(SHAPES)
def _window(newest_first: bool) -> Select[*Row]:
    """The place that is `skip` entries on, whatever is in them."""
    in_span = IndexEntry.place.between(
        bindparam("low", type_=BigInteger()), bindparam("high", type_=BigInteger())
    )  # fmt: skip
    order = IndexEntry.place.desc() if newest_first else IndexEntry.place.asc()
    return select(IndexEntry.place).where(in_span).order_by(order).limit(1).offset(bindparam("skip", type_=Integer()))


async def nearest(read: Reader, walk: Walk, position: Position | None, limit: int) -> Found:
    """The first hits from the position on, at most `limit`.

    Order: (published_at, id), as lists have them. Cost: one or two statements on SQLite, up to six on PostgreSQL; one
    more with conditions.
    """
    engine = engine_of(read)
    span = walk.span(position)
    shape = _Shape(engine, walk.conditions, walk.newest_first, True, position is not None)
    values = {**walk.parameters, "asked": engine.asked(walk.condition)}
    if position is not None:
        values |= {"at_0": from_milliseconds(position.values[0]), "at_1": position.values[1]}
    for size in engine.WINDOWS:
        row = await read.row(_window(walk.newest_first), {**span._asdict(), "skip": size - 1})
        window = span if row is None else span.up_to_minute_of(row[0], newest_first=walk.newest_first)
        hits = await _walked(read, shape, values, window, limit)
        if len(hits) >= limit or row is None:
            return Found(hits)
    fence: Position | None = None
    if walk.conditions is not None:
        row = await read.row(
            _fence(engine, walk.newest_first), {**values, **span._asdict(), "skip": walk.looked_at}, slow=True
        )
        if row is not None:
            span = span.up_to_minute_of(row[0], newest_first=walk.newest_first)
            fence = _behind(row[0], newest_first=walk.newest_first)
    hits = await _walked(read, shape._replace(is_windowed=False), values, span, limit)
    return Found(hits, fence if len(hits) < limit else None)


async def _walked(read: Reader, shape: _Shape, values: dict[str, Any], span: Span, limit: int) -> list[Hit]:
    """The first hits of a span. The last minute is read whole, since its entries stand in no order."""
    statement = _hits(shape)
    rows = await read.rows(statement, {**values, **span._asdict(), "limit": limit}, slow=True)
    hits = [Hit(*row) for row in rows]
    if len(hits) == limit:
        last = minute_of(hits[-1].place)
        hits = [hit for hit in hits if not last.low <= hit.place <= last.high]
        in_minute = Span(max(span.low, last.low), min(span.high, last.high))
        rows = await read.rows(statement, {**values, **in_minute._asdict(), "limit": _ALL}, slow=True)
        hits += [Hit(*row) for row in rows]
    return sorted(hits, key=lambda hit: hit.order, reverse=shape.newest_first)[:limit]


def _behind(place: int, *, newest_first: bool) -> Position:
    """The position behind the whole minute of a place."""
    minute = instant_of(place)
    if newest_first:
        return Position((milliseconds(minute), FIRST_ID))
    return Position((milliseconds(minute + _MINUTE - _MILLISECOND), LAST_ID))


@lru_cache(SHAPES)
def _number(engine: Any, conditions: Conditions | None) -> Select[int]:
    hits = engine.hits(False)
    matching = select(hits.c.place).where(*(conditions(hits) if conditions else ()))
    matching = matching.limit(bindparam("limit", type_=Integer()))
    return select(func.count()).select_from(matching.subquery())


async def number(read: Reader, walk: Walk, most: int) -> tuple[int, bool]:
    """(how many entries are found, whether that is exact): looks at `most` of those that meet the words.

    Cost: one or two statements.
    """
    engine = engine_of(read)
    walk = replace(walk, newest_first=True)
    span = walk.span(None)
    values = {**walk.parameters, "asked": engine.asked(walk.condition)}
    row = await read.row(_fence(engine, True), {**values, **span._asdict(), "skip": most}, slow=True)
    if row is not None:
        span = span.up_to_minute_of(row[0], newest_first=True)
    counted = {**values, **span._asdict(), "limit": most}
    ((count,),) = await read.rows(_number(engine, walk.conditions), counted, slow=True)
    return count, row is None
