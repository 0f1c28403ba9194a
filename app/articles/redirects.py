"""Former slugs and where they lead now: noted with every write that changes what readers see, listed by time."""

from datetime import datetime
from functools import cache
from typing import Any, Final

from pydantic import BaseModel, Field
from pydantic_core import from_json
from sqlalchemy import Select, Update, bindparam, case, null, select, update

from app.articles.models import ArticleSlug
from app.changes.models import Noun, Object, Revision, ViewEntry
from app.changes.schemas import WholeNumber
from app.changes.views import shown_state, visible
from app.db import Reader, Row, from_milliseconds, keyset, milliseconds
from app.paging import Position
from app.web.fields import Instant, Slug
from app.web.queries import Parameters
from app.web.spans import FIRST, InstantOrDay

# The purge key of the list: of every change that adds, alters or removes a redirect.
REDIRECTS: Final = "redirects"


class RedirectQuery(Parameters):
    """Which stretch of the list of redirects."""

    since: InstantOrDay | None = Field(
        default=None,
        description="Those that began, or got another target, then or later: an instant with an offset, or a day in the"
        " site's zone.",
        examples=["2026-09-01"],
    )
    limit: WholeNumber = Field(default=20, ge=1, le=100, description="At most so many redirects.", examples=[10])
    cursor: str | None = Field(default=None, description="From `next` of the same list, with the same `since`.")


class RedirectOut(BaseModel):
    """A former slug, and the present one of the same object."""

    noun: Noun = Field(description="Of what it was the slug.")
    from_: Slug = Field(alias="from", description="The former slug.")
    to: Slug = Field(description="The present slug.")
    language: str = Field(description="The language of what is there.")
    at: Instant = Field(description="Since when it has led there.")


class RedirectPage(BaseModel):
    """A stretch of the list of redirects, oldest first."""

    items: list[RedirectOut]
    next: str | None = Field(description="Cursor of the next page; null on the last.")


# --- reading -----------------------------------------------------------------------------------------------------


@cache
def _page(positioned: bool) -> Select[*Row]:
    """(when, former slug, present slug, card), oldest first; the last two are null for what is not public.

    Outer joins, which no planner turns around: the page is cut from the index of `redirected_at`, then looked up.
    """
    columns = (ArticleSlug.redirected_at, ArticleSlug.slug)
    walk = select(*columns, ArticleSlug.article).where(ArticleSlug.redirected_at >= bindparam("since"))
    former = keyset(walk, columns, descending=False, positioned=positioned, backward=False).subquery()
    return (
        select(former.c.redirected_at, former.c.slug, ViewEntry.slug, Revision.card)
        .select_from(former)
        .outerjoin(Object, (Object.noun == "article") & (Object.ref == former.c.article))
        .outerjoin(ViewEntry, (ViewEntry.object == Object.id) & visible(ViewEntry, "public"))
        .outerjoin(Revision, shown_state())
        .order_by(former.c.redirected_at, former.c.slug)
    )


async def page(
    read: Reader, since: datetime | None, limit: int, position: Position | None
) -> tuple[list[RedirectOut], Position | None]:
    """(redirects to what is public now, where the next page begins). Order: by (at, from). Cost: one statement."""
    parameters: dict[str, Any] = {"since": since or FIRST, "limit": limit + 1}
    if position is not None:
        at, slug = position.values
        parameters |= {"at_0": from_milliseconds(at), "at_1": slug}
    rows = await read.rows(_page(position is not None), parameters)
    items = [
        RedirectOut.model_validate(
            {"noun": "article", "from": slug, "to": present, "language": from_json(card)["language"], "at": at}
        )
        for at, slug, present, card in rows[:limit]
        if card is not None
    ]
    following = Position((milliseconds(rows[limit - 1][0]), rows[limit - 1][1])) if len(rows) > limit else None
    return items, following


# --- writing -----------------------------------------------------------------------------------------------------

# Of the slugs of one article that the public ever knew: those that are not `slug_` lead there since `at_`. With neither
# a slug nor an instant, none leads anywhere.
REDIRECT: Final[Update] = (
    update(ArticleSlug)
    .where(ArticleSlug.article == bindparam("article_"), ArticleSlug.is_public)
    .values(
        redirected_at=case(
            (ArticleSlug.slug == bindparam("slug_"), null()),
            else_=bindparam("at_", type_=ArticleSlug.redirected_at.type),
        )
    )
)


def redirect(article: str, slug: str, at: datetime) -> dict[str, Any]:
    """Parameters of `REDIRECT`: former slugs of the article lead to this one."""
    return {"article_": article, "slug_": slug, "at_": at}


def no_redirect(article: str) -> dict[str, Any]:
    """Parameters of `REDIRECT`: the article is not public, so its former slugs lead nowhere."""
    return {"article_": article, "slug_": "", "at_": None}
