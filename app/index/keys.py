"""What the index holds of a text, and what it is asked: keys, and conditions on them. Knows no database."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from app.changes.models import Noun
from app.index.marks import BEGINNING, noun_mark
from app.words.analysis import text_keys
from app.words.beginnings import beginnings
from app.words.queries import Phrase, Prefix, Query, Term

# Texts of an object by field, from the most to the least telling one. A field may have several.
TextField = Literal["headline", "standfirst", "quotes", "body"]
TEXT_FIELDS: Final[tuple[TextField, ...]] = ("headline", "standfirst", "quotes", "body")
# The column of the keys that are not words: see `marks`.
MARKS: Final = "marks"
# How keys begin that tell in which field a word stands. No key of a word has a colon.
_BEFORE_KEYS: Final = {"headline": "h:", "standfirst": "t:", "quotes": "q:", MARKS: ""}
# The keys of an entry must not exceed a megabyte on PostgreSQL. No story comes near it; of what does, the end is not
# found.
MOST_BYTES: Final = 500_000
_MOST_UTF8_BYTES: Final = 4  # of a character
_COMPRESSION: Final = 3  # half of the time that zlib takes by default, for a fifteenth more bytes


@dataclass(frozen=True, slots=True)
class IndexedTexts:
    """What an object is found by: plain texts by field, and its `marks`."""

    fields: Mapping[TextField, Sequence[str]]
    marks: Sequence[str] = field(default=())


def packed_keys(texts: IndexedTexts) -> bytes:
    """The keys of an entry, compressed: plain data that another process can make. Cost: see `keys_of`."""
    return zlib.compress(keys_of(texts).encode(), _COMPRESSION)


def unpacked(keys: bytes) -> str:
    """Cost: a twentieth of a millisecond for a story."""
    return zlib.decompress(keys).decode()


def keys_of(texts: IndexedTexts) -> str:
    """All keys of an entry, with blanks between them: its marks, and those of its words.

    The key of a word stands there as it is, and once more behind the sign of the most telling field that has the word.
    Cost: half a millisecond for a story of 600 words, more where many of them are new to the process.
    """
    begun = {BEGINNING + letters for text in texts.fields.get("headline", ()) for letters in beginnings(text)}
    keys = sorted({*texts.marks, *begun})
    taken: set[str] = set()
    for name in TEXT_FIELDS:
        of_field = sorted(text_keys(texts.fields.get(name, ())) - taken)
        taken.update(of_field)
        keys += of_field
        if before := _BEFORE_KEYS.get(name):
            keys += [before + key for key in of_field]
    joined = " ".join(keys)
    if len(joined) * _MOST_UTF8_BYTES > MOST_BYTES and len(encoded := joined.encode()) > MOST_BYTES:
        joined = encoded[:MOST_BYTES].decode(errors="ignore").rpartition(" ")[0]
    return joined


# --- conditions --------------------------------------------------------------------------------------------------


class HasKey(NamedTuple):
    """Entries that have the key, or one that begins so, in this column; None: in any."""

    key: str
    column: str | None = None
    is_prefix: bool = False

    @property
    def marked_key(self) -> str:
        """As it stands in the index."""
        return self.key if self.column is None else _BEFORE_KEYS[self.column] + self.key


class AnyOf(NamedTuple):
    """Entries that meet one of the conditions."""

    conditions: tuple["Condition", ...]


class AllOf(NamedTuple):
    """Entries that meet all of the conditions and none of the others."""

    conditions: tuple["Condition", ...]
    none_of: tuple["Condition", ...] = ()


Condition = HasKey | AnyOf | AllOf


def of_noun(noun: Noun, condition: Condition) -> Condition:
    """The condition, for objects of this noun alone. Without it PostgreSQL reads all articles with the same words."""
    return condition if noun == "article" else AllOf((HasKey(noun_mark(noun), MARKS), condition))


def bearing(marks: Iterable[str]) -> Phrase:
    """A term of a query that objects with any of these marks answer."""
    return Phrase((frozenset(marks),), "source")


def condition_of(query: Query) -> AllOf:
    """What entries must meet to answer the query. Of phrases that their words are there, in whatever order."""
    required = tuple(AnyOf(tuple(map(_term, alternatives))) for alternatives in query.required)
    # An excluded phrase excludes only those that have its words in this order, which the keys do not tell.
    excluded = tuple(_term(term) for term in query.excluded if not is_phrase(term))
    return AllOf(required, excluded)


def is_phrase(term: Term) -> bool:
    """Whether the keys alone do not tell if a text has this term: its words must stand in a row."""
    return isinstance(term, Phrase) and len(term.words) > 1


def has_phrases(query: Query) -> bool:
    """Whether texts must be read to know if they answer the query."""
    return any(map(is_phrase, (*(term for terms in query.required for term in terms), *query.excluded)))


def _term(term: Term) -> Condition:
    column = MARKS if term.field == "source" else term.field
    if isinstance(term, Prefix):
        return AnyOf(tuple(HasKey(beginning, column, is_prefix=True) for beginning in term.beginnings))
    words = [AnyOf(tuple(HasKey(key, column) for key in sorted(keys))) for keys in term.words]
    return AllOf(tuple(words))
