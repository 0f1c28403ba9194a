"""A WordPress export (WXR 1.0 to 1.2) as its entries, one after the other. Source: the exporter of WordPress.

Exports break in the world: control characters, wrong bytes, files that were cut off, text that is no XML. What can be
read is read; what cannot be read is named in `Channel.damages`.
"""

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from lxml import etree

from app.importers.xml_text import DECLARATION, UNPRINTABLE, DamagedExport, damages_of, encoding_of, local_name

CHUNK_BYTES: Final = 256 * 1024
# So much is looked at to see what a file is, and whether it declares a document type.
HEAD_LENGTH: Final = 64 * 1024
VERSIONS: Final = ("1.0", "1.1", "1.2")
_CONTENT: Final = "http://purl.org/rss/1.0/modules/content/"
_CHANNEL_FIELDS: Final = ("title", "language", "base_blog_url", "base_site_url", "link", "wxr_version")


class Author(NamedTuple):
    login: str
    name: str


class Term(NamedTuple):
    """A category, a tag or a term of another taxonomy. `parent` is a slug, or empty."""

    taxonomy: str
    slug: str
    name: str
    parent: str


class TermOfPost(NamedTuple):
    taxonomy: str
    slug: str
    name: str


@dataclass(slots=True)
class Post:
    """An item of an export: a post, a page, an attachment, a revision. `number` is its place in the file, from 1."""

    number: int
    texts: dict[str, str] = field(default_factory=dict)
    content: str = ""
    excerpt: str = ""
    terms: list[TermOfPost] = field(default_factory=list)
    meta: dict[str, list[str]] = field(default_factory=dict)
    comments: int = 0

    @property
    def id(self) -> str:
        return self.texts.get("post_id", "").strip()

    @property
    def type(self) -> str:
        return self.texts.get("post_type", "post").strip() or "post"

    @property
    def status(self) -> str:
        return self.texts.get("status", "").strip()

    def text(self, name: str) -> str:
        return self.texts.get(name, "").strip()

    def first_meta(self, name: str) -> str:
        return next(iter(self.meta.get(name, ())), "").strip()


@dataclass(slots=True)
class Channel:
    """What the head of an export says of the site, and what is wrong with the file once it is read."""

    texts: dict[str, str] = field(default_factory=dict)
    items: int = 0
    damages: list[str] = field(default_factory=list)


Entry = Author | Term | Post


def entries(path: Path, channel: Channel, advance: Callable[[int], None] = lambda count: None) -> Iterator[Entry]:
    """The entries of a file in their order. Fills the channel on the way.

    Memory: one item, however long the file. Raises: OSError; DamagedExport, where the file is no export, or declares a
    document type.
    """
    tags = ["item", *(f"{{http://wordpress.org/export/{version}/}}{name}" for version in VERSIONS for name in _TERMS)]
    parser = etree.XMLPullParser(
        events=("end",), tag=[*tags, "rss"], encoding="utf-8", recover=True, resolve_entities=False, no_network=True,
        load_dtd=False, huge_tree=True, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    begun, is_whole = 0, False
    text_before = ""
    for text in _texts(path, channel, advance):
        begun += (text_before[-5:] + text).count("<item>")
        text_before = text
        try:
            parser.feed(text.encode())
        except etree.XMLSyntaxError as error:
            raise DamagedExport(f"is not XML: {error.msg}") from None
        for _, element in parser.read_events():
            assert isinstance(element, etree._Element), "the end of an element"
            if local_name(element) == "rss":
                is_whole = True
                continue
            if not channel.texts:
                channel.texts = _channel_texts(element)
            if local_name(element) == "item":
                channel.items += 1
                yield _post(element, channel.items)
            elif (term := _TERMS[local_name(element)](_texts_of(element))) is not None:
                yield term
            _drop(element)
    if not is_whole:
        lost = f"; {begun} items begin, and {channel.items} are whole" if begun != channel.items else ""
        channel.damages.append(f"the file breaks off before its end{lost}")
    if parser.error_log and is_whole:
        first = parser.error_log[0]
        channel.damages.append(f"holds what is not XML, at line {first.line}: {first.message}")


def _drop(element: etree._Element) -> None:
    """Frees an element that was read, with what stands before it."""
    parent = element.getparent()
    element.clear()
    if parent is not None:
        parent.remove(element)


def _texts(path: Path, channel: Channel, advance: Callable[[int], None]) -> Iterator[str]:
    """The text of the file without characters that XML has not. Raises: DamagedExport."""
    wrong_bytes = removed = 0
    with path.open("rb") as file:
        chunk = file.read(CHUNK_BYTES)
        encoding = encoding_of(chunk)
        decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        is_first_chunk = True
        while chunk:
            advance(len(chunk))
            text = decoder.decode(chunk)
            if is_first_chunk:
                text = DECLARATION.sub("", text.removeprefix("\ufeff"), count=1).lstrip()
                if "<!DOCTYPE" in text[:HEAD_LENGTH].partition("<rss")[0].upper():
                    raise DamagedExport("declares a document type, which no export of WordPress does: it is not read")
            is_first_chunk = False
            wrong_bytes += text.count("\ufffd")
            text, count = UNPRINTABLE.subn("", text)
            removed += count
            yield text
            chunk = file.read(CHUNK_BYTES)
    channel.damages += damages_of(encoding, wrong_bytes, removed)


def _texts_of(element: etree._Element) -> dict[str, str]:
    return {local_name(child): child.text or "" for child in element}


def _channel_texts(entry: etree._Element) -> dict[str, str]:
    """What stands in the channel before its first entry."""
    channel = entry.getparent()
    texts = {} if channel is None else _texts_of(channel)
    return {name: texts.get(name, "").strip() for name in _CHANNEL_FIELDS}


def _author(texts: dict[str, str]) -> Author | None:
    login = texts.get("author_login", "").strip()
    parts = (texts.get("author_first_name", "").strip(), texts.get("author_last_name", "").strip())
    name = texts.get("author_display_name", "").strip() or " ".join(filter(None, parts)) or login
    return Author(login, name) if login else None


def _category(texts: dict[str, str]) -> Term | None:
    names = (texts.get(name, "").strip() for name in ("category_nicename", "cat_name", "category_parent"))
    return _term("category", *names)


def _tag(texts: dict[str, str]) -> Term | None:
    return _term("post_tag", texts.get("tag_slug", "").strip(), texts.get("tag_name", "").strip(), "")


def _other_term(texts: dict[str, str]) -> Term | None:
    names = (texts.get(f"term_{name}", "").strip() for name in ("taxonomy", "slug", "name", "parent"))
    return _term(*names)


def _term(taxonomy: str, slug: str, name: str, parent: str) -> Term | None:
    return Term(taxonomy, slug, name or slug, parent) if slug else None


_TERMS: Final[dict[str, Callable[[dict[str, str]], Author | Term | None]]] = {
    "author": _author, "category": _category, "tag": _tag, "term": _other_term,
}  # fmt: skip


def _post(item: etree._Element, number: int) -> Post:
    post = Post(number)
    for child in item:
        name = local_name(child)
        if name == "encoded":
            if child.tag.startswith(f"{{{_CONTENT}") or child.tag.startswith("content:"):
                post.content = child.text or ""
            else:
                post.excerpt = child.text or ""
        elif name == "category":
            slug = child.get("nicename") or ""
            post.terms.append(TermOfPost(child.get("domain") or "category", slug, (child.text or slug).strip()))
        elif name == "postmeta":
            texts = _texts_of(child)
            post.meta.setdefault(texts.get("meta_key", ""), []).append(texts.get("meta_value", ""))
        elif name == "comment":
            post.comments += 1
        else:
            post.texts[name] = child.text or ""
    return post
