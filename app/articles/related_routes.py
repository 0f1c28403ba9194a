"""Related stories over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic_core import to_json

from app.articles import store as articles
from app.articles.filters import EVERYTHING
from app.articles.related import related
from app.articles.related_schemas import RelatedArticles, RelatedQuery
from app.articles.routes import ONE, ArticleRef, moved_response
from app.changes.views import perspective_of
from app.deps import OptionalCaller, Read
from app.index.asking import check_made
from app.web.answers import READ
from app.web.caching import cached_response
from app.web.parameters import strict_query

router = APIRouter(prefix="/v1", tags=["articles"], dependencies=[Depends(strict_query)], responses=READ)


@router.get("/articles/{ref}/related", response_model=RelatedArticles, responses=ONE)
async def list_related_articles(
    request: Request, caller: OptionalCaller, read: Read, ref: ArticleRef, query: Annotated[RelatedQuery, Query()]
) -> Response:
    """Stories related to one, and why.

    First those that its editors named, then others in its language: with tags, sources, reference notes or words of the
    headline in common, which count the more the fewer stories have them.
    """
    perspective = perspective_of(caller, query.perspective)
    async with read.snapshot() as snapshot:
        article = await articles.get(snapshot, perspective, ref)
        if moved := moved_response(request, ref, article):
            return moved
        await check_made(snapshot)
        stories = await related(snapshot, perspective, article.document, query.limit)
    items = [
        b'{"card":%s,%s' % (story.card.encode(), to_json({"by": story.by, "because": story.because})[1:])
        for story in stories
    ]
    # Any story may have more in common with this one than those that are shown.
    names = [f"article:{article.id}", *EVERYTHING]
    return await cached_response(request, b'{"items":[%s]}' % b",".join(items), names=names)
