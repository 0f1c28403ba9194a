"""When a page's story was published and changed: JSON-LD, `meta`, microdata, `time` beside the headline, its line."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from lxml import etree

from app.content.conversion.tree import classes, plain, tag_of
from app.importers.html.facts import Fact
from app.importers.html.metadata import Page
from app.importers.page import dates as written
from app.importers.page.text import low, normalise

_PUBLISHED: Final = (
    "article:published_time", "og:article:published_time", "og:published_time", "article:published", "datepublished",
    "parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime", "cxenseparse:publishtime", "pubdate",
    "publish-date", "publishdate", "publication_date", "publish_date", "date.created", "dc.date.issued",
    "dcterms.created", "dc.date.created", "dc.date", "dcterms.date", "article.published", "article:publish_date",
    "vr:published_time", "date", "last_publish_date", "originalpublicationdate", "iso-8601-publish-date",
    "rnews:datepublished",
)  # fmt: skip
_MODIFIED: Final = (
    "article:modified_time", "og:updated_time", "og:article:modified_time", "datemodified", "last-modified",
    "dcterms.modified",
)  # fmt: skip
_DATE_CLASS: Final = re.compile(
    r"date|time|publish|posted|meta|byline|datum|fecha|data|stamp|info|created", re.IGNORECASE
)
_CHANGED: Final = re.compile(
    r"update|modif|edited|оновлено|обновлено|змінено|aktualis|geändert|aktualiz|mis à jour|actualizad|aggiornat",
    re.IGNORECASE,
)
# How many elements around the headline are looked at.
_NEAR: Final = 60
_NUMERIC_ENGLISH: Final = re.compile(r"(?<!\d)(0?[1-9]|1[0-2])/(0?[1-9]|1[0-2])/\d{2,4}(?!\d)")
# A day with the name of its month, in whichever language.
_FOREIGN: Final = re.compile(r"\d{1,2}\.?\s(?:de\s)?[^\W\d]{3,12}\.?,?\s(?:de\s)?\d{4}(?:[\s,]+\d{1,2}:\d{2})?")
_ISO: Final = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})"
    r"(?:[T ]+(\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,]\d+)?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{0,2})?)?",
    re.IGNORECASE,
)
_EPOCH: Final = re.compile(r"1\d{9}(?:\d{3})?")
_TOO_EARLY: Final = 1990  # no page is older; earlier years stand in the dates of programs, such as 1970


class Moment(NamedTuple):
    """An instant as it is told: without a time it is a day, without a zone it is in the site's."""

    at: datetime
    has_time: bool
    has_zone: bool

    def day(self, zone: ZoneInfo) -> date:
        return self.instant(zone).astimezone(zone).date()

    def instant(self, zone: ZoneInfo) -> datetime:
        return self.at if self.has_zone else self.at.replace(tzinfo=zone)


def parse(text: str) -> Moment | None:
    """The instant or day that a program wrote; None for what is none, and for years that no page has."""
    text = text.strip()
    moment = None
    try:
        if _EPOCH.fullmatch(text):
            moment = Moment(datetime.fromtimestamp(int(text[:10]), tz=ZoneInfo("UTC")), True, True)
        elif match := _ISO.match(text):
            moment = _of_iso(match)
        elif text[:3].isalpha():
            at = parsedate_to_datetime(text)
            moment = Moment(at, True, at.tzinfo is not None)
    except (ValueError, OverflowError, TypeError):
        return None
    return moment if moment is not None and _TOO_EARLY <= moment.at.year < 9999 else None


def _of_iso(match: re.Match[str]) -> Moment:
    year, month, day, hour, minute, second, offset = match.groups()
    at = datetime.combine(
        date(int(year), int(month), int(day)), time(int(hour or 0) % 24, int(minute or 0), int(second or 0))
    )
    if not offset:
        return Moment(at, hour is not None, False)
    digits = re.sub(r"\D", "", offset).ljust(4, "0") if offset[0] in "+-" else "0000"
    shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4])) * (-1 if offset[0] == "-" else 1)
    if abs(shift) >= timedelta(hours=24):
        raise ValueError("no offset")
    return Moment(at.replace(tzinfo=ZoneInfo("UTC")) - shift, True, True)


def published(page: Page, headline: etree._Element | None, zone: ZoneInfo) -> Fact[Moment] | None:
    """When it was published. Of what tells the same day, give or take one, the first with a zone and a time wins."""
    facts = [*_told_published(page, headline)]
    if not facts:
        return None
    first = facts[0]
    near = [fact for fact in facts if abs(fact.value.instant(zone) - first.value.instant(zone)) <= timedelta(days=1)]
    whole = [fact for fact in near if fact.value.has_time and fact.value.has_zone]
    timed = [fact for fact in near if fact.value.has_time]
    return next(iter([*whole, *timed]), first)


def modified(page: Page, after: Fact[Moment] | None, zone: ZoneInfo) -> Fact[Moment] | None:
    """When it was changed last; None where that is told to be before it was published."""
    told = [(text, "JSON-LD dateModified") for text in page.told("dateModified")]
    told += [(text, "microdata dateModified") for text in page.microdata.get("datemodified", ())]
    told += [(text, name) for name in _MODIFIED for text in page.meta.get(name, ())]
    facts = (Fact(moment, name) for text, name in told if (moment := parse(text)) is not None)
    fact = next(facts, None)
    if fact is None or (after is not None and fact.value.instant(zone) < after.value.instant(zone)):
        return None
    return fact


def _told_published(page: Page, headline: etree._Element | None) -> Iterator[Fact[Moment]]:
    told = [(text, "JSON-LD datePublished") for text in page.told("datePublished")]
    told += [(text, name) for name in _PUBLISHED for text in page.meta.get(name, ())[:1]]
    told += [(text, "microdata datePublished") for text in page.microdata.get("datepublished", ())[:1]]
    if not told:
        told += [(text, "JSON-LD dateCreated") for text in page.told("dateCreated")]
    is_told = False
    for text, name in told:
        if (moment := parse(text)) is not None:
            is_told = True
            yield Fact(moment, name)
    beside = [*near(page.root, headline)]
    for element in beside:
        if tag_of(element) == "time" and not _CHANGED.search(_marks(element)):
            text = element.get("datetime") or plain(element)
            moment = parse(text) or _written(text, page)
            if moment is not None:
                is_told = True
                yield Fact(moment, "time beside the headline")
    for element in () if is_told else beside:
        text = plain(element) if len(element) < 6 else ""
        is_dated = bool(_DATE_CLASS.search(_marks(element))) or tag_of(element) in {"p", "span", "small"}
        if (
            text
            and len(text) <= 120
            and is_dated
            and not _CHANGED.search(text)
            and (moment := _written(text, page)) is not None
        ):
            yield Fact(moment, "the line beside the headline")


def near(root: etree._Element, headline: etree._Element | None) -> Iterator[etree._Element]:
    """Elements behind the headline, in the order of the page, and a few before it."""
    if headline is None:
        return
    place, around = 0, headline
    for _ in range(3):
        parent = around.getparent()
        if parent is None or tag_of(parent) in {"body", "html"}:
            break
        around = parent
    behind = False
    before: list[etree._Element] = []
    for element in around.iter():
        if element is headline:
            behind = True
        elif behind:
            place += 1
            if place > _NEAR:
                break
            yield element
        else:
            before.append(element)
    yield from before[-10:]


def _marks(element: etree._Element) -> str:
    parent = element.getparent()
    own = [*classes(element), element.get("id") or "", element.get("itemprop") or ""]
    return " ".join([*own, *(classes(parent) if parent is not None else ())])


def _written(text: str, page: Page) -> Moment | None:
    """The day, or instant, that a line tells readers; None where month and day might be meant the other way round."""
    line = low(normalise(text))
    is_english = (page.root.get("lang") or "en").lower().startswith("en")
    if is_english and _NUMERIC_ENGLISH.search(line):
        return None
    for stamp in written.stamps(line):
        if stamp.day is not None and _TOO_EARLY <= stamp.day.year < 9999:
            at = datetime.combine(stamp.day, stamp.at or time(), tzinfo=stamp.zone)
            return Moment(at, stamp.at is not None, stamp.zone is not None)
    foreign = _FOREIGN.search(line)
    guessed = written.guess(foreign[0]) if foreign else None
    if guessed is None or guessed.day is None or not _TOO_EARLY <= guessed.day.year < 9999:
        return None
    at = datetime.combine(guessed.day, guessed.at or time(), tzinfo=guessed.zone)
    return Moment(at, guessed.at is not None, guessed.zone is not None)
