"""Quotes over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic_core import to_json

from app.articles import quotes
from app.articles.quote_schemas import QuotePage, QuoteQuery
from app.changes.views import perspective_of
from app.deps import OptionalCaller, Read, SiteZone, cursors
from app.index.asking import check_has_no_headline, check_made
from app.sources.naming import SOURCE_LIST, query_with_sources
from app.web.answers import PAGED, READ
from app.web.caching import cached_response
from app.web.pages import links
from app.web.parameters import strict_query

router = APIRouter(prefix="/v1/quotes", tags=["articles"], dependencies=[Depends(strict_query)], responses=READ)


@router.get("", response_model=QuotePage, responses=PAGED)
async def list_quotes(
    request: Request, caller: OptionalCaller, read: Read, zone: SiteZone, query: Annotated[QuoteQuery, Query()]
) -> Response:
    """Quotes of all stories: who said what, the newest story first.

    Each quote block is an item, with the speaker as a slug and as written there. A page may be short, or empty, while
    `next` is set.
    """
    include = query.includes()
    cursor = cursors(request, query.model_dump(exclude={"limit", "cursor", "include"}))
    position = cursor.read(query.cursor)
    perspective = perspective_of(caller, query.perspective)
    async with read.snapshot() as snapshot:
        words = None if query.q is None else await query_with_sources(snapshot, perspective, query.q)
        if words is None:
            await check_made(snapshot)
        else:
            check_has_no_headline(words, "quotes")
        page = await quotes.page(snapshot, perspective, query, position, zone, words)
    next_cursor = cursor.write(page.next) if page.next else None
    included = {"articles": {quote.card["id"]: quote.card for quote in page.quotes}} if include else {}
    body = to_json({"items": [*map(_item, page.quotes)], "next": next_cursor, "included": included})
    names = [*quotes.list_of(query).names, *([SOURCE_LIST] if words else ())]
    headers = links(request, next=next_cursor, prev=None)
    return await cached_response(request, body, names=names, headers=headers)


def _item(quote: quotes.QuoteOfStory) -> dict[str, Any]:
    block = quote.block
    return {
        "article": quote.card["id"],
        "block": block["id"],
        "html": block["html"],
        "text": quote.text,
        "source": block["source"],
        "attribution": block["attribution"],
        "verbatim": block["verbatim"],
        "language": quote.language,
        "published_at": quote.card["published_at"],
    }
