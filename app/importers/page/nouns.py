"""Nouns that tell what a name is (posts, heads of organisations, first names), and names back in the nominative."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from app.importers.page import cases
from app.importers.page.text import low
from app.importers.page.words import words

_TOKEN: Final = re.compile(r"[^\W_]+(?:['’ʼ.\-][^\W_]+)*(?:['’](?=\s))?")
_JOINT: Final = re.compile(r"[.-]")
POSSESSIVE: Final = re.compile(r"(?:['’]s|s['’])$")
_CYRILLIC: Final = re.compile(r"[\u0400-\u04ff]")
_SYNONYMS: Final = ({"headquarters", "staff"},)


class Token(NamedTuple):
    """One word of a phrase, as written and in lower case, and where it stands."""

    text: str
    low: str
    start: int
    end: int
    capital: bool


@dataclass(frozen=True)
class _Tables:
    roles: dict[str, str]
    names: dict[str, str]
    heads: dict[str, str]
    media: dict[str, str]


@lru_cache(maxsize=1)
def tables() -> _Tables:
    known = words()
    return _Tables(*(cases.table(sorted(one)) for one in (known.roles, known.names, known.heads, known.media)))


def tokens_of(phrase: str) -> list[Token]:
    return [
        Token(found[0], low(found[0]), found.start(), found.end(), found[0][0].isupper())
        for found in _TOKEN.finditer(phrase)
    ]


def plain(token: Token) -> str:
    """The word in lower case without an English possessive ending."""
    if "'" not in token.low:
        return token.low
    return low(POSSESSIVE.sub(lambda found: found[0][:-2] if found[0][0] in "'’" else "s", token.text))


@lru_cache(maxsize=16_384)
def role_of(word: str) -> str | None:
    """The nominative of a word for what people do; None for other words."""
    word = low(word)
    found = tables().roles.get(word)
    if found is None and "-" in word:
        found = tables().roles.get(word.rsplit("-", 1)[1]) or tables().roles.get(word.split("-", 1)[0])
        return word if found else None
    if found is None and word.endswith("s") and word[:-1] in words().roles:
        return None
    return found


@lru_cache(maxsize=16_384)
def head_of(word: str) -> str | None:
    """The nominative of a word that heads names of organisations."""
    return tables().heads.get(low(word))


@lru_cache(maxsize=1)
def _press() -> re.Pattern[str]:
    return re.compile(words().pattern("attribution", "press"))


def is_media(phrase: str) -> bool:
    """Whether a name is an outlet's or an agency's; a press office is none."""
    table = tables().media
    phrase = _press().sub("", low(phrase)) if "ress" in phrase else phrase
    joined = tuple(words().all("organisations", "media_endings"))
    return any(
        part in table or (part.endswith(joined) and len(part) > 6)
        for token in tokens_of(phrase)
        for part in (plain(token), *_JOINT.split(token.low))
    )


@lru_cache(maxsize=16_384)
def first_name(word: str) -> str | None:
    """The nominative of a first name we know, in lower case."""
    return tables().names.get(low(word))


def inflected(text: str) -> bool:
    """Whether a text is in Cyrillic letters, whose languages turn the ends of words."""
    return _CYRILLIC.search(text) is not None


@lru_cache(maxsize=4_096)
def compound(word: str) -> str | None:
    """The nominative of a word that ends in a head of names: «держводагентства»; None for other words."""
    for start in range(2, len(word) - 3):
        if (head := tables().heads.get(word[start:])) is not None and len(head) > 3:
            return word[:start] + head
    return None


def nominative(phrase: str) -> str:
    """A name of an organisation in any case, in the nominative: its head and the adjectives before it are turned."""
    if not inflected(phrase):
        return phrase
    tokens = tokens_of(phrase)
    place = next((i for i, token in enumerate(tokens) if head_of(token.text)), None)
    if place is None:
        table = tables().media
        place = next((i for i, token in enumerate(tokens) if token.low in table), None)
        found = table[tokens[place].low] if place is not None else None
    else:
        found = head_of(tokens[place].text)
    if place is None or found is None:
        return _by_ending(phrase, tokens)
    out, end = "", 0
    for index, token in enumerate(tokens[: place + 1]):
        out += phrase[end : token.start]
        end = token.end
        if index == place:
            out += _in_case(found, token.text)
        else:
            out += cases.adjective(token.text, cases.gender(found))
    return out + phrase[end:]


def _in_case(word: str, like: str) -> str:
    """The word with the capitals and the form of apostrophe of another."""
    for mark in "’ʼ":
        if mark in like:
            word = word.replace("'", mark)
    if like.isupper() and len(like) > 1:
        return word.upper() if low(like) == word else like
    return word[0].upper() + word[1:] if like[0].isupper() else word


def _by_ending(phrase: str, tokens: list[Token]) -> str:
    """One capitalised word that ends in a head of names: «Укргідрометцентру»."""
    if len(tokens) != 1 or tokens[0].text.isupper() or (found := compound(tokens[0].low)) is None:
        return phrase
    return _in_case(found, phrase)


@lru_cache(maxsize=1_024)
def _plain_words(name: str) -> tuple[str, ...]:
    """The words of a name without case and possessive endings; the names of a page are compared again and again."""
    return tuple(plain(token) for token in tokens_of(name))


def same_name(one: str, other: str) -> bool:
    """Whether two names are one, save for case forms, articles and marks."""
    first, second = _plain_words(one), _plain_words(other)
    return len(first) == len(second) and bool(first) and all(map(_same_word, first, second))


def _same_word(one: str, other: str) -> bool:
    return cases.same(one, other) or any({one, other} <= group for group in _SYNONYMS)


def within(part: str, whole: str) -> bool:
    """Whether every word of one name stands in another, in any case form."""
    inner, outer = _plain_words(part), _plain_words(whole)
    return bool(inner) and all(any(_same_word(a, b) for b in outer) for a in inner)
