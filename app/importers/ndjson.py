"""NDJSON: one document a line, the form that an export has. Source: RFC 8259 for a line; UTF-8, LF, no byte order mark."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import closing
from datetime import datetime
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import jiter

from app.db import Database, utcnow
from app.errors import Fault
from app.importers import store
from app.importers.documents import Item, read
from app.importers.store import Report

LINE_BYTES: Final = 16 * 2**20
PORTION: Final = 250
BATCH: Final = 5_000
AHEAD: Final = 6
# Below this size a second process costs more than it saves.
SMALL_BYTES: Final = 4_000_000

Numbered = tuple[int, bytes]


class Unreadable(Exception):
    """The file as a whole is not NDJSON; `line` is where that shows."""

    def __init__(self, line: int, detail: str) -> None:
        super().__init__(detail)
        self.line = line
        self.detail = detail


def lines(path: Path) -> Iterator[Numbered]:
    """(number, bytes) of each line that is not blank. Memory: one line of at most 16 MiB.

    Raises: Unreadable, for a file without lines, with a byte order mark, CR LF or a longer line; OSError.
    """
    number = 0
    with path.open("rb") as file:
        while line := file.readline(LINE_BYTES + 1):
            number += 1
            if number == 1 and line.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
                raise Unreadable(1, "begins with a byte order mark; save the file as UTF-8 without one")
            if len(line) > LINE_BYTES:
                raise Unreadable(number, f"is longer than {LINE_BYTES // 2**20} MiB")
            if line.endswith(b"\r\n"):
                raise Unreadable(number, "ends in CR LF; lines of NDJSON end in LF")
            if line.strip():
                yield number, line
    if number == 0:
        raise Unreadable(1, "the file is empty")


def parse(portion: list[Numbered], now: datetime) -> list[Item]:
    """The lines as items: pure work, done in a process of its own where there is much of it."""
    return [_item(number, line, now) for number, line in portion]


def _item(number: int, line: bytes, now: datetime) -> Item:
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return Item(number, faults=[Fault(f"is not UTF-8 (byte {error.start + 1})", "not-utf-8", pointer="")])
    try:
        document = jiter.from_json(line, allow_inf_nan=False, catch_duplicate_keys=True)
    except ValueError as error:
        return Item(number, faults=[Fault(f"is not JSON: {error}", "malformed", pointer="")])
    return read(document, now, number)


async def load(
    database: Database, zone: ZoneInfo, path: Path, *, advance: Callable[[int], None] = lambda count: None
) -> Report:
    """Reads a file in. A line that is refused loses no others; what was read before a fault of the file stays.

    `advance` is told of every so many bytes. Memory is that of a few thousand documents, however long the file.
    Raises: Unreadable, OSError, Unavailable.
    """
    report = Report()
    batch: list[Item] = []
    async for items, size in _parsed(path, utcnow()):
        batch += items
        advance(size)
        if len(batch) >= BATCH:
            await store.load(database, zone, batch, report)
            batch = []
    await store.load(database, zone, batch, report)
    return report


async def _parsed(path: Path, now: datetime) -> AsyncIterator[tuple[list[Item], int]]:
    """Portions of items in the order of the file, with their size in bytes; parsed ahead where the file is long."""
    with closing(lines(path)) as source:
        if path.stat().st_size < SMALL_BYTES or (os.cpu_count() or 1) < 2:
            while portion := list(islice(source, PORTION)):
                yield parse(portion, now), sum(len(line) for _, line in portion)
            return
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            async for found in _ahead(pool, source, now):
                yield found


async def _ahead(pool: Executor, source: Iterator[Numbered], now: datetime) -> AsyncIterator[tuple[list[Item], int]]:
    loop = asyncio.get_running_loop()
    waiting: list[tuple[asyncio.Future[list[Item]], int]] = []
    fault: Unreadable | None = None
    while True:
        while fault is None and len(waiting) < AHEAD:
            try:
                portion = list(islice(source, PORTION))
            except Unreadable as error:
                fault = error
                break
            if not portion:
                break
            size = sum(len(line) for _, line in portion)
            waiting.append((loop.run_in_executor(pool, parse, portion, now), size))
        if not waiting:
            break
        future, size = waiting.pop(0)
        yield await future, size
    if fault is not None:
        raise fault
