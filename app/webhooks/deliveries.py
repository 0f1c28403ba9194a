"""Every SQL statement about the delivery log: the latest attempts to deliver to each webhook, and its dead letters."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Integer, bindparam, delete, func, insert, select

from app.db import Reader, WriteConnection, new_id
from app.webhooks.models import Delivery
from app.webhooks.schemas import DeliveryError, DeliveryOut

# How many rows are kept for each webhook.
KEPT_ATTEMPTS: Final = 100
KEPT_DEAD_LETTERS: Final = 1_000


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """The outcome of one attempt to deliver an event. `error` is None if it was delivered."""

    at: datetime
    position: int | None
    attempt: int
    status: int | None
    error: DeliveryError | None
    duration_milliseconds: int
    dead: bool = False


async def newest(read: Reader, webhook: str, *, limit: int, dead: bool = False) -> list[DeliveryOut]:
    """The latest deliveries of a webhook, newest first; with `dead` only its dead letters. Cost: one statement."""
    rows = await read.rows(_NEWEST_DEAD if dead else _NEWEST, {"webhook": webhook, "limit": limit})
    return [DeliveryOut.model_construct(**dict(zip(DeliveryOut.model_fields, row, strict=True))) for row in rows]


_NEWEST: Final = (
    select(*(getattr(Delivery, name) for name in DeliveryOut.model_fields))
    .where(Delivery.webhook == bindparam("webhook"))
    .order_by(Delivery.id.desc())
    .limit(bindparam("limit", type_=Integer()))
)
_NEWEST_DEAD: Final = _NEWEST.where(Delivery.dead.is_(True))


async def count_dead_letters(read: Reader) -> int:
    """The number of dead letters of all webhooks. Cost: one statement."""
    return int((await read.rows(_COUNT_DEAD))[0][0])


_COUNT_DEAD: Final = select(func.count()).select_from(Delivery).where(Delivery.dead.is_(True))


async def record(connection: WriteConnection, webhook: str, attempt: DeliveryAttempt) -> DeliveryOut:
    """Adds an attempt to the delivery log and deletes the oldest beyond the limit. Cost: two statements."""
    delivery = DeliveryOut.model_construct(
        id=str(new_id()), **{name: getattr(attempt, name) for name in DeliveryAttempt.__slots__}
    )
    await connection.execute(insert(Delivery).values(webhook=webhook, **dict(delivery)))
    same_kind = (Delivery.webhook == webhook, Delivery.dead.is_(attempt.dead))
    kept = KEPT_DEAD_LETTERS if attempt.dead else KEPT_ATTEMPTS
    oldest_kept = select(Delivery.id).where(*same_kind).order_by(Delivery.id.desc()).offset(kept - 1).limit(1)
    await connection.execute(delete(Delivery).where(*same_kind, Delivery.id < oldest_kept.scalar_subquery()))
    return delivery
