"""The drivers' many ways to say that the database is away, or that another writer was first."""

import sqlite3
from contextlib import contextmanager
from typing import Any, Final

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from app.errors import Raced, Unavailable

BROKEN_FILE: Final = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
LOST_RACE: Final = (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError, asyncpg.SerializationError)


@contextmanager
def database_faults() -> Any:
    """Turns the drivers' many ways to say that the database is away, or another writer first, into two refusals.

    Faults of ours pass.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        if "syntax" in str(error):
            raise
        raise Unavailable from error
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode not in BROKEN_FILE:
            raise
        raise Unavailable from error
    except (
        OSError,
        TimeoutError,
        asyncpg.PostgresConnectionError,
        asyncpg.InterfaceError,
        asyncpg.OperatorInterventionError,
        asyncpg.InsufficientResourcesError,
        asyncpg.InvalidAuthorizationSpecificationError,
        asyncpg.InvalidCatalogNameError,
        asyncpg.InternalClientError,
        asyncpg.UndefinedTableError,
    ) as error:
        raise Unavailable from error
    except LOST_RACE as error:
        raise Raced("Another writer changed the same thing at the same moment.") from error
    except (OperationalError, InterfaceError, PoolExhausted) as error:
        raise Unavailable from error
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) in {one.sqlstate for one in LOST_RACE}:
            raise Raced("Another writer changed the same thing at the same moment.") from error
        if getattr(error.orig, "sqlstate", None) == asyncpg.ReadOnlySQLTransactionError.sqlstate:
            raise Unavailable from error
        if error.connection_invalidated or getattr(error.orig, "sqlite_errorcode", None) in BROKEN_FILE:
            raise Unavailable from error
        raise
