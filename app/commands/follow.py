"""The command that keeps a copy of what a server shows: prints its progress and the position of the copy."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from app.commands.console import err, escape, failure


def follow(
    url: Annotated[str, typer.Argument(help="Address of the server, such as https://news.example.")],
    to: Annotated[Path, typer.Option("--to", help="Where the copy is kept: a file called .ndjson or .db.")],
    once: Annotated[bool, typer.Option("--once", help="Stop when the copy equals what the server shows.")] = False,
) -> None:
    """Keep a copy of all that a server shows to everyone, by its log of changes. A stopped copy is continued."""
    from app import follow as followers

    try:
        client = followers.connect(url)
    except ValueError as error:
        raise failure(f"{url!r} is not the address of a server: {error}", 2) from None
    with client:
        try:
            with closing(followers.open_copy(to)) as copy:
                try:
                    followers.follow(client, copy, lambda message: err.print(escape(message)), once=once)
                except KeyboardInterrupt:
                    err.print("Stopped.")
        except (followers.CannotFollow, OSError, sqlite3.Error) as error:
            raise failure(error, 2 if isinstance(error, followers.UnknownCopyFormat) else 1) from None
    err.print(f"The copy in {escape(str(to))} is at position {copy.position}.")
