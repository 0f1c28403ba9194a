"""Records what a write transaction did: last of all, in the order of commits, one entry for each object.

A writer hands each object's new state to `Transaction.save`. At the end of the transaction the new revisions and the
views' entries are written, then the head of the log is moved, then the entries of the log are added, then it commits.
The head's row is the lock that makes the order of `seq` the order of commits: without it a reader that saw entry 8
could miss entry 7, committed later. It is taken last, so that it is held shortest. Entries that the public may know of
are numbered a second time, without gaps, so that drafts leave no trace in what it reads.

Locks of a write, in their order, where a database has several writers at a time: the Idempotency-Key; the object's own
row; rows of what it names, so that nobody deletes or hides it meanwhile; its rows of slugs, lists and counters; the
head. Locks on what is named are shared: writers that name the same tag do not wait for each other. Whoever locks such a
row for itself, to delete it, only reads counters. Rows of one table are written in the order of their keys. A cycle
that is left over, as between two batches, is found by the database, and the loser gets `Raced`; imports try again.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic_core import to_json
from sqlalchemy import bindparam, delete, func, select, update

from app.changes.models import PUBLIC, Change, Head, Noun, Object, Op, Revision, View, ViewEntry
from app.changes.stored import StoredObject, desk_document_of, document_of, public_refs, stored
from app.db import (
    Committed,
    Reader,
    SchemaMismatch,
    Writable,
    WriteConnection,
    announced_commit,
    execute_many,
    fetch,
    insert_many,
    new_id,
    utcnow,
)
from app.errors import Fault
from app.words.analysis import load_dictionaries

HEAD: Final = 1
# Names of keys may be longer; more of them is not recorded.
LONGEST_ACTOR: Final = 200
# When objects are due that have no release of their own: they are public as soon as something public names them.
DUE_ANY_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
# The card of a revision that records a deletion.
TOMBSTONE: Final = "null"


@dataclass(slots=True)
class PendingChange:
    """What the transaction does to one object: its entry in the log, and what the views show from now on.

    `view` shows the new state; None where no view shows anything new. `cleared` are the views that showed another
    state before and do not keep it. `lists` are those that the object stands in in `view`; `keys` the lists whose
    contents change, before and after: only public ones where the public learns of the change. `story`, of an article,
    is its original. With `withdrawal_changes` readers are told something else of what was withdrawn or had expired, or
    nothing any more. `is_only_told` changes nothing of a public object: its entry in the log has whoever keeps answers
    drop those with its keys.
    """

    noun: Noun
    ref: str
    object: str
    slug: str
    revision: int
    op: Op
    card: str
    modified_at: datetime
    view: View | None
    body: str | None = None
    private: str | None = None
    cleared: frozenset[View] = frozenset()
    listed_at: datetime | None = None
    due_at: datetime | None = None
    expires_at: datetime | None = None
    story: str | None = None
    lists: Sequence[str] = ()
    keys: Iterable[str] = ()
    withdrawal_changes: bool = False
    is_only_told: bool = False
    is_new_object: bool = False
    is_new_revision: bool = True
    kind: str | None = None
    note: str | None = None
    reason: str | None = None

    @property
    def is_public(self) -> bool:
        """Whether the public learns of the change."""
        return self.view == PUBLIC or PUBLIC in self.cleared or self.withdrawal_changes or self.is_only_told


@dataclass(slots=True)
class Written:
    """What a write left of one object, for its answer. `warnings` names what sanitising removed."""

    noun: Noun
    ref: str
    revision: int
    document: str
    warnings: Sequence[Fault] = ()


@dataclass(frozen=True, slots=True)
class WriteAnswer:
    """How a request that wrote was answered: the status, which revision of which object, and the warnings."""

    status: int
    noun: Noun
    ref: str
    revision: int
    location: str | None
    warnings: list[dict[str, str | None]]


@dataclass(slots=True)
class Transaction:
    """One write transaction. Stores write their own rows through `connection`, and hand each object to `save`.

    `locked` holds rows that the transaction has locked, by table, so that they are not read twice.
    `seq` is the position of its last change, once that has been recorded. `answer` and `response` are how the request
    that the transaction serves is answered, where there is one.
    """

    connection: WriteConnection
    actor: str
    zone: ZoneInfo
    at: datetime = field(default_factory=utcnow)
    changes: dict[tuple[Noun, str], PendingChange] = field(default_factory=dict)
    named_by_public: dict[Noun, set[str]] = field(default_factory=dict)
    locked: dict[Any, dict[str, Any]] = field(default_factory=dict)
    seq: int | None = None
    committed: Committed | None = None
    answer: WriteAnswer | None = None
    response: Any = None

    def save(self, change: PendingChange) -> None:
        """Takes the change in. A transaction records one change for each object, so a later one absorbs the earlier."""
        earlier = self.changes.get((change.noun, change.ref))
        if earlier is not None:
            change.cleared = earlier.cleared
            change.is_new_object = earlier.is_new_object
            change.withdrawal_changes |= earlier.withdrawal_changes
            change.is_new_revision = change.is_new_revision or earlier.is_new_revision
            if earlier.is_public or not change.is_public:  # else the public would hear of lists that only the desk had
                change.keys = {*earlier.keys, *change.keys}
            if earlier.op == "created":
                change.op = "created"
        self.changes[change.noun, change.ref] = change

    def written(self, noun: Noun, ref: str, warnings: Sequence[Fault] = ()) -> Written:
        """What this transaction saved of an object."""
        change = self.changes[noun, ref]
        document = desk_document_of(document_of(change.card, change.body), change.private)
        return Written(noun, ref, change.revision, document, warnings)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """What fails inside leaves nothing: neither rows nor entries of the log."""
        changes = {key: replace(change) for key, change in self.changes.items()}
        named = {noun: {*refs} for noun, refs in self.named_by_public.items()}
        try:
            async with self.connection.begin_nested():
                yield
        except BaseException:
            self.changes, self.named_by_public, self.locked = changes, named, {}
            raise


@asynccontextmanager
async def transaction(database: Writable, *, actor: str, zone: ZoneInfo) -> AsyncIterator[Transaction]:
    """A transaction whose end adds to the log what was saved, and commits. An exception leaves nothing.

    Order: positions follow the order of commits, without holes. Raises: Unavailable.
    """
    await load_dictionaries()  # what is saved is indexed by its words
    async with database.begin() as connection:
        transaction = Transaction(connection, actor[:LONGEST_ACTOR], zone)
        yield transaction
        if transaction.changes:
            await _record(transaction)
    if transaction.committed is not None:
        database.tell_committed(transaction.committed)


def new_object_id() -> str:
    return str(new_id())


def unchanged(noun: Noun, ref: str, before: StoredObject, warnings: Sequence[Fault] = ()) -> Written:
    """The outcome of a write that changed nothing."""
    return Written(noun, ref, before.newest.revision, before.newest.desk_document, warnings)


def delete_object(
    transaction: Transaction, noun: Noun, ref: str, before: StoredObject, keys: Iterable[str] = (),
    *, was_gone: bool = False,
) -> None:  # fmt: skip
    """Notes that the object is no more: its last entry in the log is a tombstone.

    `was_gone`: readers were told that it had been withdrawn, or had expired.
    """
    change = PendingChange(
        noun=noun, ref=ref, object=before.id, slug=ref, revision=before.last_revision + 1, op="deleted", card=TOMBSTONE,
        modified_at=transaction.at, view=None, cleared=before.views, keys=keys, withdrawal_changes=was_gone,
    )  # fmt: skip
    transaction.save(change)


async def make_public_by_naming(transaction: Transaction, noun: Noun, refs: Iterable[str]) -> None:
    """Makes objects public that something public names now; they stay so. A change each, but no new revision.

    The caller has locked their rows, so that nobody changes them before this transaction ends. Order in the log: that
    of the first calls for each noun, then by name.
    """
    others = _publish_changes(transaction, noun, {*refs})
    public = await public_refs(transaction.connection, noun, [*others])
    transaction.named_by_public.setdefault(noun, set()).update(others - public)


def _publish_changes(transaction: Transaction, noun: Noun, refs: set[str]) -> set[str]:
    """Makes public what the transaction changes of these objects; returns the names of the others."""
    changed = {ref for ref in refs if (noun, ref) in transaction.changes}
    for ref in changed:
        transaction.changes[noun, ref].view = PUBLIC
    return refs - changed


# --- the end of a transaction ------------------------------------------------------------------------------------


async def _record(transaction: Transaction) -> None:
    if any(transaction.named_by_public.values()):
        await _save_named(transaction)
    connection = transaction.connection
    changes = [*transaction.changes.values()]
    await _write_revisions(transaction, changes)
    await _write_view_entries(connection, changes)
    public = sum(change.is_public for change in changes)
    moved = {"changes": len(changes), "public_changes": public, "zone": transaction.zone.key}
    ((last_seq, last_public_seq, zone, _),) = await fetch(connection, _MOVE_HEAD, moved)
    _check_zone(zone, transaction.zone)
    transaction.seq = last_seq
    public_seq = last_public_seq - public
    entries, public_names = [], set[str]()
    for seq, change in enumerate(changes, last_seq - len(changes) + 1):
        public_seq += change.is_public
        names = {f"{change.noun}:{change.ref}", f"{change.noun}s", *change.keys}
        public_names |= names if change.is_public else set()
        keys = to_json(sorted(names)).decode()
        own = (change.op, change.noun, change.ref, change.revision, keys, change.reason)
        entries.append((seq, public_seq if change.is_public else None, transaction.at, transaction.actor, *own))
    columns = ("seq", "public_seq", "at", "actor", "op", "noun", "ref", "revision", "keys", "reason")
    await insert_many(connection, Change, columns, entries)
    transaction.committed = Committed(last_seq, last_public_seq, public, frozenset(public_names))


REVISION_COLUMNS: Final = (
    "object", "revision", "at", "op", "actor", "kind", Revision.note.key, "public_from", "private", "card", "body",
)  # fmt: skip
# Of a view entry, what a change sets. The noun never changes.
ENTRY_COLUMNS: Final = (
    "view",
    "object",
    "revision",
    "slug",
    "modified_at",
    "listed_at",
    "due_at",
    "expires_at",
    "story",
    "lists",
)


async def _save_named(transaction: Transaction) -> None:
    """Adds a change for each object that something public names and that is still hidden.

    Another transaction may be doing the same: the head is locked early here, so that only one of them does.
    """
    connection = transaction.connection
    await fetch(connection, _LOCK_HEAD, {})
    for noun, refs in transaction.named_by_public.items():
        others = _publish_changes(transaction, noun, refs)
        for ref, before in sorted((await stored(connection, noun, sorted(others))).items()):
            if before.is_public:
                continue
            state = before.newest
            publication = PendingChange(
                noun=noun, ref=ref, object=before.id, slug=ref, revision=state.revision, op="published",
                card=state.card, body=state.body, private=state.private,
                modified_at=datetime.fromisoformat(state.fields()["modified_at"]), view=PUBLIC, cleared=before.views,
                due_at=DUE_ANY_TIME, lists=state.lists, is_new_revision=False,
            )  # fmt: skip
            transaction.save(publication)


async def _write_revisions(transaction: Transaction, changes: Sequence[PendingChange]) -> None:
    """Adds the new states, and says of each state when it was public."""
    connection, at = transaction.connection, transaction.at
    objects = [(change.object, change.noun, change.ref) for change in changes if change.is_new_object]
    await insert_many(connection, Object, ("id", "noun", "ref"), objects)
    hidden = [{"object_": change.object, "now": at} for change in changes if PUBLIC in change.cleared]
    await execute_many(connection, _END_PUBLIC_SPAN, hidden)
    deleted = [{"object_": change.object} for change in changes if change.op == "deleted"]
    await execute_many(connection, _HIDE_HISTORY, deleted)
    revisions = [
        (change.object, change.revision, at, change.op, transaction.actor, change.kind, change.note,
         at if change.view == PUBLIC else None, change.private, change.card, change.body)
        for change in changes
        if change.is_new_revision
    ]  # fmt: skip
    await insert_many(connection, Revision, REVISION_COLUMNS, revisions)
    begun = [
        {"object_": change.object, "revision_": change.revision, "now": at}
        for change in changes
        if change.view == PUBLIC and not change.is_new_revision
    ]
    await execute_many(connection, _BEGIN_PUBLIC_SPAN, begun)


async def _write_view_entries(connection: WriteConnection, changes: Sequence[PendingChange]) -> None:
    added, replaced, removed = [], [], []
    for change in changes:
        others = sorted(change.cleared - {change.view})
        removed += [{"view_": view, "object_": change.object} for view in others]
        if change.view is None:
            continue
        entry = [getattr(change, name) for name in ENTRY_COLUMNS]
        if change.view in change.cleared:
            replaced.append({f"{name}_": value for name, value in zip(ENTRY_COLUMNS, entry, strict=True)})
        else:
            added.append((*entry[:-1], to_json(entry[-1]).decode(), change.noun))
    await execute_many(connection, _REMOVE_ENTRY, removed)
    await execute_many(connection, _REPLACE_ENTRY, replaced)
    await insert_many(connection, ViewEntry, (*ENTRY_COLUMNS, "noun"), added)


_LOCK_HEAD: Final = select(Head.id).where(Head.id == HEAD).with_for_update()
_MOVE_HEAD: Final = (
    update(Head)
    .where(Head.id == HEAD)
    .values(
        seq=Head.seq + bindparam("changes", type_=Head.seq.type),
        public_seq=Head.public_seq + bindparam("public_changes", type_=Head.public_seq.type),
        zone=func.coalesce(Head.zone, bindparam("zone", type_=Head.zone.type)),
    )
    .returning(Head.seq, Head.public_seq, Head.zone, announced_commit())
)
_THIS_ENTRY: Final = (
    ViewEntry.view == bindparam("view_"), ViewEntry.object == bindparam("object_", type_=ViewEntry.object.type),
)  # fmt: skip
_REMOVE_ENTRY: Final = delete(ViewEntry).where(*_THIS_ENTRY)
_REPLACE_ENTRY: Final = (
    update(ViewEntry).where(*_THIS_ENTRY).values({name: bindparam(f"{name}_") for name in ENTRY_COLUMNS[2:]})
)
_OF_OBJECT: Final = Revision.object == bindparam("object_", type_=Revision.object.type)
_WAS_PUBLIC: Final = Revision.public_from.is_not(None)
_UPDATE: Final = update(Revision).where(_OF_OBJECT)
_BEGIN_PUBLIC_SPAN: Final = _UPDATE.where(Revision.revision == bindparam("revision_")).values(
    public_from=bindparam("now"), public_to=None
)
_END_PUBLIC_SPAN: Final = _UPDATE.where(Revision.public_to.is_(None), _WAS_PUBLIC).values(public_to=bindparam("now"))
# Of an object that was deleted, or was withdrawn and is a draft again: another object may take its name, or it may be
# published anew, and what readers see of its history begins there.
_HIDE_HISTORY: Final = _UPDATE.where(_WAS_PUBLIC).values(public_from=None, public_to=None)


async def hide_history(transaction: Transaction, object_id: str) -> None:
    """Takes what was public of an object out of its public history, for good. Cost: one statement."""
    await execute_many(transaction.connection, _HIDE_HISTORY, [{"object_": object_id}])


# --- the head ----------------------------------------------------------------------------------------------------

_SECRET: Final = select(Head.secret, Head.zone, Head.last_mended).where(Head.id == HEAD)


async def secret(read: Reader, zone: ZoneInfo) -> bytes:
    """What signs cursors and previews. Cost: one statement.

    Raises: SchemaMismatch, where another zone is counted, or stored texts are still to be mended.
    """
    row = await read.row(_SECRET)
    assert row is not None, "the migration makes the row"
    _check_zone(row[1], zone)
    if row[2] is not None:
        raise SchemaMismatch(f"Not all texts in {read.url} are mended yet. Run: python -m app migrate")
    return bytes(row[0])


def _check_zone(counted_in: str | None, zone: ZoneInfo) -> None:
    if counted_in not in {None, zone.key}:
        raise SchemaMismatch(
            f"The archive of this database counts days of {counted_in}, and TIMEZONE is {zone.key}."
            f" Set TIMEZONE={counted_in}, or import an export into a new database."
        )
