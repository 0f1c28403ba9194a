"""What every noun has over HTTP: the perspective it is read from, and the history of an object."""

import asyncio
from typing import Annotated

from fastapi import Path, Request
from fastapi.responses import Response
from pydantic import WithJsonSchema
from pydantic_core import from_json, to_json

from app.changes import shown
from app.changes.models import Noun
from app.changes.schemas import DRAFTS, DiffQuery, RevisionOut, RevisionQuery, Revisions
from app.changes.shown import EVERYONE, NEWEST, Perspective
from app.content import differences
from app.db import Reader, utcnow
from app.deps import cursors, permitted
from app.errors import NotFound
from app.web.caching import answer
from app.web.caller import Caller
from app.web.pages import Position, links
from app.web.spans import moment

# No object is saved so often; beyond it a number names no revision, whatever the column could hold.
LAST = 2**31 - 1
RevisionNumber = Annotated[
    str,
    Path(description="Number of a revision, from `revision` of a document or its history.", examples=[1]),
    WithJsonSchema({"type": "integer", "minimum": 1}),
]


def perspective(asking: Caller | None, wanted: str | None) -> Perspective:
    """Through whose eyes is read. Raises: Unauthorized, Forbidden, where that takes `drafts:read`."""
    if wanted is None:
        return EVERYONE
    if wanted == DRAFTS:
        permitted(asking, "drafts:read")
        return NEWEST
    at = moment(wanted)
    if at > utcnow():
        permitted(asking, "drafts:read")
        return Perspective(due=at)
    return Perspective(desk=asking is not None and "drafts:read" in asking.scopes, then=at)


async def history(
    request: Request, read: Reader, seen: Perspective, noun: Noun, ref: str, wanted: RevisionQuery
) -> Response:
    """The revisions of an object, which was found before, newest first; the public's are those that were public."""
    cursor = cursors(request, {"perspective": wanted.perspective})
    position = cursor.read(wanted.cursor)
    before = None if position is None else position.values[0]
    rows = await shown.history(read, seen, noun, ref, limit=wanted.limit, before=before)
    stretch = rows[: wanted.limit]
    ahead = cursor.write(Position((stretch[-1][0],))) if len(rows) > wanted.limit else None
    fields = [*RevisionOut.model_fields] if seen.desk else [*RevisionOut.model_fields][:-1]
    items = [RevisionOut.model_construct(**dict(zip(fields, row, strict=False))) for row in stretch]
    body = to_json(Revisions.model_construct(items=items, next=ahead))
    return await answer(request, body, headers=links(request, next=ahead, prev=None))


async def at_revision(request: Request, read: Reader, seen: Perspective, noun: Noun, ref: str, number: str) -> Response:
    """The document as it was. Raises: NotFound, to the public also for a revision that was never public."""
    document, ednote = await revision(read, seen, noun, ref, number)
    text = noted(document, ednote, seen) if noun == "article" else document
    return await answer(request, text.encode(), revision=int(number))


async def revision(read: Reader, seen: Perspective, noun: Noun, ref: str, number: str) -> tuple[str, str | None]:
    """(document, ednote) at a revision. Raises: NotFound."""
    wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 11 and number[0] != "0" else 0
    found = await shown.past(read, seen, noun, ref, wanted) if 0 < wanted <= LAST else None
    if found is None:
        raise NotFound(f"There is no such revision of this {noun}.")
    return found[0], found[1]


def noted(document: str, ednote: str | None, seen: Perspective) -> str:
    """The document of an article, with the note to the desk where the desk reads it."""
    return f'{document[:-1]},"ednote":{to_json(ednote).decode()}}}' if seen.desk else document


async def difference(
    request: Request, read: Reader, seen: Perspective, noun: Noun, ref: str, wanted: DiffQuery
) -> Response:
    """What changed between two revisions. Raises: NotFound."""
    old, new = [await revision(read, seen, noun, ref, str(number)) for number in (wanted.from_, wanted.to)]
    body = await asyncio.to_thread(lambda: to_json(differences.difference(from_json(old[0]), from_json(new[0]))))
    return await answer(request, body)
