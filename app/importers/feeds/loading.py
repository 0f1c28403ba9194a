"""Imports feeds into the database, and reports what became of each of their entries."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from app.db import Writable
from app.importers.feeds.entries import Feed
from app.importers.feeds.reading import read_file
from app.importers.feeds.stories import Wishes, key_of, note_names, story
from app.importers.stories import Account, Names, Story, write, write_names
from app.importers.xml_text import DamagedExport

# Stories in a transaction.
BATCH: Final = 200


@dataclass(slots=True)
class Import:
    """One import of feeds: what was read of them, and what became of it so far.

    `problems` names what was refused of files, and what is wrong with them.
    """

    wishes: Wishes
    feeds: dict[Path, Feed] = field(default_factory=dict)
    names: Names = field(default_factory=Names)
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


async def load(
    work: Import, paths: Sequence[Path], database: Writable | None, advance: Callable[[], None]
) -> AsyncIterator[Account]:
    """Imports the feeds of these files, and yields an account of each entry; without a database nothing is written.

    `advance` is called after each file and after each portion of stories. Memory: all feeds, of at most MOST_BYTES
    each. Raises: Unavailable, Raced.
    """
    for path in paths:
        try:
            feed = await asyncio.to_thread(read_file, path)
        except DamagedExport as error:
            work.problems.append(f"{path}: {error}")
        except OSError as error:
            work.problems.append(f"{path}: cannot be read: {error.strerror}")
        else:
            work.feeds[path] = feed
            work.problems += [f"{path}: {damage}" for damage in feed.damages]
            if not feed.entries:
                work.problems.append(f"{path}: holds no entry")
        advance()
    for feed in work.feeds.values():
        for entry in feed.entries:
            note_names(entry, work.names, work.wishes)
    sections: frozenset[str] = frozenset()
    zone, now = work.wishes.zone, work.wishes.now
    if database is not None:
        saved = await write_names(database, zone, work.names, now)
        sections = saved.sections
        work.problems += saved.problems
        work.counts.update(saved.counts)
    stories = _stories(work, sections)
    while batch := [*islice(stories, BATCH)]:
        for account in await write(database, zone, batch, {}, now):
            work.counts[account.outcome] += 1
            yield account


def _stories(work: Import, sections: frozenset[str]) -> Iterator[Story]:
    """The stories of all feeds, in order. An entry is refused if an earlier one has the same id."""
    first: dict[tuple[str, str], str] = {}
    line = 0
    for path, feed in work.feeds.items():
        for entry in feed.entries:
            line += 1
            place, key = f"{path}:{entry.number}", key_of(entry, feed)
            if all(key) and first.setdefault(key, place) != place:
                detail = f"has the id {entry.id[:300]}, which the entry at {first[key]} has"
                yield Story.refused(place, entry.id, entry.title, line, detail)
            else:
                yield story(entry, feed, work.wishes, place, line, work.names, sections)
