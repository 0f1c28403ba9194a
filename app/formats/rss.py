"""RSS 2.0. Source: https://www.rssboard.org/rss-specification, the RSS Advisory Board's profile and Media RSS."""

from datetime import datetime
from email.utils import format_datetime
from html import escape
from typing import Final
from xml.etree.ElementTree import Element

from app.formats.feed import Feed, FeedEntry
from app.formats.media_rss import add_media
from app.formats.newscodes import GENRES, genre_code
from app.formats.xml import add, document, qualified

MEDIA_TYPE: Final = "application/rss+xml"


def render(feed: Feed) -> bytes:
    """The page of the feed, with the entries in their order. RSS cannot say what was removed."""
    root = Element("rss", {"version": "2.0"})
    channel = add(root, "channel")
    add(channel, "title", feed.title)
    add(channel, "link", f"{feed.site.url}/")
    add(channel, "description", escape(feed.title, quote=False))
    if feed.language is not None:
        add(channel, "language", feed.language)
    add(channel, "lastBuildDate", _date(feed.updated))
    add(channel, "generator", "Dovidka")
    for rel, url in feed.links:
        if rel != "alternate":  # that is `link`
            add(channel, qualified("atom", "link"), None, {"rel": rel, "href": url})
    for entry in feed.entries:
        _add_item(channel, entry)
    return document(root)


def _date(instant: str) -> str:
    """The instant to the second. Source: RFC 822, with four digits for the year."""
    return format_datetime(datetime.fromisoformat(instant).replace(microsecond=0))


def _add_item(channel: Element, entry: FeedEntry) -> None:
    item = add(channel, "item")
    add(item, "title", entry.title)
    add(item, "link", entry.url)
    add(item, "guid", entry.id, {"isPermaLink": "false"})
    add(item, "pubDate", _date(entry.published))
    add(item, qualified("atom", "updated"), entry.updated)
    for name in entry.authors:
        add(item, qualified("dc", "creator"), name)
    add(item, qualified("dc", "language"), entry.language)
    for tag in entry.tags:
        add(item, "category", tag)
    if entry.genre is not None:
        add(item, "category", genre_code(entry.genre), {"domain": GENRES})
    add_media(item, entry)
    # A description is HTML, where the summary is plain text.
    add(item, "description", escape(entry.summary, quote=False))
    if entry.html is not None:
        add(item, qualified("content", "encoded"), entry.html)
