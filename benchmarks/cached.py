"""What an answer from memory costs against the least that uvicorn can do, and what a write leaves in memory.

`bare` is an ASGI application that sends the same bytes. Each round asks both in turns; figures are ratios of the
server's CPU time.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import httpx

from benchmarks import content, newsroom, servers
from benchmarks.content import ROOT
from benchmarks.goals import Goal, Options, median

SIZE = 10_000
REQUESTS = 12_000
# 64 MB hold 10,000 stories with their heads; a third more leaves room for both queues.
CACHE_BYTES = 134_217_728
CACHED, NOT_MODIFIED, VALID = 0.85, 1.0, 0.999
STORY = f"/v1/articles/{newsroom.identity(1, SIZE)}"
LIST = "/v1/articles?tag=tag-1"
# As browsers do: what they take, and who they are.
HEADERS = "Host: localhost\r\nUser-Agent: Mozilla/5.0\r\nAccept: application/json\r\nAccept-Encoding: gzip, deflate\r\n"
# Of the single answer; uvicorn and the application add their own.
OWN = {"date", "server"}


def measure(options: Options) -> Iterator[Goal]:
    everywhere = os.sched_getaffinity(0)
    core, *client_cores = sorted(everywhere)
    try:
        os.sched_setaffinity(0, client_cores or everywhere)
        for database in options.databases:
            url = content.kept(options, database, SIZE)
            yield from asyncio.run(_speed(options, database, url, core))
            yield asyncio.run(_validity(database, url))
    finally:
        os.sched_setaffinity(0, everywhere)


async def _speed(options: Options, database: str, url: str, core: int) -> list[Goal]:
    goals = []
    with servers.dovidka(url, core=core, cache_bytes=CACHE_BYTES) as server:
        await server.wait()
        for name, path in (("story", STORY), ("list", LIST)):
            answer = options.folder / f"bare-{name}.json"
            etag = _keep(server.port, path, answer)
            with servers.bare(answer, core=core) as bare:
                await bare.wait("/")
                asked = {"": _request(path), f"If-None-Match: {etag}\r\n": _request(path, f"If-None-Match: {etag}\r\n")}
                costs: dict[str, list[tuple[float, float]]] = {condition: [] for condition in asked}
                await _cost(server, asked[""], REQUESTS // 4)
                for _ in range(options.rounds):
                    for condition, request in asked.items():
                        costs[condition].append(
                            (await _cost(bare, asked[""], REQUESTS), await _cost(server, request, REQUESTS))
                        )
            for (condition, pairs), limit in zip(costs.items(), (CACHED, NOT_MODIFIED), strict=True):
                ratios = [least / own for least, own in pairs]
                told = f"{median([own for _, own in pairs]):.0f} us of CPU; {min(ratios):.2f} to {max(ratios):.2f}"
                what = "304" if condition else "200"
                goals.append(
                    Goal(f"{database}: cached {name}, {what}, against bare 200", median(ratios), limit, at_least=True,
                         told=told)
                )  # fmt: skip
    return goals


def _keep(port: int, path: str, file: Path) -> str:
    """Stores the answer from memory for `bare`, compressed as it is sent; returns its ETag."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"Accept-Encoding": "gzip, deflate"}) as client:
        client.get(path)
        with client.stream("GET", path) as answer:
            body = b"".join(answer.iter_raw())
            assert answer.headers["cache-status"] == "Dovidka; hit"
            headers = [(name, value) for name, value in answer.headers.multi_items() if name not in OWN]
            file.write_text(json.dumps({"headers": headers, "body": b64encode(body).decode()}))
            return answer.headers["etag"]


def _request(path: str, condition: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\n{HEADERS}{condition}\r\n".encode()


async def _cost(server: servers.Server, request: bytes, requests: int) -> float:
    """Microseconds of the server's CPU time for a request, over connections that stay."""
    before = server.cpu_seconds
    times = requests // servers.CONNECTIONS
    await asyncio.gather(*(_ask(server.port, request, times) for _ in range(servers.CONNECTIONS)))
    return (server.cpu_seconds - before) / requests * 1e6


async def _ask(port: int, request: bytes, times: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(times):
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if b"content-length: " in head:
            await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r")[0]))
    writer.close()


async def _validity(database: str, url: str) -> Goal:
    """Which part of 10,000 stories in memory is still right after one of them was changed."""
    paths = [f"/v1/articles/{newsroom.identity(number, SIZE)}" for number in range(SIZE)]
    secret = _key(url)
    with servers.dovidka(url, cache_bytes=CACHE_BYTES) as server:
        await server.wait()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:
            for path in paths:
                # What is asked for once may fall out again: only a part of the memory is for it.
                for _ in range(2):
                    await client.get(path)
            headers = {"Authorization": f"Bearer {secret}", "If-Match": "*"}
            patch = {"minor": True, "byline": f"Changed at {time.time_ns()}"}
            changed = await client.patch(paths[7], json=patch, headers=headers)
            changed.raise_for_status()
            hits = 0
            for path in paths:
                hits += (await client.get(path)).headers["cache-status"] == "Dovidka; hit"
    return Goal(f"{database}: entries still valid after a write", hits / SIZE, VALID, unit="of them", at_least=True)


def _key(url: str) -> str:
    command = [sys.executable, "-m", "app", "key", "create", "--name", "Editor", "--scope", "content:write"]
    environment = {**os.environ, "DATABASE_URL": url}
    made = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True
    )
    return made.stdout.strip()
