"""Sitemaps over HTTP: the index, its parts by period of publication, and the stories of the last two days."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic_core import from_json

from app.articles import sitemap as articles
from app.articles.sitemap import Listed
from app.db import utcnow
from app.deps import Read, SiteZone
from app.errors import NotFound
from app.formats import sitemap
from app.formats.sitemap import Page
from app.formats.story import Site
from app.web.caching import cached_response
from app.web.fields import format_instant
from app.web.parameters import strict_query
from app.web.spans import period, within

# Source: Google Search Central, "Create a news sitemap": articles of the last two days, a thousand at most.
NEWS_AGE: Final = timedelta(days=2)
MOST_NEWS: Final = 1_000
NO_PART: Final = "There is no such part of the sitemap."
_PLACES: Final = {name: f"{{{name}}}" for name in ("slug", "id", "language", "section")}
router = APIRouter(dependencies=[Depends(strict_query)], include_in_schema=False)


@router.get("/sitemap.xml")
async def get_sitemap_index(request: Request, read: Read) -> Response:
    """The parts of the sitemap, oldest first."""
    site: Site = request.app.state.site
    body = sitemap.render_index(f"{site.url}/sitemap/{name}.xml" for name in await articles.parts(read))
    return await _response(request, body)


@router.get("/sitemap/{file}")
async def get_sitemap(request: Request, read: Read, zone: SiteZone, file: str) -> Response:
    """The articles that were published in a year, month or day of the site's zone."""
    site: Site = request.app.state.site
    name, ending = file[:-4], file[-4:]
    try:
        start, end = within(period(name), zone)
    except ValueError:
        raise NotFound(NO_PART) from None
    if ending != ".xml":
        raise NotFound(NO_PART)
    async with read.snapshot() as snapshot:
        listed = await articles.published(snapshot, start, end, with_card="{section}" in site.article_url)
        versions = await articles.versions(snapshot, listed)
    if not listed:
        raise NotFound(NO_PART)
    body = await asyncio.to_thread(lambda: sitemap.render(_pages(listed, versions, site)))
    return await _response(request, body)


@router.get("/sitemap-news.xml")
async def get_news_sitemap(request: Request, read: Read) -> Response:
    """The stories of the last two days, newest first, as Google News reads them."""
    cards = await articles.newest(read, utcnow() - NEWS_AGE, MOST_NEWS)
    body = await asyncio.to_thread(sitemap.render_news, cards, request.app.state.site)
    # It changes as time passes, which no purge key tells.
    return await cached_response(request, body, media_type=sitemap.MEDIA_TYPE)


async def _response(request: Request, body: bytes) -> Response:
    return await cached_response(request, body, names=["articles"], media_type=sitemap.MEDIA_TYPE)


def _pages(listed: Sequence[Listed], versions: dict[str, list[Listed]], site: Site) -> Iterator[Page]:
    # Names of articles need no escaping. So the template is escaped once, and not each of ten thousand addresses.
    address = sitemap.text(site.page_address(_PLACES)).format
    for id, slug, language, updated_at, card in listed:
        # Versions of a story are taken to be in the same section, which only a template shows.
        section = (card is not None and from_json(card)["section"]) or "-"
        others = [
            (other.language, address(id=other.id, slug=other.slug, language=other.language, section=section))
            for other in versions.get(id, ())
        ]
        url = address(id=id, slug=slug, language=language, section=section)
        yield Page(url, format_instant(updated_at), others)
