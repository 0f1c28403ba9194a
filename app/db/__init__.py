"""SQL and nothing else: column types, statements, the connections to both databases, and their schema.

Knows no noun and no HTTP. Where the two databases differ in reading, writing or migrating, the difference stands here.
"""

from app.db.address import Address
from app.db.columns import Base, Json, Moment, Name, RawJson, from_milliseconds, milliseconds, new_id, utcnow
from app.db.database import Database, Reader
from app.db.schema import SchemaMismatch, check_schema, fold, migrate
from app.db.statements import SHAPES, Row, among, keyset, room, spread
from app.db.transactions import add_up, bulk, fetch, insert_new, run

__all__ = [
    "SHAPES",
    "Address",
    "Base",
    "Database",
    "Json",
    "Moment",
    "Name",
    "RawJson",
    "Reader",
    "Row",
    "SchemaMismatch",
    "add_up",
    "among",
    "bulk",
    "check_schema",
    "fetch",
    "fold",
    "from_milliseconds",
    "insert_new",
    "keyset",
    "migrate",
    "milliseconds",
    "new_id",
    "room",
    "run",
    "spread",
    "utcnow",
]
