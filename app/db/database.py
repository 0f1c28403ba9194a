"""Both sides of one database: readers, and the write transaction."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from time import perf_counter
from typing import Any, Final, NamedTuple

from sqlalchemy import Executable, Integer, Select, column, func, select, table

from app.db.columns import UtcDateTime, utcnow
from app.db.compiled import DIALECTS, CompiledStatement
from app.db.faults import LOST_CONNECTION, database_faults
from app.db.pool import READERS, ConnectionPool, ReadConnection
from app.db.postgres import WRITERS, PostgresReadConnection, PostgresWriter
from app.db.replicas import Replica, Replicas, replica_faults, replica_urls
from app.db.signal import CommitSignal, PostgresSignal, SqliteSignal
from app.db.sqlite import SqliteReadConnection, SqliteWriter
from app.db.statements import Parameters, Row
from app.db.url import DatabaseUrl
from app.db.writing import WriteConnection
from app.errors import Refusal, Unavailable
from app.metrics import READ_SECONDS, REPLICA_SECONDS, WRITE_SECONDS

# Shapes of statements that are kept compiled; more are compiled anew, so that no client can fill the memory with them.
SHAPES: Final = 256
NONE: Final[Parameters] = {}


class Reader:
    """Reads on the bare driver, through statements compiled once. Outside `snapshot` each statement stands alone.

    All statements of one reader go to the same server: the primary, or a replica.
    Raises: Unavailable, within seconds, when the database does not answer; ReplicaFailed, when a replica does not.
    """

    def __init__(
        self, database: "Database", snapshot: ReadConnection | None = None, replica: Replica | None = None
    ) -> None:
        self.url = database.url
        self._database = database
        self._snapshot = snapshot
        self._replica = replica

    async def rows(self, statement: Executable, parameters: Parameters = NONE, *, slow: bool = False) -> list[Row]:
        """All rows. `slow`: not provably short, so it must not hold up the event loop."""
        compiled = self._database.compiled(statement)
        arguments = compiled.arguments(parameters)
        begun = perf_counter()
        with self._faults():
            rows = await self._fetch(compiled.sql, arguments, slow)
        (READ_SECONDS if self._replica is None else REPLICA_SECONDS).observe(perf_counter() - begun)
        return compiled.read(rows)

    async def _fetch(self, sql: str, arguments: list[Any], slow: bool) -> Iterable[Iterable[Any]]:
        if self._snapshot is not None:
            return await self._snapshot.fetch(sql, arguments, slow=slow)
        try:
            return await self._fetch_once(sql, arguments, slow)
        except LOST_CONNECTION:
            # A server that was restarted has cut the connections that lay unused in the pool, and the first
            # statement on each is what finds that out; to ping before each read would double its cost. A read may
            # be repeated without harm. The second time is the last: then the database is really away.
            if self._replica is not None:  # which may be another server by now, or older
                raise
            return await self._fetch_once(sql, arguments, slow)

    async def _fetch_once(self, sql: str, arguments: list[Any], slow: bool) -> Iterable[Iterable[Any]]:
        async with self._pool.connection() as connection:
            return await connection.fetch(sql, arguments, slow=slow)

    @property
    def _pool(self) -> ConnectionPool:
        return self._database.pool if self._replica is None else self._replica.pool

    def _faults(self) -> database_faults:
        return database_faults() if self._replica is None else replica_faults(self._replica)

    async def row(self, statement: Executable, parameters: Parameters = NONE, *, slow: bool = False) -> Row | None:
        """The first row, or None."""
        rows = await self.rows(statement, parameters, slow=slow)
        return rows[0] if rows else None

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator["Reader"]:
        """A reader whose statements all see the same state."""
        refusal: Refusal | None = None
        with self._faults():
            async with self._pool.connection() as connection:
                await connection.execute(connection.BEGIN_SNAPSHOT)
                try:
                    yield Reader(self._database, connection, self._replica)
                except Unavailable:
                    raise
                except Refusal as error:
                    # An exception that leaves this block costs the connection, which the pool then closes. A refusal
                    # (404, say) is no fault of the connection's, so it is raised after that has gone back.
                    refusal = error
                await connection.execute("COMMIT")
        if refusal is not None:
            raise refusal

    async def stream(self, statement: Select[*tuple[Any, ...]], *, size: int = 500) -> AsyncIterator[list[Row]]:
        """Rows in lists of at most `size`, with memory for one list: for exports. Only inside `snapshot`."""
        assert self._snapshot is not None
        compiled = self._database.compiled(statement)
        async for portion in self._snapshot.portions(compiled.sql, compiled.arguments({}), size):
            yield compiled.read(portion)


class Committed(NamedTuple):
    """What a transaction of this process has added to the log.

    Its last positions in the complete and in the public log, how many public changes there were, and the names of the
    objects and lists that these touched.
    """

    seq: int
    public_seq: int
    public_changes: int
    names: frozenset[str]


class Database:
    """One database: a pool of connections to read through, and a writer. Opens nothing before it is used.

    It opens at most so many connections of each kind, and as many to each replica as it reads through; a SQLite file
    has one writer, whatever is asked for.
    """

    def __init__(
        self,
        url: str,
        *,
        replicas: str = "",
        read_connections: int = READERS,
        write_connections: int = WRITERS,
    ) -> None:
        """`replicas` are URLs with commas between them. Raises: ValueError."""
        self.url = DatabaseUrl(url)
        self._dialect = DIALECTS[self.url.dialect_name]
        self._compiled: dict[Executable, CompiledStatement] = {}
        self.pool = ConnectionPool(self._open, read_connections)
        self._replicas = Replicas(replica_urls(replicas, self.url), read_connections)
        self.tell_committed: Callable[[Committed], None] = lambda committed: None
        self.writer: SqliteWriter | PostgresWriter
        if self.url.path:
            self.writer = SqliteWriter(self.url.path)
        else:
            self.writer = PostgresWriter(self.url.text, write_connections)

    async def _open(self) -> ReadConnection:
        if self.url.path:
            return SqliteReadConnection(self.url.path)
        return await PostgresReadConnection.open(self.url.text)

    def signal(self) -> CommitSignal:
        """Tells, while it is asked, that somebody has committed: also another process."""
        return SqliteSignal(self.url.path) if self.url.path else PostgresSignal(self.url.text)

    def compiled(self, statement: Executable) -> CompiledStatement:
        compiled = self._compiled.get(statement)
        if compiled is None:
            if len(self._compiled) >= SHAPES:
                del self._compiled[next(iter(self._compiled))]
            compiled = self._compiled[statement] = CompiledStatement(statement, self._dialect)
        return compiled

    def reader(self) -> Reader:
        """Reads the primary, and so all that is committed."""
        return Reader(self)

    def reader_from(self, seq: int) -> Reader:
        """Reads a replica that has the position of the log, or else the primary."""
        return Reader(self, replica=self._replicas.choose(seq))

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[WriteConnection]:
        """A write transaction: committed at the end, rolled back by any exception. On SQLite writers queue here.

        Raises: Unavailable; Raced, when another writer was first.
        """
        begun = perf_counter()
        with database_faults():
            async with self.writer.begin() as connection:
                yield connection
        WRITE_SECONDS.observe(perf_counter() - begun)

    async def now(self) -> datetime:
        """By the clock that all processes share: the database's. Raises: Unavailable."""
        if self.url.path:
            return utcnow()
        now: datetime = (await self.reader().rows(_NOW))[0][0]
        return now

    async def ping(self) -> None:
        """Raises: Unavailable."""
        await self.reader().rows(_PING)

    async def close(self) -> None:
        await self._replicas.close()
        self.pool.close()
        await self.writer.close()


_NOW: Final = select(func.clock_timestamp(type_=UtcDateTime()))
_PING: Final = select(column("id", Integer)).select_from(table("log_head"))
