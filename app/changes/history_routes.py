"""What all nouns have over HTTP of the history of an object: its revisions, one of them, and a difference."""

import asyncio
import re
from typing import Annotated

from fastapi import Path, Request
from fastapi.responses import Response
from pydantic import WithJsonSchema
from pydantic_core import from_json, to_json

from app.changes import history
from app.changes.models import Noun
from app.changes.schemas import DiffQuery, RevisionOut, RevisionPage, RevisionQuery
from app.changes.views import EVERYONE, Perspective
from app.content import differences
from app.db import Reader
from app.deps import cursors
from app.paging import Position
from app.web.caching import cached_response
from app.web.pages import links

RevisionNumber = Annotated[
    str,
    Path(description="Number of a revision, from `revision` of a document or its history.", examples=[1]),
    WithJsonSchema({"type": "integer", "minimum": 1}),
]


async def revisions_response(
    request: Request, read: Reader, perspective: Perspective, noun: Noun, ref: str, query: RevisionQuery
) -> Response:
    """The revisions of an object that was found before, newest first; the public's are those that were public."""
    cursor = cursors(request, {"perspective": query.perspective})
    position = cursor.read(query.cursor)
    before = None if position is None else position.values[0]
    rows = await history.revisions(read, perspective, noun, ref, limit=query.limit, before=before)
    page = rows[: query.limit]
    next_cursor = cursor.write(Position((page[-1][0],))) if len(rows) > query.limit else None
    fields = [*RevisionOut.model_fields] if perspective.desk else [*RevisionOut.model_fields][:-1]
    items = [RevisionOut.model_construct(**dict(zip(fields, row, strict=False))) for row in page]
    body = to_json(RevisionPage.model_construct(items=items, next=next_cursor))
    headers = links(request, next=next_cursor, prev=None)
    return await cached_response(request, body, names=[f"{noun}:{ref}"], headers=headers)


async def revision_response(
    request: Request, read: Reader, perspective: Perspective, noun: Noun, ref: str, number: str
) -> Response:
    """The document as it was. Raises: NotFound, to the public also for a revision that was never public."""
    state = await history.state_at(read, perspective, noun, ref, revision_number(number))
    body = state.document(perspective).encode()
    return await cached_response(request, body, names=[f"{noun}:{ref}"], revision=state.revision)


def revision_number(number: str) -> int:
    """The number as it is written in an address; 0, which no revision has, for any other spelling."""
    return int(number) if re.fullmatch("[1-9][0-9]{0,9}", number) else 0


async def difference_response(
    request: Request, read: Reader, perspective: Perspective, noun: Noun, ref: str, query: DiffQuery
) -> Response:
    """What changed between two revisions. Raises: NotFound."""
    old, new = [await history.state_at(read, perspective, noun, ref, number) for number in (query.from_, query.to)]

    def compared() -> bytes:
        documents = [from_json(state.document(EVERYONE)) for state in (old, new)]
        return to_json(differences.difference(*documents))

    return await cached_response(request, await asyncio.to_thread(compared), names=[f"{noun}:{ref}"])
