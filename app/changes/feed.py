"""Reads the log for those who follow it: its entries, with what may be seen of the objects now.

The public's log is numbered on its own, without gaps: it holds the changes that the public may know of, and nothing in
it tells of others. The desk's is the whole log.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

from pydantic_core import to_json
from sqlalchemy import ColumnElement, Select, and_, bindparam, case, delete, func, or_, select
from sqlalchemy.orm import aliased

from app.changes.log import HEAD
from app.changes.models import DESK, PUBLIC, Change, Head, Object, Revision, View, ViewEntry
from app.changes.stored import desk_document_of, document_of
from app.changes.views import Perspective
from app.db import Database, Reader, Row
from app.errors import Fault, Invalid, Trimmed
from app.web.fields import format_instant

# Longer pages are read in a thread, so that they do not hold up other requests.
LONG_PAGE: Final = 100
TRIMMED_AT_ONCE: Final = 5_000


class Entry(NamedTuple):
    """One entry of the log. `position` counts in the log that is read: the public's or the desk's."""

    position: int
    at: datetime
    op: str
    noun: str
    ref: str
    revision: int
    keys: list[str]
    reason: str | None

    def members(self) -> bytes:
        """Members of the JSON object that tells of the entry, without its position and document."""
        return to_json(
            {
                "at": format_instant(self.at),
                "op": self.op,
                "noun": self.noun,
                "ref": self.ref,
                "revision": self.revision,
                "keys": self.keys,
                "reason": self.reason,
            }
        )[1:-1]


_PUBLIC_HEAD: Final = select(Head.public_seq).where(Head.id == HEAD)
_DESK_HEAD: Final = select(Head.seq).where(Head.id == HEAD)


async def head(read: Reader, perspective: Perspective) -> int:
    """The last position there is. Cost: one statement."""
    row = await read.row(_DESK_HEAD if perspective.desk else _PUBLIC_HEAD)
    assert row is not None, "the migration makes the row"
    return int(row[0])


def check_position(after: int, head: int, next_positions: Sequence[int], parameter: str = "after") -> None:
    """Checks that nothing is missing between a position and what was read behind it.

    Positions have no gaps, so whatever is missing shows. `head` was read before.
    Raises: Invalid, for a position beyond the head; Trimmed, where the log no longer holds what came next.
    """
    if next_positions[0] == after + 1 if next_positions else after == head:
        return
    if not next_positions and after > head:
        detail = f"is a position to come, or of another log; the last position is {head}"
        raise Invalid(f"{parameter} {detail}.", Fault(detail, "future", parameter=parameter))
    raise Trimmed(f"What came right after position {after} is kept no more. Start over.", head=head)


def _number(desk: bool) -> Any:
    return Change.seq if desk else Change.public_seq


def _columns(desk: bool) -> tuple[Any, ...]:
    """The columns of an `Entry`."""
    return (
        _number(desk), Change.at, Change.op, Change.noun, Change.ref, Change.revision, Change.keys, Change.reason,
    )  # fmt: skip


def _after(query: Select[*Row], desk: bool) -> Select[*Row]:
    number = _number(desk)
    return query.where(number > bindparam("after")).order_by(number).limit(bindparam("limit"))


@cache
def _entries(desk: bool) -> Select[*Row]:
    return _after(select(*_columns(desk)), desk)


@cache
def _entries_with_documents(desk: bool) -> Select[*Row]:
    """An earlier entry shows of an object what its history does: nothing while the object is not visible at all."""
    public, own = aliased(ViewEntry), aliased(ViewEntry)
    query = (
        select(*_columns(desk), Revision.card, Revision.body, Revision.private)
        .select_from(Change)
        .outerjoin(Object, and_(Object.noun == Change.noun, Object.ref == Change.ref))
        .outerjoin(public, _entry_in(public, PUBLIC))
    )
    if desk:
        # What the public sees is corrected under a working copy, and the desk goes on seeing the working copy.
        newest = case((own.revision < Change.revision, own.revision), else_=Change.revision)
        exists = and_(or_(public.object.is_not(None), own.object.is_not(None)), Change.op != "deleted")
        query = query.outerjoin(own, _entry_in(own, DESK))
        query = query.outerjoin(Revision, and_(Revision.object == Object.id, Revision.revision == newest, exists))
    else:
        exists = and_(public.object.is_not(None), Revision.public_from.is_not(None))
        revision = and_(Revision.object == Object.id, Revision.revision == Change.revision, exists)
        query = query.outerjoin(Revision, revision)
    return _after(query, desk)


def _entry_in(entry: type[ViewEntry], view: View) -> ColumnElement[bool]:
    return and_(entry.view == view, entry.object == Object.id)


async def entries(read: Reader, perspective: Perspective, after: int, limit: int) -> list[Entry]:
    """Entries behind a position, oldest first. Cost: one statement."""
    rows = await read.rows(_entries(perspective.desk), {"after": after, "limit": limit})
    return [Entry(*row) for row in rows]


async def entries_with_documents(
    read: Reader, perspective: Perspective, after: int, limit: int
) -> list[tuple[int, bytes]]:
    """(position, entry as JSON with its document or null) behind a position, oldest first. Cost: one statement."""
    statement = _entries_with_documents(perspective.desk)
    rows = await read.rows(statement, {"after": after, "limit": limit}, slow=limit > LONG_PAGE)
    items = []
    for *columns, card, body, private in rows:
        entry = Entry(*columns)
        document = "null"
        if card is not None:
            document = document_of(card, body)
            document = desk_document_of(document, private) if perspective.desk else document
        item = b'{"seq":%d,%s,"document":%s}' % (entry.position, entry.members(), document.encode())
        items.append((entry.position, item))
    return items


_FIRST: Final = select(func.min(Change.seq))
_FIRST_SINCE: Final = select(Change.seq).where(Change.at >= bindparam("since")).order_by(Change.seq).limit(1)
_TRIM: Final = delete(Change).where(Change.seq < bindparam("before"))


async def trim(database: Database, since: datetime) -> int:
    """Drops the beginning of the log, up to the first entry since then; revisions stay. Returns how many were dropped.

    In short transactions, so that no writer waits for long.
    """
    dropped = 0
    while True:
        async with database.begin() as connection:
            last = (await connection.execute(_DESK_HEAD)).scalar_one()  # read first: nothing newer is dropped
            first = await connection.scalar(_FIRST)
            kept_from = await connection.scalar(_FIRST_SINCE, {"since": since}) or last + 1
            if first is None or first >= kept_from:
                return dropped
            before = min(kept_from, first + TRIMMED_AT_ONCE)
            dropped += (await connection.execute(_TRIM, {"before": before})).rowcount
