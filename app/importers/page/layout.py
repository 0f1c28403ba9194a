"""How a page is laid out: headline, head, then the story piece by piece. Lines in, pieces out; no word is judged here.

Order: `_STEPS`, each of which takes the lines at hand and moves on, or declines; what no other takes is a paragraph.
"""

from collections.abc import Callable
from typing import Final

from app.importers.page import aside, head, story
from app.importers.page.text import Line
from app.importers.page.walk import Layout, Walk

_STEPS: Final[tuple[Callable[[Walk], bool], ...]] = (
    story.table,
    story.image,
    story.note,
    story.update,
    aside.earlier,
    aside.see_also,
    aside.others,
    aside.neighbours,
    aside.arrows,
    aside.signature,
    aside.origin,
    aside.meta,
    aside.furniture,
    story.quote,
    story.listing,
    story.heading,
    story.button,
    story.paragraph,
)


def read(lines: list[Line]) -> Layout:
    """The page taken apart: every line is in `uses`."""
    walk = Walk(lines)
    head.headline(walk)
    head.head(walk)
    while walk.place < len(lines):
        next(step for step in _STEPS if step(walk))
    return walk.layout
