"""How soon a server answers, and the memory it then holds."""

import asyncio
import time
from collections.abc import Iterator

from benchmarks import content, databases, servers
from benchmarks.goals import Goal, Options, median

SECONDS, MEGABYTES = 2.0, 120.0


def measure(options: Options) -> Iterator[Goal]:
    for database in options.databases:
        url = databases.fresh(options.url(database, "startup"))
        content.load(url, content.file(options, 1_000))
        taken, held = [], []
        for _ in range(options.rounds):
            begun = time.perf_counter()
            with servers.dovidka(url) as server:
                asyncio.run(server.wait())
                taken.append(time.perf_counter() - begun)
                held.append(server.resident_bytes / 2**20)
        databases.remove(url)
        yield Goal(f"{database}: start to the first 200", median(taken), SECONDS, "s")
        yield Goal(f"{database}: resident memory after it", median(held), MEGABYTES, "MB")
