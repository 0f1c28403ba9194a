"""What browsers let pages of other origins do with the API. Source: Fetch, 3.3 (CORS protocol)."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient, Response

from tests.answers import refusal
from tests.conftest import Fresh, client
from tests.openapi import document, operations, resolve

ANYWHERE = [
    "/",
    "/v1/articles",
    "/v1/tags/city",
    "/v1/nothing",
    "/v1/tags?x=1",
    "/livez",
    "/problems/gone",
    "/sample/x",
]
EACH = pytest.mark.parametrize("path", ANYWHERE)
READER, DESK, STRANGER = "https://reader.example", "http://localhost:3000", "https://stranger.example"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
# Response headers that pages may read without being told. Source: Fetch, 2.2.2.
SAFELISTED = {"Cache-Control", "Content-Language", "Content-Length", "Content-Type", "Expires", "Last-Modified"}


def names(answer: Response, header: str) -> set[str]:
    return {name.lower() for name in answer.headers[header].split(", ")}


def preflight(method: str = "GET", *headers: str, origin: str = READER) -> dict[str, str]:
    wanted = {"Access-Control-Request-Headers": ",".join(headers)} if headers else {}
    return {"Origin": origin, "Access-Control-Request-Method": method, **wanted}


def allowances(answer: Response) -> list[str]:
    return [name for name in answer.headers if name.startswith("access-control-")]


@pytest.fixture
async def narrow(fresh: Fresh, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncClient]:
    """A client of an API that pages of two origins may use."""
    monkeypatch.setenv("CORS_ORIGINS", f"{READER},{DESK}")
    with fresh(True) as url:
        async with client(url) as api:
            yield api


@EACH
async def test_pages_of_every_origin_may_read(newsroom: AsyncClient, path: str) -> None:
    answer, other = await newsroom.get(path, headers={"Origin": READER}), await newsroom.get(path)

    assert answer.headers["access-control-allow-origin"] == other.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert "origin" not in answer.headers.get("vary", "").lower()


@EACH
@pytest.mark.parametrize("method", METHODS)
async def test_a_preflight_names_the_method_and_the_headers_that_it_allows(
    newsroom: AsyncClient, path: str, method: str
) -> None:
    answer = await newsroom.options(path, headers=preflight(method, "authorization", "content-type", "if-match"))

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert method.lower() in names(answer, "access-control-allow-methods")
    assert names(answer, "access-control-allow-headers") >= {"authorization", "content-type", "if-match"}
    assert "*" not in answer.headers["access-control-allow-headers"]
    assert int(answer.headers["access-control-max-age"]) > 0


async def test_every_method_and_request_header_of_the_specification_is_allowed(newsroom: AsyncClient) -> None:
    methods = {method for path in document()["paths"].values() for method in path}
    declared = [resolve(one) for _, operation in operations().values() for one in operation.get("parameters", ())]
    headers = {one["name"].lower() for one in declared if one["in"] == "header"}

    answer = await newsroom.options("/v1/articles", headers=preflight())

    assert {"get", "post", "put", "patch", "delete"} <= methods <= names(answer, "access-control-allow-methods")
    assert {"if-match", "if-none-match", "last-event-id"} <= headers <= names(answer, "access-control-allow-headers")


async def test_the_contract_names_every_header_that_a_page_may_send(newsroom: AsyncClient) -> None:
    answer = await newsroom.options("/v1/articles", headers=preflight())
    page = (Path(__file__).parents[2] / "docs/contract.md").read_text()
    sent = page.partition("## Browsers")[2].partition(" and read every")[0].partition(" send ")[2]
    assert {name.lower() for name in re.findall("`([A-Za-z-]+)`", sent)} == names(
        answer, "access-control-allow-headers"
    )


async def test_every_response_header_of_the_specification_is_exposed(newsroom: AsyncClient) -> None:
    answers = [resolve(one) for _, operation in operations().values() for one in operation["responses"].values()]
    headers = {name.lower() for one in answers for name in one.get("headers", ())} - {*map(str.lower, SAFELISTED)}

    answer = await newsroom.get("/v1/articles", headers={"Origin": READER})

    assert {"etag", "link", "location", "content-position", "retry-after", "x-request-id"} <= headers
    assert headers <= names(answer, "access-control-expose-headers")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("origin", [READER, DESK])
async def test_an_origin_of_a_narrower_list_is_allowed_by_its_name(
    narrow: AsyncClient, origin: str, method: str
) -> None:
    asked = await narrow.options("/v1/tags/x", headers=preflight(method, "authorization", origin=origin))
    answer = await narrow.request(method, "/v1/tags/x", headers={"Origin": origin})

    assert asked.headers["access-control-allow-origin"] == answer.headers["access-control-allow-origin"] == origin
    assert method.lower() in names(asked, "access-control-allow-methods")
    assert "etag" in names(answer, "access-control-expose-headers")
    assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("origin", [STRANGER, "null", "https://reader.example:8443", "http://reader.example", ""])
async def test_an_origin_that_a_narrower_list_does_not_name_is_allowed_nothing(
    narrow: AsyncClient, origin: str, method: str
) -> None:
    asked = await narrow.options("/v1/articles", headers=preflight(method, "authorization", origin=origin))
    answer = await narrow.request(method, "/v1/articles", headers={"Origin": origin})

    assert (asked.status_code, allowances(asked), allowances(answer)) == (204, [], [])
    assert "Origin" in answer.headers["vary"]


async def test_with_a_narrower_list_every_answer_says_that_it_depends_on_the_origin(narrow: AsyncClient) -> None:
    for path in ("/v1/articles", "/livez", "/v1/nothing", "/"):
        answer = await narrow.get(path)
        assert "Origin" in answer.headers["vary"], path
        assert allowances(answer) == [], path
    unchanged: Any = await narrow.get("/v1/articles", headers={"If-None-Match": "*", "Origin": READER})
    assert (unchanged.status_code, unchanged.headers["vary"]) == (304, "Accept-Encoding, Authorization, Origin")
    refusal(await narrow.post("/v1/articles", headers={"Origin": STRANGER}), 401, "unauthorized")
