"""Reads the cards and bodies of objects by id, as a perspective sees them."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from sqlalchemy import Select, null, select

from app.changes.models import Revision, ViewEntry
from app.changes.stored import desk_document_of, document_of
from app.changes.views import Kind, Perspective, overlaid, shown_state, visible
from app.db import Reader, Row, in_list, list_parameters, padded_size


class FoundState(NamedTuple):
    """JSON: the card, the body if it was read and there is one, and what the desk alone sees of it."""

    card: str
    body: str | None
    private: str | None

    def document(self, *, with_body: bool) -> str:
        return desk_document_of(document_of(self.card, self.body if with_body else None), self.private)


@cache
def _states(kind: Kind, count: int, with_body: bool) -> Select[*Row]:
    texts = (Revision.card, Revision.body if with_body else null(), Revision.private if kind == "desk" else null())
    columns = (ViewEntry.view, ViewEntry.object, *texts)
    query = select(*columns).join(Revision, shown_state())
    return query.where(visible(ViewEntry, kind), in_list(ViewEntry.object, "object", count))


async def states(
    read: Reader, perspective: Perspective, objects: Sequence[str], *, with_body: bool
) -> dict[str, FoundState]:
    """By object, those that the perspective sees. Cost: one statement, none for no objects."""
    if not objects:
        return {}
    count = padded_size(len(objects))
    parameters = {**perspective.parameters, **list_parameters("object", count, objects)}
    rows = await read.rows(_states(perspective.kind, count, with_body), parameters)
    return {object_id: FoundState(*texts) for _, object_id, *texts in overlaid(rows)}
