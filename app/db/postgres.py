"""How a process reads and writes a PostgreSQL database."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, ClassVar, Final

import asyncpg
from sqlalchemy import Executable, event
from sqlalchemy.engine.interfaces import DBAPIConnection, IsolationLevel
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from app.db.columns import to_json_text
from app.db.statements import Cursor, ExecuteParameters, insert_sql
from app.db.writing import Columns, Rows, WriteConnection

PATIENCE_SECONDS: Final = 2.0
# A statement of a writer may wait for other writers; longer than this only for a database that has frozen.
WRITING_SECONDS: Final = 30.0
WRITERS: Final = 10
_FOR_SLOW: Final = "SET plan_cache_mode = force_custom_plan; SET enable_seqscan = off"
_FOR_SHORT: Final = "SET plan_cache_mode = auto; SET enable_seqscan = on"


class PostgresReadConnection:
    """A connection whose transactions are read-only, and whose statements and answers are waited for PATIENCE_SECONDS.

    JIT is off: to compile a statement takes longer than any of ours runs. Slow statements are planned for their values
    each time: a plan for all values does not know how long a window of the index of words is, and takes up to nine
    times as long. For short ones that would cost more than it saves. Nor do slow ones read a whole table where an index
    serves: the planner does not know what it costs to take the keys of an entry apart, and would do so with all entries
    for a beginning of a word that half of them have, in ten times the time. Settings are switched where they differ.
    """

    BEGIN_SNAPSHOT: ClassVar[str] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

    def __init__(self, driver: asyncpg.Connection) -> None:
        self._driver = driver
        self._is_slow = False

    @classmethod
    async def open(cls, url: str) -> "PostgresReadConnection":
        settings = {"default_transaction_read_only": "on", "jit": "off"}
        return cls(await asyncpg.connect(url, timeout=PATIENCE_SECONDS, server_settings=settings))

    async def fetch(self, sql: str, arguments: Sequence[Any], *, slow: bool) -> Iterable[Iterable[Any]]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            if slow != self._is_slow:
                await self._driver.execute(_FOR_SLOW if slow else _FOR_SHORT)
                self._is_slow = slow
            records: list[asyncpg.Record] = await self._driver.fetch(sql, *arguments)
            return records

    async def execute(self, sql: str) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._driver.execute(sql)

    async def portions(self, sql: str, arguments: Sequence[Any], size: int) -> AsyncIterator[Sequence[Iterable[Any]]]:
        cursor = await self._driver.cursor(sql, *arguments)
        while records := await cursor.fetch(size):
            yield records

    def usable(self) -> bool:
        return not self._driver.is_closed()

    def discard(self) -> None:
        self._driver.terminate()


def postgres_engine(
    url: str,
    *,
    connections: int = 1,
    statement_seconds: float | None = None,
    isolation_level: IsolationLevel | None = None,
) -> AsyncEngine:
    """An engine that writes through at most so many connections.

    `statement_seconds`: after which a statement fails, as a frozen server never answers.

    A write is not repeated as a read is, so a connection that died while it lay unused must be noticed before: it is
    pinged before use, unless it was used within the last second; a ping costs one to three round trips.
    """
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: asyncpg.connect(url, timeout=PATIENCE_SECONDS, command_timeout=statement_seconds),
        json_serializer=to_json_text,
        isolation_level=isolation_level,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=PATIENCE_SECONDS,
    )

    @event.listens_for(engine.sync_engine, "checkin")
    def checkin(connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        entry.info["used"] = time.monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def checkout(connection: DBAPIConnection, entry: ConnectionPoolEntry, proxy: object) -> None:
        driver: asyncpg.Connection = entry.driver_connection
        if driver.is_closed():
            raise DisconnectionError
        now = time.monotonic()
        if now - entry.info.get("used", now) >= 1.0:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as error:
                raise DisconnectionError from error

    return engine


class PostgresWriteConnection(WriteConnection):
    dialect_name = "postgresql"

    def __init__(self, connection: AsyncConnection, driver: asyncpg.Connection) -> None:
        self._connection = connection
        self._driver = driver

    async def execute(self, statement: Executable, parameters: ExecuteParameters | None = None) -> Cursor:
        return await self._connection.execute(statement, parameters)

    def begin_nested(self) -> AbstractAsyncContextManager[object]:
        nested: AbstractAsyncContextManager[object] = self._driver.transaction()
        return nested

    async def driver_fetch(self, sql: str, arguments: Sequence[Any]) -> Sequence[Iterable[Any]]:
        records: list[asyncpg.Record] = await self._driver.fetch(sql, *arguments)
        return records

    async def driver_execute(self, sql: str, rows: Rows) -> None:
        if len(rows) == 1:
            await self._driver.execute(sql, *rows[0])
        else:
            await self._driver.executemany(sql, rows)

    async def driver_insert(self, columns: Columns, rows: Rows, clause: str) -> None:
        if len(rows) <= 32 or clause:  # sooner than by a COPY, which first asks for the types of its columns
            await self.driver_execute(insert_sql(self.dialect_name, columns, clause), rows)
        else:
            names = [column.name for column in columns]
            await self._driver.copy_records_to_table(columns[0].table.name, columns=names, records=rows)


class PostgresWriter:
    """The connections that a process writes through.

    The driver begins and ends transactions, not SQLAlchemy, which is told so by AUTOCOMMIT: it would begin one only
    with the first statement that passes through it, and most of ours do not.
    """

    def __init__(self, url: str, connections: int) -> None:
        self._engine = postgres_engine(
            url, connections=connections, statement_seconds=WRITING_SECONDS, isolation_level="AUTOCOMMIT"
        )

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[PostgresWriteConnection]:
        async with self._engine.connect() as connection:
            driver: asyncpg.Connection = (await connection.get_raw_connection()).driver_connection
            try:
                async with driver.transaction():
                    yield PostgresWriteConnection(connection, driver)
            finally:
                if driver.is_closed() or driver.is_in_transaction():  # neither COMMIT nor ROLLBACK was answered
                    await connection.invalidate()

    async def close(self) -> None:
        await self._engine.dispose()
