"""Periods that sentences name: days, months, seasons, years and spans, as precisely as they are written."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from app.importers.page.words import words

_SEASONS: Final = {"spring": (3, 5), "summer": (6, 8), "autumn": (9, 11), "winter": (12, 2)}


_FIGURE: Final = re.compile(r"\d")
_WITHOUT_FIGURES: Final = frozenset(
    ("last_season", "this_season", "month_of_last_year", "year_before_last", "last_year", "this_year", "month")
)


@dataclass(frozen=True)
class Period:
    """When: `on`, and `to` for a span, each a year, month or day; `month_day` instead where the year is not written."""

    start: int
    end: int
    on: str | None
    to: str | None = None
    inferred: bool = False
    month_day: tuple[int, int | None] | None = None
    month_day_to: tuple[int, int | None] | None = None

    def in_year(self, year: int) -> "Period":
        """The same period with the year that was not written."""
        if self.month_day is None:
            return self
        later = _show(year, *self.month_day_to) if self.month_day_to else None
        return Period(self.start, self.end, _show(year, *self.month_day), later, True)


def _show(year: int, month: int | None = None, day: int | None = None) -> str:
    return f"{year:04d}" + (f"-{month:02d}" if month else "") + (f"-{day:02d}" if day else "")


def _valid(on: str) -> bool:
    try:
        date.fromisoformat(on + "-01" * (3 - len(on.split("-"))))
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class _Patterns:
    month: str
    year: str
    rules: tuple[tuple[re.Pattern[str], str], ...]
    seasons: dict[str, str]
    hint: re.Pattern[str]


@lru_cache(maxsize=1)
def _patterns() -> _Patterns:
    known = words()
    month = "(?:" + "|".join(sorted(map(re.escape, known.months), key=lambda name: (-len(name), name))) + r")\b\.?"
    year_word = r"(?:\s?(?:" + known.pattern("dates", "year_words") + r")\b\.?)"
    suffix = r"(?:-(?:го|му|х|ті|тих|й|ому|ого))?"
    year = r"(?:1[0-9]|20)\d\d"
    day = r"(?<!\d)[0-3]?\d(?:st|nd|rd|th|-го|-е)?"
    season_words = {
        low: name for file in known.files.values() for name, forms in file["dates"]["seasons"].items() for low in forms
    }
    season = "(?:" + "|".join(sorted(map(re.escape, season_words), key=lambda name: (-len(name), name))) + r")\b"
    before = known.pattern("dates", "before_year")
    span_from, span_to = known.pattern("dates", "span_from"), known.pattern("dates", "span_to")
    till = rf"(?:{span_to}|-)"
    vague = "(?:about|early|late|around|mid-?|the year)"
    dash = r"\s?[-/]\s?"
    join = rf"(?:{dash}|\s(?:and|to|і|та|й|до|по|и)\s)"
    rules = (
        (rf"\b(?P<m1>{month})\s(?P<y1>{year})?{year_word}?\s?{till}\s(?P<m2>{month})\s(?P<y2>{year})\b", "months"),
        (rf"(?P<d1>{day}){join}(?P<d2>{day})\s(?:of\s)?(?P<m>{month}),?(?:\s(?P<y>{year})\b)?", "days"),
        (rf"\b(?P<m>{month})\s(?P<d1>{day}){join}(?P<d2>{day})(?:,?\s(?P<y>{year})\b)?", "days"),
        (rf"(?P<d>{day})\s(?:of\s)?(?P<m>{month}),?(?:\s(?P<y>{year})\b)?", "day"),
        (rf"\b(?P<m>{month})\s(?P<d>{day})\b(?:,?\s(?P<y>{year})\b)?", "day"),
        (r"(?<!\d)(?P<d>[0-3]?\d)\.(?P<mn>[01]?\d)\.(?P<y>\d{4})(?!\d)", "day"),
        (rf"(?<!\d)(?P<y>{year})-(?P<mn>[01]\d)-(?P<d>[0-3]\d)(?!\d)", "day"),
        (rf"\b(?P<m>{month}),?\s(?:of\s)?(?P<y>{year}){suffix}\b", "month"),
        (rf"\b(?P<s>{season})\s(?:of\s)?(?P<y>{year}){suffix}(?:[-/]\d\d(?:\d\d)?)?\b", "season"),
        (rf"\b{known.pattern('dates', 'last')}\s(?P<s>{season})", "last_season"),
        (rf"(?<![\d.,-])(?P<y1>{year})\s?[-/]\s?(?P<y2>{year}|\d\d)(?![\d-])(?:{year_word})?", "years"),
        (rf"\b{span_from}\s(?P<y1>{year})(?:-го|{year_word})?\s{span_to}\s(?P<y2>{year})\b(?:-й)?", "years"),
        (rf"(?<![\d-])(?P<y>{year[:-2]}\d0|(?:1[0-9]|20)\d0)(?:s\b|-х\b|-ті\b|-тих\b|-е\b)", "decade"),
        (rf"(?<![\d.,-])(?P<y>{year}){suffix}{year_word}", "year"),
        (rf"(?<![\d.,-])(?P<y>{year})-(?:го|му|й|м|х)\b", "year"),
        (rf"\b{before}\s(?:{vague}\s)?(?P<y>{year}){suffix}\b(?![.,]?\d)(?!\s?%)", "year"),
        (rf"\((?P<y>{year})\)", "year"),
        (rf"^(?P<y>{year})(?=\s?[:—–-]\s)", "year"),
        (rf"\b{known.pattern('dates', 'this')}\s(?P<s>{season})", "this_season"),
        (rf"\b{known.pattern('dates', 'last_year')}\s(?:(?:у|в|in)\s)?(?P<m>{month})", "month_of_last_year"),
        (rf"\b(?P<m>{month})\s{known.pattern('dates', 'last_year')}\b", "month_of_last_year"),
        (rf"\b{known.pattern('dates', 'year_before_last')}\b", "year_before_last"),
        (rf"\b{known.pattern('dates', 'last_year')}\b", "last_year"),
        (rf"\b{known.pattern('dates', 'this_year')}\b", "this_year"),
        (rf"\b(?:{before}|early|late|mid)\s(?P<m>{month})(?!\s\d)", "month"),
    )  # fmt: skip
    whole_years = [known.pattern("dates", name) for name in ("year_before_last", "last_year", "this_year")]
    hint = re.compile(rf"\d|\b(?:{'|'.join((month, season, *whole_years))})")
    return _Patterns(month, year, tuple((re.compile(rule), kind) for rule, kind in rules), season_words, hint)


def periods(text: str, published: date | None) -> list[Period]:
    """The periods of a text in lower case, in order, none within another; relative ones need the day of publication."""
    if _patterns().hint.search(text) is None:
        return []
    found: list[Period] = []
    figures = _FIGURE.search(text) is not None
    for pattern, kind in _patterns().rules:
        if not figures and kind not in _WITHOUT_FIGURES:
            continue
        for match in pattern.finditer(text):
            if any(one.start < match.end() and match.start() < one.end for one in found):
                continue
            period = _READERS[kind](match, published)
            if period is not None and (period.on is None or (_valid(period.on) and _valid(period.to or period.on))):
                found.append(period)
    return sorted(found, key=lambda one: one.start)


def _number(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def _month(text: str) -> int:
    return words().months[text.rstrip(".")]


def _months(match: re.Match[str], _: date | None) -> Period | None:
    first = _show(int(match["y1"] or match["y2"]), _month(match["m1"]))
    return Period(match.start(), match.end(), first, _show(int(match["y2"]), _month(match["m2"])))


def _days(match: re.Match[str], _: date | None) -> Period | None:
    month, first, last = _month(match["m"]), _number(match["d1"]), _number(match["d2"])
    if not (1 <= first <= 31 and 1 <= last <= 31):
        return None
    if match["y"]:
        year = int(match["y"])
        return Period(match.start(), match.end(), _show(year, month, first), _show(year, month, last))
    return Period(match.start(), match.end(), None, month_day=(month, first), month_day_to=(month, last))


def _one_day(match: re.Match[str], _: date | None) -> Period | None:
    groups = match.groupdict()
    month = int(groups["mn"]) if groups.get("mn") else _month(match["m"])
    day = _number(match["d"])
    if not 1 <= day <= 31:
        return None
    if match["y"]:
        return Period(match.start(), match.end(), _show(int(match["y"]), month, day))
    return Period(match.start(), match.end(), None, month_day=(month, day))


def _one_month(match: re.Match[str], _: date | None) -> Period | None:
    month = _month(match["m"])
    if match.groupdict().get("y"):
        return Period(match.start(), match.end(), _show(int(match["y"]), month))
    return Period(match.start(), match.end(), None, month_day=(month, None))


def _of_season(name: str, year: int) -> tuple[str, str]:
    first, last = _SEASONS[_patterns().seasons[name]]
    return _show(year, first), _show(year + (last < first), last)


def _season(match: re.Match[str], _: date | None) -> Period | None:
    on, to = _of_season(match["s"], int(match["y"]))
    return Period(match.start(), match.end(), on, to)


def _last_season(match: re.Match[str], published: date | None) -> Period | None:
    if published is None:
        return Period(match.start(), match.end(), None)
    on, to = _of_season(match["s"], published.year)
    if to >= _show(published.year, published.month):
        on, to = _of_season(match["s"], published.year - 1)
    return Period(match.start(), match.end(), on, to, True)


def _years(match: re.Match[str], _: date | None) -> Period | None:
    first, last = match["y1"], match["y2"]
    if len(last) == 2:
        last = first[:2] + last
    return Period(match.start(), match.end(), first, last) if first < last else None


def _decade(match: re.Match[str], _: date | None) -> Period | None:
    return Period(match.start(), match.end(), match["y"], str(int(match["y"]) + 9))


def _year(match: re.Match[str], _: date | None) -> Period | None:
    return Period(match.start(), match.end(), match["y"])


def _last_year(match: re.Match[str], published: date | None) -> Period | None:
    on = _show(published.year - 1) if published else None
    return Period(match.start(), match.end(), on, inferred=on is not None)


def _year_before_last(match: re.Match[str], published: date | None) -> Period | None:
    on = _show(published.year - 2) if published else None
    return Period(match.start(), match.end(), on, inferred=on is not None)


def _month_of_last_year(match: re.Match[str], published: date | None) -> Period | None:
    on = _show(published.year - 1, _month(match["m"])) if published else None
    return Period(match.start(), match.end(), on, inferred=on is not None)


def _this_season(match: re.Match[str], published: date | None) -> Period | None:
    on, to = _of_season(match["s"], published.year) if published else (None, None)
    return Period(match.start(), match.end(), on, to, inferred=on is not None)


def _this_year(match: re.Match[str], published: date | None) -> Period | None:
    on = _show(published.year) if published else None
    return Period(match.start(), match.end(), on, inferred=on is not None)


_READERS: Final[dict[str, Callable[[re.Match[str], date | None], Period | None]]] = {
    "months": _months, "days": _days, "day": _one_day, "month": _one_month, "season": _season,
    "last_season": _last_season, "years": _years, "decade": _decade, "year": _year, "last_year": _last_year,
    "year_before_last": _year_before_last,
    "month_of_last_year": _month_of_last_year, "this_season": _this_season, "this_year": _this_year,
}  # fmt: skip
