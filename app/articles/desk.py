"""What the desk does with articles: each verb takes a locked article from one state to the next."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import MISSING
from sqlalchemy import bindparam, select

from app.articles import references, saving
from app.articles.bylines import byline_of, is_of_authors
from app.articles.expiry import expiry_once_published
from app.articles.list_names import PINNED, RELATED
from app.articles.models import Article, ArticleSlug
from app.articles.part_schemas import ArticleCorrection, ArticleOrigin
from app.articles.rendering import DATES, RenderedArticle, derived_fields, related_articles, render
from app.articles.saving import ArticleToSave
from app.articles.schemas import (
    ArticleCorrectIn,
    ArticleEdit,
    ArticleIn,
    ArticleState,
    ArticleWithdrawIn,
    Withdrawal,
)
from app.articles.stored import StoredArticle, stored_articles
from app.changes import log
from app.changes.history import ERASURE, old_document
from app.changes.log import Transaction, Written
from app.changes.models import PUBLIC
from app.changes.saving import IN_USE, NAMED_USERS, refusal_of_single, refuse
from app.content import blocks
from app.content.attributions import client_attributions, misplaced
from app.content.descriptors import Headlines
from app.content.html_bodies import FIELD as HTML_BODY
from app.content.html_bodies import take_html, without_replaced_body
from app.content.lifecycle import Lifecycle, check_expiry
from app.content.sets import make_sets, pointing_as_sent
from app.db import fetch, new_id
from app.errors import Conflict, Fault, Invalid, NotFound, Raced
from app.lists import store as lists
from app.publishing.steps import check_changeable, check_not_withdrawn, published, released, unpublished
from app.publishing.store import blank_revisions, check_replacement
from app.web.fields import UUID_TEXT
from app.web.merging import Patch, merged

_ID_OF_SLUG: Final = select(ArticleSlug.article).where(ArticleSlug.slug == bindparam("slug"))


async def lock(transaction: Transaction, ref: str) -> StoredArticle:
    """The article with this id or slug, locked until the end. Cost: two or three statements. Raises: NotFound."""
    id = ref
    if not UUID_TEXT.fullmatch(ref):
        owners = await fetch(transaction.connection, _ID_OF_SLUG, {"slug": ref})
        id = owners[0][0] or ref if owners else ref
    articles = await stored_articles(transaction, [id])
    if id not in articles:
        raise NotFound("There is no article at this address.")
    return articles[id]


# --- content -----------------------------------------------------------------------------------------------------


async def create(
    transaction: Transaction, content: ArticleIn, id: UUID | None = None, origin: ArticleOrigin | None = None
) -> Written:
    """Makes a draft. Raises: Invalid."""
    check_expiry(content.expires_at, None, transaction.at)
    id = id or new_id()
    fields, warnings = _content(str(id), content)
    fields["byline"] = content.byline or await byline_of(transaction, fields["attributions"], content.language)
    if content.slug is None:
        fields["slug"] = await references.free_slug(transaction, content.headline, str(id))
    fields |= {**Lifecycle("draft").values(), "created_at": transaction.at, "modified_at": transaction.at}
    state = ArticleState.model_construct(id=id, revision=1, origin=origin, corrections=[], **fields)
    with pointing_as_sent(warnings):
        return await _save(transaction, None, render(state), warnings=warnings, slug_was_free=content.slug is None)


async def update(
    transaction: Transaction, article: StoredArticle, patch: Patch, *, as_working_copy: bool = False
) -> Written:
    """Changes the fields that the patch names; of a published article that is live at once, unless a working copy is
    made or changed. The caller has checked that it is changeable.

    A typo fix, a note to the desk and another expiry do not count as an update. A byline that follows from the authors
    is written anew. Raises: Invalid.
    """
    state = article.state()
    edit = _edited(state, patch)
    if edit.byline is not None and "byline" not in patch.model_fields_set:
        given = (edit.byline, state.attributions, state.language, state.modified_at)
        edit.byline = None if await is_of_authors(transaction, *given) else edit.byline
    return await _change(transaction, article, state, edit, minor=edit.minor, as_working_copy=as_working_copy)


async def restore(transaction: Transaction, article: StoredArticle, revision: int) -> Written:
    """Makes what a client may set of an earlier state that of the newest, as `update` does. Status and dates stay.

    Raises: NotFound; Conflict, where it is withdrawn, was erased, or has a working copy; Invalid.
    """
    state = article.state()
    check_not_withdrawn("article", state, "a state is restored")
    check_changeable("article", article, as_working_copy=False)
    document = await old_document(transaction.connection, "article", article.id, revision)
    content = _edited(ArticleState.model_validate_json(document), Patch())
    return await _change(transaction, article, state, content)


def _edited(state: ArticleState, patch: Patch) -> ArticleEdit:
    """What a client has set of the state, with the patch. Raises: Invalid."""
    attributions = client_attributions(state.attributions, state.body, state.image)
    stored = without_replaced_body({**dict(state), "attributions": attributions}, patch)
    return merged(ArticleEdit, stored, patch)


async def replace(
    transaction: Transaction, article: StoredArticle, content: ArticleIn, origin: ArticleOrigin | None
) -> Written:
    """Makes this all that a client may set of the article, and where it came from.

    Raises: Conflict, where it has a working copy; Invalid.
    """
    check_changeable("article", article, as_working_copy=False)
    return await _change(transaction, article, article.state(), content, origin=origin)


async def _change(
    transaction: Transaction,
    article: StoredArticle,
    old: ArticleState,
    content: ArticleIn,
    *,
    origin: ArticleOrigin | None = None,
    minor: bool = False,
    as_working_copy: bool = False,
) -> Written:
    if content.expires_at != old.expires_at:
        check_expiry(content.expires_at, old.publish_at, transaction.at)
    fields, warnings = _content(article.id, content, old)
    fields["byline"] = content.byline or await byline_of(transaction, fields["attributions"], content.language)
    if slug_was_free := content.slug is None:
        fields["slug"] = await references.free_slug(transaction, content.headline, article.id)
    read = {*fields} - {"ednote", "expires_at"}
    is_substantial = not minor and any(fields[name] != getattr(old, name) for name in read)
    fields |= {"working_copy": as_working_copy, "origin": origin or old.origin}
    if as_working_copy and not article.has_working_copy:
        fields["status"] = "draft"
    elif old.status == "published" and is_substantial:
        fields["updated_at"] = transaction.at
    state = _next_state(transaction, article, old, fields)
    rendered = render(state)
    how: dict[str, Any] = {"stated": DATES, "kind": "typo" if minor else None}
    with pointing_as_sent(warnings):
        if state.status in {"published", "scheduled"}:
            await _check_publishable(transaction, rendered, state.publish_at, article if article.is_public else None)
        return await _save(transaction, article, rendered, warnings=warnings, slug_was_free=slug_was_free, **how)


async def correct(transaction: Transaction, article: StoredArticle, body: ArticleCorrectIn) -> Written:
    """Adds a correction for readers to what is public; a working copy has it once published. Raises: Conflict."""
    if not article.is_public:
        raise Conflict("Only what is public is corrected for readers; a draft is simply changed.")
    old = article.state(PUBLIC)
    revision = article.last_revision + 1
    correction = ArticleCorrection(kind=body.kind, text=body.text, at=transaction.at, revision=revision)
    corrected = {"corrections": [*old.corrections, correction], "updated_at": transaction.at}
    state = _next_state(transaction, article, old, corrected)
    return await _save(
        transaction, article, render(state), stated=DATES, op="corrected", kind=body.kind, note=body.text,
        keeps_desk=article.has_working_copy,
    )  # fmt: skip


async def discard_working_copy(transaction: Transaction, article: StoredArticle) -> None:
    """Drops the working copy; its revisions stay in the history. Raises: NotFound, where there is none."""
    if not article.has_working_copy:
        raise NotFound("The article has no working copy.")
    await saving.discard_working_copy(transaction, render(article.state(PUBLIC)), article)


async def delete(transaction: Transaction, article: StoredArticle) -> None:
    """Deletes the article. Slugs that were public stay reserved. Raises: Conflict, naming what refers to it."""
    connection = transaction.connection
    await connection.execute(select(Article.id).where(Article.id == article.id).with_for_update())
    users = await lists.members(connection, [RELATED + article.id, PINNED + article.id], limit=NAMED_USERS + 1)
    translations = select(Article.id).where(Article.translation_of == article.id).limit(NAMED_USERS)
    named = [user for user in users if user != ("article", article.id)][:NAMED_USERS]
    details = [f"the {noun} {ref} {'relates to' if noun == 'article' else 'pins'} it" for noun, ref in named]
    details += [f"the article {ref} is a translation of it" for ref in await connection.scalars(translations)]
    if details:
        raise Conflict(
            "Something still refers to this article.", *(Fault(each, IN_USE, pointer="") for each in details)
        )
    await saving.delete_article(transaction, article)


# --- lifecycle ---------------------------------------------------------------------------------------------------


async def publish(
    transaction: Transaction,
    article: StoredArticle,
    at: datetime | None,
    expires_at: datetime | MISSING | None = MISSING,
) -> Written:
    """Makes the newest state public: now, or at an instant to come. It expires as it says, or as is said here.

    Raises: Conflict, Invalid.
    """
    old = article.state()
    check_not_withdrawn("article", old, "it is published")
    if article.is_public and not article.has_working_copy:
        if at is not None:
            raise Conflict("The article is public already, and has no working copy to publish later.")
        if expires_at not in {MISSING, old.expires_at}:
            raise Conflict("The article is public already. Change its `expires_at` with PATCH.")
        return log.unchanged("article", article.id, article)
    fields = published(article, old, at, transaction.at)
    fields["expires_at"] = expiry_once_published(article, old, expires_at, at, transaction.at)
    rendered = render(_next_state(transaction, article, old, fields))
    await _check_publishable(transaction, rendered, at, None)
    return await _save(transaction, article, rendered, stated=DATES)


async def release_due(transaction: Transaction, article: StoredArticle) -> Written:
    """Makes public what is due. What it names is not checked: whatever is hidden meanwhile stays out of `included`."""
    old = article.state()
    return await _save_next(transaction, article, old, released(article, old))


async def expire_due(transaction: Transaction, article: StoredArticle, now: datetime) -> Written:
    """Takes out what has expired, working copy and all, unless somebody has moved its expiry meanwhile."""
    expires_at = article.state(PUBLIC).expires_at if article.is_public else None
    if expires_at is None or expires_at > now:
        return log.unchanged("article", article.id, article)
    old = article.state()
    return await _save_next(transaction, article, old, Lifecycle.of(old).expire().values())


async def unpublish(transaction: Transaction, article: StoredArticle) -> Written:
    """Makes it a draft again. What was scheduled is scheduled no more, and what is public beside it stays.

    What was withdrawn stays out of its public history.
    """
    old = article.state()
    fields = unpublished(article, old)
    if fields is None:
        return log.unchanged("article", article.id, article)
    if article.is_withdrawn:
        await log.hide_history(transaction, article.id)
    return await _save_next(transaction, article, old, fields)


async def withdraw(transaction: Transaction, article: StoredArticle, body: ArticleWithdrawIn) -> Written:
    """Takes the article down, working copy and all. Raises: Conflict, where it was never public; Invalid."""
    replacement = None if body.replacement is None else str(body.replacement)
    await check_replacement(transaction, "article", article.id, replacement)
    old = article.state()
    at = transaction.at if old.withdrawal is None else old.withdrawal.at
    lifecycle = Lifecycle.of(old).withdraw(Withdrawal(**dict(body), at=at))
    return await _save_next(transaction, article, old, lifecycle.values(), note=body.public_note)


async def erase(transaction: Transaction, article: StoredArticle, reason: str) -> Written:
    """Blanks the text of a withdrawn article, in every revision and for good. Raises: Conflict."""
    old = article.state()
    if old.withdrawal is None:
        raise Conflict("Only what has been withdrawn can be erased.")
    withdrawal = old.withdrawal.model_copy(update={"reason": reason, "public_note": None})
    # The key of its origin stays, as its slug does: else the next import of the archive would bring it back.
    origin = {"origin": None if old.origin is None else old.origin.model_copy(update={"url": None})}
    blank = {**BLANK, **origin, "body": [], "withdrawal": withdrawal}
    written = await _save_next(transaction, article, old, blank, kind=ERASURE)
    await blank_revisions(transaction, article.id, BLANK | origin)
    return written


# --- from one state to the next ----------------------------------------------------------------------------------

# What erasing leaves of a document, besides its body.
BLANK: Final[dict[str, Any]] = {
    "headline": "", "kicker": None, "standfirst": None, "excerpt": None, "byline": None, "section": None, "tags": [],
    "attributions": [], "notes": [], "image": None, "relations": [], "word_count": 0, "reading_minutes": 0,
    "corrections": [], "editors_note": None, "ednote": None,
    "genre": None, "dateline": None, "headlines": Headlines(), "flags": [],
    "ai": None,
}  # fmt: skip


def _content(id: str, content: ArticleIn, old: ArticleState | None = None) -> tuple[dict[str, Any], list[Fault]]:
    """(fields of the state that the content sets, what of it is not stored as it was sent).

    Makes blocks of a body that is sent as HTML. Sanitises the body and counts its words, unless it is the body of the
    old state: then both has been done.
    Raises: Invalid.
    """
    warnings = take_html(content)
    if old is not None and content.body == old.body:
        faults, words = list[Fault](), old.word_count
    else:
        faults, removed = blocks.sanitise_body(content.body)
        warnings += removed
        words = blocks.word_count(content.body)
    faults += misplaced(content.attributions, content.body)
    related = related_articles(content)
    faults += [Fault("is the article itself", pointer=pointer) for pointer, other in related if str(other) == id]
    warnings += make_sets(content)
    following, more = derived_fields(content, words)
    refuse(faults + more)
    fields = {name: getattr(content, name) for name in ArticleIn.model_fields if name != HTML_BODY}
    return fields | following, warnings


def _next_state(
    transaction: Transaction, article: StoredArticle, old: ArticleState, fields: Mapping[str, Any]
) -> ArticleState:
    """The state with these fields, as the next revision. A working copy that takes the place of what is public takes
    over the corrections that were made meanwhile."""
    changed = {"working_copy": False, **fields}
    if article.has_working_copy and not changed["working_copy"] and "corrections" not in fields:
        changed["corrections"] = article.state(PUBLIC).corrections
    changed |= {"modified_at": transaction.at, "revision": article.last_revision + 1}
    return old.model_copy(update=changed)


async def _check_publishable(
    transaction: Transaction, article: RenderedArticle, by: datetime | None, public: StoredArticle | None
) -> None:
    """Raises: Invalid, where it has no headline, or names what will not be public by then.

    What its `public` state names already needs no check.
    """
    if not article.headline:
        raise Invalid("What is published has a headline.", Fault("is missing", "missing", pointer="/headline"))
    if article.notes or article.related or article.translation_of is not None:
        state = None if public is None else render(public.state(PUBLIC))
        await references.check_public_by(transaction, article, by, state)


async def _save_next(
    transaction: Transaction,
    article: StoredArticle,
    old: ArticleState,
    fields: Mapping[str, Any],
    *,
    kind: str | None = None,
    note: str | None = None,
) -> Written:
    rendered = render(_next_state(transaction, article, old, fields))
    return await _save(transaction, article, rendered, stated=DATES, kind=kind, note=note)


async def _save(
    transaction: Transaction,
    article: StoredArticle | None,
    rendered: RenderedArticle,
    *,
    warnings: Sequence[Fault] = (),
    slug_was_free: bool = False,
    **how: Any,
) -> Written:
    """Writes the state; `how` are fields of `ArticleToSave`.

    Raises: Invalid; Conflict, where another has its slug; Raced, where that was free a moment ago.
    """
    known = {*article.newest.lists} if article is not None else set()
    related = [id for id in rendered.related if RELATED + id not in known]
    if missing := await references.missing_articles(transaction, related):
        refuse([Fault(f"there is no article {id}", "unknown", pointer=rendered.related[id]) for id in sorted(missing)])
    item = ArticleToSave(rendered, slug_is_public=rendered.is_public, **how)
    try:
        (outcome,) = await saving.save(transaction, [item], {} if article is None else {article.id: article})
    except Invalid as refusal:
        if slug_was_free and any(fault.pointer == "/0/slug" for fault in refusal.faults):
            raise Raced("Another writer took the slug at the same moment.") from None
        raise refusal_of_single(refusal) from None
    if outcome == "unchanged" and article is not None:
        return log.unchanged("article", article.id, article, warnings)
    return transaction.written("article", rendered.id, warnings)
