"""Walks through the entries of all lists, in the order of their keys, with the counters of each list."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic_core import from_json
from sqlalchemy import Select, and_, bindparam, select
from sqlalchemy.orm import aliased

from app.articles.list_names import ALL_ARTICLES, ARCHIVED
from app.changes.models import DESK, PUBLIC, Revision, ViewEntry
from app.changes.views import shown_state
from app.checking.findings import Deviation
from app.checking.stored import EntryKey
from app.checking.walks import Walk
from app.db import Reader, Row, in_list, list_parameters, padded_size
from app.lists import models
from app.lists.models import List, ListEntry
from app.lists.store import day_of
from app.notes.facts import FACTS, fact_placements

# The last id there can be.
_LAST: Final = 2**31 - 1
# Before all entries of a list.
_FIRST_AT: Final = datetime.min.replace(tzinfo=UTC)
_FIRST_OBJECT: Final = str(UUID(int=0))
# Entries of a list by (day, language); of all days by ("", language).
Numbers = Counter[tuple[str, str]]

_LISTS: Final = Walk(select(List.id, List.view, List.name), (List.id,), 500)
_UP_TO: Final = bindparam("up_to", type_=ListEntry.list.type)
_ENTRIES: Final = Walk(
    select(
        ListEntry.list, ListEntry.published_at, ListEntry.object, ListEntry.language, ViewEntry.view,
        ViewEntry.listed_at, ViewEntry.lists,
    )
    .outerjoin(List, List.id == ListEntry.list)
    .outerjoin(ViewEntry, and_(ViewEntry.view == List.view, ViewEntry.object == ListEntry.object))
    .where(ListEntry.list <= _UP_TO),
    (ListEntry.list, ListEntry.published_at, ListEntry.object), 2_000,
)  # fmt: skip
_COUNTERS: Final = Walk(
    select(models.Counter.list, models.Counter.day, models.Counter.language, models.Counter.n)
    .where(models.Counter.list <= _UP_TO),
    (models.Counter.list, models.Counter.day, models.Counter.language), 5_000,
)  # fmt: skip
_OnDesk: Final = aliased(ViewEntry)
_OVERLAID: Final = Walk(
    select(_OnDesk.object, ViewEntry.listed_at, ViewEntry.lists, Revision.card)
    .join(ViewEntry, and_(ViewEntry.object == _OnDesk.object, ViewEntry.view == PUBLIC))
    .join(Revision, shown_state())
    .where(_OnDesk.view == DESK, _OnDesk.noun == "article"),
    (_OnDesk.object,), 200,
)  # fmt: skip


class _Span(NamedTuple):
    """Lists by their ids: behind the first of these, up to the last."""

    after: int
    up_to: int


class StoredList(NamedTuple):
    """A list, by its id."""

    id: int
    view: str
    name: str

    @property
    def place(self) -> str:
        return f"{self.name} ({self.view})"


class StrayEntry(NamedTuple):
    """An entry where its object does not stand."""

    key: EntryKey
    deviation: Deviation


class WrongCounter(NamedTuple):
    """A counter, and by how much it has to be raised."""

    list: int
    day: str
    language: str
    missing: int
    deviation: Deviation


async def list_deviations(read: Reader, zone: ZoneInfo) -> AsyncIterator[StrayEntry | WrongCounter]:
    """Entries of lists in which no document stands, and counters that count something else than the entries that stay.

    Cost: a statement for each 2,000 entries. Memory: a page, the days of 500 lists, and the lists of public articles
    that have a working copy: counters of the desk's lists say by how much they differ from the public ones.
    """
    overlaid = await _overlaid(read, zone)
    after = 0
    async for page in _LISTS.pages(read):
        lists = {row[0]: StoredList(*row) for row in page}
        numbers: dict[int, Numbers] = defaultdict(Counter)
        span = _Span(after, page[-1][0])
        async for stray in _strays(read, zone, lists, span, numbers):
            yield stray
        for id, (_, view, name) in lists.items():
            if view == DESK and name in overlaid:
                numbers[id].subtract(overlaid[name])
        async for counter in _wrong_counters(read, lists, span, numbers):
            yield counter
        after = span.up_to
    rest = _Span(after, _LAST)
    async for stray in _strays(read, zone, {}, rest, {}):
        yield stray
    async for counter in _wrong_counters(read, {}, rest, {}):
        yield counter


async def _overlaid(read: Reader, zone: ZoneInfo) -> dict[str, Numbers]:
    """By list, the entries of public articles over which the desk sees a working copy."""
    overlaid: dict[str, Numbers] = defaultdict(Counter)
    async for page in _OVERLAID.pages(read):
        for _, listed_at, names, card in page:
            language = from_json(card)["language"]
            for name in names:
                _count(overlaid[name], name, day_of(listed_at, zone), language)
    return overlaid


def _count(numbers: Numbers, name: str, day: str, language: str) -> None:
    numbers["", language] += 1
    if ARCHIVED.fullmatch(name):
        numbers[day, language] += 1


def _is_counted(name: str) -> bool:
    return name.split(":")[0] == ALL_ARTICLES


async def _strays(
    read: Reader, zone: ZoneInfo, lists: dict[int, StoredList], span: _Span, numbers: dict[int, Numbers]
) -> AsyncIterator[StrayEntry]:
    """Of the lists of this span; counts the other entries."""
    async for page in _ENTRIES.pages(read, (span.after + 1, _FIRST_AT, _FIRST_OBJECT), up_to=span.up_to):
        dates = await _fact_dates(read, lists, page)
        for list_id, at, object_id, language, view, listed_at, names in page:
            of_list, key = lists.get(list_id), EntryKey(list_id, at, object_id)
            if of_list is None:
                yield StrayEntry(key, Deviation("list", f"list {list_id}", "has an entry, and is not there"))
            elif of_list.name.split(":")[0] == FACTS:
                if (of_list.name, at) not in dates.get((of_list.view, object_id), ()):
                    yield StrayEntry(key, _stray(of_list, key))
            elif view is None or of_list.name not in names or listed_at != at:
                yield StrayEntry(key, _stray(of_list, key))
            elif _is_counted(of_list.name):
                _count(numbers[list_id], of_list.name, day_of(at, zone), language)


def _stray(of_list: StoredList, key: EntryKey) -> Deviation:
    return Deviation("list", of_list.place, f"has an entry of {key.object} at {key.published_at.isoformat()}")


@cache
def _facts_of(count: int) -> Select[*Row]:
    return (
        select(ViewEntry.view, ViewEntry.object, Revision.card)
        .join(Revision, shown_state())
        .where(ViewEntry.noun == "note", in_list(ViewEntry.object, "object", count))
    )


async def _fact_dates(
    read: Reader, lists: dict[int, StoredList], page: Sequence[Row]
) -> dict[tuple[str, str], set[tuple[str, object]]]:
    """Of notes with entries in lists of facts, by view and object, where they stand: (list, date)."""
    objects = sorted({row[2] for row in page if row[0] in lists and lists[row[0]].name.split(":")[0] == FACTS})
    dates: dict[tuple[str, str], set[tuple[str, object]]] = {}
    for start in range(0, len(objects), 200):
        portion = objects[start : start + 200]
        count = padded_size(len(portion))
        for view, object_id, card in await read.rows(_facts_of(count), list_parameters("object", count, portion)):
            placements = fact_placements(from_json(card))
            dates[view, object_id] = {(name, at) for at, place in placements.items() for name in place.names}
    return dates


async def _wrong_counters(
    read: Reader, lists: dict[int, StoredList], span: _Span, numbers: dict[int, Numbers]
) -> AsyncIterator[WrongCounter]:
    async for page in _COUNTERS.pages(read, (span.after + 1, "", ""), up_to=span.up_to):
        for list_id, day, language, number in page:
            right = numbers[list_id].pop((day, language), 0) if list_id in numbers else 0
            if number != right:
                yield _wrong(lists.get(list_id), list_id, day, language, number, right)
    for list_id, left in numbers.items():
        for (day, language), right in left.items():
            if right:
                yield _wrong(lists.get(list_id), list_id, day, language, None, right)


def _wrong(
    of_list: StoredList | None, list_id: int, day: str, language: str, number: int | None, right: int
) -> WrongCounter:
    place = f"list {list_id}" if of_list is None else of_list.place
    counter = f"counter of {language}{f' on {day}' if day else ''}"
    detail = f"its {counter} is {'missing' if number is None else number}, and its entries make {right}"
    return WrongCounter(list_id, day, language, right - (number or 0), Deviation("counter", place, detail))
