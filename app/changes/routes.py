"""The history of an object over HTTP, for every noun alike."""

from typing import Annotated

from fastapi import Path, Request
from fastapi.responses import Response
from pydantic import WithJsonSchema
from pydantic_core import to_json

from app.changes import store as log
from app.changes.models import Noun
from app.changes.schemas import RevisionOut, RevisionQuery, Revisions
from app.db import Reader
from app.deps import cursors
from app.errors import NotFound
from app.web.caching import answer
from app.web.pages import Position, links

# No object is saved so often; beyond it a number names no revision, whatever the column could hold.
LAST = 2**31 - 1
RevisionNumber = Annotated[
    str,
    Path(description="Number of a revision, from `revision` of a document or its history.", examples=[1]),
    WithJsonSchema({"type": "integer", "minimum": 1}),
]


async def history(request: Request, read: Reader, noun: Noun, ref: str, wanted: RevisionQuery) -> Response:
    """The revisions of an object that were public, newest first. The object itself was found before."""
    cursor = cursors(request, {})
    position = cursor.read(wanted.cursor)
    before = None if position is None else position.values[0]
    rows = await log.history(read, noun, ref, limit=wanted.limit, before=before)
    shown = rows[: wanted.limit]
    ahead = cursor.write(Position((shown[-1][0],))) if len(rows) > wanted.limit else None
    items = [RevisionOut.model_construct(**dict(zip(RevisionOut.model_fields, row, strict=True))) for row in shown]
    body = to_json(Revisions.model_construct(items=items, next=ahead))
    return await answer(request, body, headers=links(request, next=ahead, prev=None))


async def at_revision(request: Request, read: Reader, noun: Noun, ref: str, number: str) -> Response:
    """The document as it was. Raises: NotFound, also for a revision that was never public."""
    revision = int(number) if number.isascii() and number.isdigit() and len(number) < 11 and number[0] != "0" else 0
    document = await log.past(read, noun, ref, revision) if 0 < revision <= LAST else None
    if document is None:
        raise NotFound(f"There is no such revision of this {noun}.")
    return await answer(request, document.encode(), revision=revision)
