"""Imports a WordPress export into the database, and reports what became of each of its posts."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from app.articles.saving import ArticleToSave, analysed
from app.db import Database
from app.importers.ndjson import PARSERS, SMALL_BYTES, ahead, collect_seldom
from app.importers.stories import Account, Names, Story, write, write_names
from app.importers.wordpress.export import Channel, Post, entries
from app.importers.wordpress.site import Site, read_site
from app.importers.wordpress.stories import refused, story

# Posts that a process makes into documents at a time, and stories in a transaction.
PORTION: Final = 50
BATCH: Final = 500
# Is called with the number of bytes that were just read.
Advance = Callable[[int], None]


class PlacedPost(NamedTuple):
    """A post, where it stands as `file:number`, and its number among all posts of the import, from 1."""

    post: Post
    place: str
    number: int


@dataclass(slots=True)
class Import:
    """One import of an export: what was read of it, and what became of it so far.

    `ids` leads from the ids that follow from numbers of posts to others, under which some of the stories are stored.
    """

    site: Site
    channels: dict[Path, Channel]
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def left_out(self) -> Counter[str]:
        return self.site.left_out


def survey(
    paths: Sequence[Path], types: Sequence[str], language: str | None, zone: ZoneInfo, advance: Advance
) -> Import:
    """Reads the export once, for what must be known of all of it. Raises: OSError, DamagedExport."""
    site, channels = read_site(paths, types, language, zone, advance)
    work = Import(site, channels)
    work.problems = [f"{path}: {damage}" for path, channel in channels.items() for damage in channel.damages]
    if not site.files and not site.left_out:
        work.problems.append(f"{', '.join(map(str, channels))}: holds no item")
    return work


async def load(work: Import, database: Database | None, now: datetime, advance: Advance) -> AsyncIterator[Account]:
    """Imports the posts, and yields an account of each; without a database nothing is written.

    Memory: some thousand stories, however long the export. Raises: OSError, Unavailable, Raced.
    """
    zone = work.site.zone
    if database is not None:
        await _load_names(work, database, zone, now)
    # A translation names its original, which must have been saved before.
    for of_translations in (False, True) if work.site.originals else (False,):
        batch: list[Story] = []
        async for stories in _stories(work, now, advance, of_translations=of_translations):
            batch += stories
            if len(batch) >= BATCH:
                for account in await _write(work, database, zone, batch):
                    yield account
                batch = []
        for account in await _write(work, database, zone, batch):
            yield account


async def _load_names(work: Import, database: Database, zone: ZoneInfo, now: datetime) -> None:
    """Writes the tags and sources that are not there yet, and notes which of the tags are sections."""
    site = work.site
    saved = await write_names(database, zone, Names(site.tag_documents, site.source_documents), now)
    site.sections = saved.sections
    work.problems += saved.problems
    work.counts.update(saved.counts)


async def _stories(
    work: Import, now: datetime, advance: Advance, *, of_translations: bool
) -> AsyncIterator[list[Story]]:
    """The stories of one reading of the export, in order; made by other processes where there are many."""
    portions = _portions(work, advance, of_translations=of_translations)
    if sum(path.stat().st_size for path in work.channels) < SMALL_BYTES:
        for portion in portions:
            yield _stories_of_portion(portion, work.site, now)
        return
    with ExitStack() as stack:
        pool = ProcessPoolExecutor(PARSERS, get_context("spawn"), _begin_process, (work.site,))
        stack.enter_context(pool)
        async for stories in ahead(pool, _stories_of_portion_in_process, portions, now):
            yield stories


def _portions(work: Import, advance: Advance, *, of_translations: bool) -> Iterator[list[PlacedPost]]:
    site = work.site
    portion: list[PlacedPost] = []
    number = 0
    for path in work.channels:
        for entry in entries(path, Channel(), advance):
            if not isinstance(entry, Post) or not site.is_story(entry):
                continue
            number += 1
            if (entry.id in site.originals) == of_translations:
                portion.append(PlacedPost(entry, f"{path}:{entry.number}", number))
            if len(portion) >= PORTION:
                yield portion
                portion = []
    if portion:
        yield portion


def _stories_of_portion(portion: Sequence[PlacedPost], site: Site, now: datetime) -> list[Story]:
    return [_story(placed, site, now) for placed in portion]


def _story(placed: PlacedPost, site: Site, now: datetime) -> Story:
    """The story that the post becomes. A post is refused if an earlier one has the same id."""
    post, place, number = placed
    first = site.files.get(post.id)
    if first == place:
        return story(post, site, place, number, now)
    detail = f"has the id {post.id or 'none'}, which the item at {first} has"
    return refused(post, place, number, detail)


_site_of_process: Site | None = None


def _begin_process(site: Site) -> None:
    global _site_of_process
    _site_of_process = site
    collect_seldom()


def _stories_of_portion_in_process(portion: Sequence[PlacedPost], now: datetime) -> list[Story]:
    assert _site_of_process is not None, "_begin_process has set it"
    stories = _stories_of_portion(portion, _site_of_process, now)
    for each in stories:
        if isinstance(each.item.to_save, ArticleToSave):
            each.item.to_save = replace(each.item.to_save, article=analysed(each.item.to_save.article))
    return stories


async def _write(work: Import, database: Database | None, zone: ZoneInfo, batch: Sequence[Story]) -> list[Account]:
    """Writes the stories of a batch in one transaction; returns an account of each."""
    accounts = await write(database, zone, batch, work.ids)
    work.counts.update(account.outcome for account in accounts)
    return accounts
