"""Assembly: settings become an application. The only module that sees everything."""

import asyncio
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from importlib.util import find_spec
from multiprocessing import parent_process
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from limits import parse
from starlette.types import ASGIApp, Receive, Scope, Send

import app
from app import about, logs, operations, reindex
from app.agents.routes import router as agents
from app.articles.action_routes import router as article_actions
from app.articles.desk_routes import router as articles_desk
from app.articles.preview_routes import router as previews
from app.articles.quote_routes import router as quotes
from app.articles.redirect_routes import router as redirects
from app.articles.related_routes import router as related_articles
from app.articles.routes import router as articles
from app.changes import feed, log, writing_routes
from app.changes.live import Live
from app.changes.routes import router as changes
from app.changes.watch import LogWatch
from app.collections.desk_routes import router as collections_desk
from app.collections.routes import router as collections
from app.db import Database, check_schema, utcnow
from app.errors import Unauthorized, Unavailable
from app.formats.addresses import other_forms
from app.formats.discovery_routes import router as discovery
from app.formats.feed_routes import FEED_PATHS
from app.formats.feed_routes import router as feeds
from app.formats.routes import router as formats
from app.formats.sitemap_routes import router as sitemaps
from app.formats.story import Site
from app.importers.routes import router as importers
from app.keys.routes import router as keys
from app.keys.store import identify
from app.notes.routes import router as notes
from app.notes.timeline_routes import router as timeline
from app.outbound import Outbound
from app.search.routes import router as search
from app.settings import Settings
from app.site.addresses import is_page
from app.site.explore_routes import router as exploration
from app.site.refusals import refusal_page
from app.site.routes import router as pages
from app.site.search_routes import router as searches
from app.site.story_routes import router as story_pages
from app.sources.routes import router as sources
from app.tags.routes import router as tags
from app.ticker import Ticker
from app.web import clients, docs, landing, openapi, problems
from app.web.addresses import ClientAddresses
from app.web.caller import Caller
from app.web.drawings import Drawings
from app.web.freshness import Freshness
from app.web.guard import Guard
from app.web.measuring import Measuring
from app.web.rate_limits import RateLimits, answer_refusal
from app.web.reads import Reads
from app.web.response_cache import ResponseCache
from app.web.workload import Admission, Workload
from app.webhooks.deliver import Deliverer
from app.webhooks.routes import events as webhook_events
from app.webhooks.routes import router as webhooks
from app.webhooks.websub import WebSubPublisher

SAMPLE: Final = Path(__file__).parent / "sample"
TRIM_SECONDS: Final = 3_600.0
CANCEL_SECONDS: Final = 0.5


@asynccontextmanager
async def _lifespan(api: "Application") -> AsyncIterator[None]:
    """Opens the database and starts the background work. Raises: SchemaMismatch, Unavailable."""
    settings: Settings = api.state.settings
    async with AsyncExitStack() as stack:
        database = Database(
            settings.database_url,
            replicas=settings.database_replica_urls,
            read_connections=settings.database_read_connections,
            write_connections=settings.database_write_connections,
        )
        stack.push_async_callback(database.close)
        read = database.reader()
        await check_schema(read)
        api.state.secret = await log.secret(read, settings.zone)
        api.state.database = database
        stack.push_async_callback(api.rate_limits.close)
        api.state.identify = api.identify
        api.state.watch = watch = LogWatch(database, api.state.freshness)
        await watch.begin()
        stack.push_async_callback(api.cache.close)
        api.state.live = Live(database, watch, settings.streams_at_most)
        api.state.outbound = outbound = Outbound(settings.allowed_hosts)
        stack.push_async_callback(outbound.aclose)
        api.state.deliverer = deliverer = Deliverer(database, outbound)
        _end_with_parent()
        works = [watch.run(), Ticker(database, settings.zone).run(), _trim(database, settings.changes_kept_days)]
        works += [reindex.run(database)] if await reindex.is_needed(database) else []
        works += [deliverer.run()] if settings.deliver_webhooks else []
        if settings.deliver_webhooks and settings.websub_hub:
            topics = [settings.origin + path for path in FEED_PATHS]
            works.append(WebSubPublisher(database, outbound, settings.websub_hub, topics).run())
        await stack.enter_async_context(_background(*works))
        yield


def create_app(settings: Settings) -> "Application":
    """The application. Its lifespan opens the database and raises SchemaMismatch, Unavailable."""
    logs.configure(settings.log_level)
    api = Application(
        title=about.TITLE,
        version=app.__version__,
        summary=about.SUMMARY,
        description=about.DESCRIPTION,
        license_info={"name": "MIT", "identifier": "MIT"},
        servers=[{"url": "/", "description": "This server"}],
        openapi_tags=[{"name": name, "description": text} for name, text in about.TAGS.items()],
        lifespan=_lifespan,
        webhooks=webhook_events,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # Nothing here is traced; FastAPI would look at each request whether it is.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        generate_unique_id_function=lambda route: route.name,
    )
    api.state.settings = settings
    api.state.freshness = Freshness()
    api.state.workload = Workload(settings.requests_at_most, settings.waits_at_most)
    api.state.site = Site.of(settings)
    for router in (
        articles, article_actions, articles_desk, previews, related_articles, quotes, redirects, collections,
        collections_desk, notes, timeline, sources, tags, search, formats, feeds, sitemaps, discovery, importers,
        changes, keys, webhooks, operations.router,
    ):  # fmt: skip
        api.include_router(router)
    api.state.has_agents = find_spec("mcp") is not None
    if api.state.has_agents:
        api.include_router(agents)
    problems.install(api)
    writing_routes.install(api)
    openapi.install(api, SAMPLE / "answers", about.TAG_GROUPS)
    docs.install(api)
    clients.install(api)
    if settings.site_pages:
        for router in (exploration, pages, story_pages, searches):
            api.include_router(router)
        api.state.refusal_page = refusal_page
    else:
        landing.install(api, about.TITLE, about.LANDING, about.EXAMPLES)
    api.mount("/sample", Drawings(directory=SAMPLE / "media"), name="sample")
    _add_layers(api, settings)
    return api


def _add_layers(api: "Application", settings: Settings) -> None:
    """Puts the layers around the endpoints that see a request before them. The last one added is the outermost."""
    freshness: Freshness = api.state.freshness
    api.add_middleware(Reads, routes=list(iter_route_contexts(api.router.routes)))
    api.add_middleware(Admission, workload=api.state.workload)
    api.add_middleware(
        Guard,
        origins=settings.allowed_origins,
        freshness=freshness,
        is_content=_is_content,
        other_forms=other_forms,
    )
    api.cache = ResponseCache(api.uncached, freshness, settings.cache_bytes, settings.cache_keys_header, _is_content)
    refusing = Guard(answer_refusal, settings.allowed_origins, freshness, _is_content)
    api.rate_limits = _rate_limits(settings, api.cache, refusing)
    api.outermost = Measuring(api.rate_limits)


def create_app_from_environment() -> "Application":
    """The application of a server's process, whose settings are the environment's."""
    return create_app(Settings())


def _is_content(path: str) -> bool:
    """Whether answers at this path come from the content, and so reflect a position of the log."""
    return path.startswith(("/v1/", "/feeds/", "/sitemap")) or is_page(path)


class Application(FastAPI):
    """The API, and what stands before it: FastAPI sees no request that is answered there."""

    cache: ResponseCache
    outermost: ASGIApp
    rate_limits: RateLimits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.outermost(scope, receive, send)

    async def uncached(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().__call__(scope, receive, send)

    async def identify(self, database: Database, token: str) -> Caller:
        """The holder of the key, from now on counted as such. Raises: Unauthorized, Unavailable."""
        try:
            caller = await identify(database, token)
        except Unauthorized:
            self.rate_limits.note_invalid(token)
            raise
        self.rate_limits.note_valid(token, caller)
        return caller


def _rate_limits(settings: Settings, app: ASGIApp, refusing: ASGIApp) -> RateLimits:
    return RateLimits(
        app,
        refusing,
        addresses=ClientAddresses(settings.trusted_networks),
        public=parse(settings.rate_limit) if settings.rate_limit else None,
        keyed=parse(settings.rate_limit_keyed) if settings.rate_limit_keyed else None,
        storage=settings.rate_limit_storage,
    )


def _end_with_parent() -> None:
    """If this is one of several workers: lets it stop as by SIGTERM when the process that began it is gone."""
    parent = parent_process()
    if parent is not None and isinstance(parent.sentinel, int):
        loop = asyncio.get_running_loop()

        def end() -> None:
            loop.remove_reader(sentinel)
            signal.raise_signal(signal.SIGTERM)

        sentinel = parent.sentinel
        loop.add_reader(sentinel, end)


@asynccontextmanager
async def _background(*works: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs the coroutines as tasks, and cancels them at the end.

    Again where one goes on: a driver that is just connecting may turn the cancellation into an error of its own.
    """
    running = {asyncio.create_task(work) for work in works}
    try:
        yield
    finally:
        while running:
            for task in running:
                task.cancel()
            _, running = await asyncio.wait(running, timeout=CANCEL_SECONDS)


async def _trim(database: Database, days: int) -> None:
    """Every hour, drops the part of the log that is older than so many days; 0 keeps all of it."""
    while days:
        with suppress(Unavailable):
            await feed.trim(database, utcnow() - timedelta(days=days))
        await asyncio.sleep(TRIM_SECONDS)
