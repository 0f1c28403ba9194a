"""Says of a request for a list of articles what was asked, and which index answers it. Knows nothing of the answer."""

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from app.articles import listing
from app.articles.facets import MOST_COUNTED, Facets
from app.articles.filters import EVERYTHING, LOOKED_AT, ArticleFilter
from app.articles.query_schemas import CHANGED_LAST, DESK_SORTS, RELEVANCE, ArticleQuery
from app.changes.views import DRAFTS, Perspective
from app.db import Reader
from app.index.ranking import MOST_RANKED
from app.publishing.statuses import DUE_FIRST
from app.web.explanations import filters_in_words, joined

# What each filter asks of an article. A repeated filter asks it once for each time.
WORDING: Final = {
    "tag": "with the tag {}",
    "tag_not": "without the tag {}",
    "section": "in the section {}",
    "source": "resting on the source {}",
    "role": "in the role {}",
    "note": "using the note {}",
    "has": "with a {}",
    "genre": "of the genre {}",
    "flag": "flagged as {}",
    "ai": "with the part of AI stated as {}",
    "origin": "that came from {}",
    "language": "in the language {}",
    "fallback": "else in {}, each story once in the first of these",
    "status": "with the status {}",
    "working_copy": "being working copies: {}",
    "date": "published in {}",
    "published_from": "published from {} on",
    "published_to": "published up to {}",
    "updated_since": "updated since {}",
    "modified_since": "changed since {}",
    "tz": "with dates read in {}",
    "q": "answering the words {}",
}
_ORDERS: Final = {
    "-published_at": "the newest first",
    "published_at": "the oldest first",
    "-updated_at": "those updated last first",
    "updated_at": "those updated last at the end",
    CHANGED_LAST: "those changed last first",
    DUE_FIRST: "those due next first",
    RELEVANCE: "the most relevant first",
}


def sentence(query: ArticleQuery) -> str:
    """What is asked, in plain English. It depends on the query alone."""
    if query.perspective is None:
        subject = "Published articles"
    elif query.perspective == DRAFTS:
        subject = "The newest states of all articles"
    else:
        subject = f"Articles as they will be public at {query.perspective}"
    if query.ids:
        return f"{subject}, those with the {len(query.ids)} given ids in their order{filters_in_words(query, WORDING)}."
    facets = f", with the facets {joined(query.facet_names(), 'and')}" if query.facets else ""
    order = f"{_ORDERS[query.sort]}, at most {query.limit} on a page"
    return f"{subject}{filters_in_words(query, WORDING)}; {order}{facets}."


async def index(
    read: Reader, perspective: Perspective, query: ArticleQuery, site_zone: ZoneInfo, facets: Facets | None
) -> str:
    """Which index answers the query. Cost: one statement where several filters meet, else none."""
    articles = ArticleFilter.of(query, site_zone)
    if query.ids:
        text = "Entries of articles by id"
    elif query.q is not None:
        text = (
            "Index of words, from the newest hit on"
            if articles.descending
            else "Index of words, from the oldest hit on"
        )
        text += f"; the newest {MOST_RANKED:,} are ranked" if query.sort == RELEVANCE else ""
    elif query.sort in DESK_SORTS:
        text = _entries(articles, query.sort)
    else:
        text = await _lists(read, perspective, articles)
    if facets is not None:
        sources = (
            ("counters for {}", [name for name in facets.members if name not in facets.counted]),
            (f"at most {MOST_COUNTED:,} articles counted for {{}}", facets.counted),
        )
        text += "".join(f"; {source.format(joined(names, 'and'))}" for source, names in sources if names)
    return f"{text}."


def _entries(articles: ArticleFilter, sort: str) -> str:
    text = f"Entries of articles by {sort.removeprefix('-')}"
    looked_up = [name for group in (*articles.groups, *articles.without) for name in group.names]
    return text + _looks(looked_up, articles)


def _looks(names: Sequence[str], articles: ArticleFilter) -> str:
    """What each article of the walk is looked up in, besides these lists; empty for nothing."""
    places = [*names, *(["other versions of its story"] if articles.falls_back else [])]
    if not places:
        return ""
    return f"; each article is looked up in {joined(places, 'and')}, at most {LOOKED_AT:,} of them for a page"


async def _lists(read: Reader, perspective: Perspective, articles: ArticleFilter) -> str:
    """The lists that are walked: those of the filter that matches the fewest articles."""
    others: Sequence[str] = ()
    if len(articles.groups) > 1:
        articles, _ = await listing.rarest_first(read, perspective, articles)
        others = [name for group in articles.groups[1:] for name in group.names]
    names = articles.groups[0].names if articles.groups else EVERYTHING
    order = "updated_at" if articles.by_updated else "published_at"
    text = f"{'Lists' if len(names) > 1 else 'List'} {joined(names, 'and')} by {order}"
    return text + _looks(others, articles)
