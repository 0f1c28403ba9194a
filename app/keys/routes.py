"""Keys over HTTP. Their answers are the caller's alone, and no cache keeps them."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from pydantic_core import to_json

from app.deps import Needs, Read, cursors, no_idempotency_key, permitted
from app.errors import Fault, Invalid
from app.keys import store as keys
from app.keys.schemas import KeyIn, KeyMade, KeyOut, KeyPage, KeyQuery
from app.web.answers import DONE, ISSUED, KEYED, NOT_FOUND, PAGED, READ
from app.web.bodies import Sent
from app.web.caching import PRIVATE, answer
from app.web.caller import Caller
from app.web.fields import show_instant
from app.web.pages import page
from app.web.parameters import strict_query

needs_keys: Final = Needs("keys")
router = APIRouter(
    prefix="/v1/keys", tags=["keys"], dependencies=[Depends(needs_keys), Depends(strict_query)], responses=KEYED
)
KeyId = Annotated[str, Path(description="Id of the key.", json_schema_extra={"format": "uuid"})]


@router.get("", response_model=KeyPage, responses={**READ, **PAGED})
async def list_keys(request: Request, read: Read, wanted: Annotated[KeyQuery, Query()]) -> Response:
    """API keys, newest first.

    Those that were revoked or have expired stay in the list. No secret is in it: each was shown once, when its key was
    made.
    """
    cursor = cursors(request, {})
    return await page(request, cursor, await keys.listed(read, wanted, cursor.read(wanted.cursor)), noun="key")


@router.post("", status_code=201, response_model=KeyMade, responses=ISSUED)
async def create_key(
    request: Request, caller: Annotated[Caller, Depends(needs_keys)], sent: Annotated[KeyIn, Depends(Sent(KeyIn))]
) -> Response:
    """Make an API key.

    `key` of the answer is its secret, and the only time it is shown: keep it now. A key hands on only scopes that it
    has itself, and for no longer than it has them: one that expires makes none that outlives it. `Idempotency-Key` is
    refused here, since no answer is kept that could be given twice.
    """
    await no_idempotency_key(request)
    for scope in sent.scopes:
        permitted(caller, scope)
    if caller.expires_at is not None and (sent.expires_at is None or sent.expires_at > caller.expires_at):
        detail = f"must not lie behind {show_instant(caller.expires_at)}, when the key that makes it expires"
        raise Invalid("A key does not outlive its maker.", Fault(detail, "not-allowed", pointer="/expires_at"))
    made = await keys.create(request.app.state.database, sent, created_by=caller.name)
    headers = {"Location": f"/v1/keys/{made.id}", "Cache-Control": PRIVATE}
    return Response(to_json(made), 201, headers, media_type="application/json")


@router.get("/{id}", response_model=KeyOut, responses={**READ, **NOT_FOUND})
async def get_key(request: Request, read: Read, id: KeyId) -> Response:
    """One API key.

    What it may do, until when, and when it was last used; not its secret.
    """
    return await answer(request, to_json(await keys.get(read, id)))


@router.delete("/{id}", status_code=204, responses={**DONE, **NOT_FOUND})
async def revoke_key(request: Request, id: KeyId) -> Response:
    """Revoke an API key.

    It opens nothing from the next request on, and stays in the list with `revoked_at`. Revoking it again changes
    nothing.
    """
    await keys.revoke(request.app.state.database, id)
    return Response(status_code=204, headers={"Cache-Control": PRIVATE})
