"""Every SQL statement about the settings of webhooks, and how far each has progressed in the log."""

import base64
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Boolean, bindparam, case, delete, func, insert, or_, select, update

from app.changes.log import HEAD
from app.changes.models import PUBLIC, Head
from app.db import Database, Reader, Row, new_id, utcnow
from app.db.newest import NewestFirst
from app.errors import Fault, Invalid, NotFound, Raced
from app.webhooks.models import Delivery, Webhook
from app.webhooks.schemas import NewWebhookIn, WebhookIn, WebhookMade, WebhookOut, WebhookSecret, WebhookState

# How long events are also signed with the former secret.
SECRET_OVERLAP: Final = timedelta(hours=24)
RACED: Final = "Another writer changed the webhook at the same moment."


def encode_secret(secret: bytes) -> str:
    """The secret in the form that receivers use. Source: Standard Webhooks, "Signature scheme"."""
    return f"whsec_{base64.b64encode(secret).decode()}"


def decode_secret(text: str) -> bytes:
    """The secret from the form that receivers use. Raises: ValueError."""
    try:
        return base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except ValueError:
        raise ValueError("must be whsec_ and base64, as `listen` and `POST /v1/webhooks` print it") from None


_HEADS: Final = select(Head.seq, Head.public_seq).where(Head.id == HEAD)
# The last position of the log that the webhook follows.
LAST_POSITION: Final = case(
    (Webhook.perspective == PUBLIC, select(Head.public_seq).where(Head.id == HEAD).scalar_subquery()),
    else_=select(Head.seq).where(Head.id == HEAD).scalar_subquery(),
)
_DEAD_LETTERS: Final = (
    select(func.count()).where(Delivery.webhook == Webhook.id, Delivery.dead.is_(True)).scalar_subquery()
)
_SETTINGS: Final = tuple(getattr(Webhook, name) for name in WebhookOut.model_fields)
_STATE: Final = (*_SETTINGS, Webhook.position, LAST_POSITION, Webhook.attempts, Webhook.due_at, _DEAD_LETTERS)
_BY_ID: Final = select(*_SETTINGS).where(Webhook.id == bindparam("id"))


def _webhook_out(row: Sequence[Any]) -> WebhookOut:
    return WebhookOut.model_construct(**dict(zip(WebhookOut.model_fields, row, strict=True)))


def _webhook_state(row: Row) -> WebhookState:
    """Shape: the columns of `_STATE`."""
    *settings, position, head, attempts, due_at, dead_letters = row
    progress = {"position": position, "head": head, "lag": max(head - position, 0), "dead_letters": dead_letters}
    retry = {"attempts": attempts, "next_try_at": due_at if attempts else None}
    return WebhookState.model_construct(**dict(_webhook_out(settings)), **progress, **retry)


def not_found(id: str) -> NotFound:
    return NotFound(f"There is no webhook {id!r}.")


async def get(read: Reader, id: str) -> WebhookOut:
    """The settings of a webhook. Cost: one statement. Raises: NotFound."""
    row = await read.row(_BY_ID, {"id": id})
    if row is None:
        raise not_found(id)
    return _webhook_out(row)


async def all_webhooks(read: Reader) -> list[WebhookState]:
    """All webhooks with their progress, newest first. Cost: one statement."""
    return await NEWEST.all(read, drafts=True)


# Those with the perspective `drafts` only if the parameter `drafts` is true.
_VISIBLE: Final = or_(Webhook.perspective == PUBLIC, bindparam("drafts", type_=Boolean()))
NEWEST: Final = NewestFirst(select(*_STATE).where(_VISIBLE), Webhook.id, _webhook_state)


async def create(database: Database, webhook: NewWebhookIn) -> WebhookMade:
    """Creates a webhook. Its secret is returned only here. Raises: Invalid, for a future position; Unavailable."""
    now, secret = utcnow(), secrets.token_bytes(32)
    created = WebhookMade(
        **webhook.model_dump(exclude={"after"}), id=str(new_id()), disabled_reason=None, created_at=now,
        modified_at=now, revision=1, secret=encode_secret(secret),
    )  # fmt: skip
    async with database.begin() as connection:
        seq, public_seq = (await connection.execute(_HEADS)).one()
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


async def save(database: Database, current: WebhookOut, settings: WebhookIn) -> WebhookOut:
    """Saves the settings and makes the next event due immediately. Raises: Raced, if another writer was faster.

    Settings that equal the current ones write nothing and create no revision.
    """
    values = settings.model_dump()
    if all(getattr(current, name) == value for name, value in values.items()):
        return current
    if settings.enabled:
        values["disabled_reason"] = None
    values |= {"revision": Webhook.revision + 1, "modified_at": utcnow(), **_due_now()}
    unchanged = update(Webhook).where(Webhook.id == current.id, Webhook.revision == current.revision)
    async with database.begin() as connection:
        row = (await connection.execute(unchanged.values(values).returning(*_SETTINGS))).one_or_none()
    if row is None:
        raise Raced(RACED)
    return _webhook_out(row)


def _due_now() -> dict[str, Any]:
    """Column values that end a claim and the count of failed attempts, so that the next event is sent immediately."""
    return {"holder": None, "attempts": 0, "due_at": utcnow()}


async def remove(database: Database, current: WebhookOut) -> None:
    """Deletes the webhook and its deliveries. Raises: Raced, if another writer was faster."""
    unchanged = delete(Webhook).where(Webhook.id == current.id, Webhook.revision == current.revision)
    async with database.begin() as connection:
        if not (await connection.execute(unchanged)).rowcount:
            raise Raced(RACED)


async def rotate_secret(database: Database, id: str) -> WebhookSecret:
    """Replaces the secret; the former one also signs for `SECRET_OVERLAP`. Raises: NotFound."""
    secret, former_until = secrets.token_bytes(32), utcnow() + SECRET_OVERLAP
    values = {"secret": secret, "former_secret": Webhook.secret, "former_until": former_until}
    async with database.begin() as connection:
        if not (await connection.execute(update(Webhook).where(Webhook.id == id).values(values))).rowcount:
            raise not_found(id)
    return WebhookSecret(secret=encode_secret(secret), former_until=former_until)


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
        sent_again = (Delivery.webhook == id, Delivery.dead.is_(True), Delivery.position > after)
        await connection.execute(delete(Delivery).where(*sent_again))
