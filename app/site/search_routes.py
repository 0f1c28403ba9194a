"""The search page over HTTP."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import AfterValidator, Field

from app.deps import Read
from app.errors import Invalid
from app.formats.story import Site
from app.site import frames, search
from app.site.rendering import HEADERS, Head, page_response, render
from app.site.search import Search
from app.web.fields import Language, Slug
from app.web.parameters import strict_query
from app.web.queries import Parameters
from app.web.spans import period

router = APIRouter(dependencies=[Depends(strict_query)], include_in_schema=False)


class SearchParameters(Parameters):
    """What is sought, what it is narrowed to, and where its page begins: as of `/v1/articles`, one value of each."""

    q: str | None = Field(default=None)
    section: Slug | None = Field(default=None)
    tag: Slug | None = Field(default=None)
    source: Slug | None = Field(default=None)
    language: Language | None = Field(default=None)
    date: Annotated[str, AfterValidator(period)] | None = Field(default=None)
    sort: Literal["-published_at"] | None = Field(default=None)
    cursor: str | None = Field(default=None)


@router.get("/search")
async def show_search(request: Request, read: Read, query: Annotated[SearchParameters, Query()]) -> Response:
    """Stories with the words of `q`, the best first; the newest stories without it. A broken query shows its place."""
    site: Site = request.app.state.site
    asked = Search(query.model_dump(exclude_none=True))
    async with read.snapshot() as snapshot:
        reading = await frames.frame_of_list(snapshot, site, query.language)
        frame = reading.frame
        title = frame.words["search"] if query.q is None else f"{frame.words['search']}: {query.q}"
        head = Head(title=title, address=site.url + asked.address())
        try:
            found = await search.results(snapshot, request.app.state.secret, site, asked, frame.labels, frame.language)
        except Invalid as refusal:
            fault = next((fault for fault in refusal.faults if fault.parameter == "q"), None)
            if fault is None or query.q is None:
                raise
            body = render(
                "search.html",
                frame=frame,
                head=head,
                behind=asked.request(site.url),
                search=asked,
                fault=fault,
                broken=search.broken_query(query.q),
            )
            return Response(body, refusal.status, {**HEADERS, "Cache-Control": "no-store"}, media_type="text/html")
    return await page_response(
        request,
        "search.html",
        frame=frame,
        head=head,
        behind=asked.request(site.url),
        names=[*reading.names, *found.names],
        search=asked,
        found=found,
        fault=None,
    )
