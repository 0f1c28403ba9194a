"""Statements about what can be published, whatever its noun: what is due, what was withdrawn, erasing its text."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from pydantic_core import from_json, to_json
from sqlalchemy import Select, Update, bindparam, func, select, update
from sqlalchemy.orm import InstrumentedAttribute

from app.changes import views
from app.changes.log import TOMBSTONE, Transaction
from app.changes.models import PUBLIC, Noun, Object, Revision, ViewEntry
from app.changes.stored import StoredObject, stored
from app.changes.views import EVERYONE, Perspective, ShownState
from app.content.lifecycle import Withdrawal
from app.db import Reader, Row, WriteConnection, execute_many, fetch, in_list, insert_many, list_parameters, padded_size
from app.errors import Fault, Gone, Invalid, NotFound

# The column that names what can be published: the id of an article, the slug of a note.
Key = InstrumentedAttribute[str]

# --- what is due -------------------------------------------------------------------------------------------------


@cache
def _next_due(key: Key, excluded: int) -> Select[*Row]:
    table = key.class_
    return select(func.min(table.publish_at)).where(table.status == "scheduled", ~in_list(key, "excluded", excluded))


async def next_due_at(read: Reader, key: Key, excluded: Sequence[str] = ()) -> datetime | None:
    """When the next object is due. Cost: one statement, on the index of due times."""
    names = [*excluded] or [""]
    count = padded_size(len(names))
    row = await read.row(_next_due(key, count), list_parameters("excluded", count, names))
    return row[0] if row else None


async def lock_first_due(transaction: Transaction, key: Key, now: datetime, excluded: Sequence[str] = ()) -> str | None:
    """The object that has been due longest, locked until the end of this transaction.

    None where there is none, or another process has locked it.
    """
    table = key.class_
    query = (
        select(key)
        .where(table.status == "scheduled", table.publish_at <= now, key.not_in(excluded))
        .order_by(table.publish_at, key)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    name: str | None = await transaction.connection.scalar(query)
    return name


@cache
def _expiring(noun: Noun, excluded: int) -> Select[*Row]:
    query = select(ViewEntry.expires_at).join(Object, Object.id == ViewEntry.object)
    query = query.where(ViewEntry.view == PUBLIC, ViewEntry.expires_at.is_not(None))
    query = query.where(Object.noun == noun, ~in_list(Object.ref, "excluded", excluded))
    return query.order_by(ViewEntry.expires_at).limit(1)


async def next_expiry_at(read: Reader, noun: Noun, excluded: Sequence[str] = ()) -> datetime | None:
    """When the next object expires. Cost: one statement, on the index of what expires."""
    names = [*excluded] or [""]
    count = padded_size(len(names))
    row = await read.row(_expiring(noun, count), list_parameters("excluded", count, names))
    return row[0] if row else None


async def lock_first_expired(
    transaction: Transaction, noun: Noun, key: Key, now: datetime, excluded: Sequence[str] = ()
) -> str | None:
    """The object that has been expired longest and is still public, locked until the end of this transaction.

    None where there is none, or another process has locked it. Another may have moved its expiry at the same moment.
    """
    query = (
        select(key)
        .join(Object, (Object.noun == noun) & (Object.ref == key))
        .join(ViewEntry, ViewEntry.object == Object.id)
        .where(ViewEntry.view == PUBLIC, ViewEntry.expires_at <= now, key.not_in(excluded))
        .order_by(ViewEntry.expires_at, key)
        .limit(1)
        .with_for_update(of=key.class_, skip_locked=True)
    )
    name: str | None = await transaction.connection.scalar(query)
    return name


# --- when something will be public -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Release:
    """Whether an object is public, and when a scheduled one is due."""

    is_public: bool = False
    due_at: datetime | None = None

    def is_public_by(self, at: datetime | None) -> bool:
        """Whether it is public now, or will be at that instant; None is now."""
        return self.is_public or (self.due_at is not None and at is not None and self.due_at <= at)


async def releases(transaction: Transaction, noun: Noun, key: Key, names: Iterable[str]) -> dict[str, Release]:
    """For each of the objects, whether and when it is public. Cost: one statement, none for no names."""
    table, refs = key.class_, sorted(set(names))
    if not refs:
        return {}
    query = (
        select(key, table.status, table.publish_at, ViewEntry.revision)
        .join(Object, (Object.noun == noun) & (Object.ref == key))
        .outerjoin(ViewEntry, (ViewEntry.view == PUBLIC) & (ViewEntry.object == Object.id))
        .where(key.in_(refs))
    )
    releases = dict.fromkeys(refs, Release())
    for name, status, publish_at, public_revision in await transaction.connection.execute(query):
        releases[name] = Release(public_revision is not None, publish_at if status == "scheduled" else None)
    return releases


# --- what was withdrawn ------------------------------------------------------------------------------------------


WITHDRAWAL_COLUMNS: Final = ("withdrawal_reason", "withdrawal_note", "withdrawn_at", "replacement")
# The values of those columns, in that order.
WithdrawalRow = tuple[str | None, str | None, datetime | None, str | None]
NOT_WITHDRAWN: Final[WithdrawalRow] = (None, None, None, None)


def withdrawal_columns(table: Any) -> tuple[Any, ...]:
    return tuple(getattr(table, name) for name in WITHDRAWAL_COLUMNS)


def withdrawal_row(withdrawal: Withdrawal | None) -> WithdrawalRow:
    """A withdrawal, or none, as its columns hold it."""
    if withdrawal is None:
        return NOT_WITHDRAWN
    replacement = getattr(withdrawal, "replacement", None)
    named = None if replacement is None else str(replacement)
    return withdrawal.reason, withdrawal.public_note, withdrawal.at, named


def withdrawal_fields(row: WithdrawalRow) -> dict[str, Any] | None:
    """The fields of a `Withdrawal` from its columns; None where nothing was withdrawn."""
    reason, public_note, at, replacement = row
    if reason is None:
        return None
    return {"reason": reason, "public_note": public_note, "at": at, "replacement": replacement}


async def withdrawals(transaction: Transaction, key: Key, names: Sequence[str]) -> dict[str, WithdrawalRow]:
    """Why those of these objects that are withdrawn are so, by name. Cost: one statement, none for no names."""
    if not names:
        return {}
    table = key.class_
    query = select(key, *withdrawal_columns(table)).where(key.in_(names), table.status == "withdrawn")
    rows = await transaction.connection.execute(query)
    return {name: (reason, public_note, at, replacement) for name, reason, public_note, at, replacement in rows}


async def locked_by_slug(
    transaction: Transaction, noun: Noun, key: Key, slug: str
) -> tuple[StoredObject, dict[str, Any] | None] | None:
    """(the object of this slug, the fields of its `Withdrawal`), locked until the end of this transaction.

    None where there is none. Cost: two statements.
    """
    query = select(*withdrawal_columns(key.class_)).where(key == slug).with_for_update()
    rows = [*await transaction.connection.execute(query)]
    if not rows:
        return None
    ((reason, public_note, at, replacement),) = rows
    before = (await stored(transaction.connection, noun, [slug]))[slug]
    return before, withdrawal_fields((reason, public_note, at, replacement))


@cache
def _withdrawn(key: Key) -> Select[*Row]:
    table = key.class_
    return select(key, *withdrawal_columns(table)).where(key == bindparam("slug"), table.status == "withdrawn")


async def shown_by_slug(read: Reader, perspective: Perspective, noun: Noun, key: Key, slug: str) -> ShownState:
    """The state of the object of this slug that the perspective shows.

    Cost: one statement, more where there is none. Raises: Gone, NotFound.
    """
    state = await views.shown(read, perspective, noun, slug)
    if state is None:
        raise await gone(read, noun, _withdrawn(key), {"slug": slug}) or NotFound(f"There is no {noun} {slug!r}.")
    if perspective.as_of is not None:
        states = await views.as_of(read, noun, [slug], perspective.as_of)
        if slug not in states:
            raise NotFound(f"The {noun} {slug!r} was not public then.")
        return states[slug]
    return state


async def gone(read: Reader, noun: Noun, query: Select[*Row], parameters: Mapping[str, Any]) -> Gone | None:
    """The refusal of what was withdrawn, or has expired: that has no reason in its row. None where `query`, of its name
    and `withdrawal_columns`, has no row.

    A replacement is named only while it is public, by where it is now. Cost: one statement, two where there is one.
    """
    row = await read.row(query, parameters)
    if row is None:
        return None
    ref, reason, public_note, _, name = row
    public = None if name is None else await views.shown(read, EVERYONE, noun, name)
    replacement = None if public is None else object_address(public.card)
    names = (f"{noun}:{ref}", replacements(noun), *([] if public is None else [f"{noun}:{name}"]))
    detail = f"This {noun} has expired." if reason is None else f"This {noun} has been withdrawn."
    return Gone(detail, names, reason=reason or "expired", public_note=public_note, replacement=replacement)


def replacements(noun: Noun) -> str:
    """The name, for purge keys, of what all withdrawn objects of a noun share: each names its replacement only while
    that is public."""
    return f"{noun}s:replacements"


def object_address(document: str) -> dict[str, str | None]:
    """The fields of an `ObjectAddress` from a document or card."""
    fields = from_json(document)
    return {"id": fields.get("id"), "slug": fields["slug"], "language": fields["language"]}


async def check_replacement(transaction: Transaction, noun: Noun, name: str, replacement: str | None) -> None:
    """Raises: Invalid, where what is to be read instead is not public, or is the withdrawn object itself."""
    if replacement is None:
        return
    others = await stored(transaction.connection, noun, [replacement])
    if replacement == name:
        detail = f"is this {noun} itself"
    elif replacement not in others or not others[replacement].is_public:
        detail = f"is not a public {noun}"
    else:
        return
    raise Invalid("The replacement cannot be read.", Fault(detail, pointer="/replacement"))


# --- rows --------------------------------------------------------------------------------------------------------


async def write_rows(connection: WriteConnection, key: Key, new: Iterable[Any], changed: Iterable[Any]) -> None:
    """Writes the rows of states of one noun: of new objects, and of those that exist. Cost: two statements.

    A state has a field for each column, and `withdrawal`.
    """
    table: Any = key.class_
    names = _row_names(key)
    originals_first = sorted(new, key=lambda state: getattr(state, "translation_of", None) is not None)
    await insert_many(connection, table, names, [_row(state, names) for state in originals_first])
    rows = [{f"new_{name}": value for name, value in zip(names, _row(state, names), strict=True)} for state in changed]
    await execute_many(connection, _update_row(key), rows)


def _row(state: Any, names: Sequence[str]) -> list[Any]:
    own = (getattr(state, name) for name in names if name not in WITHDRAWAL_COLUMNS)
    return [*own, *withdrawal_row(state.withdrawal)]


@cache
def _row_names(key: Key) -> tuple[str, ...]:
    own = [column.key for column in key.class_.__table__.columns if column.key not in WITHDRAWAL_COLUMNS]
    return (*own, *WITHDRAWAL_COLUMNS)


@cache
def _update_row(key: Key) -> Update:
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in _row_names(key) if name != key.key}
    return update(key.class_).where(key == bindparam(f"new_{key.key}")).values(values)


# --- erasing -----------------------------------------------------------------------------------------------------

_OF_OBJECT: Final = Revision.object == bindparam("object_", type_=Revision.object.type)
_THIS_REVISION: Final = (_OF_OBJECT, Revision.revision == bindparam("revision_"))
_NUMBERS: Final = select(Revision.revision).where(_OF_OBJECT)
_ONE_REVISION: Final = select(Revision.card, Revision.body, Revision.private).where(*_THIS_REVISION)
_BLANK: Final = (
    update(Revision)
    .where(*_THIS_REVISION)
    .values(card=bindparam("card_"), body=bindparam("body_"), private=bindparam("private_"), note=None)
)


async def blank_revisions(transaction: Transaction, object_id: str, blank: Mapping[str, Any]) -> None:
    """Blanks these fields, and the body, in every stored revision of an object; irreversible.

    Memory: one revision at a time.
    """
    connection = transaction.connection
    for (number,) in await fetch(connection, _NUMBERS, {"object_": object_id}):
        this = {"object_": object_id, "revision_": number}
        ((card, body, private),) = await fetch(connection, _ONE_REVISION, this)
        if card == TOMBSTONE:
            continue
        blanked = {
            "card_": _with_blanks(card, blank),
            "body_": None if body is None else "[]",
            "private_": None if private is None else _with_blanks(private, blank),
        }
        await execute_many(connection, _BLANK, [this | blanked])


def _with_blanks(json: str, blank: Mapping[str, Any]) -> str:
    fields: dict[str, Any] = from_json(json)
    return to_json({name: blank.get(name, value) for name, value in fields.items()}).decode()
