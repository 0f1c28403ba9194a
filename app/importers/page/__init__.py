"""The plain text of a scraped news page as documents: tags, sources, notes, the article, stubs of other stories.

Pure: bytes and what the caller knows go in, import lines come out. Knows no database and no HTTP.
Order: `text` makes clean lines of the bytes, `recognisers` look at one line each, `layout` at their order,
`documents` at what they say.
"""

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from app.errors import Fault, Invalid
from app.importers.page import documents, layout, text


@dataclass(frozen=True)
class LineUse:
    """What one line of the file became, by which rule, and how sure that is."""

    line: int
    use: str
    rule: str
    confidence: float


@dataclass(frozen=True)
class Page:
    """Import lines in the order in which they depend on each other, and the use of every line that holds text."""

    documents: list[dict[str, Any]]
    lines: list[LineUse]
    odd: list[str] = field(default_factory=list)


def read(
    data: bytes,
    *,
    zone: ZoneInfo,
    imported_at: datetime,
    url: str | None = None,
    published: datetime | None = None,
    language: str | None = None,
    section: str | None = None,
) -> Page:
    """The page as documents; what the text does not say comes from the arguments, which win over it.

    Cost: some milliseconds. Raises: Invalid, for bytes that are no text, not the text of one page, or a page
    without a story.
    """
    _plain_page(data)
    lines, odd = text.read_lines(data)
    _plain_text(lines)
    laid_out = layout.read(lines)
    if not laid_out.tells:
        raise Invalid("The page holds no story.", Fault("the page holds no story, only what pages have around one"))
    given = documents.Given(zone, imported_at, url, published, language, section)
    uses = [LineUse(number, *use) for number, use in sorted(laid_out.uses.items())]
    return Page(documents.build(laid_out, given), uses, odd)


# Beyond these it is no page that anybody reads, and reading it would take minutes.
PAGE_BYTES: Final = 1_000_000
LINE_BYTES: Final = 16_000
LINES: Final = 2_000  # that hold text; a body has no more blocks

_KINDS: Final = ((b"%PDF-", "a PDF"), (b"{\\rtf", "RTF"), (b"PK\x03\x04", "a ZIP archive or office document"))
_MARKUP: Final = re.compile(r"<(?:!doctype\b|html\b|\?xml\b)", re.IGNORECASE)
_TAG: Final = re.compile(r"<(?:!--|/?[a-z][\w-]*(?:\s[^<>]*)?/?>)", re.IGNORECASE)


def _plain_page(data: bytes) -> None:
    """Raises: Invalid, for bytes that plainly are not the plain text of one page."""
    found = [line for line in data.splitlines() if line.strip()]
    kind = next((kind for start, kind in _KINDS if data.startswith(start)), None)
    if kind is not None:
        raise _refusal(f"is {kind}; give the plain text of the page")
    if _MARKUP.match(data[:200].decode("ascii", errors="ignore").lstrip()):
        raise _markup()
    if len(data) > PAGE_BYTES or len(found) > LINES:
        raise _refusal(f"is longer than a page of {PAGE_BYTES // 1000} kB and {LINES} lines of text")
    if any(len(line) > LINE_BYTES for line in found):
        raise _refusal(f"has a line of more than {LINE_BYTES // 1000} kB")


def _plain_text(lines: list[text.Line]) -> None:
    """Raises: Invalid, for text that is made for machines."""
    tags = sum(_TAG.match(line.text) is not None for line in lines)
    if _MARKUP.match(lines[0].text) or (_TAG.match(lines[0].text) and 2 * tags > len(lines)):
        raise _markup()
    if lines[0].text[0] in "{[":
        try:
            json.loads(" ".join(line.text for line in lines))
        except (ValueError, RecursionError):
            ndjson = lines[0].text.startswith(('{"', '[{"'))
        else:
            ndjson = True
        if ndjson:
            raise _refusal("is JSON; documents come in by `import ndjson`")


def _markup() -> Invalid:
    return _refusal("is HTML or XML; give the plain text of the page, as a scraper extracts it")


def _refusal(detail: str) -> Invalid:
    return Invalid(f"The file {detail}.", Fault(f"the file {detail}"))
