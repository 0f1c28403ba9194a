"""SQL and nothing else: column types, ids, the engines of both databases, the reader and the writing connection.

Knows no noun and no HTTP. Where the two databases differ in reading, writing or migrating, the difference stands here.
"""

import asyncio
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypeVar, cast
from uuid import UUID

import asyncpg
from pydantic_core import from_json, to_json
from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Engine,
    Executable,
    Integer,
    MetaData,
    Numeric,
    Select,
    String,
    bindparam,
    column,
    create_engine,
    event,
    func,
    select,
    table,
    tuple_,
)
from sqlalchemy import Connection as SyncConnection
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.dialects.sqlite.pysqlite import dialect as sqlite_dialect
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import NullPool
from sqlalchemy.types import TypeDecorator, TypeEngine
from uuid_utils import compat as uuids

from app.errors import Raced, Refusal, Unavailable

if TYPE_CHECKING:
    from alembic.config import Config

PATIENCE_SECONDS: Final = 2.0
# With the patience for a statement behind it, a client hears within three seconds that the database is away.
QUEUE_SECONDS: Final = 0.7
READERS: Final = 10
LATELY_SECONDS: Final = 1.0
# Shapes of statements that are kept ready; more are built anew, so that no client can fill the memory with them.
SHAPES: Final = 256
# So many rows are inserted sooner one by one than by a COPY, which asks for the types of its columns first.
FEW: Final = 32
_MILLISECOND: Final = timedelta(milliseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Row = tuple[Any, ...]
Connection = TypeVar("Connection")


def milliseconds(value: datetime) -> int:
    """Since 1970."""
    return (value - _EPOCH) // _MILLISECOND


def from_milliseconds(value: int) -> datetime:
    return _EPOCH + value * _MILLISECOND


# --- columns ----------------------------------------------------------------------------------------------------


class Moment(TypeDecorator[datetime]):
    """An instant in UTC, to the millisecond. SQLite: milliseconds since 1970, an integer, which sorts and is small."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(BigInteger() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None or dialect.name != "sqlite":
            return value
        return milliseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return None if value is None else value.astimezone(UTC)
        return from_milliseconds(value)


Json: Final = JSON(none_as_null=True)


# Slugs and keys sort by their characters on both databases, whatever the server's locale.
Name: Final = String(120).with_variant(String(120, collation="C"), "postgresql")


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Moment}


def new_id() -> UUID:
    """A UUIDv7: its first 48 bits are the time, so ids sort by when they were made. Source: RFC 9562, 5.7."""
    return uuids.uuid7()


def utcnow() -> datetime:
    """Now, in UTC, cut to milliseconds as everything stored is."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


# --- statements that are built and compiled once -----------------------------------------------------------------


@cache
def _places(name: str, count: int) -> list[str]:
    return [f"{name}__{n}" for n in range(count)]


def among(column: Any, name: str, count: int) -> ColumnElement[bool]:
    """`column IN (…)` for up to `count` values, given at execution by `spread(name, count, values)`."""
    found: ColumnElement[bool] = column.in_([bindparam(place, type_=column.type) for place in _places(name, count)])
    return found


def spread(name: str, count: int, values: Sequence[Any]) -> dict[str, Any]:
    """Parameters for `among`: the last value is repeated, so that a few statement shapes serve all lengths."""
    return dict(zip(_places(name, count), chain(values, repeat(values[-1])), strict=False))


def room(length: int) -> int:
    """The next power of two: how many places an `among` for so many values has."""
    return 1 << max(length - 1, 0).bit_length()


class Prepared:
    """A statement as the bare driver takes it, with the conversions its parameters and columns need."""

    __slots__ = ("binders", "defaults", "names", "results", "sql")

    def __init__(self, statement: Executable, dialect: Dialect, *, json: bool = True) -> None:
        """`json`: whether it comes as text, which is to be read."""
        compiled: Any = statement.compile(  # type: ignore[attr-defined]
            dialect=dialect, compile_kwargs={"render_postcompile": True}
        )
        self.sql = str(compiled)
        self.names: list[str] = list(compiled.positiontup or ())
        self.defaults: dict[str, Any] = dict(compiled.params)
        binders = [compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect) for name in self.names]
        self.binders: list[tuple[int, Callable[[Any], Any]]] = [
            (place, bind) for place, bind in enumerate(binders) if bind is not None
        ]
        columns = statement.selected_columns if isinstance(statement, Select) else ()
        results = [
            (from_json if json else None)
            if isinstance(column.type, JSON)
            else column.type.dialect_impl(dialect).result_processor(dialect, None)
            if not isinstance(column.type, Numeric)  # the drivers give numbers
            else None
            for column in columns
        ]
        self.results = [(place, read) for place, read in enumerate(results) if read is not None]

    def arguments(self, params: Mapping[str, Any]) -> list[Any]:
        given = {**self.defaults, **params}
        values = [given[name] for name in self.names]
        for place, bind in self.binders:
            values[place] = bind(values[place])
        return values

    def read(self, rows: Sequence[Any]) -> list[Row]:
        found = [tuple(row) for row in rows]
        if not self.results or not found:
            return found
        columns = list(zip(*found, strict=True))
        for place, read in self.results:
            columns[place] = tuple([None if value is None else read(value) for value in columns[place]])
        return list(zip(*columns, strict=True))


def keyset(query: Any, columns: Sequence[Any], *, descending: bool, positioned: bool, backward: bool) -> Any:
    """The query in the order of its columns, from a position on where there is one.

    Parameters: `limit`, and `at_0`, `at_1` … for the position's values. Page 10,000 costs what page 1 costs.
    """
    down = descending != backward
    if positioned:
        bounds = [bindparam(f"at_{n}", type_=column.type) for n, column in enumerate(columns)]
        here, there = (tuple_(*columns), tuple_(*bounds)) if len(columns) > 1 else (columns[0], bounds[0])
        query = query.where(here < there if down else here > there)
    order = [column.desc() if down else column.asc() for column in columns]
    return query.order_by(*order).limit(bindparam("limit", type_=Integer()))


class RawJson(str):
    """JSON text for a JSON column: stored as it is, not serialised again."""

    __slots__ = ()


def _serialise(value: Any) -> str:
    return value if isinstance(value, RawJson) else to_json(value).decode()


DIALECTS: Final[dict[str, Dialect]] = {
    "sqlite": sqlite_dialect(json_serializer=_serialise),
    "postgresql": asyncpg_dialect(json_serializer=_serialise),  # type: ignore[no-untyped-call]
}


# --- statements of a transaction ---------------------------------------------------------------------------------


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


# --- many rows at once -------------------------------------------------------------------------------------------


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


# --- connections ------------------------------------------------------------------------------------------------


class Address:
    """A database URL as the user writes it, taken apart. Raises: ValueError, saying what would be right."""

    def __init__(self, url: str) -> None:
        if match := re.fullmatch(r"sqlite:///(?P<path>(?!:memory:)[^?#]+)", url):
            self.path: Path | None = Path(match["path"])
        elif re.match(r"postgres(ql)?://", url):
            self.path = None
        else:
            raise ValueError(
                f"DATABASE_URL is {_without_password(url)!r}; it must be sqlite:///relative.db,"
                " sqlite:////absolute.db or postgresql://user:password@host/name"
            )
        self.url = url

    def __str__(self) -> str:
        return _without_password(self.url)

    @property
    def dialect(self) -> Dialect:
        return DIALECTS["sqlite" if self.path else "postgresql"]

    def engine(self) -> AsyncEngine:
        """The writing engine. On SQLite every transaction begins IMMEDIATE, so readers never turn writers half-way."""
        if self.path is None:
            engine = create_async_engine(
                "postgresql+asyncpg://",
                async_creator=lambda: asyncpg.connect(self.url, timeout=PATIENCE_SECONDS),
                json_serializer=_serialise,
                pool_timeout=PATIENCE_SECONDS,
            )
            _look_after(engine.sync_engine)
            return engine
        engine = create_async_engine(f"sqlite+aiosqlite:///{self.path}", poolclass=NullPool, json_serializer=_serialise)
        begin_immediate(engine.sync_engine)
        return engine


def _look_after(engine: Engine) -> None:
    """Asks a connection whether it lives before it is used, unless it did a moment ago: each time is three ways."""

    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        record.info["driver"] = connection.driver_connection

    @event.listens_for(engine, "checkin")
    def checkin(connection: Any, record: Any) -> None:
        record.info["used"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def checkout(connection: Any, record: Any, proxy: object) -> None:
        lately = time.monotonic() - record.info.get("used", time.monotonic()) < LATELY_SECONDS
        if record.info["driver"].is_closed():
            raise DisconnectionError
        if not lately:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as error:
                raise DisconnectionError from error


def begin_immediate(engine: Engine) -> None:
    """Makes every transaction of the engine begin IMMEDIATE, on connections that are set up as ours are."""

    @event.listens_for(engine, "connect")
    def configure(connection: Any, record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (*SQLITE_PRAGMAS, "PRAGMA cache_size = -262144"):  # a large batch must not spill
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


SQLITE_PRAGMAS: Final = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA wal_autocheckpoint = 4000",  # pages: the same few are written again and again, so copy them less often
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -65536",
    "PRAGMA temp_store = MEMORY",
)


def _without_password(url: str) -> str:
    return re.sub(r"(?<=://)([^:/@]*):[^@]*(?=@)", r"\1:***", url)


BROKEN_FILE: Final = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
LOST_RACE: Final = (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError, asyncpg.SerializationError)


@contextmanager
def database_faults() -> Any:
    """Turns the drivers' many ways to say that the database is away, or another writer first, into two refusals.

    Faults of ours pass.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        if "syntax" in str(error):
            raise
        raise Unavailable from error
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode not in BROKEN_FILE:
            raise
        raise Unavailable from error
    except (
        OSError,
        TimeoutError,
        asyncpg.PostgresConnectionError,
        asyncpg.InterfaceError,
        asyncpg.OperatorInterventionError,
        asyncpg.InsufficientResourcesError,
        asyncpg.InvalidAuthorizationSpecificationError,
        asyncpg.InvalidCatalogNameError,
        asyncpg.InternalClientError,
        asyncpg.UndefinedTableError,
    ) as error:
        raise Unavailable from error
    except LOST_RACE as error:
        raise Raced("Another writer changed the same thing at the same moment.") from error
    except (OperationalError, InterfaceError, PoolExhausted) as error:
        raise Unavailable from error
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) in {one.sqlstate for one in LOST_RACE}:
            raise Raced("Another writer changed the same thing at the same moment.") from error
        if getattr(error.orig, "sqlstate", None) == asyncpg.ReadOnlySQLTransactionError.sqlstate:
            raise Unavailable from error
        if error.connection_invalidated or getattr(error.orig, "sqlite_errorcode", None) in BROKEN_FILE:
            raise Unavailable from error
        raise


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
            json_serializer=_serialise,
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
                await _aside(connection.begin)
            yield Direct(connection)
            await _aside(connection.commit)
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


async def _aside(work: Callable[[], Any]) -> None:
    """Does the work in a thread, and does not return before it is done, even when cancelled."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(running)
    finally:
        while not running.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([running])


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
        self.engine = self.address.engine()
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


# --- the schema --------------------------------------------------------------------------------------------------


ROOT: Final = Path(__file__).resolve().parent.parent


def alembic_config(url: str) -> "Config":
    """Alembic's settings for this database."""
    from alembic.config import Config

    config = Config(ROOT / "alembic.ini")
    config.attributes["address"] = Address(url)
    return config


def migrate(url: str, revision: str = "head") -> None:
    """Brings the schema up to the newest revision; does nothing where it is there already.

    Two at once wait for each other, and one that is killed is finished by the next.
    Raises: Unavailable; SchemaMismatch, for a database that a newer release has migrated.
    """
    from alembic import command
    from alembic.util import CommandError

    try:
        with database_faults():
            command.upgrade(alembic_config(url), revision)
    except CommandError as error:
        raise SchemaMismatch(
            f"The database {Address(url)} was migrated by a newer release of Dovidka. Install that release."
        ) from error
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != asyncpg.LockNotAvailableError.sqlstate:
            raise
        raise SchemaMismatch(
            f"The tables of {Address(url)} are in use; the migration gave up waiting, and changed nothing."
            " Run: python -m app migrate"
        ) from error


def fold(path: Path) -> None:
    """Brings a SQLite database that nobody has open into its one file, so that moving the file moves all of it."""
    with closing(sqlite3.connect(path)) as connection:
        (mode,) = connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    assert mode == "delete", mode


class SchemaMismatch(Exception):
    """The database's schema is not the one this release works on; the message says what mends it."""


def revisions() -> tuple[str, set[str]]:
    """The revision that this release works on, and all it knows, read from the migration files."""
    found: dict[str, str | None] = {}
    for file in (ROOT / "migrations" / "versions").glob("*.py"):
        head = file.read_text(encoding="utf-8")[:2_000]
        match = re.search(r'^revision = "(.+)"$', head, re.MULTILINE)
        before = re.search(r'^down_revision = "(.+)"$', head, re.MULTILINE)
        assert match is not None, file
        found[match[1]] = before[1] if before else None
    (newest,) = found.keys() - {*found.values()}
    return newest, {*found}


async def check_schema(read: Reader) -> None:
    """Raises: SchemaMismatch, saying which command mends it; Unavailable."""
    address = read.address
    if address.path is not None and not address.path.exists():
        raise SchemaMismatch(f"There is no database {address} yet. Run: python -m app migrate")
    try:
        row = await read.row(_SCHEMA)
    except Unavailable as fault:
        cause = fault.__cause__
        if not isinstance(cause, asyncpg.UndefinedTableError) and "no such table" not in str(cause):
            raise
        row = None
    if row is None:
        raise SchemaMismatch(f"The database {address} is empty. Run: python -m app migrate")
    newest, known = revisions()
    if row[0] != newest:
        if row[0] in known:
            raise SchemaMismatch(f"The database {address} is older than this release. Run: python -m app migrate")
        raise SchemaMismatch(
            f"The database {address} was migrated by a newer release of Dovidka. Install that release."
        )


_SCHEMA: Final = select(column("version_num", String)).select_from(table("alembic_version"))
