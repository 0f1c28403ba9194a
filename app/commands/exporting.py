"""Exports all documents to a file, which is replaced only by a complete export."""

import os
import sys
from collections.abc import Iterator
from contextlib import aclosing, contextmanager, suppress
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.progress import Progress, TextColumn

from app.commands.console import err, failure
from app.commands.database import command_settings, run_with_database
from app.db import Database
from app.importers.export import export


def export_ndjson(
    file: Annotated[Path, typer.Argument(help="Where to write; - is standard output.")],
    public: Annotated[bool, typer.Option("--public", help="Only what everyone may see.")] = False,
) -> None:
    """Export every document, one per line, drafts included.

    `import ndjson` into an empty database restores the same documents, byte for byte.
    """

    async def work(database: Database) -> int:
        with _destination(file) as target:
            return await _export(database, target, public=public)

    with command_settings() as settings:
        try:
            count = run_with_database(settings, work)
        except (OSError, WriteFailed) as error:
            detail = error.strerror if isinstance(error, OSError) else error
            raise failure(f"{file}: cannot be written: {detail}", 1) from None
        err.print(f"{count} documents")


class WriteFailed(Exception):
    """The file cannot be written. Not an OSError, because those of the database are reported in other words."""


async def _export(database: Database, target: BinaryIO, *, public: bool) -> int:
    """Writes the documents; returns their number. Raises: WriteFailed."""
    count = 0
    async with database.reader().snapshot() as read, aclosing(export(read, public=public)) as lines:
        with Progress(TextColumn("{task.completed} documents"), console=err, transient=True) as progress:
            task = progress.add_task("", total=None)
            async for line in lines:
                try:
                    target.write(line)
                except OSError as error:
                    raise WriteFailed(error.strerror) from error
                count += 1
                if count % 500 == 0:
                    progress.update(task, completed=count)
    return count


@contextmanager
def _destination(file: Path) -> Iterator[BinaryIO]:
    """The target of the export. A regular file is written under another name and renamed when it is complete.

    Raises: OSError.
    """
    if str(file) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    elif file.exists() and not file.is_file():
        with file.open("wb") as target:
            yield target
    else:
        with suppress(FileNotFoundError):
            file.stat()  # a loop of symbolic links raises OSError here, but RuntimeError in `resolve`
        path = file.resolve()
        partial = path.with_name(f".{path.name}.part")
        try:
            with partial.open("wb") as target:
                yield target
                target.flush()
                os.fsync(target.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
