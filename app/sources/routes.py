"""Sources over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from app.changes.history_routes import RevisionNumber, revision_response, revisions_response
from app.changes.schemas import Drafts, RevisionPage, RevisionQuery
from app.changes.views import Perspective, perspective_of
from app.changes.writing_routes import WriteTransaction, created_response, deleted_response, written_response
from app.content.blocks import Role
from app.deps import NeedsScope, OptionalCaller, Read, cursors
from app.paging import Included
from app.sources import store as sources
from app.sources.schemas import (
    SourceFields,
    SourceIn,
    SourceOut,
    SourcePage,
    SourcePut,
    SourceQuery,
    SourceSelection,
    SourceWritten,
)
from app.web.answers import CONFLICT, CREATED, DONE, NOT_FOUND, PAGED, READ, WRITTEN, put_responses
from app.web.bodies import JSON, MERGE_PATCH, JsonBody
from app.web.caller import permitted
from app.web.conditions import IfMatch
from app.web.merging import Patch, patch_of
from app.web.pages import item_response, page_response
from app.web.parameters import slug_path, strict_query

router = APIRouter(prefix="/v1/sources", tags=["sources"], dependencies=[Depends(strict_query)], responses=READ)
DraftsQuery = Annotated[Drafts, Query()]
SourceSlug = Annotated[str, slug_path("source", "groniv-observatory")]


@router.get("", response_model=SourcePage, responses=PAGED)
async def list_sources(
    request: Request, caller: OptionalCaller, read: Read, query: Annotated[SourceQuery, Query()]
) -> Response:
    """Sources, by slug.

    The people, organisations, media, channels and documents that gave information, words or pictures. Where the
    newsroom protects a source, `identity` is `withheld` and no real name is stored. `role=author&include=counts` is
    the list of authors with how many stories each has.
    """
    fields, counted = query.shape(), query.counts_stories
    cursor = cursors(request, query.filters())
    position = cursor.read(query.cursor)
    perspective = perspective_of(caller, query.perspective)
    async with read.snapshot() as snapshot:
        page = await sources.page(snapshot, perspective, query, position)
        included = await _counts(snapshot, perspective, page.refs, query.role) if counted else None
    return await page_response(request, cursor, page, names=query.list_names(), fields=fields, included=included)


@router.get("/{slug}", response_model=SourceOut | SourceSelection, responses=NOT_FOUND)
async def get_source(
    request: Request, caller: OptionalCaller, read: Read, slug: SourceSlug, query: Annotated[SourceFields, Query()]
) -> Response:
    """One source.

    Its stories are `GET /v1/articles?source={slug}`, those that quote it with `&role=said_by`.
    """
    fields = query.shape()
    perspective = perspective_of(caller, query.perspective)
    revision, document = await sources.get(read, perspective, slug)
    return await item_response(request, document, revision, name=f"source:{slug}", fields=fields)


@router.get("/{slug}/revisions", response_model=RevisionPage, responses={**PAGED, **NOT_FOUND})
async def list_source_revisions(
    request: Request, caller: OptionalCaller, read: Read, slug: SourceSlug, query: Annotated[RevisionQuery, Query()]
) -> Response:
    """The history of a source.

    Every state of it that was public, newest first.
    """
    perspective = perspective_of(caller, query.perspective)
    await sources.get(read, perspective, slug)
    return await revisions_response(request, read, perspective, "source", slug, query)


@router.get("/{slug}/revisions/{revision}", response_model=SourceOut, responses=NOT_FOUND)
async def get_source_revision(
    request: Request, caller: OptionalCaller, read: Read, slug: SourceSlug, revision: RevisionNumber, query: DraftsQuery
) -> Response:
    """A source as it was at one revision.

    Only revisions that were public are there.
    """
    perspective = perspective_of(caller, query.perspective)
    await sources.get(read, perspective, slug)
    return await revision_response(request, read, perspective, "source", slug, revision)


async def _counts(read: Read, perspective: Perspective, slugs: list[str], role: Role | None) -> Included:
    counts = {slug: str(n) for slug, n in (await sources.counts(read, perspective, slugs, role)).items()}
    return Included({"counts": counts}, [f"articles:source{f'.{role}' if role else ''}:{slug}" for slug in slugs])


# --- the desk ----------------------------------------------------------------------------------------------------

WRITE = Depends(NeedsScope("content:write"))
SourcePatch = Annotated[Patch, Depends(JsonBody(patch_of(SourceIn), JSON, MERGE_PATCH))]


@router.post("", status_code=201, response_model=SourceWritten, responses={**CREATED, **CONFLICT}, dependencies=[WRITE])
async def create_source(
    body: Annotated[SourceIn, Depends(JsonBody(SourceIn))], transaction: WriteTransaction
) -> Response:
    """Make a source.

    The desk alone sees it until something public names it; from then on it is public.
    """
    return created_response(transaction, await sources.create(transaction, body), "/v1/sources")


@router.put("/{slug}", response_model=SourceWritten, responses=put_responses(SourceWritten), dependencies=[WRITE])
async def put_source(
    slug: SourceSlug,
    body: Annotated[SourcePut, Depends(JsonBody(SourcePut))],
    if_match: IfMatch,
    transaction: WriteTransaction,
) -> Response:
    """Make or replace the source of this slug.

    What is left out goes back to its default. Replacing takes If-Match with the ETag you have seen; making goes
    without.
    """
    before = await sources.find(transaction, slug)
    if_match.check(None if before is None else before.newest.revision)
    written = await sources.put(transaction, slug, body, before)
    if before is None:
        return created_response(transaction, written, "/v1/sources")
    return written_response(transaction, written)


@router.patch(
    "/{slug}", response_model=SourceWritten, responses={**WRITTEN, **NOT_FOUND, **CONFLICT}, dependencies=[WRITE]
)
async def update_source(
    slug: SourceSlug, patch: SourcePatch, if_match: IfMatch, transaction: WriteTransaction
) -> Response:
    """Change some fields of a source.

    A merge patch: what is absent stays, null clears, texts by language merge, lists are replaced. The slug never
    changes.
    """
    before = await sources.lock(transaction, slug)
    if_match.check(before.newest.revision)
    return written_response(transaction, await sources.update(transaction, slug, patch, before))


@router.delete("/{slug}", status_code=204, responses={**DONE, **NOT_FOUND, **CONFLICT}, dependencies=[WRITE])
async def delete_source(
    slug: SourceSlug, if_match: IfMatch, caller: OptionalCaller, transaction: WriteTransaction
) -> Response:
    """Delete a source.

    What is public needs `content:publish` too. Refused while an article, a note or another source refers to it.
    """
    before = await sources.lock(transaction, slug)
    if before.is_public:
        permitted(caller, "content:publish")
    if_match.check(before.newest.revision)
    await sources.delete(transaction, slug, before)
    return deleted_response(transaction)
