"""The OpenAPI document: FastAPI derives it from the routes, this module completes it. Knows no noun.

Examples stand in a folder of JSON files, each named after an operation id or a shared response: `request` (path and
query), `answer`, and for a write `method`, `body` and `headers`. `request` is the path template itself where what it
names differs from server to server, such as a key.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from pydantic import BaseModel
from pydantic_core import from_json, to_json
from starlette.responses import Response

from app.web.answers import (
    EVENT_STREAM,
    HEADERS,
    PARAMETERS,
    REFUSAL_EXAMPLES,
    RESPONSES,
    Json,
    event_schema,
    ref,
    shared,
)
from app.web.bodies import JsonBody
from app.web.caching import cached_response
from app.web.caller import SCOPES, Scoped
from app.web.openapi_schemas import answered_schemas, references, sent_schemas
from app.web.parameters import strict_query
from app.web.problems import problem

# The query parameter of which some values need a key with a scope.
SCOPED_PARAMETER: Final = "perspective"
# Behind the name of a group: its other half, the operations that need a key.
AT_THE_DESK: Final = " at the desk"
SECURITY: Final[Json] = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key, from `python -m app key create` or `POST /v1/keys`. What is public is read without"
        " one. Its scopes say what it opens, each operation which of them it takes:\n\n"
        + "\n".join(f"- `{scope}`: {meaning}" for scope, meaning in SCOPES.items()),
    }
}
_IF_MATCH: Final = "#/components/parameters/IfMatch"
# Responses, by status, of an operation that has the dependency.
_BODY_REFUSALS: Final = shared(Malformed="400", TooLarge="413", UnsupportedMediaType="415", Invalid="422")
_SCOPE_REFUSALS: Final = shared(Unauthorized="401", Forbidden="403")
_HEADER_REFUSALS: Final = {
    "IfMatch": shared(Malformed="400", Stale="412", Unconditional="428"),
    "IfMatchOptional": shared(Malformed="400", Stale="412"),
    "IdempotencyKey": {},
}


def install(api: FastAPI, examples: Path, groups: Json) -> None:
    """Serves /openapi.json and /openapi-3.2.json; `api.openapi()` returns the first, built at its first call.

    `groups` are the tags under each heading of the reference page.
    """
    derived = api.openapi

    @cache
    def document() -> Json:
        routes = {route.unique_id: route for route in iter_route_contexts(api.router.routes) if _is_documented(route)}
        samples = {file.stem: from_json(file.read_bytes()) for file in sorted(examples.glob("*.json"))}
        completed = complete(deepcopy(derived()), samples, routes)
        return {**completed, "x-tagGroups": [{"name": name, "tags": tags} for name, tags in groups.items()]}

    @cache
    def body() -> bytes:
        return to_json(document())

    @cache
    def newer_body() -> bytes:
        return to_json(as_3_2(document()))

    @api.get("/openapi.json", include_in_schema=False, dependencies=[Depends(strict_query)])
    async def get_specification(request: Request) -> Response:
        return await cached_response(request, await asyncio.to_thread(body))

    @api.get("/openapi-3.2.json", include_in_schema=False, dependencies=[Depends(strict_query)])
    async def get_newer_specification(request: Request) -> Response:
        return await cached_response(request, await asyncio.to_thread(newer_body))

    api.openapi = document  # type: ignore[method-assign]


def _is_documented(route: RouteContext) -> bool:
    return bool(getattr(route, "include_in_schema", False)) and getattr(route, "unique_id", None) is not None


def complete(document: Json, examples: Mapping[str, Json], routes: Mapping[str, RouteContext]) -> Json:
    """Adds to FastAPI's document what only this module knows: bodies, keys, headers, refusals, examples.

    `examples` are keyed by operation id or by name of a shared response, `routes` by operation id.
    """
    dependencies = {name: dict.fromkeys(_dependencies(route.dependant)) for name, route in routes.items()}
    components = document.setdefault("components", {})
    answered = answered_schemas(components.get("schemas", {}))
    bodies = [each for calls in dependencies.values() for each in calls if isinstance(each, JsonBody)]
    body_refs, sent = sent_schemas([*dict.fromkeys(body.model for body in bodies)], answered)
    schemas = dict(sorted({**answered, **sent}.items()))
    components.update(schemas=schemas, responses=_responses(examples), headers=HEADERS)
    components.update(parameters=PARAMETERS, securitySchemes=SECURITY)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            name = operation["operationId"]
            _describe_dependencies(method, operation, dependencies[name], body_refs)
            if method != "get":
                # A router declares the responses of its reads; its writes inherit them.
                for status in {"200", "304"} - {str(routes[name].status_code or 200)}:
                    operation["responses"].pop(status, None)
            operations[method] = _completed(path, operation, examples.get(name))
    for operations in document.get("webhooks", {}).values():
        for method, operation in operations.items():
            operations[method] = {**operation, **_words(operation), "security": []}
            for parameter in operation.get("parameters", []):
                _complete_parameter(parameter, None)
    groups = {tag["name"] for tag in document.get("tags", ())}
    for operations in document["paths"].values():
        for operation in operations.values():
            _place_at_the_desk(operation, groups)
    _drop_unused(components, [document["paths"], document.get("webhooks")])
    return document


def as_3_2(document: Json) -> Json:
    """The document in OpenAPI 3.2, which can describe the items of a stream: their form, not only their data."""
    newer = deepcopy(document) | {"openapi": "3.2.0"}
    for operations in newer["paths"].values():
        for operation in operations.values():
            for response in operation["responses"].values():
                stream = response.get("content", {}).get(EVENT_STREAM)
                if stream is not None:
                    response["content"][EVENT_STREAM] = {"itemSchema": event_schema(stream["schema"])}
    return newer


def _place_at_the_desk(operation: Json, groups: Iterable[str]) -> None:
    """Puts an operation that needs a key into the desk's half of its group, if the group has one."""
    needs_key = bool(operation["security"]) and {} not in operation["security"]
    names = ((tag, f"{tag}{AT_THE_DESK}") for tag in operation.get("tags", ()))
    operation["tags"] = [half if needs_key and half in groups else tag for tag, half in names]


def _dependencies(dependant: Dependant) -> Iterator[Any]:
    """Everything that a route depends on, directly or not; some of it several times."""
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from _dependencies(dependency)


# --- operations ----------------------------------------------------------------------------------------------------


def _describe_dependencies(
    method: str, operation: Json, dependencies: Iterable[Any], body_refs: Mapping[type[BaseModel], Json]
) -> None:
    """Adds the body, headers and keys that the operation's dependencies read, and their refusals."""
    responses = operation["responses"]
    scopes: dict[str, None] = {}
    others: dict[str, None] = {}
    for dependency in dependencies:
        if isinstance(dependency, JsonBody):
            content = {media_type: {"schema": body_refs[dependency.model]} for media_type in dependency.media_types}
            operation["requestBody"] = {"required": not dependency.optional, "content": content}
            responses |= _BODY_REFUSALS
        elif isinstance(dependency, Scoped):
            scopes[dependency.scope] = None
            others |= dict.fromkeys(dependency.others)
            responses |= _SCOPE_REFUSALS
        elif (header := getattr(dependency, "parameter", None)) in _HEADER_REFUSALS:
            _describe_header(method, operation, header)
    if any(parameter.get("name") == SCOPED_PARAMETER for parameter in operation.get("parameters", ())):
        responses |= shared(Forbidden="403")
    if scopes:
        operation["security"] = [{"key": [*scopes]}, *({"key": [scope]} for scope in others)]
    else:
        operation["security"] = [{}, {"key": []}] if "401" in responses else []


def _describe_header(method: str, operation: Json, header: str) -> None:
    if header == "IdempotencyKey":
        # Other methods have the dependency too, and refuse the header.
        if method != "post":
            return
        for status in {"200", "201"} & operation["responses"].keys():
            response = operation["responses"][status]
            replayed = {"Idempotency-Replayed": ref("headers", "IdempotencyReplayed")}
            response["headers"] = {**response.get("headers", {}), **replayed}
    operation.setdefault("parameters", []).append(ref("parameters", header))
    operation["responses"] |= _HEADER_REFUSALS[header]


def _words(operation: Json) -> Json:
    """The first line of the endpoint's docstring is the summary, the rest the description."""
    summary, _, text = operation.get("description", "").partition("\n")
    return {"summary": summary.rstrip("."), "description": text.strip()}


def _completed(path: str, operation: Json, example: Json | None) -> Json:
    """The operation with its words, its example, and the parameters and responses as they are to be shown."""
    words, parameters, responses = _words(operation), operation.get("parameters", []), operation["responses"]
    values = _values_in(path, example["request"]) if example is not None else {}
    headers = example.get("headers", {}) if example is not None else {}
    for parameter in parameters:
        if "$ref" not in parameter:
            _complete_parameter(parameter, values.get(parameter["name"]))
    for response in responses.values():
        if "$ref" in response:
            response.pop("description", None)
        for content in response.get("content", {}).values():
            content["schema"].pop("title", None)
    if "If-Match" in headers:
        place = next(n for n, one in enumerate(parameters) if one.get("$ref", "").startswith(_IF_MATCH))
        parameters[place] = {**PARAMETERS[parameters[place]["$ref"].rpartition("/")[2]], "example": headers["If-Match"]}
    if "304" in responses:
        parameters += [ref("parameters", "IfNoneMatch"), ref("parameters", "MinPosition")]
    success = responses[min(responses)]
    success["description"] = f"{words['summary']}."
    if example is not None:
        request = f"{example.get('method', 'GET')} {example['request']}"
        for content in success.get("content", {}).values():
            content["examples"] = {"sample": {"summary": request, "value": example["answer"]}}
        for content in operation.get("requestBody", {}).get("content", {}).values():
            content["examples"] = {"sample": {"value": example["body"]}}
    ordered = dict(sorted(responses.items()))
    return {**operation, **words, "parameters": parameters, "responses": ordered}


def _values_in(path: str, request: str) -> dict[str, list[str]]:
    """The values that a request has for the parameters of a path template and of its query."""
    address, _, query = request.partition("?")
    segments = zip(path.split("/"), address.split("/"), strict=True)
    values = {name.strip("{}"): [value] for name, value in segments if name.startswith("{") and name != value}
    for name, value in parse_qsl(query):
        values.setdefault(name, []).append(value)
    return values


def _complete_parameter(parameter: Json, values: list[str] | None) -> None:
    """Removes null from the schema of a parameter, and moves its example out of the schema.

    The example named `sample` has the values of the operation's example. A parameter without a value there has one
    too, with Scalar's mark for what the reference page must not send: not all parameters may be sent together.
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
    _describe_comma_lists(parameter, schema)
    schema_examples = schema.pop("examples", [])
    if values is not None:
        value = from_json(values[0]) if schema["type"] in {"integer", "boolean"} else values[0]
        is_repeated = schema["type"] == "array" and "explode" not in parameter
        parameter["examples"] = {"sample": {"value": values if is_repeated else _parts(parameter, value)}}
    elif schema_examples:
        example = _parts(parameter, schema_examples[0])
        parameter["examples"] = {"sample": {"value": example, "x-disabled": True}}


def _parts(parameter: Json, value: Any) -> Any:
    """The value of a parameter, as the array that it stands for if it is a comma-separated list."""
    return value.split(",") if "explode" in parameter else value


def _describe_comma_lists(parameter: Json, schema: Json) -> None:
    """Replaces the mark of `queries.COMMA_LIST`: a list by itself is an array in one parameter.

    Of one that may be repeated, each item is a text with commas: OpenAPI has no array of arrays for a query.
    """
    if schema.pop("x-explode", None) is False:
        parameter |= {"style": "form", "explode": False}
    elif "x-explode" in schema.get("items", {}):
        item = schema["items"]["items"]["pattern"].removeprefix("^").removesuffix("$")
        text = "Any of these: one value, or several with commas between them."
        schema["items"] = {"type": "string", "pattern": f"^{item}(?:,{item})*$", "description": text}


# --- components ----------------------------------------------------------------------------------------------------


def _responses(examples: Mapping[str, Json]) -> Json:
    """The shared responses, each with an example if there is one."""
    responses = {name: {**response} for name, response in RESPONSES.items()}
    answers = {name: example["answer"] for name, example in examples.items() if name in responses}
    for name, refusal in REFUSAL_EXAMPLES.items():
        answers[name] = from_json(bytes(problem(refusal, HEADERS["RequestId"]["example"]).body))
    for name, answer in answers.items():
        contents = responses[name].get("content", {}).items()
        if contents:
            responses[name]["content"] = {kind: {**content, "example": answer} for kind, content in contents}
    return responses


def _drop_unused(components: Json, operations: Any) -> None:
    """Removes the components that no operation refers to, directly or through other components."""
    used: set[str] = set()
    unread = [*references(operations)]
    while unread:
        reference = unread.pop()
        if reference not in used:
            used.add(reference)
            kind, name = reference.split("/")[2:]
            unread += references(components[kind][name])
    for kind in ("schemas", "responses", "headers", "parameters"):
        components[kind] = {name: part for name, part in components[kind].items() if ref(kind, name)["$ref"] in used}
