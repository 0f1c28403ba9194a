"""Assembly: settings become an application. The only module that sees everything."""

import asyncio
import html
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import structlog
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

import app
from app import operations
from app.articles.routes import router as articles
from app.changes import feed, writes
from app.changes import store as log
from app.changes.feed_live import Live
from app.changes.feed_routes import router as changes
from app.db import Database, check_schema, utcnow
from app.errors import Unavailable
from app.importers.routes import router as importers
from app.keys.routes import router as keys
from app.keys.store import identify
from app.notes.routes import router as notes
from app.outbound import Outbound
from app.settings import Settings
from app.sources.routes import router as sources
from app.tags.routes import router as tags
from app.ticker import Ticker
from app.web import docs, openapi, problems
from app.web.guard import Guard
from app.webhooks.deliver import Deliverer
from app.webhooks.routes import router as webhooks

SAMPLE: Final = Path(__file__).parent / "sample"
TRIM_SECONDS: Final = 3_600.0
ABOUT: Final = """\
Stories as JSON: typed blocks instead of a blob of HTML, quotes that know their speaker, sources and reference notes
that many stories share, and the history of each.

- **Reading needs no key.** Where one is needed, send it as `Authorization: Bearer …`; operations say which scope.
- **Views.** Everyone sees what is published now. `perspective=drafts` is the desk's view. `perspective=` an instant is
  what was, or will be, public then: the past of single articles and notes, the future of the list of articles too.
- **Writing.** Stories and notes start as drafts; `publish` makes them public, now or at an instant to come. A change
  carries `If-Match` with the `ETag` you have seen (428 without, 412 where somebody was faster); a `POST` may carry an
  `Idempotency-Key` where the operation says so. The answer is the object as it is now, sent after the commit;
  `warnings` says what was removed.
- **Scripts of every origin may read** (CORS); every `GET` also answers `HEAD`.
- **Slugs and ids.** Articles have an id and a slug; tags, sources and notes have their slug alone.
- **References, not copies.** A document names other objects by slug; `include=tags,sources` puts those beside it, in
  `included`, each once. `fields=headline,published_at` returns only these fields (and id and slug).
- **Every field is always there** with the same type: an empty list is `[]`, an absent value is `null`. New fields may
  be added; ignore those you do not know.
- **Pages** are followed by `next`, or the `Link` header. A cursor works with the filters and sort it was made with.
- **Nothing is ignored.** An unknown, repeated or impossible parameter is 422 and is named, with the valid ones.
- **Time** is RFC 3339 in UTC with milliseconds. Bare dates in parameters are days in the site's zone, or in `tz`.
- **Caching.** Send the `ETag` back in `If-None-Match`, and the answer is 304 while nothing changed.
- **Errors** are `application/problem+json` (RFC 9457); test for `code`. `X-Request-ID` names the request in our log.

The examples are answers of the sample newsroom that a new server starts with."""
TAGS: Final = {
    "articles": "Stories, as a list with filters, one by one, and as they were.",
    "notes": "Reference notes: boxes of dated background facts that stories share.",
    "sources": "Who gave information, text or pictures.",
    "tags": "Typed labels in several languages: topics, sections, people, organisations, places, events, series.",
    "changes": "The log: what changed, to keep a copy or to drop what is outdated.",
    "import": "Many documents at once.",
    "keys": "API keys: who may do what, and until when.",
    "webhooks": "Who is told of changes by signed requests, and how that goes.",
    "operations": "Whether the server is well.",
}
EXAMPLES: Final = (
    ("/v1/articles", "the newest stories"),
    ("/v1/articles?tag=trams&include=tags,sources", "one topic, with its tags and sources"),
    ("/v1/notes/zghariv-trams", "a reference note that several stories share"),
    ("/v1/archive?by=month", "how many stories each month has"),
    ("/v1/sources?type=person", "the people who were heard"),
)


def create_app(settings: Settings) -> FastAPI:
    """The application. Its lifespan opens the database; raises SchemaMismatch, Unavailable."""

    @asynccontextmanager
    async def lifespan(api: FastAPI) -> AsyncIterator[None]:
        database = Database(settings.database_url)
        try:
            read = database.reader()
            await check_schema(read)
            api.state.secret = await log.secret(read, settings.zone)
            api.state.database = database
            api.state.identify = identify
            api.state.live = Live(database, settings.streams_at_most)
            api.state.outbound = outbound = Outbound(settings.allowed_hosts)
            api.state.deliverer = deliverer = Deliverer(database, outbound)
            works = [Ticker(database, settings.zone).run(), _trim(database, settings.changes_kept_days)]
            works += [deliverer.run()] if settings.deliver_webhooks else []
            async with _background(*works):
                yield
            await outbound.aclose()
        finally:
            await database.close()

    _log_from(settings.log_level)
    api = FastAPI(
        title="Dovidka",
        version=app.__version__,
        summary="News as structured content: articles, sources and reference notes as versioned, linked objects.",
        description=ABOUT,
        license_info={"name": "MIT", "identifier": "MIT"},
        servers=[{"url": "/", "description": "This server"}],
        openapi_tags=[{"name": name, "description": text} for name, text in TAGS.items()],
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    api.state.settings = settings
    for router in (articles, notes, sources, tags, importers, changes, keys, webhooks):
        api.include_router(router)
    problems.install(api)
    writes.install(api)
    operations.install(api)
    openapi.install(api, SAMPLE / "answers")
    docs.install(api)
    _front(api)
    api.mount("/sample", _Drawings(directory=SAMPLE / "media"), name="sample")
    api.add_middleware(Guard)
    return api


@asynccontextmanager
async def _background(*works: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Does the works beside all else, and drops them at the end."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _trim(database: Database, days: int) -> None:
    """Drops what is older from the log, hour by hour; nothing where it is kept for ever."""
    while days:
        with suppress(Unavailable):
            await feed.trim(database, utcnow() - timedelta(days=days))
        await asyncio.sleep(TRIM_SECONDS)


def _log_from(level: str) -> None:
    """What is logged, and how: a line an event. Tracebacks show no values: one might be a password, or a draft."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper("iso"),
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )


class _Drawings(StaticFiles):
    """The sample's drawings: as documents of their own they may run nothing and load nothing."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The whole drawing: they are small, and a range of one serves nobody."""
        headers = [(name, value) for name, value in scope["headers"] if name != b"range"]
        await super().__call__({**scope, "headers": headers}, receive, send)

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "public, max-age=86400"
        response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
        return response


def _front(api: FastAPI) -> None:
    """What stands at `/`: where to go from here."""
    links = (("/docs", "the API reference"), ("/openapi.json", "its OpenAPI document"), *EXAMPLES)
    rows = "\n".join(f'<li><a href="{html.escape(path)}">{html.escape(path)}</a> {text}' for path, text in links)
    page = FRONT.format(rows=rows)

    @api.get("/", include_in_schema=False)
    async def show_front() -> Response:
        return HTMLResponse(
            page,
            headers={
                "Cache-Control": "public, max-age=300",
                "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
            },
        )


FRONT: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Dovidka</title>
<style>:root{{color-scheme:light dark}}body{{font:18px/1.6 system-ui,sans-serif;max-width:44rem;margin:4rem auto;
padding:0 1rem}}li{{margin:.4rem 0}}</style>
<h1>Dovidka</h1>
<p>News as structured content: a JSON API over articles, sources and reference notes. Worth opening:</p>
<ul>
{rows}
</ul>
"""
