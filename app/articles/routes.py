"""Articles over HTTP."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic_core import to_json

from app.articles import store as articles
from app.articles.schemas import Archive, ArchiveQuery, ArticleCard, ArticleFields, ArticleOut, ArticleQuery
from app.changes import routes as history
from app.changes.schemas import RevisionQuery, Revisions
from app.deps import Read, SiteZone, cursors
from app.web.caching import answer
from app.web.pages import Page, item, page
from app.web.parameters import strict_query

router = APIRouter(prefix="/v1", tags=["articles"], dependencies=[Depends(strict_query)])


@router.get("/articles", response_model=Page[ArticleCard])
async def list_articles(
    request: Request, read: Read, zone: SiteZone, wanted: Annotated[ArticleQuery, Query()]
) -> Response:
    """Articles, newest first."""
    fields, include = wanted.shape()
    cursor = cursors(request, wanted.filters())
    position = cursor.read(wanted.cursor)
    whole = "body" in fields
    async with read.snapshot() as snapshot:
        found = await articles.newest(snapshot, wanted, position, zone, whole=whole)
        included = await articles.included(snapshot, found.items, include)
    return await page(request, cursor, found, fields=fields, included=included)


@router.get("/articles/{ref}", response_model=ArticleOut)
async def get_article(request: Request, read: Read, ref: str, wanted: Annotated[ArticleFields, Query()]) -> Response:
    """One article, by id or slug."""
    fields, include = wanted.shape()
    if not include:
        found = await articles.get(read, ref)
        return _moved(request, ref, found) or await item(request, found.document, found.revision, fields=fields)
    async with read.snapshot() as snapshot:
        found = await articles.get(snapshot, ref)
        included = await articles.included(snapshot, [found.document], include)
    return _moved(request, ref, found) or await item(
        request, found.document, found.revision, fields=fields, included=included
    )


@router.get("/articles/{ref}/revisions", response_model=Revisions)
async def list_article_revisions(
    request: Request, read: Read, ref: str, wanted: Annotated[RevisionQuery, Query()]
) -> Response:
    """The states of an article that were public, newest first."""
    found = await articles.get(read, ref)
    return _moved(request, ref, found) or await history.history(request, read, "article", found.id, wanted)


@router.get("/articles/{ref}/revisions/{revision}", response_model=ArticleOut)
async def get_article_revision(request: Request, read: Read, ref: str, revision: str) -> Response:
    """An article as it was."""
    found = await articles.get(read, ref)
    return _moved(request, ref, found) or await history.at_revision(request, read, "article", found.id, revision)


@router.get("/archive", response_model=Archive)
async def get_archive(request: Request, read: Read, wanted: Annotated[ArchiveQuery, Query()]) -> Response:
    """How many articles each year, month or day has."""
    periods = await articles.archive(read, wanted)
    return await answer(request, to_json({"items": [{"period": one, "count": n} for one, n in periods]}))


def _moved(request: Request, ref: str, found: articles.Found) -> Response | None:
    """308 to the article's present slug, keeping what follows and the query; None where the address is the right one."""
    if ref in {found.slug, found.id}:
        return None
    path = request.scope["path"].replace(f"/articles/{ref}", f"/articles/{quote(found.slug)}", 1)
    query = request.scope["query_string"].decode("ascii", "ignore")
    return Response(
        status_code=308, headers={"Location": f"{path}?{query}" if query else path, "Cache-Control": "no-store"}
    )
