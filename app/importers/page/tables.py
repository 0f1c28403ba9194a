"""Tables that a scraper flattened: one cell a line, or the cells of a row in one line."""

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from app.importers.page.text import Line

_FIGURE: Final = re.compile(
    r"^[+−–—-]?\s?[$€£₴]?\d[\d\s.,:/%–-]*(?:\s?(?:%|°C?|[a-zа-яіїєґ.]{1,6}))?$"
    r"|^\d{1,2}\s[^\W\d]{3,10}$|^[−–—-]$|^\d{1,2}[:.]\d{2}$",
    re.IGNORECASE,
)
_FIGURES_BEHIND: Final = re.compile(r"(?:\s[+−–—-]?\d[\d.,:/%]*){2,}$")
_CELL_WORDS: Final = 8
_CELL_LENGTH: Final = 120
# A table is looked for at each line of the story: so far, and no further.
_CELLS: Final = 240
_ROWS_ASKED: Final = 40


@dataclass(frozen=True)
class Table:
    """Header and rows, and how many lines they took."""

    header: list[str]
    rows: list[list[str]]
    lines: int
    rule: str


def read(run: list[Line]) -> Table | None:
    """The table that a run of lines without blanks begins with."""
    return _rows(run) or _spaced(run) or _cells(run)


def _spaced(run: list[Line]) -> Table | None:
    """Rows of one line each whose figures stand behind the words, between single blanks."""
    rows: list[list[str]] = []
    start = 1 if run and not _FIGURES_BEHIND.search(run[0].text) else 0
    for line in run[start:]:
        found = _FIGURES_BEHIND.search(line.text)
        cells = [line.text[: found.start()], *found[0].split()] if found else []
        if not found or found.start() == 0 or (rows and len(cells) != len(rows[0])) or line.words > 12:
            break
        rows.append(cells)
    if len(rows) < 2 or len(rows[0]) < 3:
        return None
    heads = run[0].text.split() if start else []
    width = len(rows[0])
    if start and len(heads) < width:
        return None
    header = [" ".join(heads[: len(heads) - width + 1]), *heads[len(heads) - width + 1 :]] if start else []
    return Table(header, rows, len(rows) + start, "table row by row")


def _rows(run: list[Line]) -> Table | None:
    """Rows of one line each, cells between tabs, strokes or wide gaps."""
    width = len(run[0].cells) if run else 0
    asked = list(takewhile(lambda line: len(line.cells) == width, run[:_ROWS_ASKED])) if width > 1 else []
    if (
        len(asked) < 2
        or (len(asked) == 2 and width == 2)
        or not any(_FIGURE.match(cell) for line in asked for cell in line.cells)
    ):
        return None
    rows = [list(line.cells) for line in takewhile(lambda line: len(line.cells) == width, run)]
    headed = not any(_FIGURE.match(cell) for cell in rows[0][1:])
    return Table(rows[0] if headed else [], rows[1:] if headed else rows, len(rows), "table row by row")


def _cells(run: list[Line]) -> Table | None:
    """One cell a line: the width is the one at which every column is all figures or all words."""
    if not run or _FIGURE.match(run[0].text):
        return None
    cells: list[str] = []
    for line in run[:_CELLS]:
        sentence = line.text.endswith((".", ";", ":")) and line.words > 3
        if sentence or line.words > _CELL_WORDS or len(line.text) > _CELL_LENGTH:
            break
        cells.append(line.text)
    figures = [bool(_FIGURE.match(cell)) for cell in cells]
    last = max((place for place, figure in enumerate(figures) if figure), default=-1)
    cells, figures = cells[: last + 1], figures[: last + 1]  # a table ends with a figure
    if len(cells) < 6 or sum(figures) < 2:
        return None
    for width in range(2, min(8, len(cells) // 2) + 1):
        if len(cells) % width:
            continue
        if (found := _fitting(cells, figures, width, width)) is not None:
            return found
    for width in range(2, min(8, len(cells) // 2) + 1):
        if len(cells) % width == width - 1 and (found := _fitting(cells, figures, width, width - 1)) is not None:
            return found
    return None


def _fitting(cells: list[str], figures: list[bool], width: int, head: int) -> Table | None:
    body = cells[head:]
    if len(body) < 2 * width or len(body) % width:
        return None
    kinds = [{figures[place] for place in range(head + column, len(cells), width)} for column in range(width)]
    if any(len(kind) > 1 for kind in kinds) or not any(kind == {True} for kind in kinds):
        return None
    ranked = [cell.rstrip(".") for cell in body[::width]] == [str(n) for n in range(1, len(body) // width + 1)]
    figured = ranked or all(kind == {True} for kind in kinds)
    if kinds[0] == {True} and (head < width or any(figures[:head]) or not figured):
        return None
    header = [""] * (width - head) + cells[:head]
    rows = [body[place : place + width] for place in range(0, len(body), width)]
    return Table(header, rows, len(cells), "table cell by cell")
