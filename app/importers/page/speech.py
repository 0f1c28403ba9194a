"""Clauses that say who speaks: "said Ann Lee", «пояснив в ефірі радіо директор», and through which channel."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from app.importers.page import names, nouns
from app.importers.page.names import Party
from app.importers.page.text import low
from app.importers.page.words import words

_WORD: Final = re.compile(r"[^\W_]+(?:['’ʼ.\-][^\W_]+)*['’]?")
_TAIL: Final = re.compile(
    r",?\s+(?:on|in|at|during|after|before|to|when|while|as|late|earlier|yesterday|today|this|last|via|through|by|that|how"
    r"|following|outside|from|over|about|ahead|with|for)\b.*$"
)
_GESTURE: Final = re.compile(r"[а-яіїєґ'’ʼ]+(?:ма|ою|ею|ом|ем)\s([А-ЯІЇЄҐ][\w'’ʼ-]+(?:\s[А-ЯІЇЄҐ][\w'’ʼ-]+)?)")
_AT_PLACE: Final = re.compile(r"(?:у|в|во|на|до)\s+")
_QUOTED_AS: Final = re.compile(r",?\s(?:is|was|are|were)\squoted\sas\s(?:saying|telling\s\w+)\b")
_ACTS: Final = re.compile(r"(?:є|ить|їть|уть|ють|ять|ать|ться|ав|ив|ала|ила|али|или|вся|лася|лися|ілася|ів|іла|ed|s)$")
_TOLD: Final = re.compile(r"(?:«[^»]+»|\"[^\"]+\"|“[^”]+”|Суспільному)\s(?=(?:у|в|на)\s|[а-яіїєґ'’ʼ-]+\s)")
_DETERMINERS: Final = frozenset("a an the its his her their our this that no any every each".split())
_MARKS: Final = '«“„"'


@dataclass(frozen=True)
class Clause:
    """A clause of speech: its words, the speaker's phrase as written, who that is, and the channel it names."""

    words: str
    speaker: str
    party: Party
    channel: str | None
    verb: str
    reports: bool


@lru_cache(maxsize=1)
def adverbial() -> re.Pattern[str]:
    """What begins a phrase that tells when, where or how, and never names who speaks."""
    return re.compile(rf"{words().pattern('speech', 'adverbial')}(?:\s|$)", re.IGNORECASE)


def channel(text: str, *, default: str | None = None) -> str | None:
    """The channel that a clause names: the narrowest where there are several."""
    folded = low(text)
    found = {kind for word, kind in words().channels.items() if word in folded and _whole(word, folded)}
    for kind in ("telegram", "press_release", "broadcast", "interview", "website", "social"):
        if kind in found:
            return kind
    return default


def _whole(word: str, text: str) -> bool:
    if len(word) == 1:
        return re.search(rf"\b(?:on|in|в|у)\s{word}\b", text) is not None
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w])", text) is not None


def verb_in(text: str, *, first: int = 14) -> re.Match[str] | None:
    """The first verb of speech among the first words of a text, outside quotation marks."""
    depth_end = -1
    before = ""
    for index, found in enumerate(_WORD.finditer(text)):
        previous, before = before, low(found[0])
        if index >= first:
            return None
        if found.start() < depth_end:
            continue
        if text[found.start() - 1 : found.start()] in _MARKS and found.start():
            close = re.search(r"[»”\"]", text[found.start() :])
            if close and close.start() < 60:
                depth_end = found.start() + close.start()
                continue
        if previous in _DETERMINERS and before in words().any("speech", "doubtful"):
            continue  # "in a post": a noun
        if (before in words().say or before in words().report) and previous not in words().any("speech", "relative"):
            return found
    return None


def clause(text: str, *, beside: bool = False) -> Clause | None:
    """What a clause beside a quotation says of its speaker; None where it is no clause of speech.

    `beside`: it stands right behind the words, so that a verb we do not know will do («усміхається пекарка»).
    """
    text = _QUOTED_AS.sub(" said", text.strip(" ,;:—–-"))
    if not text or len(text) > 350:
        return None
    text = without_connectives(text)
    if adverbial().match(text) and (head := text.partition(", "))[1] and verb_in(head[2]) is not None:
        text = head[2]
    if (opened := _opener().match(low(text))) is not None:
        phrase = text[opened.end() :].strip(" ,.")
        party = names.read(phrase, oblique=True)
        return Clause(text, phrase, party, channel(text), "", False) if party else None
    verb = verb_in(text) or (_unknown_verb(text) if beside else None)
    if verb is None:
        return None
    before, after = text[: verb.start()].strip(" ,"), text[verb.end() :].strip(" ,")
    before = without_auxiliaries(before)
    while (head := before.partition(", "))[1] and adverbial().match(before):
        before = head[2]
    before = without_connectives(before)
    party = None
    phrase = ""
    if before and (last := before.rsplit(" ", 1)[-1]) != before and low(last) in words().pronouns:
        phrase, party = last, names.read(last)
    if low(before) == "it":
        phrase, party = before, Party(before, "organisation", pronoun=True)
    if before and party is None:
        phrase = before
        placed = _AT_PLACE.match(low(before))
        party = names.read(before[placed.end() :], oblique=True, person=False) if placed else names.read(before)
        if party is None and not nouns.inflected(text):
            last = before.rsplit(", ", 1)[-1]
            phrase, party = last, names.read(last)
            if party is None and low(before).startswith("the "):  # "the 45-year-old": who spoke last
                phrase, party = before, Party(before, "person", pronoun=True)
    if party is None and after:
        phrase, party = after_verb(after)
    if party is None and (paper := _paper().search(low(text))) is not None:
        phrase = text[slice(*paper.span())]
        party = Party(phrase, "organisation", pronoun=True)
    if party is None:
        return None
    word = low(verb[0])
    told = word in ("told", "tells") or tells_media(text[verb.end() :])
    default = "interview" if told else None
    return Clause(text, phrase, party, channel(text, default=default), word, word in words().report)


def tells_media(after: str) -> bool:
    """Whether right behind the verb stands an outlet in the dative: «розповів „Віснику“», «розповіла Суспільному»."""
    found = re.match(r"\s*(?:«([^»]+)»|\"([^\"]+)\"|“([^”]+)”|([\w'’-]+))", after)
    if found is None or not nouns.inflected(after):
        return False
    quoted = found[1] or found[2] or found[3]
    word = (quoted or found[4]).split(" ")[-1]
    return nouns.is_media(word) and low(word).endswith(("у", "ю", "ові", "еві", "і", "ому", "ям", "ам"))


@lru_cache(maxsize=1)
def _paper() -> re.Pattern[str]:
    """ "The statement", «у звіті»: a paper that speaks for whoever gave it out, who was named before."""
    papers = "|".join(map(re.escape, [*words().all("channels", "papers"), *words().all("channels", "documents")]))
    return re.compile(rf"(?:^the|^its|^their|^his|^her|\b[ув])\s(?:{papers})(?=\s|,|$)")


@lru_cache(maxsize=1)
def _opener() -> re.Pattern[str]:
    """«за словами», "according to": a clause of speech without a verb."""
    return re.compile(rf"(?:{words().pattern('attribution', 'people')}|according to)\s", re.IGNORECASE)


@lru_cache(maxsize=1)
def _connective() -> re.Pattern[str]:
    return re.compile(rf"{words().pattern('speech', 'connective')},?\s+", re.IGNORECASE)


def without_connectives(text: str) -> str:
    """The text without «тим часом», "meanwhile" and the like at its beginning."""
    while (found := _connective().match(text)) is not None:
        text = text[found.end() :]
    return text


def _unknown_verb(text: str) -> re.Match[str] | None:
    """A first word, or one behind a pronoun or name, that has the ending of a verb; only in a short clause."""
    tokens = list(_WORD.finditer(text))
    if not 2 <= len(tokens) <= 9:
        return None
    for index, token in enumerate(tokens[:3]):
        word = low(token[0])
        acts = token[0][0].islower() and _ACTS.search(word) and not nouns.role_of(word)
        if acts and (index == 0 or word.endswith("ed") or nouns.inflected(word)):
            return token
    return None


_ASIDE: Final = re.compile(
    r",\s(?:however|meanwhile|too|though|in turn|for (?:his|her|its|their) part|by contrast|also"
    r"|on the other hand|of course"
    r"|своєю чергою|у свою чергу|натомість|навпаки|водночас|утім|втім|однак|проте|зі свого боку|схоже|звісно)$",
    re.IGNORECASE,
)


def without_auxiliaries(before: str) -> str:
    """The subject without adverbs and asides between it and its verb, and without a conjunction before it."""
    parts = _ASIDE.sub("", before.rstrip(" ,")).split(" ")
    while parts and low(parts[-1]) in words().any("speech", "auxiliary"):
        parts.pop()
    while parts and low(parts[0]).strip(",") in ("and", "but", "as", "як", "і", "а", "й", "та", "але", "однак"):
        parts.pop(0)
    return " ".join(parts)


def after_verb(after: str) -> tuple[str, Party | None]:
    """The speaker's phrase where the verb stands first; what tells place and occasion is left out."""
    if not nouns.inflected(after):
        candidates = [after, after.split(", ")[0], _TAIL.sub("", after), _TAIL.sub("", after.split(", ")[0])]
        parts = after.split(", ")
        if len(parts) > 1:
            candidates.insert(1, ", ".join(parts[:2]))
        for candidate in candidates:
            named = len(candidate.split()) <= 22 and not adverbial().match(candidate)
            party = names.read(candidate) if named else None
            if party is not None and (party.type == "person" or candidate is not after or len(candidate.split()) < 9):
                return candidate.strip(" ,"), party
        return "", None
    if (told := _TOLD.match(after)) is not None:
        after = after[told.end() :]  # «розповіли „Віснику“ в прокуратурі»
    if document := _document().match(low(after)):
        phrase = after[document.end() :].strip(" ,.")
        if signed := _signed().match(phrase):
            phrase = phrase[signed.end() :]
        return phrase, names.read(phrase, oblique=True, person=signed is not None)
    if placed := _AT_PLACE.match(after):
        party = names.read(after[placed.end() :], oblique=True)
        first = _WORD.findall(after[placed.end() :])[:2]
        if party is not None and party.type != "person" and any(nouns.head_of(word) for word in first):
            return after[placed.end() :].strip(" ,."), party
    start = _speaker_start(after)
    for candidate in (after[start:], after):
        cut = occasion().search(low(candidate))
        short = candidate[: cut.start()] if cut and cut.start() else candidate
        if (gesture := _GESTURE.fullmatch(short)) is not None:
            short = gesture[1]  # «знизує плечима Лис»
        party = names.read(short)
        if party is not None:
            return short.strip(" ,."), party
    return "", None


@lru_cache(maxsize=1)
def _document() -> re.Pattern[str]:
    """«у повідомленні …», «в пресрелізі …»: the paper in which it stands."""
    press = [word for word, kind in words().channels.items() if kind == "press_release"]
    papers = "|".join(sorted(map(re.escape, [*press, *words().all("channels", "documents")]), key=len, reverse=True))
    return re.compile(rf"(?:у|в)\s(?:[\w'-]+\s)?(?:{papers})\s(?=\S)", re.IGNORECASE)


@lru_cache(maxsize=1)
def _signed() -> re.Pattern[str]:
    """«за підписом …»: the paper has a signature, and who signed it speaks."""
    return re.compile(rf"{words().pattern('attribution', 'signed')}\s", re.IGNORECASE)


@lru_cache(maxsize=1)
def occasion() -> re.Pattern[str]:
    """Where the words for the speaker end and those for occasion, addressee or time begin."""
    newsroom = words().pattern("attribution", "newsroom")
    places = "|".join(map(re.escape, words().all("channels", "occasions")))
    channels = "|".join(sorted(map(re.escape, words().channels), key=len, reverse=True))
    weekdays = words().pattern("dates", "weekdays")
    return re.compile(
        rf"\s(?:{newsroom}\b|під час\b|з нагоди\b"
        rf"|(?:у|в|на|до|для|по|во)\s(?:[\w'-]+\s){{0,2}}?(?:{channels}|{places}|{weekdays})(?![\w])"
        rf"|\d{{1,2}}\s(?:{'|'.join(words().months)})\b).*$",
        re.IGNORECASE,
    )


def _speaker_start(after: str) -> int:
    """Where the speaker begins behind «сказав у коментарі …»: at the word for a post, a first name or a pronoun."""
    tokens = list(_WORD.finditer(after))
    adjunct = bool(tokens) and low(tokens[0][0]) in _places()
    name_start: int | None = None
    for index, token in enumerate(tokens):
        word = low(token[0])
        if after[token.start() - 1 : token.start()] in _MARKS and token.start():
            continue
        nominative = nouns.role_of(word)
        if nominative == word or (nominative and "-" in word):
            start = index
            while (
                start > (1 if adjunct else 0)
                and adjective(low(tokens[start - 1][0]))
                and after[tokens[start - 1].end() : tokens[start].start()] == " "
            ):
                start -= 1
            return tokens[start].start()
        if word in words().pronouns:
            return token.start()
        if name_start is None and words().names.get(word) and token[0][0].isupper():
            name_start = token.start()
            told = any(before[0][0].isupper() for before in tokens[:index])  # «розповів Суспільному Іван Лис»
            return name_start if adjunct or told else 0
    if not adjunct:
        return 0
    for index, token in enumerate(tokens[1:], 1):
        if nouns.head_of(token[0]) == low(token[0]) and index > 2:
            return token.start()
    capitals = [token for token in tokens if token[0][0].isupper()]
    if len(capitals) >= 2 and capitals[-1] is tokens[-1] and len(tokens) > 3:
        return capitals[-2].start()
    return 0


def adjective(word: str) -> bool:
    return (
        word.endswith(("ий", "ій", "на", "ня", "ка", "ва", "ша", "ська", "цька"))
        and nouns.role_of(word) is None
        and len(word) > 4
        and nouns.head_of(word) is None
    )


@lru_cache(maxsize=1)
def _places() -> frozenset[str]:
    return words().any("attribution", "places") | {
        "під",
        "для",
        "із",
        "з",
        "через",
        "телеканалу",
        "журналістам",
        "виданню",
        "редакції",
        "нам",
    }
