"""How large a database is against the export of what it holds."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks import content, databases
from benchmarks.content import ROOT
from benchmarks.goals import Goal, Options

SIZE = 10_000
TIMES = {"sqlite": 2.0, "postgresql": 2.2}


def measure(options: Options) -> Iterator[Goal]:
    for database in options.databases:
        url = databases.fresh(options.url(database, "sizes"))
        content.load(url, content.file(options, SIZE, long=True))
        databases.analyse(url)
        imported = databases.size(url)
        databases.compact(url)
        compact = databases.size(url)
        text = _export(url, options.folder / "export.ndjson")
        databases.remove(url)
        told = f"{compact / 1e6:.1f} MB against {text / 1e6:.1f} MB of NDJSON; {imported / text:.2f} x before VACUUM"
        told += " FULL" if database == "postgresql" else ""
        yield Goal(f"{database}: size against its export, after VACUUM", compact / text, TIMES[database], told=told)


def _export(url: str, file: Path) -> int:
    """The bytes of an export."""
    command = [sys.executable, "-m", "app", "export", "ndjson", str(file)]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "DATABASE_URL": url}, check=True, stderr=subprocess.DEVNULL)
    size = file.stat().st_size
    file.unlink()
    return size
