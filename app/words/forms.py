"""Which lemmas a form of a word has, in Ukrainian and in English. Knows no texts and no keys.

The dictionaries are simplemma's. They are loaded by the first word that needs them, in two or three seconds, so that
processes which neither save nor search do without. The Ukrainian one takes 60 MB: in its compact form of 9 MB a look-up
takes eight times as long, and a story with many new words more than 10 ms. The English one is the compact one, of 2 MB.
With the extra `morphology`, Ukrainian words have the lemmas of pymorphy3 too.
"""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final, Protocol

from app.words import data

if TYPE_CHECKING:
    from simplemma.strategies import RulesStrategy

# Unknown words have a stem instead of a lemma: it begins with this sign, so that it is never taken for a word.
STEM: Final = "√"
_EXTRA: Final = ("pymorphy3", "pymorphy3-dicts-uk")
_SHORTEST_STEM: Final = 3
LONGEST_WORD: Final = 40  # no dictionary has a longer one


def dictionary_versions() -> str:
    """What the lemmas depend on, besides this code: names and versions of the packages."""
    names = ("simplemma", *_EXTRA) if has_morphology() else ("simplemma",)
    return " ".join(f"{name} {version(name)}" for name in names)


@cache
def has_morphology() -> bool:
    """Whether the extra `morphology` is installed."""
    try:
        return all(version(name) for name in _EXTRA)
    except PackageNotFoundError:
        return False


@cache
def _dictionary(language: str) -> Mapping[str, str]:
    # Imported here: only processes that save or search need them.
    from simplemma.strategies.dictionaries import LOW_MEMORY_DICTIONARY_FACTORY
    from simplemma.strategies.dictionaries.dictionary_factory import DEFAULT_DICTIONARY_FACTORY

    factory = DEFAULT_DICTIONARY_FACTORY if language == "uk" else LOW_MEMORY_DICTIONARY_FACTORY
    return factory.get_dictionary(language)


def _entries(word: str, language: str) -> list[str]:
    """The lemmas, with their capitals, that the dictionary has for the word: as it is written, else with others."""
    dictionary = _dictionary(language)
    exact = dictionary.get(word)
    if exact is not None:
        return [exact]
    low = word.lower()
    if word.isupper() and len(word) > 1:
        others = [low, low.capitalize()]  # words in capitals may be names or not
    else:
        others = [low if word[:1].isupper() else low.capitalize()]
    return [lemma for other in others if (lemma := dictionary.get(other)) is not None]


@cache
def _rules() -> "RulesStrategy":
    from simplemma.strategies import RulesStrategy

    return RulesStrategy()


def _by_rules(word: str, language: str) -> list[str]:
    """The lemma by the word's ending, of the regular ones that leave no doubt; nothing where there is none.

    simplemma's other ways to guess take words apart, and then find «верболіз» for «Верболозівка».
    """
    lemma = _rules().get_lemma(word, language)
    return [] if lemma is None else [lemma.lower()]


# --- English -----------------------------------------------------------------------------------------------------


def is_english(word: str) -> bool:
    """Whether the dictionary has this word, in lower case: no name."""
    return word in _dictionary("en")


def english_lemmas(word: str) -> list[str]:
    """In lower case; the word itself where it is unknown."""
    known = [lemma.lower() for lemma in _entries(word, "en")]
    return known or _by_rules(word, "en") or [word.lower()]


# --- Ukrainian ---------------------------------------------------------------------------------------------------


def ukrainian_lemmas(word: str) -> list[str]:
    """In lower case, of a form as it is written, since capitals tell names from words. Never empty.

    The first of these that knows the form decides: the exceptions of our own, the dictionaries, the same word with ґ,
    known lemmas by the form's ending. Else it has the lemma of simplemma's rules, if one fits, and a stem.
    """
    low = word.lower()
    if (exceptions := _ukrainian_exceptions().get(low)) is not None:
        return exceptions
    return (
        _known(word)
        or _with_restored_letter(low)
        or _by_endings(low, may_be_name=word != low)
        or [*_by_rules(low, "uk"), _stem(low)]
    )


def ukrainian_names(word: str, lemmas: list[str]) -> list[str]:
    """The names, in lower case, that a form without a capital letter may mean beside its lemmas.

    Who asks for «києві» most likely means Kyiv, though it is a form of «кий» too. Who asks for a lemma means that.
    """
    low = word.lower()
    name = _dictionary("uk").get(low.capitalize()) if word == low and low not in lemmas else None
    return [] if name is None else [name.lower()]


@cache
def _ukrainian_exceptions() -> dict[str, list[str]]:
    return data.ukrainian().lemmas_by_form()


def _known(word: str) -> list[str]:
    """Of the dictionaries, in lower case."""
    low = word.lower()
    entries = _entries(word, "uk")
    if not word.islower() and entries and all(lemma[:1].isupper() for lemma in entries):
        return [lemma.lower() for lemma in entries]  # a name: the common words with this form are not meant
    known = [lemma.lower() for lemma in entries]
    return list(dict.fromkeys(known + (_softened(low) if known else []) + _morphology_lemmas(low)))


def _softened(low: str) -> list[str]:
    endings = data.ukrainian().softened.items()
    lemmas = [low.removesuffix(ending) + by_lemma for ending, by_lemma in endings if low.endswith(ending)]
    return list(filter(_is_lemma, lemmas))


def _is_lemma(word: str) -> bool:
    return _dictionary("uk").get(word) == word


def _with_restored_letter(low: str) -> list[str]:
    """Lemmas of the word with one ґ for a г: the dictionary may know «ґудзики», and not «гудзики»."""
    lemmas = []
    for place, letter in enumerate(low):
        if letter == "г":
            lemma = _dictionary("uk").get(low[:place] + "ґ" + low[place + 1 :])
            if lemma is not None and lemma not in data.ukrainian().distinct:
                lemmas.append(lemma.lower())
    return lemmas


@cache
def _lemma_endings() -> dict[str, list[str]]:
    return data.ukrainian().lemma_endings()


def _by_endings(low: str, *, may_be_name: bool) -> list[str]:
    """The known lemmas that the form may belong to by its ending."""
    candidates: list[str] = []
    for ending, lemma_endings in _lemma_endings().items():
        if low.endswith(ending) and len(low) - len(ending) >= _SHORTEST_STEM - 1:
            stem = low.removesuffix(ending)
            candidates += [stem + lemma_ending for lemma_ending in lemma_endings]
    return [each for each in candidates if _is_lemma(each) or (may_be_name and _is_lemma(each.capitalize()))]


@cache
def _stem_endings() -> list[str]:
    """Those that change nothing else in a word, and are not in doubt: the longest first."""
    return sorted(data.ukrainian().stem_endings.split(), key=len, reverse=True)


def _stem(low: str) -> str:
    """The word without the longest of these endings that leaves a stem."""
    fitting = (end for end in _stem_endings() if low.endswith(end) and len(low) - len(end) >= _SHORTEST_STEM)
    return STEM + low.removesuffix(next(fitting, ""))


def is_common_ukrainian(lemma: str) -> bool:
    """Whether the dictionary has this word in lower case: no name."""
    return _dictionary("uk").get(lemma) is not None


# --- the extra `morphology` --------------------------------------------------------------------------------------


class _Tag(Protocol):
    def __contains__(self, grammeme: str) -> bool: ...


class _Parse(Protocol):
    word: str
    normal_form: str
    tag: _Tag
    is_known: bool


class _Analyser(Protocol):
    def parse(self, word: str) -> list[_Parse]: ...


@cache
def _morphology() -> _Analyser:
    import pymorphy3

    analyser: _Analyser = pymorphy3.MorphAnalyzer(lang="uk")
    return analyser


def _morphology_lemmas(low: str) -> list[str]:
    """All lemmas that pymorphy3 knows for the form, but of imperatives: they look like too many nouns.

    It takes г for ґ too: such a parse is of another word than the one that is written.
    """
    if not has_morphology():
        return []
    parses = _morphology().parse(low)
    known = (parse for parse in parses if parse.is_known and parse.word == low and "impr" not in parse.tag)
    return list(dict.fromkeys(parse.normal_form for parse in known))
