"""The database that a command works on; what is wrong with it, or with the settings, is said in one sentence."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

from pydantic import ValidationError

from app import db
from app.commands.console import err, fail
from app.db import Address, Database, SchemaMismatch, check_schema
from app.errors import Unavailable
from app.settings import Settings

Result = TypeVar("Result")


@contextmanager
def usable() -> Iterator[Settings]:
    """The settings; whatever is wrong with them or with the database ends the command with a clear sentence."""
    try:
        settings = Settings()
        address = Address(settings.database_url)
    except ValueError as error:
        raise fail(_settings_fault(error), 2) from None
    try:
        yield settings
    except SchemaMismatch as error:
        raise fail(error, 3) from None
    except Unavailable:
        message = f"The database {address} does not answer. Is it running, and is DATABASE_URL right?"
        raise fail(message, 3) from None


def _settings_fault(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    told = ((one["loc"][0], one["msg"].removeprefix("Value error, ")) for one in error.errors())
    return "; ".join(f"{str(name).upper()}: {message}" for name, message in told)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """The database, whose schema was looked at first. Raises: SchemaMismatch, Unavailable."""
    database = Database(settings.database_url)
    try:
        await check_schema(database.reader())
        yield database
    finally:
        await database.close()


def with_database(settings: Settings, work: Callable[[Database], Awaitable[Result]]) -> Result:
    """What the work comes to. Raises: SchemaMismatch, Unavailable."""

    async def run() -> Result:
        async with opened(settings) as database:
            return await work(database)

    return asyncio.run(run())


def migrate() -> None:
    """Bring the database's schema up to date. Safe to run twice, and from two places at once."""
    with usable() as settings:
        db.migrate(settings.database_url)
        err.print(f"The schema of {Address(settings.database_url)} is up to date.")
