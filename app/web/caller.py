"""Who asks: the Authorization header becomes a token, and a key's scopes become what its holder may do."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from starlette.requests import Request

from app.errors import Unauthorized

Scope = Literal["drafts:read", "content:write", "content:publish", "content:withdraw", "webhooks", "keys"]
SCOPES: Final[dict[Scope, str]] = {
    "drafts:read": "read what is not public: drafts, working copies, what is scheduled, private notes of the desk",
    "content:write": "write and change articles, notes, sources and tags; of what is published it changes at once",
    "content:publish": "publish, schedule, take back to draft, and correct",
    "content:withdraw": "withdraw what was published, and erase its text",
    "webhooks": "manage the webhooks that are told of changes",
    "keys": "make and revoke keys, with scopes of its own at most, none of which outlives it",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of a key. The public has none."""

    id: str
    name: str
    scopes: frozenset[Scope]
    expires_at: datetime | None = None


class Scoped:
    """A dependency that takes a key with this scope. The OpenAPI document tells of it."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope


def refused(detail: str) -> Unauthorized:
    """The refusal of a key. Source: RFC 6750, 3."""
    return Unauthorized(detail, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


def bearer(request: Request) -> str | None:
    """The token of `Authorization: Bearer …`; None without the header. Raises: Unauthorized, for another form of it."""
    given = request.headers.getlist("authorization")
    if not given:
        return None
    scheme, _, token = given[0].partition(" ")
    token = token.strip()
    if len(given) > 1 or scheme.lower() != "bearer" or not token.isascii() or not token.isprintable() or " " in token:
        raise refused("Authorization must be `Bearer` and one key.")
    return token
