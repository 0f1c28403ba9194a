"""Days, months and instants as people write them, in the languages of the pages; ISO 8601 in all others."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

_ENGLISH: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
# Ukrainian months stand in the genitive behind a day, and in the nominative alone.
_OF_DAY: Final = {
    "en": _ENGLISH,
    "uk": ("січня", "лютого", "березня", "квітня", "травня", "червня", "липня", "серпня", "вересня", "жовтня",
           "листопада", "грудня"),
}  # fmt: skip
_ALONE: Final = {
    "en": _ENGLISH,
    "uk": ("січень", "лютий", "березень", "квітень", "травень", "червень", "липень", "серпень", "вересень", "жовтень",
           "листопад", "грудень"),
}  # fmt: skip


def day(on: str, language: str) -> str:
    """A year, month or day: `2022-05-16` is `16 May 2022`, `2022-05` is `May 2022`."""
    primary = language.partition("-")[0]
    if primary not in _ALONE:
        return on
    year, month, of_month = [*on.split("-"), "", ""][:3]
    if of_month:
        return f"{int(of_month)} {_OF_DAY[primary][int(month) - 1]} {year}"
    return f"{_ALONE[primary][int(month) - 1]} {year}" if month else year


def month(number: int, language: str) -> str:
    """The name of a month, 1 to 12; its number where the language is none of ours."""
    names = _ALONE.get(language.partition("-")[0])
    return f"{number:02}" if names is None else names[number - 1]


def local_day(instant: str, language: str, zone: ZoneInfo) -> str:
    """The day of an instant in the zone."""
    return day(_local(instant, zone).date().isoformat(), language)


def local_time(instant: str, language: str, zone: ZoneInfo) -> str:
    """The day and minute of an instant in the zone: `16 May 2022, 08:40`."""
    return f"{local_day(instant, language, zone)}, {_local(instant, zone):%H:%M}"


def archive_path(instant: str, zone: ZoneInfo) -> str:
    """The path of the archive of the month that an instant is in."""
    return f"/archive/{_local(instant, zone):%Y/%m}"


def _local(instant: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(instant).astimezone(zone)
