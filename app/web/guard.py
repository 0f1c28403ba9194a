"""The outermost layer, in pure ASGI: refuses broken requests, and adds the headers that every answer has."""

import re
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol
from urllib.parse import quote, unquote_to_bytes

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils import uuid7

from app.errors import Fault, HeadersTooLarge, Internal, Malformed, NotAcceptable, NotFound, Refusal, UriTooLong
from app.web.accepting import JSON, takes
from app.web.caller import Caller
from app.web.freshness import Freshness
from app.web.problems import problem

HEADER_COUNT: Final = 100
HEADER_BYTES: Final = 32_768
ADDRESS_BYTES: Final = 8_192
ANY_ORIGIN: Final = "*"
# Each by its name: Fetch takes `Authorization` out of what `*` stands for.
ALLOWED_HEADERS: Final = (
    "Accept, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, Min-Position,"
    " X-Request-ID"
)
EXPOSED_HEADERS: Final = (
    "Accept, Allow, CDN-Cache-Control, Cache-Status, Content-Location, Content-Position, ETag, Idempotency-Replayed,"
    " Link, Location, RateLimit, RateLimit-Policy, Retry-After, Server-Timing, Surrogate-Key, Vary, WWW-Authenticate,"
    " X-Request-ID"
)
PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "DELETE, GET, HEAD, PATCH, POST, PUT",
    "Access-Control-Allow-Headers": ALLOWED_HEADERS,
    "Access-Control-Max-Age": "86400",
}
log: Final = structlog.get_logger()
_HOST: Final = re.compile(rb"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_CONTROL: Final = re.compile(rb"[\x00-\x1f]")
_ALWAYS: Final = [(b"x-content-type-options", b"nosniff")]
_READABLE: Final = [(b"access-control-expose-headers", EXPOSED_HEADERS.encode())]


class OtherForm(Protocol):
    """Another form of an answer: its address, its media type, and both as an element of a Link header."""

    @property
    def address(self) -> str: ...
    @property
    def media_type(self) -> str: ...
    @property
    def link(self) -> str: ...


# The other forms of what is at a path, with its query.
OtherForms = Callable[[str, str], Sequence[OtherForm]]


def no_other_forms(path: str, query: str) -> Sequence[OtherForm]:
    """For an application that has each answer in one form."""
    return ()


class Guard:
    """ASGI middleware around the whole application.

    It refuses requests that are broken or oversized, answers HEAD as GET without the body, answers CORS preflights,
    adds headers to every answer, and turns an unexpected exception into a problem that does not show its cause.
    Scripts of pages from `origins` may read the answers; None stands for any origin. Source: Fetch, 3.3 (CORS).
    An answer to a read that its `Accept` does not take becomes a 406, which names the `other_forms` of the path.
    Answers at paths that are of content (`is_content`) tell the position of the log that they reflect.
    """

    def __init__(
        self,
        app: ASGIApp,
        origins: frozenset[str] | None,
        freshness: Freshness,
        is_content: Callable[[str], bool],
        other_forms: OtherForms = no_other_forms,
    ) -> None:
        self.app = app
        self.is_content = is_content
        self.origins = origins
        self.freshness = freshness
        self.other_forms = other_forms

    def _position(self, scope: Scope) -> Callable[[], str]:
        """The position that the answer will reflect, taken now; told when it is known who asks."""
        seq, public = self.freshness.seq, self.freshness.position

        def position() -> str:
            caller: Caller | None = scope.get("caller")
            is_read = scope["method"] == "GET"
            return f"d{seq}" if caller and ("drafts:read" in caller.scopes or not is_read) else f"{public}"

        return position

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        client_id = headers.get(b"x-request-id", b"")
        request_id = client_id.decode() if REQUEST_ID.fullmatch(client_id) else uuid7().hex
        is_head = scope["method"] == "HEAD"
        inner = {**scope, "request_id": request_id, "method": "GET" if is_head else scope["method"], "head": is_head}
        allowed_origin = self._allowed_origin(headers.get(b"origin"))
        position = self._position(inner) if self.is_content(scope["path"]) else None
        answer = _Answer(send, request_id, is_head, allowed_origin, position)
        if inner["method"] == "GET" and b"accept" in headers:
            answer.refusal_of = self._refusal_of(scope, headers[b"accept"])
        if (refusal := _fault(scope)) is not None:
            await problem(refusal, request_id)(inner, receive, answer)
        elif scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            await Response(status_code=204, headers=PREFLIGHT if allowed_origin else None)(inner, receive, answer)
        else:
            try:
                await self.app(inner, receive, answer)
            except Exception as error:
                log.error("unexpected", request_id=request_id, path=scope["path"], exc_info=error)
                if answer.has_started:
                    raise
                await problem(Internal("The fault is ours, and it has been noted."), request_id)(inner, receive, answer)

    def _refusal_of(self, scope: Scope, accept: bytes) -> Callable[[str], Refusal | None] | None:
        """What refuses an answer by its media type; None where JSON is taken, and so everything."""
        if takes(accept, JSON):
            return None
        accept = b",".join([value for name, value in scope["headers"] if name == b"accept"])

        def refusal_of(media_type: str) -> Refusal | None:
            if takes(accept, JSON) or takes(accept, media_type):
                return None
            path = quote(scope["path"], safe="/-._~")
            forms = self.other_forms(path, scope["query_string"].decode("ascii", "ignore"))
            named = "".join(f" {form.address} is {form.media_type}." for form in forms)
            allowed = [media_type, *(form.media_type for form in forms)]
            fault = Fault("takes no form that there is", "not-acceptable", parameter="Accept", allowed=allowed)
            detail = f"This address has {media_type} alone.{named}"
            headers = {"Link": ", ".join([form.link for form in forms])} if forms else {}
            return NotAcceptable(detail, fault, headers=headers)

        return refusal_of

    def _allowed_origin(self, origin: bytes | None) -> str | None:
        """The value of Access-Control-Allow-Origin for a request from this origin; None where it may not read."""
        if self.origins is None:
            # Any origin, not the one that asks: a shared cache may give the answer to pages of other origins.
            return ANY_ORIGIN
        name = (origin or b"").decode("latin-1")
        return name if name in self.origins else None


class _Answer:
    """The `send` of one request: adds the headers that every answer has, and drops the body of an answer to HEAD."""

    def __init__(
        self,
        send: Send,
        request_id: str,
        is_head: bool,
        allowed_origin: str | None,
        position: Callable[[], str] | None,
    ) -> None:
        self._send = send
        self._request_id = request_id
        self._is_head = is_head
        self._allowed_origin = allowed_origin
        self._position = position
        self._begun = time.perf_counter()
        self.has_started = False
        # What refuses an answer by its media type, where something may.
        self.refusal_of: Callable[[str], Refusal | None] | None = None
        self._refused: Response | None = None

    async def __call__(self, message: Message) -> None:
        if self.refusal_of is not None:
            message = self._acceptable(message, self.refusal_of)
        if message["type"] == "http.response.start":
            self.has_started = True
            duration = f"total;dur={(time.perf_counter() - self._begun) * 1000:.1f}"
            headers = [*message.get("headers", ()), (b"x-request-id", self._request_id.encode()), *_ALWAYS]
            headers.append((b"server-timing", duration.encode()))
            if self._position is not None and all(name != b"content-position" for name, _ in headers):
                headers.append((b"content-position", self._position().encode()))
            if self._allowed_origin != ANY_ORIGIN:
                MutableHeaders(raw=headers).add_vary_header("Origin")
            if self._allowed_origin is not None:
                headers += [(b"access-control-allow-origin", self._allowed_origin.encode("latin-1")), *_READABLE]
            message = {**message, "headers": headers}
        elif self._is_head:
            message = {**message, "body": b""}
        await self._send(message)

    def _acceptable(self, message: Message, refusal_of: Callable[[str], Refusal | None]) -> Message:
        """The message, or that of the refusal of the whole answer."""
        if message["type"] == "http.response.start":
            media_type = Headers(raw=message.get("headers", [])).get("content-type", "").partition(";")[0]
            refusal = refusal_of(media_type) if message["status"] == 200 and media_type else None
            if refusal is not None:
                self._refused = problem(refusal, self._request_id)
                return {**message, "status": refusal.status, "headers": self._refused.raw_headers}
        elif self._refused is not None:
            body, self._refused.body = bytes(self._refused.body), b""
            return {**message, "body": body}
        return message


def is_host(value: bytes) -> bool:
    """Whether the value of a Host header is a host name, or address, with or without a port."""
    return _HOST.fullmatch(value) is not None


def _fault(scope: Scope) -> Refusal | None:
    """The refusal of a request that is broken or oversized, whatever its path. Cost: one pass over the headers."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    if len(headers) > HEADER_COUNT or sum([len(name) + len(value) for name, value in headers]) > HEADER_BYTES:
        return HeadersTooLarge(f"At most {HEADER_COUNT} headers of {HEADER_BYTES} bytes in all are read.")
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogatepass")
    if len(raw_path) + len(scope["query_string"]) > ADDRESS_BYTES:
        return UriTooLong(f"An address has at most {ADDRESS_BYTES} bytes.")
    # Exactly one Host header, which only HTTP/1.0 may omit. Source: RFC 9112, 3.2.
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) > 1 or (not hosts and scope["http_version"] != "1.0"):
        return Malformed("A request has exactly one Host header.")
    if hosts and not is_host(hosts[0]):
        return Malformed("The Host header is not a host name.")
    path = unquote_to_bytes(raw_path) if b"%" in raw_path else raw_path
    if _CONTROL.search(path):
        return NotFound("There is nothing at this address: its path holds control characters.")
    try:
        path.decode()
    except UnicodeDecodeError:
        return NotFound("There is nothing at this address: its path is not UTF-8.")
    return None
