"""How many requests an address, or the holder of a key, may send in a while: pure ASGI, around everything else.

A window begins with the first request of a client, and what a request weighs is counted in it, also where it is
refused. Sources: draft-ietf-httpapi-ratelimit-headers-10; RFC 6585, 4 (429).
"""

from collections import OrderedDict
from hashlib import blake2b
from time import monotonic, time
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import parse_qsl

import limits
import structlog
from limits.aio.storage import RedisStorage
from limits.errors import StorageError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import TooManyRequests
from app.web.addresses import ClientAddresses
from app.web.caller import Caller
from app.web.problems import problem

Headers = list[tuple[bytes, bytes]]
# What checks whether a server is well must always get through.
FREE_PATHS: Final = frozenset({"/livez", "/readyz"})
# What a request weighs: itself, and what makes it dear. `limit` counts for each so many items of it.
OWN_WEIGHT: Final = 1
BATCH_WEIGHT: Final = 20
# Requests of many writes.
BATCHES: Final = frozenset({"/v1/import", "/v1/articles/actions"})
INCLUDE_WEIGHT: Final = 1
ITEMS_OF_ONE_WEIGHT: Final = 25
MOST_LIMIT: Final = 100
# Clients that are counted in this process, some 20 MB; the longest known are forgotten first.
MOST_COUNTERS: Final = 100_000
MOST_KEYS: Final = 10_000
REDIS_SECONDS: Final = 0.25
AFTER_FAULT_SECONDS: Final = 1.0
log: Final = structlog.get_logger()


class _Counters(Protocol):
    """What is used of the library's storages."""

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Adds to the counter, which begins anew once it has ended. Returns its sum."""

    async def get_expiry(self, key: str) -> float:
        """When the counter ends, in seconds since 1970."""


class OwnCounters:
    """Counters in the memory of this process, as many as MOST_COUNTERS; the oldest is forgotten first.

    The library's own are without bound, and it looks at all of them with each request. They need no lock, since nothing
    is awaited between reading and writing, and go by a clock that nobody sets.
    """

    def __init__(self) -> None:
        self._counters: OrderedDict[str, tuple[int, float]] = OrderedDict()  # (sum, end)

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = monotonic()
        count, end = self._counters.get(key, (0, 0.0))
        if end <= now:
            self._counters.pop(key, None)
            count, end = 0, now + expiry
        self._counters[key] = count + amount, end
        if len(self._counters) > MOST_COUNTERS:
            self._counters.popitem(last=False)
        return count + amount

    async def get_expiry(self, key: str) -> float:
        _, end = self._counters[key]
        return time() + end - monotonic()

    def clear(self) -> None:
        self._counters.clear()


class _Charge(NamedTuple):
    """Which limit a request counts against, and whose counter."""

    item: limits.RateLimitItem
    policy: str
    client: str


class RateLimits:
    """ASGI middleware. `refusing` answers a request whose scope has a `refusal`, which `app` then never sees.

    Requests without a key count against `public` by address, those with one against `keyed` by key; None limits
    nothing. A key that this process has not yet found valid counts by address, apart from requests without one: keys
    that are made up give nobody a counter of their own. `storage`: a Redis that several processes share. While it does
    not answer, each process counts for itself.
    """

    def __init__(
        self,
        app: ASGIApp,
        refusing: ASGIApp,
        addresses: ClientAddresses,
        public: limits.RateLimitItem | None,
        keyed: limits.RateLimitItem | None,
        storage: str = "",
    ) -> None:
        self.app = app
        self._refusing = refusing
        self._addresses = addresses
        self._public = public
        self._keyed = keyed
        self._limits_something = public is not None or keyed is not None
        self._own_counters = OwnCounters()
        self._shared = shared_counters(storage) if storage else None
        self._shared_from = 0.0
        # Digests of keys that were valid when they were last used, with the ids of the keys.
        self._keys: OrderedDict[bytes, str] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_counted = self._limits_something and scope["type"] == "http" and not _is_free(scope)
        charge = self._charge(scope) if is_counted else None
        if charge is None:
            await self.app(scope, receive, send)
            return
        item = charge.item
        used, seconds = await self._count(charge, min(weight(scope), item.amount))
        headers = [
            (b"ratelimit-policy", b'"%s";q=%d;w=%d' % (charge.policy.encode(), item.amount, item.get_expiry())),
            (b"ratelimit", b'"%s";r=%d;t=%d' % (charge.policy.encode(), max(0, item.amount - used), seconds)),
        ]
        answer = _Answer(send, headers)
        if used <= item.amount:
            await self.app(scope, receive, answer)
            return
        refusal = TooManyRequests(f"The limit is {item.amount} in {item.get_expiry()} seconds.", seconds)
        await self._refusing({**scope, "refusal": refusal}, receive, answer)

    def note_valid(self, token: str, caller: Caller) -> None:
        """From now on the key has a counter of its own."""
        digest = _digest(token)
        self._keys[digest] = caller.id
        self._keys.move_to_end(digest)
        if len(self._keys) > MOST_KEYS:
            self._keys.popitem(last=False)

    def note_invalid(self, token: str) -> None:
        """From now on requests with the key count by address."""
        self._keys.pop(_digest(token), None)

    async def close(self) -> None:
        """Closes the connections to Redis, and forgets what this process has counted."""
        self._own_counters.clear()
        self._keys.clear()
        if self._shared is not None:
            bridge: Any = self._shared.bridge
            await bridge.get_connection().aclose()

    def _charge(self, scope: Scope) -> _Charge | None:
        """None where the request counts against no limit."""
        token = next((value for name, value in scope["headers"] if name == b"authorization"), None)
        key_id = None
        if token is not None:
            key_id = self._keys.get(_digest(token.partition(b" ")[2].strip().decode("latin-1")))
        if key_id is not None:
            return _Charge(self._keyed, "key", f"key {key_id}") if self._keyed else None
        limit = self._public or (self._keyed if token is not None else None)
        if limit is None:
            return None
        who = "address" if token is None else "unknown key"
        return _Charge(limit, "address", f"{who} {self._addresses.client(scope)}")

    async def _count(self, charge: _Charge, weight: int) -> tuple[int, int]:
        """Adds the weight. Returns (the sum in this window, whole seconds after which the window has ended)."""
        if self._shared is not None and monotonic() >= self._shared_from:
            try:
                return await _add(self._shared, charge, weight)
            except StorageError as error:
                self._shared_from = monotonic() + AFTER_FAULT_SECONDS
                log.error("the counters at RATE_LIMIT_STORAGE do not answer", cause=str(error.storage_error))
        return await _add(self._own_counters, charge, weight)


async def _add(counters: _Counters, charge: _Charge, weight: int) -> tuple[int, int]:
    name, window = charge.item.key_for(charge.client), charge.item.get_expiry()
    used = await counters.incr(name, window, amount=weight)
    seconds = await counters.get_expiry(name) - time()
    return used, min(int(seconds) + 1, window)


def shared_counters(url: str) -> RedisStorage:
    """The counters in a Redis, which is waited for REDIS_SECONDS."""
    return RedisStorage(
        f"async+{url}",
        wrap_exceptions=True,
        implementation="redispy",
        key_prefix="dovidka",
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
    )


def weight(scope: Scope) -> int:
    """What the request weighs."""
    if scope["path"].removeprefix(scope.get("root_path", "")) in BATCHES:
        return BATCH_WEIGHT
    total, query = OWN_WEIGHT, scope["query_string"]
    if b"limit" in query or b"include" in query or b"%" in query:  # else there is nothing to weigh
        for name, value in parse_qsl(query.decode("latin-1")):
            if name == "include":
                total += INCLUDE_WEIGHT
            elif name == "limit" and value.isascii() and value.isdecimal():
                total += min(int(value[:4]), MOST_LIMIT) // ITEMS_OF_ONE_WEIGHT
    return total


def _is_free(scope: Scope) -> bool:
    is_preflight = scope["method"] == "OPTIONS" and any(
        name == b"access-control-request-method" for name, _ in scope["headers"]
    )
    return is_preflight or scope["path"].removeprefix(scope.get("root_path", "")) in FREE_PATHS


def _digest(token: str) -> bytes:
    return blake2b(token.encode("utf-8", "surrogateescape"), digest_size=16).digest()


async def answer_refusal(scope: Scope, receive: Receive, send: Send) -> None:
    """An ASGI application: answers with the refusal that the scope has."""
    await problem(scope["refusal"], scope["request_id"])(scope, receive, send)


class _Answer:
    """The `send` of one request: adds headers to the answer."""

    def __init__(self, send: Send, headers: Headers) -> None:
        self._send = send
        self._headers = headers

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *self._headers]}
        await self._send(message)
