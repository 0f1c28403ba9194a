"""Objects of one noun that stand under each other: what tags and sources share.

Each has a slug for ever, a type, at most one parent, and is public from the moment something public names it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, Generic, Protocol, TypeVar

from pydantic import BaseModel
from pydantic_core import from_json, to_json
from sqlalchemy import Select, String, bindparam, delete, insert, literal, select, update

from app.changes import log
from app.changes.log import DUE_ANY_TIME, PendingChange, Transaction, Written
from app.changes.models import DESK, PUBLIC, Noun
from app.changes.saving import IN_USE, NAMED_USERS, Outcome, ToSave, refusal_of_single, same_content
from app.changes.stored import FormerObject, StoredObject, former, portions, stored
from app.db import fetch, in_list, list_parameters, padded_size
from app.errors import Conflict, Fault, Invalid, NotFound
from app.lists import store as lists

DEEPEST: Final = 20
# One statement locks at most so many rows; a database has bounds for its parameters.
LOCKED_AT_ONCE: Final = 30_000


class Node(Protocol):
    """The state of an object in a hierarchy: a Pydantic model with these fields."""

    slug: str
    type: Any
    parent: str | None
    revision: int
    created_at: datetime
    modified_at: datetime


State = TypeVar("State", bound=Node)


@dataclass(frozen=True, slots=True)
class Lineage:
    """An object's type, and its ancestors from the nearest to the farthest."""

    type: str
    ancestors: tuple[str, ...]


@dataclass(frozen=True)
class Hierarchy(Generic[State]):
    """The objects of one noun. `misplaced(state, type of its parent)` says what is wrong with a place, if anything."""

    noun: Noun
    table: Any
    state: type[State]
    misplaced: Callable[[State, str], str | None]

    # --- locking -------------------------------------------------------------------------------------------------

    async def lineages(self, transaction: Transaction, slugs: Iterable[str]) -> dict[str, Lineage]:
        """Lineage of those that exist. None of them changes or is deleted before this transaction ends.

        Cost: one statement for each level of the hierarchy, none for those that the transaction has locked already.
        """
        names = set(slugs)
        rows: dict[str, tuple[str, str | None]] = transaction.locked.setdefault(self.table, {})
        missing = sorted(names - rows.keys())
        while missing and len(missing) <= LOCKED_AT_ONCE:
            count = padded_size(len(missing))
            parameters = list_parameters("slug", count, missing)
            locked = await fetch(transaction.connection, _locked(self.table, count), parameters)
            rows |= {slug: (type, parent) for slug, type, parent in locked}
            missing = sorted({parent for _, _, parent in locked if parent is not None} - rows.keys())
        return {slug: Lineage(rows[slug][0], tuple(_ancestors(rows, slug))) for slug in names if slug in rows}

    async def lock_all(self, transaction: Transaction, slugs: Sequence[str]) -> dict[str, StoredObject]:
        """Those of the objects that exist, by slug, locked until the end of this transaction.

        Locked first and read then: another transaction may make one public meanwhile, which takes no new revision.
        Cost: two statements for each thousand.
        """
        existing: list[str] = []
        for portion in portions(slugs):
            count = padded_size(len(portion))
            parameters = list_parameters("slug", count, portion)
            rows = await fetch(transaction.connection, _locked_for_update(self.table, count), parameters)
            existing += [slug for (slug,) in rows]
        return await stored(transaction.connection, self.noun, existing)

    async def find(self, transaction: Transaction, slug: str) -> StoredObject | None:
        """The object, locked until the end of this transaction; None where there is none. Cost: two statements."""
        return (await self.lock_all(transaction, [slug])).get(slug)

    async def lock(self, transaction: Transaction, slug: str) -> StoredObject:
        """As `find`. Raises: NotFound."""
        if (before := await self.find(transaction, slug)) is None:
            raise NotFound(f"There is no {self.noun} {slug!r}.")
        return before

    # --- writing -------------------------------------------------------------------------------------------------

    async def make_public(self, transaction: Transaction, slugs: Iterable[str]) -> None:
        """Makes the objects public, since something public names them, with their ancestors."""
        lineages = await self.lineages(transaction, slugs)
        ancestors = {slug for lineage in lineages.values() for slug in lineage.ancestors}
        await log.make_public_by_naming(transaction, self.noun, {*lineages, *ancestors})

    async def save(
        self, transaction: Transaction, items: Sequence[ToSave[State]], before: dict[str, StoredObject]
    ) -> list[Outcome]:
        """Writes new states, each slug once. `before`: those of the objects that exist, by slug.

        A revision that is not beyond the last one is raised. Cost: a few statements, however many states.
        Raises: Invalid, with pointers that begin with the index in `items`; then nothing is written.
        """
        states = [item.state for item in items]
        await self._check_parents(transaction, states)
        new = [state.slug for state in states if state.slug not in before]
        deleted = await former(transaction.connection, self.noun, new)
        outcomes: list[Outcome] = []
        inserted, changed = [], []
        for item in items:
            outcome = self._save_one(transaction, item, before.get(item.state.slug), deleted.get(item.state.slug))
            outcomes.append(outcome)
            if outcome == "created":
                inserted.append(item.state)
            elif outcome == "updated":
                changed.append(item.state)
        await self._write_rows(transaction, inserted, changed)
        transaction.locked.pop(self.table, None)
        public = [
            state.slug
            for state in (*inserted, *changed)
            if state.parent and transaction.changes[self.noun, state.slug].view == PUBLIC
        ]
        if public:
            await self.make_public(transaction, public)
        return outcomes

    def _save_one(
        self,
        transaction: Transaction,
        item: ToSave[State],
        before: StoredObject | None,
        deleted: FormerObject | None,
    ) -> Outcome:
        state = item.state
        if before is None:
            object_id = deleted.id if deleted else log.new_object_id()
            state.revision = max(state.revision, deleted.last_revision + 1 if deleted else 1)
        else:
            old = from_json(before.newest.card)
            if same_content(old, from_json(to_json(state)), ()):
                return "unchanged"
            object_id = before.id
            state.revision = max(state.revision, before.last_revision + 1)
            if "created_at" not in item.stated:
                state.created_at = datetime.fromisoformat(old["created_at"])
            if "modified_at" not in item.stated:
                state.modified_at = transaction.at
        transaction.save(
            PendingChange(
                noun=self.noun,
                ref=state.slug,
                object=object_id,
                slug=state.slug,
                revision=state.revision,
                op="created" if before is None else "updated",
                card=to_json(state).decode(),
                body=None,
                private=None,
                modified_at=state.modified_at,
                view=PUBLIC if before is not None and before.is_public else DESK,
                cleared=before.views if before is not None else frozenset(),
                due_at=DUE_ANY_TIME,
                keys=[f"{self.noun}s"],
                is_new_object=before is None and deleted is None,
            )
        )
        return "created" if before is None else "updated"

    async def _write_rows(self, transaction: Transaction, inserted: Sequence[State], changed: Sequence[State]) -> None:
        table = self.table
        names = [column.key for column in table.__table__.columns]
        if inserted:
            rows = [{name: getattr(state, name) for name in names} for state in _parents_first(inserted)]
            await transaction.connection.execute(insert(table), rows)
        if changed:
            values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names if name != "slug"}
            await transaction.connection.execute(
                update(table).where(table.slug == bindparam("slug_")).values(values),
                [
                    {"slug_": state.slug, **{f"new_{name}": getattr(state, name) for name in values}}
                    for state in changed
                ],
            )

    async def write(self, transaction: Transaction, state: State, before: StoredObject | None) -> Written:
        """Makes this the state of what is locked, or of a new object. Raises: Invalid; Conflict."""
        slug = state.slug
        try:
            (outcome,) = await self.save(transaction, [ToSave(state)], {} if before is None else {slug: before})
        except Invalid as refusal:
            raise refusal_of_single(refusal) from None
        if outcome == "unchanged" and before is not None:
            return log.unchanged(self.noun, slug, before)
        return transaction.written(self.noun, slug)

    def new_state(self, transaction: Transaction, content: BaseModel, slug: str) -> State:
        """The state of an object with this content, as a new one would have it."""
        fields = {**dict(content), "slug": slug}
        at = transaction.at
        return self.state.model_construct(**fields, revision=1, created_at=at, modified_at=at)  # type: ignore[attr-defined,no-any-return]

    async def delete(self, transaction: Transaction, slug: str, before: StoredObject) -> None:
        """Deletes what is locked. Raises: Conflict, naming what refers to it in any view."""
        connection, table = transaction.connection, self.table
        children = await connection.scalars(select(table.slug).where(table.parent == slug).limit(NAMED_USERS))
        faults = [Fault(f"the {self.noun} {child} stands under it", IN_USE, pointer="") for child in children]
        # Articles are listed under the ancestors of their tags too: those of a child may not name this one themselves.
        lists_of_children = select(literal("articles:tag:", String).concat(table.slug)).where(table.parent == slug)
        conditions = [~lists.also_in(lists_of_children)] if self.noun == "tag" else []
        for noun in ("article", "note"):
            names = [f"{noun}s:{self.noun}:{slug}"]
            for user, ref in await lists.members(connection, names, *conditions, limit=NAMED_USERS):
                faults.append(Fault(f"the {user} {ref} names it", IN_USE, pointer=""))
        if faults:
            raise Conflict(f"Something still refers to this {self.noun}.", *faults)
        log.delete_object(transaction, self.noun, slug, before, [f"{self.noun}s"])
        await connection.execute(delete(table).where(table.slug == slug))

    # --- places --------------------------------------------------------------------------------------------------

    async def _check_parents(self, transaction: Transaction, states: Sequence[State]) -> None:
        """Raises: Invalid, where a parent does not exist, is of a wrong type, or leads back to the object."""
        batch = {state.slug: state for state in states}
        parents = [state.parent for state in states if state.parent is not None]
        lineages = await self.lineages(transaction, parents)
        faults = [
            Fault(detail, pointer=f"/{index}/parent")
            for index, state in enumerate(states)
            if (detail := self._misplacement(state, batch, lineages)) is not None
        ]
        if faults:
            raise Invalid(f"A {self.noun} stands in a wrong place.", *faults)

    def _misplacement(self, state: State, batch: dict[str, State], lineages: dict[str, Lineage]) -> str | None:
        """What is wrong with the parent of a state, or None. Objects of the same batch count as they will be."""
        if state.parent is None:
            return None
        parent = batch.get(state.parent)
        if parent is None and state.parent not in lineages:
            return f"there is no {self.noun} {state.parent!r}"
        detail = self.misplaced(state, parent.type if parent is not None else lineages[state.parent].type)
        if detail is not None:
            return detail
        path = [state.slug]
        for slug in _path_up(state.parent, batch, lineages):
            if slug in path:
                return f"leads back to the {self.noun} itself"
            path.append(slug)
            if len(path) > DEEPEST:
                return f"stands more than {DEEPEST} levels deep"
        return None


@cache
def _locked(table: Any, count: int) -> Select[str, str, str | None]:
    query = select(table.slug, table.type, table.parent).where(in_list(table.slug, "slug", count))
    return query.with_for_update(read=True)


@cache
def _locked_for_update(table: Any, count: int) -> Select[str]:
    query = select(table.slug).where(in_list(table.slug, "slug", count)).order_by(table.slug)
    return query.with_for_update()


def _ancestors(rows: dict[str, tuple[str, str | None]], slug: str) -> Iterator[str]:
    parent = rows[slug][1]
    while parent is not None:
        yield parent
        parent = rows[parent][1]


def _path_up(slug: str, batch: dict[str, Any], lineages: dict[str, Lineage]) -> Iterator[str]:
    """The slug and its ancestors, of which some are in the batch and the others are stored."""
    parents: dict[str, str | None] = {}
    for first, lineage in lineages.items():
        parents |= dict(zip((first, *lineage.ancestors), (*lineage.ancestors, None), strict=False))
    step: str | None = slug
    while step is not None:
        yield step
        step = batch[step].parent if step in batch else parents.get(step)


def _parents_first(states: Sequence[State]) -> list[State]:
    """The states, each parent before its children."""
    waiting = {state.slug: state for state in states}
    ordered: list[State] = []

    def place(state: State) -> None:
        if waiting.pop(state.slug, None) is not None:
            if state.parent in waiting:
                place(waiting[state.parent])
            ordered.append(state)

    for state in states:
        place(state)
    return ordered
