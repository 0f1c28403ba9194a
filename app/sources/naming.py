"""Which tags and sources a query means: by words behind `source:`, or by a label, a name or an alias as a whole."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from pydantic_core import from_json

from app.changes.slug_lists import SlugListRequest, slug_list
from app.changes.views import EVERYONE, Perspective
from app.db import Reader
from app.errors import Fault, Invalid
from app.index.asking import parsed_query
from app.index.keys import MARKS, AllOf, AnyOf, Condition, HasKey, IndexedTexts, bearing, condition_of
from app.index.marks import SOURCE, TAG, length_mark, same_as_mark
from app.index.objects import FoundObject, newest_objects
from app.sources.store import searched_texts as source_texts
from app.tags.store import searched_texts as tag_texts
from app.words.analysis import analyse, written_keys
from app.words.beginnings import typed_words
from app.words.matching import matches
from app.words.queries import Phrase, Query, Term

# By one word a query names no more sources.
MOST_SOURCES: Final = 100
# So many tags, and so many sources, are looked at that have the words of a query for a name.
MOST_NAMED: Final = 50
# A name of more words is found as a whole in quotes alone.
LONGEST_NAME: Final = 4
# Of so many tags, and of so many sources, the words are known by which mistyped ones are corrected.
PUBLIC_NAMES: Final = 500
# The lists that decide what a query means, besides those in which it seeks: as purge keys of its answers.
SOURCE_LIST: Final = "sources"
NAMED_LISTS: Final = (SOURCE_LIST, "tags")
_MARK: Final = {"source": SOURCE, "tag": TAG}


async def query_with_sources(read: Reader, perspective: Perspective, text: str) -> Query:
    """The query of `q=` in which words behind `source:` stand for the sources with such names.

    Answers depend on SOURCE_LIST too. Raises: Invalid, Unavailable; see `parsed_query` and `with_source_slugs`.
    """
    return await with_source_slugs(read, perspective, await parsed_query(read, text))


async def query_with_names(read: Reader, perspective: Perspective, text: str) -> Query:
    """As `query_with_sources`; a tag or source that the query names is an alternative to the words of its name.

    Answers depend on NAMED_LISTS too. Raises: Invalid, Unavailable; see `query_with_sources`.
    """
    return await with_names(read, perspective, await query_with_sources(read, perspective, text))


async def public_names(read: Reader) -> list[str]:
    """The names of the PUBLIC_NAMES tags and sources each that changed last. Cost: two statements."""
    request = SlugListRequest(PUBLIC_NAMES, None, by_slug=False, ids=(), counted=False)
    tags = (await slug_list(read, EVERYONE, "tag", request)).items
    sources = (await slug_list(read, EVERYONE, "source", request)).items
    texts = [*(tag_texts(from_json(card)) for card in tags), *(source_texts(from_json(card)) for card in sources)]
    return [name for each in texts for name in each.fields["headline"]]


# --- words behind `source:` --------------------------------------------------------------------------------------


async def with_source_slugs(read: Reader, perspective: Perspective, query: Query) -> Query:
    """The query with the slugs of those sources that this perspective sees, where it has words of their names.

    Cost: one statement for each such word. Raises: Invalid, where a word is in the names of too many sources.
    """
    required = [
        [await _with_slugs(read, perspective, term) for term in alternatives] for alternatives in query.required
    ]
    excluded = [await _with_slugs(read, perspective, term) for term in query.excluded]
    return Query(tuple(map(tuple, required)), tuple(excluded))


async def _with_slugs(read: Reader, perspective: Perspective, term: Term) -> Term:
    if term.field != "source":
        return term
    by_name = Query(((replace(term, field="headline"),),))
    sources = await newest_objects(read, perspective, ["source"], condition_of(by_name), MOST_SOURCES + 1)
    if len(sources) > MOST_SOURCES:
        detail = f"has a word behind source: that stands in the names of more than {MOST_SOURCES} sources"
        raise Invalid(f"Parameter 'q' {detail}.", Fault(detail, "too-many", parameter="q"))
    slugs = [source.slug for source in sources if matches(by_name, _analysed_names(source))]
    # A mark without a slug is that of no source, so a term without sources finds nothing.
    return bearing(SOURCE + slug for slug in slugs or [""])


def _analysed_names(source: FoundObject) -> dict[str, list[Any]]:
    return {"headline": [analyse(name) for name in _texts(source).fields["headline"]]}


# --- names as a whole --------------------------------------------------------------------------------------------


class _Run(NamedTuple):
    """The keys of each of some words of a query that stand in a row, and may be a name.

    `first` and `last` are the places in `Query.required` to which a tag or source with this name is an alternative.
    """

    words: tuple[frozenset[str], ...]
    first: int
    last: int


async def with_names(read: Reader, perspective: Perspective, query: Query) -> Query:
    """The query with the tags and sources that it names as alternatives to the words of their names.

    What is the same as a named tag (`same_as`) is named too. What a query excludes is excluded by its words alone.
    Order: tags and sources beyond the newest MOST_NAMED with the words of a name are not looked at.
    Cost: two statements, and one more where a named tag is the same as something.
    """
    runs = [*_runs(query)]
    if not runs:
        return query
    condition = AnyOf(tuple(map(_name_condition, runs)))
    objects = await newest_objects(read, perspective, ["tag", "source"], condition, MOST_NAMED)
    marks_by_run = {run: {_mark(each) for each in objects if _has_whole_name(each, run)} for run in runs}
    named = [each for each in objects if any(_has_whole_name(each, run) for run in runs)]
    same = await _same_tags(read, perspective, named)
    required = [[*alternatives] for alternatives in query.required]
    for run, marks in marks_by_run.items():
        marks |= {mark for other in marks for mark in same.get(other, ())}
        if marks:
            for place in range(run.first, run.last + 1):
                required[place].append(bearing(marks))
    return Query(tuple(map(tuple, required)), query.excluded)


async def objects_named(read: Reader, perspective: Perspective, query: Query) -> set[str]:
    """Ids of the tags and sources that the query names, if it is a whole name. Cost: two statements or none."""
    words: list[frozenset[str]] = []
    for alternatives in query.required:
        term = alternatives[0]
        if len(alternatives) > 1 or term.field is not None or not isinstance(term, Phrase):
            return set()
        words += term.words
    run = _Run(tuple(words), 0, len(query.required))
    objects = await newest_objects(read, perspective, ["tag", "source"], _name_condition(run), MOST_NAMED)
    return {named.object for named in objects if _has_whole_name(named, run)}


def _runs(query: Query) -> Iterator[_Run]:
    for place, alternatives in enumerate(query.required):
        for term in alternatives:
            if isinstance(term, Phrase) and term.field is None:
                yield _Run(term.words, place, place)
    for first in range(len(query.required)):
        words: tuple[frozenset[str], ...] = ()
        for last in range(first, min(first + LONGEST_NAME, len(query.required))):
            word = _single_word(query.required[last])
            if word is None:
                break
            words = (*words, word)
            if last > first:
                yield _Run(words, first, last)


def _single_word(alternatives: Sequence[Term]) -> frozenset[str] | None:
    """The keys of a word that has no alternative and no field."""
    term = alternatives[0]
    is_word = len(alternatives) == 1 and isinstance(term, Phrase) and len(term.words) == 1 and term.field is None
    return term.words[0] if is_word and isinstance(term, Phrase) else None


def _name_condition(run: _Run) -> Condition:
    words = (AnyOf(tuple(HasKey(key, "headline") for key in sorted(keys))) for keys in run.words)
    return AllOf((HasKey(length_mark(len(run.words)), MARKS), *words))


def _has_whole_name(named: FoundObject, run: _Run) -> bool:
    """Whether a whole name of the tag or source has these words in this order."""
    return any(
        len(words) == len(run.words)
        and all(not keys.isdisjoint(written_keys(word)) for keys, word in zip(run.words, words, strict=True))
        for words in map(typed_words, _texts(named).fields["headline"])
    )


async def _same_tags(read: Reader, perspective: Perspective, named: Sequence[FoundObject]) -> dict[str, set[str]]:
    """By the mark of each named tag, the marks of tags that are the same as it."""
    addresses = {_mark(each): {*from_json(each.card)["same_as"]} for each in named if each.noun == "tag"}
    wanted = sorted({same_as_mark(address) for of_tag in addresses.values() for address in of_tag})
    if not wanted:
        return {}
    condition = AnyOf(tuple(HasKey(mark, MARKS) for mark in wanted))
    others = await newest_objects(read, perspective, ["tag"], condition, MOST_NAMED)
    of_others = {_mark(other): {*from_json(other.card)["same_as"]} for other in others}
    return {
        mark: {other for other, shared in of_others.items() if not shared.isdisjoint(of_tag)}
        for mark, of_tag in addresses.items()
    }


def _texts(named: FoundObject) -> IndexedTexts:
    return (tag_texts if named.noun == "tag" else source_texts)(from_json(named.card))


def _mark(named: FoundObject) -> str:
    return _MARK[named.noun] + named.slug
