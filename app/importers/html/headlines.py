"""The headline of a page with its kicker: `h1`, JSON-LD, `og:title` and `title`, in this order."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from lxml import etree

from app.content.conversion.tree import plain, tag_of
from app.importers.html.facts import Fact
from app.importers.html.metadata import SEPARATOR, Page, fold

KICKER_LENGTH: Final = 80
_KICKER: Final = re.compile(
    r"kicker|topline|over-?line|eyebrow|overtitle|dachzeile|(?:pre|sur|super|upper)-?(?:head|title|titre|line)|roof-?line"
    r"|spitzmarke|ober(?:titel|zeile)|antetitulo|occhiello|nadtytul|rubrik|vignett?e|head(?:line|ing)__?(?:label|topic)"
    r"|volanta|strap",
    re.IGNORECASE,
)
_HIDDEN: Final = re.compile(r"sr-only|screen-?reader|visually-?hidden|a11y", re.IGNORECASE)
_QUOTES: Final = "\"'«»“”„‘’ "


class Headline(NamedTuple):
    """The headline, the kicker above it, and the element in which it stands; None where it stands in none."""

    text: Fact[str]
    kicker: Fact[str] | None
    element: etree._Element | None


def read(page: Page) -> Headline | None:
    """The headline; None where nothing tells one."""
    told = [Fact(without_site(text, page), name) for text, name in _told(page)]
    told = [fact for fact in told if fact.value]
    sites = {fold(name) for name in page.site_names}
    best: tuple[float, etree._Element] | None = None
    for element in page.root.iter("h1"):
        text = plain(element)
        likeness = max((_likeness(text, fact.value) for fact in told), default=0.0)
        if text and fold(text) not in sites and (best is None or likeness > best[0]):
            best = likeness, element
    if best is None or (best[0] < 0.4 and told):
        place = _heading_like(page, told)
        return Headline(told[0], _kicker_before(place), place) if told else None
    return _of_element(best[1], told)


def _told(page: Page) -> Iterator[tuple[str, str]]:
    for name in ("headline", "name"):
        for text in page.told(name)[:1]:
            yield text, f"JSON-LD {name}"
    for name in ("headline", "name"):
        for text in page.microdata.get(name, ())[:1]:
            yield text, f"microdata {name}"
    for name in ("og:title", "twitter:title", "dc.title", "parsely-title"):
        if text := page.first(name):
            yield text, name
    if page.title:
        yield page.title, "title"


def without_site(text: str, page: Page) -> str:
    """The title without the name of the site at one of its ends."""
    parts = SEPARATOR.split(text)
    names = {fold(name) for name in page.site_names} | {_host_name(page)}
    names -= {""}
    while len(parts) > 1 and _is_site(parts[-1], names):
        text = text[: text.rindex(parts[-1])].rstrip(" |•·»–—-")
        parts.pop()
    if len(parts) > 1 and _is_site(parts[0], names):
        text = text[len(parts[0]) :].lstrip(" |•·»–—-")
    return text.strip()


def _is_site(part: str, names: set[str]) -> bool:
    key = fold(part)
    return key in names or any(len(name) > 3 and key.startswith(name) and len(key) < 2 * len(name) for name in names)


def _host_name(page: Page) -> str:
    """The name within the address of the site: `example` of https://www.example.co."""
    host = re.match(r"https?://(?:www\.)?([^./:]+)", page.address or "")
    return fold(host[1]) if host else ""


def _likeness(one: str, other: str) -> float:
    """The share of the shorter text's words that the other has too."""
    first, second = ({*re.findall(r"\w+", text.lower())} for text in (one, other))
    smaller = min(len(first), len(second))
    return len(first & second) / smaller if smaller else 0.0


def _heading_like(page: Page, told: list[Fact[str]]) -> etree._Element | None:
    """Where the headline stands if not in an `h1`."""
    keys = {fold(fact.value) for fact in told}
    return (
        next((each for each in page.root.iter("h2", "h3", "p", "div", "span") if fold(plain(each)) in keys), None)
        if keys
        else None
    )


def _of_element(element: etree._Element, told: list[Fact[str]]) -> Headline:
    text = plain(element)
    for inner in element.iterdescendants():
        kicker, marks = plain(inner), f"{inner.get('class') or ''} {inner.get('id') or ''}"
        if not kicker or len(kicker) > KICKER_LENGTH or kicker == text:
            continue
        if (_KICKER.search(marks) or _HIDDEN.search(marks)) and text.startswith(kicker):
            rest = text[len(kicker) :].strip(" :|–—-")
            named = None if _HIDDEN.search(marks) and not _KICKER.search(marks) else Fact(kicker.strip(" :|–—-"), "h1")
            if rest:
                return Headline(Fact(rest, "h1"), named, element)
    for fact in told:  # the kicker is what stands before the headline that others know
        before = text[: -len(fact.value)].strip(" :|–—-") if text.endswith(fact.value) else ""
        if before and len(before) <= KICKER_LENGTH and fact.told_by.startswith("JSON-LD"):
            return Headline(Fact(fact.value, "h1"), Fact(before, "h1"), element)
    return Headline(Fact(text, "h1"), _kicker_before(element), element)


def _kicker_before(element: etree._Element | None) -> Fact[str] | None:
    """The short text just before the headline, if its class says that it is its kicker."""
    before = None if element is None else element.getprevious()
    if before is None or tag_of(before) in {"nav", "ul", "ol"}:
        return None
    marks = " ".join(each.get("class") or "" for each in (before, *before.iterdescendants()))
    text = plain(before)
    return Fact(text, "the line before h1") if _KICKER.search(marks) and 0 < len(text) <= KICKER_LENGTH else None
