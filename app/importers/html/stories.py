"""A web page as documents: its story, and sources for its authors. Needs no database.

Attributions are made to authors alone: what texts say of further sources is read by `importers.page`, from lines and
not from blocks. So no speaker or source is guessed here, in any language.
"""

import re
from collections.abc import Iterator
from datetime import UTC
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from app.content import html, languages
from app.content.conversion import Conversion, convert_elements
from app.content.conversion.tree import plain
from app.importers.html import authors, dates, headlines, language, metadata, pictures, region, saved
from app.importers.html.dates import Moment
from app.importers.html.facts import Fact
from app.importers.html.given import Document, Given, WebPage
from app.importers.html.headlines import Headline
from app.importers.html.metadata import Page, fold
from app.importers.html.saved import SavedPage, refusal
from app.web.fields import LINE_LENGTH, TEXT_LENGTH, format_instant

IMPORTER: Final = "html"
# What is told as the page's own text, and is a page of a server or a door instead of a story.
_ERROR: Final = re.compile(
    r"^(?:error\s?)?(?:40[0134]|410|429|50[0234])\b|page (?:not|isn.t) found|not found$|access denied|forbidden$"
    r"|just a moment|are you a robot|attention required|service unavailable|bad gateway|сторінк\w+ не знайдено"
    r"|страниц\w+ не найдена|seite nicht gefunden|nie znaleziono strony",
    re.IGNORECASE,
)
# A story that is shorter is none where the page asks for a password, or is headed as an error.
_DOOR: Final = 250
_SHORT: Final = 600


def read(data: bytes, given: Given, *, url: str | None = None, charset: str | None = None) -> WebPage:
    """The story of a saved page, or of an answer from `url`. Cost: some 50 ms. Raises: Invalid."""
    file = saved.read(data, charset)
    return story(file, metadata.read(file.text, url or file.url), given)


def story(file: SavedPage, page: Page, given: Given) -> WebPage:
    """The story of a page. Raises: Invalid, for what is none."""
    is_door = any((each.get("type") or "").lower() == "password" for each in page.root.iter("input"))
    headline = headlines.read(page)
    if headline is None:
        raise refusal("has no headline: no h1, og:title or title tells one")
    element = headline.element
    pictures.mark_figures(page.root)
    published = dates.published(page, element, given.zone)
    modified = dates.modified(page, published, given.zone)
    names = authors.read(page, element)
    lead = pictures.lead(page, element)
    standfirst = _standfirst(page, headline)
    known = frozenset(fold(text) for text in _elsewhere(headline, standfirst, names) if text)
    chosen = region.choose(page, element, known)
    conversion = _converted(page, chosen)
    text = " ".join(_texts(conversion.blocks))
    if len(text) < _DOOR and is_door:
        raise refusal("asks for a password: it is a page to log in, and no story")
    if len(text) < _SHORT and _ERROR.search(headline.text.value):
        raise refusal(f"is an error page of its server: {headline.text.value[:80]}")
    if not text:
        raise refusal("holds no text of a story")
    told_language = (
        Fact(given.language, "--language") if given.language else language.read(page, f"{headline.text.value} {text}")
    )
    if isinstance(told_language, str):
        raise refusal(f"is in a language that is not certain: {told_language}; give --language")
    image = pictures.take_from(conversion.blocks, lead)
    facts: dict[str, Fact[Any] | None] = {
        "headline": headline.text, "kicker": headline.kicker, "standfirst": standfirst, "language": told_language,
        "published_at": published, "modified_at": modified, "authors": names[0] if names else None, "image": image,
    }  # fmt: skip
    article = {
        "headline": headline.text.value[:LINE_LENGTH], "kicker": _value(headline.kicker, LINE_LENGTH),
        "standfirst": _value(standfirst, TEXT_LENGTH), "language": told_language.value, "body": conversion.blocks,
        "image": image.value if image else None, **_credits(names), **_dates(published, modified, given),
        "origin": {"url": page.address, "imported_at": format_instant(given.imported_at), "importer": IMPORTER},
    }  # fmt: skip
    notes = [*file.notes, *_notes(page, published, given)]
    notes += [fault.message for fault in conversion.warnings]
    return WebPage(
        {"noun": "article", "id": story_id(page, article), "slug": languages.slug(article["headline"]), **article},
        [_source(name.value, told_language.value) for name in names],
        {name: fact.told_by for name, fact in facts.items() if fact is not None},
        dict(chosen.left_out) if chosen is not None else {},
        list(dict.fromkeys(notes)),
    )


def story_id(page: Page, article: Document) -> str:
    """The id of a page's story: the same whenever a page with this address is read.

    Of a page that tells no address, the headline and the date of publication stand for it.
    """
    key = page.address or f"{article['headline']}\n{article.get('published_at')}"
    return str(uuid5(NAMESPACE_URL, f"html:{key}"))


def _value(fact: Fact[str] | None, most: int) -> str | None:
    return fact.value[:most] if fact is not None else None


def _elsewhere(headline: Headline, standfirst: Fact[str] | None, names: list[Fact[str]]) -> Iterator[str]:
    """Texts that other fields have, as lines of the page may repeat them."""
    yield headline.text.value
    yield headline.kicker.value if headline.kicker else ""
    yield standfirst.value if standfirst else ""
    together = [name.value for name in names]
    for text in (*together, " ".join(together), ", ".join(together), " and ".join(together)):
        yield text
        yield from (f"{by} {text}" for by in ("by", "von", "par", "por", "di", "автор"))


def _converted(page: Page, chosen: region.Region | None) -> Conversion:
    """The blocks of the region; those of JSON-LD's text where the page shows much less of it."""
    conversion = Conversion([], [])
    if chosen is not None:
        try:
            conversion = convert_elements(chosen.elements, base=page.address)
        except ValueError as error:
            raise refusal(str(error)) from None
    while conversion.blocks and conversion.blocks[-1]["type"] in {"heading", "divider"}:
        conversion.blocks.pop()  # the heading of something that was left out
    return conversion


def _texts(blocks: list[Document]) -> Iterator[str]:
    for block in blocks:
        yield from (html.plain(text) for text in (block.get("html"), *block.get("items", ())) if text)
        if block["type"] == "heading":
            yield block["text"]


def _standfirst(page: Page, headline: Headline) -> Fact[str] | None:
    """The description that the page tells programs, where it stands below the headline for readers too."""
    if headline.element is None:
        return None
    told = [(text, "JSON-LD description") for text in page.told("description")]
    told += [(page.first(name), name) for name in ("og:description", "description", "twitter:description")]
    near = [(element, plain(element)) for element in dates.near(page.root, headline.element)]
    for text, name in told:
        key = fold(text.rstrip(". …"))
        if len(key) < 30 or key == fold(headline.text.value):
            continue
        for _, shown in near:
            if (
                len(shown) <= max(2 * len(text), 600)
                and fold(shown).startswith(key)
                and (text.endswith(("…", "...")) or len(fold(shown)) < len(key) + 10)
            ):
                return Fact(shown, f"{name}, as it stands on the page")
    return None


def _credits(names: list[Fact[str]]) -> Document:
    slugs = dict.fromkeys(languages.slug(name.value, fallback="author") for name in names)
    return {
        "byline": ", ".join(name.value for name in names)[:LINE_LENGTH] or None,
        "attributions": [{"source": slug, "role": "author"} for slug in slugs],
    }


def _source(name: str, code: str) -> Document:
    return {
        "noun": "source",
        "slug": languages.slug(name, fallback="author"),
        "type": "person",
        "names": {code: name[:LINE_LENGTH]},
    }


def _dates(published: Fact[Moment] | None, modified: Fact[Moment] | None, given: Given) -> Document:
    """The dates that a page tells; none of them lies in the future."""
    at = published.value.instant(given.zone).astimezone(UTC) if published else None
    changed = modified.value.instant(given.zone).astimezone(UTC) if modified else None
    latest = given.imported_at
    known = {
        "created_at": min(at, latest) if at else None,
        "modified_at": min(changed or at or latest, latest) if at or changed else None,
        "published_at": at,
        "updated_at": min(changed, latest) if changed and at else None,
    }
    return {name: format_instant(value) for name, value in known.items() if value is not None}


def _notes(page: Page, published: Fact[Moment] | None, given: Given) -> Iterator[str]:
    if published is None:
        yield "tells no date of publication"
    elif not published.value.has_time:
        yield f"tells the day of its publication alone; it begins in the zone of the site here ({given.zone.key})"
    elif not published.value.has_zone:
        yield f"its date has no zone, and is read in that of the site here ({given.zone.key})"
    if page.address is None:
        yield "tells no address: with another headline or date it is another story"
