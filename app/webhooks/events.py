"""Reads from the log which changes a webhook is sent next, and writes the body of each event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from pydantic_core import from_json, to_json
from sqlalchemy import Integer, Select, bindparam, select

from app.changes.models import Change, Object, Revision
from app.db import Reader
from app.web.fields import format_instant
from app.webhooks.claims import ClaimedWebhook
from app.webhooks.models import Perspective
from app.webhooks.store import HEADS

# The nouns that have a language.
TRANSLATED_NOUNS: Final = frozenset({"article", "note"})


class LogEntry(NamedTuple):
    """One change. `position` is its number in the log that the webhook follows."""

    position: int
    at: datetime
    op: str
    noun: str
    ref: str
    revision: int
    keys: list[str]
    reason: str | None

    def body(self) -> bytes:
        """The event as JSON; byte for byte the same at each attempt."""
        entry = self._asdict()
        return to_json({"seq": entry.pop("position"), **entry, "at": format_instant(self.at)})


@dataclass(frozen=True, slots=True)
class Event:
    """One change as it is sent."""

    position: int
    body: bytes


@dataclass(frozen=True, slots=True)
class EventBatch:
    """The next events of a webhook: those that its filters select from the changes up to `last_position`.

    `trimmed_position` is the last position that the log no longer contains; None if nothing is missing.
    """

    events: Sequence[Event]
    last_position: int
    trimmed_position: int | None = None


def _changes_after(number: str) -> Select[*tuple[object, ...]]:
    position = getattr(Change, number)
    entry = (Change.at, Change.op, Change.noun, Change.ref, Change.revision, Change.keys, Change.reason)
    return (
        select(position, *entry)
        .where(position > bindparam("after", type_=Change.seq.type))
        .order_by(position)
        .limit(bindparam("limit", type_=Integer()))
    )


_CHANGES: Final[dict[Perspective, Select[*tuple[object, ...]]]] = {
    "public": _changes_after("public_seq"),
    "drafts": _changes_after("seq"),
}


async def next_events(read: Reader, webhook: ClaimedWebhook, *, limit: int) -> EventBatch:
    """The events after the webhook's position, from at most `limit` changes.

    Cost: two statements, and one for each change of an article or note if the webhook filters by language.
    """
    async with read.snapshot() as snapshot:
        heads = await snapshot.row(HEADS)
        rows = await snapshot.rows(_CHANGES[webhook.perspective], {"after": webhook.position, "limit": limit})
        entries = [LogEntry(*row) for row in rows]
        events = [Event(entry.position, entry.body()) for entry in entries if await _selects(webhook, entry, snapshot)]
    assert heads is not None, "the migration inserts the row"
    seq, public_seq = heads
    head = public_seq if webhook.perspective == "public" else seq
    # Both numberings have no gaps, so positions that are missing have been trimmed.
    first = entries[0].position if entries else head + 1
    return EventBatch(
        events=events,
        last_position=entries[-1].position if entries else max(head, webhook.position),
        trimmed_position=first - 1 if first > webhook.position + 1 else None,
    )


async def _selects(webhook: ClaimedWebhook, entry: LogEntry, read: Reader) -> bool:
    """Whether the filters of the webhook select the change."""
    if webhook.nouns and entry.noun not in webhook.nouns:
        return False
    # The keys of a change name the lists in which the object was or is, including those of ancestors of its tags.
    lists = {f"{prefix}tag:{tag}" for tag in webhook.tags for prefix in ("", "articles:", "notes:")}
    if lists and lists.isdisjoint(entry.keys):
        return False
    if not webhook.languages or entry.noun not in TRANSLATED_NOUNS:
        return True
    languages = await languages_of_last_states(read, entry.noun, entry.ref, entry.revision)
    return not languages.isdisjoint(webhook.languages)


async def languages_of_last_states(read: Reader, noun: str, ref: str, revision: int) -> set[str]:
    """The languages of an object in this revision and in the one before it. Cost: one statement."""
    rows = await read.rows(_LAST_CARDS, {"noun": noun, "ref": ref, "revision": revision})
    cards = [from_json(text) for (text,) in rows]
    return {card["language"] for card in cards if card is not None}


_LAST_CARDS: Final = (
    select(Revision.card)
    .join(Object, Object.id == Revision.object)
    .where(
        Object.noun == bindparam("noun"),
        Object.ref == bindparam("ref"),
        Revision.revision <= bindparam("revision", type_=Integer()),
    )
    .order_by(Revision.revision.desc())
    .limit(2)
)
