"""How many requests a process works on at once, and how many wait for news: more are refused, early, with 503."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import Unavailable
from app.metrics import WAITS_OPEN
from app.web.problems import problem

# What an operator asks must be answered just when there is too much to do.
ALWAYS_ANSWERED: Final = frozenset({"/livez", "/readyz", "/metrics"})


class Workload:
    """The counts of one process. `at_work` are the requests it works on, without those that wait."""

    def __init__(self, requests_at_most: int, waits_at_most: int) -> None:
        self.requests_at_most = requests_at_most
        self.waits_at_most = waits_at_most
        self.at_work = 0
        self.waits_open = 0

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Counts the request as one that waits for news meanwhile. Raises: Unavailable, where too many wait already."""
        if self.waits_open >= self.waits_at_most:
            raise Unavailable("Too many requests wait for news here. Try again soon.")
        self.waits_open += 1
        self.at_work -= 1
        try:
            with WAITS_OPEN.track_inprogress():
                yield
        finally:
            self.waits_open -= 1
            self.at_work += 1


class Admission:
    """ASGI middleware: refuses a request when the process works on as many as it may.

    While a request waits for its client, to send more of its body or to take more of the answer, no work is done on it:
    neither slow clients nor streams, which wait to hear that the client has gone, keep others out.
    """

    def __init__(self, app: ASGIApp, workload: Workload) -> None:
        self.app = app
        self._workload = workload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        workload = self._workload
        if scope["type"] != "http" or scope["path"] in ALWAYS_ANSWERED:
            await self.app(scope, receive, send)
            return
        if workload.at_work >= workload.requests_at_most:
            refusal = Unavailable("Too many requests are at work here. Try again soon.")
            await problem(refusal, scope["request_id"])(scope, receive, send)
            return

        async def receive_aside() -> Message:
            workload.at_work -= 1
            try:
                return await receive()
            finally:
                workload.at_work += 1

        async def send_aside(message: Message) -> None:
            workload.at_work -= 1
            try:
                await send(message)
            finally:
                workload.at_work += 1

        workload.at_work += 1
        try:
            await self.app(scope, receive_aside, send_aside)
        finally:
            workload.at_work -= 1
