"""The stream of changes, from a real server on a real port: what it sends, how it is resumed, how it ends."""

import asyncio
import json
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from httpx import AsyncClient, Response, Timeout

from app.changes import live
from app.changes.live import Live
from app.changes.views import EVERYONE, NEWEST
from app.changes.watch import LogWatch
from app.db import Database
from app.web.freshness import Freshness
from tests.answers import bearing, get
from tests.conftest import Make
from tests.contents import accept
from tests.factories import article, article_id, draft, tag
from tests.processes import exchange, process, served, until

PATIENCE = 10


@dataclass
class Event:
    """One event as a browser sees it."""

    name: str = "message"
    id: str | None = None
    data: list[str] = field(default_factory=list)
    retry: int | None = None
    comments: list[str] = field(default_factory=list)

    @property
    def body(self) -> Any:
        return json.loads("\n".join(self.data))


async def events(answer: Response) -> AsyncIterator[Event]:
    """What the stream sends. Source: WHATWG HTML, 9.2.6."""
    event = Event()
    async for line in answer.aiter_lines():
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "" if not line:
                yield event
                event = Event()
            case "":
                event.comments.append(value)
            case "event":
                event.name = value
            case "data":
                event.data.append(value)
            case "id":
                event.id = value
            case "retry":
                event.retry = int(value)
            case _:
                raise AssertionError(line)


@asynccontextmanager
async def stream(api: AsyncClient, headers: dict[str, str] | None = None, **query: str) -> AsyncIterator[Any]:
    async with asyncio.timeout(30), api.stream("GET", "/v1/changes/stream", headers=headers, params=query) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "private, no-store"
        yield events(answer)


async def take(found: AsyncIterator[Event], count: int) -> list[Event]:
    """The next so many changes, comments left out."""
    taken: list[Event] = []
    async with asyncio.timeout(PATIENCE):
        while len(taken) < count:
            event = await anext(found)
            if event.data:
                taken.append(event)
    return taken


@pytest.fixture
def port(database_url: str) -> Iterator[int]:
    with served(database_url) as port:
        yield port


@pytest.fixture
async def wire(port: int) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=Timeout(PATIENCE)) as found:
        yield found


async def test_a_change_is_sent_as_it_happens_and_the_stream_resumes_where_it_was_left(
    wire: AsyncClient, database: Database
) -> None:
    await accept(database, article("before"))
    async with stream(wire) as found:
        first = await anext(found)
        assert (first.id, first.data, first.retry) == ("1", [], live.RETRY_MILLISECONDS)
        began = time.monotonic()
        await accept(database, tag("secret"), draft("draft"), article("flood"))
        (event,) = await take(found, 1)
        assert time.monotonic() - began < 8
    assert (event.id, event.name) == ("2", "change")
    (entry,) = (await get(wire, "/v1/changes", after=1))["items"]
    assert event.body == {name: value for name, value in entry.items() if name not in {"seq", "document"}}
    assert event.body["ref"] == article_id("flood")

    await accept(database, *(article(f"story-{n}") for n in range(250)))
    async with stream(wire, {"Last-Event-ID": "2"}, after="0") as found:
        missed = await take(found, 250)
        assert [event.id for event in missed] == [str(n) for n in range(3, 253)]
        await accept(database, article("later"))
        assert [event.id for event in await take(found, 1)] == ["253"]
    async with stream(wire, after="250") as found:
        assert [event.id for event in await take(found, 3)] == ["251", "252", "253"]


async def test_writes_by_many_while_many_follow_are_told_to_each_once_in_order(
    wire: AsyncClient, database: Database
) -> None:
    written: list[int] = []

    async def follow(after: int) -> list[int]:
        await until(lambda: len(written) >= after)
        async with stream(wire, after="0") as found:
            return [int(event.id or 0) for event in await take(found, 60)]

    async def write(name: int) -> None:
        for n in range(15):
            await accept(database, article(f"by-{name}-{n}"), draft(f"hidden-{name}-{n}"))
            written.append(name)

    *followed, _, _, _, _ = await asyncio.gather(
        *(follow(10 * n) for n in range(6)), *(write(name) for name in range(4))
    )
    assert followed == [[*range(1, 61)]] * 6


async def test_the_desk_follows_the_whole_log_with_a_key(wire: AsyncClient, database: Database, key: Make) -> None:
    headers = bearing(await key("drafts:read"))
    async with stream(wire, headers, perspective="drafts", after="0") as found:
        await accept(database, tag("secret"), draft("draft"), article("flood"))
        assert [event.body["op"] for event in await take(found, 3)] == ["created"] * 3


async def test_a_client_that_takes_nothing_holds_up_no_other(wire: AsyncClient, port: int, database: Database) -> None:
    with socket.create_connection(("127.0.0.1", port)) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1_024)
        deaf.sendall(b"GET /v1/changes/stream?after=0 HTTP/1.1\r\nHost: x\r\n\r\n")
        async with stream(wire) as found:
            await accept(database, *(article(f"story-{n}") for n in range(1_000)))
            taken = await take(found, 1_000)
        assert [event.id for event in taken] == [str(n) for n in range(1, 1_001)]


async def test_before_the_server_stops_it_sends_its_followers_away(database_url: str) -> None:
    with process(database_url) as (server, port), socket.create_connection(("127.0.0.1", port)) as waiting:
        # Asked before the streams are opened, so the server has it once they are.
        waiting.sendall(b"GET /v1/changes?wait=30 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        async with AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=Timeout(PATIENCE)) as wire:
            async with stream(wire) as found, stream(wire) as another:
                await anext(found)
                await anext(another)
                began = time.monotonic()
                server.send_signal(signal.SIGTERM)
                for one in (found, another):
                    (event,) = await take(one, 1)
                    assert (event.name, event.retry) == ("goaway", live.RETRY_MILLISECONDS)
                    assert [left async for left in one] == []
            answer = await asyncio.to_thread(waiting.makefile("rb").read)
            assert answer.endswith(b'\r\n\r\n{"items":[],"head":0}')
            code = await asyncio.to_thread(server.wait, 15)
        assert time.monotonic() - began < 8
    assert code in {0, -signal.SIGTERM}


async def test_more_streams_than_there_may_be_are_sent_away_until_one_ends(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREAMS_AT_MOST", "2")
    with served(database_url) as port:
        async with AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=Timeout(PATIENCE)) as wire:
            async with stream(wire) as found, stream(wire) as another:
                await anext(found)
                await anext(another)
                async with stream(wire) as crowded:
                    event = await anext(crowded)
                    assert (event.name, event.retry) == ("goaway", live.RETRY_WHEN_FULL_MILLISECONDS)
                    with pytest.raises(StopAsyncIteration):
                        await anext(crowded)
                assert (await wire.get("/v1/changes", params={"wait": 1})).status_code == 200
            name = "goaway"
            async with asyncio.timeout(PATIENCE):
                while name == "goaway":
                    async with stream(wire) as found:
                        name = (await anext(found)).name
            assert name == "message"


def test_the_head_of_a_stream_ends(port: int) -> None:
    found = exchange(port, b"HEAD /v1/changes/stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 5)
    assert found.startswith(b"HTTP/1.1 200")
    assert b"text/event-stream" in found


async def test_a_quiet_stream_is_heard_now_and_then(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PING_SECONDS", 0.05)
    messages = Live(database, LogWatch(database, Freshness()), 1).messages(EVERYONE, 0)
    async with asyncio.timeout(PATIENCE):
        assert [await anext(messages) for _ in range(3)] == [b"retry: 2000\nid: 0\n\n", *[b": ping\n\n"] * 2]


async def test_a_stream_of_the_desk_is_opened_anew_so_that_its_key_is_looked_at(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "DESK_STREAM_SECONDS", -1.0)
    async with asyncio.timeout(PATIENCE):
        parts = [part async for part in Live(database, LogWatch(database, Freshness()), 1).messages(NEWEST, 0)]
        assert parts[1:] == [live.GOAWAY % live.RETRY_MILLISECONDS]


async def test_a_follower_far_behind_reads_from_the_database(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "KEPT_MESSAGES", 10)
    tail = Live(database, LogWatch(database, Freshness()), 1).public
    async with asyncio.timeout(PATIENCE), tail.followed(0):
        position = 0
        for n in range(3):
            await accept(database, *(article(f"story-{n}-{m}") for m in range(30)))
            while tail.newest < 30 * (n + 1):
                await tail.wait_for_news(1)
        text = b""
        while position < 90:
            position, messages = await tail.messages_after(position)
            text += messages
        ids = [int(line[4:]) for line in text.splitlines() if line.startswith(b"id: ")]
        assert ids == [*range(1, 91)]
