"""Photo lines: the kind of picture, its caption, the photographer, the agency; a bare platform is a channel."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from app.importers.page import names, nouns, recognisers
from app.importers.page.names import Party
from app.importers.page.text import Line, low
from app.importers.page.words import words

_SPLIT: Final = re.compile(r"\s*/\s*|\s+via\s+|\s*\|\s*|\s*,\s+|\s+—\s+|\s*;\s*|\s*©\s*")
_SIGN: Final = re.compile(
    r"(?P<caption>(?:.{8,240}[.!?…)»”]\s)?)(?P<sign>(?:©|\(c\)|Ⓒ)\s*)(?P<rest>\S.*)", re.IGNORECASE
)
_SIGNS: Final = re.compile(r"©|Ⓒ|\([cC]\)")
_AGENCY_PHOTO: Final = re.compile(
    r"(?P<caption>.{8,}?)\s*\((?P<rest>(?P<agency>[A-Z][\w.&' -]{1,40}?)\s(?:Photo|Images?|Pictures?|File Photo)"
    r"(?:/(?P<by>[A-Z][\w.' -]+))?(?:, File)?)\)\.?"
)
_COURTESY: Final = re.compile(
    r"(?P<caption>.{8,220}[.!?])\s"
    r"(?P<shown>(?:(?:Photo|Image|Video)s?\s)?[Cc]ourtesy(?:\sof)?\s(?P<rest>[A-Z][^.!?]{2,80}))\.?"
)
_CREDIT_BEHIND: Final = re.compile(r"(?P<caption>[^()]{8,220})\s\((?P<credit>[^()]{6,90})\)\.?")
_IN_BRACKETS: Final = re.compile(
    r"(?P<caption>.{8,220}[.!?]|[^.!?:]{8,140}(?=\s\([^()]+\)$))\s\((?P<rest>[A-ZА-ЯІЇЄҐ«][^():]{3,70})\)\.?"
)
_BRACKETS: Final = re.compile(r"\[([^\[\]]+)\]|\(([^()]+)\)")
_BEHIND_CAPTION: Final = re.compile(r"(?P<caption>[^.!?]{8,220}[.!?])\s(?P<rest>[^.!?]{2,40}/[^.!?]{2,40})\.?")
_ADDRESS: Final = re.compile(r"(?:https?://)?(?:www\.)?(?P<site>[\w-]+)\.(?:[\w-]+\.)*[a-z]{2,}(?:/\S*)?$")


@dataclass(frozen=True)
class Credit:
    """What a photo line tells."""

    media: str
    credit_line: str | None
    caption: str | None
    photographers: tuple[Party, ...]
    source: Party | None
    rule: str


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], ...]:
    known = words()
    labels = "|".join(
        re.escape(entry)
        for entry in sorted(
            {e for kind in ("photo", "video", "drawing") for e in known.all("images", kind)}, key=len, reverse=True
        )
    )
    given, behind = known.pattern("images", "given"), known.pattern("images", "behind")
    start = re.compile(
        rf"[\W_]{{0,3}}(?P<label>{labels})(?P<more>(?:\s?\d{{1,2}})?(?:\s+(?:{given}|[\w'-]+ст[ау]|\([^)]*\)))?)\s*(?:[:—]|\s-\s|(?<=source),)\s*(?P<rest>\S.*)$"
    )
    loose = re.compile(rf"[\W_]{{0,2}}(?P<label>{labels})\s+(?P<given>{given})\s*(?P<rest>.*)$")
    inside = re.compile(
        rf"^(?P<caption>.{{8,}}?)\s*(?:[.|/—-]\s*|\s\(?|\()(?P<label>{labels}|{behind})(?:\s*[:/]\s*|\sby\s|\s(?P<given>{given})\s)(?P<rest>[^.]{{2,90}}(?:\.[^.]{{2,40}})?)\)?\.?$"
    )
    caption = re.compile(rf"[\W_]{{0,2}}{known.pattern('images', 'caption')}\s*[:,]\s*(?P<rest>\S.*)$")
    short = "|".join(
        map(re.escape, sorted({one for one in known.all("images", "photo") if " " not in one}, key=len, reverse=True))
    )
    bare = re.compile(
        rf"^(?P<caption>(?:.{{8,200}}[.!?…]\s)?)(?i:(?P<label>{short}))\s(?P<rest>[A-ZА-ЯІЇЄҐ«](?:[^.:!?]|(?<=\w)\.(?=\w)){{2,60}})$"
    )
    return start, loose, inside, caption, bare


def read(line: Line) -> Credit | None:
    """The credit a line is, or carries at its end behind a caption; None for text of the story."""
    if len(line.text) > 320 or line.words > 48:
        return None
    if line.text[0] in "[(" and (bracketed := _BRACKETS.fullmatch(line.text)) is not None:
        return read(Line(line.number, bracketed[1] or bracketed[2], line.apart))
    if line.text[-1] == "]" and "[" in line.text:
        return read(Line(line.number, line.text.replace("[", "(").replace("]", ")"), line.apart))
    start, loose, inside, caption, bare = _patterns()
    if line.bare in _labels_alone():
        return _credit(line.text, "", _media(line.bare), None, "photo label alone")
    pictured = _named_within().search(line.low) is not None
    if pictured and line.words <= 34 and (labels := _label_behind().fullmatch(line.low)) is not None:
        caption_text = line.text[: labels.end("caption")].strip(" (")
        shown = line.text[labels.start("label") : labels.end("label")]
        return Credit(_media(labels["label"]), shown, caption_text, (), None, "caption with a label")
    labelled = recognisers.may_begin(line, "images", "photo", "video", "drawing")
    if labelled and (found := start.match(line.low)):
        rest = line.text[found.start("rest") :].strip()
        captioned = len(rest.partition(". ")[0].split()) >= 5 and ". " in rest
        if (
            captioned
            or line.words > 24
            or (rest.endswith(".") and len(rest.split()) > 9 and not line.low.startswith("image"))
        ):
            return _caption_credit(line, rest, found["label"])
        return _credit(line.text, rest, _media(found["label"]), None, "photo line")
    if recognisers.may_begin(line, "images", "caption") and (found := caption.match(line.low)):
        rest = line.text[found.start("rest") :].strip()
        if (credited := re.fullmatch(r"(.{8,}?)\s*\(([^()]{2,60})\)\.?", rest)) and credited[2][:1].isupper():
            return _credit(credited[2], credited[2], "photo", credited[1], "caption with credit")
        if behind := inside.match(low(rest)):
            shown = rest[behind.start("label") :].strip(" ).")
            credited_to = rest[behind.start("rest") : behind.end("rest")].strip(" )")
            return _credit(
                shown,
                credited_to,
                _media(behind["label"]),
                rest[: behind.end("caption")].strip(),
                "caption with credit",
            )
        shown, _, tail = rest.rpartition(". ")
        if shown and (credit := read(Line(line.number, tail, line.apart))) and credit.credit_line == tail:
            return replace(credit, caption=shown)
        return Credit("photo", None, rest, (), None, "caption line")
    if (
        labelled
        and line.words <= 14
        and (found := loose.match(line.low))
        and not re.search(r"\s(?:was|were|is|are|show\w*|has|have)\s", line.low)
    ):
        rest = line.text[found.start("rest") :].strip()
        return _credit(line.text, rest, _media(found["label"]), None, "photo given by")
    if labelled and line.words <= 7 and not line.closed and (of := _of_body().match(line.low)) is not None:
        rest = line.text[of.end() :]
        if any(nouns.head_of(nouns.plain(one)) not in (None, one.low) for one in nouns.tokens_of(rest)[:2]):
            return _credit(line.text, rest, _media(of["label"]), None, "photo given by")
    if pictured and line.words <= 34 and (behind := _CREDIT_BEHIND.fullmatch(line.text)) is not None:
        told = Line(line.number, behind["credit"], line.apart)
        credit = read(told) if recognisers.may_begin(told, "images", "photo", "video", "drawing") else None
        if credit is not None and credit.caption is None:
            return replace(credit, caption=behind["caption"])
    if line.text.endswith((")", ").")) and line.words <= 34 and (bracketed := _IN_BRACKETS.fullmatch(line.text)):
        inner = bracketed["rest"]
        known = nouns.is_media(inner) or any(nouns.head_of(nouns.plain(one)) for one in nouns.tokens_of(inner))
        if _names_and_strokes(inner) and ("/" in inner or known):
            return _credit(inner, inner, "photo", bracketed["caption"].strip(), "caption with credit")
    if not pictured:
        return _unlabelled(line)
    if (found := inside.match(line.low)) and line.words <= 45:
        rest = line.text[found.start("rest") : found.end("rest")].strip(" )")
        text = line.text[: found.end("caption")].strip()
        named = (
            (found["given"] and nouns.head_of(rest.split(" ")[0]))
            or rest[:1].isupper()
            or rest[:1] in '«"“'
            or (line.text[found.start("label")].isupper() and ":" in found[0])
        )
        if len(rest.split()) <= 10 and named and _captionish(text, found):
            shown = line.text[found.start("label") :].strip(" ).")
            return _credit(shown, rest, _media(found["label"]), text, "caption with credit")
    if (courtesy := _COURTESY.fullmatch(line.text)) is not None:
        return _credit(courtesy["shown"], courtesy["rest"], "photo", courtesy["caption"], "caption with credit")
    if (agency := _AGENCY_PHOTO.fullmatch(line.text)) is not None:
        who = " / ".join(filter(None, (agency["by"], agency["agency"])))
        return _credit(agency["rest"], who, "photo", agency["caption"].strip(), "caption with credit")
    if (found := bare.match(line.text)) and _all_names(found["rest"]):
        above = found["caption"].strip() or None
        tail = line.text[found.start("label") :].strip()
        return _credit(tail, found["rest"], _media(low(found["label"])), above, "photo given by")
    return _unlabelled(line)


@lru_cache(maxsize=1)
def _of_body() -> re.Pattern[str]:
    """«Світлина парафії»: a word for a picture, and whose it is behind it in another case."""
    labels = "|".join(map(re.escape, (one for one in words().all("images", "photo") if " " not in one)))
    return re.compile(rf"(?P<label>{labels})\s(?=\S)")


@lru_cache(maxsize=1)
def _named_within() -> re.Pattern[str]:
    """A word for a picture anywhere in a line: without one there is no credit behind a caption."""
    known = {one.split()[0] for kind in ("photo", "video", "drawing", "behind") for one in words().all("images", kind)}
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(known, key=len, reverse=True)))})\b")


def _unlabelled(line: Line) -> Credit | None:
    """ "A caption. AGENCY/Ann Lee", or "© Ann Lee" alone or behind a caption."""
    found = _BEHIND_CAPTION.fullmatch(line.text) if "/" in line.text else None
    if found is not None and _names_and_strokes(found["rest"]):
        return _credit(found["rest"], found["rest"], "photo", found["caption"].strip(), "caption with credit")
    found = _SIGN.fullmatch(line.text) if _SIGNS.search(line.text) else None
    if found is None or re.search(r"\d{4}|rights|права", line.low) or not _names_and_strokes(found["rest"]):
        return None
    shown = line.text[found.start("rest") - len(found["sign"]) :].strip()
    return _credit(shown, found["rest"], "photo", (found["caption"] or "").strip() or None, "copyright of a photo")


def _names_and_strokes(text: str) -> bool:
    """Whether every word begins as names do; a sentence about rights does not."""
    parts = re.findall(r"[^\W\d_][\w.'’-]*", text)
    return 1 <= len(parts) <= 8 and all(
        part[0].isupper() or part in ("of", "the", "and", "via", "for") for part in parts
    )


@lru_cache(maxsize=1)
def _labels_alone() -> frozenset[str]:
    """Labels of two words and more that say on their own that a picture stood here: «ілюстративне фото»."""
    return frozenset(
        one for kind in ("photo", "video") for one in words().all("images", kind) if " " in one
    ) - words().any("images", "unfinished")


@lru_cache(maxsize=1)
def _label_behind() -> re.Pattern[str]:
    """A caption, and behind it nothing but «Ілюстративне фото» or "(file photo)"."""
    known = words()
    short = [one for one in known.all("images", "photo") if " " not in one]
    given = {f"{label} {nobody}" for label in short for nobody in known.all("images", "nobody")}
    labels = "|".join(map(re.escape, sorted(_labels_alone() | given, key=len, reverse=True)))
    return re.compile(rf"(?P<caption>.{{8,240}}?)(?:(?<=[.!?…])\s|\s?/\s?|\s\(|\.\s\()(?P<label>{labels})\)?\.?")


def _all_names(text: str) -> bool:
    """Whether every word is capitalised, as in a name, and there are few."""
    parts = text.strip(" ()").split()
    return len(parts) <= 4 and all(part[0].isupper() or part[0] in '«"/' for part in parts) and nouns.inflected(text)


def _captionish(text: str, found: re.Match[str]) -> bool:
    """A caption is one short sentence, or the credit stands in brackets or behind a stroke or a colon."""
    return len(text.split()) <= 34 and (
        found["given"] is not None
        or ":" in found[0][found.start("label") :]
        or "(" in found[0]
        or "/" in found[0]
        or " by " in found[0]
    )


def _caption_credit(line: Line, rest: str, label: str) -> Credit | None:
    """ "Photo: a caption of one sentence. Ann Lee/Agency": caption first, then perhaps the credit."""
    head, _, tail = rest.rpartition(". ")
    if head and 1 <= len(tail.split()) <= 7:
        credited = _patterns()[0].match(low(tail))
        who = tail[credited.start("rest") :] if credited else tail
        return _credit(tail.strip(" ."), who, _media(label), head.strip() + ".", "photo line with caption")
    return Credit(_media(label), None, rest, (), None, "photo line with caption") if line.words <= 40 else None


def _media(label: str) -> str:
    for media in ("video", "drawing"):
        if label in words().any("images", media):
            return media
    return "photo"


def _credit(shown: str, rest: str, media: str, caption: str | None, rule: str) -> Credit:
    source: Party | None = None
    rest = re.sub(r"^(?:©|\(c\)|by|photo by|courtesy of|фото)\s*:?\s*", "", rest, flags=re.IGNORECASE).strip(" .()")
    rest = re.sub(r"^(?:(?:із|з)\s)?архів[уі]?\s(?=[«А-ЯІЇЄҐ])", "", rest, flags=re.IGNORECASE)
    rest = re.sub(r"\s(?:handout|file|archive|pool|stock|supplied)$", "", rest, flags=re.IGNORECASE)
    rest = re.sub(r"^(?:скриншот|скріншот|кадр)\s(?:(?:з|із)\s)?відео\s", "", rest, flags=re.IGNORECASE)
    if (placed := re.search(r"\s[ув]\s(\S+)$", rest)) is not None and low(placed[1]) in words().channels:
        rest = rest[: placed.start()]  # «зі сторінки міськради у Facebook»
    rest = re.sub(r"\s\([^()]*$", "", rest)  # "(free for editorial use)"
    if _sentence_like(rest):
        return Credit(media, None, rest, (), None, "photo line with caption")
    people: list[Party] = []
    for part in _SPLIT.split(_unbroken(rest)):
        part = part.replace("\x00", "/").strip(" .()")
        if not part or _no_one(part):
            continue
        if _ADDRESS.match(low(part)):
            source = source or Party(part, "media")
            continue
        party = names.read(part, oblique=rule == "photo given by" or _oblique(part))
        if party is None or party.pronoun or party.identity == "role_only":
            continue
        if party.type == "person" and not party.surname:
            people.append(party)
        else:
            source = source or names.read(part, oblique=_oblique(part), person=False)
    photographers = [one for one in people if one.gender] or people[:1]
    rest_of = [one for one in people if one not in photographers]
    if source is None and rest_of:
        source = Party(rest_of[0].name, "media" if nouns.is_media(rest_of[0].name) else "organisation")
    return Credit(media, shown[:500], caption, tuple(photographers), source, rule)


def _sentence_like(text: str) -> bool:
    """Whether what follows the label is a caption: mostly words in lower case, and no organisation among them."""
    parts = re.findall(r"[^\W\d_]+", text)
    small = [part for part in parts if part[0].islower()]
    return len(parts) >= 5 and len(small) > 0.7 * len(parts) and not any(map(nouns.head_of, parts)) and "/" not in text


def _unbroken(text: str) -> str:
    """Strokes inside quotation marks and addresses are no separators."""
    text = re.sub(r"«[^»]*»|“[^”]*”", lambda found: found[0].replace("/", "\x00"), text)
    return re.sub(r"(?:https?://)?(?:[\w-]+\.)+[a-z]{2,}/\S*", lambda found: found[0].replace("/", "\x00"), text)


def _oblique(part: str) -> bool:
    first = part.split(" ")[0]
    nominative = nouns.head_of(first)
    return nominative is not None and nominative != low(first)


def _no_one(part: str) -> bool:
    folded = low(part).strip('«»"“” .')
    known = words()
    if folded in known.channels or folded in known.any("images", "nobody"):
        return True
    if (address := _ADDRESS.match(folded)) is not None and ("/" in folded or address["site"] in known.channels):
        return True
    return any(folded == f"{given} {nobody}" for given in ("з", "із") for nobody in ("соцмереж", "мережі"))
