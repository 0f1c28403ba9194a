"""Which items two sequences of texts share, in the order of both. Knows neither documents nor words.

The algorithm is the patience difference. With the words of two sentences:

    old    the  tram  stops  here   today
    new    the  old   tram   never  stops  there  today

1. Equal items at both ends are shared: "the" and "today".
2. Of what is left, the items that stand exactly once in each sequence are landmarks: "tram" and "stops". Where the
   landmarks of the two sequences are in different orders, a longest series that is in the same order is kept.
3. The gaps before, between and after the landmarks are aligned by the same three steps: here one gap has nothing
   against "old", one has nothing against "never", and one has "here" against "there", which share nothing.
4. A gap without landmarks, such as one full of repetitions, goes to difflib.SequenceMatcher if it is small. Its time
   grows with the product of both lengths, so a large gap counts as different as a whole.

Cost: near linear in the lengths of both sequences.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from operator import attrgetter
from typing import Final, NamedTuple

MOST_PAIRS: Final = 1_000  # the largest gap, old length times new length, that SequenceMatcher is asked about
MOST_DEPTH: Final = 30  # how often a gap is searched for landmarks of its own


class Run(NamedTuple):
    """A stretch of both sequences: equal items, or items that differ (one of the two slices may be empty)."""

    is_equal: bool
    old: slice
    new: slice


class _Shared(NamedTuple):
    """Equal items: `size` of them, from these places on in the old and the new sequence."""

    old: int
    new: int
    size: int


def align(old: Sequence[str], new: Sequence[str]) -> Iterator[Run]:
    """The runs of equal and of differing items, in turn; together they cover both sequences."""
    old_start = new_start = size = 0  # the equal items met last; those that follow one another are one run
    for shared in [*filter(attrgetter("size"), _shared(old, new)), _Shared(len(old), len(new), 0)]:
        old_end, new_end = old_start + size, new_start + size
        if (shared.old, shared.new) != (old_end, new_end):
            if size:
                yield Run(True, slice(old_start, old_end), slice(new_start, new_end))
            yield Run(False, slice(old_end, shared.old), slice(new_end, shared.new))
            old_start, new_start, size = shared
        else:
            size += shared.size
    if size:
        yield Run(True, slice(old_start, len(old)), slice(new_start, len(new)))


def longest_increasing(numbers: Sequence[int]) -> list[int]:
    """Indexes of a longest increasing subsequence of distinct numbers.

    For each length it keeps the subsequence that ends with the smallest number: that one is the easiest to prolong.
    """
    end_indexes: list[int] = []  # by length - 1: of the smallest number that a subsequence of that length ends with
    predecessors: list[int | None] = []  # for each number: the index of the one before it in its subsequence
    for index, number in enumerate(numbers):
        length = bisect_left(end_indexes, number, key=numbers.__getitem__)
        predecessors.append(end_indexes[length - 1] if length else None)
        end_indexes[length : length + 1] = [index]
    indexes: list[int] = []
    last = end_indexes[-1] if end_indexes else None
    while last is not None:
        indexes.append(last)
        last = predecessors[last]
    return indexes[::-1]


def _shared(old: Sequence[str], new: Sequence[str], depth: int = 0) -> Iterator[_Shared]:
    """What both share, in order; some may be empty. Step 1, and the others for what is left."""
    shorter = min(len(old), len(new))
    head = next((n for n in range(shorter) if old[n] != new[n]), shorter)
    tail = next((n for n in range(shorter - head) if old[-1 - n] != new[-1 - n]), shorter - head)
    old_tail, new_tail = len(old) - tail, len(new) - tail
    yield _Shared(0, 0, head)
    for shared in _shared_in_middle(old[head:old_tail], new[head:new_tail], depth):
        yield _Shared(head + shared.old, head + shared.new, shared.size)
    yield _Shared(old_tail, new_tail, tail)


def _shared_in_middle(old: Sequence[str], new: Sequence[str], depth: int) -> Iterator[_Shared]:
    """Steps 2 to 4, for sequences that differ at both ends."""
    landmarks = _landmarks(old, new) if depth < MOST_DEPTH else []
    if landmarks:
        old_end = new_end = 0
        for landmark in [*landmarks, _Shared(len(old), len(new), 0)]:
            for shared in _shared(old[old_end : landmark.old], new[new_end : landmark.new], depth + 1):
                yield _Shared(old_end + shared.old, new_end + shared.new, shared.size)
            yield landmark
            old_end, new_end = landmark.old + 1, landmark.new + 1
    elif len(old) * len(new) <= MOST_PAIRS:
        for block in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
            yield _Shared(block.a, block.b, block.size)


def _landmarks(old: Sequence[str], new: Sequence[str]) -> list[_Shared]:
    """The items that stand exactly once in each: of these, a longest series in the order of both."""
    old_counts, new_counts = Counter(old), Counter(new)
    old_places = {item: place for place, item in enumerate(old) if old_counts[item] == 1}
    candidates = [
        _Shared(old_places[item], new_place, 1)
        for new_place, item in enumerate(new)
        if item in old_places and new_counts[item] == 1
    ]
    return [candidates[index] for index in longest_increasing([candidate.old for candidate in candidates])]
