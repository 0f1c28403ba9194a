"""Processes that are killed at any moment: each event arrives at least once, under one id, in the order of the log."""

import asyncio
import json
from pathlib import Path

import httpx

from app.db import Database
from app.outbound import Outbound
from app.webhooks.deliver import Deliverer
from tests.conftest import Load
from tests.factories import article
from tests.processes import DELIVERING, RECEIVING, caught_up, free_port, killed_while_sending, running
from tests.webhooks.conftest import Hook, Receiver, resolve, until


async def test_killing_the_sender_and_the_receiver_loses_nothing(database_url: str, tmp_path: Path) -> None:
    sent, wrong = await killed_while_sending(database_url, tmp_path / "received", 5)
    assert (sent, wrong) == (60, [])


async def test_two_processes_send_each_event_once(
    database: Database, database_url: str, load: Load, hook: Hook, tmp_path: Path
) -> None:
    port, file = free_port(), tmp_path / "received"
    place = f"127.0.0.1:{port}"
    await hook(url=f"http://{place}/", name="receiver")

    with (
        running(RECEIVING, str(file), str(port)),
        running(DELIVERING, database_url, place),
        running(DELIVERING, database_url, place),
    ):
        await asyncio.sleep(1)
        for n in range(40):
            await load(article(f"a{n}"))
        await until(lambda: caught_up(database), 30)

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
