"""Plain data of pages: a position in a list, the rows of a page, what stands beside them. Knows no SQL and no HTTP."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

Row = TypeVar("Row", bound=Sequence[Any])
# The ids before and behind all others. Source: RFC 9562, sections 5.9 and 5.10.
FIRST_ID: Final = "00000000-0000-0000-0000-000000000000"
LAST_ID: Final = "ffffffff-ffff-ffff-ffff-ffffffffffff"


@dataclass(frozen=True, slots=True)
class Position:
    """A place between two items of a list: the sort values of one of them, and the direction to read from there."""

    values: tuple[Any, ...]
    backward: bool = False


@dataclass(slots=True)
class PageRows:
    """One page as stored.

    Shape: `items` are JSON documents, `refs` their references; `next` and `prev` are where the pages beside this one
    begin, None at an end of the list; `count` is (number in all, whether it is exact), None unless requested.
    """

    items: list[str]
    refs: list[str]
    next: Position | None = None
    prev: Position | None = None
    count: tuple[int, bool] | None = None

    @property
    def is_all_empty(self) -> bool:
        """Whether nothing is on the page, and nothing behind it."""
        return not self.items and self.next is None


class Included(NamedTuple):
    """What stands beside the items of an answer.

    Shape: `groups` hold JSON by slug or id; `names` are those of all that was looked for, in the form of the log: what
    is not visible now would be shown once it is.
    """

    groups: Mapping[str, Mapping[str, str]]
    names: Iterable[str]


def cut(rows: list[Row], limit: int, position: Position | None) -> tuple[list[Row], bool, bool]:
    """Splits the row that was read beyond the page from the rows of the page.

    Shape: `rows` are at most limit + 1, in the direction of reading; returns (rows of the page in the order of the
    list, whether items stand before it, whether items stand after it).
    """
    has_more = len(rows) > limit
    page_rows = rows[:limit]
    if position is not None and position.backward:
        return page_rows[::-1], has_more, True
    return page_rows, position is not None, has_more


def id_beside(id: str, *, larger: bool) -> str:
    """The next larger or smaller id: a page that begins there has the item of this id, if it is back, as its first."""
    return str(UUID(int=UUID(id).int + (1 if larger else -1)))
