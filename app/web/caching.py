"""Responses to reads: ETag, 304, Cache-Control, compression. Source: RFC 9110 (8.8, 13), RFC 9111."""

import asyncio
import gzip
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from app.web.purge_keys import SEPARATORS, purge_keys

PUBLIC: Final = "public, max-age=5, stale-while-revalidate=30, stale-if-error=300"
PRIVATE: Final = "private, no-store"
# For caches that are purged by key, which may keep an answer until a change touches it. Source: RFC 9213.
PURGED: Final = "public, max-age=86400, stale-if-error=86400"
# Shorter bodies are sent as they are; longer ones than the second are compressed in a thread.
COMPRESSED_FROM: Final = 1_000
COMPRESSED_ASIDE: Final = 50_000
# Level 6 saves another sixth, and takes four times as long.
LEVEL: Final = 4


def digest(body: bytes) -> str:
    """The ETag of a body, without its quotes: 128 bits of BLAKE2b."""
    return blake2b(body, digest_size=16).hexdigest()


def accepts_gzip(header: str) -> bool:
    """Whether Accept-Encoding accepts gzip. `gzip` decides before `*`; `q=0` refuses. Source: RFC 9110, 12.5.3."""
    if header == "gzip":
        return True
    accepts_any = False
    for part in header.split(","):
        name, _, weight = part.partition(";")
        name = name.strip().lower()
        if name in {"gzip", "x-gzip", "*"}:
            accepts = weight.replace(" ", "").lower() not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
            if name != "*":
                return accepts
            accepts_any = accepts
    return accepts_any


@lru_cache(1_000)
def coding_of(accept_encoding: bytes) -> str:
    """The content coding of long bodies for a client that sends this Accept-Encoding; empty for none."""
    return "gzip" if accepts_gzip(accept_encoding.decode("latin-1")) else ""


def is_known(header: str, etag: str) -> bool:
    """Whether If-None-Match names the ETag, or is `*`. The comparison is weak. Source: RFC 9110, 13.1.2."""
    return header.strip() == "*" or etag in {part.strip().removeprefix("W/") for part in header.split(",")}


def caching_headers(request: Request, names: Iterable[str]) -> dict[str, str]:
    """The headers of an answer that caches may keep: until a change touches one of these names, where there are any.

    No cache may keep the answer to a key. Source: RFC 9111, 3.5.
    """
    headers = {"Cache-Control": PUBLIC, "Vary": "Accept-Encoding, Authorization"}
    if keys := purge_keys(names):
        keys_header = request.app.state.settings.cache_keys_header
        headers |= {keys_header: SEPARATORS[keys_header].join(keys), "CDN-Cache-Control": PURGED}
    if "authorization" in request.headers:
        headers["Cache-Control"] = PRIVATE
        headers.pop("CDN-Cache-Control", None)
    return headers


async def cached_response(
    request: Request,
    body: bytes,
    *,
    names: Iterable[str] = (),
    revision: int | None = None,
    media_type: str = "application/json",
    headers: dict[str, str] | None = None,
) -> Response:
    """The body with its ETag and Cache-Control, compressed if that saves bytes; 304 if the client has it already.

    `names` are the objects and lists that it depends on. The ETag is the `revision` of a document, and a digest of any
    other body.
    """
    tag = str(revision) if revision is not None else digest(body)
    compressed = len(body) > COMPRESSED_FROM and accepts_gzip(request.headers.get("accept-encoding", ""))
    etag = f'"{tag}-gzip"' if compressed else f'"{tag}"'
    response_headers = {"ETag": etag, **caching_headers(request, names), **(headers or {})}
    if_none_match = ",".join(request.headers.getlist("if-none-match"))
    if if_none_match and is_known(if_none_match, etag):
        return Response(status_code=304, headers=response_headers)
    if compressed:
        response_headers["Content-Encoding"] = "gzip"
        if len(body) > COMPRESSED_ASIDE:
            body = await asyncio.to_thread(gzip.compress, body, LEVEL, mtime=0)
        else:
            body = gzip.compress(body, LEVEL, mtime=0)
    return Response(body, media_type=media_type, headers=response_headers)
