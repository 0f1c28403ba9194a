"""A database read and written past the product: over connections that the tests open themselves, by its URL."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any, Final, TypeVar

import asyncpg
from sqlalchemy import Connection, CursorResult, Executable, create_engine, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from app.db import DatabaseUrl

Result = TypeVar("Result")

# One engine for all databases of a kind: with an engine of its own, each database would have every statement compiled
# anew, which takes longer than to execute it. The variable says which database the next connection leads to.
_url: ContextVar[str] = ContextVar("url")
_SQLITE: Final = create_engine(
    "sqlite://", creator=lambda: sqlite3.connect(str(DatabaseUrl(_url.get()).path)), poolclass=NullPool
)
_POSTGRESQL: Final = create_async_engine(
    "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(_url.get()), poolclass=NullPool
)


class Outsider:
    """A connection with a transaction of its own, as another process would have it."""

    def __init__(self, connection: Connection | AsyncConnection) -> None:
        self._connection = connection

    async def execute(
        self, statement: Executable | str, parameters: Mapping[str, Any] | None = None
    ) -> CursorResult[*tuple[Any, ...]]:
        statement = text(statement) if isinstance(statement, str) else statement
        if isinstance(self._connection, AsyncConnection):
            return await self._connection.execute(statement, parameters)
        return self._connection.execute(statement, parameters)

    async def commit(self) -> None:
        if isinstance(self._connection, AsyncConnection):
            await self._connection.commit()
        else:
            self._connection.commit()

    async def run(self, work: Callable[[Connection], Result]) -> Result:
        """What the work returns, which is done on a connection that does not have to be awaited."""
        if isinstance(self._connection, AsyncConnection):
            return await self._connection.run_sync(work)
        return work(self._connection)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Outsider]:
    """A connection, closed at the end; what is not committed by then is rolled back."""
    _url.set(url)
    if url.startswith("sqlite"):
        with _SQLITE.connect() as connection:
            yield Outsider(connection)
    else:
        async with _POSTGRESQL.connect() as remote:
            yield Outsider(remote)


async def query(url: str, statement: Executable | str) -> list[Any]:
    """All rows of one statement, in a transaction of its own."""
    async with connected(url) as outsider:
        return [*await outsider.execute(statement)]


async def execute(url: str, *statements: Executable | str) -> None:
    """Executes the statements in one transaction, and commits it."""
    async with connected(url) as outsider:
        for statement in statements:
            await outsider.execute(statement)
        await outsider.commit()


async def table_names(url: str) -> set[str]:
    async with connected(url) as outsider:
        return await outsider.run(lambda connection: {*inspect(connection).get_table_names()})
