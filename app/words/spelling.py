"""One spelling for each word, however it was typed: Unicode forms, apostrophes, invisible characters, stress marks,
letters of the other alphabet that look alike. Knows no language's words."""

import re
import unicodedata
from hashlib import blake2b
from typing import Final, Literal

from app.content.languages import APOSTROPHES, INVISIBLE

Script = Literal["cyrillic", "latin"]

LONGEST_KEY: Final = 60
_DIGEST_BYTES: Final = 8

_PLAIN: Final = re.compile(r"[A-Za-z0-9'-]+|[А-ЩЬЮЯЄІЇҐа-щьюяєіїґ'-]+")  # words that need no work
_APOSTROPHE: Final = re.compile(f"[{APOSTROPHES}]")
_HYPHEN: Final = re.compile("[‐‑]")
_INVISIBLE: Final = re.compile(f"[{INVISIBLE}]")
# Marks of stress over vowels, in decomposed text; the diaeresis makes «ї».
_STRESS: Final = re.compile("(?<=[АаЕеИиОоУуЯяЮюЄєІіЫыЭэ\u0308])[\u0300\u0301]")
_CYRILLIC: Final = re.compile("[\u0400-\u04ff]")
_LATIN: Final = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
# Letters that look alike. Keyboards and scanned pages mix them up: «Києвi» with a Latin i.
_LATIN_ALIKE: Final = "ABCEHIKMOPTXaceiopxyïÏ"
_CYRILLIC_ALIKE: Final = "АВСЕНІКМОРТХасеіорхуїЇ"
_TO_CYRILLIC: Final = str.maketrans(_LATIN_ALIKE, _CYRILLIC_ALIKE)
_TO_LATIN: Final = str.maketrans(_CYRILLIC_ALIKE, _LATIN_ALIKE)


def normalised(word: str) -> str:
    """The word in its one spelling, with the capitals that it has. Cost: linear in its length."""
    if _PLAIN.fullmatch(word):
        return word
    word = _STRESS.sub("", unicodedata.normalize("NFKD", _INVISIBLE.sub("", word)))
    word = _HYPHEN.sub("-", _APOSTROPHE.sub("'", unicodedata.normalize("NFC", word)))
    return _of_one_script(word)


def _of_one_script(word: str) -> str:
    """A word of both scripts in one of them, if all its letters of the other one have a twin there."""
    if _CYRILLIC.search(word) and _LATIN.search(word):
        for table, other in ((_TO_CYRILLIC, _LATIN), (_TO_LATIN, _CYRILLIC)):
            in_one_script = word.translate(table)
            if not other.search(in_one_script):
                return in_one_script
    return word


def script(word: str) -> Script | None:
    """The script that the letters of the word are of; None for mixed and other ones, and where there is no letter."""
    is_cyrillic, is_latin = _CYRILLIC.search(word) is not None, _LATIN.search(word) is not None
    return None if is_cyrillic == is_latin else "cyrillic" if is_cyrillic else "latin"


def without_diacritics(word: str) -> str:
    """Latin letters without marks: zurich for zürich."""
    decomposed = unicodedata.normalize("NFD", word)
    return "".join(character for character in decomposed if not unicodedata.combining(character)).replace("ł", "l")


def bounded(key: str) -> str:
    """The key, in at most LONGEST_KEY characters: of a longer one the beginning and a digest."""
    if len(key) <= LONGEST_KEY:
        return key
    digest = blake2b(key.encode(errors="surrogatepass"), digest_size=_DIGEST_BYTES).hexdigest()
    return key[: LONGEST_KEY - len(digest)] + digest
