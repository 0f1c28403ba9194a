"""What a web page tells programs about its story: JSON-LD, `meta`, `link`, microdata, and where its headline stands.

Sources: schema.org; The Open Graph protocol; HTML Standard, 4.2.5 (meta), 4.6.7 (link types), 5 (microdata).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

from app.content.conversion import tree
from app.content.conversion.embeds import valid
from app.content.conversion.inline import Inline
from app.content.conversion.tree import one_line, plain, tag_of
from app.importers.html import json_ld
from app.importers.html.json_ld import Node
from app.importers.html.saved import refusal

_SCRIPT: Final = re.compile(r"<(script|style)\b([^>]*+)>", re.IGNORECASE)
# Values of attributes in which programs keep data; no address or description is so long.
_LONG_VALUE: Final = re.compile(r"=\s*(?:\"[^\"]{4000,}+\"|'[^']{4000,}+')")
_JSON_LD: Final = re.compile(r"application/ld\+json", re.IGNORECASE)
_CLOSING: Final = {name: re.compile(rf"</{name}[^>]*+>?", re.IGNORECASE) for name in ("script", "style")}
_ITEM: Final = re.compile(r"schema\.org/(?:[A-Za-z]*Article|BlogPosting|Report|[A-Za-z]*Review)$")
# Between a site's name and the headline in `<title>` and `og:title`.
SEPARATOR: Final = re.compile(r"\s+[|•·»–—-]\s+|\s*[|»]\s*")


@dataclass(slots=True)
class Page:
    """A page as a tree without scripts, and what it tells of itself.

    `story` is the node of JSON-LD about the story, {} where there is none. `meta` has the contents of `meta` elements
    by name or property, `links` addresses by relation, `microdata` the values of properties of the item that is the
    story: names in lower case, values in the order of the page.
    """

    text: str
    root: etree._Element
    url: str | None
    nodes: list[Node] = field(default_factory=list)
    story: Node = field(default_factory=dict)
    meta: dict[str, list[str]] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)
    microdata: dict[str, list[str]] = field(default_factory=dict)

    def first(self, *names: str) -> str:
        """The content of the first of these `meta` elements that has one."""
        return next((text for name in names for text in self.meta.get(name, ())), "")

    def told(self, name: str) -> list[str]:
        """The texts of a property of the story in JSON-LD."""
        return json_ld.texts(self.story.get(name))

    @property
    def title(self) -> str:
        return next((plain_title(each) for each in self.root.iter("title")), "")

    @property
    def site_names(self) -> list[str]:
        """Names of the site and its publisher."""
        publishers = json_ld.resolved(self.story.get("publisher"), self.nodes)
        names = [name for node in publishers for name in json_ld.texts(node.get("name"))]
        site = [
            name
            for node in self.nodes
            if "WebSite" in json_ld.types_of(node)
            for name in json_ld.texts(node.get("name"))
        ]
        return list(dict.fromkeys(filter(None, [self.first("og:site_name", "application-name"), *names, *site])))

    @property
    def address(self) -> str | None:
        """The canonical address; that under which it was fetched, where it tells none."""
        base = Inline(self.url, lambda _: None)
        told = [*self.links.get("canonical", ()), self.first("og:url"), *self.told("url"), self.url or ""]
        return next((url for each in told if (url := valid(base.address(each))) and "://" in url), None)


def plain_title(element: etree._Element) -> str:
    return one_line("".join(str(piece) for piece in element.itertext()))


def read(text: str, url: str | None) -> Page:
    """The page of a text of HTML; `url` is where it was found, if known. Cost: linear. Raises: Invalid."""
    json_texts: list[str] = []
    shown = _LONG_VALUE.sub("=''", "".join(_without_scripts(text, json_texts)))
    try:
        root = tree.parse(shown)
    except ValueError as error:
        raise refusal(str(error)) from None
    if root is None:
        raise refusal("holds no text")
    page = Page(shown, root, url, json_ld.nodes_of(json_texts))
    for element in root.iter("meta"):
        name = (element.get("property") or element.get("name") or element.get("itemprop") or "").lower().strip()
        content = next(iter(json_ld.texts(element.get("content") or "")), "")
        if name and content:
            page.meta.setdefault(name, []).append(content)
    for element in root.iter("link", "a"):
        for relation in (element.get("rel") or "").lower().split():
            page.links.setdefault(relation, []).append(element.get("href") or "")
    page.microdata = _microdata(root)
    page.story = _story_node(page)
    return page


def _without_scripts(text: str, json_texts: list[str]) -> Iterator[str]:
    """The text without scripts and styles, which nobody reads; JSON-LD goes to `json_texts`."""
    place = 0
    while (opening := _SCRIPT.search(text, place)) is not None:
        yield text[place : opening.start()]
        closing = _CLOSING[opening[1].lower()].search(text, opening.end())
        if _JSON_LD.search(opening[2]):
            json_texts.append(text[opening.end() : closing.start() if closing else len(text)])
        if closing is None:
            return
        place = closing.end()
    yield text[place:]


def _microdata(root: etree._Element) -> dict[str, list[str]]:
    """The properties of the first item that is a story; those of items within it stand under `property.inner`."""
    item = next((each for each in root.iter() if _ITEM.search(each.get("itemtype") or "")), None)
    found: dict[str, list[str]] = {}
    for element in () if item is None else item.iterdescendants():
        name = (element.get("itemprop") or "").lower().strip()
        if not name:
            continue
        around = next(
            (above for above in element.iterancestors() if above is item or above.get("itemscope") is not None), item
        )
        if around is not item and around is not None:
            name = f"{(around.get('itemprop') or '').lower()}.{name}"
        value = (
            element.get("content")
            or element.get("datetime")
            or (element.get("src") if tag_of(element) == "img" else "")
        )
        found.setdefault(name, []).extend(json_ld.texts(value or plain(element)[:1_000]))
    return found


def _story_node(page: Page) -> Node:
    """The node about the story: the one with the page's own title or address, before others; a page may list more."""
    stories = [node for node in page.nodes if json_ld.is_story(node)]
    titles = {fold(text) for text in (page.title, page.first("og:title"), *map(plain, page.root.iter("h1")))} - {""}

    def fitting(node: Node) -> bool:
        headline = fold(next(iter(json_ld.texts(node.get("headline") or node.get("name"))), ""))
        return bool(headline) and any(headline in title or title in headline for title in titles)

    return next(filter(fitting, stories), next((node for node in stories if _is_dated(node)), {}))


def _is_dated(node: Node) -> Any:
    return node.get("datePublished") or node.get("headline")


_NO_LETTERS: Final = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """The letters and digits of a text in lower case: what two ways to write one text have in common."""
    return _NO_LETTERS.sub("", text.lower())
