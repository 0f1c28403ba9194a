"""The timeline over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic_core import to_json

from app.changes.views import perspective_of
from app.deps import OptionalCaller, Read, cursors
from app.index.asking import check_has_no_headline, check_made
from app.notes import timeline
from app.notes.timeline_schemas import TimelinePage, TimelineQuery
from app.sources.naming import SOURCE_LIST, query_with_sources
from app.web.answers import PAGED, READ
from app.web.caching import cached_response
from app.web.pages import links
from app.web.parameters import strict_query

router = APIRouter(prefix="/v1/timeline", tags=["notes"], dependencies=[Depends(strict_query)], responses=READ)


@router.get("", response_model=TimelinePage, responses=PAGED)
async def list_timeline(
    request: Request, caller: OptionalCaller, read: Read, query: Annotated[TimelineQuery, Query()]
) -> Response:
    """Dated facts of all reference notes, oldest first.

    A date is as precise as it is known: `2022` stays a year, and stands at its beginning. Facts without a date are left
    out. A page may be short, or empty, while `next` is set.
    """
    cursor = cursors(request, query.model_dump(by_alias=True, exclude={"limit", "cursor"}))
    position = cursor.read(query.cursor)
    perspective = perspective_of(caller, query.perspective)
    async with read.snapshot() as snapshot:
        words = None if query.q is None else await query_with_sources(snapshot, perspective, query.q)
        if words is None:
            await check_made(snapshot)
        else:
            check_has_no_headline(words, "facts")
        page = await timeline.page(snapshot, perspective, query, position, words)
    items = [
        {
            **{name: shown.fact.fields[name] for name in ("on", "to", "year_inferred", "text")},
            "note": shown.note,
            "article": None,
            "language": shown.language,
        }
        for shown in page.facts
    ]
    next_cursor = cursor.write(page.next) if page.next else None
    names = [*query.list_names(), *([SOURCE_LIST] if words else ())]
    headers = links(request, next=next_cursor, prev=None)
    return await cached_response(request, to_json({"items": items, "next": next_cursor}), names=names, headers=headers)
