"""What the desk does with notes: each verb takes one from a state to the next, in a transaction that holds it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic_core import from_json, to_json
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy import update as update_rows

from app.changes import named
from app.changes import store as log
from app.changes.models import DESK, PUBLIC, Listed, Revision, Shown
from app.changes.writes import Written
from app.content import blocks, release
from app.errors import Conflict, Fault, Invalid, NotFound
from app.notes import store as notes
from app.notes.models import Note
from app.notes.schemas import NoteEdit, NoteIn, NotePut, NoteState, Withdrawal, WithdrawNoteIn
from app.web.merging import Patch, merged


@dataclass(frozen=True, slots=True)
class Held:
    """A note that this transaction holds: nobody else changes it before the end."""

    slug: str
    known: log.Known
    state: NoteState

    @property
    def revision(self) -> int:
        return self.known.newest.revision

    @property
    def public(self) -> bool:
        return self.known.public

    @property
    def withdrawn(self) -> bool:
        return self.state.status == "withdrawn"


async def find(done: log.Writing, slug: str) -> Held | None:
    """The note with this slug, held until the end; None where there is none. Cost: three statements."""
    known = await named.find(done, "note", Note, slug)
    if known is None:
        return None
    withdrawal = (await notes.withdrawals(done, [slug])).get(slug)
    return Held(slug, known, NoteState.model_validate({**from_json(known.document), "withdrawal": withdrawal}))


async def hold(done: log.Writing, slug: str) -> Held:
    """As `find`. Raises: NotFound."""
    found = await find(done, slug)
    if found is None:
        raise NotFound(f"There is no note {slug!r}.")
    return found


async def create(done: log.Writing, sent: NoteIn) -> Written:
    """Makes a draft. Raises: Conflict, where the slug is taken; Invalid."""
    if await find(done, sent.slug) is not None:
        raise named.taken("note", sent.slug)
    content, warnings = _content(sent)
    state = NoteState.model_construct(
        {*content},
        status="draft",
        publish_at=None,
        first_published_at=None,
        published_at=None,
        updated_at=None,
        modified_at=done.at,
        created_at=done.at,
        revision=1,
        **content,
    )
    return await _save(done, None, state, warnings=warnings)


async def put(done: log.Writing, slug: str, sent: NotePut, note: Held | None) -> Written:
    """Makes what was sent to this address the content of the note, or a draft of it. Raises: Invalid."""
    named.keeps(slug, sent.slug)
    whole = NoteIn.model_construct(**{**dict(sent), "slug": slug})
    return await create(done, whole) if note is None else await _change(done, note, whole, minor=False)


async def update(done: log.Writing, note: Held, patch: Patch) -> Written:
    """Lays the patch over the note; of a published one that is live at once. Raises: Invalid."""
    sent = merged(NoteEdit, _given(note.state), patch)
    named.keeps(note.slug, sent.slug)
    return await _change(done, note, sent, minor=sent.minor)


async def publish(done: log.Writing, note: Held, at: datetime | None) -> Written:
    """Makes it public: now, or at an instant to come. Raises: Conflict, Invalid."""
    old = note.state
    if note.withdrawn:
        raise Conflict("The note has been withdrawn. Take it back to draft (unpublish) before it is published.")
    if note.public:
        if at is not None:
            raise Conflict("The note is public already.")
        return named.written(done, "note", note.slug, note.known)
    if at is None:
        fields = release.released(old, done.at, done.at, public=False)
    else:
        fields = release.scheduled(at, done.at)
        if old.status == "scheduled":
            await _unused(done, note, Shown.due_at < at)
    new = _next(note, fields, done.at)
    await _ready(done, new, at, None)
    return await _save(done, note, new)


async def release_due(done: log.Writing, note: Held) -> Written:
    """Makes public what is due."""
    at = note.state.publish_at
    assert at is not None, "only what is scheduled is due"
    return await _save(done, note, _next(note, release.released(note.state, at, at, public=False), done.at))


async def unpublish(done: log.Writing, note: Held) -> Written:
    """Makes it a draft again; what was withdrawn stays out of its public history.

    Raises: Conflict, naming the articles that show it, or will.
    """
    if note.state.status == "draft":
        return named.written(done, "note", note.slug, note.known)
    if note.withdrawn:
        await log.hide_past(done, "note", note.slug)
    else:
        await _unused(done, note, or_(Listed.view == PUBLIC, Shown.due_at.is_not(None)))
    return await _save(done, note, _next(note, release.taken_back(), done.at))


async def withdraw(done: log.Writing, note: Held, sent: WithdrawNoteIn) -> Written:
    """Takes the note down, wherever it is shown. Raises: Conflict, where it was never public; Invalid."""
    if sent.replacement is not None:
        known = await log.known(done, "note", [sent.replacement])
        if sent.replacement == note.slug or sent.replacement not in known or not known[sent.replacement].public:
            detail = "is this note itself" if sent.replacement == note.slug else "is not a public note"
            raise Invalid("The replacement cannot be read.", Fault(detail, pointer="/replacement"))
    fields = release.withdrawn(note.state, Withdrawal(**dict(sent), at=done.at))
    return await _save(done, note, _next(note, fields, done.at))


async def erase(done: log.Writing, note: Held, reason: str) -> Written:
    """Blanks the text of a withdrawn note, in every revision and for good. Raises: Conflict."""
    if note.state.withdrawal is None:
        raise Conflict("Only what has been withdrawn can be erased.")
    withdrawal = note.state.withdrawal.model_copy(update={"reason": reason, "public_note": None})
    new = _next(note, {**_BLANK, "withdrawal": withdrawal}, done.at)
    written = await _save(done, note, new, kind="erasure")
    await _blank_revisions(done, note.slug)
    return written


async def delete(done: log.Writing, note: Held) -> None:
    """Deletes the note. Raises: Conflict, naming what refers to it in any view."""
    translations = select(Note.slug).where(Note.translation_of == note.slug).limit(named.NAMED_USERS)
    faults = [
        Fault(f"the note {slug} is a translation of it", named.IN_USE, pointer="")
        for slug in await done.connection.scalars(translations)
    ]
    await _unused(done, note, others=faults)
    await notes.remove(done, note.slug, note.known)


# --- one state to the next ---------------------------------------------------------------------------------------


def _content(sent: NoteIn) -> tuple[dict[str, Any], list[Fault]]:
    """(what the document says of content, what sanitising removed). Raises: Invalid."""
    body = [block.model_copy() for block in sent.body]
    found = [Fault(one.detail, one.code, pointer=f"/body{one.pointer}") for one in blocks.settle(body)]
    faults = [one for one in found if one.code != "removed"]
    if faults:
        raise Invalid(f"{faults[0].pointer}: {faults[0].detail}", *faults)
    fields = {name: getattr(sent, name) for name in NoteIn.model_fields}
    return {**fields, "body": body, "attributions": blocks.attributions(sent.attributions, body)}, found


def _given(state: NoteState) -> dict[str, Any]:
    """What a client has set of the state: attributions without those that follow from the body."""
    following = blocks.attributions([], state.body)
    attributions = [one for one in state.attributions if one not in following]
    return {**state.model_dump(mode="json"), "attributions": [one.model_dump(mode="json") for one in attributions]}


async def _change(done: log.Writing, note: Held, sent: NoteIn, *, minor: bool) -> Written:
    """Makes what was sent its content. `minor` is a typo fix, which does not count as an update."""
    old = note.state
    content, warnings = _content(sent)
    fields: dict[str, Any] = {**dict(old), **content}
    said = {*fields} - {"revision", "modified_at"} - (set() if minor else {"updated_at"})
    new = NoteState.model_construct(said, **fields)
    if new.status in {"published", "scheduled"}:
        await _ready(done, new, new.publish_at, old if note.public else None)
    return await _save(done, note, new, kind="typo" if minor else None, warnings=warnings)


def _next(note: Held, fields: Mapping[str, Any], at: datetime) -> NoteState:
    """The state with these fields, as the next revision."""
    values = {**dict(note.state), **fields, "modified_at": at, "revision": note.known.last + 1}
    return NoteState.model_construct(None, **values)


async def _ready(done: log.Writing, new: NoteState, by: datetime | None, before: NoteState | None) -> None:
    """Raises: Invalid, where it has no text, or its original will not be public by then and was not that `before`."""
    faults = [
        Fault("is empty, and what is published has one", "missing", pointer=f"/{name}")
        for name in ("heading", "body")
        if not getattr(new, name)
    ]
    original = new.translation_of
    if original is not None and (before is None or before.translation_of != original):
        at = (await notes.expected(done, [original]))[original]
        in_time = at is True or (isinstance(at, datetime) and by is not None and at <= by)
        if not in_time:
            detail = f"the note {original!r} is not public by then"
            faults.append(Fault(detail, "not-public", pointer="/translation_of"))
    if faults:
        raise Invalid(f"{faults[0].pointer}: {faults[0].detail}", *faults)


async def _unused(done: log.Writing, note: Held, *which: ColumnElement[bool], others: Sequence[Fault] = ()) -> None:
    """Raises: Conflict, naming those articles that use the note, and what else does."""
    query = (
        select(Listed.ref)
        .join(Shown, (Shown.view == Listed.view) & (Shown.noun == "article") & (Shown.ref == Listed.ref))
        .where(Listed.view.in_((PUBLIC, DESK)), Listed.term == f"note:{note.slug}", *which)
        .limit(named.NAMED_USERS)
    )
    users = dict.fromkeys(await done.connection.scalars(query))
    faults = [*(Fault(f"the article {ref} uses it", named.IN_USE, pointer="") for ref in users), *others]
    if faults:
        raise Conflict("Something still refers to this note.", *faults)


async def _save(
    done: log.Writing,
    note: Held | None,
    new: NoteState,
    *,
    kind: str | None = None,
    warnings: Sequence[Fault] = (),
) -> Written:
    try:
        (outcome,) = await notes.save(done, [new], kind=kind)
    except Invalid as refusal:
        raise named.of_one(refusal) from None
    written = named.written(done, "note", new.slug, note.known if note and outcome == "unchanged" else None)
    written.warnings = warnings
    return written


_BLANK: Final[dict[str, Any]] = {
    "heading": "",
    "body": [],
    "facts": [],
    "as_of": None,
    "tags": [],
    "attributions": [],
}


async def _blank_revisions(done: log.Writing, slug: str) -> None:
    """Blanks the text of every revision that is stored, one at a time."""
    mine = (Revision.noun == "note", Revision.ref == slug)
    numbers = await done.connection.scalars(select(Revision.revision).where(*mine, Revision.op != "deleted"))
    for number in [*numbers]:
        one = (*mine, Revision.revision == number)
        document = from_json((await done.connection.execute(select(Revision.document).where(*one))).scalar_one())
        await done.connection.execute(
            update_rows(Revision).where(*one).values(document=to_json({**document, **_BLANK}).decode(), note=None)
        )
