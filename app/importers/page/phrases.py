"""Where in a sentence the phrase for a source begins and ends, and whether it is one."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from app.importers.page import cases, names, nouns, speech
from app.importers.page.names import Party
from app.importers.page.text import low
from app.importers.page.words import words

_KNOWING: Final = re.compile(r"\b(?:familiar with|close to|briefed on|inside|within)\b")
_PRINTED: Final = re.compile(
    r"(?:an?\s|the\s)?(?:[a-z]+\s){0,2}(?:study|paper|report|article|research|survey|analysis)\s(?:published\s(?:\w+\s){0,3}?)?in\s(?:the\s)?"
    r"(?:(?:scientific\s)?(?:journal|magazine)\s)?(?=[A-Z])"
)
_MADE_BY: Final = re.compile(
    r"(?:an?\s|the\s|its\s)?(?:[a-z]+\s){0,2}(?:study|paper|report|research|survey|analysis|poll|review|data|figures)\s"
    r"(?:[\w'’]+\s){0,4}?(?:by|from)\s(?:the\s)?(?=[A-Z])"
)
_OWNED: Final = re.compile(
    r"(.{2,80}?)(?:['’]s|(?<=s)['’])\s(?:[\w-]+\s){0,2}"
    r"(?:channel|page|account|website|site|feed|press release|statement)"
)
_SHOWN: Final = re.compile(
    r"(?:an?\s|the\s)?(?:[\w-]+\s){1,3}(?:published|posted|released|shown|listed)\son\s(?:the\s)?"
    r"(?=[^,.;:]{2,60}['’]s?\s(?:[\w-]+\s)?(?:channel|page|account|website|web|site|feed)\b)"
)
_CITING: Final = re.compile(r",?\s(?:citing|with reference to|referring to|з посиланням|із посиланням|посилаючись)\b")
_OUTLET: Final = re.compile(r"«[^»]+»|\"[^\"]+\"|“[^”]+”")
_PLACED: Final = re.compile(r"(?:у|в|во|на)\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Patterns:
    opener: re.Pattern[str]
    people: frozenset[str]
    reference: re.Pattern[str]
    this: re.Pattern[str]
    document: re.Pattern[str]
    cut: re.Pattern[str]


@lru_cache(maxsize=1)
def patterns() -> Patterns:
    known = words()
    channel = "|".join(
        sorted(map(re.escape, (*known.channels, *known.all("channels", "occasions"))), key=len, reverse=True)
    )
    documents = "|".join(
        sorted(
            {re.escape(word) for word, kind in known.channels.items() if kind == "press_release"}
            | {re.escape(word) for word in known.all("channels", "documents")},
            key=len,
            reverse=True,
        )
    )
    places = r"(?:у|в|на|до|через|під час|по|из|on|in|at|via|through|during|to)"
    return Patterns(
        re.compile(rf"(?<!\w){known.pattern('attribution', 'openers')}\s"),
        known.any("attribution", "people"),
        re.compile(rf"(?<!\w){known.pattern('attribution', 'reference')}\s"),
        re.compile(rf"(?:\w+ )?{known.pattern('attribution', 'this')}\b"),
        re.compile(
            rf"{known.pattern('speech', 'written')} (?:у|в|на) (?P<channel>[^,.]{{0,25}}?\b(?:{documents}|{channel}))\s"
        ),
        re.compile(
            rf"\s{places}\s(?:(?:своєму|своїй|своєї|офіційному|офіційній|особистому|власному|свій|соціальній|вечірньому|ранковому|its|his|her|their|the|an?|official|own)\s)*"
            rf"(?:[\w'-]+\s){{0,2}}?(?:{channel})(?![\w])|\s{known.pattern('attribution', 'reference')}\s"
        ),
    )


def phrase_of(text: str, *, cut: bool = True) -> str:
    """The noun phrase that begins here: up to a mark outside quotation marks, or a channel."""
    inside = False
    end = len(text)
    for place, mark in enumerate(text):
        if mark in "«“„":
            inside = True
        elif mark in "»”":
            inside = False
        elif mark == '"':
            inside = not inside
        elif (not inside and mark in ",;:!?—") or (
            not inside and mark == "." and not text[place + 1 : place + 2].isalnum()
        ):
            if mark == "." and re.search(r"(?:^|\s)\w$", text[:place]) and text[place + 1 : place + 2] == " ":
                continue
            end = place
            break
    phrase = text[:end]
    if cut and (found := patterns().cut.search(low(phrase))) and found.start() > 2:
        phrase = phrase[: found.start()]
    return phrase.strip(" –-")


def behind_document(phrase: str) -> str:
    """The phrase without the paper before it: «дослідження інституту» is the institute's."""
    if (printed := _PRINTED.match(phrase) or _MADE_BY.match(phrase)) is not None:
        return phrase[printed.end() :]
    first, _, rest = phrase.partition(" ")
    papers = {*words().any("channels", "documents"), *words().any("channels", "papers")}
    return rest if rest and low(first) in papers else phrase


def is_printed(text: str) -> bool:
    """Whether a text begins with a study in a journal: what is named is the journal."""
    return _PRINTED.match((text[:1].lower() + text[1:]).removeprefix("according to ")) is not None


def shown_on(sentence: str, start: int) -> int | None:
    """Where the owner's name begins in "minutes published on the council's website"; None for other phrases."""
    found = _SHOWN.match(sentence, start)
    return found.end() if found else None


def without_paper(phrase: str) -> str:
    """The phrase without the paper or page behind it: "agency data" and "the agency's web page" are the agency's."""
    if (owned := _OWNED.fullmatch(phrase)) is not None:
        return owned[1]
    body, _, paper = phrase.rpartition(" ")
    return body if body and low(paper) in words().any("channels", "papers") else phrase


def party_of(phrase: str, *, oblique: bool = False) -> Party | None:
    """The party of a phrase; «у мерії» is the mayor's office, "on Monday" and «очевидці» are nobody."""
    phrase = speech.without_connectives(phrase)
    if (placed := _PLACED.match(phrase)) is not None:
        rest = phrase[placed.end() :]
        if low(rest.split(" ")[0]) in words().channels and " " in rest:
            rest = rest.split(" ", 1)[1]  # «на сайті міськради»
        head = rest.split(" ")[0].strip('«»“”"')
        if cases.is_adjective(low(head)) and nouns.head_of(rest.partition(" ")[2].split(" ")[0]):
            head = rest.split(" ")[1]  # «в обласній прокуратурі»
        if not (
            nouns.head_of(head) or head.isupper() or rest[:1] in '«“"' or nouns.is_media(head) or head[:1].isupper()
        ):
            return None
        return names.read(rest, oblique=True, person=False)
    if speech.adverbial().match(phrase):
        return None
    first = low(phrase).split(" ")[0].strip(",.") if phrase else ""
    if first in words().any("attribution", "skip"):
        return None
    party = names.read(phrase, oblique=oblique)
    return None if party is None or _vague(party) else party


def _vague(party: Party) -> bool:
    """ "Residents say": nobody in particular, as long as nobody counts them or says how they know."""
    if party.gender != "they" or party.pronoun or nouns.inflected(party.name):
        return False
    return low(party.written) == low(party.name) and _KNOWING.search(party.name) is None


def after_verb(after: str) -> Party | None:
    """The one who stands behind the verb, perhaps behind «у пресслужбі» or «під час брифінгу»."""
    if _OUTLET.fullmatch(after) and speech.tells_media(f" {after}"):
        return None  # «розповів „Віснику“, що»: who was told
    phrase, party = speech.after_verb(after)
    if party is None or low(phrase).split(" ")[0].strip(",.") in words().any("attribution", "skip"):
        return None
    return party_of(phrase, oblique=low(after).startswith(("у ", "в ", "на ", "до "))) or party


def at_end_of(middle: str) -> Party | None:
    """«Про передачу журналу музей річкового флоту»: the longest end that begins with a head of names, or a name."""
    tokens = list(re.finditer(r"[^\s]+", middle))
    for token in tokens:
        word = token[0].strip("«»“”\"',.")
        starts = (
            low(word) in words().heads
            or nouns.role_of(word) == low(word)
            or token[0][0] in '«“"'
            or (token[0][0].isupper() and token.start() > 0)
        )
        if low(word) in words().names and token[0][0].isupper():
            starts = True
        if not starts:
            continue
        start = token.start()
        index = tokens.index(token)
        if index and speech.adjective(low(tokens[index - 1][0])) and index > 1:
            start = tokens[index - 1].start()
        if party := party_of(middle[start:]):
            return party
    return None


def before_verb(before: str, inflected: bool) -> tuple[Party | None, str]:
    """The subject before a verb: without what stands before it in the sentence."""
    before = speech.without_connectives(before)
    if inflected and (occasion := speech.occasion().search(low(before), 3)) is not None:
        before = before[: occasion.start()]  # «У школі на запитання редакції відповіли»
    if (last := before.rsplit(" ", 1)[-1]) != before and low(last) in words().pronouns and _PLACED.match(before):
        return names.read(last), before  # «В інтерв'ю „Вісникові“ вона …»
    candidates = [before]
    parts = before.split(", ")
    if len(parts) > 1:
        candidates += [", ".join(parts[-2:]), parts[-1]]
    for candidate in (one.lstrip('”»" ') for one in candidates):
        if len(names.without_relative(candidate).split()) > 14:
            continue
        if not inflected and names.FINITE.search(names.without_relative(candidate)):
            continue  # a clause, not a phrase for somebody
        party = party_of(candidate)
        if party is None:
            continue
        core = names.without_relative(candidate)
        if party.type != "person" and not _plausible(core, party, inflected):
            continue
        return party, candidate
    return None, before


def _plausible(phrase: str, party: Party, inflected: bool) -> bool:
    """An organisation as a subject: one phrase, whose head is known or which is a proper name."""
    if "," in phrase or (
        inflected
        and re.search(r"\s(?:у|в|на|про|за|до|з)\s[а-яіїєґ]", phrase)
        and not nouns.head_of(phrase.split(" ")[0])
    ):
        return False
    if re.match(r"(?:in|on|at|for|by|when|after|last|this|from|with|as)\s", low(phrase)):
        return False
    if inflected and _PLACED.match(phrase):
        return True  # «у міськраді»: `party_of` has looked at what stands there
    proper = re.sub(r"^(?:[Tt]he|A|An|Our)\s", "", phrase)
    core = [word for word in proper.split(" ") if word]
    headed = any(nouns.head_of(re.sub(r"['’]s$", "", word)) for word in core)
    capitals = [word for word in core if word[:1].isupper() or word[:1] in '«“"']
    if inflected:
        first = core[0].strip('«»“”"')
        return (
            nouns.head_of(first) == low(first)
            or first.isupper()
            or core[0][:1] in '«“"'
            or (len(core) > 1 and nouns.head_of(core[1].strip("«»")) == low(core[1]))
            or (len(core) == 1 and nouns.is_media(first))
        )
    return headed or len(capitals) == len(core)


def states(rest: str, word: str, inflected: bool) -> bool:
    """Whether what follows the verb is what was stated, so that its subject is a source."""
    if inflected:
        return (
            re.match(
                r"[^.]{0,70}?,\s(?:що|як|чому|де|коли|чи|скільки|у|в|на|які|який|яка)\b|[^.]{0,60}?:|\s(?:про|у|в|на)\s",
                rest,
            )
            is not None
        )
    if word in words().any("speech", "plain"):
        return not re.match(r"\s+to\s(?:be|have)\b|\s+goodbye\b", rest)
    return (
        re.match(
            r"\s+(?:in|on|that|the|to|at|during|how|about|it|there|he|she|they|a|an|no|its|more|by|\w+day|this"
            r"|[\w'’ ]{2,40}\sthat)\b",
            rest,
        )
        is not None
    )


def clause_end(sentence: str, start: int) -> int:
    found = re.compile(r",?\s(?:that|how|what|why)\s|,\s(?:що|як|чому)\s|:").search(sentence, start)
    return found.start() if found else len(sentence)


def as_outlet(party: Party, verb: str, rest: str) -> Party:
    """Who reports what another said is an outlet; two words that are no name we know and announce something, a body."""
    if _CITING.match(rest) and (party.type != "person" or party.surname):
        return replace(party, type="media", surname=False)
    unknown = party.type == "person" and party.gender is None and party.position is None and not party.surname
    if unknown and party.identity == "named" and (verb in words().report or " its " in rest[:30]):
        return replace(party, type="media" if nouns.is_media(party.name) else "organisation")
    return party
