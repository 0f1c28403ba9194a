"""Lists: items of running text; what else stands in an item follows the list up to there."""

from typing import TYPE_CHECKING, Final

from lxml import etree

from app.content import html
from app.content.conversion.tree import tag_of
from app.web.fields import is_blank

if TYPE_CHECKING:
    from app.content.conversion.walk import Json, Walk

MOST_ITEMS: Final = 500


def items(walk: "Walk", element: etree._Element) -> None:
    """A list. A list within it is flattened; pictures and the like stand behind the items before them."""
    walk.flush()
    is_ordered = tag_of(element) == "ol"
    if is_ordered and element.get("start") not in {None, "", "1"}:
        walk.warn(f"the list begins at 1, and began at {(element.get('start') or '')[:20]}")
    texts: list[str] = []
    for child in element:
        inner = walk.inner()
        inner.apart(child)
        if child.tail and child.tail.strip():
            inner.paragraph(child.tail)
        text, nested, others = _parts(inner.blocks)
        if nested:
            walk.warn("a list within a list is flattened")
        texts += [each for each in (text, *nested) if each]
        if others:
            _add(walk, element, texts, is_ordered)
            texts = []
            for block in others:
                walk.add(block)
    _add(walk, element, texts, is_ordered)


def _parts(blocks: "list[Json]") -> "tuple[str, list[str], list[Json]]":
    """(text of an item, items of lists in it, its other blocks)."""
    texts, nested, others = [], [], []
    for block in blocks:
        if block["type"] == "paragraph":
            texts.append(block["html"])
        elif block["type"] == "heading":
            texts.append(f"<strong>{html.escape(block['text'])}</strong>")
        elif block["type"] == "list":
            nested += block["items"]
        else:
            others.append(block)
    return "<br>".join(texts), nested, others


def _add(walk: "Walk", element: etree._Element, texts: list[str], is_ordered: bool) -> None:
    fitting = [part for text in texts for part in walk.fitting(text) if not is_blank(html.plain(part))]
    for start in range(0, len(fitting), MOST_ITEMS):
        portion = fitting[start : start + MOST_ITEMS]
        walk.add({"type": "list", "ordered": is_ordered, "items": portion}, element)


def terms(walk: "Walk", element: etree._Element) -> None:
    """A list of terms: each term in strong letters, with its explanations, is an item."""
    walk.flush()
    walk.warn("a list of terms is a plain list")
    texts: list[str] = []
    for child in element.iterdescendants("dt", "dd"):
        text = walk.inline.of(child).strip()
        if tag_of(child) == "dt":
            texts.append(f"<strong>{text}</strong>")
        elif texts:
            texts[-1] += f"<br>{text}"
        else:
            texts.append(text)
    _add(walk, element, texts, is_ordered=False)
