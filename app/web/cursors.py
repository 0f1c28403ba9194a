"""Cursors: positions in a list as signed, opaque tokens that only the same list accepts."""

from collections.abc import Mapping
from typing import Final

from pydantic_core import from_json, to_json

from app.errors import Fault, Invalid
from app.paging import Position
from app.web.signing import Signer

MAC_BYTES: Final = 12


class Cursors:
    """Writes and reads the cursors of one list, which `list_name` identifies by path, filters and sort."""

    def __init__(self, secret: bytes, list_name: bytes) -> None:
        self._signer = Signer(secret, list_name + b"\0", MAC_BYTES)

    def write(self, position: Position) -> str:
        return self._signer.sign(to_json([int(position.backward), *position.values]))

    def read(self, cursor: str | None) -> Position | None:
        """The position; None without a cursor. Raises: Invalid, for a cursor of another list or of another server."""
        if cursor is None:
            return None
        payload = self._signer.open(cursor)
        if payload is None:
            detail = "is not a cursor of this list with these filters and this sort"
            raise Invalid(f"Parameter 'cursor' {detail}.", Fault(detail, code="foreign-cursor", parameter="cursor"))
        backward, *values = from_json(payload)
        return Position(tuple(values), bool(backward))


def list_name(path: str, filters: Mapping[str, object]) -> bytes:
    """The bytes that a cursor is bound to: the path, and every filter that has a value, sorted by name."""
    return to_json([path, {name: value for name, value in sorted(filters.items()) if value not in (None, [])}])
