"""Answers public reads from memory, before anything else sees them: pure ASGI, around the whole application.

What is kept: 200, 308 and 410 of GET requests for content without a key that name their purge keys; HEAD and 304 are
answered from the same. An answer is right until a change touches one of its keys (`Freshness`). Its position in the
log is taken before it is computed and held against the changes since when it is kept, so that a write in between is
not missed. Many requests for what is not kept are one computation, which goes on when a client leaves.
Sources: RFC 9111, RFC 9211 (Cache-Status), RFC 5861 (stale-if-error).
"""

import asyncio
import itertools
import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils import uuid4

from app.web.accepting import JSON, takes
from app.web.caching import coding_of, is_known
from app.web.freshness import Freshness
from app.web.guard import HEADER_BYTES, HEADER_COUNT, REQUEST_ID, is_host
from app.web.kept_answers import Answer, Headers, KeptAnswers, Key
from app.web.measuring import label, operation_of
from app.web.positions import read_position
from app.web.purge_keys import SEPARATORS

KEPT: Final = frozenset({200, 308, 410})
# What may wait, or never ends, and is not kept.
_PAST: Final = (b"/v1/changes", b"/v1/previews/")
# Headers of a request that the look-up has to read.
_READ: Final = frozenset({b"host", b"accept-encoding", b"authorization", b"if-none-match", b"min-position"})
_READ_OR_SENT: Final = _READ | {b"x-request-id", b"accept"}
# Headers of the single answer, which are not kept.
_OF_THE_REQUEST: Final = frozenset({b"x-request-id", b"server-timing", b"content-position", b"cache-status"})
_OF_THE_BODY: Final = frozenset({b"content-length", b"content-type", b"content-encoding"})
_KNOWN_VARY: Final = frozenset({b"accept-encoding", b"authorization", b""})
_SECONDS: Final = re.compile(rb"(max-age|stale-if-error)=([0-9]+)")
_HIT: Final = [(b"server-timing", b"total;dur=0.0"), (b"cache-status", b"Dovidka; hit")]
_STALE: Final = [(b"server-timing", b"total;dur=0.0"), (b"cache-status", b'Dovidka; hit; detail="stale"')]
_MISS: Final = (b"cache-status", b"Dovidka; fwd=uri-miss")
_BYPASS: Final = (b"cache-status", b"Dovidka; fwd=bypass")
_MOST_HOSTS: Final = 1_000


class ResponseCache:
    """ASGI middleware. `keys_header` is the header that names the purge keys. With `most_bytes` 0 it keeps nothing.

    `is_content` tells of a path whether its answers come from the content: all others are answered past the cache.
    """

    def __init__(
        self,
        app: ASGIApp,
        freshness: Freshness,
        most_bytes: int,
        keys_header: str,
        is_content: Callable[[str], bool],
    ) -> None:
        self.app = app
        self.is_content = is_content
        self.freshness = freshness
        self.is_on = most_bytes > 0
        self.kept = KeptAnswers(most_bytes)
        self._keys_header = keys_header.lower().encode()
        self._separator = SEPARATORS[keys_header]
        self._generation = freshness.generation
        self._running: dict[Key, asyncio.Task[Answer | list[Message]]] = {}
        self._hosts: set[bytes] = set()
        # Ids of requests: of this process, and counted, because a random one costs as much as all the rest.
        self._id, self._ids = uuid4().hex[:20].encode(), itertools.count(1)
        # Other request headers that answers have been seen to vary by.
        self._vary: tuple[bytes, ...] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self.is_content(scope["path"]):
            await self.app(scope, receive, send)
            return
        asked = self._asked(scope) if self.is_on and scope["method"] in {"GET", "HEAD"} else None
        if asked is None:
            label(scope, "bypass")
            await self.app(scope, receive, _Marked(send, _BYPASS))
            return
        key, if_none_match, request_id = asked
        if self._generation != self.freshness.generation:
            self._generation = self.freshness.generation
            self.kept.clear()
        answer = self.kept.get(key)
        if answer is not None and self._holds(answer):
            label(scope, "hit", answer.operation)
            await _send(send, answer, scope["method"], if_none_match, request_id, [*_HIT, self._position])
        elif scope["method"] == "HEAD":
            label(scope, "miss")
            await self.app(scope, receive, _Marked(send, _MISS))
        else:
            await self._answer_anew(key, answer, scope, receive, send, if_none_match, request_id)

    async def close(self) -> None:
        """Ends what is running, and forgets all."""
        running = [*self._running.values()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self.kept.clear()

    # --- looking up ----------------------------------------------------------------------------------------------

    def _asked(self, scope: Scope) -> tuple[Key, bytes, bytes] | None:
        """(key, If-None-Match, id of the request); None for what is to be answered past the cache."""
        headers: Headers = scope["headers"]
        coding, if_none_match, request_id, hosts, size = b"", b"", b"", 0, 0
        for name, value in headers:
            size += len(name) + len(value)
            if name not in _READ_OR_SENT:
                continue
            if name == b"host":
                hosts += 1
                if value not in self._hosts and not self._is_host(value):
                    return None
            elif name == b"accept-encoding":
                coding = coding + b"," + value if coding else value
            elif name == b"if-none-match":
                if_none_match = if_none_match + b"," + value if if_none_match else value
            elif name == b"x-request-id":
                request_id = value
            elif not self._is_met(name, value):
                return None
        if hosts != 1 or size > HEADER_BYTES or len(headers) > HEADER_COUNT:
            return None
        path: bytes = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogatepass")
        if path.startswith(_PAST):
            return None
        varied = tuple([_joined(headers, name) for name in self._vary]) if self._vary else ()
        if not request_id or not REQUEST_ID.fullmatch(request_id):
            request_id = b"%s%012x" % (self._id, next(self._ids))
        return (path, scope["query_string"], coding_of(coding), varied), if_none_match, request_id

    def _is_met(self, name: bytes, value: bytes) -> bool:
        """Whether what is kept meets this Accept or Min-Position; nothing that is kept meets Authorization."""
        if name == b"accept":
            return takes(value, JSON)
        return name == b"min-position" and self._is_reached(value)

    def _is_reached(self, min_position: bytes) -> bool:
        """Whether Min-Position names a public position that is known. Whatever else it says is not answered here."""
        position = read_position(min_position.decode("latin-1"))
        return position is not None and not position.is_complete and position.number <= self.freshness.position

    def _is_host(self, value: bytes) -> bool:
        if not is_host(value):
            return False
        if len(self._hosts) >= _MOST_HOSTS:
            self._hosts.clear()
        self._hosts.add(value)
        return True

    def _holds(self, answer: Answer) -> bool:
        """Whether the answer is still right, as far as is known while the database is away."""
        freshness = self.freshness
        if answer.position != freshness.position:
            if not freshness.holds(answer.keys, answer.position):
                return False
            answer.position, answer.checked_at = freshness.position, time.monotonic()
        return freshness.away_since is None or time.monotonic() - freshness.away_since <= answer.stale_seconds

    def _is_usable(self, answer: Answer) -> bool:
        """Whether an outdated answer may be used while the database is away."""
        now, away_since = time.monotonic(), self.freshness.away_since
        return now - min(answer.checked_at, now if away_since is None else away_since) <= answer.stale_seconds

    @property
    def _position(self) -> tuple[bytes, bytes]:
        return b"content-position", self.freshness.header

    # --- computing -----------------------------------------------------------------------------------------------

    async def _answer_anew(
        self,
        key: Key,
        outdated: Answer | None,
        scope: Scope,
        receive: Receive,
        send: Send,
        if_none_match: bytes,
        request_id: bytes,
    ) -> None:
        """Answers what is not kept: with the computation that is running already, if that turns out right, or anew."""
        label(scope, "miss")
        result: Answer | list[Message] | None = None
        begun = time.perf_counter()
        running = self._running.get(key)
        if running is not None:
            await asyncio.wait([running])
            if not running.cancelled() and running.exception() is None:
                result = running.result()
            if isinstance(result, list) and _status(result) == 503:
                # Computed anew, it would wait for the same database as long again.
                result = _to_request(result, request_id)
            elif not isinstance(result, Answer) or not self._holds(result):
                await self.app(scope, receive, _Marked(send, _MISS))
                return
        else:
            running = asyncio.create_task(self._compute(key, scope, receive))
            self._running[key] = running
            running.add_done_callback(lambda task: self._ended(key, task))
            result = await asyncio.shield(running)
        if isinstance(result, Answer):
            label(scope, "miss", result.operation)
            timing = b"total;dur=%.1f" % ((time.perf_counter() - begun) * 1000)
            dynamic = [_MISS, (b"server-timing", timing), (b"content-position", b"%d" % result.position)]
            await _send(send, result, scope["method"], if_none_match, request_id, dynamic)
        elif _status(result) == 503 and outdated is not None and self._is_usable(outdated):
            label(scope, "stale", outdated.operation)
            await _send(send, outdated, scope["method"], if_none_match, request_id, [*_STALE, self._position])
        else:
            marked = _Marked(send, _MISS)
            for message in result:
                await marked(message)

    def _ended(self, key: Key, task: "asyncio.Task[Answer | list[Message]]") -> None:
        if self._running.get(key) is task:
            del self._running[key]
        if not task.cancelled():
            task.exception()  # marks it as looked at: whoever asked may have left

    async def _compute(self, key: Key, scope: Scope, receive: Receive) -> Answer | list[Message]:
        """The answer, kept if it may be; or the messages of one that may not."""
        freshness = self.freshness
        generation, position, began_away = freshness.generation, freshness.position, freshness.away_since is not None
        headers = [header for header in scope["headers"] if header[0] != b"if-none-match"]
        messages: list[Message] = []

        async def collect(message: Message) -> None:
            messages.append(message)

        await self.app({**scope, "headers": headers}, receive, collect)
        answer = self._kept_form(messages, position)
        if answer is None:
            return messages
        answer.operation = operation_of(scope)
        is_current = generation == freshness.generation and freshness.holds(answer.keys, position)
        if is_current and not began_away and self._is_key_complete(messages):
            self.kept.put(key, answer)
        return answer

    def _kept_form(self, messages: list[Message], position: int) -> Answer | None:
        """The answer in the form that is kept; None where it is not for everyone, or says nothing of its keys."""
        start, *bodies = messages
        headers: Headers = start["headers"]
        values = dict(headers)
        names, control = values.get(self._keys_header), values.get(b"cache-control", b"")
        if start["status"] not in KEPT or names is None or not control.startswith(b"public"):
            return None
        common = [header for header in headers if header[0] not in _OF_THE_REQUEST]
        etag = values.get(b"etag", b"")
        return Answer(
            status=start["status"],
            headers=common,
            headers_304=[header for header in common if header[0] not in _OF_THE_BODY] if etag else None,
            body=b"".join([message.get("body", b"") for message in bodies]),
            etag=etag,
            keys=tuple(names.decode().split(self._separator)),
            position=position,
            checked_at=time.monotonic(),
            stale_seconds=sum(int(seconds) for _, seconds in _SECONDS.findall(control)),
            request_id=values.get(b"x-request-id") if start["status"] == 410 else None,
        )

    def _is_key_complete(self, messages: list[Message]) -> bool:
        """Whether the key holds all that the answer varies by. If not, keys hold that from now on."""
        vary = {
            name.strip().lower()
            for header, value in messages[0]["headers"]
            if header == b"vary"
            for name in value.split(b",")
        }
        unknown = vary - _KNOWN_VARY - {*self._vary}
        self._vary += tuple(sorted(unknown))
        return not unknown


def _joined(headers: Headers, name: bytes) -> bytes:
    return b",".join([value for header, value in headers if header == name])


def _status(messages: list[Message]) -> int:
    return int(messages[0]["status"]) if messages else 500


async def _send(
    send: Send, answer: Answer, method: str, if_none_match: bytes, request_id: bytes, dynamic: Headers
) -> None:
    """Sends the answer, or 304 where the client has it."""
    dynamic.append((b"x-request-id", request_id))
    if if_none_match and answer.headers_304 is not None and _is_known(if_none_match, answer.etag):
        await send({"type": "http.response.start", "status": 304, "headers": answer.headers_304 + dynamic})
        await send({"type": "http.response.body", "body": b""})
        return
    if answer.request_id is not None:
        answer = _with_request_id(answer, request_id)
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers + dynamic})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else answer.body})


def _is_known(if_none_match: bytes, etag: bytes) -> bool:
    return if_none_match == etag or is_known(if_none_match.decode("latin-1"), etag.decode("latin-1"))


def _with_request_id(answer: Answer, request_id: bytes) -> Answer:
    """A problem as the answer to another request than the one it was made for."""
    assert answer.request_id is not None
    body = answer.body.replace(b'"%s"' % answer.request_id, b'"%s"' % request_id)
    lengths = {b"content-length": b"%d" % len(body)}
    return replace(answer, body=body, headers=[(name, lengths.get(name, value)) for name, value in answer.headers])


def _to_request(messages: list[Message], request_id: bytes) -> list[Message]:
    """A problem as the answer to another request than the one it was made for."""
    start, *bodies = messages
    values = dict(start["headers"])
    body = b"".join([message.get("body", b"") for message in bodies])
    body = body.replace(b'"%s"' % values[b"x-request-id"], b'"%s"' % request_id)
    own = {b"x-request-id": request_id, b"content-length": b"%d" % len(body)}
    headers = [(name, own.get(name, value)) for name, value in start["headers"]]
    return [{**start, "headers": headers}, {"type": "http.response.body", "body": body}]


class _Marked:
    """A `send` that adds a header to the answer."""

    def __init__(self, send: Send, header: tuple[bytes, bytes]) -> None:
        self._send = send
        self._header = header

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], self._header]}
        await self._send(message)
