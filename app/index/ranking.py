"""Scores hits by where the words of the query stand, from the most to the least telling field.

Each part of a query that must be there (a word, a phrase, words joined by OR) gives the weight of the most telling
field that has it, and a score is the sum of these. It depends on nothing but the query and the entry itself: so both
databases give the same score, and what is published or removed meanwhile changes the score of nothing else.

Example: `tram bridge`, an entry with "tram" in its headline and "bridge" in its body: 8 + 1.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Select, select

from app.db import Reader, Row
from app.index.hits import Hit
from app.index.keys import TEXT_FIELDS, AllOf, AnyOf, Condition, HasKey, TextField, condition_of
from app.index.places import Span
from app.index.store import engine_of
from app.words.queries import Prefix, Query, Term

# So many of the newest hits are ranked, so that the cost does not grow with the archive.
MOST_RANKED: Final = 2_000
WEIGHTS: Final[dict[TextField, int]] = {"headline": 8, "standfirst": 4, "quotes": 2, "body": 1}
# What stands in none of these stands in the last field.
_LOOKED_UP: Final = TEXT_FIELDS[:-1]
_LEAST: Final = WEIGHTS[TEXT_FIELDS[-1]]


@cache
def _places(engine: Any) -> Select[*Row]:
    hits = engine.hits(False)
    return select(hits.c.place, hits.c.object)


async def scores(read: Reader, query: Query, hits: Sequence[Hit]) -> dict[Hit, int]:
    """The score of each hit. They must all answer the query, and stand in one view.

    Cost: at most three statements for each part of the query, each over the places from the first hit to the last.
    """
    by_place = {(hit.place, hit.object): hit for hit in hits}
    totals = dict.fromkeys(by_place, 0)
    for alternatives in query.required:
        sought = [term for term in alternatives if term.field != "source"]
        left = {*by_place} if sought else set()
        for n, field in enumerate(_LOOKED_UP, start=1):
            if left:
                found = left & await _having(read, query, sought, _LOOKED_UP[:n], [*by_place])
                totals |= {each: totals[each] + WEIGHTS[field] for each in found}
                left -= found
        totals |= {each: totals[each] + _LEAST for each in left}
    return {by_place[each]: total for each, total in totals.items()}


async def _having(
    read: Reader, query: Query, terms: Sequence[Term], fields: Sequence[str], places: Sequence[tuple[int, str]]
) -> set[tuple[int, str]]:
    """Places and objects of what answers the query and has one of the terms in one of the fields."""
    engine, whole = engine_of(read), condition_of(query)
    in_fields = AnyOf(tuple(_in_fields(term, fields) for term in terms))
    span = Span(min(places)[0], max(places)[0])
    values = {"asked": engine.asked(AllOf((*whole.conditions, in_fields), whole.none_of)), **span._asdict()}
    return {(place, object_id) for place, object_id in await read.rows(_places(engine), values, slow=True)}


def _in_fields(term: Term, fields: Sequence[str]) -> Condition:
    """That each word of the term stands in one of the fields; `headline:word` is sought where it says."""
    columns = fields if term.field is None else [term.field]
    if isinstance(term, Prefix):
        return AnyOf(tuple(HasKey(key, column, is_prefix=True) for key in term.beginnings for column in columns))
    words = (AnyOf(tuple(HasKey(key, column) for key in sorted(keys) for column in columns)) for keys in term.words)
    return AllOf(tuple(words))
