"""Reading a page in one word, and every document held against the schema of its noun."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from app.articles.schemas import ArticleIn
from app.importers import page
from app.notes.schemas import NoteIn
from app.sources.schemas import SourceIn
from app.tags.schemas import TagIn

PAGES = Path(__file__).parent / "pages"
IMPORTED_AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
SCHEMAS: dict[str, type[BaseModel]] = {"tag": TagIn, "source": SourceIn, "note": NoteIn, "article": ArticleIn}
RESTORED = {"noun", "status", "published_at", "updated_at", "corrections", "origin"}


def read_page(text: str | bytes, **options: Any) -> page.Page:
    """A page read as in Kyiv; a name of a file in `pages` stands for its text."""
    if isinstance(text, str):
        text = (PAGES / text).read_bytes() if text.endswith(".txt") else text.encode()
    read = page.read(text, zone=ZoneInfo("Europe/Kyiv"), imported_at=IMPORTED_AT, **options)
    check(read)
    return read


def check(read: page.Page) -> None:
    """Each document is valid, and names only what stands before it."""
    known: dict[str, set[str]] = {noun: set() for noun in SCHEMAS}
    for document in read.documents:
        noun = document["noun"]
        given = {name: value for name, value in document.items() if name not in RESTORED}
        SCHEMAS[noun].model_validate(given)
        for one in document.get("attributions") or []:
            assert one["source"] in known["source"]
        for block in document.get("body") or []:
            if block["type"] == "reference_note":
                assert block["note"] in known["note"]
            if block["type"] in ("quote", "image") and block["source"]:
                assert block["source"] in known["source"]
        for tag in [*(document.get("tags") or []), document.get("section")]:
            assert tag is None or tag in known["tag"]
        assert document["slug"] not in known[noun]
        known[noun].add(document["slug"])


def article(read: page.Page) -> dict[str, Any]:
    return next(one for one in read.documents if one["noun"] == "article")


def named(read: page.Page, noun: str) -> list[str]:
    """The names, labels or headlines of all documents of a noun, in order."""
    field = {"tag": "labels", "source": "names"}.get(noun)
    found = [one for one in read.documents if one["noun"] == noun]
    return [
        next(iter(one[field].values())) if field else one["headline" if noun == "article" else "heading"]
        for one in found
    ]
