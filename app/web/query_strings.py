"""Strings of query parameters, read strictly: each one known, given once and not empty. Knows no HTTP library."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, get_origin
from urllib.parse import unquote_to_bytes

from pydantic import BaseModel

from app.errors import Fault, Invalid

# A hundred ids fit.
VALUE_LENGTH: Final = 8_000
NAME_LENGTH: Final = 80
MOST_FAULTS: Final = 20


def parameter_types(model: type[BaseModel]) -> dict[str, Any]:
    """The parameters of a model, with their types without arguments: `list` may be repeated."""
    fields = model.model_fields.items()
    return {field.alias or name: get_origin(field.annotation) or field.annotation for name, field in fields}


def parameter_values(pairs: Iterable[tuple[str, str]], types: Mapping[str, Any]) -> dict[str, Any]:
    """The values by name, for a model to read; those of a parameter that may be repeated as a list."""
    values: dict[str, Any] = {}
    for name, value in pairs:
        if types.get(name) is list:
            values.setdefault(name, []).append(value)
        else:
            values[name] = value
    return values


def check_query(raw_query: bytes, types: Mapping[str, Any]) -> None:
    """Refuses parameters that are unknown, repeated, empty, too long or not text. Raises: Invalid."""
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
