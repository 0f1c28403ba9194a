"""Lists rows with time-ordered ids, newest first: one page, or all of them. Knows no table."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from pydantic_core import to_json
from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute

from app.db.database import Reader
from app.db.statements import Row, keyset
from app.paging import PageRows, Position, cut

Item = TypeVar("Item", bound=BaseModel)


class NewestFirst(Generic[Item]):
    """A statement as a list, newest first. `to_item` converts a row; the first column must be the id, a UUIDv7.

    Builds its statements once; parameters of the statement are bound at execution.
    """

    def __init__(
        self, statement: Select[*tuple[Any, ...]], id: InstrumentedAttribute[str], to_item: Callable[[Row], Item]
    ) -> None:
        self._to_item = to_item
        self._all = statement.order_by(id.desc())
        self._count = select(func.count()).select_from(statement.subquery())
        self._pages = {
            (positioned, backward): keyset(statement, (id,), descending=True, positioned=positioned, backward=backward)
            for positioned in (False, True)
            for backward in (False, True)
        }

    async def page(
        self, read: Reader, position: Position | None, *, limit: int, count: bool, **parameters: object
    ) -> PageRows:
        """One page, starting at the position. Cost: one statement, one more with `count`."""
        statement = self._pages[position is not None, position is not None and position.backward]
        bounds = {"at_0": position.values[0]} if position else {}
        rows = await read.rows(statement, {**parameters, **bounds, "limit": limit + 1})
        page_rows, has_previous, has_next = cut(rows, limit, position)
        refs = [row[0] for row in page_rows]
        return PageRows(
            items=[to_json(self._to_item(row)).decode() for row in page_rows],
            refs=refs,
            next=Position((refs[-1],)) if refs and has_next else None,
            prev=Position((refs[0],), backward=True) if refs and has_previous else None,
            count=((await read.rows(self._count, parameters))[0][0], True) if count else None,
        )

    async def all(self, read: Reader, **parameters: object) -> list[Item]:
        """Every item. Cost: one statement."""
        return [self._to_item(row) for row in await read.rows(self._all, parameters)]
