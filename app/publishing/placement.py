"""Where what can be published stands in lists: by the date of its publication, or what takes its place in a draft."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from app.lists.store import Placement


class Listed(Protocol):
    """What decides where a state of an article or a note stands in lists."""

    @property
    def language(self) -> str: ...
    @property
    def published_at(self) -> datetime | None: ...
    @property
    def publish_at(self) -> datetime | None: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def updated_at(self) -> datetime | None: ...


def placement(names: Iterable[str], state: Listed) -> Placement:
    """Drafts stand at the time they are due, else at the time they were made."""
    listed_at = state.published_at or state.publish_at or state.created_at
    return Placement(frozenset(names), state.language, listed_at, state.updated_at or listed_at)


class _StoredDates(NamedTuple):
    language: str
    published_at: datetime | None
    publish_at: datetime | None
    created_at: datetime
    updated_at: datetime | None


def placement_of_document(names: Iterable[str], document: Mapping[str, Any]) -> Placement:
    """The same for a stored document, whose dates are JSON."""
    dates = (document[name] for name in _StoredDates._fields[1:])
    instants = (None if value is None else datetime.fromisoformat(value) for value in dates)
    return placement(names, _StoredDates(document["language"], *instants))  # type: ignore[arg-type]
