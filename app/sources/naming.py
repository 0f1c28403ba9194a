"""Which sources a query means by words of their names."""

from dataclasses import replace
from functools import cache
from typing import Any, Final

from pydantic_core import from_json
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.sql.selectable import FromClause

from app.changes.models import DESK, Revision, ViewEntry
from app.changes.views import Kind, Perspective, shown_state, visible
from app.db import Reader, Row, in_list, list_parameters, padded_size
from app.errors import Fault, Invalid
from app.index.asking import query_of
from app.index.hits import Conditions, Walk, nearest
from app.index.keys import SOURCE, condition_of
from app.sources.store import searched_texts
from app.words.analysis import analyse
from app.words.matching import matches
from app.words.queries import Phrase, Query, Term

# By one word a query names no more sources.
MOST_SOURCES: Final = 100


async def asked_words(read: Reader, perspective: Perspective, text: str) -> Query:
    """What `q=` asks for, with its sources by slug. Raises: Invalid, Unavailable; see `query_of` and `with_slugs`."""
    return await with_slugs(read, perspective, await query_of(read, text))


def named_lists(query: Query) -> list[str]:
    """The lists that decide what the query means, besides those in which it seeks: as purge keys of its answers."""
    return ["sources"] if names_sources(query) else []


def names_sources(query: Query) -> bool:
    """Whether the answer depends on the names of sources."""
    terms = (*(term for alternatives in query.required for term in alternatives), *query.excluded)
    return any(term.field == "source" for term in terms)


async def with_slugs(read: Reader, perspective: Perspective, query: Query) -> Query:
    """The query with the slugs of those sources that this perspective sees, where it has words of their names.

    Cost: two statements or more for each such word. Raises: Invalid, where a word is in the names of too many sources.
    """
    if not names_sources(query):
        return query
    required = [[await _named(read, perspective, term) for term in alternatives] for alternatives in query.required]
    excluded = [await _named(read, perspective, term) for term in query.excluded]
    return Query(tuple(map(tuple, required)), tuple(excluded))


async def _named(read: Reader, perspective: Perspective, term: Term) -> Term:
    if term.field != "source":
        return term
    by_name = Query(((replace(term, field="headline"),),))
    walk = Walk("source", DESK, condition_of(by_name), _seen(perspective.kind), perspective.parameters)
    objects = [hit.object for hit in (await nearest(read, walk, None, MOST_SOURCES + 1)).hits]
    if len(objects) > MOST_SOURCES:
        detail = f"has a word behind source: that stands in the names of more than {MOST_SOURCES} sources"
        raise Invalid(f"Parameter 'q' {detail}.", Fault(detail, "too-many", parameter="q"))
    slugs = [slug for slug, texts in await _names(read, perspective, objects) if matches(by_name, texts)]
    # The mark alone is the key of no source.
    return Phrase((frozenset(SOURCE + slug for slug in slugs or [""]),), "source")


@cache
def _seen(kind: Kind) -> Conditions:
    def conditions(hits: FromClause) -> list[ColumnElement[bool]]:
        return [hits.c.object.in_(select(ViewEntry.object).where(visible(ViewEntry, kind)))]

    return conditions


@cache
def _cards(kind: Kind, count: int) -> Select[*Row]:
    query = select(ViewEntry.slug, Revision.card).join(Revision, shown_state())
    return query.where(visible(ViewEntry, kind), in_list(ViewEntry.object, "object", count))


async def _names(read: Reader, perspective: Perspective, objects: list[str]) -> list[tuple[str, dict[str, list[Any]]]]:
    """(slug, analysed names) of sources."""
    if not objects:
        return []
    count = padded_size(len(objects))
    parameters = {**perspective.parameters, **list_parameters("object", count, objects)}
    rows = await read.rows(_cards(perspective.kind, count), parameters)
    names = ((slug, searched_texts(from_json(card)).fields["headline"]) for slug, card in rows)
    return [(slug, {"headline": [analyse(name) for name in of_source]}) for slug, of_source in names]
