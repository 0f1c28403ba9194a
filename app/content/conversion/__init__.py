"""The HTML of a body as typed blocks. Knows HTML as it is found in the world, and no noun.

What a block can hold stays; what has no block of its own becomes the nearest one, and is named in a warning; what is
left out is named too. Nothing here is safe by itself: `sanitise_body` makes inline HTML safe, as it does any other.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from lxml import etree

from app.content.conversion import tree
from app.content.conversion.walk import Walk
from app.errors import Fault


class Conversion(NamedTuple):
    """The blocks as JSON, and what is not in them as it stood in the HTML; pointers begin with `/body`."""

    blocks: list[dict[str, Any]]
    warnings: list[Fault]


def convert(text: str, *, base: str | None = None) -> Conversion:
    """The blocks of a fragment, or a whole page, of HTML.

    `base` is the address against which relative addresses are read; without it they stay as they are.
    Cost: linear, a second or two for each million characters at most. Raises: ValueError, whose message says what about
    the text is beyond bounds.
    """
    root = tree.parse(text)
    return convert_elements([] if root is None else [root], base=base)


def convert_elements(elements: Iterable[etree._Element], *, base: str | None = None) -> Conversion:
    """The blocks of what stands in elements of a tree that `tree.parse` made, which is changed by it.

    Raises: ValueError, beyond the number of blocks that a body has.
    """
    walk = Walk(base)
    for element in elements:
        walk.element(element)
    walk.end()
    return Conversion(walk.blocks, walk.warnings)
