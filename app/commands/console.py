"""Console output: results on standard output, messages on standard error, and exit codes for refusals."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import typer
from pydantic import TypeAdapter, ValidationError
from rich import markup
from rich.console import Console
from rich.table import Table

from app.errors import Invalid, NotFound
from app.web.fields import fault_message

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def escape(text: str) -> str:
    """The text without markup and without control characters, which could move the cursor."""
    return markup.escape(printable(text))


def printable(text: str) -> str:
    """The text with each control character replaced by its escape sequence."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)


def print_message(message: object, kind: Literal["error", "warning"] = "error") -> None:
    """Prints a message with its kind in front, on standard error."""
    style = "red" if kind == "error" else "yellow"
    err.print(f"[{style}]{kind}:[/] {escape(str(message))}")


def failure(message: object, code: int) -> typer.Exit:
    """Prints the message; returns the exception that ends the command, for the caller to raise."""
    print_message(message)
    return typer.Exit(code)


@contextmanager
def exit_on_refusal() -> Iterator[None]:
    """Ends the command with code 1 and the refusal's sentence on NotFound and Invalid. Raises: typer.Exit."""
    try:
        yield
    except (NotFound, Invalid) as refusal:
        raise failure(refusal.detail, 1) from None


def parse_option(name: str, kind: Any, value: object) -> Any:
    """The value of an option, validated as a type of the API. Raises: typer.Exit."""
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        raise failure(f"--{name} {fault_message(error.errors()[0])}", 2) from None


def print_table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Prints a table on standard output."""
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, no_wrap=column == "id", overflow="fold")
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    # In a pipe, wide enough that each row stays one line.
    console = out if out.is_terminal else Console(highlight=False, soft_wrap=True, width=1_000)
    console.print(table)
