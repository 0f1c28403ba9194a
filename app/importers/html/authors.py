"""Who wrote a story: persons of JSON-LD, `rel=author`, `meta`, the visible line. Outlets are no persons."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from lxml import etree

from app.content.conversion.tree import classes, plain
from app.importers.html import json_ld
from app.importers.html.dates import near
from app.importers.html.facts import Fact
from app.importers.html.metadata import Page, fold

MOST_AUTHORS: Final = 20
_META: Final = (
    "author", "article:author", "og:article:author", "dc.creator", "dcterms.creator", "parsely-author",
    "sailthru.author", "byl",
    "cxenseparse:author", "vr:author", "citation_author", "book:author", "article:author_name", "twitter:creator:name",
)  # fmt: skip
_BY: Final = re.compile(
    r"^\s*(?:(?:written|posted|published|reported|story|words|text)\s+by|by|von|par|por|di|door|av|af|autorzy|autorka|autor(?:en|in|es|a)?"
    r"|author|автори|авторка|автор|авторы|текст|przez|text)\b\s*[:：]?\s*",
    re.IGNORECASE,
)
_BETWEEN: Final = re.compile(r"\s*(?:[,;/|•·&]|\s(?:and|und|et|y|та|і|й|и|oraz|e|en|och|with)\s)\s*", re.IGNORECASE)
_CLASS: Final = re.compile(r"author|byline|autor|автор|writer|redakteur|signature|firma", re.IGNORECASE)
_NO_AUTHOR: Final = re.compile(r"bio|comment|follow|social|avatar|image|photo|related|count|more|desc", re.IGNORECASE)
_NO_PERSON: Final = re.compile(
    r"https?:|www\.|@|\d|\.(?:com|net|org|de|co|uk|ua)\b|text size|read more|share|comment|follow|subscribe|newsletter"
    r"|\b(?:team|staff|editor(?:s|ial)?|editorial board|newsroom|redaktion|redakcja|редакція|редакция"
    r"|agency|agencies|agence|admin(?:istrator)?"
    r"|news|press|presse|media|online|newspaper|magazine|tv|radio|correspondents?|reporters?|desk|guest|webmaster|anonymous"
    r"|redacción|redazione|rédaction|agenția|ukrinform|reuters|afp|dpa|apa|interfax|associated|unknown|none|null|undefined)\b",
    re.IGNORECASE,
)
_ORGANISATIONS: Final = frozenset({"Organization", "NewsMediaOrganization", "Corporation"})
_TITLE_BEHIND: Final = re.compile(r"\s*(?:\(.*\)|,\s.*|\s[-–—|]\s.*|\bfor\b.*|\s+\d.*)$")
_WORD: Final = re.compile(r"[^\W\d_][\w'’ʼ.-]*")
_SMALL: Final = frozenset("de van von der den da di la le el al bin ten zu du dos af del della y".split())


def read(page: Page, headline: etree._Element | None) -> list[Fact[str]]:
    """The persons, in the order of the first place that tells any; nobody where none does."""
    for name, texts in _told(page, headline):
        facts = [Fact(text, name) for text in persons(texts, page)]
        if facts:
            return facts[:MOST_AUTHORS]
    return []


def _told(page: Page, headline: etree._Element | None) -> Iterator[tuple[str, list[str]]]:
    for property in ("author", "creator"):
        nodes = json_ld.resolved(page.story.get(property), page.nodes)
        named = [
            node
            for node in nodes
            if not {"Organization", "NewsMediaOrganization", "Corporation"} & {*json_ld.types_of(node)}
        ]
        yield f"JSON-LD {property}", [text for node in named for text in json_ld.texts(node.get("name"))]
    yield "rel=author", [plain(each) for each in page.root.iter("a") if _is_author_link(each)][:5]
    yield "microdata author", page.microdata.get("author.name") or page.microdata.get("author") or []
    for name in _META:
        yield name, page.meta.get(name, [])
    if headline is not None:
        yield "the line beside the headline", [*_lines(page, headline)]


def _is_author_link(link: etree._Element) -> bool:
    return "author" in (link.get("rel") or "").lower().split() and not _in_comments(link)


def _in_comments(element: etree._Element) -> bool:
    return any(
        "comment" in f"{above.get('class') or ''}{above.get('id') or ''}".lower() for above in element.iterancestors()
    )


def _lines(page: Page, headline: etree._Element) -> Iterator[str]:
    """Short texts beside the headline that a class, or a word at their start, shows to be a byline."""
    for element in near(page.root, headline):
        text = plain(element) if len(element) < 8 else ""
        if not 3 < len(text) < 120:
            continue
        marks = " ".join([*classes(element), element.get("itemprop") or ""])
        is_marked = _CLASS.search(marks) is not None and not _NO_AUTHOR.search(marks)
        if (is_marked or _BY.match(text)) and any(map(is_name, _parts(text))):
            yield text
            return


def persons(texts: Iterable[str], page: Page) -> list[str]:
    """The names of persons in texts that name authors, each once."""
    outlets = tuple({fold(name) for name in page.site_names} - {""})
    parts = (part for text in texts for part in _parts(text))
    names = [part for part in parts if is_name(part) and not fold(part).startswith(outlets)]
    return list({fold(name): name for name in reversed(names)}.values())[::-1]


def _parts(text: str) -> list[str]:
    text = _BY.sub("", text)
    return [_TITLE_BEHIND.sub("", _BY.sub("", part)).strip(" .,:*") for part in _BETWEEN.split(text)]


def is_name(text: str) -> bool:
    """Whether a text is the name of a person, as far as its form tells: two to five words with capital letters."""
    if _NO_PERSON.search(text) or len(text) > 60:
        return False
    words = text.split()
    if not 2 <= len(words) <= 5:
        return _is_unspaced(text)
    if len(words[-1].strip(".")) < 2:
        return False
    return all(_WORD.fullmatch(word) and (not word[0].islower() or word.lower() in _SMALL) for word in words)


def _is_unspaced(text: str) -> bool:
    """Whether it is written in a script that puts no blanks between names."""
    return 2 <= len(text) <= 8 and all(
        "\u3040" <= letter <= "\u9fff" or "\uac00" <= letter <= "\ud7af" for letter in text
    )
