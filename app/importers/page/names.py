"""Who is meant by a noun phrase: the name in the nominative, the kind of source, position, organisation and gender."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from app.importers.page import cases, nouns
from app.importers.page.text import low
from app.importers.page.words import words

_QUOTED: Final = re.compile(r"«[^»]*»|“[^”]*”|„[^“”]*[“”]|\"[^\"]*\"")
_ARTICLE: Final = re.compile(r"(?:the|a|an|its|his|her|their|our|my|your|one|another)\s+", re.IGNORECASE)
_RELATIVE: Final = re.compile(
    r",?\s+(?:who|whose|which|that|when|where|while)\b|,\s*(?:[а-яіїє]{1,4}\s)?(?:як(?:ий|а|е|і|ого|ої|их|ому|ій|им|ою|ими|у)|чи(?:й|я|є|ї|го|єї|їх)|котр\w{1,3}|що|коли|де)\b"
)
_LINK: Final = re.compile(r"\s+(?:of|for|at|from|with|in|close to|familiar with|briefed on|inside|within)\s+")
_PATRONYMIC: Final = re.compile(r"(?:ович|йович|ьович|івна|ївна|овича|івни|йовича|івною|ївни)$")
_AGE: Final = re.compile(
    r",\s(?:aged\s)?(?:\d{1,3}|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen)"
    r"(?:\sрок[иів]+)?(?=,|$)"
)
FINITE: Final = re.compile(
    r"\b(?:will|is|are|was|were|has|have|had|would|can|could|should|may|might|must|did|does"
    r"|declined|refused|failed)\b"
)
_PROPER: Final = re.compile(r"((?:[a-z][\w'’-]*\s)+)([A-Z][\w'’.&-]*(?:\s[A-Z&][\w'’.&-]*)*)")
_AND: Final = re.compile(r"\s(?:та|і|й)\s(?:[ув]\s)?|\sand\s(?=the\s)")
# No name is longer, and looking for the end of an endless word from each of its letters takes minutes.
_PAIR: Final = re.compile(
    r"(?:([^\W\d_][\w'’-]{0,60}),?\s)?\b([A-ZА-ЯІЇЄҐ][\w'’ʼ-]{1,60})\s([A-ZА-ЯІЇЄҐ][\w'’ʼ-]{1,60})"
)
_JOINED: Final = re.compile(r"(?!Mc|Mac|De|Di|Du|Fitz|La|Le|Van)\w*[a-zа-яіїєґ][A-ZА-ЯІЇЄҐ]")  # "NorthLine"
_BEFORE_PLACES: Final = frozenset("із з зі у в на до від біля поблизу of in from at near the".split())
_APPOSED: Final = re.compile(
    r"([A-Z][a-z'’-]+\s[A-Z][\w'’-]+),\s(?:the|a|an|who|his|her|its|their|[A-Z][\w'’-]+(?:\s[A-Z][\w'’-]+)*['’]s?)\s(?!.*\b(?:based|company|group)\b)"
)
_BODY_NAMED: Final = re.compile(
    r"(?:[\w'’-]+\s){0,4}(?P<head>[a-z]{4,}),\s(?P<name>[A-Z][\w&.'’-]*(?:\s[A-Z&][\w&.'’-]*){0,4})"
)
_GENERIC: Final = frozenset("видання газета портал журнал телеканал агентство агенція тижневик".split())


@dataclass(frozen=True)
class Party:
    """One who is named as giving information, as read from one phrase."""

    name: str
    type: str
    identity: str = "named"
    position: str | None = None
    organisation: str | None = None
    gender: str | None = None
    written: str = ""
    pronoun: bool = False
    surname: bool = False


@lru_cache(maxsize=4_096)
def read(phrase: str, *, oblique: bool = False, person: bool = True) -> Party | None:
    """The party a phrase names, or None where it names nobody in particular; remembered, as names come back.

    `oblique`: the phrase stands in another case than the nominative. `person` False: it cannot be a person.
    """
    written = phrase.strip(" ,.;:—–-()")
    phrase = _AGE.sub("", without_relative(written)).strip(" ,")
    phrase = _ARTICLE.sub("", phrase, count=1) if _ARTICLE.match(phrase) else phrase
    if not phrase or len(phrase) > 200:
        return None
    if gender := words().pronouns.get(low(phrase)):
        return Party(phrase, "person", gender=gender, written=written, pronoun=True)
    tokens = nouns.tokens_of(phrase)
    if not tokens:
        return None
    quoted = [found.span() for found in _QUOTED.finditer(phrase)]
    person = person and ", which " not in written
    party = None
    if person and (called := _call_sign().search(phrase)) is not None:
        position, organisation, gender = split_post(phrase[: called.start()])
        party = Party(called["name"], "person", "named", position, organisation, gender)
    if not nouns.inflected(phrase) and (body := _BODY_NAMED.fullmatch(phrase)) is not None:
        party = _body_named(body["head"], body["name"])
    if party is None and person and not nouns.inflected(phrase) and (apposed := _APPOSED.match(phrase)) is not None:
        party = _apposed(phrase, tokens, apposed[1])
    if person and party is None:
        party = (
            _person(phrase, tokens, quoted, oblique)
            or _several(phrase, tokens)
            or _role_only(phrase, tokens, quoted, oblique)
        )
    party = party or _organisation(phrase, tokens, quoted, oblique)
    if party is None and person and _unnamed().search(written):
        party = Party(phrase[0].lower() + phrase[1:], "person", "role_only")
    return replace(party, written=written) if party else None


def _apposed(phrase: str, tokens: list[nouns.Token], name: str) -> Party | None:
    """ "Ann Lee, the trust's survey lead": two capitalised words before an apposition are a person's name."""
    pair = nouns.tokens_of(name)
    if any(nouns.head_of(token.low) or token.low in nouns.tables().media for token in pair):
        return None
    return _named(phrase, tokens, tokens[: len(pair)], oblique=False)


def _body_named(head: str, name: str) -> Party | None:
    """ "Averia's state broadcaster, AV1": what a noun for a body tells, and its name behind a comma."""
    if nouns.first_name(name.split(" ")[0]) or nouns.role_of(name.split(" ")[-1]):
        return None
    if nouns.is_media(head):
        return Party(name, "media")
    return Party(name, "organisation") if low(head) in words().any("organisations", "anaphora") else None


@lru_cache(maxsize=1)
def _call_sign() -> re.Pattern[str]:
    """«командир взводу на позивний Хміль»: a soldier's name is the call sign."""
    return re.compile(
        rf"(?<=\w),?\s{words().pattern('people', 'call_signs')}\s[«“\"]?(?P<name>[^\W\d_][\w -]{{1,30}}?)[»”\"]?$"
    )


@lru_cache(maxsize=1)
def _unnamed() -> re.Pattern[str]:
    return re.compile(rf",?\s{words().pattern('people', 'unnamed')}.*$", re.IGNORECASE)


def mentions(text: str) -> list[Party]:
    """Persons whom a text names in full by a first name we know, in the nominative, in order, with the post before."""
    found: list[Party] = []
    opened = nouns.role_of(text.split(" ", 1)[0].strip(",.:"))
    leading = words().roles.get(opened) if opened else None
    for pair in _PAIR.finditer(text):
        first, last = pair[2], nouns.POSSESSIVE.sub("", pair[3])
        gender = words().names.get(low(first))
        role = nouns.role_of(pair[1]) if pair[1] else None
        if gender is None and role is None and leading and not found and low(pair[1] or "") not in _BEFORE_PLACES:
            role, gender = opened, leading.gender  # «Пасічник із Яру Прохір Щільник …»
        if (gender is None and role is None) or nouns.head_of(last) or nouns.role_of(first) or nouns.head_of(first):
            continue
        position = pair[1].lower() if role and pair[1] and nouns.role_of(pair[1]) else None
        if gender is None and role in words().roles:
            gender = words().roles[role].gender
        found.append(Party(f"{first} {last}", "person", position=position, gender=gender))
    return found


def companion(party: Party) -> Party | None:
    """The second body of a phrase that names two, «поліції та обласній прокуратурі»; None for other phrases."""
    second = _two_bodies(party.written)[1] if party.type != "person" else ""
    return read(second, oblique=True, person=False) if second else None


def _two_bodies(phrase: str) -> tuple[str, str]:
    """The phrase cut between two heads of names that a conjunction joins; else the whole and nothing."""
    for joint in _AND.finditer(phrase):
        one, other = phrase[: joint.start()], phrase[joint.end() :]
        if all(_headed(part) for part in (one, other)):
            return one, other
    return phrase, ""


def _headed(part: str) -> bool:
    """Whether a phrase has the head of a name where it stands in its language: among the first words, or last."""
    tokens = nouns.tokens_of(part.split(", ")[0])
    ends = tokens[:3] if nouns.inflected(part) else tokens[-1:]
    return any(nouns.head_of(nouns.plain(token)) for token in ends)


def without_relative(phrase: str) -> str:
    """The phrase without a clause that begins with "who" or «який»."""
    return _unnamed().sub("", _RELATIVE.split(phrase, maxsplit=1)[0]).strip(" ,.;:—–-()")


def _outside(token: nouns.Token, quoted: list[tuple[int, int]]) -> bool:
    return not any(start <= token.start < end for start, end in quoted)


def _runs(phrase: str, tokens: list[nouns.Token], quoted: list[tuple[int, int]]) -> list[list[nouns.Token]]:
    """Capitalised words that follow each other with nothing but a blank between them."""
    runs: list[list[nouns.Token]] = []
    for token in tokens:
        if not token.capital or not _outside(token, quoted):
            continue
        joined = (
            runs
            and phrase[runs[-1][-1].end : token.start] in (" ", ". ")
            and not nouns.POSSESSIVE.search(runs[-1][-1].text)
        )
        if joined:
            runs[-1].append(token)
        else:
            runs.append([token])
    return runs


def _person(phrase: str, tokens: list[nouns.Token], quoted: list[tuple[int, int]], oblique: bool) -> Party | None:
    runs = _runs(phrase, tokens, quoted)
    for run in reversed(runs):
        for place, token in enumerate(run):
            if nouns.first_name(token.text) and place + 1 < len(run) and not nouns.head_of(run[place + 1].text):
                return _named(phrase, tokens, run[place : place + 3], oblique)
    has_role = any(nouns.role_of(nouns.plain(token)) for token in tokens if _outside(token, quoted))
    for run in reversed(runs):
        posts = [place for place, token in enumerate(run[:-1]) if nouns.role_of(token.low)]
        name = run[posts[-1] + 1 :] if posts else run  # "Interior Minister Ann Lee"
        organised = any(
            nouns.plain(token) in nouns.tables().heads or nouns.plain(token) in nouns.tables().media for token in name
        )
        if (
            organised
            or nouns.POSSESSIVE.search(name[-1].text)
            or any((len(t.text) > 1 and t.text.isupper()) or _JOINED.match(t.text) for t in name)
        ):
            continue
        if nouns.role_of(name[-1].low) and not (len(name) == 2 and nouns.inflected(phrase)):
            continue  # but «Ганна Пасічник»
        alone = run[0].start == 0 and run[-1].end == len(phrase)
        at_end = run[-1].end == len(phrase)
        before = phrase[: run[0].start].rstrip()
        after = phrase[run[-1].end :].lstrip()
        described = len(name) == 2 and _describes(before)  # a post that no list knows: "lock-keeper Ann Lee"
        by_role = (has_role or described) and (at_end or after.startswith(","))
        if len(name) > 2 and at_end and nouns.inflected(phrase):
            name = name[-3:] if _PATRONYMIC.search(name[-2].low) else name[-2:]
        if 2 <= len(name) <= 3 and (alone or by_role) and not before.endswith((" of", " at", " in", " for")):
            return _named(phrase, tokens, name, oblique)
        if len(name) == 1 and (by_role or (alone and len(tokens) == 1)) and not _LINK.search(before + " "):
            post = before.split(" ")[-1]
            if has_role and nouns.role_of(post) and not nouns.head_of(post):  # but "the rail operator Coastlink"
                return _named(phrase, tokens, name, oblique)
            if alone and _person_like(name[0].text):
                return Party(name[0].text, "person", gender=None, surname=True)
    return None


def _describes(before: str) -> bool:
    """Whether the words before a name may tell a post: few, in lower case, and none that heads names or places."""
    parts = before.split(" ")
    if not before or len(parts) > 4 or not parts[-1][0].islower() or not all(part[0].islower() for part in parts[1:]):
        return False
    others = words().any("organisations", "anaphora") | words().any("organisations", "places")
    return not any(nouns.head_of(part) or nouns.is_media(part) or part in others for part in map(low, parts))


def _person_like(word: str) -> bool:
    """A single capitalised word that may be a surname; the caller must know it from a full name."""
    return (
        len(word) > 2
        and not word.isupper()
        and _JOINED.match(word) is None
        and low(word) not in nouns.tables().heads
        and nouns.compound(low(word)) is None
        and not _group(low(word))
    )


def _named(phrase: str, tokens: list[nouns.Token], name: list[nouns.Token], oblique: bool) -> Party:
    first = nouns.first_name(name[0].text)
    if len(name) == 3 and first and not _PATRONYMIC.search(name[1].low) and nouns.role_of(name[2].low):
        name = name[:2]
    gender = words().names.get(first) if first else None
    shown = [nouns.POSSESSIVE.sub("", phrase[token.start : token.end + _is_initial(phrase, token)]) for token in name]
    position, organisation, role_gender = _post(phrase, tokens, name)
    gender = gender or role_gender
    if nouns.inflected(phrase) and len(shown) > 1:
        if first and first != low(name[0].text):
            shown[0] = _capital(first, shown[0])
            oblique = True
        elif first:
            oblique = False
        if oblique:
            if first is None:
                gender = cases.sex_of(shown[-1]) or gender
                shown[0] = cases.first_name(shown[0], gender)
            shown[1:] = [
                _patronymic(word) if _PATRONYMIC.search(low(word)) else cases.surname(word, gender)
                for word in shown[1:]
            ]
    position = position[0].lower() + position[1:] if position and not position[:2].isupper() else position
    return Party(" ".join(shown), "person", "named", position, organisation, gender, surname=len(shown) == 1)


def _is_initial(phrase: str, token: nouns.Token) -> bool:
    """Whether a word is a letter with its full stop, which belongs to the name: "J. Lee"."""
    return len(token.text) == 1 and phrase[token.end : token.end + 1] == "."


def _patronymic(word: str) -> str:
    if low(word).endswith(("ича", "ичу")):
        return word[:-1]
    return word[:-1] + "а" if low(word).endswith(("ни", "ні")) else word


def _capital(nominative: str, written: str) -> str:
    original = next(
        (n for f in words().files.values() for k in ("male", "female") for n in f["people"][k] if low(n) == nominative),
        "",
    )
    return original or written


def _post(phrase: str, tokens: list[nouns.Token], name: list[nouns.Token]) -> tuple[str | None, str | None, str | None]:
    """Position, organisation and the gender that the word for the position tells."""
    before = phrase[: name[0].start].strip(" ,")
    after = phrase[name[-1].end :].strip(" ,")
    lead = nouns.tokens_of(after)[:4]
    if not any(nouns.role_of(nouns.plain(token)) for token in lead):
        after = ""
    for part in (before, after):
        if part:
            position, organisation, gender = split_post(part)
            if position or organisation:
                return position, organisation, gender
    return None, None, None


def split_post(part: str) -> tuple[str | None, str | None, str | None]:
    """«начальник управління доріг» as ("начальник", "управління доріг", "he"); "Rail's chief planner" alike."""
    part = _ARTICLE.sub("", part, count=1) if _ARTICLE.match(part) else part
    tokens = nouns.tokens_of(part)
    place = next((i for i, token in enumerate(tokens) if nouns.role_of(nouns.plain(token))), None)
    if place is None:
        if tokens and nouns.head_of(nouns.plain(tokens[-1])) and not nouns.inflected(part):
            return None, part, None
        return (part if not any(token.capital for token in tokens) else None), None, None
    role = words().roles.get(nouns.role_of(nouns.plain(tokens[place])) or "")
    gender = role.gender if role else None
    if nouns.inflected(part):
        start = next(
            (
                t.start
                for t in tokens[place + 1 :]
                if nouns.head_of(t.text) or t.capital or part[t.start - 1 : t.start] in '«“"'
            ),
            len(part),
        )
        if part[start - 1 : start] in ("«", "“", '"'):
            start -= 1
        described = next((t for t in tokens[place + 1 :] if t.end == start - 1), None)
        if described and described.low.endswith(("ого", "ої", "их", "ьої")) and not nouns.role_of(described.text):
            start = described.start
        position = part[:start].strip(" ,")
        while position.rsplit(" ", 1)[-1] in ("з", "із", "у", "в", "на", "при", "від"):
            position = position.rsplit(" ", 1)[0]
        head = nouns.role_of(tokens[place].text)
        if head and head != tokens[place].low and "-" not in head:
            if any(not cases.is_adjective(token.low) for token in tokens[:place]):
                head = tokens[place].text  # «чоловік пекарки»: not the word for the post
            position = position.replace(tokens[place].text, head)
            for token in tokens[:place]:
                turned = cases.adjective(token.text, {"she": "f"}.get(gender or "", "m"))
                position = position.replace(token.text, turned, 1)
        organisation = part[start:].strip(" ,")
        return position or None, nouns.nominative(organisation) if organisation else None, gender
    owner = next((i for i, token in enumerate(tokens) if nouns.POSSESSIVE.search(token.text) and i < place), None)
    if owner is not None:
        end = tokens[owner].end
        return (
            part[end:].strip(" ,"),
            nouns.POSSESSIVE.sub(lambda f: "" if f[0][0] in "'’" else "s", part[:end]),
            gender,
        )
    if linked := _LINK.search(part, tokens[place].end):
        organisation = part[linked.end() :].split(",")[0].strip()
        return part[: linked.start()].strip(" ,"), _ARTICLE.sub("", organisation, count=1), gender
    lead = [token for token in tokens[:place] if token.capital or nouns.head_of(nouns.plain(token))]
    if lead and not nouns.role_of(nouns.plain(lead[-1])):
        return part[lead[-1].end :].strip(" ,"), part[: lead[-1].end].strip(" ,"), gender
    return part.strip(" ,"), None, gender


def _several(phrase: str, tokens: list[nouns.Token]) -> Party | None:
    """Unnamed people of whom there are more than one: "two officials", «мешканці будинку»."""
    if (one := _one_of(phrase)) is not None:
        return Party(one, "person", "role_only")
    counts = words().any("people", "quantifiers")
    place = next((i for i, token in enumerate(tokens[:5]) if _group(token.low)), None)
    if place is None or any(nouns.head_of(token.low) for token in tokens[:place]):
        return None
    rest = phrase[tokens[place].end :]
    if not nouns.inflected(phrase) and rest and not rest.startswith(",") and not _LINK.match(rest):
        return None
    counted = [token.low in counts or token.low.isdigit() for token in tokens[:place]]
    first = counted.index(False) if False in counted else place
    described = [re.sub("их$", "і", token.text) for token in tokens[first:place]]
    name = " ".join([*described, _group(tokens[place].low) or ""]) + rest.split(",")[0]
    if not any(token.capital for token in tokens[1 : place + 1]):
        name = name[0].lower() + name[1:]
    linked = _LINK.match(rest)
    organisation = _ARTICLE.sub("", rest[linked.end() :].split(",")[0], count=1) if linked else None
    return Party(name, "person", "role_only", organisation=organisation, gender="they")


def _one_of(phrase: str) -> str | None:
    """«Один із мешканців» in the nominative; None for other phrases."""
    folded = low(phrase)
    found = next((form for form in words().one_of if folded.startswith(form)), None)
    return f"{words().one_of[found]} {phrase[len(found) :].split(',')[0]}" if found else None


def _group(word: str) -> str | None:
    """The nominative of a word for several people; None for other words."""
    found = words().groups.get(word)
    return found or (word if word[-1:] == "s" and word[:-1] in words().roles else None)


def _role_only(phrase: str, tokens: list[nouns.Token], quoted: list[tuple[int, int]], oblique: bool) -> Party | None:
    """An unnamed person of whom the phrase tells what they do."""
    turned = nouns.inflected(phrase)
    place = None
    for index, token in enumerate(tokens):
        if not _outside(token, quoted):
            continue
        if turned and (nouns.head_of(token.text) and not nouns.role_of(token.text)):
            return None
        if nouns.role_of(nouns.plain(token)) and not nouns.POSSESSIVE.search(token.text):
            place = index
            if turned:
                break
        elif not turned and place is not None and phrase[tokens[index - 1].end : token.start] == " ":
            if _LINK.match(phrase[tokens[index - 1].end :]):
                break
            if token.capital or nouns.head_of(token.low):
                place = None
    if place is None or len(tokens) > 14:
        return None
    head = tokens[place]
    following = tokens[place + 1].text if len(tokens) > place + 1 else ""
    if turned and (nouns.role_of(head.text) or "").endswith("ий") and nouns.head_of(following):
        return None  # «головне управління»
    if turned and nouns.head_of(head.text) and any(start == head.end + 1 for start, _ in quoted):
        return None  # «перевізник „Світанок“»
    rest = phrase[head.end :].strip()
    if not turned and rest and not rest.startswith(",") and not _LINK.match(phrase, head.end):
        return None
    name = phrase.split(",")[0].strip() if not turned else phrase.split(", ")[0].strip()
    if turned and oblique:
        nominal = nouns.role_of(head.text)
        if nominal:
            name = name.replace(head.text, nominal, 1)
    position, organisation, gender = split_post(name)
    common = tokens[0] is head or tokens[0].low in nouns.tables().heads or nouns.role_of(tokens[0].text) is not None
    if common and name[:1].isupper() and not name[:2].isupper():
        name = name[0].lower() + name[1:]
    if first_alone := nouns.first_name(name):  # «Оксана, медсестра»
        return Party(name, "person", "named", nouns.role_of(head.text), None, words().names.get(first_alone))
    return Party(name, "person", "role_only", position, organisation, gender)


def _organisation(phrase: str, tokens: list[nouns.Token], quoted: list[tuple[int, int]], oblique: bool) -> Party | None:
    name = phrase.split(", ")[0].strip()
    if (first := _two_bodies(name)[0]) != name:
        return _organisation(first, nouns.tokens_of(first), [one for one in quoted if one[1] <= len(first)], oblique)
    if FINITE.search(name) and not nouns.inflected(name):
        return None
    name = nouns.POSSESSIVE.sub(lambda f: f[0] if f[0][0] == "s" else "", name)
    capital = any(token.capital for token in tokens)
    headed = any(nouns.head_of(nouns.plain(token)) for token in tokens)
    if not (capital or headed or quoted) or len(tokens) > 14:
        return None
    if all(token.low in words().channels for token in tokens):
        return None
    if not headed and all(token.low in _calendar() for token in tokens if token.capital) and not quoted:
        return None
    kind = "media" if nouns.is_media(name) else "organisation"
    if nouns.inflected(name):
        if oblique or headed:
            name = nouns.nominative(name)
        if quoted and quoted[0] == (0, len(phrase)):
            name = name.strip('«»“”„"')
        elif (
            quoted
            and nouns.head_of(tokens[0].text) in _GENERIC
            and phrase[tokens[0].end :].strip() == phrase[slice(*quoted[-1])]
        ):
            name = phrase[slice(*quoted[-1])].strip('«»“”„"')  # «видання „Вісник“» is «Вісник»
            kind = "media"
    elif (proper := _PROPER.fullmatch(name)) and not _LINK.search(f" {proper[1]}"):
        name = proper[2]  # "the operator Rail West"
    return Party(name, kind)


@lru_cache(maxsize=1)
def _calendar() -> frozenset[str]:
    return frozenset(words().months) | words().any("dates", "weekdays")
