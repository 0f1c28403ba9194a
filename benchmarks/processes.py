"""Server processes killed while they write, and restarted when something is due; senders and receivers of webhooks
killed while they send."""

import asyncio
from collections.abc import Iterator

from benchmarks import databases
from benchmarks.goals import Goal, Options
from tests import processes

TIMES = 20
SENDINGS = 50


def measure(options: Options) -> Iterator[Goal]:
    for database in options.databases:
        url = databases.fresh(options.url(database, "processes"))
        written, wrong = asyncio.run(processes.killed_while_writing(url, TIMES))
        told = f"{written} writes were acknowledged{'; ' if wrong else ''}{'; '.join(wrong[:3])}"
        yield Goal(f"{database}: lost or at odds after {TIMES} kills", len(wrong), 0, "writes", told=told)
        databases.fresh(url)
        found = asyncio.run(processes.restarted_when_due(url, TIMES))
        times = [n for n, _ in found]
        yield Goal(f"{database}: published not once in {TIMES} restarts", TIMES - times.count(1), 0, "articles")
        yield Goal(f"{database}: published late, at most", max(late for _, late in found), 1, "s")
        databases.fresh(url)
        file = options.folder / "received"
        file.unlink(missing_ok=True)
        sent, wrong = asyncio.run(processes.killed_while_sending(url, file, SENDINGS))
        told = f"{sent} events{'; ' if wrong else ''}{'; '.join(wrong[:3])}"
        yield Goal(f"{database}: sent wrongly after {SENDINGS} kills", len(wrong), 0, "events", told=told)
        databases.remove(url)
