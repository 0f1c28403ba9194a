"""Tags over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from app.changes.history_routes import RevisionNumber, revision_response, revisions_response
from app.changes.schemas import Drafts, RevisionPage, RevisionQuery
from app.changes.views import Perspective, perspective_of
from app.changes.writing_routes import WriteTransaction, created_response, deleted_response, written_response
from app.deps import NeedsScope, OptionalCaller, Read, cursors
from app.paging import Included
from app.tags import store as tags
from app.tags.schemas import TagAnswer, TagFields, TagIn, TagOut, TagPage, TagPut, TagQuery, TagSelection, TagWritten
from app.web.answers import CONFLICT, CREATED, DONE, NOT_FOUND, PAGED, READ, WRITTEN, put_responses
from app.web.bodies import JSON, MERGE_PATCH, JsonBody
from app.web.caller import permitted
from app.web.conditions import IfMatch
from app.web.merging import Patch, patch_of
from app.web.pages import item_response, page_response
from app.web.parameters import slug_path, strict_query

router = APIRouter(prefix="/v1/tags", tags=["tags"], dependencies=[Depends(strict_query)], responses=READ)
DraftsQuery = Annotated[Drafts, Query()]
TagSlug = Annotated[str, slug_path("tag", "trams")]


@router.get("", response_model=TagPage, responses=PAGED)
async def list_tags(
    request: Request, caller: OptionalCaller, read: Read, query: Annotated[TagQuery, Query()]
) -> Response:
    """Tags, by slug.

    Topics, sections, people, organisations, places, events and series. `include=counts` tells how many articles each
    one lists, those of its descendants among them.
    """
    fields, include = query.shape()
    cursor = cursors(request, query.filters())
    position = cursor.read(query.cursor)
    perspective = perspective_of(caller, query.perspective)
    async with read.snapshot() as snapshot:
        page = await tags.page(snapshot, perspective, query, position)
        included = await _counts(snapshot, perspective, page.refs) if include else None
    return await page_response(request, cursor, page, names=query.list_names("tag"), fields=fields, included=included)


@router.get("/{slug}", response_model=TagAnswer | TagSelection, responses=NOT_FOUND)
async def get_tag(
    request: Request, caller: OptionalCaller, read: Read, slug: TagSlug, query: Annotated[TagFields, Query()]
) -> Response:
    """One tag.

    Its stories are `GET /v1/articles?tag={slug}`.
    """
    fields, include = query.shape()
    perspective = perspective_of(caller, query.perspective)
    revision, document = await tags.get(read, perspective, slug)
    included = await _counts(read, perspective, [slug]) if include else None
    return await item_response(request, document, revision, name=f"tag:{slug}", fields=fields, included=included)


@router.get("/{slug}/revisions", response_model=RevisionPage, responses={**PAGED, **NOT_FOUND})
async def list_tag_revisions(
    request: Request, caller: OptionalCaller, read: Read, slug: TagSlug, query: Annotated[RevisionQuery, Query()]
) -> Response:
    """The history of a tag.

    Every state of it that was public, newest first.
    """
    perspective = perspective_of(caller, query.perspective)
    await tags.get(read, perspective, slug)
    return await revisions_response(request, read, perspective, "tag", slug, query)


@router.get("/{slug}/revisions/{revision}", response_model=TagOut, responses=NOT_FOUND)
async def get_tag_revision(
    request: Request, caller: OptionalCaller, read: Read, slug: TagSlug, revision: RevisionNumber, query: DraftsQuery
) -> Response:
    """A tag as it was at one revision.

    Only revisions that were public are there.
    """
    perspective = perspective_of(caller, query.perspective)
    await tags.get(read, perspective, slug)
    return await revision_response(request, read, perspective, "tag", slug, revision)


async def _counts(read: Read, perspective: Perspective, slugs: list[str]) -> Included:
    counts = {slug: str(n) for slug, n in (await tags.counts(read, perspective, slugs)).items()}
    return Included({"counts": counts}, [f"articles:tag:{slug}" for slug in slugs])


# --- the desk ----------------------------------------------------------------------------------------------------

WRITE = Depends(NeedsScope("content:write"))
TagPatch = Annotated[Patch, Depends(JsonBody(patch_of(TagIn), JSON, MERGE_PATCH))]


@router.post("", status_code=201, response_model=TagWritten, responses={**CREATED, **CONFLICT}, dependencies=[WRITE])
async def create_tag(body: Annotated[TagIn, Depends(JsonBody(TagIn))], transaction: WriteTransaction) -> Response:
    """Make a tag.

    The desk alone sees it until something public names it; from then on it is public.
    """
    return created_response(transaction, await tags.create(transaction, body), "/v1/tags")


@router.put("/{slug}", response_model=TagWritten, responses=put_responses(TagWritten), dependencies=[WRITE])
async def put_tag(
    slug: TagSlug, body: Annotated[TagPut, Depends(JsonBody(TagPut))], if_match: IfMatch, transaction: WriteTransaction
) -> Response:
    """Make or replace the tag of this slug.

    What is left out goes back to its default. Replacing takes If-Match with the ETag you have seen; making goes
    without.
    """
    before = await tags.find(transaction, slug)
    if_match.check(None if before is None else before.newest.revision)
    written = await tags.put(transaction, slug, body, before)
    if before is None:
        return created_response(transaction, written, "/v1/tags")
    return written_response(transaction, written)


@router.patch(
    "/{slug}", response_model=TagWritten, responses={**WRITTEN, **NOT_FOUND, **CONFLICT}, dependencies=[WRITE]
)
async def update_tag(slug: TagSlug, patch: TagPatch, if_match: IfMatch, transaction: WriteTransaction) -> Response:
    """Change some fields of a tag.

    A merge patch: what is absent stays, null clears, texts by language merge, lists are replaced. The slug never
    changes. Neither its `parent` nor its being a section can change while articles stand
    under it.
    """
    before = await tags.lock(transaction, slug)
    if_match.check(before.newest.revision)
    return written_response(transaction, await tags.update(transaction, slug, patch, before))


@router.delete("/{slug}", status_code=204, responses={**DONE, **NOT_FOUND, **CONFLICT}, dependencies=[WRITE])
async def delete_tag(
    slug: TagSlug, if_match: IfMatch, caller: OptionalCaller, transaction: WriteTransaction
) -> Response:
    """Delete a tag.

    What is public needs `content:publish` too. Refused while an article, a note or another tag refers to it.
    """
    before = await tags.lock(transaction, slug)
    if before.is_public:
        permitted(caller, "content:publish")
    if_match.check(before.newest.revision)
    await tags.delete(transaction, slug, before)
    return deleted_response(transaction)
