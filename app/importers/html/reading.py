"""Reads web pages in a process of its own: a page that takes too long, or too much memory, costs only itself."""

import multiprocessing
from contextlib import suppress
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Final, Self

from app.errors import Fault, Invalid
from app.importers.html.given import Given, WebPage
from app.importers.html.saved import refusal

SECONDS: Final = 20.0
# The first page waits for the process to start, and for what it imports.
_START_SECONDS: Final = 60.0
_MEMORY_BYTES: Final = 2 * 1024**3
Answer = WebPage | tuple[str, tuple[Fault, ...]]


class Reader:
    """Reads one page after the other. Starts its process at the first one, and anew where it had to be ended."""

    def __init__(self, given: Given, seconds: float = SECONDS) -> None:
        self._given = given
        self._seconds = seconds
        self._process: multiprocessing.process.BaseProcess | None = None
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def read(self, data: bytes, url: str | None = None, charset: str | None = None) -> WebPage:
        """The story of a page. Raises: Invalid, also for a page that takes too long or ends the process."""
        if self._connection is None:
            self._start()
        connection = self._connection
        assert connection is not None, "it was started"
        try:
            connection.send((data, url, charset))
            if not connection.poll(self._seconds):
                self._end()
                raise refusal(f"takes longer than {self._seconds:.0f} seconds to read")
            answer: Answer = connection.recv()
        except (EOFError, OSError):
            self._end()
            raise refusal("takes more memory than a page may, or ends the parser") from None
        if isinstance(answer, WebPage):
            return answer
        raise Invalid(answer[0], *answer[1])

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other, self._given), daemon=True)
        self._process.start()
        other.close()
        if not self._connection.poll(_START_SECONDS) or self._connection.recv() != "ready":
            self._end()
            raise refusal("cannot be read: no process for it can be started")

    def _end(self) -> None:
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._connection = self._process = None


def _serve(connection: Connection, given: Given) -> None:
    """Answers each page with its story, or its refusal, until the other end is closed."""
    with suppress(ImportError, ValueError, OSError):  # there is no such limit on every system
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    from app.importers.html.stories import read  # the parsers are needed in this process alone

    connection.send("ready")
    with suppress(EOFError, OSError, KeyboardInterrupt):
        while True:
            data, url, charset = connection.recv()
            try:
                answer: Answer = read(data, given, url=url, charset=charset)
            except Invalid as error:
                answer = error.detail, error.faults
            except (MemoryError, RecursionError) as error:
                answer = "The page cannot be read.", (Fault(f"cannot be read: {type(error).__name__}", pointer=""),)
            connection.send(answer)
