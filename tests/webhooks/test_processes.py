"""Processes that are killed at any moment: each event arrives at least once, under one id, in the order of the log."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from random import Random

import httpx

from app.db import Database
from app.outbound import Outbound
from app.webhooks import store as webhooks
from app.webhooks.deliver import Deliverer
from tests.conftest import Load
from tests.factories import article
from tests.webhooks.conftest import Hook, Receiver, resolve, until

ROOT = Path(__file__).parent.parent.parent
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
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


async def test_killing_the_sender_and_the_receiver_loses_nothing(
    database: Database, database_url: str, load: Load, hook: Hook, tmp_path: Path
) -> None:
    chance, port, file = Random(7), free_port(), tmp_path / "received"
    place = f"127.0.0.1:{port}"
    await hook(url=f"http://{place}/", name="receiver")
    written = 0

    async def done() -> bool:
        return not any(one.lag for one in await webhooks.everything(database.reader()))

    with running(DELIVERING, database_url, place) as sender, running(RECEIVING, str(file), str(port)) as receiver:
        for _ in range(5):
            for _ in range(12):
                written += 1
                await load(article(f"a{written % 25}", headline=f"Headline {written}"))
            await asyncio.sleep(chance.uniform(0, 0.8))
            for one in chance.choice([(sender,), (receiver,), (sender, receiver)]):
                await asyncio.to_thread(one.kill)
                one.begin()
        await until(done, 60)

    lines = [line.split(" ", 1) for line in file.read_text().splitlines()]
    seqs = [json.loads(body)["seq"] for _, body in lines]
    bodies: dict[str, set[str]] = {}
    for id, body in lines:
        bodies.setdefault(id, set()).add(body)
    assert {*seqs} == {*range(1, written + 1)}
    assert len(bodies) == written
    assert all(len(one) == 1 for one in bodies.values())
    assert [*dict.fromkeys(seqs)] == sorted({*seqs})
    # What comes again was the last before: nothing goes back further.
    assert all(later >= earlier for earlier, later in pairwise(seqs))


async def test_two_processes_send_each_event_once(
    database: Database, database_url: str, load: Load, hook: Hook, tmp_path: Path
) -> None:
    port, file = free_port(), tmp_path / "received"
    place = f"127.0.0.1:{port}"
    await hook(url=f"http://{place}/", name="receiver")

    async def done() -> bool:
        return not any(one.lag for one in await webhooks.everything(database.reader()))

    with (
        running(RECEIVING, str(file), str(port)),
        running(DELIVERING, database_url, place),
        running(DELIVERING, database_url, place),
    ):
        await asyncio.sleep(1)
        for n in range(40):
            await load(article(f"a{n}"))
        await until(done, 30)

    seqs = [json.loads(line.split(" ", 1)[1])["seq"] for line in file.read_text().splitlines()]
    assert seqs == [*range(1, 41)]


async def test_what_was_committed_before_anybody_delivered_is_sent_by_the_next_who_does(
    database: Database, load: Load, hook: Hook, receiver: Receiver
) -> None:
    """RELIABILITY.md 60: there is no moment between the commit and the outbox, for the log is the outbox."""
    await hook()
    await load(article("flood"))
    await database.close()

    await Deliverer(database, Outbound(resolve=resolve, wire=httpx.MockTransport(receiver))).settled()
    assert receiver.seqs() == [1]
