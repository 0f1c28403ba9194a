"""A proxy between client and server that fails as real ones do: on request, one request at a time."""

import socket
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Final, cast

PROBLEM: Final = b'{"status":%d,"code":"%s","detail":"Later.","errors":[]}'
PAGE: Final = b"<!doctype html><title>Bad gateway</title><h1>Please try again</h1>"


def _answer(status: bytes, media_type: bytes, body: bytes, head: bytes = b"") -> bytes:
    length = str(len(body)).encode()
    return (
        b"HTTP/1.1 " + status + b"\r\nContent-Type: " + media_type + b"\r\nContent-Length: " + length + b"\r\n" + head
        + b"Connection: close\r\n\r\n" + body
    )  # fmt: skip


# What a request is answered with in the place of the server.
FAULTS: Final = {
    "429": _answer(
        b"429 Too Many Requests", b"application/problem+json",
        PROBLEM % (429, b"too-many-requests"), b"Retry-After: 0\r\n",
    ),
    "503": _answer(
        b"503 Service Unavailable", b"application/problem+json",
        PROBLEM % (503, b"unavailable"), b"Retry-After: 0\r\n",
    ),
    "502 with a page": _answer(b"502 Bad Gateway", b"text/html", PAGE, b"Retry-After: 0\r\n"),
    "200 with a page": _answer(b"200 OK", b"text/html", PAGE, b"Retry-After: 0\r\n"),
    "goaway": _answer(b"200 OK", b"text/event-stream", b"retry: 10\nid: 0\n\nevent: goaway\nretry: 10\ndata: {}\n\n"),
    "reset": b"",
}  # fmt: skip
# Of the server's own answer, so much comes through.
CUT: Final = "cut"
CUT_BYTES: Final = 1_500


class FaultyProxy(ThreadingTCPServer):
    """`faults` are used up, one by each request; without one the request is answered by the server at `upstream`."""

    daemon_threads = True

    def __init__(self, upstream: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = upstream
        self.faults: deque[str] = deque()
        self.relays: list[socket.socket] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def drop_connections(self) -> None:
        """Ends what is being relayed, as a proxy that is restarted does."""
        while self.relays:
            with suppress(OSError):
                self.relays.pop().shutdown(socket.SHUT_RDWR)


class _Handler(StreamRequestHandler):
    def handle(self) -> None:
        proxy = cast(FaultyProxy, self.server)
        request = b""
        while (line := self.rfile.readline()) not in {b"\r\n", b""}:
            request += b"" if line.lower().startswith(b"connection:") else line
        fault = proxy.faults.popleft() if proxy.faults else None
        if fault in FAULTS:
            self.wfile.write(FAULTS[fault])
        elif request:
            with suppress(OSError):
                self._relay(proxy, request + b"Connection: close\r\n\r\n", CUT_BYTES if fault == CUT else None)

    def _relay(self, proxy: FaultyProxy, request: bytes, at_most: int | None) -> None:
        with socket.create_connection(("127.0.0.1", proxy.upstream)) as server:
            proxy.relays.append(server)
            server.sendall(request)
            sent = 0
            while (data := server.recv(65_536)) and (at_most is None or sent < at_most):
                self.wfile.write(data if at_most is None else data[: at_most - sent])
                sent += len(data)


@contextmanager
def faulty_proxy(upstream: int) -> Iterator[FaultyProxy]:
    with FaultyProxy(upstream) as proxy:
        Thread(target=proxy.serve_forever, args=(0.05,), daemon=True).start()
        yield proxy
        proxy.drop_connections()
        proxy.shutdown()
