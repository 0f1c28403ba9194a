"""Dates and zones in parameters: an instant, or a year, month or day that is read in a zone."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

from app.settings import zone_names
from app.web.fields import DAY, INSTANT, to_utc

_PERIOD: Final = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?", re.ASCII)
_MILLISECOND: Final = timedelta(milliseconds=1)
FIRST: Final = datetime(1, 1, 1, tzinfo=UTC)
LAST: Final = datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)


def zone_name(value: str) -> str:
    """The name itself. Raises: ValueError, for a name that is not in the IANA database."""
    if value not in zone_names():
        raise ValueError("is not the name of an IANA time zone, such as Europe/Kyiv")
    return value


def moment_or_day(value: str) -> str:
    """The text itself. Raises: ValueError, if it is neither an instant with an offset nor an existing day."""
    if DAY.fullmatch(value):
        _day(value)
    elif INSTANT.fullmatch(value):
        moment(value)
    else:
        check_plus(value)
        raise ValueError("is neither a date such as 2025-01-22 nor an instant with offset such as 2025-01-22T12:35:00Z")
    return value


# A parameter: the text of an instant with an offset, or of a day, which `since` and `until` read.
InstantOrDay = Annotated[str, AfterValidator(moment_or_day)]


def check_plus(value: str) -> None:
    """Raises: ValueError, for an instant whose `+` was not percent-encoded, so that it was decoded to a blank."""
    if " " in value and INSTANT.fullmatch(value.replace(" ", "+")):
        raise ValueError("has a blank where its offset begins: in an address a + is written %2B")


def period(value: str) -> str:
    """The text itself. Raises: ValueError, if it is not an existing year, month or day."""
    if not _PERIOD.fullmatch(value):
        raise ValueError("is not a year, month or day, such as 2025, 2025-01 or 2025-01-22")
    _day((value + "-01-01")[:10])
    return value


def since(value: str | None, zone: ZoneInfo) -> datetime | None:
    """The first moment of an instant or day; None for None."""
    if value is None:
        return None
    return within(value, zone)[0] if DAY.fullmatch(value) else moment(value)


def until(value: str | None, zone: ZoneInfo) -> datetime | None:
    """The first moment after an instant or day, where an instant lasts one millisecond; None for None."""
    if value is None:
        return None
    return within(value, zone)[1] if DAY.fullmatch(value) else min(moment(value), LAST - _MILLISECOND) + _MILLISECOND


def within(value: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of a year, month or day, and the first moment after it."""
    first = last = _day((value + "-01-01")[:10])
    if len(value) == 4:
        last = first.replace(month=12, day=31)
    elif len(value) == 7:
        last = first.replace(day=monthrange(first.year, first.month)[1])
    try:
        return _start(first, zone), _start(last + timedelta(days=1), zone)
    except OverflowError:
        return _start(first, zone), LAST


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise ValueError("is a date that does not exist") from error


def moment(value: str) -> datetime:
    """The instant in UTC. Raises: ValueError, for one that does not exist, such as 25:00."""
    try:
        return to_utc(datetime.fromisoformat(value.upper()))
    except ValueError as error:
        raise ValueError("is an instant that does not exist") from error


def _start(day: date, zone: ZoneInfo) -> datetime:
    try:
        return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    except OverflowError:
        return FIRST
