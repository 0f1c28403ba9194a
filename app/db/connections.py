"""The connections that are read through, on the bare drivers."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Generic, TypeVar

import asyncpg

from app.db.address import PATIENCE_SECONDS, SQLITE_PRAGMAS

# With the patience for a statement behind it, a client hears within three seconds that the database is away.
QUEUE_SECONDS: Final = 0.7
READERS: Final = 10
Connection = TypeVar("Connection")


class Connections(Generic[Connection]):
    """A few open connections, the last returned the first taken. One that failed is closed, never returned."""

    def __init__(self, limit: int) -> None:
        self._free: list[Connection] = []
        self._places = asyncio.Semaphore(limit)

    async def open(self) -> Connection:
        raise NotImplementedError

    def discard(self, connection: Connection) -> None:
        raise NotImplementedError

    def usable(self, connection: Connection) -> bool:
        return True

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Connection]:
        if self._places.locked():
            async with asyncio.timeout(QUEUE_SECONDS):
                await self._places.acquire()
        else:
            await self._places.acquire()
        try:
            connection: Connection | None = None
            while connection is None and self._free:
                connection = self._free.pop()
                if not self.usable(connection):
                    self.discard(connection)
                    connection = None
            if connection is None:
                connection = await self.open()
            try:
                yield connection
            except BaseException:
                self.discard(connection)
                raise
            self._free.append(connection)
        finally:
            self._places.release()

    def close(self) -> None:
        while self._free:
            self.discard(self._free.pop())


def file_at(path: Path) -> tuple[int, int] | None:
    """Which file the path leads to."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


class SqliteConnections(Connections[sqlite3.Connection]):
    def __init__(self, path: Path) -> None:
        super().__init__(READERS)
        self.path = path
        self._file: tuple[int, int] | None = None

    def usable(self, connection: sqlite3.Connection) -> bool:
        """Whether it still has the file open that the path leads to; another may have taken its place."""
        return file_at(self.path) == self._file

    async def open(self) -> sqlite3.Connection:
        file = file_at(self.path)
        if file is None:
            raise sqlite3.OperationalError(f"{self.path} is not there")
        if file != self._file:
            self.close()
            self._file = file
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, cached_statements=64)
        for pragma in (*SQLITE_PRAGMAS, "PRAGMA query_only = ON", "PRAGMA mmap_size = 268435456"):
            connection.execute(pragma)
        return connection

    def discard(self, connection: sqlite3.Connection) -> None:
        connection.interrupt()  # a statement that nobody waits for any more may still run in a thread
        connection.close()


class PostgresConnections(Connections["asyncpg.Connection[asyncpg.Record]"]):
    def __init__(self, url: str) -> None:
        super().__init__(READERS)
        self.url = url

    async def open(self) -> "asyncpg.Connection[asyncpg.Record]":
        return await asyncpg.connect(
            self.url, timeout=PATIENCE_SECONDS, server_settings={"default_transaction_read_only": "on", "jit": "off"}
        )

    def discard(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        connection.terminate()

    def usable(self, connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
        return not connection.is_closed()
