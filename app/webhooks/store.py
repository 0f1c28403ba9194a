"""Every statement about webhooks: their settings, their place in the log, what was sent to them."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic_core import from_json, to_json
from sqlalchemy import Boolean, Integer, and_, bindparam, case, delete, func, insert, or_, select, update

from app.changes.models import PUBLIC, Change, Head, Revision
from app.changes.store import HEAD
from app.changes.unlogged import Newest
from app.db import Database, Moment, Reader, Row, new_id, utcnow
from app.errors import Fault, Invalid, NotFound
from app.web.fields import show_instant
from app.web.pages import Position, Slice
from app.webhooks.models import Delivery, Perspective, Webhook
from app.webhooks.schemas import (
    DeliveryOut,
    NewWebhookIn,
    Rotated,
    WebhookIn,
    WebhookMade,
    WebhookOut,
    WebhookQuery,
    WebhookState,
)

PREFIX: Final = "whsec_"
# How long a secret that was replaced signs too.
ROTATION: Final = timedelta(hours=24)
# Of each subscriber, so many tries are kept, and so many dead letters.
KEPT: Final = {False: 100, True: 1_000}


def shown_secret(secret: bytes) -> str:
    """The form in which receivers are given it. Source: Standard Webhooks, "Signature scheme"."""
    return PREFIX + base64.b64encode(secret).decode()


# --- reading ----------------------------------------------------------------------------------------------------

_HEADS: Final = select(Head.seq, Head.public_seq).where(Head.id == HEAD)
_SEQ: Final = select(Head.seq).where(Head.id == HEAD).scalar_subquery()
_PUBLIC_SEQ: Final = select(Head.public_seq).where(Head.id == HEAD).scalar_subquery()
_LAST: Final = case((Webhook.perspective == PUBLIC, _PUBLIC_SEQ), else_=_SEQ)
_DEAD: Final = (
    select(func.count())
    .select_from(Delivery)
    .where(Delivery.webhook == Webhook.id, Delivery.dead.is_(True))
    .correlate(Webhook)
    .scalar_subquery()
)
OUT: Final = tuple(getattr(Webhook, name) for name in WebhookOut.model_fields)
STATE: Final = (*OUT, Webhook.position, _LAST, Webhook.attempts, Webhook.due_at, _DEAD)
_BY_ID: Final = select(*OUT).where(Webhook.id == bindparam("id"))


def _out(row: Row) -> WebhookOut:
    return WebhookOut.model_construct(**dict(zip(WebhookOut.model_fields, row, strict=True)))


def _state(row: Row) -> WebhookState:
    *settings, position, head, attempts, due_at, dead = row
    return WebhookState.model_construct(
        **dict(zip(WebhookOut.model_fields, settings, strict=True)),
        position=position,
        head=head,
        lag=max(head - position, 0),
        attempts=attempts,
        next_try_at=due_at if attempts else None,
        dead_letters=dead,
    )


def _missing(id: str) -> NotFound:
    return NotFound(f"There is no webhook {id!r}.")


async def get(read: Reader, id: str) -> WebhookOut:
    """The webhook as it is set. Cost: one statement. Raises: NotFound."""
    row = await read.row(_BY_ID, {"id": id})
    if row is None:
        raise _missing(id)
    return _out(row)


async def listed(read: Reader, wanted: WebhookQuery, position: Position | None, *, drafts: bool) -> Slice:
    """Webhooks and how far each is, the newest first; one page. Those that are sent drafts too only where asked for.

    Cost: as of `Newest`.
    """
    return await _NEWEST.page(read, wanted, position, drafts=drafts)


async def everything(read: Reader) -> list[WebhookState]:
    """All webhooks and how far each is, the newest first. Cost: one statement."""
    return await _NEWEST.all(read, drafts=True)


_LISTED: Final = or_(Webhook.perspective == PUBLIC, bindparam("drafts", type_=Boolean()))
_NEWEST: Final = Newest(select(*STATE).where(_LISTED), Webhook.id, _state)


async def deliveries(read: Reader, id: str, *, limit: int, dead: bool = False) -> list[DeliveryOut]:
    """The last of what was sent to a webhook, the newest first. Cost: one statement."""
    names = [*DeliveryOut.model_fields]
    rows = await read.rows(_DEAD_DELIVERIES if dead else _DELIVERIES, {"webhook": id, "limit": limit})
    return [DeliveryOut.model_construct(**dict(zip(names, row, strict=True))) for row in rows]


_DELIVERIES: Final = (
    select(*(getattr(Delivery, name) for name in DeliveryOut.model_fields))
    .where(Delivery.webhook == bindparam("webhook"))
    .order_by(Delivery.id.desc())
    .limit(bindparam("limit", type_=Integer()))
)
_DEAD_DELIVERIES: Final = _DELIVERIES.where(Delivery.dead.is_(True))


async def dead_letters(read: Reader) -> int:
    """How many events were given up, and not sent again since, of all webhooks. Cost: one statement."""
    return int((await read.rows(_ALL_DEAD))[0][0])


_ALL_DEAD: Final = select(func.count()).select_from(Delivery).where(Delivery.dead.is_(True))


# --- settings ---------------------------------------------------------------------------------------------------


async def create(database: Database, wanted: NewWebhookIn) -> WebhookMade:
    """Makes a webhook. What is returned is the only showing of its secret. Raises: Invalid; Unavailable."""
    at, secret = utcnow(), secrets.token_bytes(32)
    settings = wanted.model_dump(exclude={"after"})
    made = WebhookMade(
        **settings, id=str(new_id()), disabled_reason=None, created_at=at, modified_at=at, revision=1,
        secret=shown_secret(secret),
    )  # fmt: skip
    async with database.begin() as connection:
        seq, public_seq = (await connection.execute(_HEADS)).one()
        head = public_seq if wanted.perspective == PUBLIC else seq
        position = _not_beyond(wanted.after, head)
        row = {**made.model_dump(exclude={"secret"}), "secret": secret, "position": position, "attempts": 0}
        await connection.execute(insert(Webhook).values(**row, due_at=at))
    return made


def _not_beyond(after: int | None, head: int) -> int:
    if after is not None and after > head:
        detail = f"lies in the future: the last position is {head}"
        raise Invalid(f"/after {detail}.", Fault(detail, pointer="/after"))
    return head if after is None else after


async def save(database: Database, known: WebhookOut, wanted: WebhookIn) -> WebhookOut | None:
    """Sets what may be set, at once: what is due is tried now. None where another writer was there first.

    What leaves the settings as they are makes no revision.
    """
    values = wanted.model_dump()
    if all(getattr(known, name) == value for name, value in values.items()):
        return known
    if wanted.enabled:
        values["disabled_reason"] = None
    async with database.begin() as connection:
        done = await connection.execute(
            update(Webhook)
            .where(Webhook.id == known.id, Webhook.revision == known.revision)
            .values(**values, revision=Webhook.revision + 1, modified_at=utcnow(), **_at_once())
            .returning(*OUT)
        )
        row = done.one_or_none()
    return None if row is None else _out(tuple(row))


def _at_once() -> dict[str, Any]:
    """Whoever delivers loses it; the next event is tried now, as for the first time."""
    return {"holder": None, "attempts": 0, "due_at": utcnow()}


async def remove(database: Database, known: WebhookOut) -> bool:
    """Deletes the webhook and what is known of its deliveries; false where another writer was there first."""
    async with database.begin() as connection:
        done = await connection.execute(
            delete(Webhook).where(Webhook.id == known.id, Webhook.revision == known.revision)
        )
    return bool(done.rowcount)


async def rotate(database: Database, id: str) -> Rotated:
    """Gives the webhook a new secret; the one it had signs too for a day. Raises: NotFound."""
    secret, until = secrets.token_bytes(32), utcnow() + ROTATION
    async with database.begin() as connection:
        done = await connection.execute(
            update(Webhook)
            .where(Webhook.id == id)
            .values(secret=secret, former_secret=Webhook.secret, former_until=until)
        )
        if not done.rowcount:
            raise _missing(id)
    return Rotated(secret=shown_secret(secret), former_until=until)


async def replay(database: Database, id: str, after: int) -> None:
    """Sets the position back, or forward; what comes behind it is sent, and is no dead letter any more.

    Raises: NotFound; Invalid, for a position that is not there yet.
    """
    async with database.begin() as connection:
        found = (await connection.execute(select(_LAST).where(Webhook.id == id))).one_or_none()
        if found is None:
            raise _missing(id)
        position = _not_beyond(after, found[0])
        await connection.execute(update(Webhook).where(Webhook.id == id).values(position=position, **_at_once()))
        await connection.execute(
            delete(Delivery).where(Delivery.webhook == id, Delivery.dead.is_(True), Delivery.position > position)
        )


# --- delivering -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Taken:
    """A webhook that somebody has taken in order to deliver: what that takes, and where it stands."""

    id: str
    url: str
    nouns: list[str]
    tags: list[str]
    languages: list[str]
    perspective: Perspective
    secret: bytes
    former_secret: bytes | None
    former_until: datetime | None
    position: int
    attempts: int
    holder: str | None

    def secrets(self, now: datetime) -> list[bytes]:
        """What signs now, the newest first."""
        former = self.former_secret if self.former_until is not None and now < self.former_until else None
        return [self.secret, former] if former is not None else [self.secret]


_TAKEN: Final = tuple(getattr(Webhook, name) for name in Taken.__slots__)
# The clock is asked only where a wait or a hold has to end, so that one which is set back silences nobody.
_IDLE: Final = and_(Webhook.attempts == 0, Webhook.holder.is_(None))
_DUE: Final = and_(
    Webhook.enabled.is_(True),
    or_(_IDLE, Webhook.due_at <= bindparam("now", type_=Moment())),
    Webhook.position < _LAST,
)
_ANY_DUE: Final = select(Webhook.id).where(_DUE).limit(1)
_PICKED: Final = (
    select(Webhook.id)
    .where(_DUE)
    .order_by(Webhook.due_at)
    .limit(bindparam("most", type_=Integer()))
    .with_for_update(skip_locked=True, of=Webhook)
)
_TAKE: Final = (
    update(Webhook)
    .where(Webhook.id.in_(_PICKED.scalar_subquery()))
    .values(holder=bindparam("taker"), due_at=bindparam("until", type_=Moment()))
    .returning(*_TAKEN)
)
_ONE: Final = select(*_TAKEN).where(Webhook.id == bindparam("id"))


async def take(database: Database, now: datetime, *, until: datetime, most: int) -> list[Taken]:
    """Takes webhooks that have something to be sent: until then they are the caller's, and nobody else's.

    Order: who waits longest first. Cost: one statement where there is nothing; then no lock is taken.
    """
    if await database.reader().row(_ANY_DUE, {"now": now}) is None:
        return []
    async with database.begin() as connection:
        rows = await connection.execute(_TAKE, {"now": now, "most": most, "taker": str(new_id()), "until": until})
        return [Taken(*row) for row in rows]


async def find_taken(read: Reader, id: str) -> Taken:
    """The webhook as it would be taken, for a test. Raises: NotFound."""
    row = await read.row(_ONE, {"id": id})
    if row is None:
        raise _missing(id)
    return Taken(*row)


@dataclass(frozen=True, slots=True)
class Event:
    """One change as it is sent, word for word the same on each try."""

    position: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Stretch:
    """What of the log a webhook is sent next: the events that concern it, up to a position.

    `trimmed` is the last of the positions that the log no longer held, None where it held them all.
    """

    events: Sequence[Event]
    to: int
    trimmed: int | None = None


_ENTRY: Final = (Change.at, Change.op, Change.noun, Change.ref, Change.revision, Change.keys, Change.reason)
_NEXT: Final = {
    perspective: select(number, *_ENTRY)
    .where(number > bindparam("after", type_=Change.seq.type))
    .order_by(number)
    .limit(bindparam("limit", type_=Integer()))
    for perspective, number in (("public", Change.public_seq), ("drafts", Change.seq))
}  # fmt: skip
_DOCUMENTS: Final = (
    select(Revision.document)
    .where(
        Revision.noun == bindparam("noun"), Revision.ref == bindparam("ref"),
        Revision.revision <= bindparam("revision", type_=Integer()),
    )
    .order_by(Revision.revision.desc())
    .limit(2)
)  # fmt: skip


async def upcoming(read: Reader, taken: Taken, position: int, *, limit: int) -> Stretch:
    """What comes behind the position, of at most so many changes.

    Cost: two statements, and one for each change where languages are asked for.
    """
    async with read.snapshot() as snapshot:
        heads = await snapshot.row(_HEADS)
        rows = await snapshot.rows(_NEXT[taken.perspective], {"after": position, "limit": limit})
        chosen = [row for row in rows if await _concerns(snapshot, taken, row)]
    assert heads is not None, "the migration makes the row"
    head = heads[1] if taken.perspective == "public" else heads[0]
    # Both numberings are without holes, so what is missing has been trimmed.
    first = rows[0][0] if rows else head + 1
    return Stretch(
        events=[Event(row[0], _body(row)) for row in chosen],
        to=rows[-1][0] if rows else max(head, position),
        trimmed=first - 1 if first > position + 1 else None,
    )


async def _concerns(read: Reader, taken: Taken, row: Row) -> bool:
    """Whether the webhook asks for this change."""
    _, _, _, noun, ref, revision, keys, _ = row
    if taken.nouns and noun not in taken.nouns:
        return False
    # A change names the lists it stood or stands in, those of the ancestors of its tags among them.
    lists = {f"{prefix}tag:{tag}" for tag in taken.tags for prefix in ("", "articles:", "notes:")}
    if lists and lists.isdisjoint(keys):
        return False
    if not taken.languages or noun not in {"article", "note"}:
        return True
    documents = await read.rows(_DOCUMENTS, {"noun": noun, "ref": ref, "revision": revision})
    states = [from_json(document) for (document,) in documents]
    return any(state["language"] in taken.languages for state in states if state is not None)


def _body(row: Row) -> bytes:
    position, at, op, noun, ref, revision, keys, reason = row
    entry = {"at": show_instant(at), "op": op, "noun": noun, "ref": ref, "revision": revision, "keys": keys}
    return to_json({"seq": position, **entry, "reason": reason})


@dataclass(frozen=True, slots=True)
class Tried:
    """How one try went. `error` is None where the event was delivered."""

    at: datetime
    position: int | None
    attempt: int
    status: int | None
    error: str | None
    duration_milliseconds: int
    dead: bool = False


async def settle(database: Database, taken: Taken, tried: Tried | None, **values: Any) -> bool:
    """Notes how a try went and sets the webhook's place by it; false, and nothing, where it is another's meanwhile.

    Cost: one transaction of at most three statements.
    """
    async with database.begin() as connection:
        mine = update(Webhook).where(Webhook.id == taken.id, Webhook.holder == taken.holder)
        if not (await connection.execute(mine.values(**values))).rowcount:
            return False
        if tried is not None:
            await _note(connection, taken.id, tried)
    return True


async def stop(database: Database, taken: Taken, tried: Tried) -> None:
    """Disables a webhook whose receiver wants no more. The event stays unsettled, should it be enabled again."""
    await settle(
        database, taken, tried, enabled=False, disabled_reason="gone", holder=None, attempts=0,
        revision=Webhook.revision + 1, modified_at=tried.at,
    )  # fmt: skip


async def note_test(database: Database, id: str, tried: Tried) -> DeliveryOut:
    """Notes how a test went; where it went well, what waits for its next try waits no longer. Raises: NotFound."""
    async with database.begin() as connection:
        held = update(Webhook).where(Webhook.id == id)
        if not (await connection.execute(held.values(name=Webhook.name))).rowcount:
            raise _missing(id)
        if tried.error is None:
            await connection.execute(held.where(Webhook.attempts > 0, Webhook.holder.is_(None)).values(due_at=tried.at))
        return await _note(connection, id, tried)


async def _note(connection: Any, id: str, tried: Tried) -> DeliveryOut:
    noted = DeliveryOut.model_construct(id=str(new_id()), **{name: getattr(tried, name) for name in Tried.__slots__})
    await connection.execute(insert(Delivery).values(webhook=id, **dict(noted)))
    alike = (Delivery.webhook == id, Delivery.dead.is_(tried.dead))
    oldest = select(Delivery.id).where(*alike).order_by(Delivery.id.desc()).offset(KEPT[tried.dead] - 1).limit(1)
    await connection.execute(delete(Delivery).where(*alike, Delivery.id < oldest.scalar_subquery()))
    return noted
