"""The text of a post as HTML: the lines of the classic editor, shortcodes, the blocks of the block editor."""

import json
import re
from collections.abc import Callable, Iterator
from html import escape, unescape
from typing import Any, Final

from app.content.conversion import embeds
from app.importers.wordpress.site import Picture, Site

# What stands in the comment of a block: its name, its attributes, and a slash where it holds nothing.
_BLOCK: Final = re.compile(r"\s+(/?)wp:([a-z][\w/-]*+)(.*)", re.DOTALL)
_PAGE_BREAK: Final = re.compile(r"<!--\s*nextpage\s*-->")
_NAMES: Final = (
    "table|thead|tfoot|caption|col|colgroup|tbody|tr|td|th|div|dl|dd|dt|ul|ol|li|pre|form|map|area|blockquote|address"
    "|style|p|h[1-6]|hr|fieldset|legend|section|article|aside|hgroup|header|footer|nav|figure|figcaption|details|menu"
    "|summary|iframe|script|center|video|audio|object"
)
_OPENING: Final = re.compile(rf"(<(?:{_NAMES})(?:\s[^<>]*)?/?>)", re.IGNORECASE)
_CLOSING: Final = re.compile(rf"(</(?:{_NAMES})\s*>)", re.IGNORECASE)
_STARTS_WITH_BLOCK: Final = re.compile(rf"</?(?:{_NAMES})[\s/>]", re.IGNORECASE)
# Elements whose line ends are their own.
_VERBATIM: Final = re.compile(r"<(/?)(pre|script|style|textarea)\b[^<>]*>", re.IGNORECASE)
_KEPT: Final = re.compile("\ue000(\\d+)\ue001")
_EMPTY_LINES: Final = re.compile(r"\n[ \t]*\n\s*")
_ADDRESS: Final = re.compile(r"https?://\S+")
# A shortcode. Its attributes hold no brackets, so no part is read twice.
_SHORTCODE: Final = re.compile(r"\[(\[?)(/?)([A-Za-z][\w-]{0,60})((?:\s[^\[\]]*)?)\](\]?)")
_ATTRIBUTE: Final = re.compile(r"(?<![\w-])([\w-]++)\s*+=\s*+(?:\"([^\"]*)\"|'([^']*)'|([^\s\"']+))")
_IMAGE: Final = re.compile(r"(?:<a\s[^<>]*>\s*+)?<img\s[^<>]*>(?:\s*</a>)?", re.IGNORECASE)
_FILES: Final = ("src", "mp4", "m4v", "webm", "ogv", "mp3", "m4a", "ogg", "wav", "flv")
# How deep patterns within patterns are followed.
MOST_SHARED: Final = 3
Warn = Callable[[str], None]


def html_of(content: str, site: Site, post_id: str, warn: Warn) -> str:
    """The content of a post as HTML that the converter reads. Cost: linear."""
    content = content.replace("\r\n", "\n").replace("\r", "\n")
    is_of_blocks = "<!-- wp:" in content
    if is_of_blocks:
        content = _without_block_comments(content, site, warn)
    content = _PAGE_BREAK.sub("\n\n<hr>\n\n", content)
    content = _Shortcodes(site, post_id, warn).replaced(content)
    return content if is_of_blocks else with_paragraphs(content)


def _without_block_comments(content: str, site: Site, warn: Warn, depth: int = 0) -> str:
    """The blocks without their comments; a pattern that is shared by posts stands in its place."""
    text, *rest = content.split("<!--")
    pieces = [text]
    for part in rest:
        comment, end, behind = part.partition("-->")
        block = _BLOCK.match(comment) if end else None
        if block is None:
            pieces.append(f"<!--{part}")
        else:
            if not block[1] and block[3].endswith("/"):
                pieces.append(_alone(block[2], block[3][:-1], site, warn, depth))
            pieces.append(behind)
    return "".join(pieces)


def _alone(name: str, attributes: str, site: Site, warn: Warn, depth: int) -> str:
    """What a block without content of its own shows."""
    shared = site.shared_blocks.get(str(_json(attributes).get("ref", ""))) if name == "block" else None
    if shared is not None and depth < MOST_SHARED:
        return _without_block_comments(shared, site, warn, depth + 1)
    if name not in {"spacer", "more"}:
        warn(f"the block {name[:40]} has no content in the export, and is left out")
    return ""


def _json(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def with_paragraphs(content: str) -> str:
    """Text of the classic editor with its paragraphs and line breaks, as WordPress shows it."""
    kept: list[str] = []
    text = _set_aside(content.replace("\ue000", "").replace("\ue001", ""), kept)
    text = _CLOSING.sub(r"\1\n\n", _OPENING.sub(r"\n\n\1", text))
    shown = "\n".join(_shown(part.strip()) for part in _EMPTY_LINES.split(text) if part.strip())
    return _KEPT.sub(lambda match: kept[int(match[1])], shown)


def _set_aside(content: str, kept: list[str]) -> str:
    """The content with a mark in place of each element that keeps its line ends; these go to `kept`."""
    pieces: list[str] = []
    opening: re.Match[str] | None = None
    place = 0
    for tag in _VERBATIM.finditer(content):
        if opening is None:
            opening = None if tag[1] else tag
        elif tag[1] and tag[2].lower() == opening[2].lower():
            pieces += [content[place : opening.start()], f"\n\n\ue000{len(kept)}\ue001\n\n"]
            kept.append(content[opening.start() : tag.end()])
            place, opening = tag.end(), None
    return "".join([*pieces, content[place:]])


def _shown(part: str) -> str:
    if _KEPT.fullmatch(part):
        return part
    if _ADDRESS.fullmatch(part):
        return embedded(part)
    lines = "<br>".join(part.split("\n"))
    return lines if _STARTS_WITH_BLOCK.match(part) else f"<p>{lines}</p>"


def embedded(url: str) -> str:
    """The HTML for an address on a line of its own: a frame if its provider is known, else a link."""
    written = escape(unescape(url))
    return (
        f'<iframe src="{written}"></iframe>'
        if embeds.is_known(unescape(url))
        else f'<p><a href="{written}">{written}</a></p>'
    )


class _Shortcodes:
    """Replaces the shortcodes of one post. Unknown ones are left out with a warning; what they enclose stays."""

    def __init__(self, site: Site, post_id: str, warn: Warn) -> None:
        self.site = site
        self.post_id = post_id
        self.warn = warn

    def replaced(self, content: str) -> str:
        return "".join(self._pieces(content))

    def _pieces(self, content: str) -> Iterator[str]:
        closers = {match[3]: match.start() for match in _SHORTCODE.finditer(content) if match[2]}  # the last of each
        place = 0
        for match in _SHORTCODE.finditer(content):
            if match.start() < place:
                continue  # within one that was replaced with what it encloses
            escaped, is_closing, name, attributes, _ = match.groups()
            yield content[place : match.start()]
            place = match.end()
            make = _KNOWN.get(name.lower())
            if escaped and match[5]:
                yield match[0][1:-1]
            elif make is not None and not is_closing:
                end = content.find(f"[/{name}]", place) if closers.get(name, -1) >= place else -1
                inside = content[place:end] if end >= 0 else ""
                place = end + len(name) + 3 if end >= 0 else place
                yield f"\n\n{make(self, _attributes(attributes), inside.strip())}\n\n"
            elif is_closing or "=" in attributes or name in closers or "_" in name:
                if not is_closing:
                    self.warn(f"the shortcode [{name}] is not known; what it encloses stays")
            else:
                yield match[0]  # a word in brackets
        yield content[place:]

    def caption(self, attributes: dict[str, str], inside: str) -> str:
        image = _IMAGE.search(inside)
        if image is None:
            return inside
        text = inside[image.end() :].strip() or escape(attributes.get("caption", ""), quote=False)
        return f"<figure>{image[0]}<figcaption>{text}</figcaption></figure>"

    def gallery(self, attributes: dict[str, str], inside: str) -> str:
        ids = [id.strip() for id in (attributes.get("ids") or attributes.get("include") or "").split(",") if id.strip()]
        ids = ids or self.site.pictures_of.get(self.post_id, [])
        pictures = [picture for id in ids if (picture := self.site.pictures.get(id)) is not None]
        if len(pictures) < len(ids) or not ids:
            self.warn(f"a gallery shows {len(ids) or 'some'} pictures, of which {len(pictures)} are in the export")
        return "".join(map(figure_of, pictures))

    def embed(self, attributes: dict[str, str], inside: str) -> str:
        url = inside or attributes.get("src", "") or attributes.get("url", "") or attributes.get("", "")
        return f'<iframe src="{escape(unescape(url))}"></iframe>' if url else ""

    def video(self, attributes: dict[str, str], inside: str) -> str:
        return self._media("video", attributes, inside)

    def audio(self, attributes: dict[str, str], inside: str) -> str:
        return self._media("audio", attributes, inside)

    def _media(self, element: str, attributes: dict[str, str], inside: str) -> str:
        url = next((attributes[name] for name in _FILES if attributes.get(name)), attributes.get("", "") or inside)
        return f'<{element} src="{escape(unescape(url))}"></{element}>'


def _attributes(text: str) -> dict[str, str]:
    """The attributes by name; what stands without a name is under ""."""
    named = {match[1].lower(): next(filter(None, match.groups()[1:]), "") for match in _ATTRIBUTE.finditer(text)}
    return {"": _ATTRIBUTE.sub("", text).strip(" /=\"'"), **named}


_KNOWN: Final[dict[str, Callable[[_Shortcodes, dict[str, str], str], str]]] = {
    "caption": _Shortcodes.caption, "wp_caption": _Shortcodes.caption, "gallery": _Shortcodes.gallery,
    "embed": _Shortcodes.embed, "youtube": _Shortcodes.embed, "vimeo": _Shortcodes.embed,
    "twitter": _Shortcodes.embed, "tweet": _Shortcodes.embed, "instagram": _Shortcodes.embed,
    "facebook": _Shortcodes.embed, "soundcloud": _Shortcodes.embed, "iframe": _Shortcodes.embed,
    "video": _Shortcodes.video, "audio": _Shortcodes.audio,
}  # fmt: skip


def figure_of(picture: Picture) -> str:
    """An attachment as a figure."""
    size = "".join(
        f' {name}="{value}"' for name, value in (("width", picture.width), ("height", picture.height)) if value
    )
    caption = f"<figcaption>{picture.caption}</figcaption>" if picture.caption else ""
    return f'<figure><img src="{escape(picture.url)}" alt="{escape(picture.alt_text)}"{size}>{caption}</figure>'
