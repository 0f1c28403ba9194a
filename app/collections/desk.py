"""What the desk does with collections: each verb takes a locked collection from one state to the next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from app.changes import log
from app.changes.history import ERASURE, old_document
from app.changes.log import Transaction, Written
from app.changes.models import PUBLIC
from app.changes.saving import ToSave, check_slug_of_address, refusal_of_single, refuse, slug_taken
from app.changes.stored import StoredObject
from app.collections import saving
from app.collections.models import Collection
from app.collections.schemas import (
    CollectionIn,
    CollectionPut,
    CollectionState,
    CollectionWithdrawal,
    CollectionWithdrawIn,
)
from app.content.lifecycle import Lifecycle
from app.content.sets import make_sets, pointing_as_sent
from app.errors import Conflict, Fault, Invalid, NotFound
from app.publishing.steps import check_changeable, check_not_withdrawn, published, released, unpublished
from app.publishing.store import blank_revisions, locked_by_slug
from app.web.merging import Patch, merged


@dataclass(frozen=True, slots=True)
class LockedCollection(StoredObject):
    """A collection that nobody else can change before this transaction ends, with its newest state."""

    slug: str
    state: CollectionState

    @property
    def is_withdrawn(self) -> bool:
        return self.state.status == "withdrawn"


async def find(transaction: Transaction, slug: str) -> LockedCollection | None:
    """The collection, locked until the end of this transaction; None where there is none. Cost: two statements."""
    found = await locked_by_slug(transaction, "collection", Collection.slug, slug)
    if found is None:
        return None
    stored, withdrawal = found
    state = CollectionState.model_validate({**stored.newest.fields(), "withdrawal": withdrawal})
    return LockedCollection(stored.id, stored.states, stored.last_revision, slug, state)


async def lock(transaction: Transaction, slug: str) -> LockedCollection:
    """As `find`. Raises: NotFound."""
    collection = await find(transaction, slug)
    if collection is None:
        raise NotFound(f"There is no collection {slug!r}.")
    return collection


async def create(transaction: Transaction, content: CollectionIn) -> Written:
    """Makes a draft. Raises: Conflict, where the slug is taken; Invalid."""
    if await find(transaction, content.slug) is not None:
        raise slug_taken("collection", content.slug)
    warnings = make_sets(content)
    fields = {**dict(content), **Lifecycle("draft").values(), "created_at": transaction.at}
    state = CollectionState.model_construct(**fields, modified_at=transaction.at, revision=1)
    with pointing_as_sent(warnings):
        return await _save(transaction, None, state, warnings=warnings)


async def put(
    transaction: Transaction, slug: str, content: CollectionPut, collection: LockedCollection | None
) -> Written:
    """Makes the content sent to this address that of the collection, or of a new draft. Raises: Conflict, Invalid."""
    check_slug_of_address(slug, content.slug)
    whole = CollectionIn.model_construct(**{**dict(content), "slug": slug})
    if collection is None:
        return await create(transaction, whole)
    check_changeable("collection", collection, as_working_copy=False)
    return await _change(transaction, collection, whole)


async def update(
    transaction: Transaction, collection: LockedCollection, patch: Patch, *, as_working_copy: bool = False
) -> Written:
    """Changes the fields that the patch names; of a published collection that is live at once, unless a working copy
    is made or changed. Raises: Conflict, Invalid."""
    check_changeable("collection", collection, as_working_copy=as_working_copy)
    content = merged(CollectionIn, dict(collection.state), patch)
    check_slug_of_address(collection.slug, content.slug)
    return await _change(transaction, collection, content, as_working_copy=as_working_copy)


async def restore(transaction: Transaction, collection: LockedCollection, revision: int) -> Written:
    """Makes what a client may set of an earlier state that of the newest, as `update` does. Status and dates stay.

    Raises: NotFound; Conflict, where it is withdrawn, was erased, or has a working copy; Invalid.
    """
    check_not_withdrawn("collection", collection.state, "a state is restored")
    check_changeable("collection", collection, as_working_copy=False)
    document = await old_document(transaction.connection, "collection", collection.slug, revision)
    old = CollectionState.model_validate_json(document)
    return await _change(transaction, collection, merged(CollectionIn, dict(old), Patch()))


async def discard_working_copy(transaction: Transaction, collection: LockedCollection) -> None:
    """Drops the working copy; its revisions stay in the history. Raises: NotFound, where there is none."""
    if not collection.has_working_copy:
        raise NotFound("The collection has no working copy.")
    public = CollectionState.model_validate(collection.states[PUBLIC].fields())
    await saving.discard_working_copy(transaction, collection, public)


async def delete(transaction: Transaction, collection: LockedCollection) -> None:
    """Deletes the collection: nothing refers to one."""
    await saving.remove(transaction, collection.slug, collection, was_withdrawn=collection.is_withdrawn)


# --- lifecycle ---------------------------------------------------------------------------------------------------


async def publish(transaction: Transaction, collection: LockedCollection, at: datetime | None) -> Written:
    """Makes the newest state public: now, or at an instant to come. Pins may be of stories that are not public yet.

    Raises: Conflict, Invalid.
    """
    check_not_withdrawn("collection", collection.state, "it is published")
    if collection.is_public and not collection.has_working_copy:
        if at is not None:
            raise Conflict("The collection is public already, and has no working copy to publish later.")
        return log.unchanged("collection", collection.slug, collection)
    if not collection.state.labels:
        refuse([Fault("is empty, and what is published has a name", "missing", pointer="/labels")])
    return await _step(transaction, collection, published(collection, collection.state, at, transaction.at))


async def release_due(transaction: Transaction, collection: LockedCollection) -> Written:
    """Makes public what is due."""
    return await _step(transaction, collection, released(collection, collection.state))


async def unpublish(transaction: Transaction, collection: LockedCollection) -> Written:
    """Makes it a draft again. What was scheduled is scheduled no more, and what is public beside it stays.

    What was withdrawn stays out of its public history.
    """
    fields = unpublished(collection, collection.state)
    if fields is None:
        return log.unchanged("collection", collection.slug, collection)
    if collection.is_withdrawn:
        await log.hide_history(transaction, collection.id)
    return await _step(transaction, collection, fields)


async def withdraw(transaction: Transaction, collection: LockedCollection, body: CollectionWithdrawIn) -> Written:
    """Takes the collection down, working copy and all. Raises: Conflict, where it was never public."""
    withdrawal = CollectionWithdrawal(**dict(body), at=transaction.at)
    return await _step(transaction, collection, Lifecycle.of(collection.state).withdraw(withdrawal).values())


async def erase(transaction: Transaction, collection: LockedCollection, reason: str) -> Written:
    """Blanks what a withdrawn collection says and names, in every revision and for good. Raises: Conflict."""
    if collection.state.withdrawal is None:
        raise Conflict("Only what has been withdrawn can be erased.")
    withdrawal = collection.state.withdrawal.model_copy(update={"reason": reason, "public_note": None})
    written = await _step(transaction, collection, {**BLANK, "withdrawal": withdrawal}, kind=ERASURE)
    await blank_revisions(transaction, collection.id, BLANK)
    return written


# --- from one state to the next ----------------------------------------------------------------------------------

# What erasing leaves of the document.
BLANK: Final[dict[str, Any]] = {"labels": {}, "description": {}, "pinned": [], "fill": None}


async def _change(
    transaction: Transaction, collection: LockedCollection, content: CollectionIn, *, as_working_copy: bool = False
) -> Written:
    old, warnings = collection.state, make_sets(content)
    fields = dict(content)
    is_changed = any(value != getattr(old, name) for name, value in fields.items())
    fields["working_copy"] = as_working_copy
    if as_working_copy and not collection.has_working_copy:
        fields["status"] = "draft"
    elif old.status == "published" and is_changed:
        fields["updated_at"] = transaction.at
    with pointing_as_sent(warnings):
        return await _step(transaction, collection, fields, warnings=warnings)


async def _step(
    transaction: Transaction,
    collection: LockedCollection,
    fields: Mapping[str, Any],
    *,
    kind: str | None = None,
    warnings: Sequence[Fault] = (),
) -> Written:
    """Saves the state with these fields as the next revision."""
    numbers = {"modified_at": transaction.at, "revision": collection.last_revision + 1}
    state = collection.state.model_copy(update={"working_copy": False, **fields, **numbers})
    return await _save(transaction, collection, state, kind=kind, warnings=warnings)


async def _save(
    transaction: Transaction,
    collection: LockedCollection | None,
    state: CollectionState,
    *,
    kind: str | None = None,
    warnings: Sequence[Fault] = (),
) -> Written:
    try:
        (outcome,) = await saving.save(transaction, [ToSave(state, saving.DATES)], kind=kind)
    except Invalid as refusal:
        raise refusal_of_single(refusal) from None
    if outcome == "unchanged" and collection is not None:
        return log.unchanged("collection", collection.slug, collection, warnings)
    return transaction.written("collection", state.slug, warnings)
