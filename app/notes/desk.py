"""What the desk does with reference notes: each verb takes a locked note from one state to the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, or_, select

from app.changes import log
from app.changes.history import ERASURE, old_document
from app.changes.log import Transaction, Written
from app.changes.models import PUBLIC, ViewEntry
from app.changes.saving import IN_USE, NAMED_USERS, ToSave, check_slug_of_address, refusal_of_single, refuse, slug_taken
from app.changes.stored import StoredObject
from app.content import blocks
from app.content.attributions import client_attributions, complete_attributions
from app.content.html_bodies import FIELD as HTML_BODY
from app.content.html_bodies import take_html, without_replaced_body
from app.content.lifecycle import Lifecycle
from app.content.sets import make_sets, pointing_as_sent
from app.errors import Conflict, Fault, Invalid, NotFound
from app.lists import store as lists
from app.lists.models import List
from app.notes import saving
from app.notes.models import Note
from app.notes.references import misplaced_attributions, note_releases
from app.notes.schemas import NoteEdit, NoteIn, NotePut, NoteState, NoteWithdrawIn, Withdrawal
from app.publishing.steps import check_not_withdrawn
from app.publishing.store import blank_revisions, check_replacement, locked_by_slug
from app.web.merging import Patch, merged


@dataclass(frozen=True, slots=True)
class LockedNote(StoredObject):
    """A note that nobody else can change before this transaction ends, with its newest state."""

    slug: str
    state: NoteState

    @property
    def is_withdrawn(self) -> bool:
        return self.state.status == "withdrawn"


async def find(transaction: Transaction, slug: str) -> LockedNote | None:
    """The note, locked until the end of this transaction; None where there is none. Cost: two statements."""
    found = await locked_by_slug(transaction, "note", Note.slug, slug)
    if found is None:
        return None
    note, withdrawal = found
    state = NoteState.model_validate({**note.newest.fields(), "withdrawal": withdrawal})
    return LockedNote(note.id, note.states, note.last_revision, slug, state)


async def lock(transaction: Transaction, slug: str) -> LockedNote:
    """As `find`. Raises: NotFound."""
    note = await find(transaction, slug)
    if note is None:
        raise NotFound(f"There is no note {slug!r}.")
    return note


async def create(transaction: Transaction, content: NoteIn) -> Written:
    """Makes a draft. Raises: Conflict, where the slug is taken; Invalid."""
    if await find(transaction, content.slug) is not None:
        raise slug_taken("note", content.slug)
    fields, warnings = _content(content)
    fields |= {**Lifecycle("draft").values(), "created_at": transaction.at, "modified_at": transaction.at}
    state = NoteState.model_construct(**fields, revision=1)
    with pointing_as_sent(warnings):
        return await _save(transaction, None, ToSave(state), warnings=warnings)


async def put(transaction: Transaction, slug: str, content: NotePut, note: LockedNote | None) -> Written:
    """Makes the content sent to this address that of the note, or of a new draft. Raises: Invalid."""
    check_slug_of_address(slug, content.slug)
    whole = NoteIn.model_construct(**{**dict(content), "slug": slug})
    return await (create(transaction, whole) if note is None else _change(transaction, note, whole, minor=False))


async def update(transaction: Transaction, note: LockedNote, patch: Patch) -> Written:
    """Changes the fields that the patch names; of a published note that is live at once. Raises: Invalid."""
    content = _edited(note.state, patch)
    check_slug_of_address(note.slug, content.slug)
    return await _change(transaction, note, content, minor=content.minor)


async def restore(transaction: Transaction, note: LockedNote, revision: int) -> Written:
    """Makes what a client may set of an earlier state that of the newest, as `update` does. Status and dates stay.

    Raises: NotFound; Conflict, where it is withdrawn or was erased; Invalid.
    """
    check_not_withdrawn("note", note.state, "a state is restored")
    document = await old_document(transaction.connection, "note", note.slug, revision)
    content = _edited(NoteState.model_validate_json(document), Patch())
    return await _change(transaction, note, content, minor=False)


def _edited(state: NoteState, patch: Patch) -> NoteEdit:
    """What a client has set of the state, with the patch. Raises: Invalid."""
    attributions = client_attributions(state.attributions, state.body)
    before = without_replaced_body({**dict(state), "attributions": attributions}, patch)
    return merged(NoteEdit, before, patch)


async def publish(transaction: Transaction, note: LockedNote, at: datetime | None) -> Written:
    """Makes it public: now, or at an instant to come. Raises: Conflict, Invalid."""
    check_not_withdrawn("note", note.state, "it is published")
    if note.is_public:
        if at is not None:
            raise Conflict("The note is public already.")
        return log.unchanged("note", note.slug, note)
    lifecycle, now = Lifecycle.of(note.state), transaction.at
    if at is None:
        lifecycle = lifecycle.publish(now, now, is_public=False)
    else:
        lifecycle = lifecycle.schedule(at, now)
        if note.state.status == "scheduled":
            await _check_unused(transaction, note, ViewEntry.due_at < at)
    state = _next_state(transaction, note, lifecycle)
    await _check_publishable(transaction, state, at, None)
    return await _save(transaction, note, ToSave(state, saving.DATES))


async def release_due(transaction: Transaction, note: LockedNote) -> Written:
    """Makes public what is due."""
    due_at = note.state.publish_at
    assert due_at is not None, "only what is scheduled is due"
    return await _step(transaction, note, Lifecycle.of(note.state).publish(due_at, due_at, is_public=False))


async def unpublish(transaction: Transaction, note: LockedNote) -> Written:
    """Makes it a draft again; what was withdrawn stays out of its public history.

    Raises: Conflict, naming the articles that show it, or will.
    """
    if note.state.status == "draft":
        return log.unchanged("note", note.slug, note)
    if note.is_withdrawn:
        await log.hide_history(transaction, note.id)
    else:
        await _check_unused(transaction, note, or_(List.view == PUBLIC, ViewEntry.due_at.is_not(None)))
    return await _step(transaction, note, Lifecycle.of(note.state).unpublish())


async def withdraw(transaction: Transaction, note: LockedNote, body: NoteWithdrawIn) -> Written:
    """Takes the note down, wherever it is shown. Raises: Conflict, where it was never public; Invalid."""
    await check_replacement(transaction, "note", note.slug, body.replacement)
    withdrawal = Withdrawal(**dict(body), at=transaction.at)
    return await _step(transaction, note, Lifecycle.of(note.state).withdraw(withdrawal))


async def erase(transaction: Transaction, note: LockedNote, reason: str) -> Written:
    """Blanks the text of a withdrawn note, in every revision and for good. Raises: Conflict."""
    if note.state.withdrawal is None:
        raise Conflict("Only what has been withdrawn can be erased.")
    withdrawal = note.state.withdrawal.model_copy(update={"reason": reason, "public_note": None})
    state = _next_state(transaction, note, Lifecycle.of(note.state))
    state = state.model_copy(update={**BLANK, "body": [], "withdrawal": withdrawal})
    written = await _save(transaction, note, ToSave(state, saving.DATES), kind=ERASURE)
    await blank_revisions(transaction, note.id, BLANK)
    return written


async def delete(transaction: Transaction, note: LockedNote) -> None:
    """Deletes the note. Raises: Conflict, naming what refers to it in any view."""
    translations = select(Note.slug).where(Note.translation_of == note.slug).limit(NAMED_USERS)
    slugs = await transaction.connection.scalars(translations)
    await _check_unused(transaction, note, others=[f"the note {slug} is a translation of it" for slug in slugs])
    await saving.remove(transaction, note.slug, note, was_withdrawn=note.is_withdrawn)


# --- from one state to the next ----------------------------------------------------------------------------------

# What erasing leaves of the card.
BLANK: Final[dict[str, Any]] = {"heading": "", "facts": [], "as_of": None, "tags": [], "attributions": [], "ai": None}


def _content(content: NoteIn) -> tuple[dict[str, Any], list[Fault]]:
    """(fields of the document that the content sets, what of it is not stored as it was sent). Raises: Invalid."""
    warnings = take_html(content)
    body = [block.model_copy() for block in content.body]
    faults, removed = blocks.sanitise_body(body)
    warnings += removed
    faults += misplaced_attributions(content, body)
    warnings += make_sets(content)
    refuse(faults)
    fields = {name: getattr(content, name) for name in NoteIn.model_fields if name != HTML_BODY}
    return {**fields, "body": body, "attributions": complete_attributions(content.attributions, body)}, warnings


async def _change(transaction: Transaction, note: LockedNote, content: NoteIn, *, minor: bool) -> Written:
    """Makes this its content. A minor change is a typo fix, which does not count as an update."""
    fields, warnings = _content(content)
    state = note.state.model_copy(update=fields)
    if state.status in {"published", "scheduled"}:
        await _check_publishable(transaction, state, state.publish_at, note.state if note.is_public else None)
    item = ToSave(state, frozenset({"created_at", "first_published_at"} | ({"updated_at"} if minor else set())))
    with pointing_as_sent(warnings):
        return await _save(transaction, note, item, kind="typo" if minor else None, warnings=warnings)


def _next_state(transaction: Transaction, note: LockedNote, lifecycle: Lifecycle) -> NoteState:
    """The note at this step of its lifecycle, as its next revision."""
    dates = {"modified_at": transaction.at, "revision": note.last_revision + 1}
    return note.state.model_copy(update={**lifecycle.values(), **dates})


async def _check_publishable(
    transaction: Transaction, note: NoteState, by: datetime | None, public: NoteState | None
) -> None:
    """Raises: Invalid, where it has no text, or its original will not be public by then.

    What the public state already names needs no check.
    """
    faults = [
        Fault("is empty, and what is published has one", "missing", pointer=f"/{name}")
        for name in ("heading", "body")
        if not getattr(note, name)
    ]
    original = note.translation_of
    if original is not None and (public is None or public.translation_of != original):
        release = (await note_releases(transaction, [original]))[original]
        if not release.is_public_by(by):
            detail = f"the note {original!r} is not public by then"
            faults.append(Fault(detail, "not-public", pointer="/translation_of"))
    refuse(faults)


async def _check_unused(
    transaction: Transaction, note: LockedNote, *conditions: ColumnElement[bool], others: Sequence[str] = ()
) -> None:
    """Raises: Conflict, naming those articles that use the note and meet the conditions, and what else uses it."""
    names = [f"articles:note:{note.slug}"]
    users = await lists.members(transaction.connection, names, *conditions, limit=NAMED_USERS)
    details = [*(f"the {noun} {ref} uses it" for noun, ref in users), *others]
    if details:
        raise Conflict("Something still refers to this note.", *(Fault(each, IN_USE, pointer="") for each in details))


async def _step(transaction: Transaction, note: LockedNote, lifecycle: Lifecycle) -> Written:
    return await _save(transaction, note, ToSave(_next_state(transaction, note, lifecycle), saving.DATES))


async def _save(
    transaction: Transaction,
    note: LockedNote | None,
    item: ToSave[NoteState],
    *,
    kind: str | None = None,
    warnings: Sequence[Fault] = (),
) -> Written:
    try:
        (outcome,) = await saving.save(transaction, [item], kind=kind)
    except Invalid as refusal:
        raise refusal_of_single(refusal) from None
    slug = item.state.slug
    if outcome == "unchanged" and note is not None:
        return log.unchanged("note", slug, note, warnings)
    return transaction.written("note", slug, warnings)
