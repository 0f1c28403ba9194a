"""HTML as a tree, within bounds of size, depth and time. Source: HTML Standard, 13.2, as libxml2 parses it."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from lxml import etree

MOST_CHARACTERS: Final = 2_000_000
MOST_TAGS: Final = 100_000
MOST_DEPTH: Final = 100
# The parser compares each attribute of a tag with all before it: the sum of the squares of their numbers is its work.
MOST_WORK: Final = 20_000_000

# Control characters, and what else no text may have; a tab or line end is no such character.
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# A picture that stands in its own address. Its characters are one set, so each is read once.
_DATA_ADDRESS: Final = re.compile(r"data:[a-z]+/[a-z0-9.+-]+;base64,[A-Za-z0-9+/=]*+", re.IGNORECASE)
# A document type with its declarations, which the parser would take for text. Possessive: it is read once.
_DOCUMENT_TYPE: Final = re.compile(r"<!doctype[^>\[]*+(?:\[[^\]]*+\][^>]*+)?>", re.IGNORECASE)
_TAG: Final = re.compile(r"<[a-zA-Z][^>]*+")
# What may stand before an attribute.
_ATTRIBUTE_START: Final = re.compile(r"[\s/=\"']")
_BLANKS: Final = re.compile(r"[ \t\n\r\f]+")


def parse(text: str) -> etree._Element | None:
    """The root element; None where there is neither element nor text. Raises: ValueError."""
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"is longer than {MOST_CHARACTERS} characters")
    if text.count("<") > MOST_TAGS:
        raise ValueError(f"holds more than {MOST_TAGS} tags")
    text = _DATA_ADDRESS.sub("data:,", _DOCUMENT_TYPE.sub("", _UNPRINTABLE.sub("", text), 1))
    if sum(len(_ATTRIBUTE_START.findall(tag)) ** 2 for tag in _TAG.findall(text)) > MOST_WORK:
        raise ValueError("holds tags with too many attributes")
    if not text.strip():
        return None
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    root: etree._Element | None = None
    with suppress(etree.XMLSyntaxError):  # nothing but comments
        root = etree.fromstring(text.encode(), parser)
    # The parser stops at 256 levels by itself.
    if root is not None and depth_of(root, MOST_DEPTH + 1) > MOST_DEPTH:
        raise ValueError(f"nests elements deeper than {MOST_DEPTH}")
    return root


def depth_of(root: etree._Element, enough: int) -> int:
    """How deep the elements are nested; counts no further than `enough`."""
    level, depth = [root], 0
    while level and depth < enough:
        level = [child for element in level for child in element]
        depth += 1
    return depth


def tag_of(element: etree._Element) -> str:
    """The name of an element in lower case. Comments and their like are none, and the parser drops them."""
    return element.tag.lower()


def classes(element: etree._Element) -> set[str]:
    return set((element.get("class") or "").lower().split())


def one_line(text: str) -> str:
    """The text with single blanks, and none at its ends."""
    return _BLANKS.sub(" ", text).strip()


def plain(element: etree._Element) -> str:
    """The text of an element on one line; where a block or a break keeps words apart, a blank does."""
    return one_line("".join(_pieces(element)))


def _pieces(element: etree._Element) -> Iterator[str]:
    for event, each in etree.iterwalk(element, events=("start", "end")):
        name = tag_of(each)
        if event == "start":
            yield " " if name in APART else ""
            yield each.text or "" if name not in UNSEEN else ""
        else:
            yield " " if name in APART else ""
            yield each.tail or "" if each is not element else ""


# Elements without text that anybody reads.
UNSEEN: Final = frozenset({"script", "style", "template", "head", "title"})
# Elements that keep the words around them apart, of those that stand in running text.
APART: Final = frozenset("br p div li td th tr h1 h2 h3 h4 h5 h6 figcaption blockquote".split())
