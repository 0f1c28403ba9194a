"""Reading collections over HTTP; what the desk does with them is in `desk_routes`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from app.articles import store as articles
from app.articles.routes import check_not_past
from app.changes import history
from app.changes.history_routes import RevisionNumber, difference_response, revision_number, revisions_response
from app.changes.schemas import DiffQuery, RevisionPage, RevisionQuery
from app.changes.views import perspective_of
from app.collections import items
from app.collections import store as collections
from app.collections.schemas import (
    CollectionAnswer,
    CollectionFields,
    CollectionItems,
    CollectionItemsQuery,
    CollectionPage,
    CollectionQuery,
    CollectionRevisionFields,
    CollectionSelection,
)
from app.content.differences import DocumentDifference
from app.deps import OptionalCaller, Read, SiteZone, cursors
from app.formats.rendered_fields import RENDERED_FIELDS
from app.paging import PageRows
from app.web.answers import NOT_FOUND, PAGED, READ, WITHDRAWN
from app.web.pages import item_response, page_response
from app.web.parameters import slug_path, strict_query

router = APIRouter(prefix="/v1/collections", tags=["collections"], dependencies=[Depends(strict_query)], responses=READ)
CollectionSlug = Annotated[str, slug_path("collection", "front")]
ONE = {**NOT_FOUND, **WITHDRAWN}


@router.get("", response_model=CollectionPage, responses=PAGED)
async def list_collections(
    request: Request, caller: OptionalCaller, read: Read, query: Annotated[CollectionQuery, Query()]
) -> Response:
    """Collections, by slug.

    A collection is a front, or a list of picks: stories that an editor has put in order, and a list that fills the
    places behind them. Its stories are `…/items`.
    """
    fields = query.shape()
    cursor = cursors(request, query.filters())
    position = cursor.read(query.cursor)
    page = await collections.page(read, perspective_of(caller, query.perspective), query, position)
    return await page_response(request, cursor, page, names=query.list_names("collection"), fields=fields)


@router.get("/{slug}", response_model=CollectionAnswer | CollectionSelection, responses=ONE)
async def get_collection(
    request: Request,
    caller: OptionalCaller,
    read: Read,
    slug: CollectionSlug,
    query: Annotated[CollectionFields, Query()],
) -> Response:
    """One collection: what an editor has set of it.

    `pinned` names stories by id, also those that are not published yet: such an id leads nowhere until they are. A
    withdrawn collection answers 410 and says why.
    """
    fields = query.shape()
    revision, document = await collections.get(read, perspective_of(caller, query.perspective), slug)
    return await item_response(request, document, revision, name=f"collection:{slug}", fields=fields)


@router.get("/{slug}/items", response_model=CollectionItems, responses=ONE)
async def list_collection_items(
    request: Request,
    caller: OptionalCaller,
    read: Read,
    zone: SiteZone,
    slug: CollectionSlug,
    query: Annotated[CollectionItemsQuery, Query()],
) -> Response:
    """The stories of a collection, in its order.

    Those that are pinned come first; what its reader does not see of them is left out, and the next of the list that
    fills it takes the place. No story comes twice. It is one page, of cards: without `body` unless `fields` names it.
    """
    fields, include = query.shape()
    perspective = perspective_of(caller, query.perspective)
    check_not_past(perspective)
    async with read.snapshot() as snapshot:
        shown = await items.of_collection(
            snapshot,
            perspective,
            slug,
            query.language,
            zone,
            with_body=not {"body", *RENDERED_FIELDS}.isdisjoint(fields),
        )
        included = await articles.included(snapshot, perspective, shown.documents, include)
        documents, keys = await articles.with_rendered_fields(
            snapshot, perspective, shown.documents, fields, request.app.state.site
        )
    page = PageRows(documents, shown.ids)
    names = [*shown.names, *keys]
    return await page_response(request, cursors(request, {}), page, names=names, fields=fields, included=included)


@router.get("/{slug}/revisions", response_model=RevisionPage, responses={**PAGED, **ONE})
async def list_collection_revisions(
    request: Request, caller: OptionalCaller, read: Read, slug: CollectionSlug, query: Annotated[RevisionQuery, Query()]
) -> Response:
    """The history of a collection.

    Every state of it that was public, newest first.
    """
    perspective = perspective_of(caller, query.perspective)
    await collections.get(read, perspective, slug)
    return await revisions_response(request, read, perspective, "collection", slug, query)


@router.get("/{slug}/revisions/{revision}", response_model=CollectionAnswer | CollectionSelection, responses=ONE)
async def get_collection_revision(
    request: Request,
    caller: OptionalCaller,
    read: Read,
    slug: CollectionSlug,
    revision: RevisionNumber,
    query: Annotated[CollectionRevisionFields, Query()],
) -> Response:
    """A collection as it was at one revision.

    Only revisions that were public are there.
    """
    fields = query.shape()
    perspective = perspective_of(caller, query.perspective)
    async with read.snapshot() as snapshot:
        await collections.get(snapshot, perspective, slug)
        state = await history.state_at(snapshot, perspective, "collection", slug, revision_number(revision))
    document = state.document(perspective)
    return await item_response(request, document, state.revision, name=f"collection:{slug}", fields=fields)


@router.get("/{slug}/diff", response_model=DocumentDifference, responses=ONE)
async def get_collection_difference(
    request: Request, caller: OptionalCaller, read: Read, slug: CollectionSlug, query: Annotated[DiffQuery, Query()]
) -> Response:
    """What changed in a collection between two revisions.

    By field. To the public only revisions that were public are there.
    """
    perspective = perspective_of(caller, query.perspective)
    await collections.get(read, perspective, slug)
    return await difference_response(request, read, perspective, "collection", slug, query)
