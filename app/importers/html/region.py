"""Where the story stands on a page: trafilatura chooses the region, this keeps what belongs to it and drops the rest.

trafilatura finds the right part of a page, but loses captions, lists and often the first paragraph. So its texts are
looked up in the page's own tree: the element that holds nearly all of them is the region, and what in it is
plainly no part of the story is dropped.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from app.content.conversion.embeds import is_known
from app.content.conversion.tree import plain, tag_of
from app.importers.html import furniture
from app.importers.html.metadata import Page, fold

# The region holds so large a part of what trafilatura found; the rest is added where it stands.
_NEARLY_ALL: Final = 0.9
# A part by whose class it is furniture stays, where it holds so much of what was found.
_MOSTLY_FOUND: Final = 0.6
# Kinds of which nothing is lost: they need no word in the report.
_IN_OTHER_FIELDS: Final = frozenset({"empty elements", "headline", "what other fields have"})
# What holds more of all that was found is no furniture.
_MUCH: Final = 0.34
_SHORT: Final = 25
_BLOCKS: Final = frozenset(
    "p li h1 h2 h3 h4 h5 h6 blockquote td th dd dt pre figcaption div section article summary caption address"
    " center".split()
)
_CONTAINERS: Final = frozenset(
    "div section article main aside ul ol dl table tbody tr figure blockquote header footer details center".split()
)
_PICTURED: Final = ("img", "picture", "video", "audio", "iframe", "figure", "amp-img")


@dataclass(slots=True)
class Region:
    """The elements of a story in the order of the page, and how many parts of which kind were left out of them."""

    elements: list[etree._Element]
    left_out: Counter[str] = field(default_factory=Counter)


def choose(page: Page, headline: etree._Element | None, known: frozenset[str]) -> Region | None:
    """The region of the story, with what is no part of it removed from the tree; None where no text was found.

    `known` has folded texts that are no part of the body because other fields have them: headline, standfirst, byline.
    """
    found = _found_by_trafilatura(page.text) or [*_long_paragraphs(page.root)]
    chosen = _Chosen(page.root, found)
    if chosen.total == 0:
        return None
    container = chosen.container()
    before, behind = (
        [
            each
            for each in chosen.outside(container, before=side)
            if tag_of(each) != "h1" and fold(plain(each)) not in known
        ]
        for side in (True, False)
    )
    region = Region([*before, container, *behind])
    for element in region.elements:
        _Pruning(chosen, headline, known, region.left_out).prune(element)
    _count_around(page.root, {*region.elements}, region.left_out)
    return region


def _count_around(parent: etree._Element, region: set[etree._Element], left_out: Counter[str]) -> None:
    """Counts the furniture outside the region; what stands in other furniture counts as a part of that."""
    for element in parent:
        if element in region or tag_of(element) in {"head", "nav", "header", "svg"}:
            continue
        kind = furniture.kind_of(element)
        holds_region = any(inner in region for inner in element.iterdescendants())
        if kind is not None and not holds_region and plain(element):
            left_out[kind] += 1
        elif len(element):
            _count_around(element, region, left_out)


def _found_by_trafilatura(text: str) -> list[str]:
    """The texts, folded, of the blocks that trafilatura takes for the story's."""
    import trafilatura  # 0.3 s and 30 MB, which only an import of web pages needs

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    document = trafilatura.bare_extraction(text, include_comments=False, include_tables=True)
    body = getattr(document, "body", None)
    if body is None:
        return []
    return [
        key
        for element in body.iter()
        for key in [fold(" ".join(map(str, element.itertext())))]
        if key and not _has_blocks(element)
    ]


def _long_paragraphs(root: etree._Element) -> Iterator[str]:
    """The folded texts of a page's paragraphs, where trafilatura finds nothing: in `article`, else in all of it."""
    article = next(root.iter("article", "main"), root)
    for element in article.iter("p", "div"):
        has_blocks = any(tag_of(inner) in _BLOCKS for inner in element.iterdescendants())
        if not has_blocks and len(plain(element)) > 60 and furniture.link_share(element) < 0.3:
            yield fold(plain(element))


def _has_blocks(element: etree._Element) -> bool:
    return any(inner.tag in {"p", "head", "item", "quote", "row", "cell", "list", "div"} for inner in element)


class _Chosen:
    """Which blocks of the tree hold the texts that were found; the letters of these, summed up for each element."""

    def __init__(self, root: etree._Element, found: list[str]) -> None:
        keys, joined = set(found), "\n".join(found)
        together = "".join(found)
        self.root = root
        self.blocks: list[etree._Element] = []
        self.letters: dict[etree._Element, int] = {}
        self.total = 0
        for element in root.iter(*_BLOCKS):
            if any(tag_of(inner) in _BLOCKS for inner in element.iterdescendants()):
                continue
            key = fold(plain(element))
            is_found = key in keys or (len(key) >= _SHORT and (key in joined or key in together))
            if key and is_found:
                self.blocks.append(element)
                self.total += len(key)
                for each in (element, *element.iterancestors()):
                    self.letters[each] = self.letters.get(each, 0) + len(key)
        if self.total == 0:
            self._by_own_text(joined)
        for form in [*root.iter("form")]:  # some servers put the whole page into one
            if self.letters.get(form, 0) > _MUCH * self.total:
                form.tag = "div"

    def _by_own_text(self, joined: str) -> None:
        """Finds blocks that are not leaves: paragraphs between line breaks of one division."""
        for element in self.root.iter("div", "section", "article", "td"):
            own = [element.text, *(child.tail for child in element)]
            letters = sum(len(key) for text in own if text and len(key := fold(text)) >= _SHORT and key in joined)
            if letters:
                self.blocks.append(element)
                self.total += letters
                for each in (element, *element.iterancestors()):
                    self.letters[each] = self.letters.get(each, 0) + letters

    def container(self) -> etree._Element:
        """The innermost element that holds nearly all that was found."""
        element = self.root
        while True:
            inner = max(element, key=lambda child: self.letters.get(child, 0), default=None)
            if (
                inner is None
                or self.letters.get(inner, 0) < _NEARLY_ALL * self.total
                or tag_of(inner) not in _CONTAINERS | {"body"}
            ):
                return element
            element = inner

    def outside(self, container: etree._Element, *, before: bool) -> list[etree._Element]:
        """Blocks that were found before, or behind, the container."""
        around = {*container.iterancestors()}
        path = [container, *container.iterancestors()]
        inside = {*container.iter()}
        outer = [block for block in self.blocks if block not in inside and block not in around]
        return [block for block in outer if _stands_before(block, path) == before]

    def share(self, element: etree._Element) -> float:
        """The share of an element's letters that was found."""
        whole = len(fold(plain(element)))
        return self.letters.get(element, 0) / whole if whole else 0.0


def _stands_before(block: etree._Element, path: list[etree._Element]) -> bool:
    """Whether a block stands before an element, of which `path` holds it and its ancestors."""
    own = [block, *block.iterancestors()]
    common = next(each for each in own if each in path)
    first, second = own[own.index(common) - 1], path[path.index(common) - 1]
    children = list(common)
    return children.index(first) < children.index(second)


class _Pruning:
    """Removes from an element what is no part of the story."""

    def __init__(
        self, chosen: _Chosen, headline: etree._Element | None, known: frozenset[str], left_out: Counter[str]
    ) -> None:
        self.chosen = chosen
        self.headline = headline
        self.known = known
        self.left_out = left_out

    def prune(self, root: etree._Element) -> None:
        self._children(root)
        # What stands behind the last text that was found: lists of further stories, notices, the outlet's own lines.
        blocks = [each for each in root.iter(*_BLOCKS) if each is not root and self.chosen.letters.get(each)]
        if blocks:
            for element in [*_behind(blocks[-1], root)]:
                if not self._may_end(element, blocks[-1]):
                    self._drop(element, "what stands behind the story")

    def _children(self, parent: etree._Element) -> None:
        for element in [*parent]:
            if (kind := self._kind(element)) is not None:
                self._drop(element, kind)
            elif tag_of(element) in _CONTAINERS and len(element):
                self._children(element)

    def _kind(self, element: etree._Element) -> str | None:
        """Which furniture an element is; None for what stays."""
        name = tag_of(element)
        if element is self.headline or name == "h1":
            return "headline"
        if (
            self.headline is not None
            and self.headline in {*element.iterdescendants()}
            and not self.chosen.letters.get(element)
        ):
            return "headline"
        if name == "iframe" and not is_known(element.get("src") or element.get("data-src") or ""):
            return "frames of other sites"
        text = plain(element)
        if len(text) < 600 and fold(text) in self.known and name not in {"figure", "figcaption", "img"}:
            return "what other fields have"
        share = self.chosen.share(element)
        is_pictured = next(element.iter(*_PICTURED), None) is not None
        kind = furniture.kind_of(element)
        if kind is not None and share < _MOSTLY_FOUND and not (is_pictured and name in {"figure", "picture", "img"}):
            return kind
        if (kind in furniture.NEVER_TEXT or furniture.is_hidden(element)) and not self._holds_the_story(element):
            return kind or "hidden parts"
        if not text:
            return None if is_pictured or name in {"hr", "br", "blockquote"} else "empty elements"
        if (
            name in {"p", "li", "ul", "ol", "h2", "h3", "h4", "h5", "h6", "div", "aside", "section", "blockquote"}
            and len(text) < 600
        ):
            kind = furniture.kind_of_text(element)
            if kind is not None:
                return kind
        return self._kind_of_unfound(element, name, share, is_pictured)

    def _holds_the_story(self, element: etree._Element) -> bool:
        """Whether so much of what was found stands in an element that it cannot be furniture, whatever its class."""
        return self.chosen.letters.get(element, 0) > _MUCH * self.chosen.total

    def _kind_of_unfound(self, element: etree._Element, name: str, share: float, is_pictured: bool) -> str | None:
        """Which furniture a part is that trafilatura did not take for the story's."""
        if share >= 0.3 or name in {"figure", "table", "pre", "blockquote", "hr", "br", "picture", "video", "audio"}:
            return None
        links = furniture.link_share(element)
        if links > 0.6 and name not in {"p", "span", "em", "strong", "b", "i"}:
            return "related links"
        if name in {"aside", "footer"} and (links > 0.3 or len(plain(element)) < 100):
            return "related links" if links > 0.3 else "other boxes"
        if name == "p" and links > 0.9 and not is_pictured:
            return "related links"
        return None

    def _may_end(self, element: etree._Element, last: etree._Element) -> bool:
        """Whether something behind the last text that was found may belong to the story."""
        name, text = tag_of(element), plain(element)
        if name in {"figure", "table", "blockquote", *_PICTURED}:
            return element.getparent() is last.getparent()
        return (
            name in {"p", "ul", "ol"}
            and element.getparent() is last.getparent()
            and len(text) > 40
            and furniture.link_share(element) < 0.3
        )

    def _drop(self, element: etree._Element, kind: str) -> None:
        parent = element.getparent()
        if parent is None:
            return
        if kind not in _IN_OTHER_FIELDS:
            self.left_out[kind] += 1
        before = element.getprevious()
        tail = element.tail or ""
        if tail and before is not None:
            before.tail = (before.tail or "") + tail
        elif tail:
            parent.text = (parent.text or "") + tail
        parent.remove(element)


def _behind(last: etree._Element, root: etree._Element) -> Iterator[etree._Element]:
    """What stands behind an element within the root: its next siblings, and those of what is around it."""
    element = last
    while element is not root:
        yield from element.itersiblings()
        parent = element.getparent()
        assert parent is not None, "the root is around it"
        element = parent
