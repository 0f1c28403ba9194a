"""Lists and their counters hold what the placements of the objects say, whatever moves led there."""

import re
from collections import Counter as Count
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Executable, delete, select

from app.changes.models import DESK, PUBLIC, View
from app.db import Database, WriteConnection
from app.db.statements import Cursor, ExecuteParameters
from app.db.writing import Columns, Rows
from app.lists.models import Counter, List, ListEntry
from app.lists.store import ListChanges, Placement, counts, not_empty
from tests.contents import ZONE, rows
from tests.factories import article_id

Placements = Mapping[View, Placement]

OBJECTS: Final = [article_id(slug) for slug in ("flood", "bridge", "mill")]
NAMES: Final = ["articles", "articles:tag:river", "articles:tag:river-bank", "articles:note:dam"]
ARCHIVED: Final = re.compile("articles|articles:tag:.*")
# The first two are days apart in Kyiv; the last has no day there.
INSTANTS: Final = [
    datetime(2025, 1, 22, 21, 59, tzinfo=UTC),
    datetime(2025, 1, 22, 22, 0, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, tzinfo=UTC),
]
DAYS: Final = dict(zip(INSTANTS, ("2025-01-22", "2025-01-23", "9999-12-31"), strict=True))

PLACEMENTS: Final = st.builds(
    Placement,
    names=st.frozensets(st.sampled_from(NAMES), min_size=1),
    language=st.sampled_from(["en", "uk"]),
    published_at=st.sampled_from(INSTANTS),
    updated_at=st.sampled_from(INSTANTS),
    revision=st.integers(1, 3),
)
STATES: Final = st.dictionaries(st.sampled_from([PUBLIC, DESK]), PLACEMENTS)
# Each of the dictionaries is one write: where some of the objects stand from then on.
WRITES: Final = st.lists(st.dictionaries(st.sampled_from(OBJECTS), STATES, min_size=1), min_size=1, max_size=6)


async def write(database: Database, changes: ListChanges) -> None:
    async with database.begin() as connection:
        await changes.write(connection)


async def entries(database: Database) -> list[Any]:
    entry = (ListEntry.published_at, ListEntry.object, ListEntry.language, ListEntry.updated_at, ListEntry.revision)
    return await rows(database, select(List.view, List.name, *entry).join(ListEntry, ListEntry.list == List.id))


def placed(objects: Mapping[str, Placements]) -> list[Any]:
    """The entries that these placements make."""
    return [
        (view, name, placement.published_at, id, placement.language, placement.updated_at, placement.revision)
        for id, placements in objects.items()
        for view, placement in placements.items()
        for name in placement.names
    ]


async def check_counters(database: Database, objects: Mapping[str, Placements], views: tuple[View, ...]) -> None:
    """Those of the views together count each object once in a list: as the first of the views has it."""
    numbers: Count[Any] = Count()
    for placements in objects.values():
        for placement in [placements[view] for view in views if view in placements][:1]:
            for name in placement.names:
                for day in {"", DAYS[placement.published_at] if ARCHIVED.fullmatch(name) else ""}:
                    numbers[name, day, placement.language] += 1
    stored: Count[Any] = Count()
    counters = select(List.name, Counter.day, Counter.language, Counter.n).join(Counter, Counter.list == List.id)
    for name, day, language, number in await rows(database, counters.where(List.view.in_(views))):
        stored[name, day, language] += number
    assert {key: number for key, number in stored.items() if number} == numbers
    in_all = {name: sum(n for (of, day, _), n in numbers.items() if (of, day) == (name, "")) for name in NAMES}
    assert await counts(database.reader(), views, NAMES) == in_all


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writes=WRITES)
async def test_entries_and_counters_follow_every_sequence_of_moves(
    database: Database, writes: list[dict[str, Placements]]
) -> None:
    async with database.begin() as connection:
        for table in (List, ListEntry, Counter):
            await connection.execute(delete(table))
    objects: dict[str, Placements] = {}
    for moves in writes:
        changes = ListChanges(ZONE, archived=ARCHIVED)
        for id, placements in moves.items():
            changes.move(id, objects.get(id, {}), placements)
        await write(database, changes)
        objects |= moves

    assert sorted(await entries(database)) == sorted(placed(objects))
    await check_counters(database, objects, (PUBLIC,))
    await check_counters(database, objects, (DESK, PUBLIC))


def at(number: int, *names: str) -> Placement:
    return Placement(frozenset(names), "en", INSTANTS[number], INSTANTS[number], 1)


async def test_lists_that_are_not_counted_have_entries_alone(database: Database) -> None:
    changes = ListChanges(ZONE)
    changes.move(OBJECTS[0], {}, {PUBLIC: at(0, "notes:tag:river")})
    await write(database, changes)

    assert [(view, name) for view, name, *_ in await entries(database)] == [(PUBLIC, "notes:tag:river")]
    assert await rows(database, select(Counter.list)) == []


async def test_a_list_is_empty_again_once_its_last_object_has_left_it(database: Database) -> None:
    river, dam = {PUBLIC: at(0, "articles:tag:river")}, {PUBLIC: at(0, "articles:tag:dam")}
    names = ["articles:tag:river", "articles:tag:dam", "articles:tag:nowhere"]
    for before, after in (({}, river), (river, dam)):
        changes = ListChanges(ZONE, archived=ARCHIVED)
        changes.move(OBJECTS[0], before, after)
        await write(database, changes)

    async with database.begin() as connection:
        assert await not_empty(connection, [PUBLIC, DESK], names) == {"articles:tag:dam"}
        assert await not_empty(connection, [DESK], names) == set()


async def test_a_move_to_where_it_stands_already_writes_nothing(database: Database) -> None:
    river = {PUBLIC: at(0, "articles:tag:river"), DESK: at(1, "articles:tag:river")}
    first, again = ListChanges(ZONE, archived=ARCHIVED), ListChanges(ZONE, archived=ARCHIVED)
    first.move(OBJECTS[0], {}, river)
    again.move(OBJECTS[0], river, river)

    assert await statements(database, first) > 0
    assert await statements(database, again) == 0


async def test_a_write_costs_as_many_statements_for_many_objects_as_for_few(database: Database) -> None:
    costs = []
    for batch in (2, 200):
        ids = [article_id(f"{batch}-{n}") for n in range(batch)]
        arriving, moving = ListChanges(ZONE, archived=ARCHIVED), ListChanges(ZONE, archived=ARCHIVED)
        for n, id in enumerate(ids):
            old, new = (at(0, f"articles:tag:{tag}-{batch}-{n}") for tag in ("dam", "river"))
            arriving.move(id, {}, {PUBLIC: old})
            moving.move(id, {PUBLIC: old}, {PUBLIC: new})
        costs.append((await statements(database, arriving), await statements(database, moving)))

    assert costs[0] == costs[1]
    assert costs[0][0] > 0


class CountedConnection(WriteConnection):
    """A connection that counts what stores ask it for."""

    def __init__(self, connection: WriteConnection) -> None:
        self.connection = connection
        self.dialect_name = connection.dialect_name
        self.statements = 0

    async def execute(self, statement: Executable, parameters: ExecuteParameters | None = None) -> Cursor:
        self.statements += 1
        return await self.connection.execute(statement, parameters)

    def begin_nested(self) -> AbstractAsyncContextManager[object]:
        return self.connection.begin_nested()

    async def driver_fetch(self, sql: str, arguments: Sequence[Any]) -> Sequence[Iterable[Any]]:
        self.statements += 1
        return await self.connection.driver_fetch(sql, arguments)

    async def driver_execute(self, sql: str, rows: Rows) -> None:
        self.statements += 1
        await self.connection.driver_execute(sql, rows)

    async def driver_insert(self, columns: Columns, rows: Rows, clause: str) -> None:
        self.statements += 1
        await self.connection.driver_insert(columns, rows, clause)


async def statements(database: Database, changes: ListChanges) -> int:
    """How many statements this write costs."""
    async with database.begin() as connection:
        counted = CountedConnection(connection)
        await changes.write(counted)
    return counted.statements
