"""What a benchmark reports: a figure beside its limit."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Goal:
    """One figure and its limit; `at_least` tells which side of it is right. `told` says what stands behind it."""

    name: str
    figure: float
    limit: float
    unit: str = "x"
    at_least: bool = False
    told: str = ""

    @property
    def reached(self) -> bool:
        return self.figure >= self.limit if self.at_least else self.figure <= self.limit

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        verdict = "pass" if self.reached else "MISS"
        limit = f"{sign} {self.limit:,g} {self.unit}"
        return f"{verdict}  {self.name:<58} {self.figure:>10,.2f} {self.unit:<10} {limit:<18} {self.told}".rstrip()


@dataclass
class Options:
    """How a run is to be made: at full size or at one for every day, on which databases, where data is kept.

    `stories` is how many are searched, `other` the folder of another checkout, to compare with; `treebanks` are files
    of the format CoNLL-U.
    """

    full: bool
    stories: int
    databases: Sequence[str]
    folder: Path
    rounds: int
    other: Path | None = None
    treebanks: Sequence[Path] = ()
    servers: dict[str, str] = field(default_factory=dict)

    def url(self, database: str, name: str) -> str:
        """The URL of the database of that name, in the folder or on our own PostgreSQL."""
        if database == "sqlite":
            return f"sqlite:///{self.folder / name}.db"
        return self.servers["postgresql"] % name


def median(values: Sequence[float]) -> float:
    return statistics.median(values)
