"""Imports the plain text of scraped article pages, or shows what an import would write."""

import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.commands.console import err, escape, failure, out, parse_option, print_message, printable
from app.commands.database import command_settings, open_database
from app.commands.importing import MOST_SHOWN_FAULTS, format_counts
from app.commands.outline import print_outline
from app.db import Database, utcnow
from app.errors import Fault, Invalid, Raced
from app.importers import store
from app.importers.store import Report
from app.settings import Settings
from app.web.fields import Language, Line, Url
from app.web.spans import InstantOrDay, since

if TYPE_CHECKING:
    from app.importers.page import Page


def import_page(
    files: Annotated[list[Path], typer.Argument(help="Text files, or folders of .txt files.", show_default=False)],
    draft: Annotated[bool, typer.Option("--draft", help="Leave the story a draft; otherwise it is published.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be imported; write nothing.")] = False,
    report: Annotated[
        Literal["json"] | None, typer.Option(help="Print how each line was used, on standard output.")
    ] = None,
    revise_notes: Annotated[
        bool, typer.Option("--revise-notes", help="Store a note that resembles a stored one as its next revision.")
    ] = False,
    url: Annotated[str | None, typer.Option(help="Address of the page, for one file.")] = None,
    published: Annotated[
        str | None, typer.Option(help="When it was published: an instant with offset, or a day.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Its language, such as uk.")] = None,
    section: Annotated[str | None, typer.Option(help="Its section, as readers know it.")] = None,
) -> None:
    """Import the plain text of scraped article pages, one page per file.

    Each becomes an article with its sources, reference notes and relations, and a draft stub for each story that the
    page points to. A page without a date is published now. Importing the same page again changes nothing.
    """
    with command_settings() as settings:
        metadata = {
            name: parse_option(name, kind, value)
            for name, kind, value in (
                ("url", Url, url),
                ("language", Language, language),
                ("published", InstantOrDay, published),
                ("section", Line, section and section.strip()),
            )
            if value is not None
        }
        if "published" in metadata:
            metadata["published"] = since(metadata["published"], settings.zone)
        paths = [path for file in files for path in (_text_files(file) if file.is_dir() else [file])]
        if url is not None and len(paths) != 1:
            raise failure("--url is the address of one page; give one file with it", 2)
        if not paths:
            raise failure("there is no .txt file in the given folders", 2)
        page_import = _PageImport(settings, metadata, draft, revise_notes, dry_run, quiet=report is not None)
        code = asyncio.run(page_import.import_all(paths))
        if report is not None:
            _write_report(page_import.file_reports)
        raise typer.Exit(code)


def import_texts(
    settings: Settings, files: list[Path], metadata: dict[str, Any], *, dry_run: bool, quiet: bool
) -> tuple[int, list[dict[str, Any]]]:
    """Imports texts of pages as drafts; returns the exit code, and a report of each file."""
    page_import = _PageImport(settings, metadata, draft=True, revise_notes=False, dry_run=dry_run, quiet=quiet)
    return asyncio.run(page_import.import_all(files)), page_import.file_reports


def _text_files(folder: Path) -> list[Path]:
    """The .txt files in a folder and its subfolders, in the order of their paths.

    Includes symbolic links that lead nowhere, which are reported as unreadable. Does not follow links to folders.
    """
    paths = (path for path in folder.rglob("*") if path.suffix.lower() == ".txt")
    return sorted(path for path in paths if path.is_file() or (path.is_symlink() and not path.exists()))


def _write_report(file_reports: list[dict[str, Any]]) -> None:
    report = json.dumps({"files": file_reports}, ensure_ascii=False)
    try:
        # A file name need not be valid Unicode; its other bytes are escaped as in JSON.
        sys.stdout.buffer.write(report.encode(errors="backslashreplace") + b"\n")
        sys.stdout.flush()
    except OSError as error:
        raise failure(f"the report cannot be written: {error.strerror}", 1) from None


@dataclass
class _PageImport:
    """One run of `import page`: its options, and a report of each file so far. `quiet` keeps standard output free."""

    settings: Settings
    metadata: dict[str, Any]
    draft: bool
    revise_notes: bool
    dry_run: bool
    quiet: bool
    file_reports: list[dict[str, Any]] = field(default_factory=list)

    async def import_all(self, files: list[Path]) -> int:
        """Imports the files; returns the exit code. A file that fails does not affect the others."""
        opened: AbstractAsyncContextManager[Database | None] = (
            nullcontext() if self.dry_run else open_database(self.settings)
        )
        failures = 0
        async with opened as database:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
                for file in progress.track(files, description="pages"):
                    failures += not await self._import_file(database, file)
        if len(files) > 1:
            err.print(f"{len(files) - failures} of {len(files)} pages {'read' if self.dry_run else 'imported'}")
        return 1 if failures else 0

    async def _import_file(self, database: Database | None, file: Path) -> bool:
        """Reads the file and, if there is a database, writes its documents. Returns False if it was refused."""
        from app.importers import page

        now = utcnow()
        slugs: list[str] = []
        try:
            text = await asyncio.to_thread(_read_start, file, page.PAGE_BYTES + 1)
            parsed = page.read(text, zone=self.settings.zone, imported_at=now, **self.metadata)
            if database is None:
                self._show(parsed, file)
            else:
                report = await self._import_documents(database, parsed.documents, now)
                err.print(f"{escape(str(file))}: {format_counts(report)}")
                slugs = report.slugs
                for slug in slugs:
                    (err if self.quiet else out).print(f"/v1/articles/{slug}")
        except (Invalid, Raced) as refusal:
            return self._refuse(file, refusal.faults or (Fault(refusal.detail),))
        except OSError as error:
            return self._refuse(file, (Fault(f"cannot be read: {error.strerror}"),))
        lines = [asdict(line) for line in parsed.lines]
        self.file_reports.append({"file": str(file), "articles": slugs, "lines": lines, "errors": []})
        return True

    def _show(self, parsed: "Page", file: Path) -> None:
        """Prints what an import would write. Raises: Invalid, if it would be refused."""
        article = next(document for document in parsed.documents if document["noun"] == "article")
        if not (article["body"] or self.draft):
            fault = Fault("has no text besides its headline", pointer="/article/body")
            raise Invalid("The page has no text.", fault)
        if not self.quiet:
            print_outline(parsed, printable(file.name), out)

    async def _import_documents(self, database: Database, documents: list[dict[str, Any]], now: datetime) -> Report:
        """Retries while a concurrent import writes the same objects. Raises: Invalid; Raced, after the last attempt."""
        draft, revise_notes = self.draft, self.revise_notes
        save = partial(
            store.import_page, database, self.settings.zone, documents, draft=draft, now=now, revise_notes=revise_notes
        )
        for _ in range(store.ATTEMPTS - 1):
            with suppress(Raced):
                return await save()
        return await save()

    def _refuse(self, file: Path, faults: Sequence[Fault]) -> Literal[False]:
        messages = [fault.message for fault in faults[:MOST_SHOWN_FAULTS]]
        for message in messages:
            print_message(f"{file}: {message}")
        self.file_reports.append({"file": str(file), "articles": [], "lines": [], "errors": messages})
        return False


def _read_start(file: Path, size: int) -> bytes:
    with file.open("rb") as text:
        return text.read(size)
