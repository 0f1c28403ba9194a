"""Copies a SQLite database while it is in use. PostgreSQL has programs of its own for that: which, is said here.

The copy is one state of the database: SQLite's online backup reads in a transaction that stays open until all pages are
copied, so it need not begin anew when somebody writes, and writers do not wait for it.
"""

import os
import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from app.db.schema import Progress, SchemaMismatch, checkpoint_into_file, revisions

# So many pages are copied between two reports of progress: 8 MB.
PAGES: Final = 2_000
SIDE_FILES: Final = ("-journal", "-wal", "-shm")


class CopyRefused(Exception):
    """The file cannot be copied, or not to there; the message says why. Nothing was left behind."""


def dump_command(file: Path) -> str:
    """What to run in a shell to back up a PostgreSQL database. The URL stays in the environment: it has a password."""
    return f'pg_dump --format=custom --file={shlex.quote(str(file))} "$DATABASE_URL"'


def undump_command(file: Path) -> str:
    """What restores such a backup into an empty database; a database that is not empty stays as it is."""
    return f'pg_restore --no-owner --single-transaction --dbname="$DATABASE_URL" {shlex.quote(str(file))}'


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A path beside the given one, for a file that takes its name when the block ends well, and is gone otherwise.

    Raises: CopyRefused, where there is a file of the name already, or none can be written there.
    """
    _refuse_existing(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.open("xb").close()
        yield partial
        _refuse_existing(path)
        partial.rename(path)
    except OSError as error:
        raise CopyRefused(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        for suffix in ("", *SIDE_FILES):
            with suppress(OSError):
                partial.with_name(partial.name + suffix).unlink(missing_ok=True)


def _refuse_existing(path: Path) -> None:
    if os.path.lexists(path):
        raise CopyRefused(f"{path}: is there already, and is not overwritten")


def copy_database(source: Path, target: Path, progress: Progress) -> None:
    """Writes what the database holds at this moment into an empty file, which needs no other file beside it.

    The database may be of an earlier release. Cost: reads and writes the whole file, then reads the copy; writers go on
    meanwhile, and what they add waits in the WAL until the end.
    Raises: CopyRefused, also where the copy is damaged; SchemaMismatch, for a database of a newer release.
    """
    try:
        source.open("rb").close()
        with closing(_open_to_read(source)) as reader, closing(sqlite3.connect(target)) as writer:
            reader.execute("BEGIN")  # its first read begins the transaction, and the copy is what that one sees
            _check_version(source, reader)
            reader.backup(writer, pages=PAGES, progress=lambda _, left, total: progress(total - left, total))
            ((fault, *_), *_) = writer.execute("PRAGMA quick_check(1)").fetchall()
        checkpoint_into_file(target)
    except OSError as error:
        raise CopyRefused(f"{source}: cannot be read: {error.strerror}") from error
    except sqlite3.DatabaseError as error:
        raise CopyRefused(f"{source}: cannot be copied: {error}") from error
    if fault != "ok":
        raise CopyRefused(f"{source}: is damaged: {fault}")


def _check_version(path: Path, reader: sqlite3.Connection) -> None:
    """Raises: CopyRefused, SchemaMismatch."""
    try:
        row = reader.execute("SELECT version_num FROM alembic_version, (SELECT count(*) FROM log_head)").fetchone()
    except sqlite3.DatabaseError as error:
        raise CopyRefused(f"{path}: is no database of Dovidka: {error}") from error
    if row is None or row[0] not in revisions()[1]:
        raise SchemaMismatch(f"The database {path} is of a newer release of Dovidka. Install that release.")


def refuse_used(path: Path) -> None:
    """Raises: CopyRefused, where there is a database, or what is left of one, in which a copy would be mixed up."""
    for suffix in ("", *SIDE_FILES):
        file = path.with_name(path.name + suffix)
        if os.path.lexists(file):
            raise CopyRefused(
                f"{file}: is there already. Stop the servers and move it away, or name another file in DATABASE_URL."
            )


def _open_to_read(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
