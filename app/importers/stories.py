"""Stories of another system on their way in: what importers make of its items, how they are written, and an account of
what became of each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from app.articles.saving import ArticleToSave
from app.articles.stored import StoredArticle, stored_articles
from app.changes import log
from app.changes.models import DESK, Noun
from app.changes.stored import last_actors, stored
from app.content import html, languages
from app.content.lifecycle import GONE
from app.db import Writable
from app.errors import Fault
from app.importers import store
from app.importers.documents import Item, read
from app.importers.naming import identify_by_origin
from app.web.fields import TEXT_LENGTH, format_instant, is_blank

# What says how a story is published.
_RELEASE: Final = ("status", "publish_at", "published_at", "first_published_at", "expires_at")


@dataclass(slots=True)
class Story:
    """An item as the story that it becomes, or with what is wrong with it. `place` is `file:number`.

    `source_id` is its id there. With `document` the story keeps the status that it has here, where it is there already:
    then only its text follows the item.
    """

    place: str
    source_id: str
    title: str
    item: Item
    slug: str | None = None
    notes: list[str] = field(default_factory=list)
    document: dict[str, Any] | None = None

    @classmethod
    def refused(cls, place: str, source_id: str, title: str, line: int, detail: str) -> "Story":
        """An item that cannot be a story, with what is wrong with it."""
        return cls(place, source_id, title, Item(line, "article", faults=[Fault(detail, pointer="")]))


class Account(NamedTuple):
    """What became of one item. `outcome` is created, updated, unchanged, read (where nothing is written) or error."""

    place: str
    id: str
    title: str
    outcome: str
    slug: str | None
    notes: list[str]
    errors: list[str]


@dataclass(slots=True)
class Names:
    """The tags and sources that items name, as documents by slug. Equal slugs are one tag, or one person."""

    tags: dict[str, dict[str, Any]] = field(default_factory=dict)
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)

    def tag(self, label: str, language: str) -> str | None:
        """The slug of a topic; None where the label has no letter or digit."""
        slug = languages.slug(label, fallback="")
        if slug:
            document = {"noun": "tag", "slug": slug, "type": "topic", "labels": {language: label}}
            self.tags.setdefault(slug, document)
        return slug or None

    def source(self, name: str, language: str) -> str | None:
        """The slug of a person; None where the name has no letter or digit."""
        slug = languages.slug(name, fallback="")
        if slug:
            document = {"noun": "source", "slug": slug, "type": "person", "names": {language: name}}
            self.sources.setdefault(slug, document)
        return slug or None


class SavedNames(NamedTuple):
    """What became of names: the tags that are sections here, how many were made, and which were refused and why."""

    sections: frozenset[str]
    counts: dict[str, int]
    problems: list[str]


async def write_names(database: Writable, zone: ZoneInfo, names: Names, now: datetime) -> SavedNames:
    """Writes the tags and sources that are not there yet. Raises: Unavailable, Raced."""
    tags, types = await add_missing(database, zone, "tag", names.tags, now)
    sources, _ = await add_missing(database, zone, "source", names.sources, now)
    reports = {"tag": tags, "source": sources}
    counts = {f"{noun}s {outcome}": n for noun, report in reports.items() for outcome, n in report.counts.items() if n}
    problems = [f"a {noun}: {fault.message}" for noun, report in reports.items() for _, fault in report.wrong]
    return SavedNames(frozenset(slug for slug, type in types.items() if type == "section"), counts, problems)


async def write(
    database: Writable | None, zone: ZoneInfo, batch: Sequence[Story], ids: dict[str, str], now: datetime | None = None
) -> list[Account]:
    """Writes the stories of a batch in one transaction; returns an account of each. Without a database nothing is
    written. `ids` are those of `load_stories`. Raises: Unavailable, Raced.
    """
    whole = [story.item for story in batch if not story.item.faults]
    report = store.Report()
    if database is not None and whole:
        documents = {story.item.line: story.document for story in batch if story.document is not None}

        def as_published_here(item: Item, card: Mapping[str, Any]) -> Item:
            document = documents.get(item.line)
            if document is None or now is None or card["status"] == "draft":
                return item
            return read(_released_as(card, document), now, item.line)

        report = await load_stories(database, zone, whole, ids, as_published_here)
    faults, further_warnings = _by_line(report.wrong), _by_line(report.warnings)
    accounts = []
    for each in batch:
        line = each.item.line
        errors = [*each.item.faults, *faults.get(line, ())]
        warnings = [*each.item.warnings, *further_warnings.get(line, ())]
        outcome = "error" if errors else report.outcomes.get(line, "read")
        slug = report.story_slugs.get(line, each.slug) if outcome != "error" else None
        notes = [*each.notes, *(fault.message for fault in warnings)]
        messages = [fault.message for fault in errors]
        accounts.append(Account(each.place, each.source_id, each.title, outcome, slug, notes, messages))
    return accounts


def _released_as(card: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """The document under the name, and with the status, that its story has here."""
    text = {name: value for name, value in document.items() if name not in {*_RELEASE, "updated_at"}}
    release = {name: card[name] for name in _RELEASE if card.get(name) is not None}
    if card["status"] == "published" and "modified_at" in document:
        release["updated_at"] = max(document["modified_at"], card["published_at"])
    return {**text, **release, "id": card["id"], "slug": card["slug"]}


def _by_line(faults: Sequence[tuple[int, Fault]]) -> dict[int, list[Fault]]:
    grouped: dict[int, list[Fault]] = {}
    for line, fault in faults:
        grouped.setdefault(line, []).append(fault)
    return grouped


def plain_line(text: str) -> str:
    """HTML on one line as plain text; white space and tags keep words apart."""
    shown = html.plain(html.sanitise(text[: 4 * TEXT_LENGTH].replace("<br", " <br")))
    return " ".join(shown.split()) if not is_blank(shown) else ""


# --- into the database -------------------------------------------------------------------------------------------


async def add_missing(
    database: Writable, zone: ZoneInfo, noun: Noun, documents: Mapping[str, dict[str, Any]], now: datetime
) -> tuple[store.Report, dict[str, str]]:
    """Writes those tags, or sources, whose slug nobody has; what is there stays as it is.

    Returns also the types of all of them, by slug. Raises: Unavailable, Raced.
    """

    async def write() -> tuple[store.Report, dict[str, str]]:
        report = store.Report()
        async with log.transaction(database, actor=store.ACTOR, zone=zone) as transaction:
            existing = await stored(transaction.connection, noun, [*documents])
            missing = [document for slug, document in documents.items() if slug not in existing]
            items = [read(document, now, line) for line, document in enumerate(missing, 1)]
            for item in items:
                if item.faults:
                    report.refuse(item.line, item.faults)
            await store.save(transaction, noun, [item for item in items if not item.faults], report)
            report.counts["unchanged"] += len(existing)
        types = {slug: str(each.newest.fields()["type"]) for slug, each in existing.items()}
        return report, {slug: types.get(slug, document["type"]) for slug, document in documents.items()}

    return await store.again_if_raced(write)


async def load_stories(
    database: Writable,
    zone: ZoneInfo,
    items: Sequence[Item],
    ids: dict[str, str],
    restated: Callable[[Item, Mapping[str, Any]], Item] = lambda item, card: item,
) -> store.Report:
    """Writes stories of another system, each whole or not at all; each story once.

    A story is the one that has its origin, else the one with its id; `ids` leads from ids of earlier stories to those
    under which they are stored, and learns of those of these. One that is there keeps the instant of its first import,
    and stays as it is where it was changed here later than there, or taken out here: the report warns of it. Else
    `restated` says what it becomes beside its stored card.
    Raises: Unavailable, Raced; then nothing is written.
    """

    async def write() -> store.Report:
        report = store.Report()
        async with log.transaction(database, actor=store.ACTOR, zone=zone) as transaction:
            identified = await identify_by_origin(transaction, items, ids)
            refs = [item.ref for item in identified if item.ref is not None]
            before = await stored_articles(transaction, refs)
            undated = [item.ref for item in identified if item.ref in before and not _is_dated(item)]
            actors = await last_actors(transaction.connection, "article", undated) if undated else {}
            waiting = []
            for item in identified:
                assert isinstance(item.to_save, ArticleToSave), "what is wrong was refused"
                report.story_slugs[item.line] = item.to_save.article.slug
                old = before.get(item.to_save.article.id)
                if old is None:
                    waiting.append(item)
                elif (warning := _reason_to_keep(old, item.to_save, actors.get(old.id, store.ACTOR))) is not None:
                    report.counts["unchanged"] += 1
                    report.outcomes[item.line] = "unchanged"
                    report.warnings.append((item.line, warning))
                elif (again := restated(item, old.compared_with(DESK)[1])).faults:
                    report.refuse(item.line, again.faults)
                else:
                    waiting.append(again)
            await store.save(transaction, "article", waiting, report)
        return report

    return await store.again_if_raced(write)


def _is_dated(item: Item) -> bool:
    """Whether the other system says when it changed the story."""
    return isinstance(item.to_save, ArticleToSave) and "modified_at" in item.to_save.stated


def _reason_to_keep(old: StoredArticle, item: ArticleToSave, last_actor: str | None) -> Fault | None:
    """Why a story that is there stays as it is; None where it does not. `last_actor` saved it last."""
    card = old.compared_with(DESK)[1]
    if card["status"] in GONE:
        return Fault(f"was taken out here ({card['status']}), and stays as it is", "kept", pointer="")
    if "modified_at" not in item.stated:
        detail = "was changed here, tells no date of a change there, and stays as it is"
        return Fault(detail, "kept", pointer="") if last_actor != store.ACTOR else None
    return changed_here(card) if card["modified_at"] > format_instant(item.article.modified_at) else None


def changed_here(card: Mapping[str, Any]) -> Fault:
    """The warning for a story that stays as it is, because it was changed here since the other system did."""
    detail = f"was changed here at {card['modified_at']}, later than there, and stays as it is"
    return Fault(detail, "kept", pointer="")
