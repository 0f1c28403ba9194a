"""Running text: the inline HTML of an element, of allowed elements only, and what of it was changed."""

from collections.abc import Callable, Iterator
from html import escape
from typing import Final
from urllib.parse import urljoin

from lxml import etree

from app.content.conversion.tree import UNSEEN, classes, tag_of
from app.content.html import ATTRIBUTES, TAGS

# Elements that mean what an allowed one means.
SAME: Final = {
    "acronym": "abbr", "dfn": "em", "kbd": "code", "samp": "code", "strike": "s", "tt": "code", "u": "em", "var": "em",
}  # fmt: skip
# Elements that only change how text looks, or hold what others mark: their text stays, and nothing is lost.
BARE: Final = frozenset(
    "address article aside bdo big blink body caption center dd details dialog div dt dl fieldset figcaption font"
    " footer form header html label legend li main marquee nav nobr noscript p picture rb rp rt ruby section span"
    " summary table tbody td tfoot th thead tr wbr hgroup search slot data output ul ol".split()
)
Warn = Callable[[str], None]


class Inline:
    """Writes running text. `warn` is told of each element that is changed or left out."""

    def __init__(self, base: str | None, warn: Warn) -> None:
        self.base = base
        self.warn = warn

    def of(self, element: etree._Element) -> str:
        """The inline HTML of what stands in the element, without the element itself."""
        return "".join(self._inside(element, frozenset()))

    def whole(self, element: etree._Element) -> str:
        """The inline HTML of the element itself, without what follows it."""
        return "".join(self._element(element, frozenset()))

    def tags(self, element: etree._Element) -> tuple[str, str]:
        """(opening, closing) tag of an element as it is written; two empty texts for one that only holds others."""
        name = tag_of(element)
        if name == "u":
            self.warn("underlined text is emphasised instead")
        name = SAME.get(name, name)
        if name not in TAGS:
            if name not in BARE:
                self.warn(f"the element {name[:40]} is left out, its text stays")
            return "", ""
        attributes = "".join(self._attributes(name, element))
        return ("", "") if name == "span" and not attributes else (f"<{name}{attributes}>", f"</{name}>")

    def address(self, url: str) -> str:
        """The address in full, where it is relative and the base is known."""
        url = url.strip()
        if self.base is None or url.startswith("#"):
            return url
        try:
            return urljoin(self.base, url)
        except ValueError:  # no address at all
            return url

    def _inside(self, element: etree._Element, around: frozenset[str]) -> Iterator[str]:
        yield escape(element.text or "", quote=False)
        for child in element:
            yield from self._element(child, around)
            yield escape(child.tail or "", quote=False)

    def _element(self, element: etree._Element, around: frozenset[str]) -> Iterator[str]:
        name = tag_of(element)
        if name == "br":
            yield "<br>"
        elif name == "img":  # an emoji: other pictures are blocks
            yield escape(element.get("alt") or "", quote=False)
        elif name in UNSEEN:
            if element.text and element.text.strip():
                self.warn(f"the element {name} is left out")
        else:
            # An element within one of its own kind says nothing more.
            opening, closing = ("", "") if name in around else self.tags(element)
            yield opening
            yield from self._inside(element, around | {name})
            yield closing

    def _attributes(self, name: str, element: etree._Element) -> Iterator[str]:
        for attribute in sorted(ATTRIBUTES.get(name, ())):
            value = element.get(attribute)
            if value is not None and value.strip():
                value = self.address(value) if attribute == "href" else value
                yield f' {attribute}="{escape(value)}"'


def is_emoji(image: etree._Element) -> bool:
    """Whether a picture stands for one character of the text."""
    return bool(classes(image) & {"emoji", "wp-smiley"}) and bool(image.get("alt"))
