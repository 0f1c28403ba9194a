"""Inline HTML: what is allowed, how the rest is removed, and its plain text.

Clients send fragments, which may be hostile. Two rules keep reading them safe and fast. What is stored has one form
that every parser reads alike, and that a browser's own sanitiser would leave as it is. And no fragment takes long:
each regular expression that reads one looks at every character a fixed number of times, and a fragment whose tags
would make the parser itself slow is refused before it is parsed.
"""

import html
import re
from collections import Counter
from collections.abc import Iterable
from itertools import accumulate
from typing import Final
from unicodedata import is_normalized

import nh3

from app.web.fields import composed

TAGS: Final = frozenset("a abbr b bdi br cite code del em i ins mark q s small span strong sub sup time".split())
ATTRIBUTES: Final = {"a": {"href", "title"}, "abbr": {"title"}, "bdi": {"dir"}, "span": {"lang"}, "time": {"datetime"}}
# Elements that keep what stands before, in and after them apart. Where one is removed, a blank takes its place.
# Source: HTML Standard, 15.3 (elements that are no inline boxes) and 15.4 (replaced elements).
SEPARATORS: Final = (
    "address applet article aside audio blockquote body button canvas caption center col colgroup dd details dialog"
    " dir div dl dt embed fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header"
    " hgroup hr html iframe image img input legend li listing main map marquee menu meter nav object ol optgroup"
    " option p picture plaintext pre progress rt search section select summary svg table tbody td textarea"
    " tfoot th thead title tr ul video xmp"
).split()
SCHEMES: Final = {"http", "https", "mailto", "tel"}
MOST_DEPTH: Final = 32
# Removing an element may bring together what it kept apart, so the result is sanitised again until nothing changes.
MOST_ROUNDS: Final = 5
# For each tag the parser may look at all elements that are open, and in every block it opens all formatting elements
# again: tags times different formatting tags is what a fragment can make it do.
MOST_TAGS: Final = 2_000
MOST_WORK: Final = 20_000
# Of what was removed, so many names are told, and so much of each.
MOST_NAMES: Final = 10
NAME_LENGTH: Final = 40

_SPECIAL: Final = re.compile(r"[<>&]")  # a fragment without any is its own plain text
_BREAK: Final = re.compile(r"<br\s*/?>")  # in sanitised HTML
# Any tag, in sanitised HTML: no attribute value has a raw > there, and every < begins a tag, so none is read twice.
_TAG: Final = re.compile(r"<[^>]*>")
# A tag in sanitised HTML, but for `<br>`, which is never closed. Group 1 is the slash of a closing tag.
_OPENING_OR_CLOSING: Final = re.compile(r"<(/?)(?!br>)[a-z]")
# A tag as a client wrote it: group 1 is its name, group 2 what follows. Possessive, and never past the next < or >: a
# fragment with many tags that do not end is read once.
_WRITTEN_TAG: Final = re.compile(r"<[/!?]?([a-z][^\s/<>]*+)([^<>]*+)>", re.IGNORECASE)
# Where the tag of a separating element begins. Fixed words behind each <, so nothing is read twice.
_SEPARATOR: Final = re.compile(rf"<(?=/?(?:{'|'.join(SEPARATORS)})[\s/>])", re.IGNORECASE)
_BLANKS: Final = re.compile(r"[ \t\n\f\r]+")
# What a tag is made of: what stands between two of these is composed by itself. `>` and U+0338 would become one sign.
_MARKUP: Final = re.compile(r"([<>])")
# An attribute as a client wrote it: group 1 is its name. Its value, if it has one, is read with it, since there may be
# words in it. The possessive quantifiers never give back what they took: each character is read once.
_WRITTEN_ATTRIBUTE: Final = re.compile(
    r"""([^\s/=<>"'][^\s/=<>]*+)(?:\s*+=\s*+(?:"[^"]*+"?|'[^']*+'?|[^\s"'>][^\s>]*+))?"""
)
# What a parser takes for a comment: a comment, a CDATA section, a tag without a name. What it takes for the beginning
# of a tag that never ends: it drops all that follows. Both are what `_WRITTEN_TAG` does not find.
# Source: HTML Standard, 13.2.5.6 (tag open state) and after it.
_WRITTEN_COMMENT: Final = re.compile(r"<(?:[!?](?![a-z])|/[^a-z])", re.IGNORECASE)
_WITHOUT_END: Final = re.compile(r"<[/!?]?[a-z][^<>]*+\Z", re.IGNORECASE)
# The opening tag of a formatting element, with its attributes: the parser opens each different one again in every
# block. Possessive; it matches to the next > or to the end, so that no part of a tag without an end is read twice.
_FORMATTING_TAG: Final = re.compile(
    r"<(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])[^>]*+", re.IGNORECASE
)
# What a browser's sanitiser trims from both ends of every attribute.
_SPACES: Final = "".join(map(chr, range(0x2000, 0x200B)))
_TRIMMED: Final = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + _SPACES
# What the whole value of an attribute may be. Possessive where a part may be long: a value is read once.
_VALUES: Final = {
    # An address of an allowed scheme, or one without a scheme: a colon ends a scheme unless a slash, a question mark or
    # a number sign stands before it. Not one of nothing but blanks and dashes: a browser's sanitiser would remove it.
    "href": re.compile(
        r"(?![\0- \u00a0\u1680\u180e\u2000-\u2029\u205f\u3000]++\Z)"
        r"(?:(?i:https?|mailto|tel):.*+|[^:/?#]*+(?:[/?#].*+)?)",
        re.DOTALL,
    ),
    "lang": re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*+", re.ASCII),
    "dir": re.compile(r"ltr|rtl|auto"),
    # A duration, or a date or time, of at most 64 characters. A browser's sanitiser looks for a scheme here too: there
    # is no colon in a duration, and what may have one begins with no letter.
    "datetime": re.compile(r"P[0-9A-Za-z.+ -]{0,63}|[0-9-][0-9A-Za-z:.+ -]{0,63}", re.ASCII),
    "title": re.compile(r".*+", re.DOTALL),
}
# An address that begins with two slashes leads to another site, and browsers read a backslash as a slash.
# Source: URL Standard, 4.4 (basic URL parser): blanks before it, and tabs and line ends in it, are dropped.
_OTHER_SITE: Final = re.compile(r"[\0- ]*+[/\\][\t\n\r]*+[/\\]")
# What ends a comment, a CDATA section or an element of raw text. No value holds it, or the value would end there if it
# were ever read inside of one. Only fixed words, so nothing is read twice.
_RAW_TEXT_END: Final = re.compile(
    r"(?:--!?|\])>|</(?:style|script|title|xmp|textarea|noscript|iframe|noembed|noframes)", re.IGNORECASE
)


def _attribute_value(element: str, attribute: str, value: str) -> str | None:
    """The value to keep; None removes the attribute.

    The cleaner also asks for attributes that are not allowed. It must not raise: the cleaner would drop the exception
    and keep the attribute.
    """
    if attribute not in ATTRIBUTES.get(element, ()):
        return None
    value = value.strip(_TRIMMED)
    if attribute == "href" and _OTHER_SITE.match(value):
        return None
    return value if _VALUES[attribute].fullmatch(value) and not _RAW_TEXT_END.search(value) else None


_cleaner: Final = nh3.Cleaner(
    tags={*TAGS}, attributes=ATTRIBUTES, attribute_filter=_attribute_value, url_schemes=SCHEMES, link_rel=None
)


def sanitise(fragment: str) -> str:
    """The fragment with allowed inline elements and attributes only.

    The text of removed elements stays, apart from its neighbours where the elements kept it so, but scripts and styles
    go with their content. All text is composed (NFC). Sanitising the result again changes nothing.
    Raises: ValueError, for elements nested deeper than 32, or so many that parsing would take long.
    """
    if not _SPECIAL.search(fragment):
        return composed(fragment)
    tags = fragment.count("<")
    if tags > MOST_TAGS:
        raise ValueError(f"holds more than {MOST_TAGS} tags")
    if tags * len({*_FORMATTING_TAG.findall(fragment)}) > MOST_WORK:
        raise ValueError("holds too many different elements")
    safe = fragment
    for _ in range(MOST_ROUNDS):
        before, safe = safe, _cleaned(safe)
        if safe == before:
            steps = (-1 if slash else 1 for slash in _OPENING_OR_CLOSING.findall(safe))
            if max(accumulate(steps), default=0) > MOST_DEPTH:
                raise ValueError(f"nests elements deeper than {MOST_DEPTH}")
            return safe
    raise ValueError("nests elements as HTML cannot")


def _cleaned(fragment: str) -> str:
    """One round of sanitising. Most fragments are clean: separators are looked for only where something changes."""
    clean = _cleaner.clean(fragment)
    if clean != fragment and (apart := _SEPARATOR.sub(" <", fragment)) != fragment:
        clean = _BLANKS.sub(" ", _cleaner.clean(apart)).strip(" ")
    return composed_fragment(clean.replace("&nbsp;", "\u00a0"))


def composed_fragment(fragment: str) -> str:
    """The fragment with its text in composed letters (NFC) and its tags as they are."""
    if is_normalized("NFC", fragment):
        return fragment
    return "".join(part if part in "<>" else composed(part) for part in _MARKUP.split(fragment))


def without_tags(fragment: str) -> str:
    """What stands outside of the tags, as it is written."""
    return _TAG.sub("", fragment)


def plain(fragment: str) -> str:
    """The text of sanitised inline HTML; a `<br>` is a blank."""
    if "<" not in fragment and "&" not in fragment:
        return fragment
    return html.unescape(without_tags(_BREAK.sub(" ", fragment)))


def escape(text: str) -> str:
    """Plain text as inline HTML."""
    return html.escape(text, quote=False)


def removed_markup(fragment: str, safe: str) -> str | None:
    """What sanitising removed of the fragment, in words; None where it only put the writing of tags in order."""
    before, after = _written_tags(fragment), _written_tags(safe)
    comments, tag = _WRITTEN_COMMENT.search(fragment), _WITHOUT_END.search(fragment)
    if before == after and not comments and not tag:
        return None
    elements = {element: None for element, _ in before if element not in TAGS}
    written = Counter((element, name) for element, names in before if element in TAGS for name in names)
    left = written - Counter((element, name) for element, names in after for name in names)
    parts = [f"the elements {_listed(elements)}"] if elements else []
    parts += [f"the attributes {_listed(f'{name} of {element}' for element, name in left)}"] if left else []
    parts += ["comments"] if comments else []
    parts += [f"a tag that does not end, with all that follows: {_listed([tag[0]])}"] if tag else []
    if not parts:
        return "held tags that do not fit together"
    links = ". Links lead to http, https, mailto, tel or a path of this site" if ("a", "href") in left else ""
    return f"held what is not allowed: {'; '.join(parts)}{links}"


def _listed(names: Iterable[str]) -> str:
    """The first names, each of a length that can be read."""
    shown = [ascii(name)[1:-1][:NAME_LENGTH] for name in names]
    more = f" and {len(shown) - MOST_NAMES} more" if len(shown) > MOST_NAMES else ""
    return ", ".join(shown[:MOST_NAMES]) + more


def _written_tags(fragment: str) -> list[tuple[str, list[str]]]:
    """The names of all tags, each with the names of its attributes."""
    return [
        (name.lower(), [attribute.lower() for attribute in _WRITTEN_ATTRIBUTE.findall(rest)])
        for name, rest in _WRITTEN_TAG.findall(fragment)
    ]
