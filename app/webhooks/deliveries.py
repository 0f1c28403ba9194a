"""Every SQL statement about the delivery log: the latest attempts to deliver to each webhook, and its dead letters."""

from typing import Final

from sqlalchemy import Integer, bindparam, delete, func, insert, select

from app.db import Reader, WriteConnection
from app.webhooks.models import Delivery
from app.webhooks.schemas import WebhookDeliveryOut

# How many rows are kept for each webhook.
KEPT_ATTEMPTS: Final = 100
KEPT_DEAD_LETTERS: Final = 1_000


async def newest(read: Reader, webhook: str, *, limit: int, dead: bool = False) -> list[WebhookDeliveryOut]:
    """The latest deliveries of a webhook, newest first; with `dead` only its dead letters. Cost: one statement."""
    rows = await read.rows(_NEWEST_DEAD if dead else _NEWEST, {"webhook": webhook, "limit": limit})
    return [
        WebhookDeliveryOut.model_construct(**dict(zip(WebhookDeliveryOut.model_fields, row, strict=True)))
        for row in rows
    ]


_NEWEST: Final = (
    select(*(getattr(Delivery, name) for name in WebhookDeliveryOut.model_fields))
    .where(Delivery.webhook == bindparam("webhook"))
    .order_by(Delivery.id.desc())
    .limit(bindparam("limit", type_=Integer()))
)
_NEWEST_DEAD: Final = _NEWEST.where(Delivery.dead.is_(True))


async def count_dead_letters(read: Reader) -> int:
    """The number of dead letters of all webhooks. Cost: one statement."""
    return int((await read.rows(_COUNT_DEAD))[0][0])


_COUNT_DEAD: Final = select(func.count()).select_from(Delivery).where(Delivery.dead.is_(True))


async def record(connection: WriteConnection, webhook: str, delivery: WebhookDeliveryOut) -> None:
    """Adds an attempt to the delivery log and deletes the oldest beyond the limit. Cost: two statements."""
    await connection.execute(insert(Delivery).values(webhook=webhook, **dict(delivery)))
    same_kind = (Delivery.webhook == webhook, Delivery.dead.is_(delivery.dead))
    kept = KEPT_DEAD_LETTERS if delivery.dead else KEPT_ATTEMPTS
    oldest_kept = select(Delivery.id).where(*same_kind).order_by(Delivery.id.desc()).offset(kept - 1).limit(1)
    await connection.execute(delete(Delivery).where(*same_kind, Delivery.id < oldest_kept.scalar_subquery()))
