"""One request, and what its answer means, without sending anything: what both clients have in common."""

import json
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, NamedTuple, NotRequired, TypedDict, TypeVar, cast
from urllib.parse import quote, urlencode

import httpx

from dovidka_client._models import (
    ArticleHit,
    ArticleIncluded,
    Explanation,
    Facet,
    ListCount,
    NoteHit,
    NoteIncluded,
    SourceIncluded,
    SourceOut,
)
from dovidka_client._problem import KINDS, Problem

Answer = TypeVar("Answer")
Item = TypeVar("Item")
Beside = TypeVar("Beside")
IfMatch = int | Literal["*"]
# These are repeated, which means all of; the values of all others are joined by commas, which means any of.
REPEATED: dict[str, list[str]] = {
    "/v1/articles": ["note", "origin", "source", "tag", "tag_not"],
    "/v1/notes": ["source", "tag", "tag_not"],
    "/v1/timeline": ["source", "tag"],
}
TIMEOUT = httpx.Timeout(30)
# The stream sends a comment every 15 seconds: without three of them the connection is dead.
STREAM_TIMEOUT = httpx.Timeout(30, read=50)
LONGEST_PAUSE_SECONDS = 30.0
# Changes asked for at once.
BATCH = 1_000
# Is told why the server was not heard, and after how many seconds it is asked again.
Retry = Callable[[Problem, float], None]


class Page(TypedDict, Generic[Item, Beside]):
    """A page: `next` and `prev` are cursors; `count`, `facets` and `explain` are there where they are asked for."""

    items: list[Item]
    next: str | None
    prev: str | None
    count: ListCount | None
    included: Beside
    facets: NotRequired[dict[str, Facet]]
    explain: NotRequired[Explanation]


class ArticleItem(ArticleHit, total=False):
    """An article in a walk over pages: `included`, where `include` is sent, is that of its page."""

    included: ArticleIncluded


class NoteItem(NoteHit, total=False):
    """A note in a walk over pages: `included`, where `include` is sent, is that of its page."""

    included: NoteIncluded


class SourceItem(SourceOut, total=False):
    """A source in a walk over pages: `included`, where `include` is sent, is that of its page."""

    included: SourceIncluded


class Acting(TypedDict, total=False):
    """Only while this is the newest revision; once, however often a request with this key is sent."""

    if_match: IfMatch
    idempotency_key: str


class CacheEntry(NamedTuple):
    """An answer as it is kept."""

    etag: str
    body: bytes


# Keeps answers by address: a dict is one. Not shared between clients with different keys.
Cache = MutableMapping[str, CacheEntry]


@dataclass(frozen=True)
class Call(Generic[Answer]):
    """A request whose answer is of a type."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: object = None
    if_match: IfMatch | None = None
    idempotency_key: str | None = None


def at(noun: str, ref: str, *rest: str | int) -> str:
    return "/".join(["/v1", noun, quote(ref, safe=""), *map(str, rest)])


def shaped(query: Mapping[str, Any], fields: Sequence[str] | None) -> dict[str, Any]:
    """The query with the fields, where any are named."""
    return {**query} if fields is None else {**query, "fields": fields}


@dataclass(frozen=True)
class Protocol:
    """How calls to a server are written and answers read. Sends nothing."""

    base_url: str
    key: str | None
    cache: Cache | None

    def request(self, call: Call[Any]) -> httpx.Request:
        headers = {"Accept": "application/json"}
        if self.key is not None:
            headers["Authorization"] = f"Bearer {self.key}"
        if call.if_match is not None:
            headers["If-Match"] = "*" if call.if_match == "*" else f'"{call.if_match}"'
        if call.idempotency_key is not None:
            headers["Idempotency-Key"] = call.idempotency_key
        url = self._address(call)
        if call.method == "GET" and self.cache is not None and (kept := self.cache.get(url)):
            headers["If-None-Match"] = kept.etag
        if call.body is None:
            return httpx.Request(call.method, url, headers=headers)
        return httpx.Request(call.method, url, headers=headers, json=call.body)

    def _address(self, call: Call[Any]) -> str:
        pairs: list[tuple[str, str]] = []
        for name, value in call.query.items():
            values = [value] if isinstance(value, str) or not isinstance(value, Sequence) else value
            texts = [str(each).lower() if isinstance(each, bool) else str(each) for each in values]
            # `from_` is `from`, which is a keyword.
            pairs += [
                (name.removesuffix("_"), text)
                for text in (texts if name in REPEATED.get(call.path, ()) else [",".join(texts)])
            ]
        query = urlencode(pairs, safe=",")
        return self.base_url.rstrip("/") + call.path + (f"?{query}" if query else "")

    def answer(self, call: Call[Answer], response: httpx.Response) -> Answer:
        """The JSON of a response that was read to its end; None where it has no body. Raises: Problem."""
        url = self._address(call)
        body = response.content
        if self.cache is not None and call.method == "GET":
            if response.status_code == 304 and url in self.cache:
                body = self.cache[url].body
            elif response.status_code in {404, 410}:
                self.cache.pop(url, None)
            elif response.is_success and "ETag" in response.headers:
                self.cache[url] = CacheEntry(response.headers["ETag"], body)
        return cast(Answer, None if response.status_code == 204 else self._read(response, body))

    def _read(self, response: httpx.Response, body: bytes) -> dict[str, Any]:
        try:
            content = json.loads(body)
        except ValueError:
            content = None
        retry_after = _seconds(response.headers.get("Retry-After", ""))
        match content:
            case dict() if response.status_code < 400:
                return content
            case {"code": str(code), "errors": list(), "detail": str(detail)}:
                kind = KINDS.get(code, Problem)
                raise kind(code, detail, response.status_code, content, retry_after)
        message = f"{response.url} answers {response.status_code} without the JSON of this API."
        hint = " Is it the address of a Dovidka server?"
        raise Problem("unreadable", message + hint, response.status_code, None, retry_after)


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() else None


def unreachable(error: httpx.RequestError) -> Problem:
    message = str(error) or type(error).__name__
    return Problem("unreachable", f"{error.request.url} does not answer, or not to the end: {message}")
