"""Blocks as HTML, in the form that the server's own `…/html` has."""

import re
from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any

from dovidka_client._models import ArticleIncluded, Block, Image, NoteIncluded, NoteOut

Override = Callable[[Any, str], str]
_LINKED = re.compile(r"https?://|/(?![/\\])", re.IGNORECASE)


def render_blocks(
    blocks: Iterable[Block],
    *,
    included: ArticleIncluded | NoteIncluded | None = None,
    language: str = "",
    overrides: Mapping[str, Override] | None = None,
) -> str:
    """The HTML of blocks. What is not in `included` is left out, or shown by the words of the block alone.

    Texts are escaped, addresses checked; `html` of blocks is as the server gives it, which lets inline elements of a
    fixed list through and nothing that runs. Blocks of types that this client does not know are left out. `language` is
    that in which names of sources are taken; else English, else the first there is. `overrides`, by type of block, take
    the block and its usual HTML, and give the HTML.
    """
    beside: Mapping[str, Any] = included or {}
    return _Renderer(beside, language, overrides or {}).blocks(blocks, "block-")


class _Renderer:
    def __init__(self, included: Mapping[str, Any], language: str, overrides: Mapping[str, Override]) -> None:
        self.included = included
        self.language = language
        self.overrides = overrides

    def blocks(self, blocks: Iterable[Block], prefix: str) -> str:
        parts = []
        for block in blocks:
            html = self._block(block, f' id="{_escaped(prefix + block["id"])}"')
            override = self.overrides.get(block["type"])
            parts.append(override(block, html) if override else html)
        return "\n".join(filter(None, parts))

    def _block(self, block: Any, id: str) -> str:
        renderer = getattr(self, f"_{block['type']}", None)
        html: str = renderer(block, id) if block["type"] in TYPES and renderer else ""
        return html

    def _paragraph(self, block: Any, id: str) -> str:
        return f"<p{id}>{block['html']}</p>"

    def _heading(self, block: Any, id: str) -> str:
        level = int(block["level"])
        return f"<h{level}{id}>{_lines(block['text'])}</h{level}>"

    def _quote(self, block: Any, id: str) -> str:
        speaker = block["attribution"] or self._name(block["source"])
        cite = f"<figcaption><cite>{_lines(speaker)}</cite></figcaption>" if speaker else ""
        is_foreign = block["language"] not in {None, self.language}
        language = f' lang="{_escaped(block["language"])}" dir="auto"' if is_foreign else ""
        kind = "quote" if block["verbatim"] else "indirect"
        return f'<figure class="{kind}"{id}><blockquote{language}><p>{block["html"]}</p></blockquote>{cite}</figure>'

    def _list(self, block: Any, id: str) -> str:
        name = "ol" if block["ordered"] else "ul"
        return f"<{name}{id}>{''.join(f'<li>{item}</li>' for item in block['items'])}</{name}>"

    def _image(self, block: Any, id: str) -> str:
        return f"<figure{id}>{self._picture(block)}</figure>"

    def _reference_note(self, block: Any, id: str) -> str:
        ref = block["note"] if block["revision"] is None else f"{block['note']}@{block['revision']}"
        note = self.included.get("notes", {}).get(ref)
        return self._box(note, block["id"], id) if note else ""

    def _related(self, block: Any, id: str) -> str:
        article = self.included.get("articles", {}).get(block["article"])
        text = block["text"] or (article and article["headline"]) or block["url"]
        relation = f' data-relation="{_escaped(block["relation"])}"'
        return f'<p class="related"{relation}{id}>{_link(block["url"], _lines(text))}</p>' if text else ""

    def _embed(self, block: Any, id: str) -> str:
        text = block["html"] or _escaped(block["provider"])
        link = _link(block["url"], _escaped(block["url"]))
        return f'<figure class="embed"{id}><p>{text}</p>{link}</figure>'

    def _table(self, block: Any, id: str) -> str:
        header = "".join(f'<th scope="col">{_lines(cell)}</th>' for cell in block["header"])
        head = f"<thead><tr>{header}</tr></thead>" if header else ""
        rows = ["".join(f"<td>{_lines(cell)}</td>" for cell in row) for row in block["rows"]]
        return f"<table{id}>{head}<tbody>{''.join(f'<tr>{row}</tr>' for row in rows)}</tbody></table>"

    def _code(self, block: Any, id: str) -> str:
        return f"<pre{id}><code>{_escaped(block['text'])}</code></pre>"

    def _divider(self, block: Any, id: str) -> str:
        return f"<hr{id}>"

    def _name(self, source: str | None) -> str:
        """The name of a source; empty where it is not there."""
        names = self.included.get("sources", {}).get(source, {}).get("names", {})
        keys = [key for key in (self.language, self.language.partition("-")[0], "en", *names) if key in names]
        name: str = names[keys[0]] if keys else ""
        return name

    def _picture(self, image: Image) -> str:
        credit = ""
        for part in (
            image["credit_line"], image["photographer"], self._name(image["source"]), image["copyright_notice"]
        ):  # fmt: skip
            if part and part not in credit:
                credit = f"{credit}, {part}" if credit else part
        has_size = image["width"] and image["height"]
        size = f' width="{image["width"]}" height="{image["height"]}"' if has_size else ""
        alt, url = _escaped(image["alt_text"] or ""), _linked(image["url"])
        shown = f'<img src="{url}" alt="{alt}"{size}>' if url else ""
        if url and image["media"] == "video":
            shown = _link(image["url"], alt or url)
        caption = [_lines(image["caption"])] if image["caption"] else []
        caption += [f'<small class="credit">{_escaped(credit)}</small>'] if credit else []
        return f"{shown}<figcaption>{' '.join(caption)}</figcaption>" if caption else shown

    def _box(self, note: NoteOut, block_id: str, id: str) -> str:
        facts = ""
        for fact in note["facts"]:
            when = " – ".join([_time(on) for on in (fact["on"], fact["to"]) if on])
            facts += f"<li>{when + ': ' if when else ''}{_lines(fact['text'])}</li>"
        parts = [
            f'<aside class="note"{id} lang="{_escaped(note["language"])}">',
            f"<h2>{_lines(note['heading'])}</h2>",
            # A dot joins the ids of its blocks to that of the box: no id of a block holds one.
            self.blocks(note["body"], f"block-{block_id}."),
            f'<ul class="facts">{facts}</ul>' if facts else "",
            f'<p class="as-of">{_time(note["as_of"])}</p>' if note["as_of"] else "",
            "</aside>",
        ]
        return "\n".join(filter(None, parts))


TYPES = frozenset("paragraph heading quote list image reference_note related embed table code divider".split())


def _escaped(text: str) -> str:
    return escape(text).replace("&#x27;", "&#39;")


def _lines(text: str) -> str:
    return "<br>".join([_escaped(line.strip()) for line in re.split(r"[\r\n]+", text) if line.strip()])


def _time(on: str) -> str:
    return f'<time datetime="{_escaped(on)}">{_escaped(on)}</time>'


def _linked(url: str | None) -> str:
    """The address as an attribute; empty if it is not one to link to: no script can be in it."""
    return _escaped(url) if url and _LINKED.match(url) else ""


def _link(url: str | None, html: str) -> str:
    address = _linked(url)
    return f'<a href="{address}">{html}</a>' if address else html
