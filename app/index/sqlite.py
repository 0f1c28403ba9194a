"""The index on SQLite: FTS5 finds places by keys; beside it stand the entries, with the keys of each, compressed.

`index_words` is contentless: it holds keys and where they are, and no text. To take a row out of such a table SQLite
needs exactly the values that were put in, hence the copy of the keys. FTS5 walks the places of a condition in their
order, from any of them on, so a page of a common word costs no more than one of a rare word.
"""

import zlib
from collections.abc import Sequence
from functools import cache
from typing import Final

from sqlalchemy import BigInteger, Select, String, bindparam, column, literal_column, select, table
from sqlalchemy.sql.selectable import FromClause

from app.db import WriteConnection, milliseconds
from app.db.columns import uuid_to_bytes
from app.index.entries import NewEntry, StoredEntry
from app.index.keys import COLUMNS, AllOf, AnyOf, Condition, HasKey, Keys
from app.index.models import IndexEntry
from app.index.places import NUMBER_BITS, second_of

DIALECT: Final = "sqlite"
# The whole index is walked at once.
WINDOWS: Final[tuple[int, ...]] = ()
# Numbers are given in the order of writing, one writer at a time.
NUMBERED: Final = True

_WORDS: Final = table("index_words", column("index_words", String), column("rowid", BigInteger))
_NAMES: Final = ", ".join(COLUMNS)
_MARKS: Final = ", ".join("?" * len(COLUMNS))
_ADD_WORDS: Final = f"INSERT INTO index_words (rowid, {_NAMES}) VALUES (?, {_MARKS})"  # noqa: S608
_REMOVE_WORDS: Final = f"INSERT INTO index_words (index_words, rowid, {_NAMES}) VALUES ('delete', ?, {_MARKS})"  # noqa: S608
_REMOVE_ENTRY: Final = "DELETE FROM index_entries WHERE object = ? AND view = ?"
_ADD_ENTRY: Final = (
    "INSERT INTO index_entries (object, view, place, published_at, language, keys) VALUES (?, ?, ?, ?, ?, ?)"
)
_LAST_NUMBER: Final = "SELECT max(place) FROM index_entries WHERE place BETWEEN ? AND ?"


def packed(keys: Keys) -> bytes:
    return zlib.compress("\n".join(keys).encode())


def _unpacked(packed_keys: bytes) -> Keys:
    return tuple(zlib.decompress(packed_keys).decode().split("\n"))


def is_stored(entry: NewEntry, stored: StoredEntry) -> bool:
    """Whether nothing is to be written."""
    return (entry.published_at, entry.language, packed(entry.keys)) == (
        stored.published_at, stored.language, stored.keys
    )  # fmt: skip


async def write(connection: WriteConnection, removed: Sequence[StoredEntry], added: Sequence[NewEntry]) -> None:
    """Takes entries out and puts others in. An entry whose second stays keeps its place."""
    words = [(entry.place, *_unpacked(entry.keys)) for entry in removed]
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
    await connection.driver_execute(_ADD_WORDS, [(place, *entry.keys) for place, entry in rows])
    entries = [
        (uuid_to_bytes(entry.object), entry.view, place, milliseconds(entry.published_at), entry.language,
         packed(entry.keys))
        for place, entry in rows
    ]  # fmt: skip
    await connection.driver_execute(_ADD_ENTRY, entries)


async def _free_place(connection: WriteConnection, place: int, taken: dict[int, int]) -> int:
    """The first free place of this second; `taken` are the last ones of seconds that this batch writes to."""
    second = second_of(place)
    if second.low not in taken:
        ((last,),) = await connection.driver_fetch(_LAST_NUMBER, second)
        taken[second.low] = second.low - 1 if last is None else last
    taken[second.low] += 1
    assert taken[second.low] <= second.high, "a second has two million places"
    return taken[second.low]


# --- reading -----------------------------------------------------------------------------------------------------


def asked(condition: Condition) -> str:
    """The condition in the query language of FTS5. Every key is quoted, so none is read as an operator."""
    match condition:
        case HasKey(key, column_name, is_prefix):
            quoted = '"' + key.replace('"', '""') + '"' + ("*" if is_prefix else "")
            return quoted if column_name is None else f"{column_name} : {quoted}"
        case AnyOf(conditions):
            return _joined(" OR ", conditions)
        case AllOf(conditions, none_of):
            return "".join(["(" * len(none_of), _joined(" AND ", conditions), *(f" NOT {asked(c)})" for c in none_of)])


def _joined(operator: str, conditions: Sequence[Condition]) -> str:
    parts = [asked(condition) for condition in conditions]
    return parts[0] if len(parts) == 1 else "(" + operator.join(parts) + ")"


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
