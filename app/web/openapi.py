"""The OpenAPI document: what FastAPI derives from the routes, completed and made fit to be read. Knows no noun.

What is told of an answer by an example stands in a folder of files, one for each operation and each shared answer: the
request, and what it was answered.
"""

import asyncio
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from pydantic_core import from_json, to_json
from starlette.responses import Response

from app.web.answers import HEADERS, MADE, PARAMETERS, RESPONSES, Json, ref
from app.web.bodies import Sent
from app.web.caching import answer
from app.web.caller import SCOPES, Scoped
from app.web.problems import (
    MEDIA_TYPE,
    ForbiddenProblem,
    Problem,
    StaleProblem,
    TrimmedProblem,
    WithdrawnProblem,
    problem,
)

PROBLEMS: Final = (Problem, ForbiddenProblem, StaleProblem, TrimmedProblem, WithdrawnProblem)
_SCHEMA: Final = "#/components/schemas/{model}"

# Query parameters of which some values take a key with a scope.
SCOPED: Final = {"perspective"}
SECURITY: Final[Json] = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key, from `python -m app key create` or `POST /v1/keys`. What is public is read without"
        " one. Its scopes say what it opens, each operation which of them it takes:\n\n"
        + "\n".join(f"- `{scope}`: {meaning}" for scope, meaning in SCOPES.items()),
    }
}


def install(api: FastAPI, examples: Path) -> None:
    """`api.openapi()` gives the finished document, /openapi.json serves it. Made when first asked for, then kept."""
    derived = api.openapi

    @cache
    def document() -> Json:
        routes = {route.unique_id: route for route in iter_route_contexts(api.router.routes) if _is_told_of(route)}
        return finish(deepcopy(derived()), dict(_read(examples)), routes)

    @cache
    def body() -> bytes:
        return to_json(document())

    api.openapi = document  # type: ignore[method-assign]
    api.state.specification = body
    api.include_router(router)


router = APIRouter()


@router.get("/openapi.json", include_in_schema=False)
async def get_specification(request: Request) -> Response:
    return await answer(request, await asyncio.to_thread(request.app.state.specification))


def _read(folder: Path) -> Iterator[tuple[str, Json]]:
    for file in sorted(folder.glob("*.json")):
        yield file.stem, from_json(file.read_bytes())


def _is_told_of(route: RouteContext) -> bool:
    return bool(getattr(route, "include_in_schema", False)) and getattr(route, "unique_id", None) is not None


def finish(document: Json, examples: Json, routes: dict[str, RouteContext]) -> Json:
    """The document, with all that routes leave to this module.

    `examples`: by operation id or name of a response. `routes`: by operation id.
    """
    components = document.setdefault("components", {})
    problems = [(model, "serialization") for model in PROBLEMS]
    _, definitions = models_json_schema(problems, ref_template=_SCHEMA)  # type: ignore[arg-type]
    answered = {**components.get("schemas", {}), **definitions["$defs"]}
    for schema in answered.values():
        _finish_schema(schema, answered=True)
    taken = {name: [*_dependencies(route.dependant)] for name, route in routes.items()}
    models = {one.model: one for found in taken.values() for one in found if isinstance(one, Sent)}
    bodies, sent = _sent_schemas([*models], answered)
    responses = {name: {**response} for name, response in RESPONSES.items()}
    schemas = dict(sorted({**answered, **sent}.items()))
    components.update(schemas=schemas, responses=responses, headers=HEADERS, parameters=PARAMETERS)
    components["securitySchemes"] = SECURITY

    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            name = operation["operationId"]
            _take(method, operation, taken[name], bodies)
            if method != "get":
                _forget_reading(operation["responses"], str(routes[name].status_code or 200))
            methods[method] = _finished(path, operation, examples.get(name))
    for name, response in responses.items():
        shown = examples.get(name)
        if name in MADE:
            shown = {"answer": from_json(bytes(problem(MADE[name], HEADERS["RequestId"]["example"]).body))}
        if shown is not None and "content" in response:
            response["content"] = {MEDIA_TYPE: {**response["content"][MEDIA_TYPE], "example": shown["answer"]}}
    used = _used(components, document["paths"])
    for kind in ("schemas", "responses", "headers", "parameters"):
        components[kind] = {name: part for name, part in components[kind].items() if ref(kind, name)["$ref"] in used}
    return document


def _dependencies(dependant: Dependant) -> Iterator[Any]:
    """All that a route depends on, directly or not."""
    for one in dependant.dependencies:
        yield one.call
        yield from _dependencies(one)


def _take(method: str, operation: Json, dependencies: list[Any], bodies: dict[type[BaseModel], Json]) -> None:
    """Adds what the operation takes, as its dependencies tell it, and how they refuse it."""
    responses = operation["responses"]
    scopes: list[str] = []
    for one in dependencies:
        refusals: dict[str, str] = {}
        if isinstance(one, Sent):
            content = {media_type: {"schema": bodies[one.model]} for media_type in one.media_types}
            operation["requestBody"] = {"required": not one.optional, "content": content}
            refusals = {"400": "Malformed", "413": "TooLarge", "415": "UnsupportedMediaType", "422": "Invalid"}
        elif isinstance(one, Scoped):
            scopes += [one.scope] if one.scope not in scopes else []
            refusals = {"401": "Unauthorized", "403": "Forbidden"}
        elif (parameter := getattr(one, "parameter", None)) in PARAMETERS:
            if parameter == "IdempotencyKey":
                if method != "post":
                    continue
                for status in {"200", "201"} & responses.keys():
                    headers = responses[status].get("headers", {})
                    responses[status]["headers"] = {
                        **headers,
                        "Idempotency-Replayed": ref("headers", "IdempotencyReplayed"),
                    }
            if parameter in {"IfMatch", "IfMatchOptional"}:
                refusals = {"400": "Malformed", "412": "Stale"}
            if parameter == "IfMatch":
                refusals["428"] = "Unconditional"
            operation.setdefault("parameters", []).append(ref("parameters", parameter))
        for status, name in refusals.items():
            responses[status] = ref("responses", name)
    if {one.get("name") for one in operation.get("parameters", ())} & SCOPED:
        responses["403"] = ref("responses", "Forbidden")
    if scopes:
        operation["security"] = [{"key": scopes}]
    elif "401" in responses:
        operation["security"] = [{}, {"key": []}]


def _forget_reading(responses: Json, success: str) -> None:
    """What a router says of reading, its routes that write leave aside."""
    for status in ("200", "304"):
        if status != success:
            responses.pop(status, None)


def _sent_schemas(models: list[type[BaseModel]], answered: Json) -> tuple[dict[type[BaseModel], Json], Json]:
    """(reference to each model, schemas by name) of what is sent.

    A part that is answered too, and there has another form, is called `ParagraphIn` where it is sent.
    """
    if not models:
        return {}, {}
    wanted = [(model, "validation") for model in models]
    refs, definitions = models_json_schema(wanted, ref_template=_SCHEMA)  # type: ignore[arg-type]
    sent: Json = definitions["$defs"]
    for schema in sent.values():
        _finish_schema(schema, answered=False)
    both = {name for name in sent if name in answered}
    other = {name for name in both if sent[name] != answered[name]}
    while more := {name for name in both - other if _names(sent[name]) & other}:
        other |= more
    names = {ref("schemas", name)["$ref"]: ref("schemas", f"{name}In")["$ref"] for name in other}
    renamed = {f"{name}In" if name in other else name: _renamed(schema, names) for name, schema in sent.items()}
    assert len(renamed) == len(sent)
    assert not {f"{name}In" for name in other} & {*answered}
    return {model: _renamed(refs[(model, "validation")], names) for model in models}, renamed


def _names(schema: Json) -> set[str]:
    """Names of the schemas that one refers to."""
    return {ref.rpartition("/")[2] for ref in _refs(schema)}


def _renamed(part: Any, names: dict[str, str]) -> Any:
    match part:
        case dict():
            return {key: _renamed(value, names) for key, value in part.items()}
        case list():
            return [_renamed(one, names) for one in part]
        case str():
            return names.get(part, part)
    return part


def _finished(path: str, operation: Json, sample: Json | None) -> Json:
    """The operation; the first line of its endpoint's docstring is the summary, the rest the description."""
    summary, _, text = operation.get("description", "").partition("\n")
    parameters, responses = operation.get("parameters", []), operation["responses"]
    given = _given(path, sample["request"]) if sample is not None else {}
    for parameter in parameters:
        if "$ref" not in parameter:
            _finish_parameter(parameter, given.get(parameter["name"]))
    for response in responses.values():
        if "$ref" in response:
            response.pop("description", None)
        for content in response.get("content", {}).values():
            content["schema"].pop("title", None)
    if "304" in responses:
        parameters.append(ref("parameters", "IfNoneMatch"))
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
    for kind in schema.get("anyOf", ()):
        _finish_map(kind)


def _refs(root: Any) -> Iterator[str]:
    """The references in a part of the document."""
    match root:
        case {"$ref": str(ref)}:
            yield ref
        case dict():
            for part in root.values():
                yield from _refs(part)
        case list():
            for part in root:
                yield from _refs(part)


def _used(components: Json, root: Any) -> set[str]:
    """References to the components that this part of the document refers to, directly or not."""
    found: set[str] = set()
    left = [*_refs(root)]
    while left:
        ref = left.pop()
        if ref not in found:
            found.add(ref)
            kind, name = ref.split("/")[2:]
            left += _refs(components[kind][name])
    return found
