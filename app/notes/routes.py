"""Reference notes over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from app.changes import previews
from app.changes import routes as history
from app.changes.schemas import DiffQuery, Drafts, RevisionQuery, Revisions
from app.changes.shown import NEWEST
from app.changes.writes import WriteSession, gone, reply
from app.content.differences import Difference
from app.content.release import EraseIn, PreviewIn, PreviewOut, PublishIn
from app.deps import Asking, Needs, Read, cursors, permitted
from app.notes import desk
from app.notes import store as notes
from app.notes.schemas import (
    NoteAnswer,
    NoteEdit,
    NoteFields,
    NoteIn,
    NoteOut,
    NotePage,
    NotePut,
    NoteQuery,
    NoteWritten,
    WithdrawNoteIn,
)
from app.web.answers import CONFLICT, CREATED, DONE, ISSUED, NOT_FOUND, PAGED, READ, WITHDRAWN, WRITTEN
from app.web.bodies import JSON, MERGE_PATCH, NOTHING, Sent
from app.web.conditions import IfMatch, IfMatchOptional
from app.web.merging import Patch, patch_of
from app.web.pages import item, page
from app.web.parameters import slug_of, strict_query

router = APIRouter(prefix="/v1/notes", tags=["notes"], dependencies=[Depends(strict_query)], responses=READ)
NoteSlug = Annotated[str, slug_of("note", "zghariv-trams")]
ONE = {**NOT_FOUND, **WITHDRAWN}


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
    return await page(request, cursor, found, noun="note", fields=fields, included=included)


@router.get("/{slug}", response_model=NoteAnswer, responses=ONE)
async def get_note(
    request: Request, asking: Asking, read: Read, slug: NoteSlug, wanted: Annotated[NoteFields, Query()]
) -> Response:
    """One reference note.

    The stories that show it are `GET /v1/articles?note={slug}`. A withdrawn note answers 410 and says why.
    """
    fields, include = wanted.shape()
    seen = history.perspective(asking, wanted.perspective)
    async with read.snapshot() as snapshot:
        revision, document = await notes.get(snapshot, seen, slug)
        included = await notes.included(snapshot, seen, [document], include) if include else None
    return await item(request, document, revision, key=f"note:{slug}", fields=fields, included=included)


@router.get("/{slug}/revisions", response_model=Revisions, responses={**PAGED, **ONE})
async def list_note_revisions(
    request: Request, asking: Asking, read: Read, slug: NoteSlug, wanted: Annotated[RevisionQuery, Query()]
) -> Response:
    """The history of a reference note.

    Every state of it that was public, newest first.
    """
    seen = history.perspective(asking, wanted.perspective)
    await notes.get(read, seen, slug)
    return await history.history(request, read, seen, "note", slug, wanted)


@router.get("/{slug}/revisions/{revision}", response_model=NoteOut, responses=ONE)
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


@router.get("/{slug}/diff", response_model=Difference, responses=ONE)
async def get_note_difference(
    request: Request, asking: Asking, read: Read, slug: NoteSlug, wanted: Annotated[DiffQuery, Query()]
) -> Response:
    """What changed in a reference note between two revisions.

    By field, by block, and by word within them. To the public only revisions that were public are there.
    """
    seen = history.perspective(asking, wanted.perspective)
    await notes.get(read, seen, slug)
    return await history.difference(request, read, seen, "note", slug, wanted)


# --- the desk ----------------------------------------------------------------------------------------------------

WRITE, PUBLISH = Depends(Needs("content:write")), Depends(Needs("content:publish"))
WITHDRAW = Depends(Needs("content:withdraw"))
NotePatch = Annotated[Patch, Depends(Sent(patch_of(NoteEdit), JSON, MERGE_PATCH))]
CHANGED = {**WRITTEN, **NOT_FOUND, **CONFLICT}


@router.post("", status_code=201, response_model=NoteWritten, responses={**CREATED, **CONFLICT}, dependencies=[WRITE])
async def create_note(sent: Annotated[NoteIn, Depends(Sent(NoteIn))], session: WriteSession) -> Response:
    """Write a reference note.

    It starts as a draft, which no reader sees until it is published. `warnings` tells what sanitising removed from the
    body.
    """
    written = await desk.create(session, sent)
    return reply(session, written, status=201, location=f"/v1/notes/{written.ref}")


@router.put(
    "/{slug}",
    response_model=NoteWritten,
    responses={**WRITTEN, 201: {**CREATED[201], "model": NoteWritten}, **CONFLICT},
    dependencies=[WRITE],
)
async def put_note(
    slug: NoteSlug, sent: Annotated[NotePut, Depends(Sent(NotePut))], if_match: IfMatch, session: WriteSession
) -> Response:
    """Write the reference note of this slug, or replace its content.

    A new one is a draft; what is published is replaced at once. What is left out goes back to its default. Replacing
    takes If-Match with the ETag you have seen; writing a new one goes without.
    """
    note = await desk.find(session, slug)
    if_match.check(None if note is None else note.revision)
    written = await desk.put(session, slug, sent, note)
    if note is None:
        return reply(session, written, status=201, location=f"/v1/notes/{slug}")
    return reply(session, written)


@router.patch("/{slug}", response_model=NoteWritten, responses=CHANGED, dependencies=[WRITE])
async def update_note(slug: NoteSlug, patch: NotePatch, if_match: IfMatch, session: WriteSession) -> Response:
    """Change some fields of a reference note.

    A merge patch: what is absent stays, null clears, lists are replaced. Of a published note the change is live at
    once, in every story that follows it; `minor: true` marks a typo fix. The slug never changes.
    """
    note = await desk.hold(session, slug)
    if_match.check(note.revision)
    return reply(session, await desk.update(session, note, patch))


@router.delete("/{slug}", status_code=204, responses={**DONE, **NOT_FOUND, **CONFLICT}, dependencies=[WRITE])
async def delete_note(slug: NoteSlug, if_match: IfMatch, asking: Asking, session: WriteSession) -> Response:
    """Delete a reference note.

    What is public needs `content:publish` too, and what was withdrawn `content:withdraw`. Refused while an article uses
    it, or another note is a translation of it.
    """
    note = await desk.hold(session, slug)
    if note.public:
        permitted(asking, "content:publish")
    if note.withdrawn:
        permitted(asking, "content:withdraw")
    if_match.check(note.revision)
    await desk.delete(session, note)
    return gone(session)


@router.post("/{slug}/publish", response_model=NoteWritten, responses=CHANGED, dependencies=[PUBLISH])
async def publish_note(
    slug: NoteSlug,
    sent: Annotated[PublishIn, Depends(Sent(PublishIn, optional=True))],
    if_match: IfMatchOptional,
    session: WriteSession,
) -> Response:
    """Publish a reference note, now or at an instant to come.

    Refused without a heading and a body, and of a translation while its original will not be public by then. What is
    scheduled becomes public on time of itself.
    """
    note = await desk.hold(session, slug)
    if_match.check(note.revision)
    return reply(session, await desk.publish(session, note, sent.at))


@router.post("/{slug}/unpublish", response_model=NoteWritten, responses=CHANGED, dependencies=[PUBLISH, NOTHING])
async def unpublish_note(slug: NoteSlug, asking: Asking, if_match: IfMatchOptional, session: WriteSession) -> Response:
    """Make a reference note a draft again.

    Readers get 404. Refused while an article that is public or scheduled uses it. Taking back what was withdrawn needs
    `content:withdraw` too.
    """
    note = await desk.hold(session, slug)
    if note.withdrawn:
        permitted(asking, "content:withdraw")
    if_match.check(note.revision)
    return reply(session, await desk.unpublish(session, note))


@router.post("/{slug}/withdraw", response_model=NoteWritten, responses=CHANGED, dependencies=[WITHDRAW])
async def withdraw_note(
    slug: NoteSlug,
    sent: Annotated[WithdrawNoteIn, Depends(Sent(WithdrawNoteIn))],
    if_match: IfMatchOptional,
    session: WriteSession,
) -> Response:
    """Take down a reference note that was public.

    Readers get 410 with the reason, the public note and what to read instead. Stories that use it stay, and show
    nothing of it.
    """
    note = await desk.hold(session, slug)
    if_match.check(note.revision)
    return reply(session, await desk.withdraw(session, note, sent))


@router.post("/{slug}/erase", response_model=NoteWritten, responses=CHANGED, dependencies=[WITHDRAW])
async def erase_note(
    slug: NoteSlug, sent: Annotated[EraseIn, Depends(Sent(EraseIn))], if_match: IfMatchOptional, session: WriteSession
) -> Response:
    """Blank the text of a withdrawn reference note for good.

    In every revision that is stored, and irreversibly, with what was said of it to the public. The reason given here
    takes the place of the earlier one.
    """
    note = await desk.hold(session, slug)
    if_match.check(note.revision)
    return reply(session, await desk.erase(session, note, sent.reason))


@router.post(
    "/{slug}/previews",
    status_code=201,
    response_model=PreviewOut,
    responses={**ISSUED, **NOT_FOUND},
    dependencies=[Depends(Needs("drafts:read"))],
)
async def create_note_preview(
    request: Request, read: Read, slug: NoteSlug, sent: Annotated[PreviewIn, Depends(Sent(PreviewIn, optional=True))]
) -> Response:
    """Make a URL that shows the newest state of one reference note to whoever holds it.

    For a day, or as many seconds as asked for, thirty days at most.
    """
    _, document = await notes.get(read, NEWEST, slug)
    return previews.made(request, "note", slug, document, sent)
