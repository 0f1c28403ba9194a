"""Writes the states of articles: checks what they refer to, and moves their rows from view to view."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic_core import from_json
from sqlalchemy import bindparam, delete, or_, select, update

from app.articles.models import Address, Article, Related
from app.articles.prepared import AS_JSON, COLUMNS, Prepared
from app.changes import store as log
from app.changes.models import DESK, PUBLIC, Counter, Listed, Op, View
from app.changes.named import TAKEN, Lineage
from app.db import RawJson, add_up, among, bulk, fetch, room, run, spread
from app.errors import Fault, Invalid
from app.notes import store as notes
from app.sources import store as sources
from app.tags import store as tags

ALL: Final = "all"


async def save(done: log.Writing, articles: Sequence[Prepared]) -> list[str]:
    """Writes the articles' new states, each id once; returns what became of each: created, updated or unchanged.

    A revision that is not beyond the known one is raised by one. What a public article names becomes public with it.
    Whether the articles it relates to exist is not asked: `missing` does.
    Cost: some twenty statements in all, whatever the number. Counters are locked, in the order of their keys, until
    the transaction ends: save once in each.
    Raises: Invalid, with pointers that begin with the place in `articles`; then nothing is written.
    """
    known = await log.known(done, "article", [article.id for article in articles])
    return await write(done, articles, known, await asides(done, list(known)))


async def write(
    done: log.Writing,
    articles: Sequence[Prepared],
    known: Mapping[str, log.Known],
    stored: Mapping[str, dict[str, Any]],
) -> list[str]:
    """As `save`, where what is known of the articles, and what is stored beside their documents, has been read."""
    last = await log.last_revisions(done, "article", [one.id for one in articles if one.id not in known])
    lineages = await tags.lineages(
        done, {slug for article in articles for slug in (*article.tags, article.section) if slug is not None}
    )
    # An address that a view shows an article at is its own.
    owned: dict[str, str | None] = {one.slug: ref for ref, before in known.items() for one in before.standings.values()}
    wanted = {slug for article in articles for slug in (article.slug, *article.former_slugs)}
    owned |= await owners(done, sorted(wanted - owned.keys()))
    faults = [
        *_wrong_tags(articles, lineages),
        *await _dangling(done, articles),
        *await _wrong_originals(done, articles),
        *_taken(articles, owned),
    ]
    if faults:
        raise Invalid("An article refers to what is not there, or takes what belongs to another.", *faults)
    batch = Batch(done, {*owned})
    outcomes = []
    for article in articles:
        if article.id in last:
            article.follow(from_json(article.card), last[article.id], done.at)
        outcomes.append(batch.add(article, known.get(article.id), stored.get(article.id), _terms(article, lineages)))
    await batch.write()
    # What a public article has named is public already.
    shown = {term for before in known.values() if before.public for term in before.standings[PUBLIC].terms}
    visible = [article for article in batch.written if article.public]
    named = {slug for article in visible for slug in (*article.tags, article.section) if slug is not None}
    await tags.reveal(done, {slug for slug in named if f"tag:{slug}" not in shown})
    named = {source for article in visible for _, source in article.attributed}
    await sources.reveal(done, {source for source in named if f"source:{source}" not in shown})
    return outcomes


async def owners(done: log.Writing, slugs: Sequence[str]) -> dict[str, str | None]:
    """Id of the article that each slug leads, or once led, to; None where that is no more.

    Cost: one statement for each thousand.
    """
    found: dict[str, str | None] = {}
    for start in range(0, len(slugs), log.PORTION):
        some = slugs[start : start + log.PORTION]
        count = room(len(some))
        found.update(
            (slug, ref) for slug, ref in await fetch(done.connection, _owners(count), spread("slug", count, some))
        )
    return found


async def missing(done: log.Writing, ids: Iterable[str]) -> set[str]:
    """Those ids that no article has; no other of them goes before this transaction ends.

    Cost: one statement for each thousand.
    """
    asked = sorted(ids)
    found: set[str] = set()
    for start in range(0, len(asked), log.PORTION):
        some = asked[start : start + log.PORTION]
        there = select(Article.id).where(Article.id.in_(some)).order_by(Article.id)
        rows = await done.connection.execute(there.with_for_update(read=True, key_share=True))
        found |= {row.id for row in rows}
    return {*asked} - found


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a view lists an article."""

    terms: Sequence[str]
    language: str
    at: datetime


def _place(standing: log.Standing) -> _Place:
    assert standing.listed_at is not None
    assert standing.language is not None
    return _Place(standing.terms, standing.language, standing.listed_at)


class Batch:
    """Collects the rows of many articles, so that each table is written once."""

    def __init__(self, done: log.Writing, addresses: set[str]) -> None:
        self.done = done
        self.known = addresses
        self.written: list[Prepared] = []
        self.inserted: list[Prepared] = []
        self.updated: list[Prepared] = []
        self.listed: defaultdict[tuple[str, str], list[tuple[Any, ...]]] = defaultdict(list)
        self.relisted: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
        self.unlisted: list[dict[str, Any]] = []
        self.unrelated: list[dict[str, Any]] = []
        self.related: set[tuple[str, str]] = set()
        self.addresses: dict[str, tuple[str, bool]] = {}
        self.readdressed: list[dict[str, Any]] = []
        self.counted: defaultdict[tuple[str, str], defaultdict[tuple[str, str], int]] = defaultdict(_zeros)

    def add(
        self, article: Prepared, before: log.Known | None, aside: dict[str, Any] | None, terms: dict[str, bool]
    ) -> str:
        """Takes the state in, unless it is what is stored. Returns: created, updated or unchanged."""
        if before is not None:
            old = before.standings.get(article.view) or before.newest
            same = _content(old.document, article.assumed) == _content(article.document, article.assumed)
            if same and _nothing_new(article.aside, aside):
                return "unchanged"
            article.follow(from_json(old.document), before.last, self.done.at)
        self.written.append(article)
        if before is None:
            self.inserted.append(article)
        elif DESK not in article.keeps:
            self.updated.append(article)
        for slug, public in ((article.slug, article.was_published), *((one, True) for one in article.former_slugs)):
            if not (before and before.public and before.standings[PUBLIC].slug == slug):
                self.addresses[slug] = (article.id, public)
        if before is not None and any(one.slug != article.slug for one in before.standings.values()):
            beside = before.standings[DESK].slug if DESK in article.keeps else article.slug
            self.readdressed.append({"r": article.id, "s": article.slug, "kept": beside})
        standings = before.standings if before else {}
        clears = frozenset(standings) - article.keeps
        place = _Place(list(terms), article.language, article.listed_at)
        stays = article.view in clears and _place(standings[article.view]) == place
        self._move(article.id, standings, clears, {article.view: place})
        self._relate(article, before)
        if stays:
            self._relist(article, terms)
        else:
            for term, direct in terms.items():
                self.listed[article.view, term].append(
                    (article.view, term, article.listed_at, article.id, article.language, article.updated_at, direct)
                )
        self.done.save(
            log.Saved(
                noun="article",
                ref=article.id,
                slug=article.slug,
                revision=article.revision,
                op=article.op or _op(article, before, clears),
                document=article.document,
                card=article.card,
                modified_at=article.modified_at,
                view=article.view,
                clears=clears,
                listed_at=article.listed_at,
                due_at=article.due_at,
                language=article.language,
                terms=list(terms),
                keys=_keys(log.touched(before, terms, article.view, clears)),
                ednote=article.aside["ednote"],
                kind=article.kind,
                note=article.note,
                reason=article.aside["withdrawal"]["reason"] if article.aside["withdrawal"] else None,
            )
        )
        return "created" if before is None else "updated"

    def discard(self, public: Prepared, before: log.Known) -> None:
        """Takes the working copy away: the desk sees again what is public, which is given."""
        desk = frozenset({DESK})
        self._move(public.id, before.standings, desk, {})
        self.updated.append(public)
        self.readdressed.append({"r": public.id, "s": public.slug, "kept": public.slug})
        self._relate(public, before)
        self.done.save(
            log.Saved(
                noun="article",
                ref=public.id,
                slug=public.slug,
                revision=public.revision,
                op="updated",
                document=public.document,
                card=public.card,
                modified_at=public.modified_at,
                view=None,
                clears=desk,
                keys=_keys(log.touched(before, (), None, desk)),
                fresh=False,
            )
        )

    def delete(self, ref: str, before: log.Known) -> None:
        """Takes the article out of every view."""
        self._move(ref, before.standings, before.views, {})
        self.unrelated.append({"r": ref})
        log.deletion(self.done, "article", ref, before, _keys(log.touched(before, (), None, before.views)))

    def _move(
        self, ref: str, standings: Mapping[View, log.Standing], clears: frozenset[View], new: dict[View, _Place]
    ) -> None:
        """Takes an article out of the lists in which it does not stay, and counts how it stands afterwards."""
        before = {view: _place(one) for view, one in standings.items()}
        after = {**{view: place for view, place in before.items() if view not in clears}, **new}
        for view in clears:
            place = before[view]
            if new.get(view) == place:
                continue
            self.unlisted += [{"w": view, "t": term, "p": place.at, "r": ref} for term in place.terms]
        for places, n in ((before, -1), (after, 1)):
            for view, place in places.items():
                self._count(view, place, n)
            if len(places) == 2:  # the desk's counters say by how much it differs
                self._count(DESK, places[PUBLIC], -n)

    def _relist(self, article: Prepared, terms: Mapping[str, bool]) -> None:
        """Leaves the article in the lists that it stands in: most changes do."""
        row = {"w": article.view, "p": article.listed_at, "r": article.id, "u": article.updated_at}
        for direct in (True, False):
            if some := [term for term in terms if terms[term] is direct]:
                count = room(len(some))
                self.relisted[count].append({**row, "d": direct, **spread("t", count, some)})

    def _count(self, view: View, place: _Place, n: int) -> None:
        day = _day(place.at, self.done.zone)
        for term in place.terms:
            self.counted[view, term][place.language, day if term.startswith(DATED) else ""] += n

    def _relate(self, article: Prepared, before: log.Known | None) -> None:
        """What another state names stays named while a view goes on showing it."""
        named = {*article.related}
        if before is not None:
            documents = {view: from_json(one.document) for view, one in before.standings.items()}
            for view in article.keeps & before.views:
                named |= related(documents[view])
            states = {article.status, *(one["status"] for one in documents.values())}
            # What replaces a withdrawn article stands in no document of it.
            if "withdrawn" not in states and named == {ref for one in documents.values() for ref in related(one)}:
                return
            self.unrelated.append({"r": article.id})
        self.related |= {(ref, article.id) for ref in named}

    async def write(self) -> None:
        connection = self.done.connection
        self.inserted.sort(key=lambda article: article.translation_of is not None)
        await bulk(connection, Article, COLUMNS, [_values(article.row) for article in self.inserted])
        await run(connection, _UPDATE, [_update(article.row) for article in self.updated])
        await run(connection, _FREE, self.readdressed)
        new = [(slug, *rest) for slug, rest in self.addresses.items() if slug not in self.known]
        await bulk(connection, Address, ("slug", "ref", "public"), new)
        published = [{"s": slug} for slug, (_, public) in self.addresses.items() if public and slug in self.known]
        await run(connection, _PUBLISH, published)
        for count, rows in self.relisted.items():
            await run(connection, _relisting(count), rows)
        await run(connection, _UNLIST, self.unlisted)
        await bulk(
            connection, Listed, LISTED, [row for place in sorted(self.listed) for row in sorted(self.listed[place])]
        )
        await run(connection, _UNRELATE, self.unrelated)
        await bulk(connection, Related, ("article", "ref"), sorted(self.related))
        await add_up(connection, Counter, self._counters())

    def _counters(self) -> list[tuple[str, str, str, str, int]]:
        """What counters move by, in the order of their keys: of days for lists with an archive, of all for each."""
        rows = []
        for (view, term), counted in sorted(self.counted.items()):
            for (language, day), n in [*counted.items()]:
                if day:
                    counted[language, ""] += n
            rows += [(view, term, language, day, n) for (language, day), n in sorted(counted.items()) if n]
        return rows


def related(document: dict[str, Any]) -> set[str]:
    """Ids of the articles that a document relates to, in its body too where that is there."""
    blocks = (block for block in document.get("body", ()) if block["type"] == "related")
    return {one["article"] for one in (*document["relations"], *blocks) if one["article"] is not None}


def _keys(terms: Iterable[str]) -> list[str]:
    """The lists that an article under these terms stands in."""
    return ["articles", *(f"articles:{term}" for term in terms if term != ALL)]


def _day(at: datetime, zone: ZoneInfo) -> str:
    """The day of an instant in the site's zone; in UTC at the ends of time, where the zone's would be beyond them."""
    try:
        return at.astimezone(zone).date().isoformat()
    except OverflowError:
        return at.date().isoformat()


def _zeros() -> defaultdict[tuple[str, str], int]:
    return defaultdict(int)


_values: Final = itemgetter(*COLUMNS)


def _update(row: dict[str, Any]) -> dict[str, Any]:
    ready = {name: RawJson(row[name]) for name in (*AS_JSON, "body", "withdrawal") if row[name] is not None}
    return {**row, **ready, "key": row["id"]}


# Terms of which an archive is kept.
DATED: Final = (ALL, "tag:")
LISTED: Final = ("view", "term", "published_at", "ref", "language", "updated_at", "direct")
_PUBLISH: Final = update(Address).where(Address.slug == bindparam("s")).values(public=True)
# A slug that the public never knew is free again once its article has another, in every view.
_FREE: Final = delete(Address).where(
    Address.ref == bindparam("r"),
    Address.public.is_(False),
    Address.slug != bindparam("s"),
    Address.slug != bindparam("kept"),
)
_UPDATE: Final = (
    update(Article)
    .where(Article.id == bindparam("key"))
    .values({column.key: bindparam(column.key) for column in Article.__table__.columns if column.key != "id"})
)
_IN_PLACE: Final = (Listed.view == bindparam("w"), Listed.published_at == bindparam("p"), Listed.ref == bindparam("r"))
_UNLIST: Final = delete(Listed).where(Listed.term == bindparam("t"), *_IN_PLACE)
_UNRELATE: Final = delete(Related).where(Related.ref == bindparam("r"))


@cache
def _relisting(count: int) -> Any:
    there = update(Listed).where(among(Listed.term, "t", count), *_IN_PLACE)
    return there.values(updated_at=bindparam("u"), direct=bindparam("d"))


def _op(article: Prepared, before: log.Known | None, clears: frozenset[View]) -> Op:
    if before is None:
        return "created"
    if article.public:
        return "published" if DESK in clears else "updated"
    if PUBLIC in clears:
        return "withdrawn" if article.status == "withdrawn" else "unpublished"
    return "updated"


def _content(document: str, assumed: frozenset[str]) -> dict[str, Any]:
    found: dict[str, Any] = from_json(document)
    return {name: value for name, value in found.items() if name not in UNCOMPARED and name not in assumed}


def _nothing_new(given: dict[str, Any], stored: dict[str, Any] | None) -> bool:
    """Whether all that stands beside the document is stored: a former slug stays whether it is named again or not."""
    return (
        stored is not None
        and {*given["former_slugs"]} <= {*stored["former_slugs"]}
        and all(given[name] == stored[name] for name in ("ednote", "withdrawal"))
    )


@cache
def _owners(count: int) -> Any:
    return select(Address.slug, Address.ref).where(among(Address.slug, "slug", count))


@cache
def _asides(count: int) -> Any:
    """A row for each former address of an article; one without where it has none."""
    former = (Address.ref == Article.id) & Address.public & (Address.slug != Article.slug)
    query = select(Article.id, Article.ednote, Article.withdrawal, Address.slug).outerjoin(Address, former)
    return query.where(among(Article.id, "id", count)).order_by(Address.slug)


UNCOMPARED: Final = frozenset({"revision", "created_at", "modified_at"})


def _terms(article: Prepared, lineages: dict[str, Lineage]) -> dict[str, bool]:
    """Where the article is listed, and whether it is named there itself rather than by way of a descendant."""
    found = {ALL: True}
    for slug in (*article.tags, article.section):
        if slug is not None:
            found[f"tag:{slug}"] = True
            for ancestor in lineages[slug].ancestors:
                found.setdefault(f"tag:{ancestor}", False)
    for role, source in article.attributed:
        found[f"source:{source}"] = found[f"source.{role}:{source}"] = True
    for _, note in article.notes:
        found[f"note:{note}"] = True
    if article.translation_of is not None:
        found[f"translation:{article.translation_of}"] = True
    return found


async def asides(done: log.Writing, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What is stored beside the documents of these articles."""
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(ids), log.PORTION):
        some = ids[start : start + log.PORTION]
        count = room(len(some))
        for ref, ednote, withdrawal, slug in await fetch(done.connection, _asides(count), spread("id", count, some)):
            aside = found.setdefault(ref, {"ednote": ednote, "withdrawal": withdrawal, "former_slugs": []})
            if slug is not None:
                aside["former_slugs"].append(slug)
    return found


def _wrong_tags(articles: Sequence[Prepared], lineages: dict[str, Lineage]) -> Iterable[Fault]:
    for place, article in enumerate(articles):
        for n, slug in enumerate(article.tags):
            if slug not in lineages:
                yield Fault(f"there is no tag {slug!r}", pointer=f"/{place}/tags/{n}")
            elif lineages[slug].type == "section":
                yield Fault(f"the tag {slug!r} is a section; name it in `section`", pointer=f"/{place}/tags/{n}")
        if article.section is not None:
            if article.section not in lineages:
                yield Fault(f"there is no tag {article.section!r}", pointer=f"/{place}/section")
            elif lineages[article.section].type != "section":
                yield Fault(f"the tag {article.section!r} is no section", pointer=f"/{place}/section")


async def _dangling(done: log.Writing, articles: Sequence[Prepared]) -> list[Fault]:
    """Sources and notes that do not exist; notes that the public is not to know of yet.

    What was withdrawn, and is a draft again, stays named: whoever reads the article knows the bare name.
    """
    known_sources = await sources.existing(done, {source for article in articles for _, source in article.attributed})
    known_notes = await notes.existing(done, {note for article in articles for _, note in article.notes})
    faults = []
    for place, article in enumerate(articles):
        faults += [
            Fault(f"there is no source {source!r}", pointer=f"/{place}{pointer}")
            for (_, source), pointer in zip(article.attributed, article.named_at, strict=True)
            if source not in known_sources
        ]
        for n, note in article.notes:
            pointer = f"/{place}/body/{n}/note"
            if note not in known_notes:
                faults.append(Fault(f"there is no note {note!r}", pointer=pointer))
            elif article.public and not known_notes[note]:
                faults.append(Fault(f"the note {note!r} was never published", pointer=pointer))
    return faults


async def _wrong_originals(done: log.Writing, articles: Sequence[Prepared]) -> list[Fault]:
    """Originals that do not exist or are translations; a second one into a language that is, or is to be, public.

    Originals are held: nobody else gives them a translation, or makes one of them, before this transaction ends.
    """
    batch = {article.id: article.translation_of for article in articles}
    wanted = {one for one in batch.values() if one is not None}
    if not wanted:
        return []
    turned = [article.id for article in articles if article.translation_of is not None]
    translated = await done.connection.execute(
        select(Article.translation_of).distinct().where(Article.translation_of.in_(turned))
    )
    having = {row.translation_of for row in translated} | wanted
    some = select(Article.id, Article.translation_of).where(Article.id.in_(wanted)).order_by(Article.id)
    rows = await done.connection.execute(some.with_for_update(key_share=True))
    originals = {**{row.id: row.translation_of for row in rows}, **batch}
    terms = [f"translation:{one}" for one in wanted]
    listed = await done.connection.execute(
        select(Listed.term, Listed.language, Listed.ref)
        .join(Article, Article.id == Listed.ref)
        .where(Listed.term.in_(terms), or_(Listed.view == PUBLIC, Article.status == "scheduled"))
    )
    taken = {(row.term, row.language): row.ref for row in listed}
    faults = []
    for place, article in enumerate(articles):
        original = article.translation_of
        if original is None:
            continue
        pointer = f"/{place}/translation_of"
        if original not in originals:
            faults.append(Fault(f"there is no article {original}", pointer=pointer))
        elif originals[original] is not None or original == article.id:
            faults.append(Fault("is itself a translation", pointer=pointer))
        elif article.id in having:
            faults.append(Fault("the article has translations of its own, so it cannot be one", pointer=pointer))
        elif article.status in {"published", "scheduled"}:
            place_in = (f"translation:{original}", article.language)
            if taken.setdefault(place_in, article.id) != article.id:
                detail = f"has a translation into {article.language!r} already, published or scheduled"
                faults.append(Fault(detail, pointer=pointer))
    return faults


def _taken(articles: Sequence[Prepared], owned: dict[str, str | None]) -> Iterable[Fault]:
    """Slugs that lead, or once led, to another article, or that two of these want."""
    taken = dict(owned)
    for place, article in enumerate(articles):
        for slug, pointer in (
            (article.slug, f"/{place}/slug"),
            *((one, f"/{place}/former_slugs/{n}") for n, one in enumerate(article.former_slugs)),
        ):
            if taken.setdefault(slug, article.id) != article.id:
                owner = (
                    f"belongs to the article {taken[slug]}" if taken[slug] else "belonged to an article that is deleted"
                )
                yield Fault(f"the slug {slug!r} {owner}", TAKEN, pointer=pointer)
