"""How lines are read in, and what a database then holds: all of it, read past the code that is tested."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch
from zoneinfo import ZoneInfo

import asyncpg
from sqlalchemy import Select, event, select

from app.articles.models import Article, ArticleSlug
from app.changes.models import Change, Head, Object, Revision, ViewEntry
from app.db import Database, utcnow
from app.db.sqlite import SqliteWriter
from app.importers import export, store
from app.importers.documents import read
from app.importers.store import Report
from app.keys.models import Key
from app.lists.models import Counter, List, ListEntry
from app.notes.models import Note
from app.sources.models import Source
from app.tags.models import Tag
from tests import sql
from tests.factories import NOON, Line, article_id

ZONE: Final = ZoneInfo("Europe/Kyiv")
TABLES: Final = (
    Tag, Source, Note, Article, ArticleSlug, Object, Revision, ViewEntry, List, ListEntry, Counter, Change, Key
)  # fmt: skip


def tombstone(slug: str, **fields: Any) -> Line:
    """A withdrawn article, as a public export has it."""
    withdrawal = {"reason": "privacy", "at": NOON}
    gone = {"noun": "article", "id": article_id(slug), "slug": slug, "status": "withdrawn", "withdrawal": withdrawal}
    return {**gone, **fields}


async def load(database: Database, *lines: Line) -> Report:
    """Reads the lines in as one batch."""
    report, now = Report(), utcnow()
    await store.load(database, ZONE, [read(line, now, n) for n, line in enumerate(lines, 1)], report)
    return report


async def accept(database: Database, *lines: Line) -> Report:
    """Reads in lines of which none is refused."""
    report = await load(database, *lines)
    assert report.wrong == [], report.wrong
    return report


@contextmanager
def before_commits(database: Database, act: Callable[[], Coroutine[Any, Any, None]]) -> Iterator[None]:
    """Within the block each COMMIT of the database's writers waits for `act`, and fails with what that raises."""
    if isinstance(database.writer, SqliteWriter):
        engine, loop = database.writer.engine, asyncio.get_running_loop()

        def act_first(connection: object) -> None:  # in the thread of the COMMIT
            asyncio.run_coroutine_threadsafe(act(), loop).result()

        event.listen(engine, "commit", act_first)
        yield
        event.remove(engine, "commit", act_first)
        return
    execute = asyncpg.Connection.execute

    async def execute_later(driver: asyncpg.Connection, sql: str, *arguments: Any, **options: Any) -> str:
        if sql == "COMMIT;":
            await act()
        status: str = await execute(driver, sql, *arguments, **options)
        return status

    with patch.object(asyncpg.Connection, "execute", execute_later):
        yield


async def rows(database: Database, query: Select[*tuple[Any, ...]]) -> list[Any]:
    """Past the product, so that what its reader does has no part in it."""
    return await sql.query(database.url.text, query)


async def changes(database: Database) -> list[Any]:
    return await rows(database, select(*Change.__table__.columns).order_by(Change.seq))


async def last_change(database: Database, noun: str, ref: str) -> Any:
    return [change for change in await changes(database) if (change.noun, change.ref) == (noun, ref)][-1]


async def head(database: Database) -> tuple[int, int]:
    ((seq, public_seq),) = await rows(database, select(Head.seq, Head.public_seq))
    return seq, public_seq


async def revisions(database: Database, noun: str, ref: str) -> list[Any]:
    query = select(*Revision.__table__.columns).join(Object, Object.id == Revision.object)
    query = query.where(Object.noun == noun, Object.ref == ref)
    return await rows(database, query.order_by(Revision.revision))


async def everything(database: Database) -> dict[str, list[Any]]:
    """All rows of all tables but the head's, which holds a secret of each database's own.

    For ids that each database makes itself, the rows have the names of the objects and lists that they stand for.
    """
    async with sql.connected(database.url.text) as connection:
        objects = {id: names for id, *names in await connection.execute(select(Object.id, Object.noun, Object.ref))}
        lists = {id: names for id, *names in await connection.execute(select(List.id, List.view, List.name))}
        names_by_column = {
            "objects.id": objects, "revisions.object": objects, "view_entries.object": objects,
            "list_entries.object": objects, "lists.id": lists, "list_entries.list": lists, "counters.list": lists,
        }  # fmt: skip
        contents = {}
        for table in TABLES:
            columns = table.__table__.columns
            names = [names_by_column.get(str(column)) for column in columns]
            contents[table.__tablename__] = sorted(
                (
                    tuple(value if named is None else named[value] for value, named in zip(row, names, strict=True))
                    for row in await connection.execute(select(*columns))
                ),
                key=repr,
            )
        return contents


async def written(database: Database) -> dict[str, list[Any]]:
    """All rows but those of keys, which say when they were last used."""
    return {name: rows for name, rows in (await everything(database)).items() if name != "keys"}


async def exported(database: Database, *, public: bool = False) -> list[bytes]:
    async with database.reader().snapshot() as read:
        return [line async for line in export.export(read, public=public)]


def dense(numbers: Sequence[int]) -> bool:
    return [*numbers] == [*range(1, len(numbers) + 1)]
