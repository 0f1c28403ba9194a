"""What stands beside the story: furniture, lines that give facts of it, links and lists of other stories."""

import re
from typing import Final

from app.importers.page import credits, names, recognisers, sidebar
from app.importers.page.recognisers import Mark
from app.importers.page.text import Line
from app.importers.page.walk import Walk
from app.importers.page.words import words

_ARROW: Final = re.compile(r"^(?:←|⟵|‹|«\s)\s*|\s*(?:→|⟶|›|\s»)$")
_INBOX: Final = re.compile(r"newsletter|sign up|subscribe|inbox|email|підпи|розсил|подпи")


def furniture(walk: Walk) -> bool:
    """What goes nowhere, and the rest of a box for a newsletter below it."""
    if walk.kind(walk.place) != "furniture":
        return False
    walk.furniture(walk.place)
    walk.place += 1
    for _ in range(3):  # the rest of a box for a newsletter
        line = walk.line(walk.place)
        if (
            line is None
            or line.apart
            or not _INBOX.search(walk.lines[walk.place - 1].low)
            or not walk.plain(walk.place)
        ):
            break
        if line.words > 16 or not any(one.apart for one in walk.lines[: walk.place]):
            break
        walk.furniture(walk.place, "a box for a newsletter", 0.7)
        walk.place += 1
    return True


def meta(walk: Walk) -> bool:
    """Byline, date, tags and section below the story."""
    mark = walk.mark(walk.place)
    if mark is None or mark.kind not in (
        "byline",
        "date",
        "section",
        "tags",
        "tags_label",
        "breadcrumb",
        "byline_label",
    ):
        return False
    inside = walk.place < walk.end
    if mark.kind in ("date", "breadcrumb") and inside and (walk.lines[walk.place].words > 14 or mark.confidence < 0.8):
        return False
    if mark.kind == "tags_label":
        return _tags_below(walk, mark)
    if mark.kind == "byline_label":
        walk.furniture(walk.place)
        walk.place += 1
        return True
    walk.meta(walk.place)
    walk.place += 1
    return True


def _tags_below(walk: Walk, mark: Mark) -> bool:
    """ "Tags" alone, each tag on a line of its own."""
    found: list[Line] = []
    place = walk.place + 1
    while place < len(walk.lines) and len(found) < 15:
        line = walk.lines[place]
        if (
            (found and line.apart and not found[0].apart)
            or line.words > 4
            or line.closed
            or walk.kind(place) not in (None, "tags")
        ):
            break
        found.append(line)
        place += 1
    if not found:
        if walk.place > walk.end:
            walk.furniture(walk.place, "a label without tags", 0.6)
            walk.place += 1
            return True
        return False
    tags = [tag.strip(" #") for line in found for tag in re.split(r"\s*[,;|•·]\s*", line.text) if tag.strip(" #")]
    walk.marks[walk.place] = Mark("tags", mark.rule, 0.8, {"tags": tags})
    walk.meta(walk.place)
    for line in found:
        walk.use(line, "meta", "tag below its label", 0.8)
    walk.place = place
    return True


def others(walk: Walk) -> bool:
    """A list of other stories, from its title to its end."""
    if walk.kind(walk.place) == "sidebar" or _untitled(walk):
        return _take_list(walk)
    return False


def _untitled(walk: Walk) -> bool:
    """A few words below the story above a run of headlines: a list whose title no list of words knows."""
    line, place = walk.lines[walk.place], walk.place
    apart = line.apart or walk.kind(place - 1) == "furniture"
    if place <= walk.end or not walk.plain(place) or not apart or line.words > 5 or line.closed:
        return False
    run = 0
    while walk.plain(place + 1 + run) and (run == 0 or not walk.lines[place + 1 + run].apart):
        below = walk.lines[place + 1 + run]
        if not 4 <= below.words <= 20 or below.text.endswith((".", ":", ";")):
            break
        run += 1
    return run >= 2


def _teasers_below(walk: Walk) -> bool:
    """Whether what a label heads has excerpts or times of day, as a feed has and links of a story do not."""
    for place in range(walk.place + 1, min(walk.place + 6, len(walk.lines))):
        if walk.kind(place) == "furniture":
            return False
        if _clocked(walk.mark(place)) or sidebar.is_cut(walk.lines[place]):
            return True
    return False


def _clocked(mark: Mark | None) -> bool:
    return mark is not None and mark.kind == "date" and any(stamp.at for stamp in mark.data["stamps"])


def _take_list(walk: Walk) -> bool:
    teasers, taken = sidebar.read(walk.lines, walk.marks, walk.place + 1)
    if not teasers and walk.place < walk.end and walk.plain(walk.place + 1):
        return False
    walk.furniture(walk.place, "" if walk.mark(walk.place) else "title of a list of other stories", 0.6)
    for place, (use, rule, confidence) in taken.items():
        walk.use(walk.lines[place], use, rule, confidence)
    walk.layout.teasers.extend(teasers)
    walk.place = max([walk.place, *taken]) + 1
    return True


def see_also(walk: Walk) -> bool:
    """Links to other stories, behind a label or below it."""
    mark = walk.mark(walk.place)
    if mark is None or mark.kind != "see_also":
        return False
    line = walk.lines[walk.place]
    if not mark.data["headline"] and walk.place > walk.end and _teasers_below(walk):
        return _take_list(walk)
    if mark.data["headline"]:
        parts = [part.strip() for part in mark.data["headline"].split(";")]
        headlines = parts if all(len(part.split()) >= 3 for part in parts) else [mark.data["headline"]]
        walk.add("related", [line], mark.rule, 0.9, headlines=headlines, relation=mark.data["relation"])
        walk.place += 1
        return True
    found: list[Line] = []
    dated: list[Line] = []
    place = walk.place + 1
    while place < len(walk.lines) and len(found) < 10:
        item = walk.lines[place]
        if found and walk.kind(place) == "date":
            dated.append(item)
            place += 1
            continue
        if (
            not (walk.kind(place) in (None, "item") or sidebar.is_labelled(item, walk.mark(place)))
            or credits.read(item)
            or item.words > 30
            or (found and item.apart and not found[0].apart and not dated)
        ):
            break
        if item.text.endswith((":", ";")) or (item.text.endswith(".") and (item.apart or item.words > 12)):
            break
        found.append(item)
        place += 1
    last = len(found) >= 2 and not (dated and dated[-1].number > found[-1].number)
    short = last and found[-1].words <= (7 if found[-1].apart else min(4, found[0].words - 1))
    if short and walk.plain(place) and walk.lines[place].closed:
        found.pop()  # a subhead of the story
    if not found or (
        not mark.data["colon"]
        and found[0].apart
        and walk.place < walk.end
        and line.bare in words().any("furniture", "lines")
    ):
        walk.furniture(walk.place, "a label without headlines", 0.7)
        walk.place += 1
        return True
    headlines = [_without_bullet(item.text) for item in found]
    walk.add("related", [line, *found, *dated], mark.rule, 0.85, headlines=headlines, relation=mark.data["relation"])
    walk.place += 1 + len(found) + len(dated)
    return True


def _without_bullet(text: str) -> str:
    text = re.sub(r"^(?:\d{1,2}\.\d{2}(?:\.\d{2,4})?,?\s+)?\d{1,2}:\d{2}\s+(?=\S)", "", text)
    return re.sub(r"^(?:\d{1,2}[.)]?\s+|[•●▪◦·‣∙*→►–—-]\s+)", "", text).strip()


def earlier(walk: Walk) -> bool:
    """A sentence of the story that points to an earlier one."""
    mark = walk.mark(walk.place)
    if mark is None or mark.kind != "earlier":
        return False
    walk.add("related", [walk.lines[walk.place]], mark.rule, 0.85, words=True, relation=mark.data["relation"])
    walk.place += 1
    return True


def neighbours(walk: Walk) -> bool:
    """ "Next post" above a headline: a link to another story, on two lines."""
    line, below = walk.lines[walk.place], walk.line(walk.place + 1)
    if walk.place <= walk.end or line.bare not in words().any("sidebar", "neighbours"):
        return False
    if below is None or not walk.plain(walk.place + 1) or not 3 <= below.words <= 24 or below.text.endswith("."):
        return False
    walk.furniture(walk.place, "label of a link", 0.8)
    walk.layout.teasers.append(sidebar.Teaser(below.text))
    walk.use(below, "sidebar", "link to the story before or after", 0.8)
    walk.place += 2
    return True


def arrows(walk: Walk) -> bool:
    """ "← The story before", "The story after →": links that a page sets below a story."""
    line = walk.lines[walk.place]
    if walk.place <= walk.end or not walk.plain(walk.place) or not _ARROW.search(line.text) or line.words < 4:
        return False
    headline = _ARROW.sub("", line.text).strip()
    walk.layout.teasers.append(sidebar.Teaser(headline))
    walk.use(line, "sidebar", "link to the story before or after", 0.8)
    walk.place += 1
    return True


def signature(walk: Walk) -> bool:
    """The author's name alone below the story, where the head had none."""
    if (
        walk.place <= walk.end
        or not walk.plain(walk.place)
        or any(mark.data.get("byline") for mark in walk.layout.meta)
    ):
        return False
    if (mark := recognisers.name_alone(walk.lines[walk.place])) is None:
        return False
    walk.marks[walk.place] = mark
    walk.meta(walk.place)
    walk.place += 1
    return True


def origin(walk: Walk) -> bool:
    """«Джерело: Ярський вісник»: where the whole story was taken from."""
    line = walk.lines[walk.place]
    found = recognisers.labelled(line, "attribution", "origin")
    if found is None or line.words > 9 or line.closed or (party := names.read(found[1])) is None:
        return False
    if party.type == "person":
        party = names.read(found[1], person=False)
    walk.add("paragraph", [line], "source of the story", 0.8, origin=party)
    walk.place += 1
    return True
