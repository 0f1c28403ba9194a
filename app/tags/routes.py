"""Tags over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic_core import to_json

from app.changes import routes as history
from app.changes.schemas import RevisionQuery, Revisions
from app.deps import Read, cursors
from app.tags import store as tags
from app.tags.schemas import TagFields, TagOut, TagQuery
from app.web.pages import Page, item, page
from app.web.parameters import strict_query

router = APIRouter(prefix="/v1/tags", tags=["tags"], dependencies=[Depends(strict_query)])


@router.get("", response_model=Page[TagOut])
async def list_tags(request: Request, read: Read, wanted: Annotated[TagQuery, Query()]) -> Response:
    """Tags, by slug."""
    fields, include = wanted.shape()
    cursor = cursors(request, wanted.filters())
    position = cursor.read(wanted.cursor)
    async with read.snapshot() as snapshot:
        found = await tags.listed(snapshot, wanted, position)
        included = {"counts": await _counts(snapshot, found.refs)} if include else None
    return await page(request, cursor, found, fields=fields, included=included)


@router.get("/{slug}", response_model=TagOut)
async def get_tag(request: Request, read: Read, slug: str, wanted: Annotated[TagFields, Query()]) -> Response:
    """One tag."""
    fields, include = wanted.shape()
    revision, document = await tags.get(read, slug)
    included = {"counts": await _counts(read, [slug])} if include else None
    return await item(request, document, revision, fields=fields, included=included)


@router.get("/{slug}/revisions", response_model=Revisions)
async def list_tag_revisions(
    request: Request, read: Read, slug: str, wanted: Annotated[RevisionQuery, Query()]
) -> Response:
    """The states of a tag, newest first."""
    await tags.get(read, slug)
    return await history.history(request, read, "tag", slug, wanted)


@router.get("/{slug}/revisions/{revision}", response_model=TagOut)
async def get_tag_revision(request: Request, read: Read, slug: str, revision: str) -> Response:
    """A tag as it was."""
    await tags.get(read, slug)
    return await history.at_revision(request, read, "tag", slug, revision)


async def _counts(read: Read, slugs: list[str]) -> dict[str, bytes]:
    return {slug: to_json(n) for slug, n in (await tags.counts(read, slugs)).items()}
