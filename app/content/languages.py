"""Languages in writing: Ukrainian in Latin letters, and slugs of any text."""

import re
from typing import Final

from slugify import slugify

SLUG_LENGTH: Final = 120

# Source: the resolution of the Cabinet of Ministers no. 55 of 27 January 2010, table of romanisation.
_LATIN: Final = "a b v h g d e zh z y i k l m n o p r s t u f kh ts ch sh shch i ie i iu ia".split()
_LETTERS: Final = dict(zip("абвгґдежзийклмнопрстуфхцчшщієїюя", _LATIN, strict=True)) | dict.fromkeys("ь'", "")
# The forms in which an apostrophe is written and typed; a plain one stands for each in slugs.
APOSTROPHES: Final = "'’ʼ‘‛`´ʹʻʽˈ′＇ꞌ՚"
# Soft hyphens, joiners, marks of direction: characters inside a word that nobody sees.
INVISIBLE: Final = "\u00ad\u034f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe0e\ufe0f\ufeff"
# Combining marks, which Python's `\w` leaves out: of Latin, Greek and Cyrillic, Hebrew, Arabic and Syriac, the scripts
# of India and Southeast Asia (whole blocks but for the danda: their letters and marks alternate), and half marks.
MARKS: Final = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u0711\u0730-\u074a\u0900-\u0963\u0966-\u109f\u1ab0-\u1aff\u1dc0-\u1dff"
    "\u20d0-\u20ff\ufe20-\ufe2f"
)
_PLAIN: Final = str.maketrans({**dict.fromkeys(APOSTROPHES, "'"), "ѐ": "е", "ѝ": "и"})
# What a word is the same without: invisible characters, and marks of stress, which composed text has as marks of their
# own on all other letters of Cyrillic.
_UNWRITTEN: Final = re.compile(f"[{INVISIBLE}]|(?<=[а-яєіїґ])[\u0300\u0301]")
# Some letters are written in another way where they begin a word.
_AT_START: Final = _LETTERS | {"є": "ye", "ї": "yi", "й": "y", "ю": "yu", "я": "ya"}
# A word in Ukrainian letters, with its apostrophes: some letters depend on where in the word they stand. It is one set
# of characters, so each is read once.
_WORD: Final = re.compile(r"[а-щьюяєіїґ']+")


def _romanise_word(match: re.Match[str]) -> str:
    # The table writes "зг" as "zgh", as if it were "зґг", because "zh" already stands for "ж".
    word = match[0].lstrip("'").replace("зг", "зґг")
    return "".join((_LETTERS if place else _AT_START)[letter] for place, letter in enumerate(word))


def romanise(text: str) -> str:
    """Ukrainian in Latin letters, lower case; other scripts stay as they are, with plain apostrophes.

    Marks of stress, and characters inside a word that nobody sees, count for nothing. The text is composed (NFC), as
    all text is that comes in.
    """
    return _WORD.sub(_romanise_word, _UNWRITTEN.sub("", text.lower().translate(_PLAIN)))


def slug(text: str, *, fallback: str = "untitled") -> str:
    """A slug of the text, cut at a word to 120 characters; `fallback` where no letter or digit is left."""
    return slugify(romanise(text), max_length=SLUG_LENGTH, word_boundary=True) or fallback


def numbered(base: str, number: int) -> str:
    """The slug with `-number` behind it, shortened where it would be too long for a slug."""
    suffix = f"-{number}"
    return base[: SLUG_LENGTH - len(suffix)].rstrip("-") + suffix
