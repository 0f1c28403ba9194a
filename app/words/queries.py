"""The query language: what somebody typed, parsed into a small tree. Knows no index.

    tram bridge            both words, in any order and form
    "tram bridge"          the words of the phrase one after the other, in any form
    -bridge                not this word; also before a phrase or a field
    tram OR ferry bus      (tram or ferry) and bus
    riv*                   words, or lemmas of them, that begin so
    headline:tram          in the headline; source:wire: of a source with this word in its names

Punctuation between words means nothing. What it joins without blanks stands together: example.com is a phrase.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from app.words.analysis import asked_keys
from app.words.spelling import normalised
from app.words.tokens import Token, outermost, tokens

FIELDS: Final = ("headline", "source")
LONGEST_QUERY: Final = 400
MOST_WORDS: Final = 20
SHORTEST_PREFIX: Final = 3

OR: Final = "OR"
# What closes a phrase, by what opens it.
_CLOSING: Final = {'"': '"', "«": "»", "“": "”", "„": "“”"}
_STRAY: Final = "»”"
_QUOTES: Final = "".join(_CLOSING) + _STRAY
_CHUNK: Final = re.compile(rf"[^\s{_QUOTES}]+")
_FIELD: Final = re.compile(r"([^\W\d_]+):(?=(\S?))")


class QueryError(ValueError):
    """A query that is broken: what is wrong, what would be right, and where, as an offset in code points."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(f"{message} (at character {offset + 1})")
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words one after the other, often just one: each by the keys of which it has any. `field` None: in any text."""

    words: tuple[frozenset[str], ...]
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Prefix:
    """A word that has a key with one of these beginnings."""

    beginnings: tuple[str, ...]
    field: str | None = None


Term = Phrase | Prefix


@dataclass(frozen=True, slots=True)
class Query:
    """Of each of the alternatives in `required` one, and none of `excluded`. `required` is never empty."""

    required: tuple[tuple[Term, ...], ...]
    excluded: tuple[Term, ...] = ()


class _Clause(NamedTuple):
    """A term of the query, or OR (`term` None), and where it begins."""

    term: Term | None
    is_excluded: bool
    start: int


def parse(text: str) -> Query:
    """Cost: linear. Raises: QueryError."""
    if len(text) > LONGEST_QUERY:
        raise QueryError(f"A query has at most {LONGEST_QUERY} characters; this one has {len(text)}", LONGEST_QUERY)
    required: list[list[Term]] = []
    excluded: list[Term] = []
    pending_or: int | None = None  # where the OR stands that has no word behind it yet
    after_term = False  # whether a required term stands before, which OR can join
    for term, is_excluded, start in _clauses(text):
        if term is None:
            if not after_term:
                raise QueryError("OR stands between two words that are looked for; there is none before it", start)
            pending_or, after_term = start, False
        elif is_excluded:
            if pending_or is not None:
                raise QueryError("OR stands between two words that are looked for; -word excludes", start)
            excluded.append(term)
            after_term = False
        elif pending_or is not None:
            required[-1].append(term)
            pending_or, after_term = None, True
        else:
            required.append([term])
            after_term = True
    if pending_or is not None:
        raise QueryError("OR stands between two words that are looked for; there is none behind it", pending_or)
    if not required:
        wanted = "a word that is looked for beside those that are excluded" if excluded else "a word"
        raise QueryError(f"A query needs {wanted}", 0)
    return Query(tuple(map(tuple, required)), tuple(excluded))


def _clauses(text: str) -> Iterator[_Clause]:
    place = words = 0
    while (place := _after_blanks(text, place)) < len(text):
        start = place
        if (chunk := _CHUNK.match(text, place)) and chunk[0] == OR:
            place = chunk.end()
            yield _Clause(None, False, start)
            continue
        is_excluded = text[place] == "-" and not _is_blank(text, place + 1)
        place += is_excluded
        field, place = _field(text, place)
        term, place = _term(text, place, field)
        if term is None:
            if is_excluded or field:
                raise QueryError("A word or a phrase must follow here", place)
            continue
        words += len(term.words) if isinstance(term, Phrase) else 1
        if words > MOST_WORDS:
            raise QueryError(f"A query has at most {MOST_WORDS} words", start)
        yield _Clause(term, is_excluded, start)


def _after_blanks(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place


def _is_blank(text: str, place: int) -> bool:
    return place >= len(text) or text[place].isspace()


def _field(text: str, place: int) -> tuple[str | None, int]:
    """The field that begins here and the place behind its colon, if one does. A colon before a blank is punctuation."""
    match = _FIELD.match(text, place)
    if match is None:
        return None, place
    name, following = match[1].lower(), match[2]
    if name in FIELDS:
        return name, match.end()
    if following.isspace() or not following:
        return None, place
    known = " and ".join(f"{field}:" for field in FIELDS)
    raise QueryError(f"There is no field {match[1]!r}: the fields are {known}; quotes make it a phrase", place)


def _term(text: str, place: int, field: str | None) -> tuple[Term | None, int]:
    """The term that begins here, and the place behind it. None for punctuation."""
    if place < len(text) and text[place] in _CLOSING:
        return _phrase(text, place, field)
    if place < len(text) and text[place] in _STRAY:
        raise QueryError("This quote closes no phrase", place)
    chunk = _CHUNK.match(text, place)
    if chunk is None:
        return None, place
    if field and chunk[0].startswith("-"):
        raise QueryError(f"To exclude words of a field, write -{field}:word", place)
    if "*" in chunk[0]:
        return _prefix(chunk[0], place, field), chunk.end()
    words = outermost(tokens(chunk[0]))
    if not words:
        _check_punctuation(chunk[0], place)
        return None, chunk.end() if field is None else place
    return Phrase(_asked(words), field), chunk.end()


def _phrase(text: str, place: int, field: str | None) -> tuple[Phrase, int]:
    closing = _CLOSING[text[place]]
    end = next((end for end in range(place + 1, len(text)) if text[end] in closing), None)
    if end is None:
        raise QueryError(f"The phrase that begins here has no closing {closing[0]}", place)
    inside = text[place + 1 : end]
    if "*" in inside:
        raise QueryError("A phrase has whole words: * stands behind a single word", place + 1 + inside.index("*"))
    words = outermost(tokens(inside))
    if not words:
        raise QueryError("This phrase has no word", place)
    return Phrase(_asked(words), field), end + 1


def _asked(words: list[Token]) -> tuple[frozenset[str], ...]:
    return tuple(asked_keys(word.text) for word in words)


def _prefix(chunk: str, place: int, field: str | None) -> Prefix:
    beginning = chunk.removesuffix("*")
    if "*" in beginning or not chunk.endswith("*"):
        raise QueryError("* stands at the end of a word", place + chunk.index("*"))
    written = next((token.text for token in tokens(beginning)), "")
    if written != beginning:
        raise QueryError("* stands behind a single word, without punctuation", place)
    key = normalised(written).casefold()
    if len(key) < SHORTEST_PREFIX:
        raise QueryError(f"At least {SHORTEST_PREFIX} letters stand before *", place)
    return Prefix(tuple(dict.fromkeys([key, key.replace("ґ", "г")])), field)


def _check_punctuation(chunk: str, place: int) -> None:
    """Raises: QueryError, where the chunk has something else: it would be looked for, but is no word."""
    for offset, character in enumerate(chunk):
        if not unicodedata.category(character).startswith("P"):
            raise QueryError("Only words of letters and digits can be found; there is none here", place + offset)
