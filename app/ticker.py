"""Releases what is due: on time without any traffic, exactly once however many processes run."""

import asyncio
import time
from contextlib import suppress
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog

from app.articles import desk as articles
from app.articles.models import Article
from app.changes import idempotency, log
from app.db import Database
from app.errors import Raced, Refusal, Unavailable
from app.notes import desk as notes
from app.notes.models import Note
from app.publishing.store import lock_first_due, next_due_at
from app.words.analysis import load_dictionaries

ACTOR: Final = "ticker"
PAUSE_SECONDS: Final = 0.5
HOUR_SECONDS: Final = 3_600
# So long before something is due, what its release needs is loaded, which takes seconds.
READY_SECONDS: Final = 60
# What cannot be released now is tried again then; the rest does not wait for it.
AGAIN_SECONDS: Final = 60
# What can be due, by its key: in the order in which they refer to each other.
NOUNS: Final[tuple[tuple[Any, Any], ...]] = ((Note.slug, notes), (Article.id, articles))
logger: Final = structlog.get_logger("dovidka")


class Ticker:
    """One for each process. That each thing happens once is the work of the row that it changes."""

    def __init__(self, database: Database, zone: ZoneInfo) -> None:
        self.database = database
        self.zone = zone
        self.refused: dict[str, float] = {}

    async def run(self) -> None:
        """Ticks until it is cancelled. A database that is away is waited for."""
        cleaned_at = -float(HOUR_SECONDS)
        while True:
            try:
                await self.release()
                if time.monotonic() - cleaned_at >= HOUR_SECONDS:
                    cleaned_at = time.monotonic()
                    await idempotency.forget_old_keys(self.database)
            except Unavailable:
                logger.warning("the ticker waits for the database")
            except Exception as error:
                logger.error("the ticker goes on after a fault", exc_info=error)
            await asyncio.sleep(await self._pause())

    async def _pause(self) -> float:
        """Seconds to the next due time, half a second at most."""
        with suppress(Unavailable):
            if (at := await self._next_due()) is not None:
                seconds = (at - await self.database.now()).total_seconds()
                if seconds < READY_SECONDS:
                    await load_dictionaries()
                return min(PAUSE_SECONDS, max(0.01, seconds))
        return PAUSE_SECONDS

    async def _next_due(self) -> datetime | None:
        """When the next thing is due that can be released."""
        due_times = [await next_due_at(self.database.reader(), key, [*self.refused]) for key, _ in NOUNS]
        return min(filter(None, due_times), default=None)

    async def release(self) -> list[str]:
        """Makes public all that is due, each in a transaction of its own; returns what it was."""
        self.refused = {ref: until for ref, until in self.refused.items() if until > time.monotonic()}
        at = await self._next_due()
        now = await self.database.now()
        if at is None or at > now:  # no transaction is begun, for which others may have to wait
            return []
        released: list[str] = []
        for key, noun in NOUNS:
            while (ref := await self._release_one(key, noun, now)) is not None:
                released.append(ref)
        return released

    async def _release_one(self, key: Any, noun: Any, now: datetime) -> str | None:
        ref: str | None = None
        try:
            async with log.transaction(self.database, actor=ACTOR, zone=self.zone) as transaction:
                ref = await lock_first_due(transaction, key, now, [*self.refused])
                if ref is not None:
                    await noun.release_due(transaction, await noun.lock(transaction, ref))
        except (Raced, Unavailable):
            raise
        except Refusal as refusal:
            if ref is None:
                raise
            logger.error("what is due cannot be published", ref=ref, why=refusal.detail)
            self.refused[ref] = time.monotonic() + AGAIN_SECONDS
        return ref
