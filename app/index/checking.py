"""Whether texts answer a query, where the keys in the index do not tell: phrases, and whatever is found without it."""

from typing import Final

from app.index.keys import IndexedTexts
from app.words.analysis import Word
from app.words.matching import Finder, matches

# Of the entries that have all words of a phrase, so many are read for a count.
CHECKED_AT_MOST: Final = 200
# For one page they are read until their JSON is so long: some 60 stories, 20 ms.
CHECKED_CHARACTERS: Final = 300_000


def answers(finder: Finder, texts: IndexedTexts) -> bool:
    """Cost: see `Finder.words`."""
    marks = Word(0, 0, 0, 1, frozenset(texts.marks))
    analysed: dict[str, list[list[Word]]] = {
        field: [finder.words(text) for text in of_field] for field, of_field in texts.fields.items()
    }
    return matches(finder.query, {**analysed, "source": [[marks]]})
