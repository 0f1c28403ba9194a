"""What is visible to whom: the one visibility rule, and the documents and cards that a reader sees by it.

The public view holds what everyone sees. The desk's view is the public one with the desk's own entries laid over it:
an object that has an entry in both is seen by the desk as its own entry says. A perspective on an instant to come
looks at the desk's entries too, but only at those that will be public by then.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, Literal, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, bindparam, literal, null, or_, select, union_all
from sqlalchemy.orm import aliased

from app.changes.models import DESK, PUBLIC, Noun, Object, Revision, View, ViewEntry
from app.changes.stored import desk_document_of, document_of
from app.db import Reader, Row, UtcDateTime, in_list, list_parameters, padded_size, utcnow
from app.db.statements import SqlColumn
from app.web.caller import Caller, permitted
from app.web.spans import moment

Ref = TypeVar("Ref", bound=Hashable)
Value = TypeVar("Value")
Kind = Literal["public", "desk", "due"]
# Names of objects, and their documents or cards by name, for each noun.
Refs = Mapping[Noun, Sequence[str]]
Texts = dict[Noun, dict[str, str]]
DRAFTS: Final = "drafts"


@dataclass(frozen=True, slots=True)
class Perspective:
    """Through whose eyes is read: the public's or the desk's.

    With `due`, what the public will see at that instant to come. With `as_of`, what it saw at that instant in the past,
    of objects that this reader sees now.
    """

    desk: bool = False
    due: datetime | None = None
    as_of: datetime | None = None

    @property
    def kind(self) -> Kind:
        return "desk" if self.desk else "public" if self.due is None else "due"

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters of statements that are built with `visible`."""
        return {} if self.due is None else {"due": self.due}


EVERYONE: Final = Perspective()
NEWEST: Final = Perspective(desk=True)
# Where a perspective looks; the first view that has an entry of an object decides.
VIEWS: Final[Mapping[Kind, tuple[View, ...]]] = {"public": (PUBLIC,), "desk": (DESK, PUBLIC), "due": (DESK, PUBLIC)}


def perspective_of(caller: Caller | None, parameter: str | None) -> Perspective:
    """The perspective that a request asks for: none, `drafts` or an instant.

    Raises: Unauthorized, Forbidden, where that takes the scope `drafts:read`.
    """
    if parameter is None:
        return EVERYONE
    if parameter == DRAFTS:
        permitted(caller, "drafts:read")
        return NEWEST
    at = moment(parameter)
    if at > utcnow():
        permitted(caller, "drafts:read")
        return Perspective(due=at)
    return Perspective(desk=caller is not None and "drafts:read" in caller.scopes, as_of=at)


# --- the visibility rule -----------------------------------------------------------------------------------------


def visible(entry: type[ViewEntry], kind: Kind) -> ColumnElement[bool]:
    """Entries that count in this perspective."""
    condition = entry.view == PUBLIC if kind == "public" else entry.view.in_([literal(view) for view in VIEWS[kind]])
    if kind != "due":
        return condition
    other = aliased(ViewEntry)
    replaced_by_expired = (
        select(literal(1))
        .where(other.view == DESK, other.object == entry.object, other.due_at <= _DUE, other.expires_at <= _DUE)
        .exists()
    )
    is_unexpired = or_(entry.expires_at.is_(None), entry.expires_at > _DUE)
    return and_(condition, or_(entry.view == PUBLIC, entry.due_at <= _DUE), is_unexpired, ~replaced_by_expired)


_DUE: Final = bindparam("due", type_=UtcDateTime())


def not_overlaid(row: Any, view: View, kind: Kind, object_id: SqlColumn) -> list[ColumnElement[bool]]:
    """Conditions on a row of `view` so that each object is seen once, although two views may hold it."""
    if kind == "public" or (kind == "desk" and view == DESK):
        return []
    other = aliased(ViewEntry)
    if view == DESK:
        condition = and_(other.view == DESK, visible(other, kind))
    elif kind == "desk":
        condition = other.view == DESK
    else:
        is_replaced = and_(other.view == DESK, other.due_at <= _DUE)
        has_expired = and_(other.view == PUBLIC, other.expires_at <= _DUE)
        condition = or_(is_replaced, has_expired)
    entry = select(literal(1)).where(other.object == object_id, condition).limit(1).correlate(row).scalar_subquery()
    return [entry.is_not(None) if view == DESK else entry.is_(None)]


def shown_state(entry: type[ViewEntry] = ViewEntry) -> ColumnElement[bool]:
    """Joins an entry to the revision that it shows."""
    return and_(Revision.object == entry.object, Revision.revision == entry.revision)


# --- documents ---------------------------------------------------------------------------------------------------


class ShownState(NamedTuple):
    """The state of an object that a perspective shows."""

    revision: int
    card: str
    body: str | None
    private: str | None

    def document(self, perspective: Perspective) -> str:
        """As this perspective sees it. What was public in the past is shown as readers saw it, to the desk too."""
        document = document_of(self.card, self.body)
        return desk_document_of(document, self.private) if perspective.desk and not perspective.as_of else document


STATE_COLUMNS: Final = (Revision.revision, Revision.card, Revision.body, Revision.private)


def _states(kind: Kind, *columns: SqlColumn) -> Select[*Row]:
    """Columns of the states that the perspective shows; both states of an object that has two entries."""
    query = select(*columns).select_from(ViewEntry).join(Object, Object.id == ViewEntry.object)
    return query.join(Revision, shown_state()).where(visible(ViewEntry, kind))


@cache
def _state(kind: Kind) -> Select[*Row]:
    query = _states(kind, *STATE_COLUMNS)
    query = query.where(Object.noun == bindparam("noun"), Object.ref == bindparam("ref"))
    return query if kind == "public" else query.order_by(ViewEntry.view).limit(1)


async def shown(read: Reader, perspective: Perspective, noun: Noun, ref: str) -> ShownState | None:
    """The state that the perspective shows now, or None. Cost: one statement, by key."""
    parameters = {"noun": noun, "ref": ref, **perspective.parameters}
    row = await read.row(_state(perspective.kind), parameters)
    return None if row is None else ShownState(*row)


@cache
def _texts(kind: Kind, sizes: tuple[tuple[Noun, int], ...], with_body: bool) -> CompoundSelect[*Row]:
    columns = (ViewEntry.view, Object.noun, Object.ref, Revision.card, Revision.body if with_body else null())
    named = [and_(Object.noun == noun, in_list(Object.ref, noun, count)) for noun, count in sizes]
    return union_all(*(_states(kind, *columns).where(condition) for condition in named))


async def cards(read: Reader, perspective: Perspective, refs: Refs, *, with_body: bool = False) -> Texts:
    """Cards, or public documents, of the objects that are visible, by name, in the order of `refs`.

    Cost: one statement, none for no refs.
    """
    sizes = tuple((noun, padded_size(len(names))) for noun, names in refs.items() if names)
    texts: Texts = {noun: {} for noun in refs}
    if sizes:
        parameters = dict(perspective.parameters)
        for noun, count in sizes:
            parameters |= list_parameters(noun, count, refs[noun])
        rows = await read.rows(_texts(perspective.kind, sizes, with_body), parameters)
        for _, noun, ref, card, body in overlaid(rows):
            texts[noun][ref] = document_of(card, body)
    return {noun: in_order(refs[noun], of_noun) for noun, of_noun in texts.items()}


async def documents(read: Reader, perspective: Perspective, noun: Noun, refs: Sequence[str]) -> dict[str, str]:
    """Public documents of visible objects, in the order of `refs`. Cost: one statement, none for no refs."""
    return (await cards(read, perspective, {noun: refs}, with_body=True))[noun]


def overlaid(rows: list[Row]) -> list[Row]:
    """Rows that begin with their view, those of the desk last: put into a dict by object, they win."""
    return sorted(rows, key=lambda row: row[0] == DESK)


def in_order(refs: Iterable[Ref], by_ref: Mapping[Ref, Value]) -> dict[Ref, Value]:
    """Rows come in any order, and members in another order would make another body."""
    return {ref: by_ref[ref] for ref in refs if ref in by_ref}


def _revisions(count: int, *columns: SqlColumn) -> Select[*Row]:
    query = select(Object.ref, *columns).join(Object, Object.id == Revision.object)
    return query.where(Object.noun == bindparam("noun"), in_list(Object.ref, "ref", count))


@cache
def _pinned(kind: Kind, count: int) -> Select[*Row]:
    entry = select(ViewEntry.object).where(visible(ViewEntry, kind), ViewEntry.object == Revision.object)
    query = _revisions(count, Revision.revision, Revision.card, Revision.body)
    query = query.where(in_list(Revision.revision, "revision", count), entry.exists())
    return query if kind == "desk" else query.where(Revision.public_from.is_not(None))


async def pinned(
    read: Reader, perspective: Perspective, noun: Noun, pins: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], str]:
    """Documents of single revisions, by (name, revision): of objects that are visible now, revisions that were public.

    Cost: one statement, none for no pins.
    """
    if not pins:
        return {}
    count = padded_size(len(pins))
    refs, revisions = zip(*pins, strict=True)
    parameters = list_parameters("ref", count, refs) | list_parameters("revision", count, revisions)
    parameters |= {"noun": noun, **perspective.parameters}
    rows = await read.rows(_pinned(perspective.kind, count), parameters)
    return in_order(pins, {(ref, revision): document_of(card, body) for ref, revision, card, body in rows})


_WAS_PUBLIC: Final = and_(
    Revision.public_from <= bindparam("at", type_=UtcDateTime()),
    or_(Revision.public_to.is_(None), Revision.public_to > bindparam("at", type_=UtcDateTime())),
)


@cache
def _as_of(count: int) -> Select[*Row]:
    return _revisions(count, *STATE_COLUMNS).where(_WAS_PUBLIC)


async def as_of(read: Reader, noun: Noun, refs: Sequence[str], at: datetime) -> dict[str, ShownState]:
    """What the public saw of these objects at an instant in the past. Cost: one statement, none for no refs."""
    if not refs:
        return {}
    count = padded_size(len(refs))
    parameters = {"noun": noun, "at": at, **list_parameters("ref", count, refs)}
    rows = await read.rows(_as_of(count), parameters)
    return in_order(refs, {ref: ShownState(*state) for ref, *state in rows})
