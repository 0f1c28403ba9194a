"""Databases to measure on: SQLite files, and a PostgreSQL server of our own whose data stays between runs."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import asyncpg

from app.db import Database, migrate
from app.reindex import reindex
from tests import postgres as launcher

# What an operator of a small server would set; fsync and full pages as they come (on).
SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "shared_buffers": "1GB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "maintenance_work_mem": "512MB",
}


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The URL of a PostgreSQL server with its data in the folder, without a database's name; stopped afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "data"
    programs = launcher.server_programs(folder)
    how: dict[str, Any] = {"cwd": folder, "env": {"PATH": os.defpath}}
    if os.geteuid() == 0:  # PostgreSQL refuses to be root
        how |= {"user": launcher.NOBODY, "group": launcher.NOBODY, "extra_groups": []}
        shutil.chown(folder, launcher.NOBODY, launcher.NOBODY)

    def run(program: str, *arguments: str | Path) -> None:
        subprocess.run([programs / program, "-D", data, *arguments], check=True, stdout=subprocess.DEVNULL, **how)

    if not (data / "PG_VERSION").exists():
        run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
    url = f"postgresql://postgres@/%s?host={folder}&port=5432"
    if subprocess.run([programs / "pg_ctl", "-D", data, "status"], stdout=subprocess.DEVNULL, **how).returncode == 0:
        yield url  # of another run, which will stop it
        return
    settings = SETTINGS | {"unix_socket_directories": str(folder)}
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    run("pg_ctl", "start", "-s", "-w", "-l", folder / "log", "-o", options)
    try:
        yield url
    finally:
        run("pg_ctl", "stop", "-s", "-m", "fast")


def fresh(url: str) -> str:
    """The URL of an empty database with the schema, in place of the one that was there. `url`: of that database."""
    empty(url)
    migrate(url)
    asyncio.run(_begin_index(url))
    return url


async def _begin_index(url: str) -> None:
    """So that servers do not index anew, while they are measured, what is imported."""
    database = Database(url)
    await reindex(database)
    await database.close()


def empty(url: str) -> None:
    """Makes a database without a schema, in place of the one that was there."""
    remove(url)
    if url.startswith("postgresql"):
        asyncio.run(_execute(_beside(url), f'CREATE DATABASE "{_name(url)}"'))


def remove(url: str) -> None:
    if url.startswith("postgresql"):
        asyncio.run(_execute(_beside(url), f'DROP DATABASE IF EXISTS "{_name(url)}" WITH (FORCE)'))
    else:
        path = _path(url)
        for file in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
            file.unlink(missing_ok=True)


def analyse(url: str) -> None:
    """What autovacuum would do by and by: statistics for the planner, and pages marked as visible to all."""
    if url.startswith("postgresql"):
        asyncio.run(_execute(url, "VACUUM ANALYZE"))


def compact(url: str) -> None:
    """Rewrites all tables and indexes without gaps."""
    if url.startswith("postgresql"):
        asyncio.run(_execute(url, "VACUUM FULL ANALYZE"))
    else:
        with closing(sqlite3.connect(_path(url))) as connection:
            connection.execute("VACUUM")


def size(url: str) -> int:
    """Bytes that the database takes on the disk."""
    if url.startswith("postgresql"):
        return int(asyncio.run(_value(url, "SELECT pg_database_size(current_database())")))
    with closing(sqlite3.connect(_path(url))) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return _path(url).stat().st_size


def _path(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def _name(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


def _beside(url: str) -> str:
    return url.replace(f"@/{_name(url)}?", "@/postgres?")


async def _execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def _value(url: str, sql: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()
