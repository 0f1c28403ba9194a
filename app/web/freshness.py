"""What this process knows of the log: how far it goes, and at which position each purge key was touched last.

An answer that was read when the public log ended at position 7 is outdated once a later change has touched one of its
keys. Whoever hears of changes (`app.changes.watch`) says so here; whoever keeps answers asks here. No clock decides.
"""

import time
from collections.abc import Iterable
from typing import Final

# So many keys are remembered, some 4 MB. What was read before the position of a forgotten one counts as outdated.
MOST_KEYS: Final = 20_000


class Freshness:
    """`position` is the last public position of which all before it are known, too; `seq` the last of the whole log.

    `generation` moves when positions cannot be compared with those before, as after a lost connection: then nothing
    that was kept is known to be right. `away_since` is when the database was last heard of, None while it answers.
    """

    def __init__(self) -> None:
        self.position = 0
        self.seq = 0
        self.generation = 0
        self.away_since: float | None = None
        self.header = b"0"
        self._heard_at = time.monotonic()
        self._touched: dict[str, int] = {}
        self._floor = 0

    def begin(self, seq: int, position: int) -> None:
        """Starts anew at these positions."""
        self._touched.clear()
        self._floor = position
        self.generation += 1
        self.seq = seq
        self._move_to(position)
        self.heard()

    def heard(self) -> None:
        """The database has answered: what is known is up to date."""
        self._heard_at = time.monotonic()
        self.away_since = None

    def lost(self) -> None:
        """The database does not answer, or nobody listens any more."""
        if self.away_since is None:
            self.away_since = self._heard_at

    def touch(self, keys: Iterable[str], position: int) -> None:
        """A public change at this position has touched the keys."""
        for key in keys:
            known = self._touched.pop(key, 0)
            self._touched[key] = max(known, position)
        while len(self._touched) > MOST_KEYS:
            oldest = next(iter(self._touched))
            self._floor = max(self._floor, self._touched.pop(oldest))

    def advance(self, seq: int, position: int) -> None:
        """All changes up to these positions are known."""
        self.seq = max(self.seq, seq)
        if position > self.position:
            self._move_to(position)

    def holds(self, keys: Iterable[str], position: int) -> bool:
        """Whether what was read at this position is still right."""
        touched = self._touched
        return position >= self._floor and all(touched.get(key, 0) <= position for key in keys)

    def _move_to(self, position: int) -> None:
        self.position = position
        self.header = b"%d" % position
