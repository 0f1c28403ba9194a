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
DEPTH: Final = 32
# Where elements that were removed held others apart, what is left may be read in another way the next time.
ROUNDS: Final = 5
# What a fragment may make the parser do: for each tag it may look at all the elements that are open, and it opens each
# of the formatting elements again in every block that follows.
TAGS_READ: Final = 2_000
WORK: Final = 20_000

_MARKUP: Final = re.compile(r"[<>&]")
_BREAK: Final = re.compile(r"<br\s*/?>")
_TAG: Final = re.compile(r"<[^>]*>")
# Possessive, so that no hostile fragment makes them look twice at anything.
_ELEMENT: Final = re.compile(r"<[/!?]?([a-z][^\s/<>]*+)([^<>]*+)>", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(r"(?<![\w-])([a-z][\w-]*+)\s*+=", re.IGNORECASE)
_OPENED: Final = re.compile(r"<(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])[^>]*+", re.IGNORECASE)
_STEP: Final = re.compile(r"<(/?)(?!br>)[a-z]")
# What a browser's sanitiser trims from both ends of every attribute.
_BLANKS: Final = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x200B))
)
# What an attribute may hold. A colon ends a scheme unless a slash, question mark or number sign stands before it; that
# sanitiser looks for a scheme in `datetime` too. An address all of blanks and dashes, which it ignores, it removes.
_FORMS: Final = {
    "href": re.compile(
        r"(?![\0- \u00a0\u1680\u180e\u2000-\u2029\u205f\u3000]++\Z)"
        r"(?:(?i:https?|mailto|tel):.*+|[^:/?#]*+(?:[/?#].*+)?)",
        re.DOTALL,
    ),
    "lang": re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*+", re.ASCII),
    "dir": re.compile(r"ltr|rtl|auto"),
    "datetime": re.compile(r"P[0-9A-Za-z.+ -]{0,63}|[0-9-][0-9A-Za-z:.+ -]{0,63}", re.ASCII),
    "title": re.compile(r".*+", re.DOTALL),
}
# What ends a comment, a CDATA section or an element of raw text, were the attribute ever read inside of one.
_ENDING: Final = re.compile(
    r"(?:--!?|\])>|</(?:style|script|title|xmp|textarea|noscript|iframe|noembed|noframes)", re.IGNORECASE
)


def _value(element: str, attribute: str, value: str) -> str | None:
    """Asked for attributes that are not allowed too. What it raised would be lost, and the attribute kept."""
    if attribute not in ATTRIBUTES.get(element, ()):
        return None
    value = value.strip(_BLANKS)
    return value if _FORMS[attribute].fullmatch(value) and not _ENDING.search(value) else None


_cleaner: Final = nh3.Cleaner(
    tags=set(TAGS),
    attributes=ATTRIBUTES,
    attribute_filter=_value,
    url_schemes=SCHEMES,
    link_rel=None,
    strip_comments=True,
)


def sanitise(fragment: str) -> str:
    """The fragment with allowed inline elements and attributes only; the text of removed elements stays.

    What it returns it leaves unchanged when given it again. Script and style go with their content. Raises: ValueError,
    for elements nested deeper than 32, or so many that reading them would take long.
    """
    if not _MARKUP.search(fragment):
        return fragment
    tags = fragment.count("<")
    if tags > TAGS_READ:
        raise ValueError(f"holds more than {TAGS_READ} tags")
    if tags * len({*_OPENED.findall(fragment)}) > WORK:
        raise ValueError("holds too many different elements")
    safe = fragment
    for _ in range(ROUNDS):
        before, safe = safe, _cleaner.clean(safe).replace("&nbsp;", "\u00a0")
        if safe == before:
            break
    else:
        raise ValueError("nests elements as HTML cannot")
    depth = 0
    for closing in _STEP.findall(safe):
        depth += -1 if closing else 1
        if depth > DEPTH:
            raise ValueError(f"nests elements deeper than {DEPTH}")
    return safe


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
