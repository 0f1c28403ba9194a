"""Imports NDJSON files, the sample newsroom among them, and prints what is refused."""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

import typer
from pydantic_core import from_json
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from app.commands.console import err, escape, print_message
from app.commands.database import command_settings, run_with_database
from app.db import Database, Writable, rehearsal
from app.errors import Fault
from app.importers import ndjson, store
from app.importers.store import Keep, Report
from app.settings import Settings

MOST_SHOWN_FAULTS: Final = 20
SAMPLE: Final = sorted((Path(__file__).parent.parent / "sample").glob("*.ndjson"))
# Earlier states of some objects, so that their history shows something.
EARLIER: Final = next(file for file in SAMPLE if file.stem == "3-earlier")


def import_ndjson(
    files: Annotated[list[Path], typer.Argument(help="Files to read.", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would come of it; write nothing.")] = False,
    create_only: Annotated[
        bool, typer.Option("--create-only", help="Create what is missing; leave what is there as it is.")
    ] = False,
) -> None:
    """Import documents, one JSON object per line with its "noun": the format that `export ndjson` writes.

    A refused line does not affect the others. Importing the same file again changes nothing.
    """
    with command_settings() as settings:
        keep = store.keep_existing if create_only else None
        raise typer.Exit(import_files(settings, files, keep=keep, dry_run=dry_run))


def seed() -> None:
    """Load the sample newsroom. Changed documents of the sample are restored; what it did not make stays."""
    with command_settings() as settings:
        # Over the states that followed them, the earlier ones would be changes.
        is_new = run_with_database(settings, partial(has_no_sample, settings))
        files = [file for file in SAMPLE if is_new or file != EARLIER]
        raise typer.Exit(import_files(settings, files, store.SEED, keep=store.keep_what_is_not_seeded))


async def has_no_sample(settings: Settings, database: Database) -> bool:
    """Whether none of the articles of which the sample has earlier states is there."""
    documents = [from_json(line) for line in (await asyncio.to_thread(EARLIER.read_bytes)).splitlines()]
    ids = {document["id"] for document in documents if document["noun"] == "article"}
    return await store.unresolved(database, settings.zone, ids) == ids


def import_files(
    settings: Settings,
    files: list[Path],
    actor: str = store.ACTOR,
    *,
    keep: Keep | None = None,
    dry_run: bool = False,
) -> int:
    """Imports the files and prints a report of each; returns the exit code. `actor` stands in the history.

    What `keep` finds stays as it is. In a dry run nothing is written; other writers wait for its end.
    """
    reports: dict[Path, Report] = {}

    async def work(database: Database) -> set[str]:
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        with Progress(*columns, console=err, transient=True) as progress:
            async with rehearsal(database) if dry_run else nullcontext(database) as target:
                for file in files:
                    reports[file] = await _import_file(target, settings.zone, file, actor, keep, progress)
                related = {ref for report in reports.values() for ref in report.related}
                return await store.unresolved(target, settings.zone, related)

    missing_articles = run_with_database(settings, work)
    for file, report in reports.items():
        missing = [(line, ref) for ref, line in report.related.items() if ref in missing_articles]
        faults = [(line, Fault(f"relates to the article {ref}, which is not there")) for line, ref in missing]
        _print_faults("error", file, faults)
        would_be = " (nothing was written: a dry run)" if dry_run else ""
        err.print(f"{escape(str(file))}: {format_counts(report)}{would_be}")
    refused = any(report.counts["error"] for report in reports.values())
    return 1 if refused or missing_articles else 0


async def _import_file(
    database: Writable, zone: ZoneInfo, file: Path, actor: str, keep: Keep | None, progress: Progress
) -> Report:
    try:
        task = progress.add_task(escape(file.name), total=(await asyncio.to_thread(file.stat)).st_size)
        report = await ndjson.load(
            database, zone, file, advance=lambda size: progress.advance(task, size), actor=actor, keep=keep
        )
    except OSError as error:
        report = Report()
        report.refuse(0, [Fault(f"cannot be read: {error.strerror}", pointer="")])
    _print_faults("error", file, report.wrong)
    _print_faults("warning", file, report.warnings)
    return report


def _print_faults(kind: Literal["error", "warning"], file: Path, faults: Sequence[tuple[int, Fault]]) -> None:
    """Prints (line, fault) pairs; line 0 means the whole file."""
    for line, fault in faults[:MOST_SHOWN_FAULTS]:
        place = f"{file}:{line}" if line else str(file)
        allowed = f" (one of {', '.join(fault.allowed)})" if fault.allowed else ""
        print_message(f"{place}: {fault.message}{allowed}", kind)
    if len(faults) > MOST_SHOWN_FAULTS:
        err.print(f"… and {len(faults) - MOST_SHOWN_FAULTS} more of this kind")


def format_counts(report: Report) -> str:
    names = {"error": "refused"}
    counts = [f"{count} {names.get(outcome, outcome)}" for outcome, count in report.counts.items() if count]
    return ", ".join(counts) or "no documents"
