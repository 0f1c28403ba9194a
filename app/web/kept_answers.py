"""Keeps answers in memory, bounded by bytes: those that were asked for twice stay, whatever is asked for once."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

Headers = list[tuple[bytes, bytes]]
# Path, query, coding and the values of other headers that answers vary by: as sent, so that nothing is guessed.
Key = tuple[bytes, bytes, str, tuple[bytes, ...]]
# What Python's objects around an answer take.
OVERHEAD_BYTES: Final = 1_200
# This part of the memory is for answers that were asked for once.
NEW_SHARE: Final = 0.2
# No answer takes more than this part.
LARGEST_SHARE: Final = 0.05


@dataclass(slots=True, eq=False)
class Answer:
    """An answer as it is sent, but for the headers of the single request.

    It was read at `position` of the public log, or was known to hold there at `checked_at`, and may be used for
    `stale_seconds` longer while the database is away. `headers_304` are None where it has no ETag; `request_id` is
    that in the body of a problem.
    """

    status: int
    headers: Headers
    headers_304: Headers | None
    body: bytes
    etag: bytes
    keys: tuple[str, ...]
    position: int
    checked_at: float
    stale_seconds: float
    request_id: bytes | None = None
    # The id of the operation that made it, for measurements.
    operation: str | None = None

    def size(self, key: Key) -> int:
        """Bytes, roughly."""
        texts = sum(len(name) + len(value) for name, value in self.headers) + sum(map(len, self.keys))
        return OVERHEAD_BYTES + len(self.body) + 2 * texts + len(key[0]) + len(key[1])


class KeptAnswers:
    """Answers by key in two queues, each with the least recently used first.

    A new answer stands in the first queue and moves to the second when it is used again. The first queue is small, and
    what falls out of it is dropped; what falls out of the second has another chance in the first. So a flood of
    addresses that are asked for once cannot drive out what many ask for (segmented LRU).
    """

    def __init__(self, most_bytes: int) -> None:
        self.bytes = 0
        self._largest = int(most_bytes * LARGEST_SHARE)
        self._most_new = int(most_bytes * NEW_SHARE)
        self._most_used = most_bytes - self._most_new
        self._new: OrderedDict[Key, tuple[Answer, int]] = OrderedDict()
        self._used: OrderedDict[Key, tuple[Answer, int]] = OrderedDict()
        self._used_bytes = 0

    def __len__(self) -> int:
        return len(self._new) + len(self._used)

    def get(self, key: Key) -> Answer | None:
        used = self._used.get(key)
        if used is not None:
            self._used.move_to_end(key)
            return used[0]
        new = self._new.pop(key, None)
        if new is None:
            return None
        self._used[key] = new
        self._used_bytes += new[1]
        while self._used_bytes > self._most_used:
            oldest, (answer, size) = self._used.popitem(last=False)
            self._used_bytes -= size
            self._new[oldest] = (answer, size)
        self._drop_oldest()
        return new[0]

    def put(self, key: Key, answer: Answer) -> None:
        """Keeps the answer in the place of the one that is there; drops that if the answer is too large to be kept."""
        size = answer.size(key)
        if size > self._largest:
            self._drop(key)
            return
        replaced = self._used.get(key)
        if replaced is not None:
            self._used[key] = (answer, size)
            self._used_bytes += size - replaced[1]
            self.bytes += size - replaced[1]
        else:
            replaced = self._new.pop(key, None)
            self._new[key] = (answer, size)
            self.bytes += size - (replaced[1] if replaced else 0)
        self._drop_oldest()

    def _drop(self, key: Key) -> None:
        used, new = self._used.pop(key, None), self._new.pop(key, None)
        self._used_bytes -= used[1] if used else 0
        self.bytes -= sum(size for _, size in filter(None, (used, new)))

    def clear(self) -> None:
        self._new.clear()
        self._used.clear()
        self.bytes = self._used_bytes = 0

    def _drop_oldest(self) -> None:
        while self._new and self.bytes - self._used_bytes > self._most_new:
            _, (_, size) = self._new.popitem(last=False)
            self.bytes -= size
