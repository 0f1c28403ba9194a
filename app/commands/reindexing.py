"""Makes the index of words anew from the command line, and shows how far that is."""

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.commands.console import err
from app.commands.database import command_settings, run_with_database
from app.db import Database
from app.reindex import reindex as index_anew


def reindex() -> None:
    """Index what the present analysis of words has not indexed: after an update of it, or of its dictionaries.

    A server does it by itself when it starts. The database may be in use; started again, it goes on where it was.
    """

    async def work(database: Database) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=err, transient=True) as progress:
            task = progress.add_task("Indexing words", total=None)
            await index_anew(database, lambda done, total: progress.update(task, completed=done, total=total))

    with command_settings() as settings:
        run_with_database(settings, work)
        err.print("The index of words is up to date.")
