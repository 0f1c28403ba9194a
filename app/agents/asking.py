"""Asks our own API within the process, in the name of whoever sent the request: same key, same address, same limits."""

import json
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from starlette.requests import Request
from starlette.types import Message

# What of a request decides whose it is.
PASSED_ON: Final = (b"host", b"authorization", b"x-forwarded-for")
MOST_REDIRECTS: Final = 3


class Answer(NamedTuple):
    """An answer of the API."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes

    def document(self) -> dict[str, Any]:
        """The JSON of the body, which is a page or a problem."""
        document: dict[str, Any] = json.loads(self.body)
        return document


async def ask(request: Request, address: str) -> Answer:
    """Sends a GET to a path and query of the application that has the request. Follows redirects from former slugs."""
    answer = await _get(request, address)
    for _ in range(MOST_REDIRECTS):
        if answer.status != 308:
            break
        answer = await _get(request, answer.headers[b"location"].decode())
    return answer


async def _get(request: Request, address: str) -> Answer:
    path, _, query = address.partition("?")
    outer = request.scope
    scope = {name: outer[name] for name in ("type", "asgi", "http_version", "scheme", "server", "client")}
    headers = [(name, value) for name, value in outer["headers"] if name in PASSED_ON]
    headers.append((b"x-request-id", str(outer["request_id"]).encode()))
    root_path: str = outer.get("root_path", "")
    scope |= {
        "method": "GET",
        "root_path": root_path,
        "path": root_path + unquote(path),
        "raw_path": (root_path + path).encode(),
        "query_string": query.encode(),
        "headers": headers,
    }
    status, answer_headers, body = 0, dict[bytes, bytes](), bytearray()

    async def send(message: Message) -> None:
        nonlocal status, answer_headers
        if message["type"] == "http.response.start":
            status, answer_headers = message["status"], dict(message["headers"])
        else:
            body.extend(message.get("body", b""))

    await request.app(scope, request.receive, send)
    return Answer(status, answer_headers, bytes(body))
