"""What tells an operator how the process is: alive, ready, and how far behind those it tells of changes."""

import time
from typing import Annotated, Any, Final, Literal

from fastapi import Depends, FastAPI, Query, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import MISSING, BaseModel, ConfigDict, Field
from starlette.responses import Response

from app.changes.models import PUBLIC
from app.deps import Needs
from app.errors import Unavailable
from app.web.answers import UNAVAILABLE, UNCACHED
from app.web.caller import Caller
from app.web.pages import Flag, Parameters, if_asked
from app.web.parameters import strict_query
from app.webhooks import store as webhooks

READY_SECONDS: Final = 1.0
NO_STORE: Final = {"Cache-Control": "no-store"}
# Source: the Prometheus text format, version 0.0.4.
METRICS_TYPE: Final = "text/plain; version=0.0.4"


class Alive(BaseModel):
    """The process runs."""

    status: Literal["alive"]


class Ready(BaseModel):
    """The process serves."""

    model_config = ConfigDict(json_schema_extra=if_asked("dead_letters"))

    status: Literal["ready"]
    dead_letters: int | MISSING = Field(
        default=MISSING, ge=0, description="How many events webhooks gave up, and did not send again since."
    )


class Readiness(Parameters):
    """How much is to be told."""

    verbose: Flag = Field(default=False, description="Tell what an operator should look at.", examples=[True])


def install(api: FastAPI) -> None:
    """What tells an operator how the process is."""
    last: dict[str, Any] = {"at": -READY_SECONDS, "fault": None, "dead_letters": None}

    @api.get(
        "/livez",
        tags=["operations"],
        dependencies=[Depends(strict_query)],
        response_model=Alive,
        responses=UNCACHED,
    )
    async def check_live() -> Response:
        """Is the process alive?

        Answers as long as the process runs, whatever the database does.
        """
        return JSONResponse({"status": "alive"}, headers=NO_STORE)

    @api.get(
        "/readyz",
        tags=["operations"],
        dependencies=[Depends(strict_query)],
        response_model=Ready,
        responses={**UNCACHED, **UNAVAILABLE},
    )
    async def check_ready(request: Request, wanted: Annotated[Readiness, Query()]) -> Response:
        """Can it serve?

        Answers 200 when the database answers, 503 otherwise. The database is asked once a second at most. With
        `verbose=true` it tells of dead letters too.
        """
        now = time.monotonic()
        if now - last["at"] >= READY_SECONDS:
            last["at"] = now
            try:
                await request.app.state.database.ping()
                last["fault"] = None
                last["dead_letters"] = None
            except Unavailable as fault:
                last["fault"] = fault
        if last["fault"] is not None:
            raise last["fault"]
        told: dict[str, Any] = {"status": "ready"}
        if wanted.verbose:
            if last["dead_letters"] is None:
                last["dead_letters"] = await webhooks.dead_letters(request.app.state.database.reader())
            told["dead_letters"] = last["dead_letters"]
        return JSONResponse(told, headers=NO_STORE)

    @api.get(
        "/metrics",
        include_in_schema=False,
        dependencies=[Depends(strict_query)],
    )
    async def get_metrics(request: Request, caller: Annotated[Caller, Depends(Needs("webhooks"))]) -> Response:
        """How far behind is each webhook?

        In the text format of Prometheus: lag, tries in vain and dead letters of each webhook, and how many streams of
        changes this process holds open. Lag tells how busy the desk is, so this takes a key, and of webhooks with the
        perspective `drafts` one with `drafts:read`.
        """
        drafts = "drafts:read" in caller.scopes
        everything = await webhooks.everything(request.app.state.database.reader())
        found = [one for one in everything if drafts or one.perspective == PUBLIC]
        gauges = {
            "dovidka_streams_open": (
                "Streams of changes that this process holds.",
                [("", request.app.state.live.open)],
            ),
            "dovidka_webhook_lag": ("Changes between a webhook and the head.", [(one.id, one.lag) for one in found]),
            "dovidka_webhook_attempts": ("Tries of the next event in vain.", [(one.id, one.attempts) for one in found]),
            "dovidka_webhook_dead_letters": ("Events given up.", [(one.id, one.dead_letters) for one in found]),
        }
        lines = [line for name, (text, values) in gauges.items() for line in _gauge(name, text, values)]
        return PlainTextResponse("\n".join(lines) + "\n", headers=NO_STORE, media_type=METRICS_TYPE)


def _gauge(name: str, text: str, values: list[tuple[str, int]]) -> list[str]:
    head = [f"# HELP {name} {text}", f"# TYPE {name} gauge"]
    return [*head, *(f'{name}{{webhook="{label}"}} {value}' if label else f"{name} {value}" for label, value in values)]
