"""Records what a transaction did, last of all and in commit order; reads documents, revisions and positions back."""

from collections.abc import AsyncIterator, Hashable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from pydantic_core import to_json
from sqlalchemy import ColumnElement, Select, bindparam, delete, func, literal, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.changes.models import DESK, PUBLIC, Change, Counter, Head, Noun, Op, Revision, Shown, View
from app.db import (
    SHAPES,
    Database,
    Reader,
    Row,
    SchemaMismatch,
    among,
    bulk,
    from_milliseconds,
    keyset,
    milliseconds,
    room,
    spread,
    utcnow,
)
from app.web.pages import Position, Slice, cut, parts

HEAD: Final = 1
Ref = TypeVar("Ref", bound=Hashable)
# What becomes public by being named.
NAMED: Final[tuple[Noun, ...]] = ("tag", "source")


@dataclass(slots=True)
class Saved:
    """What became of one object in this transaction: the entry of the log, and what the views are to show.

    `shown_public` is whether the public sees this state afterwards, `was_public` whether it saw one before;
    `was_shown` whether the desk knew the object. `fresh` is false where no new revision was made.
    """

    noun: Noun
    ref: str
    slug: str
    revision: int
    op: Op
    document: str
    card: str
    modified_at: datetime
    listed_at: datetime | None = None
    language: str | None = None
    terms: Sequence[str] = ()
    keys: Iterable[str] = ()
    shown_public: bool = False
    was_public: bool = False
    was_shown: bool = False
    fresh: bool = True
    ednote: str | None = None
    kind: str | None = None
    note: str | None = None
    reason: str | None = None


@dataclass(slots=True)
class Writing:
    """One write transaction. Stores write their rows through `connection` and hand each object's outcome to `save`."""

    connection: AsyncConnection
    actor: str
    zone: ZoneInfo
    at: datetime = field(default_factory=utcnow)
    saved: dict[tuple[str, str], Saved] = field(default_factory=dict)
    revealed: set[tuple[Noun, str]] = field(default_factory=set)
    held: dict[Any, dict[str, Any]] = field(default_factory=dict)

    def save(self, saved: Saved) -> None:
        """Notes the outcome: one transaction, one change per object, so a later one takes in the earlier."""
        before = self.saved.get((saved.noun, saved.ref))
        if before is not None:
            saved.was_public, saved.was_shown = before.was_public, before.was_shown
            saved.fresh = saved.fresh or before.fresh
            saved.keys = {*before.keys, *saved.keys}
            if before.op == "created":
                saved.op = "created"
        self.saved[saved.noun, saved.ref] = saved

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """What fails inside leaves nothing, neither rows nor entries of the log."""
        before = {key: replace(one) for key, one in self.saved.items()}, {*self.revealed}
        try:
            async with self.connection.begin_nested():
                yield
        except BaseException:
            self.saved, self.revealed = before
            self.held = {}
            raise


@asynccontextmanager
async def writing(database: Database, *, actor: str, zone: ZoneInfo) -> AsyncIterator[Writing]:
    """A transaction whose end appends to the log what was saved, and commits. An exception leaves nothing.

    Order: numbers follow the order of commits, without holes. Raises: Unavailable.
    """
    async with database.begin() as connection:
        transaction = Writing(connection, actor, zone)
        yield transaction
        if transaction.saved:
            await _record(transaction)


async def _record(done: Writing) -> None:
    if done.revealed:
        await _reveal(done)
    saved = list(done.saved.values())
    await _write(done, _END_SPAN, [{"n": one.noun, "r": one.ref, "now": done.at} for one in saved if one.was_public])
    await bulk(done.connection, Revision, REVISION, [_revision(done, one) for one in saved if one.fresh])
    await _show(done, saved)
    # Numbers must follow COMMIT order, or a reader at `seq` N could miss N-1, committed later. The head's row is
    # the lock; moved last, it is held shortest.
    public = [one for one in saved if one.shown_public or one.was_public]
    moved = (
        await done.connection.execute(
            update(Head)
            .where(Head.id == HEAD)
            .values(
                seq=Head.seq + len(saved),
                public_seq=Head.public_seq + len(public),
                zone=func.coalesce(Head.zone, done.zone.key),
            )
            .returning(Head.seq, Head.public_seq, Head.zone)
        )
    ).one()
    _same_zone(moved.zone, done.zone)
    public_seq = moved.public_seq - len(public)
    rows = []
    for seq, one in enumerate(saved, moved.seq - len(saved) + 1):
        known = one.shown_public or one.was_public
        public_seq += known
        keys = to_json(sorted({f"{one.noun}:{one.ref}", *one.keys})).decode()
        number = public_seq if known else None
        rows.append((seq, number, done.at, done.actor, one.op, one.noun, one.ref, one.revision, keys, one.reason))
    await bulk(done.connection, Change, CHANGE, rows)


CHANGE: Final = ("seq", "public_seq", "at", "actor", "op", "noun", "ref", "revision", "keys", "reason")
REVISION: Final = (
    "noun", "ref", "revision", "at", "op", "kind", "note", "public_from", "public_to", "document", "ednote"
)  # fmt: skip
SHOWN: Final = (
    "view", "noun", "ref", "revision", "slug", "modified_at", "listed_at", "language", "terms", "card"
)  # fmt: skip


async def _write(done: Writing, statement: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        await done.connection.execute(statement, rows)


def _revision(done: Writing, one: Saved) -> tuple[Any, ...]:
    public_from = done.at if one.shown_public else None
    return (
        one.noun, one.ref, one.revision, done.at, one.op, one.kind, one.note, public_from, None,
        one.document, one.ednote,
    )  # fmt: skip


def _shown(view: View, one: Saved) -> tuple[Any, ...]:
    terms = to_json(list(one.terms)).decode()
    return (
        view, one.noun, one.ref, one.revision, one.slug, one.modified_at, one.listed_at, one.language, terms, one.card
    )  # fmt: skip


async def _show(done: Writing, saved: list[Saved]) -> None:
    old = [one for one in saved if one.shown_public and not one.fresh]
    await _write(done, _BEGIN_SPAN, [{"n": one.noun, "r": one.ref, "v": one.revision, "now": done.at} for one in old])
    hidden = [one for one in saved if one.was_shown]
    await _write(
        done,
        _HIDE,
        [{"w": PUBLIC if one.was_public else DESK, "n": one.noun, "r": one.ref} for one in hidden],
    )
    await bulk(done.connection, Shown, SHOWN, [_shown(PUBLIC if one.shown_public else DESK, one) for one in saved])


_HIDE: Final = delete(Shown).where(
    Shown.view == bindparam("w"), Shown.noun == bindparam("n"), Shown.ref == bindparam("r")
)
_BEGIN_SPAN: Final = (
    update(Revision)
    .where(Revision.noun == bindparam("n"), Revision.ref == bindparam("r"), Revision.revision == bindparam("v"))
    .values(public_from=bindparam("now"), public_to=None)
)
_END_SPAN: Final = (
    update(Revision)
    .where(Revision.noun == bindparam("n"), Revision.ref == bindparam("r"), Revision.public_to.is_(None))
    .where(Revision.public_from.is_not(None))
    .values(public_to=bindparam("now"))
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How an object stands in a view: where, since when, and under which terms."""

    revision: int
    slug: str
    language: str | None
    listed_at: datetime | None
    terms: list[str]


@dataclass(frozen=True, slots=True)
class Known:
    """What the database holds of an object before a write: the newest state, and how it stands in which view."""

    revision: int
    document: str
    ednote: str | None
    modified_at: datetime
    view: View
    standing: Standing

    @property
    def public(self) -> bool:
        return self.view == PUBLIC


PORTION: Final = 1_000
# What a writer may leave unsaid, and what then is as it must be.
DATED: Final = frozenset({"revision", "created_at", "modified_at", "updated_at", "first_published_at"})


def follow(state: Any, before: Any, at: datetime) -> None:
    """Makes a tag, source or note the next state of what is stored: its number, and dates that were left unsaid."""
    given = state.model_fields_set
    state.revision = max(state.revision, before.revision + 1)
    if "created_at" not in given:
        state.created_at = before.created_at
    if "modified_at" not in given:
        state.modified_at = at


async def known(done: Writing, noun: Noun, refs: Sequence[str]) -> dict[str, Known]:
    """What is known of these objects. Cost: one statement for each thousand."""
    found: dict[str, Known] = {}
    standing = (Shown.ref, Shown.revision, Shown.slug, Shown.language, Shown.listed_at, Shown.terms)
    query = select(*standing, Shown.view, Shown.modified_at, Revision.document, Revision.ednote).join(
        Revision, (Revision.noun == Shown.noun) & (Revision.ref == Shown.ref) & (Revision.revision == Shown.revision)
    )
    for start in range(0, len(refs), PORTION):
        some = (Shown.view.in_((DESK, PUBLIC)), Shown.noun == noun, Shown.ref.in_(refs[start : start + PORTION]))
        for row in await done.connection.execute(query.where(*some)):
            found[row.ref] = Known(
                revision=row.revision,
                document=row.document,
                ednote=row.ednote,
                modified_at=row.modified_at,
                view=row.view,
                standing=Standing(row.revision, row.slug, row.language, row.listed_at, row.terms),
            )
    return found


async def reveal(done: Writing, noun: Noun, refs: Iterable[str]) -> None:
    """Makes tags or sources public that something public refers to now; they stay so. A change each, no revision.

    The caller holds their rows, so that nobody changes them before this transaction ends.
    """
    refs = {*refs}
    pending = [one for ref in refs if (one := done.saved.get((noun, ref))) is not None]
    for one in pending:
        one.shown_public = True
    rest = refs - {one.ref for one in pending}
    public = select(Shown.ref).where(Shown.view == PUBLIC, Shown.noun == noun, Shown.ref.in_(rest))
    hidden = rest - {row.ref for row in await done.connection.execute(public)} if rest else rest
    done.revealed |= {(noun, ref) for ref in hidden}


async def _reveal(done: Writing) -> None:
    """Shows what is still hidden. Another writer may be revealing it too: for once the head is locked early."""
    await done.connection.execute(select(Head.id).where(Head.id == HEAD).with_for_update())
    for key in done.revealed & done.saved.keys():
        done.saved[key].shown_public = True
    for noun in NAMED:
        refs = sorted(ref for one, ref in done.revealed if one == noun and (noun, ref) not in done.saved)
        for ref, before in (await known(done, noun, refs)).items():
            if not before.public:
                done.save(
                    Saved(
                        noun=noun,
                        ref=ref,
                        slug=ref,
                        revision=before.revision,
                        op="published",
                        document=before.document,
                        card=before.document,
                        modified_at=before.modified_at,
                        keys=[f"{noun}s"],
                        shown_public=True,
                        was_shown=True,
                        fresh=False,
                    )
                )


# --- reading ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Order:
    """How a list of tags, sources or notes is read."""

    by_slug: bool
    positioned: bool
    backward: bool
    whole: bool


@lru_cache(SHAPES)
def _listing(order: Order, conditions: tuple[ColumnElement[bool], ...]) -> Any:
    query: Any = select(Shown.ref, Shown.modified_at, Revision.document if order.whole else Shown.card)
    if order.whole:
        query = query.join(
            Revision,
            (Revision.noun == Shown.noun) & (Revision.ref == Shown.ref) & (Revision.revision == Shown.revision),
        )
    query = query.where(Shown.view == bindparam("view"), Shown.noun == bindparam("noun"), *conditions)
    columns = (Shown.ref,) if order.by_slug else (Shown.modified_at, Shown.ref)
    return keyset(query, columns, descending=not order.by_slug, positioned=order.positioned, backward=order.backward)


@lru_cache(SHAPES)
def _named(conditions: tuple[ColumnElement[bool], ...], count: int) -> tuple[ColumnElement[bool], ...]:
    return (*conditions, among(Shown.ref, "id", count))


async def listed(
    read: Reader,
    view: View,
    noun: Noun,
    wanted: Any,
    position: Position | None,
    conditions: tuple[ColumnElement[bool], ...] = (),
    params: Mapping[str, Any] | None = None,
    *,
    whole: bool = False,
) -> Slice:
    """Tags, sources or notes that meet the conditions (built once for each shape): one page of cards or documents.

    Order: by slug, or by (modified_at, slug) descending; with `ids` as given. Cost: one statement, one more with
    `count`, which stops at 10,000.
    """
    backward = position is not None and position.backward
    order = Order(wanted.sort == "slug", position is not None, backward, whole)
    given = {"view": view, "noun": noun, **(params or {})}
    if refs := parts(wanted.ids):
        count = room(len(refs))
        given |= {**spread("id", count, refs), "limit": len(refs)}
        found = {row[0]: row[2] for row in await read.rows(_listing(order, _named(conditions, count)), given)}
        kept = [ref for ref in refs if ref in found]
        return Slice([found[ref] for ref in kept], kept, count=(len(kept), True) if wanted.count else None)
    if position is not None:
        values = position.values if order.by_slug else (from_milliseconds(position.values[0]), position.values[1])
        given.update({f"at_{n}": value for n, value in enumerate(values)})
    rows = await read.rows(_listing(order, conditions), {**given, "limit": wanted.limit + 1})
    rows, before, after = cut(rows, wanted.limit, position)

    def place(row: Row, *, backward: bool) -> Position:
        return Position((row[0],) if order.by_slug else (milliseconds(row[1]), row[0]), backward)

    return Slice(
        items=[row[2] for row in rows],
        refs=[row[0] for row in rows],
        next=place(rows[-1], backward=False) if rows and after else None,
        prev=place(rows[0], backward=True) if rows and before else None,
        count=await _total(read, conditions, given) if wanted.count else None,
    )


COUNTED: Final = 10_000


@lru_cache(SHAPES)
def _some(conditions: tuple[ColumnElement[bool], ...]) -> Any:
    some = (
        select(Shown.ref)
        .where(Shown.view == bindparam("view"), Shown.noun == bindparam("noun"), *conditions)
        .limit(COUNTED + 1)
        .subquery()
    )
    return select(func.count()).select_from(some)


async def _total(
    read: Reader, conditions: tuple[ColumnElement[bool], ...], params: Mapping[str, Any]
) -> tuple[int, bool]:
    ((count,),) = await read.rows(_some(conditions), params, slow=True)
    return min(count, COUNTED), count <= COUNTED


@cache
def _counts(count: int) -> Select[str, int]:
    return (
        select(Counter.term, func.sum(Counter.n))
        .where(Counter.view == bindparam("view"), among(Counter.term, "term", count), Counter.day == "")
        .group_by(Counter.term)
    )


async def counts(read: Reader, view: View, terms: Sequence[str]) -> dict[str, int]:
    """How many articles the view lists under each term. Cost: one statement, over counters."""
    if not terms:
        return {}
    count = room(len(terms))
    rows = await read.rows(_counts(count), {"view": view, **spread("term", count, terms)})
    return {**dict.fromkeys(terms, 0), **{term: int(n) for term, n in rows}}


_HEAD: Final = select(Head.secret, Head.zone).where(Head.id == HEAD)
_DOCUMENT: Final = (
    select(Shown.revision, Revision.document)
    .join(
        Revision,
        (Revision.noun == Shown.noun) & (Revision.ref == Shown.ref) & (Revision.revision == Shown.revision),
    )
    .where(Shown.view == bindparam("view"), Shown.noun == bindparam("noun"), Shown.ref == bindparam("ref"))
)


async def secret(read: Reader, zone: ZoneInfo) -> bytes:
    """What signs cursors. Cost: one statement. Raises: SchemaMismatch, where another zone's days are counted."""
    found = await read.row(_HEAD)
    assert found is not None, "the migration makes the row"
    _same_zone(found[1], zone)
    return bytes(found[0])


def _same_zone(counted: str | None, zone: ZoneInfo) -> None:
    if counted not in {None, zone.key}:
        raise SchemaMismatch(
            f"The archive of this database counts days of {counted}, and TIMEZONE is {zone.key}."
            f" Set TIMEZONE={counted}, or import an export into a new database."
        )


async def document(read: Reader, view: View, noun: Noun, ref: str) -> Row | None:
    """(revision, document) as the view shows it, or None. Cost: one statement, by key."""
    return await read.row(_DOCUMENT, {"view": view, "noun": noun, "ref": ref})


@cache
def _cards(sizes: tuple[tuple[Noun, int], ...]) -> Any:
    return union_all(
        *(
            select(literal(noun).label("noun"), Shown.ref, Shown.card).where(
                Shown.view == bindparam("view"), Shown.noun == noun, among(Shown.ref, noun, count)
            )
            for noun, count in sizes
        )
    )


async def cards(read: Reader, view: View, wanted: Mapping[Noun, Sequence[str]]) -> dict[Noun, dict[str, str]]:
    """Cards of those that the view shows, by ref, in the order asked for. Cost: one statement, none for no refs."""
    sizes = tuple((noun, room(len(refs))) for noun, refs in wanted.items() if refs)
    found: dict[Noun, dict[str, str]] = {noun: {} for noun in wanted}
    if sizes:
        given = {key: value for noun, count in sizes for key, value in spread(noun, count, wanted[noun]).items()}
        for noun, ref, card in await read.rows(_cards(sizes), {"view": view, **given}):
            found[noun][ref] = card
    return {noun: _in_order(wanted[noun], some) for noun, some in found.items()}


def _in_order(refs: Iterable[Ref], found: Mapping[Ref, str]) -> dict[Ref, str]:
    """Rows come in any order, and a body in another order would be another body."""
    return {ref: found[ref] for ref in refs if ref in found}


@cache
def _documents(count: int) -> Select[str, str]:
    return (
        select(Shown.ref, Revision.document)
        .join(
            Revision,
            (Revision.noun == Shown.noun) & (Revision.ref == Shown.ref) & (Revision.revision == Shown.revision),
        )
        .where(Shown.view == bindparam("view"), Shown.noun == bindparam("noun"), among(Shown.ref, "ref", count))
    )


async def documents(read: Reader, view: View, noun: Noun, refs: Sequence[str]) -> dict[str, str]:
    """Whole documents of those that the view shows, by ref, in that order. Cost: one statement, none for no refs."""
    if not refs:
        return {}
    count = room(len(refs))
    rows = await read.rows(_documents(count), {"view": view, "noun": noun, **spread("ref", count, refs)})
    return _in_order(refs, dict(rows))


@cache
def _pinned(count: int) -> Select[str, int, str]:
    return (
        select(Revision.ref, Revision.revision, Revision.document)
        .join(Shown, (Shown.view == bindparam("view")) & (Shown.noun == Revision.noun) & (Shown.ref == Revision.ref))
        .where(
            Revision.noun == bindparam("noun"),
            among(Revision.ref, "ref", count),
            among(Revision.revision, "revision", count),
            Revision.public_from.is_not(None),
        )
    )


async def pinned(read: Reader, view: View, noun: Noun, wanted: Sequence[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """Documents of single revisions that were public, of objects that the view still shows. Cost: one statement."""
    if not wanted:
        return {}
    count = room(len(wanted))
    rows = await read.rows(
        _pinned(count),
        {
            "view": view,
            "noun": noun,
            **spread("ref", count, [ref for ref, _ in wanted]),
            **spread("revision", count, [revision for _, revision in wanted]),
        },
    )
    return _in_order(wanted, {(ref, revision): text for ref, revision, text in rows})


@cache
def _history(older: bool) -> Select[int, datetime, str, str | None, str | None]:
    query = select(Revision.revision, Revision.at, Revision.op, Revision.kind, Revision.note).where(
        Revision.noun == bindparam("noun"), Revision.ref == bindparam("ref"), Revision.public_from.is_not(None)
    )
    if older:
        query = query.where(Revision.revision < bindparam("before"))
    return query.order_by(Revision.revision.desc()).limit(bindparam("limit"))


async def history(read: Reader, noun: Noun, ref: str, *, limit: int, before: int | None) -> list[Row]:
    """(revision, at, op, kind, note) of revisions that were public, newest first; limit + 1 at most. One statement."""
    return await read.rows(
        _history(before is not None), {"noun": noun, "ref": ref, "limit": limit + 1, "before": before}
    )


_PAST: Final = select(Revision.document).where(
    Revision.noun == bindparam("noun"),
    Revision.ref == bindparam("ref"),
    Revision.revision == bindparam("revision"),
    Revision.public_from.is_not(None),
)


async def past(read: Reader, noun: Noun, ref: str, revision: int) -> str | None:
    """The document as it was at a revision that was public, or None. Cost: one statement."""
    found = await read.row(_PAST, {"noun": noun, "ref": ref, "revision": revision})
    return found[0] if found else None
