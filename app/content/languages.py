"""Languages in writing: Ukrainian in Latin letters, and slugs of any text."""

import re
from typing import Final

from slugify import slugify

SLUG_LENGTH: Final = 120

# Source: the resolution of the Cabinet of Ministers no. 55 of 27 January 2010, table of romanisation.
_LETTERS: Final = dict(
    zip(
        "абвгґдежзийклмнопрстуфхцчшщ",
        "a b v h g d e zh z y i k l m n o p r s t u f kh ts ch sh shch".split(),
        strict=True,
    )
) | {"і": "i", "є": "ie", "ї": "i", "ю": "iu", "я": "ia", "ь": "", "'": "", "’": "", "ʼ": ""}
_AT_START: Final = {"є": "ye", "ї": "yi", "й": "y", "ю": "yu", "я": "ya"}
_WORD: Final = re.compile(r"[а-щьюяєіїґ'’ʼ]+")


def _romanise_word(match: re.Match[str]) -> str:
    word = match[0].lstrip("'’ʼ")
    if not word:
        return ""
    first = _AT_START.get(word[0])
    rest = word if first is None else word[1:]
    return (first or "") + "".join(_LETTERS[letter] for letter in rest.replace("зг", "зґг"))


def romanise(text: str) -> str:
    """Ukrainian in Latin letters, lower case; other scripts stay as they are."""
    return _WORD.sub(_romanise_word, text.lower())


def slug(text: str, *, fallback: str = "untitled") -> str:
    """A slug of the text, cut at a word to 120 characters; `fallback` where no letter or digit is left."""
    return slugify(romanise(text), max_length=SLUG_LENGTH, word_boundary=True) or fallback


def numbered(base: str, number: int) -> str:
    """The slug with `-number` behind it, still within the length of a slug."""
    tail = f"-{number}"
    return base[: SLUG_LENGTH - len(tail)].rstrip("-") + tail
