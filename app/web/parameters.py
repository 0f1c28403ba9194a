"""Query and path parameters, read strictly: each one declared, sent once and not empty, or it is refused."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints
from urllib.parse import unquote_to_bytes

from fastapi import FastAPI, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.params import Query
from pydantic import BaseModel, ValidationError

from app.errors import Fault, Invalid
from app.web.fields import SLUG

# A hundred ids fit.
VALUE_LENGTH: Final = 8_000
NAME_LENGTH: Final = 80
MOST_FAULTS: Final = 20


def slug_path(noun: str, example: str) -> Any:
    """A path parameter that holds a slug. OpenAPI shows its form; a path of another form is answered by 404."""
    form = {"pattern": f"^{SLUG.pattern}$", "maxLength": 120}
    return Path(description=f"Slug of the {noun}.", examples=[example], json_schema_extra=form)


class QueryModel:
    """A dependency: the query as a model. Add `described(model)` to the route for the OpenAPI document.

    Faster than `Query()`, which costs ten microseconds for each parameter of the model, sent or not: with twenty
    parameters that is more than the list itself.
    """

    def __init__(self, model: type[BaseModel]) -> None:
        self.model = model
        self.repeatable = {name for name, field in model.model_fields.items() if get_origin(field.annotation) is list}

    async def __call__(self, request: Request) -> BaseModel:
        values: dict[str, Any] = {}
        for name, value in request.query_params.multi_items():
            if name in self.repeatable:
                values.setdefault(name, []).append(value)
            else:
                values[name] = value
        try:
            return self.model.model_validate(values)
        except ValidationError as error:
            findings = [{**finding, "loc": ("query", *finding["loc"])} for finding in error.errors(include_url=False)]
            raise RequestValidationError(findings) from None


def described(model: type[BaseModel]) -> dict[str, Any]:
    """The `openapi_extra` of a route that reads a `QueryModel`: its parameters, as `Query()` would describe them."""

    def endpoint(query: Any) -> None:
        pass

    endpoint.__annotations__["query"] = Annotated[model, Query()]
    api = FastAPI()
    api.get("/")(endpoint)
    return {"parameters": api.openapi()["paths"]["/"]["get"]["parameters"]}


@cache
def declared(endpoint: Callable[..., Any]) -> dict[str, Any]:
    """The query parameters of an endpoint: their names, and their types without arguments (`list` may be repeated)."""
    types: dict[str, Any] = {}
    for hint in get_type_hints(endpoint, include_extras=True).values():
        model, *marks = get_args(hint) or (hint,)
        for mark in (getattr(mark, "dependency", mark) for mark in marks):
            if isinstance(mark, Query | QueryModel):
                read_model = mark.model if isinstance(mark, QueryModel) else model
                for name, field in read_model.model_fields.items():
                    types[field.alias or name] = get_origin(field.annotation) or field.annotation
    return types


async def strict_query(request: Request) -> None:
    """A dependency of every route: refuses what the endpoint would ignore or misread.

    Raises: Invalid, for parameters that are unknown, repeated, empty, too long or not text.
    """
    if raw_query := request.scope["query_string"]:
        check_query(raw_query, declared(request.scope["endpoint"]))


def check_query(raw_query: bytes, types: Mapping[str, Any]) -> None:
    """As `strict_query`, for parameters of these names and types. Raises: Invalid."""
    faults: list[Fault] = []
    earlier_names: set[str] = set()
    for pair in filter(None, raw_query.split(b"&")):
        name, value = _decoded(pair)
        if name not in types:
            faults.append(_unknown_parameter(name, types))
            continue
        if name in earlier_names and types[name] is not list:
            faults.append(_repeated_parameter(name, types))
        earlier_names.add(name)
        # A flag may stand without a value: `?count`.
        if value is not None or types[name] is not bool:
            faults += _value_faults(name, value or b"")
    if faults:
        raise Invalid(f"Parameter {faults[0].parameter!r} {faults[0].detail}.", *faults[:MOST_FAULTS])


def _decoded(pair: bytes) -> tuple[str, bytes | None]:
    """(name, value) of `name=value`; the value is None if there is no equals sign."""
    raw_name, equals, raw_value = pair.partition(b"=")
    name = unquote_to_bytes(raw_name.replace(b"+", b" ")).decode("utf-8", "replace")
    return name, unquote_to_bytes(raw_value.replace(b"+", b" ")) if equals else None


def _unknown_parameter(name: str, known_names: Iterable[str]) -> Fault:
    is_harmless = len(name) <= NAME_LENGTH and name.isprintable()
    shown_name = name if is_harmless else ascii(name)[1 : NAME_LENGTH + 1]
    return Fault("is not a parameter here", "unknown-parameter", parameter=shown_name, allowed=sorted(known_names))


def _repeated_parameter(name: str, types: Mapping[str, Any]) -> Fault:
    repeatable = sorted(other for other, kind in types.items() if kind is list)
    detail = "is given more than once, and may be given once"
    return Fault(detail, "repeated", parameter=name, allowed=repeatable or None)


def _value_faults(name: str, value: bytes) -> list[Fault]:
    if not value:
        return [Fault("is empty; leave it out instead", "empty", parameter=name)]
    if len(value) > VALUE_LENGTH:
        return [Fault(f"is longer than {VALUE_LENGTH} bytes", "too-long", parameter=name)]
    if not _is_text(value):
        return [Fault("is not UTF-8 text without control characters", "not-text", parameter=name)]
    return []


def _is_text(value: bytes) -> bool:
    try:
        return all(character >= " " for character in value.decode())
    except UnicodeDecodeError:
        return False
