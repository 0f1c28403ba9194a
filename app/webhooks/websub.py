"""Tells the WebSub hub that feeds have changed: after any change that the public may know of, once for many of them.

The log is the outbox. A process claims the hub's row for the time of one attempt, sends one request that names every
feed, and moves the row to the end of the log that it read before. If it dies, the claim expires and another process
tells the hub: each change is told at least once. Knows neither feeds nor their addresses.
Source: WebSub, 6; PubSubHubbub 0.3, 7.1, for several topics in one request.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

import structlog
from sqlalchemy import bindparam, select, update

from app.changes import feed
from app.changes.views import EVERYONE
from app.db import Database, insert_if_absent, utcnow
from app.errors import Refusal
from app.outbound import Outbound, RequestFailed
from app.webhooks.models import WebSubHub

POLL_SECONDS: Final = 1.0
ATTEMPT_SECONDS: Final = 15.0
LARGEST_RESPONSE_BYTES: Final = 4_096
# Longer than an attempt.
CLAIM_DURATION: Final = timedelta(seconds=45)
# The hub reads the feeds each time it is told: what changes meanwhile is told together.
PAUSE: Final = timedelta(seconds=10)
# Then the changes so far are given up: the next one tells the hub of all feeds again.
RETRY_DELAYS: Final = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 600, 3_600))
log: Final = structlog.get_logger()

_BY_HUB: Final = select(WebSubHub.position, WebSubHub.attempts, WebSubHub.due_at).where(
    WebSubHub.hub == bindparam("hub")
)


class WebSubPublisher:
    """Tells one hub of these topics, the addresses of feeds."""

    def __init__(
        self, database: Database, outbound: Outbound, hub: str, topics: Sequence[str],
        *, clock: Callable[[], datetime] = utcnow,
    ) -> None:  # fmt: skip
        self._database = database
        self._outbound = outbound
        self._hub = hub
        self._content = urlencode([("hub.mode", "publish"), *(("hub.url", topic) for topic in topics)]).encode()
        self._clock = clock

    async def run(self) -> None:
        """Goes on until it is cancelled."""
        while True:
            try:
                await self.tell_if_changed()
            except Refusal as refusal:  # the database does not answer, or a concurrent writer was faster
                log.debug("the WebSub hub is told later", reason=refusal.detail)
            except Exception:
                log.exception("the WebSub hub cannot be told, trying again")
            await asyncio.sleep(POLL_SECONDS)

    async def tell_if_changed(self) -> None:
        """Sends one request if something public has changed since the last one, and none is due later.

        Cost: two statements while nothing changes. The first time, what was before is not told.
        """
        read, now = self._database.reader(), self._clock()
        head = await feed.head(read, EVERYONE)
        row = await read.row(_BY_HUB, {"hub": self._hub})
        if row is None:
            async with self._database.begin() as connection:
                values = {"hub": self._hub, "position": head, "attempts": 0, "due_at": now}
                await insert_if_absent(connection, WebSubHub, values)
            return
        position, attempts, due_at = row
        until = now + CLAIM_DURATION
        if position >= head or due_at > now or not await self._update(due_at, due_at=until):
            return
        if await self._is_told():
            await self._update(until, position=head, attempts=0, due_at=self._clock() + PAUSE)
        elif attempts < len(RETRY_DELAYS):
            await self._update(until, attempts=attempts + 1, due_at=self._clock() + RETRY_DELAYS[attempts])
        else:
            log.error("the WebSub hub was not told of changes", hub=self._hub, up_to=head)
            await self._update(until, position=head, attempts=0, due_at=self._clock())

    async def _update(self, seen_due_at: datetime, **values: object) -> bool:
        """Returns False and writes nothing if another process has changed the row meanwhile."""
        unchanged = update(WebSubHub).where(WebSubHub.hub == self._hub, WebSubHub.due_at == seen_due_at)
        async with self._database.begin() as connection:
            return bool((await connection.execute(unchanged.values(**values))).rowcount)

    async def _is_told(self) -> bool:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "Dovidka-WebSub"}
        try:
            response = await self._outbound.send(
                "POST", self._hub, headers=headers, content=self._content, seconds=ATTEMPT_SECONDS,
                most_bytes=LARGEST_RESPONSE_BYTES,
            )  # fmt: skip
        except RequestFailed as failure:
            log.warning("the WebSub hub was not reached", hub=self._hub, error=failure.code)
            return False
        if not 200 <= response.status < 300:
            log.warning("the WebSub hub refused", hub=self._hub, status=response.status)
            return False
        return True
