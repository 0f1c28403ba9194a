"""Checks the database, and prints what is not as it must be."""

from typing import Annotated

import typer

from app.checking import check as checks
from app.commands.console import err, escape, out
from app.commands.database import command_settings, run_with_database
from app.db import Database


def check(
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend views, lists and counters from the documents.")
    ] = False,
) -> None:
    """Hold the log, rows, views, lists and counters against the documents; the database may be in use.

    Prints each deviation with what it means. Exits with 1 where there is one that is not mended.
    """

    async def work(database: Database) -> tuple[int, int]:
        found = left = 0
        if repair:
            async for deviation, is_mended in checks.repair(database):
                out.print(escape(f"{deviation} {'Mended.' if is_mended else 'Not mended.'}"))
                found, left = found + 1, left + (not is_mended)
            return found, left
        async for deviation in checks.check(database):
            out.print(escape(str(deviation)))
            found, left = found + 1, left + 1
        return found, left

    with command_settings() as settings:
        found, left = run_with_database(settings, work)
        err.print("Nothing deviates." if not found else f"{found} deviations" + (f", {found - left} mended" * repair))
        if left:
            raise typer.Exit(1)
