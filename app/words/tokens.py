"""Finds the words of a text, with their places. Knows no language."""

import re
from collections.abc import Iterable, Iterator, Set
from typing import Final, NamedTuple

from app.content.languages import APOSTROPHES, INVISIBLE, MARKS


class Token(NamedTuple):
    """A word as it is written: `text[start:end]`, in code points.

    `position` counts words from 0. A hyphenated word is a token of its own, as wide as it has parts, and each part is
    a token too: in «науково-популярний журнал» the whole word (position 0, width 2), «науково» (0), «популярний» (1)
    and «журнал» (2).
    """

    text: str
    start: int
    end: int
    position: int
    width: int


# Letters and digits, with their marks. Possessive, and the two sets share no character that could be read twice.
_RUN: Final = rf"[^\W_]++(?:[{MARKS}{INVISIBLE}]++[^\W_]*+)*+"
_SIMPLE: Final = rf"{_RUN}(?:[{APOSTROPHES}]{_RUN})*+"
_BETWEEN_GROUPS: Final = r"[ \u00a0\u2009\u202f]"
_NUMBER_IN_GROUPS: Final = re.compile(rf"\d{_BETWEEN_GROUPS}\d{{3}}")
_TOKEN: Final = re.compile(
    # 15 000 or 15 000,5: no more groups than any number has, so that a long row of digits is not tried again and again.
    rf"\d{{1,3}}(?:{_BETWEEN_GROUPS}\d{{3}}){{1,5}}(?:[.,]\d{{1,20}})?(?![^\W_])"
    # 2,5 and 1,234.5 and 22.01.2025
    r"|\d{1,20}(?:[.,]\d{1,20}){1,9}(?![^\W_])"
    # Initials.
    r"|(?:[^\W\d_]\.){2,9}(?![^\W_])"
    rf"|{_SIMPLE}(?:[-‐‑]{_SIMPLE})*+"
)
DATE: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_DATE_PART: Final = re.compile(r"\d+")
_WORD_PART: Final = re.compile(_SIMPLE)
_HYPHEN: Final = re.compile("[-‐‑]")


def tokens(text: str, wanted: Set[str] | None = None) -> Iterator[Token]:
    """All tokens, or those that are written as one of `wanted`.

    Order: by place; a hyphenated word or a date stands before its parts. Cost: linear in the length of the text.
    """
    position = 0
    for match in _TOKEN.finditer(text):
        written = match[0]
        parts = [] if written.isalpha() else _parts(written)
        width = len(parts) or 1
        if wanted is None or written in wanted:
            yield Token(written, match.start(), match.end(), position, width)
        for number, part in enumerate(parts):
            if wanted is None or part[0] in wanted:
                start, end = match.start() + part.start(), match.start() + part.end()
                yield Token(part[0], start, end, position + number, 1)
        position += width


def token_texts(text: str) -> set[str]:
    """What the tokens of a text are, each once, without their places. Cost: a tenth of that of `tokens`."""
    texts = set(_TOKEN.findall(text))
    for written in [written for written in texts if not written.isalpha()]:
        texts.update(part[0] for part in _parts(written))
    return texts


def chunks(text: str) -> set[str]:
    """What stands between the blanks of a text, each once. The tokens of these are those of the text: of numbers that
    are written with blanks, the text gives its tokens. Cost: a tenth of that of `token_texts`.
    """
    return token_texts(text) if _NUMBER_IN_GROUPS.search(text) else {*text.split()}


def _parts(written: str) -> list[re.Match[str]]:
    """Of a hyphenated word or a date; nothing of other tokens."""
    if _HYPHEN.search(written):
        return [*_WORD_PART.finditer(written)]
    return [*_DATE_PART.finditer(written)] if DATE.fullmatch(written) else []


def outermost(found: Iterable[Token]) -> list[Token]:
    """Without the parts of hyphenated words and dates."""
    outer: list[Token] = []
    for token in found:
        if not outer or token.start >= outer[-1].end:
            outer.append(token)
    return outer
