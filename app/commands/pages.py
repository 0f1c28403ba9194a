"""Brings in the plain text of scraped article pages, or shows what would come of it."""

import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.articles.schemas import InstantOrDay
from app.commands.console import complain, err, escape, fail, option, out, printable
from app.commands.database import opened, usable
from app.commands.importing import SHOWN_FAULTS, counts, sentence
from app.db import Database, utcnow
from app.errors import Fault, Invalid, Raced
from app.importers import store
from app.importers.store import Report
from app.settings import Settings
from app.web.fields import Language, Line, Url
from app.web.spans import since

if TYPE_CHECKING:
    from app.importers.page import Page


def import_page(
    files: Annotated[list[Path], typer.Argument(help="Text files, or folders of .txt files.", show_default=False)],
    draft: Annotated[bool, typer.Option("--draft", help="Leave the story a draft; otherwise it is published.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would come of it, and write nothing.")] = False,
    report: Annotated[
        Literal["json"] | None, typer.Option(help="Print what became of every line, on standard output.")
    ] = None,
    revise_notes: Annotated[
        bool, typer.Option("--revise-notes", help="A note that is nearly a known one is its next revision.")
    ] = False,
    url: Annotated[str | None, typer.Option(help="Address of the page, for one file.")] = None,
    published: Annotated[
        str | None, typer.Option(help="When it was published: an instant with offset, or a day.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Its language, such as uk.")] = None,
    section: Annotated[str | None, typer.Option(help="Its section, as readers know it.")] = None,
) -> None:
    """Import the plain text of scraped article pages, one page a file.

    Each becomes an article with its sources, reference notes and relations, and a draft stub for each story that the
    page points to. A page without a date is published now. Importing the same page again changes nothing.
    """
    with usable() as settings:
        given: dict[str, Any] = {"url": url, "language": language, "section": section}
        for name, kind, value in (
            ("url", Url, url),
            ("language", Language, language),
            ("published", InstantOrDay, published),
            ("section", Line, section and section.strip()),
        ):
            if value is not None:
                given[name] = option(name, kind, value)
        if published is not None:
            given["published"] = since(published, settings.zone)
        found = [one for file in files for one in (_text_files(file) if file.is_dir() else [file])]
        if url is not None and len(found) != 1:
            raise fail("--url is the address of one page; give one file with it", 2)
        if not found:
            raise fail("there is no .txt file in the folders given", 2)
        pages = _Pages(settings, given, draft, revise_notes, dry_run, quiet=report is not None)
        code = asyncio.run(pages.import_all(found))
        if report is not None:
            _write_report(pages.lines)
        raise typer.Exit(code)


def _text_files(folder: Path) -> list[Path]:
    """The text files in a folder and the folders in it, and links to such; where links lead round, it stops."""
    found = (one for one in folder.rglob("*") if one.suffix.lower() == ".txt")
    return sorted(one for one in found if one.is_file() or (one.is_symlink() and not one.exists()))


def _write_report(files: list[dict[str, Any]]) -> None:
    written = json.dumps({"files": files}, ensure_ascii=False)
    try:
        # A file's name need not be Unicode; what is none of it is escaped as JSON does.
        sys.stdout.buffer.write(written.encode(errors="backslashreplace") + b"\n")
        sys.stdout.flush()
    except OSError as error:
        raise fail(f"the report cannot be written: {error.strerror}", 1) from None


@dataclass
class _Pages:
    """One run of `import page`: what it was told, and what became of the lines of each file."""

    settings: Settings
    given: dict[str, Any]
    draft: bool
    revise_notes: bool
    dry_run: bool
    quiet: bool
    lines: list[dict[str, Any]] = field(default_factory=list)

    async def import_all(self, files: list[Path]) -> int:
        """Imports the files; returns the exit code. One that fails loses no other."""
        used: AbstractAsyncContextManager[Database | None] = nullcontext() if self.dry_run else opened(self.settings)
        failed = 0
        async with used as database:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
                for file in progress.track(files, description="pages"):
                    failed += not await self._import_one(database, file)
        if len(files) > 1:
            err.print(f"{len(files) - failed} of {len(files)} pages {'read' if self.dry_run else 'imported'}")
        return 1 if failed else 0

    async def _import_one(self, database: Database | None, file: Path) -> bool:
        """Whether it was read and, where there is a database to write to, imported."""
        from app.importers import page

        now = utcnow()
        made: list[str] = []
        try:
            data = await asyncio.to_thread(_beginning, file, page.PAGE_BYTES + 1)
            found = page.read(data, zone=self.settings.zone, imported_at=now, **self.given)
            if database is None:
                self._show(found, file)
            else:
                report = await self._take_in(database, found.documents, now)
                err.print(f"{escape(str(file))}: {counts(report)}")
                made = report.slugs
                for slug in made:
                    (err if self.quiet else out).print(f"/v1/articles/{slug}")
        except (Invalid, Raced) as refusal:
            return self._refuse(file, refusal.faults or (Fault(refusal.detail),))
        except OSError as error:
            return self._refuse(file, (Fault(f"cannot be read: {error.strerror}"),))
        lines = [asdict(line) for line in found.lines]
        self.lines.append({"file": str(file), "articles": made, "lines": lines, "errors": []})
        return True

    def _show(self, found: "Page", file: Path) -> None:
        """Prints what an import would write. Raises: Invalid, where it would write nothing."""
        from app.importers.page.outline import outline

        article = next(one for one in found.documents if one["noun"] == "article")
        if not (article["body"] or self.draft):
            fault = Fault("has no text besides its headline", pointer="/article/body")
            raise Invalid("The page has no text.", fault)
        if not self.quiet:
            outline(found, printable(file.name), out)

    async def _take_in(self, database: Database, documents: list[dict[str, Any]], now: datetime) -> Report:
        zone, draft, revise = self.settings.zone, self.draft, self.revise_notes
        attempts = 0
        while True:
            try:
                return await store.take_in(database, zone, documents, draft=draft, now=now, revise_notes=revise)
            except Raced:  # another import of the same page, say
                attempts += 1
                if attempts == store.ATTEMPTS:
                    raise

    def _refuse(self, file: Path, faults: Sequence[Fault]) -> Literal[False]:
        told = [sentence(fault) for fault in faults[:SHOWN_FAULTS]]
        for one in told:
            complain(f"{file}: {one}")
        self.lines.append({"file": str(file), "articles": [], "lines": [], "errors": told})
        return False


def _beginning(file: Path, size: int) -> bytes:
    with file.open("rb") as text:
        return text.read(size)
