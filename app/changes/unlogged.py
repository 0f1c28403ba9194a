"""Lists of what stands in no log and has an id of the server's own: the newest first. Knows no noun."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from pydantic_core import to_json
from sqlalchemy import func, select

from app.db import Reader, Row, keyset
from app.web.pages import PageParams, Position, Slice, cut

Shown = TypeVar("Shown", bound=BaseModel)


class Newest(Generic[Shown]):
    """The rows of a query, whose first column is the id, each as `shown` makes it. Its statements are built once.

    Order: by id, descending. Cost: one statement, one more with `count`.
    """

    def __init__(self, query: Any, id: Any, shown: Callable[[Row], Shown]) -> None:
        self._shown = shown
        self._all = query.order_by(id.desc())
        self._count = select(func.count()).select_from(query.subquery())
        self._pages = {
            (positioned, backward): keyset(query, (id,), descending=True, positioned=positioned, backward=backward)
            for positioned in (False, True)
            for backward in (False, True)
        }

    async def page(self, read: Reader, wanted: PageParams, position: Position | None, **params: Any) -> Slice:
        """One page. `params`: of the query."""
        statement = self._pages[position is not None, position is not None and position.backward]
        at = {} if position is None else {"at_0": position.values[0]}
        found = await read.rows(statement, {**params, **at, "limit": wanted.limit + 1})
        rows, before, after = cut(found, wanted.limit, position)
        refs = [row[0] for row in rows]
        return Slice(
            items=[to_json(self._shown(row)).decode() for row in rows],
            refs=refs,
            next=Position((refs[-1],)) if rows and after else None,
            prev=Position((refs[0],), backward=True) if rows and before else None,
            count=((await read.rows(self._count, params))[0][0], True) if wanted.count else None,
        )

    async def all(self, read: Reader, **params: Any) -> list[Shown]:
        return [self._shown(row) for row in await read.rows(self._all, params)]
