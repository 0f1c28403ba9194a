"""One pass over the lines of a page: what each line was used as, and the pieces found so far."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from app.importers.page import recognisers, sidebar
from app.importers.page.recognisers import Mark
from app.importers.page.text import Line


@dataclass
class Piece:
    """One element of the story: what it is and which lines it comes from."""

    kind: str
    lines: list[Line]
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return " ".join(line.text for line in self.lines)


@dataclass
class Layout:
    """A page taken apart."""

    headline: str
    kicker: str | None = None
    standfirst: Line | None = None
    meta: list[Mark] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    teasers: list[sidebar.Teaser] = field(default_factory=list)
    uses: dict[int, tuple[str, str, float]] = field(default_factory=dict)

    @property
    def tells(self) -> bool:
        """Whether a story is there, be it only its announcement, and not a page's furniture alone."""
        dated = any(mark.kind in ("byline", "date", "name") for mark in self.meta)
        bare = all(use != "furniture" for use, *_ in self.uses.values())
        return bool(self.pieces or self.standfirst or dated or bare)


class Walk:
    """One pass over the lines of a page."""

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        self.marks = [recognisers.recognise(line) for line in lines]
        self.layout = Layout(lines[0].text)
        self.place = 0
        self.run_end = 0  # where the run of lines ends in which a table may stand, once one was looked for there
        self.end = self._last_story_line()
        self.tail = False  # whether some line behind the story is plainly the page's

    def use(self, line: Line, use: str, rule: str, confidence: float) -> None:
        self.layout.uses[line.number] = (use, rule, round(confidence, 2))
        self.tail = self.tail or (use in ("furniture", "meta") and line.number > self.lines[self.end].number)

    def add(self, kind: str, lines: list[Line], rule: str, confidence: float = 0.9, **data: Any) -> Piece:
        piece = Piece(kind, lines, data)
        self.layout.pieces.append(piece)
        for line in lines:
            self.use(line, kind, rule, confidence)
        return piece

    def mark(self, place: int) -> Mark | None:
        return self.marks[place] if 0 <= place < len(self.marks) else None

    def kind(self, place: int) -> str | None:
        mark = self.mark(place)
        return mark.kind if mark else None

    def line(self, place: int) -> Line | None:
        return self.lines[place] if 0 <= place < len(self.lines) else None

    def plain(self, place: int) -> bool:
        """Whether the line at a place is there and is text that no recogniser claims."""
        return 0 <= place < len(self.lines) and self.marks[place] is None

    def _last_story_line(self) -> int:
        """The place of the last line that reads as text of a story; behind it, short lines are the page's."""
        aside = False
        last = 0
        for place, line in enumerate(self.lines):
            kind = self.kind(place)
            if kind == "sidebar":
                aside = True
            elif aside and sidebar.resumes_story(self.lines, self.marks, place):
                aside = False
            tells = kind in ("note", "earlier", "update") or (kind is None and line.words >= 9 and line.closed)
            if tells and not sidebar.is_cut(line) and (not aside or line.words >= 22):
                last = place
        return last

    def answers(self, place: int) -> bool:
        """Whether a line behind a dash answers the question above it."""
        line, above = self.line(place), self.line(place - 1)
        return (
            line is not None and above is not None and line.text[0] in "—–" and line.text[-1] != "?"
            and above.text[-1] == "?"
        )  # fmt: skip

    @cached_property
    def interview(self) -> bool:
        return sum(self.answers(place) for place in range(1, len(self.lines))) >= 2

    def meta(self, place: int) -> None:
        if (mark := self.mark(place)) is not None:
            self.layout.meta.append(mark)
            self.use(self.lines[place], "meta", mark.rule, mark.confidence)

    def furniture(self, place: int, rule: str = "", confidence: float = 0.0) -> None:
        mark = self.mark(place)
        self.use(
            self.lines[place],
            "furniture",
            rule or (mark.rule if mark else ""),
            confidence or (mark.confidence if mark else 0.5),
        )
