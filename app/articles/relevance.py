"""Lists of articles by words with the most relevant first: the newest hits are ranked, and a page is cut from them.

The first page ranks the newest MOST_RANKED hits. Its cursors say where they end: the following pages rank all hits
since there, and go on behind the item with which the page ended. Scores do not depend on other articles, so no item is
repeated or lost, whatever is published or removed meanwhile; what is published meanwhile shows if its place is still to
come. Example: of 5,000 hits the first page ranks 2,000; then 3 stories are published, and the second page ranks 2,003.
"""

from typing import NamedTuple

from app.articles.query_schemas import ArticleFilters
from app.articles.search import ArticleSearch
from app.db import Reader, milliseconds
from app.index.checking import CHECKED_AT_MOST
from app.index.hits import Hit
from app.index.ranking import MOST_RANKED
from app.index.states import FoundState
from app.paging import PageRows, Position, cut, id_beside


class _RankedHit(NamedTuple):
    """A hit with what its place in the list is decided by: higher ones come first."""

    score: int
    at: int
    id: str


class _Place(NamedTuple):
    """What a cursor holds: the place of an item, and the bound: only hits that are newer than it are ranked."""

    score: int
    at: int
    id: str
    bound_at: int | None
    bound_id: str | None

    @property
    def bound(self) -> Position | None:
        return None if self.bound_at is None else Position((self.bound_at, self.bound_id))


async def page(
    read: Reader, search: ArticleSearch, query: ArticleFilters, position: Position | None, *, with_body: bool
) -> tuple[PageRows, dict[str, FoundState]]:
    """(a page of the cards of ranked articles, the states that were read for it).

    Of a query with phrases the newest CHECKED_AT_MOST are ranked.
    Order: (score, published_at, id), all descending. Cost: that of the newest hits and of their scores, on each page.
    """
    place = None if position is None else _Place(*position.values)
    most = CHECKED_AT_MOST if search.has_phrases else MOST_RANKED
    if place is None:
        hits, bound = await search.newest(read, most)
    else:
        # What was published since the first page is ranked too, if that is not more than there was before.
        bound = place.bound
        hits, _ = await search.newest(read, 2 * most, bound)
    ranked = await _ranked(read, search, hits)
    rows, has_previous, has_next = cut(_from(ranked, position, query.limit + 1), query.limit, position)
    states = await search.states(read, [row.id for row in rows], with_body=with_body)

    def beside(row: _RankedHit, *, backward: bool) -> Position:
        return Position(_Place(*row, *((None, None) if bound is None else bound.values)), backward)

    result = PageRows(
        items=[states[row.id].document(with_body=False) for row in rows],
        refs=[row.id for row in rows],
        next=beside(rows[-1], backward=False) if rows and has_next else None,
        prev=beside(rows[0], backward=True) if rows and has_previous else None,
    )
    if place is not None and position is not None and not rows:
        id = id_beside(place.id, larger=position.backward)
        way_back = beside(_RankedHit(place.score, place.at, id), backward=not position.backward)
        result.prev, result.next = (None, way_back) if position.backward else (way_back, None)
    return result, states


async def _ranked(read: Reader, search: ArticleSearch, hits: list[Hit]) -> list[_RankedHit]:
    scores = await search.scores(read, hits)
    ranked = [_RankedHit(score, milliseconds(hit.published_at), hit.object) for hit, score in scores.items()]
    return sorted(ranked, reverse=True)


def _from(ranked: list[_RankedHit], position: Position | None, limit: int) -> list[_RankedHit]:
    """The first ones from the position on, in the direction of reading."""
    if position is None:
        return ranked[:limit]
    here = position.values[:3]
    if position.backward:
        return [each for each in reversed(ranked) if each > here][:limit]
    return [each for each in ranked if each < here][:limit]
