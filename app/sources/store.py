"""Reading and writing sources."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, String, bindparam, func, literal, select

from app.changes.models import ViewEntry
from app.changes.slug_lists import SlugListRequest
from app.changes.views import VIEWS, Kind, Perspective
from app.content.blocks import Role
from app.db import Reader
from app.index.keys import IndexedTexts
from app.index.marks import name_marks, noun_mark
from app.lists import store as lists
from app.lists.models import Counter, List
from app.paging import PageRows, Position
from app.sources.models import Source
from app.sources.schemas import SourceIn, SourceOut, SourceQuery
from app.tags.hierarchy import Hierarchy


def searched_texts(source: Mapping[str, Any]) -> IndexedTexts:
    """The texts of a source's document by which words find it: its names, and its slug as one of them."""
    names = [*source["names"].values(), *source["aliases"], source["slug"]]
    marks = [noun_mark("source"), *name_marks(names)]
    return IndexedTexts({"headline": names, "body": [*source["description"].values()]}, marks)


_sources: Final = Hierarchy("source", Source, SourceOut, SourceIn, searched_texts)
get, existing, make_public, save = _sources.get, _sources.existing, _sources.make_public, _sources.save
find, lock, create, put = _sources.find, _sources.lock, _sources.create, _sources.put
update, delete = _sources.update, _sources.delete


async def page(read: Reader, perspective: Perspective, query: SourceQuery, position: Position | None) -> PageRows:
    """Sources that match, by slug or by what changed last. Cost: one statement, and one more with `count`.

    With `role` those that stories name with it: each that ever was is looked up in the counters.
    """
    request = SlugListRequest(query.limit, position, query.sort == "slug", query.ids or (), query.count)
    conditions: list[ColumnElement[bool]] = []
    bounds: dict[str, Any] = {}
    if query.role is not None:
        prefix = f"articles:source.{query.role}:"
        conditions.append(_has_role(perspective.kind))
        bounds = {"role_from": prefix, "role_to": f"{prefix[:-1]};", "role_length": len(prefix) + 1}
    return await _sources.page(
        read, perspective, request, *conditions, parameters=bounds,
        type=query.type, identity=query.identity, parent=query.parent,
    )  # fmt: skip


@cache
def _has_role(kind: Kind) -> ColumnElement[bool]:
    """The source is named in stories with the role that the names of lists between two bounds begin with."""
    slug = func.substr(List.name, bindparam("role_length", type_=Integer()), type_=String)
    in_use = (
        select(slug)
        .join(Counter, Counter.list == List.id)
        .where(List.view.in_([literal(view) for view in VIEWS[kind]]), Counter.day == "")
        .where(List.name > bindparam("role_from", type_=List.name.type))
        .where(List.name < bindparam("role_to", type_=List.name.type))
        .group_by(List.name)
        .having(func.sum(Counter.n) > 0)
    )
    return ViewEntry.slug.in_(in_use)


async def counts(read: Reader, perspective: Perspective, slugs: Sequence[str], role: Role | None) -> dict[str, int]:
    """How many articles `source=slug` lists, with the role where one is given, for each. Cost: one statement."""
    names = {slug: f"articles:source{f'.{role}' if role else ''}:{slug}" for slug in slugs}
    numbers = await lists.counts(read, VIEWS[perspective.kind], [*names.values()])
    return {slug: numbers[name] for slug, name in names.items()}
