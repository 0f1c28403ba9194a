"""Names of authors: what a line or a part of one holds beside them, and whether it holds nothing else."""

import re
from typing import Final

from app.importers.page import nouns
from app.importers.page.text import low
from app.importers.page.words import words

AND: Final = re.compile(r"\s+(?:and|та|і|й|и|&)\s+|\s*,\s+")
_PLACE: Final = re.compile(
    r"\s+(?:(?:reports|writes|reporting)\s)?(?:in|at|for|from)\s+[A-Z][\w'’-]*(?:\s[A-Z][\w'’-]*)*"
)
_HANDLE: Final = re.compile(r"\s*\(?@[\w.]+\)?|\s*\S+@\S+\.\w+")


def names_only(text: str) -> str | None:
    """The names of a byline as written, without posts, places and addresses; None where there are none."""
    text = _PLACE.sub("", text)
    text = _HANDLE.sub("", re.split(r"\s*[|•·/;]\s*|\s+[–—-]\s+|(?<=\w\w\w)\.\s+", text)[0]).strip(" ,.")
    kept: list[str] = []
    for part in AND.split(text):
        if kept and (is_title(part) or nouns.is_media(part)):
            break
        if not name_like(part):
            break
        kept.append(part)
    if not kept:
        return None
    end = text.find(kept[-1]) + len(kept[-1])
    return text[:end].strip(" ,")


def is_title(text: str) -> bool:
    """Whether a text ends as a newsroom's posts do: "transport correspondent"."""
    folded = low(text).strip(" .")
    titles = words().any("head", "titles")
    return folded in titles or folded.rsplit(" ", 1)[-1] in titles or " ".join(folded.rsplit(" ", 2)[-2:]) in titles


def name_like(text: str) -> bool:
    parts = text.split()
    return (
        1 <= len(parts) <= 5
        and all(part[0].isupper() or part in ("de", "van", "von", "der", "O'") for part in parts)
        and not any(any(one.isdigit() for one in part) for part in parts)
    )


def full_name(text: str) -> bool:
    parts = text.split()
    return 2 <= len(parts) <= 4 and name_like(text) and (nouns.first_name(parts[0]) is not None)


def probable_names(text: str) -> str | None:
    """The names of a line that holds nothing else, though no list knows them; for places where names stand."""
    text = _PLACE.sub("", text)
    head, _, tail = text.rpartition(", ")
    text = head if head and nouns.is_media(tail) else text
    text = re.sub(r"\s+[—–-]\s+[«\"“][^»\"”]{2,40}[»\"”]$|,\s+[«\"“][^»\"”]{2,40}[»\"”]$", "", text).strip()
    parts = AND.split(text)
    titled = {word for name in words().any("head", "sections") for word in name.split()}
    for part in parts:
        names = part.split()
        if not 2 <= len(names) <= 3 or not name_like(part) or part.isupper() or part[-1] in ".:!?":
            return None
        if any(low(one) in titled or nouns.head_of(one) or nouns.is_media(one) for one in names):
            return None
    return text if len(parts) <= 4 else None
