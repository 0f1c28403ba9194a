"""Reads what the views show: documents, cards, lists of the nouns that are named by slug, counters, history."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Final, Literal, TypeVar

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from app.changes.models import DESK, PUBLIC, Counter, Noun, Revision, Shown, View
from app.changes.store import NAMED
from app.db import SHAPES, Moment, Reader, Row, among, from_milliseconds, keyset, milliseconds, room, spread
from app.web.pages import Position, Slice, cut, parts

Ref = TypeVar("Ref", bound=Hashable)
Kind = Literal["public", "desk", "due"]


@dataclass(frozen=True, slots=True)
class Perspective:
    """Through whose eyes is read: the public's or the desk's; the public's at an instant to come (`due`) or past
    (`then`: of what this reader sees now, as the public saw it)."""

    desk: bool = False
    due: datetime | None = None
    then: datetime | None = None

    @property
    def kind(self) -> Kind:
        return "desk" if self.desk else "public" if self.due is None else "due"

    @property
    def params(self) -> dict[str, Any]:
        return {} if self.due is None else {"due": self.due}


EVERYONE: Final = Perspective()
NEWEST: Final = Perspective(desk=True)
# The one visibility rule: what a perspective sees of an object is the first of its rows, in this order of views.
VIEWS: Final[Mapping[Kind, tuple[View, ...]]] = {"public": (PUBLIC,), "desk": (DESK, PUBLIC), "due": (DESK, PUBLIC)}


def of_views(view: Any, kind: Kind) -> ColumnElement[bool]:
    """Rows of the views that the perspective looks at."""
    found: ColumnElement[bool] = view == PUBLIC if kind == "public" else view.in_([literal(one) for one in VIEWS[kind]])
    return found


def visible(shown: Any, kind: Kind) -> ColumnElement[bool]:
    """Rows that count in this perspective. Tags and sources that the desk alone knows come out with what names them."""
    found = of_views(shown.view, kind)
    if kind == "due":
        due = shown.due_at <= bindparam("due", type_=Moment())
        found = and_(found, or_(shown.view == PUBLIC, shown.noun.in_([literal(one) for one in NAMED]), due))
    return found


def unhidden(row: Any, view: View, kind: Kind, noun: Any, ref: Any) -> list[ColumnElement[bool]]:
    """What a row of this view must meet, where one of an earlier view may stand before it."""
    if kind == "public" or (kind == "desk" and view == DESK):
        return []
    other = aliased(Shown)
    desk = (
        select(literal(1))
        .where(other.view == DESK, other.noun == noun, other.ref == ref, visible(other, kind))
        .limit(1)
        .correlate(row)
        .scalar_subquery()
    )
    return [desk.is_not(None) if view == DESK else desk.is_(None)]


def _state(shown: Any = Shown) -> ColumnElement[bool]:
    return and_(Revision.noun == shown.noun, Revision.ref == shown.ref, Revision.revision == shown.revision)


# --- single objects ----------------------------------------------------------------------------------------------


@cache
def _document(kind: Kind) -> Any:
    query = (
        select(Shown.revision, Revision.document, Revision.ednote)
        .join(Revision, _state())
        .where(visible(Shown, kind), Shown.noun == bindparam("noun"), Shown.ref == bindparam("ref"))
    )
    return query if kind == "public" else query.order_by(Shown.view).limit(1)


async def document(read: Reader, seen: Perspective, noun: Noun, ref: str) -> Row | None:
    """(revision, document, ednote) as the perspective shows it, or None. Cost: one statement, by key."""
    return await read.row(_document(seen.kind), {"noun": noun, "ref": ref, **seen.params})


@cache
def _cards(kind: Kind, sizes: tuple[tuple[Noun, int], ...]) -> Any:
    return union_all(
        *(
            select(Shown.view, literal(noun).label("noun"), Shown.ref, Shown.card).where(
                visible(Shown, kind), Shown.noun == noun, among(Shown.ref, noun, count)
            )
            for noun, count in sizes
        )
    )


async def cards(read: Reader, seen: Perspective, wanted: Mapping[Noun, Sequence[str]]) -> dict[Noun, dict[str, str]]:
    """Cards of those that are seen, by ref, in the order asked for. Cost: one statement, none for no refs."""
    sizes = tuple((noun, room(len(refs))) for noun, refs in wanted.items() if refs)
    found: dict[Noun, dict[str, str]] = {noun: {} for noun in wanted}
    if sizes:
        given = {key: value for noun, count in sizes for key, value in spread(noun, count, wanted[noun]).items()}
        for _, noun, ref, card in overlaid(await read.rows(_cards(seen.kind, sizes), {**given, **seen.params})):
            found[noun][ref] = card
    return {noun: _in_order(wanted[noun], some) for noun, some in found.items()}


def overlaid(rows: list[Row]) -> list[Row]:
    """Rows that begin with their view, so that those of the desk come last and stand where both have one."""
    return sorted(rows, key=lambda row: row[0] == DESK)


def _in_order(refs: Iterable[Ref], found: Mapping[Ref, str]) -> dict[Ref, str]:
    """Rows come in any order, and a body in another order would be another body."""
    return {ref: found[ref] for ref in refs if ref in found}


@cache
def _documents(kind: Kind, count: int) -> Select[str, str, str]:
    return (
        select(Shown.view, Shown.ref, Revision.document)
        .join(Revision, _state())
        .where(visible(Shown, kind), Shown.noun == bindparam("noun"), among(Shown.ref, "ref", count))
    )


async def documents(read: Reader, seen: Perspective, noun: Noun, refs: Sequence[str]) -> dict[str, str]:
    """Whole documents of those that are seen, by ref, in that order. Cost: one statement, none for no refs."""
    if not refs:
        return {}
    count = room(len(refs))
    given = {"noun": noun, **spread("ref", count, refs), **seen.params}
    rows = overlaid(await read.rows(_documents(seen.kind, count), given))
    return _in_order(refs, {ref: found for _, ref, found in rows})


@cache
def _pinned(kind: Kind, count: int) -> Select[str, int, str]:
    shown = select(Shown.ref).where(visible(Shown, kind), Shown.noun == bindparam("noun"), Shown.ref == Revision.ref)
    query = select(Revision.ref, Revision.revision, Revision.document).where(
        Revision.noun == bindparam("noun"),
        among(Revision.ref, "ref", count),
        among(Revision.revision, "revision", count),
        shown.exists(),
    )
    return query if kind == "desk" else query.where(Revision.public_from.is_not(None))


async def pinned(
    read: Reader, seen: Perspective, noun: Noun, wanted: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], str]:
    """Documents of single revisions that were public, of objects that are still seen. Cost: one statement."""
    if not wanted:
        return {}
    count = room(len(wanted))
    rows = await read.rows(
        _pinned(seen.kind, count),
        {
            "noun": noun,
            **spread("ref", count, [ref for ref, _ in wanted]),
            **spread("revision", count, [revision for _, revision in wanted]),
            **seen.params,
        },
    )
    return _in_order(wanted, {(ref, revision): text for ref, revision, text in rows})


# --- lists of what is named by slug ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Order:
    """How a list of tags, sources or notes is read."""

    kind: Kind
    by_slug: bool
    positioned: bool
    backward: bool
    whole: bool


@lru_cache(SHAPES)
def _listing(order: Order, conditions: tuple[ColumnElement[bool], ...]) -> Any:
    branches = [_branch(order, view, conditions) for view in VIEWS[order.kind]]
    if len(branches) == 1:
        return branches[0]
    both = union_all(*(select(one.subquery()) for one in branches)).subquery()
    down = order.by_slug == order.backward
    columns = [both.c.ref] if order.by_slug else [both.c.modified_at, both.c.ref]
    ordered = [column.desc() if down else column.asc() for column in columns]
    return select(both).order_by(*ordered).limit(bindparam("limit"))


def _branch(order: Order, view: View, conditions: tuple[ColumnElement[bool], ...]) -> Any:
    query: Any = select(Shown.ref, Shown.modified_at, (Revision.document if order.whole else Shown.card).label("item"))
    if order.whole:
        query = query.join(Revision, _state())
    query = query.where(Shown.view == view, Shown.noun == bindparam("noun"), *conditions)
    query = query.where(*unhidden(Shown, view, order.kind, Shown.noun, Shown.ref))
    columns = (Shown.ref,) if order.by_slug else (Shown.modified_at, Shown.ref)
    return keyset(query, columns, descending=not order.by_slug, positioned=order.positioned, backward=order.backward)


@lru_cache(SHAPES)
def _named(conditions: tuple[ColumnElement[bool], ...], count: int) -> tuple[ColumnElement[bool], ...]:
    return (*conditions, among(Shown.ref, "id", count))


async def listed(
    read: Reader,
    seen: Perspective,
    noun: Noun,
    wanted: Any,
    position: Position | None,
    conditions: tuple[ColumnElement[bool], ...] = (),
    params: Mapping[str, Any] | None = None,
    *,
    whole: bool = False,
) -> Slice:
    """Tags, sources or notes that meet the conditions (built once for each shape): one page of cards or documents.

    Order: by slug, or by (modified_at, slug) descending; with `ids` as given. Cost: one statement, one more with
    `count`, which stops at 10,000.
    """
    backward = position is not None and position.backward
    order = Order(seen.kind, wanted.sort == "slug", position is not None, backward, whole)
    given = {"noun": noun, **seen.params, **(params or {})}
    if refs := parts(wanted.ids):
        count = room(len(refs))
        given |= {**spread("id", count, refs), "limit": len(refs)}
        found = {row[0]: row[2] for row in await read.rows(_listing(order, _named(conditions, count)), given)}
        kept = [ref for ref in refs if ref in found]
        return Slice([found[ref] for ref in kept], kept, count=(len(kept), True) if wanted.count else None)
    if position is not None:
        values = position.values if order.by_slug else (from_milliseconds(position.values[0]), position.values[1])
        given.update({f"at_{n}": value for n, value in enumerate(values)})
    rows = await read.rows(_listing(order, conditions), {**given, "limit": wanted.limit + 1})
    rows, before, after = cut(rows, wanted.limit, position)

    def place(row: Row, *, backward: bool) -> Position:
        return Position((row[0],) if order.by_slug else (milliseconds(row[1]), row[0]), backward)

    return Slice(
        items=[row[2] for row in rows],
        refs=[row[0] for row in rows],
        next=place(rows[-1], backward=False) if rows and after else None,
        prev=place(rows[0], backward=True) if rows and before else None,
        count=await _total(read, seen.kind, conditions, given) if wanted.count else None,
    )


COUNTED: Final = 10_000


@lru_cache(SHAPES)
def _some(kind: Kind, conditions: tuple[ColumnElement[bool], ...]) -> Any:
    some = union_all(
        *(
            select(Shown.ref).where(
                Shown.view == view,
                Shown.noun == bindparam("noun"),
                *conditions,
                *unhidden(Shown, view, kind, Shown.noun, Shown.ref),
            )
            for view in VIEWS[kind]
        )
    ).subquery()
    return select(func.count()).select_from(select(some).limit(COUNTED + 1).subquery())


async def _total(
    read: Reader, kind: Kind, conditions: tuple[ColumnElement[bool], ...], params: Mapping[str, Any]
) -> tuple[int, bool]:
    ((count,),) = await read.rows(_some(kind, conditions), params, slow=True)
    return min(count, COUNTED), count <= COUNTED


# --- counters ----------------------------------------------------------------------------------------------------


def counted(kind: Kind) -> ColumnElement[bool]:
    """The counters that add up to what the perspective lists: the desk's say by how much it differs from the public."""
    return of_views(Counter.view, kind)


@cache
def _counts(kind: Kind, count: int) -> Select[str, int]:
    return (
        select(Counter.term, func.sum(Counter.n))
        .where(counted(kind), among(Counter.term, "term", count), Counter.day == "")
        .group_by(Counter.term)
    )


async def counts(read: Reader, seen: Perspective, terms: Sequence[str]) -> dict[str, int]:
    """How many articles are listed under each term. Cost: one statement, over counters."""
    if not terms:
        return {}
    count = room(len(terms))
    rows = await read.rows(_counts(seen.kind, count), spread("term", count, terms))
    return {**dict.fromkeys(terms, 0), **{term: int(n) for term, n in rows}}


# --- history -----------------------------------------------------------------------------------------------------


@cache
def _history(desk: bool, older: bool) -> Any:
    query = select(Revision.revision, Revision.at, Revision.op, Revision.kind, Revision.note, Revision.actor).where(
        Revision.noun == bindparam("noun"), Revision.ref == bindparam("ref")
    )
    if not desk:
        query = query.where(Revision.public_from.is_not(None))
    if older:
        query = query.where(Revision.revision < bindparam("before"))
    return query.order_by(Revision.revision.desc()).limit(bindparam("limit"))


async def history(
    read: Reader, seen: Perspective, noun: Noun, ref: str, *, limit: int, before: int | None
) -> list[Row]:
    """(revision, at, op, kind, note, actor), newest first; limit + 1 at most. The public's: what was public.

    Cost: one statement.
    """
    return await read.rows(
        _history(seen.desk, before is not None), {"noun": noun, "ref": ref, "limit": limit + 1, "before": before}
    )


@cache
def _past(desk: bool) -> Any:
    query = select(Revision.document, Revision.ednote).where(
        Revision.noun == bindparam("noun"),
        Revision.ref == bindparam("ref"),
        Revision.revision == bindparam("revision"),
        Revision.op != "deleted",
    )
    return query if desk else query.where(Revision.public_from.is_not(None))


async def past(read: Reader, seen: Perspective, noun: Noun, ref: str, revision: int) -> Row | None:
    """(document, ednote) as it was at a revision, or None; the public's only if it was public. Cost: one statement."""
    return await read.row(_past(seen.desk), {"noun": noun, "ref": ref, "revision": revision})


_BACK: Final = Revision.public_from <= bindparam("at", type_=Moment())
_STILL: Final = or_(Revision.public_to.is_(None), Revision.public_to > bindparam("at", type_=Moment()))


@cache
def _then(count: int) -> Any:
    return select(Revision.ref, Revision.document).where(
        Revision.noun == bindparam("noun"), among(Revision.ref, "ref", count), _BACK, _STILL
    )


async def then(read: Reader, noun: Noun, refs: Sequence[str], at: datetime) -> dict[str, str]:
    """What the public saw of these objects at an instant in the past. Cost: one statement, none for no refs."""
    if not refs:
        return {}
    count = room(len(refs))
    rows = await read.rows(_then(count), {"noun": noun, "at": at, **spread("ref", count, refs)})
    return _in_order(refs, dict(rows))
