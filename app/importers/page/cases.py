"""Case forms of Ukrainian (and alike) nouns, adjectives and names: from any form back to the nominative."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

_SOFTENED: Final = {"к": "ц", "г": "з", "х": "с"}
_ENDING: Final = re.compile(r"(?:ого|ому|ової|ової|ові|еві|єві|ими|ий|ій|їй|им|ім|ої|ою|ею|ем|ом|єм|[аеиіоуюяїє])$")
_VOWELS: Final = frozenset("аеєиіїоуюя")


def forms(word: str) -> set[str]:
    """The singular case forms of a noun in lower case, itself included; some that do not exist do no harm."""
    last, stem = word[-1:], word[:-1]
    if word.endswith(("ія", "ея")):
        return {word, stem + "ї", stem + "ю", stem + "єю", stem + "є"}
    if word.endswith(("ння", "ття", "лля", "ддя")):
        return {word, stem + "ю", stem + "ям", stem + "і"}
    if last == "а":
        soft = stem[:-1] + _SOFTENED.get(stem[-1:], stem[-1:])
        return {word, stem + "и", stem + "і", soft + "і", stem + "у", stem + "ою", stem + "ею", stem + "о"}
    if last == "я":
        return {word, stem + "і", stem + "ю", stem + "ею", stem + "ї", stem + "єю"}
    if last == "о":
        return {word, stem + "а", stem + "у", stem + "ом", stem + "ові", stem + "і"}
    if last == "е":
        return {word, stem + "я", stem + "ю", stem + "ем", stem + "і"}
    if word.endswith(("ий", "ій")) and len(word) > 4:
        return {word, stem[:-1] + "ого", stem[:-1] + "ому", stem[:-1] + "им", stem + "я", stem + "ю", stem + "єм"}
    if last == "й":
        return {word, stem + "я", stem + "ю", stem + "єм", stem + "ї", stem + "єві"}
    if last == "ь":
        short = stem[:-2] + stem[-1:] if stem[-2:-1] == "е" else stem
        return {word} | {base + end for base in (stem, short) for end in ("я", "ю", "ем", "і", "еві", "ям")}
    if last.isalpha() and last not in _VOWELS:
        short = stem[:-1] + last if stem[-1:] in ("е", "о") and len(word) > 4 else word
        ends = ("а", "у", "ові", "ом", "ем", "і", "еві", "я", "ю")
        alternated = stem[:-1] + "о" + last if stem[-1:] == "і" else word
        return {word} | {base + end for base in (word, short, alternated) for end in ends}
    return {word}


def table(nominatives: Iterable[str]) -> dict[str, str]:
    """Every form with its nominative; a word that is a nominative itself stays."""
    known = list(nominatives)
    found = {form: word for word in known for form in forms(word)}
    return found | {word: word for word in known}


def gender(noun: str) -> str:
    """`f`, `n` or `m`, by the ending of the nominative."""
    if noun.endswith(("ння", "ття", "лля", "о", "е")):
        return "n"
    return "f" if noun.endswith(("а", "я")) else "m"


def adjective(word: str, of: str) -> str:
    """The nominative of an adjective in any case, agreeing with a noun of gender `of`; other words unchanged."""
    low = word.lower()
    for ending in ("ього", "ьому", "ньою", "ьої"):
        if low.endswith(ending):
            return word[: -len(ending)] + {"f": "я", "m": "ій", "n": "є"}[of]
    for ending in ("ого", "ому", "ої", "ою", "ій", "им", "ім"):
        if low.endswith(ending) and len(low) > len(ending) + 2:
            if of == "m" and ending == "ій":
                return word
            return word[: -len(ending)] + {"f": "а", "m": "ий", "n": "е"}[of]
    if of == "f" and low.endswith("у") and len(low) > 4:
        return word[:-1] + "а"
    return word


def is_adjective(word: str) -> bool:
    """Whether a word in lower case has an ending of adjectives, in any case."""
    return word.endswith(("ий", "ій", "а", "я", "е", "ого", "ого", "ому", "ої", "им", "ою", "их"))


def sex_of(surname: str) -> str | None:
    """`he` or `she`, where the genitive of a surname tells it: «Лугового», «Лугової»."""
    return "she" if surname.endswith("ої") else "he" if surname.endswith("ого") else None


def first_name(word: str, sex: str | None) -> str:
    """The nominative of a first name that no list knows, from its genitive."""
    if sex == "she" and len(word) > 2:
        return re.sub(r"ії$", "ія", word) if word.endswith("ії") else re.sub(r"и$", "а", word)
    if sex == "he" and len(word) > 4 and word[-2] not in _VOWELS:
        return re.sub(r"(?<=[лнрт])я$", "ь", word) if word.endswith("я") else re.sub(r"а$", "", word)
    return word


def surname(word: str, sex: str | None) -> str:
    """The nominative of a surname in any case, for a man (`he`) or a woman (`she`)."""
    low = word.lower()
    if sex == "she":
        for ending in ("ової", "евої", "євої", "іної", "їної"):
            if low.endswith(ending):
                return word[:-2] + "а"
        for ending in ("ської", "цької", "зької", "ської", "ської"):
            if low.endswith(ending):
                return word[:-2] + "а"
        for ending in ("ньої",):
            if low.endswith(ending):
                return word[:-3] + "я"
        if low.endswith(("ії", "ією", "ію")):
            return re.sub(r"(?:ії|ією|ію)$", "ія", word)
        if low.endswith(("ої", "ій", "ою")):
            return word[:-2] + "а"
        if low.endswith(("ю", "і")) and low[-2:-1] in "нлрт":
            return word[:-1] + "я"
        if low.endswith(("и", "у")):
            return word[:-1] + "а"
        return word
    if low.endswith(("ого", "ому")):
        return word[:-3] + "ий"
    if low.endswith("им") and len(low) > 5:
        return word[:-1] + "й"
    for ending in ("енка", "енку", "енком", "ченка", "йка", "йку", "йком", "шка", "шком", "тька", "лка"):
        if low.endswith(ending):
            return word[: -len(ending)] + ending.rstrip("аум").removesuffix("о") + "о"
    if low.endswith("єві"):
        return word[:-3] + "й"
    if low.endswith(("ові", "еві")):
        return word[:-3]
    if low.endswith(("ем", "ом")) and len(low) > 5:
        return word[:-2]
    if low.endswith(("ука", "юка", "ака", "яка", "ика", "іна", "ова", "ева", "ча", "ла", "ра", "ана", "уна", "аса")):
        return word[:-1]
    if low.endswith(("уку", "юку", "аку", "яку", "ику", "чу", "лу", "ру")):
        return word[:-1]
    if low.endswith(("ія", "ея")):
        return word[:-1] + "й"
    if low.endswith("я") and low[-2:-1] in "лнр" and len(low) > 4:
        return word[:-1] + "ь"
    if low.endswith(("а", "у")) and low[-2:-1] not in _VOWELS and len(low) > 3:
        return word[:-1]
    return word


@lru_cache(maxsize=16_384)
def same(one: str, other: str) -> bool:
    """Whether two words may be forms of one word: a long beginning in common, short ends that differ."""
    one, other = one.lower().rstrip("'’"), other.lower().rstrip("'’")
    if one == other:
        return True
    shared = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        shared += 1
    if _ENDING.sub("", one) == _ENDING.sub("", other) and len(_ENDING.sub("", one)) >= 3:
        return True
    longest = max(len(one), len(other))
    return shared >= 3 and shared >= longest - 3 and shared / longest >= 0.6
