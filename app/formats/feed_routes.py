"""Feeds over HTTP: the list of articles under all its filters, corrections alone, collections; in each format."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Annotated, Final, NamedTuple
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import Field, model_validator
from pydantic_core import from_json

from app.articles import listing
from app.articles import store as articles
from app.articles.query_schemas import RELEVANCE, ArticleFilters
from app.articles.routes import check_not_past
from app.articles.search import WORD_LISTS, query_of_articles
from app.changes.removals import removed
from app.changes.views import EVERYONE, Perspective, perspective_of
from app.collections import items
from app.db import Reader
from app.deps import OptionalCaller, Read, SiteZone, cursors
from app.errors import NotFound
from app.formats import atom, jsonfeed, rss
from app.formats.addresses import FEEDS
from app.formats.feed import (
    BEGINNING,
    Content,
    Feed,
    FeedEntry,
    Removal,
    article_urn,
    correction_entries,
    story_entry,
)
from app.formats.story import Site, Story, in_language, stories
from app.formats.wording import words_of
from app.paging import PageRows
from app.web.caching import cached_response
from app.web.fields import Language, format_instant
from app.web.pages import links, page_address
from app.web.parameters import QueryModel, strict_query
from app.web.queries import Parameters, comma_list, conflict

CORRECTED: Final = ("correction",)
# What an entry shows beside its document, as in `include=`.
BESIDE: Final[dict[Content, tuple[str, ...]]] = {
    "full": ("tags", "sources", "notes", "relations"),
    "summary": ("tags", "sources"),
}
router = APIRouter(prefix="/feeds", dependencies=[Depends(strict_query)])


class FeedQuery(ArticleFilters):
    """Which articles a feed has, and how much of them."""

    content: Content = Field(default="full", description="`full`: whole stories. `summary`: their excerpts.")

    @model_validator(mode="after")
    def _fits_a_feed(self) -> "FeedQuery":
        if "count" in self.model_fields_set:
            raise conflict("count", "is told in the JSON of lists alone")
        if self.sort == RELEVANCE:
            raise conflict("sort", "is by date in feeds")
        return self


class CollectionFeedQuery(Parameters):
    """How much of the stories of a collection a feed has, and in which languages."""

    content: Content = Field(default="full", description="`full`: whole stories. `summary`: their excerpts.")
    language: Annotated[tuple[str, ...], comma_list(Language)] | None = None


class FeedFormat(NamedTuple):
    """One format of feeds; `ending` is that of its addresses. `tells_removals`: it can say what was removed."""

    ending: str
    media_type: str
    render: Callable[[Feed], bytes]
    tells_removals: bool = False


FEED_FORMATS: Final = (
    FeedFormat("rss", FEEDS["rss"], rss.render),
    FeedFormat("atom", FEEDS["atom"], atom.render, tells_removals=True),
    FeedFormat("json", FEEDS["json"], jsonfeed.render),
)
# The feeds of everything, of whose changes a WebSub hub is told.
FEED_PATHS: Final = [
    f"/feeds/{name}.{format.ending}" for name in ("articles", "corrections") for format in FEED_FORMATS
]
ListQuery = Annotated[FeedQuery, Depends(QueryModel(FeedQuery))]


class _FeedRequest(NamedTuple):
    """What is asked for. `corrections`: entries are the corrections of the stories, and not the stories."""

    request: Request
    perspective: Perspective
    zone: ZoneInfo
    query: FeedQuery
    format: FeedFormat
    corrections: bool

    @property
    def site(self) -> Site:
        site: Site = self.request.app.state.site
        return site

    @property
    def tells_removals(self) -> bool:
        """Whether the answer says what was removed: on the first page of a list that the public reads."""
        is_first_page = self.query.cursor is None and not self.query.ids
        return self.format.tells_removals and is_first_page and self.perspective == EVERYONE and not self.corrections

    @property
    def hub(self) -> str | None:
        """The hub that is told of changes of this very address: only of whole lists, as the public reads them."""
        is_whole_list = not self.request.scope["query_string"] and self.perspective == EVERYONE
        hub: str = self.request.app.state.settings.websub_hub
        return hub if hub and is_whole_list else None

    def address(self, cursor: str | None) -> str:
        """The absolute address of a page of the feed."""
        return self.site.url + page_address(self.request, cursor)


def _add_routes(format: FeedFormat) -> None:
    # The OpenAPI document describes JSON: what feeds take and answer is told in docs/feeds.md.
    @router.get(f"/articles.{format.ending}", include_in_schema=False)
    async def get_feed(
        request: Request, caller: OptionalCaller, read: Read, zone: SiteZone, query: ListQuery
    ) -> Response:
        """The list of articles as a feed."""
        perspective = perspective_of(caller, query.perspective)
        return await _answer(read, _FeedRequest(request, perspective, zone, query, format, corrections=False))

    @router.get(f"/corrections.{format.ending}", include_in_schema=False)
    async def get_corrections(
        request: Request, caller: OptionalCaller, read: Read, zone: SiteZone, query: ListQuery
    ) -> Response:
        """The corrections of articles as a feed, those of the stories first that were changed last."""
        # Words are found in the order of publication alone.
        sort = query.sort if query.q is not None or "sort" in query.model_fields_set else "-updated_at"
        corrected = query.model_copy(update={"has": CORRECTED, "sort": sort})
        perspective = perspective_of(caller, query.perspective)
        return await _answer(read, _FeedRequest(request, perspective, zone, corrected, format, corrections=True))


@router.get("/collections/{file}", include_in_schema=False)
async def get_collection_feed(
    request: Request, read: Read, zone: SiteZone, file: str, query: Annotated[CollectionFeedQuery, Query()]
) -> Response:
    """The stories of a collection as a feed, in its order: `/feeds/collections/front.rss`."""
    slug, _, ending = file.rpartition(".")
    format = next((format for format in FEED_FORMATS if format.ending == ending), None)
    if format is None:
        raise NotFound("There is no such feed.")
    site: Site = request.app.state.site
    async with read.snapshot() as snapshot:
        shown = await items.of_collection(snapshot, EVERYONE, slug, query.language, zone, with_body=True)
        beside = await articles.beside(snapshot, EVERYONE, shown.documents, BESIDE[query.content])
    language = query.language[0] if query.language and len(query.language) == 1 else None
    address = site.url + page_address(request, None)

    def rendered() -> tuple[bytes, list[str]]:
        """(the feed, names of what its entries show)."""
        listed = [*stories("article", shown.documents, beside, site)]
        label = in_language(from_json(shown.collection)["labels"], language or "en")
        entries = [story_entry(story, query.content) for story in listed]
        feed = Feed(f"{site.name}: {label}", address, address, site, entries, language=language)
        return format.render(feed), [key for story in listed for key in story.keys]

    body, shown_names = await asyncio.to_thread(rendered)
    return await cached_response(request, body, names=[*shown.names, *shown_names], media_type=format.media_type)


async def _answer(read: Reader, asked: _FeedRequest) -> Response:
    request, query, format = asked.request, asked.query, asked.format
    check_not_past(asked.perspective)
    cursor = cursors(request, query.filters())
    position = cursor.read(query.cursor)
    include = () if asked.corrections else BESIDE[query.content]
    async with read.snapshot() as snapshot:
        words = None if query.q is None else await query_of_articles(snapshot, asked.perspective, query.q)
        page = await listing.newest(
            snapshot, asked.perspective, query, position, asked.zone, words=words, with_body=not asked.corrections
        )
        beside = await articles.beside(snapshot, asked.perspective, page.items, include)
        gone = await removed(snapshot, "article", query.list_names(), _since(page)) if asked.tells_removals else []
    next_cursor = cursor.write(page.next) if page.next else None
    previous_cursor = cursor.write(page.prev) if page.prev else None

    def rendered() -> tuple[bytes, list[str]]:
        """(the feed, names of what its entries show)."""
        shown = [*stories("article", page.items, beside, asked.site)]
        feed = Feed(
            title=_title(asked),
            identity=asked.address(None),
            url=asked.address(query.cursor),
            site=asked.site,
            entries=[*_entries(asked, shown)],
            removals=[Removal(article_urn(removal.ref), format_instant(removal.at)) for removal in gone],
            language=_language(query),
            next=asked.address(next_cursor) if next_cursor else None,
            previous=asked.address(previous_cursor) if previous_cursor else None,
            hub=asked.hub,
        )
        return format.render(feed), [] if asked.corrections else [key for story in shown for key in story.keys]

    body, shown_names = await asyncio.to_thread(rendered)
    headers = links(request, next=next_cursor, prev=previous_cursor)
    if asked.hub is not None:
        # Source: WebSub, 4.
        references = [headers.get("Link"), f'<{asked.hub}>; rel="hub"', f'<{asked.address(None)}>; rel="self"']
        headers["Link"] = ", ".join(filter(None, references))
    names = [*query.list_names(), *shown_names, *(WORD_LISTS if words else ())]
    return await cached_response(request, body, names=names, media_type=format.media_type, headers=headers)


def _since(page: PageRows) -> datetime:
    """Since when what was removed may have stood on the first page: from its last story on, if another page follows."""
    dates = [from_json(item)["published_at"] for item in page.items] if page.next else []
    return datetime.fromisoformat(min(dates, default=BEGINNING))


def _title(asked: _FeedRequest) -> str:
    words = words_of(_language(asked.query) or "en")
    return f"{asked.site.name}: {words['corrections']}" if asked.corrections else asked.site.name


def _entries(asked: _FeedRequest, shown: Iterable[Story]) -> Iterator[FeedEntry]:
    for story in shown:
        if asked.corrections:
            yield from correction_entries(story, asked.query.content)
        else:
            yield story_entry(story, asked.query.content)


def _language(query: FeedQuery) -> str | None:
    """The language of all stories, where the query asks for one."""
    return query.languages[0] if len(query.languages) == 1 else None


for _format in FEED_FORMATS:
    _add_routes(_format)
