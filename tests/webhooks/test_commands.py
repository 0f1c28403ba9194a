"""`python -m app deliveries …`: what it prints, on which stream, and its exit codes."""

import asyncio

import pytest
from httpx import MockTransport
from typer.testing import Result

from app.db import Database
from app.outbound import Outbound
from app.webhooks import deliveries
from app.webhooks import store as webhooks
from app.webhooks.deliver import Deliverer
from app.webhooks.schemas import NewWebhookIn
from tests.commands import invoke, program
from tests.conftest import Fresh, Load
from tests.factories import article
from tests.webhooks.conftest import CreateWebhook, Receiver, resolve, state


async def run(url: str, *arguments: str) -> Result:
    return await asyncio.to_thread(invoke, url, "deliveries", *arguments)


@pytest.fixture
def _commands_reach_receiver(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = {"resolver": resolve, "transport": MockTransport(receiver)}
    monkeypatch.setattr(Outbound.__init__, "__kwdefaults__", defaults)


@pytest.mark.usefixtures("_commands_reach_receiver")
async def test_webhooks_and_their_deliveries_are_listed_and_sent_again(
    database: Database,
    database_url: str,
    load: Load,
    create_webhook: CreateWebhook,
    deliverer: Deliverer,
    receiver: Receiver,
) -> None:
    webhook = await create_webhook(name="Cache [1]")
    await load(article("flood"), article("ebb"))
    receiver.answers["one.example"] = [204, 500, 204, 500]
    await deliverer.run_once()

    listed = await run(database_url, "list")
    assert listed.exit_code == 0, listed.stderr
    _, line = listed.stdout.splitlines()
    for text in (webhook.id, "Cache [1]", webhook.url, "failed 1 times, next try 20"):
        assert text in line
    shown = await run(database_url, "show", webhook.id)
    first, second = (line.rstrip() for line in shown.stdout.splitlines()[1:])
    assert first.split()[1:3] == ["2", "1"]
    assert first.endswith("status 500")
    assert second.endswith("delivered 204")
    assert (await run(database_url, "show", webhook.id, "--dead")).stdout.count("\n") == 1

    replayed = await run(database_url, "replay", webhook.id, "--after", "0")
    assert (replayed.exit_code, replayed.stdout) == (0, "")
    assert (await state(database, webhook.id)).position == 0

    delivered, failed = await run(database_url, "test", webhook.id), await run(database_url, "test", webhook.id)
    assert (delivered.exit_code, delivered.stdout) == (0, "")
    assert delivered.stderr.startswith("delivered 204, in ")
    assert (failed.exit_code, failed.stdout) == (1, "")
    assert failed.stderr.startswith("status 500, in ")
    for result in (listed, shown, replayed, delivered, failed):
        assert webhook.secret[6:] not in result.stdout + result.stderr
    assert len(await deliveries.newest(database.reader(), webhook.id, limit=9)) == 4


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["show", "nobody"], 1, "error: There is no webhook 'nobody'."),
        (["test", "nobody"], 1, "error: There is no webhook 'nobody'."),
        (["replay", "nobody", "--after", "0"], 1, "error: There is no webhook 'nobody'."),
        (["replay", "nobody"], 2, "--after"),
        (["replay", "nobody", "--after", "-1"], 2, "--after"),
        (["show"], 2, "Missing argument"),
    ],
)
async def test_an_impossible_command_is_refused_with_a_clear_sentence(
    sqlite: Fresh, arguments: list[str], code: int, message: str
) -> None:
    with sqlite() as url:
        result = await run(url, *arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr


@pytest.mark.usefixtures("_commands_reach_receiver")
async def test_a_refused_address_is_explained_by_the_setting_that_could_allow_it(
    database_url: str, create_webhook: CreateWebhook, receiver: Receiver
) -> None:
    webhook = await create_webhook(url="http://inside.example/hook")

    result = await run(database_url, "test", webhook.id)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("not-allowed, in ")
    assert "WEBHOOK_ALLOWED_HOSTS" in result.stderr
    assert receiver.requests == []


async def test_a_database_without_our_tables_is_not_touched(empty_database_url: str) -> None:
    result = await run(empty_database_url, "list")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "python -m app migrate" in result.stderr


async def test_each_command_is_a_program(sqlite: Fresh) -> None:
    with sqlite() as url:
        database = Database(url)
        webhook = await webhooks.create(database, NewWebhookIn(name="Cache", url="https://one.example/hook"))
        await database.close()
        results = [
            await asyncio.to_thread(program, url, "deliveries", *arguments)
            for arguments in (
                ["test", webhook.id],
                ["list"],
                ["show", webhook.id],
                ["replay", webhook.id, "--after", "0"],
            )
        ]

    assert [(result.returncode, result.stdout.count("\n"), result.stderr.count("\n")) for result in results] == [
        (1, 0, 1),
        (0, 2, 0),
        (0, 2, 0),
        (0, 0, 1),
    ]
