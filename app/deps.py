"""What an endpoint may ask for: a reader of the database, the caller, a scope, the site's zone, cursors."""

from collections.abc import Mapping
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request

from app.db import Database, Reader
from app.errors import Fault, Invalid
from app.web.caller import Caller, Scoped, permitted, refused
from app.web.cursors import Cursors, list_name
from app.web.positions import min_position


def bearer(request: Request) -> str | None:
    """The token of `Authorization: Bearer …`; None without the header. Raises: Unauthorized, for another form of it."""
    headers = request.headers.getlist("authorization")
    if not headers:
        return None
    scheme, _, token = headers[0].partition(" ")
    token = token.strip()
    if len(headers) > 1 or scheme.lower() != "bearer" or not token.isascii() or not token.isprintable() or " " in token:
        raise refused("Authorization must be `Bearer` and one key.")
    return token


async def _caller(request: Request) -> Caller | None:
    """Raises: Unauthorized, for a key that is not valid."""
    token, state = bearer(request), request.app.state
    caller: Caller | None = None if token is None else await state.identify(state.database, token)
    request.scope["caller"] = caller
    return caller


# The caller; None for the public. A key that is not valid is refused, and never treated as no key.
OptionalCaller = Annotated[Caller | None, Depends(_caller)]


class NeedsScope(Scoped):
    """A dependency: the caller, whose key has this scope, or one of the others. Raises: Unauthorized, Forbidden."""

    async def __call__(self, caller: OptionalCaller) -> Caller:
        if caller is not None and not caller.scopes.isdisjoint(self.others):
            return caller
        return permitted(caller, self.scope)


async def _primary_reader(request: Request, caller: OptionalCaller) -> Reader:
    """Reads from the position that Min-Position asks for on. A key that is not valid is refused on every read.

    The public is not told how far the complete log goes: to it a `d…` means what is committed by now, which is what
    the primary gives. Raises: Invalid; Behind, where the position is not reached in time.
    """
    position = min_position(request.headers.getlist("min-position"))
    if position is not None and not (position.is_complete and caller is None):
        await request.app.state.watch.reach(position)
    database: Database = request.app.state.database
    return database.reader()


# A reader of the primary, for what must agree with what this process hears of the log.
PrimaryRead = Annotated[Reader, Depends(_primary_reader)]


async def _reader(request: Request, caller: OptionalCaller, primary: PrimaryRead) -> Reader:
    """A reader of a replica that has all this process knows of the log, for the public; of the primary otherwise."""
    state = request.app.state
    may_read_replica = state.settings.database_replica_urls and request.scope.get("may_read_replica")
    if caller is not None or not may_read_replica or "d" in request.headers.get("min-position", ""):
        return primary
    database: Database = state.database
    return database.reader_from(state.freshness.seq)


Read = Annotated[Reader, Depends(_reader)]


async def _zone(request: Request) -> ZoneInfo:
    zone: ZoneInfo = request.app.state.settings.zone
    return zone


SiteZone = Annotated[ZoneInfo, Depends(_zone)]


async def no_idempotency_key(request: Request) -> None:
    """For a POST whose answer is not stored. Raises: Invalid, for an Idempotency-Key, which would be ignored."""
    if "idempotency-key" in request.headers:
        detail = "is not taken here: no answer is kept that could be given twice"
        raise Invalid(f"Idempotency-Key {detail}.", Fault(detail, "conflict", parameter="Idempotency-Key"))


def cursors(request: Request, filters: Mapping[str, object]) -> Cursors:
    """The cursors of the list at this path with these filters."""
    return Cursors(request.app.state.secret, list_name(request.scope["path"], filters))
