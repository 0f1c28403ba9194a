"""Backs up a database that is a file, and restores it; for one on a server, says which programs do."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from app.commands.console import err, escape, failure, out
from app.commands.database import command_settings, migrate_database, show_progress
from app.db import (
    CopyRefused,
    DatabaseUrl,
    checkpoint_into_file,
    copy_database,
    dump_command,
    new_file,
    refuse_used,
    undump_command,
)


def backup(file: Annotated[Path, typer.Argument(help="A new file.", show_default=False)]) -> None:
    """Write a copy of the database into a file, while servers go on reading and writing.

    It has all that was saved before it began. For PostgreSQL, which has a program for that, this prints the command to
    run instead, and exits with 2.
    """
    with command_settings() as settings, _exit_on_refused_copy():
        url = DatabaseUrl(settings.database_url)
        if url.path is None:
            raise _said_instead(dump_command(file))
        if not url.path.exists():
            raise failure(f"There is no database {url} yet.", 3)
        with new_file(file) as partial, show_progress("Copying pages") as show:
            copy_database(url.path, partial, show)
        err.print(f"{escape(str(file))} is a backup of {url}.")


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `backup` has written.", show_default=False)],
) -> None:
    """Make a database of a backup. DATABASE_URL names its file, which must not be there yet.

    A backup of an earlier release is migrated. For PostgreSQL, which has a program for that, this prints the command to
    run instead, and exits with 2.
    """
    with command_settings() as settings, _exit_on_refused_copy():
        url = DatabaseUrl(settings.database_url)
        if url.path is None:
            raise _said_instead(undump_command(file))
        refuse_used(url.path)
        with new_file(url.path) as partial:
            with show_progress("Copying pages") as show:
                copy_database(file, partial, show)
            migrate_database(settings.model_copy(update={"database_url": f"sqlite:///{partial}"}))
            checkpoint_into_file(partial)
        err.print(f"{url} has what was in {escape(str(file))}.")


@contextmanager
def _exit_on_refused_copy() -> Iterator[None]:
    """Raises: typer.Exit."""
    try:
        yield
    except CopyRefused as refusal:
        raise failure(refusal, 1) from None


def _said_instead(command: str) -> typer.Exit:
    """Prints the command to run instead; returns the exception that ends this one, for the caller to raise."""
    out.print(escape(command))
    return failure("nothing was done: a database on a server has the program above for that", 2)
