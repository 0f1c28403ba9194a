"""RedirectPage over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic_core import to_json

from app.articles import redirects
from app.articles.redirects import REDIRECTS, RedirectPage, RedirectQuery
from app.deps import Read, SiteZone, cursors
from app.web import spans
from app.web.answers import PAGED, READ
from app.web.caching import cached_response
from app.web.pages import links
from app.web.parameters import strict_query

router = APIRouter(prefix="/v1/redirects", tags=["articles"], dependencies=[Depends(strict_query)], responses=READ)


@router.get("", response_model=RedirectPage, responses=PAGED)
async def list_redirects(
    request: Request, read: Read, zone: SiteZone, query: Annotated[RedirectQuery, Query()]
) -> Response:
    """Former slugs with the present ones, oldest first.

    Of what is public now, for a table of your own: what leads to something else, or is public again, comes again with a
    later `at`. Put each entry into the table, and take its `to` out: that is no former slug, or no longer one. Ask
    `since` a minute before your last request, and nothing is missed. What a slug leads to may be gone meanwhile: the
    API then answers 404 or 410 there.
    """
    cursor = cursors(request, {"since": query.since})
    position = cursor.read(query.cursor)
    items, following = await redirects.page(read, spans.since(query.since, zone), query.limit, position)
    next_cursor = cursor.write(following) if following else None
    body = to_json(RedirectPage.model_construct(items=items, next=next_cursor), by_alias=True)
    headers = links(request, next=next_cursor, prev=None)
    return await cached_response(request, body, names=[REDIRECTS], headers=headers)
