"""A process that has enough to do says so at once, instead of letting everybody wait."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.types import Message, Receive, Scope, Send

from app.web.workload import Admission, Workload
from tests.answers import refusal
from tests.conftest import Load, application
from tests.factories import tag
from tests.processes import until

SCOPE: dict[str, Any] = {"type": "http", "path": "/v1/tags", "request_id": "r"}
Serving = Callable[..., AbstractAsyncContextManager[tuple[AsyncClient, Workload]]]


@pytest.fixture
def serving(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Serving:
    """Says `serving(requests_at_most=2)`: a client of the API under these settings, and the work that it does."""

    @asynccontextmanager
    async def serving(**settings: int) -> AsyncIterator[tuple[AsyncClient, Workload]]:
        for name, value in settings.items():
            monkeypatch.setenv(name.upper(), str(value))
        with application(database_url) as app:
            async with (
                app.router.lifespan_context(app),
                AsyncClient(transport=ASGITransport(app), base_url="http://dovidka.test") as api,
            ):
                yield api, app.state.workload

    return serving


async def test_more_requests_than_may_be_at_work_are_refused_at_once(serving: Serving) -> None:
    async with serving(requests_at_most=3) as (api, workload):
        workload.at_work = 3
        answer = await api.get("/v1/tags")
        refusal(answer, 503, "unavailable")
        assert answer.headers["retry-after"] == "2"
        assert [(await api.get(path)).status_code for path in ("/livez", "/readyz")] == [200, 200]
        workload.at_work = 2
        assert (await api.get("/v1/tags")).status_code == 200
        assert workload.at_work == 2


async def test_a_request_is_at_work_until_it_is_answered_and_not_while_its_client_is_waited_for() -> None:
    workload = Workload(1, 0)
    counts: list[int] = []
    body_arrives = asyncio.Event()

    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        counts.append(workload.at_work)
        await receive()
        counts.append(workload.at_work)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        counts.append(workload.at_work)
        raise ConnectionError

    async def receive() -> Message:
        counts.append(workload.at_work)
        await body_arrives.wait()
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        counts.append(workload.at_work)

    admission = Admission(endpoint, workload)
    slow = asyncio.create_task(admission(SCOPE, receive, send))
    await until(lambda: len(counts) == 2)
    body_arrives.set()
    with pytest.raises(ConnectionError):
        await slow
    assert counts == [1, 0, 1, 0, 1]
    assert workload.at_work == 0


@pytest.mark.parametrize("path", ["/v1/changes?after=1&wait=30"])
async def test_those_who_wait_for_news_are_counted_apart_and_bounded(serving: Serving, load: Load, path: str) -> None:
    await load(tag("rain"))
    async with serving(requests_at_most=1, waits_at_most=2) as (api, workload):
        head = (await api.get("/v1/changes?after=0")).json()["head"]
        path = f"/v1/changes?after={head}&wait=30"
        waiting: list[asyncio.Task[Any]] = []
        for number in (1, 2):
            waiting.append(asyncio.create_task(api.get(path)))
            await until(lambda number=number: workload.waits_open == number)  # type: ignore[misc]
        assert workload.at_work == 0
        refusal(await api.get(path), 503, "unavailable")
        assert (await api.get("/v1/changes?after=0")).status_code == 200
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await until(lambda: workload.waits_open == 0)
        assert workload.at_work == 0
