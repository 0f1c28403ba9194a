"""An entry of the index as plain data: as it is to be written, and as it is stored."""

from datetime import datetime
from typing import NamedTuple


class NewEntry(NamedTuple):
    """A state that is to be indexed. `place` is the first one of its minute; `keys` are packed."""

    object: str
    view: str
    place: int
    published_at: datetime
    language: str
    keys: bytes


class StoredEntry(NamedTuple):
    """What is stored of an entry; `keys` in the form of the database: packed on SQLite."""

    object: str
    view: str
    place: int
    published_at: datetime
    language: str
    keys: bytes
