"""How a process writes to SQLite: through one connection, whose statements run where they are called."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection as SyncConnection
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from app.db.address import SQLITE_PRAGMAS, begin_immediate
from app.db.columns import serialise
from app.db.connections import file_at


class Direct:
    """A transaction on SQLite, as the stores know an AsyncConnection, whose statements run where they are called: each
    is short, and a way to another thread and back costs more than most."""

    def __init__(self, connection: SyncConnection) -> None:
        self._connection = connection
        self.dialect = connection.dialect
        self.driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]

    async def execute(self, statement: Any, params: Any = None) -> Any:
        return self._connection.execute(statement, params)

    async def scalar(self, statement: Any, params: Any = None) -> Any:
        return self._connection.scalar(statement, params)

    async def scalars(self, statement: Any, params: Any = None) -> Any:
        return self._connection.scalars(statement, params)

    async def exec_driver_sql(self, sql: str, params: Any = None) -> Any:
        return self._connection.exec_driver_sql(sql, params)

    @asynccontextmanager
    async def begin_nested(self) -> AsyncIterator[None]:
        with self._connection.begin_nested():
            yield


class SqliteWriter:
    """The one connection that a process writes through. What may wait, for a lock or the disk, waits in a thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.engine = create_engine(
            f"sqlite:///{path}",
            poolclass=NullPool,
            json_serializer=serialise,
            connect_args={"check_same_thread": False, "cached_statements": 256},
        )
        self._connection: SyncConnection | None = None
        self._file: tuple[int, int] | None = None
        begin_immediate(self.engine)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Direct]:
        connection = self._open()
        try:
            if not self._begin_at_once(connection):
                await aside(connection.begin)
            yield Direct(connection)
            await aside(connection.commit)
        except BaseException:
            connection.rollback()
            if connection.connection.in_transaction:  # a commit that failed leaves nothing for SQLAlchemy to roll back
                self.close()
            raise

    @staticmethod
    def _begin_at_once(connection: SyncConnection) -> bool:
        """Begins, unless another process is writing: most of the time nobody is, and there is nothing to wait for."""
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA busy_timeout = 0")
        try:
            connection.begin()
        except OperationalError as error:
            if getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY:
                raise
            return False
        finally:
            driver.execute(SQLITE_PRAGMAS[0])
        return True

    def _open(self) -> SyncConnection:
        """The connection, to the file that the path leads to now."""
        file = file_at(self.path)
        if self._connection is None or file != self._file or file is None:
            self.close()
            self._file = file
            self._connection = self.engine.connect()
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


async def aside(work: Callable[[], Any]) -> None:
    """Does the work in a thread, and does not return before it is done, even when cancelled."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(running)
    finally:
        while not running.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([running])
