"""How a process reads and writes a SQLite file.

Two things are not as one would first write them:

Why BEGIN IMMEDIATE. A plain BEGIN makes a reader of the transaction, and its first write makes a writer of the reader.
If another process has written in between, SQLite cannot do that: the snapshot that was read is outdated. It answers
"database is locked" at once, whatever the busy timeout, and the work is lost. BEGIN IMMEDIATE takes the write lock
first, and waiting for that is what the busy timeout is for.

Why one connection for all writers of a process. SQLite lets one transaction write at a time. With a connection each,
our own writers would wait for one another in SQLite, which polls and is not fair; on one connection they queue in the
event loop. The connection keeps its page cache and its compiled statements, and its statements run in the event loop's
own thread: each takes microseconds, while the way to another thread and back costs more than most of them. Only what
may wait, for another process's lock or for the disk, runs in a thread: a BEGIN that meets a lock, and COMMIT.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar

from sqlalchemy import Connection, Date, Engine, Executable, create_engine, event
from sqlalchemy.pool import NullPool

from app.db.columns import UtcDateTime, Uuid16, milliseconds, to_json_text, uuid_to_bytes
from app.db.statements import Cursor, ExecuteParameters, Row, insert_sql
from app.db.writing import Columns, Rows, WriteConnection

BUSY_TIMEOUT: Final = "PRAGMA busy_timeout = 5000"
PRAGMAS: Final = (
    BUSY_TIMEOUT,
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA wal_autocheckpoint = 4000",  # pages: the same few are written again and again, so copy them less often
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
)
READER_PRAGMAS: Final = ("PRAGMA cache_size = -65536", "PRAGMA query_only = ON", "PRAGMA mmap_size = 268435456")
WRITER_CACHE: Final = "PRAGMA cache_size = -262144"  # a large batch must not spill
Result = TypeVar("Result")


def open_file(path: Path, *pragmas: str, statements: int) -> sqlite3.Connection:
    """A connection, set up; for any thread, though one at a time. `statements`: how many it keeps compiled."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=statements)
    try:
        for pragma in (*PRAGMAS, *pragmas):
            connection.execute(pragma)
    except BaseException:  # the file may be no database; nobody else would close the connection
        connection.close()
        raise
    return connection


def sqlite_engine(path: Path, *pragmas: str) -> Engine:
    """An engine each of whose connections is new, and each of whose transactions begins IMMEDIATE."""
    engine = create_engine(
        f"sqlite:///{path}",
        creator=lambda: open_file(path, WRITER_CACHE, *pragmas, statements=256),
        poolclass=NullPool,
        json_serializer=to_json_text,
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        _driver_of(connection).execute("BEGIN IMMEDIATE")

    return engine


def _driver_of(connection: Connection) -> sqlite3.Connection:
    """The driver's own connection beneath SQLAlchemy's."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def file_identity(path: Path) -> tuple[int, int] | None:
    """Which file the path leads to now; None if there is none. Another file may take its place at any time."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


class SqliteReadConnection:
    """A connection that cannot write, to the file that the path led to when it was opened.

    Short statements run in the event loop's thread, as a writer's do; slow ones and streams in another.
    Raises: sqlite3.OperationalError, if there is no file.
    """

    BEGIN_SNAPSHOT: ClassVar[str] = "BEGIN"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = file_identity(path)
        if self._file is None:  # connecting would make an empty file
            raise sqlite3.OperationalError(f"{path} is not there")
        self._driver = open_file(path, *READER_PRAGMAS, statements=64)

    async def fetch(self, sql: str, arguments: Sequence[Any], *, slow: bool) -> list[Row]:
        if slow:
            return await _in_thread(lambda: self._driver.execute(sql, arguments).fetchall(), self._driver.interrupt)
        return self._driver.execute(sql, arguments).fetchall()

    async def execute(self, sql: str) -> None:
        self._driver.execute(sql)

    async def portions(self, sql: str, arguments: Sequence[Any], size: int) -> AsyncIterator[list[Row]]:
        cursor = self._driver.execute(sql, arguments)
        while rows := await _in_thread(lambda: cursor.fetchmany(size), self._driver.interrupt):
            yield rows

    def usable(self) -> bool:
        """Whether the path still leads to the file that the connection has open."""
        return file_identity(self._path) == self._file

    def discard(self) -> None:
        self._driver.close()


async def _in_thread(work: Callable[[], Result], interrupt: Callable[[], None] = lambda: None) -> Result:
    """What the work returns. When the caller is cancelled, interrupts the work and waits until it has ended: a
    connection that is closed or used while a thread is using it crashes the process."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(running)
    finally:
        while not running.done():
            interrupt()
            with suppress(asyncio.CancelledError):
                await asyncio.wait([running], timeout=0.01)
        running.exception()  # marks it as looked at, or asyncio would log it


class SqliteWriteConnection(WriteConnection):
    dialect_name = "sqlite"

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.driver = _driver_of(connection)

    async def execute(self, statement: Executable, parameters: ExecuteParameters | None = None) -> Cursor:
        return self.connection.execute(statement, parameters)

    @asynccontextmanager
    async def begin_nested(self) -> AsyncIterator[None]:
        with self.connection.begin_nested():
            yield

    async def driver_fetch(self, sql: str, arguments: Sequence[Any]) -> list[Row]:
        return self.driver.execute(sql, arguments).fetchall()

    async def driver_execute(self, sql: str, rows: Rows) -> None:
        self.driver.executemany(sql, rows)

    async def driver_insert(self, columns: Columns, rows: Rows, clause: str) -> None:
        self.driver.executemany(insert_sql(self.dialect_name, columns, clause), _stored(columns, rows))


_CONVERSIONS: Final[dict[type, Callable[[Any], Any]]] = {
    UtcDateTime: milliseconds, Uuid16: uuid_to_bytes, Date: date.isoformat,
}  # fmt: skip


def _stored(columns: Columns, rows: Rows) -> list[Row]:
    """The rows as SQLite stores them. Instants and ids repeat from row to row, so each is converted once."""
    values_by_column: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for place, column in enumerate(columns):
        if convert := _CONVERSIONS.get(type(column.type)):
            values = values_by_column[place]
            stored = {value: None if value is None else convert(value) for value in {*values}}
            values_by_column[place] = [stored[value] for value in values]
    return list(zip(*values_by_column, strict=True))


class SqliteWriter:
    """The one connection that a process writes through, opened with the first transaction. Writers queue for it."""

    def __init__(self, path: Path) -> None:
        self.engine = sqlite_engine(path)
        self._path = path
        self._file: tuple[int, int] | None = None
        self._open: SqliteWriteConnection | None = None
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[SqliteWriteConnection]:
        async with self._turn:
            write = await self._current()
            try:
                if not self._begin_at_once(write):
                    await _in_thread(write.connection.begin)
                yield write
                await _in_thread(write.connection.commit)
            except BaseException:
                await self._roll_back(write)
                raise

    async def _current(self) -> SqliteWriteConnection:
        """The connection, to the file that the path leads to now."""
        file = file_identity(self._path)
        if self._open is None or file != self._file or file is None:
            await self.close()
            self._open, self._file = SqliteWriteConnection(self.engine.connect()), file
        return self._open

    @staticmethod
    def _begin_at_once(write: SqliteWriteConnection) -> bool:
        """Begins, unless another process is writing: most of the time none is, and there is nothing to wait for."""
        write.driver.execute("PRAGMA busy_timeout = 0")
        try:
            write.connection.begin()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            return False
        finally:
            write.driver.execute(BUSY_TIMEOUT)
        return True

    async def _roll_back(self, write: SqliteWriteConnection) -> None:
        """Ends the transaction; closes a connection on which that fails, so that the next writer opens another."""
        try:
            write.connection.rollback()
        except BaseException:
            await self.close()
            raise
        if write.driver.in_transaction:  # after a failed COMMIT, SQLAlchemy takes its transaction for ended
            await self.close()

    async def close(self) -> None:
        if self._open is not None:
            write, self._open = self._open, None
            write.connection.close()
