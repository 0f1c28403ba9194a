"""What an API key looks like on the wire."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from app.content.blocks import Part
from app.web.caller import Scope
from app.web.fields import Instant, Line
from app.web.pages import Page, PageParams


def _ahead(value: datetime) -> datetime:
    if value <= datetime.now(UTC):
        raise ValueError("does not lie in the future")
    return value


def _each_once(scopes: list[Scope]) -> list[Scope]:
    if len(set(scopes)) < len(scopes):
        raise ValueError("names a scope more than once")
    return scopes


Ahead = Annotated[Instant, AfterValidator(_ahead)]
Scopes = Annotated[
    list[Scope],
    Field(min_length=1, json_schema_extra={"uniqueItems": True}, description="What its holder may do."),
    AfterValidator(_each_once),
]


class KeyIn(Part):
    """What a new key is for."""

    name: Line = Field(description="What the key is for, or who holds it.")
    scopes: Scopes
    expires_at: Ahead | None = Field(
        default=None, description="From then on it opens nothing; must lie in the future. null: it never expires."
    )


class KeyOut(Part):
    """One key, without its secret, which nobody can read again."""

    id: str = Field(json_schema_extra={"format": "uuid"})
    name: Line
    scopes: list[Scope]
    created_at: Instant
    expires_at: Instant | None
    revoked_at: Instant | None
    last_used_at: Instant | None = Field(description="To five minutes.")


class KeyMade(KeyOut):
    """A new key, with its secret."""

    key: str = Field(description="The secret: what stands behind `Bearer`. It is shown here once, and kept nowhere.")


class KeyPage(Page[KeyOut, dict[str, Any]]):
    """One page of keys. `included` is empty: a key names nothing that could be."""


class KeyQuery(PageParams):
    """Which stretch of the list of keys."""
