"""Checks the texts of an object against a query, where the keys in the index are not enough: for phrases above all."""

from typing import Final

from app.index.keys import IndexedTexts
from app.words.analysis import Word
from app.words.matching import Finder, matches

# At most so many objects with all words of a phrase are read to count, rank or list them.
CHECKED_AT_MOST: Final = 200
# For one page they are read until their JSON is so long: some 50 stories of 300 words, 20 ms.
CHECKED_CHARACTERS: Final = 200_000


def answers(finder: Finder, texts: IndexedTexts) -> bool:
    """Whether these texts, with their marks, answer the query. Cost: see `Finder.words`."""
    marks = Word(0, 0, 0, 1, frozenset(texts.marks))
    analysed: dict[str, list[list[Word]]] = {
        field: [finder.words(text) for text in of_field] for field, of_field in texts.fields.items()
    }
    return matches(finder.query, {**analysed, "source": [[marks]]})
