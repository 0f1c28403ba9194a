"""Web pages of invented outlets, and what is read from them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from app.importers.html import stories
from app.importers.html.given import Given, WebPage

FOLDER: Final = Path(__file__).parent / "pages"
NOW: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
ZONE: Final = ZoneInfo("Europe/Kyiv")


def data_of(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def page(
    *, head: str = "", headline: str = "<h1>The weir holds</h1>", lead: str = "", body: str = "", language: str = "en"
) -> str:
    """A page of two paragraphs, with what a test adds to its head, below its headline, and between the paragraphs."""
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8">'
        "<title>The weir holds | Lypka Courier</title>"
        f'<meta property="og:site_name" content="Lypka Courier">{head}</head>'
        f'<body><main>{headline}{lead}<div class="text">'
        "<p>The old weir above Zghariv held on Tuesday, when the river was higher than in any spring before it.</p>"
        f"{body}"
        "<p>Men with lamps walked along it through the whole of the night, and found two stones out of place.</p>"
        "</div></main></body></html>"
    )


def read(
    source: str | bytes, *, language: str | None = None, url: str | None = None, charset: str | None = None
) -> WebPage:
    data = source if isinstance(source, bytes) else source.encode()
    return stories.read(data, Given(ZONE, NOW, language), url=url, charset=charset)
