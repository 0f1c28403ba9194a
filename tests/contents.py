"""How lines are read in, and what a database then holds: all of it, read past the code that is tested."""

from collections.abc import Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, Select, select

from app.articles.models import Address as ArticleAddress
from app.articles.models import Article, Related
from app.changes.models import Change, Counter, Head, Listed, NoteListed, Revision, Shown
from app.db import Database, utcnow
from app.importers import store
from app.importers.documents import read
from app.importers.store import Report
from app.keys.models import Key
from app.notes.models import Note
from app.sources.models import Source
from app.tags.models import Tag
from tests.factories import NOON, Line, article_id

ZONE: Final = ZoneInfo("Europe/Kyiv")
TABLES: Final = (
    Tag, Source, Note, Article, ArticleAddress, Related, Listed, NoteListed, Revision, Shown, Counter, Change, Key
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


def committing(database: Database) -> Engine:
    """What the database's writers commit through."""
    return database.engine.sync_engine if database.writer is None else database.writer.engine


async def rows(database: Database, query: Select[*tuple[Any, ...]]) -> list[Any]:
    """On the writing engine, so that what the reader does has no part in it."""
    async with database.engine.connect() as connection:
        return [*await connection.execute(query)]


async def changes(database: Database) -> list[Any]:
    return await rows(database, select(*Change.__table__.columns).order_by(Change.seq))


async def last_change(database: Database, noun: str, ref: str) -> Any:
    return [one for one in await changes(database) if (one.noun, one.ref) == (noun, ref)][-1]


async def head(database: Database) -> tuple[int, int]:
    ((seq, public_seq),) = await rows(database, select(Head.seq, Head.public_seq))
    return seq, public_seq


async def revisions(database: Database, noun: str, ref: str) -> list[Any]:
    query = select(*Revision.__table__.columns).where(Revision.noun == noun, Revision.ref == ref)
    return await rows(database, query.order_by(Revision.revision))


async def everything(database: Database) -> dict[str, list[Any]]:
    """All rows of all tables but the head's, which holds a secret of each database's own."""
    async with database.engine.connect() as connection:
        found = {}
        for table in TABLES:
            columns = table.__table__.columns
            result = await connection.execute(select(*columns).order_by(*table.__table__.primary_key))
            found[table.__tablename__] = [tuple(row) for row in result]
        return found


async def written(database: Database) -> dict[str, list[Any]]:
    """All rows but those of keys, which say when they were last used."""
    return {name: rows for name, rows in (await everything(database)).items() if name != "keys"}


async def state(database: Database) -> dict[str, list[Any]]:
    """What a database holds but for when it came to hold it."""
    found = await everything(database)
    at = {"changes": 2, "revisions": 3}
    for name, place in at.items():
        found[name] = [row[:place] + row[place + 1 :] for row in found[name]]
    return found


async def exported(database: Database, *, public: bool = False) -> list[bytes]:
    async with database.reader().snapshot() as read:
        return [line async for line in store.export(read, public=public)]


def dense(numbers: Sequence[int]) -> bool:
    return [*numbers] == [*range(1, len(numbers) + 1)]
