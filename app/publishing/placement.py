"""What follows from a state of what can be published: where it stands in lists, its dates, what was done to it."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from app.changes.models import DESK, PUBLIC, Noun, Op, View
from app.changes.stored import StoredObject
from app.content.lifecycle import GONE, Status
from app.lists.store import Placement
from app.publishing.store import replacements


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
    @property
    def revision(self) -> int: ...


def placement(names: Iterable[str], state: Listed) -> Placement:
    """Drafts stand at the time they are due, else at the time they were made."""
    listed_at = state.published_at or state.publish_at or state.created_at
    return Placement(frozenset(names), state.language, listed_at, state.updated_at or listed_at, state.revision)


class _StoredDates(NamedTuple):
    language: str
    revision: int
    published_at: datetime | None
    publish_at: datetime | None
    created_at: datetime
    updated_at: datetime | None


# Of what has its texts in several. Source: RFC 5646, 2.2.1, the undetermined language.
NO_LANGUAGE: Final = "und"


def placement_of_document(names: Iterable[str], document: Mapping[str, Any]) -> Placement:
    """The same for a stored document, whose dates are JSON."""
    dates = (document[name] for name in _StoredDates._fields[2:])
    instants = (None if value is None else datetime.fromisoformat(value) for value in dates)
    return placement(names, _StoredDates(document.get("language", NO_LANGUAGE), document["revision"], *instants))  # type: ignore[arg-type]


def touched_placements(
    before: Mapping[View, Placement], after: Placement | None, view: View | None, cleared: frozenset[View]
) -> list[Placement]:
    """Where a change shows: the places that the object has had and gets; only public ones where the public learns of
    it. `cleared` are the views that do not keep what they showed before."""
    is_public = view == PUBLIC or PUBLIC in cleared
    placed = [*before.items(), *([(view, after)] if after is not None else [])]
    return [placement for shown_in, placement in placed if shown_in == PUBLIC or not is_public]


def touched_replacements(noun: Noun, before: StoredObject | None, *, is_public: bool) -> set[str]:
    """The name that withdrawn objects share, where what they may name as their replacement is hidden or shown again.

    `is_public`: whether the object is public after the change.
    """
    if before is None or is_public == before.is_public:
        return set()
    was_public_once = before.is_public or before.newest.fields()["first_published_at"] is not None
    return {replacements(noun)} if was_public_once else set()


def following_dates(
    status: Status, card: Mapping[str, Any], stated: Collection[str], at: datetime
) -> dict[str, datetime]:
    """Dates of a state of this status that follows the one with this card, but for those that its writer has stated."""
    kept = ("created_at", "first_published_at")
    dates = {name: datetime.fromisoformat(card[name]) for name in kept if card[name] is not None} | {"modified_at": at}
    if status == "published":
        dates["updated_at"] = at
    return {name: date for name, date in dates.items() if name not in stated}


def operation(status: Status, before: StoredObject | None, cleared: frozenset[View], *, was: Status) -> Op:
    """What brought it to this status from the one that it `was` in, if it existed before; `cleared` are the views that
    do not keep what they showed."""
    if before is None:
        return "created"
    if status == "published":
        return "published" if DESK in cleared else "updated"
    if PUBLIC in cleared or (was in GONE and was != status):
        return "withdrawn" if status == "withdrawn" else "expired" if status == "expired" else "unpublished"
    return "updated"
