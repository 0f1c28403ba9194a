"""Quotes of stories: read out of the bodies of those stories that have some.

Stories with quotes stand in lists of their own, by the language of the quotes too, and those with words of a source in
the list of that source. So one list is walked, newest first, and its bodies are read; all filters are checked on each
quote. Where few quotes fit, a page ends after STORIES_AT_MOST stories, and may be short, or empty, while `next` is set.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from pydantic_core import from_json

from app.articles import filters
from app.articles.filters import AnyOf, ArticleFilter
from app.articles.quote_schemas import QuoteQuery
from app.articles.search import ArticleSearch
from app.changes.views import Perspective
from app.content import html
from app.db import Reader, milliseconds
from app.index.checking import answers
from app.index.keys import IndexedTexts
from app.index.marks import SOURCE as SOURCE_MARK
from app.paging import Position, id_beside
from app.web.spans import within
from app.words.matching import Finder
from app.words.queries import Query

# So many stories are read for one page.
STORIES_AT_MOST: Final = 200


class _Story(NamedTuple):
    """A story with its place in the list. JSON: the card and the body."""

    listed_at: datetime
    id: str
    card: str
    body: str

    @property
    def end(self) -> Position:
        return Position((milliseconds(self.listed_at), self.id))


class QuoteOfStory(NamedTuple):
    """A quote: its block, and the card of its story. `position` is right behind it."""

    block: Mapping[str, Any]
    text: str
    card: Mapping[str, Any]
    position: Position

    @property
    def language(self) -> str:
        language: str = self.block["language"] or self.card["language"]
        return language


class QuoteRows(NamedTuple):
    """A page of quotes, and where the next one begins."""

    quotes: list[QuoteOfStory]
    next: Position | None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which quotes are asked for."""

    query: QuoteQuery
    finder: Finder | None

    def quotes(self, story: _Story, position: Position | None) -> Iterator[QuoteOfStory]:
        """Those of the story that are behind the position, in reading order."""
        body = from_json(story.body)
        first = _first_unread(story, body, position)
        card = from_json(story.card)
        for number, block in enumerate(body[first:], first):
            if block["type"] == "quote":
                behind = Position((*story.end.values, block["id"], number))
                quote = QuoteOfStory(block, html.plain(block["html"]), card, behind)
                if self._fits(quote):
                    yield quote

    def _fits(self, quote: QuoteOfStory) -> bool:
        query, source = self.query, quote.block["source"]
        if query.source is not None and source not in query.source:
            return False
        if query.language is not None and quote.language not in query.language:
            return False
        texts = IndexedTexts({"quotes": [quote.text]}, [] if source is None else [SOURCE_MARK + source])
        return self.finder is None or answers(self.finder, texts)


def _first_unread(story: _Story, body: list[Mapping[str, Any]], position: Position | None) -> int:
    """The number of the first block behind a position: the one behind a block that is named, wherever that is now."""
    if position is None or len(position.values) == 2 or position.values[1] != story.id:
        return 0
    _, _, block_id, number = position.values
    return next((n + 1 for n, block in enumerate(body) if block["id"] == block_id), number)


def list_of(query: QuoteQuery) -> AnyOf:
    """The lists that are walked: all stories with a quote that is asked for stand in one of them."""
    if query.source is not None:
        return AnyOf("source.said_by", query.source)
    return AnyOf("has", ("quote",)) if query.language is None else AnyOf("quote", query.language)


async def page(
    read: Reader,
    perspective: Perspective,
    query: QuoteQuery,
    position: Position | None,
    site_zone: ZoneInfo,
    words: Query | None,
) -> QuoteRows:
    """The first quotes behind the position. `words` is what `q` asks, in the texts of the quotes.

    Order: that of the stories, by (published_at, id), newest first; within a story that of its body.
    Cost: one statement that reads `limit` stories, and another one each time that they hold too few quotes that fit:
    each reads twice as many, up to STORIES_AT_MOST in all. With words each costs as `ArticleSearch.page`.
    """
    start, end = within(query.date, site_zone) if query.date else (None, None)
    bounds = {"published_from": start, "published_before": end}
    articles = ArticleFilter(
        groups=(list_of(query),), bounds={name: at for name, at in bounds.items() if at is not None}
    )
    # What is excluded may stand elsewhere in the story.
    search = None if words is None else ArticleSearch(perspective, articles, Query(words.required))
    wanted = _Wanted(query, None if words is None else Finder(words))
    quotes: list[QuoteOfStory] = []
    start_at = position if position is None or len(position.values) == 2 else _just_before(position)
    size, looked_at = query.limit + 1, 0
    while True:
        if search is not None:
            stories, fence = await _found(read, search, start_at, size)
        else:
            stories, fence = await _listed(read, perspective, articles, start_at, size), None
        quotes += [quote for story in stories for quote in wanted.quotes(story, position)]
        if len(quotes) > query.limit:
            return QuoteRows(quotes[: query.limit], quotes[query.limit - 1].position)
        if fence is None and len(stories) < size:
            return QuoteRows(quotes, None)
        start_at = fence or stories[-1].end
        looked_at += size
        if fence is not None or looked_at >= STORIES_AT_MOST:
            return QuoteRows(quotes, start_at)
        size = min(2 * size, STORIES_AT_MOST)


def _just_before(position: Position) -> Position:
    """The position before the story of a quote: the walk begins with that story, which may have more quotes."""
    at, id, *_ = position.values
    return Position((at, id_beside(id, larger=True)))


async def _listed(
    read: Reader, perspective: Perspective, articles: ArticleFilter, position: Position | None, size: int
) -> list[_Story]:
    shape = articles.shape(perspective.kind, position, with_body=True)
    parameters = {**articles.parameters(position), **perspective.parameters, "limit": size}
    rows = await read.rows(filters.page_statement(shape), parameters)
    return [_Story(listed_at, id, card, body) for listed_at, id, card, body, _ in rows]


async def _found(
    read: Reader, search: ArticleSearch, position: Position | None, size: int
) -> tuple[list[_Story], Position | None]:
    found = await search.page(read, position, size, newest_first=True, with_body=True)
    stories = [_Story(hit.published_at, hit.object, state.card, state.body or "[]") for hit, state in found.articles]
    return stories, found.fence
