"""Lists of other stories beside or below a story: each entry a teaser with section, headline, excerpt and date."""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from app.importers.page import credits, dates, quotes, recognisers
from app.importers.page.recognisers import Mark
from app.importers.page.text import Line, low
from app.importers.page.words import words

_NUMBER: Final = re.compile(r"^(\d{1,2})(?:[.)]\s*|\s+)(?=\S)")
_CLOCK: Final = re.compile(
    r"^(?:[^\W\d]+,\s)?(\d{1,2}\.\d{1,2}\.\d{4}(?:,?\s\d{1,2}:\d{2})?|\d{1,2}:\d{2}(?:,?\s\d{1,2}\.\d{1,2}\.\d{4})?)"
    r"\s*[|,—–-]?\s*(?=\S)"
)
_AGE: Final = re.compile(
    r"(?:(?:\d+|an?|one) [^\W\d]+|[^\W\d]+) (?:ago|тому|назад)|just now|щойно|yesterday|(?:у|в)чора|вчера"
)
_LABEL_WORDS: Final = 3
_STORY_WORDS: Final = 45


@dataclass
class Teaser:
    """One entry of a list of other stories."""

    headline: str | None = None
    section: str | None = None
    excerpt: str | None = None
    stamp: dates.Stamp | None = None
    lines: list[int] = field(default_factory=list)


@lru_cache(maxsize=1)
def _cut() -> re.Pattern[str]:
    return re.compile(
        rf"(?P<mark>\s*(?:\[?…\]?|\.{{3}}))?\s*(?P<more>(?:{words().pattern('sidebar', 'read_more')})\s*[»›>→.…]*)?$"
    )


def is_cut(line: Line) -> bool:
    """Whether a line ends as an excerpt does: with a cut mark, or with "Read more" behind one."""
    if "…" not in line.text and "..." not in line.text:
        return False
    found = _cut().search(line.low)
    return found is not None and bool(found["mark"])


def is_labelled(line: Line, mark: Mark | None) -> bool:
    """Whether a line of a list is a headline behind a label that opens a note elsewhere: "Explainer: how dams fail"."""
    return mark is not None and mark.kind == "note" and mark.data["rest"] != "" and not (line.apart or line.closed)


def resumes_story(lines: list[Line], marks: list[Mark | None], place: int) -> bool:
    """Whether a line of a list is the story again: a photo, a quotation, or a sentence where a headline should be.

    That is: right below the title, below another sentence, or below two headlines that have no excerpts.
    """
    pictured = marks[place] is None and recognisers.may_begin(lines[place], "images", "photo", "video", "drawing")
    if pictured and credits.read(lines[place]) is not None:
        return True
    if not _tells(lines, marks, place):
        return False
    above = marks[place - 1]
    if (
        quotes.find(lines[place].text) is not None
        or (above is not None and above.kind == "sidebar")
        or _tells(lines, marks, place - 1)
    ):
        return True
    return _is_headline(lines, marks, place - 1) and _is_headline(lines, marks, place - 2)


def _tells(lines: list[Line], marks: list[Mark | None], place: int) -> bool:
    line, mark = lines[place], marks[place]
    text = mark is None or (mark.kind == "item" and line.text[0] in "—–")
    return text and line.words >= 9 and line.text.endswith((".", "»", "”", '"')) and not is_cut(line)


def _is_headline(lines: list[Line], marks: list[Mark | None], place: int) -> bool:
    mark = marks[place]
    return (mark is None or mark.kind == "item") and lines[place].words >= 4 and not lines[place].closed


def without_cut(text: str) -> str:
    """The excerpt without its cut mark and "Read more"."""
    found = _cut().search(low(text))
    if found is None or not (found["mark"] or found["more"]):
        return text.strip()
    head = text[: found.start()]
    if found["more"] and not found["mark"] and not head.rstrip().endswith((".", "!", "?", "…", ",")):
        return text.strip()
    return head.strip()


def read(
    lines: list[Line], marks: list[Mark | None], start: int
) -> tuple[list[Teaser], dict[int, tuple[str, str, float]]]:
    """The teasers from a place on, and what each line they took was used as."""
    teasers: list[Teaser] = []
    taken: dict[int, tuple[str, str, float]] = {}
    current = Teaser()
    dated_first = start < len(lines) and bool(marks[start] and marks[start].kind == "date")  # type: ignore[union-attr]
    labels = _labels(lines, marks, start)

    def begin() -> Teaser:
        if current.headline is not None:
            teasers.append(current)
            return Teaser()
        return current

    for place in range(start, len(lines)):
        line, mark = lines[place], marks[place]
        kind = mark.kind if mark else None
        section = _bare(line) if place in labels else _section(line, lines, place)
        if _AGE.fullmatch(line.bare):
            taken[place] = ("sidebar", "age of a teaser", 0.8)
            current = begin() if place == start or _AGE.fullmatch(lines[start].bare) else current
            continue
        if kind == "furniture" and section is None:
            if mark is not None and line.bare in words().any("sidebar", "read_more"):
                taken[place] = ("furniture", "read more", 0.9)
                continue
            if line.text.isdigit() and place + 1 < len(lines):
                taken[place] = ("sidebar", "number of a teaser", 0.8)
                current = begin()
                continue
            break
        if (
            kind in ("tags", "note", "update", "earlier", "sidebar", "see_also", "byline", "tags_label")
            and section is None
            and not is_labelled(line, mark)
        ):
            break
        if section is not None:
            current = begin()
            current.section = section
            taken[place] = ("sidebar", "section of a teaser", 0.9)
            continue
        stamp = _stamp(line)
        if stamp is not None:
            if dated_first or current.headline is None:
                current = begin()
            current.stamp = stamp
            taken[place] = ("sidebar", "date of a teaser", 0.9)
            continue
        if re.fullmatch(r"\d{1,2}[.)]?", line.text):
            current = begin()
            taken[place] = ("sidebar", "number of a teaser", 0.8)
            continue
        if (line.words > _STORY_WORDS and not is_cut(line)) or resumes_story(lines, marks, place):
            break
        if current.headline is not None and current.excerpt is None and (is_cut(line) or _excerpt_like(line, current)):
            current.excerpt = without_cut(line.text)
            taken[place] = ("sidebar", "excerpt of a teaser", 0.9)
            continue
        if line.closed and line.words > 16 and not teasers and current.headline is None:
            break
        current = begin()
        text = recognisers.BULLET.sub("", line.text) if kind == "item" else line.text
        if clock := _CLOCK.match(text):
            found = dates.stamps(clock[1])
            current.stamp = current.stamp or (found[0] if found else None)
            text = text[clock.end() :]
        current.headline = _NUMBER.sub("", text, count=1).strip() if _numbered(text, lines, place) else text.strip()
        taken[place] = ("sidebar", "headline of a teaser", 0.85)
    if current.headline is not None:
        teasers.append(current)
    return [teaser for teaser in teasers if teaser.headline], taken


def _labels(lines: list[Line], marks: list[Mark | None], start: int) -> frozenset[int]:
    """The places of a list's sections where each headline has one above it that no list knows; else none.

    That is so where the list begins with a few words above a headline, and there are more of them.
    """
    first = start
    while first < len(lines) and (_stamp(lines[first]) is not None or _AGE.fullmatch(lines[first].bare)):
        first += 1
    found: list[int] = []
    for place in range(first, len(lines) - 1):
        mark = marks[place]
        if mark is not None and mark.kind not in ("item", "date") and not _AGE.fullmatch(lines[place].bare):
            break
        label = _bare(lines[place])
        short = label[:1].isupper() and len(label.split()) <= _LABEL_WORDS and lines[place].text[-1] not in ".?!:,"
        headed = lines[place + 1].words > _LABEL_WORDS and not is_cut(lines[place + 1])
        if (
            short
            and headed
            and not _AGE.fullmatch(lines[place].bare)
            and _stamp(lines[place]) is None
            and _stamp(lines[place + 1]) is None
        ):
            found.append(place)
    return frozenset(found if len(found) > 1 and found[0] == first else [])


def _bare(line: Line) -> str:
    """The text of a line without its bullet."""
    return recognisers.BULLET.sub("", line.text).strip(" .:")


def _numbered(text: str, lines: list[Line], place: int) -> bool:
    """Whether a leading number counts the entries: a neighbour has the next or the one before."""
    found = _NUMBER.match(text)
    if found is None:
        return False
    number = int(found[1])
    near = [_NUMBER.match(lines[p].text) for p in (place - 1, place + 1, place - 2, place + 2) if 0 <= p < len(lines)]
    return any(one is not None and abs(int(one[1]) - number) in (1, 2) for one in near) or number == 1


def _section(line: Line, lines: list[Line], place: int) -> str | None:
    """A few words behind a bullet, or the name of a section, above a headline."""
    bullet = recognisers.BULLET.match(line.text)
    rest = line.text[bullet.end() :] if bullet else line.text
    if place + 1 >= len(lines) or _stamp(line) is not None:
        return None
    known = low(rest).strip(" .:") in words().any("head", "sections")
    following = lines[place + 1]
    if known or (
        bullet and not bullet["number"] and len(rest.split()) <= 3 and following.words > 3 and following.apart
    ):
        return rest.strip(" .:")
    return None


def _stamp(line: Line) -> dates.Stamp | None:
    mark = recognisers.date_line(line)
    if mark is None or (mark.data.get("section") and line.words > 8):
        if re.fullmatch(r"\d{1,2}:\d{2}", line.text):
            found = dates.stamps(line.low)
            return found[0] if found else None
        return None
    stamp: dates.Stamp = mark.data["stamps"][0]
    return stamp


def _excerpt_like(line: Line, current: Teaser) -> bool:
    headline = current.headline or ""
    return line.closed and line.words >= 7 and not headline.endswith(".") and line.words > 0.6 * len(headline.split())
