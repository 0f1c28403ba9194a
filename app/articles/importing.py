"""An article as a line of an import brings it over HTTP: which article it is, and its content as that of a draft."""

from uuid import UUID

from app.articles import desk, references
from app.articles.models import Article
from app.articles.part_schemas import ArticleOriginIn
from app.articles.schemas import ArticleIn
from app.articles.stored import StoredArticle
from app.changes.log import Transaction, Written
from app.changes.saving import TAKEN, Outcome
from app.errors import Conflict, Fault, NotFound
from app.publishing.store import releases


async def put(
    transaction: Transaction, content: ArticleIn, id: UUID | None, origin: ArticleOriginIn | None, *, sees_drafts: bool
) -> tuple[Written, Outcome]:
    """Makes this the content of the article with this id; without one, of that with this slug; without either, of that
    with this origin. A new article is a draft.

    What is left out of the name stays: the slug of an article that exists, and the instant of its first import.
    Raises: Conflict, where it has a working copy, or another article has its origin, which is named to those who see
    it; Invalid.
    """
    key = None if origin is None else origin.key
    holder = (await references.origin_holders(transaction, [key])).get(key) if key is not None else None
    article = await _find(transaction, content.slug or holder if id is None else str(id))
    if holder is not None and (article is None or article.id != holder):
        raise await _taken(transaction, holder, sees_drafts=sees_drafts)
    if article is None:
        made_from = None if origin is None else origin.completed(transaction.at)
        return await desk.create(transaction, content, id, made_from), "created"
    state = article.state()
    if content.slug is None:
        content.slug = state.slug
    first_imported_at = transaction.at if state.origin is None else state.origin.imported_at
    changed_origin = None if origin is None else origin.completed(first_imported_at)
    written = await desk.replace(transaction, article, content, changed_origin)
    return written, "unchanged" if written.revision == article.newest.revision else "updated"


async def _find(transaction: Transaction, ref: str | None) -> StoredArticle | None:
    try:
        return None if ref is None else await desk.lock(transaction, ref)
    except NotFound:
        return None


async def _taken(transaction: Transaction, holder: str, *, sees_drafts: bool) -> Conflict:
    """The refusal of an origin that this article has."""
    is_seen = sees_drafts or (await releases(transaction, "article", Article.id, [holder]))[holder].is_public
    detail = f"is that of the article {holder}" if is_seen else "is that of another article"
    return Conflict("Another article came from there.", Fault(detail, TAKEN, pointer="/origin"))
