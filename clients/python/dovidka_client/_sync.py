"""The same without asyncio. Made from `_async.py` by `make clients`."""

from collections.abc import Generator
from types import TracebackType
from typing import Literal, Self, Unpack
from urllib.parse import quote

import httpx

from dovidka_client import _models as models
from dovidka_client._calls import TIMEOUT, Cache, Call, Protocol, Retry
from dovidka_client._sync_nouns import Articles, Collections, Notes, Sources, Tags
from dovidka_client._sync_transport import Transport


class Changes:
    """The log of changes."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, **query: Unpack[models.ListChangesQuery]) -> models.ChangePage:
        return self._transport.send(Call[models.ChangePage]("GET", "/v1/changes", query))

    def follow(
        self, *, after: int, perspective: Literal["drafts"] | None = None, on_retry: Retry | None = None
    ) -> Generator[models.ChangeEntry, None]:
        """Every change behind the position, in order, once, without end; a lost connection is made anew.

        `after` is `seq` of the last change that you have dealt with, 0 for the beginning of the log. `on_retry` is told
        why the server was not heard, and after how many seconds it is asked again.
        """
        return self._transport.follow(after, perspective, on_retry)


class Client:
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
        http: httpx.Client | None = None,
    ) -> None:
        self._transport = Transport(Protocol(base_url, key, cache), http or httpx.Client(timeout=TIMEOUT))
        self.articles = Articles(self._transport)
        self.notes = Notes(self._transport)
        self.sources = Sources(self._transport)
        self.tags = Tags(self._transport)
        self.collections = Collections(self._transport)
        self.changes = Changes(self._transport)

    def preview(self, token: str, **query: Unpack[models.GetPreviewQuery]) -> models.ArticleAnswer | models.NoteAnswer:
        """What the holder of a token may see, as the desk has it."""
        path = f"/v1/previews/{quote(token, safe='')}"
        return self._transport.send(Call[models.ArticleAnswer | models.NoteAnswer]("GET", path, query))

    def search(self, **query: Unpack[models.SearchContentQuery]) -> models.SearchPage:
        return self._transport.send(Call[models.SearchPage]("GET", "/v1/search", query))

    def suggest(self, **query: Unpack[models.SuggestContentQuery]) -> models.Suggestions:
        return self._transport.send(Call[models.Suggestions]("GET", "/v1/suggest", query))

    def quotes(self, **query: Unpack[models.ListQuotesQuery]) -> models.QuotePage:
        return self._transport.send(Call[models.QuotePage]("GET", "/v1/quotes", query))

    def timeline(self, **query: Unpack[models.ListTimelineQuery]) -> models.TimelinePage:
        return self._transport.send(Call[models.TimelinePage]("GET", "/v1/timeline", query))

    def archive(self, **query: Unpack[models.GetArchiveQuery]) -> models.ArticleArchive:
        return self._transport.send(Call[models.ArticleArchive]("GET", "/v1/archive", query))

    def redirects(self, **query: Unpack[models.ListRedirectsQuery]) -> models.RedirectPage:
        return self._transport.send(Call[models.RedirectPage]("GET", "/v1/redirects", query))

    def close(self) -> None:
        self._transport.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
