"""Every SQL statement about the settings of webhooks, and how far each has progressed in the log."""

import base64
import secrets
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Boolean, bindparam, case, delete, func, insert, or_, select, update

from app.changes.log import HEAD
from app.changes.models import PUBLIC, Head
from app.db import Database, Reader, Row, new_id, utcnow
from app.db.newest import NewestFirst
from app.errors import Fault, Invalid, NotFound
from app.paging import PageRows, Position
from app.webhooks.models import Delivery, Webhook
from app.webhooks.schemas import (
    NewWebhookIn,
    Rotated,
    WebhookIn,
    WebhookMade,
    WebhookOut,
    WebhookQuery,
    WebhookState,
)

SECRET_PREFIX: Final = "whsec_"  # noqa: S105
# How long events are also signed with the former secret.
SECRET_OVERLAP: Final = timedelta(hours=24)


def encode_secret(secret: bytes) -> str:
    """The secret in the form that receivers use. Source: Standard Webhooks, "Signature scheme"."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


# --- reading ----------------------------------------------------------------------------------------------------

HEADS: Final = select(Head.seq, Head.public_seq).where(Head.id == HEAD)
# The last position of the log that the webhook follows.
LAST_POSITION: Final = case(
    (Webhook.perspective == PUBLIC, select(Head.public_seq).where(Head.id == HEAD).scalar_subquery()),
    else_=select(Head.seq).where(Head.id == HEAD).scalar_subquery(),
)
_DEAD_LETTERS: Final = (
    select(func.count())
    .select_from(Delivery)
    .where(Delivery.webhook == Webhook.id, Delivery.dead.is_(True))
    .correlate(Webhook)
    .scalar_subquery()
)
_SETTINGS: Final = tuple(getattr(Webhook, name) for name in WebhookOut.model_fields)
_STATE: Final = (*_SETTINGS, Webhook.position, LAST_POSITION, Webhook.attempts, Webhook.due_at, _DEAD_LETTERS)
_BY_ID: Final = select(*_SETTINGS).where(Webhook.id == bindparam("id"))


def _webhook_out(row: Row) -> WebhookOut:
    return WebhookOut.model_construct(**dict(zip(WebhookOut.model_fields, row, strict=True)))


def _webhook_state(row: Row) -> WebhookState:
    """Shape: the columns of `_STATE`."""
    *settings, position, head, attempts, due_at, dead_letters = row
    return WebhookState.model_construct(
        **dict(zip(WebhookOut.model_fields, settings, strict=True)),
        position=position,
        head=head,
        lag=max(head - position, 0),
        attempts=attempts,
        next_try_at=due_at if attempts else None,
        dead_letters=dead_letters,
    )


def not_found(id: str) -> NotFound:
    return NotFound(f"There is no webhook {id!r}.")


async def get(read: Reader, id: str) -> WebhookOut:
    """The settings of a webhook. Cost: one statement. Raises: NotFound."""
    row = await read.row(_BY_ID, {"id": id})
    if row is None:
        raise not_found(id)
    return _webhook_out(row)


async def newest(read: Reader, query: WebhookQuery, position: Position | None, *, drafts: bool) -> PageRows:
    """One page of webhooks with their progress, newest first; with the perspective `drafts` only if `drafts` is set.

    Cost: see `NewestFirst.page`.
    """
    return await _NEWEST.page(read, position, limit=query.limit, count=query.count, drafts=drafts)


async def all_webhooks(read: Reader) -> list[WebhookState]:
    """All webhooks with their progress, newest first. Cost: one statement."""
    return await _NEWEST.all(read, drafts=True)


_VISIBLE: Final = or_(Webhook.perspective == PUBLIC, bindparam("drafts", type_=Boolean()))
_NEWEST: Final = NewestFirst(select(*_STATE).where(_VISIBLE), Webhook.id, _webhook_state)


# --- writing ----------------------------------------------------------------------------------------------------


async def create(database: Database, webhook: NewWebhookIn) -> WebhookMade:
    """Creates a webhook. Its secret is returned only here. Raises: Invalid, for a future position; Unavailable."""
    now, secret = utcnow(), secrets.token_bytes(32)
    created = WebhookMade(
        **webhook.model_dump(exclude={"after"}), id=str(new_id()), disabled_reason=None, created_at=now,
        modified_at=now, revision=1, secret=encode_secret(secret),
    )  # fmt: skip
    async with database.begin() as connection:
        seq, public_seq = (await connection.execute(HEADS)).one()
        head = public_seq if webhook.perspective == PUBLIC else seq
        position = head if webhook.after is None else webhook.after
        _check_not_future(position, head)
        row = {**created.model_dump(exclude={"secret"}), "secret": secret, "position": position, "attempts": 0}
        await connection.execute(insert(Webhook).values(**row, due_at=now))
    return created


def _check_not_future(position: int, head: int) -> None:
    """Raises: Invalid, for a position after the head of the log."""
    if position > head:
        detail = f"lies in the future: the last position is {head}"
        raise Invalid(f"/after {detail}.", Fault(detail, pointer="/after"))


async def save(database: Database, current: WebhookOut, settings: WebhookIn) -> WebhookOut | None:
    """Saves the settings and makes the next event due immediately. Returns None if another writer was faster.

    Settings that equal the current ones write nothing and create no revision.
    """
    values = settings.model_dump()
    if all(getattr(current, name) == value for name, value in values.items()):
        return current
    if settings.enabled:
        values["disabled_reason"] = None
    async with database.begin() as connection:
        result = await connection.execute(
            update(Webhook)
            .where(Webhook.id == current.id, Webhook.revision == current.revision)
            .values(**values, revision=Webhook.revision + 1, modified_at=utcnow(), **_due_now())
            .returning(*_SETTINGS)
        )
        row = result.one_or_none()
    return None if row is None else _webhook_out(tuple(row))


def _due_now() -> dict[str, Any]:
    """Column values that end a claim and the count of failed attempts, so that the next event is sent immediately."""
    return {"holder": None, "attempts": 0, "due_at": utcnow()}


async def remove(database: Database, current: WebhookOut) -> bool:
    """Deletes the webhook and its deliveries. Returns False if another writer was faster."""
    async with database.begin() as connection:
        result = await connection.execute(
            delete(Webhook).where(Webhook.id == current.id, Webhook.revision == current.revision)
        )
    return bool(result.rowcount)


async def rotate_secret(database: Database, id: str) -> Rotated:
    """Replaces the secret; the former one also signs for `SECRET_OVERLAP`. Raises: NotFound."""
    secret, former_until = secrets.token_bytes(32), utcnow() + SECRET_OVERLAP
    async with database.begin() as connection:
        result = await connection.execute(
            update(Webhook)
            .where(Webhook.id == id)
            .values(secret=secret, former_secret=Webhook.secret, former_until=former_until)
        )
        if not result.rowcount:
            raise not_found(id)
    return Rotated(secret=encode_secret(secret), former_until=former_until)


async def replay(database: Database, id: str, after: int) -> None:
    """Sets the position, backward or forward; dead letters after it are deleted, because they are sent again.

    Raises: NotFound; Invalid, for a future position.
    """
    async with database.begin() as connection:
        row = (await connection.execute(select(LAST_POSITION).where(Webhook.id == id))).one_or_none()
        if row is None:
            raise not_found(id)
        _check_not_future(after, row[0])
        await connection.execute(update(Webhook).where(Webhook.id == id).values(position=after, **_due_now()))
        await connection.execute(
            delete(Delivery).where(Delivery.webhook == id, Delivery.dead.is_(True), Delivery.position > after)
        )
