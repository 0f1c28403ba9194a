"""Sends calls, and follows the log of changes. `_sync_transport.py` is made from this file by `make clients`."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import httpx

from dovidka_client._calls import (
    BATCH,
    LONGEST_PAUSE_SECONDS,
    STREAM_TIMEOUT,
    Answer,
    Call,
    Protocol,
    Retry,
    unreachable,
)
from dovidka_client._models import ChangeEntry, ChangePage, ListChangesQuery
from dovidka_client._problem import Problem


class AsyncTransport:
    """Sends calls over a connection of httpx."""

    def __init__(self, protocol: Protocol, http: httpx.AsyncClient) -> None:
        self.protocol = protocol
        self.http = http

    async def send(self, call: Call[Answer]) -> Answer:
        """The answer to the call. Raises: Problem."""
        try:
            response = await self.http.send(self._request(call), follow_redirects=True)
        except httpx.RequestError as error:
            raise unreachable(error) from error
        return self.protocol.answer(call, response)

    def _request(self, call: Call[Any], timeout: httpx.Timeout | None = None) -> httpx.Request:
        request = self.protocol.request(call)
        request.extensions["timeout"] = (timeout or self.http.timeout).as_dict()
        return request

    async def follow(
        self, after: int, perspective: Literal["drafts"] | None, on_retry: Retry | None
    ) -> AsyncGenerator[ChangeEntry, None]:
        """Every change behind a position, in order, once, without end.

        The position moves by the feed alone, which has no gaps. The stream is opened at that position and only tells
        when to read on: whatever it loses, repeats or is cut in, the feed has. Raises: Problem, where asking again is
        no use: Trimmed (read the lists anew, then go on after `details["head"]`), `invalid` (there is no such
        position), a key that is refused.
        """
        position, failures = after, 0
        shown: ListChangesQuery = {} if perspective is None else {"perspective": perspective}
        while True:
            pause = 1.0
            try:
                async for change in self._changes({**shown, "after": position}):
                    position, failures = change["seq"], 0
                    yield change
                async with self._events({**shown, "after": position}) as events:
                    async for event in events:
                        failures = 0
                        if "retry" in event:
                            pause = int(event["retry"]) / 1000
                        if event.get("event") == "goaway":
                            break
                        if event.get("event") == "change" and int(event["id"]) > position:
                            async for change in self._changes({**shown, "after": position}):
                                position, failures = change["seq"], 0
                                yield change
            except Problem as problem:
                if not problem.is_temporary:
                    raise
                # Not all clients at the same moment after a restart of the server.
                pause = min(2.0**failures, LONGEST_PAUSE_SECONDS) * random.uniform(0.5, 1)
                pause = pause if problem.retry_after is None else problem.retry_after
                failures += 1
                if on_retry is not None:
                    on_retry(problem, pause)
            await asyncio.sleep(pause)

    async def _changes(self, query: ListChangesQuery) -> AsyncIterator[ChangeEntry]:
        """What comes behind a position, to the end of the log."""
        while True:
            page = await self.send(Call[ChangePage]("GET", "/v1/changes", {**query, "limit": BATCH}))
            for change in page["items"]:
                yield change
            if not page["items"] or page["items"][-1]["seq"] >= page["head"]:
                return
            query = {**query, "after": page["items"][-1]["seq"]}

    @asynccontextmanager
    async def _events(self, query: ListChangesQuery) -> AsyncIterator[AsyncIterator[dict[str, str]]]:
        """The fields of each event of the stream, until it ends. Source: WHATWG HTML, 9.2."""
        call: Call[None] = Call("GET", "/v1/changes/stream", {**query})
        try:
            response = await self.http.send(self._request(call, STREAM_TIMEOUT), stream=True, follow_redirects=True)
            try:
                if not response.headers.get("Content-Type", "").startswith("text/event-stream"):
                    await response.aread()
                    self.protocol.answer(call, response)
                yield self._parsed(response.aiter_lines())
            finally:
                await response.aclose()
        except httpx.RequestError as error:
            raise unreachable(error) from error

    async def _parsed(self, lines: AsyncIterator[str]) -> AsyncIterator[dict[str, str]]:
        event: dict[str, str] = {}
        async for line in lines:
            name, _, value = line.partition(":")
            if name:
                event[name] = value.removeprefix(" ")
            elif event and not line:
                yield event
                event = {}
