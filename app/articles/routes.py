"""Articles over HTTP."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from pydantic_core import to_json

from app.articles import desk
from app.articles import store as articles
from app.articles.schemas import (
    Archive,
    ArchiveQuery,
    ArticleAnswer,
    ArticleEdit,
    ArticleFields,
    ArticleIn,
    ArticleOut,
    ArticlePage,
    ArticleQuery,
    ArticleSeen,
    ArticleWritten,
    CorrectIn,
    WithdrawIn,
)
from app.changes import previews
from app.changes import routes as history
from app.changes.schemas import DiffQuery, Drafts, RevisionQuery, Revisions
from app.changes.shown import NEWEST, Perspective
from app.changes.writes import WriteSession, gone, reply
from app.content.differences import Difference
from app.content.release import EraseIn, PreviewIn, PreviewOut, PublishIn
from app.deps import Asking, Needs, Read, SiteZone, cursors, permitted
from app.errors import Fault, Invalid
from app.notes import store as notes
from app.notes.schemas import NoteOut
from app.web.answers import CONFLICT, CREATED, DONE, ISSUED, MOVED, NOT_FOUND, PAGED, READ, WITHDRAWN, WRITTEN
from app.web.bodies import JSON, MERGE_PATCH, NOTHING, Sent
from app.web.caching import PRIVATE, answer
from app.web.caller import Caller
from app.web.conditions import IfMatch, IfMatchOptional
from app.web.merging import Patch, patch_of
from app.web.pages import item, page
from app.web.parameters import Asked, described, strict_query

router = APIRouter(prefix="/v1", tags=["articles"], dependencies=[Depends(strict_query)], responses=READ)
ArticleRef = Annotated[
    str,
    Path(
        description="Id or slug of the article. A former slug answers 308.", examples=["the-tram-that-carries-nobody"]
    ),
]
ONE = {**MOVED, **NOT_FOUND, **WITHDRAWN}


@router.get("/articles", response_model=ArticlePage, responses=PAGED, openapi_extra=described(ArticleQuery))
async def list_articles(
    request: Request,
    asking: Asking,
    read: Read,
    zone: SiteZone,
    wanted: Annotated[ArticleQuery, Depends(Asked(ArticleQuery))],
) -> Response:
    """Articles, newest first.

    All filters hold together. Items are cards: without `body` unless `fields` names it. Keep filters and sort while you
    follow `next`: a page never repeats or loses a story, whatever is published meanwhile.
    """
    fields, include = wanted.shape()
    cursor = cursors(request, wanted.filters())
    position = cursor.read(wanted.cursor)
    seen = history.perspective(asking, wanted.perspective)
    if seen.then is not None:
        detail = "is an instant in the past: what was public then is told of single articles"
        raise Invalid(f"perspective {detail}.", Fault(detail, "past", parameter="perspective"))
    whole = "body" in fields
    async with read.snapshot() as snapshot:
        found = await articles.newest(snapshot, seen, wanted, position, zone, whole=whole)
        included = await articles.included(snapshot, seen, found.items, include)
    return await page(request, cursor, found, noun="article", lists=wanted.lists(), fields=fields, included=included)


@router.get("/articles/{ref}", response_model=ArticleAnswer, responses=ONE)
async def get_article(
    request: Request, asking: Asking, read: Read, ref: ArticleRef, wanted: Annotated[ArticleFields, Query()]
) -> Response:
    """One article, by id or slug.

    A former slug of the article answers 308 and leads to the present one; a withdrawn article answers 410 and says why.
    The body is a list of typed blocks; tags, sources and notes appear by slug, and `include` puts them beside it.
    """
    fields, include = wanted.shape()
    seen = history.perspective(asking, wanted.perspective)
    if not include:
        found = await articles.get(read, seen, ref)
        return _moved(request, ref, found) or await item(
            request, _shown(found, seen), found.revision, key=f"article:{found.id}", fields=fields
        )
    async with read.snapshot() as snapshot:
        found = await articles.get(snapshot, seen, ref)
        included = await articles.included(snapshot, seen, [found.document], include)
    return _moved(request, ref, found) or await item(
        request, _shown(found, seen), found.revision, key=f"article:{found.id}", fields=fields, included=included
    )


@router.get("/articles/{ref}/revisions", response_model=Revisions, responses={**PAGED, **ONE})
async def list_article_revisions(
    request: Request, asking: Asking, read: Read, ref: ArticleRef, wanted: Annotated[RevisionQuery, Query()]
) -> Response:
    """The history of an article.

    Every state of it that was public, newest first.
    """
    seen = history.perspective(asking, wanted.perspective)
    found = await articles.get(read, seen, ref)
    return _moved(request, ref, found) or await history.history(request, read, seen, "article", found.id, wanted)


@router.get("/articles/{ref}/revisions/{revision}", response_model=ArticleSeen, responses=ONE)
async def get_article_revision(
    request: Request,
    asking: Asking,
    read: Read,
    ref: ArticleRef,
    revision: history.RevisionNumber,
    wanted: Annotated[Drafts, Query()],
) -> Response:
    """An article as it was at one revision.

    Only revisions that were public are there.
    """
    seen = history.perspective(asking, wanted.perspective)
    found = await articles.get(read, seen, ref)
    return _moved(request, ref, found) or await history.at_revision(request, read, seen, "article", found.id, revision)


@router.get("/articles/{ref}/diff", response_model=Difference, responses=ONE)
async def get_article_difference(
    request: Request, asking: Asking, read: Read, ref: ArticleRef, wanted: Annotated[DiffQuery, Query()]
) -> Response:
    """What changed in an article between two revisions.

    By field, by block, and by word within them. To the public only revisions that were public are there.
    """
    seen = history.perspective(asking, wanted.perspective)
    found = await articles.get(read, seen, ref)
    return _moved(request, ref, found) or await history.difference(request, read, seen, "article", found.id, wanted)


@router.get("/archive", response_model=Archive)
async def get_archive(
    request: Request, asking: Asking, read: Read, wanted: Annotated[ArchiveQuery, Query()]
) -> Response:
    """How many articles each year, month or day has.

    Periods in which something was published, oldest first, in the site's zone. They are kept counted, so this is cheap
    however many articles there are.
    """
    periods = await articles.archive(read, history.perspective(asking, wanted.perspective), wanted)
    return await answer(request, to_json({"items": [{"period": one, "count": n} for one, n in periods]}))


# --- the desk ----------------------------------------------------------------------------------------------------

WRITE, PUBLISH, WITHDRAW = Needs("content:write"), Needs("content:publish"), Needs("content:withdraw")
Ref = Annotated[str, Path(description="Id or slug of the article.", examples=["the-tram-that-carries-nobody"])]
ArticlePatch = Annotated[Patch, Depends(Sent(patch_of(ArticleEdit), JSON, MERGE_PATCH))]
CHANGED = {**WRITTEN, **NOT_FOUND, **CONFLICT}


@router.post(
    "/articles",
    status_code=201,
    response_model=ArticleWritten,
    responses={**CREATED, **CONFLICT},
    dependencies=[Depends(WRITE)],
)
async def create_article(sent: Annotated[ArticleIn, Depends(Sent(ArticleIn))], session: WriteSession) -> Response:
    """Write a story.

    It starts as a draft, which no reader sees until it is published. `slug` is made from the headline where it is left
    out; one that is taken, or was ever public, is refused with 409. `warnings` tells what sanitising removed.
    """
    written = await desk.create(session, sent)
    return reply(session, written, status=201, location=f"/v1/articles/{written.ref}")


@router.patch("/articles/{ref}", response_model=ArticleWritten, responses=CHANGED, dependencies=[Depends(WRITE)])
async def update_article(ref: Ref, patch: ArticlePatch, if_match: IfMatch, session: WriteSession) -> Response:
    """Change some fields of an article.

    A merge patch: what is absent stays, null clears, lists are replaced. Of a published article the change is live at
    once; `minor: true` marks a typo fix. Send If-Match with the ETag you have seen, and nobody's work is overwritten.
    409 while there is a working copy: change, publish or discard that.
    """
    article = await desk.hold(session, ref)
    desk.changeable(article, beside=False)
    if_match.check(article.revision)
    return reply(session, await desk.update(session, article, patch))


@router.delete(
    "/articles/{ref}", status_code=204, responses={**DONE, **NOT_FOUND, **CONFLICT}, dependencies=[Depends(WRITE)]
)
async def delete_article(ref: Ref, if_match: IfMatch, asking: Asking, session: WriteSession) -> Response:
    """Delete an article.

    Its slugs that were public stay reserved. What is public needs `content:publish` too, and what was withdrawn
    `content:withdraw`. Refused while another article refers to it.
    """
    article = await desk.hold(session, ref)
    if article.public:
        permitted(asking, "content:publish")
    if article.withdrawn:
        permitted(asking, "content:withdraw")
    if_match.check(article.revision)
    await desk.delete(session, article)
    return gone(session)


@router.get("/articles/{ref}/draft", response_model=ArticleSeen, responses={**READ, **NOT_FOUND})
async def get_working_copy(
    request: Request, reader: Annotated[Caller, Depends(Needs("drafts:read"))], read: Read, ref: Ref
) -> Response:
    """The working copy of a published article.

    404 where there is none: `PATCH` with the article's own ETag makes one. Its `status` is draft or scheduled; its
    `published_at` is that of what readers see, and null in an article that is not public.
    """
    found = await articles.working_copy(read, ref)
    return await answer(request, history.noted(found.document, found.ednote, NEWEST).encode(), revision=found.revision)


@router.patch("/articles/{ref}/draft", response_model=ArticleWritten, responses=CHANGED, dependencies=[Depends(WRITE)])
async def update_working_copy(ref: Ref, patch: ArticlePatch, if_match: IfMatch, session: WriteSession) -> Response:
    """Change the working copy of a published article.

    Readers keep the published state until the working copy is published. The first change makes the copy: If-Match is
    then the ETag of the article.
    """
    article = await desk.hold(session, ref)
    desk.changeable(article, beside=True)
    if_match.check(article.revision)
    return reply(session, await desk.update(session, article, patch, beside=True))


@router.delete("/articles/{ref}/draft", status_code=204, responses={**DONE, **NOT_FOUND}, dependencies=[Depends(WRITE)])
async def discard_working_copy(ref: Ref, if_match: IfMatch, session: WriteSession) -> Response:
    """Discard the working copy of a published article.

    Its revisions stay in the history.
    """
    article = await desk.hold(session, ref)
    if_match.check(article.revision)
    await desk.discard(session, article)
    return gone(session)


@router.post(
    "/articles/{ref}/publish", response_model=ArticleWritten, responses=CHANGED, dependencies=[Depends(PUBLISH)]
)
async def publish_article(
    ref: Ref,
    sent: Annotated[PublishIn, Depends(Sent(PublishIn, optional=True))],
    if_match: IfMatchOptional,
    session: WriteSession,
) -> Response:
    """Publish an article, or its working copy, now or at an instant to come.

    Refused without a headline, and while it refers to a note or an article that will not be public by then. What is
    scheduled becomes public on time of itself; publishing it again with another instant moves that.
    """
    article = await desk.hold(session, ref)
    if_match.check(article.revision)
    return reply(session, await desk.publish(session, article, sent.at))


@router.post(
    "/articles/{ref}/unpublish",
    response_model=ArticleWritten,
    responses=CHANGED,
    dependencies=[Depends(PUBLISH), NOTHING],
)
async def unpublish_article(ref: Ref, asking: Asking, if_match: IfMatchOptional, session: WriteSession) -> Response:
    """Make an article a draft again.

    Readers get 404, and the draft is the newest state, that of a working copy where there is one. What is scheduled is
    scheduled no more, and what is public meanwhile stays. Taking back what was withdrawn needs `content:withdraw` too.
    """
    article = await desk.hold(session, ref)
    if article.withdrawn:
        permitted(asking, "content:withdraw")
    if_match.check(article.revision)
    return reply(session, await desk.unpublish(session, article))


@router.post(
    "/articles/{ref}/withdraw", response_model=ArticleWritten, responses=CHANGED, dependencies=[Depends(WITHDRAW)]
)
async def withdraw_article(
    ref: Ref, sent: Annotated[WithdrawIn, Depends(Sent(WithdrawIn))], if_match: IfMatchOptional, session: WriteSession
) -> Response:
    """Take down an article that was public.

    Readers get 410 with the reason, the public note and what to read instead; nothing else of it is shown anywhere.
    """
    article = await desk.hold(session, ref)
    if_match.check(article.revision)
    return reply(session, await desk.withdraw(session, article, sent))


@router.post(
    "/articles/{ref}/erase", response_model=ArticleWritten, responses=CHANGED, dependencies=[Depends(WITHDRAW)]
)
async def erase_article(
    ref: Ref, sent: Annotated[EraseIn, Depends(Sent(EraseIn))], if_match: IfMatchOptional, session: WriteSession
) -> Response:
    """Blank the text of a withdrawn article for good.

    In every revision that is stored, and irreversibly, with what was said of it to the public. The reason given here
    takes the place of the earlier one.
    """
    article = await desk.hold(session, ref)
    if_match.check(article.revision)
    return reply(session, await desk.erase(session, article, sent.reason))


@router.post(
    "/articles/{ref}/correct", response_model=ArticleWritten, responses=CHANGED, dependencies=[Depends(PUBLISH)]
)
async def correct_article(
    ref: Ref, sent: Annotated[CorrectIn, Depends(Sent(CorrectIn))], if_match: IfMatchOptional, session: WriteSession
) -> Response:
    """Add a correction or clarification that readers see.

    It stands in `corrections` of the article, with the revision that it came with.
    """
    article = await desk.hold(session, ref)
    if_match.check(article.revision)
    return reply(session, await desk.correct(session, article, sent))


@router.post(
    "/articles/{ref}/previews",
    status_code=201,
    response_model=PreviewOut,
    responses={**ISSUED, **NOT_FOUND},
    dependencies=[Depends(Needs("drafts:read"))],
)
async def create_article_preview(
    request: Request, read: Read, ref: Ref, sent: Annotated[PreviewIn, Depends(Sent(PreviewIn, optional=True))]
) -> Response:
    """Make a URL that shows the newest state of one article to whoever holds it.

    For a day, or as many seconds as asked for, thirty days at most.
    """
    found = await articles.get(read, NEWEST, ref)
    return previews.made(request, "article", found.id, found.document, sent)


@router.get("/previews/{token}", response_model=ArticleOut | NoteOut, responses={**NOT_FOUND, **WITHDRAWN})
async def get_preview(
    request: Request, read: Read, token: Annotated[str, Path(description="From `url` of a preview.", examples=["4Wb2"])]
) -> Response:
    """What a preview shows.

    The newest state of one article or note, whoever asks, until the preview expires.
    """
    noun, ref, life = previews.opened(request, token)
    if noun == "note":
        revision, document = await notes.preview(read, ref)
    else:
        found = await articles.preview(read, ref)
        revision, document = found.revision, found.document
    previews.check(document, life)
    return await answer(request, document.encode(), revision=revision, headers={"Cache-Control": PRIVATE})


def _moved(request: Request, ref: str, found: articles.Found) -> Response | None:
    """308 to the article's present slug, keeping what follows and the query; None where the address is right."""
    if ref in {found.slug, found.id}:
        return None
    path = request.scope["path"].replace(f"/articles/{ref}", f"/articles/{quote(found.slug)}", 1)
    query = request.scope["query_string"].decode("ascii", "ignore")
    return Response(
        status_code=308, headers={"Location": f"{path}?{query}" if query else path, "Cache-Control": "no-store"}
    )


def _shown(found: articles.Found, seen: Perspective) -> str:
    """The document as the perspective has it."""
    if seen.then is not None:
        return found.document
    return history.noted(found.document, found.ednote, seen)
