"""Reads from the log which changes a webhook is sent next, and writes the body of each event."""

from typing import Final, NamedTuple

from pydantic_core import from_json
from sqlalchemy import Integer, bindparam, select

from app.changes import feed
from app.changes.entry_filters import tag_names
from app.changes.feed import Entry
from app.changes.models import Object, Revision
from app.changes.views import EVERYONE, NEWEST
from app.db import Reader
from app.webhooks.claims import ClaimedWebhook


def body(event: Entry) -> bytes:
    """The event as JSON, byte for byte the same at each attempt."""
    return b'{"seq":%d,%s}' % (event.position, event.members())


class EventBatch(NamedTuple):
    """The next events of a webhook: those that its filters select from the changes up to `last_position`.

    `trimmed_position` is the last position that the log no longer contains; None if nothing is missing.
    """

    events: list[Entry]
    last_position: int
    trimmed_position: int | None


async def next_events(read: Reader, webhook: ClaimedWebhook, *, limit: int) -> EventBatch:
    """The events after the webhook's position, from at most `limit` changes.

    Cost: two statements, and one for each change of an article or note if the webhook filters by language.
    """
    perspective = EVERYONE if webhook.perspective == "public" else NEWEST
    async with read.snapshot() as snapshot:
        head = await feed.head(snapshot, perspective)
        changes = await feed.entries(snapshot, perspective, webhook.position, limit)
        events = [change for change in changes if await _selects(webhook, change, snapshot)]
    # Both numberings have no gaps, so positions that are missing have been trimmed.
    first = changes[0].position if changes else head + 1
    last_position = changes[-1].position if changes else max(head, webhook.position)
    return EventBatch(events, last_position, first - 1 if first > webhook.position + 1 else None)


async def _selects(webhook: ClaimedWebhook, event: Entry, read: Reader) -> bool:
    """Whether the filters of the webhook select the change."""
    if webhook.nouns and event.noun not in webhook.nouns:
        return False
    if (lists := tag_names(webhook.tags)) and lists.isdisjoint(event.names):
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
