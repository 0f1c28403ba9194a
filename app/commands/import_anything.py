"""`import WHAT…`: recognises each file by its content, imports it, and reports what became of each item."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from typer.core import TyperGroup

from app.commands import webpages
from app.commands.console import err, escape, failure, parse_option, print_message
from app.commands.database import command_settings, open_database
from app.commands.importing import MOST_SHOWN_FAULTS, import_files
from app.commands.pages import import_texts
from app.db import Database, utcnow
from app.errors import Raced
from app.importers.feeds import loading as feeds
from app.importers.feeds.stories import Wishes
from app.importers.html.given import Given
from app.importers.recognition import FORMATS, NAMES, Format, recognise
from app.importers.stories import Account
from app.importers.wordpress import loading
from app.importers.xml_text import DamagedExport
from app.settings import Settings
from app.web.fields import Language

# The command that `import` runs if its first word is not the name of another one.
ANYTHING: Final = "anything"
_ORDER: Final = ("created", "updated", "unchanged", "read", "error")
_SHOWN: Final = {"read": "would be imported", "error": "refused"}


class ImportGroup(TyperGroup):
    """`import WHAT…`: where the first word is none of its commands, it is the first of what is to be imported."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in {"--help", "-h"}:
            args = [ANYTHING, *args]
        return super().parse_args(ctx, args)


def import_anything(
    what: Annotated[list[str], typer.Argument(help="Files, folders of them, or addresses.", show_default=False)],
    as_format: Annotated[
        Literal["wordpress", "html", "feed", "ndjson", "text"] | None,
        typer.Option("--as", help="What all of it is, where that is not recognised."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be imported; write nothing.")] = False,
    report: Annotated[
        Literal["json"] | None, typer.Option(help="Print what became of each item, on standard output.")
    ] = None,
    publish: Annotated[
        bool,
        typer.Option("--publish", help="Publish web pages and entries of feeds at once; otherwise they are drafts."),
    ] = False,
    types: Annotated[str, typer.Option(help="Of WordPress: which types of items become stories.")] = "post",
    language: Annotated[
        str | None, typer.Option(help="The language of stories whose file does not tell one of its own, such as uk.")
    ] = None,
) -> None:
    """Import files of any known kind: WordPress exports, web pages, feeds, documents (NDJSON), plain text of pages.

    Addresses (https://…) are those of web pages. Web pages, feeds and plain text come in as drafts. Each file is
    recognised by its content. What one export holds in several files is given together. Importing it again changes
    nothing; a story that was changed here later than there stays as it is. What is refused does not affect the rest.
    """
    with command_settings() as settings:
        given_language = None if language is None else parse_option("language", Language, language)
        given_types = [name.strip() for name in types.split(",") if name.strip()]
        if not given_types:
            raise failure("--types names types of items, such as post,page", 2)
        run = _Run(settings, given_types, given_language, dry_run, publish)
        addresses = [name for name in what if name.startswith(("http://", "https://"))]
        run.recognise_files(_files([name for name in what if name not in addresses], bool(addresses)), as_format)
        code = asyncio.run(run.import_wordpress()) if run.files["wordpress"] else 0
        if addresses or run.files["html"]:
            code = max(code, asyncio.run(run.import_web_pages(addresses)))
        if run.files["feed"]:
            code = max(code, asyncio.run(run.import_feeds()))
        code = max(code, run.import_other_files(report is not None), 1 if run.refused else 0)
        if report is not None:
            _write_report(run.document())
        raise typer.Exit(code)


def _files(names: Sequence[str], may_be_none: bool) -> list[Path]:
    """The files that are named, and those in the folders. Raises: typer.Exit, where there must be some and are none."""
    files = []
    for path in map(Path, names):
        files += sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    if not files and not may_be_none:
        raise failure("there is no file in the given folders", 2)
    return files


@dataclass
class _Run:
    """One run of the command: its options, its files by format, and its report so far."""

    settings: Settings
    types: list[str]
    language: str | None
    dry_run: bool
    publish: bool
    files: dict[Format, list[Path]] = field(default_factory=lambda: {name: [] for name in FORMATS})
    file_reports: list[dict[str, Any]] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def recognise_files(self, files: Sequence[Path], as_format: Format | None) -> None:
        """Sorts the files by format, prints what each was taken for, and refuses those that cannot be imported."""
        for file in files:
            try:
                found = recognise(file)
            except OSError as error:
                self._refuse(f"{file}: cannot be read: {error.strerror}")
                continue
            format = as_format or found.format
            name = found.name if format is None else NAMES[format]
            self.file_reports.append({"file": str(file), "format": format, "taken_for": name})
            if format is None:
                self._refuse(f"{file}: is {name}, which is not read here")
            else:
                err.print(f"{escape(str(file))}: {name}")
                self.files[format].append(file)

    def _refuse(self, message: str) -> None:
        self.refused.append(message)
        print_message(message)

    async def import_wordpress(self) -> int:
        """Imports the files of a WordPress export; returns the exit code."""
        files = self.files["wordpress"]
        sizes = [(await asyncio.to_thread(file.stat)).st_size for file in files]
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        shown: dict[str, int] = {}
        with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
            looking = progress.add_task("looking", total=sum(sizes))
            try:
                advance = partial(progress.advance, looking)
                work = loading.survey(files, self.types, self.language, self.settings.zone, advance)
            except (DamagedExport, OSError) as error:
                self._refuse(f"{', '.join(map(str, files))}: {error}")
                return 1
            readings = 2 if work.site.originals else 1
            reading = progress.add_task("importing", total=sum(sizes) * readings)
            async with self._database() as database:
                try:
                    advance = partial(progress.advance, reading)
                    async for account in loading.load(work, database, utcnow(), advance):
                        self._report_account(account, "post", shown)
                except Raced as refusal:
                    self._refuse(f"{refusal.detail} The rest is not imported; run the same again")
        return self._finish(work.site.url or "the export", work.counts, work.left_out, work.problems)

    async def import_feeds(self) -> int:
        """Imports the entries of feeds; returns the exit code."""
        files = self.files["feed"]
        work = feeds.Import(Wishes(self.settings.zone, utcnow(), self.language, self.publish))
        shown: dict[str, int] = {}
        columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
        with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
            advance = partial(progress.advance, progress.add_task("reading feeds", total=len(files)))
            async with self._database() as database:
                try:
                    async for account in feeds.load(work, files, database, advance):
                        self._report_account(account, "entry", shown)
                except Raced as refusal:
                    self._refuse(f"{refusal.detail} The rest is not imported; run the same again")
        return self._finish("the feeds", work.counts, {}, work.problems)

    async def import_web_pages(self, addresses: Sequence[str]) -> int:
        """Imports saved pages and those at addresses; returns the exit code."""
        given = Given(self.settings.zone, utcnow(), self.language)
        code = 0
        async with self._database() as database:
            work = webpages.Import(database, self.settings, given, self.publish)
            async for account in work.pages(self.files["html"], addresses):
                self.items.append(account.document())
                self.counts[account.outcome] = self.counts.get(account.outcome, 0) + 1
                for kind, count in account.left_out.items():
                    self.left_out[kind] = self.left_out.get(kind, 0) + count
                webpages.print_account(account)
                code = max(code, 1 if account.errors else 0)
        return code

    @asynccontextmanager
    async def _database(self) -> AsyncIterator[Database | None]:
        if self.dry_run:
            yield None
            return
        async with open_database(self.settings) as database:
            yield database

    def _report_account(self, account: Account, kind: str, shown: dict[str, int]) -> None:
        self.items.append(account._asdict())
        place = f"{account.place}: {kind} {account.id}"
        for message in account.errors:
            _print_some(f"{place}: {message}", "error", shown)
        for message in account.notes:
            _print_some(f"{place}: {message}", "warning", shown)

    def _finish(self, of: str, counts: Mapping[str, int], left_out: Mapping[str, int], problems: Sequence[str]) -> int:
        """Adds to the report what became of all items of a format, and prints it; returns the exit code."""
        for problem in problems:
            self._refuse(problem)
        for total, part in ((self.counts, counts), (self.left_out, left_out)):
            for name, count in part.items():
                total[name] = total.get(name, 0) + count
        shown = [f"{counts[name]} {_SHOWN.get(name, name)}" for name in _ORDER if counts.get(name)]
        err.print(f"stories of {escape(of)}: {', '.join(shown) or 'none'}")
        for name, count in sorted(left_out.items()):
            err.print(f"left out: {count} {escape(name)}")
        return 1 if counts.get("error") or problems else 0

    def import_other_files(self, quiet: bool) -> int:
        """Imports documents and texts; returns the exit code."""
        code = 0
        if self.files["ndjson"]:
            code = import_files(self.settings, self.files["ndjson"], dry_run=self.dry_run)
        if self.files["text"]:
            metadata = {} if self.language is None else {"language": self.language}
            files = self.files["text"]
            of_texts, reports = import_texts(self.settings, files, metadata, dry_run=self.dry_run, quiet=quiet)
            self.file_reports += reports
            code = max(code, of_texts)
        return code

    def document(self) -> dict[str, Any]:
        """The whole report."""
        return {
            "files": self.file_reports, "items": self.items, "counts": self.counts, "left_out": self.left_out,
            "errors": self.refused,
        }  # fmt: skip


def _print_some(message: str, kind: Literal["error", "warning"], shown: dict[str, int]) -> None:
    """Prints the first messages of a kind, and once that there are more."""
    shown[kind] = shown.get(kind, 0) + 1
    if shown[kind] <= MOST_SHOWN_FAULTS:
        print_message(message, kind)
    elif shown[kind] == MOST_SHOWN_FAULTS + 1:
        err.print(f"… and more {kind}s: --report json tells them all")


def _write_report(document: dict[str, Any]) -> None:
    text = json.dumps(document, ensure_ascii=False)
    try:
        # A file name need not be valid Unicode; its other bytes are escaped as in JSON.
        sys.stdout.buffer.write(text.encode(errors="backslashreplace") + b"\n")
        sys.stdout.flush()
    except OSError as error:
        raise failure(f"the report cannot be written: {error.strerror}", 1) from None
