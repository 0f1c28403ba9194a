"""What an endpoint may ask for: a reader, the caller's view, the cursors of its list."""

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Depends, Request

from app.db import Database, Reader
from app.errors import Unauthorized
from app.web.pages import Cursors, list_name


async def _reader(request: Request) -> Reader:
    """Keys come with writing; until then none opens anything, and none is silently taken for nobody."""
    if "authorization" in request.headers:
        raise Unauthorized(
            "The key in Authorization is not known here. Reading needs none.", headers={"WWW-Authenticate": "Bearer"}
        )
    database: Database = request.app.state.database
    return database.reader()


async def _zone(request: Request) -> ZoneInfo:
    zone: ZoneInfo = request.app.state.settings.zone
    return zone


Read = Annotated[Reader, Depends(_reader)]
SiteZone = Annotated[ZoneInfo, Depends(_zone)]


def cursors(request: Request, filters: dict[str, Any]) -> Cursors:
    """The cursors of this list with these filters."""
    return Cursors(request.app.state.secret, list_name(request.scope["path"], filters))
