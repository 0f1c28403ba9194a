"""Delivers: takes webhooks that are due, and sends each its events one by one, in the order of the log. Knows no SQL.

The log is the outbox. An event is settled when it was answered with 2xx, or was tried for three days; until then
nothing later is sent to the same receiver, so whatever it hears of an object, it hears in order. A process that is
killed leaves its webhooks to others as soon as its hold on them ends, and they begin with what was not settled: each
event is sent at least once. Source: Standard Webhooks 1.0.
"""

import asyncio
import base64
import hmac
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import structlog
from pydantic_core import to_json

from app.db import Database, new_id, utcnow
from app.errors import Refusal
from app.outbound import Failed, Outbound
from app.web.fields import show_instant
from app.webhooks import store as webhooks
from app.webhooks.schemas import DeliveryOut
from app.webhooks.store import Event, Taken, Tried

POLL_SECONDS: Final = 0.5
# For one try: from the look-up of the host to the end of the answer.
DEADLINE_SECONDS: Final = 15.0
MOST_BYTES: Final = 65_536
# How long a webhook is somebody's; renewed with each event, so it outlasts a try by far.
HOLD: Final = timedelta(seconds=45)
# So many receivers are served at once by a process, and so many changes are looked at before others have their turn.
AT_ONCE: Final = 100
STRETCH: Final = 100
# What is waited after each try in vain; after the last there is none. In all about three days.
WAITS: Final = tuple(
    timedelta(seconds=one) for one in (5, 30, 120, 600, 1_800)
) + tuple(timedelta(hours=one) for one in (1, 2, 4, 8, 12, 20, 24))  # fmt: skip
JITTER: Final = 0.2

log = structlog.get_logger()


def sign(secret: bytes, id: str, timestamp: int, body: bytes) -> str:
    """One signature. Source: Standard Webhooks, "Signature scheme"."""
    signed = f"{id}.{timestamp}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(secret, signed, sha256)).decode()}"


class Deliverer:
    """Delivers for one process. `clock` says what time it is, `chance` where in a span the next try falls."""

    def __init__(
        self,
        database: Database,
        outbound: Outbound,
        *,
        clock: Callable[[], datetime] = utcnow,
        chance: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._database = database
        self._outbound = outbound
        self._clock = clock
        self._chance = chance
        self._serving: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Delivers until it is cancelled; then what is on its way is let go of, to be sent again by the next."""
        try:
            while True:
                try:
                    await self.begin()
                except Refusal as refusal:  # the database is away, or another was faster: later, then
                    log.debug("webhooks wait", reason=refusal.detail)
                except Exception:
                    log.exception("webhooks wait")
                await asyncio.sleep(POLL_SECONDS)
        finally:
            for task in self._serving:
                task.cancel()
            await asyncio.gather(*self._serving, return_exceptions=True)

    async def begin(self) -> None:
        """Takes what is due, as far as there is room, and begins to serve each by itself."""
        room = AT_ONCE - len(self._serving)
        if room > 0:
            now = self._clock()
            for taken in await webhooks.take(self._database, now, until=now + HOLD, most=room):
                task = asyncio.create_task(self._serve(taken))
                self._serving.add(task)
                task.add_done_callback(self._serving.discard)

    async def settled(self) -> None:
        """Takes what is due and waits until all of it has been served, once."""
        await self.begin()
        while self._serving:
            await asyncio.wait(self._serving)

    async def test(self, id: str) -> DeliveryOut:
        """Sends a test event now, and tells how that went. Raises: NotFound."""
        taken = await webhooks.find_taken(self._database.reader(), id)
        now = self._clock()
        entry = {"at": show_instant(now), "op": "test", "noun": "test", "ref": "test", "revision": 1, "keys": []}
        body = to_json({"seq": 0, **entry, "reason": None})
        tried = await self._try(taken, None, f"test-{new_id()}", body, attempt=1)
        return await webhooks.note_test(self._database, id, tried)

    async def _serve(self, taken: Taken) -> None:
        """Sends a stretch of the log, and lets go."""
        try:
            await self._send(taken)
        except asyncio.CancelledError:
            with suppress(Refusal):
                await webhooks.settle(self._database, taken, None, holder=None, due_at=self._clock())
            raise
        except Refusal as refusal:  # its hold will end
            log.warning("webhook waits for the database", webhook=taken.id, reason=refusal.detail)
        except Exception:
            log.exception("webhook failed", webhook=taken.id)

    async def _send(self, taken: Taken) -> None:
        found = await webhooks.upcoming(self._database.reader(), taken, taken.position, limit=STRETCH)
        if found.trimmed is not None:
            lost = Tried(self._clock(), found.trimmed, 1, None, "trimmed", 0, dead=True)
            log.error("webhook lost events: the log no longer holds them", webhook=taken.id, up_to=found.trimmed)
            if not await webhooks.settle(self._database, taken, lost, position=found.trimmed, attempts=0):
                return
        attempts = taken.attempts
        for event in found.events:
            if not await self._deliver(taken, event, attempts + 1):
                return
            attempts = 0
        on = {"position": found.to, "due_at": self._clock(), "holder": None}
        await webhooks.settle(self._database, taken, None, **on)

    async def _deliver(self, taken: Taken, event: Event, attempt: int) -> bool:
        """Whether the event is settled, and the next may be sent."""
        id = f"{taken.id}-{event.position}"
        tried = await self._try(taken, event.position, id, event.body, attempt=attempt)
        now = self._clock()
        on = {"position": event.position, "attempts": 0, "due_at": now + HOLD}
        if tried.error is None:
            return await webhooks.settle(self._database, taken, tried, **on)
        log.warning("webhook not delivered", webhook=taken.id, position=event.position, attempt=attempt,
                    status=tried.status, error=tried.error)  # fmt: skip
        if tried.status == 410:
            await webhooks.stop(self._database, taken, tried)
            return False
        if attempt > len(WAITS):
            return await webhooks.settle(self._database, taken, replace(tried, dead=True), **on)
        wait = WAITS[attempt - 1] * self._chance(1 - JITTER, 1 + JITTER)
        await webhooks.settle(self._database, taken, tried, attempts=attempt, due_at=now + wait, holder=None)
        return False

    async def _try(self, taken: Taken, position: int | None, id: str, body: bytes, *, attempt: int) -> Tried:
        """Sends one request. Where it comes to nothing, the kind of failure is all that is kept of it."""
        at, begun = self._clock(), time.monotonic()
        timestamp = int(at.timestamp())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Dovidka-Webhooks",
            "webhook-id": id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(sign(one, id, timestamp, body) for one in taken.secrets(at)),
        }
        status, error = None, None
        try:
            answer = await self._outbound.send(
                "POST", taken.url, headers=headers, content=body, seconds=DEADLINE_SECONDS, most_bytes=MOST_BYTES
            )
            status = answer.status
            error = None if 200 <= status < 300 else "status"
        except Failed as failure:
            error = failure.code
        return Tried(at, position, attempt, status, error, round((time.monotonic() - begun) * 1000))
