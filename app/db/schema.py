"""Migrations: how the schema comes to be, and whether it is the one that this release works on."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import asyncpg
from sqlalchemy import String, column, select, table
from sqlalchemy.exc import DBAPIError

from app.db.database import Reader
from app.db.faults import database_faults
from app.db.url import DatabaseUrl
from app.errors import Unavailable

if TYPE_CHECKING:
    from alembic.config import Config

ROOT: Final = Path(__file__).resolve().parents[2]


# Is told how much a migration has done, and how much there is.
Progress = Callable[[int, int], None]


def alembic_config(url: str, progress: Progress | None = None) -> "Config":
    """Alembic's settings for this database. A migration that leaves much of a SQLite file empty adds `shrink`."""
    from alembic.config import Config

    config = Config(ROOT / "alembic.ini")
    config.attributes.update(url=DatabaseUrl(url), progress=progress, shrink=False)
    return config


def migrate(url: str, *, progress: Progress | None = None) -> bool:
    """Brings the schema up to the newest revision; does nothing where it is there already.

    Two at once wait for each other, and one that is killed is finished by the next. Returns whether the file of a
    SQLite database has shrunk to what is in it, or need not; the migration is complete in any case.
    Raises: Unavailable; SchemaMismatch, for a database that a newer release has migrated.
    """
    file = DatabaseUrl(url).path
    if file is not None and _revision_of(file) == revisions()[0]:
        return True  # without Alembic, whose 7 MB a server that begins with this would keep

    from alembic import command
    from alembic.util import CommandError

    config = alembic_config(url, progress)
    try:
        with database_faults():
            command.upgrade(config, "head")
    except CommandError as error:
        raise SchemaMismatch(
            f"The database {DatabaseUrl(url)} was migrated by a newer release of Dovidka. Install that release."
        ) from error
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != asyncpg.LockNotAvailableError.sqlstate:
            raise
        raise SchemaMismatch(
            f"The tables of {DatabaseUrl(url)} are in use; the migration gave up waiting, and changed nothing."
            " Run: python -m app migrate"
        ) from error
    path: Path | None = config.attributes["url"].path
    return path is None or not config.attributes["shrink"] or _shrink(path)


def _revision_of(path: Path) -> str | None:
    """The revision of a SQLite database; None for one without a schema, and for another file."""
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(path)) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError:
        return None
    return str(row[0]) if row else None


def _shrink(path: Path) -> bool:
    """Rewrites a SQLite file without its empty pages, which takes free disk space of about twice what is in it.

    Returns False, with the file as it was, where there is too little of that, or the database is in use.
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("VACUUM")
    except sqlite3.OperationalError:
        return False
    return True


def checkpoint_into_file(path: Path) -> None:
    """Writes the WAL of a SQLite database that nobody has open into its file, so that the file can be moved alone."""
    with closing(sqlite3.connect(path)) as connection:
        (mode,) = connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    assert mode == "delete", mode


class SchemaMismatch(Exception):
    """The database's schema is not the one this release works on; the message says what mends it."""


def revisions() -> tuple[str, set[str]]:
    """The revision that this release works on, and all it knows, read from the migration files."""
    parents: dict[str, str | None] = {}
    for file in (ROOT / "migrations" / "versions").glob("*.py"):
        head = file.read_text(encoding="utf-8")[:2_000]
        match = re.search(r'^revision = "(.+)"$', head, re.MULTILINE)
        before = re.search(r'^down_revision = "(.+)"$', head, re.MULTILINE)
        assert match is not None, file
        parents[match[1]] = before[1] if before else None
    (newest,) = parents.keys() - {*parents.values()}
    return newest, {*parents}


async def check_schema(read: Reader) -> None:
    """Raises: SchemaMismatch, saying which command mends it; Unavailable."""
    url = read.url
    if url.path is not None and not url.path.exists():
        raise SchemaMismatch(f"There is no database {url} yet. Run: python -m app migrate")
    try:
        row = await read.row(_SCHEMA)
    except Unavailable as fault:
        cause = fault.__cause__
        if not isinstance(cause, asyncpg.UndefinedTableError) and "no such table" not in str(cause):
            raise
        row = None
    if row is None:
        raise SchemaMismatch(f"The database {url} is empty. Run: python -m app migrate")
    newest, known = revisions()
    if row[0] != newest:
        if row[0] in known:
            raise SchemaMismatch(f"The database {url} is older than this release. Run: python -m app migrate")
        raise SchemaMismatch(f"The database {url} was migrated by a newer release of Dovidka. Install that release.")


_SCHEMA: Final = select(column("version_num", String)).select_from(table("alembic_version"))
