"""The index on PostgreSQL: the keys of an entry are a `tsvector` without positions, under a GIN index.

A condition is read in windows: PostgreSQL cannot walk a GIN index by date. Of a common word the newest entries hold a
page, so those are looked at first; only if they do not, the GIN index finds all.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, ColumnElement, Float, String, bindparam, cast, literal, select, text
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.sql.selectable import FromClause

from app.changes.models import PUBLIC
from app.db import Reader, WriteConnection
from app.index.entries import NewEntry, StoredEntry
from app.index.keys import AllOf, AnyOf, Condition, HasKey, unpacked
from app.index.models import IndexEntry
from app.index.places import span_of

DIALECT: Final = "postgresql"
WINDOWS: Final = (64, 400)
# Characters of keys that one statement writes: those of some hundred stories, in less than a second. An import writes
# thousands of stories at once. In one statement they would take ten seconds, on a busy machine more than the time after
# which a writer takes the database for frozen.
PORTION_LENGTH: Final = 500_000
# Entries with words that begin alike: they are found in 30 ms, and twice for a page: for notes too.
MOST_ENTRIES: Final = 20_000
SAMPLE_SIZE: Final = 256
_Row = tuple[str, str, int, datetime, str, str]
_REMOVE: Final = (
    "DELETE FROM index_entries USING unnest($1::uuid[], $2::text[]) AS removed (object, view)"
    " WHERE index_entries.object = removed.object AND index_entries.view = removed.view"
)
# Two transactions may index an object for the first time: then the second one waits, and writes last.
_ADD: Final = (
    "INSERT INTO index_entries (object, view, place, published_at, language, keys)"
    " SELECT object, view, place, published_at, language, keys::tsvector"
    " FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::timestamptz[], $5::text[], $6::text[])"
    " AS added (object, view, place, published_at, language, keys)"
    " ON CONFLICT (object, view) DO UPDATE SET place = excluded.place, published_at = excluded.published_at,"
    " language = excluded.language, keys = excluded.keys"
)


def is_stored(entry: NewEntry, stored: StoredEntry) -> bool:
    """Whether nothing is to be written."""
    return False


async def write(connection: WriteConnection, removed: Sequence[StoredEntry], added: Sequence[NewEntry]) -> None:
    """Takes entries out and puts others in. Cost: a statement, and one for each PORTION_LENGTH of keys."""
    kept = {(entry.object, entry.view) for entry in added}
    gone = sorted((entry.object, entry.view) for entry in removed if (entry.object, entry.view) not in kept)
    if gone:
        await connection.driver_execute(_REMOVE, [[*zip(*gone, strict=True)]])
    for rows in _portions(added):
        await connection.driver_execute(_ADD, [[*zip(*rows, strict=True)]])


def _portions(added: Sequence[NewEntry]) -> Iterator[list[_Row]]:
    """The entries as rows, by object and view, in portions with keys of PORTION_LENGTH, or of one entry."""
    rows: list[_Row] = []
    length = 0
    for entry in sorted(added, key=lambda entry: (entry.object, entry.view)):
        keys = _tsvector(entry.keys)
        if rows and length + len(keys) > PORTION_LENGTH:
            yield rows
            rows, length = [], 0
        rows.append((entry.object, entry.view, entry.place, entry.published_at, entry.language, keys))
        length += len(keys)
    if rows:
        yield rows


def _tsvector(keys: bytes) -> str:
    return " ".join(map(_quoted, unpacked(keys).split()))


def _quoted(lexeme: str) -> str:
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


# --- reading -----------------------------------------------------------------------------------------------------


def asked(condition: Condition) -> str:
    """The condition as a `tsquery`. Every key is quoted, so none is read as an operator."""
    match condition:
        case HasKey(is_prefix=is_prefix):
            return _quoted(condition.marked_key) + (":*" if is_prefix else "")
        case AnyOf(conditions):
            return _joined(" | ", conditions)
        case AllOf(conditions, none_of):
            parts = [_joined(" & ", conditions), *(f"!({asked(each)})" for each in none_of)]
            return "(" + " & ".join(parts) + ")"


def _joined(operator: str, conditions: Sequence[Condition]) -> str:
    return "(" + operator.join(asked(condition) for condition in conditions) + ")"


# How many entries there are, by the planner's figure; and where they are more than `most`, of public stories that stand
# evenly in time how many have the condition. Each is found by its place, so the cost does not grow with the archive.
_SAMPLE: Final = text(
    "WITH total (entries) AS (SELECT CAST(reltuples AS float8) FROM pg_class"
    " WHERE oid = CAST('index_entries' AS regclass)),"
    " span (low, high) AS MATERIALIZED (SELECT min(place), max(place) FROM index_entries"
    " WHERE place BETWEEN CAST(:low AS bigint) AND CAST(:high AS bigint)),"
    " probe (low) AS (SELECT low + (high - low) / CAST(:size AS bigint) * number"
    " FROM span, total, generate_series(0, CAST(:size AS bigint) - 1) AS number WHERE entries > :most)"
    " SELECT (SELECT entries FROM total), count(*),"
    " count(*) FILTER (WHERE keys @@ CAST(CAST(:asked AS text) AS tsquery))"
    " FROM probe, LATERAL (SELECT keys FROM index_entries"
    " WHERE place BETWEEN probe.low AND CAST(:high AS bigint) ORDER BY place LIMIT 1) AS entry"
).bindparams(bindparam("most", type_=Float()))


async def has_many_words(read: Reader, beginning: HasKey) -> bool:
    """Whether so many entries have keys with this beginning that a look for them takes too long: the GIN index gives
    all before the first one. An estimate, from SAMPLE_SIZE public stories and the planner's number of entries.

    Cost: one statement, 5 ms where the archive has more entries than MOST_ENTRIES, else a tenth of that.
    """
    values = {**span_of("article", PUBLIC)._asdict(), "size": SAMPLE_SIZE, "most": MOST_ENTRIES}
    ((entries, sampled, having),) = await read.rows(_SAMPLE, {**values, "asked": asked(beginning)}, slow=True)
    return int(sampled) > 0 and entries * having / sampled > MOST_ENTRIES


@cache
def hits(is_windowed: bool) -> FromClause:
    """Entries that meet the condition `asked`, with places from `low` to `high`.

    A window is walked along the places. Otherwise the GIN index finds all at once: without MATERIALIZED the planner,
    which knows nothing of how common a word is, would rather walk all entries until a page is full.
    """
    query = select(
        IndexEntry.place, IndexEntry.object, IndexEntry.view, IndexEntry.published_at, IndexEntry.language
    ).where(
        IndexEntry.keys.op("@@")(cast(bindparam("asked", type_=String()), TSQUERY)),
        IndexEntry.place.between(bindparam("low", type_=BigInteger()), bindparam("high", type_=BigInteger())),
    )
    if is_windowed:
        return query.subquery("hits")
    return query.cte("hits").prefix_with("MATERIALIZED")


def is_hit(view: str, row: Any) -> ColumnElement[bool]:
    """Whether the entry of the view for the column `object` of `row`, an alias, meets the condition `asked`.

    A look-up by key: within a scalar subquery, so that the planner cannot begin with the words.
    """
    meets = IndexEntry.keys.op("@@", return_type=Boolean())(cast(bindparam("asked", type_=String()), TSQUERY))
    own_entry = (IndexEntry.object == row.object, IndexEntry.view == literal(view, String))
    return select(meets).where(*own_entry).correlate(row).scalar_subquery()
