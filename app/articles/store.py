"""Reads single articles, and what stands beside articles in an answer."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, NotRequired

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json
from sqlalchemy import CompoundSelect, Select, String, bindparam, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased
from typing_extensions import TypedDict

from app.articles.listing import as_shown_when_due
from app.articles.models import Article, ArticleSlug
from app.changes import views
from app.changes.models import Noun, Object, Revision, ViewEntry
from app.changes.views import (
    EVERYONE,
    NEWEST,
    STATE_COLUMNS,
    VIEWS,
    Kind,
    Perspective,
    ShownState,
    shown_state,
    visible,
)
from app.content.lifecycle import GONE
from app.db import Reader, Row, Uuid16, in_list, list_parameters, padded_size
from app.errors import Fault, NotFound
from app.formats import rendered_fields
from app.formats.rendered_fields import BESIDE_RENDERED, RENDERED_FIELDS
from app.formats.story import Site
from app.lists.models import List, ListEntry
from app.notes import store as notes
from app.paging import Included
from app.publishing.store import gone, withdrawal_columns
from app.web.fields import SLUG, UUID_TEXT

TRANSLATION: Final = "articles:translation:"

# --- one article -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShownArticle:
    """One article as a perspective shows it. `slug` is where it is to be found now; `document` is its JSON."""

    id: str
    slug: str
    revision: int
    document: str


@cache
def _shown(kind: Kind, by_id: bool) -> Select[*Row]:
    query = (
        select(ViewEntry.object, ViewEntry.slug, *STATE_COLUMNS)
        .join(Revision, shown_state())
        .where(visible(ViewEntry, kind))
    )
    if by_id:
        query = query.where(ViewEntry.object == bindparam("ref", type_=Uuid16()))
    else:
        query = (
            query.join(Object, Object.id == ViewEntry.object)
            .join(ArticleSlug, ArticleSlug.article == Object.ref)
            .where(Object.noun == "article", ArticleSlug.slug == bindparam("ref"))
        )
        # To the public a slug is known by what is, or was, public under it; at an instant to come, by what will be.
        if kind == "due":
            query = query.where(or_(ArticleSlug.is_public, ArticleSlug.slug == ViewEntry.slug))
        elif kind == "public":
            query = query.where(ArticleSlug.is_public)
    return query if kind == "public" else query.order_by(ViewEntry.view).limit(1)


_GONE: Final = select(Article.id, *withdrawal_columns(Article)).where(
    Article.status.in_([literal(status) for status in sorted(GONE)])
)
_GONE_BY_ID: Final = _GONE.where(Article.id == bindparam("ref"))
_GONE_BY_SLUG: Final = _GONE.join(ArticleSlug, ArticleSlug.article == Article.id).where(
    ArticleSlug.slug == bindparam("ref"), ArticleSlug.is_public
)


async def get(read: Reader, perspective: Perspective, ref: str) -> ShownArticle:
    """The article with this id, or with this slug, present or former.

    Cost: one statement, by key; more for one that is not there. Raises: Gone, for one that was withdrawn or has
    expired; NotFound.
    """
    by_id = UUID_TEXT.fullmatch(ref) is not None
    if not by_id and not SLUG.fullmatch(ref):
        raise NotFound("There is no article at this address.")
    row = await read.row(_shown(perspective.kind, by_id), {"ref": ref, **perspective.parameters})
    if row is None:
        of_gone = _GONE_BY_ID if by_id else _GONE_BY_SLUG
        raise await gone(read, "article", of_gone, {"ref": ref}) or NotFound("There is no article at this address.")
    id, slug, *columns = row
    state = ShownState(*columns)
    if perspective.as_of is not None:
        states = await views.as_of(read, "article", [id], perspective.as_of)
        if id not in states:
            raise NotFound("This article was not public then.")
        state = states[id]
    document = state.document(perspective)
    if perspective.due is not None:
        document = as_shown_when_due(document)
    return ShownArticle(id, slug, state.revision, document)


@cache
def _versions_of_story(kind: Kind) -> Select[*Row]:
    """(view, id, slug, original, *`STATE_COLUMNS`) of what any view has as a version of a story."""
    version = aliased(ViewEntry)
    versions = select(version.object).where(version.story == bindparam("story", type_=Uuid16()))
    versions = versions.where(version.view.in_([literal(view) for view in VIEWS[kind]]))
    query = select(ViewEntry.view, ViewEntry.object, ViewEntry.slug, ViewEntry.story, *STATE_COLUMNS)
    return query.join(Revision, shown_state()).where(visible(ViewEntry, kind), ViewEntry.object.in_(versions))


async def in_language(
    read: Reader, perspective: Perspective, article: ShownArticle, language: str
) -> tuple[ShownArticle, list[str]]:
    """(the version in this language of the story that the article is one of, names of what it depends on).

    Of two in one language, one of them withdrawn, it is the one that was made last.
    Cost: one statement. Raises: NotFound, with the languages there are.
    """
    story = from_json(article.document)["translation_of"] or article.id
    rows = await read.rows(_versions_of_story(perspective.kind), {"story": story, **perspective.parameters})
    by_language: dict[str, ShownArticle] = {}
    for id, (slug, original, *columns) in sorted({id: row for _, id, *row in views.overlaid(rows)}.items()):
        state = ShownState(*columns)
        if original == story:
            document = state.document(perspective)
            document = document if perspective.due is None else as_shown_when_due(document)
            by_language[from_json(state.card)["language"]] = ShownArticle(id, slug, state.revision, document)
    if language not in by_language:
        detail = f"is a language in which this story is not there: {', '.join(sorted(by_language))} are"
        fault = Fault(detail, "no-version", parameter="language", allowed=sorted(by_language))
        raise NotFound(f"There is no version of this article in the language {language!r}.", fault)
    return by_language[language], [f"article:{article.id}", f"article:{story}", TRANSLATION + story]


async def previewed(read: Reader, id: str) -> ShownState:
    """The newest state of the article with this id, for a preview. Raises: Gone, for one that was withdrawn or has
    expired; NotFound."""
    state = await views.shown(read, NEWEST, "article", id)
    if state is None or from_json(state.card)["status"] in GONE:
        await get(read, EVERYONE, id)
    if state is None:
        raise NotFound("There is no article at this address.")
    return state


async def working_copy(read: Reader, ref: str) -> ShownArticle:
    """The working copy of the public article with this id or slug. Cost: two statements. Raises: NotFound, Gone."""
    article = await get(read, NEWEST, ref)
    public = await views.shown(read, EVERYONE, "article", article.id)
    if public is None or public.revision == article.revision:
        raise NotFound("The article has no working copy.")
    return article


# --- what stands beside ------------------------------------------------------------------------------------------


class _Attribution(TypedDict):
    source: str


class _Relation(TypedDict):
    article: str | None


class _Block(TypedDict):
    """`article` of a related block; `note` and `revision` of a reference note."""

    type: str
    article: NotRequired[str | None]
    note: NotRequired[str]
    revision: NotRequired[int | None]


class _References(TypedDict):
    """The part of a card or document that names other objects. To parse only that takes a third of the time."""

    id: str
    translation_of: str | None
    section: str | None
    tags: list[str]
    attributions: list[_Attribution]
    notes: list[str]
    relations: list[_Relation]
    body: NotRequired[list[_Block]]


_REFERENCES: Final = TypeAdapter(_References)
_Names = Callable[[_References], Iterable[str | None]]


async def included(
    read: Reader,
    perspective: Perspective,
    documents: Iterable[str],
    include: Sequence[str],
    *,
    with_gone: bool = True,
) -> Included | None:
    """What `include` asks for, each object once and only what the perspective sees; None where it asks for nothing.

    Tags, sources and relations are those of the articles, and of the notes that stand beside them. What was withdrawn
    is there where the perspective sees it, unless it is not wanted.
    Cost: one statement for tags, sources and relations together, one for translations, one for notes and another where
    some are pinned.
    """
    if not include:
        return None
    articles = [_REFERENCES.validate_json(document) for document in documents]
    groups: dict[str, dict[str, str]] = {}
    names: list[str] = []
    beside: dict[str, dict[str, str]] = {}
    if "notes" in include:
        slugs = _names(articles, lambda article: article["notes"])
        beside["notes"] = await _notes(read, perspective, articles, slugs)
        if not with_gone:
            beside = notes.without_gone(beside)
        names += [f"note:{slug}" for slug in slugs]
    if refs := _named(articles, [*beside.get("notes", {}).values()], include):
        cards = await views.cards(read, perspective, refs)
        groups |= {f"{noun}s": of_noun for noun, of_noun in cards.items()}
        names += [f"{noun}:{ref}" for noun, of_noun in refs.items() for ref in of_noun]
    if "translations" in include:
        originals = _names(articles, lambda article: [article["translation_of"] or article["id"]])
        beside["translations"] = await _translations(read, perspective, articles, originals)
        names += [name for id in originals for name in (f"article:{id}", TRANSLATION + id)]
    groups |= beside
    return Included(groups if with_gone else notes.without_gone(groups), names)


def _named(articles: list[_References], embedded: Sequence[str], include: Sequence[str]) -> dict[Noun, list[str]]:
    """The distinct tags, sources and articles, as far as `include` asks for them, that the articles name, then those
    that the notes embedded in them name besides."""
    refs: dict[Noun, list[str]] = {}
    if "tags" in include:
        refs["tag"] = _names(articles, lambda article: [article["section"], *article["tags"]])
    if "sources" in include:
        refs["source"] = _names(articles, lambda article: [named["source"] for named in article["attributions"]])
    if "relations" in include:
        refs["article"] = _names(articles, _related)
    known = {f"{noun}s": of_noun for noun, of_noun in refs.items()}
    return {noun: refs[noun] + of_notes for noun, of_notes in notes.named_by(embedded, [*refs], known=known).items()}


async def included_in_preview(read: Reader, document: str, include: Sequence[str]) -> Included:
    """What `include` asks for beside a previewed article: the newest states of what it names, drafts too.

    What was withdrawn or has expired is left out. Of its other versions only the original is named by it: translations
    are there while they are public. Cost: as `included`, one statement more for the original.
    """
    named = [name for name in include if name != "translations"]
    beside = await included(read, NEWEST, [document], named, with_gone=False)
    groups = {} if beside is None else dict(beside.groups)
    if "translations" in include:
        groups["translations"] = await _translations_in_preview(read, _REFERENCES.validate_json(document))
    return Included(groups, [])  # no cache keeps a preview


async def _translations_in_preview(read: Reader, article: _References) -> dict[str, str]:
    named = article["translation_of"]
    public_versions = await _translations(read, EVERYONE, [article], [named or article["id"]])
    versions = from_json(public_versions[article["id"]])
    original = None if named is None else await views.shown(read, NEWEST, "article", named)
    if original is not None:
        fields = from_json(original.card)
        if fields["status"] not in GONE:
            versions[fields["language"]] = _version(fields)
    return {article["id"]: to_json(dict(sorted(versions.items()))).decode()}


async def beside(
    read: Reader, perspective: Perspective, documents: Sequence[str], include: Sequence[str]
) -> Mapping[str, Mapping[str, str]]:
    """What renditions of these articles show beside them: the groups of `included`, none where it asks for nothing."""
    shown = await included(read, perspective, documents, include)
    return {} if shown is None else shown.groups


async def with_rendered_fields(
    read: Reader, perspective: Perspective, documents: Sequence[str], fields: Sequence[str], site: Site
) -> tuple[list[str], list[str]]:
    """(the documents with the RENDERED_FIELDS among `fields`, surrogate keys of what those show).

    Cost: as `included`; none where the fields name none of them.
    """
    if RENDERED_FIELDS.keys().isdisjoint(fields):
        return [*documents], []
    shown = await beside(read, perspective, documents, BESIDE_RENDERED)
    return await rendered_fields.with_rendered_fields("article", documents, shown, site, fields)


def _related(article: _References) -> list[str | None]:
    """Ids of the articles that this one relates to, in its body too where that is there."""
    blocks = [block["article"] for block in article.get("body", ()) if block["type"] == "related"]
    return [*(relation["article"] for relation in article["relations"]), *blocks]


def _names(articles: Iterable[_References], names: _Names) -> list[str]:
    """The distinct names of all articles, in their order."""
    return list(dict.fromkeys(name for article in articles for name in names(article) if name is not None))


async def _notes(
    read: Reader, perspective: Perspective, articles: list[_References], slugs: list[str]
) -> dict[str, str]:
    """Notes by slug as they are now; those embedded at a pinned revision under `slug@revision`, as they were."""
    if perspective.as_of is not None:
        states = await views.as_of(read, "note", slugs, perspective.as_of)
        documents = {slug: state.document(EVERYONE) for slug, state in states.items()}
    else:
        documents = await views.documents(read, perspective, "note", slugs)
    pins = {
        (block["note"], block["revision"])
        for article in articles
        for block in article.get("body", ())
        if block["type"] == "reference_note" and block["revision"] is not None
    }
    pinned = await views.pinned(read, perspective, "note", sorted(pins))
    return {**documents, **{f"{slug}@{revision}": document for (slug, revision), document in pinned.items()}}


@cache
def _versions(kind: Kind, count: int) -> CompoundSelect[*Row]:
    """(view, id of the original, id, card) of originals and of their translations."""
    originals = (
        select(ViewEntry.view, Object.ref.label("original"), Object.ref.label("ref"), Revision.card)
        .join(Object, Object.id == ViewEntry.object)
        .join(Revision, shown_state())
        .where(visible(ViewEntry, kind), Object.noun == "article", in_list(Object.ref, "ref", count))
    )
    original = func.substr(List.name, len(TRANSLATION) + 1, type_=String)
    translations = (
        select(ViewEntry.view, original.label("original"), Object.ref, Revision.card)
        .select_from(List)
        .join(ListEntry, ListEntry.list == List.id)
        .join(ViewEntry, (ViewEntry.view == List.view) & (ViewEntry.object == ListEntry.object))
        .join(Object, Object.id == ViewEntry.object)
        .join(Revision, shown_state())
        .where(visible(ViewEntry, kind), List.view.in_([literal(view) for view in VIEWS[kind]]))
        .where(in_list(List.name, "name", count))
    )
    return union_all(originals, translations)


async def _translations(
    read: Reader, perspective: Perspective, articles: list[_References], originals: list[str]
) -> dict[str, str]:
    """For each article its other versions: {language: {id, slug, headline}}."""
    if not originals:
        return {}
    count = padded_size(len(originals))
    names = [TRANSLATION + id for id in originals]
    parameters = {**list_parameters("ref", count, originals), **list_parameters("name", count, names)}
    rows = await read.rows(_versions(perspective.kind, count), {**parameters, **perspective.parameters})
    versions: dict[str, dict[str, Any]] = {}
    for original, card in {id: (original, card) for _, original, id, card in views.overlaid(rows)}.values():
        fields = from_json(card)
        versions.setdefault(original, {})[fields["language"]] = _version(fields)
    return {article["id"]: _other_versions(article, versions) for article in articles}


def _version(card: dict[str, Any]) -> dict[str, Any]:
    """What `translations` tells of a version of an article."""
    return {name: card[name] for name in ("id", "slug", "headline")}


def _other_versions(article: _References, versions: dict[str, dict[str, Any]]) -> str:
    of_original = versions.get(article["translation_of"] or article["id"], {})
    others = {language: version for language, version in sorted(of_original.items()) if version["id"] != article["id"]}
    return to_json(others).decode()
