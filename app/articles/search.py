"""Lists of articles by words: a walk over the index of words, with the filters of the list as conditions on hits."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from pydantic_core import from_json, to_json

from app.articles.conditions import condition_parameters, condition_shape, conditions_on
from app.articles.filters import COUNTED_AT_MOST, ArticleFilter
from app.articles.lookups import better_versions_statement
from app.articles.texts import body_passages, card_passages, searched_texts
from app.changes.models import View
from app.changes.views import VIEWS, Perspective
from app.db import (
    Reader,
    from_milliseconds,
    list_parameters,
    milliseconds,
    padded_size,
)
from app.index import ranking
from app.index.checking import CHECKED_AT_MOST, CHECKED_CHARACTERS, answers
from app.index.highlighting import Part, highlighted
from app.index.hits import Found, Hit, Walk, nearest, number
from app.index.keys import condition_of, has_phrases
from app.index.places import span_of
from app.index.states import FoundState, states
from app.index.store import engine_of
from app.notes.naming import NOTE_LISTS, with_notes
from app.paging import Position
from app.sources.naming import NAMED_LISTS, query_with_names
from app.words.matching import Finder
from app.words.queries import Query

_MOST_HITS: Final = CHECKED_AT_MOST + 1
# So many states are read at a time to be checked.
PORTION: Final = 20
# The lists that decide what words mean, besides those in which they are sought: as purge keys of answers.
WORD_LISTS: Final = (*NAMED_LISTS, *NOTE_LISTS)


async def query_of_articles(read: Reader, perspective: Perspective, text: str) -> Query:
    """What `q=` asks for in articles: with the tags and sources that it names, and the notes that have its words.

    Cost: those of `query_with_names` and `with_notes`. Raises: Invalid, Unavailable.
    """
    return await with_notes(read, perspective, await query_with_names(read, perspective, text))


class FoundArticles(NamedTuple):
    """Articles that answer a query, in the order of the list, each with its state.

    `fence` is where the search ended before the list does, as a position.
    """

    articles: list[tuple[Hit, FoundState]]
    fence: Position | None


class ArticleSearch:
    """A list request with words: the query, with the filters that hold beside it."""

    def __init__(self, perspective: Perspective, articles: ArticleFilter, query: Query) -> None:
        self._perspective = perspective
        self._filter = articles
        self._finder = Finder(query)
        self.has_phrases = has_phrases(query)
        # Whether a better version has a phrase too, the index cannot tell.
        self._walked = replace(articles, falls_back=False) if self.has_phrases else articles

    async def page(
        self, read: Reader, position: Position | None, limit: int, *, newest_first: bool, with_body: bool
    ) -> FoundArticles:
        """The first articles from the position on, at most `limit`; with `newest_first` towards the past.

        Of a query with phrases, the articles that have all of its words are read until they have CHECKED_CHARACTERS.
        Cost: that of `nearest` for each view and one statement more; with phrases again for each portion that is read.
        """
        found: list[tuple[Hit, FoundState]] = []
        portion = max(limit, PORTION) if self.has_phrases else limit
        read_characters = 0
        while True:
            hits, fence = await self._nearest(read, position, portion, newest_first=newest_first)
            texts = await self.states(read, [hit.object for hit in hits], with_body=with_body or self.has_phrases)
            answers = await self._answers(read, hits, texts) if self.has_phrases else hits
            found += [(hit, texts[hit.object]) for hit in answers]
            read_characters += sum(len(text.card) + len(text.body or "") for text in texts.values())
            if len(found) >= limit or fence is not None or len(hits) < portion:
                return FoundArticles(found[:limit], fence if len(found) < limit else None)
            position = Position((milliseconds(hits[-1].published_at), hits[-1].object))
            if read_characters >= CHECKED_CHARACTERS:
                return FoundArticles(found, position)

    async def newest(self, read: Reader, most: int, bound: Position | None = None) -> Found:
        """The newest articles that answer, of at most `most` that have all words; only those newer than the bound.

        Order: newest first. `fence`: the bound of what was looked at; None where that is the whole list.
        Cost: that of `nearest` for each view; with phrases one statement more, and each article is read.
        """
        hits, fence = await self._nearest(read, None, most + 1, newest_first=True, bound=bound)
        if len(hits) > most:
            fence = Position((milliseconds(hits[most].published_at), hits[most].object))
            hits = hits[:most]
        if bound is not None:
            hits = [hit for hit in hits if _is_before(hit, bound, newest_first=True)]
        if self.has_phrases:
            texts = await self.states(read, [hit.object for hit in hits], with_body=True)
            hits = await self._answers(read, hits, texts)
        return Found(hits, fence)

    async def scores(self, read: Reader, hits: Sequence[Hit]) -> dict[Hit, int]:
        """How well each of the hits answers. Cost: see `ranking`; once for each view."""
        scores: dict[Hit, int] = {}
        for view in self._views:
            scores |= await ranking.scores(read, self._finder.query, _in_view(hits, view))
        return scores

    async def states(self, read: Reader, objects: Sequence[str], *, with_body: bool) -> dict[str, FoundState]:
        """The states that were searched, by object. Cost: one statement."""
        return await states(read, self._perspective, objects, with_body=with_body)

    async def _answers(self, read: Reader, hits: Sequence[Hit], texts: Mapping[str, FoundState]) -> list[Hit]:
        """Those of the hits whose texts have the phrases; with a fallback, where no better version of theirs has them.

        Cost: none; with a fallback two statements for each view.
        """
        answers = [hit for hit in hits if self.is_answer(texts[hit.object])]
        shape = self._filter.versions(self._perspective.kind, engine_of(read))
        if shape is None:
            return answers
        left_out: set[str] = set()
        for view in self._views:
            objects = [hit.object for hit in _in_view(answers, view)]
            if not objects:
                continue
            count = padded_size(len(objects))
            values = {
                **condition_parameters(self._filter),
                **self._perspective.parameters,
                **list_parameters("object", count, objects),
                "asked": engine_of(read).asked(condition_of(self._finder.query)),
            }
            pairs = await read.rows(better_versions_statement(shape, view, count), values, slow=True)
            better = await self.states(read, sorted({other for _, other in pairs}), with_body=True)
            left_out |= {object_id for object_id, other in pairs if self.is_answer(better[other])}
        return [hit for hit in answers if hit.object not in left_out]

    def is_answer(self, state: FoundState) -> bool:
        """Whether the words are in this state, whatever the index says. It must have been read with its body."""
        return answers(self._finder, searched_texts(from_json(state.card), from_json(state.body or "[]")))

    async def count(self, read: Reader) -> tuple[int, bool]:
        """(how many articles, whether that is exact). Cost: two statements for each view."""
        if self.has_phrases:
            whole = await self.page(read, None, _MOST_HITS, newest_first=True, with_body=True)
            return len(whole.articles), whole.fence is None and len(whole.articles) < _MOST_HITS
        walks = [self._walk(read, view, newest_first=True) for view in self._views]
        numbers = [await number(read, walk, COUNTED_AT_MOST) for walk in walks]
        total = sum(value for value, _ in numbers)
        is_exact = all(exact for _, exact in numbers) and total <= COUNTED_AT_MOST
        return min(total, COUNTED_AT_MOST), is_exact

    def highlighted(self, item: str, state: FoundState) -> str:
        """The card or document with `highlights` and `snippet_html`. The state must have been read with its body."""
        card, body = from_json(state.card), from_json(state.body or "[]")
        parts = [Part("body", "block", [*body_passages(body)])]
        members = highlighted(self._finder, card_passages(card), parts, card["excerpt"])
        return f"{item[:-1]},{to_json(members).decode()[1:]}"

    @property
    def _views(self) -> tuple[View, ...]:
        return self._filter.views or VIEWS[self._perspective.kind]

    async def _nearest(
        self,
        read: Reader,
        position: Position | None,
        limit: int,
        *,
        newest_first: bool,
        bound: Position | None = None,
    ) -> Found:
        """Hits of all views, from the second of the bound on. Of two fences the nearer one ends the walk."""
        walks = [self._walk(read, view, newest_first=newest_first) for view in self._views]
        if bound is not None:
            walks = [walk.bounded(from_milliseconds(bound.values[0])) for walk in walks]
        found = [await nearest(read, walk, position, limit) for walk in walks]
        hits = sorted((hit for each in found for hit in each.hits), key=lambda hit: hit.order, reverse=newest_first)
        fences = [each.fence for each in found if each.fence is not None]
        if not fences:
            return Found(hits[:limit])
        fence = (max if newest_first else min)(fences, key=lambda fence: fence.values)
        hits = [hit for hit in hits if _is_before(hit, fence, newest_first=newest_first)][:limit]
        return Found(hits, fence if len(hits) < limit else None)

    def _walk(self, read: Reader, view: View, *, newest_first: bool) -> Walk:
        shape = condition_shape(self._walked, self._perspective.kind, view, engine_of(read))
        return Walk(
            noun="article",
            view=view,
            condition=condition_of(self._finder.query),
            conditions=conditions_on(shape),
            parameters={**condition_parameters(self._walked), **self._perspective.parameters},
            since=self._filter.bounds.get("published_from"),
            until=self._filter.bounds.get("published_before"),
            newest_first=newest_first,
        )


def _in_view(hits: Sequence[Hit], view: View) -> list[Hit]:
    """Those that were found in this view."""
    span = span_of("article", view)
    return [hit for hit in hits if span.low <= hit.place <= span.high]


def _is_before(hit: Hit, fence: Position, *, newest_first: bool) -> bool:
    here = (milliseconds(hit.published_at), hit.object)
    return here > fence.values if newest_first else here < fence.values
