"""A list of a hundred articles needs as many SQL statements as a list of one."""

import asyncio
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Executable

from app.articles import listing, store
from app.articles.query_schemas import INCLUDABLE, ArticleQuery
from app.changes.views import EVERYONE
from app.db import Database, Reader, Row
from app.db.database import NONE
from app.db.statements import Parameters
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

    async def rows(self, statement: Executable, parameters: Parameters = NONE, *, slow: bool = False) -> list[Row]:
        self.statements += 1
        return await super().rows(statement, parameters, slow=slow)


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
                page = await listing.newest(read, EVERYONE, ArticleQuery(limit=limit, **filters), None, ZONE)
                await store.included(read, EVERYONE, page.items, INCLUDABLE)
                counts.append(read.statements)
            goals.append(Goal(f"{name}: {kind}, most", max(counts), MOST, "statements"))
            told = f"{', '.join(map(str, counts))} for 1, 10, 100 articles"
            goals.append(Goal(f"{name}: {kind}, more for 100 than for 1", counts[-1] - counts[0], 0, "more", told=told))
    finally:
        await database.close()
    return goals
