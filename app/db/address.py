"""A database by its URL, and the engine that SQLAlchemy writes through."""

import re
import time
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import asyncpg
from sqlalchemy import Dialect, Engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from app.db.columns import serialise
from app.db.statements import DIALECTS

PATIENCE_SECONDS: Final = 2.0
LATELY_SECONDS: Final = 1.0
SQLITE_PRAGMAS: Final = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA wal_autocheckpoint = 4000",  # pages: the same few are written again and again, so copy them less often
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -65536",
    "PRAGMA temp_store = MEMORY",
)


class Address:
    """A database URL as the user writes it, taken apart. Raises: ValueError, saying what would be right."""

    def __init__(self, url: str) -> None:
        if match := re.fullmatch(r"sqlite:///(?P<path>(?!:memory:)[^?#]+)", url):
            self.path: Path | None = Path(match["path"])
        elif re.match(r"postgres(ql)?://", url) and _has_parts(url):
            self.path = None
        else:
            raise ValueError(
                f"DATABASE_URL is {_without_password(url)!r}; it must be sqlite:///relative.db,"
                " sqlite:////absolute.db or postgresql://user:password@host/name"
            )
        self.url = url

    def __str__(self) -> str:
        return _without_password(self.url)

    @property
    def dialect(self) -> Dialect:
        return DIALECTS["sqlite" if self.path else "postgresql"]

    def engine(self, *, patience: float | None = None) -> AsyncEngine:
        """The writing engine. On SQLite every transaction begins IMMEDIATE, so readers never turn writers half-way.

        `patience`: seconds for each statement on PostgreSQL, where a server that has frozen would never answer.
        """
        if self.path is None:
            engine = create_async_engine(
                "postgresql+asyncpg://",
                async_creator=lambda: asyncpg.connect(self.url, timeout=PATIENCE_SECONDS, command_timeout=patience),
                json_serializer=serialise,
                pool_timeout=PATIENCE_SECONDS,
            )
            _look_after(engine.sync_engine)
            return engine
        engine = create_async_engine(f"sqlite+aiosqlite:///{self.path}", poolclass=NullPool, json_serializer=serialise)
        begin_immediate(engine.sync_engine)
        return engine


def _look_after(engine: Engine) -> None:
    """Asks a connection whether it lives before it is used, unless it did a moment ago: each time is three ways."""

    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        record.info["driver"] = connection.driver_connection

    @event.listens_for(engine, "checkin")
    def checkin(connection: Any, record: Any) -> None:
        record.info["used"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def checkout(connection: Any, record: Any, proxy: object) -> None:
        lately = time.monotonic() - record.info.get("used", time.monotonic()) < LATELY_SECONDS
        if record.info["driver"].is_closed():
            raise DisconnectionError
        if not lately:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as error:
                raise DisconnectionError from error


def begin_immediate(engine: Engine) -> None:
    """Makes every transaction of the engine begin IMMEDIATE, on connections that are set up as ours are."""

    @event.listens_for(engine, "connect")
    def configure(connection: Any, record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (*SQLITE_PRAGMAS, "PRAGMA cache_size = -262144"):  # a large batch must not spill
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


# A host, or an IPv6 address in brackets, and a port. Several stand between commas.
HOST: Final = re.compile(r"(?:\[[^][]*\]|[^][:]*)(?::(?P<port>[0-9]{1,5}))?")


def _has_parts(url: str) -> bool:
    """Whether the driver can take it apart: what is none of an address it tells in errors that show the password."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    hosts = [HOST.fullmatch(one) for one in parts.netloc.rpartition("@")[2].split(",")]
    ports = [one["port"] for one in hosts if one and one["port"]]
    ports += [port for value in parse_qs(parts.query).get("port", []) for port in value.split(",") if port]
    return (
        "#" not in url
        and all(hosts)
        and all(re.fullmatch("[0-9]{1,5}", one) for one in ports)
        and all(int(one) < 65_536 for one in ports)
    )


def _without_password(url: str) -> str:
    """The URL to be shown: a password may hold whatever stands before the last @, and may stand in the query."""
    hidden = re.sub(r"(?<=://)([^:/@]*):.*(?=@)", r"\1:***", url, flags=re.DOTALL)
    return re.sub(r"(?<=[?&]password=)[^&]*", "***", hidden)
