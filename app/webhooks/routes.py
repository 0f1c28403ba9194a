"""Webhooks over HTTP. Their answers are the caller's alone, and no cache keeps them."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from pydantic_core import to_json

from app.db import Database
from app.deps import Needs, Read, cursors, no_idempotency_key, permitted
from app.errors import Fault, Invalid, Raced
from app.outbound import Outbound, Unsendable
from app.web.answers import CREATED, DONE, KEYED, NOT_FOUND, PAGED, READ, UNCACHED, WRITTEN
from app.web.bodies import JSON, MERGE_PATCH, NOTHING, Sent
from app.web.caching import PRIVATE, answer
from app.web.caller import Caller
from app.web.conditions import IfMatch
from app.web.merging import Patch, merged, patch_of
from app.web.pages import page
from app.web.parameters import strict_query
from app.webhooks import store as webhooks
from app.webhooks.schemas import (
    Deliveries,
    DeliveryOut,
    DeliveryQuery,
    NewWebhookIn,
    ReplayIn,
    Rotated,
    WebhookIn,
    WebhookMade,
    WebhookOut,
    WebhookPage,
    WebhookQuery,
)

needs_webhooks: Final = Needs("webhooks")
router = APIRouter(
    prefix="/v1/webhooks",
    tags=["webhooks"],
    dependencies=[Depends(needs_webhooks), Depends(strict_query), Depends(no_idempotency_key)],
    responses=KEYED,
)
WebhookId = Annotated[str, Path(description="Id of the webhook.", json_schema_extra={"format": "uuid"})]
Holder = Annotated[Caller, Depends(needs_webhooks)]


def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


async def _theirs(read: Read, caller: Caller, id: str) -> WebhookOut:
    """The webhook, where it is the caller's: who may not read drafts must not lead them elsewhere, nor stop them, nor
    learn from positions how busy the desk is.

    Raises: NotFound; Forbidden.
    """
    found = await webhooks.get(read, id)
    if found.perspective == "drafts":
        permitted(caller, "drafts:read")
    return found


async def _check_address(request: Request, url: str) -> None:
    outbound: Outbound = request.app.state.outbound
    try:
        await outbound.check(url)
    except Unsendable as refusal:
        detail = str(refusal)
        raise Invalid(f"The address {detail}.", Fault(detail, "not-allowed", pointer="/url")) from None


def _plain(status: int, body: object, **headers: str) -> Response:
    told = {"Cache-Control": PRIVATE, **headers}
    return Response(to_json(body), status, told, media_type="application/json")


@router.get("", response_model=WebhookPage, responses={**READ, **PAGED})
async def list_webhooks(
    request: Request, caller: Holder, read: Read, wanted: Annotated[WebhookQuery, Query()]
) -> Response:
    """Webhooks and how far each is, newest first.

    `lag` is how many changes a receiver is behind, `dead_letters` how many events were given up. No secret is in the
    list: each was shown once. Those with the perspective `drafts` are shown to keys with `drafts:read`.
    """
    cursor = cursors(request, {})
    drafts = "drafts:read" in caller.scopes
    found = await webhooks.listed(read, wanted, cursor.read(wanted.cursor), drafts=drafts)
    return await page(request, cursor, found, noun="webhook")


@router.post("", status_code=201, response_model=WebhookMade, responses=CREATED)
async def create_webhook(
    request: Request, caller: Holder, sent: Annotated[NewWebhookIn, Depends(Sent(NewWebhookIn))]
) -> Response:
    """Make a webhook.

    `secret` of the answer is the only showing of what events are signed with: keep it now. An event is one entry of
    the log of changes, as in `GET /v1/changes`, without the document; it is signed by the Standard Webhooks scheme.
    `Idempotency-Key` is refused here, as for all of webhooks, since no answer is kept that could be given twice.
    """
    if sent.perspective == "drafts":
        permitted(caller, "drafts:read")
    await _check_address(request, sent.url)
    made = await webhooks.create(_database(request), sent)
    return _plain(201, made, ETag=f'"{made.revision}"', Location=f"/v1/webhooks/{made.id}")


@router.get("/{id}", response_model=WebhookOut, responses={**READ, **NOT_FOUND})
async def get_webhook(request: Request, caller: Holder, read: Read, id: WebhookId) -> Response:
    """One webhook as it is set.

    How far it is, the list tells, and how its last deliveries went, `deliveries`.
    """
    found = await _theirs(read, caller, id)
    return await answer(request, to_json(found), revision=found.revision)


@router.patch("/{id}", response_model=WebhookOut, responses={**WRITTEN, **NOT_FOUND})
async def update_webhook(
    request: Request,
    caller: Holder,
    read: Read,
    id: WebhookId,
    if_match: IfMatch,
    patch: Annotated[Patch, Depends(Sent(patch_of(WebhookIn), MERGE_PATCH, JSON))],
) -> Response:
    """Change some settings of a webhook.

    What is due is tried at once. `enabled: false` holds it where it is, `true` lets it go on from there.
    """
    known = await _theirs(read, caller, id)
    if_match.check(known.revision)
    wanted = merged(WebhookIn, known.model_dump(), patch)
    if wanted.url != known.url:
        await _check_address(request, wanted.url)
    saved = await webhooks.save(_database(request), known, wanted)
    if saved is None:
        raise Raced("Another writer changed the webhook at the same moment.")
    return _plain(200, saved, ETag=f'"{saved.revision}"')


@router.delete("/{id}", status_code=204, responses={**DONE, **NOT_FOUND})
async def delete_webhook(request: Request, caller: Holder, read: Read, id: WebhookId, if_match: IfMatch) -> Response:
    """Delete a webhook.

    Nothing is sent to it any more, and nothing kept of what was.
    """
    known = await _theirs(read, caller, id)
    if_match.check(known.revision)
    if not await webhooks.remove(_database(request), known):
        raise Raced("Another writer changed the webhook at the same moment.")
    return Response(status_code=204, headers={"Cache-Control": PRIVATE})


@router.post("/{id}/secret", response_model=Rotated, responses={**UNCACHED, **NOT_FOUND}, dependencies=[NOTHING])
async def rotate_webhook_secret(request: Request, caller: Holder, read: Read, id: WebhookId) -> Response:
    """Give a webhook a new secret.

    `secret` is shown this once. For 24 hours each event carries two signatures, by the new secret and the former, so
    that the receiver can change over without losing any. The one before the former signs no more.
    """
    await _theirs(read, caller, id)
    return _plain(200, await webhooks.rotate(_database(request), id))


@router.post("/{id}/test", response_model=DeliveryOut, responses={**UNCACHED, **NOT_FOUND}, dependencies=[NOTHING])
async def test_webhook(request: Request, caller: Holder, read: Read, id: WebhookId) -> Response:
    """Send a test event now.

    The answer tells how it went, within 15 seconds. The event has the `op` `test`, and is signed like any other.
    Where it is taken, and an event waits for its next try, that is tried at once.
    """
    await _theirs(read, caller, id)
    return _plain(200, await request.app.state.deliverer.test(id))


@router.post("/{id}/replay", status_code=204, responses={**DONE, **NOT_FOUND})
async def replay_webhook(
    request: Request, caller: Holder, read: Read, id: WebhookId, sent: Annotated[ReplayIn, Depends(Sent(ReplayIn))]
) -> Response:
    """Send events again, from a position on.

    They keep their `webhook-id`. Dead letters behind the position are forgotten: they are sent again, too. A position
    further on leaves out what lies between.
    """
    await _theirs(read, caller, id)
    await webhooks.replay(_database(request), id, sent.after)
    return Response(status_code=204, headers={"Cache-Control": PRIVATE})


@router.get("/{id}/deliveries", response_model=Deliveries, responses={**READ, **NOT_FOUND})
async def list_deliveries(
    request: Request, caller: Holder, read: Read, id: WebhookId, wanted: Annotated[DeliveryQuery, Query()]
) -> Response:
    """The last deliveries of a webhook, newest first.

    Of each webhook the last hundred tries are kept, and the last thousand dead letters.
    """
    await _theirs(read, caller, id)
    found = await webhooks.deliveries(read, id, limit=wanted.limit, dead=wanted.dead is not None)
    return await answer(request, to_json(Deliveries.model_construct(items=found)))
