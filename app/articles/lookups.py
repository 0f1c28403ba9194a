"""Conditions on one article of a walk, each a look-up by key: in which lists it stands, which other versions there are.

What is walked may be entries of a list, of a view or of the index of words: `row` is an alias that has the columns
`object`, `published_at` and `language`.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from types import ModuleType
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased
from sqlalchemy.sql.selectable import FromClause

from app.articles.list_names import ALL_ARTICLES
from app.changes.models import View, ViewEntry
from app.changes.views import Kind, not_overlaid
from app.db import SHAPES, UtcDateTime, in_list
from app.lists.models import List, ListEntry
from app.lists.store import list_id
from app.tags.models import Tag

WalkedRow = type[ListEntry] | FromClause


class GroupShape(NamedTuple):
    """So many lists, in any of which an article must stand. With `only_sections` a tag only counts as a section."""

    lists: int
    only_sections: bool


def name_of_list(parameter: str, only_sections: bool) -> ColumnElement[str]:
    """The name of a list. Of sections the parameter is the slug, and only a section's leads to a name."""
    if not only_sections:
        return bindparam(parameter, type_=List.name.type)
    slug = select(Tag.slug).where(Tag.slug == bindparam(parameter, type_=String()), Tag.type == "section")
    return literal("articles:tag:", String).concat(slug.scalar_subquery())


def _columns(row: WalkedRow) -> Any:
    return row.c if isinstance(row, FromClause) else row


def stands_in(view: View, row: WalkedRow, parameter: str, group: GroupShape) -> ColumnElement[int | None]:
    """1 where the article stands in one of these lists of the view, else NULL.

    A correlated scalar subquery cannot be turned into a join: the driving list is walked in its order, and each
    article costs one look-up by key for each list, whatever the planner believes of the lists' sizes.
    """
    lookups: list[ColumnElement[int | None]] = []
    columns = _columns(row)
    for n in range(group.lists):
        other = aliased(ListEntry)
        lookup = select(literal(1, Integer)).where(
            other.list == list_id(view, name_of_list(f"{parameter}__{n}", group.only_sections)),
            other.published_at == columns.published_at,
            other.object == columns.object,
        )
        lookups.append(lookup.limit(1).correlate(row).scalar_subquery())
    return _first_of(lookups)


def _first_of(lookups: Sequence[ColumnElement[int | None]]) -> ColumnElement[int | None]:
    return lookups[0] if len(lookups) == 1 else func.coalesce(*lookups)


def in_period(row: WalkedRow) -> dict[str, ColumnElement[bool]]:
    """What the bounds of the date of publication ask, by their names."""
    published_at = _columns(row).published_at
    return {
        "published_from": published_at >= bindparam("published_from", type_=UtcDateTime()),
        "published_before": published_at < bindparam("published_before", type_=UtcDateTime()),
    }


# --- versions of the same story ----------------------------------------------------------------------------------


class VersionShape(NamedTuple):
    """Which versions of a story count where a list shows each story once, in the first language that it has.

    Those count that meet the same filters: `groups`, `without`, `bounds` and, with `engine`, the words that are asked
    for in that form of the index. Parameters: `version_language_n` for the languages, the preferred one first,
    `version_group_n` for the groups, and those of `without` and the bounds by their usual names.
    """

    kind: Kind
    views: tuple[View, ...]
    languages: int
    groups: tuple[GroupShape, ...]
    without: tuple[int, ...]
    bounds: frozenset[str]
    engine: ModuleType | None = None

    @property
    def has_equals(self) -> bool:
        """Whether several versions in one language may be seen: at the desk, beside one that was withdrawn.

        Then the one that was made last stands before the others.
        """
        return self.kind == "desk"


def has_better_version(shape: VersionShape, view: View, row: WalkedRow) -> ColumnElement[int | None]:
    """1 where a version of the same story is in an earlier language and meets the filters too, else NULL.

    Cost: two look-ups by key; for each other version of the story one more, and those of the filters.
    """
    return _first_of([_better_version(shape, view, row, other_view) for other_view in shape.views])


def _better_version(shape: VersionShape, view: View, row: WalkedRow, other_view: View) -> ColumnElement[int | None]:
    own, other, columns = aliased(ViewEntry), aliased(ViewEntry), _columns(row)
    query = _better_versions(shape, own, columns.language, other, other_view).with_only_columns(literal(1, Integer))
    query = query.where(own.view == view, own.object == columns.object)
    return query.limit(1).correlate(row).scalar_subquery()


@lru_cache(SHAPES)
def better_versions_statement(shape: VersionShape, view: View, count: int) -> CompoundSelect[str, str]:
    """(article, a version that stands before it) of so many articles of a view, with parameters `object`."""
    queries = []
    for other_view in shape.views:
        own, other, entry = aliased(ViewEntry), aliased(ViewEntry), aliased(ListEntry)
        query = _better_versions(shape, own, entry.language, other, other_view).join(
            entry, _is_listed(entry, own, view)
        )
        queries.append(query.where(own.view == view, in_list(own.object, "object", count)))
    return union_all(*queries)


def _is_listed(entry: type[ListEntry], state: type[ViewEntry], view: View) -> ColumnElement[bool]:
    """Joins the state of an article to its entry in the list of all."""
    return and_(
        entry.list == list_id(view, literal(ALL_ARTICLES, String)),
        entry.published_at == state.listed_at,
        entry.object == state.object,
    )


def _better_versions(
    shape: VersionShape, own: type[ViewEntry], language: Any, other: type[ViewEntry], view: View
) -> Select[str, str]:
    """(object of `own`, object of `other`): what stands in the view before a state, which is in this language."""
    entry = aliased(ListEntry)
    same_story = and_(other.view == view, other.story == own.story, other.object != own.object)
    query = (
        select(own.object, other.object)
        .select_from(own)
        .join(other, same_story)
        .join(entry, _is_listed(entry, other, view))
    )
    here, there = _rank(shape, language), _rank(shape, entry.language)
    is_better = there < here
    if shape.has_equals:
        is_better = or_(is_better, and_(there == here, other.object > own.object))
    return query.where(is_better, *_filters(shape, view, entry, other))


def _rank(shape: VersionShape, language: Any) -> ColumnElement[int]:
    """The place of the language among those that are asked for; NULL for another one."""
    asked = (bindparam(f"version_language_{n}", type_=String()) for n in range(shape.languages))
    return case(*((language == parameter, literal(n, Integer)) for n, parameter in enumerate(asked)))


def _filters(
    shape: VersionShape, view: View, entry: type[ListEntry], other: type[ViewEntry]
) -> Iterator[ColumnElement[bool]]:
    """What a version must meet. `entry` is that of the list of all articles, `other` that of the view."""
    yield from not_overlaid(entry, view, shape.kind, entry.object)
    bounds = {
        **in_period(entry),
        "updated_since": entry.updated_at >= bindparam("updated_since", type_=UtcDateTime()),
        "modified_since": other.modified_at >= bindparam("modified_since", type_=UtcDateTime()),
    }
    yield from (condition for name, condition in bounds.items() if name in shape.bounds)
    for n, group in enumerate(shape.groups):
        yield stands_in(view, entry, f"version_group_{n}", group).is_not(None)
    for n, count in enumerate(shape.without):
        yield stands_in(view, entry, f"without_{n}", GroupShape(count, only_sections=False)).is_(None)
    if shape.engine is not None:
        yield shape.engine.is_hit(view, entry)
