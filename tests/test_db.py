"""The two sides of a database, their connections, and what they make of a database that is away."""

import asyncio
import resource
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest
from pydantic_core import to_json
from sqlalchemy import String, func, insert, select, update

from app.changes.models import Change, Head, IdempotencyKey
from app.db import Database, in_list, insert_many, list_parameters, migrate, utcnow
from app.db.pool import QUEUE_SECONDS, READERS
from app.db.postgres import PATIENCE_SECONDS
from app.errors import Raced, Unavailable
from app.tags.models import Tag
from tests import sql
from tests.conftest import Fresh
from tests.contents import accept, changes, dense, head, rows
from tests.factories import article, tag

ROOT: Final = Path(__file__).parent.parent
# A row of a tag, but for its slug.
TAG: Final = {"type": "topic", "parent": None, "revision": 1, "created_at": utcnow(), "modified_at": utcnow()}


# --- reading and writing -------------------------------------------------------------------------------------------


async def test_a_reader_cannot_write(database: Database) -> None:
    await accept(database, tag("rivers"))

    with pytest.raises((Unavailable, asyncpg.ReadOnlySQLTransactionError)):
        await database.reader().rows(update(Head).values(seq=99))

    assert await head(database) == (1, 0)


async def test_slow_reads_use_indexes_and_short_ones_are_left_to_the_planner(postgresql: Fresh) -> None:
    names = ("enable_seqscan", "plan_cache_mode")
    settings = select(*(func.current_setting(name, type_=String) for name in names))
    with postgresql() as url:
        database = Database(url, read_connections=1)
        seen = [await database.reader().row(settings, slow=slow) for slow in (False, True, True, False)]
        await database.close()

    assert seen == [("on", "auto"), ("off", "force_custom_plan"), ("off", "force_custom_plan"), ("on", "auto")]


async def test_statements_in_a_snapshot_see_one_state(database: Database) -> None:
    query = select(Tag.slug).order_by(Tag.slug)
    async with database.reader().snapshot() as read:
        first = await read.rows(query)
        await accept(database, tag("rivers"))
        second = await read.rows(query)

    assert first == second == []
    assert await database.reader().rows(query) == [("rivers",)]


async def test_both_drivers_read_the_types_that_were_written(database: Database) -> None:
    at = datetime(2025, 1, 22, 14, 35, 0, 123_000, timezone(timedelta(hours=2)))
    row = {"caller": "desk", "key": "a", "fingerprint": "", "at": at, "status": 201, "warnings": [{"detail": "Річки"}]}
    async with database.begin() as connection:
        await connection.execute(insert(IdempotencyKey).values(row))

    columns = (IdempotencyKey.at, IdempotencyKey.warnings, IdempotencyKey.noun, IdempotencyKey.status)
    query = select(*columns).where(in_list(IdempotencyKey.key, "key", 2))
    read = await database.reader().rows(query, list_parameters("key", 2, ["a"]))

    assert read == [(at, [{"detail": "Річки"}], None, 201)]
    assert read[0][0].tzinfo is UTC
    assert read == [tuple(row) for row in await rows(database, select(*columns))]


async def test_a_stream_gives_every_row_once(database: Database) -> None:
    await accept(database, *(tag(f"t-{n:03}") for n in range(25)))
    async with database.reader().snapshot() as read:
        portions = [portion async for portion in read.stream(select(Tag.slug).order_by(Tag.slug), size=10)]

    assert [len(portion) for portion in portions] == [10, 10, 5]
    assert [slug for portion in portions for (slug,) in portion] == [f"t-{n:03}" for n in range(25)]


async def test_what_sqlalchemy_runs_is_undone_with_what_the_driver_runs(database: Database) -> None:
    async def add_two(rows_per_tag: int) -> None:
        async with database.begin() as connection:
            await connection.execute(insert(Tag).values(**TAG, slug="first"))
            await insert_many(connection, Tag, [*TAG, "slug"], [(*TAG.values(), "second")] * rows_per_tag)

    with pytest.raises((Raced, sqlite3.IntegrityError)):
        await add_two(2)

    query = select(Tag.slug).order_by(Tag.slug)
    assert await database.reader().rows(query) == []
    await add_two(1)
    assert await database.reader().rows(query) == [("first",), ("second",)]


async def test_readers_read_on_while_a_writer_holds_its_transaction(database: Database) -> None:
    await accept(database, tag("rivers"))
    async with database.begin() as connection:
        await connection.execute(update(Tag).values(revision=9))
        async with asyncio.timeout(1):
            assert await database.reader().rows(select(Tag.revision)) == [(1,)]


async def test_more_readers_than_connections_all_get_their_turn(database: Database) -> None:
    await accept(database, tag("rivers"))

    found = await asyncio.gather(*(database.reader().rows(select(Tag.slug)) for _ in range(10 * READERS)))

    assert found == [[("rivers",)]] * 10 * READERS


async def test_a_reader_that_is_cancelled_leaves_its_place_to_others(database: Database) -> None:
    await accept(database, tag("rivers"))
    for _ in range(2 * READERS):
        reading = asyncio.create_task(database.reader().rows(select(Tag.slug), slow=True))
        await asyncio.sleep(0)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)

    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await database.reader().rows(select(Tag.slug)) == [("rivers",)]


# --- connections ---------------------------------------------------------------------------------------------------


async def test_a_reader_that_finds_all_connections_taken_gives_up_within_a_second(database: Database) -> None:
    async with AsyncExitStack() as lent:
        for _ in range(READERS):
            await lent.enter_async_context(database.pool.connection())
        async with asyncio.timeout(QUEUE_SECONDS + 0.3):
            with pytest.raises(Unavailable):
                await database.ping()
    await database.ping()


async def test_a_connection_that_failed_is_closed_and_not_lent_again(database: Database) -> None:
    with pytest.raises(LookupError):
        async with database.pool.connection() as failed:
            raise LookupError
    async with database.pool.connection() as connection:
        assert connection is not failed
    with pytest.raises((sqlite3.ProgrammingError, asyncpg.InterfaceError)):
        await failed.execute("SELECT 1")


async def test_a_connection_that_is_lent_when_the_pool_closes_is_closed_when_it_comes_back(database: Database) -> None:
    async with database.pool.connection() as lent:
        await database.close()
        await lent.execute("SELECT 1")
    with pytest.raises((sqlite3.ProgrammingError, asyncpg.InterfaceError)):
        await lent.execute("SELECT 1")


async def test_a_file_that_is_no_database_is_left_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "README.md"
    path.write_text("# Not a database\n" * 100)
    connect = sqlite3.connect
    opened: list[sqlite3.Connection] = []

    def recording(*args: Any, **options: Any) -> sqlite3.Connection:
        opened.append(connect(*args, **options | {"check_same_thread": False}))
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", recording)
    database = Database(f"sqlite:///{path}")
    with pytest.raises(Unavailable):
        await database.ping()
    with pytest.raises(Unavailable):
        async with database.begin():
            pass
    with pytest.raises(Unavailable):
        await asyncio.to_thread(migrate, f"sqlite:///{path}")
    await database.close()

    assert len(opened) == 4
    for connection in opened:
        with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
            connection.execute("SELECT 1")


# --- writers at once -----------------------------------------------------------------------------------------------


WRITER: Final = """
import asyncio, sys
from app.changes import log
from app.changes.saving import ToSave
from app.db import Database, utcnow
from app.settings import Settings
from app.tags import store as tags
from app.tags.schemas import TagOut
from sqlalchemy import text

async def work(writer):
    database = Database(Settings().database_url)
    for n in range(20):
        now = utcnow()
        dates = {"created_at": now, "modified_at": now}
        tag = TagOut(slug=f"t-{writer}-{n}", type="topic", labels={"en": "T"}, revision=1, **dates)
        async with log.transaction(database, actor=str(writer), zone=Settings().zone) as transaction:
            await transaction.connection.execute(text("SELECT count(*) FROM tags"))
            await tags.save(transaction, [ToSave(tag)])
    await database.close()

asyncio.run(work(int(sys.argv[1])))
"""


def test_six_processes_that_read_and_then_write_never_find_sqlite_locked(sqlite: Fresh, tmp_path: Path) -> None:
    script = tmp_path / "writer.py"
    script.write_text(WRITER)

    async def log(url: str) -> list[Any]:
        database = Database(url)
        found = await changes(database)
        await database.close()
        return found

    with sqlite() as url:

        def write(writer: int) -> str:
            command = [sys.executable, str(script), str(writer)]
            environment = {"DATABASE_URL": url, "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
            return subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stderr

        with ThreadPoolExecutor(6) as pool:
            errors = [*pool.map(write, range(6))]
        found = asyncio.run(log(url))

    assert errors == [""] * 6
    assert len(found) == 120
    assert dense([one.seq for one in found])


# --- away ----------------------------------------------------------------------------------------------------------


@pytest.fixture
async def away(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    database = Database(request.param.format(tmp_path))
    yield database
    await database.close()


AWAY: Final = [
    "sqlite:///{0}/none.db",
    "sqlite:///{0}/no/folder/none.db",
    "sqlite:///{0}",
    "postgresql://u@127.0.0.1:1/none",
    "postgresql://u@/none?host={0}",
]


@pytest.mark.parametrize(
    "away", AWAY, indirect=True, ids=["no file", "no folder", "a folder", "no server", "no socket"]
)
async def test_a_database_that_is_not_there_is_unavailable_within_seconds(away: Database) -> None:
    async with asyncio.timeout(3 * PATIENCE_SECONDS):
        with pytest.raises(Unavailable):
            await away.ping()


async def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    await asyncio.to_thread(path.write_text, "# Not a database\n" * 100)
    database = Database(f"sqlite:///{path}")
    with pytest.raises(Unavailable):
        await database.ping()
    with pytest.raises(Unavailable):
        await asyncio.to_thread(migrate, f"sqlite:///{path}")
    await database.close()


async def test_reading_a_missing_file_makes_none(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/none.db")
    with pytest.raises(Unavailable):
        await database.ping()
    await database.close()

    assert [*await asyncio.to_thread(lambda: [*tmp_path.iterdir()])] == []


def test_a_server_that_was_restarted_is_used_again(postgresql: Any) -> None:
    """Its connections were cut while they lay unused."""

    async def live(url: str) -> None:
        database = Database(url)
        await accept(database, tag("rivers"))
        assert await database.reader().rows(select(Tag.slug)) == [("rivers",)]
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        cut += " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        await sql.execute(url, cut)
        assert await database.reader().rows(select(Tag.slug)) == [("rivers",)]
        await accept(database, tag("lakes"))
        await database.close()

    with postgresql() as url:
        asyncio.run(live(url))


def test_a_writer_whose_end_is_not_answered_loses_its_connection(postgresql: Any, monkeypatch: Any) -> None:
    """Otherwise the next writer would find itself in the transaction of the one before."""
    execute = asyncpg.Connection.execute

    async def unanswered(driver: Any, sql: str, *arguments: Any, **options: Any) -> Any:
        if sql == "ROLLBACK;":
            raise TimeoutError
        return await execute(driver, sql, *arguments, **options)

    async def fail(database: Database) -> None:
        async with database.begin() as connection:
            await connection.execute(insert(Tag).values(**TAG, slug="lost"))
            raise ZeroDivisionError

    async def live(url: str) -> None:
        database = Database(url)
        with monkeypatch.context() as patched:
            patched.setattr(asyncpg.Connection, "execute", unanswered)
            with pytest.raises(Unavailable):
                await fail(database)
        await accept(database, tag("rivers"))
        assert await database.reader().rows(select(Tag.slug)) == [("rivers",)]
        await database.close()

    with postgresql() as url:
        asyncio.run(live(url))


def test_a_full_disk_leaves_no_half_article_and_reads_go_on(sqlite: Fresh, tmp_path: Path) -> None:
    """RLIMIT_FSIZE stands in for the end of the disk."""
    script, path = tmp_path / "import.py", tmp_path / "stories.ndjson"
    script.write_text("from app.__main__ import cli\ncli()\n")

    async def found(url: str) -> tuple[int, int, int]:
        database = Database(url)
        sizes = (
            len(await database.reader().rows(select(Change.seq))),
            len(await sql.query(url, "SELECT id FROM articles")),
            (await head(database))[0],
        )
        await database.close()
        return sizes

    async def fill(url: str) -> None:
        database = Database(url)
        await accept(database, article("first"))
        await database.close()

        path.write_bytes(b"".join(to_json(article(f"s-{n}", standfirst="x" * 4_000)) + b"\n" for n in range(500)))

    with sqlite() as url:
        asyncio.run(fill(url))
        limit = Path(url.removeprefix("sqlite:///")).stat().st_size + 300_000
        done = subprocess.run(
            [sys.executable, str(script), "import", "ndjson", str(path)],
            env={"DATABASE_URL": url, "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
            capture_output=True,
            text=True,
            check=False,
        )
        after = asyncio.run(found(url))
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            (whole,) = connection.execute("PRAGMA integrity_check").fetchone()
        connection.close()

    assert (done.returncode, "Traceback" in done.stderr) == (3, False), done.stderr
    assert after == (1, 1, 1)
    assert whole == "ok"


def take_the_place(here: str, other: str) -> None:
    for end in ("-wal", "-shm"):
        Path(f"{here}{end}").unlink(missing_ok=True)
    Path(other).replace(here)


def test_a_file_that_took_the_place_of_another_is_what_is_read(sqlite: Fresh) -> None:
    async def ask(here: str, other: str) -> tuple[int, int]:
        database = Database(here)
        before = await database.reader().rows(select(Tag.slug))
        take_the_place(here.removeprefix("sqlite:///"), other.removeprefix("sqlite:///"))
        after = await database.reader().rows(select(Tag.slug))
        await database.close()
        return len(before), len(after)

    with sqlite() as empty, sqlite(sample=True) as filled:
        before, after = asyncio.run(ask(empty, filled))
    assert before == 0 < after


def test_a_connection_that_was_lent_while_its_file_was_replaced_is_not_used_again(sqlite: Fresh) -> None:
    async def ask(here: str, other: str) -> list[int]:
        database = Database(here)
        async with database.pool.connection():
            take_the_place(here.removeprefix("sqlite:///"), other.removeprefix("sqlite:///"))
            first = await database.reader().rows(select(Tag.slug))
        second = await database.reader().rows(select(Tag.slug))
        await database.close()
        return [len(first), len(second)]

    with sqlite() as empty, sqlite(sample=True) as filled:
        first, second = asyncio.run(ask(empty, filled))
    assert 0 < first == second
