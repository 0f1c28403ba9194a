"""`python -m app deliveries …`: what it prints where, and what it exits with."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.db import Database
from app.webhooks import store as webhooks
from app.webhooks.deliver import Deliverer
from tests.conftest import Fresh, Load
from tests.factories import article
from tests.webhooks.conftest import Hook, Receiver, state

ROOT = Path(__file__).parent.parent.parent
Done = subprocess.CompletedProcess[str]


def run(url: str, *arguments: str) -> Done:
    return subprocess.run(
        [sys.executable, "-m", "app", "deliveries", *arguments],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )


async def test_webhooks_and_their_tries_are_listed_and_sent_again(
    database: Database, database_url: str, load: Load, hook: Hook, deliverer: Deliverer, receiver: Receiver
) -> None:
    made = await hook(name="Cache [1]")
    await load(article("flood"), article("ebb"))
    receiver.answers["one.example"] = [204, 500]
    await deliverer.settled()

    listed = run(database_url, "list")
    assert listed.returncode == 0, listed.stderr
    _, line = listed.stdout.splitlines()
    for told in (made.id, "Cache [1]", made.url, "failed 1 times, next try 20"):
        assert told in line
    shown = run(database_url, "show", made.id)
    first, second = (line.rstrip() for line in shown.stdout.splitlines()[1:])
    assert first.split()[1:3] == ["2", "1"]
    assert first.endswith("status 500")
    assert second.endswith("delivered 204")
    assert run(database_url, "show", made.id, "--dead").stdout.count("\n") == 1

    again = run(database_url, "replay", made.id, "--after", "0")
    assert (again.returncode, again.stdout) == (0, "")
    assert (await state(database, made.id)).position == 0

    tested = run(database_url, "test", made.id)
    assert (tested.returncode, tested.stdout) == (1, "")
    assert "unresolved" in tested.stderr
    for one in (listed, shown, again, tested):
        assert made.secret[6:] not in one.stdout + one.stderr
    assert len(await webhooks.deliveries(database.reader(), made.id, limit=9)) == 3


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
def test_what_cannot_be_is_refused_with_a_clear_sentence(
    sqlite: Fresh, arguments: list[str], code: int, told: str
) -> None:
    with sqlite() as url:
        found = run(url, *arguments)
    assert (found.returncode, found.stdout) == (code, "")
    assert told in found.stderr
    assert "Traceback" not in found.stderr


def test_a_database_without_our_tables_is_not_touched(empty_database_url: str) -> None:
    found = run(empty_database_url, "list")
    assert (found.returncode, found.stdout) == (3, "")
    assert "python -m app migrate" in found.stderr
