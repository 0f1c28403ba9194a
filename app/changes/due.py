"""What is scheduled and due: read from the nouns' own tables, where `status` and `publish_at` say so."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import func, select

from app.changes.store import Writing
from app.db import Reader, among, room, spread


@cache
def _next(key: Any, count: int) -> Any:
    table = key.class_
    return select(func.min(table.publish_at)).where(table.status == "scheduled", ~among(key, "without", count))


async def next_at(read: Reader, key: Any, without: Sequence[str] = ()) -> datetime | None:
    """When the next object of this key is due. Cost: one statement, on the index of due times."""
    names = [*without] or [""]
    row = await read.row(_next(key, room(len(names))), spread("without", room(len(names)), names))
    return row[0] if row else None


async def first(done: Writing, key: Any, now: datetime, without: Sequence[str] = ()) -> str | None:
    """The one that has been due longest, held until the end; None where there is none, or another process has it."""
    table = key.class_
    query = (
        select(key)
        .where(table.status == "scheduled", table.publish_at <= now, key.not_in(without))
        .order_by(table.publish_at, key)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found: str | None = await done.connection.scalar(query)
    return found
