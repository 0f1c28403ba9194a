"""Requests that may be repeated: what an Idempotency-Key was used for, and how that request was answered.

What is kept is the status, the object and its revision, never a body: a repeated answer is read from the revision.
"""

from dataclasses import asdict
from datetime import timedelta
from typing import Final

from sqlalchemy import bindparam, delete, select, update

from app.changes.history import state_at
from app.changes.log import Transaction, WriteAnswer
from app.changes.models import IdempotencyKey
from app.changes.views import NEWEST
from app.db import Database, Reader, insert_if_absent, utcnow
from app.errors import Fault, Invalid

KEPT_FOR: Final = timedelta(hours=24)
_THIS_KEY: Final = (IdempotencyKey.caller == bindparam("caller_"), IdempotencyKey.key == bindparam("key_"))
_DROP_EXPIRED: Final = delete(IdempotencyKey).where(*_THIS_KEY, IdempotencyKey.at < bindparam("since"))
_ANSWER: Final = select(
    IdempotencyKey.fingerprint, *(getattr(IdempotencyKey, name) for name in WriteAnswer.__slots__)
).where(*_THIS_KEY)
_KEEP_ANSWER: Final = update(IdempotencyKey).where(*_THIS_KEY)


async def claim(transaction: Transaction, caller: str, key: str, fingerprint: str) -> WriteAnswer | None:
    """Takes the key for this request; returns how the request was answered before, where that was within a day.

    Another request with the key is waited for. Cost: two statements, three for a key that is taken.
    Raises: Invalid, where the key was used for another request.
    """
    connection, this_key = transaction.connection, {"caller_": caller, "key_": key}
    await connection.execute(_DROP_EXPIRED, {**this_key, "since": transaction.at - KEPT_FOR})
    claimed = {"caller": caller, "key": key, "fingerprint": fingerprint, "at": transaction.at}
    if await insert_if_absent(connection, IdempotencyKey, claimed):
        return None
    row = (await connection.execute(_ANSWER, this_key)).one()
    if row.fingerprint != fingerprint:
        detail = "was used for another request; take a new key for each"
        raise Invalid(f"Idempotency-Key {detail}.", Fault(detail, "reused", parameter="Idempotency-Key"))
    return WriteAnswer(*row[1:])


async def keep_answer(transaction: Transaction, caller: str, key: str, answer: WriteAnswer) -> None:
    """Keeps how the request is answered. Cost: one statement."""
    await transaction.connection.execute(_KEEP_ANSWER.values(**asdict(answer)), {"caller_": caller, "key_": key})


async def answered_document(read: Reader, answer: WriteAnswer) -> str:
    """The document that a request was answered with. Cost: one statement."""
    return (await state_at(read, NEWEST, answer.noun, answer.ref, answer.revision)).document(NEWEST)


async def forget_old_keys(database: Database) -> None:
    """Drops the keys of requests that are more than a day old."""
    async with database.begin() as connection:
        await connection.execute(delete(IdempotencyKey).where(IdempotencyKey.at < utcnow() - KEPT_FOR))
