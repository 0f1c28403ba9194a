"""Delivers events: claims webhooks that are due and sends each its events one by one, in log order. Knows no SQL.

The log is the outbox. An event is finished when the receiver answered with 2xx or after the last retry, three days
later; until then no later event is sent to the same receiver, so that it receives the changes of an object in order.
If a process is killed, its claims expire and another process continues with the first unfinished event: each event is
sent at least once.
Source: Standard Webhooks 1.0.
"""

import asyncio
import base64
import hmac
import random
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import structlog
from pydantic_core import to_json

from app.changes.feed import Entry
from app.db import Database, new_id, utcnow
from app.errors import Refusal
from app.outbound import Outbound, RequestFailed
from app.web.fields import format_instant
from app.webhooks import claims, events
from app.webhooks.claims import ClaimedWebhook
from app.webhooks.schemas import DeliveryError, WebhookDeliveryOut

POLL_SECONDS: Final = 0.5
# For one attempt: from the DNS lookup to the end of the response.
ATTEMPT_SECONDS: Final = 15.0
LARGEST_RESPONSE_BYTES: Final = 65_536
# How long a claim lasts. It is renewed with each event, so it must be longer than an attempt.
CLAIM_DURATION: Final = timedelta(seconds=45)
# Limits for one process: webhooks that are served at the same time, and changes read for one of them at a time.
CONCURRENT_WEBHOOKS: Final = 100
BATCH_SIZE: Final = 100
# The delay after each failed attempt, before jitter; after the last attempt the event is given up. About three days.
RETRY_DELAYS: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 30, 120, 600, 1_800, *(3_600 * hours for hours in (1, 2, 4, 8, 12, 20, 24)))
)
JITTER: Final = 0.2

log = structlog.get_logger()


def sign(secret: bytes, id: str, timestamp: int, body: bytes) -> str:
    """One signature of an event. Source: Standard Webhooks, "Signature scheme"."""
    content = f"{id}.{timestamp}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(secret, content, sha256)).decode()}"


class Deliverer:
    """Delivers the events of one process. `uniform(low, high)` picks the jitter of retry delays."""

    def __init__(
        self, database: Database, outbound: Outbound, *,
        clock: Callable[[], datetime] = utcnow, uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:  # fmt: skip
        self._database = database
        self._outbound = outbound
        self._clock = clock
        self._uniform = uniform
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Delivers until it is cancelled; then requests in flight are aborted, and the next deliverer repeats them."""
        try:
            while True:
                try:
                    await self.start_due()
                except Refusal as refusal:  # the database does not answer, or a concurrent writer was faster
                    log.debug("webhooks cannot be claimed, trying again", reason=refusal.detail)
                except Exception:
                    log.exception("webhooks cannot be claimed, trying again")
                await asyncio.sleep(POLL_SECONDS)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def start_due(self) -> None:
        """Claims webhooks that are due, up to the limit of this process, and starts a task for each."""
        free = CONCURRENT_WEBHOOKS - len(self._tasks)
        if free > 0:
            now = self._clock()
            for webhook in await claims.claim_due(self._database, now, until=now + CLAIM_DURATION, most=free):
                task = asyncio.create_task(self._serve(webhook))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def run_once(self) -> None:
        """Claims webhooks that are due, and waits until each has been served one batch."""
        await self.start_due()
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def send_test(self, id: str) -> WebhookDeliveryOut:
        """Sends a test event now and returns its outcome. Raises: NotFound."""
        webhook = await claims.get_without_claim(self._database.reader(), id)
        entry = {"op": "test", "noun": "test", "ref": "test", "revision": 1, "keys": [], "reason": None}
        body = to_json({"seq": 0, "at": format_instant(self._clock()), **entry})
        delivery = await self._send(webhook, None, f"test-{new_id()}", body, number=1)
        await claims.record_test(self._database, id, delivery)
        return delivery

    async def _serve(self, webhook: ClaimedWebhook) -> None:
        """Delivers one batch of events and releases the webhook."""
        try:
            await self._deliver_batch(webhook)
        except asyncio.CancelledError:
            with suppress(Refusal):
                await claims.release(self._database, webhook, due_at=self._clock())
            raise
        except Refusal as refusal:  # the claim will expire
            log.warning("webhook delivery interrupted by the database", webhook=webhook.id, reason=refusal.detail)
        except Exception:
            log.exception("webhook delivery failed", webhook=webhook.id)

    async def _deliver_batch(self, webhook: ClaimedWebhook) -> None:
        batch = await events.next_events(self._database.reader(), webhook, limit=BATCH_SIZE)
        number = webhook.attempts + 1
        if batch.trimmed_position is not None:
            if not await self._record_trimmed(webhook, batch.trimmed_position):
                return
            number = 1
        for event in batch.events:
            if not await self._deliver(webhook, event, number):
                return
            number = 1
        await claims.release(self._database, webhook, due_at=self._clock(), position=batch.last_position)

    async def _record_trimmed(self, webhook: ClaimedWebhook, position: int) -> bool:
        """Records the events up to the position as one dead letter. Returns False if the claim is lost."""
        log.error("webhook lost events that the log no longer contains", webhook=webhook.id, up_to=position)
        now = self._clock()
        delivery = WebhookDeliveryOut(
            id=str(new_id()), at=now, position=position, attempt=1, dead=True, status=None, error="trimmed",
            duration_milliseconds=0,
        )  # fmt: skip
        return await claims.advance(self._database, webhook, delivery, until=now + CLAIM_DURATION)

    async def _deliver(self, webhook: ClaimedWebhook, event: Entry, number: int) -> bool:
        """Makes one attempt to deliver an event. Returns whether the event is finished and the next may be sent."""
        id = f"{webhook.id}-{event.position}"
        delivery = await self._send(webhook, event.position, id, events.body(event), number=number)
        now = self._clock()
        if delivery.error is not None:
            log.warning("webhook event not delivered", webhook=webhook.id, position=event.position, attempt=number,
                        status=delivery.status, error=delivery.error)  # fmt: skip
            if delivery.status == 410:
                await claims.disable(self._database, webhook, delivery)
                return False
            if number <= len(RETRY_DELAYS):
                delay = RETRY_DELAYS[number - 1] * self._uniform(1 - JITTER, 1 + JITTER)
                await claims.retry_later(self._database, webhook, delivery, due_at=now + delay)
                return False
            delivery = delivery.model_copy(update={"dead": True})
        return await claims.advance(self._database, webhook, delivery, until=now + CLAIM_DURATION)

    async def _send(
        self, webhook: ClaimedWebhook, position: int | None, id: str, body: bytes, *, number: int
    ) -> WebhookDeliveryOut:
        """Sends one request. Of a failure only its kind is kept."""
        at, started = self._clock(), time.monotonic()
        timestamp = int(at.timestamp())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Dovidka-Webhooks",
            "webhook-id": id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(sign(key, id, timestamp, body) for key in webhook.signing_secrets(at)),
        }
        status: int | None = None
        error: DeliveryError | None = None
        try:
            response = await self._outbound.send(
                "POST", webhook.url, headers=headers, content=body, seconds=ATTEMPT_SECONDS,
                most_bytes=LARGEST_RESPONSE_BYTES,
            )  # fmt: skip
            status = response.status
            error = None if 200 <= status < 300 else "status"
        except RequestFailed as failure:
            error = failure.code
        return WebhookDeliveryOut(
            id=str(new_id()), at=at, position=position, attempt=number, dead=False, status=status, error=error,
            duration_milliseconds=round((time.monotonic() - started) * 1000),
        )  # fmt: skip
