"""Statements that SQLAlchemy has compiled once, as the bare drivers take them. Runs none.

SQLAlchemy builds our statements, but its execution layer takes more time than the database does for a short read. So
each statement is compiled once, and from then on the driver gets its SQL and a list of values directly. For that we do
ourselves what SQLAlchemy does around an execution, with parts of its compiler that are not promised to stay:

- `SQLCompiler.positiontup`: the names of the parameters, in the order of the placeholders in the SQL;
- `SQLCompiler.params`: the values that the statement has of its own, `limit(1)` say;
- `SQLCompiler.binds`: the parameters by name, for their types. A type's `bind_processor` makes of a Python value what
  the driver takes (a `UtcDateTime` becomes an integer on SQLite), its `result_processor` the reverse;
- the option `render_postcompile`, which writes `IN (…)` out; without it there would be a mark in its place that only
  SQLAlchemy's execution replaces.

For example `select(Change.at).where(Change.ref == bindparam("ref")).limit(1)` becomes for SQLite

    sql       SELECT changes.at FROM changes WHERE changes.ref = ? LIMIT ? OFFSET ?
    names     ref, param_1, param_2
    defaults  ref: None, param_1: 1, param_2: 0
    results   column 0 is read by UtcDateTime

A version of SQLAlchemy that changes one of these parts fails in `test_sqlalchemy_compiles_as_compiled_statements_need`.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from pydantic_core import from_json
from sqlalchemy import JSON, ClauseElement, ColumnElement, Dialect, Executable, Numeric
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.dialects.sqlite.pysqlite import dialect as sqlite_dialect
from sqlalchemy.sql.compiler import SQLCompiler

from app.db.columns import to_json_text
from app.db.statements import Parameters, Row

DIALECTS: Final[dict[str, Dialect]] = {
    "sqlite": sqlite_dialect(json_serializer=to_json_text),
    "postgresql": asyncpg_dialect(json_serializer=to_json_text),  # type: ignore[no-untyped-call]
}


class CompiledStatement:
    """A statement as the bare driver takes it, with the conversions that its parameters and columns need."""

    __slots__ = ("binders", "defaults", "names", "results", "sql")

    def __init__(self, statement: Executable, dialect: Dialect, *, json_is_text: bool = True) -> None:
        """`json_is_text`: whether the driver gives JSON columns as text, which is still to be parsed."""
        assert isinstance(statement, ClauseElement)
        compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        assert isinstance(compiled, SQLCompiler)
        self.sql = str(compiled)
        self.names = list(compiled.positiontup or ())
        self.defaults = dict(compiled.params)
        binders = [compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect) for name in self.names]
        self.binders = [(place, bind) for place, bind in enumerate(binders) if bind is not None]
        columns: Iterable[ColumnElement[Any]] = getattr(statement, "exported_columns", ())  # of SELECT, or of RETURNING
        readers = [_reader(column, dialect, json_is_text) for column in columns]
        self.results = [(place, read) for place, read in enumerate(readers) if read is not None]

    def arguments(self, parameters: Parameters) -> list[Any]:
        """The values for the placeholders, in their order. Raises: KeyError, for a parameter without a value."""
        values_by_name = {**self.defaults, **parameters}
        values = [values_by_name[name] for name in self.names]
        for place, bind in self.binders:
            values[place] = bind(values[place])
        return values

    def read(self, rows: Iterable[Iterable[Any]]) -> list[Row]:
        """The driver's rows with the values that Python works with. Converts column by column, which is quicker."""
        tuples = [tuple(row) for row in rows]
        if not self.results or not tuples:
            return tuples
        columns: list[Sequence[Any]] = list(zip(*tuples, strict=True))
        for place, read in self.results:
            columns[place] = [None if value is None else read(value) for value in columns[place]]
        return list(zip(*columns, strict=True))


def _reader(column: ColumnElement[Any], dialect: Dialect, json_is_text: bool) -> Callable[[Any], Any] | None:
    """How a value of this column is read; None if the driver's own value is right."""
    if isinstance(column.type, JSON):
        return from_json if json_is_text else None
    if isinstance(column.type, Numeric):
        return None
    return column.type.dialect_impl(dialect).result_processor(dialect, None)
