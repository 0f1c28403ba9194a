"""Exports all documents to a file, which is replaced only by a complete export, or to files of another format."""

import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from pathlib import Path
from typing import Annotated, BinaryIO, TypeVar

import typer
from rich.progress import Progress, TextColumn

from app.commands.console import err, failure
from app.commands.database import command_settings, run_with_database
from app.db import Database
from app.formats.story import Site
from app.importers.export import export
from app.importers.renditions import MARKDOWN, NINJS, FileFormat, renditions

Document = TypeVar("Document")


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


def export_ninjs(folder: Annotated[Path, typer.Argument(help="A folder that is empty, or not there.")]) -> None:
    """Export every public note and article as ninjs, one file each."""
    _export_files(folder, NINJS)


def export_markdown(folder: Annotated[Path, typer.Argument(help="A folder that is empty, or not there.")]) -> None:
    """Export every public note and article as Markdown, one file each."""
    _export_files(folder, MARKDOWN)


def _export_files(folder: Path, format: FileFormat) -> None:
    with command_settings() as settings:
        site = Site.of(settings)

        async def work(database: Database) -> int:
            for name in ("notes", "articles"):
                (folder / name).mkdir(parents=True, exist_ok=True)
            async with database.reader().snapshot() as read, aclosing(renditions(read, site, format)) as files:
                return await _counted(files, lambda file: _write(folder / file[0], file[1]))

        try:
            if folder.exists() and any(folder.iterdir()):
                raise failure(f"{folder}: is not empty, and what is in it would be mixed with the export", 1)
            count = run_with_database(settings, work)
        except (OSError, WriteFailed) as error:
            detail = error.strerror if isinstance(error, OSError) else error
            raise failure(f"{folder}: cannot be written: {detail}", 1) from None
        err.print(f"{count} documents")


def _write(path: Path, content: bytes) -> None:
    """Raises: WriteFailed."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise WriteFailed(error.strerror) from error


class WriteFailed(Exception):
    """The file cannot be written. Not an OSError, because those of the database are reported in other words."""


async def _export(database: Database, target: BinaryIO, *, public: bool) -> int:
    """Writes the documents; returns their number. Raises: WriteFailed."""

    def write(line: bytes) -> None:
        try:
            target.write(line)
        except OSError as error:
            raise WriteFailed(error.strerror) from error

    async with database.reader().snapshot() as read, aclosing(export(read, public=public)) as lines:
        return await _counted(lines, write)


async def _counted(documents: AsyncIterator[Document], write: Callable[[Document], None]) -> int:
    """Writes the documents, and shows how many there are so far; returns their number."""
    count = 0
    with Progress(TextColumn("{task.completed} documents"), console=err, transient=True) as progress:
        task = progress.add_task("", total=None)
        async for document in documents:
            write(document)
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
