"""Atom. Source: RFC 4287; RFC 5005 for pages, RFC 6721 for what was removed, RFC 4946 for the licence."""

from typing import Final
from xml.etree.ElementTree import Element

from app.formats.feed import Feed, FeedEntry, Removal
from app.formats.media_rss import add_media
from app.formats.newscodes import GENRES, genre_code
from app.formats.xml import BASE, LANGUAGE, add, document, qualified

MEDIA_TYPE: Final = "application/atom+xml"


def render(feed: Feed) -> bytes:
    """The page of the feed, with the entries in their order."""
    root = Element("feed", {"xmlns": "http://www.w3.org/2005/Atom"})
    if feed.language is not None:
        root.set(LANGUAGE, feed.language)
    add(root, "id", feed.identity)
    add(root, "title", feed.title)
    add(root, "updated", feed.updated)
    add(add(root, "author"), "name", feed.site.name)
    add(root, "generator", "Dovidka")
    for rel, url in feed.links:
        add(root, "link", None, {"rel": rel, "href": url})
    for removal in feed.removals:
        _add_removal(root, removal)
    for entry in feed.entries:
        _add_entry(root, feed, entry)
    return document(root)


def _add_removal(root: Element, removal: Removal) -> None:
    add(root, qualified("at", "deleted-entry"), None, {"ref": removal.id, "when": removal.at})


def _add_entry(root: Element, feed: Feed, entry: FeedEntry) -> None:
    element = add(root, "entry", None, {LANGUAGE: entry.language})
    add(element, "id", entry.id)
    add(element, "title", entry.title)
    add(element, "link", None, {"rel": "alternate", "href": entry.url, "hreflang": entry.language})
    add(element, "published", entry.published)
    add(element, "updated", entry.updated)
    for name in entry.authors:
        add(add(element, "author"), "name", name)
    for tag in entry.tags:
        add(element, "category", None, {"term": tag})
    if entry.genre is not None:
        add(element, "category", None, {"term": genre_code(entry.genre), "scheme": GENRES})
    add_media(element, entry)
    add(element, "summary", entry.summary)
    if entry.html is not None:
        # Links inside a text may be paths of the newsroom's server.
        add(element, "content", entry.html, {"type": "html", BASE: f"{feed.site.url}/"})
