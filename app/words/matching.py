"""Whether texts answer a query, and which of their words do. What an index finds must be the same."""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Final, NamedTuple

from app.words.analysis import Word, chunk_keys, written_keys
from app.words.met import MetChunks
from app.words.queries import Phrase, Prefix, Query, Term
from app.words.tokens import chunks, token_texts, tokens

# Fields whose words are sought by the name of the field alone.
SOUGHT_BY_NAME: Final = frozenset({"source"})
# The analysed texts of each field: a field may have several, and no phrase goes from one to the next.
Texts = Mapping[str, Sequence[Sequence[Word]]]
_MET: Final = MetChunks()


class Range(NamedTuple):
    """A stretch of a text, in code points."""

    start: int
    end: int


class Finder:
    """Finds in many texts the words that a query looks for."""

    def __init__(self, query: Query) -> None:
        self.query = query
        terms = [*(term for alternatives in query.required for term in alternatives), *query.excluded]
        self._phrases = [term.words for term in terms if isinstance(term, Phrase)]
        self._keys = {key for words in self._phrases for keys in words for key in keys}
        self._beginnings = tuple(
            beginning for term in terms if isinstance(term, Prefix) for beginning in term.beginnings
        )
        # Only then it matters that blanks may stand within a number.
        self._seeks_numbers = any(key[0].isdecimal() for key in (*self._keys, *self._beginnings))
        # The chunks with sought words, of all that were met when the version was this.
        self._chunks: set[str] = set()
        self._version = -1

    def words(self, text: str) -> list[Word]:
        """Of the words of a text those that the query looks for or excludes, which do for matching and highlighting.
        None of a text that lacks a word of each of its phrases.

        Cost: linear; for a text of which it returns none a twentieth of that of `analyse`.
        """
        of_text = chunks(text) if self._seeks_numbers else {*text.split()}
        _MET.meet(of_text)
        if self._version != _MET.version:
            self._version = _MET.version
            self._chunks = _MET.having(self._keys, self._beginnings)
        sought = self._chunks & of_text
        if not sought or not self._may_answer(sought):
            return []
        wanted = {word for chunk in sought for word in token_texts(chunk) if self._is_sought(written_keys(word))}
        return [
            Word(token.start, token.end, token.position, token.width, written_keys(token.text))
            for token in tokens(text, wanted)
        ]

    def _may_answer(self, sought: set[str]) -> bool:
        """Whether a text with these of the sought chunks may have one of the terms."""
        keys = set().union(*map(chunk_keys, sought))
        if any(not any(map(keys.isdisjoint, words)) for words in self._phrases):
            return True
        return self._is_begun(keys)

    def _is_sought(self, keys: Set[str]) -> bool:
        return not self._keys.isdisjoint(keys) or self._is_begun(keys)

    def _is_begun(self, keys: Set[str]) -> bool:
        """Whether one of the keys has a beginning that is sought."""
        return bool(self._beginnings) and any(key.startswith(self._beginnings) for key in keys)


def matches(query: Query, texts: Texts) -> bool:
    """Cost: linear in the words of the texts, times the words of the query."""
    required = all(any(_is_in(term, texts) for term in alternatives) for alternatives in query.required)
    return required and not any(_is_in(term, texts) for term in query.excluded)


def highlights(query: Query, field: str, words: Sequence[Word]) -> list[Range]:
    """What to highlight in a text of this field: the words and phrases that the query looks for.

    Order: by place. They do not overlap. Nothing for what the query excludes.
    """
    terms = (term for alternatives in query.required for term in alternatives if _is_sought_in(term, field))
    ranges: list[Range] = []
    for start, end in sorted(found for term in terms for found in _found(term, words)):
        if ranges and start < ranges[-1].end:
            ranges[-1] = Range(ranges[-1].start, max(end, ranges[-1].end))
        else:
            ranges.append(Range(start, end))
    return ranges


def _is_in(term: Term, texts: Texts) -> bool:
    return any(
        next(_found(term, words), None) is not None
        for field, of_field in texts.items()
        if _is_sought_in(term, field)
        for words in of_field
    )


def _is_sought_in(term: Term, field: str) -> bool:
    return field not in SOUGHT_BY_NAME if term.field is None else field == term.field


def _found(term: Term, words: Sequence[Word]) -> Iterator[Range]:
    if isinstance(term, Prefix):
        for word in words:
            if any(key.startswith(term.beginnings) for key in word.keys):
                yield Range(word.start, word.end)
        return
    first, *others = term.words
    by_position: dict[int, list[Word]] = {}
    if others:
        for word in words:
            by_position.setdefault(word.position, []).append(word)
    for word in words:
        if not first.isdisjoint(word.keys):
            end = _end_of_phrase(word, others, by_position)
            if end is not None:
                yield Range(word.start, end)


def _end_of_phrase(word: Word, others: list[frozenset[str]], by_position: Mapping[int, list[Word]]) -> int | None:
    """Where the phrase ends whose first word this is; None where the others do not follow."""
    ends = {word.position + word.width: word.end}  # by the position at which the next word must stand
    for keys in others:
        following = [each for position in ends for each in by_position.get(position, ())]
        ends = {each.position + each.width: each.end for each in following if not keys.isdisjoint(each.keys)}
    return max(ends.values(), default=None)
