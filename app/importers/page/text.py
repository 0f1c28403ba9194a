"""From the bytes of a page to clean lines: encoding, odd characters, folding. Knows no kind of line."""

import hashlib
import html
import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from app.errors import Invalid

_FIRST: Final = re.compile(r"\w+")
_NEWLINE: Final = re.compile(r"\r\n|\n|\r")
_WIDTHLESS: Final = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\u202a-\u202e\u2066-\u2069\ufeff]")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_STRAY_NULS: Final = 50  # more than one NUL among so many characters is not one that got lost
_SPACES: Final = re.compile(r"\s+")
_BLANKS: Final = re.compile(r"[ \t]+")
_ENTITY: Final = re.compile(r"&(?:nbsp|amp|quot|apos|laquo|raquo|ldquo|rdquo|lsquo|rsquo|mdash|ndash|hellip|#\d{2,5});")
_CELLS: Final = re.compile(r"\s*\t\s*|\s+\|\s+|\s*\u2502\s*| {3,}")
_FOLDED: Final = (("'", "`’‘ʼ´ʹ＇"), ("-", "–—‒―−‐‑"), ('"', "«»“”„‟‹›″"))
_GAP: Final = re.compile(r"[\t|\u2502]| {3}")
_ENDS: Final = " .,;:!?…-\"'()[]"
_SENTENCE: Final = re.compile(r"[.!?…]+[»”\"’)]*\s+(?=[«“„\"‘(\[]*[A-ZА-ЯІЇЄҐ0-9—–])")
_SHORTENED: Final = re.compile(
    r"(?:^|[\s(«“\"])(?:[A-ZА-ЯІЇЄҐ]|р|рр|ст|м|вул|просп|ім|т|тис|млн|млрд|грн|напр|див|с|смт|обл|кв|буд|о|г|гг|"
    r"Mr|Mrs|Ms|Dr|Prof|St|Gen|Col|Lt|Capt|Sgt|Rev|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec|No|vs|"
    r"U\.S|U\.K|[ap]\.m|e\.g|i\.e|approx|Gov|Sen|Rep|Inc|Ltd|Co)\.$"
)


@dataclass
class Line:
    """One physical line that is not blank: its number, its words, and whether a blank line stands before it.

    `low` is in lower case; `bare` moreover without marks at the ends, as it is compared with lists of words;
    `first` is the first word of it. All are read many times, so they are made once.
    """

    number: int
    text: str
    apart: bool
    cells: tuple[str, ...] = ()
    low: str = field(init=False)
    bare: str = field(init=False)
    first: str = field(init=False)
    words: int = field(init=False)

    def __post_init__(self) -> None:
        self.low = low(self.text)
        self.bare = self.low.strip(" .,;:!?…-\"'()[]|·•→»›>«‹<*")
        found = _FIRST.search(self.low)
        self.first = found[0] if found else ""
        self.words = self.text.count(" ") + 1

    @property
    def closed(self) -> bool:
        """Whether it ends as a sentence does."""
        return self.text.rstrip('»”"’)]*').endswith((".", "!", "?", "…", ";")) or self.text.endswith((".", ":"))


def low(text: str) -> str:
    """The text in lower case with plain apostrophes, dashes and quotation marks; every character keeps its place."""
    return _low_word(text) if len(text) < 40 else _low(text)


def _low(text: str) -> str:
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(one if len(one.lower()) != 1 else one.lower() for one in text)
    if lowered.isascii():
        return lowered.replace("`", "'")
    for plain, written in _FOLDED:
        for mark in written:
            lowered = lowered.replace(mark, plain)  # far faster than `translate`, for most marks are not there
    return lowered


_low_word: Final = lru_cache(maxsize=16_384)(_low)


def fold(text: str) -> str:
    """What two spellings of one text have in common. Source: README of the corpus, "How strings are compared"."""
    text = _WIDTHLESS.sub("", unicodedata.normalize("NFC", text))
    return _SPACES.sub(" ", low(text)).strip(_ENDS)


def digest(text: str) -> str:
    """Eight characters that differ where the folded texts do."""
    return hashlib.sha256(fold(text).encode()).hexdigest()[:8]


def normalise(text: str) -> str:
    """One line as people see it: composed letters, no characters without width, white space as single blanks.

    Apostrophes, quotation marks and dashes stay as written.
    """
    if "&" in text:
        text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
    text = unicodedata.normalize("NFC", text)
    if not text.isprintable():
        text = _UNPRINTABLE.sub("", _WIDTHLESS.sub("", text))
    return " ".join(text.split())


def read_lines(data: bytes) -> tuple[list[Line], list[str]]:
    """The lines that hold text, numbered from 1 as in the file, and what was odd about the bytes.

    Raises: Invalid, where the bytes are not UTF-8 (or UTF-16 with its mark), or hold no text.
    """
    text, odd = _decode(data)
    if _STRAY_NULS * text.count("\0") > len(text):
        raise Invalid("the bytes are no text, or UTF-16 or UTF-32 without a mark that says so; give UTF-8")
    lines: list[Line] = []
    apart = False
    changed = 0
    for number, raw in enumerate(_NEWLINE.split(text), 1):
        clean = normalise(raw)
        if not clean:
            apart = True
            continue
        changed += clean != raw and clean != _BLANKS.sub(" ", raw).strip(" ")
        cells = tuple(filter(None, map(normalise, _CELLS.split(raw.strip())))) if _GAP.search(raw) else ()
        lines.append(Line(number, clean, apart, cells))
        apart = False
    if not lines:
        raise Invalid("the page holds no text")
    if changed:
        held = "1 line" if changed == 1 else f"{changed} lines"
        odd.append(f"{held} held characters without width, no-break spaces or decomposed letters")
    return lines, odd


def _decode(data: bytes) -> tuple[str, list[str]]:
    odd: list[str] = []
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace"), ["UTF-16"]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        raise Invalid(f"line {number} is not UTF-8 (byte {error.start + 1} of the file)") from error
    if text.startswith("\ufeff"):
        text = text[1:]
        odd.append("a byte order mark")
    if "\r\n" in text:
        odd.append("CRLF line ends")
    return text, odd


def sentences(text: str) -> list[tuple[int, int]]:
    """Where each sentence begins and ends; dots of abbreviations and initials end none."""
    spans: list[tuple[int, int]] = []
    start = 0
    for found in _SENTENCE.finditer(text):
        head = text[start : found.start() + 1]
        if text[found.start()] == "." and _SHORTENED.search(head):
            continue
        spans.append((start, found.end() - (len(found[0]) - len(found[0].rstrip()))))
        start = found.end()
    if start < len(text):
        spans.append((start, len(text)))
    return spans
