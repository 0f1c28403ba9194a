"""The index on SQLite: FTS5 finds places by keys; beside it stand the entries, with the keys of each, compressed.

`index_words` is contentless: it holds keys and where they are, and no text. To take a row out of such a table SQLite
needs exactly the values that were put in, hence the copy of the keys. FTS5 walks the places of a condition in their
order, from any of them on, so a page of a common word costs no more than one of a rare word.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    LargeBinary,
    Select,
    String,
    bindparam,
    column,
    literal,
    literal_column,
    select,
    table,
    text,
)
from sqlalchemy.sql.selectable import FromClause

from app.db import Reader, WriteConnection, milliseconds
from app.db.columns import uuid_to_bytes
from app.index.entries import NewEntry, StoredEntry
from app.index.keys import AllOf, AnyOf, Condition, HasKey, unpacked
from app.index.models import IndexEntry
from app.index.places import NUMBER_BITS, minute_of

DIALECT: Final = "sqlite"
# The whole index is walked at once.
WINDOWS: Final[tuple[int, ...]] = ()
# Of 4 kB, with keys that begin alike: they are read in 30 ms, and twice for a page: for notes too.
MOST_PAGES: Final = 150

_WORDS: Final = table("index_words", column("index_words", String), column("rowid", BigInteger))
_ADD_WORDS: Final = "INSERT INTO index_words (rowid, keys) VALUES (?, ?)"
_REMOVE_WORDS: Final = "INSERT INTO index_words (index_words, rowid, keys) VALUES ('delete', ?, ?)"
_REMOVE_ENTRY: Final = "DELETE FROM index_entries WHERE object = ? AND view = ?"
_ADD_ENTRY: Final = (
    "INSERT INTO index_entries (object, view, place, published_at, language, keys) VALUES (?, ?, ?, ?, ?, ?)"
)
_LAST_NUMBER: Final = "SELECT max(place) FROM index_entries WHERE place BETWEEN ? AND ?"


def is_stored(entry: NewEntry, stored: StoredEntry) -> bool:
    """Whether nothing is to be written."""
    return (entry.published_at, entry.language, entry.keys) == (stored.published_at, stored.language, stored.keys)


async def write(connection: WriteConnection, removed: Sequence[StoredEntry], added: Sequence[NewEntry]) -> None:
    """Takes entries out and puts others in. An entry whose minute stays keeps its place."""
    words = [(entry.place, unpacked(entry.keys)) for entry in removed]
    await connection.driver_execute(_REMOVE_WORDS, words)
    keys = [(uuid_to_bytes(entry.object), entry.view) for entry in removed]
    await connection.driver_execute(_REMOVE_ENTRY, keys)
    former = {(entry.object, entry.view): entry.place for entry in removed}
    taken: dict[int, int] = {}
    rows = []
    for entry in added:
        place = former.get((entry.object, entry.view))
        if place is None or place >> NUMBER_BITS != entry.place >> NUMBER_BITS:
            place = await _free_place(connection, entry.place, taken)
        rows.append((place, entry))
    await connection.driver_execute(_ADD_WORDS, [(place, unpacked(entry.keys)) for place, entry in rows])
    entries = [
        (uuid_to_bytes(entry.object), entry.view, place, milliseconds(entry.published_at), entry.language, entry.keys)
        for place, entry in rows
    ]
    await connection.driver_execute(_ADD_ENTRY, entries)


async def _free_place(connection: WriteConnection, place: int, taken: dict[int, int]) -> int:
    """The first free place of this minute; `taken` are the last ones of minutes that this batch writes to."""
    minute = minute_of(place)
    if minute.low not in taken:
        ((last,),) = await connection.driver_fetch(_LAST_NUMBER, minute)
        taken[minute.low] = minute.low - 1 if last is None else last
    taken[minute.low] += 1
    assert taken[minute.low] <= minute.high, "a minute has 262,144 places"
    return taken[minute.low]


# --- reading -----------------------------------------------------------------------------------------------------


def asked(condition: Condition) -> str:
    """The condition in the query language of FTS5. Every key is quoted, so none is read as an operator."""
    match condition:
        case HasKey(is_prefix=is_prefix):
            return '"' + condition.marked_key.replace('"', '""') + '"' + ("*" if is_prefix else "")
        case AnyOf(conditions):
            return _joined(" OR ", conditions)
        case AllOf(conditions, none_of):
            return "".join(["(" * len(none_of), _joined(" AND ", conditions), *(f" NOT {asked(c)})" for c in none_of)])


def _joined(operator: str, conditions: Sequence[Condition]) -> str:
    parts = [asked(condition) for condition in conditions]
    return parts[0] if len(parts) == 1 else "(" + operator.join(parts) + ")"


# In each segment of the index, which are sorted by key, the pages from the first key with the beginning to the last.
# `index_words_idx` is FTS5's own table of the first key on each page; a key stands there behind the byte "0", a page
# twice its number.
_PAGES: Final = text(
    "WITH RECURSIVE segments (id) AS (SELECT min(segid) FROM index_words_idx"
    " UNION ALL SELECT (SELECT min(segid) FROM index_words_idx WHERE segid > id) FROM segments WHERE id IS NOT NULL)"
    " SELECT coalesce(sum(coalesce("
    "(SELECT pgno FROM index_words_idx WHERE segid = id AND term < :behind ORDER BY term DESC LIMIT 1) / 2"
    " - (SELECT pgno FROM index_words_idx WHERE segid = id AND term <= :first ORDER BY term DESC LIMIT 1) / 2"
    ", 0)), 0) FROM segments WHERE id IS NOT NULL"
).bindparams(bindparam("first", type_=LargeBinary()), bindparam("behind", type_=LargeBinary()))


async def has_many_words(read: Reader, beginning: HasKey) -> bool:
    """Whether keys with this beginning have so many places that a look for them takes too long: FTS5 reads them all
    before it gives the first one. Cost: one statement, a tenth of a millisecond."""
    first = b"0" + beginning.marked_key.encode()
    ((pages,),) = await read.rows(_PAGES, {"first": first, "behind": first + b"\xff"})
    return int(pages) > MOST_PAGES


@cache
def hits(is_windowed: bool) -> FromClause:
    """Entries that meet the condition `asked`, with places from `low` to `high`."""
    # FTS5 comes first and gives the order: the plus forbids the other way round, a look-up in it for each entry.
    joined = IndexEntry.place == literal_column("+index_words.rowid", BigInteger)
    query: Select[*tuple[object, ...]] = (
        select(_WORDS.c.rowid.label("place"), IndexEntry.object, IndexEntry.view, IndexEntry.published_at,
               IndexEntry.language)
        .select_from(_WORDS)
        .join(IndexEntry, joined)
        .where(_WORDS.c.index_words.op("MATCH")(bindparam("asked", type_=String())))
        .where(_WORDS.c.rowid.between(bindparam("low", type_=BigInteger()), bindparam("high", type_=BigInteger())))
    )  # fmt: skip
    return query.subquery("hits")


def is_hit(view: str, row: Any) -> ColumnElement[bool]:
    """Whether the entry of the view for the column `object` of `row`, an alias, meets the condition `asked`.

    A look-up by key: FTS5 is asked about one place.
    """
    own_entry = (IndexEntry.object == row.object, IndexEntry.view == literal(view, String))
    place = select(IndexEntry.place).where(*own_entry).correlate(row).scalar_subquery()
    asked_words = _WORDS.c.index_words.op("MATCH")(bindparam("asked", type_=String()))
    return select(literal(1)).select_from(_WORDS).where(asked_words, _WORDS.c.rowid == place).exists()
