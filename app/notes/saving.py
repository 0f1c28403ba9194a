"""Writes states of reference notes: their rows, their places in lists, and one change in the log for each."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pydantic_core import from_json, to_json
from sqlalchemy import delete

from app.changes import log
from app.changes.log import PendingChange, Transaction
from app.changes.models import DESK, PUBLIC, View
from app.changes.saving import Outcome, ToSave, same_content
from app.changes.stored import FormerObject, StoredObject, former, stored
from app.errors import Invalid
from app.index.store import IndexChanges, IndexedState
from app.lists.store import ListChanges, Placement
from app.notes.facts import Placements, fact_placements, move_facts
from app.notes.models import Note
from app.notes.references import hidden_in_use, missing_references, shared_languages, sources_of
from app.notes.schemas import NoteState
from app.notes.texts import searched_texts
from app.publishing.placement import (
    following_dates,
    operation,
    placement,
    placement_of_document,
    touched_placements,
    touched_replacements,
)
from app.publishing.statuses import heading
from app.publishing.store import NOT_WITHDRAWN, WithdrawalRow, withdrawal_row, withdrawals, write_rows
from app.sources import store as sources
from app.tags import store as tags
from app.tags.hierarchy import Lineage

PUBLISHED: Final = "published"
STATUS: Final = "notes:status:"
DATES: Final = frozenset({"created_at", "modified_at", "updated_at", "first_published_at"})


async def save(
    transaction: Transaction, items: Sequence[ToSave[NoteState]], *, kind: str | None = None
) -> list[Outcome]:
    """Writes new states of notes, each slug once; `kind` says what kind of change it is.

    A revision that is not beyond the last one is raised. Cost: a few statements, however many notes.
    Raises: Invalid, with pointers that begin with the index in `items`; then nothing is written.
    """
    notes = [item.state for item in items]
    before = await stored(transaction.connection, "note", [note.slug for note in notes])
    tag_slugs = {slug for note in notes for slug in note.tags}
    lineages = await tags.lineages(transaction, tag_slugs.union(*map(_tags_of, before.values())))
    if faults := await missing_references(transaction, notes, lineages):
        raise Invalid("A note refers to what is not there.", *faults)
    if faults := await shared_languages(transaction, notes, before):
        raise Invalid("A note is in the language of another version of it.", *faults)
    if faults := await hidden_in_use(transaction, notes, before):
        raise Invalid("A note in use cannot be unpublished.", *faults)
    batch = _Batch(transaction, lineages, kind)
    deleted = await former(transaction.connection, "note", [note.slug for note in notes if note.slug not in before])
    withdrawn = await withdrawals(transaction, Note.slug, [slug for slug, note in before.items() if not note.is_public])
    outcomes = [
        batch.add(item, before.get(slug), deleted.get(slug), withdrawn.get(slug, NOT_WITHDRAWN))
        for item in items
        if (slug := item.state.slug)
    ]
    await batch.write()
    return outcomes


class _Batch:
    """Collects the rows of many notes, so that each table is written once."""

    def __init__(self, transaction: Transaction, lineages: Mapping[str, Lineage], kind: str | None) -> None:
        self.transaction = transaction
        self.lineages = lineages
        self.kind = kind
        self.lists = ListChanges(transaction.zone)
        self.index = IndexChanges("note")
        self.inserted: list[NoteState] = []
        self.changed: list[NoteState] = []

    def add(
        self,
        item: ToSave[NoteState],
        before: StoredObject | None,
        deleted: FormerObject | None,
        withdrawal: WithdrawalRow,
    ) -> Outcome:
        """Takes a state in, unless it is what is stored already."""
        note = item.state
        if before is None:
            note.revision = max(note.revision, deleted.last_revision + 1 if deleted else 1)
            self.inserted.append(note)
        else:
            old = before.newest.fields()
            if _is_stored(item, old, withdrawal):
                return "unchanged"
            dates = following_dates(note.status, old, item.stated, self.transaction.at)
            note = note.model_copy(update={**dates, "revision": max(note.revision, before.last_revision + 1)})
            self.changed.append(note)
        view: View = PUBLIC if note.status == PUBLISHED else DESK
        names = list_names(note)
        cleared = before.views if before is not None else frozenset()
        object_id = before.id if before else deleted.id if deleted else log.new_object_id()
        new = placement(names, note)
        placed = _placements(before)
        self.lists.move(object_id, placed, {view: new})
        touched = _purge_names(touched_placements(placed, new, view, cleared), self.lineages)
        was_withdrawn = withdrawal != NOT_WITHDRAWN
        op = operation(note.status, before, cleared, was="withdrawn" if was_withdrawn else "draft")
        change = PendingChange(
            noun="note", ref=note.slug, object=object_id, slug=note.slug, revision=note.revision,
            op=op, card=to_json(note, exclude={"body", "withdrawal"}).decode(),
            body=to_json(note.body).decode(), private=None, modified_at=note.modified_at, view=view, cleared=cleared,
            listed_at=new.published_at, due_at=note.publish_at, lists=sorted(names),
            keys=touched | touched_replacements("note", before, is_public=view == PUBLIC),
            withdrawal_changes=was_withdrawn and withdrawal != withdrawal_row(note.withdrawal),
            is_new_object=before is None and deleted is None, kind=self.kind,
        )  # fmt: skip
        if note.withdrawal is not None:
            change.note, change.reason = note.withdrawal.public_note, note.withdrawal.reason
        self.transaction.save(change)
        card = from_json(change.card)
        move_facts(self.lists, object_id, _facts(before), {view: fact_placements(card)})
        texts = searched_texts(card, from_json(change.body or "[]"))
        indexed = IndexedState(texts, new.published_at, new.language)
        self.index.show(object_id, {**dict.fromkeys(cleared), view: indexed})
        return "created" if before is None else "updated"

    async def write(self) -> None:
        """Writes the rows; what a public note names becomes public with it."""
        transaction = self.transaction
        await write_rows(transaction.connection, Note.slug, self.inserted, self.changed)
        await self.index.write(transaction.connection)
        await self.lists.write(transaction.connection)
        public = [note for note in (*self.inserted, *self.changed) if note.status == PUBLISHED]
        await tags.make_public(transaction, {slug for note in public for slug in note.tags})
        await sources.make_public(transaction, {slug for note in public for slug in sources_of(note)})


async def remove(transaction: Transaction, slug: str, before: StoredObject, *, was_withdrawn: bool) -> None:
    """Deletes a note to which nothing refers."""
    lineages, placed = await tags.lineages(transaction, _tags_of(before)), _placements(before)
    names = _purge_names(touched_placements(placed, None, None, before.views), lineages)
    names |= touched_replacements("note", before, is_public=False)
    log.delete_object(transaction, "note", slug, before, names, was_gone=was_withdrawn)
    lists = ListChanges(transaction.zone)
    lists.move(before.id, placed, {})
    move_facts(lists, before.id, _facts(before), {})
    index = IndexChanges("note")
    index.show(before.id, dict.fromkeys(before.views))
    await index.write(transaction.connection)
    await lists.write(transaction.connection)
    await transaction.connection.execute(delete(Note).where(Note.slug == slug))


# --- one note ----------------------------------------------------------------------------------------------------


def _is_stored(item: ToSave[NoteState], old: Mapping[str, Any], withdrawal: WithdrawalRow) -> bool:
    """Whether the state is the stored one, but for dates that its writer has not stated."""
    new = from_json(to_json(item.state, exclude={"withdrawal"}))
    return same_content(old, new, DATES - item.stated) and withdrawal_row(item.state.withdrawal) == withdrawal


def list_names(note: NoteState) -> set[str]:
    """The lists that a note stands in. Under tags it is listed without their ancestors, which readers look up."""
    desk_heading = heading(note.status)
    return {
        f"notes:language:{note.language}",
        *(f"notes:tag:{slug}" for slug in note.tags),
        *(f"notes:source:{slug}" for slug in sources_of(note)),
        *([STATUS + desk_heading] if desk_heading else []),
    }


def _tags_of(note: StoredObject) -> set[str]:
    names = (name for state in note.states.values() for name in state.lists)
    return {name.removeprefix("notes:tag:") for name in names if name.startswith("notes:tag:")}


def _purge_names(placements: Iterable[Placement], lineages: Mapping[str, Lineage]) -> set[str]:
    """The names of the lists there, and of the lists of their tags' ancestors, which show the same notes."""
    names = {name for of in placements for name in of.names if not name.startswith(STATUS)}
    tag_slugs = {name.removeprefix("notes:tag:") for name in names if name.startswith("notes:tag:")}
    return names | {f"notes:tag:{ancestor}" for slug in tag_slugs for ancestor in lineages[slug].ancestors}


def _placements(before: StoredObject | None) -> dict[View, Placement]:
    states = before.states.items() if before is not None else ()
    return {view: placement_of_document(state.lists, from_json(state.card)) for view, state in states}


def _facts(before: StoredObject | None) -> dict[View, Placements]:
    states = before.states.items() if before is not None else ()
    return {view: fact_placements(from_json(state.card)) for view, state in states}
