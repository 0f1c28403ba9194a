"""Reads, within a write transaction, what the database holds of objects before they are written."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, NamedTuple

from pydantic_core import from_json
from sqlalchemy import ColumnElement, Select, bindparam, func, literal, select

from app.changes.models import DESK, PUBLIC, Noun, Object, Revision, View, ViewEntry
from app.db import Row, WriteConnection, fetch, in_list, list_parameters, padded_size

# At most so many names stand in one statement.
PORTION: Final = 1_000


@dataclass(frozen=True, slots=True)
class StoredState:
    """The state of an object that a view shows."""

    revision: int
    slug: str
    lists: list[str]
    card: str
    body: str | None
    private: str | None

    @property
    def document(self) -> str:
        """What readers see of it, as JSON."""
        return document_of(self.card, self.body)

    @property
    def desk_document(self) -> str:
        """What the desk sees of it, as JSON."""
        return desk_document_of(self.document, self.private)

    def fields(self) -> dict[str, Any]:
        """All fields of the desk's document."""
        fields: dict[str, Any] = from_json(self.card)
        if self.body is not None:
            fields["body"] = from_json(self.body)
        return fields if self.private is None else fields | from_json(self.private)


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object before a write: the state that each view shows, and its last revision, shown or not."""

    id: str
    states: Mapping[View, StoredState]
    last_revision: int

    @property
    def newest(self) -> StoredState:
        """What the desk sees."""
        return self.states.get(DESK) or self.states[PUBLIC]

    @property
    def is_public(self) -> bool:
        return PUBLIC in self.states

    @property
    def has_working_copy(self) -> bool:
        """Whether it is public and the desk sees another state of it."""
        return len(self.states) == 2

    @property
    def views(self) -> frozenset[View]:
        return frozenset(self.states)

    def replaced_in(self, view: View) -> View:
        """The view that shows the state whose place a new one in this view takes."""
        return view if view in self.states else DESK if DESK in self.states else PUBLIC


def document_of(card: str, body: str | None) -> str:
    """The document as JSON: the card, with the body as its last member where there is one."""
    return card if body is None else f'{card[:-1]},"body":{body}}}'


def desk_document_of(document: str, private: str | None) -> str:
    """The document as the desk sees it: with the members that nobody else sees."""
    return document if private is None else f"{document[:-1]},{private[1:]}"


def portions(refs: Sequence[str]) -> Iterator[Sequence[str]]:
    """The names in portions that fit into one statement."""
    return (refs[start : start + PORTION] for start in range(0, len(refs), PORTION))


async def fetch_in_portions(
    connection: WriteConnection, query: Callable[[int], Select[*Row]], refs: Sequence[str], **parameters: Any
) -> list[Row]:
    """Rows of a statement with an `in_list` named `ref`, for names of any number. Cost: a statement for each thousand.

    `query` makes the statement for a list of so many names.
    """
    rows: list[Row] = []
    for portion in portions(refs):
        count = padded_size(len(portion))
        rows += await fetch(connection, query(count), {**parameters, **list_parameters("ref", count, portion)})
    return rows


def _actors(count: int, order: ColumnElement[int]) -> Select[*Row]:
    """Each object with the actor of each of its revisions: the last in this order is the one that counts."""
    query = select(Object.ref, Revision.actor).join(Revision, Revision.object == Object.id)
    query = query.where(Object.noun == bindparam("noun"), in_list(Object.ref, "ref", count))
    return query.order_by(Object.ref, order)


@cache
def _first_actors(count: int) -> Select[*Row]:
    return _actors(count, Revision.revision.desc())


@cache
def _last_actors(count: int) -> Select[*Row]:
    return _actors(count, Revision.revision.asc())


async def first_actors(connection: WriteConnection, noun: Noun, refs: Sequence[str]) -> dict[str, str | None]:
    """Who saved the first revision of each of the objects that exist. Cost: one statement for each thousand."""
    return dict(await fetch_in_portions(connection, _first_actors, refs, noun=noun))


async def last_actors(connection: WriteConnection, noun: Noun, refs: Sequence[str]) -> dict[str, str | None]:
    """Who saved the newest revision of each of the objects that exist. Cost: one statement for each thousand."""
    return dict(await fetch_in_portions(connection, _last_actors, refs, noun=noun))


_LAST_REVISION: Final = (
    select(func.max(Revision.revision)).where(Revision.object == Object.id).correlate(Object).scalar_subquery()
)


@cache
def _states(count: int) -> Select[*Row]:
    return (
        select(
            Object.ref, Object.id, _LAST_REVISION.label("last"), ViewEntry.view, ViewEntry.revision, ViewEntry.slug,
            ViewEntry.lists, Revision.card, Revision.body, Revision.private,
        )
        .join(ViewEntry, (ViewEntry.object == Object.id) & ViewEntry.view.in_([literal(DESK), literal(PUBLIC)]))
        .join(Revision, (Revision.object == Object.id) & (Revision.revision == ViewEntry.revision))
        .where(Object.noun == bindparam("noun"), in_list(Object.ref, "ref", count))
    )  # fmt: skip


async def stored(connection: WriteConnection, noun: Noun, refs: Sequence[str]) -> dict[str, StoredObject]:
    """The objects of these names that a view shows, by name. Cost: one statement for each thousand."""
    states: dict[str, dict[View, StoredState]] = {}
    identities: dict[str, tuple[str, int]] = {}
    for ref, id, last_revision, view, *state in await fetch_in_portions(connection, _states, refs, noun=noun):
        states.setdefault(ref, {})[view] = StoredState(*state)
        identities[ref] = (id, last_revision)
    return {ref: StoredObject(id, states[ref], last) for ref, (id, last) in identities.items()}


class FormerObject(NamedTuple):
    """An object that was deleted. Whatever takes its name next goes on with its numbers."""

    id: str
    last_revision: int


@cache
def _former(count: int) -> Select[*Row]:
    return (
        select(Object.ref, Object.id, func.max(Revision.revision))
        .join(Revision, Revision.object == Object.id)
        .where(Object.noun == bindparam("noun"), in_list(Object.ref, "ref", count))
        .group_by(Object.ref, Object.id)
    )


async def former(connection: WriteConnection, noun: Noun, refs: Sequence[str]) -> dict[str, FormerObject]:
    """Of names that no object has now, those that a deleted one had. Cost: one statement for each thousand."""
    rows = await fetch_in_portions(connection, _former, refs, noun=noun)
    return {ref: FormerObject(id, last_revision) for ref, id, last_revision in rows}


@cache
def _published(count: int) -> Select[*Row]:
    return (
        select(Object.ref)
        .join(ViewEntry, (ViewEntry.object == Object.id) & (ViewEntry.view == PUBLIC))
        .where(Object.noun == bindparam("noun"), in_list(Object.ref, "ref", count))
    )


async def public_refs(connection: WriteConnection, noun: Noun, refs: Sequence[str]) -> set[str]:
    """Those of the objects that the public sees. Cost: one statement for each thousand."""
    return {ref for (ref,) in await fetch_in_portions(connection, _published, refs, noun=noun)}


_PUBLIC_REVISION: Final = (
    select(Revision.revision)
    .join(Object, Object.id == Revision.object)
    .where(Object.noun == bindparam("noun"), Object.ref == bindparam("ref"))
    .where(Revision.revision == bindparam("revision"), Revision.public_from.is_not(None))
)


async def was_public(connection: WriteConnection, noun: Noun, ref: str, revision: int) -> bool:
    """Whether readers may see this revision of the object. Cost: one statement, by key."""
    parameters = {"noun": noun, "ref": ref, "revision": revision}
    return bool(await fetch(connection, _PUBLIC_REVISION, parameters))
