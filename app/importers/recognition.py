"""Recognises what a file is by its content, not by its name."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

Format = Literal["wordpress", "ndjson", "text"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
# So much of a file is looked at.
HEAD_BYTES: Final = 64 * 1024
NAMES: Final[dict[Format, str]] = {
    "wordpress": "a WordPress export (WXR)",
    "ndjson": "documents, one a line (NDJSON)",
    "text": "the plain text of a page",
}
# Files that cannot be imported, but are recognised, so that the refusal names them: first bytes, and what they are.
_BINARY: Final = {
    b"PK\x03\x04": "a ZIP archive: unpack it first",
    b"\x1f\x8b": "a gzip file: unpack it first",
    b"%PDF": "a PDF document",
    b"\xff\xd8\xff": "a picture",
    b"\x89PNG": "a picture",
}
_WORDPRESS: Final = re.compile(r"wordpress\.org/export/1\.|<wp:wxr_version>")
_MARKUP: Final = (
    (re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:rss|rdf:RDF|feed)\b", re.DOTALL), "a feed"),
    (re.compile(r"\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body)\b", re.DOTALL | re.IGNORECASE), "a web page"),
    (re.compile(r"\s*(?:<\?xml|<!DOCTYPE|<[A-Za-z][\w:.-]*[\s>])"), "XML or HTML of another kind"),
)
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
    is_wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = head.decode("utf-16" if is_wide else "utf-8-sig", errors="replace")
    if "\0" in text and not _WORDPRESS.search(text):
        return Recognised(None, "no text")
    return _of_text(text)


def _of_text(text: str) -> Recognised:
    if _WORDPRESS.search(text) and "<" in text[:1_000]:
        return Recognised("wordpress", NAMES["wordpress"])
    for pattern, name in _MARKUP:
        if pattern.match(text):
            return Recognised(None, name)
    if _DOCUMENT.match(text):
        return Recognised("ndjson", NAMES["ndjson"])
    if _GHOST.match(text):
        return Recognised(None, "an export of Ghost")
    if text.lstrip()[:1] in {"{", "["}:
        return Recognised(None, "JSON of another kind")
    return Recognised("text", NAMES["text"])
