"""Tells those who wait for the log what is new in it: one reading of the database for all, however many wait."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final

import structlog

from app.changes import feed
from app.changes.feed import Entry
from app.changes.views import EVERYONE, NEWEST, Perspective
from app.changes.watch import LogWatch
from app.db import Database
from app.errors import Refusal, Unavailable

# How long nothing is heard of the log, at most, before it is read all the same while anybody waits.
POLL_SECONDS: Final = 1.0
AFTER_FAULT_SECONDS: Final = 1.0
READ_AT_ONCE: Final = 1_000
# So many messages are kept for followers that are a little behind; whoever is further behind reads the database.
KEPT_MESSAGES: Final = 5_000
SENT_AT_ONCE: Final = 100
PING_SECONDS: Final = 15.0
# The desk's stream ends after so long; the key is checked again when it is opened anew, where it was left.
DESK_STREAM_SECONDS: Final = 60.0
RETRY_MILLISECONDS: Final = 2_000
RETRY_WHEN_FULL_MILLISECONDS: Final = 15_000
PING: Final = b": ping\n\n"
GOAWAY: Final = b"event: goaway\nretry: %d\ndata: {}\n\n"

logger: Final = structlog.get_logger("dovidka")


class Tail:
    """The end of the log as one perspective sees it, read for as long as anybody follows it.

    Positions have no gaps, so the index of a message follows from its position.
    """

    def __init__(self, database: Database, watch: LogWatch, perspective: Perspective) -> None:
        self.database = database
        self.watch = watch
        self.perspective = perspective
        self.newest = 0
        self._messages: list[bytes] = []
        self._news = asyncio.Event()
        self._followers = 0
        self._reading: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def followed(self, newest: int) -> AsyncIterator[None]:
        """Keeps the log being read from position `newest` on. The last follower to leave stops the reading."""
        if not self._followers:
            self.newest, self._messages = newest, []
            self._reading = asyncio.create_task(self._read())
        self._followers += 1
        try:
            yield
        finally:
            self._followers -= 1
            if not self._followers and self._reading is not None:
                self._reading.cancel()

    def wake(self) -> None:
        """Wakes all who wait for news."""
        self._news.set()
        self._news = asyncio.Event()

    async def wait_for_news(self, seconds: float) -> None:
        """Returns when there is news, or after so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    async def messages_after(self, position: int) -> tuple[int, bytes]:
        """(position of the last message, messages) right behind a position: a few, none where it is the newest.

        Raises: Trimmed, Unavailable.
        """
        if position >= self.newest:
            return position, b""
        index = len(self._messages) - (self.newest - position)
        if index >= 0:
            messages = self._messages[index : index + SENT_AT_ONCE]
            return position + len(messages), b"".join(messages)
        entries = await feed.entries(self.database.reader(), self.perspective, position, SENT_AT_ONCE)
        feed.check_position(position, self.newest, [entry.position for entry in entries])
        return entries[-1].position, b"".join([message(entry) for entry in entries])

    async def _read(self) -> None:
        while True:
            moves = self.watch.moves
            try:
                entries = await feed.entries(self.database.reader(), self.perspective, self.newest, READ_AT_ONCE)
            except Exception as error:
                if not isinstance(error, Unavailable):
                    logger.error("unexpected", reading="changes", exc_info=error)
                await asyncio.sleep(AFTER_FAULT_SECONDS)
                continue
            if entries:
                self._messages += [message(entry) for entry in entries]
                if len(self._messages) > 2 * KEPT_MESSAGES:
                    del self._messages[:-KEPT_MESSAGES]
                self.newest = entries[-1].position
                self.wake()
            if len(entries) < READ_AT_ONCE and self.watch.moves == moves:
                await self.watch.wait_for_news(POLL_SECONDS)


def message(entry: Entry) -> bytes:
    """An entry as a Server-Sent Event. Source: WHATWG HTML, 9.2."""
    return b"id: %d\nevent: change\ndata: {%s}\n\n" % (entry.position, entry.members())


class Live:
    """Those who wait for changes on this server. `ending`: the server is about to stop, so nobody may wait any more."""

    def __init__(self, database: Database, watch: LogWatch, streams_at_most: int) -> None:
        self.public = Tail(database, watch, EVERYONE)
        self.desk = Tail(database, watch, NEWEST)
        self.streams_at_most = streams_at_most
        self.streams_open = 0
        self.ending = False

    def tail(self, perspective: Perspective) -> Tail:
        return self.desk if perspective.desk else self.public

    def end(self) -> None:
        """Sends all away who wait."""
        self.ending = True
        for tail in (self.public, self.desk):
            tail.wake()

    @property
    def is_full(self) -> bool:
        """Whether one more stream would be too many."""
        return self.ending or self.streams_open >= self.streams_at_most

    @contextmanager
    def stream_counted(self) -> Iterator[None]:
        """Counts as an open stream meanwhile."""
        self.streams_open += 1
        try:
            yield
        finally:
            self.streams_open -= 1

    async def wait(self, perspective: Perspective, position: int, seconds: float) -> None:
        """Returns when there is an entry behind the position, the newest so far, or after so many seconds."""
        tail, until = self.tail(perspective), _now() + seconds
        async with tail.followed(position):
            while tail.newest <= position and not self.ending and (left := until - _now()) > 0:
                await tail.wait_for_news(left)

    async def messages(self, perspective: Perspective, position: int) -> AsyncIterator[bytes]:
        """What comes behind the position: events, now and then a ping, and `goaway` when the stream is to be left."""
        tail, until = self.tail(perspective), _now() + DESK_STREAM_SECONDS
        yield b"retry: %d\nid: %d\n\n" % (RETRY_MILLISECONDS, position)
        try:
            while not self.ending and not (perspective.desk and _now() > until):
                position, messages = await tail.messages_after(position)
                if not messages:
                    await tail.wait_for_news(PING_SECONDS)
                    if position >= tail.newest and not self.ending:
                        messages = PING
                if messages:
                    yield messages
        except Refusal:
            pass  # the client is told why when it connects again
        yield GOAWAY % RETRY_MILLISECONDS


def _now() -> float:
    return asyncio.get_running_loop().time()
