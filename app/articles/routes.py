"""Articles over HTTP."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from pydantic_core import to_json

from app.articles import store as articles
from app.articles.schemas import (
    Archive,
    ArchiveQuery,
    ArticleAnswer,
    ArticleFields,
    ArticleOut,
    ArticlePage,
    ArticleQuery,
)
from app.changes import routes as history
from app.changes.schemas import Drafts, RevisionQuery, Revisions
from app.deps import Asking, Read, SiteZone, cursors
from app.web.caching import answer
from app.web.openapi import MOVED, NOT_FOUND, PAGED, READ, WITHDRAWN
from app.web.pages import item, page
from app.web.parameters import Asked, described, strict_query

router = APIRouter(prefix="/v1", tags=["articles"], dependencies=[Depends(strict_query)], responses=READ)
ArticleRef = Annotated[
    str,
    Path(
        description="Id or slug of the article. A former slug answers 308.", examples=["the-tram-that-carries-nobody"]
    ),
]
ONE = {**MOVED, **NOT_FOUND, **WITHDRAWN}


@router.get("/articles", response_model=ArticlePage, responses=PAGED, openapi_extra=described(ArticleQuery))
async def list_articles(
    request: Request,
    asking: Asking,
    read: Read,
    zone: SiteZone,
    wanted: Annotated[ArticleQuery, Depends(Asked(ArticleQuery))],
) -> Response:
    """Articles, newest first.

    All filters hold together. Items are cards: without `body` unless `fields` names it. Keep filters and sort while you
    follow `next`: a page never repeats or loses a story, whatever is published meanwhile.
    """
    fields, include = wanted.shape()
    cursor = cursors(request, wanted.filters())
    position = cursor.read(wanted.cursor)
    seen = history.perspective(asking, wanted.perspective)
    whole = "body" in fields
    async with read.snapshot() as snapshot:
        found = await articles.newest(snapshot, seen, wanted, position, zone, whole=whole)
        included = await articles.included(snapshot, seen, found.items, include)
    return await page(request, cursor, found, fields=fields, included=included)


@router.get("/articles/{ref}", response_model=ArticleAnswer, responses=ONE)
async def get_article(
    request: Request, asking: Asking, read: Read, ref: ArticleRef, wanted: Annotated[ArticleFields, Query()]
) -> Response:
    """One article, by id or slug.

    A former slug of the article answers 308 and leads to the present one; a withdrawn article answers 410 and says why.
    The body is a list of typed blocks; tags, sources and notes appear by slug, and `include` puts them beside it.
    """
    fields, include = wanted.shape()
    seen = history.perspective(asking, wanted.perspective)
    if not include:
        found = await articles.get(read, seen, ref)
        return _moved(request, ref, found) or await item(request, found.document, found.revision, fields=fields)
    async with read.snapshot() as snapshot:
        found = await articles.get(snapshot, seen, ref)
        included = await articles.included(snapshot, seen, [found.document], include)
    return _moved(request, ref, found) or await item(
        request, found.document, found.revision, fields=fields, included=included
    )


@router.get("/articles/{ref}/revisions", response_model=Revisions, responses={**PAGED, **ONE})
async def list_article_revisions(
    request: Request, asking: Asking, read: Read, ref: ArticleRef, wanted: Annotated[RevisionQuery, Query()]
) -> Response:
    """The history of an article.

    Every state of it that was public, newest first.
    """
    seen = history.perspective(asking, wanted.perspective)
    found = await articles.get(read, seen, ref)
    return _moved(request, ref, found) or await history.history(request, read, seen, "article", found.id, wanted)


@router.get("/articles/{ref}/revisions/{revision}", response_model=ArticleOut, responses=ONE)
async def get_article_revision(
    request: Request,
    asking: Asking,
    read: Read,
    ref: ArticleRef,
    revision: history.RevisionNumber,
    wanted: Annotated[Drafts, Query()],
) -> Response:
    """An article as it was at one revision.

    Only revisions that were public are there.
    """
    seen = history.perspective(asking, wanted.perspective)
    found = await articles.get(read, seen, ref)
    return _moved(request, ref, found) or await history.at_revision(request, read, seen, "article", found.id, revision)


@router.get("/archive", response_model=Archive)
async def get_archive(
    request: Request, asking: Asking, read: Read, wanted: Annotated[ArchiveQuery, Query()]
) -> Response:
    """How many articles each year, month or day has.

    Periods in which something was published, oldest first, in the site's zone. They are kept counted, so this is cheap
    however many articles there are.
    """
    periods = await articles.archive(read, history.perspective(asking, wanted.perspective), wanted)
    return await answer(request, to_json({"items": [{"period": one, "count": n} for one, n in periods]}))


def _moved(request: Request, ref: str, found: articles.Found) -> Response | None:
    """308 to the article's present slug, keeping what follows and the query; None where the address is right."""
    if ref in {found.slug, found.id}:
        return None
    path = request.scope["path"].replace(f"/articles/{ref}", f"/articles/{quote(found.slug)}", 1)
    query = request.scope["query_string"].decode("ascii", "ignore")
    return Response(
        status_code=308, headers={"Location": f"{path}?{query}" if query else path, "Cache-Control": "no-store"}
    )
