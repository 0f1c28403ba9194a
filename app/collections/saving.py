"""Writes states of collections: their rows, their places in lists, and one change in the log for each."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic_core import from_json, to_json
from sqlalchemy import delete

from app.articles.list_names import PINNED
from app.changes import log
from app.changes.log import PendingChange, Transaction
from app.changes.models import DESK, PUBLIC, View
from app.changes.saving import Outcome, ToSave, same_content
from app.changes.stored import FormerObject, StoredObject, StoredState, former, stored
from app.collections.models import Collection
from app.collections.references import broken_words, missing_pins
from app.collections.schemas import CollectionState
from app.errors import Invalid
from app.lists.store import ListChanges, Placement
from app.publishing.placement import following_dates, operation, placement_of_document
from app.publishing.statuses import heading
from app.publishing.store import NOT_WITHDRAWN, WithdrawalRow, withdrawal_row, withdrawals, write_rows

DATES: Final = frozenset({"created_at", "modified_at", "updated_at", "first_published_at"})
STATUS: Final = "collections:status:"
_NOT_IN_CARD: Final = {"working_copy", "withdrawal"}


async def save(
    transaction: Transaction, items: Sequence[ToSave[CollectionState]], *, kind: str | None = None
) -> list[Outcome]:
    """Writes new states of collections, each slug once; `kind` says what kind of change it is.

    A revision that is not beyond the last one is raised. A working copy leaves what is public as it is. Cost: a few
    statements, however many collections.
    Raises: Invalid, with pointers that begin with the index in `items`; then nothing is written.
    """
    states = [item.state for item in items]
    slugs = [state.slug for state in states]
    if faults := [*await missing_pins(transaction, states), *broken_words(states)]:
        raise Invalid("A collection names what is not there.", *faults)
    before = await stored(transaction.connection, "collection", slugs)
    deleted = await former(transaction.connection, "collection", [slug for slug in slugs if slug not in before])
    hidden = [slug for slug, collection in before.items() if not collection.is_public]
    withdrawn = await withdrawals(transaction, Collection.slug, hidden)
    batch = _Batch(transaction, kind)
    outcomes = [
        batch.add(item, before.get(slug), deleted.get(slug), withdrawn.get(slug, NOT_WITHDRAWN))
        for item, slug in zip(items, slugs, strict=True)
    ]
    await batch.write()
    return outcomes


class _Batch:
    """Collects the rows of many collections, so that each table is written once."""

    def __init__(self, transaction: Transaction, kind: str | None) -> None:
        self.transaction = transaction
        self.kind = kind
        self.lists = ListChanges(transaction.zone)
        self.inserted: list[CollectionState] = []
        self.changed: list[CollectionState] = []

    def add(
        self,
        item: ToSave[CollectionState],
        before: StoredObject | None,
        deleted: FormerObject | None,
        withdrawal: WithdrawalRow,
    ) -> Outcome:
        """Takes a state in, unless it is what is stored already."""
        state = item.state
        view: View = PUBLIC if state.status == "published" else DESK
        if before is None:
            state.revision = max(state.revision, deleted.last_revision + 1 if deleted else 1)
            self.inserted.append(state)
        else:
            replaced = before.states[before.replaced_in(view)]
            if _is_stored(item, replaced, withdrawal):
                return "unchanged"
            dates = following_dates(state.status, replaced.fields(), item.stated, self.transaction.at)
            state = state.model_copy(update={**dates, "revision": max(state.revision, before.last_revision + 1)})
            self.changed.append(state)
        placed = placements(before)
        kept = {PUBLIC: placed[PUBLIC]} if state.working_copy and PUBLIC in placed else {}
        cleared = frozenset(placed) - kept.keys()
        card = to_json(state, exclude=_NOT_IN_CARD).decode()
        new = placement_of_document(list_names(state), from_json(card))
        object_id = before.id if before else deleted.id if deleted else log.new_object_id()
        self.lists.move(object_id, placed, {**kept, view: new})
        was_withdrawn = withdrawal != NOT_WITHDRAWN
        change = PendingChange(
            noun="collection", ref=state.slug, object=object_id, slug=state.slug, revision=state.revision,
            op=operation(state.status, before, cleared, was="withdrawn" if was_withdrawn else "draft"), card=card,
            private=to_json({"working_copy": state.working_copy}).decode(), modified_at=state.modified_at, view=view,
            cleared=cleared, listed_at=new.published_at, due_at=state.publish_at, lists=sorted(new.names),
            withdrawal_changes=was_withdrawn and withdrawal != withdrawal_row(state.withdrawal),
            is_new_object=before is None and deleted is None, kind=self.kind,
        )  # fmt: skip
        if state.withdrawal is not None:
            change.note, change.reason = state.withdrawal.public_note, state.withdrawal.reason
        self.transaction.save(change)
        return "created" if before is None else "updated"

    async def write(self) -> None:
        connection = self.transaction.connection
        await write_rows(connection, Collection.slug, self.inserted, self.changed)
        await self.lists.write(connection)


async def discard_working_copy(transaction: Transaction, before: StoredObject, public: CollectionState) -> None:
    """Drops the working copy of a public collection: the desk sees again what is public, the state `public`."""
    batch, placed, shown = _Batch(transaction, None), placements(before), before.states[PUBLIC]
    batch.lists.move(before.id, placed, {PUBLIC: placed[PUBLIC]})
    batch.changed.append(public)
    change = PendingChange(
        noun="collection", ref=public.slug, object=before.id, slug=public.slug, revision=public.revision, op="updated",
        card=shown.card, private=shown.private, modified_at=public.modified_at, view=None, cleared=frozenset({DESK}),
        is_new_revision=False,
    )  # fmt: skip
    transaction.save(change)
    await batch.write()


async def remove(transaction: Transaction, slug: str, before: StoredObject, *, was_withdrawn: bool) -> None:
    """Deletes a collection."""
    log.delete_object(transaction, "collection", slug, before, was_gone=was_withdrawn)
    lists = ListChanges(transaction.zone)
    lists.move(before.id, placements(before), {})
    await lists.write(transaction.connection)
    await transaction.connection.execute(delete(Collection).where(Collection.slug == slug))


# --- one collection ----------------------------------------------------------------------------------------------


def _is_stored(item: ToSave[CollectionState], replaced: StoredState, withdrawal: WithdrawalRow) -> bool:
    """Whether the state is the stored one, but for dates that its writer has not stated."""
    new: dict[str, Any] = from_json(to_json(item.state, exclude={"withdrawal"}))
    return (
        same_content(replaced.fields(), new, DATES - item.stated)
        and withdrawal_row(item.state.withdrawal) == withdrawal
    )


def list_names(state: CollectionState) -> set[str]:
    """The lists that a collection stands in: by what it pins, and at the desk by its status."""
    desk_heading = heading(state.status, is_working_copy=state.working_copy)
    return {*(f"{PINNED}{id}" for id in state.pinned), *([STATUS + desk_heading] if desk_heading else [])}


def placements(before: StoredObject | None) -> Mapping[View, Placement]:
    """Where each view lists it."""
    states = before.states.items() if before is not None else ()
    return {view: placement_of_document(state.lists, from_json(state.card)) for view, state in states}
