"""Writes what importers read, in batches: each document whole or not at all, and a report of what became of each."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from app.articles import references
from app.articles import saving as articles
from app.articles.saving import ArticleToSave
from app.articles.stored import stored_articles
from app.changes import log
from app.changes.log import Transaction
from app.changes.models import Noun
from app.changes.saving import Outcome
from app.db import Database
from app.errors import Fault, Invalid, Raced
from app.importers import placing
from app.importers.documents import Item, read
from app.notes import saving as notes
from app.sources import store as sources
from app.tags import store as tags

ACTOR: Final = "import"
# The order in which nouns refer to each other.
NOUNS: Final[tuple[Noun, ...]] = ("tag", "source", "note", "article")
# Another import of the same things may be under way.
ATTEMPTS: Final = 5


@dataclass(slots=True)
class Report:
    """What became of the documents of one file.

    `wrong` names line and fault of those that were refused, `removed` what sanitising took out, `related` the articles
    that others relate to, each with a line that does, `slugs` the published stories of a page.
    """

    counts: dict[str, int] = field(default_factory=lambda: {"created": 0, "updated": 0, "unchanged": 0, "error": 0})
    wrong: list[tuple[int, Fault]] = field(default_factory=list)
    removed: list[tuple[int, Fault]] = field(default_factory=list)
    related: dict[str, int] = field(default_factory=dict)
    slugs: list[str] = field(default_factory=list)

    def add(self, other: "Report") -> None:
        """Adds what became of a batch, once it is committed."""
        for outcome, number in other.counts.items():
            self.counts[outcome] += number
        self.wrong += other.wrong
        self.removed += other.removed
        self.related |= other.related
        self.slugs += other.slugs

    def refuse(self, line: int, faults: Sequence[Fault]) -> None:
        self.counts["error"] += 1
        self.wrong += [(line, fault) for fault in faults]


async def load(database: Database, zone: ZoneInfo, items: Sequence[Item], report: Report) -> None:
    """Writes one batch of documents in one transaction, each whole or not at all; refused ones lose no others.

    A batch has some thousand documents of any noun, in any order; a second state of an object waits for a
    transaction of its own. Raises: Unavailable, Raced; then the batch left nothing.
    """
    names: set[tuple[str | None, str | None]] = set()
    batch: list[Item] = []
    for item in items:
        report.removed += [(item.line, fault) for fault in item.removed]
        if item.faults or item.to_save is None:
            report.refuse(item.line, item.faults)
            continue
        own: set[tuple[str | None, str | None]] = {(item.noun, item.ref)}
        if isinstance(item.to_save, ArticleToSave):
            own.add(("slug", item.to_save.article.slug))
        if own & names:
            await _write(database, zone, batch, report)
            names, batch = set(), []
        names |= own
        batch.append(item)
    if batch:
        await _write(database, zone, batch, report)


async def _write(database: Database, zone: ZoneInfo, items: Sequence[Item], report: Report) -> None:
    while items:
        for attempt in range(1, ATTEMPTS + 1):
            of_batch = Report()
            try:
                async with log.transaction(database, actor=ACTOR, zone=zone) as transaction:
                    batch, later = await _identify(transaction, items)
                    for noun in NOUNS:
                        await save(transaction, noun, [item for item in batch if item.noun == noun], of_batch)
                break
            except Raced:
                if attempt == ATTEMPTS:
                    raise
        report.add(of_batch)
        items = later


async def _save_articles(transaction: Transaction, items: Sequence[ArticleToSave]) -> list[Outcome]:
    before = await stored_articles(transaction, [item.article.id for item in items])
    return await articles.save(transaction, items, before)


SAVE: Final[dict[Noun, Callable[[Transaction, Sequence[Any]], Awaitable[list[Outcome]]]]] = {
    "tag": tags.save,
    "source": sources.save,
    "note": notes.save,
    "article": _save_articles,
}


async def save(transaction: Transaction, noun: Noun, items: list[Item], report: Report) -> None:
    """Saves the items of one noun. Those that are refused are reported, and the rest saved without them."""
    while items:
        try:
            outcomes = await SAVE[noun](transaction, [item.to_save for item in items])
        except Invalid as refusal:
            wrong: dict[int, list[Fault]] = {}
            for fault in refusal.faults:
                index, pointer = _index_and_pointer(fault)
                wrong.setdefault(index, []).append(Fault(fault.detail, fault.code, pointer=pointer))
            for index, faults in sorted(wrong.items()):
                report.refuse(items[index].line, faults)
            items = [item for index, item in enumerate(items) if index not in wrong]
            continue
        for outcome in outcomes:
            report.counts[outcome] += 1
        report.related |= {id: item.line for item in items for id in _related(item)}
        return


def _index_and_pointer(fault: Fault) -> tuple[int, str]:
    """Which item a fault of a batch is about, and where in it."""
    _, index, *path = (fault.pointer or "").split("/")
    return int(index), "".join(f"/{step}" for step in path)


def _related(item: Item) -> set[str]:
    return {*item.to_save.article.related} if isinstance(item.to_save, ArticleToSave) else set()


async def _identify(transaction: Transaction, items: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    """Gives articles whose lines have no id that of the article their slug leads to, if it leads to one.

    Returns one state of each object, and further states of articles, which have to wait.
    """
    slugs = [item.to_save.article.slug for item in items if _needs_id(item) and isinstance(item.to_save, ArticleToSave)]
    owners = await references.slug_owners(transaction, slugs) if slugs else {}
    ids: set[str] = set()
    first: list[Item] = []
    later: list[Item] = []
    for item in items:
        to_save = item.to_save
        if not isinstance(to_save, ArticleToSave):
            first.append(item)
            continue
        owner = owners.get(to_save.article.slug) if _needs_id(item) else None
        if owner is not None:
            item = replace(item, to_save=replace(to_save, article=to_save.article.with_id(owner)))
        id = owner or to_save.article.id
        (later if id in ids else first).append(item)
        ids.add(id)
    return first, later


def _needs_id(item: Item) -> bool:
    return item.noun == "article" and not item.is_identified


async def unresolved(database: Database, zone: ZoneInfo, related: set[str]) -> set[str]:
    """Of the articles that imported ones relate to, those that do not exist."""
    if not related:
        return set()
    async with log.transaction(database, actor=ACTOR, zone=zone) as transaction:
        return await references.missing_articles(transaction, related)


# --- pages -------------------------------------------------------------------------------------------------------


async def import_page(
    database: Database,
    zone: ZoneInfo,
    documents: Sequence[dict[str, Any]],
    *,
    draft: bool,
    now: datetime,
    revise_notes: bool = False,
) -> Report:
    """Writes what a page gave, in one transaction: the article, what it needs, and stubs of the stories it points to.

    What exists already stays as it is: a tag, source or note of the same slug, a story that a stub stands for. The
    same page again changes nothing; another text of the same story is its next revision. With `revise_notes` a note
    that is nearly an existing one becomes the next revision of that one, otherwise a note of its own.
    Raises: Invalid, with pointers into the documents; then nothing is written.
    """
    report = Report()
    async with log.transaction(database, actor="import page", zone=zone) as transaction:
        placed = await placing.place(transaction, documents, draft=draft, now=now, revise_notes=revise_notes)
        report.counts["unchanged"] += len(documents) - len(placed)
        for noun in NOUNS:
            of_noun = [document for document in placed if document["noun"] == noun]
            items = [read(document, now, line) for line, document in enumerate(of_noun)]
            _check_page(noun, of_noun, items)
            if items:
                for outcome in await SAVE[noun](transaction, [item.to_save for item in items]):
                    report.counts[outcome] += 1
    report.slugs = [
        document["slug"] for document in placed if document["noun"] == "article" and document["status"] == "published"
    ]
    return report


def _check_page(noun: Noun, documents: Sequence[dict[str, Any]], items: Sequence[Item]) -> None:
    """Raises: Invalid, where a document of the page cannot be stored, or a published story has no text."""
    faults = [
        Fault(fault.detail, fault.code, pointer=f"/{noun}{fault.pointer}") for item in items for fault in item.faults
    ]
    if faults:
        raise Invalid(f"A {noun} of the page cannot be stored.", *faults)
    if noun == "article" and any(document["status"] == "published" and not document["body"] for document in documents):
        fault = Fault("has no text besides its headline", pointer="/article/body")
        raise Invalid("The page has no text.", fault)
