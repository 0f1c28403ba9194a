"""Every statement about articles; how those of their lists are built stands in `lists`."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic_core import from_json, to_json
from sqlalchemy import bindparam, delete, func, select, union_all, update

from app.articles import lists
from app.articles.models import Address, Article, Listed
from app.articles.schemas import ArchiveQuery, ArticleQuery, ArticleState
from app.changes import store as log
from app.changes.models import DESK, PUBLIC, Counter, Noun, Op, Revision, Shown, View
from app.changes.named import Lineage
from app.db import RawJson, Reader, Row, add_up, among, bulk, from_milliseconds, milliseconds, room, spread
from app.errors import Fault, Gone, Invalid, NotFound
from app.notes import store as notes
from app.sources import store as sources
from app.tags import store as tags
from app.web.fields import SLUG, UUID_TEXT, show_instant
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
_BY_SLUG: Final = _ONE.join(Address, Address.ref == Shown.ref).where(Address.slug == bindparam("ref"), Address.public)
_WITHDRAWN: Final = select(Article.withdrawal).where(Article.status == "withdrawn")
_WITHDRAWN_BY_ID: Final = _WITHDRAWN.where(Article.id == bindparam("ref"))
_WITHDRAWN_BY_SLUG: Final = _WITHDRAWN.join(Address, Address.ref == Article.id).where(
    Address.slug == bindparam("ref"), Address.public
)


async def get(read: Reader, ref: str) -> Found:
    """The article with this id, or with this slug, present or former.

    Cost: one statement, by key; two more for one that is not there. Raises: Gone, for a withdrawn one; NotFound.
    """
    by_id = UUID_TEXT.fullmatch(ref) is not None
    if not by_id and not SLUG.fullmatch(ref):
        raise NotFound("There is no article at this address.")
    statement = _BY_ID if by_id else _BY_SLUG
    row = await read.row(statement, {"view": PUBLIC, "ref": ref})
    if row is not None:
        return Found(*row)
    gone = await read.row(_WITHDRAWN_BY_ID if by_id else _WITHDRAWN_BY_SLUG, {"ref": ref})
    if gone is None:
        raise NotFound("There is no article at this address.")
    withdrawal = gone[0]
    replacement = withdrawal["replacement"]
    if replacement is not None and await read.row(_BY_ID, {"view": PUBLIC, "ref": replacement}) is None:
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
    *,
    whole: bool = False,
) -> Slice:
    """Articles that match, in the order asked for; one page of cards, or of whole documents.

    Order: (published_at or updated_at, id). An unknown slug matches nothing. Where several filters must all hold, a
    page looks through LOOKED_AT articles at most, so that it may be short, or empty, and have a next one.
    Cost: one statement; one more over counters where several filters must all hold, so that the rarest leads, and one
    where even that has more than LOOKED_AT; one more with `count`. Each walks an index from the position on.
    """
    groups = _groups(wanted)
    fence: Position | None = None
    if len(groups) > 1:
        sizes = await log.counts(read, PUBLIC, sorted({term for one in groups for term in _counted(one)}))
        groups.sort(key=lambda one: sum(sizes[term] for term in _counted(one)))
    plan = _plan(wanted, groups, position, zone, whole=whole)
    plan.params |= {"view": PUBLIC, "limit": wanted.limit + 1}
    if len(groups) > 1 and not wanted.ids and sum(sizes[one] for one in _counted(groups[0])) > LOOKED_AT:
        fence = await _fence(read, plan)
    rows = await read.rows(lists.page(plan.shape), plan.params, slow=len(groups) > 1 or plan.shape.modified)
    page = _in_order(rows, wanted) if wanted.ids else _stretch(rows, plan, wanted.limit, position, fence)
    if wanted.count:
        page.count = await _count(read, plan)
    return page


# A look at one article is a few microseconds.
LOOKED_AT: Final = 5_000


def _counted(group: Group) -> list[str]:
    """The terms under which the group's articles are counted."""
    return [f"tag:{term}" if group.sections else term for term in group.terms]


async def _fence(read: Reader, plan: _Plan) -> Position | None:
    """How far the page looks, where its lists go on behind that; the plan then ends there."""
    skip = LOOKED_AT // plan.shape.branches
    end = await read.row(lists.fence(plan.shape), {**plan.params, "limit": 1, "skip": skip}, slow=True)
    if end is None:
        return None
    plan.shape = replace(plan.shape, fenced=True)
    plan.params |= {"fence_0": end[0], "fence_1": end[1]}
    return _place(end, backward=plan.shape.backward)


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


def _place(row: Row, *, backward: bool) -> Position:
    return Position((milliseconds(row[0]), row[1]), backward)


def _stretch(rows: list[Row], plan: _Plan, limit: int, position: Position | None, fence: Position | None) -> Slice:
    whole = fence is None or len(rows) > limit
    rows, before, after = cut(rows, limit, position)
    page = Slice(
        items=[row[2] for row in rows],
        refs=[row[1] for row in rows],
        next=_place(rows[-1], backward=False) if rows and after else None,
        prev=_place(rows[0], backward=True) if rows and before else None,
    )
    behind = _turned(position, plan.shape) if position is not None and not rows else None
    ahead = None if whole else fence
    if plan.shape.backward:
        return replace(page, prev=ahead or page.prev, next=page.next or behind)
    return replace(page, next=ahead or page.next, prev=page.prev or behind)


def _turned(position: Position, shape: lists.Shape) -> Position:
    """The way back from a place, itself included: an empty page has no article to turn round at."""
    at, ref = position.values
    return Position((at, ref[:-1] if shape.down else f"{ref}~"), not position.backward)


def _in_order(rows: list[Row], wanted: ArticleQuery) -> Slice:
    found = {row[1]: row[2] for row in rows}
    refs = [ref for ref in parts(wanted.ids) if ref in found]
    return Slice(items=[found[ref] for ref in refs], refs=refs)


async def _count(read: Reader, plan: _Plan) -> tuple[int, bool]:
    """From a counter where one is kept, else counted up to 10,000."""
    shape, params = plan.shape, plan.params
    narrowed = shape.since or shape.until or shape.updated or shape.modified or shape.probes or shape.without
    if not narrowed and not shape.ids and shape.driver == 1:
        ((n,),) = await read.rows(lists.counter(shape.sections, shape.languages), {**params, "view": PUBLIC})
        return int(n or 0), True
    ((n,),) = await read.rows(lists.size(_unplaced(shape)), {**params, "view": PUBLIC}, slow=True)
    return min(n, log.COUNTED), n <= log.COUNTED


def _unplaced(shape: lists.Shape) -> lists.Shape:
    return replace(shape, positioned=False, backward=False, whole=False)


async def archive(read: Reader, wanted: ArchiveQuery) -> list[tuple[str, int]]:
    """(period, how many articles), oldest first, in the site's zone. Cost: one statement, over counters of days."""
    languages = parts(wanted.language)
    term = wanted.section or (f"tag:{wanted.tag}" if wanted.tag else ALL)
    params = {"view": PUBLIC, "term_0": term, **{f"language_{n}": one for n, one in enumerate(languages)}}
    length = {"year": 4, "month": 7, "day": 10}[wanted.by]
    rows = await read.rows(lists.periods(length, wanted.section is not None, len(languages)), params, slow=True)
    return [(period, int(n)) for period, n in rows]


# --- what stands beside ------------------------------------------------------------------------------------------


async def included(read: Reader, documents: Iterable[str], include: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What `include` asks for, each object once and only what the view shows.

    Cost: one statement for tags, sources and relations, one for translations, one or, where some are pinned, two for
    notes.
    """
    if not include:
        return {}
    items = [from_json(document) for document in documents]
    found: dict[str, dict[str, Any]] = {}
    wanted: dict[Noun, list[str]] = {}
    if "tags" in include:
        wanted["tag"] = _each(items, lambda one: [one["section"], *one["tags"]])
    if "sources" in include:
        wanted["source"] = _each(items, lambda one: [given["source"] for given in one["attributions"]])
    if "relations" in include:
        wanted["article"] = _each(items, _related)
    if wanted:
        found |= {f"{noun}s": cards for noun, cards in (await log.cards(read, PUBLIC, wanted)).items()}
    if "notes" in include:
        found["notes"] = await _notes(read, items)
    if "translations" in include:
        found["translations"] = await _translations(read, items)
    return found


def _related(one: dict[str, Any]) -> list[str | None]:
    """Ids of the articles that this one relates to, in its body too where that is there."""
    blocks = (block for block in one.get("body", ()) if block["type"] == "related")
    return [relation["article"] for relation in (*one["relations"], *blocks)]


def _each(items: Iterable[Any], names: Any) -> list[str]:
    return list(dict.fromkeys(name for one in items for name in names(one) if name is not None))


async def _notes(read: Reader, items: list[Any]) -> dict[str, str]:
    """Notes by slug as they are now; those embedded at a pinned revision under `slug@revision`, as they were."""
    found = await log.documents(read, PUBLIC, "note", _each(items, lambda one: one["notes"]))
    bodies = [one["body"] for one in items if "body" in one]
    pins = {
        (block["note"], block["revision"])
        for body in bodies
        for block in body
        if block["type"] == "reference_note" and block["revision"] is not None
    }
    then = await log.pinned(read, PUBLIC, "note", sorted(pins))
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


async def _translations(read: Reader, items: list[Any]) -> dict[str, str]:
    """For each item its other languages: {language: {id, slug, headline}}."""
    originals = _each(items, lambda one: [one["translation_of"] or one["id"]])
    if not originals:
        return {}
    count = room(len(originals))
    terms = [f"translation:{ref}" for ref in originals]
    rows = await read.rows(
        _family(count), {"view": PUBLIC, **spread("ref", count, originals), **spread("term", count, terms)}
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
        ).decode()
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
    assumed: frozenset[str]

    @property
    def document(self) -> str:
        """The card with the body behind it."""
        return f'{self.card[:-1]},"body":{self.body}}}'

    @property
    def public(self) -> bool:
        return self.status == PUBLISHED


# Columns that hold JSON, and those that a document's fields of the same name go into as they are.
_AS_JSON: Final = ("tags", "attributions", "image", "relations", "origin", "corrections")
_AS_IS: Final = tuple(
    column.key
    for column in Article.__table__.columns
    if column.key not in {*_AS_JSON, "id", "body", "translation_of", "withdrawal"}
)
_COLUMNS: Final = ("id", "translation_of", "body", "withdrawal", *_AS_JSON, *_AS_IS)


def prepare(state: ArticleState) -> Prepared:
    """The article's documents and rows. Needs no database; its references are not checked here."""
    card = to_json(state, exclude=_OFF_CARD)
    body = to_json(state.body).decode()
    given = state.withdrawal
    withdrawal = None if given is None else to_json(given).decode()
    row: dict[str, Any] = {
        "id": str(state.id),
        "translation_of": str(state.translation_of) if state.translation_of else None,
        "body": body,
        "withdrawal": withdrawal,
    }
    for name in _AS_JSON:
        value = getattr(state, name)
        row[name] = None if value is None else to_json(value).decode() if value else "[]"
    for name in _AS_IS:
        row[name] = getattr(state, name)
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
        aside={
            "ednote": state.ednote,
            "withdrawal": from_json(withdrawal) if withdrawal else None,
            "former_slugs": state.former_slugs,
        },
        assumed=log.DATED - state.model_fields_set,
    )


_OFF_CARD: Final = {"body", *ASIDE}


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
    owned = await owners(done, [slug for article in articles for slug in (article.slug, *article.former_slugs)])
    faults = [
        *_wrong_tags(articles, lineages),
        *await _dangling(done, articles),
        *await _wrong_originals(done, articles),
        *_taken(articles, owned),
    ]
    if faults:
        raise Invalid("An article refers to what is not there, or takes what belongs to another.", *faults)
    batch = _Batch(done, {*owned})
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

    def __init__(self, done: log.Writing, addresses: set[str]) -> None:
        self.done = done
        self.known = addresses
        self.written: list[Prepared] = []
        self.inserted: list[Prepared] = []
        self.updated: list[Prepared] = []
        self.listed: defaultdict[tuple[str, str], list[tuple[Any, ...]]] = defaultdict(list)
        self.unlisted: list[dict[str, Any]] = []
        self.addresses: dict[str, tuple[str, bool]] = {}
        self.counted: defaultdict[tuple[str, str], defaultdict[tuple[str, str], int]] = defaultdict(_zeros)

    def add(
        self, article: Prepared, before: log.Known | None, aside: dict[str, Any] | None, terms: dict[str, bool]
    ) -> str:
        if before is not None:
            same = _content(before.document, article.assumed) == _content(article.document, article.assumed)
            if same and _nothing_new(article.aside, aside):
                return "unchanged"
            _follow(article, before, self.done.at)
        self.written.append(article)
        (self.inserted if before is None else self.updated).append(article)
        for slug, public in ((article.slug, article.was_published), *((one, True) for one in article.former_slugs)):
            self.addresses[slug] = (article.id, public)
        if before is not None:
            self._take_out(before.view, article.id, before.standing)
        self._put_in(PUBLIC if article.public else DESK, article, terms)
        touched = {*terms, *(before.standing.terms if before else ())}
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
                was_public=before is not None and before.public,
                was_shown=before is not None,
                ednote=article.aside["ednote"],
                reason=article.aside["withdrawal"]["reason"] if article.aside["withdrawal"] else None,
            )
        )
        return "created" if before is None else "updated"

    def _put_in(self, view: View, article: Prepared, terms: dict[str, bool]) -> None:
        at, ref, language, updated_at = article.listed_at, article.id, article.language, article.updated_at
        for term, direct in terms.items():
            self.listed[view, term].append((view, term, at, ref, language, updated_at, direct))
        self._count(view, terms, language, at, 1)

    def _take_out(self, view: View, ref: str, standing: log.Standing) -> None:
        assert standing.listed_at is not None
        assert standing.language is not None
        for term in standing.terms:
            self.unlisted.append({"w": view, "t": term, "p": standing.listed_at, "r": ref})
        self._count(view, standing.terms, standing.language, standing.listed_at, -1)

    def _count(self, view: View, terms: Iterable[str], language: str, at: datetime, n: int) -> None:
        day = _day(at, self.done.zone)
        for term in terms:
            self.counted[view, term][language, day if term.startswith(DATED) else ""] += n

    async def write(self) -> None:
        connection = self.done.connection
        self.inserted.sort(key=lambda article: article.translation_of is not None)
        await bulk(connection, Article, _COLUMNS, [_values(article.row) for article in self.inserted])
        if self.updated:
            await connection.execute(_UPDATE, [_update(article.row) for article in self.updated])
        new = [(slug, *rest) for slug, rest in self.addresses.items() if slug not in self.known]
        await bulk(connection, Address, ("slug", "ref", "public"), new)
        if published := [{"s": slug} for slug, (_, public) in self.addresses.items() if public and slug in self.known]:
            await connection.execute(_PUBLISH, published)
        if self.unlisted:
            await connection.execute(_UNLIST, self.unlisted)
        await bulk(
            connection, Listed, LISTED, [row for place in sorted(self.listed) for row in sorted(self.listed[place])]
        )
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


def _day(at: datetime, zone: ZoneInfo) -> str:
    """The day of an instant in the site's zone; in UTC at the ends of time, where the zone's would be beyond them."""
    try:
        return at.astimezone(zone).date().isoformat()
    except OverflowError:
        return at.date().isoformat()


def _zeros() -> defaultdict[tuple[str, str], int]:
    return defaultdict(int)


_values: Final = itemgetter(*_COLUMNS)


def _update(row: dict[str, Any]) -> dict[str, Any]:
    ready = {name: RawJson(row[name]) for name in (*_AS_JSON, "body", "withdrawal") if row[name] is not None}
    return {**row, **ready, "key": row["id"]}


# Terms of which an archive is kept.
DATED: Final = (ALL, "tag:")
LISTED: Final = ("view", "term", "published_at", "ref", "language", "updated_at", "direct")
_PUBLISH: Final = update(Address).where(Address.slug == bindparam("s")).values(public=True)
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
    if article.public and not before.public:
        return "published"
    if before.public and not article.public:
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


UNCOMPARED: Final = frozenset({"revision", "created_at", "modified_at"})


def _follow(article: Prepared, before: log.Known, at: datetime) -> None:
    """Makes the article the next state of what is stored: what its writer did not say of dates is as it must be."""
    old = from_json(before.document)
    row = article.row
    row["revision"] = article.revision = max(article.revision, before.revision + 1)
    if "created_at" in article.assumed:
        row["created_at"] = datetime.fromisoformat(old["created_at"])
    if "first_published_at" in article.assumed and old["first_published_at"] is not None:
        row["first_published_at"] = datetime.fromisoformat(old["first_published_at"])
    if "updated_at" in article.assumed and article.public:
        row["updated_at"] = article.updated_at = at
    if "modified_at" in article.assumed:
        row["modified_at"] = article.modified_at = at
    moved = ("created_at", "first_published_at", "updated_at", "modified_at")
    dates = {name: None if row[name] is None else show_instant(row[name]) for name in moved}
    _rewrite(article, revision=article.revision, **dates)


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
    turned = [article.id for article in articles if article.translation_of is not None]
    translated = await done.connection.execute(
        select(Article.translation_of).distinct().where(Article.translation_of.in_(turned))
    )
    having = {row.translation_of for row in translated} | wanted
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
        elif article.id in having:
            faults.append(Fault("the article has translations of its own, so it cannot be one", pointer=pointer))
        elif (
            article.public and taken.setdefault((f"translation:{original}", article.language), article.id) != article.id
        ):
            detail = f"has a published translation into {article.language!r} already"
            faults.append(Fault(detail, pointer=pointer))
    return faults


def _taken(articles: Sequence[Prepared], owned: dict[str, str]) -> Iterable[Fault]:
    """Slugs that lead, or once led, to another article, or that two of these want."""
    taken = dict(owned)
    for place, article in enumerate(articles):
        for slug, pointer in (
            (article.slug, f"/{place}/slug"),
            *((one, f"/{place}/former_slugs/{n}") for n, one in enumerate(article.former_slugs)),
        ):
            if taken.setdefault(slug, article.id) != article.id:
                yield Fault(f"the slug {slug!r} belongs to the article {taken[slug]}", pointer=pointer)
