"""How much of the index is read for words that begin somehow."""

import zlib
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app.changes.models import PUBLIC
from app.db import Database, new_id
from app.index import postgres
from app.index import sqlite as index
from app.index.entries import NewEntry
from app.index.keys import HasKey
from app.index.places import place_in_part
from tests.conftest import Fresh

AT = datetime(2026, 5, 4, tzinfo=UTC)


async def test_on_sqlite_beginnings_of_many_words_are_told_from_those_of_few(
    sqlite: Fresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "MOST_PAGES", 1)
    keys = " ".join(sorted([*(f"трам{number:05}" for number in range(4_000)), "річка", "h:річка", "ясен"]))
    with sqlite() as url:
        database = Database(url)
        entry = NewEntry(str(new_id()), PUBLIC, place_in_part(AT), AT, "uk", zlib.compress(keys.encode()))
        async with database.begin() as connection:
            await index.write(connection, [], [entry])
        read = database.reader()
        many = [
            await index.has_many_words(read, HasKey(key, column))
            for key, column in [("тра", None), ("трам0", None), ("тра", "headline"), ("річ", None), ("ясе", None)]
        ]
        await database.close()

    assert many == [True, True, False, False, False]


async def test_on_postgresql_beginnings_that_many_entries_have_are_told_from_those_of_few(
    postgresql: Fresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "MOST_ENTRIES", 30)
    added = [
        NewEntry(str(new_id()), PUBLIC, place_in_part(at), at, "uk", zlib.compress(keys.encode()))
        for day, keys in enumerate(["ясен", *["трамвай h:трамвай"] * 40, *["річка h:річка"] * 20])
        for at in [AT + timedelta(days=day)]
    ]
    asked = [("тра", None), ("тра", "headline"), ("річ", None), ("ясе", None), ("бук", None)]
    with postgresql() as url:
        database = Database(url)
        read = database.reader()
        async with database.begin() as connection:
            await postgres.write(connection, [], added)
            await connection.execute(text("ANALYZE index_entries"))
        many = [await postgres.has_many_words(read, HasKey(key, column, is_prefix=True)) for key, column in asked]
        monkeypatch.setattr(postgres, "MOST_ENTRIES", 61)
        in_small_archive = [
            await postgres.has_many_words(read, HasKey(key, column, is_prefix=True)) for key, column in asked
        ]
        await database.close()

    assert many == [True, True, False, False, False]
    assert in_small_archive == [False] * 5
