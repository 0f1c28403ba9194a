"""How Alembic reaches either database. One chain of migrations for both."""

import asyncio
import contextlib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, text

from app.db import Base, DatabaseUrl, UtcDateTime, Uuid16
from app.db.postgres import postgres_engine
from app.db.sqlite import sqlite_engine
from app.settings import Settings

for part in ("changes", "lists", "index", "tags", "sources", "notes", "articles", "keys", "webhooks"):
    import_module(f"app.{part}.models")

# One at a time: a second deployment waits for the first. The number is ours alone.
ADVISORY_LOCK = 4_031_796_512


# How the types of ours are written in a migration, which imports nothing from `app`.
RENDERED = {
    UtcDateTime: 'sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")',
    Uuid16: 'sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")',
}


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    return RENDERED.get(type(item), False) if kind == "type" else False


def include_object(thing: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """All but what no model can say: the tables of FTS5 on SQLite, the index of keys on PostgreSQL."""
    return name is None or not name.startswith(("index_words", "ix_index_entries_keys"))


def configure(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        transactional_ddl=True,  # on SQLite too, so that what `precautions` refuses is undone
        render_item=render_item,
        include_object=include_object,
        compare_type=True,
        compare_server_default=True,
        autogenerate_plugins=["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
    )


@contextlib.contextmanager
def precautions(connection: Connection) -> Iterator[None]:
    """PostgreSQL: one migration at a time, and none waits in front of readers for a lock it cannot get.

    SQLite: foreign keys are off while tables are rebuilt, for dropping a parent would empty its children.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ADVISORY_LOCK})
        connection.execute(text("SET LOCAL lock_timeout = '500ms'"))
        yield
        return
    yield
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise RuntimeError(f"the migration would leave rows without their parents: {broken[:5]}")


def run(connection: Connection) -> None:
    configure(connection)
    with context.begin_transaction(), precautions(connection):
        context.run_migrations()


def migrate_sqlite(path: Path) -> None:
    engine = sqlite_engine(path, "PRAGMA foreign_keys = OFF")  # cannot be said inside a transaction
    with engine.connect() as connection:
        run(connection)
        connection.commit()


async def migrate_postgres(url: str) -> None:
    engine = postgres_engine(url)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(run)
            await connection.commit()
    finally:
        await engine.dispose()


url: DatabaseUrl = context.config.attributes.get("url") or DatabaseUrl(Settings().database_url)
if url.path is None:
    asyncio.run(migrate_postgres(url.text))
else:
    migrate_sqlite(url.path)
