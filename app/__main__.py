"""The command line: python -m app serve | migrate | seed | import | export | openapi."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.db import Address, Database, SchemaMismatch, check_schema, migrate, utcnow
from app.errors import Fault, Invalid, Unavailable
from app.importers import ndjson, store
from app.importers.store import Report
from app.settings import Settings

SHOWN_FAULTS: Final = 20
SAMPLE: Final = sorted((Path(__file__).parent / "sample").glob("*.ndjson"))
EXITS: Final = (
    "Exit codes: 0 done, 1 something was refused (the rest is done), 2 wrong usage, 3 the database cannot be used."
)

cli = typer.Typer(
    help=f"Dovidka: a content API for newsrooms. DATABASE_URL names the database; sqlite:///dovidka.db by default. {EXITS}",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
importing = typer.Typer(help="Bring content in. What is refused is named with file and line.", no_args_is_help=True)
exporting = typer.Typer(help="Take content out.", no_args_is_help=True)
cli.add_typer(importing, name="import")
cli.add_typer(exporting, name="export")

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def fail(message: object, code: int) -> typer.Exit:
    err.print(f"[red]error:[/red] {escape(str(message))}")
    return typer.Exit(code)


@contextmanager
def usable() -> Iterator[Settings]:
    """The settings; whatever is wrong with them or with the database ends the command with a clear sentence."""
    try:
        settings = Settings()
        Address(settings.database_url)
        yield settings
    except ValueError as error:
        raise fail(_settings_fault(error), 2) from None
    except (SchemaMismatch, Unavailable) as error:
        raise fail(error if isinstance(error, SchemaMismatch) else _away(settings), 3) from None


def _away(settings: Settings) -> str:
    return f"The database {Address(settings.database_url)} does not answer. Is it running, and is DATABASE_URL right?"


def _settings_fault(error: ValueError) -> str:
    errors = getattr(error, "errors", None)
    if errors is None:
        return str(error)
    return "; ".join(f"{str(one['loc'][0]).upper()}: {one['msg'].removeprefix('Value error, ')}" for one in errors())


@cli.command()
def serve() -> None:
    """Serve the API on HOST and PORT (127.0.0.1:8000). A new SQLite file gets its schema and the sample newsroom."""
    with usable() as settings:
        address = Address(settings.database_url)
        if address.path is not None:
            _prepare(settings, address.path)

        async def check() -> None:
            database = Database(settings.database_url)
            try:
                await check_schema(database.reader())
            finally:
                await database.close()

        asyncio.run(check())
        _serve(settings)


def _prepare(settings: Settings, path: Path) -> None:
    """Brings an embedded database up to date. A new one is made aside and moved in place whole."""
    if path.exists() and path.stat().st_size:
        migrate(settings.database_url)
        return
    aside = path.with_name(f".{path.name}.new")
    for leftover in (aside, *(aside.with_name(aside.name + end) for end in ("-wal", "-shm"))):
        leftover.unlink(missing_ok=True)
    url = f"sqlite:///{aside}"
    migrate(url)
    _load_files(settings.model_copy(update={"database_url": url}), SAMPLE)
    aside.replace(path)


def _serve(settings: Settings) -> None:
    import socket

    import uvicorn

    from app.main import create_app

    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        raise fail(
            f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}. Set HOST or PORT.", 1
        ) from None
    base = f"http://{'localhost' if settings.host in {'127.0.0.1', '0.0.0.0'} else settings.host}:{listener.getsockname()[1]}"  # noqa: S104
    out.print(f"\nDovidka serves [bold]{Address(settings.database_url)}[/bold]. Worth opening:\n")
    for path, about in WORTH_OPENING:
        out.print(f"  {base}{path}\n      [dim]{about}[/dim]")
    out.print("\nStop with Ctrl+C.")
    uvicorn.Server(
        uvicorn.Config(
            create_app(settings),
            log_level=settings.log_level if settings.log_level != "info" else "warning",
            access_log=settings.log_level == "debug",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=10,
        )
    ).run(sockets=[listener])


WORTH_OPENING: Final = (
    ("/docs", "the API reference"),
    ("/v1/articles", "the newest stories"),
    ("/v1/articles?tag=trams&include=tags,sources", "one topic, with its tags and sources"),
    ("/v1/notes/zghariv-trams", "a reference note that several stories share"),
    ("/v1/archive?by=month", "how many stories each month has"),
)


@cli.command(name="migrate")
def migrate_command() -> None:
    """Bring the database's schema up to date. Safe to run twice, and from two places at once."""
    with usable() as settings:
        migrate(settings.database_url)
        err.print(f"The schema of {Address(settings.database_url)} is up to date.")


@cli.command()
def seed() -> None:
    """Load the sample newsroom. What is there already stays as it is."""
    with usable() as settings:
        raise typer.Exit(_load_files(settings, SAMPLE))


Files = Annotated[list[Path], typer.Argument(help="Files to read.", show_default=False)]


@importing.command(name="ndjson")
def import_ndjson(files: Files) -> None:
    """Import documents, one JSON object a line with its "noun": the form that `export ndjson` writes.

    A line that is refused loses no others. Importing the same file again changes nothing.
    """
    with usable() as settings:
        raise typer.Exit(_load_files(settings, files))


def _load_files(settings: Settings, files: list[Path]) -> int:
    """Imports the files; returns the exit code."""
    reports: dict[Path, Report] = {}

    async def work() -> set[str]:
        database = Database(settings.database_url)
        try:
            await check_schema(database.reader())
            columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
            with Progress(*columns, console=err, transient=True) as progress:
                for file in files:
                    reports[file] = await _load_file(database, settings, file, progress)
            related = {ref for report in reports.values() for ref in report.related}
            return await store.unresolved(database, settings.zone, related)
        finally:
            await database.close()

    missing = asyncio.run(work())
    for ref in sorted(missing)[:SHOWN_FAULTS]:
        err.print(f"[red]error:[/red] an article relates to {ref}, which is not there")
    wrong = sum(report.counts["error"] for report in reports.values())
    for file, report in reports.items():
        err.print(f"{escape(str(file))}: {_counts(report)}")
    return 1 if wrong or missing else 0


async def _load_file(database: Database, settings: Settings, file: Path, progress: Progress) -> Report:
    try:
        task = progress.add_task(escape(file.name), total=file.stat().st_size)
        report = await ndjson.load(database, settings.zone, file, advance=lambda size: progress.advance(task, size))
    except ndjson.Unreadable as error:
        report = Report()
        report.refuse(error.line, [Fault(error.detail, pointer="")])
    except OSError as error:
        report = Report()
        report.refuse(0, [Fault(f"cannot be read: {error.strerror}", pointer="")])
    for kind, style, faults in (("error", "red", report.wrong), ("removed", "yellow", report.removed)):
        for line, fault in faults[:SHOWN_FAULTS]:
            where = f"{file}:{line}" if line else str(file)
            place = f"{fault.pointer} " if fault.pointer else ""
            allowed = f" (one of {', '.join(fault.allowed)})" if fault.allowed else ""
            err.print(f"[{style}]{kind}:[/{style}] {escape(f'{where}: {place}{fault.detail}{allowed}')}")
        if len(faults) > SHOWN_FAULTS:
            err.print(f"… and {len(faults) - SHOWN_FAULTS} more of this kind")
    return report


def _counts(report: Report) -> str:
    named = {"created": "created", "updated": "updated", "unchanged": "unchanged", "error": "refused"}
    return ", ".join(f"{n} {named[name]}" for name, n in report.counts.items() if n) or "nothing in it"


@importing.command(name="page")
def import_page(
    files: Files,
    draft: Annotated[bool, typer.Option("--draft", help="Leave the story a draft; otherwise it is published.")] = False,
) -> None:
    """Import the plain text of scraped article pages, one page a file.

    Each becomes an article with its sources, reference notes and relations, and a draft stub for each story that the
    page points to. A page without a date is published now. Importing the same page again changes nothing.
    """
    with usable() as settings:
        raise typer.Exit(asyncio.run(_take_in(settings, files, draft=draft)))


async def _take_in(settings: Settings, files: list[Path], *, draft: bool) -> int:
    from app.importers import page

    database = Database(settings.database_url)
    failed = 0
    try:
        await check_schema(database.reader())
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=err, transient=True) as progress:
            for file in progress.track(files, description="pages"):
                try:
                    now = utcnow()
                    found = page.read(file.read_bytes(), zone=settings.zone, imported_at=now)
                    report = await store.take_in(database, settings.zone, found.documents, draft=draft, now=now)
                    err.print(f"{escape(str(file))}: {_counts(report)}")
                    for slug in report.slugs:
                        out.print(f"/v1/articles/{slug}")
                except Invalid as error:
                    failed += 1
                    for fault in error.faults[:SHOWN_FAULTS] or (Fault(error.detail),):
                        err.print(
                            f"[red]error:[/red] {escape(f'{file}: {fault.pointer or error.code} {fault.detail}')}"
                        )
                except OSError as error:
                    failed += 1
                    err.print(f"[red]error:[/red] {escape(f'{file}: cannot be read: {error.strerror}')}")
    finally:
        await database.close()
    return 1 if failed else 0


@exporting.command(name="ndjson")
def export_ndjson(
    file: Annotated[Path, typer.Argument(help="Where to write; - is standard output.")],
    public: Annotated[bool, typer.Option("--public", help="Only what everyone may see.")] = False,
) -> None:
    """Export every document, one a line, drafts included: an archive that `import ndjson` reads into an empty database."""
    with usable() as settings:
        try:
            written = asyncio.run(_export(settings, file, public=public))
        except OSError as error:
            raise fail(f"{file}: cannot be written: {error.strerror}", 1) from None
        err.print(f"{written} documents")


async def _export(settings: Settings, file: Path, *, public: bool) -> int:
    """Writes the export, aside first where it is a file, so that a broken one never takes the place of a whole one."""
    database = Database(settings.database_url)
    written = 0
    to_stdout = str(file) == "-"
    aside = file.with_name(f".{file.name}.part")
    try:
        await check_schema(database.reader())
        target: Any = sys.stdout.buffer if to_stdout else aside.open("wb")
        async with database.reader().snapshot() as read:
            with Progress(TextColumn("{task.completed} documents"), console=err, transient=True) as progress:
                task = progress.add_task("", total=None)
                async for line in store.export(read, public=public):
                    target.write(line)
                    written += 1
                    if written % 500 == 0:
                        progress.update(task, completed=written)
        target.flush()
        if not to_stdout:
            os.fsync(target.fileno())
            target.close()
            aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)
        await database.close()
    return written


@cli.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    from app.main import create_app

    with usable() as settings:
        sys.stdout.write(json.dumps(create_app(settings).openapi(), ensure_ascii=False, indent=2) + "\n")


def escape(text: str) -> str:
    """Text for the console: nothing in it is markup."""
    from rich.markup import escape as escaped

    return escaped(text)


if __name__ == "__main__":
    cli()
