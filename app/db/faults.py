"""The drivers' many ways to say that the database is away, or that another writer was first."""

import sqlite3
from typing import Final

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from app.errors import Raced, Unavailable

BROKEN_FILE: Final = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
LOST_CONNECTION: Final = (
    asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.InternalClientError, ConnectionError
)  # fmt: skip
AWAY: Final = (
    *LOST_CONNECTION, OSError, OperationalError, InterfaceError, PoolExhausted, asyncpg.UndefinedTableError,
    asyncpg.OperatorInterventionError, asyncpg.InsufficientResourcesError, asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
)  # fmt: skip
LOST_RACE: Final = (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError, asyncpg.SerializationError)


class database_faults:  # noqa: N801, used like contextlib.suppress
    """Turns what the drivers raise into Unavailable if the database is away, into Raced if another writer was first.

    Errors that are faults of our own, a wrong statement say, pass unchanged. A class, because every read enters it: a
    generator with @contextmanager costs ten times as much.
    """

    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None:
            return
        if isinstance(error, AWAY):
            raise Unavailable from error
        if not isinstance(error, (*LOST_RACE, DBAPIError, sqlite3.DatabaseError)):
            return
        driver_error = error.orig if isinstance(error, DBAPIError) else error
        sqlstate = getattr(driver_error, "sqlstate", None)
        if sqlstate in {error_class.sqlstate for error_class in LOST_RACE}:
            raise Raced("Another writer changed the same thing at the same moment.") from error
        if (
            sqlstate == asyncpg.ReadOnlySQLTransactionError.sqlstate
            or (isinstance(error, DBAPIError) and error.connection_invalidated)
            or (isinstance(error, sqlite3.OperationalError) and "syntax" not in str(error))
            or getattr(driver_error, "sqlite_errorcode", None) in BROKEN_FILE
        ):
            raise Unavailable from error
