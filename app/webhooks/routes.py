"""Webhooks over HTTP. No response may be cached."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.responses import Response
from pydantic_core import to_json

from app.deps import NeedsScope, Read, cursors, no_idempotency_key
from app.errors import Fault, Invalid
from app.outbound import AddressRefused, Outbound
from app.web.answers import CREATED, DONE, KEYED, NOT_FOUND, PAGED, READ, UNCACHED, WRITTEN, Responses
from app.web.bodies import JSON, MERGE_PATCH, NO_BODY, JsonBody
from app.web.caching import PRIVATE, cached_response
from app.web.caller import Caller, permitted
from app.web.conditions import IfMatch
from app.web.merging import Patch, merged, patch_of
from app.web.pages import page_response
from app.web.parameters import strict_query
from app.web.queries import PageQuery
from app.webhooks import deliveries, schemas
from app.webhooks import store as webhooks
from app.webhooks.schemas import (
    NewWebhookIn,
    WebhookEvent,
    WebhookIn,
    WebhookOut,
    WebhookReplayIn,
    WebhookTestEvent,
)

needs_webhooks: Final = NeedsScope("webhooks")
router = APIRouter(
    prefix="/v1/webhooks",
    tags=["webhooks"],
    dependencies=[Depends(needs_webhooks), Depends(strict_query), Depends(no_idempotency_key)],
    responses=KEYED,
)
# What the server sends, for the OpenAPI document: nothing answers at these.
events = APIRouter(tags=["webhooks"])
WebhookId = Annotated[str, Path(description="Id of the webhook.", json_schema_extra={"format": "uuid"})]
WebhookCaller = Annotated[Caller, Depends(needs_webhooks)]


async def _permitted_webhook(read: Read, caller: WebhookCaller, id: WebhookId) -> WebhookOut:
    """The webhook of the path, if the caller may manage it.

    A webhook with the perspective `drafts` requires `drafts:read`, because its target could be changed to receive
    drafts, and its position shows how much is written.
    Raises: NotFound; Forbidden.
    """
    webhook = await webhooks.get(read, id)
    if webhook.perspective == "drafts":
        permitted(caller, "drafts:read")
    return webhook


# As the last parameter, so that a malformed request is refused before the webhook is looked up.
PermittedWebhook = Annotated[WebhookOut, Depends(_permitted_webhook)]


async def _check_address(request: Request, url: str) -> None:
    """Raises: Invalid, for a URL that nothing is sent to."""
    outbound: Outbound = request.app.state.outbound
    try:
        await outbound.check(url)
    except AddressRefused as refusal:
        detail = str(refusal)
        raise Invalid(f"The address {detail}.", Fault(detail, "not-allowed", pointer="/url")) from None


def _json_response(status: int, body: object, **headers: str) -> Response:
    return Response(to_json(body), status, {"Cache-Control": PRIVATE, **headers}, media_type="application/json")


@router.get("", response_model=schemas.WebhookPage, responses={**READ, **PAGED})
async def list_webhooks(
    request: Request, caller: WebhookCaller, read: Read, query: Annotated[PageQuery, Query()]
) -> Response:
    """Webhooks and their progress, newest first.

    `lag` is how many changes a receiver is behind, `dead_letters` how many events were given up. The list contains no
    secrets: each was shown once. Webhooks with the perspective `drafts` are listed for keys with `drafts:read`.
    """
    cursor = cursors(request, {})
    position, drafts = cursor.read(query.cursor), "drafts:read" in caller.scopes
    rows = await webhooks.NEWEST.page(read, position, limit=query.limit, count=query.count, drafts=drafts)
    return await page_response(request, cursor, rows)


@router.post("", status_code=201, response_model=schemas.WebhookMade, responses=CREATED)
async def create_webhook(
    request: Request, caller: WebhookCaller, webhook: Annotated[NewWebhookIn, Depends(JsonBody(NewWebhookIn))]
) -> Response:
    """Create a webhook.

    `secret` in the response signs the events. It is shown only this once: store it now. An event is one entry of the
    log of changes, as in `GET /v1/changes` but without the document; it is signed by the Standard Webhooks scheme.
    `Idempotency-Key` is refused, as for all operations on webhooks, because responses are not stored and could not be
    repeated.
    """
    if webhook.perspective == "drafts":
        permitted(caller, "drafts:read")
    await _check_address(request, webhook.url)
    created = await webhooks.create(request.app.state.database, webhook)
    return _json_response(201, created, ETag=f'"{created.revision}"', Location=f"/v1/webhooks/{created.id}")


@router.get("/{id}", response_model=WebhookOut, responses={**READ, **NOT_FOUND})
async def get_webhook(request: Request, webhook: PermittedWebhook) -> Response:
    """The settings of a webhook.

    Its progress is in the list of webhooks, the outcome of its latest deliveries in `deliveries`.
    """
    return await cached_response(request, to_json(webhook), revision=webhook.revision)


@router.patch("/{id}", response_model=WebhookOut, responses={**WRITTEN, **NOT_FOUND})
async def update_webhook(
    request: Request,
    if_match: IfMatch,
    patch: Annotated[Patch, Depends(JsonBody(patch_of(WebhookIn), MERGE_PATCH, JSON))],
    current: PermittedWebhook,
) -> Response:
    """Change some settings of a webhook.

    An event that waits for its next attempt is sent immediately. `enabled: false` stops delivery, `true` continues it
    with the next event.
    """
    if_match.check(current.revision)
    settings = merged(WebhookIn, current.model_dump(), patch)
    if settings.url != current.url:
        await _check_address(request, settings.url)
    saved = await webhooks.save(request.app.state.database, current, settings)
    return _json_response(200, saved, ETag=f'"{saved.revision}"')


@router.delete("/{id}", status_code=204, responses={**DONE, **NOT_FOUND})
async def delete_webhook(request: Request, if_match: IfMatch, current: PermittedWebhook) -> Response:
    """Delete a webhook.

    Nothing more is sent, and its deliveries are deleted too.
    """
    if_match.check(current.revision)
    await webhooks.remove(request.app.state.database, current)
    return Response(status_code=204, headers={"Cache-Control": PRIVATE})


@router.post(
    "/{id}/secret", response_model=schemas.WebhookSecret, responses={**UNCACHED, **NOT_FOUND}, dependencies=[NO_BODY]
)
async def rotate_webhook_secret(request: Request, webhook: PermittedWebhook) -> Response:
    """Replace the secret of a webhook.

    `secret` is shown only this once. For 24 hours each event has two signatures, by the new and by the former secret,
    so that the receiver can change over without losing events. A secret before the former one no longer signs.
    """
    return _json_response(200, await webhooks.rotate_secret(request.app.state.database, webhook.id))


@router.post(
    "/{id}/test", response_model=schemas.WebhookDeliveryOut, responses={**UNCACHED, **NOT_FOUND}, dependencies=[NO_BODY]
)
async def test_webhook(request: Request, webhook: PermittedWebhook) -> Response:
    """Send a test event now.

    The response is the outcome, within 15 seconds. The event has the `op` `test`, and is signed like any other. If it
    is delivered, an event that waits for its next attempt is sent immediately.
    """
    return _json_response(200, await request.app.state.deliverer.send_test(webhook.id))


@router.post("/{id}/replay", status_code=204, responses={**DONE, **NOT_FOUND})
async def replay_webhook(
    request: Request, start: Annotated[WebhookReplayIn, Depends(JsonBody(WebhookReplayIn))], webhook: PermittedWebhook
) -> Response:
    """Send events again, starting after a position.

    They keep their `webhook-id`. Dead letters after the position are deleted, because they are sent again. A position
    ahead of the present one skips the events in between.
    """
    await webhooks.replay(request.app.state.database, webhook.id, start.after)
    return Response(status_code=204, headers={"Cache-Control": PRIVATE})


@router.get("/{id}/deliveries", response_model=schemas.WebhookDeliveries, responses={**READ, **NOT_FOUND})
async def list_deliveries(
    request: Request, caller: WebhookCaller, read: Read, id: WebhookId, query: Annotated[schemas.DeliveryQuery, Query()]
) -> Response:
    """The latest deliveries of a webhook, newest first.

    The last 100 attempts and the last 1,000 dead letters of each webhook are kept.
    """
    await _permitted_webhook(read, caller, id)
    items = await deliveries.newest(read, id, limit=query.limit, dead=query.dead is not None)
    return await cached_response(request, to_json(schemas.WebhookDeliveries.model_construct(items=items)))


# --- what is sent ------------------------------------------------------------------------------------------------

EventId = Annotated[str, Header(alias="webhook-id", description="Names the event: the same each time it is sent.")]
SentAt = Annotated[int, Header(alias="webhook-timestamp", description="When it was sent, in seconds since 1970.")]
Signature = Annotated[
    str,
    Header(
        alias="webhook-signature",
        description="`v1,` and the HMAC-SHA256 of id, timestamp and body in base64 (Standard Webhooks); while a secret"
        " is being replaced two of them, with a space between.",
    ),
]
TAKEN: Final[Responses] = {
    204: {"description": "Taken, as by every status from 200 to 299."},
    410: {"description": "Disables the webhook."},
    "default": {"description": "Not taken: it is sent again later."},
}


@events.post("change", status_code=204, responses=TAKEN, operation_id="receive_change")
async def receive_change(event: WebhookEvent, id: EventId, sent_at: SentAt, signature: Signature) -> None:
    """A change was committed.

    An entry of the log, without the document: `GET` shows that as it is now. In order, at least once.
    """


@events.post("test", status_code=204, responses=TAKEN, operation_id="receive_test")
async def receive_test(event: WebhookTestEvent, id: EventId, sent_at: SentAt, signature: Signature) -> None:
    """A test was asked for.

    By `POST /v1/webhooks/{id}/test`. It is signed like any other event, and has no place in the log.
    """
