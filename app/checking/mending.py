"""Mends view entries, entries of lists and counters from the documents, each object in a short transaction of its own.

What was found is looked at again once the object is locked: it may have been saved since.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from pydantic_core import to_json
from sqlalchemy import Select, bindparam, delete, select

from app.changes.log import ENTRY_COLUMNS
from app.changes.models import DESK, PUBLIC, Noun, Object, Revision, View, ViewEntry
from app.checking import stored
from app.checking.documents import STATES
from app.checking.lists import WrongCounter
from app.checking.states import DerivedState, ShownState, Undocumented, derived, fitting_view
from app.checking.stored import EntryKey
from app.db import Database, Uuid16, WriteConnection, add_to_counters, execute_many, fetch, insert_many
from app.lists.models import Counter, List, ListEntry
from app.lists.store import ListChanges, Placement

_NAMED: Final = (Object.noun == bindparam("noun"), Object.ref == bindparam("ref"))
_STATES_OF: Final = STATES.where(*_NAMED).order_by(ViewEntry.view)
_PUBLISHED: Final = (
    select(Object.id, Revision.revision)
    .outerjoin(
        Revision,
        (Revision.object == Object.id) & Revision.public_from.is_not(None) & Revision.public_to.is_(None),
    )
    .where(*_NAMED)
    .order_by(Revision.revision.desc())
    .limit(1)
)
_TEXTS: Final = select(Revision.card, Revision.body, Revision.private).where(
    Revision.object == bindparam("object_", type_=Uuid16()), Revision.revision == bindparam("revision_")
)
_REMOVE_ENTRIES: Final = delete(ViewEntry).where(ViewEntry.object == bindparam("object_", type_=Uuid16()))
_OBJECT: Final = select(Object.noun, Object.ref).where(Object.id == bindparam("object_", type_=Uuid16()))
_LIST: Final = select(List.view, List.name).where(List.id == bindparam("list_"))
_REMOVE: Final = delete(ListEntry).where(
    ListEntry.list == bindparam("list_"),
    ListEntry.published_at == bindparam("published_at_", type_=ListEntry.published_at.type),
    ListEntry.object == bindparam("object_", type_=Uuid16()),
)
# A counter of nothing says no more than none.
_REMOVE_EMPTY: Final = delete(Counter).where(
    Counter.list == bindparam("list_"),
    Counter.day == bindparam("day_"),
    Counter.language == bindparam("language_"),
    Counter.n == 0,
)
# Nothing is counted here, so any zone will do.
_ANY_ZONE: Final = ZoneInfo("UTC")


@cache
def _lock(noun: Noun) -> Select[*tuple[Any, ...]]:
    key = stored.TABLES[noun]
    return select(*key.class_.__table__.columns).where(key == bindparam("ref")).with_for_update(key_share=True)


class _Right(NamedTuple):
    """What a view is to show of an object."""

    state: ShownState
    derived: DerivedState


async def mend_object(database: Database, parents: Mapping[str, str | None], noun: Noun, ref: str) -> bool:
    """Makes the view entries of an object, and its entries in lists, what follows from its documents.

    Returns False, with all as it was, where the documents or the row do not tell. Counters stay as they are.
    Raises: Unavailable, Raced.
    """
    async with database.begin() as connection:
        right = await _right_states(connection, parents, noun, ref)
        if not right:
            return False
        object_id = right[0].state.object
        await execute_many(connection, _REMOVE_ENTRIES, [{"object_": object_id}])
        rows = [
            (state.view, object_id, state.revision, it.slug, it.modified_at, it.listed_at, it.due_at,
             it.expires_at, it.story, to_json(it.lists).decode(), noun)
            for state, it in right
        ]  # fmt: skip
        await insert_many(connection, ViewEntry, (*ENTRY_COLUMNS, "noun"), rows)
        placed = [(state.view, place) for state, it in right for place in it.placements]
        # Removed by their keys first, so that those that are there are no obstacle.
        await _move(connection, object_id, placed, are_there=True)
        await _move(connection, object_id, placed, are_there=False)
    return True


async def _move(
    connection: WriteConnection, object_id: str, placed: Iterable[tuple[View, Placement]], *, are_there: bool
) -> None:
    changes = ListChanges(_ANY_ZONE)
    for view, place in placed:
        changes.move(object_id, *(({view: place}, {}) if are_there else ({}, {view: place})))
    await changes.write(connection)


async def _right_states(
    connection: WriteConnection, parents: Mapping[str, str | None], noun: Noun, ref: str
) -> list[_Right]:
    """What the views are to show, by the row of the object, which is locked, and by the dates of its revisions.

    Nothing where that cannot be told.
    """
    row = await _locked(connection, noun, ref)
    published = await fetch(connection, _PUBLISHED, {"noun": noun, "ref": ref})
    if row is None or not published:
        return []
    ((object_id, public_revision),) = published
    shown: dict[View, int] = {} if public_revision is None else {PUBLIC: public_revision}
    if public_revision != row["revision"]:
        shown[DESK] = row["revision"]
    right: list[_Right] = []
    for view, revision in shown.items():
        texts = await fetch(connection, _TEXTS, {"object_": object_id, "revision_": revision})
        if not texts:
            return []
        # Of the view entry only the revision is known; the rest follows from the text.
        state = ShownState(
            view, object_id, noun, ref, revision, slug="", modified_at=row["modified_at"], listed_at=None, due_at=None,
            expires_at=None, story=None, lists=[], card=texts[0][0], body=texts[0][1], private=texts[0][2],
        )  # fmt: skip
        try:
            right.append(_Right(state, derived(state, parents, stored.withdrawal_of(row))))
        except Undocumented:
            return []
    return right if all(fitting_view(state, it.card) for state, it in right) else []


async def remove_stray(database: Database, parents: Mapping[str, str | None], key: EntryKey) -> bool:
    """Removes the entry, unless its object stands there by now. Returns whether it is right then.

    Raises: Unavailable, Raced.
    """
    async with database.begin() as connection:
        named = await fetch(connection, _OBJECT, {"object_": key.object})
        lists = await fetch(connection, _LIST, {"list_": key.list})
        if named and lists:
            places = await _places(connection, parents, *named[0])
            if places is None or (*lists[0], key.published_at) in places:
                return places is not None
        parameters = {"list_": key.list, "published_at_": key.published_at, "object_": key.object}
        await execute_many(connection, _REMOVE, [parameters])
    return True


async def _places(
    connection: WriteConnection, parents: Mapping[str, str | None], noun: Noun, ref: str
) -> set[tuple[View, str, datetime]] | None:
    """(view, list, date) of where an object stands, by the documents that the views show; None where one is none.

    Its row is locked.
    """
    row = await _locked(connection, noun, ref)
    states = [ShownState(*state) for state in await fetch(connection, _STATES_OF, {"noun": noun, "ref": ref})]
    try:
        documents = [(state.view, derived(state, parents, stored.withdrawal_of(row))) for state in states]
    except Undocumented:
        return None
    return {
        (view, name, place.published_at)
        for view, document in documents
        for place in document.placements
        for name in place.names
    }


async def _locked(connection: WriteConnection, noun: Noun, ref: str) -> dict[str, Any] | None:
    """The object's row, by column; nobody else changes the object before the transaction ends."""
    columns = [each.name for each in stored.TABLES[noun].class_.__table__.columns]
    rows = await fetch(connection, _lock(noun), {"ref": ref})
    return dict(zip(columns, rows[0], strict=True)) if rows else None


async def mend_counters(database: Database, counters: Iterable[WrongCounter]) -> None:
    """Adds what the counters lack: whatever writers add to them meanwhile stays right. Raises: Unavailable, Raced."""
    rows = sorted((each.list, each.day, each.language, each.missing) for each in counters)
    async with database.begin() as connection:
        await add_to_counters(connection, Counter, rows)
        keys = [{"list_": list_id, "day_": day, "language_": language} for list_id, day, language, _ in rows]
        await execute_many(connection, _REMOVE_EMPTY, keys)
