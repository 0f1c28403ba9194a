"""Reference notes over HTTP."""

from time import perf_counter
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from app.changes import history
from app.changes.history_routes import RevisionNumber, difference_response, revision_number, revisions_response
from app.changes.schemas import DiffQuery, RevisionPage, RevisionQuery
from app.changes.views import NEWEST, perspective_of
from app.changes.writing_routes import WriteTransaction, created_response, deleted_response, written_response
from app.content.differences import DocumentDifference
from app.content.lifecycle import EraseIn, PreviewIn, PreviewOut, PublishIn
from app.deps import NeedsScope, OptionalCaller, Read, SiteZone, cursors, no_idempotency_key
from app.formats.addresses import alternates
from app.formats.rendered_fields import RENDERED_FIELDS
from app.notes import desk, explaining, listing, mistyped
from app.notes import store as notes
from app.notes.schemas import (
    NoteAnswer,
    NoteEdit,
    NoteFields,
    NoteIn,
    NotePage,
    NotePut,
    NoteQuery,
    NoteRevisionFields,
    NoteSelection,
    NoteWithdrawIn,
    NoteWritten,
)
from app.publishing.preview_routes import preview_response
from app.sources.naming import NAMED_LISTS, query_with_names
from app.web.answers import CONFLICT, CREATED, DONE, ISSUED, NOT_FOUND, PAGED, READ, WITHDRAWN, WRITTEN, put_responses
from app.web.bodies import JSON, MERGE_PATCH, NO_BODY, JsonBody
from app.web.caller import permitted
from app.web.conditions import IfMatch, IfMatchOptional
from app.web.explanations import explanation
from app.web.merging import Patch, patch_of
from app.web.pages import item_response, page_response
from app.web.parameters import slug_path, strict_query

router = APIRouter(prefix="/v1/notes", tags=["notes"], dependencies=[Depends(strict_query)], responses=READ)
NoteSlug = Annotated[str, slug_path("note", "zghariv-trams")]
ONE = {**NOT_FOUND, **WITHDRAWN}


@router.get("", response_model=NotePage, responses=PAGED)
async def list_notes(
    request: Request, caller: OptionalCaller, read: Read, zone: SiteZone, query: Annotated[NoteQuery, Query()]
) -> Response:
    """Reference notes, by slug.

    A note is a box of background facts that stories share: it has dated facts, and `as_of` says for which day they
    hold. Items come without `body` unless `fields` names it.
    """
    fields, include = query.shape()
    cursor = cursors(request, query.filters())
    position = cursor.read(query.cursor)
    perspective = perspective_of(caller, query.perspective)
    begun = perf_counter()
    async with read.snapshot() as snapshot:
        words = None if query.q is None else await query_with_names(snapshot, perspective, query.q)
        with_body = not {"body", *RENDERED_FIELDS}.isdisjoint(fields)
        page = await listing.page(snapshot, perspective, query, position, zone=zone, words=words, with_body=with_body)
        names = [*query.list_names(), *(NAMED_LISTS if words else ())]
        members: dict[str, object] = {"did_you_mean": None}
        if query.q is not None and position is None and page.is_all_empty:
            members["did_you_mean"] = await mistyped.did_you_mean(snapshot, perspective, query, query.q, zone)
            names += mistyped.PUBLIC_LISTS
        included = await notes.included(snapshot, perspective, page.items, include)
        page.items, keys = await notes.with_rendered_fields(
            snapshot, perspective, page.items, fields, request.app.state.site
        )
    if query.explain:
        members["explain"] = explanation(explaining.sentence(query), explaining.index(query), perf_counter() - begun)
    names += keys
    return await page_response(
        request, cursor, page, names=names, fields=fields, included=included, members=members,
        is_kept=not query.explain,
    )  # fmt: skip


@router.get("/{slug}", response_model=NoteAnswer | NoteSelection, responses={**PAGED, **ONE})
async def get_note(
    request: Request, caller: OptionalCaller, read: Read, slug: NoteSlug, query: Annotated[NoteFields, Query()]
) -> Response:
    """One reference note.

    The stories that show it are `GET /v1/articles?note={slug}`. A withdrawn note answers 410 and says why.
    """
    fields, include = query.shape()
    perspective = perspective_of(caller, query.perspective)
    async with read.snapshot() as snapshot:
        state = await notes.get(snapshot, perspective, slug)
        document = state.document(perspective)
        included = await notes.included(snapshot, perspective, [document], include)
        (document,), keys = await notes.with_rendered_fields(
            snapshot, perspective, [document], fields, request.app.state.site
        )
    response = await item_response(
        request, document, state.revision, name=f"note:{slug}", others=keys, fields=fields, included=included
    )
    response.headers["Link"] = alternates(f"/v1/notes/{slug}", query.perspective)
    return response


@router.get("/{slug}/revisions", response_model=RevisionPage, responses={**PAGED, **ONE})
async def list_note_revisions(
    request: Request, caller: OptionalCaller, read: Read, slug: NoteSlug, query: Annotated[RevisionQuery, Query()]
) -> Response:
    """The history of a reference note.

    Every state of it that was public, newest first.
    """
    perspective = perspective_of(caller, query.perspective)
    await notes.get(read, perspective, slug)
    return await revisions_response(request, read, perspective, "note", slug, query)


@router.get("/{slug}/revisions/{revision}", response_model=NoteAnswer | NoteSelection, responses=ONE)
async def get_note_revision(
    request: Request,
    caller: OptionalCaller,
    read: Read,
    slug: NoteSlug,
    revision: RevisionNumber,
    query: Annotated[NoteRevisionFields, Query()],
) -> Response:
    """A reference note as it was at one revision.

    Only revisions that were public are there. A story may pin one of them. `include` shows what it names as
    that is now.
    """
    fields, include = query.shape()
    perspective = perspective_of(caller, query.perspective)
    async with read.snapshot() as snapshot:
        await notes.get(snapshot, perspective, slug)
        state = await history.state_at(snapshot, perspective, "note", slug, revision_number(revision))
        document = state.document(perspective)
        included = await notes.included(snapshot, perspective, [document], include) if include else None
        (document,), keys = await notes.with_rendered_fields(
            snapshot, perspective, [document], fields, request.app.state.site
        )
    return await item_response(
        request, document, state.revision, name=f"note:{slug}", others=keys, fields=fields, included=included
    )


@router.get("/{slug}/diff", response_model=DocumentDifference, responses=ONE)
async def get_note_difference(
    request: Request, caller: OptionalCaller, read: Read, slug: NoteSlug, query: Annotated[DiffQuery, Query()]
) -> Response:
    """What changed in a reference note between two revisions.

    By field, by block, and by word within them. To the public only revisions that were public are there.
    """
    perspective = perspective_of(caller, query.perspective)
    await notes.get(read, perspective, slug)
    return await difference_response(request, read, perspective, "note", slug, query)


# --- the desk ----------------------------------------------------------------------------------------------------

WRITE, PUBLISH = Depends(NeedsScope("content:write")), Depends(NeedsScope("content:publish"))
WITHDRAW, DRAFTS = Depends(NeedsScope("content:withdraw")), Depends(NeedsScope("drafts:read"))
NotePatch = Annotated[Patch, Depends(JsonBody(patch_of(NoteEdit), JSON, MERGE_PATCH))]
NoteBody = Annotated[NoteIn, Depends(JsonBody(NoteIn))]
PutBody = Annotated[NotePut, Depends(JsonBody(NotePut))]
PublishBody = Annotated[PublishIn, Depends(JsonBody(PublishIn, optional=True))]
WithdrawBody = Annotated[NoteWithdrawIn, Depends(JsonBody(NoteWithdrawIn))]
EraseBody = Annotated[EraseIn, Depends(JsonBody(EraseIn))]
PreviewBody = Annotated[PreviewIn, Depends(JsonBody(PreviewIn, optional=True))]
CHANGED, PREVIEWED = {**WRITTEN, **NOT_FOUND, **CONFLICT}, {**ISSUED, **NOT_FOUND}


async def _locked(slug: NoteSlug, if_match: IfMatchOptional, transaction: WriteTransaction) -> desk.LockedNote:
    """The note of an action, in the revision that If-Match names where it is sent. Bodies are read before it."""
    note = await desk.lock(transaction, slug)
    if_match.check(note.newest.revision)
    return note


Locked = Annotated[desk.LockedNote, Depends(_locked)]


@router.post("", status_code=201, response_model=NoteWritten, responses={**CREATED, **CONFLICT}, dependencies=[WRITE])
async def create_note(body: NoteBody, transaction: WriteTransaction) -> Response:
    """Write a reference note.

    It starts as a draft, which no reader sees until it is published. `warnings` tells what sanitising removed from the
    body.
    """
    return created_response(transaction, await desk.create(transaction, body), "/v1/notes")


@router.put("/{slug}", response_model=NoteWritten, responses=put_responses(NoteWritten), dependencies=[WRITE])
async def put_note(slug: NoteSlug, body: PutBody, if_match: IfMatch, transaction: WriteTransaction) -> Response:
    """Write the reference note of this slug, or replace its content.

    A new one is a draft; what is published is replaced at once. What is left out goes back to its default. Replacing
    takes If-Match with the ETag you have seen; writing a new one goes without.
    """
    note = await desk.find(transaction, slug)
    if_match.check(None if note is None else note.newest.revision)
    written = await desk.put(transaction, slug, body, note)
    if note is None:
        return created_response(transaction, written, "/v1/notes")
    return written_response(transaction, written)


@router.patch("/{slug}", response_model=NoteWritten, responses=CHANGED, dependencies=[WRITE])
async def update_note(slug: NoteSlug, patch: NotePatch, if_match: IfMatch, transaction: WriteTransaction) -> Response:
    """Change some fields of a reference note.

    A merge patch: what is absent stays, null clears, lists are replaced. Of a published note the change is live at
    once, in every story that follows it; `minor: true` marks a typo fix. The slug never changes.
    """
    note = await desk.lock(transaction, slug)
    if_match.check(note.newest.revision)
    return written_response(transaction, await desk.update(transaction, note, patch))


@router.post(
    "/{slug}/revisions/{revision}/restore",
    response_model=NoteWritten, responses=CHANGED, dependencies=[WRITE, NO_BODY],
)  # fmt: skip
async def restore_note_revision(revision: RevisionNumber, note: Locked, transaction: WriteTransaction) -> Response:
    """Make an earlier state of a reference note the newest.

    By the rules of a PATCH: of a published note it is live at once, and what it names must be there. Status and dates
    stay as they are. A state that was erased, and any of a note that is withdrawn, is refused with 409.
    """
    return written_response(transaction, await desk.restore(transaction, note, revision_number(revision)))


@router.delete("/{slug}", status_code=204, responses={**DONE, **NOT_FOUND, **CONFLICT}, dependencies=[WRITE])
async def delete_note(
    slug: NoteSlug, if_match: IfMatch, caller: OptionalCaller, transaction: WriteTransaction
) -> Response:
    """Delete a reference note.

    What is public needs `content:publish` too, and what was withdrawn `content:withdraw`. Refused while an article uses
    it, or another note is a translation of it.
    """
    note = await desk.lock(transaction, slug)
    if note.is_public:
        permitted(caller, "content:publish")
    if note.is_withdrawn:
        permitted(caller, "content:withdraw")
    if_match.check(note.newest.revision)
    await desk.delete(transaction, note)
    return deleted_response(transaction)


@router.post("/{slug}/publish", response_model=NoteWritten, responses=CHANGED, dependencies=[PUBLISH])
async def publish_note(body: PublishBody, note: Locked, transaction: WriteTransaction) -> Response:
    """Publish a reference note, now or at an instant to come.

    Refused without a heading and a body, and of a translation while its original will not be public by then. What is
    scheduled becomes public on time of itself.
    """
    return written_response(transaction, await desk.publish(transaction, note, body.at))


@router.post("/{slug}/unpublish", response_model=NoteWritten, responses=CHANGED, dependencies=[PUBLISH, NO_BODY])
async def unpublish_note(caller: OptionalCaller, note: Locked, transaction: WriteTransaction) -> Response:
    """Make a reference note a draft again.

    Readers get 404. Refused while an article that is public or scheduled uses it. Taking back what was withdrawn needs
    `content:withdraw` too.
    """
    if note.is_withdrawn:
        permitted(caller, "content:withdraw")
    return written_response(transaction, await desk.unpublish(transaction, note))


@router.post("/{slug}/withdraw", response_model=NoteWritten, responses=CHANGED, dependencies=[WITHDRAW])
async def withdraw_note(body: WithdrawBody, note: Locked, transaction: WriteTransaction) -> Response:
    """Take down a reference note that was public.

    Readers get 410 with the reason, the public note and what to read instead. Stories that use it stay, and show
    nothing of it.
    """
    return written_response(transaction, await desk.withdraw(transaction, note, body))


@router.post("/{slug}/erase", response_model=NoteWritten, responses=CHANGED, dependencies=[WITHDRAW])
async def erase_note(body: EraseBody, note: Locked, transaction: WriteTransaction) -> Response:
    """Blank the text of a withdrawn reference note for good.

    In every revision that is stored, and irreversibly, with what was said of it to the public. The reason given here
    takes the place of the earlier one.
    """
    return written_response(transaction, await desk.erase(transaction, note, body.reason))


@router.post(
    "/{slug}/previews",
    status_code=201,
    response_model=PreviewOut,
    responses=PREVIEWED,
    dependencies=[DRAFTS, Depends(no_idempotency_key)],
)
async def create_note_preview(request: Request, read: Read, slug: NoteSlug, body: PreviewBody) -> Response:
    """Make a URL that shows the newest state of one reference note to whoever holds it.

    For a day, or as many seconds as asked for, thirty days at most.
    """
    state = await notes.get(read, NEWEST, slug)
    return preview_response(request, "note", slug, state.card, body)
