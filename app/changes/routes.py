"""The log over HTTP: page by page, or as a stream."""

import asyncio
import re
from contextlib import suppress
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from app.changes import feed
from app.changes.live import GOAWAY, RETRY_WHEN_FULL_MILLISECONDS, Live
from app.changes.schemas import LAST_POSITION, ChangePage, ChangesQuery, StreamedChange, StreamQuery
from app.changes.views import Perspective, perspective_of
from app.deps import OptionalCaller, PrimaryRead, SiteZone
from app.errors import Fault, Invalid
from app.metrics import STREAMS_OPEN
from app.web.answers import READ, TRIMMED, events
from app.web.caching import PRIVATE, cached_response
from app.web.parameters import strict_query
from app.web.purge_keys import CHANGES

router = APIRouter(prefix="/v1/changes", tags=["changes"], dependencies=[Depends(strict_query)])
# What was withdrawn must not be handed out by a cache for long.
BRIEFLY_CACHED: Final = "public, max-age=1"
STREAM_HEADERS: Final = {"Cache-Control": PRIVATE, "X-Accel-Buffering": "no"}
# A client that takes nothing for so long is taken for gone, whatever the network says.
SEND_SECONDS: Final = 60.0


@router.get("", response_model=ChangePage, responses={**READ, **TRIMMED})
async def list_changes(
    request: Request,
    caller: OptionalCaller,
    read: PrimaryRead,
    zone: SiteZone,
    query: Annotated[ChangesQuery, Query()],
) -> Response:
    """What changed, oldest first.

    Go on from the last `seq` you have: nothing is left out, nothing comes twice, and positions have no gaps. A copy
    that puts each `document` in the place of the one it has, and drops what comes without, is what the server shows.
    An earlier entry shows its document as the history of the object does: never while it is taken down. Where there is
    nothing new, `wait` holds the request until there is. 410 says that the log no longer reaches back so far.

    With `perspective=drafts` it is the newsroom's audit trail: `actor` says who did it. Of a filtered log go on from
    `after`, also where the page is empty: a request looks at 10,000 entries at most.
    """
    perspective, entry_filter = perspective_of(caller, query.perspective), query.entry_filter(zone)
    page = await feed.page(read, perspective, query.after, query.limit, entry_filter)
    live: Live = request.app.state.live
    clock = asyncio.get_running_loop().time
    until = clock() + query.wait
    # What comes while it waits may be nothing that the filter selects.
    while not page.items and page.looked_to == page.head and not live.ending and clock() < until:
        with request.app.state.workload.waiting():
            await live.wait(perspective, page.looked_to, until - clock())
        page = await feed.page(read, perspective, page.looked_to, query.limit, entry_filter)
    looked = b"" if entry_filter is None else b',"after":%d' % page.looked_to
    body = b'{"items":[%s],"head":%d%s}' % (b",".join(page.items), page.head, looked)
    is_public = "authorization" not in request.headers
    headers = {"Cache-Control": BRIEFLY_CACHED, "CDN-Cache-Control": BRIEFLY_CACHED} if is_public else None
    return await cached_response(request, body, names=[CHANGES], headers=headers)


class _Stream(StreamingResponse):
    """Messages for as long as they are taken. Each is made once, for all who follow."""

    media_type = "text/event-stream"

    def __init__(self, live: Live, perspective: Perspective, position: int, newest: int, *, is_head: bool) -> None:
        super().__init__(live.messages(perspective, position), headers=STREAM_HEADERS)
        self.live, self.tail, self.newest, self.is_head = live, live.tail(perspective), newest, is_head

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(SEND_SECONDS):
                await send(message)

        if self.is_head:
            await Response(headers=dict(self.headers))(scope, receive, send)
            return
        with self.live.stream_counted(), STREAMS_OPEN.track_inprogress(), suppress(TimeoutError):
            async with self.tail.followed(self.newest):
                await super().__call__(scope, receive, send_in_time)


LastEventId = Annotated[
    str | None,
    Header(alias="Last-Event-ID", description="The last `id` you have: the stream goes on there, whatever `after`."),
]


@router.get(
    "/stream",
    response_model=StreamedChange,
    response_class=StreamingResponse,
    responses={**events(StreamedChange.__name__), **TRIMMED},
)
async def stream_changes(
    request: Request,
    caller: OptionalCaller,
    read: PrimaryRead,
    query: Annotated[StreamQuery, Query()],
    last_event_id: LastEventId = None,
) -> Response:
    """What changes, as it happens.

    Server-Sent Events named `change`, without documents: `id` is the position, `data` what an entry of
    `GET /v1/changes` tells. It begins behind `Last-Event-ID` or `after`, else with what comes next. A comment comes
    every 15 seconds where nothing else does. `goaway` is the last event before the server ends the stream: connect
    again after `retry`, and nothing is lost. Where too many follow already, it is the first.
    """
    perspective = perspective_of(caller, query.perspective)
    live: Live = request.app.state.live
    if live.is_full:
        goaway = GOAWAY % RETRY_WHEN_FULL_MILLISECONDS
        return Response(goaway, headers=STREAM_HEADERS, media_type=_Stream.media_type)
    after, parameter = query.after, "after"
    if last_event_id is not None:
        after, parameter = _position(request.headers.getlist("last-event-id")), "Last-Event-ID"
    newest = await feed.head(read, perspective)
    if after is not None:
        entries = await feed.entries(read, perspective, after, 1)
        feed.check_position(after, newest, [entry.position for entry in entries], parameter)
    position = newest if after is None else after
    return _Stream(live, perspective, position, newest, is_head=bool(request.scope.get("head")))


def _position(values: list[str]) -> int:
    """The position that the header names. Raises: Invalid, also where there is more than one header."""
    value = values[0] if len(values) == 1 else ""
    if re.fullmatch("0|[1-9][0-9]{0,18}", value) and int(value) <= LAST_POSITION:
        return int(value)
    detail = "is no position of this log"
    raise Invalid(f"Last-Event-ID {detail}.", Fault(detail, parameter="Last-Event-ID"))
