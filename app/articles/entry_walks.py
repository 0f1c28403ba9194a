"""The desk's lists in orders of its own: by what changed last, or by when it is due.

What is walked is an index of the view entries, which have these dates. Every filter is a look-up by key for each entry,
so a narrowed walk is fenced as in `filters`: it ends after LOOKED_AT entries, and the page may be short.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, Self

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    Subquery,
    bindparam,
    literal,
    literal_column,
    select,
    tuple_,
    union_all,
)

from app.articles.conditions import ConditionShape, condition_parameters, condition_shape, conditions_on
from app.articles.filters import EVERYTHING, ArticleFilter, text_columns
from app.changes.models import Revision, View, ViewEntry
from app.changes.views import VIEWS, Kind
from app.db import SHAPES, Row, UtcDateTime, Uuid16, from_milliseconds, keyset
from app.lists.models import ListEntry
from app.lists.store import list_id
from app.paging import Position
from app.publishing.statuses import DUE_FIRST

# A constant of the statement: a partial index is not chosen by the value of a parameter.
_ARTICLE: Final[ColumnElement[str]] = literal_column("'article'")


@dataclass(frozen=True, slots=True)
class EntryWalk:
    """What the statement of a page looks like, whatever its values. `conditions` are those on the entries of each view.

    `by_due`: by when it is due, the next first; else by what changed last.
    """

    kind: Kind
    by_due: bool
    conditions: tuple[ConditionShape, ...]
    positioned: bool
    backward: bool
    with_body: bool
    fenced: bool = False

    @classmethod
    def of(cls, articles: ArticleFilter, kind: Kind, sort: str, position: Position | None, *, with_body: bool) -> Self:
        return cls(
            kind=kind,
            by_due=sort == DUE_FIRST,
            conditions=tuple(condition_shape(articles, kind, view) for view in articles.views or VIEWS[kind]),
            positioned=position is not None,
            backward=position is not None and position.backward,
            with_body=with_body,
        )

    @property
    def newest_first(self) -> bool:
        """The direction in which the index is walked."""
        return self.by_due == self.backward

    @property
    def is_narrowed(self) -> bool:
        return any(shape.is_narrowed for shape in self.conditions)

    def parameters(self, articles: ArticleFilter, position: Position | None) -> dict[str, Any]:
        """Values for its statements."""
        values = condition_parameters(articles)
        if position is not None:
            values |= {"at_0": from_milliseconds(position.values[0]), "at_1": position.values[1]}
        return values

    def fenced_at(self, fence: Position, values: Mapping[str, Any]) -> tuple[Self, dict[str, Any]]:
        """The walk that ends there, with its values."""
        at, id = fence.values
        return replace(self, fenced=True), {**values, "fence_0": from_milliseconds(at), "fence_1": id}


def _entries(walk: EntryWalk, view: View) -> Subquery:
    """Entries of a view with the date that they are walked by, and what conditions look at."""
    sort = ViewEntry.due_at if walk.by_due else ViewEntry.modified_at
    language = select(ListEntry.language).where(
        ListEntry.list == list_id(view, literal(EVERYTHING[0], String)),
        ListEntry.published_at == ViewEntry.listed_at,
        ListEntry.object == ViewEntry.object,
    )
    query = select(
        sort.label("sort"),
        ViewEntry.object,
        ViewEntry.revision,
        ViewEntry.listed_at.label("published_at"),
        language.correlate(ViewEntry).scalar_subquery().label("language"),
    ).where(ViewEntry.view == view, ViewEntry.noun == _ARTICLE, sort.is_not(None))
    if not walk.by_due and "modified_since" in walk.conditions[0].bounds:
        # Said of what is walked, it ends the walk.
        query = query.where(sort >= bindparam("modified_since", type_=UtcDateTime()))
    return query.subquery("entries")


def _walked(walk: EntryWalk) -> Iterator[tuple[Subquery, ConditionShape, Select[*Row]]]:
    """For each view its entries, the conditions on them, and the walk over all of them from the position on."""
    for shape in walk.conditions:
        entries = _entries(walk, shape.view)
        query: Select[*Row] = select(entries.c.sort, entries.c.object, entries.c.revision)
        columns = (entries.c.sort, entries.c.object)
        ordered = keyset(query, columns, descending=not walk.by_due, positioned=walk.positioned, backward=walk.backward)
        yield entries, shape, ordered


def _in_page_order(walk: EntryWalk, rows: Subquery) -> list[Any]:
    columns = (rows.c.sort, rows.c.object)
    return [column.desc() if walk.newest_first else column.asc() for column in columns]


@lru_cache(SHAPES)
def walk_statement(walk: EntryWalk) -> Select[*Row]:
    """(sort value, id, *`text_columns`) of a page."""
    queries = []
    for entries, shape, query in _walked(walk):
        conditions = conditions_on(shape)
        query = query if conditions is None else query.where(*conditions(entries))
        if walk.fenced:
            fence = tuple_(bindparam("fence_0", type_=UtcDateTime()), bindparam("fence_1", type_=Uuid16()))
            here = tuple_(entries.c.sort, entries.c.object)
            query = query.where(here >= fence if walk.newest_first else here <= fence)
        queries.append(select(query.subquery()))
    matches = union_all(*queries).subquery("matches")
    shown = (Revision.object == matches.c.object) & (Revision.revision == matches.c.revision)
    page = select(matches.c.sort, matches.c.object, *text_columns(walk.kind, with_body=walk.with_body))
    page = page.join_from(matches, Revision, shown).order_by(*_in_page_order(walk, matches))
    return page.limit(bindparam("limit", type_=Integer()))


@lru_cache(SHAPES)
def walk_fence_statement(walk: EntryWalk) -> Select[*Row]:
    """(sort value, id) of the nearest entry that is `skip` entries on in one of the views: where the walk ends."""
    ends = [select(query.offset(bindparam("skip", type_=Integer())).subquery()) for _, _, query in _walked(walk)]
    nearest = union_all(*ends).subquery("nearest")
    query = select(nearest.c.sort, nearest.c.object).order_by(*_in_page_order(walk, nearest))
    return query.limit(bindparam("limit", type_=Integer()))
