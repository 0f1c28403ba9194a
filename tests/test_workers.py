"""`serve --workers`: several processes behind one port. Few tests, for each costs three processes."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from httpx import AsyncClient, Limits
from sqlalchemy import select

from app.articles.models import Article
from app.changes.models import Change
from app.db import Database, utcnow
from app.keys import store as keys
from app.keys.schemas import KeyIn
from app.web.fields import format_instant
from tests.answers import bearing
from tests.conftest import Fresh, bring
from tests.contents import dense, rows
from tests.factories import article_id, scheduled
from tests.processes import SERVE, answers, process, until
from tests.test_metrics import values

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds the workers in /proc")
WORKERS = (*SERVE, "--workers", "2")
# A connection for each request, so that both workers are asked; few at a time, so that no writer waits for long.
NEW_CONNECTIONS = Limits(max_connections=4, max_keepalive_connections=0)


def children(pid: int) -> set[int]:
    """The processes that serve below this one; the last part of the parent's name for those it began otherwise."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            command = stat.with_name("cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z" and b"spawn_main" in command:
            found.add(int(stat.parent.name))
    return found


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def secret_of(database: Database) -> str:
    new = KeyIn(name="Desk", scopes=["content:write", "webhooks"])
    return (await keys.create(database, new, created_by=None)).key


async def test_two_workers_write_to_one_database_and_what_is_due_happens_once(fresh: Fresh) -> None:
    with fresh() as url:
        database = Database(url)
        secret = await secret_of(database)
        with process(url, *WORKERS) as (server, port):
            assert len(children(server.pid)) == 2
            await bring(database, *(scheduled(f"due-{n}", format_instant(utcnow())) for n in range(5)))
            async with AsyncClient(
                base_url=f"http://127.0.0.1:{port}", headers=bearing(secret), limits=NEW_CONNECTIONS, timeout=30
            ) as wire:
                made = [wire.post("/v1/articles", json={"language": "en", "headline": f"No {n}"}) for n in range(60)]
                assert {answer.status_code for answer in await asyncio.gather(*made)} == {201}
                measured = values(await wire.get("/metrics"))
            due = [article_id(f"due-{n}") for n in range(5)]
            statement = select(Change.ref).where(Change.op == "published", Change.ref.in_(due))

            async def all_published() -> bool:
                return len(await rows(database, statement)) >= len(due)

            await until(all_published)
        assert sorted(ref for (ref,) in await rows(database, statement)) == sorted(due)
        assert len(await rows(database, select(Article.id))) == 65
        assert dense(sorted(seq for (seq,) in await rows(database, select(Change.seq))))
        name = 'dovidka_request_seconds_count{cache="bypass",operation="create_article",status="2xx"}'
        assert measured[name] == 60, "one worker's metrics are not those of all"
        await database.close()


async def test_a_worker_that_dies_is_begun_anew(sqlite: Fresh) -> None:
    with sqlite() as url, process(url, *WORKERS) as (server, port):
        before = children(server.pid)
        os.kill(victim := min(before), signal.SIGKILL)
        await until(lambda: len(children(server.pid) - {victim}) == 2)
        assert answers(port)
        assert len(children(server.pid) & before) == 1


async def test_workers_that_are_told_to_stop_send_streams_away_and_answer_what_they_have_taken(sqlite: Fresh) -> None:
    with sqlite() as url:
        database = Database(url)
        secret = await secret_of(database)
        await database.close()
        with process(url, *WORKERS) as (server, port):
            workers = children(server.pid)
            body = b'{"slug": "rain", "type": "topic", "labels": {"en": "Rain"}}'
            head = (
                f"POST /v1/tags HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\nConnection: close\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            answer, half = await asyncio.open_connection("127.0.0.1", port)
            half.write(head.encode() + body[:20])
            streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(4)]
            for stream, line in streams:
                line.write(b"GET /v1/changes/stream HTTP/1.1\r\nHost: x\r\n\r\n")
                assert b"retry:" in await asyncio.wait_for(stream.readuntil(b"retry:"), 10)
            server.send_signal(signal.SIGTERM)
            for stream, line in streams:
                assert b"event: goaway" in await asyncio.wait_for(stream.read(), 10)
                line.close()
            half.write(body[20:])
            assert (await asyncio.wait_for(answer.read(), 10)).startswith(b"HTTP/1.1 201")
            half.close()
            assert await asyncio.to_thread(server.wait, 15) == 0
        assert not [pid for pid in workers if is_alive(pid)]


async def test_workers_whose_parent_was_killed_stop(sqlite: Fresh) -> None:
    with sqlite() as url, process(url, *WORKERS) as (server, port):
        workers = children(server.pid)
        server.kill()
        await until(lambda: not [pid for pid in workers if is_alive(pid)])
        assert not answers(port)
