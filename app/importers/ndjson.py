"""NDJSON: one document a line, the form of an export. Source: RFC 8259 for a line; UTF-8, each ended by LF."""

import asyncio
import errno
import gc
import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from app.articles.saving import ArticleToSave, analysed
from app.db import Writable, utcnow
from app.errors import Fault, Malformed
from app.importers import store
from app.importers.documents import Item, is_blank_line, read, read_line
from app.importers.store import Keep, Report

LINE_BYTES: Final = 16 * 2**20
# Lines that a process parses at a time, documents in a transaction, portions that are parsed ahead.
PORTION: Final = 250
BATCH: Final = 5_000
AHEAD: Final = 8
# Below this size other processes cost more than they save.
SMALL_BYTES: Final = 4_000_000
PARSERS: Final = 2
# The most of a file that is in memory at once, as lines or as documents.
PORTION_BYTES: Final = 2**20
BATCH_BYTES: Final = 64 * 2**20

# A line of the file, or what is wrong with it.
Numbered = tuple[int, bytes | str]


def lines(path: Path) -> Generator[Numbered, None, None]:
    """(number, bytes) of each line that is not blank; what is wrong with it in place of one that cannot be read.

    Memory: one line of at most 16 MiB. Raises: OSError.
    """
    number, is_empty = 0, True
    if path.is_char_device():
        raise OSError(errno.EINVAL, "it is a device without an end")
    with path.open("rb") as file:
        while line := file.readline(LINE_BYTES + 1):
            number += 1
            if len(line) > LINE_BYTES:
                is_empty = False
                yield number, f"is longer than {LINE_BYTES // 2**20} MiB"
                while line and not line.endswith(b"\n"):
                    line = file.readline(LINE_BYTES)
            elif not is_blank_line(line):
                is_empty = False
                yield number, line
    if is_empty:
        yield 1, "the file is empty"


def _portions(source: Iterator[Numbered]) -> Iterator[tuple[list[Numbered], int]]:
    """The lines in portions, with their size in bytes."""
    portion: list[Numbered] = []
    size = 0
    for number, line in source:
        portion.append((number, line))
        size += len(line)
        if len(portion) >= PORTION or size >= PORTION_BYTES:
            yield portion, size
            portion, size = [], 0
    if portion:
        yield portion, size


def parse(portion: list[Numbered], now: datetime) -> list[Item]:
    """The lines as items: pure work."""
    return [_item(number, line, now) for number, line in portion]


def parse_and_analyse(portion: list[Numbered], now: datetime) -> list[Item]:
    """The lines as items, articles with the keys of their words: for a process of its own."""
    items = parse(portion, now)
    for item in items:
        if isinstance(item.to_save, ArticleToSave):
            item.to_save = replace(item.to_save, article=analysed(item.to_save.article))
    return items


def _parse_sized(portion: tuple[list[Numbered], int], now: datetime) -> tuple[list[Item], int]:
    return parse_and_analyse(portion[0], now), portion[1]


def _item(number: int, line: bytes | str, now: datetime) -> Item:
    if isinstance(line, str):
        return Item(number, faults=[Fault(line, pointer="")])
    try:
        return read(read_line(line), now, number)
    except Malformed as refusal:
        return Item(number, faults=[*refusal.faults])


async def load(
    database: Writable,
    zone: ZoneInfo,
    path: Path,
    *,
    advance: Callable[[int], None] = lambda count: None,
    actor: str = store.ACTOR,
    keep: Keep | None = None,
) -> Report:
    """Reads a file in. A line that is refused loses no others.

    What `keep` finds stays as it is. `advance` is called with the number of bytes that were read since its last call.
    Memory: a few thousand documents, however long the file.
    Raises: OSError, Unavailable.
    """
    report = Report()
    batch: list[Item] = []
    batch_bytes = 0
    async for items, size in _parsed(path, utcnow()):
        batch += items
        batch_bytes += size
        advance(size)
        if len(batch) >= BATCH or batch_bytes >= BATCH_BYTES:
            await store.load(database, zone, batch, report, actor, keep=keep)
            batch, batch_bytes = [], 0
    await store.load(database, zone, batch, report, actor, keep=keep)
    return report


def _is_long(path: Path) -> bool:
    return path.stat().st_size >= SMALL_BYTES and (os.cpu_count() or 1) > 1


async def _parsed(path: Path, now: datetime) -> AsyncIterator[tuple[list[Item], int]]:
    """Portions of items in the order of the file, with their size in bytes; parsed ahead where the file is long."""
    with closing(lines(path)) as source:
        if not _is_long(path):
            for portion, size in _portions(source):
                yield parse(portion, now), size
            return
        collect_seldom()
        with ProcessPoolExecutor(PARSERS, get_context("spawn"), collect_seldom) as pool:
            async for items, size in ahead(pool, _parse_sized, _portions(source), now):
                yield items, size


def collect_seldom() -> None:
    """A batch is a million small objects, none in a cycle: looking for cycles among them took a quarter of the time."""
    gc.set_threshold(200_000, 20, 100)


Portion = TypeVar("Portion")
Parsed = TypeVar("Parsed")


async def ahead(
    pool: Executor, parse: Callable[[Portion, datetime], Parsed], portions: Iterable[Portion], now: datetime
) -> AsyncIterator[Parsed]:
    """What the processes make of portions, in their order; up to AHEAD are being parsed at the same time."""
    loop = asyncio.get_running_loop()
    waiting: deque[asyncio.Future[Parsed]] = deque()
    for portion in portions:
        waiting.append(loop.run_in_executor(pool, parse, portion, now))
        if len(waiting) >= AHEAD:
            yield await waiting.popleft()
    for future in waiting:
        yield await future
