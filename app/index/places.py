"""Places in the index: one number for noun, view and date, so that both databases walk entries by date without sorting.

    3 bits   noun and view
    33 bits  minutes since the beginning of year 1
    18 bits  which of the entries of this minute

Entries of one minute are sorted by their exact date and id once they are read: whoever walks the index reads a minute
whole (`hits`). So the last bits mean nothing; SQLite needs them, for there a place is the key of a row. FTS5 stores
for each key the differences between places: each bit less, of minutes or numbers, makes the index a fiftieth smaller.
"""

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from app.changes.models import DESK, PUBLIC, Noun, View

_YEAR_1: Final = datetime(1, 1, 1, tzinfo=UTC)
_MINUTE: Final = timedelta(minutes=1)
NUMBER_BITS: Final = 18
_MINUTE_BITS: Final = 33
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

    def up_to_minute_of(self, place: int, *, newest_first: bool) -> "Span":
        """The part of the span that is walked up to this place, with its whole minute."""
        minute = minute_of(place)
        return (
            Span(max(self.low, minute.low), self.high) if newest_first else Span(self.low, min(self.high, minute.high))
        )


def span_of(noun: Noun, view: View, since: datetime | None = None, until: datetime | None = None) -> Span:
    """All places of a noun in a view, or those of the minutes from one instant to the other."""
    part = _PARTS[noun, view] << (_MINUTE_BITS + NUMBER_BITS)
    low = part if since is None else part | place_in_part(since)
    high = (
        part | ((1 << (_MINUTE_BITS + NUMBER_BITS)) - 1)
        if until is None
        else minute_of(part | place_in_part(until)).high
    )
    return Span(low, high)


def place_in_part(at: datetime) -> int:
    return ((at - _YEAR_1) // _MINUTE) << NUMBER_BITS


def minute_of(place: int) -> Span:
    """All places of the same minute."""
    low = place >> NUMBER_BITS << NUMBER_BITS
    return Span(low, low | ((1 << NUMBER_BITS) - 1))


def instant_of(place: int) -> datetime:
    """The beginning of its minute."""
    return _YEAR_1 + _MINUTE * (place >> NUMBER_BITS & ((1 << _MINUTE_BITS) - 1))
