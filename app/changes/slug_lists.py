"""Lists of the nouns that are named by slug: one page, by slug, by a date or by a number. Knows no noun by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, CompoundSelect, Select, bindparam, func, null, select, union_all

from app.changes.models import Noun, Revision, View, ViewEntry
from app.changes.stored import desk_document_of, document_of
from app.changes.views import VIEWS, Kind, Perspective, not_overlaid, shown_state
from app.db import SHAPES, Reader, Row, from_milliseconds, in_list, keyset, list_parameters, milliseconds, padded_size
from app.paging import PageRows, Position, cut

COUNTED_AT_MOST: Final = 10_000
Conditions = tuple[ColumnElement[bool], ...]


@dataclass(frozen=True, slots=True)
class SlugListRequest:
    """Which page of a list is asked for. `ids` are slugs whose objects are wanted in that order, instead of a page.

    `rank` is a number of each object by which the list is sorted, and then by slug; it is built once. `by_due`: of what
    is due by when it is, the next first. `views`: those of the perspective where what is asked for can stand; None is
    all of them.
    """

    limit: int
    position: Position | None
    by_slug: bool
    ids: tuple[str, ...]
    counted: bool
    with_body: bool = False
    rank: ColumnElement[int] | None = None
    by_due: bool = False
    views: tuple[View, ...] | None = None


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the statement looks like, whatever its values."""

    kind: Kind
    views: tuple[View, ...]
    by_slug: bool
    by_due: bool
    is_positioned: bool
    is_backward: bool
    with_body: bool
    rank: ColumnElement[int] | None

    @property
    def by_modified(self) -> bool:
        return self.rank is None and not (self.by_slug or self.by_due)

    @property
    def is_dated(self) -> bool:
        return self.by_modified or self.by_due

    @property
    def is_descending(self) -> bool:
        return self.by_modified != self.is_backward


@lru_cache(SHAPES)
def _page(shape: _Shape, conditions: Conditions) -> Select[*Row]:
    branches = [_branch(shape, view, conditions) for view in shape.views]
    if len(branches) == 1:
        return branches[0]
    both = union_all(*(select(branch.subquery()) for branch in branches)).subquery()
    columns = [both.c.slug] if shape.by_slug else [both.c.sort, both.c.slug]
    order = [column.desc() if shape.is_descending else column.asc() for column in columns]
    return select(both).order_by(*order).limit(bindparam("limit"))


def _branch(shape: _Shape, view: View, conditions: Conditions) -> Select[*Row]:
    body = Revision.body if shape.with_body else null()
    private = Revision.private if shape.kind == "desk" else null()
    date = ViewEntry.due_at if shape.by_due else ViewEntry.modified_at
    sort: Any = date if shape.rank is None else shape.rank
    query = select(ViewEntry.slug, sort.label("sort"), Revision.card, body.label("body"), private.label("private"))
    query = query.join_from(ViewEntry, Revision, shown_state()).where(*_listed(view, shape.kind, conditions))
    if shape.by_due:
        query = query.where(ViewEntry.due_at.is_not(None))
    columns = (ViewEntry.slug,) if shape.by_slug else (sort, ViewEntry.slug)
    return keyset(
        query, columns, descending=shape.by_modified, positioned=shape.is_positioned, backward=shape.is_backward
    )


def _listed(view: View, kind: Kind, conditions: Conditions) -> Conditions:
    """What holds for entries of a view that stand in the list."""
    of_noun = (ViewEntry.view == view, ViewEntry.noun == bindparam("noun"))
    return (*of_noun, *conditions, *not_overlaid(ViewEntry, view, kind, ViewEntry.object))


@lru_cache(SHAPES)
def _of_slugs(conditions: Conditions, count: int) -> Conditions:
    return (*conditions, in_list(ViewEntry.slug, "id", count))


async def slug_list(
    read: Reader,
    perspective: Perspective,
    noun: Noun,
    request: SlugListRequest,
    conditions: Conditions = (),
    parameters: Mapping[str, Any] | None = None,
) -> PageRows:
    """Objects that meet the conditions, as cards or whole documents; `parameters` are those of the conditions.

    Conditions must be built once for each shape: the statement is compiled once for each tuple of them.
    Order: by slug, by (modified_at, slug) descending, by (due_at, slug) or by (rank, slug); with `ids` as given.
    Cost: one statement, one more if counted; by rank one look-up for each object that meets the conditions.
    """
    position = request.position
    backward = position is not None and position.backward
    views = request.views or VIEWS[perspective.kind]
    shape = _Shape(
        perspective.kind, views, request.by_slug, request.by_due, position is not None, backward, request.with_body,
        request.rank,
    )  # fmt: skip
    values = {"noun": noun, **perspective.parameters, **(parameters or {})}
    if request.ids:
        return await _by_slugs(read, shape, conditions, values, request)
    if position is not None:
        first, *others = position.values
        bounds = (from_milliseconds(first) if shape.is_dated else first, *others)
        values |= {f"at_{n}": bound for n, bound in enumerate(bounds)}
    rows = await read.rows(_page(shape, conditions), {**values, "limit": request.limit + 1})
    rows, has_previous, has_next = cut(rows, request.limit, position)
    return PageRows(
        items=[_item(row) for row in rows],
        refs=[row[0] for row in rows],
        next=_position(shape, rows[-1], backward=False) if rows and has_next else None,
        prev=_position(shape, rows[0], backward=True) if rows and has_previous else None,
        count=await _count(read, perspective.kind, views, conditions, values) if request.counted else None,
    )


async def _by_slugs(
    read: Reader, shape: _Shape, conditions: Conditions, values: dict[str, Any], request: SlugListRequest
) -> PageRows:
    count = padded_size(len(request.ids))
    values |= {**list_parameters("id", count, request.ids), "limit": len(request.ids)}
    items = {row[0]: _item(row) for row in await read.rows(_page(shape, _of_slugs(conditions, count)), values)}
    slugs = [slug for slug in request.ids if slug in items]
    return PageRows([items[slug] for slug in slugs], slugs, count=(len(slugs), True) if request.counted else None)


def _item(row: Sequence[Any]) -> str:
    card, body, private = row[2:]
    return desk_document_of(document_of(card, body), private)


def _position(shape: _Shape, row: Sequence[Any], *, backward: bool) -> Position:
    if shape.by_slug:
        return Position((row[0],), backward)
    return Position((milliseconds(row[1]) if shape.is_dated else row[1], row[0]), backward)


@lru_cache(SHAPES)
def _size(kind: Kind, views: tuple[View, ...], conditions: Conditions) -> Select[int]:
    branches = [select(ViewEntry.object).where(*_listed(view, kind, conditions)) for view in views]
    entries: CompoundSelect[*Row] = union_all(*branches)
    bounded = select(entries.subquery()).limit(COUNTED_AT_MOST + 1).subquery()
    return select(func.count()).select_from(bounded)


async def _count(
    read: Reader, kind: Kind, views: tuple[View, ...], conditions: Conditions, values: Mapping[str, Any]
) -> tuple[int, bool]:
    ((number,),) = await read.rows(_size(kind, views, conditions), values, slow=True)
    return min(number, COUNTED_AT_MOST), number <= COUNTED_AT_MOST
