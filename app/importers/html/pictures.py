"""The picture that leads a page's story: from the figure below the headline, JSON-LD or OpenGraph."""

import re
from copy import deepcopy
from typing import Any, Final
from urllib.parse import urlsplit

from lxml import etree

from app.content.conversion import convert_elements
from app.content.conversion.embeds import valid
from app.content.conversion.inline import Inline
from app.content.conversion.tree import plain, tag_of
from app.importers.html import json_ld
from app.importers.html.dates import near
from app.importers.html.facts import Fact
from app.importers.html.metadata import Page
from app.web.fields import TEXT_LENGTH

Block = dict[str, Any]
_FIELDS: Final = ("url", "alt_text", "caption", "credit_line", "width", "height")
MOST_CAPTION: Final = 1_000
_IMAGES: Final = ("img", "amp-img")
_CAPTION: Final = re.compile(
    r"caption|bild-?(?:unter|text|beschreibung)|(?:image|img|photo|picture|media|foto)[-_]{0,2}(?:text|info|desc|title|legend|subline)"
    r"|infotext|pie-?(?:de-?)?foto|podpis",
    re.IGNORECASE,
)
_LOGO: Final = re.compile(r"logo|placeholder|default|favicon|avatar", re.IGNORECASE)


def mark_figures(root: etree._Element) -> None:
    """Makes figures of divisions that hold one picture and, by element or class, its caption."""
    for caption in [*root.iter("figcaption", "div", "p", "span", "small", "em")]:
        is_caption = tag_of(caption) == "figcaption" or _CAPTION.search(caption.get("class") or "")
        text = plain(caption) if is_caption else ""
        if not 0 < len(text) <= MOST_CAPTION or next(caption.iter(*_IMAGES), None) is not None:
            continue
        if next(caption.iterancestors("figure"), None) is not None:
            continue
        for around, _ in zip(caption.iterancestors("div", "section", "li", "a", "span", "p"), range(3), strict=False):
            pictures = sum(1 for _ in around.iterdescendants(*_IMAGES))
            if pictures > 1 or len(plain(around)) > len(text) + 200:
                break
            if pictures == 1:
                around.tag, caption.tag = "figure", "figcaption"
                break


def lead(page: Page, headline: etree._Element | None) -> Fact[Block] | None:
    """The figure beside the headline with its caption, else what the page tells programs of its picture."""
    told = _told(page)
    for element in near(page.root, headline):
        if tag_of(element) == "figure":
            blocks = convert_elements([deepcopy(element)], base=page.address).blocks
            image = next((block for block in blocks if block["type"] == "image" and block["url"]), None)
            if image is not None and not _LOGO.search(image["url"]):
                return Fact({name: image.get(name) for name in _FIELDS}, "figure")
    return told


def _told(page: Page) -> Fact[Block] | None:
    base = Inline(page.address, lambda _: None)
    for node in json_ld.resolved(page.story.get("image"), page.nodes):
        written = json_ld.texts(node.get("url") or node.get("contentUrl") or node.get("name"))
        url = valid(base.address(written[0])) if written else None
        if url is not None and not _LOGO.search(url):
            caption = next(iter(json_ld.texts(node.get("caption"))), "")
            size = {name: _pixels(node.get(name)) for name in ("width", "height")}
            return Fact(
                {"url": url, "alt_text": None, "caption": caption[:TEXT_LENGTH] or None, "credit_line": None, **size},
                "JSON-LD image",
            )
    written_url = page.first("og:image:secure_url", "og:image", "og:image:url", "twitter:image")
    url = valid(base.address(written_url)) if written_url else None
    if url is None or "://" not in url or _LOGO.search(url):
        return None
    size = {name: _pixels(page.first(f"og:image:{name}")) for name in ("width", "height")}
    alt_text = page.first("og:image:alt")[:TEXT_LENGTH]
    return Fact({"url": url, "alt_text": alt_text or None, "caption": None, "credit_line": None, **size}, "og:image")


def _pixels(value: Any) -> int | None:
    text = next(iter(json_ld.texts(str(value) if isinstance(value, int | float) else value)), "").removesuffix("px")
    number = int(float(text)) if re.fullmatch(r"\d{1,5}(?:\.\d+)?", text) else 0
    return number if 1 <= number <= 100_000 else None


def take_from(blocks: list[Block], told: Fact[Block] | None) -> Fact[Block] | None:
    """The picture that leads the story; one with which the body begins is taken out of `blocks`, for it is that one."""
    first = blocks[0] if blocks and blocks[0]["type"] == "image" and blocks[0]["url"] else None
    if first is None:
        return told
    if told is not None and told.told_by == "figure" and not _is_same(first["url"], told.value["url"]):
        return told
    del blocks[0]
    own = {name: first.get(name) for name in _FIELDS}
    if told is not None and _is_same(first["url"], told.value["url"]):
        own = {name: value or told.value[name] for name, value in own.items()}
    return Fact(own, "the first picture of the text")


def _is_same(one: str, other: str) -> bool:
    """Whether two addresses lead to sizes of one picture, as far as the names of their files tell."""
    names = [urlsplit(url).path.rpartition("/")[2].lower() for url in (one, other)]
    stems = [re.sub(r"(?:[-_]\d{2,5}x\d{2,5})?\.[a-z]{3,4}$", "", name) for name in names]
    return stems[0] == stems[1] and len(stems[0]) > 3
