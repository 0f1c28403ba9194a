"""Holds answers against the OpenAPI document. `python -m tests.openapi` writes the sample's answers in it anew."""

import asyncio
import json
import re
import tempfile
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

from httpx import AsyncClient, Response
from jsonschema import Draft202012Validator, FormatChecker

from app.db import Database, migrate
from app.keys import store as keys
from app.keys.schemas import KeyIn
from app.main import SAMPLE, create_app
from app.settings import Settings
from app.web.caller import SCOPES
from tests.answers import bearing

Json = dict[str, Any]
EXAMPLES = SAMPLE / "answers"
# Operations on what every server names for itself, keys, webhooks and previews: their examples name none of it.
NAMED_BY_SERVER = {"get_key", "revoke_key", "get_preview", "delete_webhook", "get_webhook", "list_deliveries"}
NAMED_BY_SERVER |= {"replay_webhook", "rotate_webhook_secret", "test_webhook", "update_webhook"}
NAMED_BY_SERVER |= {f"get_preview_{name}" for name in ("html", "text", "markdown", "jsonld", "ninjs")}
# Examples whose answers are written by hand and held against the schema: they differ from one server to the next.
BY_HAND = NAMED_BY_SERVER | {"create_key", "list_keys", "create_webhook", "list_webhooks"}
# Examples that cannot be tried in a test. A stream does not end; a webhook needs a receiver, and that of the example
# cannot be resolved anywhere.
UNTRIED = NAMED_BY_SERVER | {"stream_changes", "create_webhook"}

formats = FormatChecker(["date", "uuid"])


def _is_instant(value: object) -> bool:
    """API.md 2: in UTC with `Z` and milliseconds."""
    return isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value) is not None


formats.checks("date-time")(_is_instant)


@cache
def document() -> Json:
    found: Json = create_app(Settings()).openapi()
    return found


@cache
def operations() -> dict[str, tuple[str, Json]]:
    """Path and operation by operation id."""
    return {
        operation["operationId"]: (path, operation)
        for path, methods in document()["paths"].items()
        for operation in methods.values()
    }


def resolve(part: Json) -> Json:
    """What a `$ref` leads to."""
    while "$ref" in part:
        found: Any = document()
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def operation_of(path: str, method: str = "GET") -> str:
    """Id of the operation that answers at a path; HEAD is answered as GET."""
    method = "get" if method == "HEAD" else method.lower()
    for operation, (template, declared) in operations().items():
        if declared is document()["paths"][template].get(method) and re.fullmatch(
            re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)), path
        ):
            return operation
    raise AssertionError(f"no operation is declared at {path}")


def check_answer(response: Response, operation: str | None = None) -> None:
    """The answer is one that the operation declares: status, headers, media type, body (which has no other fields)."""
    _, declared = operations()[operation or operation_of(response.request.url.path, response.request.method)]
    where = f"{response.request.method} {response.request.url} {response.status_code}"
    answers = declared["responses"]
    told = resolve(answers.get(str(response.status_code)) or answers["default"])
    assert str(response.status_code) in answers or response.status_code in {400, 405, 413, 414, 415, 431, 500}, where
    for name, header in told["headers"].items():
        assert name in response.headers or not resolve(header)["required"], f"{where}: {name} is missing"
    for name in ("ETag", "Link", "Location", "Retry-After", "Vary", "WWW-Authenticate"):
        assert name in told["headers"] or name not in response.headers, f"{where}: {name} is not declared"
    if "content" not in told or response.request.method == "HEAD":
        assert response.content == b"", where
        return
    ((media_type, content),) = told["content"].items()
    assert response.headers["content-type"].removesuffix("; charset=utf-8") == media_type, where
    body, fields = said(response), response.request.url.params.get("fields")
    faults = [f"{error.json_path}: {error.message[:300]}" for error in errors(body, content, whole=fields is None)]
    assert not faults, (where, faults)
    if fields is not None and response.status_code == 200:
        for item in body.get("items", [body]):
            assert {*fields.split(",")} <= item.keys() <= {"id", "slug", "included", *fields.split(",")}, where


def errors(body: Any, content: Json, *, whole: bool = True) -> Iterable[Any]:
    """What is wrong with a body, held against what is told of it.

    A document that is `whole` is not held against what is told of those that `fields` selected.
    """
    found: Iterable[Any] = _validator(json.dumps(content["schema"]), whole).iter_errors(body)
    return found


@cache
def _validator(schema: str, whole: bool) -> Draft202012Validator:
    """Holds bodies against this schema. Cost: as much as a body or two, so each is made once."""
    return Draft202012Validator({**json.loads(schema), "components": _closed(whole)}, format_checker=formats)


@cache
def _closed(whole: bool) -> Json:
    """The components, where objects have no fields but those that are told of; if `whole`, selections fit nothing."""
    schemas: Json = json.loads(json.dumps(document()["components"]["schemas"]))
    for name, schema in schemas.items():
        if "properties" in schema:
            schema["additionalProperties"] = False
        if whole and name.endswith("Selection"):
            schemas[name] = {"not": {}}
    return {"schemas": schemas}


def is_public(operation: Json) -> bool:
    """Whether it may be asked without a key."""
    return not operation["security"] or {} in operation["security"]


def success_of(operation: Json) -> str:
    return str(min(operation["responses"]))


def at_the_desk() -> set[str]:
    """Operations that take a key."""
    return {name for name, (_, one) in operations().items() if not is_public(one)}


def tried() -> list[str]:
    """Operations in the order of the reference page, without those that cannot be tried."""
    groups = [tag for group in document()["x-tagGroups"] for tag in group["tags"]]
    return [
        name
        for group in groups
        for name, (_, operation) in operations().items()
        if operation["tags"] == [group] and name not in UNTRIED
    ]


def printed(name: str) -> Json:
    """The request that the reference page shows of an operation: the arguments of `AsyncClient.request`."""
    path, operation = operations()[name]
    method = next(one for one, declared in document()["paths"][path].items() if declared is operation)
    query: list[tuple[str, str]] = []
    headers: dict[str, str] = {}
    for parameter in map(resolve, operation["parameters"]):
        sample = parameter.get("examples", {}).get("sample", {})
        if parameter["in"] == "header" and "example" in parameter:
            headers[parameter["name"]] = parameter["example"]
        elif "value" in sample and not sample.get("x-disabled"):
            value = sample["value"]
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", str(value))
            elif not isinstance(value, list) or parameter.get("explode") is False:
                query.append((parameter["name"], ",".join(value) if isinstance(value, list) else to_json(value)))
            else:
                query += [(parameter["name"], each) for each in value]
    request: Json = {"method": method.upper(), "url": path, "params": query, "headers": headers}
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        body = content["examples"]["sample"]["value"]
        headers.setdefault("Content-Type", media_type)
        request["content"] = body if isinstance(body, str) else json.dumps(body)
    return request


def to_json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


async def ask(api: AsyncClient, example: Json) -> Response:
    """The answer to the request of an example."""
    method, body, headers = example.get("method", "GET"), example.get("body"), example.get("headers")
    if isinstance(body, str):
        headers = {"Content-Type": "application/x-ndjson"}
        return await api.request(method, example["request"], headers=headers, content=body.encode())
    return await api.request(method, example["request"], headers=headers, json=body)


def said(answer: Response) -> Any:
    """The body of an answer: what its JSON says, or its text; None where there is none."""
    if answer.headers.get("content-type", "").endswith("json") and "ndjson" not in answer.headers["content-type"]:
        return answer.json()
    return answer.text or None


def settled(answer: Any) -> Any:
    """The answer without what differs from one server to the next: ids of requests, cursors, instants of an import."""
    match answer:
        case dict():
            return {name: settled(value) for name, value in answer.items() if value is None or name not in VARYING}
        case list():
            return [settled(one) for one in answer]
    return answer


VARYING = {"request_id", "next", "prev", "at"}
MADE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]{12}Z|(?<=/previews/)[\w-]+"
)


def written(answer: Any) -> Any:
    """What is settled of the answer to a write, which makes ids, instants and tokens of its own."""
    return json.loads(MADE.sub("…", json.dumps(settled(answer))))


async def _write(folder: Path) -> None:
    from tests.conftest import begin_index, client, load_sample

    url = f"sqlite:///{folder}/sample.db"
    await asyncio.to_thread(migrate, url)
    await begin_index(url)
    await load_sample(url)
    async with client(url) as api:
        for name in [*refusals(), *(name for name in tried() if name not in at_the_desk())]:
            await _write_one(api, EXAMPLES / f"{name}.json", settled)
        api.headers.update(await every_scope(url))
        for name in tried():
            if name in at_the_desk():
                await _write_one(api, EXAMPLES / f"{name}.json", written)


def refusals() -> list[str]:
    """Shared responses whose examples the sample newsroom gives."""
    return sorted(file.stem for file in EXAMPLES.glob("*.json") if file.stem not in operations())


async def _write_one(api: AsyncClient, file: Path, kept: Callable[[Any], Any]) -> None:
    example = json.loads(file.read_text())  # noqa: ASYNC240
    found = await ask(api, example)
    assert found.is_success or file.stem in refusals(), (file.stem, found.text)
    answer = said(found)
    if file.stem not in BY_HAND and kept(answer) != kept(example["answer"]):
        file.write_text(json.dumps({**example, "answer": answer}, ensure_ascii=False, indent=2) + "\n")  # noqa: ASYNC240


async def every_scope(url: str) -> dict[str, str]:
    """The header of a new key in this database, which has every scope."""
    database = Database(url)
    made = await keys.create(database, KeyIn(name="Night desk", scopes=[*SCOPES]), created_by=None)
    await database.close()
    return bearing(made.key)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        asyncio.run(_write(Path(home)))
