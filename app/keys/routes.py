"""API keys over HTTP. No response may be cached."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from pydantic_core import to_json

from app.deps import NeedsScope, Read, cursors, no_idempotency_key
from app.errors import Fault, Invalid
from app.keys import store as keys
from app.keys.schemas import KeyIn, KeyMade, KeyOut, KeyPage
from app.web.answers import DONE, ISSUED, KEYED, NOT_FOUND, PAGED, READ
from app.web.bodies import JsonBody
from app.web.caching import PRIVATE, cached_response
from app.web.caller import Caller, permitted
from app.web.fields import format_instant
from app.web.pages import page_response
from app.web.parameters import strict_query
from app.web.queries import PageQuery

needs_keys: Final = NeedsScope("keys")
router = APIRouter(
    prefix="/v1/keys", tags=["keys"], dependencies=[Depends(needs_keys), Depends(strict_query)], responses=KEYED
)
KeyId = Annotated[str, Path(description="Id of the key.", json_schema_extra={"format": "uuid"})]


@router.get("", response_model=KeyPage, responses={**READ, **PAGED})
async def list_keys(request: Request, read: Read, query: Annotated[PageQuery, Query()]) -> Response:
    """API keys, newest first.

    Revoked and expired keys stay in the list. It contains no secrets: each was shown once, when its key was created.
    """
    cursor = cursors(request, {})
    rows = await keys.NEWEST.page(read, cursor.read(query.cursor), limit=query.limit, count=query.count)
    return await page_response(request, cursor, rows)


@router.post("", status_code=201, response_model=KeyMade, responses=ISSUED)
async def create_key(
    request: Request, caller: Annotated[Caller, Depends(needs_keys)], key: Annotated[KeyIn, Depends(JsonBody(KeyIn))]
) -> Response:
    """Create an API key.

    `key` in the response is the secret. It is shown only this once: store it now. A key can grant only scopes that it
    has itself, and a key that expires can create only keys that expire no later. `Idempotency-Key` is refused, because
    the response is not stored and could not be repeated.
    """
    await no_idempotency_key(request)
    for scope in key.scopes:
        permitted(caller, scope)
    if caller.expires_at is not None and (key.expires_at is None or key.expires_at > caller.expires_at):
        detail = f"must not be later than {format_instant(caller.expires_at)}, when the key that creates it expires"
        fault = Fault(detail, "not-allowed", pointer="/expires_at")
        raise Invalid("A key cannot outlive the key that creates it.", fault)
    created = await keys.create(request.app.state.database, key, created_by=caller.name)
    headers = {"Location": f"/v1/keys/{created.id}", "Cache-Control": PRIVATE}
    return Response(to_json(created), 201, headers, media_type="application/json")


@router.get("/{id}", response_model=KeyOut, responses={**READ, **NOT_FOUND})
async def get_key(request: Request, read: Read, id: KeyId) -> Response:
    """One API key.

    Its scopes, when it expires and when it was last used; not its secret.
    """
    return await cached_response(request, to_json(await keys.get(read, id)))


@router.delete("/{id}", status_code=204, responses={**DONE, **NOT_FOUND})
async def revoke_key(request: Request, id: KeyId) -> Response:
    """Revoke an API key.

    It is refused from the next request on, and stays in the list with `revoked_at`. Revoking it again changes nothing.
    """
    await keys.revoke(request.app.state.database, id)
    return Response(status_code=204, headers={"Cache-Control": PRIVATE})
