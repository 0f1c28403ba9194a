"""Servers and other processes for tests, how to wait for them, and what several of them go through together: killed
while they write or send, restarted when something is due."""

import asyncio
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import uvicorn
from httpx import AsyncClient, HTTPError
from sqlalchemy import Select, select

from app.articles.models import Article
from app.changes.models import Change, Head, Object, Revision, ViewEntry
from app.db import Database, utcnow
from app.keys import store as keys
from app.keys.schemas import KeyIn
from app.web.connections import Connection
from app.web.fields import format_instant
from app.webhooks import store as webhooks
from app.webhooks.schemas import NewWebhookIn
from app.words.analysis import load_dictionaries
from tests.answers import bearing
from tests.commands import ROOT
from tests.conftest import application, bring
from tests.contents import dense, rows
from tests.factories import article, article_id, scheduled

EDITORS = 4
# So many writes, at most, before the server is killed.
ENOUGH = 10
# Changes in each round of sending.
CHANGES = 12
PATIENCE_SECONDS = 20.0
# How long the start of a server is waited for, on a machine that has other things to do.
START_SECONDS = 60.0
# How often `until` and `wait_for` look.
LOOK_SECONDS = 0.02
SERVE = ("-m", "app", "serve")


# --- waiting ----------------------------------------------------------------------------------------------------


async def until(true: Callable[[], bool | Awaitable[bool]], seconds: float = PATIENCE_SECONDS) -> None:
    """Returns as soon as it is true. Fails when it is not within so many seconds.

    With `wait_for` the only place where tests sleep for the sake of something that happens elsewhere.
    """
    deadline = time.monotonic() + seconds
    while not (is_true if isinstance(is_true := true(), bool) else await is_true):
        assert time.monotonic() < deadline, f"it did not come true within {seconds} s"
        await asyncio.sleep(LOOK_SECONDS)


def wait_for(true: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """The same where no loop runs."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"it did not come true within {seconds} s"
        time.sleep(LOOK_SECONDS)


# --- servers ----------------------------------------------------------------------------------------------------


@contextmanager
def process(url: str, *command: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """`python -m app serve` on a free port, until it answers; ended by force where the test did not end it.

    Cost: two seconds of a core. Where no process is tested, `served` does.
    """
    port = free_port()
    environment = {**os.environ, "DATABASE_URL": url, "PORT": str(port), "HOST": "127.0.0.1"}
    with subprocess.Popen(
        [sys.executable, *(command or SERVE)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as server:
        try:
            wait_for(lambda: server.poll() is not None or answers(port), START_SECONDS)
            assert server.poll() is None, server.communicate()[1].decode()
            yield server, port
        finally:
            server.kill()


@contextmanager
def served(url: str) -> Iterator[int]:
    """The port of the application on the wire, in a thread of this process. Cost: next to nothing."""
    with application(url) as app, socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            app,
            http=Connection,
            log_config=None,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            wait_for(lambda: server.started or not thread.is_alive())
            assert server.started
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def answers(port: int) -> bool:
    try:
        return exchange(port, b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").startswith(
            b"HTTP/1.1 200"
        )
    except OSError:
        return False


def exchange(port: int, request: bytes, patience: float = 3) -> bytes:
    """All that comes back before the server closes, or has nothing more to say for a moment."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=3) as line:
        line.settimeout(0.5 if b"close" not in request else patience)
        try:
            line.sendall(request)
            while data := line.recv(65_536):
                received += data
        except (TimeoutError, ConnectionError):
            pass
    return received


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
        editor = KeyIn(name="Editor", scopes=["content:write"])
        secret = (await keys.create(database, editor, created_by=None)).key
        acknowledged = Acknowledged()
        wrong: list[str] = []
        for number in range(times):
            with process(url) as (server, port):
                # The first write of a process waits for the dictionaries.
                async with AsyncClient(
                    base_url=f"http://127.0.0.1:{port}", headers=bearing(secret), timeout=START_SECONDS
                ) as wire:
                    work = [acknowledged.patch(wire, article_id(f"story-{n}")) for n in range(EDITORS)]
                    writers = asyncio.gather(*work, acknowledged.post(wire))
                    acknowledged.begun.clear()
                    begun: asyncio.Future[object] = asyncio.ensure_future(acknowledged.begun.wait())
                    ended: asyncio.Future[object] = asyncio.ensure_future(writers)
                    await asyncio.wait([begun, ended], timeout=START_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                    assert begun.done(), ended  # an exception of a writer is seen in it
                    await asyncio.sleep(random.uniform(0, 0.1))  # a real moment: anything may be half done
                    server.kill()
                    await asyncio.wait_for(writers, PATIENCE_SECONDS)
            wrong += [f"after kill {number + 1}: {fault}" for fault in await disagreements(database, acknowledged)]
        return len(acknowledged.written), wrong
    finally:
        await database.close()


async def disagreements(database: Database, acknowledged: Acknowledged) -> list[str]:
    """What was acknowledged and is not there, and what the log says otherwise than the tables."""
    wrong: list[str] = []
    states = select(Object.ref, Revision.revision, Revision.card).join(Object, Object.id == Revision.object)
    headlines = {
        (ref, revision): json.loads(card)["headline"]
        for ref, revision, card in await rows(database, states.where(Object.noun == "article"))
    }
    for ref, revision, headline in acknowledged.written:
        if headlines.get((ref, revision)) != headline:
            wrong.append(f"lost: revision {revision} of {ref}")
    log = await rows(database, select(Change.seq, Change.public_seq, Change.noun, Change.ref, Change.revision))
    log.sort()
    public = [change.public_seq for change in log if change.public_seq is not None]
    if not dense([change.seq for change in log]) or not dense(public):
        wrong.append("the numbers of the log have holes")
    heads = await rows(database, select(Head.seq, Head.public_seq))
    if [(len(log), len(public))] != [tuple(head) for head in heads]:
        wrong.append("the head does not stand at the end of the log")
    last = {(change.noun, change.ref): change.revision for change in log}
    entries = select(Object.noun, Object.ref, ViewEntry.revision).join(Object, Object.id == ViewEntry.object)
    if {(noun, ref): revision for noun, ref, revision in await rows(database, entries)} != last:
        wrong.append("what is shown is not the last of the log")
    for ref, revision, headline in await rows(database, select(Article.id, Article.revision, Article.headline)):
        if last.get(("article", ref)) != revision or headlines[ref, revision] != headline:
            wrong.append(f"the log and the row of {ref} differ")
    return wrong


# --- restarted around a due time --------------------------------------------------------------------------------


async def restarted_when_due(url: str, times: int) -> list[tuple[int, float]]:
    """Of each round: how often the article was published, and how many seconds after it was due and a process ran.

    In each round one process is killed, and another started, about the time that the article is due. Before it
    publishes for the first time, a process loads dictionaries.
    """
    await load_dictionaries()  # what is due soon is not held up by this process
    database = Database(url)
    rounds: list[tuple[int, float]] = []
    try:
        with ExitStack() as stack:
            old, _ = await asyncio.to_thread(stack.enter_context, process(url))
            for number in range(times):
                due = utcnow() + timedelta(seconds=1.5)
                slug = f"due-{number}"
                await bring(database, scheduled(slug, format_instant(due)))
                await asyncio.sleep(random.uniform(0, 0.3))  # real time: another process looks at its own clock
                starting = asyncio.create_task(asyncio.to_thread(stack.enter_context, process(url)))
                await asyncio.sleep(max(0, (due - utcnow()).total_seconds() + random.uniform(-0.4, 0.2)))  # likewise
                old.kill()
                old, _ = await starting
                runs = max(due, utcnow())
                published = select(Change.at).where(Change.ref == article_id(slug), Change.op == "published")

                async def is_published(published: Select[datetime] = published) -> bool:
                    return bool(await rows(database, published))

                await until(is_published, START_SECONDS)
                await asyncio.sleep(1.3)  # likewise: nothing may come twice
                at = await rows(database, published)
                rounds.append((len(at), max((change.at - runs).total_seconds() for change in at) if at else 99.0))
        return rounds
    finally:
        await database.close()


# --- killed while sending ---------------------------------------------------------------------------------------

# Delivers as a server does; only that a hold ends, and a try is repeated, before the test grows old. Makes the files
# that it is named, to say that it begins.
DELIVERING = """
import asyncio, sys
from datetime import datetime, timedelta
from pathlib import Path
from app.db import Database
from app.outbound import Outbound
from app.webhooks import deliver
deliver.CLAIM_DURATION = timedelta(seconds=1)
deliver.POLL_SECONDS = 0.05
deliver.RETRY_DELAYS = (timedelta(seconds=0.2),) * 200
for name in sys.argv[3:]:
    Path(name).touch()
asyncio.run(deliver.Deliverer(Database(sys.argv[1]), Outbound(frozenset([sys.argv[2]]))).run())
"""
# Writes down what it is sent, and only then answers.
RECEIVING = """
import os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(length := int(self.headers["content-length"]))
        if len(body) < length:  # the sender was killed
            return
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
    killable = Killable(*arguments)
    try:
        yield killable
    finally:
        killable.kill()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


async def caught_up(database: Database) -> bool:
    """Whether all webhooks have been sent all there is."""
    lags = [webhook.lag for webhook in await webhooks.all_webhooks(database.reader())]
    assert lags
    return not any(lags)


async def killed_while_sending(url: str, file: Path, times: int) -> tuple[int, list[str]]:
    """(how many events there were, what is wrong with those that the receiver wrote into the file).

    In each round articles are changed, and then the sender, the receiver or both are killed and begun again.
    """
    database, port = Database(url), free_port()
    place, written = f"127.0.0.1:{port}", 0
    webhook = {"name": "receiver", "url": f"http://{place}/", "after": 0}
    try:
        await webhooks.create(database, NewWebhookIn.model_validate(webhook))
        with running(DELIVERING, url, place) as sender, running(RECEIVING, str(file), str(port)) as receiver:
            for _ in range(times):
                for _ in range(CHANGES):
                    written += 1
                    await bring(database, article(f"a{written % 25}", headline=f"Headline {written}"))
                await asyncio.sleep(random.uniform(0, 0.8))  # a real moment: anything may be half sent
                for killed in random.choice([(sender,), (receiver,), (sender, receiver)]):
                    await asyncio.to_thread(killed.kill)
                    killed.begin()
            await until(lambda: caught_up(database), PATIENCE_SECONDS * 3)
    finally:
        await database.close()
    return written, missent((await asyncio.to_thread(file.read_text)).splitlines(), written)


def missent(lines: list[str], written: int) -> list[str]:
    """What is wrong with the events in these lines, where there were so many."""
    events = [(id, body, json.loads(body)["seq"]) for id, body in (line.split(" ", 1) for line in lines)]
    seqs = [seq for _, _, seq in events]
    wrong = [f"event {seq} is missing" for seq in range(1, written + 1) if seq not in {*seqs}]
    for seq in {*seqs}:
        forms = {(id, body) for id, body, number in events if number == seq}
        wrong += [f"event {seq} came in {len(forms)} forms"] if len(forms) > 1 else []
    # What comes again was the last before: nothing goes back further.
    wrong += [f"event {earlier} came before event {later}" for earlier, later in pairwise(seqs) if later < earlier]
    return wrong
