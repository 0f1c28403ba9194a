"""What the desk does with articles: each verb takes one from a state to the next, in a transaction that holds it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic_core import from_json, to_json
from sqlalchemy import bindparam, select
from sqlalchemy import delete as delete_from
from sqlalchemy import update as update_rows

from app.articles import saving
from app.articles.models import Address, Article, Related
from app.articles.prepared import Prepared, derived, prepare
from app.articles.schemas import (
    ArticleEdit,
    ArticleIn,
    ArticleState,
    CorrectIn,
    Correction,
    Withdrawal,
    WithdrawIn,
)
from app.changes import store as log
from app.changes.models import DESK, PUBLIC, Revision, Shown, View
from app.changes.named import of_one
from app.changes.writes import Written
from app.content import blocks, release
from app.content.languages import slug
from app.db import new_id
from app.errors import Conflict, Fault, Invalid, NotFound, Raced
from app.notes import store as notes
from app.web.fields import UUID_TEXT
from app.web.merging import Patch, merged

NAMED_USERS: Final = 5


@dataclass(slots=True)
class Held:
    """An article that this transaction holds: nobody else changes it before the end."""

    id: str
    known: log.Known
    aside: dict[str, Any]

    @property
    def revision(self) -> int:
        """Of the newest state."""
        return self.known.newest.revision

    @property
    def public(self) -> bool:
        return self.known.public

    @property
    def withdrawn(self) -> bool:
        return self.aside["withdrawal"] is not None

    @property
    def copied(self) -> bool:
        """Whether it is public, and the desk has another state of it."""
        return len(self.known.standings) == 2

    def stored(self, view: View | None = None) -> dict[str, Any]:
        """The newest state, or that of a view, as JSON has it."""
        standing = self.known.newest if view is None else self.known.standings[view]
        return {**from_json(standing.document), **self.aside, "former_slugs": [], "ednote": standing.ednote}

    def state(self, view: View | None = None) -> ArticleState:
        """The newest state, or that of a view."""
        return ArticleState.model_validate(self.stored(view))


async def hold(done: log.Writing, ref: str) -> Held:
    """The article with this id or slug, held until the end. Cost: five statements. Raises: NotFound.

    Others may go on naming it meanwhile; what deletes it holds it against that too.
    """
    wanted = ref
    if not UUID_TEXT.fullmatch(ref):
        wanted = await done.connection.scalar(select(Address.ref).where(Address.slug == ref)) or ref
    if await done.connection.scalar(_LOCK, {"ref": wanted}) is None:
        raise NotFound("There is no article at this address.")
    known = await log.known(done, "article", [wanted])
    return Held(wanted, known[wanted], (await saving.asides(done, [wanted]))[wanted])


_LOCK: Final = select(Article.id).where(Article.id == bindparam("ref")).with_for_update(key_share=True)


async def create(done: log.Writing, sent: ArticleIn, ref: UUID | None = None) -> Written:
    """Makes a draft. Raises: Invalid."""
    made = ref or new_id()
    content, warnings = _content(str(made), sent)
    if sent.slug is None:
        content["slug"] = await _free_slug(done, sent, str(made))
    state = ArticleState.model_construct(
        None,
        id=made,
        status="draft",
        publish_at=None,
        first_published_at=None,
        published_at=None,
        updated_at=None,
        modified_at=done.at,
        created_at=done.at,
        revision=1,
        origin=None,
        corrections=[],
        **content,
    )
    return await _save(done, None, prepare(state), warnings, found_slug=sent.slug is None)


def changeable(article: Held, *, beside: bool) -> None:
    """Raises: Conflict, where a working copy is in the way, or there is nothing public to work `beside`."""
    if beside and not article.public:
        raise Conflict("The article is not public, so it has no working copy: change the article itself.")
    if not beside and article.copied:
        raise Conflict("The article has a working copy. Change, publish or discard that: …/draft.")


async def update(done: log.Writing, article: Held, patch: Patch, *, beside: bool = False) -> Written:
    """Lays the patch over the newest state of what is `changeable`; of a published article that is live at once,
    unless a working copy is made or changed `beside` it. Raises: Invalid.

    A typo fix, and a note to the desk, do not count as an update.
    """
    stored = article.stored()
    old = ArticleState.model_validate(stored)
    edit = merged(ArticleEdit, _given(stored, old), patch)
    return await _change(done, article, old, edit, minor=edit.minor, beside=beside)


async def put(done: log.Writing, sent: ArticleIn, ref: UUID | None) -> tuple[Written, str]:
    """Makes the article with this id, or this slug, have this content; a new one is a draft.

    Returns what became of it: created, updated or unchanged. Raises: Conflict, where it has a working copy; Invalid.
    """
    wanted = sent.slug if ref is None else str(ref)
    try:
        article = await hold(done, wanted) if wanted is not None else None
    except NotFound:
        article = None
    if article is None:
        return await create(done, sent, ref), "created"
    changeable(article, beside=False)
    written = await _change(done, article, article.state(), sent)
    return written, "unchanged" if written.revision == article.revision else "updated"


async def _change(
    done: log.Writing, article: Held, old: ArticleState, sent: ArticleIn, *, minor: bool = False, beside: bool = False
) -> Written:
    content, warnings = _content(article.id, sent)
    if sent.slug is None:
        content["slug"] = await _free_slug(done, sent, article.id)
    fields: dict[str, Any] = {**dict(old), **content, "working_copy": beside}
    if beside and not article.copied:
        fields["status"] = "draft"
    substantial = not minor and any(content[name] != getattr(old, name) for name in {*content} - {"ednote"})
    said = {*fields} - {"revision", "modified_at"} - ({"updated_at"} if substantial else set())
    new = prepare(ArticleState.model_construct(said, **fields))
    new.kind = "typo" if minor else None
    if fields["status"] in {"published", "scheduled"}:
        _presentable(new)
        await _ready(done, new, fields["publish_at"], article if article.public else None)
    return await _save(done, article, new, warnings, found_slug=sent.slug is None)


async def publish(done: log.Writing, article: Held, at: datetime | None) -> Written:
    """Makes the newest state public: now, or at an instant to come. Raises: Conflict, Invalid."""
    old = article.state()
    if old.status == "withdrawn":
        raise Conflict("The article has been withdrawn. Take it back to draft (unpublish) before it is published.")
    if article.public and not article.copied:
        if at is not None:
            raise Conflict("The article is public already, and has no working copy to publish later.")
        return _unchanged(article)
    if at is None:
        fields = release.released(old, done.at, done.at, public=article.public)
    else:
        fields = release.scheduled(at, done.at)
        fields["working_copy"] = article.public
    new = _next(article, old, fields, done.at)
    _presentable(new)
    await _ready(done, new, at, None)
    return await _save(done, article, new)


async def release_due(done: log.Writing, article: Held) -> Written:
    """Makes public what is due. What it refers to is as it is: whatever is hidden meanwhile stays out of `included`."""
    old = article.state()
    assert old.publish_at is not None, "only what is scheduled is due"
    fields = release.released(old, old.publish_at, old.publish_at, public=article.public)
    return await _save(done, article, _next(article, old, fields, done.at))


async def unpublish(done: log.Writing, article: Held) -> Written:
    """Makes it a draft again. What was scheduled is scheduled no more, and what is public beside it stays.

    What was withdrawn stays out of its public history.
    """
    old = article.state()
    if old.status == "scheduled":
        kept = {**release.taken_back(), "published_at": old.published_at, "working_copy": article.public}
        return await _save(done, article, _next(article, old, kept, done.at))
    if old.status == "draft" and not article.public:
        return _unchanged(article)
    if article.withdrawn:
        await log.hide_past(done, "article", article.id)
    return await _save(done, article, _next(article, old, release.taken_back(), done.at))


async def withdraw(done: log.Writing, article: Held, sent: WithdrawIn) -> Written:
    """Takes the article down, working copy and all. Raises: Conflict, where it was never public; Invalid."""
    replacement = None if sent.replacement is None else str(sent.replacement)
    if replacement is not None:
        known = await log.known(done, "article", [replacement])
        if replacement == article.id or replacement not in known or not known[replacement].public:
            detail = "is this article itself" if replacement == article.id else "is not a public article"
            raise Invalid("The replacement cannot be read.", Fault(detail, pointer="/replacement"))
    old = article.state()
    at = done.at if old.withdrawal is None else old.withdrawal.at
    fields = release.withdrawn(old, Withdrawal(**dict(sent), at=at))
    new = _next(article, old, fields, done.at)
    new.note = sent.public_note
    return await _save(done, article, new)


async def erase(done: log.Writing, article: Held, reason: str) -> Written:
    """Blanks the text of a withdrawn article, in every revision and for good. Raises: Conflict."""
    old = article.state()
    if old.status != "withdrawn" or old.withdrawal is None:
        raise Conflict("Only what has been withdrawn can be erased.")
    withdrawal = old.withdrawal.model_copy(update={"reason": reason, "public_note": None})
    new = _next(article, old, {**_BLANK, "withdrawal": withdrawal}, done.at)
    new.kind = "erasure"
    written = await _save(done, article, new)
    await _blank_revisions(done, article.id)
    return written


async def correct(done: log.Writing, article: Held, sent: CorrectIn) -> Written:
    """Adds a correction for readers to what is public; a working copy has it once published. Raises: Conflict."""
    if not article.public:
        raise Conflict("Only what is public is corrected for readers; a draft is simply changed.")
    old = article.state(PUBLIC)
    correction = Correction(kind=sent.kind, text=sent.text, at=done.at, revision=article.known.last + 1)
    new = _next(article, old, {"corrections": [*old.corrections, correction], "updated_at": done.at}, done.at)
    new.keeps = frozenset({DESK}) if article.copied else frozenset()
    new.op, new.kind, new.note = "corrected", sent.kind, sent.text
    return await _save(done, article, new)


async def discard(done: log.Writing, article: Held) -> None:
    """Drops the working copy; its revisions stay in the history. Raises: NotFound, where there is none."""
    if not article.copied:
        raise NotFound("The article has no working copy.")
    batch = saving.Batch(done, set())
    batch.discard(prepare(article.state(PUBLIC)), article.known)
    await batch.write()


async def delete(done: log.Writing, article: Held) -> None:
    """Deletes the article. Slugs that were public stay reserved. Raises: Conflict, naming what refers to it."""
    await done.connection.execute(select(Article.id).where(Article.id == article.id).with_for_update())
    users = await done.connection.scalars(
        select(Related.ref).where(Related.article == article.id, Related.ref != article.id).limit(NAMED_USERS)
    )
    translations = await done.connection.scalars(
        select(Article.id).where(Article.translation_of == article.id).limit(NAMED_USERS)
    )
    faults = [Fault(f"the article {ref} relates to it", "in-use", pointer="") for ref in users]
    faults += [Fault(f"the article {ref} is a translation of it", "in-use", pointer="") for ref in translations]
    if faults:
        raise Conflict("Other articles refer to this one.", *faults)
    batch = saving.Batch(done, set())
    batch.delete(article.id, article.known)
    await batch.write()
    await done.connection.execute(delete_from(Address).where(Address.ref == article.id, Address.public.is_(False)))
    await done.connection.execute(delete_from(Article).where(Article.id == article.id))


# --- one state to the next ---------------------------------------------------------------------------------------


def _content(ref: str, sent: ArticleIn) -> tuple[dict[str, Any], list[Fault]]:
    """(what the document says of content, what sanitising removed). The body is settled in place. Raises: Invalid."""
    found = [Fault(one.detail, one.code, pointer=f"/body{one.pointer}") for one in blocks.settle(sent.body)]
    following, faults = derived(sent)
    faults += [one for one in found if one.code != "removed"]
    for pointer, relation in _relations(sent):
        if relation is not None and str(relation) == ref:
            faults.append(Fault("is the article itself", pointer=pointer))
    if faults:
        raise Invalid(f"{faults[0].pointer}: {faults[0].detail}", *faults)
    fields = {name: getattr(sent, name) for name in ArticleIn.model_fields}
    return {**fields, **following}, [one for one in found if one.code == "removed"]


def _relations(sent: ArticleIn) -> Iterable[tuple[str, UUID | None]]:
    for n, relation in enumerate(sent.relations):
        yield f"/relations/{n}/article", relation.article
    for n, block in enumerate(sent.body):
        if block.type == "related":
            yield f"/body/{n}/article", block.article


def _given(stored: dict[str, Any], state: ArticleState) -> dict[str, Any]:
    """What a client has set of what is stored: attributions without those that follow from body and picture."""
    following = blocks.attributions([], state.body, state.image)
    both = zip(stored["attributions"], state.attributions, strict=True)
    return {**stored, "attributions": [one for one, read in both if read not in following]}


async def _free_slug(done: log.Writing, sent: ArticleIn, ref: str) -> str:
    """A slug from the headline that no other article has."""
    wanted = slug(sent.headline, fallback=f"untitled-{ref[-8:]}")
    if UUID_TEXT.fullmatch(wanted):
        wanted = f"untitled-{ref[-8:]}"
    owned = await saving.owners(done, [wanted])
    return wanted if owned.get(wanted, ref) == ref else f"{wanted[:110].rstrip('-')}-{ref[-8:]}"


def _next(article: Held, old: ArticleState, fields: Mapping[str, Any], at: datetime) -> Prepared:
    """The state with these fields, as the next revision. A working copy that takes the place of what is public takes
    over the corrections that were made meanwhile."""
    values = {**dict(old), "working_copy": False, **fields}
    if article.copied and not values["working_copy"] and "corrections" not in fields:
        values["corrections"] = article.state(PUBLIC).corrections
    values |= {"modified_at": at, "revision": article.known.last + 1}
    return prepare(ArticleState.model_construct(None, **values))


def _presentable(article: Prepared) -> None:
    if not article.row["headline"]:
        raise Invalid("What is published has a headline.", Fault("is missing", "missing", pointer="/headline"))


async def _ready(done: log.Writing, article: Prepared, by: datetime | None, held: Held | None) -> None:
    """Raises: Invalid, where it refers to what the public will not see by then, and what is public of it does not."""
    if not article.notes and not article.related and article.translation_of is None:
        return
    before = None if held is None else prepare(held.state(PUBLIC))
    known = {note for _, note in before.notes} if before else set()
    places = [(n, note) for n, note in article.notes if note not in known]
    faults = []
    for note, at in (await notes.expected(done, {note for _, note in places})).items():
        if not _in_time(at, by):
            faults += [
                Fault(f"the note {note!r} is not public by then", "not-public", pointer=f"/body/{n}/note")
                for n, one in places
                if one == note
            ]
    pins = [one for one in article.pinned if before is None or one[1:] not in {pin[1:] for pin in before.pinned}]
    for n, note, revision in pins:
        shown = select(Revision.ref).where(
            Revision.noun == "note",
            Revision.ref == note,
            Revision.revision == revision,
            Revision.public_from.is_not(None),
        )
        if await done.connection.scalar(shown) is None:
            detail = f"the note {note!r} has no public revision {revision}"
            faults.append(Fault(detail, "not-public", pointer=f"/body/{n}/revision"))
    related = {**article.related}
    if article.translation_of is not None:
        related[article.translation_of] = "/translation_of"
    if before is not None:
        related = {ref: place for ref, place in related.items() if ref not in before.related}
        if before.translation_of == article.translation_of and article.translation_of is not None:
            related.pop(article.translation_of, None)
    for ref, at in (await _expected(done, related)).items():
        if not _in_time(at, by):
            faults.append(Fault(f"the article {ref} is not public by then", "not-public", pointer=related[ref]))
    if faults:
        raise Invalid(f"{faults[0].pointer}: {faults[0].detail}", *faults)


def _in_time(at: datetime | bool | None, by: datetime | None) -> bool:
    return at is True or (isinstance(at, datetime) and by is not None and at <= by)


async def _expected(done: log.Writing, ids: Iterable[str]) -> dict[str, datetime | bool | None]:
    """For each article: True where it is public, when it is due where it is scheduled, else None."""
    asked = [*ids]
    if not asked:
        return {}
    rows = await done.connection.execute(
        select(Article.id, Article.status, Article.publish_at, Shown.ref)
        .outerjoin(Shown, (Shown.view == PUBLIC) & (Shown.noun == "article") & (Shown.ref == Article.id))
        .where(Article.id.in_(asked))
    )
    found: dict[str, datetime | bool | None] = dict.fromkeys(asked)
    for ref, status, publish_at, public in rows:
        found[ref] = True if public else publish_at if status == "scheduled" else None
    return found


async def _save(
    done: log.Writing,
    article: Held | None,
    new: Prepared,
    warnings: Iterable[Fault] = (),
    *,
    found_slug: bool = False,
) -> Written:
    """Writes the state.

    Raises: Invalid; Conflict, where another has its slug; Raced, where that was found free, and taken since.
    """
    new.was_published = new.public
    missing = await saving.missing(done, new.related) if new.related else set()
    if missing:
        faults = [Fault(f"there is no article {ref}", "unknown", pointer=new.related[ref]) for ref in sorted(missing)]
        raise Invalid(f"{faults[0].pointer}: {faults[0].detail}", *faults)
    known = {} if article is None else {article.id: article.known}
    stored = {} if article is None else {article.id: article.aside}
    try:
        (outcome,) = await saving.write(done, [new], known, stored)
    except Invalid as refusal:
        if found_slug and any(one.pointer == "/0/slug" for one in refusal.faults):
            raise Raced("Another writer took the slug at the same moment.") from None
        raise of_one(refusal) from None
    if outcome == "unchanged" and article is not None:
        return _unchanged(article, warnings)
    return Written("article", new.id, new.revision, new.document, new.aside["ednote"], [*warnings])


def _unchanged(article: Held, warnings: Iterable[Fault] = ()) -> Written:
    newest = article.known.newest
    return Written("article", article.id, newest.revision, newest.document, newest.ednote, [*warnings])


_BLANK: Final[dict[str, Any]] = {
    "headline": "",
    "kicker": None,
    "standfirst": None,
    "excerpt": None,
    "byline": None,
    "section": None,
    "tags": [],
    "attributions": [],
    "notes": [],
    "image": None,
    "relations": [],
    "word_count": 0,
    "reading_minutes": 0,
    "origin": None,
    "corrections": [],
    "editors_note": None,
    "body": [],
    "ednote": None,
}


async def _blank_revisions(done: log.Writing, ref: str) -> None:
    """Blanks the text of every revision that is stored, one at a time."""
    mine = (Revision.noun == "article", Revision.ref == ref)
    numbers = await done.connection.scalars(select(Revision.revision).where(*mine))
    blank = {name: value for name, value in _BLANK.items() if name != "ednote"}
    for number in [*numbers]:
        one = (*mine, Revision.revision == number)
        document = from_json((await done.connection.execute(select(Revision.document).where(*one))).scalar_one())
        if document is None:
            continue
        await done.connection.execute(
            update_rows(Revision)
            .where(*one)
            .values(document=to_json({**document, **blank}).decode(), ednote=None, note=None)
        )
