"""Runs a server on one core, asks it from another, and tells what CPU time a request cost it."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path

from benchmarks.content import ROOT

PATIENCE_SECONDS = 30.0
CONNECTIONS = 16
UVICORN = ["--no-access-log", "--no-proxy-headers", "--no-server-header", "--log-level", "warning"]
_TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """A running server process."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.port = port

    @property
    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    @property
    def resident_bytes(self) -> int:
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("the server is gone")

    async def wait(self, path: str = "/v1/articles?limit=1") -> None:
        """Until it answers 200. Raises: RuntimeError, when it does not within half a minute."""
        begun = time.perf_counter()
        while time.perf_counter() - begun < PATIENCE_SECONDS and self.process.poll() is None:
            try:
                await load(self.port, [path], 1)
                return
            except OSError:
                await asyncio.sleep(0.01)
        raise RuntimeError("the server does not answer")

    async def cost(self, paths: Sequence[str], requests: int) -> float:
        """Microseconds of the server's CPU time for a request."""
        before = self.cpu_seconds
        await load(self.port, paths, requests)
        return (self.cpu_seconds - before) / requests * 1e6


@contextmanager
def dovidka(url: str, *, core: int | None = None, root: Path = ROOT, cache_bytes: int = 0) -> Iterator[Server]:
    """`python -m app serve` of the checkout in `root`; without a response cache unless it gets memory for one."""
    port = _free_port()
    environment = {"DATABASE_URL": url, "PORT": str(port), "CACHE_BYTES": str(cache_bytes)}
    with _running(["-m", "app", "serve"], environment, port, core, root) as server:
        yield server


@contextmanager
def bare(answer: Path, *, core: int | None = None) -> Iterator[Server]:
    """Uvicorn with the application of `bare.py`, which sends what stands in the file."""
    port = _free_port()
    command = ["-m", "uvicorn", "benchmarks.bare:send_answer", *UVICORN, "--port", str(port)]
    with _running(command, {"BARE_ANSWER": str(answer)}, port, core, ROOT) as server:
        yield server


@contextmanager
def naive(url: str, *, core: int | None = None) -> Iterator[Server]:
    port = _free_port()
    command = ["-m", "uvicorn", "--factory", "benchmarks.naive:create_app", *UVICORN, "--port", str(port)]
    with _running(command, {"NAIVE_URL": url}, port, core, ROOT) as server:
        yield server


@contextmanager
def _running(
    command: Sequence[str], environment: dict[str, str], port: int, core: int | None, root: Path
) -> Iterator[Server]:
    process = subprocess.Popen(
        [sys.executable, *command], cwd=root, env={**os.environ, **environment}, stdout=subprocess.DEVNULL
    )
    try:
        if core is not None:
            os.sched_setaffinity(process.pid, {core})
        yield Server(process, port)
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


async def load(port: int, paths: Sequence[str], requests: int) -> None:
    """Asks for the paths in turn, over connections that stay. Raises: RuntimeError, for another answer than 200."""
    waiting = islice(cycle(paths), requests)
    await asyncio.gather(*(_ask(port, waiting) for _ in range(min(CONNECTIONS, requests))))


async def _ask(port: int, waiting: Iterator[str]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for path in waiting:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200 "):
                raise RuntimeError(f"{path}: {head[:60].decode()}")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.partition(b":")[2]))
    finally:
        writer.close()
