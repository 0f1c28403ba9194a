"""What the index holds of a text, and what it is asked: keys by column, and conditions on them. Knows no database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from app.words.analysis import text_keys
from app.words.queries import Phrase, Prefix, Query, Term

# Texts of an object by field, from the most to the least telling one. A field may have several.
TextField = Literal["headline", "standfirst", "quotes", "body"]
TEXT_FIELDS: Final[tuple[TextField, ...]] = ("headline", "standfirst", "quotes", "body")
# The column that names sources instead of words, and how its keys begin: no key of a word has a colon.
SOURCES: Final = "sources"
SOURCE: Final = "s:"
COLUMNS: Final = (*TEXT_FIELDS, SOURCES)
# A row of keys must not exceed a megabyte on PostgreSQL. No story comes near it; of what does, the end is not found.
MOST_BYTES: Final = 500_000


@dataclass(frozen=True, slots=True)
class IndexedTexts:
    """What an object is found by: plain texts by field, and the slugs of its sources."""

    fields: Mapping[TextField, Sequence[str]]
    sources: Sequence[str] = field(default=())


# The keys of each of COLUMNS, sorted, with blanks between them. A key stands in the first column that has it.
Keys = tuple[str, ...]


def keys_of(texts: IndexedTexts) -> Keys:
    """Cost: half a millisecond for a story of 600 words, more where many of them are new to the process."""
    taken: set[str] = set()
    columns: list[str] = []
    free = MOST_BYTES
    for name in TEXT_FIELDS:
        keys = {key for text in texts.fields.get(name, ()) for key in text_keys(text)} - taken
        column = " ".join(sorted(keys))
        if len(column.encode()) > free:
            column = _cut(keys, free)
        free -= len(column.encode())
        taken |= keys
        columns.append(column)
    return (*columns, " ".join(sorted({SOURCE + slug for slug in texts.sources})))


def _cut(keys: Iterable[str], most_bytes: int) -> str:
    kept: list[str] = []
    for key in sorted(keys):
        most_bytes -= len(key.encode()) + 1
        if most_bytes < 0:
            break
        kept.append(key)
    return " ".join(kept)


# --- conditions --------------------------------------------------------------------------------------------------


class HasKey(NamedTuple):
    """Entries that have the key, or one that begins so, in this column; None: in any."""

    key: str
    column: str | None = None
    is_prefix: bool = False


class AnyOf(NamedTuple):
    """Entries that meet one of the conditions."""

    conditions: tuple["Condition", ...]


class AllOf(NamedTuple):
    """Entries that meet all of the conditions and none of the others."""

    conditions: tuple["Condition", ...]
    none_of: tuple["Condition", ...] = ()


Condition = HasKey | AnyOf | AllOf


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
    column = SOURCES if term.field == "source" else term.field
    if isinstance(term, Prefix):
        return AnyOf(tuple(HasKey(beginning, column, is_prefix=True) for beginning in term.beginnings))
    words = [AnyOf(tuple(HasKey(key, column) for key in sorted(keys))) for keys in term.words]
    return AllOf(tuple(words))
