"""The OpenAPI document: FastAPI derives it from the routes, this module completes it. Knows no noun.

Examples stand in a folder of JSON files, each named after an operation id or a shared response: `request` (path and
query), `answer`, and for a write `method` and `body`.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from pydantic_core import from_json, to_json
from starlette.responses import Response

from app.web.answers import HEADERS, PARAMETERS, REFUSAL_EXAMPLES, RESPONSES, Json, ref, shared
from app.web.bodies import JsonBody
from app.web.caching import cached_response
from app.web.caller import SCOPES, Scoped
from app.web.parameters import strict_query
from app.web.problems import Problem, problem

# The query parameter of which some values need a key with a scope.
SCOPED_PARAMETER: Final = "perspective"
SECURITY: Final[Json] = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key, from `python -m app key create` or `POST /v1/keys`. What is public is read without"
        " one. Its scopes say what it opens, each operation which of them it takes:\n\n"
        + "\n".join(f"- `{scope}`: {meaning}" for scope, meaning in SCOPES.items()),
    }
}
_SCHEMA_REF: Final = "#/components/schemas/{model}"
# Responses, by status, of an operation that has the dependency.
_BODY_REFUSALS: Final = shared(Malformed="400", TooLarge="413", UnsupportedMediaType="415", Invalid="422")
_SCOPE_REFUSALS: Final = shared(Unauthorized="401", Forbidden="403")
_HEADER_REFUSALS: Final = {
    "IfMatch": shared(Malformed="400", Stale="412", Unconditional="428"),
    "IfMatchOptional": shared(Malformed="400", Stale="412"),
    "IdempotencyKey": {},
}


def install(api: FastAPI, examples: Path) -> None:
    """Serves /openapi.json, and makes `api.openapi()` return the completed document, built at its first call."""
    derived = api.openapi

    @cache
    def document() -> Json:
        routes = {route.unique_id: route for route in iter_route_contexts(api.router.routes) if _is_documented(route)}
        samples = {file.stem: from_json(file.read_bytes()) for file in sorted(examples.glob("*.json"))}
        return complete(deepcopy(derived()), samples, routes)

    @cache
    def body() -> bytes:
        return to_json(document())

    @api.get("/openapi.json", include_in_schema=False, dependencies=[Depends(strict_query)])
    async def get_specification(request: Request) -> Response:
        return await cached_response(request, await asyncio.to_thread(body))

    api.openapi = document  # type: ignore[method-assign]


def _is_documented(route: RouteContext) -> bool:
    return bool(getattr(route, "include_in_schema", False)) and getattr(route, "unique_id", None) is not None


def complete(document: Json, examples: Mapping[str, Json], routes: Mapping[str, RouteContext]) -> Json:
    """Adds to FastAPI's document what only this module knows: bodies, keys, headers, refusals, examples.

    `examples` are keyed by operation id or by name of a shared response, `routes` by operation id.
    """
    dependencies = {name: dict.fromkeys(_dependencies(route.dependant)) for name, route in routes.items()}
    components = document.setdefault("components", {})
    answered = _answered_schemas(components.get("schemas", {}))
    bodies = [each for calls in dependencies.values() for each in calls if isinstance(each, JsonBody)]
    body_refs, sent = _sent_schemas([*dict.fromkeys(body.model for body in bodies)], answered)
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
    _drop_unused(components, document["paths"])
    return document


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
    for dependency in dependencies:
        if isinstance(dependency, JsonBody):
            content = {media_type: {"schema": body_refs[dependency.model]} for media_type in dependency.media_types}
            operation["requestBody"] = {"required": not dependency.optional, "content": content}
            responses |= _BODY_REFUSALS
        elif isinstance(dependency, Scoped):
            scopes[dependency.scope] = None
            responses |= _SCOPE_REFUSALS
        elif (header := getattr(dependency, "parameter", None)) in _HEADER_REFUSALS:
            _describe_header(method, operation, header)
    if any(parameter.get("name") == SCOPED_PARAMETER for parameter in operation.get("parameters", ())):
        responses |= shared(Forbidden="403")
    if scopes:
        operation["security"] = [{"key": [*scopes]}]
    elif "401" in responses:
        operation["security"] = [{}, {"key": []}]


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


def _completed(path: str, operation: Json, example: Json | None) -> Json:
    """The operation. The first line of its endpoint's docstring is the summary, the rest the description."""
    summary, _, text = operation.get("description", "").partition("\n")
    parameters, responses = operation.get("parameters", []), operation["responses"]
    values = _values_in(path, example["request"]) if example is not None else {}
    for parameter in parameters:
        if "$ref" not in parameter:
            _complete_parameter(parameter, values.get(parameter["name"]))
    for response in responses.values():
        if "$ref" in response:
            response.pop("description", None)
        for content in response.get("content", {}).values():
            content["schema"].pop("title", None)
    if "304" in responses:
        parameters += [ref("parameters", "IfNoneMatch"), ref("parameters", "MinPosition")]
    success = responses[min(responses)]
    success["description"] = summary
    if example is not None:
        request = f"{example.get('method', 'GET')} {example['request']}"
        for content in success.get("content", {}).values():
            content["examples"] = {"sample": {"summary": request, "value": example["answer"]}}
        for content in operation.get("requestBody", {}).get("content", {}).values():
            content["examples"] = {"sample": {"value": example["body"]}}
    ordered = dict(sorted(responses.items()))
    words = {"summary": summary.rstrip("."), "description": text.strip()}
    return {**operation, **words, "parameters": parameters, "responses": ordered}


def _values_in(path: str, request: str) -> dict[str, list[str]]:
    """The values that a request has for the parameters of a path template and of its query."""
    address, _, query = request.partition("?")
    segments = zip(path.split("/"), address.split("/"), strict=True)
    values = {name.strip("{}"): [value] for name, value in segments if name.startswith("{")}
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
    schema_examples = schema.pop("examples", [])
    if values is not None:
        value = from_json(values[0]) if schema["type"] in {"integer", "boolean"} else values[0]
        parameter["examples"] = {"sample": {"value": values if schema["type"] == "array" else value}}
    elif schema_examples:
        parameter["examples"] = {"sample": {"value": schema_examples[0], "x-disabled": True}}


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


def _answered_schemas(derived: Json) -> Json:
    """The schemas of all answers, by name: those that FastAPI derived, and problems."""
    problems = [(model, "serialization") for model in (Problem, *Problem.__subclasses__())]
    _, definitions = models_json_schema(problems, ref_template=_SCHEMA_REF)  # type: ignore[arg-type]
    schemas: Json = {**derived, **definitions["$defs"]}
    for schema in schemas.values():
        _complete_schema(schema, is_answer=True)
    return schemas


def _sent_schemas(models: Sequence[type[BaseModel]], answered: Json) -> tuple[dict[type[BaseModel], Json], Json]:
    """(reference to the schema of each model, schemas by name) of request bodies.

    A schema that differs from the answered schema of the same name gets the suffix `In`: `ParagraphIn`.
    """
    if not models:
        return {}, {}
    inputs = [(model, "validation") for model in models]
    refs, definitions = models_json_schema(inputs, ref_template=_SCHEMA_REF)  # type: ignore[arg-type]
    sent: Json = definitions["$defs"]
    for schema in sent.values():
        _complete_schema(schema, is_answer=False)
    shared = {name for name in sent if name in answered}
    different = {name for name in shared if sent[name] != answered[name]}
    # A schema that refers to a renamed one differs as well.
    while more := {name for name in shared - different if {*_references(sent[name])} & {*map(_schema_ref, different)}}:
        different |= more
    new_refs = {_schema_ref(name): _schema_ref(f"{name}In") for name in different}
    schemas = {f"{name}In" if name in different else name: _renamed(sent[name], new_refs) for name in sent}
    assert len(schemas) == len(sent)
    assert not {f"{name}In" for name in different} & {*answered}
    return {model: _renamed(refs[(model, "validation")], new_refs) for model in models}, schemas


def _schema_ref(name: str) -> str:
    return _SCHEMA_REF.format(model=name)


def _renamed(part: Any, new_refs: Mapping[str, str]) -> Any:
    """A part of the document in which every text that is a key of `new_refs` is replaced."""
    if isinstance(part, dict):
        return {key: _renamed(value, new_refs) for key, value in part.items()}
    if isinstance(part, list):
        return [_renamed(value, new_refs) for value in part]
    return new_refs.get(part, part) if isinstance(part, str) else part


def _complete_schema(schema: Json, *, is_answer: bool) -> None:
    """Removes titles, which repeat the names.

    An answer loses its defaults, and `additionalProperties: false`: clients must accept fields that are added later.
    """
    schema.pop("title", None)
    if is_answer and schema.get("additionalProperties") is False:
        del schema["additionalProperties"]
    for field in schema.get("properties", {}).values():
        field.pop("title", None)
        if is_answer:
            field.pop("default", None)
        _describe_maps(field)


def _describe_maps(schema: Json) -> None:
    """Describes maps by `additionalProperties`; few tools understand `patternProperties`, which Pydantic writes."""
    for pattern, value in schema.pop("patternProperties", {}).items():
        schema["propertyNames"] = {"pattern": pattern, **schema.get("propertyNames", {})}
        schema["additionalProperties"] = value
    if isinstance(values := schema.get("additionalProperties"), dict):
        _describe_maps(values)
    for kind in schema.get("anyOf", ()):
        _describe_maps(kind)


def _drop_unused(components: Json, paths: Json) -> None:
    """Removes the components that no operation refers to, directly or through other components."""
    used: set[str] = set()
    unread = [*_references(paths)]
    while unread:
        reference = unread.pop()
        if reference not in used:
            used.add(reference)
            kind, name = reference.split("/")[2:]
            unread += _references(components[kind][name])
    for kind in ("schemas", "responses", "headers", "parameters"):
        components[kind] = {name: part for name, part in components[kind].items() if ref(kind, name)["$ref"] in used}


def _references(part: Any) -> Iterator[str]:
    """The values of `$ref` in a part of the document."""
    if isinstance(part, dict) and isinstance(part.get("$ref"), str):
        yield part["$ref"]
    elif isinstance(part, dict | list):
        for value in part.values() if isinstance(part, dict) else part:
            yield from _references(value)
