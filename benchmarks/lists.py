"""Lists of a large newsroom cost what those of a small one cost: each kind of list, timed in turns on both."""

import asyncio
import time
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from app.articles import listing
from app.articles.query_schemas import ArticleQuery
from app.changes.views import EVERYONE
from app.db import Database, milliseconds
from app.paging import PageRows, Position
from benchmarks import content, newsroom
from benchmarks.goals import Goal, Options, median

ZONE = ZoneInfo("Europe/Kyiv")
SMALL = 1_000
TIMES = {"sqlite": 1.5, "postgresql": 2.0}
WARMING, CALLS = 30, 200
AND_MILLISECONDS = 20.0

# What is asked, and whether from the middle of the list on.
KINDS: dict[str, tuple[ArticleQuery, bool]] = {
    "newest": (ArticleQuery(), False),
    "one hot tag": (ArticleQuery(tag=[("tag-1",)]), False),
    "tag and language": (ArticleQuery(tag=[("tag-1",)], language=("uk",)), False),
    "a language, else another": (ArticleQuery(language=("uk",), fallback=("en",)), False),
    "tag and language, else another": (ArticleQuery(tag=[("tag-1",)], language=("uk",), fallback=("en",)), False),
    "tag and a year": (ArticleQuery(tag=[("tag-1",)], date="2020"), False),
    "newest, deep": (ArticleQuery(), True),
    "one hot tag, deep": (ArticleQuery(tag=[("tag-1",)]), True),
}
PAIRS = {
    "two hot tags": ("tag-1", "tag-2"),
    "a hot and a rare tag": ("tag-1", "tag-1900"),
    "two tags of middle size": ("tag-40", "tag-41"),
    "two large tags that never meet": newsroom.APART,
}


def measure(options: Options) -> Iterator[Goal]:
    large = 1_000_000 if options.full else 100_000
    for database in options.databases:
        urls = {size: content.kept(options, database, size) for size in (SMALL, large)}
        yield from asyncio.run(_measure(database, urls))


async def _measure(dialect: str, urls: dict[int, str]) -> list[Goal]:
    databases = {size: Database(url) for size, url in urls.items()}
    goals = []
    small, large = databases
    try:
        kinds = {
            name: {size: _Timed(databases[size], query, _middle(size) if deep else None) for size in databases}
            for name, (query, deep) in KINDS.items()
        }
        for _ in range(WARMING + CALLS):
            for sizes in kinds.values():
                for timed in sizes.values():
                    await timed.call()
        for name, sizes in kinds.items():
            if any(timed.rows != timed.query.limit for timed in sizes.values()):
                raise RuntimeError(f"{name}: a page that is not full cannot be compared with one that is")
            p50 = {size: timed.p50 for size, timed in sizes.items()}
            told = f"{p50[small]:.0f} us at {small:,}, {p50[large]:.0f} us at {large:,}"
            goals.append(Goal(f"{dialect}: {name}", p50[large] / p50[small], TIMES[dialect], told=told))
        for name, pair in PAIRS.items():
            timed = _Timed(databases[large], ArticleQuery(tag=[(slug,) for slug in pair]), None)
            for _ in range(WARMING + CALLS // 4):
                await timed.call()
            told = f"{timed.rows} found at {large:,}"
            goals.append(Goal(f"{dialect}: {name}", timed.p50 / 1_000, AND_MILLISECONDS, "ms", told=told))
    finally:
        for database in databases.values():
            await database.close()
    return goals


def _middle(size: int) -> Position:
    return Position((milliseconds(newsroom.moment(size // 2, size)), newsroom.identity(size // 2, size)))


class _Timed:
    """One list of one database, and how long each call of it took."""

    def __init__(self, database: Database, query: ArticleQuery, position: Position | None) -> None:
        self.read = database.reader()
        self.query = query
        self.position = position
        self.rows = 0
        self.taken: list[float] = []

    async def call(self) -> None:
        begun = time.perf_counter()
        page: PageRows = await listing.newest(self.read, EVERYONE, self.query, self.position, ZONE)
        self.taken.append(time.perf_counter() - begun)
        self.rows = len(page.items)

    @property
    def p50(self) -> float:
        """Microseconds."""
        return median(self.taken[WARMING:]) * 1e6
