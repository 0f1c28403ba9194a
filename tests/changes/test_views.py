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

from app.articles import desk, store
from app.articles.models import Address
from app.articles.schemas import ArticleEdit, ArticleQuery, CorrectIn, WithdrawIn
from app.changes import store as log
from app.changes.models import Change, Counter, Listed, NoteListed, Revision, Shown
from app.changes.shown import EVERYONE, NEWEST
from app.db import Database
from app.errors import Conflict, Refusal
from app.importers.store import Report
from app.web.merging import patch_of
from tests.conftest import Fresh
from tests.contents import ZONE, dense, head, load, rows
from tests.factories import Line, credit, words

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
_ERASED: Final[Line] = {"body": [], "section": None, "tags": [], "attributions": []}


# --- histories -------------------------------------------------------------------------------------------------------


def some(values: Iterable[str]) -> st.SearchStrategy[list[str]]:
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
        "tags": draw(some(TAGS)),
        "attributions": [credit(slug, "said_by") for slug in draw(some(SOURCES))],
        "status": "published" if released else "draft",
        "published_at": INSTANTS[0] if released else None,
    }


@st.composite
def articles(draw: st.DrawFn) -> Line:
    ref = draw(st.sampled_from(ARTICLES))
    status = draw(st.sampled_from(["draft", "published", "published", "withdrawn", "scheduled"]))
    at = draw(st.sampled_from(INSTANTS))
    body = [words(draw(st.sampled_from(["Water rose.", "Water fell."])))]
    body += [{"type": "reference_note", "note": slug} for slug in draw(some(NOTES))]
    return {
        "noun": "article",
        "id": ref,
        "slug": draw(st.sampled_from([f"old-{ref[-1]}", f"new-{ref[-1]}"])),
        "language": draw(st.sampled_from(["en", "uk"])),
        "headline": "Flood",
        "body": body,
        "section": draw(maybe(SECTIONS)),
        "tags": draw(some(TAGS)),
        "attributions": [
            {"source": slug, "role": draw(st.sampled_from(["said_by", "author"]))} for slug in draw(some(SOURCES))
        ],
        "translation_of": draw(maybe([one for one in ARTICLES if one != ref])) if draw(st.booleans()) else None,
        "status": status,
        "published_at": at if status in {"published", "withdrawn"} else draw(st.none() | st.just(at)),
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
    found = {name: line[name] for name in draw(st.lists(st.sampled_from(fields), unique=True, max_size=3))}
    if draw(st.booleans()):
        found["slug"] = draw(st.sampled_from([f"old-{ref[-1]}", f"new-{ref[-1]}", f"copy-{ref[-1]}"]))
    return found


@dataclass(frozen=True)
class Verb:
    """Something that the desk does to one article."""

    name: str
    ref: str
    patch: Line


VERBS: Final = (
    "change", "copy", "copy", "discard", "publish", "schedule", "release", "unpublish", "withdraw", "erase", "correct",
    "delete",
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
    once. `corrected` are those that were corrected last of all, past their working copy."""

    lines: dict[tuple[str, str], Line] = field(default_factory=dict)
    beneath: dict[str, Line] = field(default_factory=dict)
    public: set[tuple[str, str]] = field(default_factory=set)
    addresses: dict[str, tuple[str | None, bool]] = field(default_factory=dict)
    corrected: set[str] = field(default_factory=set)

    def take(self, transaction: list[Line]) -> None:
        for line in transaction:
            self.lines[key(line)] = line
            self.beneath.pop(key(line)[1], None)
            self.corrected.discard(key(line)[1])
        self._name()
        for line in transaction:
            if line["noun"] == "article":
                known = line["status"] in {"published", "withdrawn"} or self._known(line["slug"])
                self._address(line["id"], line["slug"], known)

    def do(self, verb: Verb, document: Line | None) -> None:
        """Takes in what a verb did: the content is the model's own, status and dates are those of the answer."""
        ref, old = verb.ref, self.lines["article", verb.ref]
        self.corrected.discard(ref)
        if verb.name == "delete":
            del self.lines["article", ref]
            self.beneath.pop(ref, None)
            self.addresses = {slug: one for slug, one in self.addresses.items() if one[0] != ref or one[1]}
            self.addresses |= {slug: (None, True) for slug, one in self.addresses.items() if one[0] == ref}
            return
        if verb.name == "discard":
            self.lines["article", ref] = self.beneath.pop(ref)
            self._address(ref, self.lines["article", ref]["slug"], known=True)
            return
        assert document is not None
        content = {**old, **verb.patch, **(_ERASED if verb.name == "erase" else {})}
        dates = {name: document[name] for name in ("status", "published_at", "publish_at", "updated_at")}
        if verb.name == "correct" and ref in self.beneath:
            self.beneath[ref] |= dates
            self.corrected.add(ref)
            return
        line = {**content, **dates}
        if line["status"] in {"draft", "scheduled"} and document["published_at"] and old["status"] == "published":
            self.beneath[ref] = old
        elif ref in self.beneath and (line["status"] not in {"draft", "scheduled"} or not document["published_at"]):
            del self.beneath[ref]
        self.lines["article", ref] = line
        self._name()
        self._address(ref, line["slug"], line["status"] == "published" or self._known(line["slug"]))

    def _known(self, slug: str) -> bool:
        return self.addresses.get(slug, ("", False))[1]

    def _address(self, ref: str, slug: str, known: bool) -> None:
        kept = {one: owner for one, owner in self.addresses.items() if owner[0] != ref or owner[1]}
        self.addresses = {**kept, slug: (ref, known)}

    def _name(self) -> None:
        for noun, place in (("tag", self._tags_named), ("source", self._sources_named)):
            named = {slug for line in self._visible() for slug in place(line)}
            named |= {slug for known, slug in self.public if known == noun}
            self.public |= {(noun, one) for slug in named for one in (slug, *self.ancestors(noun, slug))}

    def _visible(self) -> Iterator[Line]:
        newest = (line for line in self.lines.values() if line.get("status") == "published")
        return chain(newest, self.beneath.values())

    @staticmethod
    def _tags_named(line: Line) -> list[str]:
        return [slug for slug in (*line["tags"], line.get("section")) if slug is not None]

    @staticmethod
    def _sources_named(line: Line) -> list[str]:
        return [given["source"] for given in line["attributions"]]

    def ancestors(self, noun: str, slug: str) -> list[str]:
        parent = self.lines[noun, slug]["parent"]
        return [] if parent is None else [parent, *self.ancestors(noun, parent)]

    def terms(self, line: Line) -> dict[str, bool]:
        """Where the article is listed, and whether it is named there itself."""
        found = {"all": True}
        for slug in self._tags_named(line):
            for ancestor in self.ancestors("tag", slug):
                found.setdefault(f"tag:{ancestor}", False)
            found[f"tag:{slug}"] = True
        for given in line["attributions"]:
            found[f"source:{given['source']}"] = found[f"source.{given['role']}:{given['source']}"] = True
        for block in line["body"]:
            if block["type"] == "reference_note":
                found[f"note:{block['note']}"] = True
        if line["translation_of"] is not None:
            found[f"translation:{line['translation_of']}"] = True
        return found

    def views(self) -> Iterator[tuple[str, Line]]:
        for (noun, ref), line in self.lines.items():
            public = (noun, ref) in self.public or line.get("status") == "published"
            yield "public" if public else "desk", line
        for line in self.beneath.values():
            yield "public", line

    def line(self, view: str, ref: str) -> Line:
        return self.beneath.get(ref, self.lines["article", ref]) if view == "public" else self.lines["article", ref]

    def found(self, *, desk: bool, term: str, language: str | None) -> list[str]:
        """Ids of the articles that a reader finds under a term, newest first."""
        newest = [line for (noun, _), line in self.lines.items() if noun == "article"]
        seen = newest if desk else [line for line in self._visible() if line["noun"] == "article"]
        some = [line for line in seen if term in self.terms(line) and language in {None, line["language"]}]
        return [line["id"] for line in sorted(some, key=lambda one: (sorted_by(one), one["id"]), reverse=True)]

    def shown(self) -> set[Any]:
        return {(view, *key(line), line["slug"]) for view, line in self.views()}

    def listed(self) -> set[Any]:
        return {
            (view, term, at, line["id"], line["language"], moment(line["updated_at"]) or released(line) or at, direct)
            for view, line in self.views()
            if line["noun"] == "article"
            for at in (sorted_by(line),)
            for term, direct in self.terms(line).items()
        }

    def notes_listed(self) -> set[Any]:
        return {
            (view, term, line["slug"])
            for view, line in self.views()
            if line["noun"] == "note"
            for term in (
                f"language:{line['language']}",
                *(f"tag:{slug}" for slug in line["tags"]),
                *(f"source:{slug}" for slug in self._sources_named(line)),
            )
        }

    def counters(self) -> Count[Any]:
        """Those of the desk tell by how much it differs, so that the two add up to what it lists."""
        found: Count[Any] = Count()
        for view, term, at, ref, language, _, _ in self.listed():
            dated = term == "all" or term.startswith("tag:")
            for day in ("", *([at.astimezone(ZONE).date().isoformat()] if dated else ())):
                found[view, term, language, day] += 1
                if view == "public" and ref in self.beneath:
                    found["desk", term, language, day] -= 1
        return Count({place: n for place, n in found.items() if n})


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def sorted_by(line: Line) -> datetime:
    found = moment(line["published_at"] or line["publish_at"] or line["created_at"])
    assert found is not None
    return found


def released(line: Line) -> datetime | None:
    return moment(line["published_at"]) if line["status"] in {"published", "withdrawn"} else None


# --- the comparison --------------------------------------------------------------------------------------------------


async def compare(database: Database, model: Model) -> None:
    found = await rows(database, select(*Shown.__table__.columns, Revision.document).join_from(Shown, Revision, _SAME))
    assert {(one.view, one.noun, one.ref, one.slug) for one in found} == model.shown()
    assert len(found) == len(model.shown())
    for one in found:
        document = from_json(one.document)
        assert document["revision"] == one.revision
        document.pop("body", None)
        assert from_json(one.card) == document
        if one.noun == "article":
            line = model.line(one.view, one.ref)
            assert (one.listed_at, one.language) == (sorted_by(line), line["language"])
            assert {*one.terms} == {*model.terms(line)}
    listed = await rows(database, select(*Listed.__table__.columns))
    assert {tuple(one) for one in listed} == model.listed()
    assert {tuple(one) for one in await rows(database, select(*NoteListed.__table__.columns))} == model.notes_listed()
    counters = {tuple(one)[:4]: one.n for one in await rows(database, select(*Counter.__table__.columns))}
    assert {place: n for place, n in counters.items() if n} == model.counters()
    addresses = await rows(database, select(Address.slug, Address.ref, Address.public))
    assert {one.slug: (one.ref, one.public) for one in addresses} == model.addresses
    await replay(database, model)


_SAME: Final = (Revision.noun == Shown.noun) & (Revision.ref == Shown.ref) & (Revision.revision == Shown.revision)


async def replay(database: Database, model: Model) -> None:
    """Whoever follows the log, desk or public, ends with what the views show."""
    entries = await rows(database, select(*Change.__table__.columns).order_by(Change.seq))
    known = [one for one in entries if one.public_seq is not None]
    assert dense([one.seq for one in entries])
    assert dense([one.public_seq for one in known])
    assert await head(database) == (len(entries), len(known))
    for view, followed in (("desk", entries), ("public", known)):
        held: dict[tuple[str, str], int] = {}
        for one in followed:
            held[one.noun, one.ref] = one.revision
            if one.op == "deleted" or (view == "public" and one.op in {"unpublished", "withdrawn"}):
                del held[one.noun, one.ref]
        views = ("public", "desk") if view == "desk" else ("public",)
        query = select(Shown.noun, Shown.ref, Shown.revision).where(Shown.view.in_(views)).order_by(Shown.view.desc())
        shown = {(one.noun, one.ref): one.revision for one in await rows(database, query)}
        for ref in model.corrected if view == "desk" else ():
            assert held.pop(("article", ref)) > shown.pop(("article", ref))
        assert held == shown


async def lists(database: Database, model: Model) -> None:
    """What the readers of both views are told of each list: its articles in their order, and how many they are."""
    asked: list[tuple[str, dict[str, Any]]] = [("all", {}), *((f"tag:{one}", {"tag": [one]}) for one in TAGS)]
    asked += [(f"tag:{one}", {"section": one}) for one in SECTIONS]
    asked += [(f"note:{one}", {"note": [one]}) for one in NOTES]
    asked += [(f"source:{one}", {"source": [one]}) for one in SOURCES]
    for (term, given), language, seen in product(asked, (None, "uk"), (EVERYONE, NEWEST)):
        wanted = ArticleQuery(**given, language=language, count=True, limit=100)
        page = await store.newest(database.reader(), seen, wanted, None, ZONE)
        found = model.found(desk=seen.desk, term=term, language=language)
        assert (page.refs, page.count) == (found, (len(found), True)), (term, language, seen)


async def work(database: Database, verb: Verb) -> Line | None:
    """Does it; returns the document that is answered. Raises: Refusal."""
    async with log.writing(database, actor="desk", zone=ZONE) as done:
        held = await desk.hold(done, verb.ref)
        match verb.name:
            case "delete":
                await desk.delete(done, held)
                return None
            case "discard":
                await desk.discard(done, held)
                return None
            case "change" | "copy":
                patch = patch_of(ArticleEdit).model_validate(verb.patch)
                desk.changeable(held, beside=verb.name == "copy")
                written = await desk.update(done, held, patch, beside=verb.name == "copy")
            case "publish" | "schedule":
                written = await desk.publish(done, held, LATER if verb.name == "schedule" else None)
            case "release":
                if held.state().status != "scheduled":
                    raise Conflict("It is not scheduled.")
                written = await desk.release_due(done, held)
            case "unpublish":
                written = await desk.unpublish(done, held)
            case "withdraw":
                written = await desk.withdraw(done, held, WithdrawIn(reason="legal"))
            case "erase":
                written = await desk.erase(done, held, "legal")
            case "correct":
                written = await desk.correct(done, held, CorrectIn(kind="correction", text="It was Tuesday."))
    found: Line = from_json(written.document)
    return found


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
    *({"noun": "source", "slug": one, "type": "person", "names": {"en": one}, "parent": None} for one in SOURCES),
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
