"""How what can be published comes and goes: the states, what a request for each says, and what each does to dates."""

from datetime import datetime
from typing import Any, Final, Literal

from pydantic import Field

from app.content.blocks import Part
from app.errors import Conflict, Fault, Invalid
from app.web.fields import Instant, Text, show_instant

Status = Literal["draft", "scheduled", "published", "withdrawn"]
Reason = Literal["legal", "privacy", "rights", "error", "embargo", "other"]
DAY_SECONDS: Final = 86_400


class Withdrawal(Part):
    """Why something was taken down, and what may be said of it."""

    reason: Reason
    public_note: Text | None = Field(default=None, description="What readers are told.")
    at: Instant


class PublishIn(Part):
    """When it is to be public."""

    at: Instant | None = Field(default=None, description="An instant to come; now where it is left out.")


class EraseIn(Part):
    """Why the text is to be blanked for good."""

    reason: Reason


class PreviewIn(Part):
    """How long a preview is to last."""

    expires_in_seconds: int = Field(default=DAY_SECONDS, ge=1, le=30 * DAY_SECONDS, strict=True)


class PreviewOut(Part):
    """A URL that opens one item to whoever holds it, as the desk has it, until it expires."""

    url: str = Field(description="Relative to the API.", examples=["/v1/previews/4Wb2"])
    expires_at: Instant


def released(state: Any, at: datetime, now: datetime, *, public: bool) -> dict[str, Any]:
    """The fields that publishing sets. What is `public` already goes on: its release stays the one in force."""
    return {
        "status": "published",
        "publish_at": None,
        "published_at": state.published_at if public else at,
        "first_published_at": state.first_published_at or at,
        "updated_at": at if state.first_published_at is None else now,
        "withdrawal": None,
    }


def to_come(document: dict[str, Any]) -> dict[str, Any]:
    """A scheduled document as it will be when it is public."""
    at = document["publish_at"]
    return {
        **document,
        "status": "published",
        "publish_at": None,
        "published_at": document["published_at"] or at,
        "first_published_at": document["first_published_at"] or at,
        "updated_at": at,
    }


def scheduled(at: datetime, now: datetime) -> dict[str, Any]:
    """The fields that scheduling sets. Raises: Invalid, for an instant that is not to come."""
    if at <= now:
        detail = f"is not in the future; it is {show_instant(now)} here. Leave `at` out to publish now"
        raise Invalid("A publication can only be scheduled for later.", Fault(detail, "past", pointer="/at"))
    return {"status": "scheduled", "publish_at": at, "withdrawal": None}


def taken_back() -> dict[str, Any]:
    """The fields that make it a draft again. When it was first public stays on record."""
    return {"status": "draft", "publish_at": None, "published_at": None, "withdrawal": None}


def withdrawn(state: Any, withdrawal: Withdrawal) -> dict[str, Any]:
    """The fields that taking it down sets. Raises: Conflict, where it was never public."""
    if state.first_published_at is None:
        raise Conflict("Only what was public can be withdrawn. Delete it, or leave it a draft.")
    return {"status": "withdrawn", "publish_at": None, "withdrawal": withdrawal}
