"""The one chain of migrations: it makes what the models say, on both databases, whatever happens meanwhile."""

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import select, text

from app.db import Database, SchemaMismatch, check_schema, migrate, schema
from app.db.schema import alembic_config, revisions
from app.keys import store as keys
from app.keys.schemas import KeyIn
from tests import sql
from tests.contents import accept, everything, rows
from tests.factories import article, note, section, source, tag
from tests.migrations import RELEASE, copied_chain, dump, restore

HEAD: Final = revisions()[0]
ROOT: Final = Path(__file__).parent.parent


async def contents(url: str) -> dict[str, list[Any]]:
    database = Database(url)
    found = await everything(database)
    await database.close()
    return found


async def fill(url: str) -> None:
    database = Database(url)
    await accept(
        database,
        section("news"),
        tag("water"),
        tag("rivers", parent="water"),
        source("wire"),
        note("dam", tags=["rivers"]),
        article("flood", section="news", tags=["rivers"]),
        article("flood-uk", language="uk", translation_of=article("flood")["id"]),
    )
    await keys.create(database, KeyIn(name="Night desk", scopes=["keys"]), created_by=None)
    await database.close()


@contextmanager
def chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, upgrade: str) -> Iterator[str]:
    """A copy of the migrations with one more behind them, for the time of a test; says its revision."""
    with copied_chain(tmp_path, monkeypatch) as versions:
        (versions / "20991231_2359_throw_away.py").write_text(
            f'''"""Thrown away by the test that wrote it."""
import sqlalchemy as sa
from alembic import op

revision = "20991231_2359"
down_revision = "{HEAD}"


def upgrade() -> None:
    {upgrade}


def downgrade() -> None:
    pass
'''
        )
        yield "20991231_2359"


# --- the chain ---------------------------------------------------------------------------------------------------


def test_the_migrations_make_what_the_models_say(database_url: str) -> None:
    command.check(alembic_config(database_url))


def test_there_is_one_head_and_every_file_has_a_date() -> None:
    script = ScriptDirectory.from_config(alembic_config("sqlite:///unused.db"))

    assert script.get_heads() == [HEAD]
    assert {one.revision for one in script.walk_revisions()} == revisions()[1]
    for file in (ROOT / "migrations" / "versions").glob("*.py"):
        assert file.name[:13].replace("_", "").isdigit(), file.name


def test_migrating_again_changes_nothing(database_url: str) -> None:
    asyncio.run(fill(database_url))
    before = asyncio.run(contents(database_url))

    migrate(database_url)

    assert asyncio.run(contents(database_url)) == before


def test_the_schema_of_release_0_1_goes_up_and_down_and_up_again_with_rows_in_its_tables(
    empty_database_url: str,
) -> None:
    restore(empty_database_url)

    command.downgrade(alembic_config(empty_database_url), "base")
    emptied = asyncio.run(sql.table_names(empty_database_url))
    command.upgrade(alembic_config(empty_database_url), RELEASE)
    migrate(empty_database_url)
    asyncio.run(fill(empty_database_url))

    assert emptied == {"alembic_version"}
    assert len(asyncio.run(contents(empty_database_url))["articles"]) == 2


@pytest.mark.parametrize("revision", ["20261130_1510", "20261130_1520", HEAD])
def test_the_schema_of_this_release_never_goes_down_and_says_what_to_do_instead(
    empty_database_url: str, revision: str
) -> None:
    restore(empty_database_url)
    command.upgrade(alembic_config(empty_database_url), revision)
    before = dump(empty_database_url)

    with pytest.raises(NotImplementedError, match="Restore the backup"):
        command.downgrade(alembic_config(empty_database_url), RELEASE)

    assert dump(empty_database_url) == before
    assert before["alembic_version"][1] == [f"('{revision}',)"]


def test_an_empty_database_gets_the_whole_schema(empty_database_url: str) -> None:
    migrate(empty_database_url)

    asyncio.run(fill(empty_database_url))
    assert len(asyncio.run(contents(empty_database_url))["changes"]) == 7


def test_every_database_signs_cursors_with_a_secret_of_its_own(fresh: Any) -> None:
    async def secret(url: str) -> bytes:
        database = Database(url)
        ((found,),) = await rows(database, select(text("secret")).select_from(text("log_head")))
        await database.close()
        return bytes(found)

    with fresh(False) as one, fresh(False) as other:
        migrate(one)
        migrate(other)
        first, second = asyncio.run(secret(one)), asyncio.run(secret(other))

    assert len(first) == len(second) == 32
    assert first != second


def test_no_migration_imports_the_application() -> None:
    """It would break with the next change of what it imports."""
    files = [*(ROOT / "migrations" / "versions").glob("*.py")]

    assert files
    assert [file.name for file in files if re.search(r"^\s*(from|import) app\b", file.read_text(), re.MULTILINE)] == []


def test_names_of_keys_are_composed_and_blank_ones_become_a_dash(empty_database_url: str) -> None:
    restore(empty_database_url)
    ids = [id for (id,) in asyncio.run(sql.query(empty_database_url, "SELECT id FROM keys ORDER BY id"))][:2]
    for id, name in zip(ids, ("Нічна зміна: Її".replace("Ї", "І\u0308"), "\u00a0"), strict=True):
        change = text("UPDATE keys SET name = :name WHERE id = :id").bindparams(name=name, id=id)
        asyncio.run(sql.execute(empty_database_url, change))

    migrate(empty_database_url)

    names = dict(asyncio.run(sql.query(empty_database_url, "SELECT id, name FROM keys")))
    assert [names[id] for id in ids] == ["Нічна зміна: Її", "—"]


# --- at once, behind others, and killed ----------------------------------------------------------------------------


def test_two_processes_that_migrate_at_once_both_succeed(empty_database_url: str) -> None:
    start = [sys.executable, "-m", "app", "migrate"]
    environment = {**os.environ, "DATABASE_URL": empty_database_url}

    def one(_: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(start, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    with ThreadPoolExecutor(2) as pool:
        done = [*pool.map(one, range(2))]

    assert [(one.returncode, one.stderr.count("Traceback")) for one in done] == [(0, 0)] * 2
    asyncio.run(fill(empty_database_url))


def test_a_migration_behind_a_long_query_gives_up_and_readers_are_unhurt(
    postgresql: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def meanwhile(url: str) -> tuple[float, list[Any]]:
        """How long the migration took to give up, and how long a reader waited beside it."""
        database = Database(url)
        waits = []
        async with sql.connected(url) as long:
            await long.execute("SELECT count(*) FROM tags")  # holds its lock until its transaction ends
            began = time.monotonic()
            migration = asyncio.create_task(asyncio.to_thread(migrate, url))
            while not migration.done():
                at = time.monotonic()
                await rows(database, select(text("count(*)")).select_from(text("tags")))
                waits.append(time.monotonic() - at)
                await asyncio.sleep(0.02)
            took = time.monotonic() - began
        await database.close()
        with pytest.raises(SchemaMismatch, match="in use; the migration gave up waiting, and changed nothing"):
            await migration
        return took, waits

    add = 'op.add_column("tags", sa.Column("colour", sa.Text()))'
    with postgresql() as url, chain(tmp_path, monkeypatch, add) as revision:
        took, waits = asyncio.run(meanwhile(url))
        with pytest.raises(SchemaMismatch, match="older than this release"):
            asyncio.run(check(url))
        migrate(url)
        asyncio.run(check(url))
        asyncio.run(sql.execute(url, "SELECT colour FROM tags"))

    assert revision == "20991231_2359"
    assert took < 5
    assert max(waits) < 1.5  # at most its lock_timeout, whatever the long query does


def test_rebuilding_a_parent_table_on_sqlite_loses_no_child(
    sqlite: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With foreign keys on, dropping the old table would run what they say of its rows' children."""
    rebuild = """
    op.execute("CREATE TABLE fans (tag VARCHAR(120) REFERENCES tags (slug) ON DELETE CASCADE)")
    op.execute("INSERT INTO fans SELECT slug FROM tags")
    with op.batch_alter_table("tags", recreate="always") as batch:
        batch.add_column(sa.Column("colour", sa.Text()))
    with op.batch_alter_table("articles", recreate="always") as batch:
        batch.alter_column("headline", type_=sa.Text())"""
    with sqlite() as url:
        asyncio.run(fill(url))
        before = asyncio.run(contents(url))
        with chain(tmp_path, monkeypatch, rebuild.strip()):
            migrate(url)
        after = asyncio.run(contents(url))
        database = Database(url)
        fans = asyncio.run(rows(database, select(text("tag")).select_from(text("fans"))))
        asyncio.run(database.close())

    assert after == before
    assert len(fans) == 3


def test_a_migration_that_would_leave_orphans_on_sqlite_is_undone(
    sqlite: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite() as url:
        asyncio.run(fill(url))
        before = asyncio.run(contents(url))
        orphan = """op.execute("DELETE FROM articles WHERE slug = 'flood'")"""
        with chain(tmp_path, monkeypatch, orphan), pytest.raises(RuntimeError, match="rows without their parents"):
            migrate(url)

        assert asyncio.run(contents(url)) == before


def test_a_migration_that_is_killed_is_finished_by_the_next(empty_database_url: str) -> None:
    start = [sys.executable, "-m", "app", "migrate"]
    environment = {**os.environ, "DATABASE_URL": empty_database_url}
    for moment in (0.6, 0.9):
        with subprocess.Popen(start, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as process:
            time.sleep(moment)
            process.kill()
        found = asyncio.run(sql.table_names(empty_database_url))
        assert found == set() or "articles" in found

    migrate(empty_database_url)
    command.check(alembic_config(empty_database_url))
    asyncio.run(fill(empty_database_url))


def test_a_migration_killed_in_its_middle_leaves_nothing(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    middle = """op.create_table("halfway", sa.Column("id", sa.Integer(), primary_key=True))
    import os
    if os.environ.get("DIE"):
        os.kill(os.getpid(), 9)"""
    code = """if True:
    import pathlib, sys
    from app.db import schema
    schema.ROOT = pathlib.Path(sys.argv[1])
    schema.migrate(sys.argv[2])"""
    with chain(tmp_path, monkeypatch, middle):
        start = [sys.executable, "-c", code, str(schema.ROOT), database_url]
        killed = subprocess.run(start, cwd=ROOT, env={**os.environ, "DIE": "1"}, check=False)
        left = asyncio.run(sql.table_names(database_url))
        migrate(database_url)
        done = asyncio.run(sql.table_names(database_url))

    assert killed.returncode == -9
    assert "halfway" not in left
    assert "halfway" in done


# --- what is not ours to serve -------------------------------------------------------------------------------------


async def check(url: str) -> None:
    database = Database(url)
    try:
        await check_schema(database.reader())
    finally:
        await database.close()


def test_an_empty_database_is_told_how_to_get_its_schema(empty_database_url: str) -> None:
    if empty_database_url.startswith("sqlite"):
        asyncio.run(sql.execute(empty_database_url, "SELECT 1"))  # an empty file
    with pytest.raises(SchemaMismatch, match="is empty"):
        asyncio.run(check(empty_database_url))


def test_an_older_database_is_told_how_to_get_newer(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "revisions", lambda: ("20991231_2359", {HEAD, "20991231_2359"}))
    with pytest.raises(SchemaMismatch, match="older than this release"):
        asyncio.run(check(database_url))


def test_a_newer_database_is_neither_served_nor_migrated(database_url: str) -> None:
    asyncio.run(sql.execute(database_url, "UPDATE alembic_version SET version_num = '20991231_2359'"))
    with pytest.raises(SchemaMismatch, match="newer release of Dovidka"):
        asyncio.run(check(database_url))
    with pytest.raises(SchemaMismatch, match="newer release of Dovidka"):
        migrate(database_url)


def test_a_database_whose_migration_never_finished_counts_as_empty(database_url: str) -> None:
    asyncio.run(sql.execute(database_url, "DELETE FROM alembic_version"))
    with pytest.raises(SchemaMismatch, match="is empty"):
        asyncio.run(check(database_url))
