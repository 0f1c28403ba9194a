"""Suggests a corrected `q` for a list of articles that is empty."""

from typing import Final
from zoneinfo import ZoneInfo

from pydantic_core import from_json

from app.articles import listing
from app.articles.query_schemas import ArticleFilters
from app.articles.search import query_of_articles
from app.changes.views import EVERYONE, Perspective
from app.db import Reader
from app.index import asking
from app.sources.naming import public_names

PUBLIC_HEADLINES: Final = 500
# The lists on which the suggestion depends: purge keys of an answer with one.
PUBLIC_LISTS: Final = ("articles", "sources", "tags")


async def public_headlines(read: Reader) -> list[str]:
    """The newest headlines. Cost: one statement."""
    newest = ArticleFilters().model_copy(update={"limit": PUBLIC_HEADLINES})
    cards = (await listing.newest(read, EVERYONE, newest, None, ZoneInfo("UTC"))).items
    return [from_json(card)["headline"] for card in cards]


async def did_you_mean(
    read: Reader, perspective: Perspective, query: ArticleFilters, text: str, zone: ZoneInfo
) -> str | None:
    """The text of `q` as it may have been meant, if articles with these filters have that: see `asking`."""

    async def finds(meant: str) -> bool:
        words = await query_of_articles(read, perspective, meant)
        first = query.model_copy(update={"limit": 1, "count": False})
        return bool((await listing.newest(read, perspective, first, None, zone, words=words)).items)

    texts = [*await public_headlines(read), *await public_names(read)]
    return await asking.did_you_mean(text, texts, finds)
