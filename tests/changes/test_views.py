"""What the views show, list and count, held against a model that knows nothing of how they are kept."""

import asyncio
from collections import Counter as Count
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, product
from typing import Any, Final

import hypothesis
from hypothesis import strategies as st
from pydantic_core import from_json
from sqlalchemy import select

from app.articles import desk, listing
from app.articles.models import ArticleSlug
from app.articles.query_schemas import ArticleQuery
from app.articles.schemas import ArticleCorrectIn, ArticleEdit, ArticleWithdrawIn
from app.changes import log
from app.changes.log import DUE_ANY_TIME
from app.changes.models import Change, Object, Revision, ViewEntry
from app.changes.views import EVERYONE, NEWEST
from app.db import Database
from app.errors import Conflict, Refusal
from app.importers.store import Report
from app.lists.models import Counter, List, ListEntry
from app.publishing.steps import check_changeable
from app.web.merging import patch_of
from tests.conftest import Fresh
from tests.contents import ZONE, accept, dense, head, load, rows
from tests.factories import Line, article, credit, tag, words

TAGS: Final = ("a", "b", "c", "d")
SECTIONS: Final = ("news", "city")
SOURCES: Final = ("wire", "agency", "witness")
NOTES: Final = ("dam", "lock")
ARTICLES: Final = tuple(f"01948e3c-7a5b-7cc3-8000-00000000000{n}" for n in range(1, 5))
# The second is a day later in Kyiv than in UTC; the last two share a day there.
INSTANTS: Final = (
    "2024-12-31T10:00:00.000Z",
    "2025-01-22T23:30:00.000Z",
    "2025-01-23T08:00:00.000Z",
    "2025-01-23T20:00:00.000Z",
)
LATER: Final = datetime(2099, 1, 1, tzinfo=UTC)
EXPIRY: Final = "2099-02-01T00:00:00.000Z"
OVER: Final = datetime(2099, 3, 1, tzinfo=UTC)
_ERASED: Final[Line] = {"body": [], "section": None, "tags": [], "attributions": []}


# --- histories -------------------------------------------------------------------------------------------------------


def few(values: Iterable[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from([*values]), unique=True, max_size=2)


def maybe(values: Iterable[str]) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from([*values])


@st.composite
def tags(draw: st.DrawFn) -> Line:
    kind = draw(st.sampled_from([TAGS, SECTIONS]))
    return {
        "noun": "tag",
        "slug": draw(st.sampled_from(kind)),
        "type": "topic" if kind == TAGS else "section",
        "labels": {"en": draw(st.sampled_from(["One", "Other"]))},
        "parent": draw(maybe(kind)),
    }


@st.composite
def sources(draw: st.DrawFn) -> Line:
    slug, parent = draw(st.sampled_from(SOURCES)), draw(maybe(SOURCES))
    return {"noun": "source", "slug": slug, "type": "person", "names": {"en": slug}, "parent": parent}


@st.composite
def notes(draw: st.DrawFn) -> Line:
    released = draw(st.booleans())
    return {
        "noun": "note",
        "slug": draw(st.sampled_from(NOTES)),
        "language": draw(st.sampled_from(["en", "uk"])),
        "heading": "For reference",
        "body": [words(draw(st.sampled_from(["It held.", "It broke."])))],
        "tags": draw(few(TAGS)),
        "attributions": [credit(slug, "said_by") for slug in draw(few(SOURCES))],
        "status": "published" if released else "draft",
        "published_at": INSTANTS[1] if released else None,
        "created_at": INSTANTS[0],
        "updated_at": INSTANTS[2],
    }


@st.composite
def articles(draw: st.DrawFn) -> Line:
    ref = draw(st.sampled_from(ARTICLES))
    status = draw(st.sampled_from(["draft", "published", "published", "withdrawn", "expired", "scheduled"]))
    at = draw(st.sampled_from(INSTANTS))
    body = [words(draw(st.sampled_from(["Water rose.", "Water fell."])))]
    body += [{"type": "reference_note", "note": slug} for slug in draw(few(NOTES))]
    others = [other for other in ARTICLES if other != ref]
    body += [{"type": "related", "relation": "background", "article": other} for other in draw(few(others))]
    return {
        "noun": "article",
        "id": ref,
        "slug": draw(st.sampled_from([f"old-{ref[-1]}", f"new-{ref[-1]}"])),
        "language": draw(st.sampled_from(["en", "uk"])),
        "headline": "Flood",
        "body": body,
        "section": draw(maybe(SECTIONS)),
        "tags": draw(few(TAGS)),
        "attributions": [
            {"source": slug, "role": draw(st.sampled_from(["said_by", "author"]))} for slug in draw(few(SOURCES))
        ],
        "translation_of": draw(maybe(others)) if draw(st.booleans()) else None,
        "status": status,
        "expires_at": draw(maybe([EXPIRY])),
        "published_at": at if status in {"published", "withdrawn", "expired"} else draw(st.none() | st.just(at)),
        "publish_at": at if status == "scheduled" else None,
        "created_at": INSTANTS[0],
        "updated_at": draw(st.sampled_from(INSTANTS[2:])),  # unsaid, it is the moment of the import
        "withdrawal": {"reason": "legal", "at": at} if status == "withdrawn" else None,
    }


def key(line: Line) -> tuple[str, str]:
    return line["noun"], line.get("id") or line["slug"]


@st.composite
def patches(draw: st.DrawFn, ref: str) -> Line:
    """Some of what a client may change of an article."""
    line = draw(articles())
    fields = ("language", "body", "section", "tags", "attributions")
    patch = {name: line[name] for name in draw(st.lists(st.sampled_from(fields), unique=True, max_size=3))}
    if draw(st.booleans()):
        patch["expires_at"] = draw(maybe([EXPIRY]))
    if draw(st.booleans()):
        patch["slug"] = draw(st.sampled_from([f"old-{ref[-1]}", f"new-{ref[-1]}", f"copy-{ref[-1]}"]))
    return patch


@dataclass(frozen=True)
class Verb:
    """Something that the desk does to one article."""

    name: str
    ref: str
    patch: Line


VERBS: Final = (
    "change", "copy", "copy", "discard", "publish", "schedule", "release", "unpublish", "withdraw", "erase", "correct",
    "delete", "expire", "expire",
)  # fmt: skip


@st.composite
def verbs(draw: st.DrawFn) -> Verb:
    name, ref = draw(st.sampled_from(VERBS)), draw(st.sampled_from(ARTICLES[:2]))
    return Verb(name, ref, draw(patches(ref)) if name in {"change", "copy"} else {})


Transaction = list[Line] | Verb
transactions: st.SearchStrategy[Transaction] = st.lists(
    tags() | sources() | notes() | articles() | articles(), min_size=1, max_size=7, unique_by=key
)
histories = st.lists(transactions | verbs() | verbs() | verbs() | verbs(), min_size=1, max_size=8) | st.lists(
    verbs(), min_size=8, max_size=16
)


# --- the model -------------------------------------------------------------------------------------------------------


@dataclass
class Model:
    """The newest state of each object, what is public of those articles that have a working copy, and what was public
    once. `corrected` are those that were corrected last of all, past their working copy, with the revision of that."""

    lines: dict[tuple[str, str], Line] = field(default_factory=dict)
    beneath: dict[str, Line] = field(default_factory=dict)
    public: set[tuple[str, str]] = field(default_factory=set)
    slugs: dict[str, tuple[str | None, bool]] = field(default_factory=dict)
    corrected: dict[str, int] = field(default_factory=dict)

    def take(self, transaction: list[Line]) -> None:
        for line in transaction:
            self.lines[key(line)] = line
            self.beneath.pop(key(line)[1], None)
            self.corrected.pop(key(line)[1], None)
        self._name()
        for line in transaction:
            if line["noun"] == "article":
                is_public = line["status"] in {"published", "withdrawn", "expired"} or self._was_public(line["slug"])
                self._take_slug(line["id"], line["slug"], is_public=is_public)

    def do(self, verb: Verb, document: Line | None) -> None:
        """Takes in what a verb did. The content is the model's own; status, dates and corrections are the answer's."""
        ref, old = verb.ref, self.lines["article", verb.ref]
        if document is None or document["revision"] > self.corrected.get(ref, 0):  # else it changed nothing
            self.corrected.pop(ref, None)
        if verb.name == "delete":
            del self.lines["article", ref]
            self.beneath.pop(ref, None)
            self._free_slugs(ref)
            self.slugs |= {slug: (None, True) for slug, (owner, _) in self.slugs.items() if owner == ref}
            return
        if verb.name == "discard":
            self.lines["article", ref] = self.beneath.pop(ref)
            self._take_slug(ref, self.lines["article", ref]["slug"], is_public=True)
            return
        assert document is not None
        content = {**old, **verb.patch, **(_ERASED if verb.name == "erase" else {})}
        answered = {
            name: document[name] for name in ("status", "published_at", "publish_at", "updated_at", "corrections")
        }
        if verb.name == "correct" and ref in self.beneath:
            self.beneath[ref] |= answered
            self.corrected[ref] = document["revision"]
            return
        line = {**content, **answered}
        if line["status"] in {"draft", "scheduled"} and document["published_at"] and old["status"] == "published":
            self.beneath[ref] = old
        elif ref in self.beneath and (line["status"] not in {"draft", "scheduled"} or not document["published_at"]):
            del self.beneath[ref]
        self.lines["article", ref] = line
        self._name()
        is_public = line["status"] == "published" or self._was_public(line["slug"])
        self._take_slug(ref, line["slug"], is_public=is_public)

    def _was_public(self, slug: str) -> bool:
        return self.slugs.get(slug, ("", False))[1]

    def _take_slug(self, ref: str, slug: str, *, is_public: bool) -> None:
        self._free_slugs(ref)
        self.slugs[slug] = (ref, is_public)

    def _free_slugs(self, ref: str) -> None:
        """Frees the slugs of an article that the public never knew."""
        self.slugs = {
            slug: (owner, is_public) for slug, (owner, is_public) in self.slugs.items() if owner != ref or is_public
        }

    def _name(self) -> None:
        for noun, place in (("tag", self._tags_named), ("source", self._sources_named)):
            named = {slug for line in self._visible() for slug in place(line)}
            named |= {slug for public_noun, slug in self.public if public_noun == noun}
            named |= {ancestor for slug in named for ancestor in self.ancestors(noun, slug)}
            self.public |= {(noun, slug) for slug in named}

    def _visible(self) -> Iterator[Line]:
        newest = (line for line in self.lines.values() if line.get("status") == "published")
        return chain(newest, self.beneath.values())

    @staticmethod
    def _tags_named(line: Line) -> list[str]:
        return [slug for slug in (*line["tags"], line.get("section")) if slug is not None]

    @staticmethod
    def _sources_named(line: Line) -> list[str]:
        return [attribution["source"] for attribution in line["attributions"]]

    def ancestors(self, noun: str, slug: str) -> list[str]:
        parent = self.lines[noun, slug]["parent"]
        return [] if parent is None else [parent, *self.ancestors(noun, parent)]

    def list_names(self, line: Line) -> set[str]:
        """The lists that an article or a note stands in."""
        if line["noun"] == "note":
            names = {f"notes:language:{line['language']}", *(f"notes:tag:{slug}" for slug in line["tags"])}
            names |= {f"notes:source:{slug}" for slug in self._sources_named(line)}
            return names if line["status"] == "published" else names | {f"notes:status:{line['status']}"}
        names = {"articles"}
        for slug in self._tags_named(line):
            names |= {f"articles:tag:{name}" for name in (slug, *self.ancestors("tag", slug))}
        for attribution in line["attributions"]:
            source, role = attribution["source"], attribution["role"]
            names |= {f"articles:source:{source}", f"articles:source.{role}:{source}"}
        for block in line["body"]:
            if block["type"] == "reference_note":
                names |= {f"articles:note:{block['note']}", "articles:has:note"}
            if block["type"] == "related":
                names.add(f"articles:related:{block['article']}")
        if line["translation_of"] is not None:
            names.add(f"articles:translation:{line['translation_of']}")
        if line.get("corrections"):
            names.add("articles:has:correction")
        if line["status"] != "published":
            names.add(f"articles:status:{self._heading(line)}")
        return names

    def _heading(self, line: Line) -> str:
        if key(line)[1] not in self.beneath:
            return str(line["status"])
        return "scheduled-working-copy" if line["status"] == "scheduled" else "working-copy"

    def views(self) -> Iterator[tuple[str, Line]]:
        for (noun, ref), line in self.lines.items():
            public = (noun, ref) in self.public or line.get("status") == "published"
            yield "public" if public else "desk", line
        for line in self.beneath.values():
            yield "public", line

    def line(self, view: str, noun: str, ref: str) -> Line:
        line = self.lines[noun, ref]
        return self.beneath.get(ref, line) if view == "public" else line

    def ids(self, *, desk: bool, name: str, language: str | None) -> list[str]:
        """Ids of the articles that a reader finds in a list, newest first."""
        newest = [line for (noun, _), line in self.lines.items() if noun == "article"]
        visible = newest if desk else [line for line in self._visible() if line["noun"] == "article"]
        lines = [line for line in visible if name in self.list_names(line) and language in {None, line["language"]}]
        return [line["id"] for line in sorted(lines, key=lambda line: (sorted_by(line), line["id"]), reverse=True)]

    def shown(self) -> set[Any]:
        return {(view, *key(line), line["slug"]) for view, line in self.views()}

    def entries(self) -> set[Any]:
        return {
            (view, name, at, key(line)[1], line["language"], moment(line["updated_at"]) or released(line) or at)
            for view, line in self.views()
            if line["noun"] in {"article", "note"}
            for at in (sorted_by(line),)
            for name in self.list_names(line)
        }

    def counters(self) -> Count[Any]:
        """Those of the desk tell by how much it differs, so that the two add up to what it lists."""
        numbers: Count[Any] = Count()
        for view, name, at, ref, language, _ in self.entries():
            if not name.startswith("articles"):
                continue
            dated = name == "articles" or name.startswith("articles:tag:")
            for day in ("", *([at.astimezone(ZONE).date().isoformat()] if dated else ())):
                numbers[view, name, language, day] += 1
                if view == "public" and ref in self.beneath:
                    numbers["desk", name, language, day] -= 1
        return Count({place: n for place, n in numbers.items() if n})


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def sorted_by(line: Line) -> datetime:
    at = moment(line["published_at"] or line.get("publish_at") or line["created_at"])
    assert at is not None
    return at


def released(line: Line) -> datetime | None:
    is_released = line["status"] in {"published", "withdrawn", "expired"}
    return moment(line["published_at"]) if is_released else None


# --- the comparison --------------------------------------------------------------------------------------------------


async def compare(database: Database, model: Model) -> None:
    query = select(*ViewEntry.__table__.columns, Object.ref, Object.noun.label("noun_of_object"), Revision.card)
    query = query.join(Object, Object.id == ViewEntry.object).join(Revision, _SHOWN)
    shown = await rows(database, query)
    assert {(entry.view, entry.noun, entry.ref, entry.slug) for entry in shown} == model.shown()
    assert len(shown) == len(model.shown())
    for entry in shown:
        assert from_json(entry.card)["revision"] == entry.revision
        assert entry.noun == entry.noun_of_object
        line = model.line(entry.view, entry.noun, entry.ref)
        if entry.noun in {"article", "note"}:
            assert (entry.listed_at, entry.due_at) == (sorted_by(line), moment(line.get("publish_at")))
            assert entry.expires_at == moment(line.get("expires_at"))
            assert entry.lists == sorted(model.list_names(line))
        else:
            assert (entry.listed_at, entry.due_at, entry.lists) == (None, DUE_ANY_TIME, [])
    entries = await rows(database, _ENTRIES)
    assert {tuple(entry) for entry in entries} == model.entries()
    assert len(entries) == len(model.entries())
    assert await rows(database, _OUTDATED_ENTRIES) == []
    counters = {tuple(counter)[:4]: counter.n for counter in await rows(database, _COUNTERS)}
    assert {place: n for place, n in counters.items() if n} == model.counters()
    slugs = await rows(database, select(ArticleSlug.slug, ArticleSlug.article, ArticleSlug.is_public))
    assert {slug: (owner, is_public) for slug, owner, is_public in slugs} == model.slugs
    await replay(database, model)


_SHOWN: Final = (Revision.object == ViewEntry.object) & (Revision.revision == ViewEntry.revision)
_ENTRIES: Final = (
    select(List.view, List.name, ListEntry.published_at, Object.ref, ListEntry.language, ListEntry.updated_at)
    .join(ListEntry, ListEntry.list == List.id)
    .join(Object, Object.id == ListEntry.object)
)
# Entries that name another revision than the one that their view shows.
_OUTDATED_ENTRIES: Final = (
    select(List.name, ListEntry.revision, ViewEntry.revision)
    .join(ListEntry, ListEntry.list == List.id)
    .join(ViewEntry, (ViewEntry.view == List.view) & (ViewEntry.object == ListEntry.object))
    .where(ListEntry.revision != ViewEntry.revision)
)
_COUNTERS: Final = select(List.view, List.name, Counter.language, Counter.day, Counter.n).join(
    Counter, Counter.list == List.id
)


async def replay(database: Database, model: Model) -> None:
    """Whoever follows the log, desk or public, ends with what the views show."""
    changes = await rows(database, select(*Change.__table__.columns).order_by(Change.seq))
    public_changes = [change for change in changes if change.public_seq is not None]
    assert dense([change.seq for change in changes])
    assert dense([change.public_seq for change in public_changes])
    assert await head(database) == (len(changes), len(public_changes))
    for view, followed in (("desk", changes), ("public", public_changes)):
        copy: dict[tuple[str, str], int] = {}
        for change in followed:
            copy[change.noun, change.ref] = change.revision
            if change.op == "deleted" or (view == "public" and change.op in {"unpublished", "withdrawn", "expired"}):
                del copy[change.noun, change.ref]
        views = ("public", "desk") if view == "desk" else ("public",)
        query = select(Object.noun, Object.ref, ViewEntry.revision).join(ViewEntry, ViewEntry.object == Object.id)
        query = query.where(ViewEntry.view.in_(views)).order_by(ViewEntry.view.desc())
        shown = {(entry.noun, entry.ref): entry.revision for entry in await rows(database, query)}
        for ref in model.corrected if view == "desk" else ():
            assert copy.pop(("article", ref)) > shown.pop(("article", ref))
        assert copy == shown


async def lists(database: Database, model: Model) -> None:
    """What the readers of both views are told of each list: its articles in their order, and how many they are."""
    requests: list[tuple[str, dict[str, Any]]] = [("articles", {})]
    requests += [(f"articles:tag:{slug}", {"tag": [slug]}) for slug in TAGS]
    requests += [(f"articles:tag:{slug}", {"section": slug}) for slug in SECTIONS]
    requests += [(f"articles:note:{slug}", {"note": [slug]}) for slug in NOTES]
    requests += [(f"articles:source:{slug}", {"source": [slug]}) for slug in SOURCES]
    for (name, filters), language, perspective in product(requests, (None, "uk"), (EVERYONE, NEWEST)):
        query = ArticleQuery(**filters, language=language, count=True, limit=100)
        page = await listing.newest(database.reader(), perspective, query, None, ZONE)
        ids = model.ids(desk=perspective.desk, name=name, language=language)
        assert (page.refs, page.count) == (ids, (len(ids), True)), (name, language, perspective)


async def work(database: Database, verb: Verb) -> Line | None:
    """Does it; returns the document that is answered. Raises: Refusal."""
    async with log.transaction(database, actor="desk", zone=ZONE) as transaction:
        locked = await desk.lock(transaction, verb.ref)
        match verb.name:
            case "delete":
                await desk.delete(transaction, locked)
                return None
            case "discard":
                await desk.discard_working_copy(transaction, locked)
                return None
            case "change" | "copy":
                patch = patch_of(ArticleEdit).model_validate(verb.patch)
                as_copy = verb.name == "copy"
                check_changeable("article", locked, as_working_copy=as_copy)
                written = await desk.update(transaction, locked, patch, as_working_copy=as_copy)
            case "publish" | "schedule":
                written = await desk.publish(transaction, locked, LATER if verb.name == "schedule" else None)
            case "release":
                if locked.state().status != "scheduled":
                    raise Conflict("It is not scheduled.")
                written = await desk.release_due(transaction, locked)
            case "expire":
                written = await desk.expire_due(transaction, locked, OVER)
            case "unpublish":
                written = await desk.unpublish(transaction, locked)
            case "withdraw":
                written = await desk.withdraw(transaction, locked, ArticleWithdrawIn(reason="legal"))
            case "erase":
                written = await desk.erase(transaction, locked, "legal")
            case "correct":
                correction = ArticleCorrectIn(kind="correction", text="It was Tuesday.")
                written = await desk.correct(transaction, locked, correction)
    document: Line = from_json(written.document)
    return document


async def test_an_import_counts_no_working_copy_that_was_discarded_before_it_could_write(database: Database) -> None:
    line = article("flood")
    await accept(database, tag("rivers"), line)
    async with log.transaction(database, actor="desk", zone=ZONE) as transaction:
        patch = patch_of(ArticleEdit).model_validate({"tags": ["rivers"]})
        await desk.update(transaction, await desk.lock(transaction, line["id"]), patch, as_working_copy=True)
    async with log.transaction(database, actor="desk", zone=ZONE) as transaction:
        await desk.discard_working_copy(transaction, await desk.lock(transaction, line["id"]))
        importing = asyncio.create_task(accept(database, {**line, "headline": "Another"}))
        await asyncio.sleep(0.2)
        assert not importing.done()
    await importing

    for slugs, refs in (([], [line["id"]]), (["rivers"], [])):
        query = ArticleQuery.model_validate({"tag": slugs, "count": True})
        page = await listing.newest(database.reader(), NEWEST, query, None, ZONE)
        assert (page.refs, page.count) == (refs, (len(refs), True))


def accepted(transaction: list[Line], report: Report) -> list[Line]:
    refused = {line for line, _ in report.wrong}
    return [line for n, line in enumerate(transaction, 1) if n not in refused]


@hypothesis.settings(
    max_examples=40, suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.data_too_large]
)
@hypothesis.given(history=histories)
def test_views_lists_and_counters_are_what_the_documents_say(fresh: Fresh, history: list[Transaction]) -> None:
    async def live(url: str) -> None:
        database, model = Database(url), Model()
        try:
            for transaction in [_GROUND, *history]:
                if isinstance(transaction, Verb):
                    with suppress(Refusal):
                        model.do(transaction, await work(database, transaction))
                else:
                    report = await load(database, *transaction)
                    model.take(accepted(transaction, report))
            await compare(database, model)
            await lists(database, model)
        finally:
            await database.close()

    with fresh(True) as url:
        asyncio.run(live(url))


# All there is to refer to, so that most of a history is accepted.
_GROUND: Final[list[Line]] = [
    *({"noun": "tag", "slug": slug, "type": "topic", "labels": {"en": slug}, "parent": None} for slug in TAGS),
    {"noun": "tag", "slug": "news", "type": "section", "labels": {"en": "News"}, "parent": None},
    {"noun": "tag", "slug": "city", "type": "section", "labels": {"en": "City"}, "parent": "news"},
    *({"noun": "source", "slug": slug, "type": "person", "names": {"en": slug}, "parent": None} for slug in SOURCES),
    *(
        {
            "noun": "note",
            "slug": slug,
            "language": "en",
            "heading": "For reference",
            "body": [words("It held.")],
            "tags": [],
            "attributions": [],
            "status": "published",
            "published_at": INSTANTS[0],
            "created_at": INSTANTS[0],
            "updated_at": INSTANTS[2],
        }
        for slug in NOTES
    ),
    *(
        {
            "noun": "article",
            "id": ref,
            "slug": f"old-{ref[-1]}",
            "language": "en",
            "headline": "Flood",
            "body": [words("Water rose.")],
            "section": "city",
            "tags": ["a"],
            "attributions": [],
            "translation_of": None,
            "status": "published",
            "published_at": INSTANTS[1],
            "publish_at": None,
            "created_at": INSTANTS[0],
            "updated_at": INSTANTS[2],
        }
        for ref in ARTICLES[:3]
    ),
]
