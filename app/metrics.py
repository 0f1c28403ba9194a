"""What this process counts and measures for Prometheus; `operations` shows it. Knows no HTTP and no SQL.

With several workers each writes its values into files of the folder PROMETHEUS_MULTIPROC_DIR, which `serve` sets, and
whichever worker is asked adds all of them up.
"""

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, Histogram, Metric, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
REQUEST_BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0)
DATABASE_BUCKETS: Final = (0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1.0, 2.5)

# Without what the library tells of the Python process by itself.
_OWN: Final = CollectorRegistry(auto_describe=True)
_REQUEST_SECONDS: Final = Histogram(
    "dovidka_request_seconds",
    "Seconds until the head of the answer, by operation, by what the cache did, and by the class of the status.",
    ("operation", "cache", "status"),
    buckets=REQUEST_BUCKETS,
    registry=_OWN,
)
_DATABASE_SECONDS: Final = Histogram(
    "dovidka_database_seconds",
    "Seconds of statements that read (from the primary, from a replica) and of whole write transactions.",
    ("work",),
    buckets=DATABASE_BUCKETS,
    registry=_OWN,
)
READ_SECONDS: Final = _DATABASE_SECONDS.labels("read")
REPLICA_SECONDS: Final = _DATABASE_SECONDS.labels("replica")
WRITE_SECONDS: Final = _DATABASE_SECONDS.labels("write")
STREAMS_OPEN: Final = Gauge(
    "dovidka_streams_open", "Streams of changes that are held open.", multiprocess_mode="livesum", registry=_OWN
)
WAITS_OPEN: Final = Gauge(
    "dovidka_waits_open", "Requests that wait for news.", multiprocess_mode="livesum", registry=_OWN
)

REPLICA_LAG: Final = Gauge(
    "dovidka_replica_lag",
    "Changes between a replica and what this process knows, when it was last looked at; +Inf while it is not in use.",
    ("replica",),
    multiprocess_mode="livemax",
    registry=_OWN,
)


@cache
def request_seconds(operation: str, cache: str, status: int) -> Histogram:
    """The histogram of these labels. Kept, since looking it up costs more than an observation.

    `operation` is an operation id; `status` the class of the status, 2 for 200.
    """
    return _REQUEST_SECONDS.labels(operation, cache, f"{status}xx")


def text(families: Iterable[Metric]) -> bytes:
    """All values, and those of the families, in the text format of Prometheus, version 0.0.4."""
    values = _OWN
    if folder := os.environ.get(FOLDER):
        _forget_ended_processes(Path(folder))
        values = CollectorRegistry()
        MultiProcessCollector(values, folder)  # type: ignore[no-untyped-call]
    more = CollectorRegistry()
    more.register(_Families(families))
    return generate_latest(values) + generate_latest(more)


class _Families:
    """A collector of values that were read for this answer."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _forget_ended_processes(folder: Path) -> None:
    """Removes the gauges of workers that have ended: what they held open is open no more."""
    for file in folder.glob("gauge_live*_*.db"):
        try:
            os.kill(int(file.stem.rpartition("_")[2]), 0)
        except ProcessLookupError:
            file.unlink(missing_ok=True)
