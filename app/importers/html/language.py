"""The language of a story: what the page says and what its text shows, where both agree."""

import re
from typing import Final

from app.importers.html.facts import Fact
from app.importers.html.metadata import Page
from app.importers.page.language import detect
from app.web.fields import LANGUAGE, canonical_language

# Its most frequent words show a language that is written in Latin letters.
_FREQUENT: Final = {
    code: frozenset(words.split())
    for code, words in {
        "en": "the and of to in a is that for on with was as by at from it are be has have",
        "de": "der die das und in den von zu mit sich des auf für ist im dem nicht ein eine als auch es an werden",
        "fr": "le la les de des et à en un une du dans que qui est pour par sur au pas plus ce il a",
        "es": "el la los las de y en que un una del por con para se no es su al lo como más",
        "it": "il la le di e che in un una del della per con non è si i da sono al dei nel",
        "pt": "o a os as de e que em um uma do da para com não no na por se mais dos ao",
        "pl": "i w z na do się nie to że jest o jak po za od dla oraz przez który są ale",
        "nl": "de het een van en in is dat op te voor met zijn aan er niet ook die door bij",
        "sv": "och i att en det som på är av för med till den har inte de om ett var från",
        "da": "og i at en det som på er af for med til den har ikke de om et var fra",
        "nb": "og i at en det som på er av for med til den har ikke de om et var fra",
        "fi": "ja on ei että se oli hän joka mutta myös kun ovat kuin sekä mukaan jo",
        "cs": "a v se na je že s z do o to i pro jako ve by po ale za od",
        "hu": "a az és hogy nem is egy van meg volt ez de csak ki el már mint",
        "ro": "și de la în a cu pe un o nu că din este pentru care mai au se",
        "tr": "ve bir bu da de için ile olarak çok daha gibi olan sonra ancak",
        "lt": "ir kad į su yra iš tai kaip ne apie bei už buvo taip bet",
        "id": "yang dan di itu dengan untuk tidak ini dari dalam akan pada juga ke",
        "ms": "yang dan di itu dengan untuk tidak ini daripada dalam akan pada juga ke",
        "vi": "và của là có không được cho các trong một với những người đã này",
    }.items()
}
_SAME: Final = {"no": "nb", "nn": "nb", "iw": "he", "in": "id"}
# Their letters show these, or that it is one of those that share them.
_LETTERS: Final = {
    "ja": "[\u3040-\u30ff]", "zh": "[\u4e00-\u9fff]", "ko": "[\uac00-\ud7af]", "el": "[\u0370-\u03ff]",
    "ka": "[\u10a0-\u10ff]", "hy": "[\u0530-\u058f]", "th": "[\u0e00-\u0e7f]", "bn": "[\u0980-\u09ff]",
    "ta": "[\u0b80-\u0bff]",
    **dict.fromkeys(("he", "yi"), "[\u0590-\u05ff]"), **dict.fromkeys(("ar", "fa", "ur", "ps"), "[\u0600-\u06ff]"),
    **dict.fromkeys(("hi", "mr", "ne"), "[\u0900-\u097f]"),
    **dict.fromkeys(("uk", "ru", "be", "bg", "sr", "mk", "kk", "ky", "mn", "tg"), "[\u0400-\u04ff]"),
}  # fmt: skip
_CYRILLIC: Final = re.compile(_LETTERS["uk"])
# A language has so large a part of its words among its frequent ones, where it is that of a text.
_SHARE: Final = 0.12
_FEW_WORDS: Final = 20


def read(page: Page, text: str) -> Fact[str] | str:
    """The language; where page and text do not agree, or neither tells it, what is to be said of that."""
    text = text[:4_000]
    told = {code: name for name, code in reversed([*_told(page)])}
    shown = _shown_by(text)
    for code, name in reversed(told.items()):
        if _fits(code, text, shown):
            return Fact(code, f"{name} and the text")
    if told:
        return f"the page says {', '.join(reversed(told))}, and the text looks like {shown or 'none of the known'}"
    if shown is not None and len(text.split()) >= _FEW_WORDS:
        return Fact(shown, "the text")
    return "the page tells none, and its text does not show it"


def _told(page: Page) -> list[tuple[str, str]]:
    """(where, language) of all that the page says, in the order of precedence."""
    declared = [("lang", page.root.get("lang") or page.root.get("xml:lang") or "")]
    declared += [("JSON-LD inLanguage", text) for text in page.told("inLanguage")]
    names = ("og:locale", "content-language", "dc.language", "language", "inlanguage")
    declared += [(name, page.first(name)) for name in names]
    codes = [
        (name, canonical_language(code.replace("_", "-").split(",")[0].strip()).split("-")[0])
        for name, code in declared
    ]
    return [(name, code) for name, code in codes if LANGUAGE.fullmatch(code)]


def _shown_by(text: str) -> str | None:
    """The language that a text shows by itself; None where it might be another one."""
    if len(_CYRILLIC.findall(text)) * 2 > len(re.findall(r"[^\W\d_]", text)):
        found = detect(text)
        return found if found in {"uk", "ru", "bg"} else None
    shares = _shares(text)
    if max(shares.values(), default=0.0) >= _SHARE:
        return max(shares, key=lambda code: shares[code])
    return next((code for code in ("ja", "ko", "el", "ka", "hy", "th") if re.search(_LETTERS[code], text)), None)


def _shares(text: str) -> dict[str, float]:
    words = re.findall(r"[^\W\d_]+", text.lower())
    return (
        {code: sum(word in frequent for word in words) / len(words) for code, frequent in _FREQUENT.items()}
        if words
        else {}
    )


def _fits(code: str, text: str, shown: str | None) -> bool:
    """Whether a text may be in a language: neither its letters nor its frequent words show another one."""
    code = _SAME.get(code, code)
    if code in _LETTERS:
        in_letters = len(re.findall(_LETTERS[code], text)) * 3 > len(re.findall(r"[^\W\d_]", text))
        return in_letters and (shown in {None, code} or code not in {"uk", "ru", "bg"})
    shares = _shares(text)
    best = max(shares.values(), default=0.0)
    if code in shares:
        return shares[code] >= 0.6 * best and (best >= _SHARE or len(text.split()) < _FEW_WORDS)
    return best < _SHARE and not _CYRILLIC.search(text)
