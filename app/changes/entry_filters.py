"""Which entries of the log a filtered request asks for, as conditions and parameters; and where it begins to look.

A filtered request looks at LOOKED_AT entries at most, however few of them it finds, and says how far it looked. With an
instant it begins at the entries of that time: `at` grows along the log but for transactions that ran side by side, so
the place is found by halving.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, case, func, literal, select, true

from app.changes.models import Change, Noun
from app.db import Reader, Row, UtcDateTime, in_list, json_texts, list_parameters, padded_size
from app.web.spans import FIRST

# To look at one entry takes a few microseconds.
LOOKED_AT: Final = 10_000
# The `at` of an entry is when its transaction began, its place when that was committed. No transaction takes so long.
LONGEST_TRANSACTION: Final = timedelta(hours=1)
_Condition = ColumnElement[bool]


class FilterShape(NamedTuple):
    """What the conditions of a filter look like, whatever their values."""

    has_actor: bool
    nouns: int
    names: int
    has_since: bool


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """An entry meets all of what is asked for: it was made with the key of the name `actor`, is of one of the nouns,
    names one of `names` in its keys, and was made at `since` or later.
    """

    actor: str | None = None
    nouns: tuple[Noun, ...] = ()
    names: tuple[str, ...] = ()
    since: datetime | None = None

    @property
    def shape(self) -> FilterShape:
        nouns, names = (padded_size(len(values)) if values else 0 for values in (self.nouns, self.names))
        return FilterShape(self.actor is not None, nouns, names, self.since is not None)

    @property
    def parameters(self) -> dict[str, Any]:
        """Values for the conditions."""
        shape = self.shape
        values: dict[str, Any] = {"actor": self.actor, "since": self.since}
        for name, size, listed in (("noun", shape.nouns, self.nouns), ("name", shape.names, self.names)):
            values |= list_parameters(name, size, listed) if listed else {}
        return values


def tag_names(slugs: Iterable[str]) -> set[str]:
    """What the keys of a change name if it is one of these tags, or of what has one of them or of their descendants.

    A change names the lists in which its object was or is, including those of the ancestors of its tags.
    """
    return {f"{prefix}tag:{slug}" for slug in slugs for prefix in ("", "articles:", "notes:")}


def conditions(shape: FilterShape) -> list[_Condition]:
    """Conditions on entries of the log, with the parameters of `EntryFilter.parameters`."""
    found: list[_Condition] = []
    if shape.has_actor:
        found.append(Change.actor == bindparam("actor", type_=Change.actor.type))
    if shape.nouns:
        found.append(in_list(Change.noun, "noun", shape.nouns))
    if shape.names:
        key = json_texts(Change.keys).table_valued("value").c.value
        found.append(select(literal(1)).where(in_list(key, "name", shape.names)).correlate(Change).exists())
    if shape.has_since:
        found.append(Change.at >= bindparam("since", type_=UtcDateTime()))
    return found


@cache
def _last_earlier(desk: bool) -> Select[*Row]:
    """(position, whether it is there) of the last entry from `low` to `high` that is earlier than `since`, by halving.

    What was trimmed counts as earlier. `low` itself where nothing behind it is.
    """
    number: Any = Change.seq if desk else Change.public_seq
    low, high = (bindparam(name, type_=BigInteger()).label(name) for name in ("low", "high"))
    span = select(low, (high + 1).label("high")).cte("span", recursive=True)
    middle = (span.c.low + span.c.high) // 2
    at = select(Change.at).where(number == middle).correlate(span).scalar_subquery()
    is_earlier = func.coalesce(at < bindparam("since", type_=UtcDateTime()), true())
    halves = (case((is_earlier, middle), else_=span.c.low), case((is_earlier, span.c.high), else_=middle))
    span = span.union_all(select(*halves).where(span.c.high - span.c.low > 1))
    last = select(func.max(span.c.low).label("position")).subquery()
    is_there = select(literal(1)).where(number == last.c.position).correlate(last).exists()
    return select(last.c.position, is_there)


async def last_earlier(read: Reader, *, desk: bool, after: int, head: int, since: datetime) -> tuple[int, bool]:
    """(position, whether the log still has its entry) behind which all entries since then are, `after` or later.

    Cost: one statement, which looks at as many entries as the number of the head has binary digits.
    """
    earlier = max(since, FIRST + LONGEST_TRANSACTION) - LONGEST_TRANSACTION
    row = await read.row(_last_earlier(desk), {"low": after, "high": head, "since": earlier})
    assert row is not None, "an aggregate without groups gives one row"
    return int(row[0]), bool(row[1])
