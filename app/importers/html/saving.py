"""Writes what a web page gave: its story, and the sources of its authors, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app.articles import references
from app.articles.stored import stored_articles
from app.changes import log
from app.changes.log import Transaction
from app.changes.stored import stored
from app.db import Database
from app.errors import Fault, Invalid
from app.importers import store
from app.importers.documents import read
from app.importers.html.given import Document, WebPage
from app.importers.store import Report, again_if_raced
from app.importers.stories import changed_here
from app.web.fields import format_instant


@dataclass(frozen=True, slots=True)
class SavedStory:
    """What became of a page: `outcome` is created, updated, unchanged, or read where nothing was written."""

    outcome: str
    slug: str
    status: str
    notes: list[str]


def check(page: WebPage, now: datetime, *, publish: bool) -> SavedStory:
    """What would be written where nothing is there. Raises: Invalid, as `save`."""
    document, notes = _released(page.article, publish=publish, now=now)
    item = read(document, now)
    _refuse(item.faults)
    notes += [fault.message for fault in item.warnings]
    return SavedStory("read", document["slug"], document["status"], notes)


async def save(database: Database, zone: ZoneInfo, page: WebPage, now: datetime, *, publish: bool) -> SavedStory:
    """Writes the story; a draft, unless it is to be published or already is.

    The story with this id is the same: it keeps its slug, and stays as it is where it was changed here later than
    there. Sources that are there stay as they are. Raises: Invalid, Raced, Unavailable; then nothing is written.
    """

    async def write() -> SavedStory:
        async with log.transaction(database, actor=store.ACTOR, zone=zone) as transaction:
            return await _write(transaction, page, now, publish=publish)

    return await again_if_raced(write)


async def _write(transaction: Transaction, page: WebPage, now: datetime, *, publish: bool) -> SavedStory:
    id = page.article["id"]
    before = (await stored_articles(transaction, [id])).get(id)
    card = None if before is None else before.newest.fields()
    document = {**page.article, "origin": {**page.article["origin"]}}
    if before is not None and card is not None:
        first_at = card["origin"]["imported_at"]
        if before.is_withdrawn or card["modified_at"] > document.get("modified_at", first_at):
            return SavedStory("unchanged", card["slug"], card["status"], [changed_here(card).message])
        document["slug"] = card["slug"]
        document["origin"]["imported_at"] = first_at
        if card["status"] == "published":  # it does not become a draft again, nor published anew
            publish = True
            document.setdefault("published_at", card["published_at"])
    else:
        document["slug"] = await references.free_slug(transaction, document["headline"], id)
    document, notes = _released(document, publish=publish, now=now)
    existing = await stored(transaction.connection, "source", [source["slug"] for source in page.sources])
    sources = [source for source in page.sources if source["slug"] not in existing]
    sources_read = [read(source, now, line) for line, source in enumerate(sources, 1)]
    item = read(document, now)
    _refuse([fault for each in (*sources_read, item) for fault in each.faults])
    report = Report()
    await store.save(transaction, "source", sources_read, report)
    await store.save(transaction, "article", [item], report)
    _refuse([fault for _, fault in report.wrong])
    notes += [fault.message for fault in item.warnings]
    return SavedStory(report.outcomes[1], document["slug"], document["status"], notes)


def _released(document: Document, *, publish: bool, now: datetime) -> tuple[Document, list[str]]:
    """The document with its status, and what is to be said of that."""
    published_at = document.get("published_at")
    if publish and published_at is not None and published_at > format_instant(now):
        note = f"is a draft: its date of publication lies in the future ({published_at})"
        return document | {"status": "draft"}, [note]
    if publish and published_at is None:
        note = "is published with the date of the import"
        return document | {"status": "published", "published_at": format_instant(now)}, [note]
    return document | {"status": "published" if publish else "draft"}, []


def _refuse(faults: Sequence[Fault]) -> None:
    """Raises: Invalid, where there are faults."""
    if faults:
        raise Invalid("The story of the page cannot be stored.", *faults)
