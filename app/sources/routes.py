"""Sources over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from app.changes import routes as history
from app.changes.schemas import Drafts, RevisionQuery, Revisions
from app.changes.writes import WriteSession, gone, reply
from app.deps import Asking, Needs, Read, cursors, permitted
from app.sources import store as sources
from app.sources.schemas import SourceFields, SourceIn, SourceOut, SourcePage, SourcePut, SourceQuery, SourceWritten
from app.web.answers import CONFLICT, CREATED, DONE, NOT_FOUND, PAGED, READ, WRITTEN
from app.web.bodies import JSON, MERGE_PATCH, Sent
from app.web.conditions import IfMatch
from app.web.merging import Patch, patch_of
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
    return await page(request, cursor, found, noun="source", fields=fields)


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
    return await item(request, document, revision, key=f"source:{slug}", fields=fields)


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


# --- the desk ----------------------------------------------------------------------------------------------------

WRITE = Depends(Needs("content:write"))
SourcePatch = Annotated[Patch, Depends(Sent(patch_of(SourceIn), JSON, MERGE_PATCH))]


@router.post("", status_code=201, response_model=SourceWritten, responses={**CREATED, **CONFLICT}, dependencies=[WRITE])
async def create_source(sent: Annotated[SourceIn, Depends(Sent(SourceIn))], session: WriteSession) -> Response:
    """Make a source.

    The desk alone sees it until something public names it; from then on it is public.
    """
    written = await sources.create(session, sent)
    return reply(session, written, status=201, location=f"/v1/sources/{written.ref}")


@router.put(
    "/{slug}",
    response_model=SourceWritten,
    responses={**WRITTEN, 201: {**CREATED[201], "model": SourceWritten}, **CONFLICT},
    dependencies=[WRITE],
)
async def put_source(
    slug: SourceSlug, sent: Annotated[SourcePut, Depends(Sent(SourcePut))], if_match: IfMatch, session: WriteSession
) -> Response:
    """Make or replace the source of this slug.

    What is left out goes back to its default. Replacing takes If-Match with the ETag you have seen; making goes
    without.
    """
    before = await sources.find(session, slug)
    if_match.check(None if before is None else before.newest.revision)
    written = await sources.put(session, slug, sent, before)
    if before is None:
        return reply(session, written, status=201, location=f"/v1/sources/{slug}")
    return reply(session, written)


@router.patch(
    "/{slug}", response_model=SourceWritten, responses={**WRITTEN, **NOT_FOUND, **CONFLICT}, dependencies=[WRITE]
)
async def update_source(slug: SourceSlug, patch: SourcePatch, if_match: IfMatch, session: WriteSession) -> Response:
    """Change some fields of a source.

    A merge patch: what is absent stays, null clears, texts by language merge, lists are replaced. The slug never
    changes.
    """
    before = await sources.hold(session, slug)
    if_match.check(before.newest.revision)
    return reply(session, await sources.update(session, slug, patch, before))


@router.delete("/{slug}", status_code=204, responses={**DONE, **NOT_FOUND, **CONFLICT}, dependencies=[WRITE])
async def delete_source(slug: SourceSlug, if_match: IfMatch, asking: Asking, session: WriteSession) -> Response:
    """Delete a source.

    What is public needs `content:publish` too. Refused while an article, a note or another source refers to it.
    """
    before = await sources.hold(session, slug)
    if before.public:
        permitted(asking, "content:publish")
    if_match.check(before.newest.revision)
    await sources.delete(session, slug, before)
    return gone(session)
