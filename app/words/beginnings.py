"""Beginnings of words, for suggestions: in lower-case Latin letters, so that a word is found in either alphabet."""

from functools import lru_cache
from typing import Final

from app.content.languages import romanise
from app.words.spelling import normalised, script, without_diacritics
from app.words.tokens import outermost, token_texts, tokens

# Beginnings of these lengths are indexed. A longer one is looked up by the longest of these, and then compared.
LENGTHS: Final = (1, 2, 3, 5)
CACHED_WORDS: Final = 16_384


def begins(word: str, beginning: str) -> bool:
    """Whether a word has this beginning: compared as written if both are Cyrillic, else in Latin letters.

    «порцеляна» does not begin with «порт», although `portseliana` does with `port`.
    """
    if script(word) == script(beginning) == "cyrillic":
        return _letters(word).startswith(_letters(beginning))
    return plain_letters(word).startswith(plain_letters(beginning))


@lru_cache(CACHED_WORDS)
def plain_letters(word: str) -> str:
    """The letters and digits of a word in Latin letters: `zghurskyi` for «Згурський»."""
    return without_diacritics(romanise(_letters(word)))


@lru_cache(CACHED_WORDS)
def _letters(word: str) -> str:
    low = normalised(word).lower().replace("ґ", "г")
    return "".join(filter(str.isalnum, low))


def beginnings(text: str) -> set[str]:
    """The beginnings of LENGTHS letters of all words of a text. Cost: linear; 5 µs for a word."""
    words = map(plain_letters, token_texts(text))
    return {word[:length] for word in words for length in LENGTHS if len(word) >= length}


def indexed_beginning(word: str) -> str:
    """The longest beginning of a word in plain letters that `beginnings` has of it. The word must not be empty."""
    return word[: max(length for length in LENGTHS if length <= len(word))]


def typed_words(text: str) -> list[str]:
    """The words of what somebody has typed so far, as they are written."""
    return [token.text for token in outermost(tokens(text))]
