"""Records what a transaction did, last of all and in commit order. What the views then show is read in `shown`."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic_core import to_json
from sqlalchemy import bindparam, delete, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.changes.models import DESK, PUBLIC, Change, Head, IdempotencyKey, Noun, Op, Revision, Shown, View
from app.db import Database, Reader, SchemaMismatch, among, bulk, fetch, insert_new, room, run, spread, utcnow
from app.errors import Fault, Invalid

HEAD: Final = 1
# What becomes public by being named.
NAMED: Final[tuple[Noun, ...]] = ("tag", "source")
# The document of what was deleted.
NOTHING: Final = "null"


@dataclass(slots=True)
class Saved:
    """What became of one object in this transaction: the entry of the log, and what the views are to show.

    `view` shows this state from now on; None where nothing new is to be shown. `clears` are the views that showed
    another state, or the object elsewhere, and no longer do. `fresh` is false where no new revision was made. `keys`
    name the lists that it stands in, before and after: the public's, where the public learns of it.
    """

    noun: Noun
    ref: str
    slug: str
    revision: int
    op: Op
    document: str
    card: str
    modified_at: datetime
    view: View | None
    clears: frozenset[View] = frozenset()
    listed_at: datetime | None = None
    due_at: datetime | None = None
    language: str | None = None
    terms: Sequence[str] = ()
    keys: Iterable[str] = ()
    fresh: bool = True
    ednote: str | None = None
    kind: str | None = None
    note: str | None = None
    reason: str | None = None

    @property
    def told(self) -> bool:
        """Whether the public learns of it."""
        return self.view == PUBLIC or PUBLIC in self.clears


@dataclass(frozen=True, slots=True)
class Answered:
    """What a request was answered: the status, which revision of which object, and what was warned of."""

    status: int
    noun: str
    ref: str
    revision: int
    location: str | None
    warnings: list[dict[str, str | None]]


@dataclass(slots=True)
class Writing:
    """One write transaction. Stores write their rows through `connection` and hand each object's outcome to `save`.

    `seq` is the position of its last change, once it has been recorded. `answered` is what the request that it serves
    is answered, and `response` the answer, where there is one.
    """

    connection: AsyncConnection
    actor: str
    zone: ZoneInfo
    at: datetime = field(default_factory=utcnow)
    saved: dict[tuple[str, str], Saved] = field(default_factory=dict)
    revealed: set[tuple[Noun, str]] = field(default_factory=set)
    held: dict[Any, dict[str, Any]] = field(default_factory=dict)
    seq: int | None = None
    answered: Answered | None = None
    response: Any = None

    def save(self, saved: Saved) -> None:
        """Notes the outcome: one transaction, one change per object, so a later one takes in the earlier."""
        before = self.saved.get((saved.noun, saved.ref))
        if before is not None:
            saved.clears = before.clears
            saved.fresh = saved.fresh or before.fresh
            if before.told or not saved.told:  # or the public would hear of lists that only the desk had
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
    hidden = [one for one in saved if PUBLIC in one.clears]
    await run(done.connection, _END_SPAN, [{"n": one.noun, "r": one.ref, "now": done.at} for one in hidden])
    deleted = [one for one in saved if one.op == "deleted"]
    await run(done.connection, _FORGET, [{"n": one.noun, "r": one.ref} for one in deleted])
    await bulk(done.connection, Revision, REVISION, [_revision(done, one) for one in saved if one.fresh])
    await _show(done, saved)
    # Numbers must follow COMMIT order, or a reader at `seq` N could miss N-1, committed later. The head's row is
    # the lock; moved last, it is held shortest.
    public = [one for one in saved if one.told]
    given = {"changes": len(saved), "public_changes": len(public), "in_zone": done.zone.key}
    ((done.seq, public_seq, zone),) = await fetch(done.connection, _MOVE, given)
    _same_zone(zone, done.zone)
    public_seq -= len(public)
    rows = []
    for seq, one in enumerate(saved, done.seq - len(saved) + 1):
        public_seq += one.told
        keys = to_json(sorted({f"{one.noun}:{one.ref}", *one.keys})).decode()
        number = public_seq if one.told else None
        rows.append((seq, number, done.at, done.actor, one.op, one.noun, one.ref, one.revision, keys, one.reason))
    await bulk(done.connection, Change, CHANGE, rows)


CHANGE: Final = ("seq", "public_seq", "at", "actor", "op", "noun", "ref", "revision", "keys", "reason")
REVISION: Final = (
    "noun", "ref", "revision", "at", "op", "actor", "kind", "note", "public_from", "public_to", "document", "ednote"
)  # fmt: skip
SHOWN: Final = (
    "view", "noun", "ref", "revision", "slug", "modified_at", "listed_at", "due_at", "language", "terms", "card"
)  # fmt: skip


def _revision(done: Writing, one: Saved) -> tuple[Any, ...]:
    public_from = done.at if one.view == PUBLIC else None
    return (
        one.noun, one.ref, one.revision, done.at, one.op, done.actor, one.kind, one.note, public_from, None,
        one.document, one.ednote,
    )  # fmt: skip


def _shown(one: Saved) -> tuple[Any, ...]:
    terms = to_json(list(one.terms)).decode()
    return (
        one.view, one.noun, one.ref, one.revision, one.slug, one.modified_at, one.listed_at, one.due_at, one.language,
        terms, one.card,
    )  # fmt: skip


async def _show(done: Writing, saved: list[Saved]) -> None:
    old = [one for one in saved if one.view == PUBLIC and not one.fresh]
    given = [{"n": one.noun, "r": one.ref, "v": one.revision, "now": done.at} for one in old]
    await run(done.connection, _BEGIN_SPAN, given)
    await run(
        done.connection,
        _HIDE,
        [{"w": view, "n": one.noun, "r": one.ref} for one in saved for view in sorted(one.clears)],
    )
    await bulk(done.connection, Shown, SHOWN, [_shown(one) for one in saved if one.view is not None])


_MOVE: Final = (
    update(Head)
    .where(Head.id == HEAD)
    .values(
        seq=Head.seq + bindparam("changes", type_=Head.seq.type),
        public_seq=Head.public_seq + bindparam("public_changes", type_=Head.public_seq.type),
        zone=func.coalesce(Head.zone, bindparam("in_zone", type_=Head.zone.type)),
    )
    .returning(Head.seq, Head.public_seq, Head.zone)
)
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


async def hide_past(done: Writing, noun: Noun, ref: str) -> None:
    """Takes what was public of a withdrawn object out of its public history, for good: once it is taken back and
    published again, its history begins there. Cost: one statement."""
    await done.connection.execute(_FORGET, {"n": noun, "r": ref})


# Another object may come to bear the name, and its history is not to show this one's.
_FORGET: Final = (
    update(Revision)
    .where(Revision.noun == bindparam("n"), Revision.ref == bindparam("r"), Revision.public_from.is_not(None))
    .values(public_from=None, public_to=None)
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How an object stands in a view: its state there, where it is found and listed, and under which terms."""

    revision: int
    slug: str
    language: str | None
    listed_at: datetime | None
    terms: list[str]
    modified_at: datetime
    document: str
    ednote: str | None


@dataclass(frozen=True, slots=True)
class Known:
    """What the database holds of an object before a write: how it stands in which view, and its last revision."""

    standings: Mapping[View, Standing]
    last: int

    @property
    def newest(self) -> Standing:
        """What the desk sees."""
        return self.standings.get(DESK) or self.standings[PUBLIC]

    @property
    def document(self) -> str:
        return self.newest.document

    @property
    def public(self) -> bool:
        return PUBLIC in self.standings

    @property
    def views(self) -> frozenset[View]:
        return frozenset(self.standings)

    @property
    def terms(self) -> set[str]:
        """What it is listed under in any view."""
        return {term for one in self.standings.values() for term in one.terms}


def touched(before: Known | None, terms: Iterable[str], view: View | None, clears: frozenset[View]) -> set[str]:
    """The terms whose lists a change touches, before and after: of what the public learns, those of its own view."""
    told = view == PUBLIC or PUBLIC in clears
    found = {*terms} if view == PUBLIC or not told else set()
    for one, standing in before.standings.items() if before is not None else ():
        if one == PUBLIC or not told:
            found |= {*standing.terms}
    return found


PORTION: Final = 1_000
# What a writer may leave unsaid, and what then is as it must be.
DATED: Final = frozenset({"revision", "created_at", "modified_at", "updated_at", "first_published_at"})


def follow(state: Any, old: Any, before: Known, at: datetime) -> None:
    """Makes a tag, source or note the next state of what is stored: its number, and dates that were left unsaid."""
    given = state.model_fields_set
    state.revision = max(state.revision, before.last + 1)
    if "created_at" not in given:
        state.created_at = old.created_at
    if "modified_at" not in given:
        state.modified_at = at


_STANDING: Final = (
    Shown.revision, Shown.slug, Shown.language, Shown.listed_at, Shown.terms, Shown.modified_at, Revision.document,
    Revision.ednote,
)  # fmt: skip
_LAST: Final = (
    select(func.max(Revision.revision))
    .where(Revision.noun == Shown.noun, Revision.ref == Shown.ref)
    .correlate(Shown)
    .scalar_subquery()
)


@cache
def _known(count: int) -> Any:
    mine = (Revision.noun == Shown.noun) & (Revision.ref == Shown.ref) & (Revision.revision == Shown.revision)
    query = select(Shown.ref, Shown.view, _LAST.label("last"), *_STANDING).join(Revision, mine)
    return query.where(
        Shown.view.in_([literal(DESK), literal(PUBLIC)]), Shown.noun == bindparam("n"), among(Shown.ref, "refs", count)
    )


async def known(done: Writing, noun: Noun, refs: Sequence[str]) -> dict[str, Known]:
    """What is known of these objects. Cost: one statement for each thousand."""
    standings: dict[str, dict[View, Standing]] = {}
    last: dict[str, int] = {}
    for start in range(0, len(refs), PORTION):
        some = refs[start : start + PORTION]
        count = room(len(some))
        given = {"n": noun, **spread("refs", count, some)}
        for ref, view, newest, *rest in await fetch(done.connection, _known(count), given):
            standings.setdefault(ref, {})[view] = Standing(*rest)
            last[ref] = newest
    return {ref: Known(views, last[ref]) for ref, views in standings.items()}


async def last_revisions(done: Writing, noun: Noun, refs: Sequence[str]) -> dict[str, int]:
    """Last revision of those that bear a name which a deleted object bore. Cost: one statement for each thousand."""
    found: dict[str, int] = {}
    for start in range(0, len(refs), PORTION):
        some = {"n": noun, "refs": refs[start : start + PORTION]}
        found.update((ref, last) for ref, last in await done.connection.execute(_LAST_OF, some))
    return found


_LAST_OF: Final = (
    select(Revision.ref, func.max(Revision.revision))
    .where(Revision.noun == bindparam("n"), Revision.ref.in_(bindparam("refs", expanding=True)))
    .group_by(Revision.ref)
)


def deletion(done: Writing, noun: Noun, ref: str, before: Known, keys: Iterable[str]) -> None:
    """Notes that the object is no more: its last entry in the log is a tombstone."""
    done.save(
        Saved(
            noun=noun,
            ref=ref,
            slug=ref,
            revision=before.last + 1,
            op="deleted",
            document=NOTHING,
            card=NOTHING,
            modified_at=done.at,
            view=None,
            clears=before.views,
            keys=keys,
        )
    )


async def reveal(done: Writing, noun: Noun, refs: Iterable[str]) -> None:
    """Makes tags or sources public that something public refers to now; they stay so. A change each, no revision.

    The caller holds their rows, so that nobody changes them before this transaction ends.
    """
    refs = {*refs}
    pending = [one for ref in refs if (one := done.saved.get((noun, ref))) is not None]
    for one in pending:
        one.view = PUBLIC
    rest = refs - {one.ref for one in pending}
    if rest:
        count = room(len(rest))
        given = {"n": noun, **spread("refs", count, [*rest])}
        seen = {ref for (ref,) in await fetch(done.connection, _seen(count), given)}
        done.revealed |= {(noun, ref) for ref in rest - seen}


@cache
def _seen(count: int) -> Any:
    return select(Shown.ref).where(Shown.view == PUBLIC, Shown.noun == bindparam("n"), among(Shown.ref, "refs", count))


async def _reveal(done: Writing) -> None:
    """Shows what is still hidden. Another writer may be revealing it too: for once the head is locked early."""
    await done.connection.execute(select(Head.id).where(Head.id == HEAD).with_for_update())
    for key in done.revealed & done.saved.keys():
        done.saved[key].view = PUBLIC
    for noun in NAMED:
        refs = sorted(ref for one, ref in done.revealed if one == noun and (noun, ref) not in done.saved)
        for ref, before in sorted((await known(done, noun, refs)).items()):
            if not before.public:
                hidden = before.newest
                done.save(
                    Saved(
                        noun=noun,
                        ref=ref,
                        slug=ref,
                        revision=hidden.revision,
                        op="published",
                        document=hidden.document,
                        card=hidden.document,
                        modified_at=hidden.modified_at,
                        view=PUBLIC,
                        clears=before.views,
                        keys=[f"{noun}s"],
                        fresh=False,
                    )
                )


# --- requests that may be repeated -------------------------------------------------------------------------------

KEPT: Final = timedelta(hours=24)
_MINE: Final = (IdempotencyKey.caller == bindparam("c"), IdempotencyKey.key == bindparam("k"))
_EXPIRE: Final = delete(IdempotencyKey).where(*_MINE, IdempotencyKey.at < bindparam("since"))
_REMEMBER: Final = update(IdempotencyKey).where(*_MINE)


async def claim(done: Writing, caller: str, key: str, fingerprint: str) -> Answered | None:
    """Takes the key for this request; what it was answered before, where that was within a day.

    Another request with the key is waited for. Cost: two statements, three for a key that is taken.
    Raises: Invalid, where the key was used for another request.
    """
    mine = {"c": caller, "k": key}
    await done.connection.execute(_EXPIRE, {**mine, "since": done.at - KEPT})
    given = {"caller": caller, "key": key, "fingerprint": fingerprint, "at": done.at}
    if await insert_new(done.connection, IdempotencyKey, given):
        return None
    query = select(IdempotencyKey.fingerprint, *(getattr(IdempotencyKey, name) for name in Answered.__slots__))
    found = (await done.connection.execute(query.where(*_MINE), mine)).one()
    if found.fingerprint != fingerprint:
        detail = "was used for another request; take a new key for each"
        raise Invalid(f"Idempotency-Key {detail}.", Fault(detail, "reused", parameter="Idempotency-Key"))
    return Answered(*found[1:])


async def remember(done: Writing, caller: str, key: str, answered: Answered) -> None:
    """Keeps what the request is answered. Cost: one statement."""
    await done.connection.execute(_REMEMBER.values(**asdict(answered)), {"c": caller, "k": key})


async def forget_old_keys(database: Database) -> None:
    """Drops the Idempotency-Keys of requests that are more than a day old."""
    async with database.begin() as connection:
        await connection.execute(delete(IdempotencyKey).where(IdempotencyKey.at < utcnow() - KEPT))


_AT: Final = select(Revision.document, Revision.ednote).where(
    Revision.noun == bindparam("noun"), Revision.ref == bindparam("ref"), Revision.revision == bindparam("revision")
)


async def at(read: Reader, answered: Answered) -> tuple[str, str | None]:
    """(document, ednote) that a request was answered with. Cost: one statement."""
    found = await read.row(_AT, {"noun": answered.noun, "ref": answered.ref, "revision": answered.revision})
    assert found is not None, "revisions stay"
    return found[0], found[1]


_HEAD: Final = select(Head.secret, Head.zone).where(Head.id == HEAD)


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
