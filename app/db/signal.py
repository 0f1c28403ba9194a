"""Tells a process that somebody has committed, also another process, so that it need not read the log all the time."""

import asyncio
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import asyncpg
from sqlalchemy import String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from app.db.postgres import PATIENCE_SECONDS
from app.db.sqlite import file_identity, open_file

# Where each commit that moves the log is announced on PostgreSQL.
CHANNEL: Final = "dovidka_log"
SQLITE_SECONDS: Final = 0.05
# PostgreSQL is asked as often even where it announces commits: behind a pooler announcements may not arrive.
POSTGRES_SECONDS: Final = 0.2
RECONNECT_SECONDS: Final = 1.0


class announced_commit(FunctionElement[str]):  # noqa: N801
    """A column for RETURNING that announces the commit of the transaction to those who listen; they need not on SQLite.

    PostgreSQL makes the commits that announce something queue; those that move the log queue for its head anyway.
    """

    type = String()
    inherit_cache = True


@compiles(announced_commit)
def _unannounced(element: announced_commit, compiler: Any, **options: Any) -> str:
    return "NULL"


@compiles(announced_commit, "postgresql")
def _announced(element: announced_commit, compiler: Any, **options: Any) -> str:
    return f"pg_notify('{CHANNEL}', '')::text"


# Nothing was committed; something may have been; or what was before is not known, since the connection is new.
Heard = Literal["nothing", "something", "anew"]


class CommitSignal(Protocol):
    """Asked again and again by one task."""

    async def wait(self) -> Heard:
        """Returns as soon as something may have been committed, or after a fraction of a second."""

    def close(self) -> None: ...


class SqliteSignal:
    """Asks the file for its `data_version`, which other connections' commits move. Cost: some microseconds.

    A checkpoint moves it too, and costs one look at the log. Raises: sqlite3.Error, OSError.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: tuple[int, int] | None = None
        self._connection: sqlite3.Connection | None = None
        self._version = 0

    async def wait(self) -> Heard:
        await asyncio.sleep(SQLITE_SECONDS)
        if self._connection is None or file_identity(self._path) != self._file:
            self.close()
            self._file = file_identity(self._path)
            if self._file is None:
                raise sqlite3.OperationalError(f"{self._path} is not there")
            self._connection = open_file(self._path, "PRAGMA query_only = ON", statements=4)
            self._version = self._read_version(self._connection)
            return "anew"
        version, self._version = self._version, self._read_version(self._connection)
        return "something" if version != self._version else "nothing"

    @staticmethod
    def _read_version(connection: sqlite3.Connection) -> int:
        version: int = connection.execute("PRAGMA data_version").fetchone()[0]
        return version

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class PostgresSignal:
    """Listens for announcements of commits. While it cannot, and between them, it says `something` now and then."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: asyncpg.Connection | None = None
        self._news = asyncio.Event()
        self._try_at = 0.0

    async def wait(self) -> Heard:
        now = asyncio.get_running_loop().time()
        if (self._connection is None or self._connection.is_closed()) and now >= self._try_at:
            self._try_at = now + RECONNECT_SECONDS
            self.close()
            with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                self._connection = await asyncpg.connect(self._url, timeout=PATIENCE_SECONDS)
                await self._connection.add_listener(CHANNEL, lambda *_: self._news.set())
                self._connection.add_termination_listener(lambda _: self._news.set())
                return "anew"
        with suppress(TimeoutError):
            async with asyncio.timeout(POSTGRES_SECONDS):
                await self._news.wait()
        self._news.clear()
        return "something"

    def close(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
