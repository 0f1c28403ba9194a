"""The SQL that requests run, caught at the driver, in the checkout that PYTHONPATH leads to: `caught.py FILE < PATHS`.

Standard input has a path on each line. The file is made: a pickled list, for each path its [(SQL, arguments), …]. Knows
of the application only that it reads through sqlite3 or asyncpg, so that it works in other releases too.
"""

import asyncio
import pickle
import sqlite3
import sys
from collections.abc import Sequence
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from app.main import create_app
from app.settings import Settings

Statements = list[tuple[str, list[Any]]]
# Those of the request under way; none outside of requests, since the server's own tasks read too.
of_request: ContextVar[Statements] = ContextVar("of_request")


def note(sql: str, arguments: Sequence[Any]) -> None:
    statements = of_request.get(None)
    if statements is not None and sql.startswith("SELECT"):
        statements.append((sql, list(arguments)))


class Connection(sqlite3.Connection):
    """A connection that notes its statements."""

    def execute(self, sql: str, arguments: Any = (), /) -> sqlite3.Cursor:
        note(sql, arguments)
        return super().execute(sql, arguments)


fetch = asyncpg.Connection.fetch


async def noting_fetch(driver: Any, sql: str, *arguments: Any) -> Any:
    note(sql, arguments)
    return await fetch(driver, sql, *arguments)


sqlite3.connect = partial(sqlite3.connect, factory=Connection)  # type: ignore[assignment]
asyncpg.Connection.fetch = noting_fetch


async def catch(paths: Sequence[str]) -> list[Statements]:
    """The statements of a request for each of the paths."""
    api = create_app(Settings())
    caught = []
    transport = httpx.ASGITransport(api)
    async with (
        api.router.lifespan_context(api),
        httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
    ):
        for path in paths:
            statements: Statements = []
            token = of_request.set(statements)
            (await client.get(path)).raise_for_status()
            of_request.reset(token)
            caught.append(statements)
    return caught


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(pickle.dumps(asyncio.run(catch(sys.stdin.read().splitlines()))))
