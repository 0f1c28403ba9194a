"""Writing articles over HTTP: what the desk does with them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from app.articles import desk
from app.articles import store as articles
from app.articles.query_schemas import ArticleShape
from app.articles.schemas import (
    ArticleAnswer,
    ArticleCorrectIn,
    ArticleEdit,
    ArticleIn,
    ArticlePublishIn,
    ArticleSelection,
    ArticleWithdrawIn,
    ArticleWritten,
)
from app.articles.stored import StoredArticle
from app.changes.history_routes import RevisionNumber, revision_number
from app.changes.views import NEWEST
from app.changes.writing_routes import WriteTransaction, created_response, deleted_response, written_response
from app.content.lifecycle import EraseIn, PreviewIn, PreviewOut
from app.deps import NeedsScope, OptionalCaller, Read, no_idempotency_key
from app.publishing.preview_routes import preview_response
from app.publishing.steps import check_changeable
from app.web.answers import CONFLICT, CREATED, DONE, ISSUED, NOT_FOUND, READ, WRITTEN
from app.web.bodies import JSON, MERGE_PATCH, NO_BODY, JsonBody
from app.web.caller import Caller, permitted
from app.web.conditions import IfMatch, IfMatchOptional
from app.web.merging import Patch, patch_of
from app.web.pages import item_response
from app.web.parameters import strict_query

router = APIRouter(prefix="/v1", tags=["articles"], dependencies=[Depends(strict_query)], responses=READ)
WRITE, PUBLISH = Depends(NeedsScope("content:write")), Depends(NeedsScope("content:publish"))
WITHDRAW, DRAFTS = Depends(NeedsScope("content:withdraw")), Depends(NeedsScope("drafts:read"))
Ref = Annotated[str, Path(description="Id or slug of the article.", examples=["the-tram-that-carries-nobody"])]
ArticlePatch = Annotated[Patch, Depends(JsonBody(patch_of(ArticleEdit), JSON, MERGE_PATCH))]
ArticleBody = Annotated[ArticleIn, Depends(JsonBody(ArticleIn))]
PublishBody = Annotated[ArticlePublishIn, Depends(JsonBody(ArticlePublishIn, optional=True))]
WithdrawBody = Annotated[ArticleWithdrawIn, Depends(JsonBody(ArticleWithdrawIn))]
EraseBody = Annotated[EraseIn, Depends(JsonBody(EraseIn))]
CorrectBody = Annotated[ArticleCorrectIn, Depends(JsonBody(ArticleCorrectIn))]
PreviewBody = Annotated[PreviewIn, Depends(JsonBody(PreviewIn, optional=True))]
CHANGED, PREVIEWED = {**WRITTEN, **NOT_FOUND, **CONFLICT}, {**ISSUED, **NOT_FOUND}


async def _locked(ref: Ref, if_match: IfMatchOptional, transaction: WriteTransaction) -> StoredArticle:
    """The article of an action, in the revision that If-Match names where it is sent.

    Parameters are read in their order: bodies stand before this one, so that nobody waits for a slow client.
    """
    article = await desk.lock(transaction, ref)
    if_match.check(article.newest.revision)
    return article


Locked = Annotated[StoredArticle, Depends(_locked)]


@router.post(
    "/articles", status_code=201, response_model=ArticleWritten, responses={**CREATED, **CONFLICT}, dependencies=[WRITE]
)
async def create_article(body: ArticleBody, transaction: WriteTransaction) -> Response:
    """Write a story.

    It starts as a draft, which no reader sees until it is published. `slug` is made from the headline where it is left
    out; one that is taken, or was ever public, is refused with 409. `warnings` tells what sanitising removed.
    """
    return created_response(transaction, await desk.create(transaction, body), "/v1/articles")


@router.patch("/articles/{ref}", response_model=ArticleWritten, responses=CHANGED, dependencies=[WRITE])
async def update_article(ref: Ref, patch: ArticlePatch, if_match: IfMatch, transaction: WriteTransaction) -> Response:
    """Change some fields of an article.

    A merge patch: what is absent stays, null clears, lists are replaced. Of a published article the change is live at
    once; `minor: true` marks a typo fix. Send If-Match with the ETag you read, and nobody's work is overwritten.
    409 while there is a working copy: change, publish or discard that.
    """
    article = await desk.lock(transaction, ref)
    check_changeable("article", article, as_working_copy=False)
    if_match.check(article.newest.revision)
    return written_response(transaction, await desk.update(transaction, article, patch))


@router.post(
    "/articles/{ref}/revisions/{revision}/restore",
    response_model=ArticleWritten, responses=CHANGED, dependencies=[WRITE, NO_BODY],
)  # fmt: skip
async def restore_article_revision(
    revision: RevisionNumber, article: Locked, transaction: WriteTransaction
) -> Response:
    """Make an earlier state of an article the newest.

    By the rules of a PATCH: of a published article it is live at once, what it names must be there, and 409 while there
    is a working copy. Status, dates and corrections stay as they are. A state that was erased, and any of an article
    that is withdrawn, is refused with 409.
    """
    return written_response(transaction, await desk.restore(transaction, article, revision_number(revision)))


@router.delete("/articles/{ref}", status_code=204, responses={**DONE, **NOT_FOUND, **CONFLICT}, dependencies=[WRITE])
async def delete_article(
    ref: Ref, if_match: IfMatch, caller: OptionalCaller, transaction: WriteTransaction
) -> Response:
    """Delete an article.

    Its slugs that were public stay reserved. What is public needs `content:publish` too, and what was withdrawn
    `content:withdraw`. Refused while another article refers to it.
    """
    article = await desk.lock(transaction, ref)
    if article.is_public:
        permitted(caller, "content:publish")
    if article.is_withdrawn:
        permitted(caller, "content:withdraw")
    if_match.check(article.newest.revision)
    await desk.delete(transaction, article)
    return deleted_response(transaction)


@router.get("/articles/{ref}/draft", response_model=ArticleAnswer | ArticleSelection, responses={**READ, **NOT_FOUND})
async def get_working_copy(
    request: Request, caller: Annotated[Caller, DRAFTS], read: Read, ref: Ref, query: Annotated[ArticleShape, Query()]
) -> Response:
    """The working copy of a published article.

    404 where there is none: `PATCH` with the article's own ETag makes one. Its `status` is draft or scheduled; its
    `published_at` is that of what readers see, and null in an article that is not public.
    """
    fields, include = query.shape()
    async with read.snapshot() as snapshot:
        article = await articles.working_copy(snapshot, ref)
        included = await articles.included(snapshot, NEWEST, [article.document], include) if include else None
        (document,), keys = await articles.with_rendered_fields(
            snapshot, NEWEST, [article.document], fields, request.app.state.site
        )
    return await item_response(
        request,
        document,
        article.revision,
        name=f"article:{article.id}",
        others=keys,
        fields=fields,
        included=included,
    )


@router.patch("/articles/{ref}/draft", response_model=ArticleWritten, responses=CHANGED, dependencies=[WRITE])
async def update_working_copy(
    ref: Ref, patch: ArticlePatch, if_match: IfMatch, transaction: WriteTransaction
) -> Response:
    """Change the working copy of a published article.

    Readers keep the published state until the working copy is published. The first change makes the copy: If-Match is
    then the ETag of the article.
    """
    article = await desk.lock(transaction, ref)
    check_changeable("article", article, as_working_copy=True)
    if_match.check(article.newest.revision)
    return written_response(transaction, await desk.update(transaction, article, patch, as_working_copy=True))


@router.delete("/articles/{ref}/draft", status_code=204, responses={**DONE, **NOT_FOUND}, dependencies=[WRITE])
async def discard_working_copy(ref: Ref, if_match: IfMatch, transaction: WriteTransaction) -> Response:
    """Discard the working copy of a published article.

    Its revisions stay in the history.
    """
    article = await desk.lock(transaction, ref)
    if_match.check(article.newest.revision)
    await desk.discard_working_copy(transaction, article)
    return deleted_response(transaction)


@router.post("/articles/{ref}/publish", response_model=ArticleWritten, responses=CHANGED, dependencies=[PUBLISH])
async def publish_article(body: PublishBody, article: Locked, transaction: WriteTransaction) -> Response:
    """Publish an article, or its working copy, now or at an instant to come.

    Refused without a headline, and while it refers to a note or an article that will not be public by then. What is
    scheduled becomes public on time of itself; publishing it again with another instant moves that. At `expires_at` it
    is taken out of itself. Publishing brings a story back that has expired, with another `expires_at` or none.
    """
    return written_response(transaction, await desk.publish(transaction, article, body.at, body.expires_at))


@router.post(
    "/articles/{ref}/unpublish", response_model=ArticleWritten, responses=CHANGED, dependencies=[PUBLISH, NO_BODY]
)
async def unpublish_article(caller: OptionalCaller, article: Locked, transaction: WriteTransaction) -> Response:
    """Make an article a draft again.

    Readers get 404, and the draft is the newest state, that of a working copy where there is one. What is scheduled is
    scheduled no more, and what is public meanwhile stays. Taking back what was withdrawn needs `content:withdraw` too.
    """
    if article.is_withdrawn:
        permitted(caller, "content:withdraw")
    return written_response(transaction, await desk.unpublish(transaction, article))


@router.post("/articles/{ref}/withdraw", response_model=ArticleWritten, responses=CHANGED, dependencies=[WITHDRAW])
async def withdraw_article(body: WithdrawBody, article: Locked, transaction: WriteTransaction) -> Response:
    """Take down an article that was public.

    Readers get 410 with the reason, the public note and what to read instead; nothing else of it is shown anywhere.
    """
    return written_response(transaction, await desk.withdraw(transaction, article, body))


@router.post("/articles/{ref}/erase", response_model=ArticleWritten, responses=CHANGED, dependencies=[WITHDRAW])
async def erase_article(body: EraseBody, article: Locked, transaction: WriteTransaction) -> Response:
    """Blank the text of a withdrawn article for good.

    In every revision that is stored, and irreversibly, with what was said of it to the public. The reason given here
    takes the place of the earlier one.
    """
    return written_response(transaction, await desk.erase(transaction, article, body.reason))


@router.post("/articles/{ref}/correct", response_model=ArticleWritten, responses=CHANGED, dependencies=[PUBLISH])
async def correct_article(body: CorrectBody, article: Locked, transaction: WriteTransaction) -> Response:
    """Add a correction or clarification that readers see.

    It stands in `corrections` of the article, with the revision that it came with.
    """
    return written_response(transaction, await desk.correct(transaction, article, body))


@router.post(
    "/articles/{ref}/previews",
    status_code=201,
    response_model=PreviewOut,
    responses=PREVIEWED,
    dependencies=[DRAFTS, Depends(no_idempotency_key)],
)
async def create_article_preview(request: Request, read: Read, ref: Ref, body: PreviewBody) -> Response:
    """Make a URL that shows the newest state of one article to whoever holds it.

    For a day, or as many seconds as asked for, thirty days at most.
    """
    article = await articles.get(read, NEWEST, ref)
    return preview_response(request, "article", article.id, article.document, body)
