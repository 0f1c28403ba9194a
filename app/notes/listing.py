"""Lists of reference notes: what a request asks for, with the conditions and the parameters of its statement."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, String, literal, select
from sqlalchemy.orm import aliased

from app.changes.models import ViewEntry
from app.changes.slug_lists import SlugListRequest, slug_list
from app.changes.views import VIEWS, Kind, Perspective
from app.db import SHAPES, Reader, in_list, list_parameters, padded_size
from app.lists.models import List, ListEntry
from app.notes.schemas import NoteQuery
from app.paging import PageRows, Position
from app.tags.models import Tag

Sizes = tuple[int, ...]


@lru_cache(SHAPES)
def _conditions(kind: Kind, lists: Sizes, tags: Sizes) -> tuple[ColumnElement[bool], ...]:
    """Notes that stand in a list of each group: of names (`list_0`), of tags and all their descendants (`tag_0`)."""
    conditions = [_listed(kind, in_list(List.name, f"list_{n}", size)) for n, size in enumerate(lists)]
    for n, size in enumerate(tags):
        tree = select(Tag.slug).where(in_list(Tag.slug, f"tag_{n}", size)).cte(f"tree_{n}", recursive=True)
        child = aliased(Tag)
        tree = tree.union(select(child.slug).join(tree, child.parent == tree.c.slug))
        names = select(literal("notes:tag:", String).concat(tree.c.slug))
        conditions.append(_listed(kind, List.name.in_(names)))
    return tuple(conditions)


def _listed(kind: Kind, named: ColumnElement[bool]) -> ColumnElement[bool]:
    """Notes that stand in one of these lists, in a view that the perspective looks at."""
    members = (
        select(ListEntry.object)
        .join(List, List.id == ListEntry.list)
        .where(List.view.in_([literal(view) for view in VIEWS[kind]]), named)
    )
    return ViewEntry.object.in_(members)


async def page(
    read: Reader, perspective: Perspective, query: NoteQuery, position: Position | None, *, with_body: bool
) -> PageRows:
    """Notes that match, by slug or by what changed last. An unknown slug matches nothing.

    Cost: one statement, and one more with `count`.
    """
    lists = [tuple(f"notes:source:{slug}" for slug in group) for group in query.source]
    if query.language:
        lists.append(tuple(f"notes:language:{language}" for language in query.language))
    conditions = _conditions(perspective.kind, _sizes(lists), _sizes(query.tag))
    parameters: dict[str, Any] = {}
    for name, groups in (("list", lists), ("tag", query.tag)):
        for n, values in enumerate(groups):
            parameters |= list_parameters(f"{name}_{n}", padded_size(len(values)), values)
    request = SlugListRequest(
        query.limit, position, query.sort == "slug", query.ids or (), query.count, with_body=with_body
    )
    return await slug_list(read, perspective, "note", request, conditions, parameters)


def _sizes(groups: Sequence[Sequence[str]]) -> Sizes:
    return tuple(padded_size(len(values)) for values in groups)
