"""Search and suggestions over HTTP."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic_core import to_json

from app.articles.search import WORD_LISTS
from app.changes.models import Noun
from app.changes.views import perspective_of
from app.deps import OptionalCaller, Read, cursors
from app.search.ranking import did_you_mean, queries_by_noun, ranked_page
from app.search.schemas import SearchPage, SearchQuery, Suggestions, SuggestQuery
from app.search.suggesting import suggestions
from app.search.walks import NOUNS
from app.web.answers import PAGED, READ
from app.web.caching import cached_response
from app.web.pages import links
from app.web.parameters import strict_query

router = APIRouter(prefix="/v1", tags=["search"], dependencies=[Depends(strict_query)], responses=READ)


@router.get("/search", response_model=SearchPage, responses=PAGED)
async def search_content(
    request: Request, caller: OptionalCaller, read: Read, query: Annotated[SearchQuery, Query()]
) -> Response:
    """Articles, notes, sources and tags in one list, the best first.

    `q` is read as on `/v1/articles`. A word counts most in a headline or a name, less in a standfirst, a quote and the
    body; of equal items the newest come first. Of each noun the newest 2,000 with the words are ranked.
    """
    cursor = cursors(request, {"q": query.q, "noun": query.noun, "perspective": query.perspective})
    position = cursor.read(query.cursor)
    perspective = perspective_of(caller, query.perspective)
    nouns = query.noun or NOUNS
    async with read.snapshot() as snapshot:
        queries = await queries_by_noun(snapshot, perspective, query.q, nouns)
        page = await ranked_page(snapshot, perspective, queries, position, query.limit)
        meant: str | None = None
        if position is None and not page.items and page.next is None:
            meant = await did_you_mean(snapshot, perspective, query.q, nouns)
    next_cursor = cursor.write(page.next) if page.next else None
    rest = to_json({"next": next_cursor, "did_you_mean": meant})
    body = b'{"items":[%s],%s' % (",".join(page.items).encode(), rest[1:])
    headers = links(request, next=next_cursor, prev=None)
    return await cached_response(request, body, names=[*_lists(nouns), *WORD_LISTS], headers=headers)


@router.get("/suggest", response_model=Suggestions)
async def suggest_content(
    request: Request, caller: OptionalCaller, read: Read, query: Annotated[SuggestQuery, Query()]
) -> Response:
    """What somebody who types may mean.

    Tags by their labels, sources by names and aliases, notes and articles by headline, which have all the words; the
    last one may be begun, in either alphabet. First comes what begins with the first word, then tags, sources, notes
    and articles, the newest first: of each noun the newest 20 are looked at whose words begin alike.
    """
    perspective = perspective_of(caller, query.perspective)
    nouns = query.noun or NOUNS
    async with read.snapshot() as snapshot:
        items = await suggestions(snapshot, perspective, query.q, nouns)
    return await cached_response(request, to_json(Suggestions(items=items)), names=_lists(nouns))


def _lists(nouns: Sequence[Noun]) -> list[str]:
    return [f"{noun}s" for noun in nouns]
