"""What a request for a list of articles asks for, with the statements that answer it and the parameters of these.

A list is read by walking one index in its order, from the position on. The walk is driven by one group of list names
(the rarest, by the counters); each further filter is checked for each article by a look-up by key. A filter that few
articles of a large list meet could make such a walk look through all of it. So where several filters must hold, the
walk is fenced: it ends after LOOKED_AT articles, and the page may be short, or empty, while `next` leads on behind the
fence. Example: `tag=a&tag=b`, 900,000 articles under each, none under both: each page looks at 5,000 of them.

With a fallback the lists of its languages are walked too, and a version of a story is left out where another one stands
in an earlier language and meets the filters as well. That is one more look-up, and the walk is fenced for it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import product
from types import ModuleType
from typing import Any, Final, NamedTuple, Self
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    Subquery,
    bindparam,
    func,
    null,
    select,
    tuple_,
    union,
    union_all,
)
from sqlalchemy.orm import aliased

from app.articles.list_names import ALL_ARTICLES
from app.articles.lookups import GroupShape, VersionShape, has_better_version, in_period, name_of_list, stands_in
from app.articles.query_schemas import RELEVANCE, ArticleFilters
from app.changes.models import Revision, View, ViewEntry
from app.changes.views import VIEWS, Kind, not_overlaid
from app.db import SHAPES, Row, UtcDateTime, Uuid16, from_milliseconds, in_list, keyset, list_parameters, padded_size
from app.lists.models import ListEntry
from app.lists.store import list_id
from app.paging import Position

EVERYTHING: Final = (ALL_ARTICLES,)
COUNTED_AT_MOST: Final = 10_000
# A look at one article is a few microseconds.
LOOKED_AT: Final = 5_000


class AnyOf(NamedTuple):
    """An article must stand in one of these lists of the form `articles:kind:slug`.

    With `only_sections` a slug counts only where it is that of a section.
    """

    kind: str
    slugs: tuple[str, ...]
    only_sections: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"articles:{self.kind}:{slug}" for slug in self.slugs)

    @property
    def shape(self) -> GroupShape:
        return GroupShape(padded_size(len(self.slugs)), self.only_sections)

    @property
    def values(self) -> tuple[str, ...]:
        """Parameters of the statement: names of lists, or slugs that must be those of sections."""
        return self.slugs if self.only_sections else self.names


@dataclass(frozen=True, slots=True)
class ArticleFilter:
    """What a list request asks for. It knows the shape of its statement and, in `parameters`, the values for it.

    `views` are those of the perspective where what is asked for can stand; None means all of them. With `falls_back`
    each story is shown once, in the first of the languages in which it meets the rest.
    """

    groups: tuple[AnyOf, ...] = ()
    without: tuple[AnyOf, ...] = ()
    languages: tuple[str, ...] = ()
    falls_back: bool = False
    ids: tuple[str, ...] = ()
    bounds: Mapping[str, datetime] = field(default_factory=dict)
    views: tuple[View, ...] | None = None
    by_updated: bool = False
    descending: bool = True

    @classmethod
    def of(cls, query: ArticleFilters, site_zone: ZoneInfo) -> Self:
        """What the parameters ask for; bare dates are read in their zone, or the site's."""
        wanted = query.wanted_states()
        return cls(
            groups=tuple(_groups(query)),
            without=tuple(_without(query)),
            languages=query.languages,
            falls_back=query.fallback is not None,
            ids=query.ids or (),
            bounds=query.bounds(site_zone),
            views=None if wanted.is_all else wanted.views,
            by_updated=query.sort.endswith("updated_at"),
            descending=query.sort == RELEVANCE or query.sort.startswith("-"),
        )

    def shape(self, kind: Kind, position: Position | None = None, *, with_body: bool = False) -> "ListShape":
        """What the statement looks like, whatever its values. The first group drives the walk."""
        driver = self.groups[0] if self.groups else None
        return ListShape(
            kind=kind,
            views=self.views or VIEWS[kind],
            driver=len(driver.slugs) if driver else 1,
            driver_sections=driver.only_sections if driver else False,
            languages=len(self.languages),
            probes=tuple(group.shape for group in self.groups[1:]),
            without=tuple(padded_size(len(group.slugs)) for group in self.without),
            bounds=frozenset(self.bounds),
            by_updated=self.by_updated,
            descending=self.descending,
            positioned=position is not None,
            backward=position is not None and position.backward,
            ids=padded_size(len(self.ids)) if self.ids else 0,
            with_body=with_body,
            versions=self.versions(kind),
        )

    def versions(self, kind: Kind, engine: ModuleType | None = None) -> VersionShape | None:
        """Which versions of a story stand before others; None without a fallback. `engine`: where words are sought."""
        if not self.falls_back:
            return None
        return VersionShape(
            kind=kind,
            views=self.views or VIEWS[kind],
            languages=len(self.languages),
            groups=tuple(group.shape for group in self.groups),
            without=tuple(padded_size(len(group.slugs)) for group in self.without),
            bounds=frozenset(self.bounds),
            engine=engine,
        )

    def version_parameters(self) -> dict[str, Any]:
        """The values that `versions` needs besides those of the filters on what is walked."""
        if not self.falls_back:
            return {}
        values: dict[str, Any] = {f"version_language_{n}": language for n, language in enumerate(self.languages)}
        for n, group in enumerate(self.groups):
            values |= list_parameters(f"version_group_{n}", group.shape.lists, group.values)
        return values

    def parameters(self, position: Position | None = None) -> dict[str, Any]:
        """Values for the statements of `shape`."""
        driver = self.groups[0] if self.groups else None
        values: dict[str, Any] = {**self.bounds, **self.version_parameters()}
        values |= {f"list_{n}": name for n, name in enumerate(driver.values if driver else EVERYTHING)}
        values |= {f"language_{n}": language for n, language in enumerate(self.languages)}
        for n, group in enumerate(self.groups[1:]):
            values |= list_parameters(f"probe_{n}", group.shape.lists, group.values)
        for n, group in enumerate(self.without):
            values |= list_parameters(f"without_{n}", padded_size(len(group.slugs)), group.values)
        if self.ids:
            values |= list_parameters("id", padded_size(len(self.ids)), self.ids)
        if position is not None:
            values |= {"at_0": from_milliseconds(position.values[0]), "at_1": position.values[1]}
        return values


def source_kind(query: ArticleFilters) -> str:
    """The kind of the lists that `source` means: those of all roles, or of the one that narrows it."""
    return f"source.{query.role}" if query.role else "source"


def _groups(query: ArticleFilters) -> Iterator[AnyOf]:
    yield from (AnyOf("tag", slugs) for slugs in query.tag)
    yield from (AnyOf(source_kind(query), slugs) for slugs in query.source)
    yield from (AnyOf("note", slugs) for slugs in query.note)
    yield from (AnyOf(name, values) for name, values in query.traits())
    if query.section is not None:
        yield AnyOf("tag", query.section, only_sections=True)
    wanted = query.wanted_states()
    if not wanted.published:
        yield AnyOf("status", wanted.headings)


def _without(query: ArticleFilters) -> Iterator[AnyOf]:
    yield from (AnyOf("tag", slugs) for slugs in query.tag_not)
    wanted = query.wanted_states()
    if wanted.published and wanted.headings and wanted.other_headings:
        yield AnyOf("status", wanted.other_headings)  # what is public stands in no list of a status


# --- statements --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ListShape:
    """What a list statement looks like, whatever its values: it is built and compiled once for each shape.

    `driver` is the number of lists that the statement walks, `probes` tells for each further filter how many lists an
    article is looked up in, `without` the same for exclusions; `driver_sections` is set where a tag only counts as a
    section. `versions`: with a fallback, which versions of a story stand before others.
    """

    kind: Kind
    views: tuple[View, ...]
    driver: int
    driver_sections: bool
    languages: int
    probes: tuple[GroupShape, ...]
    without: tuple[int, ...]
    bounds: frozenset[str]
    by_updated: bool
    descending: bool
    positioned: bool
    backward: bool
    ids: int
    with_body: bool
    versions: VersionShape | None = None
    fenced: bool = False

    @property
    def newest_first(self) -> bool:
        """The direction in which the index is walked."""
        return self.descending != self.backward

    @property
    def branches(self) -> int:
        return self.driver * (self.languages or 1) * len(self.views)

    @property
    def is_slow(self) -> bool:
        """Whether a page may look at many articles."""
        return bool(self.probes) or "modified_since" in self.bounds or self.versions is not None


class _Branch(NamedTuple):
    """One list that the statement walks: an entry of it, its view, what it is sorted by, and the query for it.

    `language` is the place of its language among those that are asked for; 0 where none are.
    """

    entry: type[ListEntry]
    view: View
    language: int
    sort: Any
    query: Select[*Row]


def _branches(shape: ListShape) -> Iterator[_Branch]:
    for view, n, language in product(shape.views, range(shape.driver), range(shape.languages or 1)):
        entry = aliased(ListEntry)
        sort = entry.updated_at if shape.by_updated else entry.published_at
        query = select(sort.label("sort"), entry.object.label("object"), entry.revision.label("revision")).where(
            entry.list == list_id(view, name_of_list(f"list_{n}", shape.driver_sections))
        )
        if shape.languages:
            query = query.where(entry.language == bindparam(f"language_{language}", type_=String()))
        query = query.where(*not_overlaid(entry, view, shape.kind, entry.object))
        yield _Branch(entry, view, language, sort, query)


def _in_period(shape: ListShape, entry: type[ListEntry]) -> list[ColumnElement[bool]]:
    return [condition for bound, condition in in_period(entry).items() if bound in shape.bounds]


def _conditions(shape: ListShape, branch: _Branch) -> list[ColumnElement[bool]]:
    """What an entry must meet besides its list and language."""
    conditions = _in_period(shape, branch.entry)
    if "updated_since" in shape.bounds:
        conditions.append(branch.entry.updated_at >= bindparam("updated_since", type_=UtcDateTime()))
    for n, group in enumerate(shape.probes):
        conditions.append(stands_in(branch.view, branch.entry, f"probe_{n}", group).is_not(None))
    for n, count in enumerate(shape.without):
        excluded = GroupShape(count, only_sections=False)
        conditions.append(stands_in(branch.view, branch.entry, f"without_{n}", excluded).is_(None))
    if shape.versions is not None and (branch.language > 0 or shape.versions.has_equals):
        conditions.append(has_better_version(shape.versions, branch.view, branch.entry).is_(None))
    return conditions


def _positioned(shape: ListShape, branch: _Branch, query: Select[*Row]) -> Select[*Row]:
    columns = (branch.sort, branch.entry.object)
    return keyset(query, columns, descending=shape.descending, positioned=shape.positioned, backward=shape.backward)


def _matching(shape: ListShape, branch: _Branch, *, on_page: bool) -> Select[*Row]:
    """(sort value, object, revision) of what matches in one list: of the page at most `limit` from the position on."""
    query = branch.query.where(*_conditions(shape, branch))
    if shape.ids or "modified_since" in shape.bounds:
        query = query.join(ViewEntry, (ViewEntry.view == branch.view) & (ViewEntry.object == branch.entry.object))
    if "modified_since" in shape.bounds:
        query = query.where(ViewEntry.modified_at >= bindparam("modified_since", type_=UtcDateTime()))
    if shape.fenced:
        fence = tuple_(bindparam("fence_0", type_=UtcDateTime()), bindparam("fence_1", type_=Uuid16()))
        here = tuple_(branch.sort, branch.entry.object)
        query = query.where(here >= fence if shape.newest_first else here <= fence)
    if shape.ids:
        listed_here = ViewEntry.listed_at == branch.entry.published_at
        return query.where(listed_here, in_list(ViewEntry.object, "id", shape.ids))
    return _positioned(shape, branch, query) if on_page else query.limit(COUNTED_AT_MOST + 1)


def _matches(shape: ListShape, *, on_page: bool) -> Subquery:
    """(sort value, object, revision) of what matches in any of the lists, each object once."""
    queries = [_matching(shape, branch, on_page=on_page) for branch in _branches(shape)]
    if len(queries) == 1:
        return queries[0].subquery("matches")
    return union(*(select(query.subquery()) for query in queries)).subquery("matches")


def _in_page_order(shape: ListShape, *columns: Any) -> list[Any]:
    return [column.desc() if shape.newest_first else column.asc() for column in columns]


def text_columns(kind: Kind, *, with_body: bool) -> list[Any]:
    """The card; the body where it is asked for; what the desk alone sees, for the desk."""
    return [Revision.card, Revision.body if with_body else null(), Revision.private if kind == "desk" else null()]


@lru_cache(SHAPES)
def page_statement(shape: ListShape) -> Select[*Row]:
    """(sort value, id, *`text_columns`) of a page."""
    texts = text_columns(shape.kind, with_body=shape.with_body)
    if shape.branches == 1 and not (shape.ids or "modified_since" in shape.bounds):
        # Joined to the walk itself, whose order then needs no sorting.
        (branch,) = _branches(shape)
        shown = (Revision.object == branch.entry.object) & (Revision.revision == branch.entry.revision)
        walk = _matching(shape, branch, on_page=True).join(Revision, shown)
        return walk.with_only_columns(branch.sort, branch.entry.object, *texts)
    matches = _matches(shape, on_page=True)
    shown = (Revision.object == matches.c.object) & (Revision.revision == matches.c.revision)
    query = (
        select(matches.c.sort, matches.c.object, *texts)
        .join_from(matches, Revision, shown)
        .order_by(*_in_page_order(shape, matches.c.sort, matches.c.object))
    )
    return query if shape.ids else query.limit(bindparam("limit", type_=Integer()))


@lru_cache(SHAPES)
def ids_statement(shape: ListShape) -> Select[str]:
    """Ids of the first `limit` articles, in the order of the page."""
    matches = _matches(shape, on_page=True)
    order = _in_page_order(shape, matches.c.sort, matches.c.object)
    return select(matches.c.object).order_by(*order).limit(bindparam("limit", type_=Integer()))


@lru_cache(SHAPES)
def fence_statement(shape: ListShape) -> Select[*Row]:
    """(sort value, id) of the nearest entry that is `skip` entries on in one of the lists: where the walk ends."""
    ends = []
    for branch in _branches(shape):
        query = branch.query if shape.by_updated else branch.query.where(*_in_period(shape, branch.entry))
        query = _positioned(shape, branch, query).offset(bindparam("skip", type_=Integer()))
        ends.append(select(query.subquery()))
    nearest = union_all(*ends).subquery()
    order = _in_page_order(shape, nearest.c.sort, nearest.c.object)
    return select(nearest.c.sort, nearest.c.object).order_by(*order).limit(bindparam("limit", type_=Integer()))


@lru_cache(SHAPES)
def size_statement(shape: ListShape) -> Select[int]:
    matches = select(_matches(shape, on_page=False)).limit(COUNTED_AT_MOST + 1).subquery()
    return select(func.count()).select_from(matches)
