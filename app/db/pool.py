"""The connections that are read through: a few open ones, lent one reader at a time. Knows neither driver.

PostgreSQL's are not kept in `asyncpg.create_pool`, because its `acquire(timeout=…)` bounds waiting for a free place and
opening a connection as one. We need two bounds: a reader that finds all places taken gives up after QUEUE_SECONDS, but
a server that takes longer than that to open a connection must still be usable. Besides, create_pool needs a running
event loop when it is made, and takes each connection back in a task of its own, which makes a short read twice as slow.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Any, ClassVar, Final, Protocol

# With the time limit of a statement behind it, a client hears within three seconds that the database is away.
QUEUE_SECONDS: Final = 0.7
READERS: Final = 10


class ReadConnection(Protocol):
    """A connection that is only read through, on the bare driver."""

    BEGIN_SNAPSHOT: ClassVar[str]

    async def fetch(self, sql: str, arguments: Sequence[Any], *, slow: bool) -> Iterable[Iterable[Any]]:
        """All rows. `slow`: not provably short, so it must not hold up the event loop."""

    async def execute(self, sql: str) -> None: ...

    def portions(self, sql: str, arguments: Sequence[Any], size: int) -> AsyncIterator[Sequence[Iterable[Any]]]:
        """The rows in lists of at most `size`; needs a snapshot."""

    def usable(self) -> bool:
        """False if it is known to be lost. Asks no server."""

    def discard(self) -> None: ...


class ConnectionPool:
    """At most `limit` connections, opened when they are needed; the one that was returned last is lent first."""

    def __init__(self, open: Callable[[], Awaitable[ReadConnection]], limit: int = READERS) -> None:
        self.open = open
        self._free: list[ReadConnection] = []
        self._places = asyncio.Semaphore(limit)
        self._closed = False

    def connection(self) -> "_Loan":
        """A connection for one reader: `async with pool.connection() as connection`.

        After any exception it is closed, because its state is not known.
        Raises: TimeoutError, when none becomes free in time; what opening one raises.
        """
        return _Loan(self)

    async def take(self) -> ReadConnection:
        if self._places.locked():
            async with asyncio.timeout(QUEUE_SECONDS):
                await self._places.acquire()
        else:
            await self._places.acquire()
        try:
            return self._take_free() or await self.open()
        except BaseException:
            self._places.release()
            raise

    def give_back(self, connection: ReadConnection, *, is_sound: bool) -> None:
        self._places.release()
        if is_sound and not self._closed:
            self._free.append(connection)
        else:
            connection.discard()

    def _take_free(self) -> ReadConnection | None:
        while self._free:
            connection = self._free.pop()
            if connection.usable():
                return connection
            connection.discard()
        return None

    def close(self) -> None:
        """Closes the free connections now, and those that are lent when they come back."""
        self._closed = True
        while self._free:
            self._free.pop().discard()


class _Loan:
    """The time for which one reader has a connection. A class, because every read enters one: a generator with
    @asynccontextmanager costs several times as much."""

    __slots__ = ("_connection", "_pool")

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    async def __aenter__(self) -> ReadConnection:
        self._connection = await self._pool.take()
        return self._connection

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._pool.give_back(self._connection, is_sound=error is None)
