"""JSON Feed as entries. Source: JSON Feed 1.1, and 1.0 with one `author`."""

from datetime import datetime
from html import escape
from typing import Any

from app.errors import Malformed
from app.importers.feeds.entries import MOST_ENTRIES, Entry, Feed, Picture, add_date, host_of, language_tag
from app.importers.xml_text import UNPRINTABLE, DamagedExport
from app.web.strict_json import read_json


def read_json_feed(data: bytes) -> Feed:
    """The feed in these bytes. Raises: DamagedExport."""
    try:
        feed = read_json(data.removeprefix(b"\xef\xbb\xbf"))
    except Malformed as refusal:
        raise DamagedExport(f"is no JSON that can be read: {refusal.detail}") from None
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        raise DamagedExport("is no JSON Feed: it has no list of `items`")
    if len(items) > MOST_ENTRIES:
        raise DamagedExport(f"holds more than {MOST_ENTRIES} entries")
    host = host_of(_text(feed, "home_page_url")) or host_of(_text(feed, "feed_url"))
    language, authors = language_tag(feed.get("language")), _authors(feed)
    damages = [f"item {number} is no object" for number, item in enumerate(items, 1) if not isinstance(item, dict)]
    entries = [_entry(item, number) for number, item in enumerate(items, 1) if isinstance(item, dict)]
    for entry in entries:
        entry.authors = entry.authors or authors
        entry.language = entry.language or language
    return Feed(host, entries, damages)


def _entry(item: dict[str, Any], number: int) -> Entry:
    url = _text(item, "url")
    plain = "".join(f"<p>{escape(part)}</p>" for part in _text(item, "content_text").split("\n\n") if part.strip())
    entry = Entry(
        number,
        id=_text(item, "id") or url,
        url=url or _text(item, "external_url"),
        title=escape(_text(item, "title")),
        content=_text(item, "content_html") or plain,
        summary=escape(_text(item, "summary")),
        base=url,
        language=language_tag(item.get("language")),
        authors=_authors(item),
        tags=[UNPRINTABLE.sub("", tag) for tag in _list(item, "tags") if isinstance(tag, str)],
        pictures=[Picture(found) for name in ("image", "banner_image") if (found := _text(item, name))],
    )
    for name, member in (("published_at", "date_published"), ("modified_at", "date_modified")):
        if text := _text(item, member):
            add_date(entry, name, text, _instant(text))
    for attachment in _list(item, "attachments"):
        if isinstance(attachment, dict):
            _add_attachment(entry, attachment)
    return entry


def _add_attachment(entry: Entry, attachment: dict[str, Any]) -> None:
    url, type = _text(attachment, "url"), _text(attachment, "mime_type")
    if type.startswith("image/"):
        entry.pictures.append(Picture(url, alt_text=_text(attachment, "title")))
    else:
        entry.notes.append(f"the attachment {url[:200]} ({type[:40] or 'of no type'}) is left out")


def _authors(item: dict[str, Any]) -> list[str]:
    authors = [author for author in (*_list(item, "authors"), item.get("author")) if isinstance(author, dict)]
    return list(dict.fromkeys(name for author in authors if (name := _text(author, "name"))))


def _list(item: dict[str, Any], name: str) -> list[Any]:
    value = item.get(name)
    return value if isinstance(value, list) else []


def _text(item: dict[str, Any], name: str) -> str:
    """A member that is a text, or an id that is a number; "" for all else."""
    value = item.get(name)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number else UNPRINTABLE.sub("", value).strip() if isinstance(value, str) else ""


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
