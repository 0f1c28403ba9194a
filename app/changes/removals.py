"""Reads from the log what readers saw once and see no more, for those who keep what they were shown."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Final, NamedTuple

from sqlalchemy import Integer, Select, and_, bindparam, literal, select
from sqlalchemy.orm import aliased

from app.changes.models import REMOVED, Change, Noun, Object, ViewEntry
from app.changes.views import visible
from app.db import Reader, Row, UtcDateTime

# Of the removals that are looked through. A server that removes more in one go has other worries than its feeds.
LOOKED_AT: Final = 1_000


class Removed(NamedTuple):
    """An object that the public sees no more, and since when."""

    ref: str
    at: datetime


@cache
def _removals() -> Select[*Row]:
    """(ref, when, purge keys), newest first, of what is not visible again."""
    object, entry = aliased(Object), aliased(ViewEntry)
    is_visible = (
        select(literal(1, Integer))
        .select_from(object)
        .join(entry, and_(entry.object == object.id, visible(entry, "public")))
        .where(object.noun == Change.noun, object.ref == Change.ref)
        .correlate(Change)
        .exists()
    )
    return (
        select(Change.ref, Change.at, Change.keys)
        .where(REMOVED, Change.at >= bindparam("since", type_=UtcDateTime()))
        .where(Change.public_seq.is_not(None), Change.noun == bindparam("noun"), ~is_visible)
        .order_by(Change.at.desc())
        .limit(LOOKED_AT)
    )


async def removed(read: Reader, noun: Noun, lists: Iterable[str], since: datetime) -> list[Removed]:
    """What was removed since then from any of these lists, each object once, newest first.

    `lists` are names as in purge keys. The log may reach back less far. Cost: one statement, on an index.
    """
    names = {*lists}
    rows = await read.rows(_removals(), {"noun": noun, "since": since}, slow=True)
    found = {ref: at for ref, at, keys in reversed(rows) if not names.isdisjoint(keys)}
    return sorted((Removed(ref, at) for ref, at in found.items()), key=lambda gone: gone.at, reverse=True)
