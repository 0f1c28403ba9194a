"""Places in the index: one number for noun, view and date, so that both databases walk entries by date without sorting.

    3 bits   noun and view
    39 bits  seconds since the beginning of year 1
    21 bits  which of the entries of this second

Entries of one second are sorted by their exact date and id once they are read: whoever walks the index reads a second
whole (`hits`). So the last bits mean nothing; SQLite needs them, for there a place is the key of a row.
"""

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from app.changes.models import DESK, PUBLIC, Noun, View

_YEAR_1: Final = datetime(1, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)
NUMBER_BITS: Final = 21
_SECOND_BITS: Final = 39
_PARTS: Final[dict[tuple[Noun, View], int]] = {
    ("article", PUBLIC): 0,
    ("article", DESK): 1,
    ("note", PUBLIC): 2,
    ("note", DESK): 3,
    ("source", DESK): 4,
    ("tag", DESK): 5,
}


class Span(NamedTuple):
    """Places from `low` to `high`, both of them in it."""

    low: int
    high: int

    def up_to_second_of(self, place: int, *, newest_first: bool) -> "Span":
        """The part of the span that is walked up to this place, with its whole second."""
        second = second_of(place)
        return (
            Span(max(self.low, second.low), self.high) if newest_first else Span(self.low, min(self.high, second.high))
        )


def span_of(noun: Noun, view: View, since: datetime | None = None, until: datetime | None = None) -> Span:
    """All places of a noun in a view, or those of the seconds from one instant to the other."""
    part = _PARTS[noun, view] << (_SECOND_BITS + NUMBER_BITS)
    low = part if since is None else part | place_in_part(since)
    high = (
        part | ((1 << (_SECOND_BITS + NUMBER_BITS)) - 1)
        if until is None
        else second_of(part | place_in_part(until)).high
    )
    return Span(low, high)


def place_in_part(at: datetime) -> int:
    return ((at - _YEAR_1) // _SECOND) << NUMBER_BITS


def second_of(place: int) -> Span:
    """All places of the same second."""
    low = place >> NUMBER_BITS << NUMBER_BITS
    return Span(low, low | ((1 << NUMBER_BITS) - 1))


def instant_of(place: int) -> datetime:
    """The beginning of its second."""
    return _YEAR_1 + _SECOND * (place >> NUMBER_BITS & ((1 << _SECOND_BITS) - 1))
