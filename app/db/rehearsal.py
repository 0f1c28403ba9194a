"""Writes of which nothing stays: what they would do, and what would be refused, is known before they are done."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from app.db.database import Committed, Database
from app.db.writing import WriteConnection


class Writable(Protocol):
    """What write transactions need of a database."""

    def begin(self) -> AbstractAsyncContextManager[WriteConnection]:
        """A transaction: kept at the end, undone by any exception."""

    def tell_committed(self, committed: Committed) -> None:
        """Says what was committed to those who wait for it."""


class Rehearsal:
    """Stands for the database: its transactions are savepoints in one transaction, which is rolled back in the end."""

    def __init__(self, connection: WriteConnection) -> None:
        self._connection = connection

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[WriteConnection]:
        async with self._connection.begin_nested():
            yield self._connection

    def tell_committed(self, committed: Committed) -> None:
        """Does nothing: nothing is committed."""


class _Over(Exception):
    """Rolls the transaction back."""


@asynccontextmanager
async def rehearsal(database: Database) -> AsyncIterator[Rehearsal]:
    """Transactions that see each other, and of which nothing stays. Other writers wait until the end.

    Raises: Unavailable; Raced, when another writer was first.
    """
    try:
        async with database.begin() as connection:
            yield Rehearsal(connection)
            raise _Over
    except _Over:
        pass
