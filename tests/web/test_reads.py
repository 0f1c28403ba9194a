"""Reads are answered by plans: as FastAPI answers them, only sooner."""

from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from fastapi.routing import iter_route_contexts
from httpx import ASGITransport, AsyncClient, Response

from app.main import create_app
from app.settings import Settings
from app.web.reads import Reads

# The answers to these differ each time, or never end.
UNPLANNED = {"/v1/changes/stream"}
ADDRESSES = [
    "/v1/articles",
    "/v1/articles?tag=trams&tag=city&limit=3&include=tags,sources&fields=headline",
    "/v1/articles/the-tram-that-carries-nobody?include=translations",
    "/v1/articles/nothing-of-that-name",
    "/v1/articles/%D1%82%D1%80%D0%B0%D0%BC%D0%B2%D0%B0%D0%B9",
    "/v1/articles/the-tram-that-carries-nobody/revisions/1",
    "/v1/articles/the-tram-that-carries-nobody/revisions/0",
    "/v1/articles/the-tram-that-carries-nobody/revisions/first",
    "/v1/articles/the-tram-that-carries-nobody/diff?from=1",
    "/v1/articles/the-tram-that-carries-nobody/draft",
    "/v1/articles/a/b/c/d",
    "/v1/articles/",
    "/v1/articles?limit=0&tag=",
    "/v1/articles?limit=many&sort=best",
    "/v1/articles?perspective=drafts",
    "/v1/notes?count&language=uk",
    "/v1/sources/%2e%2e",
    "/v1/tags?type=section&include=counts",
    "/v1/tags/trams?fields=labels&fields=slug",
    "/v1/archive?by=week",
    "/v1/changes?after=x",
    "/v1/keys",
    "/livez?x=1",
    "/problems/gone",
    "/problems/none",
    "/",
]
# Of the request itself, and of those before it.
VARYING = {"x-request-id", "server-timing", "cache-status"}


@pytest.fixture(scope="module")
async def without_plans(newsroom_url: str) -> AsyncIterator[AsyncClient]:
    """A client of the sample newsroom in which FastAPI answers every request."""
    app = create_app(Settings(database_url=newsroom_url))
    app.user_middleware = [each for each in app.user_middleware if each.cls is not cast(Any, Reads)]
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://dovidka.test") as api,
    ):
        yield api


def test_every_get_has_a_plan_but_the_stream() -> None:
    app = create_app(Settings())
    reads = Reads(app, list(iter_route_contexts(app.router.routes)))
    paths = [route.path for route in iter_route_contexts(app.router.routes) if route.methods == {"GET"}]
    assert len(paths) > 30
    assert {path for path in paths if path and reads.find(path)[0] is None} == UNPLANNED


def _comparable(answer: Response) -> tuple[int, Any, dict[str, str]]:
    headers = {name: value for name, value in answer.headers.items() if name not in VARYING}
    is_problem = headers.get("content-type") == "application/problem+json"
    return answer.status_code, {**answer.json(), "request_id": ""} if is_problem else answer.content, headers


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("has_key", [False, True])
async def test_a_plan_answers_as_fastapi_does(
    newsroom: AsyncClient, without_plans: AsyncClient, newsroom_key: dict[str, str], address: str, has_key: bool
) -> None:
    headers = newsroom_key if has_key else {}
    ours, theirs = [await client.get(address, headers=headers) for client in (newsroom, without_plans)]
    assert _comparable(ours) == _comparable(theirs)


async def test_a_head_and_a_refused_key_go_through_the_plans_too(
    newsroom: AsyncClient, without_plans: AsyncClient
) -> None:
    for method, headers in (("HEAD", {}), ("GET", {"Authorization": "Bearer wrong"}), ("POST", {})):
        ours, theirs = [
            await client.request(method, "/v1/tags/trams", headers=headers) for client in (newsroom, without_plans)
        ]
        assert _comparable(ours) == _comparable(theirs)
