"""Reads single collections, and pages of the list of collections."""

from functools import cache

from sqlalchemy import ColumnElement, String, literal, or_, select

from app.articles.listing import as_shown_when_due
from app.changes import views
from app.changes.models import PUBLIC, ViewEntry
from app.changes.slug_lists import SlugListRequest, slug_list
from app.changes.views import EVERYONE, NEWEST, Perspective, ShownState
from app.collections.models import Collection
from app.collections.saving import STATUS
from app.collections.schemas import CollectionQuery
from app.db import Reader, in_list, list_parameters, padded_size
from app.errors import NotFound
from app.lists.models import List, ListEntry
from app.paging import PageRows, Position
from app.publishing.statuses import DUE_FIRST, HEADINGS
from app.publishing.store import shown_by_slug


async def get(read: Reader, perspective: Perspective, slug: str) -> tuple[int, str]:
    """(revision, document) that the perspective shows. Cost: one statement, more where there is none.

    Raises: Gone, NotFound.
    """
    state = await shown_by_slug(read, perspective, "collection", Collection.slug, slug)
    document = state.document(perspective)
    return state.revision, document if perspective.due is None else as_shown_when_due(document)


async def working_copy(read: Reader, slug: str) -> ShownState:
    """The working copy of a public collection. Cost: two statements. Raises: NotFound."""
    newest = await shown_by_slug(read, NEWEST, "collection", Collection.slug, slug)
    public = await views.shown(read, EVERYONE, "collection", slug)
    if public is None or public.revision == newest.revision:
        raise NotFound("The collection has no working copy.")
    return newest


@cache
def _of_statuses(size: int) -> tuple[ColumnElement[bool], ...]:
    """Collections in the desk's lists of so many statuses, and what is public: that stands in none of them."""
    listed = select(ListEntry.object).join(List, List.id == ListEntry.list).where(in_list(List.name, "status", size))
    return (or_(ViewEntry.view == literal(PUBLIC, String), ViewEntry.object.in_(listed)),)


async def page(read: Reader, perspective: Perspective, query: CollectionQuery, position: Position | None) -> PageRows:
    """Collections by slug, by what changed last or by when they are due. Cost: one statement, one more with `count`."""
    wanted = query.wanted_states()
    request = SlugListRequest(
        query.limit, position, query.sort == "slug", query.ids or (), query.count, by_due=query.sort == DUE_FIRST,
        views=None if wanted.is_all else wanted.views,
    )  # fmt: skip
    if wanted.headings == HEADINGS or not wanted.headings:
        return await slug_list(read, perspective, "collection", request)
    size = padded_size(len(wanted.headings))
    parameters = list_parameters("status", size, [STATUS + each for each in wanted.headings])
    return await slug_list(read, perspective, "collection", request, _of_statuses(size), parameters)
