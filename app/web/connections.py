"""Connections of clients: how long the server waits for the rest of a request, and how long its head may be."""

import asyncio
from typing import Any, Final

from uuid_utils import uuid7
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from app.errors import Malformed
from app.web.problems import problem

HEAD_BYTES: Final = 65_536
# Within each period the client must send the whole head, or at least this much of a body.
PERIOD_SECONDS: Final = 10.0
BODY_BYTES: Final = 5_000
_LONG_HEAD: Final = "The head of the request is too long."
_NOT_HTTP: Final = "The request is not HTTP. In an address, what is not ASCII is percent-encoded: %D0%BA for к."


class Connection(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """Closes the connection of a client that sends its request too slowly, or a head that is too long.

    Time in which the server prepares the answer, or does not read what the client sends, does not count.
    """

    _timer: asyncio.TimerHandle | None = None
    _period_ends = 0.0
    _bytes_received = 0
    _in_head = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._begin_period()

    def on_message_begin(self) -> None:
        """A head begins. Only httptools calls this; h11 bounds heads itself."""
        super().on_message_begin()
        self._in_head, self._bytes_received = True, 0

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()
        self._begin_period()

    def data_received(self, data: bytes) -> None:
        self._bytes_received += len(data)
        super().data_received(data)
        if self._in_head and self._bytes_received > HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response(_LONG_HEAD)

    def send_400_response(self, msg: str) -> None:
        """Refuses as a problem what is not HTTP, and ends the connection: no application ever sees such a request."""
        detail = msg if msg == _LONG_HEAD else _NOT_HTTP
        answer = problem(Malformed(detail), request_id := uuid7().hex)
        answer.headers.update({"X-Request-ID": request_id, "X-Content-Type-Options": "nosniff"})
        # Which origin asks is not known. Where all may read answers, this one too; else none may.
        is_open = self.app.state.settings.allowed_origins is None
        answer.headers.update({"Access-Control-Allow-Origin": "*"} if is_open else {"Vary": "Origin"})
        answer.headers["Connection"] = "close"
        head = b"".join(name + b": " + value + b"\r\n" for name, value in answer.raw_headers)
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n" + head + b"\r\n" + answer.body)
        self.transport.close()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._begin_period()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._cancel_timer()

    def shutdown(self) -> None:
        """The server stops. It waits for all requests, and those that wait for news do not end by themselves."""
        self.app.state.live.end()
        super().shutdown()

    def _begin_period(self) -> None:
        """Moves the end of the period. A timer that runs stays: a new one for each request would be dear."""
        self._bytes_received = 0
        self._period_ends = self.loop.time() + PERIOD_SECONDS
        if self._timer is None:
            self._timer = self.loop.call_at(self._period_ends, self._wake)

    def _wake(self) -> None:
        self._timer = None
        if self.loop.time() < self._period_ends:
            self._timer = self.loop.call_at(self._period_ends, self._wake)
        else:
            self._end_period()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _end_period(self) -> None:
        """Closes the connection if the client sent less than it must."""
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
        elif self.cycle.more_body:
            if self._bytes_received < BODY_BYTES and not self.flow.read_paused:
                self.transport.close()
            else:
                self._begin_period()
