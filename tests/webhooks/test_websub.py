"""The WebSub hub is told that feeds have changed: once, whoever runs beside, and again where that failed."""

import asyncio
from urllib.parse import parse_qs

import httpx
import pytest

from app.db import Database
from app.outbound import Outbound
from app.webhooks.websub import RETRY_DELAYS, WebSubPublisher
from tests.conftest import Load
from tests.factories import article, draft
from tests.webhooks.conftest import Clock, Receiver, resolve

HUB = "hub.example"
TOPICS = ["https://news.example/feeds/articles.atom", "https://news.example/feeds/articles.rss"]


@pytest.fixture
def publisher(database: Database, receiver: Receiver, clock: Clock) -> WebSubPublisher:
    return make(database, receiver, clock)


def make(database: Database, receiver: Receiver, clock: Clock) -> WebSubPublisher:
    outbound = Outbound(resolver=resolve, transport=httpx.MockTransport(receiver))
    return WebSubPublisher(database, outbound, f"https://{HUB}/", TOPICS, clock=clock)


async def test_the_hub_is_told_of_every_feed_in_one_request(
    publisher: WebSubPublisher, receiver: Receiver, load: Load
) -> None:
    await load(article("before"))
    await publisher.tell_if_changed()
    assert receiver.requests == []
    await load(article("a"), article("b"))
    for _ in range(3):
        await publisher.tell_if_changed()
    (request,) = receiver.requests
    assert (request.method, request.headers["content-type"]) == ("POST", "application/x-www-form-urlencoded")
    assert parse_qs(request.content.decode()) == {"hub.mode": ["publish"], "hub.url": TOPICS}


async def test_what_the_public_may_not_know_of_is_not_told(
    publisher: WebSubPublisher, receiver: Receiver, load: Load
) -> None:
    await publisher.tell_if_changed()
    await load(draft("a"))
    await publisher.tell_if_changed()
    assert receiver.requests == []


async def test_changes_in_quick_succession_are_told_together(
    publisher: WebSubPublisher, receiver: Receiver, clock: Clock, load: Load
) -> None:
    await publisher.tell_if_changed()
    for slug in ("a", "b", "c"):
        await load(article(slug))
        await publisher.tell_if_changed()
    assert len(receiver.requests) == 1
    clock.move(seconds=11)
    await publisher.tell_if_changed()
    await publisher.tell_if_changed()
    assert len(receiver.requests) == 2


async def test_a_hub_that_does_not_answer_is_told_again_and_given_up_at_last(
    publisher: WebSubPublisher, receiver: Receiver, clock: Clock, load: Load
) -> None:
    await publisher.tell_if_changed()
    await load(article("a"))
    receiver.answers[HUB] = [500, httpx.ConnectError("down"), 302, 404, 503]
    for delay in RETRY_DELAYS:
        await publisher.tell_if_changed()
        await publisher.tell_if_changed()
        clock.move(seconds=delay.total_seconds() + 1)
    assert len(receiver.requests) == len(RETRY_DELAYS)
    for _ in range(3):
        await publisher.tell_if_changed()
        clock.move(seconds=10_000)
    assert len(receiver.requests) == len(RETRY_DELAYS) + 1
    await load(article("b"))
    await publisher.tell_if_changed()
    assert len(receiver.requests) == len(RETRY_DELAYS) + 2


async def test_of_several_processes_one_tells_the_hub(
    publisher: WebSubPublisher, database: Database, receiver: Receiver, clock: Clock, load: Load
) -> None:
    others: list[WebSubPublisher] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        # While this one is telling, another looks whether it is to be told.
        if not others:
            others.append(make(database, receiver, clock))
            await others[0].tell_if_changed()
        return await receiver(request)

    outbound = Outbound(resolver=resolve, transport=httpx.MockTransport(answer))
    first = WebSubPublisher(database, outbound, f"https://{HUB}/", TOPICS, clock=clock)
    await first.tell_if_changed()
    await load(article("a"))
    await first.tell_if_changed()
    await publisher.tell_if_changed()
    assert (len(others), len(receiver.requests)) == (1, 1)


async def test_what_a_process_that_died_did_not_tell_another_one_tells(
    publisher: WebSubPublisher, database: Database, receiver: Receiver, clock: Clock, load: Load
) -> None:
    async def die(request: httpx.Request) -> httpx.Response:
        raise asyncio.CancelledError

    await publisher.tell_if_changed()
    await load(article("a"))
    outbound = Outbound(resolver=resolve, transport=httpx.MockTransport(die))
    with pytest.raises(asyncio.CancelledError):
        await WebSubPublisher(database, outbound, f"https://{HUB}/", TOPICS, clock=clock).tell_if_changed()
    await publisher.tell_if_changed()
    assert receiver.requests == []
    clock.move(seconds=60)
    await publisher.tell_if_changed()
    assert len(receiver.requests) == 1
