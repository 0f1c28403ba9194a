"""SQL and nothing else: column types, statements, the connections to both databases, and their schema.

Knows no noun and no HTTP. Where the two databases differ in reading, writing or migrating, the difference stands here.
"""

from app.db.columns import Base, Json, Name, UtcDateTime, Uuid16, from_milliseconds, milliseconds, new_id, utcnow
from app.db.compiled import CompiledStatement
from app.db.copying import CopyRefused, copy_database, dump_command, new_file, refuse_used, undump_command
from app.db.database import SHAPES, Committed, Database, Reader
from app.db.rehearsal import Writable, rehearsal
from app.db.replicas import replica_urls
from app.db.schema import Progress, SchemaMismatch, check_schema, checkpoint_into_file, migrate
from app.db.signal import CommitSignal, announced_commit
from app.db.statements import Row, in_list, json_texts, keyset, list_parameters, padded_size
from app.db.url import DatabaseUrl
from app.db.writing import (
    WriteConnection,
    add_to_counters,
    execute_many,
    fetch,
    insert_if_absent,
    insert_many,
    insert_missing,
)

__all__ = [
    "SHAPES", "Base", "CommitSignal", "Committed", "CompiledStatement", "CopyRefused", "Database", "DatabaseUrl",
    "Json", "Name", "Progress", "Reader", "Row", "SchemaMismatch", "UtcDateTime", "Uuid16", "Writable",
    "WriteConnection", "add_to_counters", "announced_commit", "check_schema", "checkpoint_into_file", "copy_database",
    "dump_command", "execute_many", "fetch", "from_milliseconds", "in_list", "insert_if_absent", "insert_many",
    "insert_missing", "json_texts", "keyset", "list_parameters", "migrate", "milliseconds", "new_file", "new_id",
    "padded_size", "refuse_used", "rehearsal", "replica_urls", "undump_command", "utcnow",
]  # fmt: skip
