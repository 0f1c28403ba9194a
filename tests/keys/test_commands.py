"""`python -m app key …`: what it prints where, and what it exits with."""

import asyncio
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import select

from app.db import Database
from app.keys import store as keys
from app.keys.models import Key
from app.keys.schemas import KeyOut
from app.web.caller import SCOPES
from tests.conftest import Fresh
from tests.contents import rows

ROOT: Final = Path(__file__).parent.parent.parent
Done = subprocess.CompletedProcess[str]


def run(url: str, *arguments: str) -> Done:
    return subprocess.run(
        [sys.executable, "-m", "app", "key", *arguments],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, "TIMEZONE": "Europe/Kyiv"},
        capture_output=True,
        text=True,
        check=False,
    )


async def everything(url: str) -> list[KeyOut]:
    database = Database(url)
    found = await keys.everything(database.reader())
    await database.close()
    return found


async def test_a_key_is_printed_alone_listed_without_its_secret_and_revoked(
    database_url: str, database: Database
) -> None:
    created = run(
        database_url, "create", "--name", "Night [desk]", "--scope", "keys", "--scope", "drafts:read",
        "--expires", "2999-07-01",
    )  # fmt: skip
    assert created.returncode == 0, created.stderr
    assert created.stdout.endswith("\n")
    secret = created.stdout.removesuffix("\n")
    caller = await keys.identify(database, secret)
    assert (caller.name, caller.scopes) == ("Night [desk]", frozenset(["keys", "drafts:read"]))
    for told in ("Night [desk]", caller.id, "keys, drafts:read", "expires 2999-07-01T21:00:00.000Z", "shown once"):
        assert told in created.stderr
    assert secret not in created.stderr
    ((expires_at, maker),) = await rows(database, select(Key.expires_at, Key.created_by))
    assert expires_at == datetime(2999, 7, 1, 21, tzinfo=UTC)  # the whole day, in the site's zone
    assert maker is None

    second = run(database_url, "create", "--name", "Agency", "--scope", "content:write")
    assert (second.returncode, "never expires" in second.stderr) == (0, True)
    assert run(database_url, "revoke", caller.id).returncode == 0

    listed = run(database_url, "list")
    assert listed.returncode == 0
    head, *lines = [line.strip() for line in listed.stdout.splitlines()]
    assert len(lines) == 2
    assert head.split() == ["id", "name", "scopes", "last", "used", "state"]
    assert re.search(r"Agency +content:write +never +never expires$", lines[0])
    assert re.search(rf"^{caller.id} +Night \[desk\] +keys, drafts:read +20\S+Z +revoked 20\S+Z$", lines[1])
    assert secret not in listed.stdout + listed.stderr

    again = run(database_url, "revoke", caller.id)
    assert (again.returncode, again.stdout) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["create", "--name", "x", "--scope", "nope"], 2, SCOPES),
        (["create", "--name", "x", "--scope", "keys", "--scope", "keys"], 2, ["--scope", "more than once"]),
        (["create", "--name", "", "--scope", "keys"], 2, ["--name is empty"]),
        (["create", "--name", "x"], 2, ["--scope"]),
        (["create", "--scope", "keys"], 2, ["--name"]),
        (["create", "--name", "x", "--scope", "keys", "--expires", "soon"], 2, ["--expires is neither a date"]),
        (["create", "--name", "x", "--scope", "keys", "--expires", "2020-01-01"], 2, ["--expires", "the future"]),
        (["create", "--name", "x", "--scope", "keys", "--expires", "2020-01-01T00:00:00Z"], 2, ["the future"]),
        (["create", "--name", "x", "--scope", "keys", "--expires", "2999-01-01T00:00:00"], 2, ["--expires"]),
        (["revoke", "nobody"], 1, ["error: There is no key 'nobody'."]),
        (["revoke"], 2, ["Missing argument"]),
    ],
)
def test_what_cannot_be_is_refused_with_a_clear_sentence(
    sqlite: Fresh, arguments: list[str], code: int, told: list[str]
) -> None:
    with sqlite() as url:
        found = run(url, *arguments)
        listed = asyncio.run(everything(url))

    assert found.returncode == code, found.stderr
    assert found.stdout == ""
    assert "Traceback" not in found.stderr
    for one in told:
        assert one in found.stderr
    assert listed == []


async def test_the_last_day_there_is_can_be_an_expiry(database_url: str, database: Database) -> None:
    found = run(database_url, "create", "--name", "x", "--scope", "keys", "--expires", "9999-12-31")

    assert found.returncode == 0, found.stderr
    await keys.identify(database, found.stdout.strip())


async def test_an_instant_is_when_a_key_expires(database_url: str, database: Database) -> None:
    found = run(
        database_url, "create", "--name", "x", "--scope", "keys", "--expires", "2999-01-01T02:00:00+02:00"
    )  # fmt: skip

    assert found.returncode == 0, found.stderr
    assert await rows(database, select(Key.expires_at)) == [(datetime(2999, 1, 1, tzinfo=UTC),)]


@pytest.mark.parametrize("arguments", [["list"], ["create", "--name", "x", "--scope", "keys"], ["revoke", "x"]])
def test_a_database_without_our_tables_is_not_touched(empty_database_url: str, arguments: list[str]) -> None:
    found = run(empty_database_url, *arguments)

    assert (found.returncode, found.stdout) == (3, "")
    assert "python -m app migrate" in found.stderr
