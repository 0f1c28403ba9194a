"""Documents for machines that come by, at the addresses where they look for them."""

from typing import Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from app.errors import NotFound
from app.formats import discovery
from app.formats.story import Site
from app.web.caching import cached_response
from app.web.parameters import strict_query

# They change with the settings alone.
HEADERS: Final = {"Cache-Control": "public, max-age=3600"}
router = APIRouter(dependencies=[Depends(strict_query)], include_in_schema=False)


def _site(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


@router.get("/robots.txt")
async def get_robots(request: Request) -> Response:
    """What crawlers may read, and where the sitemaps are."""
    return await cached_response(request, discovery.robots(_site(request)), media_type="text/plain", headers=HEADERS)


@router.get("/llms.txt")
async def get_llms(request: Request) -> Response:
    """What language models may read, and how."""
    body = discovery.llms(_site(request), request.app.state.has_agents)
    return await cached_response(request, body, media_type="text/markdown", headers=HEADERS)


@router.get("/.well-known/api-catalog")
async def get_api_catalog(request: Request) -> Response:
    """The catalog of APIs."""
    headers = {**HEADERS, "Link": discovery.description_links()}
    body = discovery.catalog(_site(request))
    return await cached_response(request, body, media_type=discovery.CATALOG_MEDIA_TYPE, headers=headers)


@router.get("/license.xml")
async def get_license(request: Request) -> Response:
    """The licence of the stories as RSL; 404 where no licence is set."""
    site = _site(request)
    if not site.license_url:
        raise NotFound("No licence is set for these stories.")
    body = discovery.license_terms(site)
    return await cached_response(request, body, media_type=discovery.RSL_MEDIA_TYPE, headers=HEADERS)
