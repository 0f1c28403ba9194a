"""Dates and times as pages write them: the stamps under a headline, and the periods that a note's sentences name."""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from app.importers.page.words import words

_ZONES: Final = {
    "eet": 2, "eest": 3, "utc": 0, "gmt": 0, "bst": 1, "cet": 1, "cest": 2, "msk": 3, "est": -5, "edt": -4,
    "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "wet": 0, "west": 1, "z": 0,
}  # fmt: skip
_REGIONS: Final = {  # zones that a page names without saying whether it is summer there
    "et": "America/New_York", "ct": "America/Chicago", "mt": "America/Denver", "pt": "America/Los_Angeles",
}  # fmt: skip
_TIME: Final = (
    r"(?<![\d.,])(?P<hour>2[0-3]|[01]?\d)(?!\d)(?:(?P<dot>[:.])(?P<minute>[0-5]\d)(?::[0-5]\d(?:\.\d+)?)?)?"
    r"(?:\s?(?P<half>[ap]\.?m\b\.?))?(?![\d.]\d)"
    r"(?:\s?\(?(?P<zone>(?:eest|eet|utc|gmt|bst|cest|cet|msk|est|edt|cst|cdt|mst|mdt|pst|pdt|west|wet|et|ct|mt|pt|z)\b)?"
    r"(?P<offset>\s?[+-]\d{1,2}(?::?\d{2})?)?\)?)?"
)
_NUMERIC: Final = (
    r"(?<!\d)(?:(?P<iy>\d{4})[-./](?P<im>0?[1-9]|1[0-2])[-./](?P<id>[0-2]?\d|3[01])"
    r"|(?P<nd>[0-3]?\d)[./](?P<nm>[0-3]?\d)[./](?P<ny>\d{4}|\d{2}))(?!\d)"
)


@dataclass(frozen=True)
class Stamp:
    """A date, a time or both, found at a place of a line; what was not written is None."""

    start: int
    end: int
    day: date | None = None
    at: time | None = None
    zone: tzinfo | None = None
    partial: tuple[int, int] | None = None

    def moment(self, zone: tzinfo, near: date | None = None) -> datetime | None:
        """The instant; midnight in `zone` where only the day was written, `near` where only the time was."""
        day = self.day or near
        if self.partial and near:
            day = _day(near.year, *self.partial)
            if day and day > near + timedelta(days=1):
                day = _day(near.year - 1, *self.partial)
        if day is None:
            return None
        return datetime.combine(day, self.at or time(), tzinfo=self.zone or zone)


@lru_cache(maxsize=1)
def _months() -> str:
    return "(?:" + "|".join(sorted(map(re.escape, words().months), key=lambda name: (-len(name), name))) + r")\b"


@lru_cache(maxsize=1)
def _years() -> str:
    return r"(?:\s?(?:" + words().pattern("dates", "year_words") + r")\b\.?)?"


@lru_cache(maxsize=1)
def _written() -> re.Pattern[str]:
    month, year_word = _months(), _years()
    return re.compile(
        rf"(?<!\d)(?P<d1>[0-3]?\d)(?:st|nd|rd|th|-го|-е)?\.?\s(?:of\s)?(?P<m1>{month})\.?,?(?:\s(?P<y1>\d{{4}})(?!\d){year_word})?"
        rf"|\b(?P<m2>{month})\.?\s(?P<d2>[0-3]?\d)(?:st|nd|rd|th)?(?![\d:.]\d)\b(?:,?\s(?P<y2>\d{{4}})\b)?"
    )


_NUMERIC_RE: Final = re.compile(_NUMERIC)
_FOREIGN: Final = re.compile(
    r"(?:[^\W\d]{2,12}\.?,?\s)?\d{1,2}\.?\s(?:de\s)?[^\W\d]{3,12}\.?,?\s(?:de\s)?\d{4}(?:[\s,]+\d{1,2}:\d{2})?"
)
_DIGIT: Final = re.compile(r"\d")
_TIME_RE: Final = re.compile(_TIME)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _clock(found: re.Match[str], days: list[Stamp]) -> tuple[time, tzinfo | None] | None:
    """The time of day, where it is plainly one: with a colon, with a.m. or p.m., or with a full stop beside a day."""
    if found["minute"] is None and found["half"] is None:
        return None
    plain = found["dot"] == "." and not (found["zone"] or found["half"] or found["offset"])
    if plain and not any(day.day and _between().fullmatch(found.string, day.end, found.start()) for day in days):
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found["half"].startswith("p") else 0)
    zone: tzinfo | None = None
    if found["zone"] in _REGIONS:
        zone = ZoneInfo(_REGIONS[found["zone"]])
    elif found["zone"] or found["offset"]:
        minutes = _ZONES.get(found["zone"] or "utc", 0) * 60
        if found["offset"]:
            sign = -1 if "-" in found["offset"] else 1
            digits = re.sub(r"\D", "", found["offset"])
            hours, rest = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
            minutes += sign * (hours * 60 + rest)
        if abs(minutes) >= 24 * 60:
            return None
        zone = UTC if minutes == 0 else timezone(timedelta(minutes=minutes))
    return time(hour, minute), zone


def stamps(line: str) -> list[Stamp]:
    """Dates and times of a line in lower case, in order; a time that stands beside a date is one stamp with it."""
    if _DIGIT.search(line) is None:
        return []
    found: list[Stamp] = []
    for match in _NUMERIC_RE.finditer(line):
        if match["iy"]:
            day = _day(int(match["iy"]), int(match["im"]), int(match["id"]))
        else:
            year = int(match["ny"]) + (2000 if len(match["ny"]) == 2 else 0)
            day = _day(year, int(match["nm"]), int(match["nd"])) or _day(year, int(match["nd"]), int(match["nm"]))
        if day:
            found.append(Stamp(match.start(), match.end(), day))
    for match in _written().finditer(line):
        if any(one.start < match.end() and match.start() < one.end for one in found):
            continue
        month = words().months[match["m1"] or match["m2"]]
        number = int(match["d1"] or match["d2"])
        year_text = match["y1"] or match["y2"]
        written = _day(int(year_text), month, number) if year_text else None
        if written or (not year_text and _day(2024, month, number)):
            found.append(Stamp(match.start(), match.end(), written, partial=None if written else (month, number)))
    # An ISO instant has a letter between its day and its time.
    for match in _TIME_RE.finditer(line):
        if any(one.start < match.end("hour") and match.start() < one.end for one in found):
            continue
        if (clock := _clock(match, found)) is not None:
            found.append(Stamp(match.start(), match.end(), None, *clock))
    return list(_joined(sorted(found, key=lambda one: one.start), line))


@lru_cache(maxsize=1)
def _between() -> re.Pattern[str]:
    filler = words().pattern("dates", "fillers")
    return re.compile(rf"(?:[\s,.|·•—t/-]|\b{filler}\b|\b{words().pattern('dates', 'weekdays')}\b)*")


def _joined(found: list[Stamp], line: str) -> Iterator[Stamp]:
    """Neighbours become one: a date and a time with nothing but separators between them."""
    place = 0
    while place < len(found):
        one = found[place]
        if place + 1 < len(found):
            other = found[place + 1]
            gap = line[one.end : other.start]
            days = [stamp for stamp in (one, other) if stamp.day or stamp.partial]
            clocks = [stamp for stamp in (one, other) if stamp.at]
            if len(days) == 1 and len(clocks) == 1 and days[0] is not clocks[0] and _between().fullmatch(gap):
                yield replace(days[0], start=one.start, end=other.end, at=clocks[0].at, zone=clocks[0].zone)
                place += 2
                continue
        yield one
        place += 1


def guess(line: str) -> Stamp | None:
    """What dateparser makes of a short line in a language whose months we do not list; day, month and year, or nothing.

    Cost: slow, and loaded at the first call.
    """
    if not _FOREIGN.fullmatch(line) or _DIGIT.search(line) is None:
        return None
    import dateparser  # some 100 ms, and rarely needed

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found: datetime | None = dateparser.parse(line, settings={"STRICT_PARSING": True})
    if found is None:
        return None
    at = found.time().replace(second=0, microsecond=0) if ":" in line else None
    return Stamp(0, len(line), found.date(), at, found.tzinfo if at else None)
