"""Brings documents in from NDJSON files, the sample newsroom among them, and names what is refused."""

import asyncio
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from app.commands.console import complain, err, escape
from app.commands.database import usable, with_database
from app.db import Database
from app.errors import Fault
from app.importers import ndjson, store
from app.importers.store import Report
from app.settings import Settings

SHOWN_FAULTS: Final = 20
SAMPLE: Final = sorted((Path(__file__).parent.parent / "sample").glob("*.ndjson"))


def import_ndjson(files: Annotated[list[Path], typer.Argument(help="Files to read.", show_default=False)]) -> None:
    """Import documents, one JSON object a line with its "noun": the form that `export ndjson` writes.

    A line that is refused loses no others. Importing the same file again changes nothing.
    """
    with usable() as settings:
        raise typer.Exit(load_files(settings, files))


def seed() -> None:
    """Load the sample newsroom. What else is there stays; what was changed in the sample is put back."""
    with usable() as settings:
        raise typer.Exit(load_files(settings, SAMPLE))


def load_files(settings: Settings, files: list[Path]) -> int:
    """Imports the files; returns the exit code."""
    reports: dict[Path, Report] = {}

    async def work(database: Database) -> set[str]:
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        with Progress(*columns, console=err, transient=True) as progress:
            for file in files:
                reports[file] = await _load_file(database, settings.zone, file, progress)
        related = {ref for report in reports.values() for ref in report.related}
        return await store.unresolved(database, settings.zone, related)

    missing = with_database(settings, work)
    for file, report in reports.items():
        dangling = [
            (line, Fault(f"relates to the article {ref}, which is not there"))
            for ref, line in report.related.items()
            if ref in missing
        ]
        _show_faults("error", file, dangling)
        err.print(f"{escape(str(file))}: {counts(report)}")
    wrong = any(report.counts["error"] for report in reports.values())
    return 1 if wrong or missing else 0


async def _load_file(database: Database, zone: ZoneInfo, file: Path, progress: Progress) -> Report:
    try:
        task = progress.add_task(escape(file.name), total=(await asyncio.to_thread(file.stat)).st_size)
        report = await ndjson.load(database, zone, file, advance=lambda size: progress.advance(task, size))
    except OSError as error:
        report = Report()
        report.refuse(0, [Fault(f"cannot be read: {error.strerror}", pointer="")])
    _show_faults("error", file, report.wrong)
    _show_faults("removed", file, report.removed)
    return report


def _show_faults(kind: Literal["error", "removed"], file: Path, faults: list[tuple[int, Fault]]) -> None:
    for line, fault in faults[:SHOWN_FAULTS]:
        where = f"{file}:{line}" if line else str(file)
        allowed = f" (one of {', '.join(fault.allowed)})" if fault.allowed else ""
        complain(f"{where}: {sentence(fault)}{allowed}", kind)
    if len(faults) > SHOWN_FAULTS:
        err.print(f"… and {len(faults) - SHOWN_FAULTS} more of this kind")


def sentence(fault: Fault) -> str:
    return " ".join(filter(None, (fault.pointer, fault.detail)))


def counts(report: Report) -> str:
    named = {"created": "created", "updated": "updated", "unchanged": "unchanged", "error": "refused"}
    return ", ".join(f"{n} {named[name]}" for name, n in report.counts.items() if n) or "nothing in it"
