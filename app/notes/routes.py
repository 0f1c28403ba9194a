"""Reference notes over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from app.changes import routes as history
from app.changes.schemas import Drafts, RevisionQuery, Revisions
from app.deps import Asking, Read, cursors
from app.notes import store as notes
from app.notes.schemas import NoteAnswer, NoteFields, NoteOut, NotePage, NoteQuery
from app.web.openapi import NOT_FOUND, PAGED, READ
from app.web.pages import item, page
from app.web.parameters import slug_of, strict_query

router = APIRouter(prefix="/v1/notes", tags=["notes"], dependencies=[Depends(strict_query)], responses=READ)
NoteSlug = Annotated[str, slug_of("note", "zghariv-trams")]


@router.get("", response_model=NotePage, responses=PAGED)
async def list_notes(request: Request, asking: Asking, read: Read, wanted: Annotated[NoteQuery, Query()]) -> Response:
    """Reference notes, by slug.

    A note is a box of background facts that stories share: it has dated facts, and `as_of` says for which day they
    hold. Items come without `body` unless `fields` names it.
    """
    fields, include = wanted.shape()
    cursor = cursors(request, wanted.filters())
    position = cursor.read(wanted.cursor)
    seen = history.perspective(asking, wanted.perspective)
    async with read.snapshot() as snapshot:
        found = await notes.listed(snapshot, seen, wanted, position, whole="body" in fields)
        included = await notes.included(snapshot, seen, found.items, include)
    return await page(request, cursor, found, fields=fields, included=included)


@router.get("/{slug}", response_model=NoteAnswer, responses=NOT_FOUND)
async def get_note(
    request: Request, asking: Asking, read: Read, slug: NoteSlug, wanted: Annotated[NoteFields, Query()]
) -> Response:
    """One reference note.

    The stories that show it are `GET /v1/articles?note={slug}`.
    """
    fields, include = wanted.shape()
    seen = history.perspective(asking, wanted.perspective)
    async with read.snapshot() as snapshot:
        revision, document = await notes.get(snapshot, seen, slug)
        included = await notes.included(snapshot, seen, [document], include) if include else None
    return await item(request, document, revision, fields=fields, included=included)


@router.get("/{slug}/revisions", response_model=Revisions, responses={**PAGED, **NOT_FOUND})
async def list_note_revisions(
    request: Request, asking: Asking, read: Read, slug: NoteSlug, wanted: Annotated[RevisionQuery, Query()]
) -> Response:
    """The history of a reference note.

    Every state of it that was public, newest first.
    """
    seen = history.perspective(asking, wanted.perspective)
    await notes.get(read, seen, slug)
    return await history.history(request, read, seen, "note", slug, wanted)


@router.get("/{slug}/revisions/{revision}", response_model=NoteOut, responses=NOT_FOUND)
async def get_note_revision(
    request: Request,
    asking: Asking,
    read: Read,
    slug: NoteSlug,
    revision: history.RevisionNumber,
    wanted: Annotated[Drafts, Query()],
) -> Response:
    """A reference note as it was at one revision.

    Only revisions that were public are there. A story may pin one of them.
    """
    seen = history.perspective(asking, wanted.perspective)
    await notes.get(read, seen, slug)
    return await history.at_revision(request, read, seen, "note", slug, revision)
