"""When a story that is published expires, and what is refused about it."""

from datetime import datetime

from pydantic import MISSING

from app.articles.schemas import ArticleState
from app.articles.stored import StoredArticle
from app.changes.models import PUBLIC
from app.content.lifecycle import check_expiry
from app.errors import Fault, Invalid
from app.web.fields import format_instant


def expiry_once_published(
    article: StoredArticle, state: ArticleState, asked: datetime | MISSING | None, at: datetime | None, now: datetime
) -> datetime | None:
    """When the newest state expires that is published at that instant, or now. `asked` is what the request says of it.

    Raises: Invalid, where that is not after the publication, or the publication not before what is public expires.
    """
    expires_at: datetime | None = state.expires_at if asked is MISSING else asked
    if asked is MISSING and state.status == "expired" and expires_at is not None and expires_at <= now:
        return None
    check_expiry(expires_at, at, now)
    over_at = article.state(PUBLIC).expires_at if at is not None and article.is_public else None
    if at is not None and over_at is not None and over_at <= at:
        fault = Fault(f"is not before {format_instant(over_at)}, when what is public expires", pointer="/at")
        raise Invalid("A working copy is published before what it is to replace expires.", fault)
    return expires_at
