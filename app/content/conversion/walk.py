"""The walk over a tree of HTML: what is a block of its own, and what is running text between blocks."""

import re
from collections.abc import Callable, Iterator
from html import escape
from typing import Any, Final

from lxml import etree

from app.content import html
from app.content.conversion import embeds, figures, lists, quotes, tables
from app.content.conversion.inline import SAME, Inline, is_emoji
from app.content.conversion.tree import classes, one_line, plain, tag_of
from app.content.html import TAGS
from app.errors import Fault
from app.web.fields import TEXT_LENGTH, is_blank

MOST_BLOCKS: Final = 2_000
MOST_WARNINGS: Final = 200
# A little below what a block holds, for sanitising may write a text in more characters.
HTML_LENGTH: Final = 18_000
HTML_TAGS: Final = 1_800
# Each character may be written as five.
PORTION_LENGTH: Final = 3_500
CODE_LENGTH: Final = 50_000
SNIPPET_LENGTH: Final = 80

_BLANKS: Final = re.compile(r"[ \t\n\r\f]{2,}|[\t\n\r\f]")
_BREAKS: Final = re.compile(r"(?: ?<br> ?){2,}")
_OUTER_BREAKS: Final = re.compile(r"^(?: |<br>)+|(?: |<br>)+$")
# Signs alone, which stand for a break between two parts.
_DIVIDER: Final = re.compile(r"(?:[*•·~_=#—–-] ?){3,80}|⁂|\* \* \*")
_BLOCK_ID: Final = re.compile(r"(?:block-)?([A-Za-z0-9_-]{1,40})")
_LANGUAGE: Final = re.compile(r"(?:^|\s)lang(?:uage)?-([\w+#.-]{1,40})")

Json = dict[str, Any]


class Walk:
    """Collects the blocks of a tree. `start` is the number of blocks before its first one."""

    def __init__(self, base: str | None, start: int = 0) -> None:
        self.blocks: list[Json] = []
        self.warnings: list[Fault] = []
        self.inline = Inline(base, self.warn)
        self._start = start
        self._ids: set[str] = set()
        self._run: list[str] = []  # running text (inline HTML) since the last block
        self._around: list[tuple[str, str, str]] = []  # inline elements around it: name, opening and closing tag
        self._warned: dict[tuple[str, str], None] = {}

    def inner(self) -> "Walk":
        """A walk over a part that may become one block. Warnings and ids are those of this walk."""
        walk = Walk(self.inline.base, self._start + len(self.blocks))
        walk._ids, walk._warned, walk.warnings = self._ids, self._warned, self.warnings
        return walk

    def warn(self, detail: str, *, back: int = 0) -> None:
        """Warns, once for each place, of what the blocks do not have as the HTML has it.

        It points to the block that is being made, or to the one so many before it.
        """
        pointer = f"/body/{max(self._start + len(self.blocks) - back, 0)}"
        if (pointer, detail) not in self._warned and len(self.warnings) < MOST_WARNINGS:
            self._warned[pointer, detail] = None
            self.warnings.append(Fault(detail, "converted", pointer=pointer))

    def leave_out(self, element: etree._Element, what: str, detail: str = "", *, back: int = 0) -> None:
        """Warns that an element is left out, with the beginning of its text or what else names it."""
        text = detail or plain(element)
        more = f": {text[:SNIPPET_LENGTH]}{'…' if len(text) > SNIPPET_LENGTH else ''}" if text else ""
        self.warn(f"{what} is left out{more}", back=back)

    # --- elements ------------------------------------------------------------------------------------------------

    def element(self, element: etree._Element) -> None:
        """Walks over an element itself, apart from what is around it; of a page or its body, over what stands in it."""
        self.flush()
        if tag_of(element) in {"html", "body"}:
            self.container(element)
        else:
            self._child(element)
        self.flush()

    def container(self, element: etree._Element) -> None:
        """Walks over what stands in an element."""
        self._text(element.text)
        for child in element:
            self._child(child)
            self._text(child.tail)

    def apart(self, element: etree._Element, id_of: etree._Element | None = None) -> None:
        """Walks over what stands in an element, which keeps it apart from what is around it."""
        self.flush()
        self.container(element)
        self.flush(id_of)

    def _text(self, text: str | None) -> None:
        if text:
            self._piece(escape(text, quote=False) if not text.isspace() else " ")

    def _piece(self, piece: str) -> None:
        if self._around and piece != " ":
            opening = "".join(around[1] for around in self._around)
            piece = opening + piece + "".join(around[2] for around in reversed(self._around))
        self._run.append(piece)

    def _child(self, element: etree._Element) -> None:
        name = tag_of(element)
        handler = HANDLERS.get(name)
        if name == "br":
            self._run.append("<br>")
        elif handler is not None and not (name == "img" and is_emoji(element)):
            handler(self, element)
        elif _holds_blocks(element):
            self._transparent(element)
        else:
            self._piece(self.inline.whole(element))

    def _transparent(self, element: etree._Element) -> None:
        """Walks over an inline element with blocks in it: texts in it stay what it makes of them."""
        name = SAME.get(tag_of(element), tag_of(element))
        tags = self.inline.tags(element) if name in TAGS else ("", "")
        before = len(self.blocks), len(self._run)
        if any(name == around for around, _, _ in self._around) or not tags[0]:
            self.container(element)
        else:
            self._around.append((name, *tags))
            self.container(element)
            self._around.pop()
        if name == "a" and len(self.blocks) == before[0] + 1 and not "".join(self._run).strip():
            self._warn_of_link(element, self.blocks[-1])

    def _warn_of_link(self, link: etree._Element, block: Json) -> None:
        """Warns of the link around a picture, unless it leads to a larger copy of the picture."""
        url = self.inline.address(link.get("href") or "")
        name = url.split("?")[0].rpartition("/")[2].rpartition(".")
        is_copy = name[2].lower() in {"jpg", "jpeg", "png", "webp", "gif", "avif"} or url in {"", block.get("url")}
        if block["type"] == "image" and not is_copy:
            self.leave_out(link, "the link around a picture", url, back=1)

    # --- what becomes a block ------------------------------------------------------------------------------------

    def add(self, block: Json, element: etree._Element | None = None) -> None:
        """Adds a block, with the id of the element, or of the figure around it, where that can be one.

        Raises: ValueError, beyond 2,000 blocks.
        """
        written_id = None if element is None else _BLOCK_ID.fullmatch(_id_of(element))
        if written_id is not None and written_id[1] not in self._ids:
            self._ids.add(written_id[1])
            block = {"id": written_id[1], **block}
        self.blocks.append(block)
        if self._start + len(self.blocks) > MOST_BLOCKS:
            raise ValueError(f"makes more than {MOST_BLOCKS} blocks")

    def embed(self, element: etree._Element, address: embeds.Address, text: str) -> None:
        """Adds what another site shows; `text` is inline HTML, of which the block takes what it holds."""
        shown = next(self.fitting(text), "").strip()
        block = {"type": "embed", "provider": address.provider, "url": address.url}
        self.add({**block, "html": None if is_blank(html.plain(shown)) else shown}, element)

    def flush(self, element: etree._Element | None = None) -> None:
        """Makes paragraphs of the running text: a new one behind each empty line."""
        if not self._run:
            return
        text = _BLANKS.sub(" ", "".join(self._run))
        self._run.clear()
        for part in _BREAKS.split(text):
            self.paragraph(part, element)

    def paragraph(self, text: str, element: etree._Element | None = None) -> None:
        """Adds inline HTML as a paragraph, or a divider where it is one in signs; nothing where nothing can be seen."""
        text = _OUTER_BREAKS.sub("", text)
        shown = html.plain(text).strip()
        if is_blank(shown):
            return
        if _DIVIDER.fullmatch(shown):
            self.add({"type": "divider"}, element)
            return
        for part in self.fitting(text):
            self.add({"type": "paragraph", "html": part}, element)

    def fitting(self, text: str) -> Iterator[str]:
        """The inline HTML in parts that a block holds: nearly always one."""
        if len(text) <= HTML_LENGTH and text.count("<") <= HTML_TAGS:
            yield text
            return
        self.warn("is too long for one block, and divided; the parts have no formatting")
        for part in _portions(one_line(html.plain(text))):
            if not is_blank(part):
                yield escape(part, quote=False)

    def end(self) -> None:
        """Makes a paragraph of the text that is left, and lets warnings name blocks that are there."""
        self.flush()
        last = max(len(self.blocks) - 1, 0)
        for place, fault in enumerate(self.warnings):
            number = int((fault.pointer or "").rpartition("/")[2])
            pointer = f"/body/{min(number, last)}" if self.blocks else "/body"
            self.warnings[place] = Fault(fault.detail, fault.code, pointer=pointer)


def _id_of(element: etree._Element) -> str:
    # A paragraph in a figure is a part of what the figure shows.
    figure = next(element.iterancestors("figure"), None) if tag_of(element) != "p" else None
    return element.get("id") or (figure.get("id") if figure is not None else None) or ""


def _portions(text: str) -> Iterator[str]:
    """The text in portions, divided at blanks, of at most PORTION_LENGTH characters."""
    start = 0
    while start < len(text):
        end = start + PORTION_LENGTH
        if end < len(text) and (blank := text.rfind(" ", start + 1, end)) > 0:
            end = blank
        yield text[start:end].strip()
        start = end


Handler = Callable[[Walk, etree._Element], None]


def _paragraph(walk: Walk, element: etree._Element) -> None:
    walk.apart(element, element)


def _heading(walk: Walk, element: etree._Element) -> None:
    walk.flush()
    level = int(tag_of(element)[1])
    text = plain(element)
    for link in element.iterdescendants("a"):
        if (url := link.get("href")) and not url.startswith("#"):
            walk.leave_out(link, "the link in a heading", walk.inline.address(url))
    if level not in {2, 3, 4} and text:
        walk.warn(f"a heading of level {level} has the nearest level that there is")
    if len(text) > TEXT_LENGTH:
        walk.paragraph(escape(text, quote=False), element)
    elif not is_blank(text):
        walk.add({"type": "heading", "level": min(max(level, 2), 4), "text": text}, element)
    for each in element.iterdescendants("img", "iframe", "video"):
        if not is_emoji(each):
            HANDLERS[tag_of(each)](walk, each)


def _code(walk: Walk, element: etree._Element) -> None:
    walk.flush()
    for line_break in element.iter("br"):
        line_break.text = "\n"
    text = "".join(str(piece) for piece in element.itertext()).replace("\r\n", "\n").strip("\n")
    if "wp-block-verse" in classes(element):
        walk.paragraph("<br>".join(escape(line, quote=False) for line in text.split("\n")), element)
        return
    named = " ".join(each.get("class") or "" for each in (element, *element))
    language = _LANGUAGE.search(named)
    for start in range(0, len(text), CODE_LENGTH):
        part = text[start : start + CODE_LENGTH]
        if not is_blank(part):
            walk.add({"type": "code", "language": language and language[1], "text": part}, element)


def _divider(walk: Walk, element: etree._Element) -> None:
    walk.flush()
    walk.add({"type": "divider"}, element)


def _table(walk: Walk, element: etree._Element) -> None:
    walk.flush()
    for caption in element.findall("caption"):
        walk.apart(caption)
        walk.warn("the title of a table stands as a paragraph before it")
    grid = None
    if tables.is_layout(element):
        walk.warn("a table of one column, or with more than text in it, stands as plain blocks")
    else:
        try:
            grid = tables.read(element)
        except ValueError as error:
            walk.warn(f"a table is divided into paragraphs: {error}")
    if grid is None:
        for row in tables.rows_of(element):
            for cell in tables.cells_of(row):
                walk.apart(cell)
        return
    if grid.merged:
        walk.warn("merged cells of a table are divided, and the others empty")
    if any(each.get("href") for each in element.iterdescendants("a")):
        walk.warn("links in a table are left out, their text stays")
    if grid.rows or any(grid.header):
        for block in grid.blocks():
            walk.add(block, element)


def _box(walk: Walk, element: etree._Element) -> None:
    walk.flush()
    walk.warn("a box stands as plain blocks")
    walk.apart(element)


def _division(walk: Walk, element: etree._Element) -> None:
    if figures.is_captioned(element):
        figures.figure(walk, element)
    elif embeds.QUOTED.keys() & classes(element):
        quotes.quote(walk, element)
    else:
        walk.apart(element, element if tag_of(element) == "p" else None)


def _summary(walk: Walk, element: etree._Element) -> None:
    walk.flush()
    walk.paragraph(f"<strong>{walk.inline.of(element)}</strong>", element)


def _form(walk: Walk, element: etree._Element) -> None:
    walk.leave_out(element, "a form" if tag_of(element) == "form" else f"a form's {tag_of(element)}")


def _drawing(walk: Walk, element: etree._Element) -> None:
    walk.leave_out(element, f"a drawing ({tag_of(element)})")


def _formula(walk: Walk, element: etree._Element) -> None:
    text = plain(element)
    if text:
        walk.warn("a formula is plain text")
        walk._piece(escape(text, quote=False))


def _silent(walk: Walk, element: etree._Element) -> None:
    """What no reader sees: the head of a page, marks for programs."""


HANDLERS: Final[dict[str, Handler]] = {
    "p": _paragraph, "pre": _code, "listing": _code, "xmp": _code, "textarea": _form, "hr": _divider, "table": _table,
    "ul": lists.items, "ol": lists.items, "menu": lists.items, "dir": lists.items, "dl": lists.terms,
    "blockquote": quotes.quote, "figure": figures.figure, "img": figures.image, "amp-img": figures.image,
    "picture": figures.picture, "iframe": figures.frame, "amp-iframe": figures.frame, "embed": figures.frame,
    "object": figures.frame, "frame": figures.frame, "video": figures.video, "audio": figures.audio,
    "script": figures.script, "noscript": figures.noscript, "aside": _box, "summary": _summary, "form": _form,
    "input": _form, "select": _form, "button": _form, "svg": _drawing, "canvas": _drawing, "math": _formula,
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), _heading),
    **dict.fromkeys(
        "address article body center dd details dialog div dt fieldset figcaption footer header hgroup html li main"
        " nav search section td th tr tbody thead tfoot caption".split(),
        _division,
    ),
    **dict.fromkeys(
        "head title meta link base style template param source track col colgroup area map".split(), _silent
    ),
}  # fmt: skip
# Inline elements with one of these in them are walked over.
_BLOCKS: Final = tuple(HANDLERS.keys() - {"script", "style", "source", "link", "meta"})


def _holds_blocks(element: etree._Element) -> bool:
    """Whether blocks, or an empty line between paragraphs, stand in an inline element."""
    if len(element) == 0:
        return False
    if next(element.iterdescendants(*_BLOCKS), None) is not None:
        return True
    breaks = element.iterdescendants("br")
    return next(breaks, None) is not None and next(breaks, None) is not None
