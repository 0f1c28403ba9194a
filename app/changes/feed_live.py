"""Tells those who wait for the log what is new in it: one reading of the database for all, however many wait."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final

import structlog

from app.changes import feed
from app.changes.shown import EVERYONE, NEWEST, Perspective
from app.db import Database, Row
from app.errors import Refusal, Unavailable

# The log is asked so often, while anybody waits. A trigger that announces each commit would make writers queue.
POLL_SECONDS: Final = 0.1
AFTER_FAULT_SECONDS: Final = 1.0
AT_ONCE: Final = 1_000
# So many messages are kept for those who are a little behind; whoever is further behind reads from the database.
KEPT: Final = 5_000
CHUNK: Final = 100
PING_SECONDS: Final = 15.0
# A key is looked at again when the desk's stream is opened anew, where it was left.
DESK_SECONDS: Final = 60.0
RETRY_MILLISECONDS: Final = 2_000
CROWDED_MILLISECONDS: Final = 15_000
PING: Final = b": ping\n\n"
GOAWAY: Final = b"event: goaway\nretry: %d\ndata: {}\n\n"

log: Final = structlog.get_logger("dovidka")


class Tail:
    """The end of the log as one perspective sees it, read on while anybody follows it.

    Numbers have no gaps, so the place of a message follows from its position.
    """

    def __init__(self, database: Database, seen: Perspective) -> None:
        self.database = database
        self.seen = seen
        self.newest = 0
        self._ready: list[bytes] = []
        self._bell = asyncio.Event()
        self._followers = 0
        self._reading: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def followed(self, newest: int) -> AsyncIterator[None]:
        """Has the log read on, from the newest position or before. The last one to leave ends it."""
        if not self._followers:
            self.newest, self._ready = newest, []
            self._reading = asyncio.create_task(self._read_on())
        self._followers += 1
        try:
            yield
        finally:
            self._followers -= 1
            if not self._followers and self._reading is not None:
                self._reading.cancel()

    def ring(self) -> None:
        """Wakes all who wait."""
        self._bell.set()
        self._bell = asyncio.Event()

    async def news(self, seconds: float) -> None:
        """Returns when the bell rings, or after so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._bell.wait()

    async def behind(self, position: int) -> tuple[int, bytes]:
        """(last position told, messages) that come right after the position: a few, or none where it is the newest.

        Raises: Trimmed, Unavailable.
        """
        if position >= self.newest:
            return position, b""
        place = len(self._ready) - (self.newest - position)
        if place >= 0:
            found = self._ready[place : place + CHUNK]
            return position + len(found), b"".join(found)
        rows = await feed.entries(self.database.reader(), self.seen, position, CHUNK)
        feed.check(position, self.newest, rows)
        return rows[-1][0], b"".join([message(row) for row in rows])

    async def _read_on(self) -> None:
        while True:
            try:
                rows = await feed.entries(self.database.reader(), self.seen, self.newest, AT_ONCE)
            except Unavailable:
                await asyncio.sleep(AFTER_FAULT_SECONDS)
                continue
            except Exception as error:
                log.error("unexpected", reading="changes", exc_info=error)
                await asyncio.sleep(AFTER_FAULT_SECONDS)
                continue
            if rows:
                self._ready += [message(row) for row in rows]
                if len(self._ready) > 2 * KEPT:
                    del self._ready[:-KEPT]
                self.newest = rows[-1][0]
                self.ring()
            await asyncio.sleep(0 if len(rows) == AT_ONCE else POLL_SECONDS)


def message(entry: Row) -> bytes:
    """An entry as a Server-Sent Event. Source: WHATWG HTML, 9.2."""
    return b"id: %d\nevent: change\ndata: {%s}\n\n" % (entry[0], feed.told(entry))


class Live:
    """Those who wait for changes on this server, and what they are told. `ending`: nobody is to wait any more."""

    def __init__(self, database: Database, most: int) -> None:
        self.public = Tail(database, EVERYONE)
        self.desk = Tail(database, NEWEST)
        self.most = most
        self.open = 0
        self.ending = False

    def tail(self, seen: Perspective) -> Tail:
        return self.desk if seen.desk else self.public

    def end(self) -> None:
        """Sends all away who wait: the server is about to stop."""
        self.ending = True
        for tail in (self.public, self.desk):
            tail.ring()

    @property
    def full(self) -> bool:
        """Whether one more stream would be too many."""
        return self.ending or self.open >= self.most

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Holds a place among the open streams."""
        self.open += 1
        try:
            yield
        finally:
            self.open -= 1

    async def wait(self, seen: Perspective, position: int, seconds: float) -> None:
        """Returns when there is something behind the position, the newest there was, or after so many seconds."""
        tail, until = self.tail(seen), _now() + seconds
        async with tail.followed(position):
            while tail.newest <= position and not self.ending and (left := until - _now()) > 0:
                await tail.news(left)

    async def messages(self, seen: Perspective, position: int) -> AsyncIterator[bytes]:
        """What comes behind the position, for ever: events, now and then a ping, in the end that it is to be left."""
        tail, until = self.tail(seen), _now() + DESK_SECONDS
        yield b"retry: %d\nid: %d\n\n" % (RETRY_MILLISECONDS, position)
        try:
            while not self.ending and not (seen.desk and _now() > until):
                position, found = await tail.behind(position)
                if not found:
                    await tail.news(PING_SECONDS)
                    if position >= tail.newest and not self.ending:
                        found = PING
                if found:
                    yield found
        except Refusal:
            pass  # told when it comes back
        yield GOAWAY % RETRY_MILLISECONDS


def _now() -> float:
    return asyncio.get_running_loop().time()
