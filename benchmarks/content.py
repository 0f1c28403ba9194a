"""Newsrooms in databases, brought in by the real importer; large ones are kept for the next run."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import databases, newsroom
from benchmarks.goals import Options

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Import:
    """What an import took: seconds, CPU seconds of its processes, the most memory that one of them held."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int


def file(options: Options, size: int, *, long: bool = False) -> Path:
    """A newsroom's file, written when it is not there yet."""
    path = options.folder / f"newsroom-{size}{'-long' if long else ''}.ndjson"
    if not path.exists():
        newsroom.write(path, size, long=long)
    return path


def kept(options: Options, database: str, size: int) -> str:
    """The URL of a database with a newsroom of that size; made by the importer once, then kept."""
    url = options.url(database, f"lists-{size}")
    done = options.folder / f"lists-{size}.{database}.done"
    if not done.exists():
        print(f"  (importing {size:,} articles into {database}, once)", flush=True)
        load(databases.fresh(url), file(options, size))
        databases.analyse(url)
        done.touch()
    return url


def load(url: str, path: Path, *, root: Path = ROOT, program: Sequence[str] = ("-m", "app")) -> Import:
    """Runs `import ndjson` of the checkout in `root`. Raises: RuntimeError, where it refuses something."""
    begun = time.perf_counter()
    environment = {**os.environ, "DATABASE_URL": url}
    command = [sys.executable, *program, "import", "ndjson", str(path)]
    with subprocess.Popen(command, cwd=root, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        report = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(report)
    return Import(time.perf_counter() - begun, _cpu(used), used.ru_maxrss * 1024)


def _cpu(used: resource.struct_rusage) -> float:
    return used.ru_utime + used.ru_stime
