"""The plain text of a scraped news page as documents: tags, sources, notes, the article, stubs of other stories.

Pure: bytes and what the caller knows go in, import lines come out. Knows no database and no HTTP.
Order: `text` makes clean lines of the bytes, `recognisers` look at one line each, `layout` at their order,
`documents` at what they say.
"""

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
    laid_out = layout.read(lines)
    if not laid_out.tells:
        raise Invalid("The page holds no story.", Fault("the page holds no story, only what pages have around one"))
    given = documents.Given(zone, imported_at, url, published, language, section)
    uses = [LineUse(number, *use) for number, use in sorted(laid_out.uses.items())]
    return Page(documents.build(laid_out, given), uses, odd)


# Beyond these it is no page that anybody reads, and reading it would take minutes.
PAGE_BYTES: Final = 1_000_000
LINE_BYTES: Final = 16_000
LINES: Final = 3_000


def _plain_page(data: bytes) -> None:
    """Raises: Invalid, for what plainly is not the plain text of one page."""
    start = data[:200].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    found = data.splitlines()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        detail = "is HTML or XML; give the plain text of the page, as a scraper extracts it"
    elif start.startswith((b'{"', b"[{")):
        detail = "is JSON; documents come in by `import ndjson`"
    elif len(data) > PAGE_BYTES or len(found) > LINES:
        detail = f"is longer than a page of {PAGE_BYTES // 1000} kB and {LINES} lines"
    elif any(len(line) > LINE_BYTES for line in found):
        detail = f"has a line of more than {LINE_BYTES // 1000} kB"
    else:
        return
    raise Invalid(f"The file {detail}.", Fault(f"the file {detail}"))
