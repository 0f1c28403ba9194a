"""Writing collections over HTTP: what the desk does with them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from app.changes.history_routes import RevisionNumber, revision_number
from app.changes.views import NEWEST
from app.changes.writing_routes import WriteTransaction, created_response, deleted_response, written_response
from app.collections import desk
from app.collections import store as collections
from app.collections.routes import CollectionSlug
from app.collections.schemas import (
    CollectionAnswer,
    CollectionIn,
    CollectionPut,
    CollectionSelection,
    CollectionShape,
    CollectionWithdrawIn,
    CollectionWritten,
)
from app.content.lifecycle import EraseIn, PublishIn
from app.deps import NeedsScope, OptionalCaller, Read
from app.web.answers import CONFLICT, CREATED, DONE, NOT_FOUND, READ, WRITTEN, put_responses
from app.web.bodies import JSON, MERGE_PATCH, NO_BODY, JsonBody
from app.web.caller import Caller, permitted
from app.web.conditions import IfMatch, IfMatchOptional
from app.web.merging import Patch, patch_of
from app.web.pages import item_response
from app.web.parameters import strict_query

router = APIRouter(prefix="/v1/collections", tags=["collections"], dependencies=[Depends(strict_query)], responses=READ)
WRITE, PUBLISH = Depends(NeedsScope("content:write")), Depends(NeedsScope("content:publish"))
WITHDRAW, DRAFTS = Depends(NeedsScope("content:withdraw")), Depends(NeedsScope("drafts:read"))
CollectionPatch = Annotated[Patch, Depends(JsonBody(patch_of(CollectionIn), JSON, MERGE_PATCH))]
CollectionBody = Annotated[CollectionIn, Depends(JsonBody(CollectionIn))]
PutBody = Annotated[CollectionPut, Depends(JsonBody(CollectionPut))]
PublishBody = Annotated[PublishIn, Depends(JsonBody(PublishIn, optional=True))]
WithdrawBody = Annotated[CollectionWithdrawIn, Depends(JsonBody(CollectionWithdrawIn))]
EraseBody = Annotated[EraseIn, Depends(JsonBody(EraseIn))]
CHANGED = {**WRITTEN, **NOT_FOUND, **CONFLICT}


async def _locked(
    slug: CollectionSlug, if_match: IfMatchOptional, transaction: WriteTransaction
) -> desk.LockedCollection:
    """The collection of an action, in the revision that If-Match names where it is sent. Bodies are read before it."""
    collection = await desk.lock(transaction, slug)
    if_match.check(collection.newest.revision)
    return collection


Locked = Annotated[desk.LockedCollection, Depends(_locked)]


@router.post(
    "", status_code=201, response_model=CollectionWritten, responses={**CREATED, **CONFLICT}, dependencies=[WRITE]
)
async def create_collection(body: CollectionBody, transaction: WriteTransaction) -> Response:
    """Make a collection.

    It starts as a draft, which no reader sees until it is published. What is pinned must be there, published or not.
    `fill` is the query string of a list of articles; what a fill cannot ask for is refused by name.
    """
    return created_response(transaction, await desk.create(transaction, body), "/v1/collections")


@router.put(
    "/{slug}", response_model=CollectionWritten, responses=put_responses(CollectionWritten), dependencies=[WRITE]
)
async def put_collection(
    slug: CollectionSlug, body: PutBody, if_match: IfMatch, transaction: WriteTransaction
) -> Response:
    """Make the collection of this slug, or replace its content.

    A new one is a draft; what is published is replaced at once. What is left out goes back to its default. Replacing
    takes If-Match with the ETag you have seen; making a new one goes without.
    """
    collection = await desk.find(transaction, slug)
    if_match.check(None if collection is None else collection.newest.revision)
    written = await desk.put(transaction, slug, body, collection)
    if collection is None:
        return created_response(transaction, written, "/v1/collections")
    return written_response(transaction, written)


@router.patch("/{slug}", response_model=CollectionWritten, responses=CHANGED, dependencies=[WRITE])
async def update_collection(
    slug: CollectionSlug, patch: CollectionPatch, if_match: IfMatch, transaction: WriteTransaction
) -> Response:
    """Change some fields of a collection.

    A merge patch: what is absent stays, null clears, lists are replaced. Of a published collection the change is live
    at once. 409 while there is a working copy: change, publish or discard that. The slug never changes.
    """
    collection = await desk.lock(transaction, slug)
    if_match.check(collection.newest.revision)
    return written_response(transaction, await desk.update(transaction, collection, patch))


@router.post(
    "/{slug}/revisions/{revision}/restore",
    response_model=CollectionWritten, responses=CHANGED, dependencies=[WRITE, NO_BODY],
)  # fmt: skip
async def restore_collection_revision(
    revision: RevisionNumber, collection: Locked, transaction: WriteTransaction
) -> Response:
    """Make an earlier state of a collection the newest.

    By the rules of a PATCH: of a published collection it is live at once, and what it pins must be there. Status and
    dates stay. A state that was erased, and any of a collection that is withdrawn, is refused with 409.
    """
    return written_response(transaction, await desk.restore(transaction, collection, revision_number(revision)))


@router.delete("/{slug}", status_code=204, responses={**DONE, **NOT_FOUND}, dependencies=[WRITE])
async def delete_collection(
    slug: CollectionSlug, if_match: IfMatch, caller: OptionalCaller, transaction: WriteTransaction
) -> Response:
    """Delete a collection.

    What is public needs `content:publish` too, and what was withdrawn `content:withdraw`.
    """
    collection = await desk.lock(transaction, slug)
    if collection.is_public:
        permitted(caller, "content:publish")
    if collection.is_withdrawn:
        permitted(caller, "content:withdraw")
    if_match.check(collection.newest.revision)
    await desk.delete(transaction, collection)
    return deleted_response(transaction)


@router.get("/{slug}/draft", response_model=CollectionAnswer | CollectionSelection, responses={**READ, **NOT_FOUND})
async def get_collection_working_copy(
    request: Request,
    caller: Annotated[Caller, DRAFTS],
    read: Read,
    slug: CollectionSlug,
    query: Annotated[CollectionShape, Query()],
) -> Response:
    """The working copy of a published collection.

    404 where there is none: `PATCH` with the collection's own ETag makes one.
    """
    fields = query.shape()
    state = await collections.working_copy(read, slug)
    document = state.document(NEWEST)
    return await item_response(request, document, state.revision, name=f"collection:{slug}", fields=fields)


@router.patch("/{slug}/draft", response_model=CollectionWritten, responses=CHANGED, dependencies=[WRITE])
async def update_collection_working_copy(
    slug: CollectionSlug, patch: CollectionPatch, if_match: IfMatch, transaction: WriteTransaction
) -> Response:
    """Change the working copy of a published collection.

    Readers keep the published state until the working copy is published. The first change makes the copy: If-Match is
    then the ETag of the collection.
    """
    collection = await desk.lock(transaction, slug)
    if_match.check(collection.newest.revision)
    return written_response(transaction, await desk.update(transaction, collection, patch, as_working_copy=True))


@router.delete("/{slug}/draft", status_code=204, responses={**DONE, **NOT_FOUND}, dependencies=[WRITE])
async def discard_collection_working_copy(
    slug: CollectionSlug, if_match: IfMatch, transaction: WriteTransaction
) -> Response:
    """Discard the working copy of a published collection.

    Its revisions stay in the history.
    """
    collection = await desk.lock(transaction, slug)
    if_match.check(collection.newest.revision)
    await desk.discard_working_copy(transaction, collection)
    return deleted_response(transaction)


@router.post("/{slug}/publish", response_model=CollectionWritten, responses=CHANGED, dependencies=[PUBLISH])
async def publish_collection(body: PublishBody, collection: Locked, transaction: WriteTransaction) -> Response:
    """Publish a collection, or its working copy, now or at an instant to come.

    It may pin stories that are not published: readers see them in it once they are. What is scheduled becomes public on
    time of itself; publishing it again with another instant moves that.
    """
    return written_response(transaction, await desk.publish(transaction, collection, body.at))


@router.post("/{slug}/unpublish", response_model=CollectionWritten, responses=CHANGED, dependencies=[PUBLISH, NO_BODY])
async def unpublish_collection(caller: OptionalCaller, collection: Locked, transaction: WriteTransaction) -> Response:
    """Make a collection a draft again.

    Readers get 404, and the draft is the newest state, that of a working copy where there is one. What is scheduled is
    scheduled no more, and what is public meanwhile stays. Taking back what was withdrawn needs `content:withdraw` too.
    """
    if collection.is_withdrawn:
        permitted(caller, "content:withdraw")
    return written_response(transaction, await desk.unpublish(transaction, collection))


@router.post("/{slug}/withdraw", response_model=CollectionWritten, responses=CHANGED, dependencies=[WITHDRAW])
async def withdraw_collection(body: WithdrawBody, collection: Locked, transaction: WriteTransaction) -> Response:
    """Take down a collection that was public.

    Readers get 410 with the reason and the public note. Its stories stay.
    """
    return written_response(transaction, await desk.withdraw(transaction, collection, body))


@router.post("/{slug}/erase", response_model=CollectionWritten, responses=CHANGED, dependencies=[WITHDRAW])
async def erase_collection(body: EraseBody, collection: Locked, transaction: WriteTransaction) -> Response:
    """Blank what a withdrawn collection says and names for good.

    In every revision that is stored, and irreversibly, with what was said of it to the public. The reason given here
    takes the place of the earlier one.
    """
    return written_response(transaction, await desk.erase(transaction, collection, body.reason))
