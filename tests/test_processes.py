"""Several server processes on one database, and what is left of one that is killed. Few tests: each costs processes."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from httpx import AsyncClient

from app.db import Database
from app.keys import store as keys
from app.keys.schemas import KeyIn
from app.web.caller import SCOPES
from tests.answers import bearing
from tests.commands import ROOT
from tests.conftest import Fresh
from tests.processes import START_SECONDS, killed_while_writing, process, restarted_when_due, until

KILLS, RESTARTS = 3, 3
SECONDS = 0.25
# A process that starts when something is due loads dictionaries first: seconds, on a busy machine.
LATE_SECONDS = 10


@pytest.mark.parametrize("name", ["INT", "TERM", "HUP"])
def test_a_child_starts_with_default_signals_whatever_the_tests_were_started_with(name: str) -> None:
    child = f"import signal; print(signal.getsignal(signal.SIG{name}) is signal.SIG_IGN)"
    script = (
        "import subprocess, sys; from tests.signals import let_children_start_with_defaults\n"
        "let_children_start_with_defaults()\n"
        f"subprocess.run([sys.executable, '-c', {child!r}])"
    )
    ignoring = f'trap "" {name}; exec "$0" "$@"'
    for arguments, ignored in ((["-c", child], "True"), (["-c", script], "False")):
        ended = subprocess.run(
            ["sh", "-c", ignoring, sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert ended.stdout.strip() == ignored


async def test_no_acknowledged_write_is_lost_when_the_server_is_killed(database_url: str) -> None:
    async with asyncio.timeout(120):
        written, wrong = await killed_while_writing(database_url, KILLS)
    assert wrong == []
    assert written >= KILLS


async def test_what_is_due_while_processes_come_and_go_is_published_once_and_on_time(database_url: str) -> None:
    async with asyncio.timeout(120):
        rounds = await restarted_when_due(database_url, RESTARTS)
    assert [times for times, _ in rounds] == [1] * RESTARTS
    assert max(late for _, late in rounds) <= LATE_SECONDS


@pytest.fixture(scope="module")
def ports(fresh: Fresh) -> Iterator[tuple[str, int, int]]:
    """Two processes on one database."""
    with fresh(True) as url, process(url) as (_, one), process(url) as (_, other):
        yield url, one, other


@asynccontextmanager
async def wires(ports: tuple[str, int, int]) -> AsyncIterator[tuple[AsyncClient, AsyncClient]]:
    """A client of each process, whose key has every scope; and nothing is told by one to the other but by the data."""
    url, *both = ports
    database = Database(url)
    secret = (await keys.create(database, KeyIn(name="Desk", scopes=[*SCOPES]), created_by=None)).key
    await database.close()
    # The first write of a process waits for the dictionaries.
    one, other = (
        AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=bearing(secret), timeout=START_SECONDS)
        for port in both
    )
    async with one, other:
        yield one, other


async def test_a_key_revoked_in_one_process_opens_nothing_in_the_other(ports: tuple[str, int, int]) -> None:
    async with wires(ports) as (one, other):
        made = (await one.post("/v1/keys", json={"name": "Guest", "scopes": ["drafts:read"]})).json()
        guest = bearing(made["key"])
        path = "/v1/articles?perspective=drafts"
        assert (await other.get(path, headers=guest)).status_code == 200

        assert (await one.delete(f"/v1/keys/{made['id']}")).status_code == 204

        assert (await other.get(path, headers=guest)).status_code == 401


async def test_what_one_process_publishes_and_withdraws_the_other_shows_so(ports: tuple[str, int, int]) -> None:
    async with wires(ports) as (one, other):
        del other.headers["Authorization"]
        await one.post("/v1/articles", json={"language": "en", "headline": "Flood", "slug": "flood"})
        assert (await other.get("/v1/articles/flood")).status_code == 404

        assert (await one.post("/v1/articles/flood/publish")).status_code == 200
        await shown_soon(other, 200)
        listed = (await other.get("/v1/articles")).json()["items"]
        assert [item["slug"] for item in listed] == ["flood"]

        assert (await one.post("/v1/articles/flood/withdraw", json={"reason": "legal"})).status_code == 200
        await shown_soon(other, 410)

        async def is_listed_no_more() -> bool:
            items: list[object] = (await other.get("/v1/articles")).json()["items"]
            return not items

        await until(is_listed_no_more, SECONDS)


async def shown_soon(wire: AsyncClient, status: int) -> None:
    """Sees that the article has this status before long: what another process writes is heard of after a moment."""

    async def shown() -> bool:
        return (await wire.get("/v1/articles/flood")).status_code == status

    await until(shown, SECONDS)
