"""The connections that requests come by: how long the rest of a request is waited for, and how long its head may be."""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.auto import AutoHTTPProtocol

HEAD_BYTES: Final = 65_536
# In each stretch of time a head comes whole, and of a body at least so much.
STRETCH_SECONDS: Final = 10.0
BODY_BYTES: Final = 5_000


class Connection(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """A connection that is closed where its client holds back the rest of a request, or sends a head without end.

    Time in which we owe an answer, or do not read what there is, is not held against the client.
    """

    _stretch: asyncio.TimerHandle | None = None
    _came = 0
    _in_head = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._watch()

    def on_message_begin(self) -> None:
        """A head begins. (h11, where there is no httptools, bounds heads itself, and does not call this.)"""
        super().on_message_begin()
        self._in_head, self._came = True, 0

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()
        self._watch()

    def data_received(self, data: bytes) -> None:
        self._came += len(data)
        super().data_received(data)
        if self._in_head and self._came > HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unwatch()

    def _watch(self) -> None:
        self._unwatch()
        self._came = 0
        self._stretch = self.loop.call_later(STRETCH_SECONDS, self._look)

    def _unwatch(self) -> None:
        if self._stretch is not None:
            self._stretch.cancel()

    def _look(self) -> None:
        """Closes the connection where the client owed us more than it sent."""
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
        elif self.cycle.more_body:
            if self._came < BODY_BYTES and not self.flow.read_paused:
                self.transport.close()
            else:
                self._watch()
