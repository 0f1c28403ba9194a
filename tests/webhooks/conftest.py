"""What tests of webhooks may ask for: hosts that can be found, a receiver that answers as told, a deliverer with a
clock that is set by hand."""

import asyncio
import json
from collections.abc import Awaitable, Callable
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
Hook = Callable[..., Awaitable[WebhookMade]]


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of hosts in tests: those that begin with `inside` are of the local network."""
    if host.startswith("nowhere"):
        raise OSError
    return ["10.0.0.7"] if host.startswith("inside") else [PUBLIC]


class Receiver:
    """Answers requests by host: with the statuses it was told, in order, and 204 when these are used up."""

    def __init__(self) -> None:
        self.got: list[httpx.Request] = []
        self.answers: dict[str, list[int | Exception]] = {}
        self.always: dict[str, int] = {}

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        host = request.headers["host"]
        self.got.append(request)
        told = self.answers.get(host)
        answer = told.pop(0) if told else self.always.get(host, 204)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer, headers={"Location": "https://elsewhere.example/"} if answer == 302 else None)

    def events(self, host: str = "one.example") -> list[Any]:
        """Bodies that were sent to a host."""
        return [json.loads(one.content) for one in self.got if one.headers["host"] == host]

    def seqs(self, host: str = "one.example") -> list[int]:
        return [event["seq"] for event in self.events(host)]


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = utcnow() + timedelta(minutes=1)  # so that what the code dates itself lies behind

    def __call__(self) -> datetime:
        return self.now

    def move(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Applications in these tests deliver nothing of themselves, and find every host."""
    monkeypatch.setenv("DELIVER_WEBHOOKS", "false")
    monkeypatch.setattr(Outbound.__init__, "__kwdefaults__", {"resolve": resolve, "wire": None})


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def deliverer(database: Database, receiver: Receiver, clock: Clock) -> Deliverer:
    """Delivers when it is told to, to the receiver; waits are exact."""
    wire = httpx.MockTransport(receiver)
    return Deliverer(database, Outbound(resolve=resolve, wire=wire), clock=clock, chance=lambda low, high: 1.0)


@pytest.fixture
def hook(database: Database) -> Hook:
    """Says `await hook("one.example", tags=["rivers"])`: makes a webhook from the beginning of the log on."""

    async def make(host: str = "one.example", **fields: Any) -> WebhookMade:
        wanted = {"name": host, "url": f"https://{host}/hook", "after": 0, **fields}
        return await webhooks.create(database, NewWebhookIn.model_validate(wanted))

    return make


async def state(database: Database, id: str) -> WebhookState:
    return next(one for one in await webhooks.everything(database.reader()) if one.id == id)


async def change(database: Database, id: str, **fields: Any) -> WebhookOut:
    """Sets these fields, as a PATCH does."""
    known = await webhooks.get(database.reader(), id)
    kept = {name: getattr(known, name) for name in WebhookIn.model_fields}
    saved = await webhooks.save(database, known, WebhookIn.model_validate({**kept, **fields}))
    assert saved is not None
    return saved


async def until(done: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    """Waits for it to come true."""
    async with asyncio.timeout(seconds):
        while not await done():  # noqa: ASYNC110 - what it waits for happens in a database
            await asyncio.sleep(0.05)
