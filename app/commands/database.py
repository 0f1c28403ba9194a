"""The settings and the database of a command; a problem with either ends the command with one sentence."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import TypeVar

from pydantic import ValidationError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app import db, logs
from app.commands.console import err, failure
from app.db import Database, DatabaseUrl, SchemaMismatch, check_schema, replica_urls
from app.errors import Unavailable
from app.importers.mending import mend
from app.reindex import is_needed
from app.settings import Settings

Result = TypeVar("Result")


@contextmanager
def command_settings() -> Iterator[Settings]:
    """The settings. Invalid settings end the command with code 2, an unusable database in its body with code 3.

    Raises: typer.Exit.
    """
    try:
        settings = Settings()
        url = DatabaseUrl(settings.database_url)
        replica_urls(settings.database_replica_urls, url)
    except ValueError as error:
        raise failure(_settings_message(error), 2) from None
    logs.configure(settings.log_level)
    try:
        yield settings
    except SchemaMismatch as error:
        raise failure(error, 3) from None
    except Unavailable:
        message = f"The database {url} does not answer. Is it running, and is DATABASE_URL right?"
        raise failure(message, 3) from None


def _settings_message(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    findings = [(finding["loc"], finding["msg"].removeprefix("Value error, ")) for finding in error.errors()]
    return "; ".join(f"{str(loc[0]).upper()}: {text}" if loc else text for loc, text in findings)


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The database, after a check of its schema. Raises: SchemaMismatch, Unavailable."""
    database = Database(settings.database_url)
    try:
        await check_schema(database.reader())
        yield database
    finally:
        await database.close()


def run_with_database(settings: Settings, work: Callable[[Database], Awaitable[Result]]) -> Result:
    """Runs the work in an event loop; returns its result. Raises: SchemaMismatch, Unavailable."""

    async def run() -> Result:
        async with open_database(settings) as database:
            return await work(database)

    return asyncio.run(run())


@contextmanager
def show_progress(description: str) -> Iterator[db.Progress]:
    """Shows how far something is, on standard error, from when it first says so."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    progress = Progress(*columns, console=err)
    task = progress.add_task(description)
    with ExitStack() as stack:

        def show(done: int, total: int) -> None:
            if not progress.live.is_started:
                stack.enter_context(progress)
            progress.update(task, completed=done, total=total)

        yield show


def migrate_database(settings: Settings) -> None:
    """Migrates the schema, then mends what is stored. Shows progress. Raises: SchemaMismatch, Unavailable."""
    with show_progress("Moving stored states") as show:
        has_shrunk = db.migrate(settings.database_url, progress=show)
    with show_progress("Mending stored texts") as show:
        run_with_database(settings, lambda database: mend(database, show))
    if not has_shrunk:
        err.print(
            "The file stays as large as it was: to rewrite it takes free disk space of twice its contents."
            " To shrink it later, execute VACUUM in it."
        )
    if run_with_database(settings, is_needed):
        err.print("A server indexes the words of what is stored while it runs; so does: python -m app reindex")


def migrate() -> None:
    """Bring the database up to date: its schema, and texts that this release would refuse.

    Safe to run twice, and from two places at once. Stop servers of an earlier release first.
    """
    with command_settings() as settings:
        migrate_database(settings)
        err.print(f"The schema of {DatabaseUrl(settings.database_url)} is up to date.")
