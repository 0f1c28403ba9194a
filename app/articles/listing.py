"""Reads lists of articles, page by page, and the archive."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic_core import from_json, to_json

from app.articles import counting, filters, relevance
from app.articles.archive_schemas import ArchiveQuery
from app.articles.entry_walks import EntryWalk, walk_fence_statement, walk_statement
from app.articles.filters import COUNTED_AT_MOST, EVERYTHING, LOOKED_AT, ArticleFilter, ListShape
from app.articles.query_schemas import DESK_SORTS, RELEVANCE, ArticleFilters
from app.articles.search import ArticleSearch
from app.changes.stored import desk_document_of, document_of
from app.changes.views import VIEWS, Perspective
from app.content.lifecycle import as_published
from app.db import Reader, Row, from_milliseconds, milliseconds
from app.index.states import FoundState, states
from app.lists import store as lists
from app.paging import PageRows, Position, cut, id_beside
from app.words.queries import Query

# With a fallback so many entries of each list are looked at first, for each one on the page.
NEAR: Final = 4
PERIOD_LENGTHS: Final = {"year": 4, "month": 7, "day": 10}


async def newest(
    read: Reader,
    perspective: Perspective,
    query: ArticleFilters,
    position: Position | None,
    site_zone: ZoneInfo,
    *,
    words: Query | None = None,
    highlight: bool = False,
    with_body: bool = False,
) -> PageRows:
    """Articles that match, in the order asked for; one page of cards, or of whole documents. `words` is what `q` asks.

    `highlight`: with each item where those words stand in it.

    Order: (published_at or updated_at, id); by relevance see `relevance`. An unknown slug matches nothing.
    Cost: one statement; where several filters must hold, one more over counters, so that the rarest drives the walk,
    and one for the fence where even that has more than LOOKED_AT; one more with `count`. With a fallback one more for
    the fence, or three where few entries near the position match; and one more with `count`. With words: see `search`.
    """
    articles = ArticleFilter.of(query, site_zone)
    if words is not None:
        search = ArticleSearch(perspective, articles, words)
        if not articles.ids:
            return await _found(read, perspective, query, position, search, highlight=highlight, with_body=with_body)
        listed = await newest(read, perspective, query, None, site_zone, with_body=with_body)
        return await _of_these(read, perspective, query, listed, search, highlight=highlight)
    if query.sort in DESK_SORTS:
        return await _by_entries(read, perspective, query, position, articles, with_body=with_body)
    rarest = 0
    if len(articles.groups) > 1:
        articles, rarest = await rarest_first(read, perspective, articles)
    shape = articles.shape(perspective.kind, position, with_body=with_body)
    values = {**articles.parameters(position), **perspective.parameters, "limit": query.limit + 1}
    rows, fence = await _walked(read, articles, shape, values, rarest)
    page = (
        _in_order(rows, articles.ids)
        if articles.ids
        else _page_rows(rows, shape.newest_first, query.limit, position, fence)
    )
    if perspective.due is not None:
        page.items = [as_shown_when_due(item) for item in page.items]
    if query.count:
        page.count = await _count(read, articles, shape, values)
    return page


async def _walked(
    read: Reader, articles: ArticleFilter, shape: ListShape, values: dict[str, Any], rarest: int
) -> tuple[list[Row], Position | None]:
    """(rows of a page, where the walk ended before its lists do). `rarest` is how many the driving lists have.

    With a fallback most pages are full after a few entries, so a short part of the lists is walked first.
    """
    windows = [LOOKED_AT // shape.branches] if rarest > LOOKED_AT or articles.falls_back else []
    nearest = NEAR * values["limit"]
    if articles.falls_back and nearest < windows[0]:
        windows.insert(0, nearest)
    for skip in windows if not articles.ids else ():
        fence = await _fence_position(read, shape, values, skip)
        if fence is None:
            break
        walk, bounded = _fenced(shape, values, fence)
        rows = await read.rows(filters.page_statement(walk), bounded, slow=shape.is_slow)
        if len(rows) == values["limit"] or skip == windows[-1]:
            return rows, fence
    return await read.rows(filters.page_statement(shape), values, slow=shape.is_slow), None


async def _by_entries(
    read: Reader,
    perspective: Perspective,
    query: ArticleFilters,
    position: Position | None,
    articles: ArticleFilter,
    *,
    with_body: bool,
) -> PageRows:
    """A page in an order of the desk's own. Order: (modified_at, id) descending, or (publish_at, id).

    Cost: one statement, one more for the fence where something narrows the list, and one more with `count`.
    """
    walk = EntryWalk.of(articles, perspective.kind, query.sort, position, with_body=with_body)
    values = {**walk.parameters(articles, position), "limit": query.limit + 1}
    fence: Position | None = None
    if walk.is_narrowed:
        row = await read.row(walk_fence_statement(walk), {**values, "limit": 1, "skip": LOOKED_AT}, slow=True)
        fence = None if row is None else _position(row, backward=walk.backward)
    if fence is not None:
        walk, values = walk.fenced_at(fence, values)
    rows = await read.rows(walk_statement(walk), values, slow=walk.is_narrowed)
    page = _page_rows(rows, walk.newest_first, query.limit, position, fence)
    if query.count:
        page.count = await _count(read, articles, articles.shape(perspective.kind), articles.parameters())
    return page


async def newest_ids(
    read: Reader, perspective: Perspective, articles: ArticleFilter, most: int
) -> tuple[list[str], bool]:
    """(ids of the newest articles that match, at most `most`, whether these are all).

    Cost: two statements, three where several filters must hold; no more than LOOKED_AT articles are looked at.
    """
    if len(articles.groups) > 1:
        articles, _ = await rarest_first(read, perspective, articles)
    shape = articles.shape(perspective.kind)
    values = {**articles.parameters(), **perspective.parameters, "limit": most + 1}
    fence = await _fence_position(read, shape, values, LOOKED_AT // shape.branches)
    if fence is not None:
        shape, values = _fenced(shape, values, fence)
    ids = [id for (id,) in await read.rows(filters.ids_statement(shape), values, slow=True)]
    return ids[:most], fence is None and len(ids) <= most


async def _found(
    read: Reader,
    perspective: Perspective,
    query: ArticleFilters,
    position: Position | None,
    search: ArticleSearch,
    *,
    highlight: bool,
    with_body: bool,
) -> PageRows:
    """A page of the articles that answer a query."""
    by_order = relevance.page if query.sort == RELEVANCE else _found_by_date
    page, states = await by_order(read, search, query, position, with_body=with_body or highlight)
    if with_body:
        page.items = [states[id].document(with_body=True) for id in page.refs]
    if perspective.due is not None:
        page.items = [as_shown_when_due(item) for item in page.items]
    if highlight:
        page.items = [search.highlighted(item, states[id]) for id, item in zip(page.refs, page.items, strict=True)]
    if query.count:
        page.count = await search.count(read)
    return page


async def _found_by_date(
    read: Reader, search: ArticleSearch, query: ArticleFilters, position: Position | None, *, with_body: bool
) -> tuple[PageRows, dict[str, FoundState]]:
    """(a page of cards in the order of their dates, the states that were read for it)."""
    backward = position is not None and position.backward
    newest_first = query.sort.startswith("-") != backward
    found = await search.page(read, position, query.limit + 1, newest_first=newest_first, with_body=with_body)
    rows: list[Row] = [(hit.published_at, hit.object, state.card, None, state.private) for hit, state in found.articles]
    page = _page_rows(rows, newest_first, query.limit, position, found.fence)
    return page, {hit.object: state for hit, state in found.articles}


async def _of_these(
    read: Reader,
    perspective: Perspective,
    query: ArticleFilters,
    listed: PageRows,
    search: ArticleSearch,
    *,
    highlight: bool,
) -> PageRows:
    """Of a list by ids those articles that answer the query: so few are read, and the index is not asked."""
    texts = await states(read, perspective, listed.refs, with_body=True)
    items = {
        id: search.highlighted(item, texts[id]) if highlight else item
        for id, item in zip(listed.refs, listed.items, strict=True)
        if search.is_answer(texts[id])
    }
    return PageRows([*items.values()], [*items], count=(len(items), True) if query.count else None)


def as_shown_when_due(document: str) -> str:
    """The document as it will be once it is published, where it is scheduled."""
    fields = from_json(document)
    return to_json(as_published(fields)).decode() if fields["status"] == "scheduled" else document


async def rarest_first(read: Reader, perspective: Perspective, articles: ArticleFilter) -> tuple[ArticleFilter, int]:
    """(the filter with its groups sorted by the number of their articles, the number of the first)."""
    names = sorted({name for group in articles.groups for name in group.names})
    counts = await lists.counts(read, VIEWS[perspective.kind], names)
    sizes = {group: sum(counts[name] for name in group.names) for group in articles.groups}
    groups = sorted(articles.groups, key=lambda group: sizes[group])
    return replace(articles, groups=tuple(groups)), sizes[groups[0]]


async def _fence_position(read: Reader, shape: ListShape, values: dict[str, Any], skip: int) -> Position | None:
    """The nearest place that is so many entries on in one of the lists; None where they end before."""
    row = await read.row(filters.fence_statement(shape), {**values, "limit": 1, "skip": skip}, slow=True)
    return None if row is None else _position(row, backward=shape.backward)


def _fenced(shape: ListShape, values: dict[str, Any], fence: Position) -> tuple[ListShape, dict[str, Any]]:
    at, id = fence.values
    return replace(shape, fenced=True), {**values, "fence_0": from_milliseconds(at), "fence_1": id}


def _position(row: Sequence[Any], *, backward: bool) -> Position:
    return Position((milliseconds(row[0]), row[1]), backward)


def _page_rows(
    rows: list[Row], newest_first: bool, limit: int, position: Position | None, fence: Position | None
) -> PageRows:
    """The page of rows that were read in this direction, from the position to the fence."""
    if len(rows) > limit:
        fence = None  # the page is full before the walk came to the fence
    rows, has_previous, has_next = cut(rows, limit, position)
    page = PageRows(
        items=[_item(row) for row in rows],
        refs=[row[1] for row in rows],
        next=_position(rows[-1], backward=False) if rows and has_next else None,
        prev=_position(rows[0], backward=True) if rows and has_previous else None,
    )
    way_back = _turned_round(position, newest_first=newest_first) if position is not None and not rows else None
    if position is not None and position.backward:
        return replace(page, prev=fence or page.prev, next=page.next or way_back)
    return replace(page, next=fence or page.next, prev=page.prev or way_back)


def _turned_round(position: Position, *, newest_first: bool) -> Position:
    """The way back from an empty page: from just behind its own position, since it has no article to turn round at."""
    at, id = position.values
    return Position((at, id_beside(id, larger=not newest_first)), not position.backward)


def _item(row: Sequence[Any]) -> str:
    card, body, private = row[2:]
    return desk_document_of(document_of(card, body), private)


def _in_order(rows: list[Row], ids: Sequence[str]) -> PageRows:
    items = {row[1]: _item(row) for row in rows}
    refs = [id for id in ids if id in items]
    return PageRows(items=[items[id] for id in refs], refs=refs)


async def _count(read: Reader, articles: ArticleFilter, shape: ListShape, values: dict[str, Any]) -> tuple[int, bool]:
    """From a counter where one is kept, else counted up to 10,000.

    With a fallback nothing is looked at behind the 10,000th entry of one of the lists: what it leaves out may be many.
    """
    is_narrowed = shape.bounds or shape.probes or shape.without or shape.ids or articles.falls_back
    if not is_narrowed and shape.driver == 1 and shape.kind != "due" and articles.views is None:
        statement = counting.counter_statement(shape.kind, shape.driver_sections, shape.languages)
        ((number,),) = await read.rows(statement, values)
        return int(number or 0), True
    whole = replace(shape, positioned=False, backward=False, fenced=False, with_body=False)
    fence: Position | None = None
    if articles.falls_back:
        fence = await _fence_position(read, whole, {**values, "limit": 1}, COUNTED_AT_MOST)
        whole, values = (whole, values) if fence is None else _fenced(whole, values, fence)
    ((number,),) = await read.rows(filters.size_statement(whole), values, slow=True)
    return min(number, COUNTED_AT_MOST), number <= COUNTED_AT_MOST and fence is None


async def archive(read: Reader, perspective: Perspective, query: ArchiveQuery) -> list[tuple[str, int]]:
    """(period, number of articles), oldest first, in the site's zone. Cost: one statement, over counters of days."""
    languages = query.language or ()
    name = query.section or (f"articles:tag:{query.tag}" if query.tag else EVERYTHING[0])
    values = {"list_0": name, **{f"language_{n}": language for n, language in enumerate(languages)}}
    length = PERIOD_LENGTHS[query.by]
    statement = counting.periods_statement(perspective.kind, length, query.section is not None, len(languages))
    rows = await read.rows(statement, values, slow=True)
    return [(period, int(number)) for period, number in rows]
