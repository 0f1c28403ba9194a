"""Says which article each line of an import is, and under which slug it is stored."""

from collections.abc import Sequence
from dataclasses import replace

from app.articles import references
from app.articles.rendering import RenderedArticle
from app.articles.saving import ArticleToSave
from app.changes.log import Transaction
from app.importers.documents import Item


async def identify(transaction: Transaction, items: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    """Gives each article whose line has no id that of the article its slug leads to; of those without a slug, that of
    the article with its origin. Gives each without a slug the one of the article, else one made of its headline.

    Returns one state of each object, and further states of articles, which have to wait.
    Cost: four statements for each thousand, however many of them leave something out.
    """
    unnamed = [
        item.to_save.article for item in items if isinstance(item.to_save, ArticleToSave) and not item.is_identified
    ]
    owners = await references.slug_owners(transaction, [article.slug for article in unnamed if article.slug])
    keys = {article.origin_key for article in unnamed if not article.slug and article.origin_key is not None}
    holders = await references.origin_holders(transaction, keys)
    ids: set[str] = set()
    first: list[Item] = []
    later: list[Item] = []
    for item in items:
        if not isinstance(item.to_save, ArticleToSave):
            first.append(item)
            continue
        article = item.to_save.article
        if not item.is_identified:
            owner = owners.get(article.slug) if article.slug else holders.get(article.origin_key or "")
            article = article.with_id(owner) if owner is not None else article
        (later if article.id in ids else first).append(_with_article(item, article))
        ids.add(article.id)
    return await _with_slugs(transaction, first), later


async def identify_by_origin(transaction: Transaction, items: Sequence[Item], ids: dict[str, str]) -> list[Item]:
    """Gives each article the id of the article that has its origin, where one has, and puts the two ids into `ids`.

    Whatever is a translation of one that is in there follows it. Articles without a slug get the one that they have, or
    one of their headline. Cost: one statement for each thousand, and three more where slugs are left out.
    """
    articles = [item.to_save.article for item in items if isinstance(item.to_save, ArticleToSave)]
    keys = {article.origin_key for article in articles if article.origin_key is not None}
    holders = await references.origin_holders(transaction, keys)
    identified = []
    for item, article in zip(items, articles, strict=True):
        holder = holders.get(article.origin_key or "", article.id)
        if holder != article.id:
            ids[article.id] = holder
            article = article.with_id(holder)
        if article.translation_of in ids:
            article = article.with_original(ids[article.translation_of])
        identified.append(_with_article(item, article))
    return await _with_slugs(transaction, identified)


async def _with_slugs(transaction: Transaction, items: Sequence[Item]) -> list[Item]:
    """The items, each article with a slug."""
    articles = [item.to_save.article for item in items if isinstance(item.to_save, ArticleToSave)]
    nameless = {article.id: article.headline for article in articles if not article.slug}
    if not nameless:
        return [*items]
    slugs = await references.present_slugs(transaction, nameless)
    new = {id: headline for id, headline in nameless.items() if id not in slugs}
    slugs |= await references.free_slugs(transaction, new, {article.slug for article in articles})
    return [
        _with_article(item, item.to_save.article.with_slug(slugs[item.to_save.article.id]))
        if isinstance(item.to_save, ArticleToSave) and not item.to_save.article.slug
        else item
        for item in items
    ]


def _with_article(item: Item, article: RenderedArticle) -> Item:
    assert isinstance(item.to_save, ArticleToSave)
    return replace(item, ref=article.id, to_save=replace(item.to_save, article=article))
