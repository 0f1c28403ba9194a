"""Lists of reference notes: what a request asks for, with the conditions and the parameters of its statement."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

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


@dataclass(frozen=True, slots=True)
class NoteFilter:
    """Which notes a request asks for. A note must match each group, by any of the group's values."""

    tags: tuple[tuple[str, ...], ...] = ()
    sources: tuple[tuple[str, ...], ...] = ()
    languages: tuple[str, ...] = ()

    @classmethod
    def of(cls, query: NoteQuery) -> Self:
        return cls(tuple(query.tag), tuple(query.source), query.language or ())

    def _lists(self) -> list[tuple[str, ...]]:
        """Groups of names of lists, a note of which stands in one of each."""
        groups = [tuple(f"notes:source:{slug}" for slug in group) for group in self.sources]
        return (
            [*groups, tuple(f"notes:language:{language}" for language in self.languages)] if self.languages else groups
        )

    def conditions(self, kind: Kind) -> tuple[ColumnElement[bool], ...]:
        """Built once for each number of groups and values."""
        lists = tuple(padded_size(len(names)) for names in self._lists())
        return _conditions(kind, lists, tuple(padded_size(len(slugs)) for slugs in self.tags))

    def parameters(self) -> dict[str, Any]:
        """Values for `conditions`."""
        parameters: dict[str, Any] = {}
        for n, names in enumerate(self._lists()):
            parameters |= list_parameters(f"list_{n}", padded_size(len(names)), names)
        for n, slugs in enumerate(self.tags):
            parameters |= list_parameters(f"tag_{n}", padded_size(len(slugs)), slugs)
        return parameters


@lru_cache(SHAPES)
def _conditions(kind: Kind, lists: Sizes, tags: Sizes) -> tuple[ColumnElement[bool], ...]:
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
    notes = NoteFilter.of(query)
    request = SlugListRequest(
        query.limit, position, query.sort == "slug", query.ids or (), query.count, with_body=with_body
    )
    return await slug_list(read, perspective, "note", request, notes.conditions(perspective.kind), notes.parameters())
