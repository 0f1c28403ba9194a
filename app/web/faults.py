"""Pydantic's findings as Faults: where each stands, what is wrong, and what would be right. Never the value sent."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app.errors import Fault, Invalid
from app.web.fields import fault_message

MOST_FAULTS: Final = 100


def faults(errors: Iterable[ErrorDetails | Mapping[str, Any]]) -> list[Fault]:
    """One Fault for each finding, whose `loc` begins with `body` or with the place of a parameter."""
    return [_fault(error) for error in errors]


def _fault(error: ErrorDetails | Mapping[str, Any]) -> Fault:
    place, *path = error["loc"] or ("body",)
    context = error.get("ctx") or {}
    code = "invalid" if error["type"] in {"value_error", "assertion_error"} else error["type"].replace("_", "-")
    detail, allowed = fault_message(error), _allowed(context)
    if place in {"query", "path", "header", "cookie"}:
        # A check over the whole query has no path; it names the parameter in its context.
        parameter = str(path[0] if path else context.get("parameter", place))
        return Fault(detail, code, parameter=parameter, allowed=allowed)
    steps = path if place == "body" else [place, *path]
    return Fault(detail, code, pointer=pointer(steps), allowed=allowed)


def _allowed(context: Mapping[str, Any]) -> list[str] | None:
    """The values that a finding lists as right. Pydantic writes them as text: `'a', 'b' or 'c'`."""
    if (allowed := context.get("allowed")) is not None:
        return [*allowed]
    expected = context.get("expected", context.get("expected_tags"))
    return None if expected is None else [name.strip(" '") for name in re.split(", | or ", str(expected))]


def pointer(steps: Iterable[str | int]) -> str:
    """A JSON pointer from the keys and indexes that lead to a value. Source: RFC 6901."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def faults_in(error: ValidationError, document: Any) -> list[Fault]:
    """The faults of a body, at most one for each place, with pointers into the document as it was sent."""
    errors_by_place: dict[tuple[int | str, ...], Mapping[str, Any]] = {}
    for finding in error.errors(include_url=False, include_input=False):
        steps = _steps(finding, document)
        errors_by_place.setdefault(tuple(steps), {**finding, "loc": ("body", *steps)})
    return faults(errors_by_place.values())


def _steps(error: ErrorDetails, document: Any) -> list[str | int]:
    """The steps of the finding's location that exist in the document.

    Pydantic also puts the names of the members of a union into the location; those lead nowhere and are left out.
    """
    value, steps = document, list[str | int]()
    location: Sequence[str | int] = error["loc"]
    for step in location:
        missing = error["type"] == "missing" and step is location[-1]
        if isinstance(value, list) and isinstance(step, int):
            value = value[step]
        elif isinstance(value, dict) and (step in value or missing):
            value = value.get(step)
        else:
            continue
        steps.append(step)
    if error["type"] in {"union_tag_invalid", "union_tag_not_found"}:
        steps.append(error["ctx"]["discriminator"].strip("'"))
    return steps


def invalid(error: ValidationError, document: Any) -> Invalid:
    """The refusal of a body that its model does not accept. Lists the first hundred faults."""
    body_faults = faults_in(error, document)
    return Invalid(sentence(body_faults), *body_faults[:MOST_FAULTS])


def sentence(input_faults: Sequence[Fault]) -> str:
    """The `detail` of a problem: the first fault, and how many more there are."""
    if not input_faults:
        return "The input is not valid."
    first = input_faults[0]
    place = f"Parameter {first.parameter!r}" if first.parameter else first.pointer or "The body"
    more = f" ({len(input_faults) - 1} more)" if len(input_faults) > 1 else ""
    return f"{place}: {first.detail}{more}"
