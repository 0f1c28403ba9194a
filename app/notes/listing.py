"""Lists of reference notes: what a request asks for, with the conditions and the parameters of its statement."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, String, and_, bindparam, literal, or_, select

from app.changes.models import PUBLIC, ViewEntry
from app.changes.slug_lists import SlugListRequest, slug_list
from app.changes.views import VIEWS, Kind, Perspective
from app.db import SHAPES, Reader, UtcDateTime, in_list, list_parameters, padded_size
from app.index.checking import CHECKED_AT_MOST
from app.index.keys import has_phrases
from app.index.store import engine_of
from app.lists.models import List, ListEntry
from app.notes.saving import STATUS
from app.notes.schemas import NoteQuery
from app.notes.search import checked, has_words, needs_bodies, word_parameters
from app.paging import PageRows, Position
from app.publishing.dates import BOUNDS
from app.publishing.statuses import DUE_FIRST, HEADINGS
from app.tags.store import tags_with_descendants
from app.words.queries import Query

Sizes = tuple[int, ...]
# Each note stands in one list of this form; the names of all of them are before the second.
LANGUAGE: Final = "notes:language:"
AFTER_LANGUAGE: Final = "notes:language;"


@lru_cache(SHAPES)
def _conditions(
    kind: Kind, lists: Sizes, tags: Sizes, without: Sizes, statuses: Sizes, bounds: frozenset[str], engine: Any = None
) -> tuple[ColumnElement[bool], ...]:
    """Notes that stand in a list of each group: of names (`list_0`), of tags and all their descendants (`tag_0`).

    Of the tags `without_0` and so on, and of all their descendants, they have none; their dates are within the bounds.
    With `statuses` only those in the desk's lists of these, and what is public: that stands in none of them.
    With the `engine` of the index of words also notes that have words.
    """
    conditions = [_listed(kind, in_list(List.name, f"list_{n}", size)) for n, size in enumerate(lists)]
    conditions += [_tagged(kind, f"tag_{n}", size) for n, size in enumerate(tags)]
    conditions += [~_tagged(kind, f"without_{n}", size) for n, size in enumerate(without)]
    conditions += [condition for bound, condition in _bounds(kind).items() if bound in bounds]
    for n, size in enumerate(statuses):
        listed = _listed(kind, in_list(List.name, f"status_{n}", size))
        conditions.append(or_(ViewEntry.view == literal(PUBLIC, String), listed))
    return (*conditions, *([] if engine is None else [has_words(engine)]))


def _tagged(kind: Kind, parameter: str, size: int) -> ColumnElement[bool]:
    """Notes that have one of so many tags, or one of their descendants."""
    names = select(literal("notes:tag:", String).concat(tags_with_descendants(parameter, size).c.slug))
    return _listed(kind, List.name.in_(names))


def _bounds(kind: Kind) -> dict[str, ColumnElement[bool]]:
    """Conditions on the dates of notes, by the parameter that has the bound."""
    at = {name: bindparam(name, type_=UtcDateTime()) for name in BOUNDS}
    is_of_language = and_(List.name >= literal(LANGUAGE, String), List.name < literal(AFTER_LANGUAGE, String))
    return {
        "published_from": ViewEntry.listed_at >= at["published_from"],
        "published_before": ViewEntry.listed_at < at["published_before"],
        "updated_since": _listed(kind, is_of_language, ListEntry.updated_at >= at["updated_since"]),
        "modified_since": ViewEntry.modified_at >= at["modified_since"],
    }


def _listed(kind: Kind, *named: ColumnElement[bool]) -> ColumnElement[bool]:
    """Notes with an entry in one of these lists, in a view that the perspective looks at."""
    members = (
        select(ListEntry.object)
        .join(List, List.id == ListEntry.list)
        .where(List.view.in_([literal(view) for view in VIEWS[kind]]), *named)
    )
    return ViewEntry.object.in_(members)


async def page(
    read: Reader,
    perspective: Perspective,
    query: NoteQuery,
    position: Position | None,
    *,
    zone: ZoneInfo,
    words: Query | None = None,
    with_body: bool,
) -> PageRows:
    """Notes that match, by slug, by what changed last or by when they are due. `words` is what `q` asks.

    Bare dates are read in `zone`, unless the query has another.

    An unknown slug matches nothing. Cost: one statement, and one more with `count`.
    """
    lists = [tuple(f"notes:source:{slug}" for slug in group) for group in query.source]
    if query.language:
        lists.append(tuple(f"notes:language:{language}" for language in query.language))
    wanted = query.wanted_states()
    headings = () if wanted.headings == HEADINGS else tuple(STATUS + each for each in wanted.headings)
    engine = None if words is None else engine_of(read)
    bounds = query.bounds(zone)
    conditions = _conditions(
        perspective.kind, _sizes(lists), _sizes(query.tag), _sizes(query.tag_not), _sizes([headings]),
        frozenset(bounds), engine,
    )  # fmt: skip
    parameters: dict[str, Any] = {} if words is None else word_parameters(read, perspective.kind, words)
    parameters |= bounds
    groups_by_name = (("list", lists), ("tag", query.tag), ("without", query.tag_not), ("status", [headings]))
    for name, groups in groups_by_name:
        for n, values in enumerate(filter(None, groups)):
            parameters |= list_parameters(f"{name}_{n}", padded_size(len(values)), values)
    whole = words is not None and needs_bodies(words, highlight=query.highlight)
    request = SlugListRequest(
        query.limit, position, query.sort == "slug", query.ids or (), query.count, with_body=with_body or whole,
        by_due=query.sort == DUE_FIRST, views=None if wanted.is_all else wanted.views,
    )  # fmt: skip
    page = await slug_list(read, perspective, "note", request, conditions, parameters)
    if words is not None and whole:
        page = checked(page, words, highlight=query.highlight, with_body=with_body)
        if query.count and has_phrases(words):
            candidates = replace(request, limit=CHECKED_AT_MOST, position=None, counted=False, with_body=True)
            first = await slug_list(read, perspective, "note", candidates, conditions, parameters)
            answering = checked(first, words, highlight=False, with_body=False)
            page.count = (len(answering.refs), first.next is None)
    return page


def _sizes(groups: Sequence[Sequence[str]]) -> Sizes:
    return tuple(padded_size(len(values)) for values in groups if values)
