"""Query parameters, taken at their word: each one declared, each one once, each one with a value, or it is refused."""

from collections.abc import Callable
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import unquote_to_bytes

from fastapi import Request
from fastapi.params import Query
from pydantic import BaseModel

from app.errors import Fault, Invalid

VALUE_LENGTH = 2_000


@cache
def declared(endpoint: Callable[..., Any]) -> dict[str, bool]:
    """Names of the query parameters that an endpoint takes, and whether each may be repeated (its type is a list)."""
    found: dict[str, bool] = {}
    for hint in get_type_hints(endpoint, include_extras=True).values():
        kind, *marks = get_args(hint) or (hint,)
        if any(isinstance(mark, Query) for mark in marks) and isinstance(kind, type) and issubclass(kind, BaseModel):
            for name, field in kind.model_fields.items():
                found[name] = get_origin(field.annotation) is list
    return found


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
        if name in seen and not known[name]:
            faults.append(Fault("is given more than once", code="repeated", parameter=name))
        seen.add(name)
        value = unquote_to_bytes(raw_value.replace(b"+", b" "))
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
