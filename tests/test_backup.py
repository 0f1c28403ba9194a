"""Backups: what they hold while somebody writes, what restores them, and what is refused without a trace."""

import asyncio
import os
import resource
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.db import CopyRefused, Database, copy_database, new_file
from tests.commands import ROOT, invoke
from tests.conftest import Fresh, bring
from tests.contents import everything
from tests.factories import article
from tests.migrations import restore as make_release
from tests.postgres import programs_folder


def contents(url: str) -> dict[str, list[Any]]:
    async def read() -> dict[str, list[Any]]:
        database = Database(url)
        try:
            return await everything(database)
        finally:
            await database.close()

    return asyncio.run(read())


def run(url: str, command: str, file: Path) -> None:
    """Runs the command, or in its place the one that it prints."""
    result = invoke(url, command, file)
    if url.startswith("postgresql"):
        assert (result.exit_code, "nothing was done" in result.stderr) == (2, True)
        path = f"{programs_folder()}:{os.environ['PATH']}"
        subprocess.run(result.stdout, shell=True, check=True, env={"PATH": path, "DATABASE_URL": url}, timeout=60)
    else:
        assert result.exit_code == 0, result.output


def test_a_backup_restores_all_that_was_saved(fresh: Fresh, tmp_path: Path) -> None:
    file = tmp_path / "the night's backup"
    with fresh(sample=True) as url, fresh(migrated=False) as other:
        run(url, "backup", file)
        run(other, "restore", file)

        assert contents(other) == contents(url)
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


async def test_a_backup_is_one_state_whatever_is_written_meanwhile(
    sqlite: Fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.db.copying.PAGES", 20)
    reports: list[tuple[int, int]] = []

    def write(done: int, total: int) -> None:
        reports.append((done, total))
        asyncio.run(bring_one(url, f"story-{len(reports)}"))

    with sqlite(sample=True) as url:
        before = await asyncio.to_thread(contents, url)
        path = Path(url.removeprefix("sqlite:///"))
        with new_file(tmp_path / "copy.db") as copy:
            await asyncio.to_thread(copy_database, path, copy, write)
        after = await asyncio.to_thread(contents, url)

    assert len(reports) > 10
    assert reports[-1][0] == reports[-1][1]
    assert await asyncio.to_thread(contents, f"sqlite:///{tmp_path}/copy.db") == before != after


async def bring_one(url: str, slug: str) -> None:
    database = Database(url)
    await bring(database, article(slug))
    await database.close()


def test_a_database_of_an_earlier_release_is_backed_up_and_migrated_when_restored(
    sqlite: Fresh, tmp_path: Path
) -> None:
    with sqlite(False) as url, sqlite(False) as other:
        make_release(url)
        assert invoke(url, "backup", tmp_path / "copy.db").exit_code == 0
        assert invoke(other, "restore", tmp_path / "copy.db").exit_code == 0

        assert invoke(other, "export", "ndjson", tmp_path / "lines.ndjson").exit_code == 0


def test_a_file_is_not_overwritten_by_a_backup(sqlite: Fresh, tmp_path: Path) -> None:
    file = tmp_path / "copy.db"
    file.write_text("yesterday's")
    with sqlite() as url:
        result = invoke(url, "backup", file)

    assert (result.exit_code, "is there already, and is not overwritten" in result.stderr) == (1, True)
    assert file.read_text() == "yesterday's"


def test_a_full_disk_leaves_nothing_of_a_backup(sqlite: Fresh, tmp_path: Path) -> None:
    """RLIMIT_FSIZE stands in for the end of the disk."""
    with sqlite(sample=True) as url:
        result = subprocess.run(
            [sys.executable, "-m", "app", "backup", str(tmp_path / "copy.db")],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": url},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
            capture_output=True,
            text=True,
            check=False,
        )

    assert (result.returncode, "cannot be copied" in result.stderr) == (1, True), result.stderr
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("file", [".", "no/folder/copy.db", "x" * 300])
def test_a_place_where_no_file_can_be_is_refused(sqlite: Fresh, tmp_path: Path, file: str) -> None:
    with sqlite() as url:
        result = invoke(url, "backup", tmp_path / file)

    assert (result.exit_code, result.stderr.startswith("error: ")) == (1, True), result.output
    assert not [*tmp_path.iterdir()]


def test_a_database_that_is_not_there_has_no_backup(tmp_path: Path) -> None:
    result = invoke(f"sqlite:///{tmp_path}/none.db", "backup", tmp_path / "copy.db")

    assert (result.exit_code, "There is no database" in result.stderr) == (3, True)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("suffix", ["", "-wal", "-journal"])
def test_nothing_is_restored_over_a_database_or_what_is_left_of_one(sqlite: Fresh, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "newsroom.db"
    left = path.with_name(path.name + suffix)
    left.touch()
    with sqlite() as url:
        invoke(url, "backup", tmp_path / "copy.db")
        result = invoke(f"sqlite:///{path}", "restore", tmp_path / "copy.db")

    assert (result.exit_code, f"{left}: is there already. Stop the servers" in result.stderr) == (1, True)
    assert left.read_bytes() == b""
    assert {file.name for file in tmp_path.iterdir()} == {"copy.db", left.name}


def test_what_is_no_backup_is_not_restored(sqlite: Fresh, tmp_path: Path) -> None:
    file, path = tmp_path / "copy.db", tmp_path / "newsroom.db"

    def refused() -> tuple[int, str]:
        result = invoke(f"sqlite:///{path}", "restore", file)
        assert {each.name for each in tmp_path.iterdir()} <= {"copy.db"}
        return result.exit_code, result.stderr

    assert refused() == (1, f"error: {file}: cannot be read: No such file or directory\n")
    file.write_text("# Not a database\n" * 100)
    assert refused() == (1, f"error: {file}: is no database of Dovidka: file is not a database\n")
    with closing(sqlite3.connect(tmp_path / "other")) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    (tmp_path / "other").replace(file)
    assert refused() == (1, f"error: {file}: is no database of Dovidka: no such table: alembic_version\n")
    file.unlink()
    with sqlite() as url:
        assert invoke(url, "backup", file).exit_code == 0
    with closing(sqlite3.connect(file)) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '20991231_2359'")
        newer.commit()
    code, message = refused()
    assert (code, "is of a newer release of Dovidka" in message) == (3, True)


def test_a_damaged_backup_is_not_restored(sqlite: Fresh, tmp_path: Path) -> None:
    with sqlite(sample=True) as url:
        invoke(url, "backup", tmp_path / "copy.db")
    content = bytearray((tmp_path / "copy.db").read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 8_192] = b"\xff" * 8_192
    (tmp_path / "copy.db").write_bytes(content)

    result = invoke(f"sqlite:///{tmp_path}/newsroom.db", "restore", tmp_path / "copy.db")

    assert (result.exit_code, "copy.db: is damaged" in result.stderr) == (1, True), result.output
    assert [path.name for path in tmp_path.iterdir()] == ["copy.db"]


def test_a_file_that_appears_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    with pytest.raises(CopyRefused, match="is not overwritten"), new_file(tmp_path / "copy.db"):
        (tmp_path / "copy.db").write_text("another's")

    assert [path.read_text() for path in tmp_path.iterdir()] == ["another's"]
