"""Statements of the text that say where information comes from: who, in which role, through which channel."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from app.importers.page import names, nouns, phrases, speech
from app.importers.page.names import Party
from app.importers.page.text import low, sentences
from app.importers.page.words import words

_WORD: Final = re.compile(r"[^\W\d_]+")
_STATED: Final = re.compile(r":|,\s(?:що|як|чому|де|коли|чи|скільки)\b")
_NAME_ENDS: Final = re.compile(
    r"\s(?:which|who|that|says|found|finds|shows?|suggests?|indicates?|while|and its|[a-z]+ed|put|said|on"
    r"|in (?:its|a|an|\d{4}|[A-Z][a-z]+(?=$|,|\s(?:found|finds|showed|shows|said|suggested|suggests)\b))"
    r"|last|this|yesterday|today|earlier|seen)\b"
)
_BESIDE_VERB: Final = re.compile(r"(?:\s[\w'’]+){0,3}?\s(?:in|on|at|via|by|during|through|over|to)(?:\s[\w'’-]+){1,6}")
_AND_SAID: Final = re.compile(r",?\s(?:and|but|і|й|та)\s([^\W\d_]+)")
_FOR_PERIOD: Final = re.compile(r"\sза\s(?=минул|перш|друг|трет|четверт|останн|цей|поточн|\d)")
_TALK: Final = re.compile(
    r"\s(?:у|в)\s(?:розмові|бесіді)\s(?:з|із|зі)\s(?=[«\"“„А-ЯІЇЄҐ]|нами\b|журналіст|кореспондент)"
)
_CONTRAST: Final = re.compile(r",\s(?:while|whereas|and(?=\s(?:the|an?)\s)|тоді як|тимчасом як)\s")
_MEDIA_DATIVE: Final = r"(?:Суспільному|[»\"])"


@lru_cache(maxsize=1)
def _newsroom() -> re.Pattern[str]:
    return re.compile(rf"\s{words().pattern('attribution', 'newsroom')}(?!\w)")


@dataclass(frozen=True)
class Statement:
    """One attribution found in a sentence."""

    party: Party
    role: str
    channel: str | None
    words: str
    outlet: bool = False


def find(text: str) -> list[Statement]:
    """The attributions of one paragraph, in order; sentences within quotation marks are not searched."""
    found: list[Statement] = []
    if not _speaks(text):
        return found
    for start, end in sentences(text):
        sentence = text[start:end]
        if not _speaks(sentence):
            continue
        for one in _with_companions(_in_sentence(sentence)):
            if all(low(one.party.name) != low(known.party.name) for known in found):
                found.append(one)
    return found


def _with_companions(found: list[Statement]) -> Iterator[Statement]:
    """Each statement, and one more for the second body where its phrase names two."""
    for one in found:
        yield one
        if (other := names.companion(one.party)) is not None:
            yield replace(one, party=other)


def _speaks(text: str) -> bool:
    """Whether a text holds a verb of speech or a phrase that opens an attribution; cheap, and most sentences do not."""
    folded = low(text)
    verbs = words()
    if any(word in verbs.say or word in verbs.report for word in _WORD.findall(folded)):
        return True
    if _TALK.search(text) is not None:
        return True
    known = phrases.patterns()
    return any(pattern.search(folded) is not None for pattern in (known.opener, known.reference, known.document))


def _in_sentence(sentence: str) -> list[Statement]:
    folded = low(sentence)
    found: list[Statement] = []
    for reader in (
        _opened,
        _documented,
        _about_this,
        _published,
        _in_talk,
        _as_subject,
        _contrasted,
        _passive,
        _at_end,
        _referred,
    ):
        for one in reader(sentence, folded):
            new = all(not nouns.same_name(one.party.name, known.party.name) for known in found)
            apart = reader is _referred or one.party.type == "person"
            if new and (apart or all(known.words not in one.words for known in found)):
                found.append(one)
    return found


def _opened(sentence: str, folded: str) -> list[Statement]:
    """«За словами X, …», "… , according to X"."""
    found: list[Statement] = []
    for opener in phrases.patterns().opener.finditer(folded):
        shown = phrases.shown_on(sentence, opener.end())
        phrase = phrases.phrase_of(sentence[shown or opener.end() :], cut=shown is None)
        if not nouns.inflected(sentence):
            phrase = phrases.without_paper(phrases.behind_document(phrase))
            phrase = _NAME_ENDS.split(phrase)[0]
        elif (verb := speech.verb_in(phrase)) is not None:
            phrase = phrase[: verb.start()].strip()
        party = phrases.party_of(phrase, oblique=True)
        if party is None or party.pronoun:
            continue
        if phrases.is_printed(sentence[opener.start() :]):
            party = replace(party, type="media", surname=False)
        people = low(opener[0]).strip() in phrases.patterns().people
        spoken = people or (party.type == "person" and not party.surname)
        channel = speech.channel(sentence[opener.start() :][: len(opener[0]) + len(phrase) + 60])
        text = sentence[opener.start() : sentence.find(phrase, shown or opener.end()) + len(phrase)]
        found.append(Statement(party, "said_by" if spoken else "reported_by", channel, text.strip(), not spoken))
    return found


def _documented(sentence: str, folded: str) -> list[Statement]:
    """«…, ідеться в пресрелізі громади»."""
    document = phrases.patterns().document.search(folded)
    if document is None:
        return []
    phrase = _FOR_PERIOD.split(phrases.phrase_of(sentence[document.end() :]))[0]
    party = phrases.party_of(phrase, oblique=True)
    if party is None or party.pronoun:
        return []
    text = sentence[document.start() : document.end() + len(phrase)]
    channel = speech.channel(document["channel"]) or speech.channel(text)
    return [Statement(party, "reported_by", channel, text)]


def _about_this(sentence: str, folded: str) -> list[Statement]:
    """«Про це повідомляє X у Telegram», "X reports this on Telegram": the source of the whole story."""
    this = phrases.patterns().this.match(folded)
    if not this and not folded.startswith(("про ", "об ")) and "this" not in folded:
        return []
    verb = speech.verb_in(sentence, first=40)
    if verb is None or low(verb[0]) in words().any("speech", "papers"):
        return []
    if not nouns.inflected(sentence):
        newsroom = _newsroom().match(folded, verb.end())
        if newsroom or not re.match(r"\s+(?:about\s+)?this\b", folded[verb.end() :]):
            return []
        party = phrases.party_of(speech.without_auxiliaries(sentence[: verb.start()].strip(" ,")))
    else:
        if not this and not re.match(r"про [^,.]{3,60}\s", folded):
            return []
        after = phrases.phrase_of(sentence[verb.end() :])
        party = phrases.after_verb(after) if after and not phrases.patterns().cut.match(f" {low(after)}") else None
        if party is None:
            middle = sentence[this.end() if this else 0 : verb.start()].strip(" ,")
            if speech.tells_media(f" {middle}"):
                return []  # «Про це „Хвилі“ повідомили джерела»
            party = names.read(middle) if low(middle) in words().pronouns else phrases.at_end_of(middle)
    if party is None or (party.pronoun and speech.channel(sentence[verb.end() :]) is None):
        return []
    told = speech.tells_media(sentence[verb.end() :]) or re.search(rf"{_MEDIA_DATIVE}\s*$", sentence[: verb.start()])
    channel = speech.channel(sentence[verb.end() :]) or speech.channel(sentence) or ("interview" if told else None)
    role = "said_by" if party.type == "person" and told else "reported_by"
    return [Statement(party, role, channel, sentence.strip(), low(verb[0]) in words().any("speech", "publishes"))]


def _published(sentence: str, folded: str) -> list[Statement]:
    """«Програму оприлюднила на своїй сторінці у Facebook міська рада»: who published stands behind the channel."""
    verb = speech.verb_in(sentence, first=12)
    if verb is None or low(verb[0]) not in words().report or not nouns.inflected(sentence):
        return []
    end = verb.end()
    while (place := phrases.patterns().cut.match(folded, end)) is not None:
        end = place.end()
    channel = speech.channel(sentence[verb.end() : end])
    party = phrases.party_of(phrases.phrase_of(sentence[end:])) if channel else None
    if party is None or party.pronoun:
        return []
    return [Statement(party, "reported_by", channel, sentence.strip(" ."))]


def _in_talk(sentence: str, folded: str) -> list[Statement]:
    """«Адвокатка Злата Лис у розмові з „Хвилею“ назвала справу …»: whatever the verb, it was said."""
    talk = _TALK.search(sentence)
    party = phrases.party_of(sentence[: talk.start()].strip()) if talk else None
    if talk is None or party is None or party.type != "person" or party.pronoun:
        return []
    end = phrases.clause_end(sentence, talk.end())
    return [Statement(party, "said_by", "interview", sentence[:end].strip(" ."))]


def _contrasted(sentence: str, folded: str) -> list[Statement]:
    """ "The union said it was glad, while the hauliers warned of …": the second of two subjects."""
    contrast = _CONTRAST.search(folded)
    if contrast is None:
        return []
    return _as_subject(sentence[contrast.end() :], folded[contrast.end() :])


def _at_end(sentence: str, folded: str) -> list[Statement]:
    """ "…, the operator announced on its website", «…, пише «Кур'єр» з посиланням на управління»."""
    for comma in reversed([found.start() for found in re.finditer(r",|\s[—–-]\s", sentence)]):
        tail = sentence[comma:].lstrip(" ,—–-")
        verb = speech.verb_in(tail, first=9)
        if verb is None or len(tail) > 220:
            continue
        if low(tail).startswith(
            (
                "що ",
                "який ",
                "яка ",
                "які ",
                "and ",
                "but ",
                "who ",
                "which ",
                "а ",
                "і ",
                "але ",
                "де ",
                "щоб ",
                "коли ",
                "while ",
            )
        ):
            continue
        if re.match(r"\s*,?\s*(?:that|що|як|чому|how)\b", tail[verb.end() :]):
            continue
        word = low(verb[0])
        if word in words().any("speech", "papers"):
            continue
        before = tail[: verb.start()].strip()
        if before.endswith(",") and not nouns.inflected(sentence):
            before = before.strip(" ,")
            apposed = names.read(before) if "," in before else None
            if apposed is None or apposed.type != "person" or apposed.identity != "named" or apposed.surname:
                continue  # "Ann Lee, the mayor, said": who speaks stands before the comma
        lead = sentence[:comma]
        inverted = not before and low(tail).split(" ")[0] in ("said", "reported")
        plain = (
            word not in words().any("speech", "doubtful")
            or _plainly_stated(word, low(tail[verb.end() :]))
            or (word == "reports" and re.match(r"[.,]|$", tail[verb.end() :]) is not None and nouns.is_media(before))
        )
        if not nouns.inflected(sentence) and not inverted and not (before and plain):
            continue
        if before:
            party = phrases.party_of(speech.without_auxiliaries(before))
            if party is None or (party.type == "person" and party.surname and "," in lead):
                continue
        else:
            party = phrases.after_verb(phrases.phrase_of(tail[verb.end() :]))
        if party is None or party.pronoun or len(lead.split()) < 2:
            continue
        party = phrases.as_outlet(party, word, low(tail[verb.end() :]))
        reports = word in words().report
        role = "said_by" if party.type == "person" else "reported_by" if reports or party.type == "media" else "said_by"
        told = speech.tells_media(tail[verb.end() :])
        channel = speech.channel(tail[verb.end() :], default="interview" if told else None)
        return [Statement(party, role, channel, tail.strip(" ."), word in words().any("speech", "publishes"))]
    return []


def _as_subject(sentence: str, folded: str) -> list[Statement]:
    """ "The office said in a statement that …", «Реставраторка пояснює, що …»."""
    if folded.startswith(("про ", "як ", "as ")):
        if not folded.startswith(("як ", "as ")):
            return []
        sentence, folded = sentence.split(" ", 1)[1], folded.split(" ", 1)[1]
        called = True
    else:
        called = False
    verb = speech.verb_in(sentence, first=24)
    if verb is not None and verb.start() == 0 and not nouns.inflected(sentence) and ", " in sentence:
        sentence, folded = sentence.partition(", ")[2], folded.partition(", ")[2]  # "Asked for comment, the mayor …"
        verb = speech.verb_in(sentence, first=24)
    if verb is None:
        return []
    subject_end, word = verb.start(), low(verb[0])
    if (further := _AND_SAID.match(sentence, verb.end())) and speech.verb_in(further[1]) is not None:
        verb, word = further, low(further[1])  # "apologised and said"
    if word in words().any("speech", "papers"):
        return []
    if sentence[:subject_end].rstrip().endswith(",") and sentence[:subject_end].count(",") == 1:
        return []  # «Студія запрацює восени, уточнили в громаді»: the subject stands behind the verb
    if (
        sentence[:subject_end].rstrip().endswith(",")
        and nouns.inflected(sentence)
        and not _STATED.search(folded, verb.end())
    ):
        return []
    before = speech.without_auxiliaries(sentence[:subject_end].strip(" ,"))
    if (citing := phrases.patterns().reference.search(low(before))) is not None:
        before = before[: citing.start()].strip(" ,")  # «„Вісник“ з посиланням на раду пише, що …»
    rest = folded[verb.end() :]
    if not nouns.inflected(sentence) and (rest.startswith(",") or not folded[:subject_end].rstrip().endswith(",")):
        # "Fares, the minister said, would not rise", "It is late, the minister said"
        before = before.rpartition(", ")[2]
    placed = re.search(r"(?:^|\s)(?:in|on|у|в|на)\s", folded[:subject_end])
    lead = sentence[placed.start() : subject_end] if placed else ""
    inflected = nouns.inflected(sentence)
    if not inflected and (
        before.count(",") > 3
        or (
            word in words().any("speech", "doubtful")
            and not _plainly_stated(word, rest)
            and speech.channel(lead) is None
        )
    ):
        return []
    if inflected and not before:
        party = phrases.after_verb(phrases.phrase_of(sentence[verb.end() :])) if called else None
        end = verb.end() + len(phrases.phrase_of(sentence[verb.end() :], cut=False)) + 1
    else:
        if not phrases.states(rest, word, inflected):
            return []
        party, before = phrases.before_verb(before, inflected)
        end = phrases.clause_end(sentence, verb.end())
    if party is None or (party.pronoun and speech.channel(lead) is None):
        return []
    party = phrases.as_outlet(party, word, rest)
    told = word in ("told", "tells") or any(f" {one}" in rest[:60] for one in words().any("attribution", "newsroom"))
    told = told or speech.tells_media(sentence[verb.end() :])
    behind = sentence[verb.end() : end]
    if not inflected:
        beside = _BESIDE_VERB.match(behind)
        behind = beside[0] if beside else ""
    channel = speech.channel(behind) or speech.channel(lead) or ("interview" if told else None)
    role = "said_by" if party.type == "person" or word in words().say else "reported_by"
    if party.type != "person" and word in words().any("speech", "publishing"):
        role = "reported_by"
    start = max(sentence.find(before), 0)
    return [
        Statement(party, role, channel, sentence[start:end].strip(" ,:."), word in words().any("speech", "publishes"))
    ]


def _plainly_stated(word: str, rest: str) -> bool:
    """Whether a word that may be a noun is a verb of speech here: "reports this", "posted on X that …"."""
    if (word.endswith("ed") or word in ("reports", "warns", "suggests", "claims")) and rest.startswith(" that"):
        return True
    if re.match(r"\s(?:about\s)?this\b|,?\s(?:citing|with reference to|referring to)\b", rest):
        return True
    return re.match(r"\s(?:on|in|via|through)\s", rest) is not None and speech.channel(rest[:45]) is not None


def _passive(sentence: str, folded: str) -> list[Statement]:
    """ "… was first reported by Autoweek"."""
    found = re.search(r"\b(?:reported|announced|confirmed|published|released) (?:\w+ )?by (?=\S)", folded)
    if found is None or nouns.inflected(sentence):
        return []
    phrase = re.split(r"\s(?:on|in|and|at|last|this|which)\b", phrases.phrase_of(sentence[found.end() :]))[0]
    party = phrases.party_of(phrase)
    if party is None or party.pronoun:
        return []
    channel = speech.channel(sentence[found.end() :])
    words_used = sentence[found.start() : sentence.index(phrase, found.end()) + len(phrase)]
    return [Statement(party, "reported_by", channel, words_used, True)]


def _referred(sentence: str, folded: str) -> list[Statement]:
    """«… з посиланням на X»."""
    found: list[Statement] = []
    for reference in phrases.patterns().reference.finditer(folded):
        phrase = phrases.phrase_of(sentence[reference.end() :], cut=False)
        if nouns.inflected(phrase) and (verb := speech.verb_in(phrase)) is not None:
            phrase = phrase[: verb.start()].strip()
        phrase = phrases.without_paper(phrases.behind_document(phrase))
        party = phrases.party_of(phrase, oblique=True)
        if party is not None and not party.pronoun:
            role = "said_by" if party.type == "person" and party.gender != "they" else "reported_by"
            found.append(
                Statement(party, role, None, sentence[reference.start() : reference.end() + len(phrase)], True)
            )
    return found
