"""What an operator asks of the process: is it alive, can it serve, how far behind are webhooks and streams."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse
from prometheus_client.core import GaugeMetricFamily
from pydantic import MISSING, BaseModel, ConfigDict, Field
from starlette.datastructures import State
from starlette.responses import Response

from app import metrics
from app.changes.models import PUBLIC
from app.db import Database
from app.deps import NeedsScope
from app.errors import Unavailable
from app.web.answers import UNAVAILABLE, UNCACHED, shared
from app.web.caller import Caller
from app.web.parameters import strict_query
from app.web.queries import Flag, Parameters, if_asked
from app.webhooks import deliveries
from app.webhooks import store as webhooks

READY_SECONDS: Final = 1.0
NO_STORE: Final = {"Cache-Control": "no-store"}
# Source: the Prometheus text format, version 0.0.4.
METRICS_TYPE: Final = "text/plain; version=0.0.4"
router = APIRouter(dependencies=[Depends(strict_query)])


class Liveness(BaseModel):
    """The process runs."""

    status: Literal["alive"] = Field(description="Always this, where anything is answered.")


class Readiness(BaseModel):
    """The process serves."""

    model_config = ConfigDict(json_schema_extra=if_asked("dead_letters"))

    status: Literal["ready"] = Field(description="Always this; the answer is 503 where it does not serve.")
    dead_letters: int | MISSING = Field(
        default=MISSING, ge=0, description="How many events webhooks gave up, and did not send again since."
    )


class ReadinessQuery(Parameters):
    """How much is to be told."""

    verbose: Flag = Field(default=False, description="Tell what an operator should look at.", examples=[True])


@dataclass(slots=True)
class Check:
    """The last look at the database; kept for a second, so that many probes cost one look."""

    at: float = -math.inf
    fault: Unavailable | None = None
    dead_letters: int | None = None


@router.get("/livez", tags=["operations"], response_model=Liveness, responses={**UNCACHED, **shared(Invalid=422)})
async def check_live() -> Response:
    """Is the process alive?

    Answers as long as the process runs, whatever the database does.
    """
    return JSONResponse({"status": "alive"}, headers=NO_STORE)


@router.get(
    "/readyz",
    tags=["operations"],
    response_model=Readiness,
    responses={**UNCACHED, **UNAVAILABLE, **shared(Invalid=422)},
)
async def check_ready(request: Request, query: Annotated[ReadinessQuery, Query()]) -> Response:
    """Can it serve?

    Answers 200 when the database answers, 503 otherwise. The database is asked once a second at most. With
    `verbose=true` it tells of dead letters too.
    """
    check = await _checked(request.app.state)
    if check.fault is not None:
        raise check.fault
    document: dict[str, str | int] = {"status": "ready"}
    if query.verbose:
        if check.dead_letters is None:
            check.dead_letters = await deliveries.count_dead_letters(request.app.state.database.reader())
        document["dead_letters"] = check.dead_letters
    return JSONResponse(document, headers=NO_STORE)


async def _checked(state: State) -> Check:
    """The last check of the application's database, renewed if it is older than a second.

    While one request renews it, others are answered by what it said before.
    """
    check: Check | None = getattr(state, "check", None)
    if check is None:
        check = state.check = Check()
    if time.monotonic() - check.at >= READY_SECONDS:
        check.at = time.monotonic()
        database: Database = state.database
        try:
            await database.ping()
            check.fault = check.dead_letters = None
        except Unavailable as fault:
            check.fault = fault
    return check


@router.get("/metrics", include_in_schema=False)
async def get_metrics(request: Request, caller: Annotated[Caller, Depends(NeedsScope("webhooks"))]) -> Response:
    """How is the server doing?

    In the text format of Prometheus: how long requests and the database take, streams and waits that are open, and of
    each webhook its lag, tries in vain and dead letters. With several workers the values are those of all of them. They
    tell how busy the desk is, so this takes a key, and of webhooks with the perspective `drafts` one with
    `drafts:read`.
    """
    states = await webhooks.all_webhooks(request.app.state.database.reader())
    if "drafts:read" not in caller.scopes:
        states = [state for state in states if state.perspective == PUBLIC]
    families = [
        _gauge("dovidka_webhook_lag", "Changes between a webhook and the head.", {s.id: s.lag for s in states}),
        _gauge("dovidka_webhook_attempts", "Tries of the next event in vain.", {s.id: s.attempts for s in states}),
        _gauge("dovidka_webhook_dead_letters", "Events given up.", {s.id: s.dead_letters for s in states}),
    ]
    return Response(metrics.text(families), headers=NO_STORE, media_type=METRICS_TYPE)


def _gauge(name: str, text: str, values: Mapping[str, int]) -> GaugeMetricFamily:
    """A gauge with a value for each webhook, by its id."""
    gauge = GaugeMetricFamily(name, text, labels=["webhook"])
    for id, value in values.items():
        gauge.add_metric([id], value)
    return gauge
