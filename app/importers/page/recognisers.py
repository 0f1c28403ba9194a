"""One small recogniser per kind of line. Each looks at one line alone and says what it plainly is, or nothing.

Order: `RECOGNISERS`, first come first served; a line that none claims is text of the story.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from app.importers.page import dates, nouns
from app.importers.page.authors import AND, full_name, is_title, name_like, names_only, probable_names
from app.importers.page.buttons import furniture_rule
from app.importers.page.text import Line, low
from app.importers.page.words import words

BULLET: Final = re.compile(r"^(?:[•●▪◦·‣∙*✓✔➤►○■□–—-]|(?P<number>\d{1,2})[.)])\s+")
_FOR_OUTLET: Final = re.compile(
    r",?\s(?:(?:спеціально )?для|for)\s[«“„\"]?[A-ZА-ЯІЇЄҐ][^,]{2,40}$|,\s(?i:фото|світлини|photos?)\s[^,]{2,40}$"
)
_TOPIC: Final = re.compile(r"([^|/]+)\s[|/]\s([^\W\d_]+(?:\s[^\W\d_]+)?)")
_AND_OR: Final = re.compile(r"\s*[&,/]\s*|\s(?:and|та|і|й|и)\s")
_APART: Final = re.compile(r"\s*[|•·]\s*|\s+[–—-]\s+|,\s+")
_STROKE: Final = re.compile(r"[›❯▸→»>/\\|·•]")
_CRUMB: Final = re.compile(r"\s*[›❯▸→]\s*|\s+[»>/\\|·•]\s+")


@dataclass(frozen=True)
class Mark:
    """What a line is, by which rule, how sure, and what it gives."""

    kind: str
    rule: str
    confidence: float = 0.9
    data: dict[str, Any] = field(default_factory=dict)


Recogniser = Callable[[Line], Mark | None]


def _label(part: str, *lists: str) -> str:
    found = sorted({entry for name in lists for entry in words().all(part, name)}, key=len, reverse=True)
    return "(?:" + "|".join(map(re.escape, found)) + ")"


@lru_cache(maxsize=64)
def _compiled(part: str, lists: tuple[str, ...], pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("LABEL", _label(part, *lists)))


@lru_cache(maxsize=64)
def _first_words(part: str, lists: tuple[str, ...]) -> frozenset[str]:
    return frozenset(found[0] for name in lists for one in words().all(part, name) if (found := re.search(r"\w+", one)))


def may_begin(line: Line, part: str, *lists: str) -> bool:
    """Whether the first word of a line begins an entry of a list; spares most lines the pattern."""
    return line.first in _first_words(part, lists)


def labelled(line: Line, part: str, *lists: str, marks: str = ":") -> tuple[str, str] | None:
    """The label and the rest of "Label: rest", with the case the page gave it."""
    if (marks == ":" and ":" not in line.text[:60]) or not may_begin(line, part, *lists):
        return None
    found = _compiled(part, lists, rf"(?:\W{{0,3}})(?P<label>LABEL)\s*[{marks}]\s*(?P<rest>\S.*)$").match(line.low)
    return (found["label"], line.text[found.start("rest") :].strip()) if found else None


def byline(line: Line) -> Mark | None:
    """ "By Ann Lee | Editor", «Автор: …», "Ann Lee, correspondent"."""
    if line.words > 24 or line.text.endswith((".", "?", "!")):
        return None
    pattern = _compiled("head", ("byline",), r"\W{0,3}(?P<label>LABEL)(?P<mark>\s*[:—-]\s*|\s+)(?P<rest>\S.*)$")
    if may_begin(line, "head", "byline") and (label := pattern.match(line.low)):
        rest = line.text[label.start("rest") :]
        shown = names_only(rest)
        if shown and is_title(shown):
            return Mark("byline", "a newsroom's title without a name", 0.8)
        known = shown is not None and full_name(AND.split(shown)[0])
        if rest.endswith(":") or (label["label"] == "from" and not known):
            return None  # "From July:" opens a list
        if shown and (
            known or ":" in label["mark"] or line.text[label.start("label")].isupper() or label["label"] == "by"
        ):
            return Mark("byline", "byline with label", 0.95, {"byline": shown, "section": None})
    elif line.bare in words().any("head", "byline") and line.text.endswith(":"):
        return Mark("byline_label", "byline label alone")
    post, _, shown = line.text.partition(": ")
    if shown and is_title(post) and 2 <= len(AND.split(shown)[0].split()) <= 3 and (who := names_only(shown)):
        return Mark("byline", "a newsroom's title before a name", 0.85, {"byline": who})
    if line.words > 12 or len(parts := _APART.split(line.text, maxsplit=1)) < 2:
        return None
    head, tail = parts
    named = full_name(head) or (2 <= len(head.split()) <= 3 and name_like(head))
    if named and is_title(re.split(r",\s|\s(?:in|of|for)\s", tail)[0]):
        return Mark("byline", "name with a newsroom's title", 0.85, {"byline": head})
    return None


def name_alone(line: Line) -> Mark | None:
    """A line that is nothing but a person's name; tells a byline only under a headline."""
    if (own := _FOR_OUTLET.search(line.text)) is not None and full_name(line.text[: own.start()]):
        return Mark("name", "a person's name and the outlet's", 0.8, {"byline": line.text[: own.start()]})
    placed = re.fullmatch(r"(.{4,60}?)\s(?:in|у|в)\s[A-ZА-ЯІЇЄҐ][\w' -]{2,40}", line.text)
    if placed and full_name(placed[1]):
        return Mark("name", "a person's name and a place", 0.7, {"byline": placed[1]})
    if full_name(line.text) or (
        line.words <= 8 and all(full_name(part) for part in AND.split(line.text)) and AND.search(line.text)
    ):
        return Mark("name", "a person's name alone", 0.7, {"byline": line.text})
    return None


def breadcrumb(line: Line) -> Mark | None:
    """«Головна › Новини › Події»: the last step is the section."""
    if _STROKE.search(line.text) is None:
        return None
    parts = [part.strip() for part in _CRUMB.split(line.text) if part.strip()]
    homes, sections = words().any("head", "home"), words().any("head", "sections")
    if len(parts) < 2 or any(len(part.split()) > 14 for part in parts):
        return None
    home = low(parts[0]).strip(" .") in homes
    arrows = re.search(r"[›❯▸→]|\s[»>]\s", line.text) is not None
    short = all(len(part.split()) <= 4 for part in parts)
    if not home and not (arrows and short and len(parts) >= 2) and not all(low(part) in sections for part in parts):
        return None
    if not home and dates.stamps(line.low):
        return None
    steps = [part for part in parts if low(part) not in homes]
    return Mark("breadcrumb", "breadcrumb", 0.9, {"steps": steps})


def date_line(line: Line) -> Mark | None:
    """A line of nothing but dates and times, their labels, and perhaps a section, a name or a counter."""
    if line.words > 24 or len(line.text) > 200:
        return None
    if line.text.endswith(".") and not line.low.endswith(("р.", "m.", "г.")):
        return None
    if line.cells:
        line = Line(line.number, " | ".join(line.cells), line.apart)
    found = dates.stamps(line.low) if not BULLET.match(line.text) else []
    if not found or line.words > 6 * len(found) + 14:
        return None
    rest, data = _date_parts(line, found)
    if rest is None:
        return None
    return Mark("date", "date line", 0.9 if not rest else 0.75, {**data, "stamps": found})


@lru_cache(maxsize=1)
def _noise() -> re.Pattern[str]:
    parts = [words().pattern("dates", name) for name in ("weekdays", "fillers", "year_words")]
    return re.compile(rf"\b(?:{'|'.join(parts)})\b|[\W_]")


@lru_cache(maxsize=1)
def _date_labels() -> re.Pattern[str]:
    published, updated = words().pattern("dates", "published"), words().pattern("dates", "updated")
    return re.compile(rf"(?<![\w-])(?:(?P<updated>{updated})|(?P<published>{published}))(?![\w-])")


def _unlabelled(text: str) -> str:
    """The text without the label of a byline before it."""
    found = _compiled("head", ("byline",), r"(?:LABEL)\s*:?\s+").match(low(text))
    return text[found.end() :] if found else text


@lru_cache(maxsize=1)
def _relative() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){words().pattern('dates', 'relative')}(?![\w-])")


def _date_parts(line: Line, found: list[dates.Stamp]) -> tuple[str | None, dict[str, Any]]:
    """What is left beside the dates, or None where it is more than a date line bears; and which label each date has."""
    labels = list(_date_labels().finditer(line.low))
    kinds: list[str] = []
    for stamp in found:
        before = [label for label in labels if label.end() <= stamp.start]
        kinds.append("updated" if before and before[-1]["updated"] else "published")
    labels += list(_relative().finditer(line.low))
    if all(stamp.day is None and stamp.partial is None for stamp in found) and not labels:
        return None, {}
    chars = list(line.text)
    for start, end in [(s.start, s.end) for s in found] + [m.span() for m in labels]:
        chars[start:end] = ["\x00"] * (end - start)
    marked = re.sub(r",\s*(?=\x00)|(?<=\x00),\s*", " | ", "".join(chars))
    segments = re.split(r"\s*[|•·/›»]+\s*|(?:\s+|(?<=\x00))[–—-]\s+|\s{2,}", marked)
    data: dict[str, Any] = {"kinds": kinds, "section": None, "byline": None}
    left: list[str] = []
    for part in segments:
        apart = "\x00" not in part  # no date in it: set off from the dates by a separator
        segment = part.replace("\x00", "").strip(" ,.():")
        bare = _noise().sub("", low(segment)) if segment else ""
        if not bare:
            continue
        folded = low(segment).strip(" :,")
        if furniture(Line(0, segment, False)) or re.fullmatch(r"[\d\s,.]+", segment):
            continue
        if folded in words().any("head", "byline"):
            continue  # «Авторка — Ганна Лис»
        who = names_only(_unlabelled(segment))
        told = section_line(Line(0, segment, False))
        if told is not None and told.kind == "section":
            data["section"] = told.data["section"]
            left.append(segment)
        elif who and (all(map(full_name, AND.split(who))) or low(segment).startswith("by ")):
            data["byline"] = who
            if placed := re.search(r"\sin\s([A-Z][\w& ]{2,30})$", segment):
                known = low(placed[1]) in words().any("head", "sections")
                data["section"] = data["section"] or (placed[1] if known else None)
        elif apart and folded not in words().any("head", "sections") and (who := probable_names(_unlabelled(segment))):
            data["byline"] = data["byline"] or who
        elif folded in words().any("head", "sections") or (
            apart and len(segment.split()) <= 4 and segment[:1].isupper()
        ):
            if not is_site_name(segment):
                data["section"] = data["section"] or segment.strip(" ,:")
            left.append(segment)
        else:
            return None, {}
    if sum(len(part.split()) for part in left) > 6:
        return None, {}
    return " ".join(left), data


def dated_in_head(line: Line) -> Mark | None:
    """A whole date with a few words about it that no list knows, "Sent out 4 May 2024"; for lines under a headline."""
    found = [stamp for stamp in dates.stamps(line.low) if stamp.day]
    if len(found) != 1 or line.words > 10 or line.closed:
        return None
    beside = line.low[: found[0].start] + line.low[found[0].end :]
    if len(re.findall(r"[^\W\d_]{2,}", beside)) > 4:
        return None
    label = _date_labels().search(line.low)
    kind = "updated" if label and label["updated"] else "published"
    return Mark("date", "a date with words about it", 0.6, {"stamps": found, "kinds": [kind]})


def section_line(line: Line) -> Mark | None:
    """«Рубрика: Транспорт»."""
    if (found := labelled(line, "head", "section")) and len(found[1].split()) <= 6:
        if len(several := [one.strip() for one in found[1].split(",")]) > 1:
            return Mark("tags", "several sections are tags", 0.8, {"tags": several})
        return Mark("section", "section with label", 0.95, {"section": re.split(r"\s*[,|/]\s*", found[1])[0].strip()})
    return None


def section_alone(line: Line) -> Mark | None:
    """The bare name of a section; tells one only under a headline."""
    if line.words > 5:
        return None
    sections = words().any("head", "sections")
    topic = _TOPIC.fullmatch(line.text)
    if topic and low(topic[1]) in sections and topic[2][0].isupper():
        return Mark("section_name", "a section and its part", 0.7, {"section": line.text})
    parts = _AND_OR.split(line.bare)
    if all(part in sections for part in (line.bare, *parts)[len(parts) > 1 :]):
        return Mark("section_name", "a section's name alone", 0.7, {"section": line.text.strip(" .:|#")})
    return None


def is_site_name(text: str) -> bool:
    """Whether a few words end as outlets' names do: "Marsh Herald", but not "City news"."""
    last = text.rsplit(" ", 1)[-1]
    return nouns.is_media(last) and low(last) not in words().any("head", "sections")


def tags_line(line: Line) -> Mark | None:
    """«Теги: …», "Topics: …", "#one #two"."""
    hashed = re.findall(r"#([^\s#,;]+)", line.text) if "#" in line.text else []
    if hashed and not re.sub(r"#[^\s#,;]+|[\s,;|]", "", line.text):
        return Mark("tags", "hash tags", 0.95, {"tags": hashed})
    if found := labelled(line, "head", "tags"):
        rest = found[1]
        if hashed:
            return Mark("tags", "tags with label", 0.95, {"tags": hashed})
        tags = [tag.strip(" .#") for tag in re.split(r"\s*[,;|•·/]\s*", rest) if tag.strip(" .#")]
        if all(len(tag.split()) <= 6 for tag in tags):
            return Mark("tags", "tags with label", 0.95, {"tags": tags})
    if line.bare in words().any("head", "tags") and line.words <= 5:
        return Mark("tags_label", "tags label alone", 0.8)
    return None


def note_marker(line: Line) -> Mark | None:
    """«Довідково:» alone, or «Довідка. Текст …» with the text behind it."""
    if not may_begin(line, "notes", "markers", "bare"):
        return None
    if _signed_marker().fullmatch(line.low.strip()) is not None:
        return Mark("note", "note marker with the outlet's name", 0.85, {"heading": line.text, "rest": ""})
    pattern = _compiled(
        "notes", ("markers",), r"\W{0,3}(?P<label>LABEL)(?P<more>(?:\s[^:.!?]{1,40})?)(?P<mark>[:.])\s*(?P<rest>.*)$"
    )
    if found := pattern.match(line.low):
        rest = line.text[found.start("rest") :].strip()
        heading = line.text[: found.start("rest")].strip()
        if not rest and (found["mark"] == ":" or not found["more"]):
            return Mark("note", "note marker alone", 0.95, {"heading": heading, "rest": ""})
        exact = (
            not found["more"]
            or found["label"] == "about the"
            or re.match(r"\s(?:редакції|газети|сайту|«|\"|of|about|on)", found["more"])
        )
        if rest and exact and (found["mark"] == ":" or line.bare.startswith(tuple(words().any("notes", "bare")))):
            return Mark("note", "note marker and text", 0.9, {"heading": heading, "rest": rest})
    loud = line.text.isupper() and line.bare not in words().any("furniture", "lines")  # "ABOUT THE AUTHOR"
    if line.bare in words().any("notes", "bare") or (
        loud and (line.bare in words().any("notes", "markers") or _about().fullmatch(line.bare))
    ):
        return Mark("note", "note marker without colon", 0.8, {"heading": line.text, "rest": ""})
    return None


@lru_cache(maxsize=1)
def _about() -> re.Pattern[str]:
    """ "About the mill": with capitals alone on its line, a marker."""
    return re.compile(rf"{words().pattern('notes', 'about')}\s[\w'-]+(?:\s[\w'-]+){{0,3}}")


@lru_cache(maxsize=1)
def _signed_marker() -> re.Pattern[str]:
    """«Довідка „Вісника“», «Довідка редакції» alone on a line."""
    return re.compile(
        rf"\W{{0,3}}{words().pattern('notes', 'bare')}\s"
        r"(?:\"[^\"]{2,40}\"|редакції|газети|видання|редакции|[\w-]+\.\w{2,6})"
        r"\s*[:.]?"
    )


def see_also(line: Line) -> Mark | None:
    """«Читайте також: …», "Earlier coverage: …", or the label alone above headlines."""
    for name, relation in (("see_also", "background"), ("earlier_stories", "previous_coverage")):
        if line.bare in words().any("relations", name):
            data = {"headline": "", "relation": relation, "colon": line.text.endswith(":")}
            return Mark("see_also", "label of other stories", 0.85, data)
        if (found := labelled(line, "relations", name, marks=":>›»—-")) and len(found[1].split()) >= 3:
            data = {"headline": found[1], "relation": relation}
            return Mark("see_also", "label of other stories with a headline", 0.95, data)
    if not may_begin(line, "relations", "with_headline"):
        return None
    placed = _compiled("relations", ("with_headline",), r"(?:LABEL)\s(?:in|on|у|в|на)\s[^:.]{2,40}:\s*(?P<rest>\S.*)$")
    if (told := placed.match(line.low)) and not line.closed:
        headline = line.text[told.start("rest") :]
        return Mark("see_also", "label with a headline", 0.75, {"headline": headline, "relation": "previous_coverage"})
    if (found := labelled(line, "relations", "with_headline")) and len(found[1].split()) >= 4 and not line.closed:
        return Mark("see_also", "label with a headline", 0.75, {"headline": found[1], "relation": "background"})
    return None


@lru_cache(maxsize=2)
def _relation(name: str) -> tuple[re.Pattern[str], ...]:
    """First what is plain without the outlet's name, then each pattern that names one."""
    rules = [rule for file in words().files.values() for rule in file["relations"].get(name, [])]
    plain = "|".join(f"(?:{rule})" for rule in rules if "(?P<outlet>" not in rule)
    return (re.compile(plain), *(re.compile(rule) for rule in rules if "(?P<outlet>" in rule))


def earlier(line: Line) -> Mark | None:
    """«Раніше ми писали …», "The Courier earlier reported …", «Нагадаємо, …»."""
    if line.words < 4 or line.words > 110:
        return None
    if _relation("reminder")[0].match(line.low):
        return Mark("earlier", "reminder", 0.9, {"relation": "background"})
    plain, *named = _relation("earlier")
    if plain.match(line.low) or any(
        (found := pattern.match(line.low)) is not None and _is_outlet(line.text[slice(*found.span("outlet"))])
        for pattern in named
    ):
        return Mark("earlier", "earlier coverage", 0.9, {"relation": "previous_coverage"})
    return None


def _is_outlet(name: str) -> bool:
    """Whether a name is the newsroom's own "we", an outlet's, or stands in quotation marks."""
    name = name.strip()
    own = low(name) in ("we", "ми", "редакція", "our newsroom")
    return own or nouns.is_media(name) or name[:1] in '«“"'


def update_line(line: Line) -> Mark | None:
    """«UPD 18:40: …», "Correction: …", «Від редакції: …»."""
    lists = ("update", "correction", "clarification", "note")
    if not may_begin(line, "updates", *lists):
        return None
    when = r"(?:\s*[(,]?\s*(?:[^:]{0,30}?\d{1,2}[:.]\d\d|[^:]{0,40}?\d{4}|[^:]{0,20}?\d{1,2}\s[^\W\d]+)[^:]{0,24}?)"
    pattern = _compiled("updates", lists, rf"\W{{0,3}}(?P<label>LABEL)(?:{when}?\s?(?P<mark>[:.—-])\s|(?P<bare>\s))")
    found = pattern.match(line.low)
    if found is None or line.words < 4 or line.words > 120:
        return None
    label = found["label"]
    kind = next(k for k in lists if label in words().any("updates", k))
    if found["bare"] and len(label.split()) < 2:
        return None
    dated = re.search(r"\d", line.text[: found.end() + 2]) is not None
    if label in words().any("updates", "ambiguous") and found["mark"] != ":" and not dated:
        return None
    return Mark("update", f"{kind} line", 0.9, {"update": kind})


def sidebar_title(line: Line) -> Mark | None:
    """«Свіжі дописи», "Most read"."""
    if line.bare in words().any("sidebar", "titles"):
        return Mark("sidebar", "title of a list of other stories", 0.85)
    if line.words <= 6 and not line.text.endswith((".", "!")) and may_begin(line, "sidebar", "prefixes"):
        begun = next((one for one in words().all("sidebar", "prefixes") if line.bare.startswith(one + " ")), None)
        if begun is not None and line.words - len(begun.split()) <= 3:
            return Mark("sidebar", "title of a list of other stories", 0.75)
    return None


def list_item(line: Line) -> Mark | None:
    """ "• item", "1. item"."""
    if found := BULLET.match(line.text):
        rest = line.text[found.end() :]
        if rest and len(rest) < (3_000 if found["number"] or line.text[0] not in "—–-" else 300):
            return Mark("item", "list item", 0.8, {"number": found["number"], "rest": rest, "mark": line.text[0]})
    return None


def furniture(line: Line) -> Mark | None:
    """Share buttons, cookie lines, counters, advertisements, page numbers: what a page has and a story has not."""
    found = furniture_rule(line)
    return Mark("furniture", *found) if found else None


def facts_in_cells(line: Line) -> Mark | None:
    """«Розділ: Місто», «Автор: …» and a date side by side between tabs: one mark that gives them all."""
    if len(line.cells) < 2:
        return None
    cells = [Line(line.number, cell.rstrip("."), False) for cell in line.cells]
    told = [cell for cell in cells if not (_relative().search(cell.low) and furniture(cell))]
    if len(told) == 1 and len(cells) > 1:  # "City | 2 hours ago"
        return section_line(told[0]) or byline(told[0]) or _section_beside(told[0])
    marks = [section_line(cell) or byline(cell) or date_line(cell) for cell in cells]
    if any(mark and mark.data.get("byline") for mark in marks):
        marks = [mark or _section_beside(cell) for mark, cell in zip(marks, cells, strict=True)]
    if any(mark is None for mark in marks) or sum(mark.kind == "date" for mark in marks if mark) > 1:
        return None
    given = {name: value for mark in marks if mark for name, value in mark.data.items() if value}
    return Mark("date" if "stamps" in given else "section", "facts side by side", 0.85, given)


def _section_beside(cell: Line) -> Mark | None:
    """The section that one or two words beside a byline or a time name; the author's post and the outlet are none."""
    if cell.words > 2 or not cell.text[0].isupper() or is_title(cell.text) or is_site_name(cell.text):
        return None
    return Mark("section", "a few words beside a byline or a time", 0.6, {"section": cell.text})


RECOGNISERS: Final[tuple[Recogniser, ...]] = (
    facts_in_cells,
    tags_line,
    note_marker,
    date_line,
    byline,
    section_line,
    see_also,
    sidebar_title,
    update_line,
    furniture,
    breadcrumb,
    earlier,
    list_item,
)


def recognise(line: Line) -> Mark | None:
    """The first recogniser's answer that is one."""
    for recogniser in RECOGNISERS:
        if (mark := recogniser(line)) is not None:
            return mark
    return None
