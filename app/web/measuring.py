"""How long answers take, by operation: pure ASGI, around everything else."""

import time
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.metrics import request_seconds

# The label of what no operation answered: refusals, pages of the documentation, addresses that lead nowhere.
NONE: Final = "none"


class Measurement:
    """The `send` of one request, which `scope["measurement"]` holds: observes when the head of the answer is sent.

    Whoever routes the request sets `routed`, the scope that will have its endpoint. A cache in front of the routes sets
    `cache`, and `operation` where it answers itself.
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
            request_seconds(self.operation or self._endpoint(), self.cache, message["status"] // 100).observe(seconds)
        await self._send(message)

    def _endpoint(self) -> str:
        """The operation id, which is the name of the endpoint."""
        endpoint: Any = self.routed and self.routed.get("endpoint")
        return getattr(endpoint, "__name__", NONE)


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
