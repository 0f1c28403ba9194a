"""The reference page at /docs: Scalar, served from our own origin. README.md has the files and their licence."""

import asyncio
import gzip
from functools import cache
from pathlib import Path
from typing import Final

from fastapi import Depends, FastAPI, Request
from starlette.responses import Response

from app.errors import NotFound
from app.web.caching import accepts_gzip, cached_response
from app.web.parameters import strict_query

HERE: Final = Path(__file__).parent
SCALAR: Final = "1.72.1"
ASSETS: Final = {f"scalar-{SCALAR}.js": "text/javascript", f"scalar-{SCALAR}.css": "text/css"}
FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
# Scalar writes styles as it runs; without 'unsafe-inline' for them the answers it shows cannot be read.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:;"
    " font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE: Final = f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Dovidka: API reference</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/scalar-{SCALAR}.css">
<div id="reference"></div>
<noscript>This page needs JavaScript. Without it: <a href="/openapi.json">/openapi.json</a>.</noscript>
<script src="/docs/scalar-{SCALAR}.js"></script>
<script src="/docs/start.js"></script>
""".encode()


def install(api: FastAPI) -> None:
    """Serves /docs and its files. Scalar's files are stored compressed, and sent as stored if the client allows it."""

    @api.get("/docs", include_in_schema=False, dependencies=[Depends(strict_query)])
    async def show_reference(request: Request) -> Response:
        headers = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}
        return await cached_response(request, PAGE, media_type="text/html", headers=headers)

    @api.get("/docs/start.js", include_in_schema=False, dependencies=[Depends(strict_query)])
    async def get_start(request: Request) -> Response:
        return await cached_response(request, _stored("start.js"), media_type="text/javascript")

    @api.get("/docs/{name}", include_in_schema=False, dependencies=[Depends(strict_query)])
    async def get_asset(request: Request, name: str) -> Response:
        if name not in ASSETS:
            raise NotFound("There is nothing at this address.")
        body = _stored(f"{name}.gz")
        headers = FOR_EVER
        if accepts_gzip(request.headers.get("accept-encoding", "")):
            headers = headers | {"Content-Encoding": "gzip"}
        else:
            body = await asyncio.to_thread(gzip.decompress, body)
        return Response(body, media_type=ASSETS[name], headers=headers)


@cache
def _stored(name: str) -> bytes:
    return (HERE / name).read_bytes()
