"""What goes into the reading of a web page beside its bytes, and what comes out. Imports no parser."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """What the caller says of the pages; it wins over what they tell."""

    zone: ZoneInfo
    imported_at: datetime
    language: str | None = None


@dataclass(slots=True)
class WebPage:
    """The documents of a page: its sources, and the article. `facts` names where each fact comes from, `left_out`
    counts what on the page is no part of the story, `notes` says what else the newsroom should know.
    """

    article: Document
    sources: list[Document]
    facts: dict[str, str]
    left_out: dict[str, int]
    notes: list[str] = field(default_factory=list)
