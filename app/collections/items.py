"""The stories of a collection: those that are pinned, then those of the list that fills it, each once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from pydantic_core import from_json

from app.articles import listing
from app.articles.query_schemas import ArticleFilters
from app.articles.search import WORD_LISTS, query_of_articles
from app.changes.views import Perspective
from app.collections import store as collections
from app.collections.fill import in_language, parsed_fill
from app.db import Reader
from app.errors import Fault, Invalid
from app.paging import PageRows

Languages = Sequence[str] | None


@dataclass(frozen=True, slots=True)
class CollectionStories:
    """The stories of a collection, as documents, with their ids; `collection` is its own document, as JSON.

    `names` are those of all that decides which stories these are: a pinned story is among them while nobody sees it.
    """

    collection: str
    documents: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


async def of_collection(
    read: Reader,
    perspective: Perspective,
    slug: str,
    languages: Languages,
    zone: ZoneInfo,
    *,
    with_body: bool = False,
) -> CollectionStories:
    """The first stories of a collection, at most its `length`, that the perspective sees in these languages.

    Order: as pinned, then that of the list. Where several filters meet, the list is looked through as far as one page
    of it is. Cost: three statements, and those that `listing.newest` takes for several filters or for words.
    Raises: Gone, NotFound; Invalid, for too many languages.
    """
    _, document = await collections.get(read, perspective, slug)
    collection = from_json(document)
    pinned: list[str] = collection["pinned"]
    shown = CollectionStories(document, names=[f"collection:{slug}", *(f"article:{id}" for id in pinned)])
    if pinned:
        asked = {"ids": ",".join(pinned), **({"language": ",".join(languages)} if languages else {})}
        query = ArticleFilters.model_validate(asked)
        _add(
            shown, await listing.newest(read, perspective, query, None, zone, with_body=with_body), collection["length"]
        )
    fill = _fill(collection["fill"], languages)
    if fill is None:
        return shown
    shown.names.extend([*fill.list_names(), *(WORD_LISTS if fill.q is not None else ())])
    # As many as there are places: if all that are pinned are among them, enough are left for the places behind.
    query = fill.model_copy(update={"limit": collection["length"]})
    words = None if fill.q is None else await query_of_articles(read, perspective, fill.q)
    page = await listing.newest(read, perspective, query, None, zone, words=words, with_body=with_body)
    _add(shown, page, collection["length"])
    return shown


def _add(shown: CollectionStories, page: PageRows, length: int) -> None:
    """Adds the stories of the page that are not shown yet, while there are places."""
    for id, document in zip(page.refs, page.items, strict=True):
        if len(shown.ids) < length and id not in shown.ids:
            shown.ids.append(id)
            shown.documents.append(document)


def _fill(fill: str | None, languages: Languages) -> ArticleFilters | None:
    """The list that fills the collection, in these languages; None where there is none. Raises: Invalid."""
    if fill is None:
        return None
    query = parsed_fill(fill)
    try:
        return in_language(query, languages) if languages else query
    except ValidationError:
        detail = "are more languages than the list of this collection can be read in at once"
        raise Invalid(f"Parameter 'language': {detail}.", Fault(detail, "too-many", parameter="language")) from None
