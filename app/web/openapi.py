"""The OpenAPI document: what FastAPI derives from the routes, completed and made fit to be read. Knows no noun.

Routes name the answers they share with all others by the constants below. What is told of an answer by an example
stands in a folder of files, one for each operation and each shared answer: the request, and what it was answered.
"""

import asyncio
from collections.abc import Iterable, Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

from fastapi import FastAPI, Request
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from pydantic_core import from_json, to_json
from starlette.responses import Response

from app.errors import Forbidden, Refusal, Unavailable
from app.web.caching import answer
from app.web.problems import MEDIA_TYPE, ForbiddenProblem, Problem, WithdrawnProblem, problem

# 3.2 would be needed for streams only, and fewer tools read it.
VERSION: Final = "3.1.0"

Json = dict[str, Any]
Responses = dict[int | str, Json]


def _ref(kind: str, name: str) -> Json:
    return {"$ref": f"#/components/{kind}/{name}"}


def _header(text: str, example: str | int, kind: str = "string", *, required: bool = True) -> Json:
    return {"description": text, "required": required, "schema": {"type": kind}, "example": example}


HEADERS: Final[Json] = {
    "ETag": _header(
        "Strong, and equal for one URL and encoding if and only if the body is equal. Of a plain document it is the"
        " revision (`-gzip` behind it where the body is compressed), of all else a digest.",
        '"7"',
    ),
    "CacheControl": _header(
        "How long the answer may be kept. Problems and redirects are `no-store`, answers to a key `private, no-store`.",
        "public, max-age=5, stale-while-revalidate=30",
    ),
    "Vary": _header("The request headers that the answer depends on.", "Accept-Encoding, Authorization"),
    "Link": _header(
        'The pages beside this one, `rel="next"` and `rel="prev"` (RFC 8288), as relative references; not there where'
        " there is only one page.",
        '</v1/articles?limit=20&cursor=d8pM>; rel="next"',
        required=False,
    ),
    "Location": _header("Where it is; of a redirect with the query as sent.", "/v1/articles/x"),
    "RetryAfter": _header("Seconds to wait before asking again.", 2, "integer"),
    "RequestId": _header(
        "Names this request in the server's log: the one sent, where it was usable (1 to 64 letters, digits, `.`, `_`,"
        " `-`), or a new one.",
        "01a2048e87357795a8f8b4f4a659af3e",
    ),
    "ServerTiming": _header("How long the server worked, in milliseconds.", "total;dur=0.7"),
}
_ALWAYS: Final = {"X-Request-ID": _ref("headers", "RequestId"), "Server-Timing": _ref("headers", "ServerTiming")}
_KEPT: Final = {"Cache-Control": _ref("headers", "CacheControl"), "Vary": _ref("headers", "Vary")}
_READ: Final = {"ETag": _ref("headers", "ETag"), **_KEPT, **_ALWAYS}
_REFUSED: Final = {"Cache-Control": _ref("headers", "CacheControl"), **_ALWAYS}

# What a route or router gives to FastAPI as `responses`.
OTHERWISE: Final[Responses] = {"default": _ref("responses", "Refused")}
UNAVAILABLE: Final[Responses] = {503: _ref("responses", "Unavailable")}
UNCACHED: Final[Responses] = {200: {"headers": _REFUSED}, **OTHERWISE}
READ: Final[Responses] = {
    200: {"headers": _READ},
    304: _ref("responses", "NotModified"),
    401: _ref("responses", "Unauthorized"),
    422: _ref("responses", "Invalid"),
    **UNAVAILABLE,
    **OTHERWISE,
}
KEYED: Final[Responses] = {
    401: _ref("responses", "Unauthorized"),
    403: _ref("responses", "Forbidden"),
    422: _ref("responses", "Invalid"),
    **UNAVAILABLE,
    **OTHERWISE,
}
CREATED: Final[Responses] = {201: {"headers": {"Location": _ref("headers", "Location"), **_REFUSED}}}
DONE: Final[Responses] = {204: {"headers": _REFUSED}}
PAGED: Final[Responses] = {200: {"headers": {"Link": _ref("headers", "Link"), **_READ}}}
NOT_FOUND: Final[Responses] = {404: _ref("responses", "NotFound")}
WITHDRAWN: Final[Responses] = {410: _ref("responses", "Withdrawn")}
MOVED: Final[Responses] = {308: _ref("responses", "Moved")}


def takes(model: type[BaseModel]) -> Json:
    """What a route whose body is read by a dependency adds to the document: that body."""
    schema = model.model_json_schema()
    _finish_schema(schema, answered=False)
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _refusal(text: str, headers: Json | None = None, *, model: str = "Problem") -> Json:
    return {
        "description": text,
        "headers": {**(headers or {}), **_REFUSED},
        "content": {MEDIA_TYPE: {"schema": _ref("schemas", model)}},
    }


RESPONSES: Final[Json] = {
    "Moved": {
        "description": "This is a former slug. `Location` leads to the present one.",
        "headers": {"Location": _ref("headers", "Location"), **_REFUSED},
    },
    "NotModified": {
        "description": "What `If-None-Match` names is still current. There is no body.",
        "headers": {"Link": _ref("headers", "Link"), **_READ},
    },
    "Unauthorized": _refusal(
        "A key was sent that is not valid, or none where one is needed. Reading what is public needs none.",
        {"WWW-Authenticate": _header("How to authenticate.", "Bearer")},
    ),
    "Forbidden": _refusal("The key is valid, and lacks the scope that this takes.", model="ForbiddenProblem"),
    "NotFound": _refusal("There is nothing here that the public may see."),
    "Withdrawn": _refusal(
        "It was public and has been withdrawn: why, and what to read instead.", model="WithdrawnProblem"
    ),
    "Invalid": _refusal(
        "A parameter, or a field of the body, is unknown, repeated or has a value it cannot have. `errors` names each,"
        " and what would be right. Nothing is ever ignored."
    ),
    "Unavailable": _refusal("The database does not answer just now.", {"Retry-After": _ref("headers", "RetryAfter")}),
    "Refused": _refusal(
        "Any other refusal: 400 for a request that cannot be read, 405 for another method, 413 and 415 for a body too"
        " long or of another media type, 414 and 431 for an address or headers too long, 500 for a fault of ours."
    ),
}
SECURITY: Final[Json] = {
    "key": {"type": "http", "scheme": "bearer", "description": "An API key, from `python -m app key create`."}
}
# Refusals that the sample newsroom does not give of itself.
MADE: Final[dict[str, Refusal]] = {
    "Forbidden": Forbidden("The key lacks the scope keys.", scope="keys"),
    "Unavailable": Unavailable(),
}
PARAMETERS: Final[Json] = {
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "description": "ETags of the answers you have. Where one is current, the answer is 304 without a body.",
        "schema": {"type": "string"},
    }
}


def install(api: FastAPI, examples: Path) -> None:
    """`api.openapi()` gives the finished document, /openapi.json serves it. Made when first asked for, then kept."""
    derived = api.openapi

    @cache
    def document() -> Json:
        return finish(deepcopy(derived()), dict(_read(examples)))

    @cache
    def body() -> bytes:
        return to_json(document())

    api.openapi = document  # type: ignore[method-assign]

    @api.get("/openapi.json", include_in_schema=False)
    async def get_specification(request: Request) -> Response:
        return await answer(request, await asyncio.to_thread(body))


def _read(folder: Path) -> Iterator[tuple[str, Json]]:
    for file in sorted(folder.glob("*.json")):
        yield file.stem, from_json(file.read_bytes())


def finish(document: Json, examples: Json) -> Json:
    """The document, with all that routes leave to this module. `examples`: by operation id or name of a response."""
    components = document.setdefault("components", {})
    problems = [(model, "serialization") for model in (Problem, ForbiddenProblem, WithdrawnProblem)]
    _, definitions = models_json_schema(problems, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    schemas = dict(sorted({**components.get("schemas", {}), **definitions["$defs"]}.items()))
    responses = {name: {**response} for name, response in RESPONSES.items()}
    components.update(schemas=schemas, responses=responses, headers=HEADERS, parameters=PARAMETERS)
    components["securitySchemes"] = SECURITY

    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            methods[method] = _finished(path, operation, examples.get(operation["operationId"]))
    for name, response in responses.items():
        shown = examples.get(name)
        if name in MADE:
            shown = {"answer": from_json(bytes(problem(MADE[name], HEADERS["RequestId"]["example"]).body))}
        if shown is not None and "content" in response:
            response["content"] = {MEDIA_TYPE: {**response["content"][MEDIA_TYPE], "example": shown["answer"]}}
    sent = _used(schemas, (body for body in _bodies(document)))
    for name, schema in schemas.items():
        _finish_schema(schema, answered=name not in sent)
    return document


def _finished(path: str, operation: Json, sample: Json | None) -> Json:
    """The operation; the first line of its endpoint's docstring is the summary, the rest the description."""
    summary, _, text = operation.get("description", "").partition("\n")
    parameters, responses = operation.get("parameters", []), operation["responses"]
    given = _given(path, sample["request"]) if sample is not None else {}
    for parameter in parameters:
        _finish_parameter(parameter, given.get(parameter["name"]))
    for response in responses.values():
        if "$ref" in response:
            response.pop("description", None)
    if "304" in responses:
        parameters.append(_ref("parameters", "IfNoneMatch"))
    if "403" in responses:
        operation["security"] = [{name: []} for name in SECURITY]
    success = responses[min(responses)]
    success["description"] = summary
    if sample is not None:
        asked = f"{sample.get('method', 'GET')} {sample['request']}"
        for content in success.get("content", {}).values():
            content["examples"] = {"sample": {"summary": asked, "value": sample["answer"]}}
        for content in operation.get("requestBody", {}).get("content", {}).values():
            content["examples"] = {"sample": {"value": sample["body"]}}
    return {
        **operation,
        "summary": summary.rstrip("."),
        "description": text.strip(),
        "parameters": parameters,
        "responses": dict(sorted(responses.items())),
    }


def _given(path: str, request: str) -> dict[str, list[str]]:
    """The values that a request gives to the parameters of a path."""
    address, _, query = request.partition("?")
    pairs = zip(path.split("/"), address.split("/"), strict=True)
    found = {name.strip("{}"): [value] for name, value in pairs if name.startswith("{")}
    for name, value in parse_qsl(query):
        found.setdefault(name, []).append(value)
    return found


def _finish_parameter(parameter: Json, given: list[str] | None) -> None:
    """A parameter is absent or has a value: it is never null. Its text and example stand beside its schema.

    The example named `sample` is what the sample's request gives. Parameters which that leaves out have one too, marked
    with Scalar's word for what is not to be sent: the page would try them all at once, and they do not all go together.
    """
    schema = parameter["schema"]
    kinds = [kind for kind in schema.pop("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == 1:
        schema.update(kinds[0])
    elif kinds:
        schema["anyOf"] = kinds
    for name in ("title", "description"):
        schema.pop(name, None)
    if schema.get("default") == []:
        del schema["default"]
    values = schema.pop("examples", [])
    if given is not None:
        plain = schema["type"] in {"integer", "boolean"}
        value = given if schema["type"] == "array" else from_json(given[0]) if plain else given[0]
        parameter["examples"] = {"sample": {"value": value}}
    elif values:
        parameter["examples"] = {"sample": {"value": values[0], "x-disabled": True}}


def _finish_schema(schema: Json, *, answered: bool) -> None:
    """Names are titles enough. An answer has no defaults, and may one day have more fields, which clients must bear."""
    schema.pop("title", None)
    if answered and schema.get("additionalProperties") is False:
        del schema["additionalProperties"]
    for field in schema.get("properties", {}).values():
        field.pop("title", None)
        if answered:
            field.pop("default", None)
        _finish_map(field)


def _finish_map(schema: Json) -> None:
    """Says maps as `additionalProperties`, which tools know, and not as `patternProperties`, which few do."""
    for pattern, value in schema.pop("patternProperties", {}).items():
        schema["propertyNames"] = {"pattern": pattern, **schema.get("propertyNames", {})}
        schema["additionalProperties"] = value
    if isinstance(inner := schema.get("additionalProperties"), dict):
        _finish_map(inner)


def _bodies(document: Json) -> Iterator[Any]:
    for path in document["paths"].values():
        for operation in path.values():
            yield operation.get("requestBody")


def _used(schemas: Json, roots: Iterable[Any]) -> set[str]:
    """Names of the schemas that these parts of the document refer to, directly or not."""
    found: set[str] = set()
    left = list(roots)
    while left:
        match left.pop():
            case {"$ref": str(ref)} if (name := ref.rpartition("/")[2]) not in found and name in schemas:
                found.add(name)
                left.append(schemas[name])
            case dict() as part:
                left.extend(part.values())
            case list() as parts:
                left.extend(parts)
    return found
