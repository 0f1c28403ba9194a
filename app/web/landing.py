"""The page at `/`: what this server is, and links to begin with."""

import html
from collections.abc import Iterable
from typing import Final

from fastapi import Depends, FastAPI
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from app.web.parameters import strict_query
from app.web.problems import POLICY

REFERENCE: Final = (
    ("/docs", "the API reference"),
    ("/openapi.json", "its OpenAPI document"),
    ("/client.ts", "its client for TypeScript"),
    ("/client.py", "its client for Python"),
)
HEADERS: Final = {
    "Cache-Control": "public, max-age=300",
    "Content-Security-Policy": POLICY,
    "Link": '</.well-known/api-catalog>; rel="api-catalog"',  # Source: RFC 9727, 3.
}
_PAGE: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>:root{{color-scheme:light dark}}body{{font:18px/1.6 system-ui,sans-serif;max-width:44rem;margin:4rem auto;
padding:0 1rem}}li{{margin:.4rem 0}}</style>
<h1>{title}</h1>
<p>{text}</p>
<ul>
{rows}
</ul>
"""


def install(api: FastAPI, title: str, text: str, links: Iterable[tuple[str, str]]) -> None:
    """Serves the page. `links` are pairs of an address and what it shows; the API reference comes first."""
    rows = "\n".join(
        f'<li><a href="{html.escape(address)}">{html.escape(address)}</a> {html.escape(about)}</li>'
        for address, about in (*REFERENCE, *links)
    )
    page = _PAGE.format(title=html.escape(title), text=html.escape(text), rows=rows)

    @api.get("/", include_in_schema=False, dependencies=[Depends(strict_query)])
    async def show_front() -> Response:
        return HTMLResponse(page, headers=HEADERS)
