"""What articles name: whether it exists, may be named there, and will be public when the article is.

Pointers of faults begin with the index in `articles` where a function takes several.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Select, func, or_, select

from app.articles.models import Article, ArticleSlug
from app.articles.rendering import RenderedArticle
from app.changes.log import Transaction
from app.changes.models import Object, ViewEntry
from app.changes.saving import SHARED_LANGUAGE, TAKEN, refuse
from app.changes.stored import fetch_in_portions, portions, was_public
from app.content import languages
from app.db import Row, fetch, in_list, list_parameters, padded_size
from app.errors import Fault
from app.lists.models import List, ListEntry
from app.notes import references as notes
from app.publishing.store import releases
from app.sources import store as sources
from app.tags.hierarchy import Lineage
from app.web.fields import UUID_TEXT


@cache
def _owners(count: int) -> Select[str, str | None]:
    return select(ArticleSlug.slug, ArticleSlug.article).where(in_list(ArticleSlug.slug, "slug", count))


async def slug_owners(transaction: Transaction, slugs: Sequence[str]) -> dict[str, str | None]:
    """Id of the article that each slug leads, or once led, to; None where that article is deleted.

    Cost: one statement for each thousand.
    """
    owners: dict[str, str | None] = {}
    for portion in portions(slugs):
        count = padded_size(len(portion))
        rows = await fetch(transaction.connection, _owners(count), list_parameters("slug", count, portion))
        owners |= dict(rows)
    return owners


async def free_slugs(
    transaction: Transaction, headlines: Mapping[str, str], wanted: Collection[str] = ()
) -> dict[str, str]:
    """By id of an article, a slug made of its headline that no other has, nor any of these; and that is not `wanted`.

    Cost: one statement for each thousand.
    """
    candidates = {id: _slug_of(headline, id) for id, headline in headlines.items()}
    owners: dict[str, str | None] = dict.fromkeys(wanted)
    owners |= await slug_owners(transaction, sorted({*candidates.values()}))
    return {
        id: slug if owners.setdefault(slug, id) == id else f"{slug[:110].rstrip('-')}-{id[-8:]}"
        for id, slug in candidates.items()
    }


async def free_slug(transaction: Transaction, headline: str, id: str) -> str:
    """A slug made of the headline that no other article has."""
    return (await free_slugs(transaction, {id: headline}))[id]


def _slug_of(headline: str, id: str) -> str:
    fallback = f"untitled-{id[-8:]}"
    slug = languages.slug(headline, fallback=fallback)
    return fallback if UUID_TEXT.fullmatch(slug) else slug


@cache
def _present_slugs(count: int) -> Select[*Row]:
    return select(Article.id, Article.slug).where(in_list(Article.id, "ref", count))


async def present_slugs(transaction: Transaction, ids: Collection[str]) -> dict[str, str]:
    """By id, the slug of the newest state of each article that exists. Cost: one statement for each thousand."""
    return dict(await fetch_in_portions(transaction.connection, _present_slugs, [*ids]))


def taken_slugs(articles: Sequence[RenderedArticle], owners: Mapping[str, str | None]) -> Iterable[Fault]:
    """Slugs that lead, or once led, to another article, or that two of these want."""
    taken = dict(owners)
    for index, article in enumerate(articles):
        slugs = [(article.slug, f"/{index}/slug")]
        slugs += [(slug, f"/{index}/former_slugs/{n}") for n, slug in enumerate(article.former_slugs)]
        for slug, pointer in slugs:
            if taken.setdefault(slug, article.id) != article.id:
                owner = taken[slug]
                belongs = f"belongs to the article {owner}" if owner else "belonged to an article that is deleted"
                yield Fault(f"the slug {slug!r} {belongs}", TAKEN, pointer=pointer)


@cache
def _origin_holders(count: int) -> Select[*Row]:
    return select(Article.origin_key, Article.id).where(in_list(Article.origin_key, "ref", count))


async def origin_holders(transaction: Transaction, keys: Collection[str]) -> dict[str, str]:
    """Id of the article that has each of these origins; without those that none has. Cost: a statement a thousand."""
    return dict(await fetch_in_portions(transaction.connection, _origin_holders, [*keys]))


def taken_origins(
    articles: Sequence[RenderedArticle], holders: Mapping[str, str], public: Mapping[str, str | None]
) -> Iterable[Fault]:
    """Origins that another article has, or that two of these want; those of working copies that are not the origin of
    what is `public` beside them, by id."""
    held = dict(holders)
    for index, article in enumerate(articles):
        key = article.origin_key
        if article.working_copy and public.get(article.id, key) != key:
            detail = "is not that of what is public: a working copy has the same"
            yield Fault(detail, pointer=f"/{index}/origin")
        elif key is not None and held.setdefault(key, article.id) != article.id:
            yield Fault(f"the origin {key!r} is that of the article {held[key]}", TAKEN, pointer=f"/{index}/origin")


def wrong_tags(
    articles: Sequence[RenderedArticle], lineages: Mapping[str, Lineage], retagged: Collection[str]
) -> Iterable[Fault]:
    """Of the `retagged` articles, by id: tags that do not exist; sections among the tags, other tags as the section."""
    for index, article in enumerate(articles):
        if article.id not in retagged:
            continue
        for n, slug in enumerate(article.tags):
            if slug not in lineages:
                yield Fault(f"there is no tag {slug!r}", pointer=f"/{index}/tags/{n}")
            elif lineages[slug].type == "section":
                yield Fault(f"the tag {slug!r} is a section; name it in `section`", pointer=f"/{index}/tags/{n}")
        if article.section is not None:
            if article.section not in lineages:
                yield Fault(f"there is no tag {article.section!r}", pointer=f"/{index}/section")
            elif lineages[article.section].type != "section":
                yield Fault(f"the tag {article.section!r} is no section", pointer=f"/{index}/section")


async def missing_sources_and_notes(
    transaction: Transaction, articles: Sequence[RenderedArticle], known: Sequence[frozenset[str]]
) -> list[Fault]:
    """Sources and notes that do not exist; notes that readers must not know of yet.

    `known` holds for each article the lists of a state whose names it may take over without a check. A note that was
    withdrawn, or is a draft again, may stay named: readers of the article know its name already.
    """
    new_sources = [
        [source for source in article.sources if f"articles:source:{source.slug}" not in names]
        for article, names in zip(articles, known, strict=True)
    ]
    new_notes = [
        [note for note in article.notes if f"articles:note:{note.slug}" not in names]
        for article, names in zip(articles, known, strict=True)
    ]
    known_sources = await sources.existing(transaction, {source.slug for named in new_sources for source in named})
    known_notes = await notes.existing(transaction, {note.slug for named in new_notes for note in named})
    faults = []
    for index, article in enumerate(articles):
        faults += [
            Fault(f"there is no source {source.slug!r}", pointer=f"/{index}{source.pointer}")
            for source in new_sources[index]
            if source.slug not in known_sources
        ]
        for note in new_notes[index]:
            pointer = f"/{index}/body/{note.block}/note"
            if note.slug not in known_notes:
                faults.append(Fault(f"there is no note {note.slug!r}", pointer=pointer))
            elif article.is_public and not known_notes[note.slug]:
                faults.append(Fault(f"the note {note.slug!r} was never published", pointer=pointer))
    return faults


async def wrong_originals(
    transaction: Transaction, articles: Sequence[RenderedArticle], changed: Collection[str]
) -> list[Fault]:
    """Originals that do not exist or are translations.

    Only those are checked whose original, language or status has `changed`, by id. Originals are locked: nobody else
    translates them, or makes a translation of one, before this transaction ends.
    """
    in_batch = {article.id: article.translation_of for article in articles}
    ids = {article.translation_of for article in articles if article.id in changed and article.translation_of}
    if not ids:
        return []
    connection = transaction.connection
    translations = [article.id for article in articles if article.translation_of is not None]
    rows = await connection.execute(
        select(Article.translation_of).distinct().where(Article.translation_of.in_(translations))
    )
    translated = {row.translation_of for row in rows} | ids
    query = select(Article.id, Article.translation_of).where(Article.id.in_(ids)).order_by(Article.id)
    rows = await connection.execute(query.with_for_update(key_share=True))
    originals = {**{row.id: row.translation_of for row in rows}, **in_batch}
    faults = []
    for index, article in enumerate(articles):
        original = article.translation_of
        if original is None or article.id not in changed:
            continue
        if original not in originals:
            detail = f"there is no article {original}"
        elif original == article.id:
            detail = "is the article itself"
        elif originals[original] is not None:
            detail = "is itself a translation"
        elif article.id in translated:
            detail = "the article has translations of its own, so it cannot be one"
        else:
            continue
        faults.append(Fault(detail, pointer=f"/{index}/translation_of"))
    return faults


async def shared_languages(
    transaction: Transaction, articles: Sequence[RenderedArticle], changed: Collection[str], existing: Collection[str]
) -> list[Fault]:
    """Articles in the language of their original, of another translation of it, or of a translation of their own.

    Only those are checked whose original or language has `changed`, by id, or that are there for readers again. What is
    withdrawn stands in nobody's way. The originals are locked: one that changes as itself, one that is translated by
    `wrong_originals`. `existing` holds those of the articles that are stored.
    Cost: one statement, none where only new originals have changed.
    """
    families = {article.id: article.translation_of or article.id for article in articles}
    originals = {families[id] for id in changed} - (families.keys() - existing)
    # The state beside which a working copy stands keeps its language.
    replaced = {article.id for article in articles if not article.working_copy}
    owners: dict[tuple[str, str], str] = {}
    for original, language, id in await _languages(transaction, originals):
        if id not in replaced:
            owners.setdefault((original, language), id)
    faults = []
    for is_changed in (False, True):
        for index, article in enumerate(articles):
            if (article.id in changed) is not is_changed or article.status == "withdrawn":
                continue
            owner = owners.setdefault((families[article.id], article.language), article.id)
            if is_changed and owner != article.id:
                detail = f"is the language of the article {owner} too: of a story there is one in each language"
                faults.append(Fault(detail, SHARED_LANGUAGE, pointer=f"/{index}/language"))
    return faults


async def _languages(transaction: Transaction, originals: set[str]) -> list[tuple[str, str, str]]:
    """(original, language, article) of these originals and their translations: of the newest state, as this transaction
    has left it, and of what a view shows besides."""
    if not originals:
        return []
    original = func.coalesce(Article.translation_of, Article.id)
    query = (
        select(original, Article.language, ListEntry.language, Article.id)
        .outerjoin(Object, (Object.noun == "article") & (Object.ref == Article.id))
        .outerjoin(ViewEntry, ViewEntry.object == Object.id)
        .outerjoin(List, (List.view == ViewEntry.view) & (List.name == "articles"))
        .outerjoin(
            ListEntry,
            (ListEntry.list == List.id)
            & (ListEntry.published_at == ViewEntry.listed_at)
            & (ListEntry.object == Object.id),
        )
        .where(or_(Article.id.in_(originals), Article.translation_of.in_(originals)), Article.status != "withdrawn")
    )
    rows = await transaction.connection.execute(query)
    return [(family, language, id) for family, *languages, id in rows for language in languages if language is not None]


async def missing_articles(transaction: Transaction, ids: Collection[str]) -> set[str]:
    """Those of the ids that no article has. The other articles are locked against deletion.

    Cost: one statement for each thousand.
    """
    existing: set[str] = set()
    for portion in portions(sorted({*ids})):
        query = select(Article.id).where(Article.id.in_(portion)).order_by(Article.id)
        rows = await transaction.connection.execute(query.with_for_update(read=True, key_share=True))
        existing |= {row.id for row in rows}
    return {*ids} - existing


async def check_public_by(
    transaction: Transaction, article: RenderedArticle, by: datetime | None, public: RenderedArticle | None
) -> None:
    """Raises: Invalid, where the article names what readers will not see by then.

    What its `public` state names already needs no check.
    """
    known_pins = {(note.slug, note.revision) for note in (public.notes if public is not None else ())}
    known_slugs = {slug for slug, _ in known_pins}
    new = [note for note in article.notes if note.slug not in known_slugs]
    expected = await notes.note_releases(transaction, {note.slug for note in new})
    faults = [
        Fault(f"the note {note.slug!r} is not public by then", "not-public", pointer=f"/body/{note.block}/note")
        for note in new
        if not expected[note.slug].is_public_by(by)
    ]
    for note in article.notes:
        if note.revision is None or (note.slug, note.revision) in known_pins:
            continue
        if not await was_public(transaction.connection, "note", note.slug, note.revision):
            detail = f"the note {note.slug!r} has no public revision {note.revision}"
            faults.append(Fault(detail, "not-public", pointer=f"/body/{note.block}/revision"))
    related = dict(article.related)
    if article.translation_of is not None:
        related[article.translation_of] = "/translation_of"
    if public is not None:
        unchanged_original = {public.translation_of} & {article.translation_of}
        related = {id: pointer for id, pointer in related.items() if id not in {*public.related, *unchanged_original}}
    for id, release in (await releases(transaction, "article", Article.id, related)).items():
        if not release.is_public_by(by):
            faults.append(Fault(f"the article {id} is not public by then", "not-public", pointer=related[id]))
    refuse(faults)
