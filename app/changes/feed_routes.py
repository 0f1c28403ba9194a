"""The log over HTTP: page by page, or as a stream."""

import asyncio
from contextlib import suppress
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from app.changes import feed
from app.changes.feed_live import CROWDED_MILLISECONDS, GOAWAY, Live
from app.changes.routes import perspective
from app.changes.schemas import LAST_POSITION, Changes, ChangesQuery, StreamQuery
from app.changes.shown import Perspective
from app.deps import Asking, Read
from app.errors import Fault, Invalid
from app.web.answers import EVENTS, READ, TRIMMED
from app.web.caching import PRIVATE, answer
from app.web.parameters import strict_query

router = APIRouter(prefix="/v1/changes", tags=["changes"], dependencies=[Depends(strict_query)])
# What was withdrawn must not be handed out by a cache for long.
KEPT: Final = "public, max-age=1"
STREAMING: Final = {"Cache-Control": PRIVATE, "X-Accel-Buffering": "no"}
# Who takes nothing for so long has gone, whatever the network says.
SLOW_SECONDS: Final = 60.0


@router.get("", response_model=Changes, responses={**READ, **TRIMMED})
async def list_changes(
    request: Request, asking: Asking, read: Read, wanted: Annotated[ChangesQuery, Query()]
) -> Response:
    """What changed, oldest first.

    Go on from the last `seq` you have: nothing is left out, nothing comes twice, and positions have no gaps. A copy
    that puts each `document` in the place of the one it has, and drops what comes without, is what the server shows.
    An earlier entry shows its document as the history of the object does: never while it is taken down. Where there is
    nothing new, `wait` holds the request until there is. 410 says that the log no longer reaches back so far.
    """
    seen = perspective(asking, wanted.perspective)
    last, found = await _behind(read, seen, wanted)
    if not found and wanted.wait:
        live: Live = request.app.state.live
        await live.wait(seen, wanted.after, wanted.wait)
        last, found = await _behind(read, seen, wanted)
    items = b",".join([entry for _, entry in found])
    body = b'{"items":[%s],"head":%d}' % (items, max(last, found[-1][0] if found else 0))
    public = "authorization" not in request.headers
    return await answer(request, body, headers={"Cache-Control": KEPT} if public else None)


async def _behind(read: Any, seen: Perspective, wanted: ChangesQuery) -> tuple[int, list[tuple[int, bytes]]]:
    last = await feed.head(read, seen)
    found = await feed.documents(read, seen, wanted.after, wanted.limit)
    feed.check(wanted.after, last, found)
    return last, found


class _Stream(StreamingResponse):
    """Messages for as long as they are taken: each is made once, for all who are told of it."""

    media_type = "text/event-stream"

    def __init__(self, live: Live, seen: Perspective, position: int, newest: int, *, head: bool) -> None:
        super().__init__(live.messages(seen, position), headers=STREAMING)
        self.live, self.tail, self.newest, self.head = live, live.tail(seen), newest, head

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def in_time(message: Message) -> None:
            async with asyncio.timeout(SLOW_SECONDS):
                await send(message)

        if self.head:
            await Response(headers=dict(self.headers))(scope, receive, send)
            return
        with self.live.counted(), suppress(TimeoutError):
            async with self.tail.followed(self.newest):
                await super().__call__(scope, receive, in_time)


@router.get("/stream", response_class=StreamingResponse, responses={**EVENTS, **TRIMMED})
async def stream_changes(
    request: Request,
    asking: Asking,
    read: Read,
    wanted: Annotated[StreamQuery, Query()],
    last_event_id: Annotated[
        str | None,
        Header(
            alias="Last-Event-ID", description="The last `id` you have: the stream goes on there, whatever `after`."
        ),
    ] = None,
) -> Response:
    """What changes, as it happens.

    Server-Sent Events named `change`, without documents: `id` is the position, `data` what an entry of
    `GET /v1/changes` tells. It begins behind `Last-Event-ID` or `after`, else with what comes next. A comment comes
    every 15 seconds where nothing else does. `goaway` is the last event before the server ends the stream: connect
    again after `retry`, and nothing is lost. Where too many follow already, it is the first.
    """
    seen = perspective(asking, wanted.perspective)
    live: Live = request.app.state.live
    if live.full:
        return Response(GOAWAY % CROWDED_MILLISECONDS, headers=STREAMING, media_type=_Stream.media_type)
    after, parameter = wanted.after, "after"
    if last_event_id is not None:
        after, parameter = _position(request.headers.getlist("last-event-id")), "Last-Event-ID"
    newest = await feed.head(read, seen)
    if after is not None:
        feed.check(after, newest, await feed.entries(read, seen, after, 1), parameter)
    position = newest if after is None else after
    return _Stream(live, seen, position, newest, head=bool(request.scope.get("head")))


def _position(headers: list[str]) -> int:
    """Raises: Invalid, also where there is more than one."""
    given = headers[0] if len(headers) == 1 else ""
    if given.isascii() and given.isdigit() and len(given) < 20 and str(int(given)) == given:
        found = int(given)
        if found <= LAST_POSITION:
            return found
    detail = "is no position of this log"
    raise Invalid(f"Last-Event-ID {detail}.", Fault(detail, parameter="Last-Event-ID"))
