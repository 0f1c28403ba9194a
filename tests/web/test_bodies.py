"""Request bodies: what is read, and how every other body is refused."""

import json
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

import pytest
from fastapi import Depends, FastAPI, Request
from httpx import ASGITransport, AsyncClient, Response

from app.articles.schemas import ArticleIn
from app.content.blocks import WireModel
from app.web import problems
from app.web.bodies import JSON, MERGE_PATCH, JsonBody, read_body
from app.web.fields import Line
from app.web.freshness import Freshness
from app.web.guard import Guard
from app.web.strict_json import MOST_BYTES
from tests.answers import refusal

STORY: Final[dict[str, Any]] = {"slug": "flood", "language": "en", "headline": "Water", "body": []}


class Named(WireModel):
    name: Line
    number: int | None = None
    share: float | None = None


def _application() -> FastAPI:
    api = FastAPI(openapi_url=None)
    problems.install(api)

    @api.post("/named")
    async def name(request: Request, sent: Annotated[Named, Depends(JsonBody(Named))]) -> dict[str, Any]:
        return {"name": sent.name, "bytes": len(await read_body(request))}

    @api.patch("/named")
    async def rename(sent: Annotated[Named, Depends(JsonBody(Named, JSON, MERGE_PATCH))]) -> str:
        return sent.name

    @api.post("/stories")
    async def write(sent: Annotated[ArticleIn, Depends(JsonBody(ArticleIn))]) -> str:
        return sent.headline

    api.add_middleware(Guard, origins=None, freshness=Freshness(), is_content=lambda path: False)
    return api


@pytest.fixture
async def desk() -> AsyncIterator[AsyncClient]:
    async with AsyncClient(transport=ASGITransport(_application()), base_url="http://dovidka.test") as desk:
        yield desk


async def send(
    desk: AsyncClient, content: Any, path: str = "/named", media_type: str = JSON, **headers: str
) -> Response:
    return await desk.post(path, content=content, headers={"Content-Type": media_type, **headers})


def faults(answer: Response, status: int, code: str) -> list[tuple[str, str]]:
    """(pointer, code) of each fault."""
    return [(fault["pointer"], fault["code"]) for fault in refusal(answer, status, code)["errors"]]


# --- media types ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "media_type",
    ["application/json", "Application/JSON", "application/json; charset=utf-8", 'application/json;charset="UTF-8"'],
)
async def test_json_is_read(desk: AsyncClient, media_type: str) -> None:
    answer = await send(desk, b'{"name": "Water"}', media_type=media_type)

    assert (answer.status_code, answer.json()) == (200, {"name": "Water", "bytes": 17})


@pytest.mark.parametrize(
    "media_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/merge-patch+json",
        "application/jsonx",
        "text/json",
        "",
        "application/json; charset=utf-7",
        "application/json; charset=utf-16",
        "application/json;charset=",
    ],
)
async def test_other_media_types_and_charsets_are_not_read(desk: AsyncClient, media_type: str) -> None:
    answer = await send(desk, b'{"name": "Water"}', media_type=media_type)

    (fault,) = refusal(answer, 415, "unsupported-media-type")["errors"]
    assert fault["parameter"] == "Content-Type"


async def test_a_body_without_a_media_type_or_with_two_is_not_read(desk: AsyncClient) -> None:
    bare = await desk.post("/named", content=b"{}")
    twice = await desk.post("/named", content=b"{}", headers=[("Content-Type", JSON), ("Content-Type", JSON)])

    for answer in (bare, twice):
        refusal(answer, 415, "unsupported-media-type")
        assert answer.headers["accept"] == JSON


async def test_a_merge_patch_is_read_where_it_is_taken(desk: AsyncClient) -> None:
    for media_type in (JSON, MERGE_PATCH):
        answer = await desk.patch("/named", content=b'{"name": "Water"}', headers={"Content-Type": media_type})
        assert answer.json() == "Water"
    other = await desk.patch("/named", content=b"{}", headers={"Content-Type": "application/json-patch+json"})
    (fault,) = refusal(other, 415, "unsupported-media-type")["errors"]
    assert fault["allowed"] == [JSON, MERGE_PATCH]


@pytest.mark.parametrize("coding", ["gzip", "identity", "br", ""])
async def test_a_packed_body_is_not_unpacked(desk: AsyncClient, coding: str) -> None:
    answer = await send(desk, b'{"name": "Water"}', **{"Content-Encoding": coding})

    assert refusal(answer, 415, "unsupported-media-type")["errors"][0]["parameter"] == "Content-Encoding"
    assert answer.headers["accept-encoding"] == "identity"


# --- size ----------------------------------------------------------------------------------------------------------


class _Counted:
    """A body without an end that counts how many bytes of it were read."""

    def __init__(self) -> None:
        self.taken = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.taken += 65_536
            assert self.taken < 3 * MOST_BYTES, "it is read to its end, and it has none"
            yield b" " * 65_536


async def _unbuffered(body: _Counted, **headers: str) -> tuple[int, bytes]:
    """(status, answer) of a request whose body is sent in pieces; httpx would first read it whole."""
    sent: list[Any] = []
    source = aiter(body)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": await anext(source), "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    sent_headers = {"host": "dovidka.test", "content-type": JSON, **headers}
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": "/named",
        "raw_path": b"/named",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in sent_headers.items()],
    }
    await _application()(scope, receive, send)
    return sent[0]["status"], sent[1]["body"]


async def test_a_body_that_says_it_is_too_long_is_not_read() -> None:
    body = _Counted()

    status, answer = await _unbuffered(body, **{"content-length": str(MOST_BYTES + 1)})

    assert (status, json.loads(answer)["code"], body.taken) == (413, "too-large", 0)


async def test_a_body_that_does_not_say_its_length_is_read_no_further_than_the_limit() -> None:
    body = _Counted()

    status, answer = await _unbuffered(body)

    assert (status, json.loads(answer)["code"]) == (413, "too-large")
    assert body.taken == MOST_BYTES + 65_536


@pytest.mark.parametrize(
    ("declared", "status"),
    [("-1", 400), ("x", 400), ("1_0", 400), ("²", 400), ("9" * 5_000, 413), (str(2**64), 413)],
)
async def test_a_length_that_is_none_or_beyond_bounds_is_refused(declared: str, status: int) -> None:
    assert (await _unbuffered(_Counted(), **{"content-length": declared}))[0] == status


async def test_a_body_may_fill_the_limit(desk: AsyncClient) -> None:
    text = b'{"name": "Water"}'

    assert (await send(desk, text.ljust(MOST_BYTES))).json()["bytes"] == MOST_BYTES
    refusal(await send(desk, text.ljust(MOST_BYTES + 1)), 413, "too-large")


# --- JSON ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "where", "detail"),
    [
        (b"", "empty", "", "is empty"),
        (b" \n", "empty", "", "is empty"),
        (b"\xef\xbb\xbf{}", "malformed", "", "begins with a byte order mark"),
        ('{"name": "Вода"}'.encode("utf-16"), "not-utf-8", "", "is not UTF-8 (byte 1)"),
        ('{"name": "Вода"}'.encode("cp1251"), "not-utf-8", "", "is not UTF-8 (byte 11)"),
        (b'{"name": "\xed\xa0\x80"}', "not-utf-8", "", "is not UTF-8 (byte 11)"),
        (b'{"name": "\\ud800"}', "malformed", "", "at line 1 column 17"),
        (b'{"name": "\x00"}', "malformed", "", "control character"),
        (b"{name: 1}", "malformed", "", "at line 1 column 2"),
        (b'{"name": "Wa', "malformed", "", "EOF"),
        (b"{} {}", "malformed", "", "trailing characters"),
        (b'{"name": "a",}', "malformed", "", "trailing comma"),
        (b'{"name": "a", "name": "b"}', "malformed", "", "key"),
        (b'{"name": "a", "n\\u0061me": "b"}', "malformed", "", "key"),
        (b'{"x": {"%s": 1, "%s": 2}}' % (b"k" * 90_000, b"k" * 90_000), "malformed", "", "key"),
        (b'{"share": NaN}', "malformed", "", "at line 1"),
        (b'{"share": -Infinity}', "malformed", "", "at line 1"),
        (b'{"share": 1e999}', "malformed", "/share", "a number beyond all bounds"),
        (b'{"a/b": [0, {"~": -1e999}]}', "malformed", "/a~1b/1/~0", "a number beyond all bounds"),
        (b"1e999", "malformed", "", "a number beyond all bounds"),
        (b'{"number": %s}' % (b"9" * 1_000_000), "malformed", "", "out of range"),
        (b'{"a": %s}' % (b"[" * 64 + b"]" * 64), "malformed", "/a" + "/0" * 63, "nested deeper than 64 levels"),
        (b"[" * 500 + b"]" * 500, "malformed", "", "nested deeper than 64 levels"),
        (b"[" * 1_000_000, "malformed", "", "nested deeper than 64 levels"),
    ],
    ids=lambda value: f"{value[:24]!r}, {len(value)} bytes" if isinstance(value, bytes) else "",
)
async def test_text_that_is_not_strict_json_is_refused(
    desk: AsyncClient, text: bytes, code: str, where: str, detail: str
) -> None:
    (fault,) = refusal(await send(desk, text), 400, "malformed")["errors"]

    assert (fault["code"], fault["pointer"]) == (code, where)
    assert detail in fault["detail"]
    assert len(fault["detail"]) < 300


# --- the model -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ([], [("", "model-type")]),
        (None, [("", "model-type")]),
        ("text", [("", "model-type")]),
        ({}, [("/name", "missing")]),
        ({"name": "a\u0000"}, [("/name", "invalid")]),
        ({"name": "a\nb"}, [("/name", "invalid")]),
        ({"name": 7}, [("/name", "string-type")]),
        ({"name": 10**4_000}, [("/name", "string-type")]),
        ({"name": "a", "share": 10**400}, [("/share", "float-type")]),
        ({"name": "a", "a/b~c": 1}, [("/a~1b~0c", "extra-forbidden")]),
        ({"name": "a", "number": "x"}, [("/number", "int-parsing")]),
    ],
)
async def test_a_document_that_the_model_does_not_accept_is_refused_with_a_pointer(
    desk: AsyncClient, document: Any, expected: list[tuple[str, str]]
) -> None:
    assert faults(await send(desk, json.dumps(document)), 422, "invalid") == expected


@pytest.mark.parametrize(
    ("fields", "where", "code"),
    [
        ({"revision": 7}, "/revision", "extra-forbidden"),
        ({"status": "published"}, "/status", "extra-forbidden"),
        ({"body": [{"type": "paragraph"}]}, "/body/0/html", "missing"),
        ({"body": [{"type": "paragraph", "html": 7}]}, "/body/0/html", "string-type"),
        ({"body": [{"type": "paragraph", "html": "a", "list": 1}]}, "/body/0/list", "extra-forbidden"),
        ({"body": [{"type": "list", "items": ["a", 7]}]}, "/body/0/items/1", "string-type"),
        ({"body": [{"type": "table", "rows": [["a", 7]]}]}, "/body/0/rows/0/1", "string-type"),
        ({"body": [{"type": "scroll"}]}, "/body/0/type", "union-tag-invalid"),
        ({"body": [{"html": "a"}]}, "/body/0/type", "union-tag-not-found"),
        ({"body": [7]}, "/body/0", "model-attributes-type"),
        ({"image": {"focal_point": {"x": 2, "y": 0}}}, "/image/focal_point/x", "less-than-equal"),
    ],
)
async def test_a_pointer_leads_into_the_body_as_it_was_written(
    desk: AsyncClient, fields: dict[str, Any], where: str, code: str
) -> None:
    answer = await send(desk, json.dumps(STORY | fields), "/stories")

    assert faults(answer, 422, "invalid") == [(where, code)]


async def test_an_unknown_kind_is_refused_with_the_kinds_that_exist(desk: AsyncClient) -> None:
    answer = await send(desk, json.dumps(STORY | {"body": [{"type": "scroll"}]}), "/stories")

    (fault,) = answer.json()["errors"]
    assert fault["allowed"][:3] == ["paragraph", "heading", "quote"]
    assert "scroll" not in answer.text


@pytest.mark.parametrize("document", [[], 7, {"body": [{"type": "x"}, 3, {}]}, {"body": {"type": "paragraph"}}])
async def test_no_refusal_names_our_classes(desk: AsyncClient, document: Any) -> None:
    answer = await send(desk, json.dumps(document), "/stories")

    assert "instance of" not in answer.text
    assert "ArticleIn" not in answer.text


async def test_of_many_faults_a_hundred_are_listed(desk: AsyncClient) -> None:
    begun = time.process_time()
    answer = await send(desk, json.dumps({"name": "a", **{f"x{n}": 1 for n in range(150_000)}}))

    problem = refusal(answer, 422, "invalid")
    assert len(problem["errors"]) == 100
    assert "149999 more" in problem["detail"]
    assert time.process_time() - begun < 20
