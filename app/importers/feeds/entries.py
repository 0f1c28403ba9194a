"""What an entry of a feed tells, whatever the format of the feed. Imports no parser."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from app.web.fields import LANGUAGE, canonical_language

# Of a whole feed. Large ones have some megabytes.
MOST_BYTES: Final = 20_000_000
MOST_ENTRIES: Final = 10_000


class Picture(NamedTuple):
    url: str
    alt_text: str = ""
    caption: str = ""
    credit: str = ""
    width: str = ""
    height: str = ""


@dataclass(slots=True)
class Entry:
    """One entry; `number` is its place in the feed, from 1.

    `id` is what it calls itself, else its address; "" where it has neither. `title`, `content` and `summary` are HTML;
    `base` is the address against which those in them are read. `content` is empty where the feed has summaries alone.
    Dates without a zone are naive; `notes` says what could not be read.
    """

    number: int
    id: str = ""
    url: str = ""
    title: str = ""
    content: str = ""
    summary: str = ""
    base: str = ""
    language: str = ""
    authors: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    published_at: datetime | None = None
    modified_at: datetime | None = None
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Feed:
    """A feed: the host of its site, which may be "", its entries, and what is wrong with the file."""

    host: str
    entries: list[Entry]
    damages: list[str] = field(default_factory=list)


def host_of(url: str) -> str:
    """The host of an address without `www.`; "" where there is none."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def language_tag(text: object) -> str:
    """The language in one form; "" for what is none."""
    tag = canonical_language(text.strip().replace("_", "-")) if isinstance(text, str) else ""
    return tag if LANGUAGE.fullmatch(tag) else ""


def add_date(entry: Entry, name: str, text: str, at: datetime | None) -> None:
    """Sets a date of the entry, in UTC where it has a zone; notes it where it cannot be read."""
    try:
        if at is not None:
            setattr(entry, name, at if at.tzinfo is None else at.astimezone(UTC))
            return
    except OverflowError:
        pass
    entry.notes.append(f"its date {text[:40]!r} is none that can be read")
