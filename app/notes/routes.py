"""Reference notes over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from app.changes import routes as history
from app.changes.schemas import RevisionQuery, Revisions
from app.deps import Read, cursors
from app.notes import store as notes
from app.notes.schemas import NoteCard, NoteFields, NoteOut, NoteQuery
from app.web.pages import Page, item, page
from app.web.parameters import strict_query

router = APIRouter(prefix="/v1/notes", tags=["notes"], dependencies=[Depends(strict_query)])


@router.get("", response_model=Page[NoteCard])
async def list_notes(request: Request, read: Read, wanted: Annotated[NoteQuery, Query()]) -> Response:
    """Reference notes, by slug."""
    fields, include = wanted.shape()
    cursor = cursors(request, wanted.filters())
    position = cursor.read(wanted.cursor)
    async with read.snapshot() as snapshot:
        found = await notes.listed(snapshot, wanted, position, whole="body" in fields)
        included = await notes.included(snapshot, found.items, include)
    return await page(request, cursor, found, fields=fields, included=included)


@router.get("/{slug}", response_model=NoteOut)
async def get_note(request: Request, read: Read, slug: str, wanted: Annotated[NoteFields, Query()]) -> Response:
    """One reference note."""
    fields, include = wanted.shape()
    async with read.snapshot() as snapshot:
        revision, document = await notes.get(snapshot, slug)
        included = await notes.included(snapshot, [document], include) if include else None
    return await item(request, document, revision, fields=fields, included=included)


@router.get("/{slug}/revisions", response_model=Revisions)
async def list_note_revisions(
    request: Request, read: Read, slug: str, wanted: Annotated[RevisionQuery, Query()]
) -> Response:
    """The states of a note that were public, newest first."""
    await notes.get(read, slug)
    return await history.history(request, read, "note", slug, wanted)


@router.get("/{slug}/revisions/{revision}", response_model=NoteOut)
async def get_note_revision(request: Request, read: Read, slug: str, revision: str) -> Response:
    """A note as it was."""
    await notes.get(read, slug)
    return await history.at_revision(request, read, "note", slug, revision)
