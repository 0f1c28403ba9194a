"""Names in Cyrillic and in Latin letters: which ways of writing are one name."""

from functools import cache
from typing import Final

from app.content.languages import romanise
from app.words import data
from app.words.forms import is_english

# Shorter ones look like words of too many languages.
SHORTEST_ROMANISED: Final = 5


@cache
def _listed() -> dict[str, str]:
    return data.names().keys()


def listed_key(spelling: str) -> str | None:
    """The key that all listed ways of writing this name share; None for what is not listed."""
    return _listed().get(spelling)


def one_ending(latin: str) -> str:
    """A Latin name with the ending that stands for all romanisations of it: zelensky for zelenskyi."""
    for ending, common in data.names().endings.items():
        if latin.endswith(ending) and len(latin) >= SHORTEST_ROMANISED and not is_english(latin):
            return latin.removesuffix(ending) + common
    return latin


def is_safe(latin: str) -> bool:
    """Whether a name may be sought by this romanisation: a short one, or an English word, would find other words."""
    return len(latin) >= SHORTEST_ROMANISED and latin.isascii() and not is_english(latin)


def romanised(cyrillic: str) -> str | None:
    """How a Ukrainian name is found in Latin texts; None where that is not safe."""
    latin = one_ending(romanise(cyrillic))
    return latin if is_safe(latin) else None
