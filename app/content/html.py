"""Inline HTML: what is allowed, how the rest is removed, and its plain text."""

import html
import re
from typing import Final

import nh3

TAGS: Final = frozenset("a abbr b bdi br cite code del em i ins mark q s small span strong sub sup time".split())
ATTRIBUTES: Final = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "bdi": {"dir"},
    "span": {"lang"},
    "time": {"datetime"},
}
SCHEMES: Final = {"http", "https", "mailto", "tel"}

_MARKUP: Final = re.compile(r"[<>&]")
_BREAK: Final = re.compile(r"<br\s*/?>")
_TAG: Final = re.compile(r"<[^>]*>")
# Possessive, so that no hostile fragment makes them look twice at anything.
_ELEMENT: Final = re.compile(r"<[/!?]?([a-z][^\s/<>]*+)([^<>]*+)>", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(r"(?<![\w-])([a-z][\w-]*+)\s*+=", re.IGNORECASE)
_cleaner: Final = nh3.Cleaner(
    tags=set(TAGS), attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel=None, strip_comments=True
)


def sanitise(fragment: str) -> str:
    """The fragment with allowed inline elements and attributes only; the text of removed elements stays.

    What it returns it leaves unchanged when given it again. Script and style go with their content.
    """
    if not _MARKUP.search(fragment):
        return fragment
    return _cleaner.clean(fragment).replace("&nbsp;", "\u00a0")


def plain(fragment: str) -> str:
    """The text of sanitised inline HTML; a `<br>` is a blank."""
    if not _MARKUP.search(fragment):
        return fragment
    return html.unescape(_TAG.sub("", _BREAK.sub(" ", fragment)))


def escape(text: str) -> str:
    """Plain text as inline HTML."""
    return html.escape(text, quote=False)


def markup(fragment: str) -> list[tuple[str, list[str]]]:
    """Names of the elements, opened and closed, with those of their attributes: differs where something was removed."""
    return [
        (name.lower(), [attribute.lower() for attribute in _ATTRIBUTE.findall(rest)])
        for name, rest in _ELEMENT.findall(fragment)
    ]
