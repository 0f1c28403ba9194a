"""Keeps a copy of what a server shows: says how the follower fares, and where the copy stands when it ends."""

import sqlite3
from pathlib import Path
from typing import Annotated

import typer

from app.commands.console import err, escape, fail


def follow(
    url: Annotated[str, typer.Argument(help="Address of the server, such as https://news.example.")],
    to: Annotated[Path, typer.Option("--to", help="Where the copy is kept: a file called .ndjson or .db.")],
    once: Annotated[bool, typer.Option("--once", help="Stop when the copy is what the server shows.")] = False,
) -> None:
    """Keep a copy of all that a server shows to everyone, by its log of changes. It goes on where it was stopped."""
    from app import follow as followers

    try:
        client = followers.connect(url)
    except ValueError as error:
        raise fail(f"{url!r} is no address: {error}", 2) from None
    try:
        copy = followers.open_copy(to)
        with client:
            followers.follow(client, copy, lambda message: err.print(escape(message)), once=once)
    except followers.Misnamed as error:
        raise fail(error, 2) from None
    except (followers.Unfollowable, OSError, sqlite3.Error) as error:
        raise fail(error, 1) from None
    except KeyboardInterrupt:
        err.print("Stopped.")
    err.print(f"The copy in {escape(str(to))} is at position {copy.position}.")
