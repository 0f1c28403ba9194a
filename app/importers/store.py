"""Writes what importers read, in batches: each document whole or not at all, and a report of what became of each."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from app.articles import references
from app.articles import saving as articles
from app.articles.bylines import with_bylines
from app.articles.saving import ArticleToSave
from app.articles.stored import StoredArticle, stored_articles
from app.changes import log
from app.changes.log import Transaction
from app.changes.models import Noun
from app.changes.saving import SHARED_LANGUAGE, Outcome
from app.changes.stored import first_actors, stored
from app.collections import saving as collections
from app.content.sets import as_sent
from app.db import Writable
from app.errors import Fault, Invalid, Raced
from app.importers import placing
from app.importers.documents import Item, read, without_original
from app.importers.naming import identify
from app.notes import saving as notes
from app.sources import store as sources
from app.tags import store as tags

Result = TypeVar("Result")
ACTOR: Final = "import"
# Who loads the sample, and writes over nothing that somebody else has made.
SEED: Final = "seed"
# The order in which nouns refer to each other.
NOUNS: Final[tuple[Noun, ...]] = ("tag", "source", "note", "article", "collection")
# Finds, of objects of a noun by their names, those that stay as they are, and says why.
Keep = Callable[[Transaction, Noun, Sequence[str]], Awaitable[dict[str, str]]]
# Another import of the same things may be under way.
ATTEMPTS: Final = 5


@dataclass(slots=True)
class Report:
    """What became of the documents of one file.

    `wrong` names line and fault of those that were refused, `warnings` what is not stored as it stood in the line,
    `related` the articles that others relate to, each with a line that does, `slugs` the published stories of a page.
    `outcomes` tells what became of each line in one transaction, `refs` which object it is, `story_slugs` under which
    name a story of another system is stored; `load` adds up the counts alone.
    """

    counts: Counter[str] = field(default_factory=lambda: Counter(created=0, updated=0, unchanged=0, error=0))
    wrong: list[tuple[int, Fault]] = field(default_factory=list)
    warnings: list[tuple[int, Fault]] = field(default_factory=list)
    related: dict[str, int] = field(default_factory=dict)
    slugs: list[str] = field(default_factory=list)
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    refs: dict[int, str] = field(default_factory=dict)
    story_slugs: dict[int, str] = field(default_factory=dict)

    def refuse(self, line: int, faults: Sequence[Fault]) -> None:
        self.counts["error"] += 1
        self.wrong += [(line, fault) for fault in faults]


async def again_if_raced(write: Callable[[], Awaitable[Result]]) -> Result:
    """Writes; tries a few times where another writer was first. Raises: Raced, after the last attempt."""
    for _ in range(ATTEMPTS - 1):
        with suppress(Raced):
            return await write()
    return await write()


def transactions(items: Iterable[Result], names: Callable[[Result], set[Any]]) -> Iterator[list[Result]]:
    """The items, divided so that no name stands twice: a second state of an object takes another transaction."""
    batch: list[Result] = []
    taken: set[Any] = set()
    for item in items:
        own = names(item)
        if own & taken:
            yield batch
            batch, taken = [], set()
        batch.append(item)
        taken |= own
    if batch:
        yield batch


async def load(
    database: Writable,
    zone: ZoneInfo,
    items: Sequence[Item],
    report: Report,
    actor: str = ACTOR,
    *,
    keep: Keep | None = None,
) -> None:
    """Writes one batch of documents in one transaction, each whole or not at all; refused ones lose no others.

    What `keep` finds stays as it is, and the report warns of it.
    A batch has some thousand documents of any noun, in any order; a second state of an object waits for a
    transaction of its own. Raises: Unavailable, Raced; then the batch left nothing.
    """
    accepted: list[Item] = []
    for item in items:
        report.warnings += [(item.line, fault) for fault in item.warnings]
        if item.faults:
            report.refuse(item.line, item.faults)
        else:
            accepted.append(item)
    for batch in transactions(accepted, _names):
        waiting: Sequence[Item] = batch
        while waiting:
            saved, waiting = await again_if_raced(partial(_write, database, zone, waiting, actor, keep))
            report.counts.update(saved.counts)
            report.wrong += saved.wrong
            report.related |= saved.related
            report.warnings += saved.warnings


def _names(item: Item) -> set[tuple[str | None, str | None]]:
    names: set[tuple[str | None, str | None]] = {(item.noun, item.ref)}
    if isinstance(item.to_save, ArticleToSave):
        article = item.to_save.article
        names |= {("slug", article.slug or item.ref), ("origin", article.origin_key or item.ref)}
    return names


async def _write(
    database: Writable, zone: ZoneInfo, items: Sequence[Item], actor: str, keep: Keep | None
) -> tuple[Report, list[Item]]:
    async with log.transaction(database, actor=actor, zone=zone) as transaction:
        return await restore(transaction, items, keep)


async def restore(
    transaction: Transaction, items: Sequence[Item], keep: Keep | None = None
) -> tuple[Report, list[Item]]:
    """Saves the items with their status and dates, each whole or not at all, but for those that `keep` finds.

    Returns what became of them, and those that have to wait for another transaction.
    """
    report = Report()
    batch, later = await identify(transaction, items)
    for noun in NOUNS:
        of_noun = [item for item in batch if item.noun == noun]
        if keep is not None:
            of_noun = await _without_kept(transaction, noun, of_noun, keep, report)
        await save(transaction, noun, of_noun, report)
    return report, later


async def _without_kept(
    transaction: Transaction, noun: Noun, items: Sequence[Item], keep: Keep, report: Report
) -> list[Item]:
    """The items but those of objects that stay as they are."""
    kept = await keep(transaction, noun, [item.ref for item in items if item.ref is not None])
    others: list[Item] = []
    for item in items:
        reason = kept.get(item.ref or "")
        if reason is None:
            others.append(item)
        else:
            report.counts["unchanged"] += 1
            detail = f"the {noun} {item.ref} {reason}, and stays as it is"
            report.warnings.append((item.line, Fault(detail, "kept", pointer="")))
    return others


async def keep_existing(transaction: Transaction, noun: Noun, refs: Sequence[str]) -> dict[str, str]:
    """Keeps everything that is there."""
    return dict.fromkeys(await stored(transaction.connection, noun, refs), "is there already")


async def keep_what_is_not_seeded(transaction: Transaction, noun: Noun, refs: Sequence[str]) -> dict[str, str]:
    """Keeps what somebody else than SEED has made."""
    makers = await first_actors(transaction.connection, noun, refs)
    return {ref: "was not made by the sample" for ref, maker in makers.items() if maker != SEED}


async def _save_articles(transaction: Transaction, items: Sequence[ArticleToSave]) -> list[Outcome]:
    before = await stored_articles(transaction, [item.article.id for item in items])
    dated = [_dated_by_first_import(item, before.get(item.article.id)) for item in items]
    return await articles.save(transaction, await with_bylines(transaction, dated), before)


def _dated_by_first_import(item: ArticleToSave, before: StoredArticle | None) -> ArticleToSave:
    """The item; one that does not say when it was imported first with the instant that is stored."""
    origin = None if before is None else before.compared_with(item.view)[1]["origin"]
    if origin is None or not item.import_is_undated:
        return item
    return replace(item, article=item.article.imported_first_at(origin["imported_at"]))


SAVE: Final[dict[Noun, Callable[[Transaction, Sequence[Any]], Awaitable[list[Outcome]]]]] = {
    "tag": tags.save,
    "source": sources.save,
    "note": notes.save,
    "article": _save_articles,
    "collection": collections.save,
}


async def save(transaction: Transaction, noun: Noun, items: Sequence[Item], report: Report) -> None:
    """Saves the items of one noun. Those that are refused are reported, and the rest saved without them."""
    while items:
        try:
            outcomes = await SAVE[noun](transaction, [item.to_save for item in items])
        except Invalid as refusal:
            wrong: dict[int, list[Fault]] = {}
            for fault in refusal.faults:
                _, number, *path = (fault.pointer or "").split("/")
                pointer = "".join(f"/{step}" for step in path)
                wrong.setdefault(int(number), []).append(Fault(fault.detail, fault.code, pointer=pointer))
            left = []
            for index, item in enumerate(items):
                faults = wrong.get(index, [])
                original = _without_original(item) if all(fault.code == SHARED_LANGUAGE for fault in faults) else None
                if not faults:
                    left.append(item)
                elif original is not None:
                    left.append(original)
                    report.warnings += [(item.line, without_original(fault)) for fault in faults]
                else:
                    report.refuse(item.line, as_sent(faults, item.warnings))
            items = left
            continue
        report.counts.update(outcomes)
        report.outcomes.update(zip((item.line for item in items), outcomes, strict=True))
        for item in items:
            if item.ref is not None:
                report.refs[item.line] = item.ref
            if isinstance(item.to_save, ArticleToSave):
                report.related |= dict.fromkeys(item.to_save.article.related, item.line)
        return


def _without_original(item: Item) -> Item | None:
    """The item as no translation; None where it is none already."""
    to_save = item.to_save
    if isinstance(to_save, ArticleToSave):
        if to_save.article.translation_of is None:
            return None
        return replace(item, to_save=replace(to_save, article=to_save.article.with_original(None)))
    if to_save is None or getattr(to_save.state, "translation_of", None) is None:
        return None
    return replace(item, to_save=replace(to_save, state=to_save.state.model_copy(update={"translation_of": None})))


async def unresolved(database: Writable, zone: ZoneInfo, related: set[str]) -> set[str]:
    """Of the articles that imported ones relate to, those that do not exist."""
    if not related:
        return set()
    async with log.transaction(database, actor=ACTOR, zone=zone) as transaction:
        return await references.missing_articles(transaction, related)


# --- pages -------------------------------------------------------------------------------------------------------


async def import_page(
    database: Writable,
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
                report.counts.update(await SAVE[noun](transaction, [item.to_save for item in items]))
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
