"""What several processes go through together: killed while they write or send, restarted when something is due."""

import asyncio
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from httpx import AsyncClient, HTTPError
from sqlalchemy import select

from app.articles.models import Article
from app.changes.models import Change, Head, Revision, Shown
from app.db import Database, utcnow
from app.keys import store as keys
from app.keys.schemas import KeyIn
from app.web.fields import show_instant
from app.webhooks import store as webhooks
from app.webhooks.schemas import NewWebhookIn
from tests.answers import bearing
from tests.conftest import bring
from tests.contents import dense, rows
from tests.factories import article, article_id, scheduled
from tests.test_server import ROOT, process

EDITORS = 4
# So many writes, at most, before the server is killed.
ENOUGH = 10
# Changes in each round of sending.
CHANGES = 12
PATIENCE_SECONDS = 20.0


# --- killed while writing ---------------------------------------------------------------------------------------


@dataclass
class Acknowledged:
    """What the server said it had written: the revision and headline of an article."""

    written: list[tuple[str, int, str]] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, ref: str, revision: int, headline: str) -> None:
        self.written.append((ref, revision, headline))
        if len(self.written) % ENOUGH == 0:
            self.begun.set()

    async def patch(self, wire: AsyncClient, ref: str) -> None:
        """Changes the article again and again, until the server is gone."""
        for number in itertools.count():
            headline = f"{ref} {number} {random.random()}"
            try:
                answer = await wire.patch(f"/v1/articles/{ref}", json={"headline": headline}, headers={"If-Match": "*"})
            except HTTPError:
                return
            assert answer.status_code == 200, answer.text
            self.note(ref, answer.json()["revision"], headline)

    async def post(self, wire: AsyncClient) -> None:
        """Writes new articles, until the server is gone."""
        while True:
            headline = f"A new one {random.random()}"
            try:
                answer = await wire.post("/v1/articles", json={"language": "en", "headline": headline})
            except HTTPError:
                return
            assert answer.status_code == 201, answer.text
            self.note(answer.json()["id"], 1, headline)


async def killed_while_writing(url: str, times: int) -> tuple[int, list[str]]:
    """(how many writes were acknowledged, what is wrong afterwards). A server is killed and started so many times."""
    database = Database(url)
    try:
        await bring(database, *(article(f"story-{n}") for n in range(EDITORS)))
        wanted = KeyIn(name="Editor", scopes=["content:write"])
        secret = (await keys.create(database, wanted, created_by=None)).key
        acknowledged = Acknowledged()
        wrong: list[str] = []
        for number in range(times):
            with process(url) as (server, port):
                async with AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=bearing(secret)) as wire:
                    work = [acknowledged.patch(wire, article_id(f"story-{n}")) for n in range(EDITORS)]
                    writers = asyncio.gather(*work, acknowledged.post(wire))
                    acknowledged.begun.clear()
                    await asyncio.wait_for(acknowledged.begun.wait(), PATIENCE_SECONDS)
                    await asyncio.sleep(random.uniform(0, 0.1))
                    server.kill()
                    await asyncio.wait_for(writers, PATIENCE_SECONDS)
            wrong += [f"after kill {number + 1}: {one}" for one in await disagreements(database, acknowledged)]
        return len(acknowledged.written), wrong
    finally:
        await database.close()


async def disagreements(database: Database, acknowledged: Acknowledged) -> list[str]:
    """What was acknowledged and is not there, and what the log says otherwise than the tables."""
    wrong: list[str] = []
    kept = {
        (ref, revision): json.loads(document)
        for ref, revision, document in await rows(
            database, select(Revision.ref, Revision.revision, Revision.document).where(Revision.noun == "article")
        )
    }
    for ref, revision, headline in acknowledged.written:
        if kept.get((ref, revision), {}).get("headline") != headline:
            wrong.append(f"lost: revision {revision} of {ref}")
    log = await rows(database, select(Change.seq, Change.public_seq, Change.noun, Change.ref, Change.revision))
    log.sort()
    public = [one.public_seq for one in log if one.public_seq is not None]
    if not dense([one.seq for one in log]) or not dense(public):
        wrong.append("the numbers of the log have holes")
    if [(len(log), len(public))] != [tuple(one) for one in await rows(database, select(Head.seq, Head.public_seq))]:
        wrong.append("the head does not stand at the end of the log")
    last = {(one.noun, one.ref): one.revision for one in log}
    shown = {
        (one.noun, one.ref): one.revision for one in await rows(database, select(Shown.noun, Shown.ref, Shown.revision))
    }
    if shown != last:
        wrong.append("what is shown is not the last of the log")
    for ref, revision, headline in await rows(database, select(Article.id, Article.revision, Article.headline)):
        if last.get(("article", ref)) != revision or kept[ref, revision]["headline"] != headline:
            wrong.append(f"the log and the row of {ref} differ")
    return wrong


# --- restarted around a due time --------------------------------------------------------------------------------


async def restarted_when_due(url: str, times: int) -> list[tuple[int, float]]:
    """Of each round: how often the article was published, and how many seconds after it was due and a process ran.

    In each round one process is killed, and another started, about the time that the article is due.
    """
    database = Database(url)
    found: list[tuple[int, float]] = []
    try:
        with ExitStack() as stack:
            old, _ = await asyncio.to_thread(stack.enter_context, process(url))
            for number in range(times):
                due = utcnow() + timedelta(seconds=1.5)
                slug = f"due-{number}"
                await bring(database, scheduled(slug, show_instant(due)))
                await asyncio.sleep(random.uniform(0, 0.8))
                starting = asyncio.create_task(asyncio.to_thread(stack.enter_context, process(url)))
                await asyncio.sleep(max(0, (due - utcnow()).total_seconds() + random.uniform(-0.4, 0.2)))
                old.kill()
                old, _ = await starting
                runs = max(due, utcnow())
                await asyncio.sleep(1.3)
                at = await rows(
                    database, select(Change.at).where(Change.ref == article_id(slug), Change.op == "published")
                )
                found.append((len(at), max((one.at - runs).total_seconds() for one in at) if at else 99.0))
        return found
    finally:
        await database.close()


# --- killed while sending ---------------------------------------------------------------------------------------

# Delivers as a server does; only that a hold ends, and a try is repeated, before the test grows old.
DELIVERING = """
import asyncio, sys
from datetime import timedelta
from app.db import Database
from app.outbound import Outbound
from app.webhooks import deliver
deliver.HOLD = timedelta(seconds=1)
deliver.POLL_SECONDS = 0.05
deliver.WAITS = (timedelta(seconds=0.2),) * 200
asyncio.run(deliver.Deliverer(Database(sys.argv[1]), Outbound(frozenset([sys.argv[2]]))).run())
"""
# Writes down what it is sent, and only then answers.
RECEIVING = """
import os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        line = self.headers["webhook-id"].encode() + b" " + body + b"\\n"
        os.write(out, line)
        self.send_response(204)
        self.end_headers()
    def log_message(self, *_):
        pass
out = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
HTTPServer.allow_reuse_address = True
HTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()
"""


class Killable:
    """A process that is begun again each time it was killed."""

    def __init__(self, script: str, *arguments: str) -> None:
        self.command = [sys.executable, "-c", script, *arguments]
        self.begin()

    def begin(self) -> None:
        self.process = subprocess.Popen(
            self.command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextmanager
def running(*arguments: str) -> Iterator[Killable]:
    found = Killable(*arguments)
    try:
        yield found
    finally:
        found.kill()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


async def caught_up(database: Database) -> bool:
    """Whether all webhooks have been sent all there is."""
    return not any(one.lag for one in await webhooks.everything(database.reader()))


async def killed_while_sending(url: str, file: Path, times: int) -> tuple[int, list[str]]:
    """(how many events there were, what is wrong with those that the receiver wrote into the file).

    In each round articles are changed, and then the sender, the receiver or both are killed and begun again.
    """
    database, port = Database(url), free_port()
    place, written = f"127.0.0.1:{port}", 0
    wanted = {"name": "receiver", "url": f"http://{place}/", "after": 0}
    try:
        await webhooks.create(database, NewWebhookIn.model_validate(wanted))
        with running(DELIVERING, url, place) as sender, running(RECEIVING, str(file), str(port)) as receiver:
            for _ in range(times):
                for _ in range(CHANGES):
                    written += 1
                    await bring(database, article(f"a{written % 25}", headline=f"Headline {written}"))
                await asyncio.sleep(random.uniform(0, 0.8))
                for one in random.choice([(sender,), (receiver,), (sender, receiver)]):
                    await asyncio.to_thread(one.kill)
                    one.begin()
            async with asyncio.timeout(PATIENCE_SECONDS * 3):
                while not await caught_up(database):  # noqa: ASYNC110 - it happens in other processes
                    await asyncio.sleep(0.05)
    finally:
        await database.close()
    return written, missent((await asyncio.to_thread(file.read_text)).splitlines(), written)


def missent(lines: list[str], written: int) -> list[str]:
    """What is wrong with the events in these lines, where there were so many."""
    told = [(id, body, json.loads(body)["seq"]) for id, body in (line.split(" ", 1) for line in lines)]
    seqs = [seq for _, _, seq in told]
    wrong = [f"event {seq} is missing" for seq in range(1, written + 1) if seq not in {*seqs}]
    for seq in {*seqs}:
        forms = {(id, body) for id, body, one in told if one == seq}
        wrong += [f"event {seq} came in {len(forms)} forms"] if len(forms) > 1 else []
    # What comes again was the last before: nothing goes back further.
    wrong += [f"event {earlier} came before event {later}" for earlier, later in pairwise(seqs) if later < earlier]
    return wrong
