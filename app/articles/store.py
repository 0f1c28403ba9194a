"""Every reading of articles; how the statements of their lists are built stands in `lists`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic_core import from_json, to_json
from sqlalchemy import bindparam, func, or_, select, union_all

from app.articles import lists
from app.articles.models import Address, Article
from app.articles.saving import ALL
from app.articles.schemas import ArchiveQuery, ArticleQuery
from app.changes import shown
from app.changes.models import Listed, Noun, Revision, Shown
from app.changes.shown import EVERYONE, NEWEST, Kind, Perspective, overlaid, visible
from app.content.release import to_come
from app.db import Reader, Row, among, from_milliseconds, milliseconds, room, spread
from app.errors import Gone, NotFound
from app.web.fields import SLUG, UUID_TEXT
from app.web.pages import Position, Slice, cut, parts
from app.web.spans import since, until, within

# --- one article ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """One article as a perspective shows it. `slug` is where it is to be found now."""

    id: str
    slug: str
    revision: int
    document: str
    ednote: str | None


@cache
def _one(kind: Kind, by_id: bool) -> Any:
    query = (
        select(Shown.ref, Shown.slug, Shown.revision, Revision.document, Revision.ednote)
        .join(
            Revision,
            (Revision.noun == Shown.noun) & (Revision.ref == Shown.ref) & (Revision.revision == Shown.revision),
        )
        .where(visible(Shown, kind), Shown.noun == "article")
    )
    if by_id:
        query = query.where(Shown.ref == bindparam("ref"))
    else:
        query = query.join(Address, Address.ref == Shown.ref).where(Address.slug == bindparam("ref"))
        # To the public a slug is known by what is, or was, public under it; at an instant to come, by what will be.
        known = or_(Address.public, Address.slug == Shown.slug) if kind == "due" else Address.public
        query = query if kind == "desk" else query.where(known)
    return query if kind == "public" else query.order_by(Shown.view).limit(1)


_WITHDRAWN: Final = select(Article.withdrawal).where(Article.status == "withdrawn")
_WITHDRAWN_BY_ID: Final = _WITHDRAWN.where(Article.id == bindparam("ref"))
_WITHDRAWN_BY_SLUG: Final = _WITHDRAWN.join(Address, Address.ref == Article.id).where(
    Address.slug == bindparam("ref"), Address.public
)


async def get(read: Reader, seen: Perspective, ref: str) -> Found:
    """The article with this id, or with this slug, present or former.

    Cost: one statement, by key; two more for one that is not there. Raises: Gone, for a withdrawn one; NotFound.
    """
    by_id = UUID_TEXT.fullmatch(ref) is not None
    if not by_id and not SLUG.fullmatch(ref):
        raise NotFound("There is no article at this address.")
    row = await read.row(_one(seen.kind, by_id), {"ref": ref, **seen.params})
    if row is not None:
        found = Found(*row)
        if seen.then is not None:
            return await _then(read, found, seen.then)
        return replace(found, document=_to_come(found.document)) if seen.due else found
    gone = await read.row(_WITHDRAWN_BY_ID if by_id else _WITHDRAWN_BY_SLUG, {"ref": ref})
    if gone is None:
        raise NotFound("There is no article at this address.")
    withdrawal = gone[0]
    replacement = withdrawal["replacement"]
    if replacement is not None and await read.row(_one("public", True), {"ref": replacement}) is None:
        replacement = None
    raise Gone(
        "This article has been withdrawn.",
        reason=withdrawal["reason"],
        public_note=withdrawal["public_note"],
        replacement=replacement,
    )


async def preview(read: Reader, ref: str) -> Found:
    """The newest state of the article with this id. Raises: Gone, for a withdrawn one; NotFound."""
    found = await get(read, NEWEST, ref)
    if from_json(found.document)["status"] == "withdrawn":
        await get(read, EVERYONE, ref)
    return found


async def working_copy(read: Reader, ref: str) -> Found:
    """The working copy of the public article with this id or slug. Cost: three statements. Raises: NotFound, Gone."""
    found = await get(read, NEWEST, ref)
    public = await shown.document(read, EVERYONE, "article", found.id)
    if public is None or public[0] == found.revision:
        raise NotFound("The article has no working copy.")
    return found


def _to_come(document: str) -> str:
    """The document as it will be, where it is scheduled."""
    found = from_json(document)
    return to_json(to_come(found)).decode() if found["status"] == "scheduled" else document


async def _then(read: Reader, found: Found, at: datetime) -> Found:
    document = (await shown.then(read, "article", [found.id], at)).get(found.id)
    if document is None:
        raise NotFound("This article was not public then.")
    return replace(found, document=document, revision=from_json(document)["revision"], ednote=None)


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
    seen: Perspective,
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
        sizes = await shown.counts(read, seen, sorted({term for one in groups for term in _counted(one)}))
        groups.sort(key=lambda one: sum(sizes[term] for term in _counted(one)))
    plan = _plan(seen, wanted, groups, position, zone, whole=whole)
    plan.params |= {**seen.params, "limit": wanted.limit + 1}
    if len(groups) > 1 and not wanted.ids and sum(sizes[one] for one in _counted(groups[0])) > LOOKED_AT:
        fence = await _fence(read, plan)
    rows = await read.rows(lists.page(plan.shape), plan.params, slow=len(groups) > 1 or plan.shape.modified)
    page = _in_order(rows, wanted) if wanted.ids else _stretch(rows, plan, wanted.limit, position, fence)
    if seen.due is not None:
        page.items = [_to_come(item) for item in page.items]
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
    seen: Perspective,
    wanted: ArticleQuery,
    groups: list[Group],
    position: Position | None,
    zone: ZoneInfo,
    *,
    whole: bool,
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
        kind=seen.kind,
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
    if not narrowed and not shape.ids and shape.driver == 1 and shape.kind != "due":
        ((n,),) = await read.rows(lists.counter(shape.kind, shape.sections, shape.languages), params)
        return int(n or 0), True
    ((n,),) = await read.rows(lists.size(_unplaced(shape)), params, slow=True)
    return min(n, shown.COUNTED), n <= shown.COUNTED


def _unplaced(shape: lists.Shape) -> lists.Shape:
    return replace(shape, positioned=False, backward=False, whole=False)


async def archive(read: Reader, seen: Perspective, wanted: ArchiveQuery) -> list[tuple[str, int]]:
    """(period, how many articles), oldest first, in the site's zone. Cost: one statement, over counters of days."""
    languages = parts(wanted.language)
    term = wanted.section or (f"tag:{wanted.tag}" if wanted.tag else ALL)
    params = {"term_0": term, **{f"language_{n}": one for n, one in enumerate(languages)}}
    length = {"year": 4, "month": 7, "day": 10}[wanted.by]
    statement = lists.periods(seen.kind, length, wanted.section is not None, len(languages))
    rows = await read.rows(statement, params, slow=True)
    return [(period, int(n)) for period, n in rows]


# --- what stands beside ------------------------------------------------------------------------------------------


async def included(
    read: Reader, seen: Perspective, documents: Iterable[str], include: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """What `include` asks for, each object once and only what is seen.

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
        found |= {f"{noun}s": cards for noun, cards in (await shown.cards(read, seen, wanted)).items()}
    if "notes" in include:
        found["notes"] = await _notes(read, seen, items)
    if "translations" in include:
        found["translations"] = await _translations(read, seen, items)
    return found


def _related(one: dict[str, Any]) -> list[str | None]:
    """Ids of the articles that this one relates to, in its body too where that is there."""
    blocks = (block for block in one.get("body", ()) if block["type"] == "related")
    return [relation["article"] for relation in (*one["relations"], *blocks)]


def _each(items: Iterable[Any], names: Any) -> list[str]:
    return list(dict.fromkeys(name for one in items for name in names(one) if name is not None))


async def _notes(read: Reader, seen: Perspective, items: list[Any]) -> dict[str, str]:
    """Notes by slug as they are now; those embedded at a pinned revision under `slug@revision`, as they were."""
    slugs = _each(items, lambda one: one["notes"])
    if seen.then is not None:
        return await shown.then(read, "note", slugs, seen.then)
    found = await shown.documents(read, seen, "note", slugs)
    bodies = [one["body"] for one in items if "body" in one]
    pins = {
        (block["note"], block["revision"])
        for body in bodies
        for block in body
        if block["type"] == "reference_note" and block["revision"] is not None
    }
    then = await shown.pinned(read, seen, "note", sorted(pins))
    return {**found, **{f"{slug}@{revision}": document for (slug, revision), document in then.items()}}


@cache
def _family(kind: Kind, count: int) -> Any:
    """(view, original, ref, card) of originals and of their translations."""
    originals = select(Shown.view, Shown.ref.label("original"), Shown.ref.label("ref"), Shown.card).where(
        visible(Shown, kind), Shown.noun == "article", among(Shown.ref, "ref", count)
    )
    translations = (
        select(Shown.view, func.substr(Listed.term, len("translation:") + 1).label("original"), Listed.ref, Shown.card)
        .join(Shown, (Shown.view == Listed.view) & (Shown.noun == "article") & (Shown.ref == Listed.ref))
        .where(visible(Shown, kind), among(Listed.term, "term", count))
    )
    return union_all(originals, translations)


async def _translations(read: Reader, seen: Perspective, items: list[Any]) -> dict[str, str]:
    """For each item its other languages: {language: {id, slug, headline}}."""
    originals = _each(items, lambda one: [one["translation_of"] or one["id"]])
    if not originals:
        return {}
    count = room(len(originals))
    terms = [f"translation:{ref}" for ref in originals]
    rows = await read.rows(
        _family(seen.kind, count), {**seen.params, **spread("ref", count, originals), **spread("term", count, terms)}
    )
    families: dict[str, dict[str, Any]] = {}
    for original, card in {ref: (original, card) for _, original, ref, card in overlaid(rows)}.values():
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
