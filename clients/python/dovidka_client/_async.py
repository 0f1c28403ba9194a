"""The operations of the API by their names. `_sync.py` is made from this file by `make clients`."""

from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Literal, Self, Unpack
from urllib.parse import quote

import httpx

from dovidka_client import _models as models
from dovidka_client._async_nouns import AsyncArticles, AsyncCollections, AsyncNotes, AsyncSources, AsyncTags
from dovidka_client._async_transport import AsyncTransport
from dovidka_client._calls import TIMEOUT, Cache, Call, Protocol, Retry


class AsyncChanges:
    """The log of changes."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(self, **query: Unpack[models.ListChangesQuery]) -> models.ChangePage:
        return await self._transport.send(Call[models.ChangePage]("GET", "/v1/changes", query))

    def follow(
        self, *, after: int, perspective: Literal["drafts"] | None = None, on_retry: Retry | None = None
    ) -> AsyncGenerator[models.ChangeEntry, None]:
        """Every change behind the position, in order, once, without end; a lost connection is made anew.

        `after` is `seq` of the last change that you have dealt with, 0 for the beginning of the log. `on_retry` is told
        why the server was not heard, and after how many seconds it is asked again.
        """
        return self._transport.follow(after, perspective, on_retry)


class AsyncClient:
    """A client of the server at an address such as `https://news.example`. Raises: Problem.

    `key` is an API key; reading what is public takes none. `cache`, a dict for example, keeps answers, to be asked for
    only if they have changed. `http` is a client of httpx with settings of your own; it is closed with this one.
    """

    def __init__(
        self,
        base_url: str,
        key: str | None = None,
        *,
        cache: Cache | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._transport = AsyncTransport(Protocol(base_url, key, cache), http or httpx.AsyncClient(timeout=TIMEOUT))
        self.articles = AsyncArticles(self._transport)
        self.notes = AsyncNotes(self._transport)
        self.sources = AsyncSources(self._transport)
        self.tags = AsyncTags(self._transport)
        self.collections = AsyncCollections(self._transport)
        self.changes = AsyncChanges(self._transport)

    async def preview(
        self, token: str, **query: Unpack[models.GetPreviewQuery]
    ) -> models.ArticleAnswer | models.NoteAnswer:
        """What the holder of a token may see, as the desk has it."""
        path = f"/v1/previews/{quote(token, safe='')}"
        return await self._transport.send(Call[models.ArticleAnswer | models.NoteAnswer]("GET", path, query))

    async def search(self, **query: Unpack[models.SearchContentQuery]) -> models.SearchPage:
        return await self._transport.send(Call[models.SearchPage]("GET", "/v1/search", query))

    async def suggest(self, **query: Unpack[models.SuggestContentQuery]) -> models.Suggestions:
        return await self._transport.send(Call[models.Suggestions]("GET", "/v1/suggest", query))

    async def quotes(self, **query: Unpack[models.ListQuotesQuery]) -> models.QuotePage:
        return await self._transport.send(Call[models.QuotePage]("GET", "/v1/quotes", query))

    async def timeline(self, **query: Unpack[models.ListTimelineQuery]) -> models.TimelinePage:
        return await self._transport.send(Call[models.TimelinePage]("GET", "/v1/timeline", query))

    async def archive(self, **query: Unpack[models.GetArchiveQuery]) -> models.ArticleArchive:
        return await self._transport.send(Call[models.ArticleArchive]("GET", "/v1/archive", query))

    async def redirects(self, **query: Unpack[models.ListRedirectsQuery]) -> models.RedirectPage:
        return await self._transport.send(Call[models.RedirectPage]("GET", "/v1/redirects", query))

    async def aclose(self) -> None:
        await self._transport.http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
