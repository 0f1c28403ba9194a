"""The command line: python -m app serve | migrate | seed | key | deliveries | import | export | follow | openapi."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    aclosing,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Final, Literal, TypeVar

import typer
from pydantic import AfterValidator, TypeAdapter, ValidationError
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from app.changes import store as log
from app.db import Address, Database, SchemaMismatch, check_schema, fold, migrate, utcnow
from app.errors import Fault, Invalid, NotFound, Raced, Unavailable
from app.importers import ndjson, store
from app.importers.store import Report
from app.keys import store as keys
from app.keys.schemas import Ahead, KeyIn, KeyOut, Scopes
from app.outbound import Outbound
from app.settings import Settings
from app.web.caller import SCOPES
from app.web.fields import DAY, Language, Line, Url, said, show_instant
from app.web.spans import moment_or_day, since, until
from app.webhooks import store as webhooks
from app.webhooks.deliver import Deliverer
from app.webhooks.schemas import DeliveryOut, WebhookState

if TYPE_CHECKING:
    from app.importers.page import Page

Result = TypeVar("Result")
SHOWN_FAULTS: Final = 20
# Into a pipe, a line of a table stays one line.
WIDE: Final = 1_000
SAMPLE: Final = sorted((Path(__file__).parent / "sample").glob("*.ndjson"))
EXITS: Final = (
    "Exit codes: 0 done, 1 something was refused (the rest is done), 2 wrong usage, 3 the database cannot be used."
)

cli = typer.Typer(
    help=f"Dovidka: a content API for newsrooms. DATABASE_URL says where it is kept, dovidka.db by default. {EXITS}",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
importing = typer.Typer(help="Bring content in. What is refused is named with file and line.", no_args_is_help=True)
exporting = typer.Typer(help="Take content out.", no_args_is_help=True)
cli.add_typer(importing, name="import")
cli.add_typer(exporting, name="export")
key = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)
cli.add_typer(key, name="key")
hooks = typer.Typer(help="Look at what webhooks are sent, and send it again.", no_args_is_help=True)
cli.add_typer(hooks, name="deliveries")

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
    except ValueError as error:
        raise fail(_settings_fault(error), 2) from None
    try:
        yield settings
    except SchemaMismatch as error:
        raise fail(error, 3) from None
    except Unavailable:
        message = f"The database {Address(settings.database_url)} does not answer."
        raise fail(f"{message} Is it running, and is DATABASE_URL right?", 3) from None


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
        _with_database(settings, lambda database: log.secret(database.reader(), settings.zone))
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
    fold(aside)
    aside.replace(path)


def _serve(settings: Settings) -> None:
    import socket

    import uvicorn

    from app.main import EXAMPLES, create_app

    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        raise fail(
            f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}. Set HOST or PORT.", 2
        ) from None
    anywhere = settings.host in {"127.0.0.1", "0.0.0.0"}  # noqa: S104
    base = f"http://{'localhost' if anywhere else settings.host}:{listener.getsockname()[1]}"
    out.print(f"\nDovidka serves [bold]{Address(settings.database_url)}[/bold]. Worth opening:\n")
    for path, about in (("/docs", "the API reference"), *EXAMPLES[:4]):
        out.print(f"  {base}{path}\n      [dim]{about}[/dim]")
    out.print("\nStop with Ctrl+C.")
    api = create_app(settings)

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            """Ends the streams first: it waits for all requests, and they would not end by themselves."""
            api.state.live.end()
            await super().shutdown(sockets)

    Server(
        uvicorn.Config(
            api,
            log_level=settings.log_level if settings.log_level != "info" else "warning",
            access_log=settings.log_level == "debug",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=10,
        )
    ).run(sockets=[listener])


@cli.command(name="migrate")
def migrate_command() -> None:
    """Bring the database's schema up to date. Safe to run twice, and from two places at once."""
    with usable() as settings:
        migrate(settings.database_url)
        err.print(f"The schema of {Address(settings.database_url)} is up to date.")


@cli.command()
def seed() -> None:
    """Load the sample newsroom. What else is there stays; what was changed in the sample is put back."""
    with usable() as settings:
        raise typer.Exit(_load_files(settings, SAMPLE))


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Database]:
    """The database, whose schema was looked at first. Raises: SchemaMismatch, Unavailable."""
    database = Database(settings.database_url)
    try:
        await check_schema(database.reader())
        yield database
    finally:
        await database.close()


def _with_database(settings: Settings, work: Callable[[Database], Awaitable[Result]]) -> Result:
    """What the work comes to. Raises: SchemaMismatch, Unavailable."""

    async def run() -> Result:
        async with _opened(settings) as database:
            return await work(database)

    return asyncio.run(run())


@key.command(name="create")
def create_key(
    name: Annotated[str, typer.Option(help="What the key is for, or who will hold it.", show_default=False)],
    scopes: Annotated[
        list[str],
        typer.Option("--scope", help=f"What its holder may do: {', '.join(SCOPES)}. Repeat it.", show_default=False),
    ],
    expires: Annotated[
        str | None, typer.Option(help="Until when: an instant with offset, or a day, which counts whole.")
    ] = None,
) -> None:
    """Make an API key. Standard output is the key and nothing else; it is shown this once, and kept nowhere."""
    with usable() as settings:
        if unknown := {*scopes} - {*SCOPES}:
            raise fail(f"--scope {min(unknown)!r} is not a scope; there are {', '.join(SCOPES)}", 2)
        expires_at = None
        if expires is not None:
            end = until if DAY.fullmatch(_option("expires", Moment, expires)) else since
            expires_at = _option("expires", Ahead, end(expires, settings.zone))
        wanted = KeyIn(name=_option("name", Line, name), scopes=_option("scope", Scopes, scopes), expires_at=expires_at)
        made = _with_database(settings, lambda database: keys.create(database, wanted, created_by=None))
        err.print(
            f"{escape(made.name)} ({made.id}): {', '.join(made.scopes)}; {_lifetime(made)}. The key is shown once:"
        )
        sys.stdout.write(f"{made.key}\n")


@key.command(name="list")
def list_keys() -> None:
    """List all API keys, the newest first, revoked and expired ones too. Secrets are kept nowhere, and not shown."""
    with usable() as settings:
        found = _with_database(settings, lambda database: keys.everything(database.reader()))
        _print_table(("id", "name", "scopes", "last used", "state"), map(_row, found))


def _row(one: KeyOut) -> tuple[str, ...]:
    used = show_instant(one.last_used_at) if one.last_used_at else "never"
    return one.id, one.name, ", ".join(one.scopes), used, _lifetime(one)


def _lifetime(made: KeyOut) -> str:
    if made.revoked_at is not None:
        return f"revoked {show_instant(made.revoked_at)}"
    if made.expires_at is None:
        return "never expires"
    return f"{'expires' if made.expires_at > utcnow() else 'expired'} {show_instant(made.expires_at)}"


@key.command(name="revoke")
def revoke_key(id: Annotated[str, typer.Argument(help="Its id, as `key list` has it.", show_default=False)]) -> None:
    """Revoke an API key: it opens nothing from the next request on. Revoking it again changes nothing."""
    with usable() as settings, _refusals():
        _with_database(settings, lambda database: keys.revoke(database, id))
        err.print(f"The key {id} opens nothing any more.")


Hook = Annotated[str, typer.Argument(help="Id of a webhook, as `deliveries list` has it.", show_default=False)]


def _print_table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, no_wrap=column == "id", overflow="fold")
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    console = out if out.is_terminal else Console(highlight=False, soft_wrap=True, width=WIDE)
    console.print(table)


@hooks.command(name="list")
def list_webhooks() -> None:
    """List all webhooks, the newest first: how far each is, and how many events were given up."""
    with usable() as settings:
        found = _with_database(settings, lambda database: webhooks.everything(database.reader()))
        _print_table(
            ("id", "name", "url", "position", "lag", "dead letters", "state"),
            ((one.id, one.name, one.url, one.position, one.lag, one.dead_letters, _progress(one)) for one in found),
        )


def _progress(one: WebhookState) -> str:
    if not one.enabled:
        return "disabled: the receiver answered 410" if one.disabled_reason else "disabled"
    if one.next_try_at is not None:
        return f"failed {one.attempts} times, next try {show_instant(one.next_try_at)}"
    return "behind" if one.lag else "up to date"


@hooks.command(name="show")
def show_deliveries(
    id: Hook,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=1_000)] = 20,
    dead: Annotated[bool, typer.Option("--dead", help="Only events that were given up.")] = False,
) -> None:
    """Show the last tries of a webhook, the newest first."""

    async def work(database: Database) -> list[DeliveryOut]:
        await webhooks.get(database.reader(), id)
        return await webhooks.deliveries(database.reader(), id, limit=limit, dead=dead)

    with usable() as settings, _refusals():
        _print_table(("at", "position", "try", "ms", "outcome"), map(_tried, _with_database(settings, work)))


def _tried(one: DeliveryOut) -> tuple[object, ...]:
    outcome = one.error or "delivered"
    told = f"{outcome} {one.status}" if one.status is not None else outcome
    position = "test" if one.position is None else one.position
    return (
        show_instant(one.at),
        position,
        one.attempt,
        one.duration_milliseconds,
        f"{told}, given up" if one.dead else told,
    )


@hooks.command(name="replay")
def replay_webhook(
    id: Hook, after: Annotated[int, typer.Option(help="The position to begin behind.", min=0, show_default=False)]
) -> None:
    """Send events again, from behind a position on; the server does so within a second."""
    with usable() as settings, _refusals():
        _with_database(settings, lambda database: webhooks.replay(database, id, after))
        err.print(f"The webhook {escape(id)} is sent what comes behind {after}.")


@hooks.command(name="test")
def test_webhook(id: Hook) -> None:
    """Send a test event now, from here, and say how that went."""

    async def work(settings: Settings, database: Database) -> DeliveryOut:
        async with aclosing(Outbound(settings.allowed_hosts)) as outbound:
            return await Deliverer(database, outbound).test(id)

    with usable() as settings, _refusals():
        found = _with_database(settings, lambda database: work(settings, database))
        err.print(f"{_tried(found)[-1]}, in {found.duration_milliseconds} ms")
        raise typer.Exit(1 if found.error else 0)


@contextmanager
def _refusals() -> Iterator[None]:
    """What is not there, or cannot be, ends the command with the sentence that says so."""
    try:
        yield
    except (NotFound, Invalid) as refusal:
        raise fail(refusal.detail, 1) from None


Moment = Annotated[str, AfterValidator(moment_or_day)]
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

    async def work(database: Database) -> set[str]:
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        with Progress(*columns, console=err, transient=True) as progress:
            for file in files:
                reports[file] = await _load_file(database, settings, file, progress)
        related = {ref for report in reports.values() for ref in report.related}
        return await store.unresolved(database, settings.zone, related)

    missing = _with_database(settings, work)
    wrong = sum(report.counts["error"] for report in reports.values())
    for file, report in reports.items():
        dangling = [(line, ref) for ref, line in report.related.items() if ref in missing]
        _show_faults(
            "error",
            file,
            [(line, Fault(f"relates to the article {ref}, which is not there")) for line, ref in dangling],
        )
        err.print(f"{escape(str(file))}: {_counts(report)}")
    return 1 if wrong or missing else 0


async def _load_file(database: Database, settings: Settings, file: Path, progress: Progress) -> Report:
    try:
        task = progress.add_task(escape(file.name), total=(await asyncio.to_thread(file.stat)).st_size)
        report = await ndjson.load(database, settings.zone, file, advance=lambda size: progress.advance(task, size))
    except OSError as error:
        report = Report()
        report.refuse(0, [Fault(f"cannot be read: {error.strerror}", pointer="")])
    _show_faults("error", file, report.wrong)
    _show_faults("removed", file, report.removed)
    return report


def _show_faults(kind: Literal["error", "removed"], file: Path, faults: list[tuple[int, Fault]]) -> None:
    style = {"error": "red", "removed": "yellow"}[kind]
    for line, fault in faults[:SHOWN_FAULTS]:
        where = f"{file}:{line}" if line else str(file)
        place = f"{fault.pointer} " if fault.pointer else ""
        allowed = f" (one of {', '.join(fault.allowed)})" if fault.allowed else ""
        err.print(f"[{style}]{kind}:[/{style}] {escape(f'{where}: {place}{fault.detail}{allowed}')}")
    if len(faults) > SHOWN_FAULTS:
        err.print(f"… and {len(faults) - SHOWN_FAULTS} more of this kind")


def _counts(report: Report) -> str:
    named = {"created": "created", "updated": "updated", "unchanged": "unchanged", "error": "refused"}
    return ", ".join(f"{n} {named[name]}" for name, n in report.counts.items() if n) or "nothing in it"


@importing.command(name="page")
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
            ("published", Moment, published),
            ("section", Line, section and section.strip()),
        ):
            if value is not None:
                given[name] = _option(name, kind, value)
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
    said = json.dumps({"files": files}, ensure_ascii=False)
    try:
        # A file's name need not be Unicode; what is none of it is escaped as JSON does.
        sys.stdout.buffer.write(said.encode(errors="backslashreplace") + b"\n")
        sys.stdout.flush()
    except OSError as error:
        raise fail(f"the report cannot be written: {error.strerror}", 1) from None


def _option(name: str, kind: Any, value: object) -> Any:
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        raise fail(f"--{name} {said(error.errors()[0])}", 2) from None


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
        used: AbstractAsyncContextManager[Database | None] = nullcontext() if self.dry_run else _opened(self.settings)
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
                err.print(f"{escape(str(file))}: {_counts(report)}")
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
            outline(found, _printable(file.name), out)

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
        said = [" ".join(filter(None, (fault.pointer, fault.detail))) for fault in faults[:SHOWN_FAULTS]]
        for one in said:
            err.print(f"[red]error:[/red] {escape(f'{file}: {one}')}")
        self.lines.append({"file": str(file), "articles": [], "lines": [], "errors": said})
        return False


def _beginning(file: Path, size: int) -> bytes:
    with file.open("rb") as opened:
        return opened.read(size)


@exporting.command(name="ndjson")
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
            written = _with_database(settings, work)
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


@cli.command()
def follow(
    url: Annotated[str, typer.Argument(help="Address of the server, such as https://news.example.")],
    to: Annotated[Path, typer.Option("--to", help="Where the copy is kept: a file called .ndjson or .db.")],
    once: Annotated[bool, typer.Option("--once", help="Stop when the copy is what the server shows.")] = False,
) -> None:
    """Keep a copy of all that a server shows to everyone, by its log of changes. It goes on where it was stopped."""
    from app import follow as followers

    try:
        client = followers.connect(url)
    except ValueError as error:
        raise fail(f"{url!r} is no address: {error}", 2) from None
    try:
        copy = followers.open_copy(to)
        with client:
            followers.follow(client, copy, lambda message: err.print(escape(message)), once=once)
    except (followers.Unfollowable, OSError) as error:
        raise fail(error, 1) from None
    except KeyboardInterrupt:
        err.print("Stopped.")
    err.print(f"The copy in {escape(str(to))} is at position {copy.position}.")


@cli.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    from app.main import create_app

    with usable() as settings:
        document = json.dumps(create_app(settings).openapi(), ensure_ascii=False, indent=2)
        sys.stdout.buffer.write(document.encode() + b"\n")


def escape(text: str) -> str:
    """Text for the console: nothing in it is markup, and nothing moves its cursor."""
    from rich.markup import escape as escaped

    return escaped(_printable(text))


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


if __name__ == "__main__":
    cli()
