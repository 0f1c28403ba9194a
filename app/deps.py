"""What an endpoint may ask for: a reader, who asks, a scope, the cursors of its list."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Depends, Request

from app.db import Database, Reader
from app.errors import Fault, Forbidden, Invalid, Unauthorized
from app.web.caller import Caller, Scope, Scoped, bearer
from app.web.pages import Cursors, list_name

# What the application's state holds as `identify`: whose key a token is. Raises: Unauthorized.
Identify = Callable[[Database, str], Awaitable[Caller]]


async def _caller(request: Request) -> Caller | None:
    token = bearer(request)
    if token is None:
        return None
    identify: Identify = request.app.state.identify
    return await identify(request.app.state.database, token)


# Who asks; None is the public. A key that is not valid is refused, never taken for nobody.
Asking = Annotated[Caller | None, Depends(_caller)]


async def _reader(request: Request, asking: Asking) -> Reader:
    database: Database = request.app.state.database
    return database.reader()


class Needs(Scoped):
    """A dependency: the caller, whose key has this scope. Raises: Unauthorized, Forbidden."""

    async def __call__(self, asking: Asking) -> Caller:
        return permitted(asking, self.scope)


def permitted(asking: Caller | None, scope: Scope) -> Caller:
    """The caller. Raises: Unauthorized, for the public; Forbidden, naming the scope that is missing."""
    if asking is None:
        raise Unauthorized(f"This takes a key with the scope {scope}.", headers={"WWW-Authenticate": "Bearer"})
    if scope not in asking.scopes:
        raise Forbidden(f"The key lacks the scope {scope}.", scope=scope)
    return asking


async def no_idempotency_key(request: Request) -> None:
    """For a POST whose answer is not kept. Raises: Invalid, where it has an Idempotency-Key: that would be ignored."""
    if "idempotency-key" in request.headers:
        detail = "is not taken here: no answer is kept that could be given twice"
        raise Invalid(f"Idempotency-Key {detail}.", Fault(detail, "conflict", parameter="Idempotency-Key"))


async def _zone(request: Request) -> ZoneInfo:
    zone: ZoneInfo = request.app.state.settings.zone
    return zone


Read = Annotated[Reader, Depends(_reader)]
SiteZone = Annotated[ZoneInfo, Depends(_zone)]


def cursors(request: Request, filters: dict[str, Any]) -> Cursors:
    """The cursors of this list with these filters."""
    return Cursors(request.app.state.secret, list_name(request.scope["path"], filters))
