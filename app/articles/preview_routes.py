"""Previews over HTTP: opened by whoever holds their token, and followed while the desk goes on writing."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from app.articles.previews import PreviewQuery, shown
from app.articles.schemas import ArticleAnswer, ArticleSelection
from app.changes import feed
from app.changes.live import Live
from app.changes.views import NEWEST
from app.db import Reader, utcnow
from app.deps import PrimaryRead
from app.notes.schemas import NoteAnswer, NoteSelection
from app.publishing import previews
from app.web.answers import NOT_FOUND, READ, WITHDRAWN
from app.web.caching import PRIVATE
from app.web.pages import item_response
from app.web.parameters import strict_query

router = APIRouter(prefix="/v1/previews", tags=["articles"], dependencies=[Depends(strict_query)], responses=READ)
Token = Annotated[str, Path(description="From `url` of a preview.", examples=["4Wb2"])]


@router.get(
    "/{token}",
    response_model=ArticleAnswer | NoteAnswer | ArticleSelection | NoteSelection,
    responses={**NOT_FOUND, **WITHDRAWN},
)
async def get_preview(
    request: Request, read: PrimaryRead, token: Token, query: Annotated[PreviewQuery, Query()]
) -> Response:
    """What a preview shows.

    The newest state of one article or note, whoever asks, until the preview expires. `include` shows the drafts that it
    names too, and nothing that was withdrawn. With `wait` and `If-None-Match` the answer is 200 as soon as the desk has
    saved something that changes it, and 304 where nothing came: ask again, and the page shows what the desk saves.
    """
    live: Live = request.app.state.live
    clock = asyncio.get_running_loop()
    until = clock.time() + query.wait
    while True:
        # Read first, so that what is saved while the preview is read is waited for no more.
        head = await feed.head(read, NEWEST) if query.wait else 0
        response = await _preview_response(request, read, token, query)
        left = until - clock.time()
        if response.status_code != 304 or left <= 0 or live.ending:
            return response
        with request.app.state.workload.waiting():
            await live.wait(NEWEST, head, left)


async def _preview_response(request: Request, read: Reader, token: str, query: PreviewQuery) -> Response:
    """The preview as it is now. Raises: NotFound, also once it has expired; Gone, Invalid."""
    preview = previews.open_token(request.app.state.secret, token, utcnow())
    state = await shown(read, preview, query, request.app.state.site)
    return await item_response(
        request,
        state.document,
        state.revision,
        name=f"{preview.noun}:{preview.ref}",
        fields=state.fields,
        included=state.included,
        cache_control=PRIVATE,
    )
