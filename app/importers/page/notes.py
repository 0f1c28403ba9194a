"""Reference notes: how far they reach, and the dated statements they make."""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

from app.importers.page import attributions, credits, quotes, speech
from app.importers.page.periods import Period, periods
from app.importers.page.recognisers import BULLET, Mark
from app.importers.page.text import Line, low, sentences
from app.importers.page.words import words

_CLAUSE: Final = re.compile(
    r"(?:,|;)\s+(?:а|і|й|та|але|and|but|while|then|тоді як|в то время как)\s+|;\s+|,\s+(?=(?:у|в|з|in)\s)"
)
_TITLE_WORDS: Final = 10
_SAYS: Final = re.compile(r"[^\W\d_]{4,}")
_COMMA_OR_AND: Final = re.compile(r",\s+|\s(?:and|і|й|та|и)\s")
_YEAR: Final = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")


def titled(mark: Mark, following: Line) -> Mark:
    """The mark of «Довідково: Старий маяк» above its text: behind the marker stands a title, and no text yet."""
    rest = mark.data["rest"]
    if not rest or rest[-1] in ".!?…:;," or len(rest.split()) > (_TITLE_WORDS if rest[0].isupper() else 4):
        return mark
    if not following.closed or following.words <= len(rest.split()):
        return mark
    return Mark("note", "note marker with a title", 0.85, {"heading": f"{mark.data['heading']} {rest}", "rest": ""})


def extent(lines: list[Line], marks: list[Mark | None], start: int, mark: Mark) -> int:
    """How many lines a note takes from its marker on; 0 where nothing follows that could be one."""
    place = start + 1
    texts = 1 if mark.data["rest"] else 0
    listed = False
    open_list = bool(mark.data["rest"]) and mark.data["rest"].endswith(":")
    while place < len(lines):
        line, kind = lines[place], marks[place]
        if kind is not None and kind.kind == "item":
            item = quotes.find(line.text)
            if item is not None or (
                line.apart and listed is False and texts and not open_list and lines[place - 1].text[-1:] not in ":;"
            ):
                break
            listed = True
            place += 1
            continue
        if kind is not None or credits.read(line) is not None or (quotes.find(line.text) is not None and texts):
            break
        if listed and (line.apart or texts):
            break
        if (
            texts
            and not (lines[start].apart and _heads_list(line, lines, marks, place))
            and (_subhead(line, lines, place) or _returns(line, lines[start:place], bool(mark.data["rest"])))
        ):
            break
        texts += 1
        open_list = line.text.endswith(":")
        place += 1
    return place - start if texts or listed else 0


def _heads_list(line: Line, lines: list[Line], marks: list[Mark | None], place: int) -> bool:
    """Whether a line ends in a colon, close above the items of a list and close below the note."""
    following = marks[place + 1] if place + 1 < len(lines) else None
    return line.text.endswith(":") and not line.apart and following is not None and following.kind == "item"


def _subhead(line: Line, lines: list[Line], place: int) -> bool:
    """A short line without a full stop above a longer one."""
    return line.words <= 14 and not line.closed and place + 1 < len(lines) and lines[place + 1].words > line.words


@lru_cache(maxsize=1)
def _return() -> re.Pattern[str]:
    return re.compile(rf"{words().pattern('notes', 'returns')}\b")


@lru_cache(maxsize=1)
def _now() -> re.Pattern[str]:
    future = "|".join(rule for file in words().files.values() for rule in file["dates"].get("future", []))
    return re.compile(rf"(?<![\w-])(?:{words().pattern('dates', 'now')}|{future})(?![\w-])")


@lru_cache(maxsize=1)
def _recurs() -> re.Pattern[str]:
    """«щороку», "every year": a day that comes again is no date."""
    return re.compile(rf"(?<![\w-]){words().pattern('dates', 'recurring')}(?![\w-])")


def _returns(line: Line, before: list[Line], inline: bool) -> bool:
    """Whether a further paragraph plainly belongs to the story again, not to the note.

    A note goes on while paragraphs tell of dated or lasting things and name nobody who speaks; one behind its
    marker on one line only while they tell several years, or one of what it spoke of.
    """
    years = len(_YEAR.findall(line.low))
    if inline and (_now().search(line.low) or (years < 2 and not (years and _kin(line, before, 1)))):
        return True
    if _return().match(line.low):
        return True
    if speech.verb_in(line.text, first=200) is not None and attributions.find(line.text):
        return True
    dated = bool(periods(line.low, None))
    if _now().search(line.low) and not _YEAR.search(line.low):
        return True
    return not dated and not _kin(line, before, 2)


def _kin(line: Line, before: list[Line], shared: int) -> bool:
    """Whether a paragraph speaks of what the note speaks of: so many rare words in common."""
    known = {word[:5] for one in before for word in re.findall(r"[^\W\d_]{5,}", one.low)}
    return sum(word[:5] in known for word in re.findall(r"[^\W\d_]{5,}", line.low)) >= shared


@dataclass(frozen=True)
class Note:
    """What a note says: heading, texts in order with their list flag, and its facts."""

    heading: str
    blocks: list[dict[str, Any]]
    facts: list[dict[str, Any]]
    text: str


def read(
    lines: list[Line], mark: Mark, published: date | None, years: set[int]
) -> tuple[str, list[tuple[str, list[str]]], list[dict[str, Any]]]:
    """Heading, blocks as ("paragraph", [text]) or ("list", items), and facts."""
    heading = mark.data["heading"].strip()
    blocks: list[tuple[str, list[str]]] = []
    if mark.data["rest"]:
        blocks.append(("paragraph", [mark.data["rest"]]))
    for line in lines[1:]:
        bullet = BULLET.match(line.text)
        if bullet:
            kind = "ordered" if bullet["number"] else "list"
            text = line.text[bullet.end() :]
            if blocks and blocks[-1][0] == kind:
                blocks[-1][1].append(text)
            else:
                blocks.append((kind, [text]))
        else:
            blocks.append(("paragraph", [line.text]))
    facts: list[dict[str, Any]] = []
    known: int | None = None
    for _, texts in blocks:
        for text in texts:
            for fact, year in _facts(text, published, years, known):
                facts.append(fact)
                known = year or known
    return heading, blocks, facts


def _facts(
    text: str, published: date | None, years: set[int], known: int | None
) -> list[tuple[dict[str, Any], int | None]]:
    found: list[tuple[dict[str, Any], int | None]] = []
    for start, end in sentences(text):
        sentence = text[start:end]
        dated = periods(low(sentence), published)
        for begin, stop, period in _clauses(sentence, dated):
            if period.month_day is not None and _recurs().search(low(sentence)):
                continue
            if period.month_day is not None:
                year = _year_for(period, published, years, known)
                if year is None and period.month_day[1] is None:
                    continue
                period = period.in_year(year) if year is not None else period
            elif period.on:
                known = int(period.on[:4])
            fact: dict[str, Any] = {
                "on": period.on, "to": period.to, "year_inferred": period.inferred and period.on is not None,
                "text": sentence[begin:stop].strip(" ,;"), "attributions": [],
            }  # fmt: skip
            found.append((fact, known))
    return found


def _year_for(period: Period, published: date | None, years: set[int], known: int | None) -> int | None:
    """The year of a date without one: the sentence's before, else the only one the story names, else the page's."""
    if known is not None:
        return known
    if len(years) == 1:
        return next(iter(years))
    if published is None or years or period.month_day is None:
        return None
    month, day = period.month_day
    return published.year if (month, day or 1) <= (published.month, published.day) else published.year - 1


def _clauses(sentence: str, dated: list[Period]) -> list[tuple[int, int, Period]]:
    """The clause of each period: the sentence, cut where a conjunction stands between two of them."""
    if not dated:
        return []
    kept: list[tuple[int, int, Period]] = []
    begin, current = 0, dated[0]
    for period in dated[1:]:
        cuts = [cut for cut in _CLAUSE.finditer(sentence, current.end) if cut.end() <= period.start]
        if not cuts and current.on and period.on:
            cuts = [
                cut
                for cut in _COMMA_OR_AND.finditer(sentence, current.end)
                if _SAYS.search(sentence, cut.end(), period.start)
            ]
        if len(cuts) > 1 and cuts[-1][0].strip() == ",":
            cuts.pop()  # "…, and it burned twice, in 1931": the date belongs to the clause before it
        if not cuts:
            if current.on is None and current.month_day is None:
                current = period
            continue
        kept.append((begin, cuts[-1].start(), current))
        begin, current = cuts[-1].end(), period
    kept.append((begin, len(sentence), current))
    return kept


def years_of(texts: list[str]) -> set[int]:
    """The years that dates of the story name in full."""
    found: set[int] = set()
    for text in texts:
        if _YEAR.search(text) is None:
            continue
        for period in periods(low(text), None):
            if period.on and not period.inferred and period.month_day is None and len(period.on) > 4:
                found.add(int(period.on[:4]))
    return found
