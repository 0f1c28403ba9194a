"""The pages of stories over HTTP."""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import Field

from app.articles.store import ShownArticle
from app.deps import Read
from app.formats.story import Site
from app.paging import Position
from app.site import addresses, frames, history
from app.site.behind import ApiRequest
from app.site.lists import ARTICLES
from app.site.related import MOST_SHOWN, related_stories
from app.site.rendering import HEADERS, Head, page_response, render
from app.site.stories import StoryPage, read_story
from app.site.wording import page_words
from app.web.caching import caching_headers
from app.web.cursors import Cursors, list_name
from app.web.parameters import strict_query
from app.web.queries import Parameters

router = APIRouter(dependencies=[Depends(strict_query)], include_in_schema=False)
# Longer stories are rendered in a thread.
RENDERED_ASIDE: Final = 100_000


class HistoryParameters(Parameters):
    """Where a page of a history begins."""

    cursor: str | None = Field(default=None)


@router.get("/stories/{slug}")
async def show_story(request: Request, read: Read, slug: str) -> Response:
    site: Site = request.app.state.site
    async with read.snapshot() as snapshot:
        article, page = await read_story(snapshot, site, slug)
        if slug != article.slug:
            return _moved(request, page, article)
        frame = await frames.frame_in(snapshot, site, page.story.language)
    behind = ApiRequest.to(site.url, f"{ARTICLES}/{slug}", include="tags,sources,notes,relations,translations")
    names = [f"article:{article.id}", *page.story.keys]
    is_long = len(article.document) > RENDERED_ASIDE
    body = await asyncio.to_thread(lambda: page.body) if is_long else page.body
    return await page_response(
        request, "story.html", frame=frame, head=page.head(), behind=behind, names=names, page=page, body=body
    )


@router.get("/stories/{slug}/history")
async def show_history(
    request: Request, read: Read, slug: str, query: Annotated[HistoryParameters, Query()]
) -> Response:
    site: Site = request.app.state.site
    path = f"{ARTICLES}/{slug}/revisions"
    cursors = Cursors(request.app.state.secret, list_name(path, {}))
    position = cursors.read(query.cursor)
    async with read.snapshot() as snapshot:
        article, page = await read_story(snapshot, site, slug)
        if slug != article.slug:
            return _moved(request, page, article, "/history")
        before = None if position is None else position.values[0]
        rows, documents = await history.versions(snapshot, article.id, before)
        frame = await frames.frame_in(snapshot, site, page.story.language)
    versions = await asyncio.to_thread(history.compared, rows, documents, site)
    older = cursors.write(Position((versions[-1].revision,))) if len(rows) > history.ON_PAGE else None
    here = f"{addresses.of('stories', slug)}/history"
    head = Head(title=frame.words["history_of"].format(headline=page.story.title), address=site.url + here)
    return await page_response(
        request,
        "history.html",
        frame=frame,
        head=head,
        behind=ApiRequest.to(site.url, path, cursor=query.cursor),
        names=[f"article:{article.id}"],
        page=page,
        versions=versions,
        older=older and addresses.narrowed(here, None, cursor=older),
    )


@router.get("/stories/{slug}/related")
async def show_related(request: Request, read: Read, slug: str) -> Response:
    """Stories related to one, and why; a script puts them below the story.

    They have a page of their own since every story that is published may be one of them: on the page of the story no
    cache could keep that for long.
    """
    site: Site = request.app.state.site
    async with read.snapshot() as snapshot:
        article, page = await read_story(snapshot, site, slug)
        if slug != article.slug:
            return _moved(request, page, article, "/related")
        language = page.story.language
        frame = await frames.frame_in(snapshot, site, language)
        related = await related_stories(snapshot, site, article.document, frame.labels, language)
    here = f"{addresses.of('stories', slug)}/related"
    title = frame.words["related_to"].format(headline=page.story.title)
    return await page_response(
        request,
        "related.html",
        frame=frame,
        head=Head(title=title, address=site.url + here),
        behind=ApiRequest.to(site.url, f"{ARTICLES}/{slug}/related", limit=MOST_SHOWN),
        names=[f"article:{article.id}", *related.names],
        page=page,
        related=related.stories,
    )


def _moved(request: Request, page: StoryPage, article: ShownArticle, end: str = "") -> Response:
    """308 to the present address of a story, as a page that leads there."""
    address = addresses.of("stories", article.slug) + end
    language = page.story.language
    body = render(
        "moved.html",
        language=language,
        words=page_words(language),
        name=page.public.site.name,
        title=page_words(language)["moved"],
        headline=page.story.title,
        address=address,
    )
    headers = {**HEADERS, **caching_headers(request, [f"article:{article.id}"]), "Location": address}
    return Response(body, 308, headers, media_type="text/html")
