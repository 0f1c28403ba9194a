"""Assembly: settings become an application. The only module that sees everything."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

import app
from app.articles.routes import router as articles
from app.changes import store as log
from app.db import Database, check_schema
from app.errors import Unavailable
from app.notes.routes import router as notes
from app.settings import Settings
from app.sources.routes import router as sources
from app.tags.routes import router as tags
from app.web import problems
from app.web.guard import Guard

SAMPLE: Final = Path(__file__).parent / "sample"
READY_SECONDS: Final = 1.0
NO_STORE: Final = {"Cache-Control": "no-store"}


def create_app(settings: Settings) -> FastAPI:
    """The application. Its lifespan opens the database and raises SchemaMismatch or Unavailable where it cannot serve."""

    @asynccontextmanager
    async def lifespan(api: FastAPI) -> AsyncIterator[None]:
        database = Database(settings.database_url)
        try:
            read = database.reader()
            await check_schema(read)
            api.state.secret = await log.secret(read)
            api.state.database = database
            yield
        finally:
            await database.close()

    api = FastAPI(
        title="Dovidka",
        version=app.__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    api.state.settings = settings
    for router in (articles, notes, sources, tags):
        api.include_router(router)
    problems.install(api)
    _operations(api)
    api.mount("/sample", _Drawings(directory=SAMPLE / "media"), name="sample")
    api.add_middleware(Guard)
    return api


class _Drawings(StaticFiles):
    """The sample's drawings: as documents of their own they may run nothing and load nothing."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "public, max-age=86400"
        response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
        return response


def _operations(api: FastAPI) -> None:
    """What tells an operator how the process is."""
    last: dict[str, Any] = {"at": -READY_SECONDS, "fault": None}

    @api.get("/livez", tags=["operations"], summary="Is the process alive?")
    async def check_live() -> Response:
        """Answers as long as the process runs, whatever the database does."""
        return JSONResponse({"status": "alive"}, headers=NO_STORE)

    @api.get("/readyz", tags=["operations"], summary="Can it serve?")
    async def check_ready(request: Request) -> Response:
        """Answers 200 when the database answers, 503 otherwise. The database is asked once a second at most."""
        now = time.monotonic()
        if now - last["at"] >= READY_SECONDS:
            last["at"] = now
            try:
                await request.app.state.database.ping()
                last["fault"] = None
            except Unavailable as fault:
                last["fault"] = fault
        if last["fault"] is not None:
            raise last["fault"]
        return JSONResponse({"status": "ready"}, headers=NO_STORE)
