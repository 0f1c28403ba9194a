"""Deliverers that are killed at any moment: each event arrives at least once, with one id, in log order."""

import json
from pathlib import Path

from app.db import Database
from tests.conftest import Load
from tests.factories import article
from tests.processes import DELIVERING, RECEIVING, caught_up, free_port, killed_while_sending, running, until
from tests.webhooks.conftest import CreateWebhook, Receiver, deliver_to


async def test_killing_the_sender_and_the_receiver_loses_nothing(database_url: str, tmp_path: Path) -> None:
    sent, wrong = await killed_while_sending(database_url, tmp_path / "received", 5)
    assert (sent, wrong) == (60, [])


async def test_two_processes_send_each_event_once(
    database: Database, database_url: str, load: Load, create_webhook: CreateWebhook, tmp_path: Path
) -> None:
    port, file = free_port(), tmp_path / "received"
    host = f"127.0.0.1:{port}"
    begun = [tmp_path / "one", tmp_path / "other"]
    await create_webhook(url=f"http://{host}/", name="receiver")

    with (
        running(RECEIVING, str(file), str(port)),
        running(DELIVERING, database_url, host, str(begun[0])),
        running(DELIVERING, database_url, host, str(begun[1])),
    ):
        await until(lambda: [file.exists() for file in begun] == [True, True])
        for n in range(40):
            await load(article(f"a{n}"))
        await until(lambda: caught_up(database), 30)

    seqs = [json.loads(line.split(" ", 1)[1])["seq"] for line in file.read_text().splitlines()]
    assert seqs == [*range(1, 41)]


async def test_a_change_that_was_committed_while_nothing_delivered_is_sent_later(
    database: Database, load: Load, create_webhook: CreateWebhook, receiver: Receiver
) -> None:
    """Nothing can be lost between the commit and the outbox, because the log is the outbox."""
    await create_webhook()
    await load(article("flood"))
    await database.close()

    await deliver_to(database, receiver).run_once()
    assert receiver.seqs() == [1]
