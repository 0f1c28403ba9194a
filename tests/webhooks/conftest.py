"""Fixtures for tests of webhooks: a fake DNS, a fake receiver, and a deliverer with a clock that is set by hand."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from app.db import Database, utcnow
from app.outbound import Outbound
from app.webhooks import store as webhooks
from app.webhooks.deliver import Deliverer
from app.webhooks.schemas import NewWebhookIn, WebhookIn, WebhookMade, WebhookOut, WebhookState

PUBLIC = "93.184.215.14"
CreateWebhook = Callable[..., Awaitable[WebhookMade]]


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of hosts in tests: those that begin with `inside` are private, `nowhere` has none."""
    if host.startswith("nowhere"):
        raise OSError
    return ["10.0.0.7"] if host.startswith("inside") else [PUBLIC]


class Receiver:
    """Records requests and answers by host: with the queued `answers` first, then with `always`, which is 204."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.answers: dict[str, list[int | Exception]] = {}
        self.always: dict[str, int] = {}

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        host = request.headers["host"]
        self.requests.append(request)
        queued = self.answers.get(host)
        answer = queued.pop(0) if queued else self.always.get(host, 204)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer, headers={"Location": "https://elsewhere.example/"} if answer == 302 else None)

    def events(self, host: str = "one.example") -> list[Any]:
        """Bodies that were sent to a host."""
        return [json.loads(request.content) for request in self.requests if request.headers["host"] == host]

    def seqs(self, host: str = "one.example") -> list[int]:
        return [event["seq"] for event in self.events(host)]


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = utcnow() + timedelta(minutes=1)  # later than all times that the code under test takes itself

    def __call__(self) -> datetime:
        return self.now

    def move(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture(autouse=True)
def _no_background_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    """Applications in these tests deliver nothing by themselves, and use the fake DNS."""
    monkeypatch.setenv("DELIVER_WEBHOOKS", "false")
    monkeypatch.setattr(Outbound.__init__, "__kwdefaults__", {"resolver": resolve, "transport": None})


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def deliver_to(
    database: Database, receiver: Callable[[httpx.Request], Coroutine[None, None, httpx.Response]], **options: Any
) -> Deliverer:
    """A deliverer whose requests reach the receiver."""
    return Deliverer(database, Outbound(resolver=resolve, transport=httpx.MockTransport(receiver)), **options)


@pytest.fixture
async def deliverer(database: Database, receiver: Receiver, clock: Clock) -> Deliverer:
    """Delivers to the receiver when it is told to; retry delays have no jitter."""
    return deliver_to(database, receiver, clock=clock, uniform=lambda low, high: 1.0)


@pytest.fixture
def create_webhook(database: Database) -> CreateWebhook:
    """`await create_webhook("one.example", tags=["rivers"])`: a webhook that starts at the beginning of the log."""

    async def create(host: str = "one.example", **fields: Any) -> WebhookMade:
        webhook = {"name": host, "url": f"https://{host}/hook", "after": 0, **fields}
        return await webhooks.create(database, NewWebhookIn.model_validate(webhook))

    return create


async def state(database: Database, id: str) -> WebhookState:
    return next(webhook for webhook in await webhooks.all_webhooks(database.reader()) if webhook.id == id)


async def change(database: Database, id: str, **fields: Any) -> WebhookOut:
    """Changes these settings, as a PATCH does."""
    current = await webhooks.get(database.reader(), id)
    settings = {name: getattr(current, name) for name in WebhookIn.model_fields}
    return await webhooks.save(database, current, WebhookIn.model_validate({**settings, **fields}))


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    """Waits until the condition is true."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - it depends on a database
            await asyncio.sleep(0.05)
