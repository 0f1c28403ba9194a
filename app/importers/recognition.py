"""Recognises what a file is by its content, not by its name."""

import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

Format = Literal["wordpress", "html", "feed", "ndjson", "text"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
# So much of a file is looked at.
HEAD_BYTES: Final = 64 * 1024
NAMES: Final[dict[Format, str]] = {
    "wordpress": "a WordPress export (WXR)",
    "html": "a web page (HTML)",
    "feed": "a feed",
    "ndjson": "documents, one a line (NDJSON)",
    "text": "the plain text of a page",
}
# Files that cannot be imported, but are recognised, so that the refusal names them: first bytes, and what they are.
_BINARY: Final = {
    b"PK\x03\x04": "a ZIP archive: unpack it first",
    b"%PDF": "a PDF document",
    b"\xff\xd8\xff": "a picture",
    b"\x89PNG": "a picture",
}
_WORDPRESS: Final = re.compile(r"wordpress\.org/export/1\.|<wp:wxr_version>")
_GZIP: Final = b"\x1f\x8b"
_PAGE: Final = re.compile(
    r"(?>\s+|<\?xml[^>]*>|<!--.*?-->)*+<(?:!doctype html|html|head|body)\b", re.DOTALL | re.IGNORECASE
)
# A page with all that belongs to it, as browsers save it. Source: RFC 2557.
_MHTML: Final = re.compile(
    r"(?:[A-Za-z-]+:[^\n]*\n(?:[ \t][^\n]*\n)*){0,30}?content-type:\s*multipart/related", re.IGNORECASE
)
# RSS and Atom, behind comments and the like; possessive, so that each is read once. JSON Feed has its own sign.
_FEED: Final = re.compile(
    r"(?>\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE(?!\s+html)[^>\[]*+(?:\[[^\]]*+\]\s*+)?>)*+<(?:\w+:)?(?:rss|RDF|feed)\b",
    re.DOTALL | re.IGNORECASE,
)
_JSON_FEED: Final = re.compile(r"\s*\{.{0,4000}?\"version\"\s*:\s*\"https?:\\?/\\?/jsonfeed\.org\\?/version", re.DOTALL)
_MARKUP: Final = re.compile(r"\s*(?:<\?xml|<!DOCTYPE|<[A-Za-z][\w:.-]*[\s>])")
_DOCUMENT: Final = re.compile(r"\s*\{[^\n]{0,4000}\"noun\"\s*:")
_GHOST: Final = re.compile(r"\s*\{\s*\"db\"\s*:")


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file was taken for; without a format it is not read, and `name` says what it is."""

    format: Format | None
    name: str


def recognise(path: Path) -> Recognised:
    """What the file is, by its first 64 kB. Raises: OSError."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head.strip():
        return Recognised(None, "empty")
    for mark, name in _BINARY.items():
        if head.startswith(mark):
            return Recognised(None, name)
    if head.startswith(_GZIP):
        head = _unpacked(head)
        if not _is_page(head.decode("utf-8-sig", errors="replace")):
            return Recognised(None, "a gzip file: unpack it first")
    is_wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = head.decode("utf-16" if is_wide else "utf-8-sig", errors="replace")
    if "\0" in text and not _WORDPRESS.search(text) and not _FEED.match(text):
        return Recognised(None, "no text")
    return _of_text(text)


def _unpacked(head: bytes) -> bytes:
    """The beginning of what a gzip file holds; nothing where it is damaged."""
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(head, HEAD_BYTES)
    except zlib.error:
        return b""


def _is_page(text: str) -> bool:
    return _PAGE.match(text) is not None or _MHTML.match(text) is not None


def _of_text(text: str) -> Recognised:
    if _WORDPRESS.search(text) and "<" in text[:1_000]:
        return Recognised("wordpress", NAMES["wordpress"])
    if _is_page(text):
        return Recognised("html", NAMES["html"])
    if _FEED.match(text) or _JSON_FEED.match(text):
        return Recognised("feed", NAMES["feed"])
    if _MARKUP.match(text):
        return Recognised(None, "XML or HTML of another kind")
    if _DOCUMENT.match(text):
        return Recognised("ndjson", NAMES["ndjson"])
    if _GHOST.match(text):
        return Recognised(None, "an export of Ghost")
    if text.lstrip()[:1] in {"{", "["}:
        return Recognised(None, "JSON of another kind")
    return Recognised("text", NAMES["text"])
