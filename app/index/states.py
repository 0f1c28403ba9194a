"""The states of objects that were found: their cards and bodies, as a perspective sees them."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from sqlalchemy import Select, null, select

from app.changes.models import Revision, ViewEntry
from app.changes.stored import document_of
from app.changes.views import Kind, Perspective, overlaid, shown_state, visible
from app.db import Reader, Row, in_list, list_parameters, padded_size


class FoundState(NamedTuple):
    """JSON: the card, and the body where it was asked for and there is one."""

    card: str
    body: str | None

    def document(self, *, with_body: bool) -> str:
        return document_of(self.card, self.body if with_body else None)


@cache
def _states(kind: Kind, count: int, with_body: bool) -> Select[*Row]:
    columns = (ViewEntry.view, ViewEntry.object, Revision.card, Revision.body if with_body else null())
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
    return {object_id: FoundState(card, body) for _, object_id, card, body in overlaid(rows)}
