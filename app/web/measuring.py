"""How long answers take, by operation: pure ASGI, around everything else."""

import time
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.metrics import request_seconds

# The label of what no operation answered: refusals, pages of the documentation, addresses that lead nowhere.
NONE: Final = "none"


class Measurement:
    """The `send` of one request, which `scope["measurement"]` holds: observes when the head of the answer is sent.

    `routed` is the scope that has, or will have, the endpoint of the request.
    """

    __slots__ = ("_begun", "_send", "cache", "operation", "routed")

    def __init__(self, send: Send) -> None:
        self._send = send
        self._begun = time.perf_counter()
        self.cache = NONE
        self.operation: str | None = None
        self.routed: Scope | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            seconds = time.perf_counter() - self._begun
            operation = self.operation or self.endpoint_name()
            request_seconds(operation, self.cache, message["status"] // 100).observe(seconds)
        await self._send(message)

    def endpoint_name(self) -> str:
        """The name of the endpoint, which is the id of its operation."""
        endpoint: Any = self.routed and self.routed.get("endpoint")
        return getattr(endpoint, "__name__", NONE)


def label(scope: Scope, cache: str, operation: str | None = None) -> None:
    """Says what the cache did with a request, and which operation it answers where no endpoint is called."""
    measurement: Measurement | None = scope.get("measurement")
    if measurement is not None:
        measurement.cache, measurement.operation = cache, operation


def operation_of(scope: Scope) -> str | None:
    """The id of the operation that the request was routed to; None where nobody measures."""
    measurement: Measurement | None = scope.get("measurement")
    return measurement.endpoint_name() if measurement is not None else None


class Measuring:
    """ASGI middleware. Cost: some microseconds a request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["measurement"] = measurement = Measurement(send)
        await self.app(scope, receive, measurement)
