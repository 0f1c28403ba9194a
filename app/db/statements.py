"""Statements that are built and compiled once, and what they need for lists of any length and for pages. Runs none."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import chain, repeat
from typing import Any, Final

from pydantic_core import from_json
from sqlalchemy import JSON, ColumnElement, Dialect, Executable, Integer, Numeric, Select, bindparam, tuple_
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.dialects.sqlite.pysqlite import dialect as sqlite_dialect

from app.db.columns import serialise

Row = tuple[Any, ...]
# Shapes of statements that are kept ready; more are built anew, so that no client can fill the memory with them.
SHAPES: Final = 256
DIALECTS: Final[dict[str, Dialect]] = {
    "sqlite": sqlite_dialect(json_serializer=serialise),
    "postgresql": asyncpg_dialect(json_serializer=serialise),  # type: ignore[no-untyped-call]
}


@cache
def _places(name: str, count: int) -> list[str]:
    return [f"{name}__{n}" for n in range(count)]


def among(column: Any, name: str, count: int) -> ColumnElement[bool]:
    """`column IN (…)` for up to `count` values, given at execution by `spread(name, count, values)`."""
    found: ColumnElement[bool] = column.in_([bindparam(place, type_=column.type) for place in _places(name, count)])
    return found


def spread(name: str, count: int, values: Sequence[Any]) -> dict[str, Any]:
    """Parameters for `among`: the last value is repeated, so that a few statement shapes serve all lengths."""
    return dict(zip(_places(name, count), chain(values, repeat(values[-1])), strict=False))


def room(length: int) -> int:
    """The next power of two: how many places an `among` for so many values has."""
    return 1 << max(length - 1, 0).bit_length()


def keyset(query: Any, columns: Sequence[Any], *, descending: bool, positioned: bool, backward: bool) -> Any:
    """The query in the order of its columns, from a position on where there is one.

    Parameters: `limit`, and `at_0`, `at_1` … for the position's values. Page 10,000 costs what page 1 costs.
    """
    down = descending != backward
    if positioned:
        bounds = [bindparam(f"at_{n}", type_=column.type) for n, column in enumerate(columns)]
        here, there = (tuple_(*columns), tuple_(*bounds)) if len(columns) > 1 else (columns[0], bounds[0])
        query = query.where(here < there if down else here > there)
    order = [column.desc() if down else column.asc() for column in columns]
    return query.order_by(*order).limit(bindparam("limit", type_=Integer()))


class Prepared:
    """A statement as the bare driver takes it, with the conversions its parameters and columns need."""

    __slots__ = ("binders", "defaults", "names", "results", "sql")

    def __init__(self, statement: Executable, dialect: Dialect, *, json: bool = True) -> None:
        """`json`: whether it comes as text, which is to be read."""
        compiled: Any = statement.compile(  # type: ignore[attr-defined]
            dialect=dialect, compile_kwargs={"render_postcompile": True}
        )
        self.sql = str(compiled)
        self.names: list[str] = list(compiled.positiontup or ())
        self.defaults: dict[str, Any] = dict(compiled.params)
        binders = [compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect) for name in self.names]
        self.binders: list[tuple[int, Callable[[Any], Any]]] = [
            (place, bind) for place, bind in enumerate(binders) if bind is not None
        ]
        columns = statement.selected_columns if isinstance(statement, Select) else ()
        results = [
            (from_json if json else None)
            if isinstance(column.type, JSON)
            else column.type.dialect_impl(dialect).result_processor(dialect, None)
            if not isinstance(column.type, Numeric)  # the drivers give numbers
            else None
            for column in columns
        ]
        self.results = [(place, read) for place, read in enumerate(results) if read is not None]

    def arguments(self, params: Mapping[str, Any]) -> list[Any]:
        given = {**self.defaults, **params}
        values = [given[name] for name in self.names]
        for place, bind in self.binders:
            values[place] = bind(values[place])
        return values

    def read(self, rows: Sequence[Any]) -> list[Row]:
        found = [tuple(row) for row in rows]
        if not self.results or not found:
            return found
        columns = list(zip(*found, strict=True))
        for place, read in self.results:
            columns[place] = tuple([None if value is None else read(value) for value in columns[place]])
        return list(zip(*columns, strict=True))
