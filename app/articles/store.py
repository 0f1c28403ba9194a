"""Every statement about articles; how those of their lists are built stands in `lists`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic_core import from_json, to_json
from sqlalchemy import bindparam, case, delete, func, insert, select, union_all, update

from app.articles import lists
from app.articles.models import Address, Article, Listed
from app.articles.schemas import ArchiveQuery, ArticleQuery, ArticleState
from app.changes import store as log
from app.changes.models import DESK, PUBLIC, Counter, Op, Revision, Shown, View
from app.changes.named import Lineage
from app.db import RawJson, Reader, Row, among, from_milliseconds, milliseconds, room, spread, upsert
from app.errors import Fault, Gone, Invalid, NotFound
from app.notes import store as notes
from app.sources import store as sources
from app.tags import store as tags
from app.web.fields import SLUG, UUID_TEXT
from app.web.pages import Position, Slice, cut, parts
from app.web.spans import since, until, within

ALL: Final = "all"


# --- one article ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """One article as a view shows it. `slug` is where it is to be found now."""

    id: str
    slug: str
    revision: int
    document: str


_ONE: Final = (
    select(Shown.ref, Shown.slug, Shown.revision, Revision.document)
    .join(
        Revision,
        (Revision.noun == Shown.noun) & (Revision.ref == Shown.ref) & (Revision.revision == Shown.revision),
    )
    .where(Shown.view == bindparam("view"), Shown.noun == "article")
)
_BY_ID: Final = _ONE.where(Shown.ref == bindparam("ref"))
_BY_SLUG: Final = _ONE.join(Address, Address.ref == Shown.ref).where(Address.slug == bindparam("ref"))
_BY_PUBLIC_SLUG: Final = _BY_SLUG.where(Address.public)
_WITHDRAWN: Final = select(Article.withdrawal).where(Article.status == "withdrawn")
_WITHDRAWN_BY_ID: Final = _WITHDRAWN.where(Article.id == bindparam("ref"))
_WITHDRAWN_BY_SLUG: Final = _WITHDRAWN.join(Address, Address.ref == Article.id).where(
    Address.slug == bindparam("ref"), Address.public
)


async def get(read: Reader, ref: str, view: View = PUBLIC) -> Found:
    """The article with this id, or with this slug, present or former.

    Cost: one statement, by key; two more for one that is not there. Raises: Gone, for a withdrawn one; NotFound.
    """
    by_id = UUID_TEXT.fullmatch(ref) is not None
    if not by_id and not SLUG.fullmatch(ref):
        raise NotFound("There is no article at this address.")
    statement = _BY_ID if by_id else _BY_PUBLIC_SLUG if view == PUBLIC else _BY_SLUG
    row = await read.row(statement, {"view": view, "ref": ref})
    if row is not None:
        return Found(*row)
    gone = await read.row(_WITHDRAWN_BY_ID if by_id else _WITHDRAWN_BY_SLUG, {"ref": ref})
    if gone is None:
        raise NotFound("There is no article at this address.")
    withdrawal = gone[0]
    replacement = withdrawal["replacement"]
    if replacement is not None and await read.row(_BY_ID, {"view": view, "ref": replacement}) is None:
        replacement = None
    raise Gone(
        "This article has been withdrawn.",
        reason=withdrawal["reason"],
        public_note=withdrawal["public_note"],
        replacement=replacement,
    )


# --- lists ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Group:
    """Terms of which an article needs one. `sections` holds only where the tag is of type section."""

    terms: tuple[str, ...]
    sections: bool = False


@dataclass(slots=True)
class _Plan:
    shape: lists.Shape
    params: dict[str, Any]
    groups: list[Group]


def _groups(wanted: ArticleQuery) -> list[Group]:
    role = f".{wanted.role}" if wanted.role else ""
    found = [Group(tuple(f"tag:{slug}" for slug in parts(some))) for some in wanted.tag]
    found += [Group(tuple(f"source{role}:{slug}" for slug in parts(some))) for some in wanted.source]
    found += [Group(tuple(f"note:{slug}" for slug in parts(some))) for some in wanted.note]
    if wanted.section is not None:
        found.append(Group(parts(wanted.section), sections=True))
    return found


async def newest(
    read: Reader,
    wanted: ArticleQuery,
    position: Position | None,
    zone: ZoneInfo,
    view: View = PUBLIC,
    *,
    whole: bool = False,
) -> Slice:
    """Articles that match, in the order asked for; one page of cards, or of whole documents.

    Order: (published_at or updated_at, id). An unknown slug matches nothing.
    Cost: one statement; one more over counters where several filters must all hold, so that the rarest leads; one
    more with `count`. Each walks an index from the position on: the leading list's length bounds the work.
    """
    groups = _groups(wanted)
    if len(groups) > 1:
        sizes = await log.counts(
            read, view, sorted({f"tag:{term}" if one.sections else term for one in groups for term in one.terms})
        )
        groups.sort(key=lambda one: sum(sizes[f"tag:{term}" if one.sections else term] for term in one.terms))
    plan = _plan(wanted, groups, position, zone, whole=whole)
    plan.params |= {"view": view, "limit": wanted.limit + 1}
    rows = await read.rows(lists.page(plan.shape), plan.params, slow=len(groups) > 1 or plan.shape.modified)
    page = _in_order(rows, wanted) if wanted.ids else _stretch(rows, wanted.limit, position)
    if wanted.count:
        page.count = await _count(read, plan, view)
    return page


def _plan(
    wanted: ArticleQuery, groups: list[Group], position: Position | None, zone: ZoneInfo, *, whole: bool
) -> _Plan:
    zone = ZoneInfo(wanted.tz) if wanted.tz else zone
    start, end = (
        within(wanted.date, zone)
        if wanted.date
        else (
            since(wanted.published_from, zone),
            until(wanted.published_to, zone),
        )
    )
    updated, modified = since(wanted.updated_since, zone), since(wanted.modified_since, zone)
    first, *rest = groups or [Group((ALL,))]
    languages = parts(wanted.language)
    refs = parts(wanted.ids)
    without = [tuple(f"tag:{slug}" for slug in parts(some)) for some in wanted.tag_not]
    shape = lists.Shape(
        driver=len(first.terms),
        sections=first.sections,
        languages=len(languages),
        probes=tuple((room(len(one.terms)), one.sections) for one in rest),
        without=tuple(room(len(terms)) for terms in without),
        since=start is not None,
        until=end is not None,
        updated=updated is not None,
        modified=modified is not None,
        by_updated=wanted.sort.endswith("updated_at"),
        descending=wanted.sort.startswith("-"),
        positioned=position is not None,
        backward=position is not None and position.backward,
        ids=room(len(refs)) if refs else 0,
        whole=whole,
    )
    params: dict[str, Any] = {"since": start, "until": end, "updated": updated, "modified": modified}
    params |= {f"term_{n}": term for n, term in enumerate(first.terms)}
    params |= {f"language_{n}": language for n, language in enumerate(languages)}
    for n, one in enumerate(rest):
        params |= spread(f"probe_{n}", room(len(one.terms)), one.terms)
    for n, terms in enumerate(without):
        params |= spread(f"without_{n}", room(len(terms)), terms)
    if refs:
        params |= spread("id", room(len(refs)), refs)
    if position is not None:
        params |= {"at_0": from_milliseconds(position.values[0]), "at_1": position.values[1]}
    return _Plan(shape, params, groups)


def _stretch(rows: list[Row], limit: int, position: Position | None) -> Slice:
    rows, before, after = cut(rows, limit, position)

    def place(row: Row, *, backward: bool) -> Position:
        return Position((milliseconds(row[0]), row[1]), backward)

    return Slice(
        items=[row[2] for row in rows],
        refs=[row[1] for row in rows],
        next=place(rows[-1], backward=False) if rows and after else None,
        prev=place(rows[0], backward=True) if rows and before else None,
    )


def _in_order(rows: list[Row], wanted: ArticleQuery) -> Slice:
    found = {row[1]: row[2] for row in rows}
    refs = [ref for ref in parts(wanted.ids) if ref in found]
    return Slice(items=[found[ref] for ref in refs], refs=refs)


async def _count(read: Reader, plan: _Plan, view: View) -> tuple[int, bool]:
    """From a counter where one is kept, else counted up to 10,000."""
    shape, params = plan.shape, plan.params
    narrowed = shape.since or shape.until or shape.updated or shape.modified or shape.probes or shape.without
    if not narrowed and not shape.ids and shape.driver == 1:
        ((n,),) = await read.rows(lists.counter(shape.sections, shape.languages), {**params, "view": view})
        return int(n or 0), True
    ((n,),) = await read.rows(lists.size(_unplaced(shape)), {**params, "view": view}, slow=True)
    return min(n, log.COUNTED), n <= log.COUNTED


def _unplaced(shape: lists.Shape) -> lists.Shape:
    return replace(shape, positioned=False, backward=False, whole=False)


async def archive(read: Reader, wanted: ArchiveQuery, view: View = PUBLIC) -> list[tuple[str, int]]:
    """(period, how many articles), oldest first, in the site's zone. Cost: one statement, over counters of days."""
    languages = parts(wanted.language)
    term = wanted.section or (f"tag:{wanted.tag}" if wanted.tag else ALL)
    params = {"view": view, "term_0": term, **{f"language_{n}": one for n, one in enumerate(languages)}}
    length = {"year": 4, "month": 7, "day": 10}[wanted.by]
    rows = await read.rows(lists.periods(length, wanted.section is not None, len(languages)), params, slow=True)
    return [(period, int(n)) for period, n in rows]


# --- what stands beside ------------------------------------------------------------------------------------------


async def included(
    read: Reader, documents: Iterable[str], include: Sequence[str], view: View = PUBLIC
) -> dict[str, dict[str, Any]]:
    """What `include` asks for, each object once and only what the view shows.

    Cost: one statement for each group; two for notes where some are pinned.
    """
    if not include:
        return {}
    items = [from_json(document) for document in documents]
    found: dict[str, dict[str, Any]] = {}
    if "tags" in include:
        found["tags"] = await log.cards(read, view, "tag", _each(items, lambda one: [one["section"], *one["tags"]]))
    if "sources" in include:
        found["sources"] = await log.cards(
            read, view, "source", _each(items, lambda one: [given["source"] for given in one["attributions"]])
        )
    if "notes" in include:
        found["notes"] = await _notes(read, items, view)
    if "relations" in include:
        refs = _each(items, lambda one: [relation["article"] for relation in one["relations"]])
        found["articles"] = await log.cards(read, view, "article", refs)
    if "translations" in include:
        found["translations"] = await _translations(read, items, view)
    return found


def _each(items: Iterable[Any], names: Any) -> list[str]:
    return list(dict.fromkeys(name for one in items for name in names(one) if name is not None))


async def _notes(read: Reader, items: list[Any], view: View) -> dict[str, str]:
    """Notes by slug as they are now; those embedded at a pinned revision under `slug@revision`, as they were."""
    found = await log.documents(read, view, "note", _each(items, lambda one: one["notes"]))
    bodies = [one["body"] for one in items if "body" in one]
    pins = {
        (block["note"], block["revision"])
        for body in bodies
        for block in body
        if block["type"] == "reference_note" and block["revision"] is not None
    }
    then = await log.pinned(read, view, "note", sorted(pins))
    return {**found, **{f"{slug}@{revision}": document for (slug, revision), document in then.items()}}


@cache
def _family(count: int) -> Any:
    """(original, ref, card) of originals and of their translations."""
    originals = select(Shown.ref.label("original"), Shown.ref.label("ref"), Shown.card).where(
        Shown.view == bindparam("view"), Shown.noun == "article", among(Shown.ref, "ref", count)
    )
    translations = (
        select(func.substr(Listed.term, len("translation:") + 1).label("original"), Listed.ref, Shown.card)
        .join(Shown, (Shown.view == Listed.view) & (Shown.noun == "article") & (Shown.ref == Listed.ref))
        .where(Listed.view == bindparam("view"), among(Listed.term, "term", count))
    )
    return union_all(originals, translations)


async def _translations(read: Reader, items: list[Any], view: View) -> dict[str, bytes]:
    """For each item its other languages: {language: {id, slug, headline}}."""
    originals = _each(items, lambda one: [one["translation_of"] or one["id"]])
    if not originals:
        return {}
    count = room(len(originals))
    terms = [f"translation:{ref}" for ref in originals]
    rows = await read.rows(
        _family(count), {"view": view, **spread("ref", count, originals), **spread("term", count, terms)}
    )
    families: dict[str, dict[str, Any]] = {}
    for original, _, card in rows:
        one = from_json(card)
        families.setdefault(original, {})[one["language"]] = {name: one[name] for name in ("id", "slug", "headline")}
    return {
        one["id"]: to_json(
            {
                language: other
                for language, other in sorted(families.get(one["translation_of"] or one["id"], {}).items())
                if other["id"] != one["id"]
            }
        )
        for one in items
    }


# --- writing ----------------------------------------------------------------------------------------------------


PUBLISHED: Final = "published"
# What the desk or a 410 tells, and no document.
ASIDE: Final = frozenset({"ednote", "withdrawal", "former_slugs"})


@dataclass(slots=True)
class Prepared:
    """An article rendered and taken apart for writing: pure data, so that another process can make it."""

    id: str
    slug: str
    language: str
    status: str
    was_published: bool
    revision: int
    modified_at: datetime
    listed_at: datetime
    updated_at: datetime
    translation_of: str | None
    section: str | None
    tags: list[str]
    attributed: list[tuple[str, str]]
    notes: list[tuple[int, str]]
    related: set[str]
    former_slugs: list[str]
    row: dict[str, Any]
    card: str
    body: str
    aside: dict[str, Any]

    @property
    def document(self) -> str:
        """The card with the body behind it."""
        return f'{self.card[:-1]},"body":{self.body}}}'

    @property
    def public(self) -> bool:
        return self.status == PUBLISHED


_AS_JSON: Final = ("tags", "attributions", "image", "relations", "origin", "corrections")


def prepare(state: ArticleState) -> Prepared:
    """The article's documents and rows. Needs no database; its references are not checked here."""
    card = to_json(state, exclude={"body", *ASIDE})
    body = to_json(state.body).decode()
    aside = state.model_dump(mode="json", include=set(ASIDE))
    row = {
        name: getattr(state, name)
        for name in ArticleState.model_fields
        if name
        not in {*_AS_JSON, *ASIDE, "id", "body", "translation_of", "excerpt", "notes", "word_count", "reading_minutes"}
    }
    row |= {"id": str(state.id), "translation_of": str(state.translation_of) if state.translation_of else None}
    row |= {name: _raw(getattr(state, name)) for name in _AS_JSON}
    row |= {"body": RawJson(body), "ednote": state.ednote, "withdrawal": _raw(state.withdrawal)}
    listed_at = state.published_at or state.publish_at or state.created_at
    related = {block.article for block in state.body if block.type == "related"}
    related |= {relation.article for relation in state.relations}
    related.add(state.withdrawal.replacement if state.withdrawal else None)
    return Prepared(
        id=row["id"],
        slug=state.slug,
        language=state.language,
        status=state.status,
        was_published=state.first_published_at is not None or state.status == "withdrawn",
        revision=state.revision,
        modified_at=state.modified_at,
        listed_at=listed_at,
        updated_at=state.updated_at or listed_at,
        translation_of=row["translation_of"],
        section=state.section,
        tags=state.tags,
        attributed=[(given.role, given.source) for given in state.attributions],
        notes=[(n, block.note) for n, block in enumerate(state.body) if block.type == "reference_note"],
        related={str(one) for one in related if one is not None},
        former_slugs=[slug for slug in state.former_slugs if slug != state.slug],
        row=row,
        card=card.decode(),
        body=body,
        aside=aside,
    )


def _raw(value: Any) -> RawJson | None:
    return None if value is None else RawJson(to_json(value).decode())


async def save(done: log.Writing, articles: Sequence[Prepared]) -> list[str]:
    """Writes the articles' new states, each id once; returns what became of each: created, updated or unchanged.

    A revision that is not beyond the known one is raised by one. What a public article names becomes public with it.
    Whether the articles it relates to exist is not asked: `missing` does.
    Cost: some twenty statements in all, whatever the number. Counters are locked, in the order of their keys, until
    the transaction ends: save once in each.
    Raises: Invalid, with pointers that begin with the place in `articles`; then nothing is written.
    """
    known = await log.known(done, "article", [article.id for article in articles])
    asides = await _asides(done, list(known))
    lineages = await tags.lineages(
        done, {slug for article in articles for slug in (*article.tags, article.section) if slug is not None}
    )
    faults = [
        *_wrong_tags(articles, lineages),
        *await _dangling(done, articles),
        *await _wrong_originals(done, articles),
        *await _taken(done, articles),
    ]
    if faults:
        raise Invalid("An article refers to what is not there, or takes what belongs to another.", *faults)
    batch = _Batch(done)
    outcomes = [
        batch.add(article, known.get(article.id), asides.get(article.id), _terms(article, lineages))
        for article in articles
    ]
    await batch.write()
    visible = [article for article in batch.written if article.public]
    named = {slug for article in visible for slug in (*article.tags, article.section) if slug is not None}
    await tags.reveal(done, named)
    await sources.reveal(done, {source for article in visible for _, source in article.attributed})
    return outcomes


async def owners(done: log.Writing, slugs: Sequence[str]) -> dict[str, str]:
    """Id of the article that each slug leads, or once led, to. Cost: one statement for each thousand."""
    found: dict[str, str] = {}
    for start in range(0, len(slugs), log.PORTION):
        some = slugs[start : start + log.PORTION]
        rows = await done.connection.execute(select(Address.slug, Address.ref).where(Address.slug.in_(some)))
        found.update({row.slug: row.ref for row in rows})
    return found


def identify(article: Prepared, ref: str) -> None:
    """Gives the article another id: that of the one it is a new state of."""
    article.id = article.row["id"] = ref
    _rewrite(article, id=ref)


async def missing(done: log.Writing, ids: Iterable[str]) -> set[str]:
    """Those ids that no article has. Cost: one statement for each thousand."""
    asked = sorted(ids)
    found: set[str] = set()
    for start in range(0, len(asked), log.PORTION):
        some = asked[start : start + log.PORTION]
        found |= {row.id for row in await done.connection.execute(select(Article.id).where(Article.id.in_(some)))}
    return {*asked} - found


class _Batch:
    """Collects the rows of many articles, so that each table is written once."""

    def __init__(self, done: log.Writing) -> None:
        self.done = done
        self.written: list[Prepared] = []
        self.inserted: list[dict[str, Any]] = []
        self.updated: list[dict[str, Any]] = []
        self.listed: list[dict[str, Any]] = []
        self.unlisted: list[dict[str, Any]] = []
        self.addresses: dict[str, dict[str, Any]] = {}
        self.counted: dict[tuple[str, str, str, str], int] = {}

    def add(
        self, article: Prepared, before: log.Known | None, aside: dict[str, Any] | None, terms: dict[str, bool]
    ) -> str:
        if before is not None:
            if _content(before.document) == _content(article.document) and _nothing_new(article.aside, aside):
                return "unchanged"
            if article.revision <= before.revision:
                _renumber(article, before.revision + 1)
        self.written.append(article)
        (self.inserted if before is None else self.updated).append(article.row)
        for slug, public in ((article.slug, article.was_published), *((one, True) for one in article.former_slugs)):
            self.addresses[slug] = {"slug": slug, "ref": article.id, "public": public}
        for view in VIEWS:
            standing = None if before is None else before.desk if view == DESK else before.public
            if standing is not None:
                self._take_out(view, article.id, standing)
            if view == DESK or article.public:
                self._put_in(view, article, terms)
        touched = {
            *terms,
            *(before.desk.terms if before else ()),
            *(before.public.terms if before and before.public else ()),
        }
        self.done.save(
            log.Saved(
                noun="article",
                ref=article.id,
                slug=article.slug,
                revision=article.revision,
                op=_op(article, before),
                document=article.document,
                card=article.card,
                modified_at=article.modified_at,
                listed_at=article.listed_at,
                language=article.language,
                terms=list(terms),
                keys=["articles", *(f"articles:{term}" for term in touched if term != ALL)],
                shown_public=article.public,
                was_public=before is not None and before.public is not None,
                was_shown=before is not None,
                ednote=article.aside["ednote"],
                reason=article.aside["withdrawal"]["reason"] if article.aside["withdrawal"] else None,
            )
        )
        return "created" if before is None else "updated"

    def _put_in(self, view: View, article: Prepared, terms: dict[str, bool]) -> None:
        for term, direct in terms.items():
            self.listed.append(
                {
                    "view": view,
                    "term": term,
                    "published_at": article.listed_at,
                    "ref": article.id,
                    "language": article.language,
                    "updated_at": article.updated_at,
                    "direct": direct,
                }
            )
            self._count(view, term, article.language, article.listed_at, 1)

    def _take_out(self, view: View, ref: str, standing: log.Standing) -> None:
        assert standing.listed_at is not None
        assert standing.language is not None
        for term in standing.terms:
            self.unlisted.append({"w": view, "t": term, "p": standing.listed_at, "r": ref})
            self._count(view, term, standing.language, standing.listed_at, -1)

    def _count(self, view: View, term: str, language: str, at: datetime, n: int) -> None:
        counted = self.counted
        for day in (at.astimezone(self.done.zone).strftime("%Y-%m-%d"), ""):
            key = (view, term, language, day)
            counted[key] = counted.get(key, 0) + n

    async def write(self) -> None:
        run = self.done.connection.execute
        if self.inserted:
            await run(insert(Article), sorted(self.inserted, key=lambda row: row["translation_of"] is not None))
        if self.updated:
            await run(_UPDATE, [{**row, "key": row["id"]} for row in self.updated])
        if self.addresses:
            statement = upsert(self.done.connection, Address)
            public = case((statement.excluded.public, True), else_=Address.public)
            await run(
                statement.on_conflict_do_update(index_elements=["slug"], set_={"public": public}),
                list(self.addresses.values()),
            )
        if self.unlisted:
            await run(_UNLIST, self.unlisted)
        if self.listed:
            self.listed.sort(key=lambda row: (row["view"], row["term"], row["published_at"], row["ref"]))
            await run(insert(Listed), self.listed)
        if rows := [(key, n) for key, n in sorted(self.counted.items()) if n]:
            statement = upsert(self.done.connection, Counter)
            await run(
                statement.on_conflict_do_update(
                    index_elements=["view", "term", "language", "day"], set_={"n": Counter.n + statement.excluded.n}
                ),
                [dict(zip(("view", "term", "language", "day", "n"), (*key, n), strict=True)) for key, n in rows],
            )


VIEWS: Final[tuple[View, ...]] = (DESK, PUBLIC)
_UPDATE: Final = (
    update(Article)
    .where(Article.id == bindparam("key"))
    .values({column.key: bindparam(column.key) for column in Article.__table__.columns if column.key != "id"})
)
_UNLIST: Final = delete(Listed).where(
    Listed.view == bindparam("w"),
    Listed.term == bindparam("t"),
    Listed.published_at == bindparam("p"),
    Listed.ref == bindparam("r"),
)


def _op(article: Prepared, before: log.Known | None) -> Op:
    if before is None:
        return "created"
    if article.public and before.public is None:
        return "published"
    if before.public is not None and not article.public:
        return "withdrawn" if article.status == "withdrawn" else "unpublished"
    return "updated"


def _content(document: str) -> dict[str, Any]:
    found: dict[str, Any] = from_json(document)
    return {name: value for name, value in found.items() if name not in {"revision", "created_at", "modified_at"}}


def _nothing_new(given: dict[str, Any], stored: dict[str, Any] | None) -> bool:
    """Whether all that stands beside the document is stored: a former slug stays whether it is named again or not."""
    return (
        stored is not None
        and {*given["former_slugs"]} <= {*stored["former_slugs"]}
        and all(given[name] == stored[name] for name in ("ednote", "withdrawal"))
    )


def _renumber(article: Prepared, revision: int) -> None:
    article.revision = article.row["revision"] = revision
    _rewrite(article, revision=revision)


def _rewrite(article: Prepared, **fields: Any) -> None:
    article.card = to_json({**from_json(article.card), **fields}).decode()


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


async def _asides(done: log.Writing, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What is stored beside the documents of these articles."""
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(ids), log.PORTION):
        some = ids[start : start + log.PORTION]
        rows = await done.connection.execute(
            select(Article.id, Article.slug, Article.ednote, Article.withdrawal).where(Article.id.in_(some))
        )
        present = {}
        for row in rows:
            present[row.id] = row.slug
            found[row.id] = {"ednote": row.ednote, "withdrawal": row.withdrawal, "former_slugs": []}
        addresses = await done.connection.execute(
            select(Address.slug, Address.ref).where(Address.ref.in_(some), Address.public).order_by(Address.slug)
        )
        for slug, ref in addresses:
            if slug != present[ref]:
                found[ref]["former_slugs"].append(slug)
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
    """Sources and notes that do not exist; notes that the public could not see beside the article."""
    known_sources = await sources.existing(done, {source for article in articles for _, source in article.attributed})
    known_notes = await notes.existing(done, {note for article in articles for _, note in article.notes})
    faults = []
    for place, article in enumerate(articles):
        faults += [
            Fault(f"there is no source {source!r}", pointer=f"/{place}/attributions/{n}/source")
            for n, (_, source) in enumerate(article.attributed)
            if source not in known_sources
        ]
        for n, note in article.notes:
            pointer = f"/{place}/body/{n}/note"
            if note not in known_notes:
                faults.append(Fault(f"there is no note {note!r}", pointer=pointer))
            elif article.public and known_notes[note] != PUBLISHED:
                faults.append(Fault(f"the note {note!r} is not published", pointer=pointer))
    return faults


async def _wrong_originals(done: log.Writing, articles: Sequence[Prepared]) -> list[Fault]:
    """Originals that do not exist or are translations; a second public translation into the same language."""
    batch = {article.id: article.translation_of for article in articles}
    wanted = {one for one in batch.values() if one is not None}
    if not wanted:
        return []
    rows = await done.connection.execute(select(Article.id, Article.translation_of).where(Article.id.in_(wanted)))
    originals = {**{row.id: row.translation_of for row in rows}, **batch}
    terms = [f"translation:{one}" for one in wanted]
    listed = await done.connection.execute(
        select(Listed.term, Listed.language, Listed.ref).where(Listed.view == PUBLIC, Listed.term.in_(terms))
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
        elif (
            article.public and taken.setdefault((f"translation:{original}", article.language), article.id) != article.id
        ):
            detail = f"has a published translation into {article.language!r} already"
            faults.append(Fault(detail, pointer=pointer))
    return faults


async def _taken(done: log.Writing, articles: Sequence[Prepared]) -> list[Fault]:
    """Slugs that lead, or once led, to another article."""
    wanted = [
        (slug, place, pointer)
        for place, article in enumerate(articles)
        for slug, pointer in (
            (article.slug, f"/{place}/slug"),
            *((one, f"/{place}/former_slugs/{n}") for n, one in enumerate(article.former_slugs)),
        )
    ]
    owned = await owners(done, [slug for slug, _, _ in wanted])
    faults = []
    for slug, place, pointer in wanted:
        ref = articles[place].id
        if owned.setdefault(slug, ref) != ref:
            faults.append(Fault(f"the slug {slug!r} belongs to the article {owned[slug]}", pointer=pointer))
    return faults
