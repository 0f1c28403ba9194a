"""Which language a text is in: letters first, then frequent words, and only in doubt the dictionaries of simplemma."""

import re
from functools import lru_cache
from typing import Final

from app.importers.page.words import words

_LETTERS: Final = re.compile(r"[^\W\d_]+")
_CYRILLIC: Final = re.compile(r"[\u0400-\u04ff]+")
_LATIN: Final = re.compile(r"[a-zA-Z\u00c0-\u024f]+")
_OTHERS: Final = {"cyrillic": ("uk", "ru", "bg"), "latin": ("en", "pl", "de", "fr", "es", "it", "cs")}
_SCRIPTS: Final = (
    ("el", re.compile(r"[\u0370-\u03ff]")), ("ka", re.compile(r"[\u10a0-\u10ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")), ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("ja", re.compile(r"[\u3040-\u30ff]")), ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")), ("hy", re.compile(r"[\u0530-\u058f]")),
)  # fmt: skip


@lru_cache(maxsize=1)
def _lists() -> tuple[dict[str, frozenset[str]], dict[str, re.Pattern[str]]]:
    files = words().files
    frequent = {code: frozenset(file["detect"]["words"]) for code, file in files.items()}
    letters = {
        code: re.compile(f"[{file['detect']['letters']}]") for code, file in files.items() if file["detect"]["letters"]
    }
    return frequent, letters


def detect(text: str, default: str | None = None) -> str:
    """The language of a text; `default`, where its script fits, for texts too short to tell."""
    text = text[:2_000].lower()
    if text.isascii():
        cyrillic, latin = 0, _count(_LATIN, text[:200])
    else:
        cyrillic, latin = _count(_CYRILLIC, text), _count(_LATIN, text)
    if cyrillic + latin == 0:
        found = max(_SCRIPTS, key=lambda one: len(one[1].findall(text)))
        return found[0] if found[1].search(text) else default or "und"
    script = "cyrillic" if cyrillic >= latin else "latin"
    frequent, letters = _lists()
    tokens = _LETTERS.findall(text)
    scores = dict.fromkeys(_OTHERS[script], 0.0)
    for code in scores:
        if code in frequent:
            scores[code] = sum(token in frequent[code] for token in tokens)
        if code in letters:
            scores[code] += 2 * len(letters[code].findall(text))
    best = max(scores, key=lambda code: scores[code])
    rest = max((score for code, score in scores.items() if code != best), default=0.0)
    if scores[best] > 2 * rest and scores[best] >= max(1.0, 0.08 * len(tokens)):
        return best
    if len({*tokens}) < 12:
        fits = default in _OTHERS[script]
        return default if fits and default is not None else best if scores[best] else _OTHERS[script][0]
    return _ask_dictionaries(text, _OTHERS[script], best)


def _count(letters: re.Pattern[str], text: str) -> int:
    return sum(map(len, letters.findall(text)))


def same_letters(text: str, language: str) -> bool:
    """Whether the letters alone show that a text is in the language of its page, or may be."""
    if language not in ("uk", "en", "ru"):
        return True
    cyrillic, latin = _count(_CYRILLIC, text), _count(_LATIN, text)
    if language == "en":
        return cyrillic == 0
    _, letters = _lists()
    other = "ru" if language == "uk" else "uk"
    return cyrillic > latin and letters[other].search(text.lower()) is None


def _ask_dictionaries(text: str, languages: tuple[str, ...], default: str) -> str:
    """Cost: loads the dictionaries of these languages at the first call, some seconds and tens of megabytes."""
    import simplemma  # rarely needed, and dear

    shares = simplemma.langdetect(text, lang=languages, low_memory=True)
    return shares[0][0] if shares and shares[0][0] != "unk" and shares[0][1] > 0.3 else default
