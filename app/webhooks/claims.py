"""Every SQL statement about claims: which process delivers a webhook now, and what it writes about its progress.

A deliverer claims a webhook by writing a new id into `holder`, until `due_at`. It renews the claim with each event. If
the process dies, the claim expires and another process continues at `position`. Every write of a deliverer requires
that `holder` is still its own, so a deliverer that has lost its claim, by expiry or because a user changed the
settings, writes nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Integer, and_, bindparam, or_, select, update

from app.db import Database, Reader, UtcDateTime, new_id
from app.webhooks import deliveries
from app.webhooks.models import Perspective, Webhook
from app.webhooks.schemas import WebhookDeliveryOut
from app.webhooks.store import LAST_POSITION, not_found


@dataclass(frozen=True, slots=True)
class ClaimedWebhook:
    """A webhook as its deliverer needs it: target, filters, secrets and progress."""

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

    def signing_secrets(self, now: datetime) -> list[bytes]:
        """The secrets that sign events now, the newest first."""
        if self.former_secret is None or self.former_until is None or now >= self.former_until:
            return [self.secret]
        return [self.secret, self.former_secret]


_CLAIM_COLUMNS: Final = tuple(getattr(Webhook, name) for name in ClaimedWebhook.__slots__)
# A webhook that nobody holds and that has not failed is due whatever the clock says, so that a clock that is set back
# stops no delivery.
_IDLE: Final = and_(Webhook.attempts == 0, Webhook.holder.is_(None))
_DUE: Final = and_(
    Webhook.enabled.is_(True),
    or_(_IDLE, Webhook.due_at <= bindparam("now", type_=UtcDateTime())),
    Webhook.position < LAST_POSITION,
)
_ANY_DUE: Final = select(Webhook.id).where(_DUE).limit(1)
_LONGEST_DUE: Final = select(Webhook.id).where(_DUE).order_by(Webhook.due_at).limit(bindparam("most", type_=Integer()))
_CLAIM: Final = (
    update(Webhook)
    .where(Webhook.id.in_(_LONGEST_DUE.with_for_update(skip_locked=True, of=Webhook).scalar_subquery()))
    .values(holder=bindparam("claim"), due_at=bindparam("until", type_=UtcDateTime()))
    .returning(*_CLAIM_COLUMNS)
)
_BY_ID: Final = select(*_CLAIM_COLUMNS).where(Webhook.id == bindparam("id"))


async def claim_due(database: Database, now: datetime, *, until: datetime, most: int) -> list[ClaimedWebhook]:
    """Claims webhooks that have something to deliver, those that have been due longest.

    Cost: one statement and no lock if nothing is due, otherwise two.
    """
    if await database.reader().row(_ANY_DUE, {"now": now}) is None:
        return []
    async with database.begin() as connection:
        parameters = {"now": now, "most": most, "claim": str(new_id()), "until": until}
        return [ClaimedWebhook(*row) for row in await connection.execute(_CLAIM, parameters)]


async def get_without_claim(read: Reader, id: str) -> ClaimedWebhook:
    """The webhook as a deliverer sees it, without claiming it: for a test event. Raises: NotFound."""
    row = await read.row(_BY_ID, {"id": id})
    if row is None:
        raise not_found(id)
    return ClaimedWebhook(*row)


async def advance(database: Database, webhook: ClaimedWebhook, delivery: WebhookDeliveryOut, until: datetime) -> bool:
    """Records the last attempt of an event, moves the webhook past it and extends the claim.

    Returns False and writes nothing if the claim is lost. Cost: one transaction of three statements.
    """
    return await _update(database, webhook, delivery, position=delivery.position, attempts=0, due_at=until)


async def retry_later(
    database: Database, webhook: ClaimedWebhook, delivery: WebhookDeliveryOut, due_at: datetime
) -> None:
    """Records a failed attempt and releases the webhook until the next one. Writes nothing if the claim is lost."""
    await _update(database, webhook, delivery, attempts=delivery.attempt, due_at=due_at, holder=None)


async def disable(database: Database, webhook: ClaimedWebhook, delivery: WebhookDeliveryOut) -> None:
    """Records an attempt that the receiver answered with 410, and disables the webhook.

    The position stays, so that the same event is sent if the webhook is enabled again. Writes nothing if the claim is
    lost.
    """
    changed = {"revision": Webhook.revision + 1, "modified_at": delivery.at}
    await _update(
        database, webhook, delivery, enabled=False, disabled_reason="gone", holder=None, attempts=0, **changed
    )


async def release(database: Database, webhook: ClaimedWebhook, due_at: datetime, position: int | None = None) -> bool:
    """Ends the claim and, if a position is given, moves the webhook to it.

    Returns False and writes nothing if the claim is lost.
    """
    moved = {} if position is None else {"position": position}
    return await _update(database, webhook, None, due_at=due_at, holder=None, **moved)


async def _update(
    database: Database, webhook: ClaimedWebhook, delivery: WebhookDeliveryOut | None, **values: Any
) -> bool:
    claimed = update(Webhook).where(Webhook.id == webhook.id, Webhook.holder == webhook.holder)
    async with database.begin() as connection:
        if not (await connection.execute(claimed.values(**values))).rowcount:
            return False
        if delivery is not None:
            await deliveries.record(connection, webhook.id, delivery)
    return True


async def record_test(database: Database, id: str, delivery: WebhookDeliveryOut) -> None:
    """Records a test event. After a delivered test, an event that waits for its retry is due immediately.

    Raises: NotFound.
    """
    webhook = update(Webhook).where(Webhook.id == id)
    async with database.begin() as connection:
        # Changes nothing; it locks the row, so that the webhook cannot be deleted before the delivery is inserted.
        if not (await connection.execute(webhook.values(name=Webhook.name))).rowcount:
            raise not_found(id)
        if delivery.error is None:
            waiting = webhook.where(Webhook.attempts > 0, Webhook.holder.is_(None))
            await connection.execute(waiting.values(due_at=delivery.at))
        await deliveries.record(connection, id, delivery)
