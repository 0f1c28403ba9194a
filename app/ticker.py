"""Publishes what is due, takes out what has expired: on time without traffic, once however many processes run."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import structlog

from app.articles import desk as articles
from app.articles.models import Article
from app.changes import idempotency, log
from app.changes.log import Transaction
from app.collections import desk as collections
from app.collections.models import Collection
from app.db import Database
from app.errors import Raced, Refusal, Unavailable
from app.notes import desk as notes
from app.notes.models import Note
from app.publishing.store import lock_first_due, lock_first_expired, next_due_at, next_expiry_at
from app.words.analysis import load_dictionaries

ACTOR: Final = "ticker"
PAUSE_SECONDS: Final = 0.5
HOUR_SECONDS: Final = 3_600
# So long before something is due, what its release needs is loaded, which takes seconds.
READY_SECONDS: Final = 60
# What cannot be released now is tried again then; the rest does not wait for it.
AGAIN_SECONDS: Final = 60
logger: Final = structlog.get_logger("dovidka")


class Duty(NamedTuple):
    """Something that is done to objects when their time has come: when the next one's has, which is the first, and what
    is done to it. Objects in `excluded` are left aside."""

    name: str
    next_at: Callable[..., Awaitable[datetime | None]]
    lock_first: Callable[..., Awaitable[str | None]]
    do: Callable[[Transaction, str, datetime], Awaitable[object]]


def _publishing(name: str, noun: Any, key: Any) -> Duty:
    async def publish(transaction: Transaction, ref: str, now: datetime) -> None:
        await noun.release_due(transaction, await noun.lock(transaction, ref))

    return Duty(name, partial(next_due_at, key=key), partial(lock_first_due, key=key), publish)


async def _take_out(transaction: Transaction, ref: str, now: datetime) -> None:
    await articles.expire_due(transaction, await articles.lock(transaction, ref), now)


# Nouns in the order in which they refer to each other. What was due and has expired meanwhile is published first.
DUTIES: Final = (
    _publishing("publish a note", notes, Note.slug),
    _publishing("publish an article", articles, Article.id),
    _publishing("publish a collection", collections, Collection.slug),
    Duty(
        "take out an article",
        partial(next_expiry_at, noun="article"),
        partial(lock_first_expired, noun="article", key=Article.id),
        _take_out,
    ),
)


class Ticker:
    """One for each process. That each thing happens once is the work of the row that it changes."""

    def __init__(self, database: Database, zone: ZoneInfo) -> None:
        self.database = database
        self.zone = zone
        self.refused: dict[tuple[Duty, str], float] = {}

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
        """When the next thing is due that can be done."""
        read = self.database.reader()
        due_times = [await duty.next_at(read, excluded=self._refused(duty)) for duty in DUTIES]
        return min(filter(None, due_times), default=None)

    def _refused(self, duty: Duty) -> Sequence[str]:
        return [ref for of_duty, ref in self.refused if of_duty == duty]

    async def release(self) -> list[str]:
        """Does all that is due, each in a transaction of its own; returns to what it was done."""
        self.refused = {refused: until for refused, until in self.refused.items() if until > time.monotonic()}
        at = await self._next_due()
        now = await self.database.now()
        if at is None or at > now:  # no transaction is begun, for which others may have to wait
            return []
        released: list[str] = []
        for duty in DUTIES:
            while (ref := await self._release_one(duty, now)) is not None:
                released.append(ref)
        return released

    async def _release_one(self, duty: Duty, now: datetime) -> str | None:
        ref: str | None = None
        try:
            async with log.transaction(self.database, actor=ACTOR, zone=self.zone) as transaction:
                ref = await duty.lock_first(transaction, now=now, excluded=self._refused(duty))
                if ref is not None:
                    await duty.do(transaction, ref, now)
        except (Raced, Unavailable):
            raise
        except Refusal as refusal:
            if ref is None:
                raise
            logger.error("what is due cannot be done", duty=duty.name, ref=ref, why=refusal.detail)
            self.refused[duty, ref] = time.monotonic() + AGAIN_SECONDS
        return ref
