"""How a command speaks: results on standard output, the rest on standard error, and refusals with their exit codes."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal

import typer
from pydantic import TypeAdapter, ValidationError
from rich import markup
from rich.console import Console
from rich.table import Table

from app.errors import Invalid, NotFound
from app.web.fields import said

# Into a pipe, a line of a table stays one line.
WIDE: Final = 1_000
STYLES: Final = {"error": "red", "removed": "yellow"}

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def escape(text: str) -> str:
    """Text for the console: nothing in it is markup, and nothing moves its cursor."""
    return markup.escape(printable(text))


def printable(text: str) -> str:
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def complain(message: object, kind: Literal["error", "removed"] = "error") -> None:
    err.print(f"[{STYLES[kind]}]{kind}:[/] {escape(str(message))}")


def fail(message: object, code: int) -> typer.Exit:
    """The end of a command, for its caller to raise; what is wrong is said already."""
    complain(message)
    return typer.Exit(code)


@contextmanager
def refusals() -> Iterator[None]:
    """What is not there, or cannot be, ends the command with the sentence that says so."""
    try:
        yield
    except (NotFound, Invalid) as refusal:
        raise fail(refusal.detail, 1) from None


def option(name: str, kind: Any, value: object) -> Any:
    """The value of an option, as the API reads it. Raises: typer.Exit."""
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        raise fail(f"--{name} {said(error.errors()[0])}", 2) from None


def print_table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, no_wrap=column == "id", overflow="fold")
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    console = out if out.is_terminal else Console(highlight=False, soft_wrap=True, width=WIDE)
    console.print(table)
