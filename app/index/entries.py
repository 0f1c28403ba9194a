"""An entry of the index as plain data: as it is to be written, and as it is stored."""

from datetime import datetime
from typing import NamedTuple

from app.index.keys import Keys


class NewEntry(NamedTuple):
    """A state that is to be indexed. `place` is that of its second."""

    object: str
    view: str
    place: int
    published_at: datetime
    language: str
    keys: Keys


class StoredEntry(NamedTuple):
    """What is stored of an entry; `keys` in the form of the database."""

    object: str
    view: str
    place: int
    published_at: datetime
    language: str
    keys: bytes
