"""Tables: rows of plain text, with a header where the table has one."""

from typing import Any, Final, NamedTuple

from lxml import etree

from app.content.conversion.tree import plain, tag_of
from app.web.fields import TEXT_LENGTH

MOST_COLUMNS: Final = 100
MOST_ROWS: Final = 2_000
# Cells that stand over several are written out, so a short text may have many.
MOST_CELLS: Final = 50_000
_CELLS: Final = frozenset({"td", "th"})
# A table with these in a cell is there for the layout: cells of ours hold plain text.
_MEDIA: Final = "img figure iframe video audio object embed table pre blockquote h1 h2 h3".split()


class Grid(NamedTuple):
    """The texts of a table; `header` is empty where it has none. `merged` tells that cells stood over several."""

    header: list[str]
    rows: list[list[str]]
    merged: bool

    def blocks(self) -> list[dict[str, Any]]:
        """One block, or more where a block does not hold all rows."""
        starts = range(0, max(len(self.rows), 1), MOST_ROWS)
        rows = [self.rows[start : start + MOST_ROWS] for start in starts]
        return [{"type": "table", "header": self.header, "rows": portion} for portion in rows]


def rows_of(table: etree._Element) -> list[etree._Element]:
    """The rows of a table itself, not of one within it: head, bodies, foot, as they are written."""
    rows = []
    for child in table:
        if tag_of(child) == "tr":
            rows.append(child)
        elif tag_of(child) in {"thead", "tbody", "tfoot"}:
            rows += [row for row in child if tag_of(row) == "tr"]
    return rows


def is_layout(table: etree._Element) -> bool:
    """Whether a table only places what stands in it: it holds media, has a single column, or more than a block has."""
    if next(table.iterdescendants(*_MEDIA), None) is not None:
        return True
    widths = [len(cells_of(row)) for row in rows_of(table)]
    return max(widths, default=0) <= 1 or max(widths) > MOST_COLUMNS


def cells_of(row: etree._Element) -> list[etree._Element]:
    return [cell for cell in row if tag_of(cell) in _CELLS]


def read(table: etree._Element) -> Grid:
    """The table. A merged cell stands at its first place, and its others are empty. Raises: ValueError."""
    rows = rows_of(table)
    merged, number = False, 0
    texts: list[list[str]] = []
    below: dict[int, int] = {}  # columns that a cell above reaches into, with the number of rows that it goes on
    for row in rows:
        line: list[str] = []
        for cell in cells_of(row):
            _fill(line, below)
            width, height = _span(cell, "colspan"), _span(cell, "rowspan")
            merged |= width > 1 or height > 1
            text = plain(cell)
            if len(text) > TEXT_LENGTH:
                raise ValueError(f"a cell is longer than {TEXT_LENGTH} characters")
            if height > 1:
                below |= {len(line) + offset: height - 1 for offset in range(width)}
            line += [text, *[""] * (width - 1)]
        _fill(line, below)
        if len(line) > MOST_COLUMNS:
            raise ValueError(f"it has more than {MOST_COLUMNS} columns")
        texts.append(line)
        number += len(line)
        if number > MOST_CELLS:
            raise ValueError(f"it has more than {MOST_CELLS} cells")
    is_header = bool(rows) and (
        next(rows[0].iterancestors(), table).tag == "thead" or all(tag_of(cell) == "th" for cell in cells_of(rows[0]))
    )
    header = texts.pop(0) if is_header else []
    return Grid(header, [line for line in texts if any(line)], merged)


def _fill(line: list[str], below: dict[int, int]) -> None:
    """Leaves the next cells empty that a cell above reaches into."""
    while below.get(len(line), 0) > 0:
        below[len(line)] -= 1
        line.append("")


def _span(cell: etree._Element, name: str) -> int:
    value = cell.get(name) or ""
    return min(int(value), MOST_COLUMNS) if value.isascii() and value.isdigit() and len(value) < 5 else 1
