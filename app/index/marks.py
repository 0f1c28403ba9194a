"""Keys that are not words: what an object names, and by what it is named. No key of a word has a colon.

They are asked for like words of the field `source`. Each begins with one letter and a colon, so that nobody finds them
who asks for words that begin somehow (`tag*`).
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

from app.changes.models import Noun
from app.words.beginnings import typed_words

SOURCE: Final = "s:"
TAG: Final = "g:"
NOTE: Final = "n:"
# The first letters of a word of its headline, in Latin letters.
BEGINNING: Final = "b:"
_NOUN: Final = "k:"
_NAME_LENGTH: Final = "l:"
_SAME_AS: Final = "e:"
_DIGEST_BYTES: Final = 9


def noun_mark(noun: Noun) -> str:
    """Of all objects but articles. It keeps a search for the few others short where articles have the same words."""
    return _NOUN + noun


def length_mark(words: int) -> str:
    """Of an object that has a whole name of so many words."""
    return f"{_NAME_LENGTH}{words}"


def name_marks(names: Iterable[str]) -> list[str]:
    """How many words the names of an object have: by these and its words it is found by a name as a whole."""
    return [length_mark(len(typed_words(name))) for name in names]


def same_as_mark(address: str) -> str:
    """Of an object that is elsewhere at this address."""
    return _SAME_AS + blake2b(address.encode(), digest_size=_DIGEST_BYTES).hexdigest()
