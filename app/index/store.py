"""Writes the index: adds and removes the entries of objects when the states that views show change."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import ModuleType
from typing import NamedTuple

from sqlalchemy import Select, select

from app.changes.models import Noun, View
from app.changes.stored import fetch_in_portions
from app.db import Reader, Row, WriteConnection, in_list
from app.index import postgres, sqlite
from app.index.entries import NewEntry, StoredEntry
from app.index.keys import IndexedTexts, packed_keys
from app.index.models import IndexEntry
from app.index.places import place_in_part, span_of


@dataclass(frozen=True, slots=True)
class IndexedState:
    """A state that a view shows: its texts, or their packed keys where they have been made already, and what decides
    where its entry stands."""

    words: IndexedTexts | bytes
    published_at: datetime
    language: str


class _Key(NamedTuple):
    object: str
    view: View


class IndexChanges:
    """Collects which states of a noun are to be found from now on, so that many are written at once."""

    def __init__(self, noun: Noun) -> None:
        self._noun = noun
        self._states: dict[_Key, IndexedState | None] = {}

    def show(self, object_id: str, states: Mapping[View, IndexedState | None]) -> None:
        """From now on the views show these states of the object; None: no state. Other views keep what they show."""
        self._states |= {_Key(object_id, view): state for view, state in states.items()}

    async def write(self, connection: WriteConnection) -> None:
        """Cost: three statements, on PostgreSQL one more for a hundred states or so, and half a millisecond or more for
        each state, in a thread.

        The first words of a process load the dictionaries, which takes some seconds.
        """
        if not self._states:
            return
        engine = _engine(connection.dialect_name)
        stored = await _stored(connection, sorted({key.object for key in self._states}))
        added = await asyncio.to_thread(self._entries)
        unchanged = {key for key, entry in added.items() if key in stored and engine.is_stored(entry, stored[key])}
        removed = [entry for key, entry in stored.items() if key in self._states and key not in unchanged]
        await engine.write(connection, removed, [entry for key, entry in added.items() if key not in unchanged])

    def _entries(self) -> dict[_Key, NewEntry]:
        return {
            key: NewEntry(
                *key, self._place(key.view, state.published_at), state.published_at, state.language,
                state.words if isinstance(state.words, bytes) else packed_keys(state.words),
            )
            for key, state in self._states.items()
            if state is not None
        }  # fmt: skip

    def _place(self, view: View, published_at: datetime) -> int:
        return span_of(self._noun, view).low | place_in_part(published_at)


def _engine(dialect_name: str) -> ModuleType:
    return sqlite if dialect_name == sqlite.DIALECT else postgres


def engine_of(read: Reader) -> ModuleType:
    """The module that knows the index of this database."""
    return _engine(read.url.dialect_name)


@cache
def _entries_of(count: int) -> Select[*Row]:
    columns = [getattr(IndexEntry, name) for name in StoredEntry._fields]
    return select(*columns).where(in_list(IndexEntry.object, "ref", count)).with_for_update()


async def _stored(connection: WriteConnection, objects: Sequence[str]) -> dict[_Key, StoredEntry]:
    """The entries of these objects, locked until the end of the transaction."""
    rows = await fetch_in_portions(connection, _entries_of, objects)
    return {_Key(row[0], row[1]): StoredEntry(*row) for row in rows}
