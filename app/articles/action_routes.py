"""One action on many articles over HTTP: each in a transaction of its own, by the verbs of the desk."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import MISSING, BaseModel, Field, StringConstraints
from pydantic_core import to_json

from app.articles import desk
from app.articles.schemas import ArticleEdit, ArticleWithdrawIn
from app.articles.stored import StoredArticle
from app.changes import log
from app.changes.log import Transaction, Written
from app.content.blocks import WireModel
from app.content.lifecycle import Reason
from app.content.sets import DISTINCT
from app.deps import NeedsScope, no_idempotency_key
from app.errors import Fault, Invalid, Refusal, Unavailable
from app.publishing.steps import check_changeable
from app.web.answers import KEYED, UNCACHED
from app.web.bodies import JsonBody
from app.web.caching import PRIVATE
from app.web.caller import Caller, Scope, permitted
from app.web.fields import Id, Instant, Slug, Text
from app.web.merging import patch_of
from app.web.parameters import strict_query
from app.web.problems import ProblemFault

router = APIRouter(prefix="/v1/articles", tags=["articles"], dependencies=[Depends(strict_query)])
Action = Literal["publish", "unpublish", "withdraw", "tag", "untag"]
ArticleRef = Annotated[str, StringConstraints(min_length=1, max_length=120)]


class ArticleActionsIn(WireModel):
    """What is to be done with which articles, and what that action takes."""

    action: Action = Field(description="What is to be done with each. `tag` and `untag` add and remove tags.")
    refs: list[ArticleRef] = Field(
        min_length=1, max_length=100, description="Ids or slugs of the articles, none twice; done in this order."
    )
    at: Instant | None = Field(default=None, description="`publish`: when they are to be public, if not now.")
    expires_at: Instant | MISSING | None = Field(
        default=MISSING, description="`publish`: when they are to be taken out; null: never."
    )
    reason: Reason | None = Field(default=None, description="`withdraw` needs it: why, in a word.")
    public_note: Text | None = Field(default=None, description="`withdraw`: what readers are told.")
    replacement: Id | None = Field(default=None, description="`withdraw`: id of the article to read instead.")
    tags: Annotated[list[Slug], DISTINCT] = Field(
        default=[], max_length=100, description="`tag` and `untag` need it: slugs of the tags."
    )


class ArticleRefusal(BaseModel):
    """Why nothing was done with one article: what the problem of the single action would say."""

    code: str = Field(description="The kind of problem: stable for ever.", examples=["not-found"])
    detail: str = Field(description="What happened here.")
    errors: list[ProblemFault] = Field(
        description="Each thing that was wrong, with pointers into this request, or into the article where that is at"
        " fault."
    )


class ArticleActionResult(BaseModel):
    """What became of one article."""

    ref: str = Field(description="As it was sent.")
    outcome: Literal["updated", "unchanged", "error"] = Field(
        description="`unchanged`: it was so already. `error`: nothing was done with it, and `error` says why."
    )
    revision: int | None = Field(ge=1, description="The newest revision; null for an error.")
    error: ArticleRefusal | None = Field(description="Null where nothing was wrong.")


class ArticleActionResults(BaseModel):
    """What became of each article."""

    items: list[ArticleActionResult] = Field(description="One for each of `refs`, in their order.")


# --- the actions -------------------------------------------------------------------------------------------------

Act = Callable[[Transaction, StoredArticle, ArticleActionsIn, Caller], Awaitable[Written]]
_TagPatch: Final = patch_of(ArticleEdit)


async def _publish(transaction: Transaction, article: StoredArticle, body: ArticleActionsIn, _: Caller) -> Written:
    return await desk.publish(transaction, article, body.at, body.expires_at)


async def _unpublish(transaction: Transaction, article: StoredArticle, _: ArticleActionsIn, caller: Caller) -> Written:
    if article.is_withdrawn:
        permitted(caller, "content:withdraw")
    return await desk.unpublish(transaction, article)


async def _withdraw(transaction: Transaction, article: StoredArticle, body: ArticleActionsIn, _: Caller) -> Written:
    assert body.reason is not None, "it was checked"
    withdrawal = ArticleWithdrawIn(reason=body.reason, public_note=body.public_note, replacement=body.replacement)
    return await desk.withdraw(transaction, article, withdrawal)


async def _tag(transaction: Transaction, article: StoredArticle, body: ArticleActionsIn, _: Caller) -> Written:
    """Raises: Invalid, with pointers into the tags that were sent."""
    tags = article.state().tags
    added = [slug for slug in body.tags if slug not in tags]
    try:
        return await _retag(transaction, article, [*tags, *added])
    except Invalid as refusal:
        pointers = {f"/tags/{len(tags) + n}": f"/tags/{body.tags.index(slug)}" for n, slug in enumerate(added)}
        faults = [_moved(fault, pointers) for fault in refusal.faults]
        raise Invalid(f"{faults[0].pointer}: {faults[0].detail}", *faults) from None


def _moved(fault: Fault, pointers: Mapping[str, str]) -> Fault:
    pointer = pointers.get(fault.pointer or "", fault.pointer)
    return Fault(fault.detail, fault.code, fault.parameter, pointer, fault.allowed)


async def _untag(transaction: Transaction, article: StoredArticle, body: ArticleActionsIn, _: Caller) -> Written:
    tags = [slug for slug in article.state().tags if slug not in body.tags]
    return await _retag(transaction, article, tags)


async def _retag(transaction: Transaction, article: StoredArticle, tags: list[str]) -> Written:
    """Gives the article these tags, by the rules of a PATCH. Raises: Conflict, Invalid."""
    check_changeable("article", article, as_working_copy=False)
    return await desk.update(transaction, article, _TagPatch(tags=tags))  # type: ignore[call-arg]


class _Verb:
    """One action: the scope of the single action, which fields it takes and which of them it needs."""

    def __init__(self, act: Act, scope: Scope, takes: set[str], needs: str | None = None) -> None:
        self.act, self.scope, self.takes, self.needs = act, scope, takes, needs

    def check(self, body: ArticleActionsIn) -> None:
        """Raises: Invalid, for what the action needs and does not have, or does not take, and for a ref named twice."""
        sent = body.model_fields_set - {"action", "refs"}
        faults = [
            Fault(f"is not taken by `{body.action}`", "extra-forbidden", pointer=f"/{name}", allowed=sorted(self.takes))
            for name in sorted(sent - self.takes)
        ]
        if self.needs is not None and not getattr(body, self.needs):
            detail = "is missing" if self.needs not in sent else "is empty"
            faults.append(Fault(f"{detail}: `{body.action}` needs it", "missing", pointer=f"/{self.needs}"))
        faults += [
            Fault("is named twice", "repeated", pointer=f"/refs/{n}")
            for n, ref in enumerate(body.refs)
            if ref in body.refs[:n]
        ]
        if faults:
            raise Invalid(f"{faults[0].pointer}: {faults[0].detail}.", *faults)


VERBS: Final[dict[Action, _Verb]] = {
    "publish": _Verb(_publish, "content:publish", {"at", "expires_at"}),
    "unpublish": _Verb(_unpublish, "content:publish", set()),
    "withdraw": _Verb(_withdraw, "content:withdraw", {"reason", "public_note", "replacement"}, "reason"),
    "tag": _Verb(_tag, "content:write", {"tags"}, "tags"),
    "untag": _Verb(_untag, "content:write", {"tags"}, "tags"),
}
# A key has one of these at least; the endpoint checks that of the action.
SCOPES: Final = NeedsScope("content:write", "content:publish", "content:withdraw")


@router.post(
    "/actions",
    response_model=ArticleActionResults,
    responses={**UNCACHED, **KEYED},
    dependencies=[Depends(SCOPES), Depends(no_idempotency_key)],
)
async def act_on_articles(
    request: Request,
    caller: Annotated[Caller, Depends(SCOPES)],
    body: Annotated[ArticleActionsIn, Depends(JsonBody(ArticleActionsIn))],
) -> Response:
    """Publish, unpublish, withdraw, tag or untag up to a hundred articles.

    Each for itself, in their order: what is refused is named with the reason and undoes none of the others. The key has
    the scope of the single action, and its rules hold: `tag` and `untag` are a PATCH of `tags`. Each is committed
    before the next is begun, so a request that breaks off has done the first of them, and may be sent again: what is so
    already stays `unchanged`. No answer is kept, so `Idempotency-Key` is refused here.
    """
    verb = VERBS[body.action]
    permitted(caller, verb.scope)
    verb.check(body)
    items = [(item, seq) async for item, seq in _results(request, verb, body, caller)]
    positions = [seq for _, seq in items if seq is not None]
    headers = {"Cache-Control": PRIVATE, **({"Content-Position": f"d{positions[-1]}"} if positions else {})}
    return Response(to_json({"items": [item for item, _ in items]}), headers=headers, media_type="application/json")


async def _results(
    request: Request, verb: _Verb, body: ArticleActionsIn, caller: Caller
) -> AsyncIterator[tuple[dict[str, Any], int | None]]:
    """(result, position of its change in the log) of each article. With a database that is away the rest is not tried.

    Cost: a transaction for each article.
    """
    state, away = request.app.state, None
    for ref in body.refs:
        transaction: Transaction | None = None
        try:
            if away is not None:
                raise away
            async with log.transaction(state.database, actor=caller.name, zone=state.settings.zone) as transaction:
                written = await verb.act(transaction, await desk.lock(transaction, ref), body, caller)
        except Refusal as refusal:
            away = refusal if isinstance(refusal, Unavailable) else away
            yield {"ref": ref, "outcome": "error", "revision": None, "error": refusal.document()}, None
            continue
        outcome = "updated" if transaction.changes else "unchanged"
        yield {"ref": ref, "outcome": outcome, "revision": written.revision, "error": None}, transaction.seq
