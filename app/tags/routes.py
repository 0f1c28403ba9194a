"""Tags over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from app.changes import routes as history
from app.changes.schemas import Drafts, RevisionQuery, Revisions
from app.changes.shown import Perspective
from app.changes.writes import WriteSession, gone, reply
from app.deps import Asking, Needs, Read, cursors, permitted
from app.tags import store as tags
from app.tags.schemas import TagAnswer, TagFields, TagIn, TagOut, TagPage, TagPut, TagQuery, TagWritten
from app.web.answers import CONFLICT, CREATED, DONE, NOT_FOUND, PAGED, READ, WRITTEN
from app.web.bodies import JSON, MERGE_PATCH, Sent
from app.web.conditions import IfMatch
from app.web.merging import Patch, patch_of
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
    return await page(request, cursor, found, noun="tag", fields=fields, included=included)


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
    return await item(request, document, revision, key=f"tag:{slug}", fields=fields, included=included)


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


# --- the desk ----------------------------------------------------------------------------------------------------

WRITE = Depends(Needs("content:write"))
TagPatch = Annotated[Patch, Depends(Sent(patch_of(TagIn), JSON, MERGE_PATCH))]


@router.post("", status_code=201, response_model=TagWritten, responses={**CREATED, **CONFLICT}, dependencies=[WRITE])
async def create_tag(sent: Annotated[TagIn, Depends(Sent(TagIn))], session: WriteSession) -> Response:
    """Make a tag.

    The desk alone sees it until something public names it; from then on it is public.
    """
    written = await tags.create(session, sent)
    return reply(session, written, status=201, location=f"/v1/tags/{written.ref}")


@router.put(
    "/{slug}",
    response_model=TagWritten,
    responses={**WRITTEN, 201: {**CREATED[201], "model": TagWritten}, **CONFLICT},
    dependencies=[WRITE],
)
async def put_tag(
    slug: TagSlug, sent: Annotated[TagPut, Depends(Sent(TagPut))], if_match: IfMatch, session: WriteSession
) -> Response:
    """Make or replace the tag of this slug.

    What is left out goes back to its default. Replacing takes If-Match with the ETag you have seen; making goes
    without.
    """
    before = await tags.find(session, slug)
    if_match.check(None if before is None else before.newest.revision)
    written = await tags.put(session, slug, sent, before)
    if before is None:
        return reply(session, written, status=201, location=f"/v1/tags/{slug}")
    return reply(session, written)


@router.patch(
    "/{slug}", response_model=TagWritten, responses={**WRITTEN, **NOT_FOUND, **CONFLICT}, dependencies=[WRITE]
)
async def update_tag(slug: TagSlug, patch: TagPatch, if_match: IfMatch, session: WriteSession) -> Response:
    """Change some fields of a tag.

    A merge patch: what is absent stays, null clears, texts by language merge, lists are replaced. The slug never
    changes. Neither its `parent` nor its being a section can change while articles stand
    under it.
    """
    before = await tags.hold(session, slug)
    if_match.check(before.newest.revision)
    return reply(session, await tags.update(session, slug, patch, before))


@router.delete("/{slug}", status_code=204, responses={**DONE, **NOT_FOUND, **CONFLICT}, dependencies=[WRITE])
async def delete_tag(slug: TagSlug, if_match: IfMatch, asking: Asking, session: WriteSession) -> Response:
    """Delete a tag.

    What is public needs `content:publish` too. Refused while an article, a note or another tag refers to it.
    """
    before = await tags.hold(session, slug)
    if before.public:
        permitted(asking, "content:publish")
    if_match.check(before.newest.revision)
    await tags.delete(session, slug, before)
    return gone(session)
