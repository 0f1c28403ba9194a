"""Quotations: their exact words, the pieces they come in, and the clause that names the speaker.

A name in quotation marks and a few words inside a sentence are no quotations.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from app.importers.page import names, nouns, speech
from app.importers.page.names import Party
from app.importers.page.speech import Clause
from app.importers.page.text import low, sentences
from app.importers.page.words import words

_CLOSING: Final = {"«": "»", "“": "”", "„": "“”", "‘": "’"}
_OPENING: Final = re.compile(r"[«“„]|(?<![^\s(,:])‘|(?<![^\s(,:])'(?=[A-Z])|(?<![^\s—–\-\[,:(])\"(?=\S)")
_MARK: Final = re.compile("[«“„‘'\"]")
_SINGLE_CLOSE: Final = re.compile(r"(?<=[,.?!…])'(?!\w)|(?<=[^\Ws])'(?=[\s,.;:!?]|$)")
_DASH: Final = re.compile(r"^[—–―-]\s+")
_CUT: Final = re.compile(r"(?P<mark>[,.!?…»”])\s*[—–―-]\s+")
_NAME: Final = re.compile(r"\b[A-ZА-ЯІЇЄҐ][\w'’ʼ-]{1,60}\s[A-ZА-ЯІЇЄҐ][\w'’ʼ-]{1,60}")
_LONGEST: Final = 3_000
_LEAD_WORDS: Final = 4


@dataclass
class Quotation:
    """One quotation at one place: its pieces, the clause of speech, and what stands around it in the line."""

    parts: list[str]
    clause: Clause | None = None
    before: str = ""
    after: str = ""
    open: bool = False
    lead: bool = False
    extra: list[Clause] = field(default_factory=list)


def spans(text: str) -> list[tuple[int, int, bool]]:
    """Outermost quoted stretches: place of the opening mark, place behind the closing one, whether it was closed."""
    found: list[tuple[int, int, bool]] = []
    if _MARK.search(text) is None:
        return found
    place = 0
    while (opening := _OPENING.search(text, place)) is not None:
        place, mark = opening.start(), opening[0]
        if mark == "'":
            closing = _SINGLE_CLOSE.search(text, place + 1)
            end = closing.end() if closing else None
        else:
            end = _close(text, place, mark) if mark != '"' else _close_straight(text, place)
        found.append((place, end or len(text), end is not None))
        place = end or len(text)
    return found


def _close(text: str, start: int, mark: str) -> int | None:
    depth = 0
    for place in range(start, len(text)):
        one = text[place]
        if one == mark and not (mark == "“" and depth and one == "“" and place and text[place - 1] not in " («"):
            depth += 1
        elif one in _CLOSING[mark]:
            if mark == "‘" and place + 1 < len(text) and text[place + 1].isalpha():
                continue
            depth -= 1
            if depth <= 0:
                return place + 1
    return None


def _close_straight(text: str, start: int) -> int | None:
    """The mark that ends what a straight one opened; names inside come in pairs of their own."""
    inner = False
    for place in range(start + 1, len(text)):
        if text[place] != '"':
            continue
        before, after = text[place - 1], text[place + 1 : place + 2]
        if before in " (—" and after.strip():
            inner = True
        elif inner and (after == " " or after in ",.") and '"' in text[place + 1 :] and before.isalnum():
            inner = False
        else:
            return place + 1
    return None


def _words(text: str) -> int:
    return len(text.split())


def _inside(text: str, span: tuple[int, int, bool]) -> str:
    start, end, closed = span
    return text[start + 1 : end - 1 if closed else end].strip()


def find(text: str, *, led: bool = False) -> Quotation | None:
    """The quotation that a line is, or holds; `led` where the line before ends as one that announces it."""
    if len(text) > _LONGEST:
        return None
    if _DASH.match(text):
        return _dialogue(text)
    found = spans(text)
    if not found:
        return None
    if found[0][0] == 0:
        return _at_start(text, found, led)
    return _led_in(text, found) or _behind_sentence(text, found)


def _behind_sentence(text: str, found: list[tuple[int, int, bool]]) -> Quotation | None:
    """A paragraph whose first sentences are the newsroom's and whose last is a quotation with its speaker."""
    for span in found:
        lead = text[: span[0]].rstrip()
        if not lead.endswith((".", "!", "?", "…")):
            continue
        rest = text[span[0] :]
        quotation = _at_start(rest, spans(rest), led=False)
        if quotation is not None and quotation.clause is not None:
            quotation.before = lead
            return quotation
    return None


def _dialogue(text: str) -> Quotation | None:
    """«— Слова, — сказав такий-то. — Ще слова»."""
    body = _DASH.sub("", text)
    pieces = _pieces(body)
    if pieces is None:
        return None
    parts, clause, after = pieces
    return Quotation(parts, clause, after=after)


def _pieces(body: str) -> tuple[list[str], Clause, str] | None:
    """Words of speech cut by a clause between dashes, and what stands behind a clause that no dash ends."""
    cuts = list(_CUT.finditer(body))
    for index, cut in enumerate(cuts):
        stop = cuts[index + 1] if index + 1 < len(cuts) else None
        middle = body[cut.end() : stop.start() if stop else len(body)]
        between = stop is not None and _words(middle) <= 5
        clause = speech.clause(middle.rstrip(" .,"), beside=between) if _words(middle) <= 40 else None
        if clause is None:
            continue
        parts, after = [body[: cut.start() + 1].rstrip(" ,")], ""
        if stop is not None:
            parts += filter(None, [body[stop.end() :].strip()])
        elif (ends := sentences(middle)) and len(ends) > 1:
            clause = speech.clause(middle[: ends[0][1]].rstrip(" .")) or clause
            after = middle[ends[1][0] :].strip()
        return parts, clause, after
    return None


def _at_start(text: str, found: list[tuple[int, int, bool]], led: bool) -> Quotation | None:
    first = found[0]
    words = _inside(text, first)
    rest = text[first[1] :] if first[2] else ""
    pieces = _pieces(words)
    if pieces is not None and len(pieces[0]) <= 2 and _words(" ".join(pieces[0])) >= 3:
        parts, clause, more = pieces
        return Quotation([*parts, *filter(None, [more])], clause, after=rest.strip(" .,"), open=not first[2])
    if not first[2]:
        whole = _words(words) >= _LEAD_WORDS and words.count('"') == 0
        return Quotation([words], open=True) if whole else None
    if not rest.strip(" .,;"):
        alone = led or _words(words) >= 6 or words.endswith((".", "!", "?", "…"))
        return Quotation([words]) if alone and _words(words) >= (2 if led else 4) else None
    return _with_clause(text, found, words, rest)


def _with_clause(text: str, found: list[tuple[int, int, bool]], words: str, rest: str) -> Quotation | None:
    """“…,” said Ann Lee. “…”: the clause behind the mark, then perhaps more words and another clause."""
    marked = re.match(r"\s*[.,!?…]?\s*[—–-]\s*|\s*,\s*", rest) is not None or words.rstrip("’'").endswith(
        (",", "!", "?", ".")
    )
    if not marked:
        return None
    nexts = [
        span
        for span in found[1:]
        if _starts_speech(text, span) and (_words(_inside(text, span)) >= _LEAD_WORDS or _ends_line(text, span))
    ]
    stop = nexts[0][0] if nexts else len(text)
    middle = text[found[0][1] : stop]
    stripped = middle.lstrip(" ,.—–-")
    ends = sentences(stripped)
    clause = speech.clause(stripped[: ends[0][1]].rstrip(" .,:"), beside=True) if ends else None
    if (
        clause is None
        and ends
        and _words(words) >= 5
        and speech.verb_in(stripped[: ends[0][1]], first=4)
        and len(ends) == 1
    ):
        return Quotation([words], after="") if _words(stripped) <= 8 and not nexts else None
    if clause is None or (_words(words) < 2 and not nexts):
        return None
    after = stripped[ends[1][0] :].strip() if len(ends) > 1 else ""
    quotation = Quotation([words], clause)
    if not nexts:
        quotation.after = after
        return quotation
    between = after.rstrip(" ,:")
    if between and speech.verb_in(between) is None:
        quotation.after = text[found[0][1] :].strip(" ,.")[len(stripped[: ends[0][1]]) :].strip()
        return quotation
    for span in nexts:
        quotation.parts.append(_inside(text, span))
        quotation.open = not span[2]
    tail = text[nexts[-1][1] :].strip(" ,.—–-")
    if tail and nexts[-1][2]:
        last = sentences(tail)
        further = speech.clause(tail[: last[0][1]].rstrip(" ."))
        if further is not None:
            quotation.extra.append(further)
            quotation.after = tail[last[1][0] :].strip() if len(last) > 1 else ""
        else:
            quotation.after = tail
    return quotation


def _ends_line(text: str, span: tuple[int, int, bool]) -> bool:
    """Whether quoted words end as a sentence, and the line with them: short as they are, they are speech."""
    ended = _inside(text, span)[-1:] in (".", "!", "?", "…") or text[span[1] :] in (".", "!")
    return ended and not text[span[1] :].strip(" .") and text[: span[0]].rstrip()[-1:] in (".", ",", "—", "–")


def _starts_speech(text: str, span: tuple[int, int, bool]) -> bool:
    """Whether quoted words begin as speech does, not as a name inside a sentence."""
    before = text[: span[0]].rstrip()
    return before.endswith((".", ",", ":", "!", "?", "—", "–", "-"))


def _led_in(text: str, found: list[tuple[int, int, bool]]) -> Quotation | None:
    """X said: “…”."""
    for index, span in enumerate(found):
        lead = text[: span[0]].rstrip()
        words = _inside(text, span)
        colon = lead.endswith(":")
        comma = lead.endswith(",") and not nouns.inflected(text) and words[:1].isupper()
        if not (colon or comma) or _words(words) < (3 if colon else _LEAD_WORDS):
            continue
        ends = sentences(lead)
        start = ends[-1][0] if ends else 0
        sentence = lead[start:].rstrip(" :,")
        clause = _lead_clause(sentence)
        if clause is None:
            continue
        rest = text[span[1] :].strip() if span[2] else ""
        parts, after = [words], rest.strip(" .,;")
        more = [
            one for one in found[index + 1 :] if _starts_speech(text, one) and _words(_inside(text, one)) >= _LEAD_WORDS
        ]
        if more and not text[span[1] : more[0][0]].strip(" .,;—–-"):
            parts += [_inside(text, one) for one in more[:1]]
            after = text[more[0][1] :].strip(" .,;")
        whole = _words(sentence) <= 22 and "«" not in sentence[40:]
        before = lead[:start].strip() if whole else lead.strip()
        if after and (further := speech.clause(after.lstrip("—–- "))) is not None and _words(after) < 12:
            after, clause = "", further if clause.party.pronoun else clause
        return Quotation(parts, clause, before, after, open=not span[2], lead=True)
    return None


def _lead_clause(sentence: str) -> Clause | None:
    clause = speech.clause(sentence)
    if clause is not None:
        return clause
    subject, _, last = sentence.rpartition(" ")
    if low(last) in words().say and (party := names.read(subject.strip(" ,"))) is not None:
        return Clause(sentence, subject.strip(" ,"), party, None, low(last), False)
    sentence = re.sub(r",?\s(?:was|is|were|are|seemed|looked|sounded|felt)\s[\w\s]{2,40}$", "", sentence)
    if _words(sentence) > 10:
        return None
    party = names.read(sentence)
    if party is None or party.type != "person" or (party.surname and " " in sentence):
        return None
    return Clause(sentence, sentence, party, None, "", False)


def announcer(text: str) -> Party | None:
    """The person named at the beginning of a paragraph that announces words without a verb of speech."""
    start = sentences(text)[-1][0]
    if (name := _NAME.search(text, start)) is None:
        return None
    party = names.read(text[start : name.end()])
    return party if party is not None and party.type == "person" else None


def announces(text: str) -> bool:
    """Whether a paragraph ends as one that announces words of its speaker."""
    return text.endswith(":") and speech.verb_in(low(text), first=60) is not None
