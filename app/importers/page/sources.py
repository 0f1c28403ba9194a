"""The sources of one page: the same one under several names is one, an unnamed one belongs to this story alone."""

import re
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, Final

from app.content import languages
from app.importers.page import cases, names, nouns
from app.importers.page.names import Party
from app.importers.page.text import digest, fold, low
from app.importers.page.words import words as vocabulary

_HEAD_AND_NAME: Final = re.compile(r"\b([А-ЯІЇЄҐа-яіїєґ'’ʼ]{4,})\s(«[^»]{2,40}»|[A-Z][\w&-]+(?:\s[A-Z][\w&-]+)*)")
_ADJECTIVE_AND_HEAD: Final = re.compile(
    r"\b(?:[А-ЯІЇЄҐа-яіїєґ'’ʼ-]{4,30}(?:ого|ої|ому|ій|им|ою|ий|ська|цька|на)\s){1,3}([а-яіїєґ'’ʼ-]{3,30})"
)

# Nobody names more in one story; comparing each with each of thousands takes minutes.
_MOST: Final = 100
_ALIASES: Final = 50
_PAIR: Final = re.compile(
    r"(?P<begins>[.!?]\s)?\b(?P<first>[A-ZА-ЯІЇЄҐ][\w'’ʼ-]{1,60})\s"
    r"(?=(?P<last>[A-ZА-ЯІЇЄҐ][\w'’ʼ-]{0,60}\b)(?P<told>, (?:\d\d|who|the|an?)\b)?)"
)
_WITHIN: Final = re.compile(r"(?<=[a-zа-яіїєґ]\s)[A-ZА-ЯІЇЄҐ][\w'’ʼ-]{1,60}")
_SURNAME_FIRST: Final = re.compile(r"([A-ZА-ЯІЇЄҐ][\w'’ʼ-]{2,})\s[a-zа-яіїєґ]")
_QUOTED_END: Final = re.compile(r"\s[«“\"]([^«»“”\"]{2,60})[»”\"]$")


@dataclass
class Source:
    """One source as it grows while the page is read."""

    name: str
    type: str
    identity: str = "named"
    aliases: list[str] = field(default_factory=list)
    position: str | None = None
    organisation: str | None = None
    gender: str | None = None
    used: bool = True

    def called(self, name: str) -> None:
        """Remembers another spelling."""
        name = name.strip(" ,.;:")
        if len(self.aliases) >= _ALIASES:
            return
        if name and fold(name) != fold(self.name) and all(fold(name) != fold(known) for known in self.aliases):
            self.aliases.append(name)


class Sources:
    """All sources of a page, in the order of their first mention, and who spoke last."""

    def __init__(self, headline: str, text: str) -> None:
        self.found: list[Source] = []
        self.spoken: list[Source] = []
        self.recent: list[Source | Party] = []
        self.written: str | None = None
        self._story = digest(headline)
        self._text = text

    def add(self, party: Party, *, speaks: bool = False) -> Source | None:
        """The source a party is, new or known; None for a pronoun or surname that nobody here fits, or one too many."""
        if len(self.found) >= _MOST:
            return None
        source = self._resolve(party)
        if source is not None and speaks and source.type == "person":
            self.spoken.append(source)
            self.recent.append(source)
            self.written = party.written
        return source

    def organises(self, party: Party) -> bool:
        """Whether two capitalised words that may be a person's name are an organisation's elsewhere on the page.

        There its head stands before it, or an article, or a post behind it.
        """
        if party.gender or party.position or party.surname or party.type != "person":
            return False
        name = re.escape(party.name)
        before = re.search(rf"([^\W\d_]+)\s[«“\"]?{name}\b", self._text)
        after = re.search(rf"\b{name}(?:['’]s)?\s((?:[a-z]+\s)?[a-z]+)\b", self._text)
        headed = before is not None and (
            low(before[1]) == "the" or (before[1][0].islower() and nouns.head_of(before[1]) is not None)
        )
        return headed or (after is not None and any(nouns.role_of(word) for word in after[1].split(" ")))

    def names_a_body(self, name: str) -> bool:
        """Whether one capitalised word stands within a sentence of the page, and never behind a first name."""
        return name in self._within and name not in self._first_names and nouns.first_name(name) is None

    def last(self) -> Source | None:
        return self.spoken[-1] if self.spoken else None

    def _resolve(self, party: Party) -> Source | None:
        if party.pronoun and party.type != "person":
            return next((one for one in reversed(self.found) if one.type != "person"), self.last())
        if party.pronoun:
            return self._of_gender(party.gender)
        if party.surname:
            known = self._person_called(party.name)
            if known is not None:
                known.called(party.name)
                if party.position and not known.position:
                    known.position, known.organisation = party.position, party.organisation
                return known
            return self._from_text(party)
        generic = party.name
        if party.type != "person" and self._known(party) is None:
            behind = _behind_press_office(party.name)
            party = self._fuller(
                replace(party, name=re.sub(r"^the ", "", behind)) if behind and " " not in behind else party
            )
        known = self._known(party)
        if known is None and (known := self._unnamed_before(party)) is not None:
            known.called(known.name)
            known.aliases.append(known.name)
            known.name, known.identity = party.name, party.identity
        if known is None:
            known = Source(party.name, party.type, party.identity)
            self.found.append(known)
            if party.type != "person" and (quoted := _QUOTED_END.search(party.name)) is not None:
                known.called(quoted[1])  # «кооператив „Лан“» is «Лан» too
        known.called(party.name)
        known.called(generic)
        if party.gender == "they" and party.identity == "role_only":
            known.called(names.without_relative(party.written))  # "two officials"
        if (behind := _behind_press_office(party.name)) is not None:
            known.called(behind)
        known.gender = known.gender or party.gender
        if party.position and not known.position:
            known.position = party.position
        if party.organisation and not known.organisation:
            known.organisation = party.organisation
        return known

    def _unnamed_before(self, party: Party) -> Source | None:
        """ "Its director", who is "director Ann Lee" further down: the unnamed source that now has a name."""
        if party.type != "person" or party.identity != "named" or not party.position:
            return None
        post = low(party.position).split(" ")[0 if nouns.inflected(party.position) else -1]
        return next((one for one in self.found if one.identity == "role_only" and low(one.name) == post), None)

    def mention(self, parties: list[Party]) -> None:
        """Remembers persons the story names, for a pronoun that follows."""
        self.recent.extend(parties)

    def begins(self, text: str) -> None:
        """Remembers who a paragraph begins with, where that is a surname that the page has in full."""
        found = _SURNAME_FIRST.match(text)
        if found and found[1] in self._first_names and not nouns.head_of(found[1]) and not nouns.role_of(found[1]):
            self.recent.append(Party(found[1], "person", surname=True))

    def _of_gender(self, gender: str | None) -> Source | None:
        for one in reversed(self.recent):
            if gender in ("they", None) or one.gender in (None, gender):
                known = self._resolve(one) if isinstance(one, Party) else one
                if known is not None and (gender in ("they", None) or known.gender in (None, gender)):
                    return known
        return None

    def _person_called(self, surname: str) -> Source | None:
        for source in reversed(self.found):
            if (
                source.type == "person"
                and source.identity == "named"
                and cases.same(source.name.rsplit(" ", 1)[-1], surname)
            ):
                return source
        return None

    def _from_text(self, party: Party) -> Source | None:
        """A surname alone, with a post: a source of one word, unless the page names the person in full elsewhere."""
        firsts = self._first_names.get(party.name, []) if len(party.name) > 2 else []
        first = next((one for one in firsts if nouns.first_name(one)), None) or next(
            (one for one in firsts if not nouns.role_of(one) and not nouns.head_of(one)), None
        )
        if first is not None:
            known = names.read(f"{first} {party.name}")
            if known is not None and known.type == "person" and not known.surname:
                return self._resolve(replace(known, gender=party.gender or known.gender, position=party.position))
        if not party.position:
            return None
        source = Source(
            party.name, "person", "named", position=party.position, organisation=party.organisation, gender=party.gender
        )
        self.found.append(source)
        return source

    @cached_property
    def _first_names(self) -> dict[str, list[str]]:
        """The capitalised words before each capitalised word, but for those that may be so as they begin a sentence."""
        found: dict[str, list[str]] = {}
        for pair in _PAIR.finditer(self._text):
            if pair["told"] or not (pair.start() == 0 or pair["begins"]) or nouns.first_name(pair["first"]):
                found.setdefault(nouns.POSSESSIVE.sub("", pair["last"]), []).append(pair["first"])
        return found

    @cached_property
    def _within(self) -> frozenset[str]:
        """The capitalised words behind one in lower case: names, not the beginnings of sentences."""
        return frozenset(_WITHIN.findall(self._text))

    @cached_property
    def _described(self) -> dict[str, set[str]]:
        """Bodies by their head, each in the nominative with the adjectives that the page has before it at most."""
        found: dict[str, set[str]] = {}
        for pair in _ADJECTIVE_AND_HEAD.finditer(self._text):
            if (head := nouns.head_of(pair[1])) is not None:
                found.setdefault(head, set()).add(nouns.nominative(pair[0]))
        for head, known in found.items():
            shorter = {low(one).split(" ", adjectives)[-1] for one in known for adjectives in (1, 2)}
            found[head] = {one for one in known if low(one) not in shorter}
        return found

    def _known(self, party: Party) -> Source | None:
        for source in self.found:
            if (source.type == "person") != (party.type == "person") or source.identity != party.identity:
                continue
            if any(nouns.same_name(name, party.name) for name in (source.name, *source.aliases)):
                return source
        if party.identity == "role_only":
            return self._same_post(party)
        if party.type == "person":
            return None
        for source in self.found:
            if source.type == "person":
                continue
            if nouns.within(party.name, source.name) and _generic(party.name):
                return source
            if nouns.within(source.name, party.name) and (_generic(source.name) or len(source.name.split()) > 1):
                source.called(source.name)
                source.aliases.append(source.name)
                source.name, source.type = party.name, party.type
                return source
        return None

    def _same_post(self, party: Party) -> Source | None:
        """An unnamed one met before: the same word for the post, and nothing said that sets them apart."""
        words = low(party.name).split()
        post = low((party.position or party.name).split()[0 if nouns.inflected(party.name) else -1])
        if len(words) == 1 and (named := self._named_with_post(words[0])) is not None:
            return named
        if len(words) > 1 and (named := self._named_in_full(party.name)) is not None:
            return named
        if len(words) == 1 and (meant := self._meant(words[0], party)) is not None:
            return meant
        for source in reversed(self.found):
            if source.identity != "role_only" or post not in low(source.name).split():
                continue
            if nouns.within(party.name, source.name) or (len(words) == 1):
                return source
        return None

    def _meant(self, post: str, party: Party) -> Source | None:
        """ "The official", «спортсменка»: another word for the person named last, where its gender fits.

        A post that no list knows for such a word is that of the last one who spoke, if the page told none.
        """
        if post not in vocabulary().any("people", "anaphora"):
            one = self.recent[-1] if self.recent and nouns.inflected(post) else None
            told = one is None or one.position or one.identity != "named" or one.gender != party.gender
            return one if isinstance(one, Source) and not told else None
        if not nouns.inflected(post) and not low(party.written).startswith("the "):
            return None
        for one in reversed(self.recent[-4:]):
            if one.identity != "named" and isinstance(one, Source):
                return None  # an unnamed one spoke in between
            if None in (one.gender, party.gender) or one.gender == party.gender:
                return self._resolve(one) if isinstance(one, Party) else one
        return None

    def _named_in_full(self, post: str) -> Source | None:
        """«Голова ради» after «голова районної ради Ганна Верба»: the person whose post and body it shortens."""
        for one in reversed(self.found):
            told = " ".join(filter(None, (one.position, one.organisation)))
            if one.identity == "named" and told and nouns.within(post, told):
                return one
        return None

    def _named_with_post(self, post: str) -> Source | None:
        """ "The mayor" after "Mayor Anna Bell": the last person named with that word for the post."""
        for one in reversed(self.recent):
            position = low(one.position or "").replace(",", " ").split()
            if post in position and (isinstance(one, Party) or one.identity == "named"):
                return self._resolve(one) if isinstance(one, Party) else one
        return None

    def _fuller(self, party: Party) -> Party:
        """ "The council" as the one council that the story names in full, if it names one."""
        head = low(party.name)
        if " " in head or not nouns.head_of(head) or (party.name.isupper() and len(head) > 1):
            return party
        if nouns.inflected(head):
            named = {one[2] for one in _HEAD_AND_NAME.finditer(self._text) if nouns.head_of(one[1]) == head}
            if len(named) == 1:
                return replace(party, name=f"{party.name} {next(iter(named))}", written=party.written)
            found = list(self._described.get(head, ()))
        else:
            title, of = head.capitalize(), r"\s(?:of|for)(?:\sthe)?(?:\s[A-Z][\w'’-]+)+"
            found = re.findall(rf"(?:[A-Z][\w'’-]+\s){{1,4}}{title}\b(?:{of})?|\b{title}{of}", self._text)
        if not found and head in vocabulary().any("organisations", "anaphora"):
            called = vocabulary().any("organisations", "anaphora")
            bodies = [
                one.name
                for one in self.found
                if one.type == "organisation"  # a council is no authority
                and not called & {*low(_behind_press_office(one.name) or one.name).split(" ")}
            ]
            return replace(party, name=bodies[-1], written=party.written) if bodies else party
        full = {re.sub(r"^(?:The|A)\s", "", one) for one in found}
        return replace(party, name=full.pop(), written=party.written) if len(full) == 1 else party

    def organisation(self, phrase: str | None) -> Source | None:
        """The organisation of this page that a phrase («громада», "the union") stands for."""
        if not phrase:
            return None
        for source in self.found:
            if source.type != "person" and nouns.same_name(source.name, phrase):
                return source
        if party := names.read(phrase):
            phrase = party.name
        for source in self.found:
            if source.type != "person" and any(nouns.within(phrase, name) for name in (source.name, *source.aliases)):
                return source
        return None

    def slug(self, source: Source) -> str:
        """A slug from the name; of an unnamed source with a digest of the story, so that stories never share it."""
        slug = _slug(source.name)
        if source.identity != "role_only":
            return slug
        return f"{slug[:100].rstrip('-')}-{self._story}"

    def documents(self, language: str) -> list[dict[str, Any]]:
        """Import lines: organisations first, so that `parent` stands before who names it."""
        parents = {
            id(source): self.organisation(source.organisation) for source in self.found if source.type == "person"
        }
        lines: dict[str, dict[str, Any]] = {}
        for source in sorted(self.found, key=lambda one: one.type == "person"):
            slug = self.slug(source)
            post = ", ".join(filter(None, (source.position, source.organisation)))
            parent = parents.get(id(source))
            line: dict[str, Any] = {
                "noun": "source", "slug": slug, "type": source.type, "identity": source.identity,
                "names": {language: source.name[:500]}, "aliases": [alias[:500] for alias in source.aliases],
                "description": {language: post[:1] .upper() + post[1:500]} if post else {},
                "parent": self.slug(parent) if parent and parent is not source else None,
            }  # fmt: skip
            lines.setdefault(slug, line)
        return list(lines.values())


@lru_cache(maxsize=4_096)
def _slug(name: str) -> str:
    return languages.slug(name, fallback=f"source-{digest(name)}")


@lru_cache(maxsize=1)
def _press_office() -> re.Pattern[str]:
    press = vocabulary().pattern("attribution", "press")
    return re.compile(rf"(?:the )?{press}\s(?:of\s(?:the\s)?)?(?P<rest>\S.*)|(?P<lead>\S.*?)(?:'s)?\s{press}")


def _behind_press_office(name: str) -> str | None:
    """«пресслужба ДСНС»: the organisation that speaks through it; None for other names."""
    if found := _press_office().fullmatch(low(name)):
        kept = name[slice(*found.span("rest" if found["rest"] else "lead"))]
        return nouns.nominative(kept)
    return None


def _generic(name: str) -> bool:
    """Whether a name is a common noun that stands for a longer name used before: «музей», "the union"."""
    return name[:1].islower() or len(name.split()) > 1
