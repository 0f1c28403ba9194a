"""How the statements of article lists are built: each shape once, whatever its values. Runs none of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

from sqlalchemy import Integer, String, and_, bindparam, func, literal, select, tuple_, union, union_all
from sqlalchemy.orm import aliased

from app.changes.models import TERM, Counter, Listed, Revision, Shown
from app.changes.shown import COUNTED, VIEWS, Kind, counted, unhidden
from app.db import SHAPES, Moment, among, keyset
from app.tags.models import Tag


@dataclass(frozen=True, slots=True)
class Shape:
    """What a list statement looks like, whatever its values: statements are built and compiled once for each."""

    kind: Kind
    driver: int
    sections: bool
    languages: int
    probes: tuple[tuple[int, bool], ...]
    without: tuple[int, ...]
    since: bool
    until: bool
    updated: bool
    modified: bool
    by_updated: bool
    descending: bool
    positioned: bool
    backward: bool
    ids: int
    whole: bool
    fenced: bool = False

    @property
    def down(self) -> bool:
        """Whether it is walked from the newest on."""
        return self.descending != self.backward

    @property
    def branches(self) -> int:
        return self.driver * (self.languages or 1) * len(VIEWS[self.kind])


def _term(name: str, sections: bool) -> Any:
    """A term given as a parameter; for a section the parameter is the slug, and only a section's leads to a term."""
    if not sections:
        return bindparam(name, type_=TERM)
    found = select(literal("tag:", String).concat(Tag.slug)).where(
        Tag.slug == bindparam(name, type_=String()), Tag.type == "section"
    )
    return found.scalar_subquery()


def _condition(shape: Shape, row: Any) -> list[Any]:
    """What a row of the driving list must meet besides its term and language."""
    found = _span(shape, row)
    if shape.updated:
        found.append(row.updated_at >= bindparam("updated", type_=Moment()))
    # A correlated scalar subquery cannot be turned into a join: the driving list is walked in its order, and each
    # row costs one look-up by key, whatever the planner believes of the terms.
    for n, (count, sections) in enumerate(shape.probes):
        found.append(_listed(row, f"probe_{n}", count, sections).is_not(None))
    for n, count in enumerate(shape.without):
        found.append(_listed(row, f"without_{n}", count, False).is_(None))
    return found


def _span(shape: Shape, row: Any) -> list[Any]:
    found: list[Any] = []
    if shape.since:
        found.append(row.published_at >= bindparam("since", type_=Moment()))
    if shape.until:
        found.append(row.published_at < bindparam("until", type_=Moment()))
    return found


def _listed(row: Any, name: str, count: int, sections: bool) -> Any:
    other = aliased(Listed)
    terms = [_term(f"{name}__{n}", sections) for n in range(count)]
    return (
        select(literal(1, Integer))
        .where(
            other.view == row.view,
            other.term.in_(terms),
            other.published_at == row.published_at,
            other.ref == row.ref,
        )
        .limit(1)
        .correlate(row)
        .scalar_subquery()
    )


def _walks(shape: Shape) -> Iterator[tuple[Any, Any, Any]]:
    """(row, what it is sorted by, query for all of them) of each list that the shape leads through."""
    for view, term, language in product(VIEWS[shape.kind], range(shape.driver), range(shape.languages or 1)):
        row = aliased(Listed)
        by = row.updated_at if shape.by_updated else row.published_at
        query: Any = select(by.label("sort"), row.ref.label("ref"), row.view.label("view")).where(
            row.view == view, row.term == _term(f"term_{term}", shape.sections)
        )
        if shape.languages:
            query = query.where(row.language == bindparam(f"language_{language}", type_=String()))
        yield row, by, query.where(*unhidden(row, view, shape.kind, "article", row.ref))


def _on(query: Any, by: Any, row: Any, shape: Shape) -> Any:
    return keyset(
        query, (by, row.ref), descending=shape.descending, positioned=shape.positioned, backward=shape.backward
    )


def _branches(shape: Shape, limited: bool) -> Any:
    """(sort value, ref, view) of what matches, at most `limit` from the position on; a branch for each way in."""
    found = []
    for row, by, query in _walks(shape):
        query = query.where(*_condition(shape, row))
        if shape.modified or shape.ids:
            query = query.join(Shown, and_(Shown.view == row.view, Shown.noun == "article", Shown.ref == row.ref))
        if shape.modified:
            query = query.where(Shown.modified_at >= bindparam("modified", type_=Moment()))
        if shape.fenced:
            fence = tuple_(bindparam("fence_0", type_=Moment()), bindparam("fence_1", type_=String()))
            here = tuple_(by, row.ref)
            query = query.where(here >= fence if shape.down else here <= fence)
        if shape.ids:
            query = query.where(Shown.listed_at == row.published_at, among(Shown.ref, "id", shape.ids))
        else:
            query = _on(query, by, row, shape) if limited else query.limit(COUNTED + 1)
        found.append(query)
    if len(found) == 1:
        return found[0].subquery("found")
    return union(*(select(one.subquery()) for one in found)).subquery("found")


@lru_cache(SHAPES)
def fence(shape: Shape) -> Any:
    """(sort value, ref) of the nearest row that is `skip` rows on in one of the lists: how far a page is to look."""
    ends = []
    for row, by, query in _walks(shape):
        if not shape.by_updated:
            query = query.where(*_span(shape, row))
        ends.append(select(_on(query, by, row, shape).offset(bindparam("skip", type_=Integer())).subquery()))
    nearest = union_all(*ends).subquery()
    order = [column.desc() if shape.down else column.asc() for column in (nearest.c.sort, nearest.c.ref)]
    return select(nearest.c.sort, nearest.c.ref).order_by(*order).limit(bindparam("limit", type_=Integer()))


@lru_cache(SHAPES)
def page(shape: Shape) -> Any:
    """(sort value, ref, card or whole document) of a page, in its order."""
    found = _branches(shape, limited=True)
    query: Any = select(found.c.sort, found.c.ref, Revision.document if shape.whole else Shown.card).join_from(
        found, Shown, (Shown.view == found.c.view) & (Shown.noun == "article") & (Shown.ref == found.c.ref)
    )
    if shape.whole:
        query = query.join(
            Revision,
            (Revision.noun == Shown.noun) & (Revision.ref == Shown.ref) & (Revision.revision == Shown.revision),
        )
    order = [column.desc() if shape.down else column.asc() for column in (found.c.sort, found.c.ref)]
    query = query.order_by(*order)
    return query if shape.ids else query.limit(bindparam("limit", type_=Integer()))


@lru_cache(SHAPES)
def size(shape: Shape) -> Any:
    some = select(_branches(shape, limited=False)).limit(COUNTED + 1).subquery()
    return select(func.count()).select_from(some)


@lru_cache(SHAPES)
def counter(kind: Kind, sections: bool, languages: int) -> Any:
    query = select(func.sum(Counter.n)).where(
        counted(kind), Counter.term == _term("term_0", sections), Counter.day == ""
    )
    if languages:
        query = query.where(
            Counter.language.in_([bindparam(f"language_{n}", type_=String()) for n in range(languages)])
        )
    return query


@lru_cache(SHAPES)
def periods(kind: Kind, length: int, sections: bool, languages: int) -> Any:
    period = func.substr(Counter.day, literal(1, Integer), literal(length, Integer)).label("period")
    query = select(period, func.sum(Counter.n)).where(
        counted(kind), Counter.term == _term("term_0", sections), Counter.day != ""
    )
    if languages:
        query = query.where(
            Counter.language.in_([bindparam(f"language_{n}", type_=String()) for n in range(languages)])
        )
    return query.group_by(period).having(func.sum(Counter.n) > 0).order_by(period)
