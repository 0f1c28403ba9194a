"""Reading and writing sources."""

from collections.abc import Mapping
from typing import Any, Final

from app.changes.slug_lists import SlugListRequest
from app.changes.views import Perspective
from app.db import Reader
from app.index.keys import IndexedTexts
from app.index.marks import name_marks, noun_mark
from app.paging import PageRows, Position
from app.sources.models import Source
from app.sources.schemas import SourceIn, SourceOut, SourceQuery
from app.tags.hierarchy import Hierarchy


def searched_texts(source: Mapping[str, Any]) -> IndexedTexts:
    """The texts of a source's document by which words find it: its names, and its slug as one of them."""
    names = [*source["names"].values(), *source["aliases"], source["slug"]]
    marks = [noun_mark("source"), *name_marks(names)]
    return IndexedTexts({"headline": names, "body": [*source["description"].values()]}, marks)


_sources: Final = Hierarchy("source", Source, SourceOut, SourceIn, searched_texts)
get, existing, make_public, save = _sources.get, _sources.existing, _sources.make_public, _sources.save
find, lock, create, put = _sources.find, _sources.lock, _sources.create, _sources.put
update, delete = _sources.update, _sources.delete


async def page(read: Reader, perspective: Perspective, query: SourceQuery, position: Position | None) -> PageRows:
    """Sources that match, by slug or by what changed last. Cost: one statement, and one more with `count`."""
    request = SlugListRequest(query.limit, position, query.sort == "slug", query.ids or (), query.count)
    filters = {"type": query.type, "identity": query.identity, "parent": query.parent}
    return await _sources.page(read, perspective, request, **filters)
