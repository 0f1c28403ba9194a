"""The keys of words: two words find each other if they share one. The same code serves texts and questions.

A key is a word in lower case: what is written, or a lemma of it. Texts and questions have the same keys, with one
exception. Names are found across alphabets, and there a romanisation must not join two Cyrillic names that look alike
only in Latin letters. So a word of a text has its romanisation marked: «Згурський» has `≈zghursky`. Of questions, only
those in Latin letters have marked keys: "Zghurskyi" asks for `zghursky` and `≈zghursky`. The other way round, a
Cyrillic word of a question asks for its plain romanisation, which only Latin words of texts have.
"""

import asyncio
import re
from collections.abc import Iterable
from functools import cache, lru_cache
from threading import Lock
from typing import Final, NamedTuple

from app.words import data, forms, names
from app.words.numbers import number_keys
from app.words.spelling import bounded, normalised, script, without_diacritics
from app.words.tokens import chunks, token_texts, tokens

# Goes up whenever the same text may get other keys: what was indexed with another version must be indexed again.
ANALYSIS_VERSION: Final = 2
ROMANISED: Final = "≈"
MOST_PARTS: Final = 4  # of a hyphenated word whose parts are brought to their lemmas
CACHED_WORDS: Final = 100_000  # half of what a newsroom ever writes; some 50 MB when it is full

_loading: Final = Lock()  # `cache` alone would let each of the first threads load them

_FIGURES: Final = re.compile(r"\d[\d.,\s]*")
_INITIALS: Final = re.compile(r"(?:[^\W\d_]\.){2,}")


class Word(NamedTuple):
    """A word of a text, with the keys by which it is found, and its place: see `Token`."""

    start: int
    end: int
    position: int
    width: int
    keys: frozenset[str]


def analysis_version() -> str:
    """Of this code and of the dictionaries that it found: with another one the keys may be others."""
    return f"{ANALYSIS_VERSION} {forms.dictionary_versions()}"


async def load_dictionaries() -> None:
    """Takes seconds, once in a process. To be awaited before anything is locked that others wait for."""
    if not _load_dictionaries.cache_info().currsize:
        await asyncio.to_thread(_load_dictionaries_once)


def _load_dictionaries_once() -> None:
    with _loading:
        _load_dictionaries()


@cache
def _load_dictionaries() -> None:
    analyse("слово word")


def analyse(text: str) -> list[Word]:
    """The words of a text, in the order of `tokens`. Cost: linear; 3 µs for a word met before, 50 to 100 for others."""
    return [
        Word(token.start, token.end, token.position, token.width, written_keys(token.text)) for token in tokens(text)
    ]


def text_keys(texts: Iterable[str]) -> set[str]:
    """The keys of all words of some texts. Cost: linear; a quarter of a microsecond for a word met before."""
    return set().union(*map(chunk_keys, set().union(*map(chunks, texts))))


def written_keys(token: str) -> frozenset[str]:
    """The keys of a word in a text."""
    return _cached_keys(token) if len(token) <= forms.LONGEST_WORD else _keys(token, is_asked=False)


def chunk_keys(chunk: str) -> frozenset[str]:
    """The keys of all words in one of the `chunks` of a text, which mostly is a word with the punctuation around it."""
    return _cached_chunk_keys(chunk) if len(chunk) <= forms.LONGEST_WORD else _chunk_keys(chunk)


def asked_keys(token: str) -> frozenset[str]:
    """The keys that a word in a question asks for: words of texts are meant that have any of them."""
    return _keys(token, is_asked=True)


@lru_cache(maxsize=CACHED_WORDS)
def _cached_keys(token: str) -> frozenset[str]:
    return _keys(token, is_asked=False)


@lru_cache(maxsize=CACHED_WORDS)
def _cached_chunk_keys(chunk: str) -> frozenset[str]:
    return _chunk_keys(chunk)


def _chunk_keys(chunk: str) -> frozenset[str]:
    words = token_texts(chunk)
    # One word and its punctuation have the very set of the word, which is kept once.
    return written_keys(words.pop()) if len(words) == 1 else frozenset().union(*map(written_keys, words))


def _keys(token: str, *, is_asked: bool) -> frozenset[str]:
    if _FIGURES.fullmatch(token):
        return frozenset(map(bounded, number_keys(token)))
    word = normalised(token.replace(".", "") if _INITIALS.fullmatch(token) else token)
    if "-" in word:
        return frozenset(map(bounded, _compound_keys(word)))
    return frozenset(map(bounded, _simple_keys(word, is_asked=is_asked)))


def _simple_keys(word: str, *, is_asked: bool) -> set[str]:
    if len(word) <= forms.LONGEST_WORD:
        match script(word):
            case "cyrillic":
                return _cyrillic_keys(word, is_asked=is_asked)
            case "latin":
                return _latin_keys(word, is_asked=is_asked)
    return {word.casefold()}


# --- Cyrillic ----------------------------------------------------------------------------------------------------


def _cyrillic_keys(word: str, *, is_asked: bool) -> set[str]:
    low = word.lower()
    lemmas = forms.ukrainian_lemmas(word)
    is_distinct = not data.ukrainian().distinct.isdisjoint(lemmas)
    # What has a stem for a lemma may stand in its first form, which is the one that Latin texts have.
    spellings = [low, *lemmas] if lemmas[-1].startswith(forms.STEM) else lemmas
    keys = {low if is_distinct else low.replace("ґ", "г"), *map(_with_one_letter, lemmas)}
    if is_asked:
        meant = forms.ukrainian_names(word, lemmas)
        keys |= {*map(_with_one_letter, meant), *_romanised([*spellings, *meant])}
    elif word[:1].isupper():
        keys |= {ROMANISED + latin for latin in _romanised(spellings)}
    return keys | _listed(keys)


def _with_one_letter(lemma: str) -> str:
    """Without ґ, where г makes the same word."""
    return lemma if lemma in data.ukrainian().distinct else lemma.replace("ґ", "г")


def _listed(spellings: Iterable[str]) -> set[str]:
    return {key for spelling in spellings if (key := names.listed_key(spelling)) is not None}


def _romanised(spellings: list[str]) -> set[str]:
    """Of names: the words that no dictionary has in small letters."""
    unknown = (spelling for spelling in spellings if not forms.is_common_ukrainian(spelling))
    latin = (names.romanised(spelling.removeprefix(forms.STEM)) for spelling in unknown)
    return {*filter(None, latin)}


# --- Latin -------------------------------------------------------------------------------------------------------


def _latin_keys(word: str, *, is_asked: bool) -> set[str]:
    low = word.casefold()
    for clitic in data.english().clitics:
        if low.endswith(clitic) and len(low) > len(clitic):
            word, low = word[: -len(clitic)], low.removesuffix(clitic)
            break
    keys = {low, *forms.english_lemmas(word)}
    plain = without_diacritics(low)
    if plain != low and (low in data.english().unaccented or not forms.is_english(plain)):
        keys |= {plain, *forms.english_lemmas(plain)}
    keys |= {names.one_ending(key) for key in keys}
    keys |= _listed(keys)
    return keys | {ROMANISED + key for key in keys if names.is_safe(key)} if is_asked else keys


# --- hyphenated words --------------------------------------------------------------------------------------------


def _compound_keys(word: str) -> set[str]:
    """Of the word as a whole; its parts have their own tokens."""
    keys = {word.casefold()}
    *heads, last = word.split("-")
    if len(heads) < MOST_PARTS and len(word) <= 2 * forms.LONGEST_WORD:
        low_heads, head_lemmas, last_lemmas = [head.lower() for head in heads], map(_first_lemma, heads), _lemmas(last)
        for parts in (low_heads, [*head_lemmas]):
            keys |= {"-".join([*parts, lemma]) for lemma in last_lemmas}
        if len(heads) == 1 and low_heads[0] in data.ukrainian().joined_prefixes:
            keys |= _simple_keys(heads[0] + last, is_asked=False) | {low_heads[0] + lemma for lemma in last_lemmas}
    return {key.replace("ґ", "г") for key in keys}


def _lemmas(part: str) -> list[str]:
    match script(part):
        case "cyrillic":
            return forms.ukrainian_lemmas(part)
        case "latin":
            return forms.english_lemmas(part)
    return [part.casefold()]


def _first_lemma(part: str) -> str:
    lemma = _lemmas(part)[0]
    return part.lower() if lemma.startswith(forms.STEM) else lemma
