"""Sources over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from app.changes import routes as history
from app.changes.schemas import RevisionQuery, Revisions
from app.deps import Read, cursors
from app.sources import store as sources
from app.sources.schemas import SourceFields, SourceOut, SourceQuery
from app.web.pages import Page, item, page
from app.web.parameters import strict_query

router = APIRouter(prefix="/v1/sources", tags=["sources"], dependencies=[Depends(strict_query)])


@router.get("", response_model=Page[SourceOut])
async def list_sources(request: Request, read: Read, wanted: Annotated[SourceQuery, Query()]) -> Response:
    """Sources, by slug."""
    fields = wanted.shape()
    cursor = cursors(request, wanted.filters())
    position = cursor.read(wanted.cursor)
    async with read.snapshot() as snapshot:
        found = await sources.listed(snapshot, wanted, position)
    return await page(request, cursor, found, fields=fields)


@router.get("/{slug}", response_model=SourceOut)
async def get_source(request: Request, read: Read, slug: str, wanted: Annotated[SourceFields, Query()]) -> Response:
    """One source."""
    fields = wanted.shape()
    revision, document = await sources.get(read, slug)
    return await item(request, document, revision, fields=fields)


@router.get("/{slug}/revisions", response_model=Revisions)
async def list_source_revisions(
    request: Request, read: Read, slug: str, wanted: Annotated[RevisionQuery, Query()]
) -> Response:
    """The states of a source, newest first."""
    await sources.get(read, slug)
    return await history.history(request, read, "source", slug, wanted)


@router.get("/{slug}/revisions/{revision}", response_model=SourceOut)
async def get_source_revision(request: Request, read: Read, slug: str, revision: str) -> Response:
    """A source as it was."""
    await sources.get(read, slug)
    return await history.at_revision(request, read, "source", slug, revision)
