"""What is plainly a page's and no story's: share buttons, cookie lines, counters, page numbers, code."""

import re
from functools import lru_cache
from typing import Final

from app.importers.page.text import Line, low
from app.importers.page.words import words

_LEADING: Final = re.compile(r"^[^\w#@©(+\"«“„'’]+")
_STROKES: Final = re.compile(r"\s*[·•|/]\s*")
_PAGES: Final = re.compile(
    r"^(?:[«‹<←]\s*)?(?:\d{1,4}\s+){2,}(?:(?:…|\.{3})\s*)?\d*\s*[»›>→]?$|^(?:\d+\s+)+(?:…|\.{3})\s*\d*\s*[»›>→]?$"
    r"|^\d{1,2}\s?/\s?\d{1,2}$"
)
_PAGER: Final = re.compile(
    r"^(?:(?:\d{1,3}|next|prev\w*|last|first|далі|наступна|попередня|вперед|назад|остання|перша|[…»«›‹<>→←]|\.{3})[|·•\s]+){2,}"
    r"(?:\d{1,3}|next|last|далі|наступна|вперед|остання|[»›>→])$"
)
_BEGUN: Final = re.compile(r"[^\W\d_]{2}[^|]*?(?:\(|$)")  # no choice before its second letter
_WORDS: Final = re.compile(r"[^\W_]+(?:-[^\W_]+)?")
_DIGIT: Final = re.compile(r"\d")
_MARKS_ONLY: Final = re.compile(r"^[\W_]+$")
_COUNT: Final = re.compile(r"[\s:]*\(?\d{1,6}\)?$")
_COUNTER: Final = re.compile(
    r"^(?:[\u2190-\u21ff\u2300-\u2bff\U0001f300-\U0001faff\ufe0f\s]+\d[\d.,]*\s?(?:[kк]|тис|хв|min)?\.?\s*)+"
    r"(?:[·•|]\s*\d+\s?(?:хв|min)\w*\.?)?$",
    re.IGNORECASE,
)
_TAG: Final = re.compile(
    r"^<(?:iframe|script|div|blockquote|img|video|embed|figure|ins|/)|^\[/?(?:caption|embed|gallery|video|audio|embedyt)\b"
)
_PLATFORMS: Final = frozenset(
    "facebook telegram viber twitter x whatsapp instagram linkedin messenger email e-mail print pinterest reddit copy"
    " link tiktok youtube bluesky threads mastodon pocket sms rss signal share tweet save flipboard фейсбук телеграм"
    " вайбер твіттер інстаграм друк поділитися поділитись ok vk".split()
)


@lru_cache(maxsize=1)
def _furniture() -> dict[str, re.Pattern[str]]:
    """The rules by the letter that they begin with, "" for those that begin with anything: most lines are asked few."""
    rules: dict[str, list[str]] = {"": []}
    for file in words().files.values():
        for rule in file["furniture"]["patterns"]:
            rules.setdefault(rule[0] if _BEGUN.match(rule) else "", []).append(f"(?:{rule})")
    return {letter: re.compile("|".join(some)) for letter, some in rules.items()}


def furniture_rule(line: Line) -> tuple[str, float] | None:
    """Share buttons, cookie lines, counters, advertisements, page numbers: what a page has and a story has not."""
    labels = words().any("furniture", "lines")
    counted = line.words <= 6 and line.low[-1] in "0123456789)"
    if line.bare in labels or (counted and _COUNT.sub("", line.low).strip() in labels):
        return "a button or label", 0.95
    first = line.text[0]
    if not first.isalnum() and (_MARKS_ONLY.match(line.text) or _COUNTER.match(line.text)):
        return "marks only", 0.9
    if first in "<[" and _TAG.match(line.low):
        return "a tag of the page's code", 0.9
    if _DIGIT.search(line.text) and (_PAGES.match(line.text) or (line.words <= 24 and _PAGER.match(line.text.lower()))):
        return "page numbers", 0.9
    parts = _WORDS.findall(line.low) if line.words <= 16 else []
    if 0 < len(parts) <= 14 and all(part in _PLATFORMS or part in labels for part in parts):
        return "share buttons", 0.9
    row = _STROKES.split(line.low) if line.words <= 24 and _STROKES.search(line.low) else []
    known = sum(label.strip(" .:»)") in labels for label in row)
    if len(row) > 1 and 2 * known > len(row) and all(len(label.split()) <= 4 for label in row):
        return "a row of buttons", 0.9
    phrase = _LEADING.sub("", line.low) if line.words <= 40 else ""
    rules = _furniture()
    if phrase and any(rules[key].match(phrase) for key in ("", phrase[0]) if key in rules):
        return "a phrase of page furniture", 0.9
    return None


def is_menu(line: Line) -> bool:
    """Whether most words of a line without marks are names of sections and labels of buttons, each on its own."""
    labels = (*line.cells,) or tuple(line.text.split())
    if len(labels) < 3 or line.words > 24 or line.closed or any(label[0].islower() for label in labels):
        return False
    buttons, sections = words().any("furniture", "lines"), words().any("head", "sections")
    return sum(low(label) in buttons or low(label) in sections for label in labels) > 0.6 * len(labels)
