"""What stores run in a write transaction: single statements, and many rows at once, past SQLAlchemy's own way."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, cast

import asyncpg
from sqlalchemy import Executable, Integer
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.columns import Moment, milliseconds
from app.db.statements import DIALECTS, Prepared, Row
from app.db.writer import Direct

# So many rows are inserted sooner one by one than by a COPY, which asks for the types of its columns first.
FEW: Final = 32


@cache
def _ready(statement: Executable, name: str) -> Prepared:
    # SQLAlchemy has taught its connections to PostgreSQL to read JSON.
    return Prepared(statement, DIALECTS[name], json=name == "sqlite")


async def fetch(connection: AsyncConnection, statement: Executable, params: Mapping[str, Any]) -> list[Row]:
    """All rows of a statement, read in the connection's transaction on the bare driver.

    The statement is one of those that are built once and stay: what is prepared of it is kept for ever.
    Cost: one statement, at a third of what SQLAlchemy takes for it.
    """
    ready = _ready(statement, connection.dialect.name)
    arguments = ready.arguments(params)
    if connection.dialect.name == "sqlite":
        return ready.read(cast(Direct, connection).driver.execute(ready.sql, arguments).fetchall())
    driver = await _transaction(connection)
    return ready.read(await driver.fetch(ready.sql, *arguments))


async def run(connection: AsyncConnection, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
    """Executes a statement, one of those that are built once and stay, for each of the rows. Cost: as one statement."""
    if not rows:
        return
    ready = _ready(statement, connection.dialect.name)
    await _execute(connection, ready.sql, [ready.arguments(row) for row in rows])


async def _execute(connection: AsyncConnection, sql: str, rows: Sequence[Sequence[Any]]) -> None:
    if connection.dialect.name == "sqlite":
        cast(Direct, connection).driver.executemany(sql, rows)
        return
    driver = await _transaction(connection)
    if len(rows) == 1:
        await driver.execute(sql, *rows[0])
    else:
        await driver.executemany(sql, rows)


async def bulk(connection: AsyncConnection, table: Any, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Inserts rows by the shortest way there is: COPY for many on PostgreSQL. Values as ever, but JSON as ready text.

    Cost: one statement. Raises: IntegrityError, the driver's own.
    """
    if not rows:
        return
    columns = [table.__table__.c[name] for name in names]
    if connection.dialect.name == "sqlite":
        await _execute(connection, _insertion(table.__tablename__, *names), _as_stored(columns, rows))
    elif len(rows) <= FEW:
        await _execute(connection, _insertion(table.__tablename__, *names, sign="$"), rows)
    else:
        driver = await _transaction(connection)
        await driver.copy_records_to_table(table.__tablename__, columns=names, records=rows)


@cache
def _insertion(table: str, *names: str, sign: str = "?") -> str:
    places = ", ".join(f"${n}" if sign == "$" else "?" for n, _ in enumerate(names, 1))
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})"  # noqa: S608


async def add_up(connection: AsyncConnection, table: Any, rows: Sequence[tuple[Any, ...]]) -> None:
    """Inserts rows, or adds the last column to that of the row that has the other columns as its key.

    Order: that of the rows, in which they are locked. Cost: one statement.
    """
    if not rows:
        return
    columns = list(table.__table__.columns)
    *key, last = [column.name for column in columns]
    name = table.__tablename__
    clash = f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {last} = {name}.{last} + excluded.{last}"
    if connection.dialect.name == "sqlite":
        sql = f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))}) {clash}"  # noqa: S608
        await _execute(connection, sql, rows)
        return
    driver = await _transaction(connection)
    arrays = [f"${n}::{'int' if isinstance(one.type, Integer) else 'text'}[]" for n, one in enumerate(columns, 1)]
    sql = f"INSERT INTO {name} SELECT * FROM unnest({', '.join(arrays)}) {clash}"  # noqa: S608
    await driver.execute(sql, *zip(*rows, strict=True))


async def insert_new(connection: AsyncConnection, table: Any, row: Mapping[str, Any]) -> bool:
    """Inserts the row unless its key is taken; whether it was. Waits for another transaction that is taking it."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    done = await connection.execute(dialect.insert(table).values(**row).on_conflict_do_nothing())
    return bool(done.rowcount)


async def _transaction(connection: AsyncConnection) -> "asyncpg.Connection[asyncpg.Record]":
    """The driver's own connection, in the transaction: SQLAlchemy begins it with the first statement it sees."""
    driver: asyncpg.Connection[asyncpg.Record] = connection.sync_connection.info["driver"]  # type: ignore[union-attr]
    if not driver.is_in_transaction():
        await connection.exec_driver_sql("SELECT 1")
    return driver


def _as_stored(columns: Sequence[Any], rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """The rows as SQLite stores them. Instants repeat, so each is converted once."""
    turned = list(zip(*rows, strict=True))
    for place, each in enumerate(columns):
        if isinstance(each.type, Moment):
            known = {value: None if value is None else milliseconds(value) for value in {*turned[place]}}
            turned[place] = tuple([known[value] for value in turned[place]])
    return list(zip(*turned, strict=True))
