"""What the log costs a write, and how many PATCHes a second a server takes from several editors at once."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from zoneinfo import ZoneInfo

from app.articles import desk
from app.articles.schemas import ArticleEdit
from app.changes import log
from app.db import Database
from app.keys import store as keys
from app.keys.schemas import KeyIn
from app.web.merging import patch_of
from benchmarks import content, databases, newsroom, servers
from benchmarks.goals import Goal, Options, median

ZONE = ZoneInfo("Europe/Kyiv")
SIZE = 1_000
SHARE, RATE = 0.6, 300.0
WARMING, WRITES = 20, 200
EDITORS, PATCHES = 8, 1_600
PATCH = patch_of(ArticleEdit)
Transactions = Callable[..., AbstractAsyncContextManager[log.Transaction]]


def measure(options: Options) -> Iterator[Goal]:
    for database in options.databases:
        url = databases.fresh(options.url(database, "writes"))
        content.load(url, content.file(options, SIZE, long=True))
        databases.analyse(url)
        yield asyncio.run(_share(database, url, options.rounds))
        yield asyncio.run(_rate(database, url, options.rounds))
        databases.remove(url)


# --- what the log costs -----------------------------------------------------------------------------------------


async def _share(name: str, url: str, rounds: int) -> Goal:
    database = Database(url)
    logged, plain = [], []
    try:
        await _edit(database, _unlogged, WARMING)
        await _edit(database, log.transaction, WARMING)
        for _ in range(rounds):
            plain.append(await _edit(database, _unlogged, WRITES))
            logged.append(await _edit(database, log.transaction, WRITES))
    finally:
        await database.close()
    shares = [one / other for one, other in zip(plain, logged, strict=True)]
    told = f"{median(logged) * 1e3:.2f} ms against {median(plain) * 1e3:.2f} ms; best {max(shares):.2f}"
    return Goal(f"{name}: a logged write against one without the log", median(shares), SHARE, at_least=True, told=told)


async def _edit(database: Database, transaction_of: Transactions, times: int) -> float:
    """Seconds for a change of one published article, on the average of so many, one after the other."""
    begun = time.perf_counter()
    for number in range(times):
        async with transaction_of(database, actor="benchmark", zone=ZONE) as transaction:
            article = await desk.lock(transaction, newsroom.identity(number, SIZE))
            patch = PATCH.model_validate({"headline": f"Headline of {time.perf_counter_ns()}"})
            await desk.update(transaction, article, patch)
    return (time.perf_counter() - begun) / times


@asynccontextmanager
async def _unlogged(database: Database, *, actor: str, zone: ZoneInfo) -> AsyncIterator[log.Transaction]:
    """As `log.transaction`, for the new state alone: no number, no entry in the log."""
    async with database.begin() as connection:
        transaction = log.Transaction(connection, actor, zone)
        yield transaction
        changes = [*transaction.changes.values()]
        await log._write_revisions(transaction, changes)
        await log._write_view_entries(connection, changes)


# --- how many a server takes ------------------------------------------------------------------------------------


async def _rate(name: str, url: str, rounds: int) -> Goal:
    database = Database(url)
    secret = (await keys.create(database, KeyIn(name="Editor", scopes=["content:write"]), created_by=None)).key
    await database.close()
    rates, costs = [], []
    with servers.dovidka(url) as server:
        await server.wait()
        editors = [Editor(server.port, secret, newsroom.identity(n, SIZE)) for n in range(SIZE // 2, SIZE)]
        await patch(editors, EDITORS * WARMING)
        for _ in range(rounds):
            begun, before = time.perf_counter(), server.cpu_seconds
            await patch(editors, PATCHES)
            rates.append(PATCHES / (time.perf_counter() - begun))
            costs.append((server.cpu_seconds - before) / PATCHES)
    told = f"{EDITORS} editors; {', '.join(f'{one:.0f}' for one in rates)}; {median(costs) * 1e3:.2f} ms of CPU each"
    return Goal(f"{name}: PATCHes a second, the best round", max(rates), RATE, "PATCHes/s", at_least=True, told=told)


async def patch(editors: list["Editor"], times: int) -> None:
    """So many PATCHes over a few connections that stay, each of which has articles of its own."""
    await asyncio.gather(*(_work(editors[n::EDITORS], times // EDITORS) for n in range(EDITORS)))


async def _work(editors: list["Editor"], times: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", editors[0].port)
    try:
        for number in range(times):
            await editors[number % len(editors)].patch(reader, writer)
    finally:
        writer.close()


class Editor:
    """Changes one article again and again, with the ETag it last saw."""

    def __init__(self, port: int, secret: str, ref: str) -> None:
        self.port = port
        self.head = (
            f"PATCH /v1/articles/{ref} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\n"
            "Content-Type: application/merge-patch+json\r\n"
        )
        self.etag = '"1"'

    async def patch(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Raises: RuntimeError, for another answer than 200."""
        body = json.dumps({"headline": f"Headline of {time.perf_counter_ns()}"})
        writer.write(f"{self.head}If-Match: {self.etag}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:-2])
        answer = await reader.readexactly(int(headers["content-length"]))
        if not head.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"{head[:60].decode()} {answer[:300].decode()}")
        self.etag = headers["etag"]
