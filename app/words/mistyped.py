"""Corrects mistyped words of a query: each becomes the nearest word of given texts."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from app.words.analysis import asked_keys, written_keys
from app.words.queries import OR
from app.words.spelling import normalised
from app.words.tokens import Token, outermost, token_texts, tokens

# Shorter words have too many neighbours; longer ones may be mistyped twice.
SHORTEST: Final = 4
TWO_MISTAKES_FROM: Final = 7
LONGEST: Final = 40


def corrected(query: str, texts: Iterable[str]) -> str | None:
    """The query with the nearest word of the texts in the place of each word that none of them has.

    None where no word has a near one. Words that are excluded, begun (`riv*`) or the name of a field stay as they are.
    Of words that are equally near the one in most texts is taken, then the first by letters.
    Cost: linear in the texts, some µs for each word of them, and one more for each mistyped word.
    """
    counts: Counter[str] = Counter()
    for written, count in Counter(word for text in texts for word in token_texts(text)).items():
        counts[_plain(written)] += count
    pieces: list[str] = []
    end = 0
    for token in _sought(query):
        nearest = _nearest(token.text, counts)
        if nearest is not None:
            pieces += [query[end : token.start], nearest.capitalize() if token.text[0].isupper() else nearest]
            end = token.end
    return "".join([*pieces, query[end:]]) if pieces else None


def _sought(query: str) -> Iterator[Token]:
    """Words of the query that texts must have, and that are long enough to be taken for others."""
    for token in outermost(tokens(query)):
        is_excluded = query[: token.start].endswith("-")
        is_begun_or_field = query[token.end : token.end + 1] in {"*", ":"}
        is_word = token.text.isalpha() and SHORTEST <= len(token.text) <= LONGEST and token.text != OR
        if is_word and not is_excluded and not is_begun_or_field:
            yield token


def _plain(word: str) -> str:
    return normalised(word).lower()


def _nearest(written: str, counts: Mapping[str, int]) -> str | None:
    """The word of the texts that is nearest to this one. None if they have it, in whatever form, or none is near."""
    word = _plain(written)
    if word in counts:
        return None
    most = 2 if len(word) >= TWO_MISTAKES_FROM else 1
    letters = {*word}
    near = [
        (distance, -count, other)
        for other, count in counts.items()
        if abs(len(other) - len(word)) <= most and len(letters.difference(other)) <= most
        if (distance := _distance(word, other, most)) <= most
    ]
    if not near:
        return None
    keys = asked_keys(written)
    is_known = any(not keys.isdisjoint(written_keys(other)) for _, _, other in near)
    return None if is_known else min(near)[2]


def _distance(one: str, other: str, most: int) -> int:
    """The number of letters to insert, delete, replace or swap with a neighbour. Counts no further than `most` + 1.

    Source: optimal string alignment distance.
    """
    before: list[int] = []
    row: list[int] = [*range(len(other) + 1)]
    for place, letter in enumerate(one, 1):
        following = [place]
        for column, against in enumerate(other, 1):
            distance = min(row[column] + 1, following[-1] + 1, row[column - 1] + (letter != against))
            is_swapped = place > 1 and column > 1 and letter == other[column - 2] and one[place - 2] == against
            following.append(min(distance, before[column - 2] + 1) if is_swapped else distance)
        if min(following) > most:
            return most + 1
        before, row = row, following
    return row[-1]
