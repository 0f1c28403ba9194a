"""Both sides of one database: readers, and the write transaction."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any, Final, cast

import asyncpg
from sqlalchemy import Executable, Integer, Select, column, func, select, table
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.address import PATIENCE_SECONDS, Address
from app.db.columns import Moment, utcnow
from app.db.connections import Connections, PostgresConnections, SqliteConnections
from app.db.faults import database_faults
from app.db.statements import SHAPES, Prepared, Row
from app.db.writer import SqliteWriter
from app.errors import Refusal, Unavailable

# A statement of a writer may wait for other writers; longer than this only for a database that has frozen.
WRITING_SECONDS: Final = 30.0


class Reader:
    """Reads on the bare driver, through statements prepared once. Outside `snapshot` each statement stands alone.

    Raises: Unavailable, within seconds, when the database does not answer.
    """

    def __init__(self, database: "Database", connection: Any = None) -> None:
        self._database = database
        self._connection = connection

    @property
    def address(self) -> Address:
        return self._database.address

    async def rows(
        self, statement: Executable, params: Mapping[str, Any] | None = None, *, slow: bool = False
    ) -> list[Row]:
        """All rows. `slow`: not provably short, so it must not hold up the event loop."""
        prepared = self._database.prepare(statement)
        arguments = prepared.arguments(params or {})
        with database_faults():
            if self._connection is not None:
                return prepared.read(await self._fetch(self._connection, prepared.sql, arguments, slow))
            for attempt in (1, 2):
                try:
                    async with self._database.connections.one() as connection:
                        return prepared.read(await self._fetch(connection, prepared.sql, arguments, slow))
                except (
                    asyncpg.PostgresConnectionError,
                    asyncpg.InterfaceError,
                    asyncpg.InternalClientError,
                    ConnectionError,
                ):
                    if attempt == 2:  # the first may have met a connection that died while it lay unused
                        raise
            raise AssertionError

    async def row(
        self, statement: Executable, params: Mapping[str, Any] | None = None, *, slow: bool = False
    ) -> Row | None:
        """The first row, or None."""
        found = await self.rows(statement, params, slow=slow)
        return found[0] if found else None

    @staticmethod
    async def _fetch(connection: Any, sql: str, arguments: list[Any], slow: bool) -> Sequence[Any]:
        if isinstance(connection, sqlite3.Connection):
            if slow:
                return await _in_thread(connection, lambda: connection.execute(sql, arguments).fetchall())
            return connection.execute(sql, arguments).fetchall()
        async with asyncio.timeout(PATIENCE_SECONDS):
            found: Sequence[Any] = await connection.fetch(sql, *arguments)
            return found

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator["Reader"]:
        """A reader whose statements all see the same state."""
        begin, end = self._database.snapshot_statements
        refused: Refusal | None = None
        with database_faults():
            async with self._database.connections.one() as connection:
                await self._run(connection, begin)
                try:
                    yield Reader(self._database, connection)
                except Unavailable:
                    raise
                except Refusal as refusal:  # says nothing against the connection, which goes back
                    refused = refusal
                await self._run(connection, end)
        if refused is not None:
            raise refused

    @staticmethod
    async def _run(connection: Any, sql: str) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute(sql)
        else:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await connection.execute(sql)

    async def stream(self, statement: Select[*tuple[Any, ...]], *, size: int = 500) -> AsyncIterator[list[Row]]:
        """Rows in portions, with memory for one portion: for exports."""
        prepared = self._database.prepare(statement)
        arguments = prepared.arguments({})
        connection = self._connection
        if isinstance(connection, sqlite3.Connection):
            cursor = connection.execute(prepared.sql, arguments)
            while rows := await _in_thread(connection, lambda: cursor.fetchmany(size)):
                yield prepared.read(rows)
        else:
            portal = await connection.cursor(prepared.sql, *arguments)
            while rows := await portal.fetch(size):
                yield prepared.read(rows)


async def _in_thread(connection: sqlite3.Connection, work: Callable[[], list[Any]]) -> list[Any]:
    """What the work gives. A caller that is cancelled leaves no thread behind: in a closed connection it crashes."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(running)
    finally:
        while not running.done():
            connection.interrupt()
            with suppress(asyncio.CancelledError):
                await asyncio.wait([running], timeout=0.01)
        running.exception()  # has been seen to


class Database:
    """Both sides of one database: readers on the bare driver, and one writing engine."""

    def __init__(self, url: str) -> None:
        self.address = Address(url)
        self.dialect = self.address.dialect
        self.engine = self.address.engine(patience=WRITING_SECONDS)
        self.connections: Connections[Any] = (
            SqliteConnections(self.address.path) if self.address.path else PostgresConnections(self.address.url)
        )
        self.snapshot_statements = (
            ("BEGIN", "COMMIT") if self.address.path else ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "COMMIT")
        )
        self.writer = SqliteWriter(self.address.path) if self.address.path else None
        self._prepared: dict[Executable, Prepared] = {}
        self._writing = asyncio.Lock()

    def prepare(self, statement: Executable) -> Prepared:
        found = self._prepared.get(statement)
        if found is None:
            if len(self._prepared) >= SHAPES:
                del self._prepared[next(iter(self._prepared))]
            found = self._prepared[statement] = Prepared(statement, self.dialect)
        return found

    def reader(self) -> Reader:
        return Reader(self)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A write transaction: committed at the end, rolled back by any exception. On SQLite writers queue here."""
        with database_faults():
            if self.writer is not None:
                async with self._writing, self.writer.begin() as connection:
                    yield cast(AsyncConnection, connection)
            else:
                async with self.engine.begin() as connection:
                    yield connection

    async def now(self) -> datetime:
        """By the clock that all processes share: the database's. Raises: Unavailable."""
        if self.address.path:
            return utcnow()
        row = await self.reader().row(_NOW)
        assert row is not None
        at: datetime = row[0]
        return at

    async def ping(self) -> None:
        """Raises: Unavailable."""
        await self.reader().rows(_PING)

    async def close(self) -> None:
        self.connections.close()
        if self.writer is not None:
            self.writer.close()
        await self.engine.dispose()


_NOW: Final = select(func.clock_timestamp(type_=Moment()))
_PING: Final = select(column("id", Integer)).select_from(table("log_head"))
