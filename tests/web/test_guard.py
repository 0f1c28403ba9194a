"""The headers of every answer, and the requests that are refused whatever their path."""

import re
from typing import Any

import pytest
from httpx import AsyncClient
from starlette.types import Message

from tests.answers import refusal
from tests.conftest import Load
from tests.factories import article

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


@EACH
async def test_every_answer_has_a_request_id_and_a_duration(newsroom: AsyncClient, path: str) -> None:
    first, second = [(await newsroom.get(path)).headers for _ in range(2)]
    assert re.fullmatch(r"[0-9a-f]{32}", first["x-request-id"])
    assert first["x-request-id"] != second["x-request-id"]
    assert re.fullmatch(r"total;dur=\d+\.\d", first["server-timing"])
    assert first["x-content-type-options"] == "nosniff"


async def test_a_request_id_of_the_client_is_taken_over_where_it_is_harmless(newsroom: AsyncClient) -> None:
    taken = await newsroom.get("/v1/nothing", headers={"X-Request-ID": "front-7.A_b"})
    assert taken.headers["x-request-id"] == taken.json()["request_id"] == "front-7.A_b"
    for odd in ("a b", "<script>", "x" * 65, "", "é".encode()):
        answer = await newsroom.get(
            "/v1/nothing", headers={b"X-Request-ID": odd if isinstance(odd, bytes) else odd.encode()}
        )
        assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/articles", "GET, HEAD, POST"),
        ("/v1/articles/x", "DELETE, GET, HEAD, PATCH"),
        ("/v1/articles/x/publish", "POST"),
        ("/v1/archive", "GET, HEAD"),
        ("/livez", "GET, HEAD"),
        ("/sample/tram.svg", "GET, HEAD"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW", "TRACE", "get"])
async def test_a_method_that_is_not_there_is_refused_with_those_that_are(
    newsroom: AsyncClient, path: str, allowed: str, method: str
) -> None:
    request = newsroom.build_request(method, path)
    request.method = method  # as it is written: the client would make capitals of it
    answer = await newsroom.send(request)
    if method in allowed.split(", "):
        refusal(answer, 401, "unauthorized")
    else:
        refusal(answer, 405, "method-not-allowed")
        assert answer.headers["allow"] == allowed


async def test_a_method_and_a_path_that_are_not_there_are_404(newsroom: AsyncClient) -> None:
    refusal(await newsroom.post("/v1/nothing"), 404, "not-found")


@pytest.mark.parametrize("header", ["Bearer dvk_1234", "Basic YTpi", "", "Bearer é", "\x80\xff"])
async def test_a_key_that_opens_nothing_is_refused_not_ignored(newsroom: AsyncClient, header: str) -> None:
    answer = await newsroom.get("/v1/articles", headers={b"Authorization": header.encode("latin-1")})
    refusal(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "host", ["example.com/abc?bar=", "a b", "a@b", "evil.example\\x", "a,b", "<x>", "[::1", "x:99999999"]
)
async def test_a_host_that_is_none_is_refused(newsroom: AsyncClient, host: str) -> None:
    refusal(await newsroom.get("/v1/tags", headers={"Host": host}), 400, "malformed")


@pytest.mark.parametrize("host", ["evil.example", "[::1]:8000", "localhost:8000", "UPPER.example."])
async def test_no_answer_depends_on_the_host(newsroom: AsyncClient, host: str) -> None:
    path = "/v1/articles?limit=3&include=tags,relations"
    headers = {
        "Host": host,
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "gopher",
        "Forwarded": "host=evil",
    }
    plain, other = await newsroom.get(path), await newsroom.get(path, headers=headers)
    assert (other.status_code, other.content) == (200, plain.content)
    assert other.headers["link"] == plain.headers["link"]
    assert other.headers["etag"] == plain.headers["etag"]


async def test_a_redirect_stays_on_the_host_whatever_the_request_says(newsroom: AsyncClient) -> None:
    answer = await newsroom.get("/v1/articles/chytalnia-pratsiuvatyme-tsilodobovo", headers={"Host": "evil.example"})
    assert answer.headers["location"] == "/v1/articles/chytalnia-shcho-ne-spyt"


async def test_headers_beyond_measure_are_refused(newsroom: AsyncClient) -> None:
    wide = await newsroom.get("/v1/tags", headers={"X-Wide": "x" * 40_000})
    many = await newsroom.get("/v1/tags", headers=[(f"x-{n}", "1") for n in range(101)])
    refusal(wide, 431, "headers-too-large")
    refusal(many, 431, "headers-too-large")


async def test_an_address_beyond_measure_is_refused(newsroom: AsyncClient) -> None:
    for path in (f"/v1/tags?x={'x' * 9_000}", f"/v1/tags/{'x' * 9_000}", f"/{'x/' * 5_000}"):
        refusal(await newsroom.get(path), 414, "uri-too-long")


@pytest.mark.parametrize("header", ["bytes=" + ",".join(f"{n}-{n}" for n in range(1_500)), "bytes=0-1" + ",0-" * 2_000])
async def test_a_header_of_many_ranges_costs_nothing(newsroom: AsyncClient, header: str) -> None:
    for path in ("/v1/articles", "/sample/tram.svg"):
        answer = await newsroom.get(path, headers={"Range": header, "Accept": "text/html;q=0.1," * 900})
        assert float(answer.headers["server-timing"].removeprefix("total;dur=")) < 250


async def test_what_nobody_expected_is_a_problem_that_shows_nothing_of_its_cause(
    api: AsyncClient, load: Load, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await load(article("flood"))

    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("SELECT secret FROM /var/lib/private")

    monkeypatch.setattr("app.articles.store.get", fail)
    answer = await api.get("/v1/articles/flood")
    refusal(answer, 500, "internal-error")
    assert not re.search(r"SELECT|secret|private|Traceback|\.py", answer.text + str(answer.headers))
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-request-id"] in "".join(capsys.readouterr())


async def test_the_body_of_head_is_empty_before_any_server_drops_it(newsroom: AsyncClient) -> None:
    """Asked past httpx, which would hide a body."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "HEAD",
        "scheme": "http",
    }
    scope |= {"path": "/v1/tags/city", "raw_path": b"/v1/tags/city", "query_string": b"", "root_path": ""}
    scope |= {"headers": [(b"host", b"x")]}
    await newsroom._transport.app(scope, receive, send)  # type: ignore[attr-defined]
    lengths = [int(value) for name, value in sent[0]["headers"] if name == b"content-length"]
    assert lengths[0] > 0
    assert b"".join(message["body"] for message in sent[1:]) == b""


async def test_a_range_of_a_drawing_is_the_whole_of_it(newsroom: AsyncClient) -> None:
    whole = await newsroom.get("/sample/tram.svg")

    for asked in ("bytes=a", "items=0-1", "bytes=9999999-", "bytes=0-9"):
        part = await newsroom.get("/sample/tram.svg", headers={"Range": asked})
        assert (part.status_code, part.content) == (200, whole.content)
