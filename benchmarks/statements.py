"""A list of a hundred articles needs as many SQL statements as a list of one."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Executable

from app.articles import store as articles
from app.articles.schemas import INCLUDABLE, ArticleQuery
from app.changes.shown import EVERYONE
from app.db import Database, Reader, Row
from benchmarks import content
from benchmarks.goals import Goal, Options

ZONE = ZoneInfo("Europe/Kyiv")
KINDS: dict[str, dict[str, Any]] = {
    "newest": {},
    "counted": {"tag": ["tag-1"], "count": True},
    "three filters": {"tag": ["tag-1", "tag-2"], "source": ["source-1,source-2,source-3"]},
}
# The list itself, counters where filters meet, and the count; then one for each thing included.
MOST = 2 + len(INCLUDABLE)


class Counting(Reader):
    """A reader that counts its statements."""

    statements = 0

    async def rows(
        self, statement: Executable, params: Mapping[str, Any] | None = None, *, slow: bool = False
    ) -> list[Row]:
        self.statements += 1
        return await super().rows(statement, params, slow=slow)


def measure(options: Options) -> Iterator[Goal]:
    for database in options.databases:
        yield from asyncio.run(_measure(database, content.kept(options, database, 1_000)))


async def _measure(name: str, url: str) -> list[Goal]:
    database = Database(url)
    goals = []
    try:
        for kind, filters in KINDS.items():
            counts = []
            for limit in (1, 10, 100):
                read = Counting(database)
                found = await articles.newest(read, EVERYONE, ArticleQuery(limit=limit, **filters), None, ZONE)
                await articles.included(read, EVERYONE, found.items, INCLUDABLE)
                counts.append(read.statements)
            goals.append(Goal(f"{name}: {kind}, most", max(counts), MOST, "statements"))
            told = f"{', '.join(map(str, counts))} for 1, 10, 100 articles"
            goals.append(Goal(f"{name}: {kind}, more for 100 than for 1", counts[-1] - counts[0], 0, "more", told=told))
    finally:
        await database.close()
    return goals
