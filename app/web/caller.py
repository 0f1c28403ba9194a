"""Who makes a request: the holder of a key, and what the scopes of the key permit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from app.errors import Forbidden, Unauthorized

Scope = Literal[
    "drafts:read", "content:write", "content:publish", "content:withdraw", "archive:write", "webhooks", "keys"
]  # fmt: skip
SCOPES: Final[dict[Scope, str]] = {
    "drafts:read": "read what is not public: drafts, working copies, what is scheduled, private notes of the desk",
    "content:write": "write and change articles, notes, sources and tags; of what is published it changes at once",
    "content:publish": "publish, schedule, take back to draft, and correct",
    "content:withdraw": "withdraw what was published, and erase its text",
    "archive:write": "with `content:write`: restore status, dates and former slugs by an import; that publishes, too",
    "webhooks": "manage the webhooks that are told of changes",
    "keys": "make and revoke keys, with scopes of its own at most, none of which outlives it",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of a key. A request without a key has no Caller."""

    id: str
    name: str
    scopes: frozenset[Scope]
    expires_at: datetime | None = None


class Scoped:
    """A dependency that needs a key with this scope, or with one of the others. `openapi` describes it."""

    def __init__(self, scope: Scope, *others: Scope) -> None:
        self.scope = scope
        self.others = others


def permitted(caller: Caller | None, scope: Scope) -> Caller:
    """The caller. Raises: Unauthorized, without a key; Forbidden, naming the missing scope."""
    if caller is None:
        raise Unauthorized(f"This takes a key with the scope {scope}.", headers={"WWW-Authenticate": "Bearer"})
    if scope not in caller.scopes:
        raise Forbidden(f"The key lacks the scope {scope}.", scope=scope)
    return caller


def refused(detail: str) -> Unauthorized:
    """The refusal of a key that is not valid. Source: RFC 6750, 3."""
    return Unauthorized(detail, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
