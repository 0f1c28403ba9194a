"""How fast `import ndjson` reads a newsroom in, and whether its memory stays the same however large that is."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import content, databases
from benchmarks.goals import Goal, Options

RATES, MEMORY_TIMES = {"sqlite": 3_000.0, "postgresql": 2_000.0}, 1.3


def measure(options: Options) -> Iterator[Goal]:
    large, small = (100_000, 20_000) if options.full else (20_000, 10_000)
    for database in options.databases:
        url = options.url(database, "imports")
        peaks = {}
        for size in (small, large):
            path = content.file(options, size, long=True)
            databases.fresh(url)
            begun = time.perf_counter()
            busy = _busy()
            took = content.load(url, path)
            peaks[size] = took.peak_bytes
            cores = (_busy() - busy) / (time.perf_counter() - begun)
        databases.remove(url)
        told = f"{took.seconds:.1f} s for {large:,}, {took.cpu_seconds:.1f} s of CPU; {cores:.1f} cores busy in all"
        rate, limit = large / took.seconds, RATES[database]
        yield Goal(f"{database}: articles a second", rate, limit, "articles/s", at_least=True, told=told)
        told = f"{peaks[large] / 2**20:.0f} MB against {peaks[small] / 2**20:.0f} MB"
        name = f"{database}: memory for {large:,} against {small:,}"
        yield Goal(name, peaks[large] / peaks[small], MEMORY_TIMES, told=told)


def _busy() -> float:
    """Seconds for which the machine's cores have worked, for whomever."""
    user, nice, system, *_ = map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")
