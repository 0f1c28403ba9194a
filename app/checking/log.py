"""Checks the log: numbers without holes, up to those of its head."""

from collections.abc import AsyncIterator
from typing import Final

from sqlalchemy import Integer, bindparam, select

from app.changes.log import HEAD
from app.changes.models import Change, Head
from app.checking.findings import Deviation
from app.db import Reader

PAGE: Final = 5_000
_HEAD: Final = select(Head.seq, Head.public_seq).where(Head.id == HEAD)
_CHANGES: Final = (
    select(Change.seq, Change.public_seq)
    .where(Change.seq > bindparam("last", type_=Change.seq.type))
    .order_by(Change.seq)
    .limit(bindparam("limit", type_=Integer()))
)


async def log_deviations(read: Reader) -> AsyncIterator[Deviation]:
    """Where a number is missing. What CHANGES_KEPT_DAYS has dropped at the beginning is no hole.

    Cost: one statement for each 5,000 changes.
    """
    ((head_seq, head_public_seq),) = await read.rows(_HEAD)
    seq = public_seq = None
    while rows := await read.rows(_CHANGES, {"last": seq or 0, "limit": PAGE}, slow=True):
        for next_seq, next_public_seq in rows:
            if seq is not None and next_seq != seq + 1:
                yield Deviation("log", f"changes {seq + 1} to {next_seq - 1}", "are missing")
            seq = next_seq
            if next_public_seq is None:
                continue
            if public_seq is not None and next_public_seq != public_seq + 1:
                detail = f"has the public number {next_public_seq}, and the one before it has {public_seq}"
                yield Deviation("log", f"change {seq}", detail)
            public_seq = next_public_seq
    if seq is not None and seq != head_seq:
        yield Deviation("log", "the head", f"is at {head_seq}, and the last change has the number {seq}")
    if public_seq is not None and public_seq != head_public_seq:
        detail = f"is at {head_public_seq} in public, and the last public change has the number {public_seq}"
        yield Deviation("log", "the head", detail)
