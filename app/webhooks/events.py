"""Reads from the log which changes a webhook is sent next, and writes the body of each event."""

from datetime import datetime
from functools import cache
from typing import Final, NamedTuple

from pydantic_core import from_json, to_json
from sqlalchemy import Integer, Select, bindparam, select

from app.changes.models import Change, Object, Revision
from app.db import Reader
from app.web.fields import format_instant
from app.webhooks.claims import ClaimedWebhook
from app.webhooks.models import Perspective
from app.webhooks.store import HEADS


class Event(NamedTuple):
    """One change as it is sent. `position` is its number in the log that the webhook follows."""

    position: int
    at: datetime
    op: str
    noun: str
    ref: str
    revision: int
    keys: list[str]
    reason: str | None

    def body(self) -> bytes:
        """JSON, byte for byte the same at each attempt."""
        fields = self._asdict()
        return to_json({"seq": fields.pop("position"), **fields, "at": format_instant(self.at)})


class EventBatch(NamedTuple):
    """The next events of a webhook: those that its filters select from the changes up to `last_position`.

    `trimmed_position` is the last position that the log no longer contains; None if nothing is missing.
    """

    events: list[Event]
    last_position: int
    trimmed_position: int | None


@cache
def _changes_after(perspective: Perspective) -> Select[*tuple[object, ...]]:
    position = Change.public_seq if perspective == "public" else Change.seq
    query = select(position, Change.at, Change.op, Change.noun, Change.ref, Change.revision, Change.keys, Change.reason)
    after = position > bindparam("after", type_=Change.seq.type)
    return query.where(after).order_by(position).limit(bindparam("limit", type_=Integer()))


async def next_events(read: Reader, webhook: ClaimedWebhook, *, limit: int) -> EventBatch:
    """The events after the webhook's position, from at most `limit` changes.

    Cost: two statements, and one for each change of an article or note if the webhook filters by language.
    """
    async with read.snapshot() as snapshot:
        heads = await snapshot.row(HEADS)
        rows = await snapshot.rows(_changes_after(webhook.perspective), {"after": webhook.position, "limit": limit})
        changes = [Event(*row) for row in rows]
        events = [change for change in changes if await _selects(webhook, change, snapshot)]
    assert heads is not None, "the migration inserts the row"
    head = heads[1] if webhook.perspective == "public" else heads[0]
    # Both numberings have no gaps, so positions that are missing have been trimmed.
    first = changes[0].position if changes else head + 1
    last_position = changes[-1].position if changes else max(head, webhook.position)
    return EventBatch(events, last_position, first - 1 if first > webhook.position + 1 else None)


async def _selects(webhook: ClaimedWebhook, event: Event, read: Reader) -> bool:
    """Whether the filters of the webhook select the change."""
    if webhook.nouns and event.noun not in webhook.nouns:
        return False
    # The keys of a change name the lists in which the object was or is, including those of ancestors of its tags.
    lists = {f"{prefix}tag:{tag}" for tag in webhook.tags for prefix in ("", "articles:", "notes:")}
    if lists and lists.isdisjoint(event.keys):
        return False
    if not webhook.languages or event.noun not in {"article", "note"}:
        return True
    rows = await read.rows(_LAST_CARDS, {"noun": event.noun, "ref": event.ref, "revision": event.revision})
    cards = [from_json(text) for (text,) in rows]
    return any(card is not None and card["language"] in webhook.languages for card in cards)


# What an object was in a revision, and in the one before it.
_LAST_CARDS: Final = (
    select(Revision.card)
    .join(Object, Object.id == Revision.object)
    .where(Object.noun == bindparam("noun"), Object.ref == bindparam("ref"))
    .where(Revision.revision <= bindparam("revision", type_=Integer()))
    .order_by(Revision.revision.desc())
    .limit(2)
)
