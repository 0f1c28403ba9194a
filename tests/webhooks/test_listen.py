"""`listen` sends what a server publishes to a program on this machine, signed as a webhook is."""

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest
from typer.testing import Result

from app.changes import feed
from app.db import Database, utcnow
from tests.commands import invoke
from tests.contents import accept
from tests.factories import article, draft
from tests.processes import served
from tests.webhooks.test_deliver import verified


@pytest.fixture
def url(database_url: str) -> Iterator[str]:
    with served(database_url) as port:
        yield f"http://127.0.0.1:{port}"


@contextmanager
def program(status: int = 200) -> Iterator[tuple[str, list[httpx.Request]]]:
    """A program that answers all it is sent with the status: its address, and the requests it got."""
    requests: list[httpx.Request] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            requests.append(httpx.Request("POST", f"http://local{self.path}", headers=dict(self.headers), content=body))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Writes no log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", requests
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def listen(*arguments: str) -> Result:
    return await asyncio.to_thread(invoke, "", "listen", *arguments, "--once")


async def test_each_public_change_is_sent_in_order_and_signed(url: str, database: Database) -> None:
    await accept(database, article("flood"), draft("secret"), article("ebb"))
    with program() as (to, requests):
        result = await listen(url, "--forward-to", to, "--after", "0")

    secret = re.findall(r"whsec_\S+", result.stdout)[0]
    async with httpx.AsyncClient(base_url=url) as client:
        entries = (await client.get("/v1/changes")).json()["items"]
    for entry in entries:
        del entry["document"]
    assert [json.loads(request.content) for request in requests] == entries != []
    assert all(verified(secret, request) for request in requests)
    assert {request.url.path for request in requests} == {"/hook"}
    assert f"1 article.{entries[0]['op']} {entries[0]['ref']} → 200" in result.stdout


async def test_it_begins_now_and_signs_with_the_secret_it_is_given(url: str, database: Database) -> None:
    await accept(database, article("flood"))
    with program() as (to, requests):
        result = await listen(url, "--forward-to", to, "--secret", "whsec_c2VjcmV0")
    assert (result.exit_code, requests) == (0, [])
    assert "behind position 1" in result.stdout
    assert "whsec_c2VjcmV0" in result.stdout


async def test_what_is_not_taken_is_told_of_and_the_next_is_sent(url: str, database: Database) -> None:
    await accept(database, article("flood"), article("ebb"))
    with program(status=500) as (to, requests):
        refused = await listen(url, "--forward-to", to, "--after", "0")
    away = await listen(url, "--forward-to", to, "--after", "0")
    assert len(requests) == 2
    assert refused.stdout.count("→ 500") == 2
    assert away.stdout.count("→ not sent: ") == 2


async def test_it_goes_on_where_the_log_was_trimmed(url: str, database: Database) -> None:
    await accept(database, article("flood"), article("ebb"))
    assert await feed.trim(database, utcnow() + timedelta(days=1))
    with program() as (to, requests):
        result = await listen(url, "--forward-to", to, "--after", "0")
    assert (result.exit_code, requests) == (0, [])
    assert "no longer reaches back to position 0" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("http://localhost:1", "--forward-to", "localhost:3000"),
        ("localhost:1", "--forward-to", "http://localhost:3000"),
        ("http://localhost:1", "--forward-to", "http://localhost:3000", "--secret", "whsec_!"),
        ("http://localhost:1", "--forward-to", "http://localhost:3000", "--after", "-1"),
    ],
)
def test_wrong_usage_is_refused(arguments: tuple[str, ...]) -> None:
    assert invoke("", "listen", *arguments).exit_code == 2


def test_a_server_that_does_not_answer_is_named() -> None:
    result = invoke("", "listen", "http://localhost:1", "--forward-to", "http://localhost:2")
    assert result.exit_code == 1
    assert "http://localhost:1" in result.stderr
