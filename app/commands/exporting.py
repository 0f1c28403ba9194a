"""Takes every document out; a broken export never takes the place of a whole one."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.progress import Progress, TextColumn

from app.commands.console import err, fail
from app.commands.database import usable, with_database
from app.db import Database
from app.importers import store


def export_ndjson(
    file: Annotated[Path, typer.Argument(help="Where to write; - is standard output.")],
    public: Annotated[bool, typer.Option("--public", help="Only what everyone may see.")] = False,
) -> None:
    """Export every document, one a line, drafts included.

    `import ndjson` reads it into an empty database, byte for byte.
    """

    async def work(database: Database) -> int:
        with _destination(file) as target:
            return await _export(database, target, public=public)

    with usable() as settings:
        try:
            written = with_database(settings, work)
        except (OSError, Unwritable) as error:
            detail = error.strerror if isinstance(error, OSError) else error
            raise fail(f"{file}: cannot be written: {detail}", 1) from None
        err.print(f"{written} documents")


class Unwritable(Exception):
    """The file takes no more; not to be confused with a database that fails while it is read."""


async def _export(database: Database, target: BinaryIO, *, public: bool) -> int:
    """How many documents were written. Raises: Unwritable."""
    written = 0
    columns = TextColumn("{task.completed} documents")
    async with database.reader().snapshot() as read:
        with Progress(columns, console=err, transient=True) as progress:
            task = progress.add_task("", total=None)
            async for line in store.export(read, public=public):
                try:
                    target.write(line)
                except OSError as error:
                    raise Unwritable(error.strerror) from error
                written += 1
                if written % 500 == 0:
                    progress.update(task, completed=written)
    return written


@contextmanager
def _destination(file: Path) -> Iterator[BinaryIO]:
    """Where the export goes: what is a file is written aside, and gets its name once it is whole. Raises: OSError."""
    if str(file) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    elif file.exists() and not file.is_file():
        with file.open("wb") as target:
            yield target
    else:
        with suppress(FileNotFoundError):
            file.stat()  # what links lead round to is an OSError here, and a RuntimeError below
        whole = file.resolve()
        aside = whole.with_name(f".{whole.name}.part")
        try:
            with aside.open("wb") as target:
                yield target
                target.flush()
                os.fsync(target.fileno())
            aside.replace(whole)
        finally:
            aside.unlink(missing_ok=True)
