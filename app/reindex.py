"""Makes the index of words anew while the database is in use: where it was never made, or by another analysis.

With it the lists of quotes and of dated facts, where what is stored is older than these lists.

It goes through what the views show, in batches, and notes how far it has come: whoever starts again goes on there.
What is written meanwhile is indexed by its writer; the rows of what a batch indexes are locked as a writer locks them.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from itertools import groupby
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import structlog
from pydantic_core import from_json
from sqlalchemy import ColumnElement, Select, String, bindparam, func, literal, select, tuple_, update

from app.articles.list_names import ARCHIVED, quote_lists
from app.articles.models import Article
from app.changes import log
from app.changes.models import DESK, PUBLIC, Head, Noun, Object, Revision, View, ViewEntry
from app.changes.views import shown_state
from app.content.blocks import quote_languages
from app.db import (
    Database,
    Reader,
    Row,
    Uuid16,
    WriteConnection,
    execute_many,
    fetch,
    in_list,
    insert_missing,
    list_parameters,
    padded_size,
)
from app.errors import Raced, Unavailable
from app.index.models import IndexState
from app.index.store import IndexChanges, IndexedState
from app.lists.models import ListEntry
from app.lists.store import ENTRY_COLUMNS, ListChanges, Placement, list_ids
from app.notes.facts import fact_placements
from app.notes.models import Note
from app.publishing.placement import placement_of_document
from app.search.texts import searched_texts
from app.sources.models import Source
from app.tags.models import Tag
from app.words.analysis import analysis_version, load_dictionaries

BATCH: Final = 50
# A database that is away is asked again then.
PAUSE_SECONDS: Final = 5.0
logger: Final = structlog.get_logger("dovidka")
# Is told how many states are indexed, and how many there are.
Progress = Callable[[int, int], None]
# One of them is a key of every answer that is found by words.
_LISTS_OF_WORDS: Final = ("articles", "notes", "sources", "tags")
# What two views may show in different states; of the others the index has one entry in all.
_IN_TWO_VIEWS: Final = ("article", "note")
# The columns that name the objects of each noun that words find.
_NAMES: Final[dict[str, Any]] = {"article": Article.id, "note": Note.slug, "source": Source.slug, "tag": Tag.slug}
_FIRST: Final = ("", "00000000-0000-0000-0000-000000000000")


class _State(NamedTuple):
    """A state that a view shows."""

    object: str
    view: View
    listed_at: datetime | None
    lists: list[str]
    card: str
    body: str | None

    @property
    def fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = from_json(self.card)
        return fields

    @property
    def blocks(self) -> list[dict[str, Any]]:
        blocks: list[dict[str, Any]] = from_json(self.body or "[]")
        return blocks


class _Progress(NamedTuple):
    version: str | None
    next_version: str | None
    last_view: str | None
    last_object: str | None

    def last(self, version: str) -> tuple[str, str]:
        """The view and the object that were indexed last by this version."""
        if self.next_version != version or self.last_view is None or self.last_object is None:
            return _FIRST
        return self.last_view, self.last_object


async def is_needed(database: Database) -> bool:
    """Whether something is stored that this analysis has not indexed.

    Where nothing is stored, the index is complete from now on. Cost: one or two statements. Raises: Unavailable.
    """
    read, version = database.reader(), analysis_version()
    if (await _state(read)).version == version:
        return False
    if await read.row(_NEXT, _position(_FIRST)) is not None:
        return True
    await _note(database, version=version, next_version=None, last_view=None, last_object=None)
    return False


async def run(database: Database) -> None:
    """Indexes what is to be indexed; a database that is away is waited for."""
    while True:
        try:
            return await reindex(database)
        except (Unavailable, Raced):
            await asyncio.sleep(PAUSE_SECONDS)
        except Exception as error:
            logger.error("the index of words could not be made", exc_info=error)
            return None


async def reindex(database: Database, progress: Progress = lambda done, total: None) -> None:
    """Indexes everything that was not indexed by this analysis; nothing where all was.

    Cost: a millisecond or more for each state. Raises: Unavailable; Raced. Then what is done is done.
    """
    if not await is_needed(database):
        return
    read, version = database.reader(), analysis_version()
    state = await _state(read)
    await load_dictionaries()
    last = state.last(version)
    ((total,),) = await read.rows(_TOTAL)
    ((left,),) = await read.rows(_LEFT, _position(last))
    done = total - left
    while rows := await read.rows(_NEXT, _position(last)):
        for noun, of_noun in groupby(sorted(rows, key=lambda row: (row[0], row[1])), key=lambda row: row[0]):
            await _index(database, noun, [ref for _, ref, *_ in of_noun])
        last = rows[-1][2], rows[-1][3]
        await _note(database, next_version=version, last_view=last[0], last_object=last[1])
        done += len(rows)
        progress(done, max(done, total))
    if state.version is not None:
        await _tell_caches(database)
    await _note(database, version=version, next_version=None, last_view=None, last_object=None)


async def _tell_caches(database: Database) -> None:
    """Writes an entry of the log that touches the keys of all answers to `q=`: by the other analysis they may differ.

    It names a public object, as every entry does, and its present revision. Where nothing is public, nothing is kept.
    """
    read = database.reader()
    ((zone,),) = await read.rows(_ZONE)
    row = await read.row(_ANY_PUBLIC)
    if row is None:
        return
    noun, ref, object_id, slug, revision, modified_at, card = row
    told = log.PendingChange(
        noun=noun, ref=ref, object=object_id, slug=slug, revision=revision, op="updated", card=card,
        modified_at=modified_at, view=None, keys=_LISTS_OF_WORDS, is_only_told=True, is_new_revision=False,
    )  # fmt: skip
    async with log.transaction(database, actor="reindex", zone=ZoneInfo(zone)) as transaction:
        transaction.save(told)


async def _state(read: Reader) -> _Progress:
    row = await read.row(_STATE)
    assert row is not None, "the migration makes the row"
    return _Progress(*row)


async def _note(database: Database, **values: str | None) -> None:
    async with database.begin() as connection:
        await connection.execute(update(IndexState).values(values))


async def _index(database: Database, noun: Noun, refs: Sequence[str]) -> None:
    """Indexes the present states of objects, in one transaction."""
    async with database.begin() as connection:
        count = padded_size(len(refs))
        parameters = list_parameters("ref", count, refs)
        await fetch(connection, _lock(noun, count), parameters)
        index = IndexChanges(noun)
        states = [_State(*row) for row in await fetch(connection, _states(noun, count), parameters)]
        for state in states:
            in_view: View = state.view if noun in _IN_TWO_VIEWS else DESK
            published_at = state.listed_at or datetime.fromisoformat(state.fields["created_at"])
            texts = searched_texts(noun, state.fields, state.blocks)
            index.show(state.object, {in_view: IndexedState(texts, published_at, state.fields.get("language", ""))})
        await index.write(connection)
        if noun == "article":
            await _list_quotes(connection, states)
        elif noun == "note":
            await _list_facts(connection, states)


async def _list_quotes(connection: WriteConnection, states: Sequence[_State]) -> None:
    """Puts articles into the lists of their quotes, where they stand in none of them yet."""
    # Nothing is counted by day here: any zone will do.
    changes = ListChanges(ZoneInfo("UTC"), archived=ARCHIVED)
    named: list[dict[str, Any]] = []
    for object_id, of_object in groupby(states, key=lambda state: state.object):
        before: dict[View, Placement] = {}
        after: dict[View, Placement] = {}
        for state in of_object:
            before[state.view] = placement_of_document(state.lists, state.fields)
            names = {*state.lists, *quote_lists(quote_languages(state.blocks, state.fields["language"]))}
            after[state.view] = replace(before[state.view], names=frozenset(names))
            if len(names) > len(state.lists):
                named.append({"object_": object_id, "view_": state.view, "lists": sorted(names)})
        changes.move(object_id, before, after)
    await changes.write(connection)
    await execute_many(connection, _NAME_LISTS, named)


async def _list_facts(connection: WriteConnection, states: Sequence[_State]) -> None:
    """Puts notes into the lists of their facts, where they are missing there."""
    placements = [
        (state.view, state.object, placement)
        for state in states
        for placement in fact_placements(state.fields).values()
    ]
    ids = await list_ids(connection, sorted({(view, name) for view, _, new in placements for name in new.names}))
    entries = [
        (ids[view, name], new.published_at, object_id, new.revision, new.language, new.updated_at)
        for view, object_id, new in placements
        for name in new.names
    ]
    await insert_missing(connection, ListEntry, ENTRY_COLUMNS, sorted(entries))


# --- statements --------------------------------------------------------------------------------------------------

_STATE: Final = select(IndexState.version, IndexState.next_version, IndexState.last_view, IndexState.last_object).where(
    IndexState.id == 1
)
_ZONE: Final = select(Head.zone).where(Head.id == log.HEAD)
_ANY_PUBLIC: Final = (
    select(
        ViewEntry.noun, Object.ref, ViewEntry.object, ViewEntry.slug, ViewEntry.revision, ViewEntry.modified_at,
        Revision.card,
    )
    .join(Object, Object.id == ViewEntry.object)
    .join(Revision, shown_state())
    .where(ViewEntry.view == PUBLIC)
    .order_by(ViewEntry.object)
    .limit(1)
)  # fmt: skip
_BEHIND: Final[ColumnElement[bool]] = tuple_(ViewEntry.view, ViewEntry.object) > tuple_(
    bindparam("last_view", type_=String()), bindparam("last_object", type_=Uuid16())
)
_INDEXED: Final[ColumnElement[bool]] = ViewEntry.noun.in_([literal(noun) for noun in _NAMES])
_TOTAL: Final = select(func.count()).select_from(ViewEntry).where(_INDEXED)
_LEFT: Final = _TOTAL.where(_BEHIND)
_NEXT: Final = (
    select(ViewEntry.noun, Object.ref, ViewEntry.view, ViewEntry.object)
    .join(Object, Object.id == ViewEntry.object)
    .where(_BEHIND, _INDEXED)
    .order_by(ViewEntry.view, ViewEntry.object)
    .limit(BATCH)
)


def _position(last: tuple[str, str]) -> dict[str, str]:
    return {"last_view": last[0], "last_object": last[1]}


@cache
def _lock(noun: Noun, count: int) -> Select[*Row]:
    name = _NAMES[noun]
    return select(name).where(in_list(name, "ref", count)).order_by(name).with_for_update(key_share=True)


@cache
def _states(noun: Noun, count: int) -> Select[*Row]:
    return (
        select(ViewEntry.object, ViewEntry.view, ViewEntry.listed_at, ViewEntry.lists, Revision.card, Revision.body)
        .join(Object, Object.id == ViewEntry.object)
        .join(Revision, shown_state())
        .where(Object.noun == noun, in_list(Object.ref, "ref", count))
        .order_by(ViewEntry.object)
    )


_NAME_LISTS: Final = (
    update(ViewEntry)
    .where(ViewEntry.object == bindparam("object_", type_=Uuid16()), ViewEntry.view == bindparam("view_"))
    .values(lists=bindparam("lists"))
)
