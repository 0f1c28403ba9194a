"""Tags over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from app.changes import routes as history
from app.changes.schemas import Drafts, RevisionQuery, Revisions
from app.changes.shown import Perspective
from app.deps import Asking, Read, cursors
from app.tags import store as tags
from app.tags.schemas import TagAnswer, TagFields, TagOut, TagPage, TagQuery
from app.web.openapi import NOT_FOUND, PAGED, READ
from app.web.pages import item, page
from app.web.parameters import slug_of, strict_query

router = APIRouter(prefix="/v1/tags", tags=["tags"], dependencies=[Depends(strict_query)], responses=READ)
TagSlug = Annotated[str, slug_of("tag", "trams")]


@router.get("", response_model=TagPage, responses=PAGED)
async def list_tags(request: Request, asking: Asking, read: Read, wanted: Annotated[TagQuery, Query()]) -> Response:
    """Tags, by slug.

    Topics, sections, people, organisations, places, events and series. `include=counts` tells how many articles each
    one lists, those of its descendants among them.
    """
    fields, include = wanted.shape()
    cursor = cursors(request, wanted.filters())
    position = cursor.read(wanted.cursor)
    seen = history.perspective(asking, wanted.perspective)
    async with read.snapshot() as snapshot:
        found = await tags.listed(snapshot, seen, wanted, position)
        included = {"counts": await _counts(snapshot, seen, found.refs)} if include else None
    return await page(request, cursor, found, fields=fields, included=included)


@router.get("/{slug}", response_model=TagAnswer, responses=NOT_FOUND)
async def get_tag(
    request: Request, asking: Asking, read: Read, slug: TagSlug, wanted: Annotated[TagFields, Query()]
) -> Response:
    """One tag.

    Its stories are `GET /v1/articles?tag={slug}`.
    """
    fields, include = wanted.shape()
    seen = history.perspective(asking, wanted.perspective)
    revision, document = await tags.get(read, seen, slug)
    included = {"counts": await _counts(read, seen, [slug])} if include else None
    return await item(request, document, revision, fields=fields, included=included)


@router.get("/{slug}/revisions", response_model=Revisions, responses={**PAGED, **NOT_FOUND})
async def list_tag_revisions(
    request: Request, asking: Asking, read: Read, slug: TagSlug, wanted: Annotated[RevisionQuery, Query()]
) -> Response:
    """The history of a tag.

    Every state of it that was public, newest first.
    """
    seen = history.perspective(asking, wanted.perspective)
    await tags.get(read, seen, slug)
    return await history.history(request, read, seen, "tag", slug, wanted)


@router.get("/{slug}/revisions/{revision}", response_model=TagOut, responses=NOT_FOUND)
async def get_tag_revision(
    request: Request,
    asking: Asking,
    read: Read,
    slug: TagSlug,
    revision: history.RevisionNumber,
    wanted: Annotated[Drafts, Query()],
) -> Response:
    """A tag as it was at one revision.

    Only revisions that were public are there.
    """
    seen = history.perspective(asking, wanted.perspective)
    await tags.get(read, seen, slug)
    return await history.at_revision(request, read, seen, "tag", slug, revision)


async def _counts(read: Read, seen: Perspective, slugs: list[str]) -> dict[str, str]:
    return {slug: str(n) for slug, n in (await tags.counts(read, seen, slugs)).items()}
