"""Reading articles over HTTP; what the desk does with them is in `desk_routes`."""

from time import perf_counter
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from pydantic_core import to_json

from app.articles import explaining, listing, mistyped
from app.articles import store as articles
from app.articles.archive_schemas import ArchiveQuery, ArticleArchive
from app.articles.facets import Facets, count_facets
from app.articles.query_schemas import ArticleQuery, ArticleRevisionFields, OneArticleQuery
from app.articles.schemas import ArticleAnswer, ArticlePage, ArticleSelection
from app.articles.search import WORD_LISTS, query_of_articles
from app.changes import history
from app.changes.history_routes import RevisionNumber, difference_response, revision_number, revisions_response
from app.changes.schemas import DiffQuery, RevisionPage, RevisionQuery
from app.changes.views import Perspective, perspective_of
from app.content.differences import DocumentDifference
from app.deps import OptionalCaller, Read, SiteZone, cursors
from app.errors import Fault, Invalid
from app.formats.addresses import alternates
from app.formats.rendered_fields import RENDERED_FIELDS
from app.publishing.store import object_address
from app.web.answers import MOVED, NOT_FOUND, ONE_OF_SEVERAL, PAGED, READ, WITHDRAWN
from app.web.caching import cached_response, caching_headers
from app.web.explanations import explanation
from app.web.pages import content_location, item_response, page_response
from app.web.parameters import QueryModel, described, strict_query

router = APIRouter(prefix="/v1", tags=["articles"], dependencies=[Depends(strict_query)], responses=READ)
ArticleRef = Annotated[
    str,
    Path(
        description="Id or slug of the article. A former slug answers 308.", examples=["the-tram-that-carries-nobody"]
    ),
]
ListQuery = Annotated[ArticleQuery, Depends(QueryModel(ArticleQuery))]
ONE = {**MOVED, **NOT_FOUND, **WITHDRAWN}


@router.get("/articles", response_model=ArticlePage, responses=PAGED, openapi_extra=described(ArticleQuery))
async def list_articles(
    request: Request, caller: OptionalCaller, read: Read, zone: SiteZone, query: ListQuery
) -> Response:
    """Articles, newest first.

    All filters hold together, words (`q`) too. Items are cards: without `body` unless `fields` names it. Keep filters
    and sort while you follow `next`: a page never repeats or loses a story, whatever is published meanwhile. `facets`
    adds how many stories of the list have which tags, sections, sources and so on.
    """
    fields, include = query.shape()
    facet_names = query.facet_names()
    cursor = cursors(request, query.filters())
    position = cursor.read(query.cursor)
    perspective = perspective_of(caller, query.perspective)
    check_not_past(perspective)
    members: dict[str, object] = {}
    facets: Facets | None = None
    begun = perf_counter()
    async with read.snapshot() as snapshot:
        words = None if query.q is None else await query_of_articles(snapshot, perspective, query.q)
        with_body = not {"body", *RENDERED_FIELDS}.isdisjoint(fields)
        page = await listing.newest(
            snapshot, perspective, query, position, zone, words=words, highlight=query.highlight, with_body=with_body
        )
        names = [*query.list_names(), *(WORD_LISTS if words else ())]
        members["did_you_mean"] = None
        if query.q is not None and position is None and page.is_all_empty:
            members["did_you_mean"] = await mistyped.did_you_mean(snapshot, perspective, query, query.q, zone)
            names += mistyped.PUBLIC_LISTS
        included = await articles.included(snapshot, perspective, page.items, include)
        page.items, keys = await articles.with_rendered_fields(
            snapshot, perspective, page.items, fields, request.app.state.site
        )
        if facet_names:
            facets = await count_facets(snapshot, perspective, query, facet_names, zone, words=words)
            members["facets"] = facets.members
        if query.explain:
            seconds = perf_counter() - begun
            index = await explaining.index(snapshot, perspective, query, zone, facets)
            members["explain"] = explanation(explaining.sentence(query), index, seconds)
    names += [*keys, *(facets.names if facets else ())]
    return await page_response(
        request, cursor, page, names=names, fields=fields, included=included, members=members,
        is_kept=not query.explain,
    )  # fmt: skip


def check_not_past(perspective: Perspective) -> None:
    """Raises: Invalid, for an instant in the past: only single objects are kept as they were, and no lists."""
    if perspective.as_of is not None:
        detail = (
            "is an instant in the past: which articles a list had then is not kept. What was public then is told of"
            " single articles, at their own addresses"
        )
        raise Invalid(f"perspective {detail}.", Fault(detail, "past", parameter="perspective"))


@router.get("/articles/{ref}", response_model=ArticleAnswer | ArticleSelection, responses={**ONE_OF_SEVERAL, **ONE})
async def get_article(
    request: Request, caller: OptionalCaller, read: Read, ref: ArticleRef, query: Annotated[OneArticleQuery, Query()]
) -> Response:
    """One article, by id or slug.

    A former slug of the article answers 308 and leads to the present one; a withdrawn article answers 410 and says why.
    The body is a list of typed blocks; tags, sources and notes appear by slug, and `include` puts them beside it.
    """
    fields, include = query.shape()
    perspective = perspective_of(caller, query.perspective)
    if query.language is not None and perspective.as_of is not None:
        detail = "cannot be told for an instant in the past: which versions there were then is not kept"
        raise Invalid(f"language {detail}.", Fault(detail, "past", parameter="language"))
    if not include and RENDERED_FIELDS.keys().isdisjoint(fields) and query.language is None:
        article = await articles.get(read, perspective, ref)
        if moved := moved_response(request, ref, article):
            return moved
        response = await item_response(
            request, article.document, article.revision, name=f"article:{article.id}", fields=fields
        )
        response.headers["Link"] = alternates(f"/v1/articles/{article.id}", query.perspective)
        return response
    names: list[str] = []
    async with read.snapshot() as snapshot:
        article = await articles.get(snapshot, perspective, ref)
        if moved := moved_response(request, ref, article):
            return moved
        if query.language is not None:
            article, names = await articles.in_language(snapshot, perspective, article, query.language)
        included = await articles.included(snapshot, perspective, [article.document], include) if include else None
        (document,), keys = await articles.with_rendered_fields(
            snapshot, perspective, [article.document], fields, request.app.state.site
        )
    response = await item_response(
        request,
        document,
        # Of several versions one may have the revision of another.
        article.revision if query.language is None else None,
        name=f"article:{article.id}",
        others=[*names, *keys],
        fields=fields,
        included=included,
    )
    response.headers["Link"] = alternates(f"/v1/articles/{article.id}", query.perspective)
    if query.language is not None:
        response.headers.update(content_location(request, f"/v1/articles/{article.slug}"))
    return response


@router.get("/articles/{ref}/revisions", response_model=RevisionPage, responses={**PAGED, **ONE})
async def list_article_revisions(
    request: Request, caller: OptionalCaller, read: Read, ref: ArticleRef, query: Annotated[RevisionQuery, Query()]
) -> Response:
    """The history of an article.

    Every state of it that was public, newest first.
    """
    perspective = perspective_of(caller, query.perspective)
    article = await articles.get(read, perspective, ref)
    if moved := moved_response(request, ref, article):
        return moved
    return await revisions_response(request, read, perspective, "article", article.id, query)


@router.get("/articles/{ref}/revisions/{revision}", response_model=ArticleAnswer | ArticleSelection, responses=ONE)
async def get_article_revision(
    request: Request,
    caller: OptionalCaller,
    read: Read,
    ref: ArticleRef,
    revision: RevisionNumber,
    query: Annotated[ArticleRevisionFields, Query()],
) -> Response:
    """An article as it was at one revision.

    Only revisions that were public are there. `include` shows what it names as that is now.
    """
    fields, include = query.shape()
    perspective = perspective_of(caller, query.perspective)
    async with read.snapshot() as snapshot:
        article = await articles.get(snapshot, perspective, ref)
        if moved := moved_response(request, ref, article):
            return moved
        state = await history.state_at(snapshot, perspective, "article", article.id, revision_number(revision))
        document = state.document(perspective)
        included = await articles.included(snapshot, perspective, [document], include) if include else None
        (document,), keys = await articles.with_rendered_fields(
            snapshot, perspective, [document], fields, request.app.state.site
        )
    return await item_response(
        request,
        document,
        state.revision,
        name=f"article:{article.id}",
        others=keys,
        fields=fields,
        included=included,
    )


@router.get("/articles/{ref}/diff", response_model=DocumentDifference, responses=ONE)
async def get_article_difference(
    request: Request, caller: OptionalCaller, read: Read, ref: ArticleRef, query: Annotated[DiffQuery, Query()]
) -> Response:
    """What changed in an article between two revisions.

    By field, by block, and by word within them. To the public only revisions that were public are there.
    """
    perspective = perspective_of(caller, query.perspective)
    article = await articles.get(read, perspective, ref)
    if moved := moved_response(request, ref, article):
        return moved
    return await difference_response(request, read, perspective, "article", article.id, query)


@router.get("/archive", response_model=ArticleArchive)
async def get_archive(
    request: Request, caller: OptionalCaller, read: Read, query: Annotated[ArchiveQuery, Query()]
) -> Response:
    """How many articles each year, month or day has.

    Periods in which something was published, oldest first, in the site's zone. Cheap: they are kept counted.
    """
    periods = await listing.archive(read, perspective_of(caller, query.perspective), query)
    items = [{"period": period, "count": number} for period, number in periods]
    return await cached_response(request, to_json({"items": items}), names=query.list_names())


def moved_response(request: Request, ref: str, article: articles.ShownArticle) -> Response | None:
    """308 to the article's present slug, keeping what follows and the query; None where the address is right."""
    if ref in {article.slug, article.id}:
        return None
    path = request.scope["path"].replace(f"/articles/{ref}", f"/articles/{quote(article.slug)}", 1)
    query = request.scope["query_string"].decode("ascii", "ignore")
    headers = {"Location": f"{path}?{query}" if query else path, **caching_headers(request, [f"article:{article.id}"])}
    address = object_address(article.document) | {"slug": article.slug}
    return Response(to_json(address), 308, headers, media_type="application/json")
