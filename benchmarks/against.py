"""Compares this checkout with another: with a git worktree of the release before, say.

Both import the same newsroom and serve it, in turns within the same minutes, so that whatever else the machine does
weighs on both alike. Figures are ratios of CPU time, the median of the rounds.
"""

import asyncio
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.db.pool import ReadConnection
from app.db.postgres import PostgresReadConnection
from app.db.sqlite import SqliteReadConnection
from benchmarks import content, databases, newsroom, servers, writes
from benchmarks.content import ROOT
from benchmarks.goals import Goal, Options, median

SIZE = 10_000
# What a figure may be of the other checkout's. SAME leaves a tenth for what two runs of the same differ by.
IMPORT, DATABASE, LISTS, PATCH, SAME = 1.0, 0.6, 0.6, 0.6, 1.1
READS, PATCHES, EXECUTIONS, SQL_ROUNDS = 400, 800, 200, 12
BY_ID = [f"/v1/articles/{newsroom.identity(number, SIZE)}" for number in range(0, SIZE, 40)]
BY_SLUG = [f"/v1/articles/story-{number}" for number in range(0, SIZE, 40)]
REQUESTS: dict[str, tuple[list[str], float]] = {
    "newest": (["/v1/articles"], LISTS),
    "one hot tag": (["/v1/articles?tag=tag-1"], LISTS),
    "tag and language": (["/v1/articles?tag=tag-1&language=uk"], LISTS),
    "two tags": (["/v1/articles?tag=tag-1&tag=tag-2"], LISTS),
    "by id": (BY_ID, SAME),
    "by slug": (BY_SLUG, SAME),
}
Statements = list[tuple[str, list[Any]]]


@dataclass(frozen=True)
class Checkout:
    """A checkout, and the database that holds its newsroom."""

    root: Path
    url: str

    def run(self, *command: str, text: str = "") -> str:
        """What a command prints that Python runs in the checkout."""
        environment = {**os.environ, "DATABASE_URL": self.url, "PYTHONPATH": str(self.root)}
        run = subprocess.run(
            [sys.executable, *command], cwd=self.root, env=environment, input=text, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, check=True,
        )  # fmt: skip
        return run.stdout.strip()


# Its name, (the other's figure, our own) in each round, the limit of their ratio, and the unit.
Compared = tuple[str, list[tuple[float, float]], float, str]


def measure(options: Options) -> Iterator[Goal]:
    if options.other is None:
        return
    for database in options.databases:
        roots = {"other": options.other.resolve(), "own": ROOT}
        checkouts = [Checkout(root, options.url(database, f"against-{name}")) for name, root in roots.items()]
        yield from _goals(database, _imports(options, checkouts))
        yield from _goals(database, asyncio.run(_sql(checkouts)))
        yield from _goals(database, asyncio.run(_served(options, checkouts)))
        for checkout in checkouts:
            databases.remove(checkout.url)


def _goals(database: str, compared: Sequence[Compared]) -> Iterator[Goal]:
    for name, pairs, limit, unit in compared:
        other, own = (median(figures) for figures in zip(*pairs, strict=True))
        ratio = median([own / other for other, own in pairs])
        yield Goal(f"{database}: {name}", ratio, limit, told=f"{own:,.1f} {unit} against {other:,.1f} {unit}")


def _imports(options: Options, checkouts: Sequence[Checkout]) -> list[Compared]:
    file = content.file(options, SIZE, long=True)
    seconds, cpu_seconds = [], []
    for _ in range(options.rounds):
        taken = []
        for checkout in checkouts:
            databases.empty(checkout.url)
            checkout.run("-m", "app", "migrate")
            taken.append(content.load(checkout.url, file, root=checkout.root))
        seconds.append((taken[0].seconds, taken[1].seconds))
        cpu_seconds.append((taken[0].cpu_seconds, taken[1].cpu_seconds))
    for checkout in checkouts:
        databases.analyse(checkout.url)
    other, own = (databases.size(checkout.url) / 1e6 for checkout in checkouts)
    return [
        (f"import of {SIZE:,}, CPU", cpu_seconds, IMPORT, "s"),
        (f"import of {SIZE:,}, by the clock", seconds, IMPORT, "s"),
        ("size of the database", [(other, own)], DATABASE, "MB"),
    ]


# --- the SQL of requests ----------------------------------------------------------------------------------------


async def _sql(checkouts: Sequence[Checkout]) -> list[Compared]:
    """The database's CPU time for the statements of each request, with nothing else around them."""
    compared = []
    readings = [await _reading(checkout.url) for checkout in checkouts]
    for name, (paths, limit) in REQUESTS.items():
        requests = [_caught(checkout, paths) for checkout in checkouts]
        pairs = []
        for _ in range(SQL_ROUNDS):
            other, own = [
                median([await _execute(*reading, of_paths[n % len(paths)]) for n in range(EXECUTIONS)]) / 1e3
                for reading, of_paths in zip(readings, requests, strict=True)
            ]
            pairs.append((other, own))
        compared.append((f"SQL of {name}", pairs, limit, "us"))
    for connection, _ in readings:
        connection.discard()
    return compared


def _caught(checkout: Checkout, paths: Sequence[str]) -> list[Statements]:
    """The statements that the checkout runs for each of the requests."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "caught"
        checkout.run("-P", str(ROOT / "benchmarks" / "caught.py"), str(file), text="\n".join(paths))
        caught: list[Statements] = pickle.loads(file.read_bytes())
        return caught


async def _reading(url: str) -> tuple[ReadConnection, Callable[[], int]]:
    """A connection as readers have it, and a clock of the CPU time that its database takes, in nanoseconds."""
    if not url.startswith("postgresql"):
        return SqliteReadConnection(Path(url.removeprefix("sqlite:///"))), time.thread_time_ns
    connection = await PostgresReadConnection.open(url)
    ((pid,),) = await connection.fetch("SELECT pg_backend_pid()", [], slow=False)
    return connection, lambda: int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])


async def _execute(connection: ReadConnection, clock: Callable[[], int], statements: Statements) -> int:
    began = clock()
    for sql, arguments in statements:
        await connection.fetch(sql, arguments, slow=False)
    return clock() - began


# --- whole requests ---------------------------------------------------------------------------------------------


async def _served(options: Options, checkouts: Sequence[Checkout]) -> list[Compared]:
    """The server's CPU time for an article, a page and a PATCH."""
    pairs: dict[str, list[tuple[float, float]]] = {"by id": [], "newest": [], "PATCH": []}
    with ExitStack() as stack:
        running, editors = [], []
        for checkout in checkouts:
            secret = checkout.run("-m", "app", "key", "create", "--name", "Editor", "--scope", "content:write")
            server = stack.enter_context(servers.dovidka(checkout.url, root=checkout.root))
            await server.wait()
            running.append(server)
            refs = [newsroom.identity(number, SIZE) for number in range(0, SIZE, 20)]
            editors.append([writes.Editor(server.port, secret, ref) for ref in refs])
            await writes.patch(editors[-1], writes.EDITORS * writes.WARMING)
        for _ in range(options.rounds):
            for name, paths in (("by id", BY_ID), ("newest", ["/v1/articles"])):
                other, own = [await server.cost(paths, READS) for server in running]
                pairs[name].append((other, own))
            other, own = [await _patch(*served) for served in zip(running, editors, strict=True)]
            pairs["PATCH"].append((other, own))
    limits = {"by id": SAME, "newest": SAME, "PATCH": PATCH}
    return [(f"{name}, CPU of the server", pairs[name], limit, "us") for name, limit in limits.items()]


async def _patch(server: servers.Server, editors: list[writes.Editor]) -> float:
    """Microseconds of the server's CPU time for a PATCH."""
    before = server.cpu_seconds
    await writes.patch(editors, PATCHES)
    return (server.cpu_seconds - before) / PATCHES * 1e6
