"""What tests of migrations share: a chain that they may change, the database of release 0.1.0, and what one holds."""

import asyncio
import gzip
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest
from sqlalchemy import Connection, inspect, text

from app.db import schema
from tests import sql

FIXTURE: Final = Path(__file__).parent / "fixtures" / "release_0_1"
# The schema of release 0.1.0.
RELEASE: Final = "20261122_2230"


@contextmanager
def copied_chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a copy of the migrations, which `migrate` uses meanwhile."""
    copy = tmp_path / "copy"
    shutil.copytree(schema.ROOT / "migrations", copy / "migrations")
    shutil.copy(schema.ROOT / "alembic.ini", copy)
    with monkeypatch.context() as patched:
        patched.setattr(schema, "ROOT", copy)
        yield copy / "migrations" / "versions"


def kind_of(url: str) -> str:
    return "sqlite" if url.startswith("sqlite") else "postgresql"


def restore(url: str) -> None:
    """Makes the empty database at this URL that of release 0.1.0."""
    if kind_of(url) == "sqlite":
        Path(url.removeprefix("sqlite:///")).write_bytes(gzip.decompress((FIXTURE / "sqlite.db.gz").read_bytes()))
    else:
        asyncio.run(_execute(url, gzip.decompress((FIXTURE / "postgresql.sql.gz").read_bytes()).decode()))


async def _execute(url: str, script: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(script)
    await connection.close()


def dump(url: str) -> dict[str, Any]:
    """All columns and rows of all tables, whatever the schema."""

    async def run() -> dict[str, Any]:
        async with sql.connected(url) as outsider:
            return await outsider.run(_dump)

    return asyncio.run(run())


def _dump(connection: Connection) -> dict[str, Any]:
    tables = inspect(connection)
    return {
        name: (
            [(column["name"], str(column["type"])) for column in tables.get_columns(name)],
            sorted(str(row) for row in connection.execute(text(f"SELECT * FROM {name}"))),
        )
        for name in tables.get_table_names()
        if name != "index_words"  # has no rows that could be read: its own tables hold what is in it
    }
