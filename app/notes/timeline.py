"""The timeline: dated facts of notes, by date, whatever note they stand in.

A note stands in the lists of facts once for each date of its facts (`facts`), so a walk along one of them is a walk
along the timeline. One filter gives the lists that are walked; all filters are checked on each fact. Where few facts
fit, the walk ends after LOOKED_AT dates: a page may be short, or empty, while `next` is set.

Words are sought in the index first. Where few notes have them, those are read, and no list is walked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from typing import Final, NamedTuple

from pydantic_core import from_json
from sqlalchemy import Integer, Select, bindparam, select, tuple_, union
from sqlalchemy.orm import aliased

from app.changes.views import VIEWS, Kind, Perspective, not_overlaid
from app.db import (
    SHAPES,
    Reader,
    Row,
    UtcDateTime,
    Uuid16,
    from_milliseconds,
    list_parameters,
    milliseconds,
    padded_size,
)
from app.index.checking import answers
from app.index.hits import Walk, nearest
from app.index.keys import IndexedTexts, condition_of
from app.index.marks import SOURCE as SOURCE_MARK
from app.index.states import states
from app.lists.models import List, ListEntry
from app.lists.store import list_id
from app.notes.facts import FACTS, SOURCE, TAG, DatedFact, dated_facts
from app.notes.timeline_schemas import TimelineQuery
from app.paging import FIRST_ID, Position
from app.tags.store import tags_with_descendants
from app.words.matching import Finder
from app.words.queries import Query

# So many dates of notes are looked at for one page, and so many notes are read that have the words.
LOOKED_AT: Final = 500
NOTES_AT_MOST: Final = 200
# A statement walks at most so many lists at once.
MOST_LISTS: Final = 20
# Larger than the number of any fact of a note.
_BEHIND_ALL_FACTS: Final = 1_000

# Where a fact stands in the timeline: milliseconds, the object of its note, its number there.
Place = tuple[int, str, int]


class FactOfNote(NamedTuple):
    """A fact with its place, and what is shown of its note."""

    place: Place
    fact: DatedFact
    note: str
    language: str


class TimelineRows(NamedTuple):
    """A page of the timeline, and where the next one begins."""

    facts: list[FactOfNote]
    next: Position | None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which facts are asked for. `tags` are those of each filter with all their descendants."""

    query: TimelineQuery
    tags: Sequence[frozenset[str]]
    finder: Finder | None

    def facts(self, object_id: str, card: str, after: Place | None) -> Iterator[FactOfNote]:
        """Those of the note with this card that are behind a place."""
        note, query = from_json(card), self.query
        if any(tags.isdisjoint(note["tags"]) for tags in self.tags):
            return
        if query.language is not None and note["language"] not in query.language:
            return
        for fact in dated_facts(note):
            place = (milliseconds(fact.begins_at), object_id, fact.number)
            if (after is None or place > after) and self._fits(fact):
                yield FactOfNote(place, fact, note["slug"], note["language"])

    def _fits(self, fact: DatedFact) -> bool:
        query = self.query
        if not query.since <= fact.begins_at < query.until:
            return False
        if any(fact.sources.isdisjoint(sources) for sources in query.source):
            return False
        texts = IndexedTexts({"body": [fact.fields["text"]]}, [SOURCE_MARK + source for source in fact.sources])
        return self.finder is None or answers(self.finder, texts)

    @property
    def lists(self) -> list[str]:
        """The lists that are walked: those of a filter that has no more than a statement may walk, else that of all."""
        for tags in self.tags:
            if len(tags) <= MOST_LISTS:
                return [TAG + slug for slug in sorted(tags)]
        return [SOURCE + slug for slug in self.query.source[0]] if self.query.source else [FACTS]


async def page(
    read: Reader, perspective: Perspective, query: TimelineQuery, position: Position | None, words: Query | None
) -> TimelineRows:
    """The first facts behind the position. `words` is what `q` asks, in the texts of the facts.

    Order: by (beginning, note, place in the note). Cost: two statements, and two more each time that a portion holds
    too few facts that fit: each is twice as long, up to LOOKED_AT dates in all. With words one or two for each view,
    and one that reads up to NOTES_AT_MOST notes. One more for each `tag`.
    """
    tags = [await _tags(read, slugs) for slugs in query.tag]
    if not all(tags):
        return TimelineRows([], None)
    wanted = _Wanted(query, tags, None if words is None else Finder(words))
    after: Place | None = None if position is None else position.values
    notes = None if words is None else await _with_words(read, perspective, words)
    if notes is None:
        return await _walked(read, perspective, wanted, after)
    shown = await states(read, perspective, notes, with_body=False)
    facts = [fact for id, state in shown.items() for fact in wanted.facts(id, state.card, after)]
    return _cut(sorted(facts, key=lambda fact: fact.place), query.limit)


async def _walked(read: Reader, perspective: Perspective, wanted: _Wanted, after: Place | None) -> TimelineRows:
    limit, lists = wanted.query.limit, wanted.lists
    statement = _entries(perspective.kind, len(lists))
    values = {f"list_{n}": name for n, name in enumerate(lists)} | {"until": wanted.query.until}
    facts: list[FactOfNote] = []
    size, looked_at = limit + 1, 0
    while True:
        since, first = (wanted.query.since, FIRST_ID) if after is None else (from_milliseconds(after[0]), after[1])
        rows = await read.rows(
            statement, {**values, **perspective.parameters, "since": since, "first": first, "limit": size}
        )
        shown = await states(read, perspective, sorted({object_id for _, object_id in rows}), with_body=False)
        by_date: dict[tuple[int, str], list[FactOfNote]] = {}
        for object_id, state in shown.items():
            for fact in wanted.facts(object_id, state.card, after):
                by_date.setdefault(fact.place[:2], []).append(fact)
        facts += [fact for at, object_id in rows for fact in by_date.get((milliseconds(at), object_id), ())]
        if len(facts) > limit or len(rows) < size:
            return _cut(facts, limit)
        looked_at += size
        after = (milliseconds(rows[-1][0]), rows[-1][1], _BEHIND_ALL_FACTS)
        if looked_at >= LOOKED_AT:
            return TimelineRows(facts, Position(after))
        size = min(2 * size, LOOKED_AT)


def _cut(facts: Sequence[FactOfNote], limit: int) -> TimelineRows:
    following = Position(facts[limit - 1].place) if len(facts) > limit else None
    return TimelineRows([*facts[:limit]], following)


async def _tags(read: Reader, slugs: Sequence[str]) -> frozenset[str]:
    """The tags with all their descendants."""
    size = padded_size(len(slugs))
    return frozenset(slug for (slug,) in await read.rows(_tree(size), list_parameters("tag", size, slugs)))


async def _with_words(read: Reader, perspective: Perspective, words: Query) -> list[str] | None:
    """The notes that have the words somewhere; None where they are too many to be read."""
    # What is excluded may stand elsewhere in the note.
    condition = condition_of(Query(words.required))
    objects: set[str] = set()
    for view in VIEWS[perspective.kind]:
        found = await nearest(read, Walk("note", view, condition), None, NOTES_AT_MOST + 1)
        objects |= {hit.object for hit in found.hits}
    return sorted(objects) if len(objects) <= NOTES_AT_MOST else None


# --- statements --------------------------------------------------------------------------------------------------


@cache
def _tree(size: int) -> Select[*Row]:
    return select(tags_with_descendants("tag", size).c.slug)


@lru_cache(SHAPES)
def _entries(kind: Kind, count: int) -> Select[*Row]:
    """(date, note) of the first entries of so many lists, from a date and a note on."""
    branches = []
    for view, n in product(VIEWS[kind], range(count)):
        entry = aliased(ListEntry)
        here = tuple_(entry.published_at, entry.object)
        first = tuple_(bindparam("since", type_=UtcDateTime()), bindparam("first", type_=Uuid16()))
        query = select(entry.published_at.label("begins_at"), entry.object.label("object")).where(
            entry.list == list_id(view, bindparam(f"list_{n}", type_=List.name.type)),
            here >= first,
            entry.published_at < bindparam("until", type_=UtcDateTime()),
            *not_overlaid(entry, view, kind, entry.object),
        )
        query = query.order_by(entry.published_at, entry.object).limit(bindparam("limit", type_=Integer()))
        branches.append(select(query.subquery()))
    entries = union(*branches).subquery()
    ordered = select(entries).order_by(entries.c.begins_at, entries.c.object)
    return ordered.limit(bindparam("limit", type_=Integer()))
