"""What stores run in a write transaction: single statements, and many rows at once past SQLAlchemy's execution.

A statement that `fetch` and `execute_many` are given must be one that is built once and kept: its compiled form is kept
for as long as the process runs.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import cache
from typing import Any, Protocol

from sqlalchemy import Column, Executable, Integer, ScalarResult, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase

from app.db.columns import Uuid16
from app.db.compiled import DIALECTS, CompiledStatement
from app.db.statements import Cursor, ExecuteParameters, Parameters, Row

Columns = tuple[Column[Any], ...]
Rows = Sequence[Sequence[Any]]
Model = type[DeclarativeBase]


class WriteConnection(Protocol):
    """A write transaction, as `Database.begin` gives it. Stores use the first four; this module uses the others."""

    dialect_name: str

    async def execute(self, statement: Executable, parameters: ExecuteParameters | None = None) -> Cursor:
        """Runs any statement of SQLAlchemy's; with a list of parameters once for each."""

    async def scalar(self, statement: Executable, parameters: Parameters | None = None) -> Any:
        """The first column of the first row, or None."""
        return (await self.execute(statement, parameters)).scalar()

    async def scalars(self, statement: Executable, parameters: Parameters | None = None) -> ScalarResult[Any]:
        """The first column of every row."""
        return (await self.execute(statement, parameters)).scalars()

    def begin_nested(self) -> AbstractAsyncContextManager[object]:
        """A savepoint: an exception undoes what was written since, and nothing before."""

    async def driver_fetch(self, sql: str, arguments: Sequence[Any]) -> Sequence[Iterable[Any]]:
        """All rows of a statement in the driver's own SQL."""

    async def driver_execute(self, sql: str, rows: Rows) -> None:
        """Runs a statement in the driver's own SQL for each of the rows. Cost: as one statement."""

    async def driver_insert(self, columns: Columns, rows: Rows, clause: str) -> None:
        """Inserts rows by the driver's quickest way, in their order. `clause`: ON CONFLICT …, or nothing."""


async def fetch(connection: WriteConnection, statement: Executable, parameters: Parameters) -> list[Row]:
    """All rows of a statement, which may be an UPDATE … RETURNING.

    Cost: one statement, in a third of the time that `connection.execute` takes for it.
    """
    compiled = _compiled(statement, connection.dialect_name)
    return compiled.read(await connection.driver_fetch(compiled.sql, compiled.arguments(parameters)))


async def execute_many(connection: WriteConnection, statement: Executable, rows: Sequence[Parameters]) -> None:
    """Executes a statement for each of the rows, which are its parameters. Cost: as one statement."""
    if rows:
        compiled = _compiled(statement, connection.dialect_name)
        await connection.driver_execute(compiled.sql, [compiled.arguments(row) for row in rows])


@cache
def _compiled(statement: Executable, dialect_name: str) -> CompiledStatement:
    # SQLAlchemy sets its own connections to PostgreSQL up so that the driver parses JSON.
    return CompiledStatement(statement, DIALECTS[dialect_name], json_is_text=dialect_name == "sqlite")


async def insert_many(connection: WriteConnection, model: Model, names: Sequence[str], rows: Rows) -> None:
    """Inserts rows, whose values are in the order of `names`. A value for a JSON column must be JSON text.

    Cost: as one statement; COPY for many rows on PostgreSQL. Raises: IntegrityError, the driver's own.
    """
    if rows:
        await connection.driver_insert(_columns(model, *names), rows, "")


async def insert_missing(connection: WriteConnection, model: Model, names: Sequence[str], rows: Rows) -> None:
    """Inserts those rows whose keys are not there yet; the others stay as they are.

    A key column that is not among `names` is an integer that the database numbers. On PostgreSQL a row that is there
    already uses up a number, so callers should pass rows that they have reason to think missing.
    Order: that of the rows, in which they are locked. Waits for a transaction that is inserting the same key.
    Cost: as one statement.
    """
    if rows:
        await connection.driver_insert(_columns(model, *names), rows, "ON CONFLICT DO NOTHING")


async def add_to_counters(connection: WriteConnection, model: Model, rows: Sequence[Row]) -> None:
    """Inserts rows, or adds their number to that of the row that has the same key. Each key must occur only once.

    Shape: all columns in the order of the table; the last one is the number, the others are the key.
    Order: that of the rows, in which they are locked. Cost: one statement.
    """
    if not rows:
        return
    columns = _columns(model)
    name = columns[0].table.fullname
    *key, number = [column.name for column in columns]
    clause = f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {number} = {name}.{number} + excluded.{number}"
    if connection.dialect_name == "sqlite":
        await connection.driver_insert(columns, rows, clause)
    else:
        arrays = ", ".join(f"${place}::{_array_type(column)}" for place, column in enumerate(columns, 1))
        sql = f"INSERT INTO {name} SELECT * FROM unnest({arrays}) {clause}"  # noqa: S608
        await connection.driver_execute(sql, [[*zip(*rows, strict=True)]])


async def insert_if_absent(connection: WriteConnection, model: Model, row: Mapping[str, Any]) -> bool:
    """Inserts the row unless its key is taken; returns whether it did. Waits for a transaction that is inserting it."""
    insert = sqlite.insert if connection.dialect_name == "sqlite" else postgresql.insert
    result = await connection.execute(insert(model).values(**row).on_conflict_do_nothing())
    return bool(result.rowcount)


@cache
def _columns(model: Model, *names: str) -> Columns:
    """The table's columns of these names, in their order; all columns where there are none."""
    assert isinstance(model.__table__, Table)
    return tuple(model.__table__.columns[name] for name in names or model.__table__.columns.keys())


def _array_type(column: Column[Any]) -> str:
    """PostgreSQL's type for an array of the column's values."""
    if isinstance(column.type, Uuid16):
        return "uuid[]"
    return "bigint[]" if isinstance(column.type, Integer) else "text[]"
