"""However many entries are written at once on PostgreSQL, each statement writes few: long ones would be cancelled."""

import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from app.changes.models import PUBLIC
from app.db import Database, new_id
from app.index import postgres as index
from app.index.entries import NewEntry
from app.index.places import place_in_part
from tests.conftest import Fresh
from tests.index.test_reindex import entries

AT = datetime(2026, 5, 4, tzinfo=UTC)


def entry(keys: str) -> NewEntry:
    return NewEntry(str(new_id()), PUBLIC, place_in_part(AT), AT, "uk", zlib.compress(keys.encode()))


async def test_each_statement_writes_the_keys_of_few_entries(
    postgresql: Fresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "PORTION_LENGTH", 30)
    added = [entry(keys) for keys in ("міст трамвай", "паром", "гребля", "пристань маяк якір вітрило", "човен")]
    written: list[list[str]] = []
    with postgresql() as url:
        database = Database(url)
        async with database.begin() as connection:
            execute = connection.driver_execute

            async def noted(sql: str, rows: Sequence[Sequence[Any]]) -> None:
                written.append([*rows[0][-1]])
                await execute(sql, rows)

            monkeypatch.setattr(connection, "driver_execute", noted)
            await index.write(connection, [], added)
        stored = await entries(database)
        await database.close()

    assert [row[0] for row in stored] == [each.object for each in sorted(added, key=lambda each: each.object)]
    # The ids go up, so they are written in this order.
    assert written == [
        ["'міст' 'трамвай'", "'паром'"], ["'гребля'"], ["'пристань' 'маяк' 'якір' 'вітрило'"], ["'човен'"],
    ]  # fmt: skip
