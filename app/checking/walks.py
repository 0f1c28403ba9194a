"""Walks through whole tables, in pages by their keys: each page is one statement that is short on any table."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import Select

from app.db import Reader, Row, keyset
from app.db.statements import SqlColumn


class Walk:
    """A walk in the order of the columns, which the query selects first. Memory: one page."""

    def __init__(self, query: Select[*Row], columns: Sequence[SqlColumn], size: int) -> None:
        self._first = keyset(query, columns, descending=False, positioned=False, backward=False)
        self._next = keyset(query, columns, descending=False, positioned=True, backward=False)
        self._columns = len(columns)
        self._size = size

    async def pages(
        self, read: Reader, after: Sequence[Any] | None = None, **parameters: Any
    ) -> AsyncIterator[list[Row]]:
        """From the beginning, or after a position. Raises: Unavailable."""
        position = after
        while True:
            bounds = {f"at_{place}": value for place, value in enumerate(position or ())}
            query = self._first if position is None else self._next
            rows = await read.rows(query, {**parameters, **bounds, "limit": self._size}, slow=True)
            if not rows:
                return
            yield rows
            position = rows[-1][: self._columns]
