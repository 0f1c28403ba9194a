"""Reads the log for those who follow it: its entries, with what may be seen of the objects now.

The public's log is numbered on its own, without gaps: it holds the changes that the public may know of, and nothing in
it tells of others. The desk's is the whole log.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

from pydantic_core import to_json
from sqlalchemy import BigInteger, Select, and_, bindparam, case, delete, func, null, or_, select
from sqlalchemy.orm import aliased

from app.changes.entry_filters import LOOKED_AT, EntryFilter, FilterShape, conditions, last_earlier
from app.changes.log import HEAD
from app.changes.models import DESK, PUBLIC, Change, Head, Object, Revision, ViewEntry
from app.changes.stored import desk_document_of, document_of
from app.changes.views import Perspective
from app.db import SHAPES, Database, Reader, Row
from app.errors import Fault, Invalid, Trimmed
from app.web.fields import format_instant
from app.web.purge_keys import CHANGES, purge_key

# Longer pages are read in a thread, so that they do not hold up other requests.
LONG_PAGE: Final = 100
TRIMMED_AT_ONCE: Final = 5_000


class Entry(NamedTuple):
    """One entry of the log. `position` counts in the log that is read: the public's or the desk's.

    `actor` is the name of the key with which it was made; None in the public's log, where it is not even read.
    """

    position: int
    at: datetime
    op: str
    noun: str
    ref: str
    revision: int
    names: list[str]
    reason: str | None
    actor: str | None

    @property
    def keys(self) -> list[str]:
        """The purge keys of all answers that it touches."""
        return sorted({purge_key(name) for name in (*self.names, CHANGES)})

    def members(self) -> bytes:
        """Members of the JSON object that tells of the entry, without its position and document."""
        fields: dict[str, Any] = {"at": format_instant(self.at), "op": self.op, "noun": self.noun, "ref": self.ref}
        fields |= {"revision": self.revision, "keys": self.keys, "reason": self.reason}
        if self.actor is not None:
            fields["actor"] = self.actor
        return to_json(fields)[1:-1]


_HEAD: Final = select(Head.seq, Head.public_seq).where(Head.id == HEAD)


async def heads(read: Reader) -> tuple[int, int]:
    """The last positions there are, in the complete and in the public log. Cost: one statement."""
    ((seq, public_seq),) = await read.rows(_HEAD)
    return int(seq), int(public_seq)


async def head(read: Reader, perspective: Perspective) -> int:
    """The last position there is. Cost: one statement."""
    seq, public_seq = await heads(read)
    return seq if perspective.desk else public_seq


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
    raise _trimmed(after, head)


def _trimmed(after: int, head: int) -> Trimmed:
    return Trimmed(f"What came right after position {after} is kept no more. Start over.", head=head)


@cache
def _entries(desk: bool) -> Select[*Row]:
    """The columns of an `Entry`."""
    number: Any = Change.seq if desk else Change.public_seq
    what = (Change.op, Change.noun, Change.ref, Change.revision, Change.keys, Change.reason)
    query = select(number, Change.at, *what, Change.actor if desk else null())
    return query.where(number > bindparam("after")).order_by(number).limit(bindparam("limit"))


@lru_cache(SHAPES)
def _entries_with_documents(desk: bool, shape: FilterShape | None) -> Select[*Row]:
    """An earlier entry shows of an object what its history does: nothing while the object is not visible at all."""
    public, own = aliased(ViewEntry), aliased(ViewEntry)
    entries = _entries(desk) if shape is None else _filtered_entries(desk, shape)
    query: Select[*Row] = (
        entries.add_columns(Revision.card, Revision.body, Revision.private)
        .select_from(Change)
        .outerjoin(Object, and_(Object.noun == Change.noun, Object.ref == Change.ref))
        .outerjoin(public, and_(public.view == PUBLIC, public.object == Object.id))
    )
    if not desk:
        shown = and_(
            Revision.revision == Change.revision, public.object.is_not(None), Revision.public_from.is_not(None)
        )
        return query.outerjoin(Revision, and_(Revision.object == Object.id, shown))
    # What the public sees is corrected under a working copy, and the desk goes on seeing the working copy.
    newest = case((own.revision < Change.revision, own.revision), else_=Change.revision)
    exists = and_(or_(public.object.is_not(None), own.object.is_not(None)), Change.op != "deleted")
    query = query.outerjoin(own, and_(own.view == DESK, own.object == Object.id))
    return query.outerjoin(Revision, and_(Revision.object == Object.id, Revision.revision == newest, exists))


def _filtered_entries(desk: bool, shape: FilterShape) -> Select[*Row]:
    """As `_entries`, of those up to the position `last` that meet the conditions."""
    number: Any = Change.seq if desk else Change.public_seq
    return _entries(desk).where(number <= bindparam("last", type_=BigInteger()), *conditions(shape))


async def entries(read: Reader, perspective: Perspective, after: int, limit: int) -> list[Entry]:
    """Entries behind a position, oldest first. Cost: one statement."""
    rows = await read.rows(_entries(perspective.desk), {"after": after, "limit": limit})
    return [Entry(*row) for row in rows]


class LogPage(NamedTuple):
    """Entries behind a position as JSON, each with its document or null, oldest first.

    `head` is the last position there is, `looked_to` the one up to which there are no others that were asked for.
    """

    items: list[bytes]
    head: int
    looked_to: int


async def page(
    read: Reader, perspective: Perspective, after: int, limit: int, entry_filter: EntryFilter | None = None
) -> LogPage:
    """At most so many entries behind a position: all of them, or those that the filter selects of the next LOOKED_AT.

    Cost: two statements, with a filter three or four. Raises: Invalid, Trimmed; see `check_position`. Where the filter
    begins at an instant, the log need not reach back to the position, but to that instant.
    """
    last = await head(read, perspective)
    if entry_filter is None:
        rows = await _rows_with_documents(read, perspective, {"after": after, "limit": limit})
        check_position(after, last, [position for position, _ in rows])
        looked_to = rows[-1][0] if rows else after
        return LogPage([item for _, item in rows], max(last, looked_to), looked_to)
    start = after
    if entry_filter.since is not None and after < last:
        start, is_there = await last_earlier(
            read, desk=perspective.desk, after=after, head=last, since=entry_filter.since
        )
        if start > after and not is_there:
            raise _trimmed(after, last)
    looked_to = max(start, min(start + LOOKED_AT, last))
    values = {"after": start, "limit": limit, "last": looked_to, **entry_filter.parameters}
    rows = await _rows_with_documents(read, perspective, values, entry_filter.shape)
    # Read afterwards: what the log has now, it had before.
    check_position(start, last, [entry.position for entry in await entries(read, perspective, start, 1)])
    if len(rows) == limit:
        looked_to = rows[-1][0]
    return LogPage([item for _, item in rows], last, looked_to)


async def _rows_with_documents(
    read: Reader, perspective: Perspective, values: dict[str, Any], shape: FilterShape | None = None
) -> list[tuple[int, bytes]]:
    """(position, entry as JSON with its document or null), oldest first. Cost: one statement."""
    statement = _entries_with_documents(perspective.desk, shape)
    is_slow = shape is not None or values["limit"] > LONG_PAGE
    rows = await read.rows(statement, values, slow=is_slow)
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
            last = (await connection.execute(_HEAD)).one().seq  # read first: nothing newer is dropped
            first = await connection.scalar(_FIRST)
            kept_from = await connection.scalar(_FIRST_SINCE, {"since": since}) or last + 1
            if first is None or first >= kept_from:
                return dropped
            before = min(kept_from, first + TRIMMED_AT_ONCE)
            dropped += (await connection.execute(_TRIM, {"before": before})).rowcount
