"""Dated facts of notes: when they begin, what they rest on, and their place in the lists that the timeline walks."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from app.changes.models import View
from app.lists.store import ListChanges, Placement
from app.publishing.placement import placement_of_document

FACTS: Final = "facts"
TAG: Final = "facts:tag:"
SOURCE: Final = "facts:source:"
Placements = Mapping[datetime, Placement]


class DatedFact(NamedTuple):
    """A fact with a date. `number` is its place among the facts of its note; `sources` are its own and the note's."""

    begins_at: datetime
    number: int
    fields: Mapping[str, Any]
    sources: frozenset[str]


def beginning(period: str) -> datetime:
    """Where a day, month or year begins. A date of a fact is of no zone: UTC stands for none."""
    return datetime.fromisoformat((period + "-01-01")[:10]).replace(tzinfo=UTC)


def dated_facts(card: Mapping[str, Any]) -> Iterator[DatedFact]:
    """In the order of the note; facts without a date are left out."""
    of_note = {attribution["source"] for attribution in card["attributions"]}
    for number, fact in enumerate(card["facts"]):
        if fact["on"] is not None:
            sources = of_note | {attribution["source"] for attribution in fact["attributions"]}
            yield DatedFact(beginning(fact["on"]), number, fact, frozenset(sources))


def fact_placements(card: Mapping[str, Any]) -> dict[datetime, Placement]:
    """By date of its facts, where the note with this card stands in the lists of facts.

    Under a tag stand the notes that name it themselves, as in the lists of notes.
    """
    names: dict[datetime, set[str]] = {}
    for fact in dated_facts(card):
        of_date = names.setdefault(fact.begins_at, {FACTS, *(TAG + slug for slug in card["tags"])})
        of_date |= {SOURCE + slug for slug in fact.sources}
    state = placement_of_document((), card)
    return {
        at: Placement(frozenset(of_date), state.language, at, state.updated_at, state.revision)
        for at, of_date in names.items()
    }


def move_facts(
    lists: ListChanges, object_id: str, before: Mapping[View, Placements], after: Mapping[View, Placements]
) -> None:
    """Takes the facts of a note from the lists where they stand to those where they will, by view."""
    for at in sorted({at for placements in (*before.values(), *after.values()) for at in placements}):
        lists.move(object_id, _at(at, before), _at(at, after))


def _at(at: datetime, by_view: Mapping[View, Placements]) -> dict[View, Placement]:
    return {view: placements[at] for view, placements in by_view.items() if at in placements}
