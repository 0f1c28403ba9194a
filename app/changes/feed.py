"""Reads the log for those who follow it: entries with what may be seen of them now, and where the log begins and ends.

The public's log is numbered on its own, without gaps: it is the changes that the public may know of, and nothing in it
tells of others. The desk's is the whole log.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from pydantic_core import to_json
from sqlalchemy import and_, bindparam, case, delete, func, or_, select
from sqlalchemy.orm import aliased

from app.changes.models import DESK, PUBLIC, Change, Head, Revision, Shown
from app.changes.shown import Perspective
from app.changes.store import HEAD
from app.db import Database, Reader, Row
from app.errors import Fault, Invalid, Trimmed
from app.web.fields import show_instant

# More are read in a thread, so that they do not hold up the others.
MANY: Final = 100
TRIMMED_AT_ONCE: Final = 5_000


_PUBLIC_HEAD: Final = select(Head.public_seq).where(Head.id == HEAD)
_DESK_HEAD: Final = select(Head.seq).where(Head.id == HEAD)


async def head(read: Reader, seen: Perspective) -> int:
    """The last position there is. Cost: one statement."""
    row = await read.row(_DESK_HEAD if seen.desk else _PUBLIC_HEAD)
    assert row is not None, "the migration makes the row"
    return int(row[0])


def check(after: int, last: int, found: Sequence[Sequence[Any]], parameter: str = "after") -> None:
    """Raises: Invalid, for a position to come; Trimmed, where what was found behind it is not what came next.

    Numbers have no gaps, so whatever is missing shows. `last` is the head, read before.
    """
    if found[0][0] == after + 1 if found else after == last:
        return
    if not found and after > last:
        detail = f"is a position to come, or of another log; the last position is {last}"
        raise Invalid(f"{parameter} {detail}.", Fault(detail, "future", parameter=parameter))
    raise Trimmed(f"What came right after position {after} is kept no more. Start over.", head=last)


def _entry(desk: bool) -> tuple[Any, ...]:
    """What an entry tells, its position first."""
    number = Change.seq if desk else Change.public_seq
    return number, Change.at, Change.op, Change.noun, Change.ref, Change.revision, Change.keys, Change.reason


def _behind(query: Any, desk: bool) -> Any:
    number = Change.seq if desk else Change.public_seq
    return query.where(number > bindparam("after")).order_by(number).limit(bindparam("limit"))


@cache
def _entries(desk: bool) -> Any:
    return _behind(select(*_entry(desk)), desk)


@cache
def _documents(desk: bool) -> Any:
    """An earlier entry tells no more of an object than its history does: nothing, while it is not to be seen at all."""
    public, own = aliased(Shown), aliased(Shown)
    query = select(*_entry(desk), Revision.document, Revision.ednote if desk else Revision.document)
    query = query.select_from(Change).outerjoin(public, _of(public, PUBLIC))
    saved = and_(Revision.noun == Change.noun, Revision.ref == Change.ref)
    if desk:
        # What the public sees is corrected under a working copy, and the desk goes on seeing that.
        newest = case((own.revision < Change.revision, own.revision), else_=Change.revision)
        there = and_(or_(public.ref.is_not(None), own.ref.is_not(None)), Change.op != "deleted")
        query = query.outerjoin(own, _of(own, DESK)).outerjoin(
            Revision, and_(saved, Revision.revision == newest, there)
        )
    else:
        there = and_(public.ref.is_not(None), Revision.public_from.is_not(None))
        query = query.outerjoin(Revision, and_(saved, Revision.revision == Change.revision, there))
    return _behind(query, desk)


def _of(shown: Any, view: str) -> Any:
    return and_(shown.view == view, shown.noun == Change.noun, shown.ref == Change.ref)


async def entries(read: Reader, seen: Perspective, after: int, limit: int) -> list[Row]:
    """(position, at, op, noun, ref, revision, keys, reason), oldest first. Cost: one statement."""
    return await read.rows(_entries(seen.desk), {"after": after, "limit": limit})


async def documents(read: Reader, seen: Perspective, after: int, limit: int) -> list[tuple[int, bytes]]:
    """(position, entry as JSON with its document or null), oldest first. Cost: one statement."""
    rows = await read.rows(_documents(seen.desk), {"after": after, "limit": limit}, slow=limit > MANY)
    found = []
    for *entry, document, ednote in rows:
        if document is not None and seen.desk and entry[3] == "article":
            document = f'{document[:-1]},"ednote":{to_json(ednote).decode()}}}'
        shown = "null" if document is None else document
        found.append((entry[0], b'{"seq":%d,%s,"document":%s}' % (entry[0], told(entry), shown.encode())))
    return found


def told(entry: Sequence[Any]) -> bytes:
    """Members of the JSON object that an entry is, without position and document."""
    _, at, op, noun, ref, revision, keys, reason = entry
    shown = {"at": show_instant(at), "op": op, "noun": noun, "ref": ref, "revision": revision}
    return to_json({**shown, "keys": keys, "reason": reason})[1:-1]


_FIRST: Final = select(func.min(Change.seq))
_KEPT: Final = select(Change.seq).where(Change.at >= bindparam("since")).order_by(Change.seq).limit(1)
_TRIM: Final = delete(Change).where(Change.seq < bindparam("upto"))


async def trim(database: Database, since: datetime) -> int:
    """Drops what the log begins with, up to the first entry since then; revisions stay. Returns how many were dropped.

    In short transactions, so that no writer waits for long.
    """
    dropped = 0
    while True:
        async with database.begin() as connection:
            last = (await connection.execute(_DESK_HEAD)).scalar_one()  # read first: nothing newer is dropped
            first = await connection.scalar(_FIRST)
            kept = await connection.scalar(_KEPT, {"since": since}) or last + 1
            if first is None or first >= kept:
                return dropped
            upto = min(kept, first + TRIMMED_AT_ONCE)
            dropped += (await connection.execute(_TRIM, {"upto": upto})).rowcount
