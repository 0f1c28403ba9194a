"""Sources over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from app.changes import routes as history
from app.changes.schemas import Drafts, RevisionQuery, Revisions
from app.deps import Asking, Read, cursors
from app.sources import store as sources
from app.sources.schemas import SourceFields, SourceOut, SourcePage, SourceQuery
from app.web.openapi import NOT_FOUND, PAGED, READ
from app.web.pages import item, page
from app.web.parameters import slug_of, strict_query

router = APIRouter(prefix="/v1/sources", tags=["sources"], dependencies=[Depends(strict_query)], responses=READ)
SourceSlug = Annotated[str, slug_of("source", "groniv-observatory")]


@router.get("", response_model=SourcePage, responses=PAGED)
async def list_sources(
    request: Request, asking: Asking, read: Read, wanted: Annotated[SourceQuery, Query()]
) -> Response:
    """Sources, by slug.

    The people, organisations, media, channels and documents that gave information, words or pictures. Where the
    newsroom protects a source, `identity` is `withheld` and no real name is stored.
    """
    fields = wanted.shape()
    cursor = cursors(request, wanted.filters())
    position = cursor.read(wanted.cursor)
    seen = history.perspective(asking, wanted.perspective)
    async with read.snapshot() as snapshot:
        found = await sources.listed(snapshot, seen, wanted, position)
    return await page(request, cursor, found, fields=fields)


@router.get("/{slug}", response_model=SourceOut, responses=NOT_FOUND)
async def get_source(
    request: Request, asking: Asking, read: Read, slug: SourceSlug, wanted: Annotated[SourceFields, Query()]
) -> Response:
    """One source.

    Its stories are `GET /v1/articles?source={slug}`, those that quote it with `&role=said_by`.
    """
    fields = wanted.shape()
    seen = history.perspective(asking, wanted.perspective)
    revision, document = await sources.get(read, seen, slug)
    return await item(request, document, revision, fields=fields)


@router.get("/{slug}/revisions", response_model=Revisions, responses={**PAGED, **NOT_FOUND})
async def list_source_revisions(
    request: Request, asking: Asking, read: Read, slug: SourceSlug, wanted: Annotated[RevisionQuery, Query()]
) -> Response:
    """The history of a source.

    Every state of it that was public, newest first.
    """
    seen = history.perspective(asking, wanted.perspective)
    await sources.get(read, seen, slug)
    return await history.history(request, read, seen, "source", slug, wanted)


@router.get("/{slug}/revisions/{revision}", response_model=SourceOut, responses=NOT_FOUND)
async def get_source_revision(
    request: Request,
    asking: Asking,
    read: Read,
    slug: SourceSlug,
    revision: history.RevisionNumber,
    wanted: Annotated[Drafts, Query()],
) -> Response:
    """A source as it was at one revision.

    Only revisions that were public are there.
    """
    seen = history.perspective(asking, wanted.perspective)
    await sources.get(read, seen, slug)
    return await history.at_revision(request, read, seen, "source", slug, revision)
