"""Hears of every change of the log, whoever made it: the one place from which caches and followers learn of it.

A commit of this process is known before its writer is answered. That another process has committed is told by the
database (`app.db.signal`); then the log is read from the last known position on. Positions have no gaps, so nothing can
be missed. Where they cannot be compared with those before (a new connection, a database that was restored), whatever
was kept by them counts as outdated.
"""

import asyncio
import sqlite3
from contextlib import suppress
from typing import Final

import structlog

from app.changes import feed
from app.changes.views import EVERYONE
from app.db import CommitSignal, Committed, Database
from app.errors import Behind, Unavailable
from app.web.freshness import Freshness
from app.web.positions import MinPosition
from app.web.purge_keys import CHANGES, purge_key

READ_AT_ONCE: Final = 1_000
AFTER_FAULT_SECONDS: Final = 0.2
# How long a request waits for the position that it asks for.
REACH_SECONDS: Final = 2.0
LOOK_SECONDS: Final = 0.05
logger: Final = structlog.get_logger("dovidka")


class LogWatch:
    """Keeps the freshness of one process up to date. `moves` counts how often there was news."""

    def __init__(self, database: Database, freshness: Freshness) -> None:
        self.database = database
        self.freshness = freshness
        self.moves = 0
        self._news = asyncio.Event()
        database.tell_committed = self._committed

    async def begin(self) -> None:
        """Takes the log as it is now for known. Raises: Unavailable."""
        self.freshness.begin(*await feed.heads(self.database.reader()))

    async def run(self) -> None:
        """Listens until it is cancelled. A database that is away is waited for."""
        signal = self.database.signal()
        try:
            while True:
                try:
                    await self._listen(signal)
                except (Unavailable, sqlite3.Error, OSError):
                    self.freshness.lost()
                    await asyncio.sleep(AFTER_FAULT_SECONDS)
                except Exception as error:
                    self.freshness.lost()
                    logger.error("unexpected", reading="log", exc_info=error)
                    await asyncio.sleep(AFTER_FAULT_SECONDS)
        finally:
            self.freshness.lost()
            signal.close()

    async def _listen(self, signal: CommitSignal) -> None:
        heard = await signal.wait()
        if heard == "anew":
            await self.begin()
        elif heard == "something" or self.freshness.away_since is not None:
            await self.catch_up()
        else:
            self.freshness.heard()

    async def catch_up(self) -> None:
        """Reads what is new in the log. Cost: one statement; more where there is news. Raises: Unavailable."""
        known, read = self.freshness, self.database.reader()
        before = known.seq, known.position
        seq, public_seq = await feed.heads(read)
        if seq < known.seq or public_seq < known.position:  # another database has taken its place
            known.begin(seq, public_seq)
        while known.position < public_seq:
            entries = await feed.entries(read, EVERYONE, known.position, READ_AT_ONCE)
            if not entries or entries[0].position > known.position + 1:  # the log was trimmed in between
                known.begin(seq, public_seq)
                break
            for entry in entries:
                known.touch(entry.keys, entry.position)
            known.advance(seq, entries[-1].position)
        if seq > known.seq or public_seq > known.position:
            known.advance(seq, public_seq)
        known.heard()
        if (known.seq, known.position) != before:
            self._wake()

    def _committed(self, committed: Committed) -> None:
        """A transaction of this process has committed."""
        known = self.freshness
        if committed.public_changes:
            known.touch(map(purge_key, {*committed.names, CHANGES}), committed.public_seq)
        # Where another process has written in between, the position waits for the log to be read.
        follows = committed.public_seq - committed.public_changes <= known.position
        known.advance(committed.seq, committed.public_seq if follows else known.position)
        self._wake()

    def _wake(self) -> None:
        self.moves += 1
        self._news.set()
        self._news = asyncio.Event()

    async def wait_for_news(self, seconds: float) -> None:
        """Returns when the log may have moved, or after so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    async def reach(self, position: MinPosition) -> None:
        """Waits until the position is reached. Raises: Behind, after two seconds; Unavailable."""
        until = asyncio.get_running_loop().time() + REACH_SECONDS
        while not self._has_reached(position):
            await self.catch_up()
            if self._has_reached(position):
                return
            if asyncio.get_running_loop().time() >= until:
                raise Behind("This server has not reached the position that Min-Position asks for.")
            await self.wait_for_news(LOOK_SECONDS)

    def _has_reached(self, position: MinPosition) -> bool:
        known = self.freshness.seq if position.is_complete else self.freshness.position
        return position.number <= known
