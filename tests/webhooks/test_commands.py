"""`python -m app deliveries …`: what it prints where, and what it exits with."""

import asyncio

import pytest
from httpx import MockTransport
from typer.testing import Result

from app.db import Database
from app.outbound import Outbound
from app.webhooks import store as webhooks
from app.webhooks.deliver import Deliverer
from app.webhooks.schemas import NewWebhookIn
from tests.commands import invoke, program
from tests.conftest import Fresh, Load
from tests.factories import article
from tests.webhooks.conftest import Hook, Receiver, resolve, state


async def run(url: str, *arguments: str) -> Result:
    return await asyncio.to_thread(invoke, url, "deliveries", *arguments)


async def test_webhooks_and_their_tries_are_listed_and_sent_again(
    database: Database,
    database_url: str,
    load: Load,
    hook: Hook,
    deliverer: Deliverer,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Outbound.__init__, "__kwdefaults__", {"resolve": resolve, "wire": MockTransport(receiver)})
    made = await hook(name="Cache [1]")
    await load(article("flood"), article("ebb"))
    receiver.answers["one.example"] = [204, 500, 204, 500]
    await deliverer.settled()

    listed = await run(database_url, "list")
    assert listed.exit_code == 0, listed.stderr
    _, line = listed.stdout.splitlines()
    for told in (made.id, "Cache [1]", made.url, "failed 1 times, next try 20"):
        assert told in line
    shown = await run(database_url, "show", made.id)
    first, second = (line.rstrip() for line in shown.stdout.splitlines()[1:])
    assert first.split()[1:3] == ["2", "1"]
    assert first.endswith("status 500")
    assert second.endswith("delivered 204")
    assert (await run(database_url, "show", made.id, "--dead")).stdout.count("\n") == 1

    again = await run(database_url, "replay", made.id, "--after", "0")
    assert (again.exit_code, again.stdout) == (0, "")
    assert (await state(database, made.id)).position == 0

    tested, failed = await run(database_url, "test", made.id), await run(database_url, "test", made.id)
    assert (tested.exit_code, tested.stdout, tested.stderr.startswith("delivered 204, in ")) == (0, "", True)
    assert (failed.exit_code, failed.stdout, failed.stderr.startswith("status 500, in ")) == (1, "", True)
    for one in (listed, shown, again, tested, failed):
        assert made.secret[6:] not in one.stdout + one.stderr
    assert len(await webhooks.deliveries(database.reader(), made.id, limit=9)) == 4


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["show", "nobody"], 1, "error: There is no webhook 'nobody'."),
        (["test", "nobody"], 1, "error: There is no webhook 'nobody'."),
        (["replay", "nobody", "--after", "0"], 1, "error: There is no webhook 'nobody'."),
        (["replay", "nobody"], 2, "--after"),
        (["replay", "nobody", "--after", "-1"], 2, "--after"),
        (["show"], 2, "Missing argument"),
    ],
)
async def test_what_cannot_be_is_refused_with_a_clear_sentence(
    sqlite: Fresh, arguments: list[str], code: int, told: str
) -> None:
    with sqlite() as url:
        found = await run(url, *arguments)
    assert (found.exit_code, found.stdout) == (code, "")
    assert told in found.stderr


async def test_a_host_that_only_the_server_may_reach_is_told_of(
    database: Database, database_url: str, hook: Hook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Outbound.__init__, "__kwdefaults__", {"resolve": resolve, "wire": MockTransport(receiver)})
    made = await hook(url="http://inside.example/hook")

    found = await run(database_url, "test", made.id)
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr.startswith("not-allowed, in ")
    assert "WEBHOOK_ALLOWED_HOSTS" in found.stderr
    assert receiver.got == []


async def test_a_database_without_our_tables_is_not_touched(empty_database_url: str) -> None:
    found = await run(empty_database_url, "list")
    assert (found.exit_code, found.stdout) == (3, "")
    assert "python -m app migrate" in found.stderr


async def test_each_command_is_a_program(sqlite: Fresh) -> None:
    with sqlite() as url:
        database = Database(url)
        made = await webhooks.create(database, NewWebhookIn(name="Cache", url="https://one.example/hook"))
        await database.close()
        done = [
            await asyncio.to_thread(program, url, "deliveries", *arguments)
            for arguments in (["test", made.id], ["list"], ["show", made.id], ["replay", made.id, "--after", "0"])
        ]

    assert [(one.returncode, one.stdout.count("\n"), one.stderr.count("\n")) for one in done] == [
        (1, 0, 1),
        (0, 2, 0),
        (0, 2, 0),
        (0, 0, 1),
    ]
