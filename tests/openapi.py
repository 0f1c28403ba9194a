"""Holds answers against the OpenAPI document. `python -m tests.openapi` writes the sample's answers in it anew."""

import asyncio
import json
import re
import shutil
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
# What `fields` may name in a list, although its items come without.
WHOLE = {"ArticleCard": "ArticleAnswer", "NoteCard": "NoteAnswer"}

# The sample has first revisions alone.
DIFFERENCES = {"get_article_difference", "get_note_difference"}
# Operations on what every server makes for itself, keys and tokens: their examples are written by hand and held against
# the schema, not asked for again.
BY_HAND = {"create_key", "get_key", "list_keys", "revoke_key", "get_preview"}
BY_HAND |= {f"get_preview_{name}" for name in ("html", "text", "markdown", "jsonld", "ninjs")}
BY_HAND |= {"create_webhook", "delete_webhook", "get_webhook", "list_deliveries", "list_webhooks", "replay_webhook"}
BY_HAND |= {"rotate_webhook_secret", "test_webhook", "update_webhook"}

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
    fields = response.request.url.params.get("fields") if response.status_code == 200 else None
    faults = [f"{error.json_path}: {error.message[:300]}" for error in errors(said(response), content, fields)]
    assert not faults, (where, faults)


def errors(body: Any, content: Json, fields: str | None = None) -> Iterable[Any]:
    """What is wrong with a body, held against what is told of it; `fields` are those that were asked for."""
    schema = content["schema"]
    if fields is not None:
        schema = _narrowed(schema, {"id", "slug", *fields.split(",")})
    found: Iterable[Any] = _validator(json.dumps(schema)).iter_errors(body)
    return found


@cache
def _validator(schema: str) -> Draft202012Validator:
    """Holds bodies against this schema. Cost: as much as a body or two, so each is made once."""
    return Draft202012Validator({**json.loads(schema), "components": _closed()}, format_checker=formats)


@cache
def _closed() -> Json:
    """The components, where objects have no fields but those that are told of."""
    schemas: Json = json.loads(json.dumps(document()["components"]["schemas"]))
    for schema in schemas.values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    return {"schemas": schemas}


def _narrowed(schema: Json, names: set[str]) -> Json:
    """The schema of what `fields` leaves of a document, or of the documents on a page."""
    name = schema["$ref"].rpartition("/")[2]
    told = _closed()["schemas"][name]
    if "items" in told["properties"]:
        items = _narrowed(told["properties"]["items"]["items"], names)
        return {**told, "properties": {**told["properties"], "items": {"type": "array", "items": items}}}
    whole = _closed()["schemas"][WHOLE.get(name, name)]["properties"]
    kept = {field: part for field, part in whole.items() if field in names | {"included"}}
    return {**told, "properties": kept, "required": [field for field in kept if field != "included"]}


def is_public(operation: Json) -> bool:
    """Whether it may be asked without a key."""
    return {} in operation.get("security", [{}])


def success_of(operation: Json) -> str:
    return str(min(operation["responses"]))


def at_the_desk() -> set[str]:
    """Operations that take a key, or a history that the sample has not: what shows them is asked with a key."""
    return {name for name, (_, one) in operations().items() if not is_public(one)} - BY_HAND | DIFFERENCES


def replayed(*, desk: bool) -> list[Path]:
    """The files of examples that the sample newsroom answers: to a key with every scope, or to anyone."""
    files = (file for file in EXAMPLES.glob("*.json") if file.stem not in BY_HAND)
    return sorted(file for file in files if (file.stem in at_the_desk()) == desk)


async def ask(api: AsyncClient, example: Json) -> Response:
    """The answer to the request of an example, after what it says has to be done `before`."""
    for one in example.get("before", ()):
        assert (await ask(api, one)).is_success, one
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
    from tests.conftest import client, load_sample

    url = f"sqlite:///{folder}/sample.db"
    await asyncio.to_thread(migrate, url)
    await load_sample(url)
    async with client(url) as api:
        for file in replayed(desk=False):
            await _write_one(api, file, settled)
    for file in replayed(desk=True):
        copy = shutil.copy(folder / "sample.db", folder / f"{file.stem}.db")
        async with client(f"sqlite:///{copy}") as api:
            api.headers.update(await every_scope(f"sqlite:///{copy}"))
            await _write_one(api, file, written)


async def _write_one(api: AsyncClient, file: Path, kept: Callable[[Any], Any]) -> None:
    example = json.loads(file.read_text())  # noqa: ASYNC240
    found = await ask(api, example)
    assert found.is_success or file.stem not in at_the_desk(), found.text
    answer = said(found)
    if kept(answer) != kept(example["answer"]):
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
