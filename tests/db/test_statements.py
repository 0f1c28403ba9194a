"""Statements that are compiled once, ids in sixteen bytes, and many rows at once: on both databases alike."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import hypothesis
import pytest
from hypothesis import strategies as st
from sqlalchemy import Select, String, UniqueConstraint, bindparam, insert, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.schema import CreateTable

from app.db import (
    CompiledStatement,
    Database,
    Json,
    UtcDateTime,
    Uuid16,
    add_to_counters,
    execute_many,
    fetch,
    in_list,
    insert_if_absent,
    insert_many,
    insert_missing,
    keyset,
    list_parameters,
    milliseconds,
    new_id,
    padded_size,
    utcnow,
)
from app.db.compiled import DIALECTS
from tests import sql
from tests.conftest import Fresh


class Base(DeclarativeBase):
    """Tables of these tests alone, so that those of the product stay what the migrations make."""


class Thing(Base):
    __tablename__ = "things"

    id: Mapped[str] = mapped_column(Uuid16, primary_key=True)
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    labels: Mapped[dict[str, str] | None] = mapped_column(Json)


class Shelf(Base):
    """Its id is left to the database."""

    __tablename__ = "shelves"
    __table_args__ = (UniqueConstraint("room", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    room: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(10))


class Tally(Base):
    __tablename__ = "tallies"

    shelf: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    language: Mapped[str] = mapped_column(String(10), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    n: Mapped[int]


class Owner(Base):
    __tablename__ = "owners"

    thing: Mapped[str] = mapped_column(Uuid16, primary_key=True)
    n: Mapped[int]


@pytest.fixture
async def things(fresh: Fresh) -> AsyncIterator[Database]:
    """A database with the tables of these tests, empty, and no others."""
    with fresh(False) as url:
        await sql.execute(url, *(CreateTable(table) for table in Base.metadata.sorted_tables))
        database = Database(url)
        yield database
        await database.close()


@hypothesis.given(st.integers(1, 200))
def test_a_padded_list_binds_all_of_its_values_and_no_others(length: int) -> None:
    values = [*range(length)]
    parameters = list_parameters("n", padded_size(length), values)

    assert padded_size(length) < 2 * length
    assert {*parameters.values()} == {*values}
    assert len(parameters) == padded_size(length)


# --- statements, compiled once -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sqlite", "postgresql"])
def test_sqlalchemy_compiles_as_compiled_statements_need(name: str) -> None:
    """Fails on a version of SQLAlchemy whose compiler has changed in what `app/db/compiled.py` uses of it."""
    query = (
        select(Thing.id, Thing.at, Thing.labels)
        .where(in_list(Thing.id, "id", 2), Thing.at > bindparam("since"), Thing.labels == bindparam("labels"))
        .limit(7)
    )
    one, other, since = "01937a4c-0000-7000-8000-00000000000a", "01937a4c-0000-7000-8000-00000000000b", utcnow()
    compiled = CompiledStatement(query, DIALECTS[name])
    values = compiled.arguments({**list_parameters("id", 2, [one, other]), "since": since, "labels": {"uk": "R"}})

    assert compiled.names == [
        "id__0",
        "id__1",
        "since",
        "labels",
        "param_1",
        *(["param_2"] if name == "sqlite" else []),
    ]
    assert "POSTCOMPILE" not in compiled.sql
    if name == "sqlite":
        assert compiled.sql.count("?") == 6
        assert values == [
            UUID(one).bytes,
            UUID(other).bytes,
            milliseconds(since),
            '{"uk":"R"}',
            7,
            0,
        ]
        row: tuple[Any, ...] = (UUID(one).bytes, milliseconds(since), '{"uk":"R"}')
    else:
        assert [f"${place}" in compiled.sql for place in range(1, 7)] == [True] * 5 + [False]
        assert values == [UUID(one), UUID(other), since, '{"uk":"R"}', 7]
        row = (UUID(one), since, '{"uk":"R"}')
    assert compiled.read([row, (row[0], None, None)]) == [(one, since, {"uk": "R"}), (one, None, None)]


async def test_what_a_statement_returns_is_read_as_what_it_selects_is(things: Database) -> None:
    id, at = str(new_id()), utcnow()
    columns = (Thing.id, Thing.at, Thing.labels)
    added = insert(Thing).values(id=bindparam("new"), at=at, labels={"uk": "R"}).returning(*columns)
    async with things.begin() as connection:
        returned = await fetch(connection, added, {"new": id})

    union = select(*columns).where(Thing.id == id).union_all(select(*columns).where(Thing.id != id))
    assert returned == [(id, at, {"uk": "R"})]
    assert await things.reader().rows(select(*columns)) == returned
    assert await things.reader().rows(union) == returned


# --- UUIDs in sixteen bytes ----------------------------------------------------------------------------------------


async def add_things(database: Database, count: int) -> list[str]:
    """Ids, in the order of their text, of things that are inserted in each of the ways there are."""
    ids = sorted(str(new_id()) for _ in range(count))
    at = utcnow()
    async with database.begin() as connection:
        await insert_many(connection, Thing, ("at", "id"), [(at, id) for id in ids[:40]])
        await insert_many(connection, Thing, ("at", "id"), [(at, id) for id in ids[40:45]])
        await insert_missing(connection, Thing, ("at", "id"), [(at, id) for id in ids[44:47]])
        await execute_many(connection, _ADD, [{"new": id, "at": at} for id in ids[47:49]])
        await connection.execute(insert(Thing), [{"id": id, "at": at} for id in ids[49:]])
    return ids


_ADD: Final = insert(Thing).values(id=bindparam("new"), at=bindparam("at"))


async def test_a_uuid_takes_sixteen_bytes_and_is_read_as_its_text(things: Database) -> None:
    ids = await add_things(things, 55)
    size = "typeof(id), length(id)" if things.url.path else "pg_typeof(id)::text, pg_column_size(id)"
    query = select(Thing.id).order_by(Thing.id)

    assert await sql.query(things.url.text, f"SELECT DISTINCT {size} FROM things") == [
        ("blob" if things.url.path else "uuid", 16)
    ]
    assert [id for (id,) in await things.reader().rows(query)] == ids
    async with things.begin() as connection:
        assert [id for (id,) in await connection.execute(query)] == ids
        assert [*await connection.scalars(query)] == ids
        assert await connection.scalar(query.where(Thing.id == ids[7].upper())) == ids[7]
        assert await fetch(connection, query, {}) == [(id,) for id in ids]
    assert Uuid16().python_type is str


async def test_a_list_of_uuids_finds_those_and_no_others(things: Database) -> None:
    ids = await add_things(things, 55)
    query = select(Thing.id).where(in_list(Thing.id, "id", 4)).order_by(Thing.id)

    assert await things.reader().rows(query, list_parameters("id", 4, ids[3:6])) == [(id,) for id in ids[3:6]]


@pytest.mark.parametrize("columns", [(Thing.id,), (Thing.at, Thing.id)], ids=["id", "instant and id"])
@pytest.mark.parametrize("backward", [False, True])
async def test_pages_by_uuid_hold_every_row_once(things: Database, columns: Any, backward: bool) -> None:
    ids = await add_things(things, 55)
    pages: dict[bool, Select[*tuple[Any, ...]]] = {
        positioned: keyset(select(*columns), columns, descending=False, positioned=positioned, backward=backward)
        for positioned in (False, True)
    }
    page = await things.reader().rows(pages[False], {"limit": 9})
    walked = page
    while page:
        position = {f"at_{place}": value for place, value in enumerate(page[-1])}
        page = await things.reader().rows(pages[True], {**position, "limit": 9})
        walked = [*walked, *page]

    assert [row[-1] for row in walked] == (ids[::-1] if backward else ids)


async def test_text_that_is_no_uuid_is_refused_and_not_searched_for(things: Database) -> None:
    for value in ("flood", "01937a4c", "01937a4c-0000-7000-8000-00000000000a0b"):
        with pytest.raises(ValueError, match=r"badly formed|non-hexadecimal"):
            await things.reader().rows(select(Thing.id).where(Thing.id == bindparam("id")), {"id": value})


# --- many rows at once ---------------------------------------------------------------------------------------------


async def test_only_the_rows_that_are_missing_are_inserted(things: Database) -> None:
    async with things.begin() as connection:
        await insert_missing(connection, Shelf, ("room", "name"), [("hall", "b"), ("hall", "a")])
        await insert_missing(connection, Shelf, ("room", "name"), [("hall", "c"), ("hall", "b"), ("attic", "b")])
        await insert_missing(connection, Shelf, ("room", "name"), [])

    rows = await things.reader().rows(select(Shelf.room, Shelf.name, Shelf.id).order_by(Shelf.id))
    assert [row[:2] for row in rows] == [("hall", "b"), ("hall", "a"), ("hall", "c"), ("attic", "b")]
    assert [row[2] for row in rows[:2]] == [1, 2]


async def test_counters_are_added_up_by_all_columns_but_the_last(things: Database) -> None:
    owner = str(new_id())
    async with things.begin() as connection:
        await add_to_counters(connection, Tally, [(2, "uk", "", 5), (1, "uk", "2025-01-22", 1)])
        await add_to_counters(connection, Tally, [(1, "uk", "2025-01-22", -3), (1, "uk", "", 7), (2, "uk", "", 1)])
        await add_to_counters(connection, Tally, [])
        await add_to_counters(connection, Owner, [(owner, 2)])
        await add_to_counters(connection, Owner, [(owner, 2)])

    query = select(Tally.shelf, Tally.language, Tally.day, Tally.n).order_by(Tally.shelf, Tally.day)
    assert await things.reader().rows(query) == [(1, "uk", "", 7), (1, "uk", "2025-01-22", -2), (2, "uk", "", 6)]
    assert await things.reader().rows(select(Owner.thing, Owner.n)) == [(owner, 4)]


async def test_a_row_is_inserted_unless_its_key_is_taken(things: Database) -> None:
    row = {"room": "hall", "name": "a"}
    async with things.begin() as connection:
        inserted = [await insert_if_absent(connection, Shelf, row) for _ in range(2)]

    assert inserted == [True, False]
    assert await things.reader().rows(select(Shelf.name)) == [("a",)]


async def test_a_savepoint_undoes_what_was_written_since_and_nothing_before(things: Database) -> None:
    async with things.begin() as connection:
        await insert_many(connection, Shelf, ("room", "name"), [("hall", "a")])
        with suppress(LookupError):
            async with connection.begin_nested():
                await insert_many(connection, Shelf, ("room", "name"), [("hall", "b")])
                raise LookupError

    assert await things.reader().rows(select(Shelf.name)) == [("a",)]


async def test_json_text_is_stored_as_it_is_and_read_as_json(things: Database) -> None:
    ids = sorted(str(new_id()) for _ in range(2))
    change = update(Thing).where(Thing.id == bindparam("key")).values(labels=bindparam("new", type_=Json))
    async with things.begin() as connection:
        await insert_many(connection, Thing, ("id", "labels"), [(id, '{"uk": "R"}') for id in ids])
        await execute_many(connection, change, [{"key": ids[1], "new": {"uk": "L"}}])
        written = await fetch(connection, select(Thing.labels).order_by(Thing.id), {})

    assert written == [({"uk": "R"},), ({"uk": "L"},)]
    assert await things.reader().rows(select(Thing.labels).order_by(Thing.id)) == written
