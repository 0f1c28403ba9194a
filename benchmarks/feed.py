"""Whether followers of the log miss nothing while many write, how soon and at what cost many streams hear of a change,
and how fast a copy is made from nothing."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
from pydantic_core import from_json

from app.changes import log
from app.changes.saving import ToSave
from app.db import Database, utcnow
from app.errors import Raced
from app.tags import store as tags
from app.tags.schemas import TagOut
from benchmarks import content, databases, servers
from benchmarks.content import ROOT
from benchmarks.goals import Goal, Options

ZONE = ZoneInfo("Europe/Kyiv")
WRITERS, STREAMS = 8, 1_000
REACH_SECONDS, STREAM_BYTES, STOP_SECONDS, COPY_SECONDS = 1.0, 50_000, 5.0, 60.0
PATIENCE_SECONDS = 600.0


def measure(options: Options) -> Iterator[Goal]:
    for database in options.databases:
        url = databases.fresh(options.url(database, "feed"))
        writes = 10_000 if options.full else 2_000
        with servers.dovidka(url) as server:
            asyncio.run(server.wait())
            begun = time.perf_counter()
            missed, repeated, holes = asyncio.run(_follow(url, server.port, writes))
            told = f"{writes:,} writes by {WRITERS} in {time.perf_counter() - begun:.0f} s, 2 by feed, 2 by stream"
        yield Goal(f"{database}: changes missed by followers", missed, 0, "changes", told=told)
        yield Goal(f"{database}: changes told twice", repeated, 0, "changes")
        yield Goal(f"{database}: holes in the public numbers", holes, 0, "holes")
        with servers.dovidka(url) as server:
            asyncio.run(server.wait())
            reached, held, stopped = asyncio.run(_streams(url, server))
        yield Goal(f"{database}: a change reaches {STREAMS:,} streams", reached, REACH_SECONDS, "s")
        yield Goal(f"{database}: memory of an open stream", held, STREAM_BYTES, "bytes")
        yield Goal(f"{database}: stop with {STREAMS:,} streams open", stopped, STOP_SECONDS, "s")
        yield _copy(options, database)


async def _write(database: Database, slug: str, *, public: bool) -> None:
    now = utcnow()
    state = TagOut.model_validate(
        {"slug": slug, "type": "topic", "labels": {"en": slug}, "revision": 1, "created_at": now, "modified_at": now}
    )
    while True:
        try:
            async with log.transaction(database, actor="benchmark", zone=ZONE) as transaction:
                await tags.save(transaction, [ToSave(state.model_copy())])
                if public:
                    await tags.make_public(transaction, [slug])
            return
        except Raced:
            continue


async def _follow(url: str, port: int, writes: int) -> tuple[int, int, int]:
    """(missed, told twice, holes) of followers by feed and by stream while some write, every fourth time a draft."""
    database = Database(url)
    numbers = iter(range(writes))
    expected = {f"tag-{n}" for n in range(writes) if n % 4}

    async def write() -> None:
        for n in numbers:
            await _write(database, f"tag-{n}", public=n % 4 != 0)

    def enough(found: list[tuple[int, str]]) -> bool:
        return len(found) >= len(expected)

    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=40) as client:
        followers = [asyncio.create_task(one(client, enough)) for one in (_by_feed, _by_stream) * 2]
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(*(write() for _ in range(WRITERS)))
            told = await asyncio.gather(*followers)
    await database.close()
    missed = sum(len(expected - {ref for _, ref in found}) for found in told)
    repeated = sum(len(found) - len({seq for seq, _ in found}) for found in told)
    holes = sum(found[-1][0] - len({seq for seq, _ in found}) for found in told)
    return missed, repeated, holes


Enough = Callable[[list[tuple[int, str]]], bool]


async def _by_feed(client: httpx.AsyncClient, enough: Enough) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    while not enough(found):
        after = found[-1][0] if found else 0
        answer = await client.get("/v1/changes", params={"after": after, "limit": 500, "wait": 20})
        found += [(one["seq"], one["ref"]) for one in from_json(answer.raise_for_status().content)["items"]]
    return found


async def _by_stream(client: httpx.AsyncClient, enough: Enough) -> list[tuple[int, str]]:
    """Reconnects now and then, as clients do."""
    found: list[tuple[int, str]] = []
    while not enough(found):
        headers = {"Last-Event-ID": str(found[-1][0] if found else 0)}
        async with client.stream("GET", "/v1/changes/stream", headers=headers) as answer:
            seq, before = 0, len(found)
            async for line in answer.aiter_lines():
                if line.startswith("id: "):
                    seq = int(line[4:])
                elif line.startswith('data: {"at"'):
                    found.append((seq, from_json(line[6:])["ref"]))
                    if enough(found) or len(found) > before + 300:
                        break
    return found


async def _streams(url: str, server: servers.Server) -> tuple[float, float, float]:
    """(seconds until the last stream hears of a change, bytes of the server's memory for each, seconds to stop)."""
    database = Database(url)
    before = server.resident_bytes
    opened = [await _open(server.port) for _ in range(STREAMS)]
    held = (server.resident_bytes - before) / STREAMS
    heard = [asyncio.create_task(reader.readuntil(b"event: change")) for reader, _ in opened]
    await _write(database, "last-word", public=True)
    begun = time.perf_counter()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.gather(*heard)
    reached = time.perf_counter() - begun
    await database.close()
    begun = time.perf_counter()
    server.process.send_signal(signal.SIGTERM)
    left = [asyncio.create_task(reader.read()) for reader, _ in opened]
    await asyncio.to_thread(server.process.wait, 60)
    stopped = time.perf_counter() - begun
    assert all(b"event: goaway" in text for text in await asyncio.gather(*left))
    for _, writer in opened:
        writer.close()
    return reached, held, stopped


async def _open(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /v1/changes/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 "):
        raise RuntimeError(head.decode())
    await reader.readuntil(b"id: ")
    return reader, writer


def _copy(options: Options, database: str) -> Goal:
    """A copy from nothing, by the command that comes with the server."""
    size = 100_000 if options.full else 10_000
    url = databases.fresh(options.url(database, "feed"))
    content.load(url, content.file(options, size, long=True))
    path = options.folder / "copy.db"
    for one in (path, *(Path(f"{path}{end}") for end in ("-wal", "-shm"))):
        one.unlink(missing_ok=True)
    with servers.dovidka(url) as server:
        asyncio.run(server.wait())
        begun = time.perf_counter()
        command = [sys.executable, "-m", "app", "follow", f"http://127.0.0.1:{server.port}", "--once"]
        subprocess.run([*command, "--to", str(path)], cwd=ROOT, check=True, stderr=subprocess.DEVNULL)
        took = time.perf_counter() - begun
    told = f"{path.stat().st_size / 2**20:.0f} MB"
    path.unlink()
    databases.remove(url)
    return Goal(f"{database}: a copy of {size:,} articles from nothing", took, COPY_SECONDS, "s", told=told)
