"""The outermost layer, pure ASGI: what no part behind it should ever see, and what every answer carries."""

import re
import time
from typing import Final
from urllib.parse import unquote_to_bytes

import structlog
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils import uuid7

from app.errors import HeadersTooLarge, Internal, Malformed, NotFound, Refusal, UriTooLong
from app.web.problems import problem

HEADER_COUNT: Final = 100
HEADER_BYTES: Final = 32_768
ADDRESS_BYTES: Final = 8_192
EXPOSED: Final = (
    "Content-Language", "Content-Position", "ETag", "Idempotency-Replayed", "Link", "Location", "Retry-After",
    "Server-Timing", "Surrogate-Key", "X-Request-ID",
)  # fmt: skip
PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}
log: Final = structlog.get_logger("dovidka")
_HOST: Final = re.compile(rb"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class Guard:
    """Refuses requests that are broken or oversized, answers HEAD as GET without its body, opens reading to scripts of
    every origin (CORS), marks every answer with `X-Request-ID` and `Server-Timing`, and turns what nobody expected
    into a problem that shows nothing of its cause."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = time.perf_counter()
        started = False
        headers = dict(scope["headers"])
        asked = headers.get(b"x-request-id", b"")
        request_id = asked.decode() if _REQUEST_ID.fullmatch(asked) else uuid7().hex
        head = scope["method"] == "HEAD"
        inner = {**scope, "request_id": request_id, "method": "GET" if head else scope["method"], "head": head}

        async def answer(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                sent = MutableHeaders(raw=message.setdefault("headers", []))
                sent["X-Request-ID"] = request_id
                sent["Server-Timing"] = f"total;dur={(time.perf_counter() - begun) * 1000:.1f}"
                sent["X-Content-Type-Options"] = "nosniff"
                # The same whoever asks, so that no Origin colours an answer that a cache keeps.
                sent["Access-Control-Allow-Origin"] = "*"
                sent["Access-Control-Expose-Headers"] = ", ".join(EXPOSED)
            elif head:
                message = {**message, "body": b""}
            await send(message)

        refusal = fault(scope)
        if refusal is not None:
            await problem(refusal, request_id)(inner, receive, answer)
        elif scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            await Response(status_code=204, headers=PREFLIGHT)(inner, receive, answer)
        else:
            try:
                await self.app(inner, receive, answer)
            except Exception as error:
                log.error("unexpected", request_id=request_id, path=scope["path"], exc_info=error)
                if started:
                    raise
                await problem(Internal("The fault is ours, and it has been noted."), request_id)(inner, receive, answer)


def fault(scope: Scope) -> Refusal | None:
    """What is wrong with the request as such, or None. Cost: one pass over the headers."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    if len(headers) > HEADER_COUNT or sum(len(name) + len(value) for name, value in headers) > HEADER_BYTES:
        return HeadersTooLarge(f"At most {HEADER_COUNT} headers of {HEADER_BYTES} bytes in all are read.")
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogatepass")
    if len(raw_path) + len(scope["query_string"]) > ADDRESS_BYTES:
        return UriTooLong(f"An address has at most {ADDRESS_BYTES} bytes.")
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) != 1 and not (not hosts and scope["http_version"] == "1.0"):
        return Malformed("A request has exactly one Host header.")
    if hosts and not _HOST.fullmatch(hosts[0]):
        return Malformed("The Host header is not a host name.")
    path = unquote_to_bytes(raw_path)
    try:
        decoded = path.decode()
    except UnicodeDecodeError:
        return NotFound("There is nothing at this address: its path is not UTF-8.")
    if any(ord(character) < 32 for character in decoded):
        return NotFound("There is nothing at this address: its path holds control characters.")
    return None
