"""Writes states of articles: their rows and slugs, their places in lists, and one change in the log for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from pydantic_core import from_json
from sqlalchemy import bindparam, delete, update

from app.articles import references
from app.articles.list_names import ARCHIVED, SOURCE, TAG, list_names, purge_names
from app.articles.models import Article, ArticleSlug
from app.articles.origins import key_in_card
from app.articles.redirects import REDIRECT, REDIRECTS, no_redirect, redirect
from app.articles.rendering import DATES, RenderedArticle
from app.articles.stored import StoredArticle
from app.articles.texts import searched_texts
from app.changes import log
from app.changes.log import PendingChange, Transaction
from app.changes.models import DESK, PUBLIC, Op, View
from app.changes.saving import Outcome, same_content
from app.changes.stored import FormerObject, former
from app.content.lifecycle import GONE
from app.db import execute_many, insert_many
from app.errors import Invalid
from app.index.keys import IndexedTexts, packed_keys
from app.index.store import IndexChanges, IndexedState
from app.lists.store import ListChanges, Placement
from app.publishing.placement import (
    following_dates,
    operation,
    placement,
    touched_placements,
    touched_replacements,
)
from app.publishing.store import NOT_WITHDRAWN, withdrawal_row, write_rows
from app.sources import store as sources
from app.tags import store as tags
from app.tags.hierarchy import Lineage


@dataclass(frozen=True, slots=True)
class ArticleToSave:
    """An article that is to be saved, and how.

    `stated` names the dates that its writer has set; the others follow from what is stored. `byline_is_left_out` says
    that its writer has given none, not even null. With `slug_is_public` the
    public knows its slug, or once did. `op`, `kind` and `note` appear in its history; `op` follows from the states
    where it is left out. With `keeps_desk` the desk goes on showing its working copy. `import_is_undated`: its origin
    does not say when it was imported first, so that what is stored stays.
    """

    article: RenderedArticle
    stated: frozenset[str] = frozenset()
    slug_is_public: bool = False
    op: Op | None = None
    kind: str | None = None
    note: str | None = None
    keeps_desk: bool = False
    byline_is_left_out: bool = False
    import_is_undated: bool = False

    @property
    def view(self) -> View:
        """The view that shows it."""
        return PUBLIC if self.article.is_public else DESK

    @property
    def keeps(self) -> frozenset[View]:
        """The views that go on showing what they show."""
        return frozenset({PUBLIC} if self.article.working_copy else {DESK} if self.keeps_desk else ())


async def save(
    transaction: Transaction, items: Sequence[ArticleToSave], before: Mapping[str, StoredArticle]
) -> list[Outcome]:
    """Writes new states of articles, each id once. `before`: those of the articles that exist, by id.

    A revision that is not beyond the last one is raised. What a public article names becomes public with it. Whether
    the articles exist that it relates to is not checked here (`references.missing_articles` does).
    Cost: some fifteen statements, however many articles. Counters are locked, in the order of their keys, until the
    transaction ends: save once in each.
    Raises: Invalid, with pointers that begin with the index in `items`; then nothing is written.
    """
    new = [item.article.id for item in items if item.article.id not in before]
    deleted = await former(transaction.connection, "article", new)
    lineages, slug_owners = await _check_references(transaction, items, before)
    batch = _Batch(transaction, slug_owners)
    outcomes = [
        batch.add(item, old, deleted.get(item.article.id), _list_names(item, old, lineages))
        for item in items
        for old in [before.get(item.article.id)]
    ]
    await batch.write()
    named: set[str] = set()
    for id in (item.article.id for item in batch.saved if item.article.is_public):
        known = before[id].states[PUBLIC].lists if id in before and before[id].is_public else ()
        named |= {*transaction.changes["article", id].lists} - {*known}  # what was public names is public already
    await tags.make_public(transaction, _slugs(named, TAG))
    await sources.make_public(transaction, _slugs(named, SOURCE))
    return outcomes


def _slugs(names: set[str], prefix: str) -> set[str]:
    return {name.removeprefix(prefix) for name in names if name.startswith(prefix)}


# --- references --------------------------------------------------------------------------------------------------


async def _check_references(
    transaction: Transaction, items: Sequence[ArticleToSave], before: Mapping[str, StoredArticle]
) -> tuple[dict[str, Lineage], dict[str, str | None]]:
    """(lineages of the tags of those articles whose tags change, owners of their slugs). Raises: Invalid.

    What a state names already exists, since nothing can be deleted while it is named: only new names are looked up.
    """
    articles = [item.article for item in items]
    replaced = [(item, before.get(item.article.id)) for item in items]
    retagged = {item.article.id for item, old in replaced if _is_retagged(item, old)}
    retranslated = {item.article.id for item, old in replaced if _is_retranslated(item, old)}
    respoken = {item.article.id for item, old in replaced if _takes_language(item, old)}
    lineages = await tags.lineages(
        transaction, {slug for article in articles if article.id in retagged for slug in _tags(article)}
    )
    # A slug that a view shows an article at is its own.
    owners: dict[str, str | None] = {
        state.slug: id for id, article in before.items() for state in article.states.values()
    }
    slugs_to_take = {slug for article in articles for slug in (article.slug, *article.former_slugs)}
    owners |= await references.slug_owners(transaction, sorted(slugs_to_take - owners.keys()))
    origins = {id: key_in_card(article.cards[PUBLIC]) for id, article in before.items() if article.is_public}
    keys = {article.origin_key for article in articles} - {None}
    holders = await references.origin_holders(transaction, keys)  # type: ignore[arg-type]
    known = [_known_names(item, old) for item, old in replaced]
    misfits = await references.wrong_originals(transaction, articles, retranslated)
    faults = [
        *references.wrong_tags(articles, lineages, retagged),
        *await references.missing_sources_and_notes(transaction, articles, known),
        *(misfits or await references.shared_languages(transaction, articles, respoken, before)),
        *references.taken_slugs(articles, owners),
        *references.taken_origins(articles, holders, origins),
    ]
    if faults:
        raise Invalid("An article refers to what is not there, or takes what belongs to another.", *faults)
    return lineages, owners


def _tags(article: RenderedArticle) -> set[str]:
    return {*article.tags, article.section} - {None}  # type: ignore[return-value]


def _is_retagged(item: ArticleToSave, before: StoredArticle | None) -> bool:
    if before is None:
        return True
    _, card = before.compared_with(item.view)
    return ({*card["tags"]}, card["section"]) != ({*item.article.tags}, item.article.section)


def _is_retranslated(item: ArticleToSave, before: StoredArticle | None) -> bool:
    if before is None:
        return True
    _, card = before.compared_with(item.view)
    return any(card[name] != getattr(item.article, name) for name in ("translation_of", "language", "status"))


def _takes_language(item: ArticleToSave, before: StoredArticle | None) -> bool:
    """Whether it is in a language in which its story was not, or is to be read, and was hidden."""
    article = item.article
    if before is None:
        return True
    _, card = before.compared_with(item.view)
    was_hidden = card["status"] in {"draft", *GONE} and article.status in {"published", "scheduled"}
    is_back = card["status"] == "withdrawn" and article.status != "withdrawn"
    return was_hidden or is_back or any(card[name] != getattr(article, name) for name in ("translation_of", "language"))


def _known_names(item: ArticleToSave, before: StoredArticle | None) -> frozenset[str]:
    """The lists of a state that names only what this one may name: a public one where this one is public."""
    if before is None or (item.article.is_public and not before.is_public):
        return frozenset()
    return frozenset(before.states[PUBLIC].lists if item.article.is_public else before.newest.lists)


def _list_names(item: ArticleToSave, before: StoredArticle | None, lineages: Mapping[str, Lineage]) -> set[str]:
    """The lists that the article stands in; under tags also those of their ancestors."""
    article = item.article
    if before is not None and not _is_retagged(item, before):
        names = {name for name in before.compared_with(item.view)[0].lists if name.startswith(TAG)}
    else:
        names = {TAG + name for slug in _tags(article) for name in (slug, *lineages[slug].ancestors)}
    return names | list_names(article)


# --- rows --------------------------------------------------------------------------------------------------------


class _Batch:
    """Collects the rows of many articles, so that each table is written once."""

    def __init__(self, transaction: Transaction, slug_owners: Mapping[str, str | None]) -> None:
        self.transaction = transaction
        self.slug_owners = slug_owners
        self.lists = ListChanges(transaction.zone, archived=ARCHIVED)
        self.index = IndexChanges("article")
        self.saved: list[ArticleToSave] = []
        self.inserted: list[RenderedArticle] = []
        self.changed: list[RenderedArticle] = []
        self.slugs: dict[str, tuple[str, bool]] = {}
        self.freed: list[dict[str, Any]] = []
        self.redirected: list[dict[str, Any]] = []

    def add(
        self, item: ArticleToSave, before: StoredArticle | None, deleted: FormerObject | None, names: set[str]
    ) -> Outcome:
        """Takes a state in, unless it is what is stored already."""
        if before is None:
            article = _renumbered(item.article, deleted)
            self.inserted.append(article)
        else:
            if _is_stored(item, before):
                return "unchanged"
            article = _completed(item, before, self.transaction.at)
            if not item.keeps_desk:
                self.changed.append(article)
        self.saved.append(item)
        self._take_slugs(item, before)
        placed = before.placements() if before is not None else {}
        cleared = frozenset(placed) - item.keeps
        new = placement(names, article)
        kept = {view: place for view, place in placed.items() if view not in cleared}
        self.lists.move(article.id, placed, {**kept, item.view: new})
        self.index.show(article.id, {**dict.fromkeys(cleared), item.view: _indexed(article, new)})
        was, old_withdrawal = (before.status, before.withdrawal) if before is not None else ("draft", NOT_WITHDRAWN)
        op = item.op or operation(article.status, before, cleared, was=was)
        change = _change(article, op, item.view, cleared)
        is_public = PUBLIC in {*kept, item.view}
        change.keys = {
            *purge_names(touched_placements(placed, new, item.view, cleared)),
            *touched_replacements("article", before, is_public=is_public),
            *((REDIRECTS,) if self._redirect(item, article, before) else ()),
        }
        told_before, told = (was, old_withdrawal), (article.status, withdrawal_row(article.withdrawal))
        change.withdrawal_changes = was in GONE and told_before != told
        change.listed_at, change.lists = new.published_at, sorted(names)
        change.due_at, change.expires_at = article.publish_at, article.expires_at
        change.is_new_object = before is None and deleted is None
        change.kind, change.note = item.kind, item.note
        change.reason = article.withdrawal.reason if article.withdrawal else None
        self.transaction.save(change)
        return "created" if before is None else "updated"

    def _take_slugs(self, item: ArticleToSave, before: StoredArticle | None) -> None:
        article = item.article
        states = {} if before is None else before.states
        public_slug = states[PUBLIC].slug if PUBLIC in states else None
        for slug, is_public in ((article.slug, item.slug_is_public), *((slug, True) for slug in article.former_slugs)):
            if slug != public_slug:
                self.slugs[slug] = (article.id, is_public)
        if any(state.slug != article.slug for state in states.values()):
            self.free_slugs(article, beside=states[DESK].slug if item.keeps_desk else article.slug)

    def _redirect(self, item: ArticleToSave, article: RenderedArticle, before: StoredArticle | None) -> bool:
        """Notes where former slugs lead from now on. Returns whether that may be somewhere else than before."""
        old_slugs = set() if before is None else before.former_slugs | {state.slug for state in before.states.values()}
        shown_before = None if before is None or not before.is_public else _address(before.cards[PUBLIC])
        shown = (article.slug, article.language) if item.view == PUBLIC else None
        shown = shown_before if PUBLIC in item.keeps else shown
        is_same = shown == shown_before and old_slugs >= {*article.former_slugs}
        if is_same or not (old_slugs | {*article.former_slugs}) - {article.slug}:
            return False
        to = redirect(article.id, article.slug, self.transaction.at) if shown is not None else no_redirect(article.id)
        self.redirected.append(to)
        return True

    def free_slugs(self, article: RenderedArticle, *, beside: str) -> None:
        """A slug that the public never knew is free again once its article has another one in every view."""
        self.freed.append({"article_": article.id, "slug_": article.slug, "beside": beside})

    async def write(self) -> None:
        connection = self.transaction.connection
        await write_rows(connection, Article.id, self.inserted, self.changed)
        await execute_many(connection, _FREE_SLUGS, self.freed)
        new = [(slug, *owner) for slug, owner in self.slugs.items() if slug not in self.slug_owners]
        await insert_many(connection, ArticleSlug, ("slug", "article", "is_public"), new)
        public = [slug for slug, (_, is_public) in self.slugs.items() if is_public and slug in self.slug_owners]
        await execute_many(connection, _PUBLISH_SLUG, [{"slug_": slug} for slug in public])
        await execute_many(connection, REDIRECT, self.redirected)
        await self.index.write(connection)
        await self.lists.write(connection)


def analysed(article: RenderedArticle) -> RenderedArticle:
    """The same with the keys of its words. Cost: that of `packed_keys`; it needs no database."""
    return replace(article, keys=packed_keys(_texts(article)))


def _indexed(article: RenderedArticle, placed: Placement) -> IndexedState:
    return IndexedState(article.keys or _texts(article), placed.published_at, placed.language)


def _texts(article: RenderedArticle) -> IndexedTexts:
    return searched_texts(from_json(article.card), from_json(article.body))


def _address(card: Mapping[str, Any]) -> tuple[str, str]:
    """The slug and the language by which a redirect names an article."""
    return card["slug"], card["language"]


async def discard_working_copy(transaction: Transaction, public: RenderedArticle, before: StoredArticle) -> None:
    """Drops the working copy of a public article: the desk sees again what is public, the state `public`."""
    batch, desk, placed = _Batch(transaction, {}), frozenset({DESK}), before.placements()
    batch.lists.move(public.id, placed, {PUBLIC: placed[PUBLIC]})
    batch.index.show(public.id, {DESK: None})
    batch.changed.append(public)
    batch.free_slugs(public, beside=public.slug)
    change = _change(public, "updated", None, desk)
    change.keys, change.is_new_revision = purge_names(touched_placements(placed, None, None, desk)), False
    transaction.save(change)
    await batch.write()


async def delete_article(transaction: Transaction, before: StoredArticle) -> None:
    """Deletes an article that nothing refers to. Its slugs that were public stay reserved."""
    connection, id = transaction.connection, before.id
    lists = ListChanges(transaction.zone, archived=ARCHIVED)
    placed = before.placements()
    lists.move(id, placed, {})
    index = IndexChanges("article")
    index.show(id, dict.fromkeys(before.views))
    await index.write(connection)
    await lists.write(connection)
    names = purge_names(touched_placements(placed, None, None, before.views))
    names |= touched_replacements("article", before, is_public=False)
    if before.is_public and before.former_slugs:
        await execute_many(connection, REDIRECT, [no_redirect(id)])
        names.add(REDIRECTS)
    log.delete_object(transaction, "article", id, before, names, was_gone=before.status in GONE)
    await connection.execute(delete(ArticleSlug).where(ArticleSlug.article == id, ArticleSlug.is_public.is_(False)))
    await connection.execute(delete(Article).where(Article.id == id))


def _change(article: RenderedArticle, op: Op, view: View | None, cleared: frozenset[View]) -> PendingChange:
    return PendingChange(
        noun="article", ref=article.id, object=article.id, slug=article.slug, revision=article.revision, op=op,
        card=article.card, body=article.body, private=article.private, modified_at=article.modified_at, view=view,
        cleared=cleared, story=article.translation_of or article.id,
    )  # fmt: skip


_FREE_SLUGS: Final = delete(ArticleSlug).where(
    ArticleSlug.article == bindparam("article_"),
    ArticleSlug.is_public.is_(False),
    ArticleSlug.slug != bindparam("slug_"),
    ArticleSlug.slug != bindparam("beside"),
)
_PUBLISH_SLUG: Final = update(ArticleSlug).where(ArticleSlug.slug == bindparam("slug_")).values(is_public=True)


# --- one article -------------------------------------------------------------------------------------------------


def _is_stored(item: ArticleToSave, before: StoredArticle) -> bool:
    """Whether the state is the stored one, but for dates that its writer has not stated."""
    article = item.article
    state, card = before.compared_with(item.view)
    return (
        same_content(card, from_json(article.card), DATES - item.stated)
        and (state.body == article.body or from_json(state.body or "[]") == from_json(article.body))
        and from_json(state.private or "{}") == from_json(article.private)
        and {*article.former_slugs} <= before.former_slugs
        and withdrawal_row(article.withdrawal) == before.withdrawal
    )


def _completed(item: ArticleToSave, before: StoredArticle, at: datetime) -> RenderedArticle:
    """The article as the state that follows the stored one, with the dates that its writer has not stated."""
    _, card = before.compared_with(item.view)
    revision = max(item.article.revision, before.last_revision + 1)
    return item.article.as_revision(revision, **following_dates(item.article.status, card, item.stated, at))


def _renumbered(article: RenderedArticle, deleted: FormerObject | None) -> RenderedArticle:
    """The article with a number behind those of a deleted one that had its id."""
    if deleted is None or article.revision > deleted.last_revision:
        return article
    return article.as_revision(deleted.last_revision + 1)
