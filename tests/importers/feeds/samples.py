"""Makes feeds for tests. All places, people and texts are invented."""

import json
from html import escape
from typing import Any, Final

SITE: Final = "https://lypka-courier.example"
NAMESPACES: Final = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:media="http://search.yahoo.com/mrss/"'
)
OLD: Final = "Thu, 04 Mar 2021 08:30:00 +0200"


def rss(*items: str, head: str = "", language: str = "en", end: str = "</channel></rss>") -> str:
    """A feed of RSS 2.0; `head` stands before its root element, `end` in place of the end of it."""
    channel = f"<title>Lypka Courier</title><link>{SITE}/</link><language>{language}</language>"
    return f'{head}<rss version="2.0" {NAMESPACES}><channel>{channel}{"".join(items)}{end}'


def item(id: object, title: str = "", text: str = "<p>It grinds.</p>", *more: str, date: str = OLD) -> str:
    """An entry of RSS. `title` and `text` are HTML."""
    dated = f"<pubDate>{date}</pubDate>" if date else ""
    return (
        f"<item><title>{escape(title or f'Mill {id}')}</title><link>{SITE}/{id}</link>"
        f'<guid isPermaLink="false">{id}</guid>{dated}<content:encoded><![CDATA[{text}]]></content:encoded>'
        f"{''.join(more)}</item>\n"
    )


def atom(*entries: str, language: str = "uk") -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{language}">'
        f'<title>Кур’єр</title><id>tag:lypka,2021:feed</id><link rel="self" href="{SITE}/atom"/><link href="{SITE}/"/>'
        f"<author><name>Оксана Млинар</name></author>{''.join(entries)}</feed>"
    )


def atom_entry(id: str, title: str, content: str, *more: str, updated: str = "2021-03-04T08:30:00Z") -> str:
    return (
        f'<entry><id>{id}</id><title>{title}</title><link href="{SITE}/{id}"/><updated>{updated}</updated>'
        f"{content}{''.join(more)}</entry>"
    )


def json_feed(*items: Any, **members: Any) -> str:
    document = {"version": "https://jsonfeed.org/version/1.1", "title": "Lypka", "home_page_url": SITE, **members}
    return json.dumps({**document, "items": [*items]}, ensure_ascii=False)
