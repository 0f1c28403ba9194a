"""Query parameters, taken at their word: each one declared, each one once, each one with a value, or it is refused."""

from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints
from urllib.parse import unquote_to_bytes

from fastapi import FastAPI, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.params import Query
from pydantic import BaseModel, ValidationError

from app.errors import Fault, Invalid
from app.web.fields import SLUG

# A hundred ids fit.
VALUE_LENGTH = 8_000


def slug_of(noun: str, example: str) -> Any:
    """A path parameter that holds a slug. Its form is told, not enforced: at an address of another form is nothing."""
    form = {"pattern": f"^{SLUG.pattern}$", "maxLength": 120}
    return Path(description=f"Slug of the {noun}.", examples=[example], json_schema_extra=form)


@cache
def declared(endpoint: Callable[..., Any]) -> dict[str, Any]:
    """Names of the query parameters that an endpoint takes, with their types: a list may be repeated."""
    found: dict[str, Any] = {}
    for hint in get_type_hints(endpoint, include_extras=True).values():
        kind, *marks = get_args(hint) or (hint,)
        asked = any(isinstance(getattr(mark, "dependency", mark), Query | Asked) for mark in marks)
        if asked and isinstance(kind, type) and issubclass(kind, BaseModel):
            for name, field in kind.model_fields.items():
                found[field.alias or name] = get_origin(field.annotation) or field.annotation
    return found


class Asked:
    """A dependency: the query as a model of many parameters. `Query()` costs ten microseconds for each, given or
    not, which is more than the list itself. What the OpenAPI document says of them is `described`."""

    def __init__(self, model: type[BaseModel]) -> None:
        self.model = model
        self.lists = {name for name, field in model.model_fields.items() if get_origin(field.annotation) is list}

    async def __call__(self, request: Request) -> BaseModel:
        given: dict[str, Any] = {}
        for name, value in request.query_params.multi_items():
            if name in self.lists:
                given.setdefault(name, []).append(value)
            else:
                given[name] = value
        try:
            return self.model.model_validate(given)
        except ValidationError as error:
            faults = [{**fault, "loc": ("query", *fault["loc"])} for fault in error.errors(include_url=False)]
            raise RequestValidationError(faults) from None


def described(model: type[BaseModel]) -> dict[str, Any]:
    """What a route that is `Asked` adds to the OpenAPI document: its parameters, as `Query()` describes them."""

    def endpoint(wanted: Any) -> None:
        pass

    endpoint.__annotations__["wanted"] = Annotated[model, Query()]
    api = FastAPI()
    api.get("/")(endpoint)
    return {"parameters": api.openapi()["paths"]["/"]["get"]["parameters"]}


async def strict_query(request: Request) -> None:
    """Raises: Invalid, for parameters that are unknown, repeated, empty, too long or no text. Nothing is ignored."""
    raw: bytes = request.scope["query_string"]
    if not raw and "endpoint" in request.scope:
        return
    known = declared(request.scope["endpoint"])
    faults: list[Fault] = []
    seen: set[str] = set()
    for pair in filter(None, raw.split(b"&")):
        raw_name, _, raw_value = pair.partition(b"=")
        name = unquote_to_bytes(raw_name.replace(b"+", b" ")).decode("utf-8", "replace")
        if name not in known:
            shown = name if len(name) <= 80 and name.isprintable() else ascii(name)[1:81]
            faults.append(
                Fault("is not a parameter here", code="unknown-parameter", parameter=shown, allowed=sorted(known))
            )
            continue
        if name in seen and known[name] is not list:
            faults.append(Fault("is given more than once", code="repeated", parameter=name))
        seen.add(name)
        value = unquote_to_bytes(raw_value.replace(b"+", b" "))
        if not raw_value and b"=" not in pair and known[name] is bool:
            continue
        if not value:
            faults.append(Fault("is empty; leave it out instead", code="empty", parameter=name))
        elif len(value) > VALUE_LENGTH:
            faults.append(Fault(f"is longer than {VALUE_LENGTH} bytes", code="too-long", parameter=name))
        elif not _is_text(value):
            faults.append(Fault("is not UTF-8 text without control characters", code="not-text", parameter=name))
    if faults:
        first = faults[0]
        raise Invalid(f"Parameter {first.parameter!r} {first.detail}.", *faults[:20])


def _is_text(value: bytes) -> bool:
    try:
        return all(character >= " " for character in value.decode())
    except UnicodeDecodeError:
        return False
