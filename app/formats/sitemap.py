"""Sitemaps. Source: https://www.sitemaps.org/protocol.html, Google's news sitemaps, hreflang in sitemaps."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple
from xml.sax.saxutils import escape

from app.formats.story import Site
from app.formats.xml import xml_text

MEDIA_TYPE: Final = "application/xml"
_START: Final = '<?xml version="1.0" encoding="utf-8"?>\n'
_SITEMAP: Final = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_NEWS: Final = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
_XHTML: Final = 'xmlns:xhtml="http://www.w3.org/1999/xhtml"'


class Page(NamedTuple):
    """A page of a sitemap: its address, when it last changed, and (language, address) of all its versions.

    Addresses are escaped for XML.
    """

    url: str
    updated_at: str
    versions: Sequence[tuple[str, str]] = ()


def render_index(urls: Iterable[str]) -> bytes:
    """The index of the parts at these addresses."""
    parts = "".join(f"<sitemap><loc>{text(url)}</loc></sitemap>\n" for url in urls)
    return f"{_START}<sitemapindex {_SITEMAP}>\n{parts}</sitemapindex>\n".encode()


def render(pages: Iterable[Page]) -> bytes:
    """One part. Written as text: of ten thousand pages, elements would take several times as long."""
    urls = "".join([_url(page) for page in pages])
    return f"{_START}<urlset {_SITEMAP} {_XHTML}>\n{urls}</urlset>\n".encode()


def _url(page: Page) -> str:
    links = "".join(
        [f'<xhtml:link rel="alternate" hreflang="{language}" href="{url}"/>' for language, url in page.versions]
    )
    return f"<url><loc>{page.url}</loc><lastmod>{page.updated_at}</lastmod>{links}</url>\n"


def render_news(cards: Iterable[dict[str, Any]], site: Site) -> bytes:
    """The stories as Google News reads them."""
    urls = "".join([_news(card, site) for card in cards])
    return f"{_START}<urlset {_SITEMAP} {_NEWS}>\n{urls}</urlset>\n".encode()


def _news(card: dict[str, Any], site: Site) -> str:
    language = card["language"].partition("-")[0]
    return (
        f"<url><loc>{text(site.page_address(card))}</loc><news:news>"
        f"<news:publication><news:name>{text(site.name)}</news:name>"
        f"<news:language>{language}</news:language></news:publication>"
        f"<news:publication_date>{card['first_published_at'] or card['published_at']}</news:publication_date>"
        f"<news:title>{text(card['headline'])}</news:title></news:news></url>\n"
    )


def text(plain: str) -> str:
    """Plain text as XML, as content or within quotes."""
    return escape(xml_text(plain), {'"': "&quot;"})
