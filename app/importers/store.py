"""Writes what importers read, in batches, and reads everything back for an export."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import product
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic_core import to_json
from sqlalchemy import Integer, case, literal, or_, select
from sqlalchemy.orm import aliased

from app.articles import saving as articles
from app.articles.models import Address, Article
from app.articles.prepared import Prepared
from app.changes import store as log
from app.changes.models import DESK, PUBLIC, Noun, Revision, Shown, View
from app.db import Database, Reader, among, room, spread
from app.errors import Fault, Invalid, Raced
from app.importers import placing
from app.importers.documents import Item, read
from app.notes import store as notes
from app.notes.models import Note
from app.sources import store as sources
from app.sources.models import Source
from app.tags import store as tags
from app.tags.models import Tag

ACTOR: Final = "import"
ORDER: Final[tuple[Noun, ...]] = ("tag", "source", "note", "article")
SAVE: Final[dict[str, Any]] = {
    "tag": tags.save,
    "source": sources.save,
    "note": notes.save,
    "article": articles.save,
}
# Another import of the same things may be under way.
ATTEMPTS: Final = 5
Outcome = Literal["created", "updated", "unchanged", "error"]


@dataclass(slots=True)
class Report:
    """What became of the documents of one file. `wrong` names line and fault of those that were refused, `related` the
    articles that others relate to, with a line that does, `slugs` the published stories of a page."""

    counts: dict[Outcome, int] = field(default_factory=lambda: {"created": 0, "updated": 0, "unchanged": 0, "error": 0})
    wrong: list[tuple[int, Fault]] = field(default_factory=list)
    removed: list[tuple[int, Fault]] = field(default_factory=list)
    related: dict[str, int] = field(default_factory=dict)
    slugs: list[str] = field(default_factory=list)

    def take(self, other: "Report") -> None:
        """Adds what became of a batch, once it is committed."""
        for outcome, n in other.counts.items():
            self.counts[outcome] += n
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
    seen: set[tuple[Noun | Literal["slug"] | None, str | None]] = set()
    some: list[Item] = []
    for item in items:
        report.removed += [(item.line, fault) for fault in item.removed]
        if item.faults or item.state is None:
            report.refuse(item.line, item.faults)
            continue
        names: set[tuple[Noun | Literal["slug"] | None, str | None]] = {(item.noun, item.ref)}
        if isinstance(item.state, Prepared):
            names.add(("slug", item.state.slug))
        if names & seen:
            await _write(database, zone, some, report)
            seen, some = set(), []
        seen |= names
        some.append(item)
    if some:
        await _write(database, zone, some, report)


async def _write(database: Database, zone: ZoneInfo, items: Sequence[Item], report: Report) -> None:
    while items:
        for attempt in range(1, ATTEMPTS + 1):
            told = Report()
            try:
                async with log.writing(database, actor=ACTOR, zone=zone) as done:
                    some, later = await _identify(done, items)
                    for noun in ORDER:
                        await save(done, noun, [item for item in some if item.noun == noun], told)
                break
            except Raced:
                if attempt == ATTEMPTS:
                    raise
        report.take(told)
        items = later


async def save(done: log.Writing, noun: Noun, items: list[Item], report: Report) -> None:
    """Saves the items of one noun. Those that are refused are reported, and the rest saved without them."""
    while items:
        states: list[Any] = [item.state for item in items]
        try:
            outcomes = await SAVE[noun](done, states)
        except Invalid as refusal:
            wrong: dict[int, list[Fault]] = {}
            for fault in refusal.faults:
                place, pointer = _place(fault)
                wrong.setdefault(place, []).append(Fault(fault.detail, fault.code, pointer=pointer))
            for place, faults in sorted(wrong.items()):
                report.refuse(items[place].line, faults)
            items = [item for place, item in enumerate(items) if place not in wrong]
            continue
        for outcome in outcomes:
            report.counts[outcome] += 1
        if noun == "article":
            report.related |= {ref: item.line for item in items for ref in _related(item)}
        return


def _place(fault: Fault) -> tuple[int, str]:
    """Which item a fault of a batch means, and where in it."""
    _, place, *path = (fault.pointer or "").split("/")
    return int(place), "".join(f"/{step}" for step in path)


def _related(item: Item) -> set[str]:
    return {*item.state.related} if isinstance(item.state, Prepared) else set()


async def _identify(done: log.Writing, items: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    """Articles whose lines name no id get that of the article their slug leads to, if it leads to one.

    Returns one state of each object, and further states of articles, which have to wait.
    """
    unnamed = [item.state for item in items if not item.identified and isinstance(item.state, Prepared)]
    known = await articles.owners(done, [state.slug for state in unnamed]) if unnamed else {}
    for state in unnamed:
        if (owner := known.get(state.slug)) is not None:
            state.identify(owner)
    seen: set[str] = set()
    first: list[Item] = []
    later: list[Item] = []
    for item in items:
        ref = item.state.id if isinstance(item.state, Prepared) else None
        (later if ref in seen else first).append(item)
        if ref is not None:
            seen.add(ref)
    return first, later


async def unresolved(database: Database, zone: ZoneInfo, related: set[str]) -> set[str]:
    """Of the articles that imported ones relate to, those that are not there."""
    if not related:
        return set()
    async with log.writing(database, actor=ACTOR, zone=zone) as done:
        return await articles.missing(done, related)


# --- export ------------------------------------------------------------------------------------------------------


def _hierarchy(table: Any) -> Any:
    """Slugs with their depth, so that parents come before their children."""
    tree = select(table.slug, literal(0, Integer).label("depth")).where(table.parent.is_(None)).cte(recursive=True)
    below = aliased(table)
    return tree.union_all(select(below.slug, tree.c.depth + 1).join(tree, below.parent == tree.c.slug))


def _statement(noun: Noun, views: Sequence[View]) -> Any:
    """What an export reads of tags, sources or notes, in an order in which it can be read in again."""
    query = _documents(noun).where(or_(*(Shown.view == view for view in views)))
    if noun == "note":
        translated = case((Note.translation_of.is_(None), 0), else_=1)
        query = query.add_columns(Note.withdrawal)
        return query.join(Note, Note.slug == Shown.ref).order_by(translated, Note.slug)
    tree = _hierarchy(Tag if noun == "tag" else Source)
    return query.join(tree, tree.c.slug == Shown.ref).order_by(tree.c.depth, Shown.ref)


def _documents(noun: Noun) -> Any:
    return (
        select(Revision.document)
        .join(
            Shown, (Shown.noun == Revision.noun) & (Shown.ref == Revision.ref) & (Shown.revision == Revision.revision)
        )
        .where(Shown.noun == noun)
    )


def _articles(view: View, *, translations: bool) -> Any:
    """Walks the key of `shown`, so that nothing is sorted however many there are."""
    return (
        _documents("article")
        .where(Shown.view == view)
        .add_columns(Article.id, Article.slug, Article.ednote, Article.withdrawal)
        .join(Article, Article.id == Shown.ref)
        .where(Article.translation_of.is_not(None) if translations else Article.translation_of.is_(None))
        .order_by(Shown.ref)
    )


_WITHDRAWN: Final = (
    select(Article.id, Article.slug, Article.withdrawal).where(Article.status == "withdrawn").order_by(Article.id)
)


@cache
def _former(count: int) -> Any:
    return (
        select(Address.ref, Address.slug)
        .where(among(Address.ref, "ref", count), Address.public)
        .order_by(Address.ref, Address.slug)
    )


async def _former_slugs(reader: Reader, slugs: dict[str, str]) -> dict[str, list[str]]:
    """By id, the slugs that articles were public under before the present ones."""
    found: dict[str, list[str]] = {ref: [] for ref in slugs}
    count = room(len(slugs))
    for ref, slug in await reader.rows(_former(count), spread("ref", count, [*slugs])):
        if slug != slugs[ref]:
            found[ref].append(slug)
    return found


async def export(reader: Reader, *, public: bool) -> AsyncIterator[bytes]:
    """Every document as a line: tags, sources, notes, articles, each after what it refers to, relations excepted.

    With `public` only what everyone may see, and of a withdrawn article only what its 410 says.
    Cost: memory for a portion of rows; a few statements, and one for each portion of articles.
    """
    views: tuple[View, ...] = (PUBLIC,) if public else (PUBLIC, DESK)
    for noun in ORDER[:3]:
        async for rows in reader.stream(_statement(noun, views)):
            for document, *withdrawal in rows:
                why = b',"withdrawal":%s' % to_json(withdrawal[0]) if any(withdrawal) else b""
                yield b'{"noun":"%s",%s%s}\n' % (noun.encode(), document[1:-1].encode(), why)
    for translations, view in product((False, True), views):
        async for rows in reader.stream(_articles(view, translations=translations)):
            former = await _former_slugs(reader, {row[1]: row[2] for row in rows})
            for document, ref, _, ednote, withdrawal in rows:
                aside: dict[str, Any] = {"former_slugs": former[ref]}
                if not public:
                    aside |= {"ednote": ednote, "withdrawal": withdrawal}
                yield b'{"noun":"article",%s,%s\n' % (document[1:-1].encode(), to_json(aside)[1:])
    if public:
        async for rows in reader.stream(_WITHDRAWN):
            former = await _former_slugs(reader, {row[0]: row[1] for row in rows})
            for ref, slug, withdrawal in rows:
                tombstone = {"noun": "article", "id": ref, "slug": slug, "status": "withdrawn"}
                aside = {"former_slugs": former[ref], "withdrawal": withdrawal}
                yield to_json(tombstone | aside) + b"\n"


# --- pages -------------------------------------------------------------------------------------------------------


async def take_in(
    database: Database,
    zone: ZoneInfo,
    documents: Sequence[dict[str, Any]],
    *,
    draft: bool,
    now: datetime,
    revise_notes: bool = False,
) -> Report:
    """Writes what a page gave, in one transaction: the article, what it needs, and stubs of the stories it points to.

    What is there already stays as it is: a tag, source or note of the same slug, a story that a stub stands for. The
    same page again changes nothing; another text of the same story is its next revision. With `revise_notes` a note
    that is nearly one that is there becomes the next revision of that one, otherwise a note of its own.
    Raises: Invalid, with pointers into the documents; then nothing is written.
    """
    report = Report()
    async with log.writing(database, actor="import page", zone=zone) as done:
        placed = await placing.place(done, documents, draft=draft, now=now, revise_notes=revise_notes)
        report.counts["unchanged"] += len(documents) - len(placed)
        for noun in ORDER:
            items = [read(one, now, place) for place, one in enumerate(placed) if one["noun"] == noun]
            faults = [
                Fault(one.detail, one.code, pointer=f"/{noun}{one.pointer}") for item in items for one in item.faults
            ]
            if faults:
                raise Invalid(f"A {noun} of the page cannot be stored.", *faults)
            if noun == "article" and any(
                one["noun"] == noun and one["status"] == "published" and not one["body"] for one in placed
            ):
                raise Invalid(
                    "The page has no text.", Fault("has no text besides its headline", pointer="/article/body")
                )
            if items:
                for outcome in await SAVE[noun](done, [item.state for item in items]):
                    report.counts[outcome] += 1
    report.slugs = [one["slug"] for one in placed if one["noun"] == "article" and one["status"] == "published"]
    return report
