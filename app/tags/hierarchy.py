"""Objects of one noun that stand under each other: what tags and sources share.

Each has a slug for ever, a type, at most one parent, and is public from the moment something public names it.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache, partial
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

from pydantic_core import from_json, to_json
from sqlalchemy import ColumnElement, Select, String, bindparam, delete, insert, literal, select, update

from app.changes import log, saving, views
from app.changes.log import DUE_ANY_TIME, PendingChange, Transaction, Written
from app.changes.models import DESK, PUBLIC, Noun, ViewEntry
from app.changes.saving import Outcome, ToSave
from app.changes.slug_lists import SlugListRequest, slug_list
from app.changes.stored import FormerObject, StoredObject, fetch_in_portions, former, stored
from app.changes.views import Perspective
from app.content.sets import make_sets
from app.db import SHAPES, Reader, Row, fetch, in_list, list_parameters, padded_size
from app.errors import Conflict, Fault, Invalid, NotFound
from app.index.keys import IndexedTexts
from app.index.store import IndexChanges, IndexedState
from app.lists import store as lists
from app.paging import PageRows
from app.tags.schemas import SluggedContent
from app.web.merging import Patch, merged

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


class Lineage(NamedTuple):
    """An object's type, and its ancestors from the nearest to the farthest."""

    type: str
    ancestors: tuple[str, ...]


# By slug, the type and the parent.
Places = Mapping[str, tuple[str, str | None]]


@dataclass(frozen=True)
class Hierarchy(Generic[State]):
    """The objects of one noun.

    `texts` gives those of a document by which words find it. `misplaced(state, type of its parent)` says what is wrong
    with a place, if anything. `check_moves` raises Invalid where a state must not have another type or parent than what
    is stored.
    """

    noun: Noun
    table: Any
    state: type[State]
    content: type[SluggedContent]
    texts: Callable[[Mapping[str, Any]], IndexedTexts]
    misplaced: Callable[[State, str], str | None] = lambda state, parent_type: None
    check_moves: Callable[[Transaction, Sequence[State], Mapping[str, StoredObject]], Awaitable[None]] | None = None

    # --- reading -------------------------------------------------------------------------------------------------

    async def get(self, read: Reader, perspective: Perspective, slug: str) -> tuple[int, str]:
        """(revision, document). Cost: one statement. Raises: NotFound."""
        state = await views.shown(read, perspective, self.noun, slug)
        if state is None:
            raise NotFound(f"There is no {self.noun} {slug!r}.")
        return state.revision, state.card

    async def page(
        self,
        read: Reader,
        perspective: Perspective,
        request: SlugListRequest,
        *conditions: ColumnElement[bool],
        parameters: Mapping[str, Any] | None = None,
        **filters: Sequence[str] | None,
    ) -> PageRows:
        """Objects that have, in each of these columns, one of the values, and meet the conditions, whose parameters
        are `parameters`. An unknown parent matches nothing.

        Cost: one statement, and one more if counted.
        """
        sizes = tuple((name, padded_size(len(values))) for name, values in filters.items() if values)
        values = {**(parameters or {})}
        for name, size in sizes:
            values |= list_parameters(name, size, filters[name] or ())
        all_conditions = (*_conditions(self.table, sizes), *conditions)
        return await slug_list(read, perspective, self.noun, request, all_conditions, values)

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
        return {slug: Lineage(rows[slug][0], (*_ancestors(rows, slug),)) for slug in names if slug in rows}

    async def existing(self, transaction: Transaction, slugs: Iterable[str]) -> set[str]:
        """Those that exist; none of them is deleted before this transaction ends."""
        return {*await self.lineages(transaction, slugs)}

    async def lock_all(self, transaction: Transaction, slugs: Sequence[str]) -> dict[str, StoredObject]:
        """Those of the objects that exist, by slug, locked until the end of this transaction.

        Locked first and read then: another transaction may make one public meanwhile, which takes no new revision.
        Cost: two statements for each thousand.
        """
        rows = await fetch_in_portions(transaction.connection, partial(_locked_for_update, self.table), slugs)
        return await stored(transaction.connection, self.noun, [slug for (slug,) in rows])

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

    async def save(self, transaction: Transaction, items: Sequence[ToSave[State]]) -> list[Outcome]:
        """Writes new states, each slug once. Cost: a few statements, however many states.

        A revision that is not beyond the last one is raised.
        Raises: Invalid, with pointers that begin with the index in `items`; then nothing is written.
        """
        before = await self.lock_all(transaction, [item.state.slug for item in items])
        return await self._save(transaction, items, before)

    async def _save(
        self, transaction: Transaction, items: Sequence[ToSave[State]], before: Mapping[str, StoredObject]
    ) -> list[Outcome]:
        """As `save`. `before`: those of the objects that exist, locked."""
        states = [item.state for item in items]
        if self.check_moves is not None:
            await self.check_moves(transaction, states, before)
        await self._check_parents(transaction, states)
        new = [state.slug for state in states if state.slug not in before]
        deleted = await former(transaction.connection, self.noun, new)
        outcomes = [
            self._save_one(transaction, item, before.get(item.state.slug), deleted.get(item.state.slug))
            for item in items
        ]
        created = [state for state, outcome in zip(states, outcomes, strict=True) if outcome == "created"]
        updated = [state for state, outcome in zip(states, outcomes, strict=True) if outcome == "updated"]
        await self._write_rows(transaction, created, updated)
        await self._index(transaction, (*created, *updated))
        transaction.locked.pop(self.table, None)
        changes = transaction.changes
        public = [s.slug for s in (*created, *updated) if s.parent and changes[self.noun, s.slug].view == PUBLIC]
        if public:
            await self.make_public(transaction, public)
        return outcomes

    def _save_one(
        self, transaction: Transaction, item: ToSave[State], before: StoredObject | None, deleted: FormerObject | None
    ) -> Outcome:
        state = item.state
        existing = before or deleted
        if before is not None:
            old = from_json(before.newest.card)
            if saving.same_content(old, from_json(to_json(state)), ()):
                return "unchanged"
            if "created_at" not in item.stated:
                state.created_at = datetime.fromisoformat(old["created_at"])
            if "modified_at" not in item.stated:
                state.modified_at = transaction.at
        state.revision = max(state.revision, existing.last_revision + 1 if existing else 1)
        transaction.save(
            PendingChange(
                noun=self.noun,
                ref=state.slug,
                object=existing.id if existing else log.new_object_id(),
                slug=state.slug,
                revision=state.revision,
                op="updated" if before else "created",
                card=to_json(state).decode(),
                modified_at=state.modified_at,
                view=PUBLIC if before and before.is_public else DESK,
                cleared=before.views if before else frozenset(),
                due_at=DUE_ANY_TIME,
                is_new_object=existing is None,
            )
        )
        return "updated" if before else "created"

    async def _write_rows(self, transaction: Transaction, created: Sequence[State], updated: Sequence[State]) -> None:
        table = self.table
        names = [column.key for column in table.__table__.columns]
        if created:
            rows = [{name: getattr(state, name) for name in names} for state in _parents_first(created)]
            await transaction.connection.execute(insert(table), rows)
        if updated:
            values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names if name != "slug"}
            statement = update(table).where(table.slug == bindparam("new_slug")).values(values)
            rows = [{f"new_{name}": getattr(state, name) for name in names} for state in updated]
            await transaction.connection.execute(statement, rows)

    async def _index(self, transaction: Transaction, states: Iterable[State]) -> None:
        index = IndexChanges(self.noun)
        for state in states:
            change = transaction.changes[self.noun, state.slug]
            texts = self.texts(from_json(change.card))
            index.show(change.object, {DESK: IndexedState(texts, state.created_at, language="")})
        await index.write(transaction.connection)

    # --- the desk ------------------------------------------------------------------------------------------------

    async def create(self, transaction: Transaction, content: SluggedContent) -> Written:
        """Makes an object that the desk alone sees. Raises: Conflict, where the slug is taken; Invalid."""
        if await self.find(transaction, content.slug) is not None:
            raise saving.slug_taken(self.noun, content.slug)
        return await self.put(transaction, content.slug, content, None)

    async def update(self, transaction: Transaction, slug: str, patch: Patch, before: StoredObject) -> Written:
        """Changes the fields that the patch names. Raises: Invalid, Conflict."""
        return await self.put(transaction, slug, merged(self.content, before.newest.fields(), patch), before)

    async def put(
        self, transaction: Transaction, slug: str, content: SluggedContent, before: StoredObject | None
    ) -> Written:
        """Makes the content the next state of what is locked, or a new object. Raises: Invalid, Conflict."""
        saving.check_slug_of_address(slug, content.slug)
        warnings = make_sets(content)
        fields = {**dict(content), "slug": slug, "revision": 1}
        at = transaction.at
        state = self.state.model_construct(**fields, created_at=at, modified_at=at)  # type: ignore[attr-defined]
        try:
            (outcome,) = await self._save(transaction, [ToSave(state)], {slug: before} if before else {})
        except Invalid as refusal:
            raise saving.refusal_of_single(refusal) from None
        if outcome == "unchanged" and before is not None:
            return log.unchanged(self.noun, slug, before, warnings)
        return transaction.written(self.noun, slug, warnings)

    async def delete(self, transaction: Transaction, slug: str, before: StoredObject) -> None:
        """Deletes what is locked. Raises: Conflict, naming what refers to it in any view."""
        connection, table = transaction.connection, self.table
        children = await connection.scalars(select(table.slug).where(table.parent == slug).limit(saving.NAMED_USERS))
        faults = [Fault(f"the {self.noun} {child} stands under it", saving.IN_USE, pointer="") for child in children]
        # Articles are listed under the ancestors of their tags too: those of a child may not name this one themselves.
        lists_of_children = select(literal("articles:tag:", String).concat(table.slug)).where(table.parent == slug)
        conditions = [~lists.also_in(lists_of_children)] if self.noun == "tag" else []
        for noun in ("article", "note"):
            names = [f"{noun}s:{self.noun}:{slug}"]
            for user, ref in await lists.members(connection, names, *conditions, limit=saving.NAMED_USERS):
                faults.append(Fault(f"the {user} {ref} names it", saving.IN_USE, pointer=""))
        if faults:
            raise Conflict(f"Something still refers to this {self.noun}.", *faults)
        log.delete_object(transaction, self.noun, slug, before)
        index = IndexChanges(self.noun)
        index.show(before.id, {DESK: None})
        await index.write(connection)
        await connection.execute(delete(table).where(table.slug == slug))

    # --- places --------------------------------------------------------------------------------------------------

    async def _check_parents(self, transaction: Transaction, states: Sequence[State]) -> None:
        """Raises: Invalid, where a parent does not exist, is of a wrong type, or leads back to the object."""
        await self.lineages(transaction, [state.parent for state in states if state.parent is not None])
        # Objects of the same batch count as they will be.
        places = transaction.locked[self.table] | {state.slug: (state.type, state.parent) for state in states}
        faults = [
            Fault(detail, pointer=f"/{index}/parent")
            for index, state in enumerate(states)
            if (detail := self._misplacement(state, places)) is not None
        ]
        if faults:
            raise Invalid(f"A {self.noun} stands in a wrong place.", *faults)

    def _misplacement(self, state: State, places: Places) -> str | None:
        """What is wrong with the parent of a state, or None."""
        if state.parent is None:
            return None
        if state.parent not in places:
            return f"there is no {self.noun} {state.parent!r}"
        if (detail := self.misplaced(state, places[state.parent][0])) is not None:
            return detail
        path = [state.slug]
        for slug in _ancestors(places, state.slug):
            if slug in path:
                return f"leads back to the {self.noun} itself"
            path.append(slug)
            if len(path) > DEEPEST:
                return f"stands more than {DEEPEST} levels deep"
        return None


@lru_cache(SHAPES)
def _conditions(table: Any, sizes: tuple[tuple[str, int], ...]) -> tuple[ColumnElement[bool], ...]:
    """Objects that have, in each of these columns, one of so many values."""
    columns = [in_list(getattr(table, name), name, size) for name, size in sizes]
    return (ViewEntry.slug.in_(select(table.slug).where(*columns)),) if columns else ()


@cache
def _locked(table: Any, count: int) -> Select[str, str, str | None]:
    query = select(table.slug, table.type, table.parent).where(in_list(table.slug, "slug", count))
    return query.with_for_update(read=True)


@cache
def _locked_for_update(table: Any, count: int) -> Select[*Row]:
    return select(table.slug).where(in_list(table.slug, "ref", count)).order_by(table.slug).with_for_update()


def _ancestors(places: Places, slug: str) -> Iterator[str]:
    """From the nearest to the farthest that has a place; without end, where they lead in a circle."""
    while slug in places and (parent := places[slug][1]) is not None:
        yield parent
        slug = parent


def _parents_first(states: Sequence[State]) -> list[State]:
    parents = {state.slug: state.parent for state in states}

    def depth(slug: str | None) -> int:
        return 1 + depth(parents[slug]) if slug in parents else 0

    return sorted(states, key=lambda state: depth(state.slug))
