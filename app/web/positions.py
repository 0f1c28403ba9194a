"""Min-Position: a request asks for the state at a position of the log, or a newer one."""

import re
from typing import Final, NamedTuple

from app.errors import Fault, Invalid

_POSITION: Final = re.compile("(d?)(0|[1-9][0-9]{0,17})")


class MinPosition(NamedTuple):
    """A position: of the public log, or (`d42`) of the complete one, as `Content-Position` tells it."""

    number: int
    is_complete: bool


def read_position(text: str) -> MinPosition | None:
    """The position, or None for what is none."""
    match = _POSITION.fullmatch(text)
    return MinPosition(int(match[2]), bool(match[1])) if match else None


def min_position(values: list[str]) -> MinPosition | None:
    """The position that the headers ask for; None without one. Raises: Invalid."""
    if not values:
        return None
    position = read_position(values[0]) if len(values) == 1 else None
    if position is None:
        detail = "is not one position as Content-Position tells it, such as 42 or d205"
        raise Invalid(f"Min-Position {detail}.", Fault(detail, parameter="Min-Position"))
    return position
