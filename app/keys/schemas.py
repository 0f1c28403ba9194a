"""API keys as JSON."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from app.content.blocks import WireModel
from app.content.sets import MADE_ONE
from app.web.caller import Scope
from app.web.fields import Instant, Line
from app.web.queries import Page


def _in_future(value: datetime) -> datetime:
    if value <= datetime.now(UTC):
        raise ValueError("is not in the future")
    return value


FutureInstant = Annotated[Instant, AfterValidator(_in_future)]
Scopes = Annotated[
    list[Scope],
    Field(min_length=1, description="What its holder may do."),
    MADE_ONE,
]


class KeyIn(WireModel):
    """A key to create."""

    name: Line = Field(description="What the key is for, or who holds it.")
    scopes: Scopes
    expires_at: FutureInstant | None = Field(
        default=None, description="The key is refused from then on; must be in the future. null: it never expires."
    )


class KeyOut(WireModel):
    """A key, without its secret, which cannot be read again."""

    id: str = Field(description="Its name in addresses.", json_schema_extra={"format": "uuid"})
    name: Line = Field(description="What the key is for, or who holds it.")
    scopes: list[Scope] = Field(description="What it opens.")
    created_at: Instant = Field(description="When it was made.")
    expires_at: Instant | None = Field(description="From when on it is refused; null: it never expires.")
    revoked_at: Instant | None = Field(description="Since when it is refused; null: it was not revoked.")
    last_used_at: Instant | None = Field(description="Accurate to five minutes.")


class KeyMade(KeyOut):
    """A new key, with its secret."""

    key: str = Field(description="The secret: send it after `Bearer`. It is shown only this once, and not stored.")


class KeyPage(Page[KeyOut, dict[str, Any]]):
    """One page of keys. `included` is always empty."""
