"""A real server on a real port: what only the wire shows. Few tests, for each costs a process."""

import asyncio
import json
import re
import resource
import signal
import socket
import struct
import sys
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from httpx import AsyncClient, HTTPError
from sqlalchemy import select

from app.articles.models import Article
from app.changes.models import Change
from app.db import Database
from app.keys import store as keys
from app.keys.schemas import KeyIn
from app.tags.models import Tag
from tests.answers import bearing, refusal
from tests.conftest import Fresh
from tests.processes import START_SECONDS, answers, exchange, until
from tests.processes import process as process

GET = b"GET /v1/tags/city HTTP/1.1\r\n"
HOST = b"Host: dovidka.test\r\n"


@pytest.fixture(scope="module")
def port(newsroom_url: str) -> Iterator[int]:
    with process(newsroom_url) as (_, port):
        yield port


async def test_the_server_answers_as_the_application_does(port: int, newsroom: AsyncClient) -> None:
    async with AsyncClient(base_url=f"http://127.0.0.1:{port}") as wire:
        for path in ("/v1/articles?include=tags", "/v1/tags/city", "/v1/tags/nowhere"):
            ours, theirs = await newsroom.get(path), await wire.get(path)
            assert theirs.status_code == ours.status_code
            assert theirs.headers.get("etag") == ours.headers.get("etag")
            assert "server" not in theirs.headers
        head = await wire.head("/v1/articles")
        assert (head.status_code, head.content) == (200, b"")
        assert (await wire.get("/v1/tags/city")).status_code == 200


@pytest.mark.parametrize(
    ("request_bytes", "statuses"),
    [
        pytest.param(GET + b"X-Wide: " + b"x" * 256_000 + b"\r\n" + HOST, {400, 431}, id="256 kB of header"),
        pytest.param(GET + HOST + b"".join(b"x-%d: 1\r\n" % n for n in range(16_000)), {400, 431}, id="16,000 headers"),
        pytest.param(b"GET /v1/tags?x=" + b"x" * 60_000 + b" HTTP/1.1\r\n" + HOST, {400, 414}, id="60 kB of address"),
        pytest.param(GET, {400}, id="no Host"),
        pytest.param(GET + HOST + b"Host: evil.example\r\n", {400}, id="two Hosts"),
        pytest.param(GET + b"Host: evil example\r\n", {400}, id="a Host that is none"),
        pytest.param(
            GET + HOST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", {400}, id="two lengths of a body"
        ),
        pytest.param(b"GET /v1/tags/%zz HTTP/1.1\r\n" + HOST, {404}, id="broken percent-encoding"),
        pytest.param(b"GET /v1/tags/\xff HTTP/1.1\r\n" + HOST, {400, 404}, id="raw bytes in the path"),
        pytest.param(b"GET /v1/tags?x=\xd0\xba HTTP/1.1\r\n" + HOST, {400, 422}, id="raw bytes in the query"),
        pytest.param(b"\x16\x03\x01\x00\xa5\x01\r\n", {400}, id="TLS"),
    ],
)
def test_a_broken_request_is_refused_and_the_next_one_is_answered(
    port: int, request_bytes: bytes, statuses: set[int]
) -> None:
    received = exchange(port, request_bytes + b"Connection: close\r\n\r\n")
    match = re.match(rb"HTTP/1\.1 (\d+)", received)
    assert match is not None, received[:200]
    assert int(match[1]) in statuses, received[:300]
    assert received.count(b"HTTP/1.1") == 1
    assert b"Traceback" not in received
    assert answers(port)


@pytest.mark.parametrize("address", ["/v1/tags/ріка", "/v1/tags?type=ріка", "/ріка"])
def test_raw_letters_in_an_address_are_refused_as_a_problem(port: int, address: str) -> None:
    received = exchange(port, f"GET {address} HTTP/1.1\r\n".encode() + HOST + b"Connection: close\r\n\r\n")

    head, _, body = received.partition(b"\r\n\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:])
    problem = json.loads(body)
    assert head.startswith(b"HTTP/1.1 400 ")
    assert headers["content-type"] == "application/problem+json"
    assert headers["x-request-id"] == problem["request_id"]
    assert headers["content-length"] == str(len(body))
    assert (problem["status"], problem["code"]) == (400, "malformed")
    assert "percent-encoded" in problem["detail"]


@pytest.mark.parametrize(
    ("origins", "told"), [("*", "access-control-allow-origin: *"), ("https://a.example", "vary: origin")]
)
def test_pages_of_other_origins_may_read_that_a_request_is_no_http_where_all_may(
    newsroom_url: str, monkeypatch: pytest.MonkeyPatch, origins: str, told: str
) -> None:
    monkeypatch.setenv("CORS_ORIGINS", origins)
    with process(newsroom_url) as (_, port):
        received = exchange(port, "GET /ріка HTTP/1.1\r\n".encode() + HOST + b"Origin: https://b.example\r\n\r\n")

    head = received.partition(b"\r\n\r\n")[0].decode().lower().splitlines()
    assert head[0] == "http/1.1 400 bad request"
    assert [line for line in head if line.startswith(("access-control-", "vary:"))] == [told]


def test_a_second_request_cannot_hide_in_the_body_of_the_first(port: int) -> None:
    hidden = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    received = exchange(port, GET + HOST + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden)
    assert b"alive" not in received


def test_five_hundred_clients_that_hang_up_are_not_noticed_by_the_next(port: int) -> None:
    ask = b"GET /v1/articles?include=tags,sources,notes&limit=5&count=true HTTP/1.1\r\n" + HOST + b"\r\n"
    for n in range(500):
        with socket.create_connection(("127.0.0.1", port), timeout=3) as line:
            line.sendall(ask[: None if n % 5 else n % len(ask)])
    received = exchange(port, ask.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), 20)
    assert received.startswith(b"HTTP/1.1 200")


async def test_a_server_that_is_told_to_stop_answers_what_it_has_taken(newsroom_url: str) -> None:
    with process(newsroom_url) as (server, port):
        stopped = asyncio.Event()
        taken: list[int] = []
        refused: list[bool] = []

        async def ask(wire: AsyncClient) -> None:
            while not refused:
                try:
                    taken.append((await wire.get("/v1/articles?limit=100&include=notes")).status_code)
                except HTTPError:
                    refused.append(stopped.is_set())
                if len(taken) == 40:
                    stopped.set()
                    server.send_signal(signal.SIGTERM)

        async with AsyncClient(base_url=f"http://127.0.0.1:{port}") as wire:
            await asyncio.wait_for(asyncio.gather(*(ask(wire) for _ in range(8))), 15)
        code = await asyncio.to_thread(server.wait, 15)
    assert {*taken} == {200}
    assert {*refused} == {True}, "a request failed before the server was told to stop"
    assert code in {0, -signal.SIGTERM}


# --- clients that keep us waiting ---------------------------------------------------------------------------------


@pytest.fixture
async def written(sqlite: Fresh) -> AsyncIterator[tuple[str, str]]:
    """A database, and a key that writes to it."""
    with sqlite() as url:
        database = Database(url)
        made = await keys.create(database, KeyIn(name="Desk", scopes=["content:write"]), created_by=None)
        await database.close()
        yield url, made.key


def head(secret: str, length: int) -> bytes:
    """Of a request that makes a tag."""
    start = b"POST /v1/tags HTTP/1.1\r\n" + HOST + b"Connection: close\r\nContent-Type: application/json\r\n"
    return start + f"Authorization: Bearer {secret}\r\nContent-Length: {length}\r\n\r\n".encode()


def body(slug: str, length: int) -> bytes:
    return f'{{"slug": "{slug}", "type": "topic", "labels": {{"en": "Rain"}}}}'.encode().ljust(length)


async def trickle(port: int, *pieces: bytes, every: float = 1.0) -> tuple[bytes, float]:
    """(what comes back before the server closes, after how many seconds) when the pieces are sent one by one."""
    begun = time.monotonic()
    back, line = await asyncio.open_connection("127.0.0.1", port)

    async def send() -> None:
        for piece in pieces:
            line.write(piece)
            await asyncio.sleep(every)  # real time: how slow a client may be is what is tested

    sending = asyncio.create_task(send())
    try:
        received = await asyncio.wait_for(back.read(), 30)
    except ConnectionError:
        received = b""
    sending.cancel()
    line.close()
    return received, time.monotonic() - begun


# Serves as the command does; only that the patience with a slow client ends before the test grows old.
HURRIED = """
from app.web import connections
connections.PERIOD_SECONDS, connections.BODY_BYTES = 2.0, 1_000
from app.__main__ import cli
cli(["serve"])
"""


async def test_clients_that_send_next_to_nothing_are_dropped_and_delay_no_other(written: tuple[str, str]) -> None:
    url, secret = written
    whole = head(secret, 500)
    slow: list[list[bytes]] = [
        [],
        [GET[:9]],
        [GET, *[b"X-Slow: 1\r\n"] * 50],
        [whole, body("rain", 500)[:250]],
        [whole, *[b"{"] * 50],
        [whole.replace(b"Content-Length: 500", b"Transfer-Encoding: chunked"), *[b"1\r\n{\r\n"] * 50],
    ]
    pieces = [body("flood", 14_000)[n : n + 1_000] for n in range(0, 14_000, 1_000)]
    with process(url, "-c", HURRIED) as (_, port):
        dropped = asyncio.gather(*(trickle(port, *slow[n % len(slow)], every=0.2) for n in range(198)))
        steady = asyncio.create_task(trickle(port, head(secret, 14_000), *pieces, every=0.3))
        async with AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=3) as wire:
            while not dropped.done():
                assert (await wire.get("/v1/tags")).status_code == 200
                await asyncio.wait([dropped], timeout=0.2)
        ends = await dropped
        assert ({received for received, _ in ends}, max(seconds for _, seconds in ends) < 10) == ({b""}, True)
        received, seconds = await steady
        assert (received.split(b"\r\n")[0], seconds > 3.5) == (b"HTTP/1.1 201 Created", True)


def test_a_head_without_end_is_cut_off(port: int) -> None:
    sent = 0
    with socket.create_connection(("127.0.0.1", port), timeout=3) as line:
        line.sendall(GET + HOST + b"X-Wide: ")
        try:
            while sent < 2**26:
                sent += line.send(b"x" * 65_536)
        except ConnectionError:
            pass
    assert sent < 2**26
    assert answers(port)


async def test_a_server_that_is_told_to_stop_waits_for_bodies_that_are_half_sent_but_not_for_ever(
    written: tuple[str, str],
) -> None:
    url, secret = written
    half, rest = body("flood", 500)[:40], body("flood", 500)[40:]
    with process(url) as (server, port):
        finished, finishing = await asyncio.open_connection("127.0.0.1", port)
        given_up, _ = lines = await asyncio.open_connection("127.0.0.1", port)
        for line in (finishing, lines[1]):
            line.write(head(secret, 500) + half)
            await line.drain()
        assert await asyncio.to_thread(answers, port)  # and so has read what came before
        server.send_signal(signal.SIGTERM)
        await until(lambda: not answers(port))
        finishing.write(rest)
        assert (await asyncio.wait_for(finished.read(), 10)).startswith(b"HTTP/1.1 201")
        code = await asyncio.to_thread(server.wait, 15)
        assert b"HTTP/1.1 2" not in await asyncio.wait_for(given_up.read(), 10)
        for line in (finishing, lines[1]):
            line.close()
    assert code in {0, -signal.SIGTERM}
    database = Database(url)
    assert await database.reader().rows(select(Tag.slug)) == [("flood",)]
    await database.close()


async def test_clients_that_hang_up_while_they_write_leave_no_transaction_open(database_url: str) -> None:
    """One that was left open would hold the head of the log, for which all writers wait."""
    database = Database(database_url)
    secret = (await keys.create(database, KeyIn(name="Desk", scopes=["content:write"]), created_by=None)).key
    with process(database_url) as (_, port):
        for n in range(200):
            request = head(secret, 100) + body(f"rain-{n}", 100)
            with socket.create_connection(("127.0.0.1", port), timeout=3) as line:
                if n % 2:  # goes without a farewell
                    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                line.sendall(request[: None if n % 5 else n % len(request)])
        async with AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=bearing(secret), timeout=20) as wire:
            made = (
                wire.post("/v1/tags", json={"slug": f"snow-{n}", "type": "topic", "labels": {"en": "Snow"}})
                for n in range(40)
            )
            assert {answer.status_code for answer in await asyncio.wait_for(asyncio.gather(*made), 20)} == {201}
    seqs = [seq for (seq,) in await database.reader().rows(select(Change.seq))]
    assert sorted(seqs) == [*range(1, len(await database.reader().rows(select(Tag.slug))) + 1)]
    await database.close()


@pytest.mark.skipif(sys.platform != "linux", reason="prlimit is there on Linux alone")
async def test_while_the_disk_is_full_writes_are_refused_reads_go_on_and_nothing_is_half_there(
    written: tuple[str, str],
) -> None:
    """RLIMIT_FSIZE stands in for the end of the disk."""
    url, secret = written
    story = {"language": "en", "body": [{"type": "paragraph", "html": "x" * 18_000}]}
    with process(url) as (server, port):
        made: list[str] = []
        # The first write of a process waits for the dictionaries.
        headers = bearing(secret)
        async with AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=START_SECONDS) as wire:
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (2**20, resource.RLIM_INFINITY))
            while (answer := await wire.post("/v1/articles", json={**story, "headline": "Rain"})).status_code == 201:
                made.append(answer.json()["slug"])
            refusal(answer, 503, "unavailable")
            assert (await wire.get("/v1/articles")).status_code == 200
            refusal(await wire.post("/v1/articles", json={**story, "headline": "Rain"}), 503, "unavailable")
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            answer = await wire.post("/v1/articles", json={**story, "headline": "Rain"})
            made.append(answer.json()["slug"])
    database = Database(url)
    assert {slug for (slug,) in await database.reader().rows(select(Article.slug))} == {*made}
    assert len(await database.reader().rows(select(Change.seq))) == len(made) > 1
    await database.close()
