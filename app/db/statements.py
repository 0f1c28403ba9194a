"""What statements are built from: lists of any length, pages by keyset, rows to insert. Runs none."""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain, repeat
from typing import Any, TypeVarTuple

from sqlalchemy import Column, ColumnElement, CursorResult, Integer, Select, String, bindparam, tuple_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import QueryableAttribute
from sqlalchemy.sql.functions import FunctionElement

Row = tuple[Any, ...]
Parameters = Mapping[str, Any]
ExecuteParameters = Parameters | Sequence[Parameters]
Cursor = CursorResult[*tuple[Any, ...]]
SqlColumn = ColumnElement[Any] | QueryableAttribute[Any]
Values = TypeVarTuple("Values")


@cache
def _parameter_names(name: str, size: int) -> list[str]:
    return [f"{name}__{number}" for number in range(size)]


def in_list(column: SqlColumn, name: str, size: int) -> ColumnElement[bool]:
    """`column IN (…)` for 1 to `size` values, which `list_parameters(name, size, values)` binds at execution."""
    return column.in_([bindparam(parameter, type_=column.type) for parameter in _parameter_names(name, size)])


def list_parameters(name: str, size: int, values: Sequence[Any]) -> dict[str, Any]:
    """Parameters for `in_list`: the last value is repeated, so that a few statement shapes serve all lengths."""
    return dict(zip(_parameter_names(name, size), chain(values, repeat(values[-1])), strict=False))


def padded_size(length: int) -> int:
    """The size of the `in_list` for so many values: the next power of two."""
    return 1 << max(length - 1, 0).bit_length()


def keyset(
    query: Select[*Values], columns: Sequence[SqlColumn], *, descending: bool, positioned: bool, backward: bool
) -> Select[*Values]:
    """The query in the order of its columns; `positioned`: after a position, or before it if `backward`.

    Parameters: `limit`, and `at_0`, `at_1` … for the position's values. Page 10,000 costs what page 1 costs.
    """
    down = descending != backward
    if positioned:
        bounds = [bindparam(f"at_{number}", type_=column.type) for number, column in enumerate(columns)]
        key, position = (tuple_(*columns), tuple_(*bounds)) if len(columns) > 1 else (columns[0], bounds[0])
        query = query.where(key < position if down else key > position)
    order = [column.desc() if down else column.asc() for column in columns]
    return query.order_by(*order).limit(bindparam("limit", type_=Integer()))


class json_texts(FunctionElement[str]):  # noqa: N801
    """The texts of a JSON array, a row each: `json_texts(column).table_valued("value")`, to be selected from."""

    type = String()
    inherit_cache = True


@compiles(json_texts)
def _in_sqlite(element: json_texts, compiler: Any, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses)})"


@compiles(json_texts, "postgresql")
def _in_postgresql(element: json_texts, compiler: Any, **options: Any) -> str:
    return f"json_array_elements_text({compiler.process(element.clauses)})"


@cache
def insert_sql(dialect_name: str, columns: tuple[Column[Any], ...], clause: str) -> str:
    """INSERT of one row, with the placeholders of the database's driver."""
    names = ", ".join(column.name for column in columns)
    values = ", ".join("?" if dialect_name == "sqlite" else f"${place}" for place, _ in enumerate(columns, 1))
    return f"INSERT INTO {columns[0].table.fullname} ({names}) VALUES ({values}) {clause}"  # noqa: S608
