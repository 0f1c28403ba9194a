"""Asks the sample newsroom for everything that it answers, in every shape that a client may ask for."""

import json
from typing import Any, TypedDict

from httpx import AsyncClient

from tests.openapi import EXAMPLES, operation_of, operations

Json = dict[str, Any]
NOUNS = ("articles", "notes", "sources", "tags")
INCLUDABLE = {"articles": "tags,sources,notes,relations,translations", "notes": "tags,sources", "tags": "counts"}


class Answer(TypedDict):
    """An answer, with the operation that gave it, and the group that a generator files that under."""

    operation: str
    group: str
    status: int
    body: Any


async def every_answer(api: AsyncClient, key: dict[str, str]) -> list[Answer]:
    """Lists, items, histories and differences, with `include` and each `fields`; then the writes of the examples."""
    answers: list[Answer] = []

    async def ask(path: str, method: str = "GET", **request: Any) -> Json:
        response = await api.request(method, path, **request)
        operation = operation_of(response.request.url.path, method)
        assert response.is_success, (path, response.text)
        body: Json = response.json() if response.content else {}
        if response.content:
            group = operations()[operation][1]["tags"][0]
            answers.append({"operation": operation, "group": group, "status": response.status_code, "body": body})
        return body

    for noun in NOUNS:
        shapes = [{}, *({"fields": field} for field in _fields(noun))]
        if noun in INCLUDABLE:
            shapes += [{"include": INCLUDABLE[noun]}, {"include": INCLUDABLE[noun], "fields": "slug"}]
        for shape in shapes:
            page = await ask(f"/v1/{noun}", params={"limit": "100", "count": "true", **shape})
        for item in page["items"]:
            path = f"/v1/{noun}/{item['slug']}"
            for shape in shapes[:1] + shapes[-2:]:
                document = await ask(path, params=shape)
            for revision in (await ask(f"{path}/revisions"))["items"]:
                await ask(f"{path}/revisions/{revision['revision']}")
        for shape in shapes:
            document = await ask(path, params=shape)
            assert document["slug"] == item["slug"]
    for path in ("/v1/archive?by=day", "/v1/changes?limit=1000", "/livez", "/readyz?verbose"):
        await ask(path)
    for file in sorted(EXAMPLES.glob("*.json")):
        example = json.loads(file.read_text())
        if "{" not in example["request"] and file.stem in operations() and example["answer"]:
            answers.append(_example(file.stem, example["answer"]))
    await ask("/v1/articles?perspective=drafts&limit=100", headers=key)
    return answers


def _example(operation: str, body: Any) -> Answer:
    """The answer of an example, which other tests hold against the server."""
    declared = operations()[operation][1]
    return {
        "operation": operation,
        "group": declared["tags"][0],
        "status": int(min(declared["responses"])),
        "body": body,
    }


def _fields(noun: str) -> list[str]:
    (fields,) = (one for one in operations()[f"list_{noun}"][1]["parameters"] if one.get("name") == "fields")
    names: list[str] = fields["schema"]["items"]["enum"]
    return [*names, ",".join(names)]
