"""One ranked list of articles, notes, sources and tags that have the words of a query.

Of each noun the newest MOST_RANKED with the words are ranked (`index/ranking.py`). A score depends on its object alone:
what is published or removed between two pages moves nothing else in the list.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json

from app.articles.mistyped import public_headlines
from app.changes.models import Noun
from app.changes.views import Perspective
from app.db import Reader, milliseconds
from app.index import asking, ranking
from app.index.checking import CHECKED_AT_MOST, answers
from app.index.hits import Hit, nearest
from app.index.keys import condition_of, has_phrases
from app.index.states import FoundState, states
from app.notes.mistyped import public_headings
from app.notes.naming import with_notes
from app.paging import Position
from app.search.texts import searched_texts, snippet
from app.search.walks import NOUNS, walks
from app.sources.naming import objects_named, public_names, query_with_sources, with_names
from app.words.matching import Finder
from app.words.queries import Query


class RankedHit(NamedTuple):
    """A hit, and how well it answers."""

    score: float
    hit: Hit
    noun: Noun

    @property
    def order(self) -> tuple[Any, ...]:
        """What places it in the list: score, date, noun, id."""
        return self.score, milliseconds(self.hit.published_at), -NOUNS.index(self.noun), self.hit.object


class RankedPage(NamedTuple):
    """Items as JSON, and where the next page begins; None at the end of the list."""

    items: list[str]
    next: Position | None


async def queries_by_noun(
    read: Reader, perspective: Perspective, text: str, nouns: Sequence[Noun]
) -> dict[Noun, Query]:
    """What a text asks for in each of these nouns. Tags and sources are found by their own words alone.

    Cost: that of `query_with_sources`, `with_names` and `with_notes`. Raises: Invalid, Unavailable.
    """
    query = await query_with_sources(read, perspective, text)
    queries: dict[Noun, Query] = {noun: query for noun in nouns if noun in {"tag", "source"}}
    if "note" in nouns or "article" in nouns:
        query = await with_names(read, perspective, query)
    if "note" in nouns:
        queries["note"] = query
    if "article" in nouns:
        queries["article"] = await with_notes(read, perspective, query)
    return queries


async def ranked_page(
    read: Reader, perspective: Perspective, queries: Mapping[Noun, Query], position: Position | None, limit: int
) -> RankedPage:
    """The best objects behind the position, at most `limit`, each answering the query of its noun.

    Of queries with phrases, CHECKED_AT_MOST of the objects that have all words are read for one page.
    Order: by score, then the newest, then tags, sources, notes, articles.
    Cost: for each noun that of `nearest` and of `scores`; one statement for the states, with phrases again for each
    `limit` that is read.
    """
    own_words = queries.get("tag", queries.get("source"))
    named = await objects_named(read, perspective, own_words) if own_words is not None else set()
    ranked = [each for noun, query in queries.items() for each in await _ranked(read, perspective, noun, query, named)]
    ranked.sort(key=lambda each: each.order, reverse=True)
    if position is not None:
        ranked = [each for each in ranked if each.order < position.values]
    finders = {noun: Finder(query) for noun, query in queries.items()}
    items: list[str] = []
    looked_at = ranked[:CHECKED_AT_MOST]
    for start in range(0, len(looked_at), limit):
        portion = looked_at[start : start + limit]
        found = await states(read, perspective, [each.hit.object for each in portion], with_body=True)
        for each in portion:
            item = _item(each, found[each.hit.object], finders[each.noun])
            items += [item] if item is not None else []
            if len(items) == limit:
                return RankedPage(items, Position(each.order) if each is not ranked[-1] else None)
    return RankedPage(items, Position(looked_at[-1].order) if len(ranked) > len(looked_at) else None)


async def did_you_mean(read: Reader, perspective: Perspective, text: str, nouns: Sequence[Noun]) -> str | None:
    """The text as it may have been meant, if these nouns have that. See `asking.did_you_mean`."""

    async def finds(meant: str) -> bool:
        queries = await queries_by_noun(read, perspective, meant, nouns)
        return bool((await ranked_page(read, perspective, queries, None, 1)).items)

    texts = await public_names(read)
    if "note" in nouns:
        texts += await public_headings(read)
    if "article" in nouns:
        texts += await public_headlines(read)
    return await asking.did_you_mean(text, texts, finds)


async def _ranked(read: Reader, perspective: Perspective, noun: Noun, query: Query, named: set[str]) -> list[RankedHit]:
    """The newest hits, at most MOST_RANKED from each view, with their scores: 1 for those named, else 0.5 at most."""
    ranked: list[RankedHit] = []
    for walk in walks(noun, perspective, condition_of(query)):
        hits = (await nearest(read, walk, None, ranking.MOST_RANKED)).hits
        most = ranking.WEIGHTS["headline"] * len(query.required)
        for hit, score in (await ranking.scores(read, query, hits)).items():
            part = round(score / most, 4) / 2
            ranked.append(RankedHit(1.0 if hit.object in named else part, hit, noun))
    return ranked


def _item(ranked: RankedHit, state: FoundState, finder: Finder) -> str | None:
    """The JSON of an item; None where the state does not answer after all."""
    noun, card, body = ranked.noun, from_json(state.card), from_json(state.body or "[]")
    if has_phrases(finder.query) and not answers(finder, searched_texts(noun, card, body)):
        return None
    members = {
        "noun": noun,
        "ref": ranked.hit.object if noun == "article" else card["slug"],
        "score": ranked.score,
        "snippet_html": snippet(finder, noun, card, body),
    }
    return f'{to_json(members).decode()[:-1]},"card":{state.card}}}'
