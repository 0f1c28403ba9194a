"""Releases what is due: on time without any traffic, exactly once however many processes run."""

import asyncio
import time
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from app.articles import desk as articles
from app.changes import store as log
from app.db import Database
from app.errors import Raced, Refusal, Unavailable

ACTOR: Final = "ticker"
PAUSE_SECONDS: Final = 0.5
HOUR_SECONDS: Final = 3_600
# What cannot be released now is tried again then; the rest does not wait for it.
AGAIN_SECONDS: Final = 60
logger: Final = structlog.get_logger("dovidka")


class Ticker:
    """One for each process. That each thing happens once is the work of the row that it changes."""

    def __init__(self, database: Database, zone: ZoneInfo) -> None:
        self.database = database
        self.zone = zone
        self.refused: dict[str, float] = {}

    async def run(self) -> None:
        """Ticks until it is cancelled. A database that is away is waited for."""
        cleaned = -float(HOUR_SECONDS)
        while True:
            try:
                await self.release()
                if time.monotonic() - cleaned >= HOUR_SECONDS:
                    cleaned = time.monotonic()
                    await log.forget_old_keys(self.database)
            except Unavailable:
                logger.warning("the ticker waits for the database")
            except Exception as error:
                logger.error("the ticker goes on after a fault", exc_info=error)
            await asyncio.sleep(await self._pause())

    async def _pause(self) -> float:
        """Seconds to the next due time, half a second at most."""
        try:
            due = await articles.next_due(self.database.reader())
            now = await self.database.now()
        except Unavailable:
            return PAUSE_SECONDS
        return PAUSE_SECONDS if due is None else min(PAUSE_SECONDS, max(0.01, (due - now).total_seconds()))

    async def release(self) -> list[str]:
        """Makes public all that is due, each in a transaction of its own; returns what it was."""
        done: list[str] = []
        self.refused = {ref: until for ref, until in self.refused.items() if until > time.monotonic()}
        while await self._any():
            ref = await self._release_one()
            if ref is None:
                break
            done.append(ref)
        return done

    async def _any(self) -> bool:
        """Whether something may be due. Only then is a transaction begun, for which others may have to wait."""
        due = await articles.next_due(self.database.reader(), without=[*self.refused])
        return due is not None and due <= await self.database.now()

    async def _release_one(self) -> str | None:
        now = await self.database.now()
        ref: str | None = None
        try:
            async with log.writing(self.database, actor=ACTOR, zone=self.zone) as done:
                ref = await articles.due(done, now, without=[*self.refused])
                if ref is not None:
                    await articles.release_due(done, await articles.hold(done, ref))
        except (Raced, Unavailable):
            raise
        except Refusal as refusal:
            logger.error("what is due cannot be published", ref=ref, why=refusal.detail)
            if ref is None:
                raise
            self.refused[ref] = time.monotonic() + AGAIN_SECONDS
        return ref
