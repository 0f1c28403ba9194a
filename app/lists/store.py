"""Moves objects between the lists of the views, keeps the counters, and answers who stands in a list and how many."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from re import Pattern
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    String,
    Update,
    bindparam,
    delete,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.orm import aliased

from app.changes.models import DESK, PUBLIC, Noun, Object, View, ViewEntry
from app.changes.stored import portions
from app.db import (
    Reader,
    WriteConnection,
    add_to_counters,
    execute_many,
    fetch,
    in_list,
    insert_many,
    insert_missing,
    list_parameters,
    padded_size,
)
from app.lists.models import Counter, List, ListEntry

ENTRY_COLUMNS: Final = ("list", "published_at", "object", "revision", "language", "updated_at")


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a view lists an object: the names of the lists, and what their entries hold."""

    names: frozenset[str]
    language: str
    published_at: datetime
    updated_at: datetime
    revision: int

    @property
    def sort_keys(self) -> tuple[datetime, str]:
        """What decides where its entries stand: with other ones they are new entries."""
        return self.published_at, self.language

    @property
    def contents(self) -> tuple[datetime, int]:
        """What its entries hold besides."""
        return self.updated_at, self.revision


class ListChanges:
    """Collects how objects move between lists, so that each table is written once for many objects.

    `archived` matches the names of lists whose entries are counted by day too; without it nothing is counted.
    """

    def __init__(self, zone: ZoneInfo, *, archived: Pattern[str] | None = None) -> None:
        self._zone = zone
        self._archived = archived
        self._added: list[tuple[str, str, str, Placement]] = []
        self._removed: list[tuple[str, str, str, datetime]] = []
        self._kept: list[tuple[str, str, Placement, frozenset[str]]] = []
        self._numbers: defaultdict[tuple[str, str], defaultdict[tuple[str, str], int]]
        self._numbers = defaultdict(lambda: defaultdict(int))

    def move(self, object_id: str, before: Mapping[View, Placement], after: Mapping[View, Placement]) -> None:
        """Takes an object from the placements it has to those it will have, by view."""
        for view in {**before, **after}:
            self._move_in_view(object_id, view, before.get(view), after.get(view))
        if self._archived is not None:
            for placements, number in ((before, -1), (after, 1)):
                for view, placement in placements.items():
                    self._count(view, placement, number, self._archived)
                if PUBLIC in placements and DESK in placements:
                    self._count(DESK, placements[PUBLIC], -number, self._archived)

    def _move_in_view(self, object_id: str, view: str, before: Placement | None, after: Placement | None) -> None:
        kept: frozenset[str] = frozenset()
        if before and after and before.sort_keys == after.sort_keys:
            kept = before.names & after.names
        if before is not None:
            self._removed += [(view, name, object_id, before.published_at) for name in before.names - kept]
        if after is not None:
            self._added += [(view, name, object_id, after) for name in after.names - kept]
            if kept and before is not None and before.contents != after.contents:
                self._kept.append((view, object_id, after, kept))

    def _count(self, view: str, placement: Placement, number: int, archived: Pattern[str]) -> None:
        day = day_of(placement.published_at, self._zone)
        for name in placement.names:
            numbers = self._numbers[view, name]
            numbers["", placement.language] += number
            if archived.fullmatch(name):
                numbers[day, placement.language] += number

    async def write(self, connection: WriteConnection) -> None:
        """Writes entries and counters. Cost: some five statements, however many objects.

        Order: rows are written in the order of their keys, so that two transactions cannot deadlock over them.
        """
        numbers = {key: {place: n for place, n in rows.items() if n} for key, rows in self._numbers.items()}
        await self._update_kept(connection)
        lists = {(view, name) for view, name, *_ in (*self._added, *self._removed)}
        lists |= {key for key, rows in numbers.items() if rows}
        if not lists:
            return
        ids = await list_ids(connection, sorted(lists))
        removed = sorted((ids[view, name], at, object_id) for view, name, object_id, at in self._removed)
        await execute_many(connection, _REMOVE, [dict(zip(_KEY, row, strict=True)) for row in removed])
        added = [
            (ids[view, name], new.published_at, object_id, new.revision, new.language, new.updated_at)
            for view, name, object_id, new in self._added
        ]
        await insert_many(connection, ListEntry, ENTRY_COLUMNS, sorted(added))
        counters = [
            (ids[key], day, language, number)
            for key, rows in numbers.items()
            for (day, language), number in rows.items()
        ]
        await add_to_counters(connection, Counter, sorted(counters))

    async def _update_kept(self, connection: WriteConnection) -> None:
        """Writes what has changed in entries that stay. No two transactions write those of one object: it is locked.

        Cost: one statement for objects in about as many lists.
        """
        rows: defaultdict[int, list[dict[str, object]]] = defaultdict(list)
        for view, object_id, new, names in self._kept:
            count = padded_size(len(names))
            entry = {"view_": view, "published_at_": new.published_at, "object_": object_id}
            contents = {"updated_at_": new.updated_at, "revision_": new.revision}
            rows[count].append(entry | contents | list_parameters("name", count, sorted(names)))
        for count, of_count in rows.items():
            await execute_many(connection, _update(count), of_count)


def day_of(at: datetime, zone: ZoneInfo) -> str:
    """The day of an instant in the site's zone; in UTC at the ends of time, where the zone's would be beyond them."""
    try:
        return at.astimezone(zone).date().isoformat()
    except OverflowError:
        return at.date().isoformat()


_KEY: Final = ("list_", "published_at_", "object_")
_THIS_ENTRY: Final = (
    ListEntry.list == bindparam("list_"),
    ListEntry.published_at == bindparam("published_at_", type_=ListEntry.published_at.type),
    ListEntry.object == bindparam("object_", type_=ListEntry.object.type),
)
_REMOVE: Final = delete(ListEntry).where(*_THIS_ENTRY)


@cache
def _update(count: int) -> Update:
    """Updates the entries of one object in so many lists of a view."""
    lists = select(List.id).where(List.view == bindparam("view_"), in_list(List.name, "name", count))
    entries = update(ListEntry).where(ListEntry.list.in_(lists), *_THIS_ENTRY[1:])
    return entries.values(updated_at=bindparam("updated_at_"), revision=bindparam("revision_"))


# --- names -------------------------------------------------------------------------------------------------------


@cache
def _ids(count: int) -> Select[int, str, str]:
    query = select(List.id, List.view, List.name)
    return query.where(List.view == bindparam("view"), in_list(List.name, "name", count))


async def list_ids(connection: WriteConnection, lists: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Ids of the lists with these views and names; those that are not there yet are made.

    Cost: one statement for each view and thousand names, two more where some are new.
    """
    ids = await _known_ids(connection, lists)
    new = [key for key in lists if key not in ids]
    if new:
        await insert_missing(connection, List, ("view", "name"), new)
        ids |= await _known_ids(connection, new)
    return ids


async def _known_ids(connection: WriteConnection, lists: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    names: dict[str, list[str]] = {}
    for view, name in lists:
        names.setdefault(view, []).append(name)
    ids: dict[tuple[str, str], int] = {}
    for view, of_view in names.items():
        for portion in portions(of_view):
            count = padded_size(len(portion))
            rows = await fetch(connection, _ids(count), {"view": view, **list_parameters("name", count, portion)})
            ids |= {(view, name): id for id, view, name in rows}
    return ids


def list_id(view: str, name: ColumnElement[str]) -> ScalarSelect[int]:
    """The id of a list, for use in a statement. An unknown name gives NULL, which matches nothing."""
    return select(List.id).where(List.view == literal(view, String), List.name == name).scalar_subquery()


# --- reading -----------------------------------------------------------------------------------------------------


@cache
def _counts(views: tuple[str, ...], count: int) -> Select[str, int]:
    return (
        select(List.name, func.sum(Counter.n))
        .join(Counter, Counter.list == List.id)
        .where(List.view.in_([literal(view) for view in views]), in_list(List.name, "name", count), Counter.day == "")
        .group_by(List.name)
    )


async def counts(read: Reader, views: tuple[str, ...], names: Sequence[str]) -> dict[str, int]:
    """How many objects the views, laid over each other, list under each name. Cost: one statement, over counters."""
    if not names:
        return {}
    count = padded_size(len(names))
    rows = await read.rows(_counts(views, count), list_parameters("name", count, names))
    return {**dict.fromkeys(names, 0), **{name: int(number) for name, number in rows}}


_LANGUAGES: Final = (
    select(Counter.language, Counter.n)
    .join(List, List.id == Counter.list)
    .where(List.view == literal(PUBLIC, String), List.name == bindparam("name"), Counter.day == "", Counter.n > 0)
    .order_by(Counter.n.desc(), Counter.language)
)


async def languages(read: Reader, name: str) -> dict[str, int]:
    """How many objects the public's list of this name has in each language, most first. Cost: one statement."""
    return {language: int(number) for language, number in await read.rows(_LANGUAGES, {"name": name})}


_NOT_EMPTY: Final = (
    select(List.name)
    .join(Counter, Counter.list == List.id)
    .where(List.view.in_(bindparam("views", expanding=True)), List.name.in_(bindparam("names", expanding=True)))
    .where(Counter.n > 0)
    .distinct()
)


async def not_empty(connection: WriteConnection, views: Iterable[str], names: Iterable[str]) -> set[str]:
    """Those of the lists that some view of these has entries in. Cost: one statement, over counters."""
    parameters = {"views": [*views], "names": [*names]}
    return {*await connection.scalars(_NOT_EMPTY, parameters)}


# --- who stands in a list ----------------------------------------------------------------------------------------


async def members(
    connection: WriteConnection, names: Sequence[str], *conditions: ColumnElement[bool], limit: int
) -> list[tuple[Noun, str]]:
    """(noun, name) of objects that any view lists under one of the names, each once.

    `conditions` may be on `List`, `ListEntry` and the object's `ViewEntry` in that view. Cost: one statement.
    """
    query = (
        select(Object.noun, Object.ref)
        .join(ListEntry, ListEntry.object == Object.id)
        .join(List, List.id == ListEntry.list)
        .join(ViewEntry, (ViewEntry.view == List.view) & (ViewEntry.object == ListEntry.object))
        .where(List.name.in_(names), *conditions)
        .distinct()
        .order_by(Object.noun, Object.ref)
        .limit(limit)
    )
    rows = await connection.execute(query)
    return [(noun, ref) for noun, ref in rows]


def also_in(names: Select[str]) -> ColumnElement[bool]:
    """A condition of `members`: the object stands in one of these lists of the same view too."""
    entry, other = aliased(ListEntry), aliased(List)
    return (
        select(literal(1, Integer))
        .join_from(other, entry, entry.list == other.id)
        .where(other.view == List.view, other.name.in_(names))
        .where(entry.published_at == ListEntry.published_at, entry.object == ListEntry.object)
        .correlate(List, ListEntry)
        .exists()
    )
