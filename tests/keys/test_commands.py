"""`python -m app key …`: what it prints, on which stream, and its exit codes."""

import asyncio
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import Result

from app.db import Database
from app.keys import store as keys
from app.keys.models import Key
from app.keys.schemas import KeyOut
from app.web.caller import SCOPES
from tests.commands import ROOT, invoke, program
from tests.conftest import Fresh
from tests.contents import rows


async def run(url: str, *arguments: str) -> Result:
    return await asyncio.to_thread(invoke, url, "key", *arguments)


async def stored_keys(url: str) -> list[KeyOut]:
    database = Database(url)
    all_keys = await keys.all_keys(database.reader())
    await database.close()
    return all_keys


async def test_a_key_is_printed_alone_listed_without_its_secret_and_revoked(
    database_url: str, database: Database
) -> None:
    created = await run(
        database_url, "create", "--name", "Night [desk]", "--scope", "keys", "--scope", "drafts:read",
        "--expires", "2999-07-01",
    )  # fmt: skip
    assert created.exit_code == 0, created.stderr
    assert created.stdout.endswith("\n")
    secret = created.stdout.removesuffix("\n")
    caller = await keys.identify(database, secret)
    assert (caller.name, caller.scopes) == ("Night [desk]", frozenset(["keys", "drafts:read"]))
    for text in ("Night [desk]", caller.id, "keys, drafts:read", "expires 2999-07-01T21:00:00.000Z", "shown once"):
        assert text in created.stderr
    assert secret not in created.stderr
    ((expires_at, created_by),) = await rows(database, select(Key.expires_at, Key.created_by))
    assert expires_at == datetime(2999, 7, 1, 21, tzinfo=UTC)  # the whole day, in the site's zone
    assert created_by is None

    second = await run(database_url, "create", "--name", "Agency", "--scope", "content:write")
    assert (second.exit_code, "never expires" in second.stderr) == (0, True)
    assert (await run(database_url, "revoke", caller.id)).exit_code == 0

    listed = await run(database_url, "list")
    assert listed.exit_code == 0
    head, *lines = [line.strip() for line in listed.stdout.splitlines()]
    assert len(lines) == 2
    assert head.split() == ["id", "name", "scopes", "last", "used", "state"]
    assert re.search(r"Agency +content:write +never +never expires$", lines[0])
    assert re.search(rf"^{caller.id} +Night \[desk\] +keys, drafts:read +20\S+Z +revoked 20\S+Z$", lines[1])
    assert secret not in listed.stdout + listed.stderr

    again = await run(database_url, "revoke", caller.id)
    assert (again.exit_code, again.stdout) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "code", "messages"),
    [
        (["create", "--name", "x", "--scope", "nope"], 2, SCOPES),
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
async def test_an_impossible_command_is_refused_with_a_clear_sentence(
    sqlite: Fresh, arguments: list[str], code: int, messages: list[str]
) -> None:
    with sqlite() as url:
        result = await run(url, *arguments)
        listed = await stored_keys(url)

    assert result.exit_code == code, result.stderr
    assert result.stdout == ""
    for message in messages:
        assert message in result.stderr
    assert listed == []


async def test_the_last_day_of_the_calendar_can_be_an_expiry(database_url: str, database: Database) -> None:
    result = await run(database_url, "create", "--name", "x", "--scope", "keys", "--expires", "9999-12-31")

    assert result.exit_code == 0, result.stderr
    await keys.identify(database, result.stdout.strip())


async def test_a_key_can_expire_at_an_instant(database_url: str, database: Database) -> None:
    result = await run(
        database_url, "create", "--name", "x", "--scope", "keys", "--expires", "2999-01-01T02:00:00+02:00"
    )  # fmt: skip

    assert result.exit_code == 0, result.stderr
    assert await rows(database, select(Key.expires_at)) == [(datetime(2999, 1, 1, tzinfo=UTC),)]


@pytest.mark.parametrize("arguments", [["list"], ["create", "--name", "x", "--scope", "keys"], ["revoke", "x"]])
async def test_a_database_without_our_tables_is_not_touched(empty_database_url: str, arguments: list[str]) -> None:
    result = await run(empty_database_url, *arguments)

    assert (result.exit_code, result.stdout) == (3, "")
    assert "python -m app migrate" in result.stderr


def test_a_key_that_cannot_be_printed_is_revoked(sqlite: Fresh) -> None:
    with sqlite() as url, Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "app", "key", "create", "--name", "x", "--scope", "keys"]
        env = {**os.environ, "DATABASE_URL": url}
        created = subprocess.run(
            command, cwd=ROOT, env=env, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
        listed = program(url, "key", "list")

    assert (created.returncode, "Traceback" in created.stderr) == (1, False)
    assert "cannot be written: No space left on device" in created.stderr
    assert "revoked" in listed.stdout


def test_each_command_is_a_program(sqlite: Fresh) -> None:
    with sqlite() as url:
        created = program(url, "key", "create", "--name", "x", "--scope", "keys")
        listed = program(url, "key", "list")
        refused = program(url, "key", "revoke", "nobody")

    assert (created.returncode, created.stdout.count("\n"), created.stderr.count("\n")) == (0, 1, 1)
    assert (listed.returncode, listed.stdout.count("\n"), listed.stderr) == (0, 2, "")
    assert (refused.returncode, refused.stdout, refused.stderr) == (1, "", "error: There is no key 'nobody'.\n")
