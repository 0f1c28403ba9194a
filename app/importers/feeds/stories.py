"""An entry of a feed as the document of a story, ready to save. Needs no database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urljoin
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from app.content.conversion import convert
from app.content.conversion.embeds import valid
from app.content.conversion.media import split_caption
from app.importers.documents import read
from app.importers.feeds.entries import Entry, Feed, host_of
from app.importers.stories import Names, Story, plain_line
from app.web.fields import LINE_LENGTH, ORIGIN_ID_LENGTH, SYSTEM_LENGTH, TEXT_LENGTH, format_instant

IMPORTER: Final = "feed"
MOST_TAGS: Final = 100
# What stands at the end of a summary that is the beginning of the text.
_ELLIPSIS: Final = " …[].…"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the caller says of all entries. `zone` is that of dates without one."""

    zone: ZoneInfo
    now: datetime
    language: str | None
    publish: bool


def key_of(entry: Entry, feed: Feed) -> tuple[str, str]:
    """(host, id) by which an entry is known; "" for what neither feed nor entry tell."""
    return (feed.host or host_of(entry.url) or host_of(entry.id), entry.id)


def language_of(entry: Entry, wishes: Wishes) -> str:
    return entry.language or wishes.language or "und"


def note_names(entry: Entry, names: Names, wishes: Wishes) -> None:
    """Adds the tags and authors of the entry to the names that there are to be."""
    language = language_of(entry, wishes)
    for label in entry.tags:
        names.tag(plain_line(label)[:LINE_LENGTH], language)
    for name in entry.authors:
        names.source(plain_line(name)[:LINE_LENGTH], language)


def story(
    entry: Entry, feed: Feed, wishes: Wishes, place: str, line: int, names: Names, sections: frozenset[str]
) -> Story:
    """The story that an entry is. What cannot be stored is in the faults of its item."""
    title = plain_line(entry.title)
    host, id = key_of(entry, feed)
    if not host or not id:
        detail = (
            "has neither an id nor an address"
            if not id
            else "belongs to no site: neither it nor the feed tells an address"
        )
        return Story.refused(place, id, title, line, f"{detail}, so that it could not be known again")
    notes = [*entry.notes]
    url = valid(urljoin(f"https://{host}/", entry.url)) if entry.url else None
    try:
        conversion = convert(entry.content or entry.summary, base=valid(urljoin(url or "", entry.base)) or url)
    except ValueError as error:
        return Story.refused(place, id, title, line, f"its text {error}")
    if not entry.content:
        notes.append("the feed has a summary of it alone" if entry.summary else "the feed has no text of it")
    if len(title) > LINE_LENGTH:
        notes.append(f"the title is longer than {LINE_LENGTH} characters, and cut")
    is_key = len(host) <= SYSTEM_LENGTH and ":" not in host and len(id) <= ORIGIN_ID_LENGTH
    document = {
        "noun": "article",
        "id": str(uuid5(NAMESPACE_URL, f"feed:{host}:{id}")),
        "language": language_of(entry, wishes),
        "headline": title[:LINE_LENGTH],
        "standfirst": _standfirst(entry),
        "body": conversion.blocks,
        "image": _image(entry, url, notes),
        **_names(entry, names, sections, notes, wishes),
        **_release(entry, title, wishes, notes),
        "origin": {**({"system": host, "id": id} if is_key else {}), "url": url, "importer": IMPORTER},
    }
    item = read(dict(document), wishes.now, line)
    item.warnings[:0] = conversion.warnings
    return Story(place, id, title, item, notes=[*dict.fromkeys(notes)], document=document)


def _standfirst(entry: Entry) -> str | None:
    """The summary, where it is more than the beginning of the text."""
    summary = plain_line(entry.summary)
    if not entry.content or plain_line(entry.content).startswith(summary.rstrip(_ELLIPSIS)):
        return None
    return summary[:TEXT_LENGTH]


def _image(entry: Entry, url: str | None, notes: list[str]) -> dict[str, Any] | None:
    """The first picture that has an address."""
    for picture in entry.pictures:
        address = valid(urljoin(url or "", picture.url.strip()))
        if address is None:
            notes.append(f"the picture {picture.url[:200]!r} has no address that can be kept")
            continue
        caption, credit = split_caption(plain_line(picture.caption))
        return {
            "url": address, "alt_text": plain_line(picture.alt_text)[:TEXT_LENGTH] or None,
            "caption": caption[:TEXT_LENGTH] or None,
            "credit_line": (plain_line(picture.credit) or credit)[:LINE_LENGTH] or None,
            "width": _pixels(picture.width), "height": _pixels(picture.height),
        }  # fmt: skip
    return None


def _pixels(text: str) -> int | None:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
    return number if 1 <= number <= 100_000 else None


def _names(entry: Entry, names: Names, sections: frozenset[str], notes: list[str], wishes: Wishes) -> Mapping[str, Any]:
    """Byline and attributions of the authors; tags, of which the first that is a section here is the section."""
    language = language_of(entry, wishes)
    labels = [plain_line(label)[:LINE_LENGTH] for label in entry.tags]
    people = {name: names.source(name, language) for each in entry.authors if (name := plain_line(each)[:LINE_LENGTH])}
    slugs = dict.fromkeys(slug for label in labels if (slug := names.tag(label, language)) is not None)
    if unnamed := [name for name, slug in people.items() if slug is None]:
        notes.append(f"its author {unnamed[0]!r} has no letters, and is no source")
    of_sections = [slug for slug in slugs if slug in sections]
    if len(of_sections) > 1:
        notes.append(f"stands in the section {of_sections[0]}, and not in {', '.join(of_sections[1:])} too")
    topics = [slug for slug in slugs if slug not in sections]
    if len(topics) > MOST_TAGS:
        notes.append(f"has {len(topics)} tags, of which {MOST_TAGS} are kept")
    authors = dict.fromkeys(slug for slug in people.values() if slug is not None)
    return {
        "byline": ", ".join(people)[:LINE_LENGTH] or None,
        "attributions": [{"source": slug, "role": "author"} for slug in authors],
        "section": of_sections[0] if of_sections else None,
        "tags": topics[:MOST_TAGS],
    }


def _release(entry: Entry, title: str, wishes: Wishes, notes: list[str]) -> dict[str, Any]:
    """Status and dates. What the feed does not date has no dates here, but for that of a publication."""
    published_at = _in_zone(entry.published_at, wishes, notes)
    modified_at = _in_zone(entry.modified_at, wishes, notes) or published_at
    dates: dict[str, Any] = {}
    if modified_at is not None:
        created_at = min(published_at or modified_at, wishes.now)
        modified_at = min(max(modified_at, created_at), wishes.now)
        dates = {"created_at": format_instant(created_at), "modified_at": format_instant(modified_at)}
    if not wishes.publish:
        return {"status": "draft", **dates}
    published_at = published_at or modified_at
    if not title or (published_at is not None and published_at > wishes.now):
        at = "" if published_at is None else format_instant(published_at)
        notes.append(f"is a draft: {'its date lies in the future, at ' + at if title else 'it has no title'}")
        return {"status": "draft", **dates}
    if published_at is None:
        notes.append("is published with the date of the import: the feed has none of it")
    at = format_instant(published_at or wishes.now)
    return {"status": "published", "published_at": at, "first_published_at": at, **_updated(dates, at), **dates}


def _updated(dates: Mapping[str, Any], published_at: str) -> dict[str, Any]:
    return {"updated_at": max(dates["modified_at"], published_at)} if dates else {}


def _in_zone(at: datetime | None, wishes: Wishes, notes: list[str]) -> datetime | None:
    """The instant; of a date without a zone in that of the site here."""
    if at is None or at.tzinfo is not None:
        return at
    try:
        instant = at.replace(tzinfo=wishes.zone).astimezone(UTC)
    except OverflowError:
        notes.append(f"its date {at.isoformat()!r} is none that can be read")
        return None
    notes.append(f"its date has no zone, and is read in that of the site here ({wishes.zone.key})")
    return instant
