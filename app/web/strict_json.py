"""JSON as every strict reader reads it, within bounds. Source: RFC 8259 (JSON), RFC 7493 (the interoperable part)."""

from math import isfinite
from typing import Any, Final

import jiter

from app.errors import Fault, Malformed
from app.web.faults import pointer

MOST_BYTES: Final = 2 * 2**20
DEPTH: Final = 64


def read_json(text: bytes) -> Any:
    """The one document in the text.

    Raises: Malformed, whose detail and one fault describe what is wrong and where: not UTF-8, a byte order mark, not
    JSON, a key twice in one object, NaN, an infinite number, nesting deeper than 64 levels, half a surrogate pair.
    """
    if text.startswith(b"\xef\xbb\xbf"):
        raise _malformed("begins with a byte order mark")
    try:
        text.decode()
    except UnicodeDecodeError as error:
        raise _malformed(f"is not UTF-8 (byte {error.start + 1})", code="not-utf-8") from None
    if not text.strip():
        raise _malformed("is empty", code="empty")
    try:
        document = jiter.from_json(text, allow_inf_nan=False, catch_duplicate_keys=True)
    except ValueError as error:
        reason, _, place = str(error).partition(" at line ")
        if "recursion" in reason:
            reason = f"nested deeper than {DEPTH} levels"
        raise _malformed(f"is not JSON: {reason[:200]} at line {place[-40:]}") from None
    _check_bounds(document)
    return document


def _check_bounds(document: Any) -> None:
    """Walks the document level by level, without recursion.

    Cost: one look at each value. Raises: Malformed, for nesting that is too deep or a number that is infinite.
    """
    # Lists and objects, each behind the steps to it. The outermost only holds the document: its index is no step.
    level: list[tuple[tuple[str | int, ...], Any]] = [((), [document])]
    for depth in range(DEPTH + 1):
        next_level: list[tuple[tuple[str | int, ...], Any]] = []
        for path, container in level:
            for step, value in container.items() if type(container) is dict else enumerate(container):
                # The exact types that the parser makes: `isinstance` would take twice as long.
                kind = type(value)
                if kind is dict or kind is list:
                    if depth == DEPTH:
                        detail = f"is not JSON: nested deeper than {DEPTH} levels"
                        raise _malformed(detail, where=pointer((*path, step)[1:]))
                    if value:
                        next_level.append(((*path, step), value))
                elif kind is float and not isfinite(value):
                    raise _malformed("is not JSON: a number beyond all bounds", where=pointer((*path, step)[1:]))
        level = next_level


def _malformed(detail: str, code: str = "malformed", where: str = "") -> Malformed:
    return Malformed(detail, Fault(detail, code, pointer=where))
