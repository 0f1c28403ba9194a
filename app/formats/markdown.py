"""Markdown: CommonMark with the tables and strikethrough of GitHub Flavored Markdown, and without raw HTML.

Read back by a CommonMark parser it gives the text of the story: every character that could be markup is escaped, and
emphasis that CommonMark cannot express between its neighbours is left out. Source: CommonMark 0.31, GFM 0.29.
"""

import html
import re
import string
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

from app.formats.story import Json, Link, Story, lines
from app.formats.text import TextWriter, one_line, quoted

_TAG: Final = re.compile(r"(<[^>]*>)")  # in sanitised HTML no attribute has a raw >
_HREF: Final = re.compile(r' href="([^"]*)"')
_SPACES: Final = re.compile(r"[ \t\r\n\f]+")
_MARKUP: Final = re.compile(r"[\\`*_\[\]<>~|]|&(?=#?\w)")
# What begins a block at the beginning of a line, and is not escaped everywhere.
_LINE_START: Final = re.compile(r"^(?:[-+=#:]|[0-9]{1,9}(?=[.)](?: |$)))")
_NOT_IN_LINK: Final = re.compile(r"[<>\\\s\x00-\x20\x7f]")
_FENCE: Final = re.compile(r"`+")
_MARKS: Final = {"b": "**", "strong": "**", "i": "*", "em": "*", "del": "~~", "s": "~~"}
# Categories of blanks and punctuation, which the last versions of CommonMark agree on.
_OPEN: Final = {"Zs", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps"}


def render(story: Story) -> bytes:
    """The whole story, or note, with its title, dates, body, sources, corrections and address."""
    return MarkdownWriter(story).whole().encode()


class MarkdownWriter(TextWriter):
    """Writes one story."""

    def text(self, text: str) -> str:
        return _broken_lines([escaped(_SPACES.sub(" ", line)) for line in lines(text)])

    def html(self, html: str) -> str:
        if "<" not in html and "&" not in html:
            return _broken_lines([escaped(_SPACES.sub(" ", html))])
        tokens = iter(_TAG.split(_SPACES.sub(" ", quoted(html))))
        return _broken_lines(_inline(_nodes(tokens), "", "", is_nested=False).split("\n"))

    def title(self, level: int, text: str) -> str:
        shown = escaped(_SPACES.sub(" ", one_line(text))).replace("#", "\\#")
        return f"{'#' * level} {shown}" if shown else ""

    def bullets(self, items: list[str], number: int = 0, *, ordered: bool = False) -> str:
        # Neighbours are told apart by their marks, or they would be one list.
        marks = (".", ")") if ordered else ("-", "*")
        mark = marks[number % 2]
        shown = []
        for n, item in enumerate(items, 1):
            bullet = f"{n}{mark} " if ordered else f"{mark} "
            shown.append(bullet + item.replace("\n", "\n" + " " * len(bullet)))
        return "\n".join(shown)

    def section(self, title: str, items: list[str]) -> list[str]:
        return [self.title(self.level + 1, title), self.bullets(items)] if items else []

    def quote(self, quote: Json) -> str:
        speaker = self.story.speaker(quote)
        return _quoted([self.html(quote["html"]), f"— {self.text(speaker)}" if speaker else ""])

    def link(self, link: Link) -> str:
        text = self.text(one_line(link.text))
        return f"[{text}](<{_destination(link.url)}>)" if link.url else text

    def image(self, image: Json) -> str:
        shown = ""
        if image["url"]:
            alt_text = self.text(one_line(image["alt_text"] or ""))
            url = _destination(self.story.site.absolute(image["url"]))
            is_video = image["media"] == "video"
            shown = f"[{alt_text or self.story.words['video']}](<{url}>)" if is_video else f"![{alt_text}](<{url}>)"
        texts = (image["caption"], self.story.credit(image), self.story.disclosure(image["ai"]))
        caption = ". ".join(one_line(part).rstrip(".") for part in texts if part)
        return "\n\n".join(filter(None, [shown, self.text(caption)]))

    def box(self, note: Story) -> str:
        writer = MarkdownWriter(note, level=3)
        return _quoted([writer.title(3, note.title), *writer._of_note()])

    def table(self, header: list[str], rows: list[list[str]]) -> str:
        width = max(map(len, (header, *rows)), default=0)
        table = [header, ["---"] * width, *rows] if width else []
        cells = [["---" if row is table[1] else self.text(one_line(cell)) for cell in row] for row in table]
        return "\n".join(f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in cells)

    def code(self, language: str, text: str) -> str:
        fence = "`" * max(3, 1 + max(map(len, _FENCE.findall(text)), default=0))
        language = re.sub(r"[^A-Za-z0-9+#.-]", "", language)
        return "\n".join([fence + language, text.removesuffix("\n"), fence])


def _quoted(parts: list[str]) -> str:
    """Parts in a block quote."""
    text = "\n\n".join(filter(None, parts))
    return "\n".join(f"> {line}".rstrip(" ") for line in text.split("\n"))


def _broken_lines(texts: list[str]) -> str:
    """Lines with hard breaks between them; empty ones are left out."""
    stripped = (text.strip(" ") for text in texts if text.strip())
    return "\\\n".join(_LINE_START.sub(_escaped_start, text) for text in stripped)


def _escaped_start(match: re.Match[str]) -> str:
    return f"{match[0]}\\" if match[0].isdigit() else f"\\{match[0]}"


def escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\g<0>", text)


def _destination(url: str) -> str:
    """An address between < and >."""
    encoded = _NOT_IN_LINK.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), url)
    return encoded.replace("&", "&amp;")


# --- inline HTML -------------------------------------------------------------------------------------------------


class _Element(NamedTuple):
    name: str
    href: str | None
    children: "list[str | _Element]"


def _nodes(tokens: Iterator[str]) -> list[str | _Element]:
    """Texts and elements up to the next closing tag. A break is the text of one new line."""
    nodes: list[str | _Element] = []
    for token in tokens:
        if token.startswith("</"):
            break
        if not token.startswith("<"):
            nodes += [html.unescape(token)] if token else []
        elif (name := token[1:-1].split(" ")[0].rstrip("/")) == "br":
            nodes.append("\n")
        else:
            href = _HREF.search(token) if name == "a" else None
            nodes.append(_Element(name, href and html.unescape(href[1]), _nodes(tokens)))
    return nodes


def _inline(nodes: list[str | _Element], before: str, after: str, *, is_nested: bool) -> str:
    """The nodes as Markdown between two characters of it. New lines in it are hard breaks."""
    shown = ""
    for number, node in enumerate(nodes):
        if isinstance(node, str):
            shown += escaped(node)
            continue
        if shown.endswith("!"):
            shown = f"{shown[:-1]}\\!"  # before a link it would make a picture of it
        following = nodes[number + 1] if number + 1 < len(nodes) else None
        # None: not known yet, for what an element begins with depends on what comes before it.
        next_character = after if following is None else escaped(following)[:1] if isinstance(following, str) else None
        shown += _element(node, (before + shown)[-1:], next_character, is_nested=is_nested)
    return shown


def _element(element: _Element, before: str, after: str | None, *, is_nested: bool) -> str:
    if element.name == "code" and before != "`":
        return _code(element)
    if element.href:
        text = _inline(element.children, "[", "]", is_nested=is_nested)
        return _around(text, "[", f"](<{_destination(element.href)}>)")
    mark = None if is_nested else _MARKS.get(element.name)
    text = _inline(element.children, mark or before, mark or after or "x", is_nested=is_nested or mark is not None)
    if mark is None or after is None or not _can_stand(text, before, after):
        return text
    return _around(text, mark, mark)


def _code(element: _Element) -> str:
    text = _text_of(element)
    core = text.strip(" ")
    fence = "`" * (1 + max(map(len, _FENCE.findall(core)), default=0))
    padding = " " if core.startswith("`") or core.endswith("`") else ""
    return _around(text, fence + padding, padding + fence)


def _text_of(element: _Element) -> str:
    texts = (child if isinstance(child, str) else _text_of(child) for child in element.children)
    return "".join(texts).replace("\n", " ")


def _around(text: str, opening: str, closing: str) -> str:
    """The text between marks, with the blanks and breaks around it outside of them; no marks around nothing."""
    core = text.strip(" \n")
    if not core:
        return text
    start = text.index(core)
    return f"{text[:start]}{opening}{core}{closing}{text[start + len(core) :]}"


def _can_stand(text: str, before: str, after: str) -> bool:
    """Whether marks around the text open and close emphasis between these characters. Source: CommonMark, 6.2."""
    core = text.strip(" \n")
    if not core or core[0].isspace() or core[-1].isspace():
        return False
    start = text.index(core)
    before, after = (before + text[:start])[-1:], (text[start + len(core) :] + after)[:1]
    opens = not _is_symbol(core[0]) or _is_open(before)
    closes = not _is_symbol(core[-1]) or _is_open(after)
    return opens and closes


def _is_symbol(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def _is_open(character: str) -> bool:
    """Whether it is the end of a line, a blank or punctuation, for every version of CommonMark."""
    return (
        not character
        or character in " \n"
        or character in string.punctuation
        or unicodedata.category(character) in _OPEN
    )
