"""The states of an article or note, what each transition changes, and the request bodies of transitions."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final, Literal, Protocol, Self

from pydantic import Field

from app.content.blocks import WireModel
from app.errors import Conflict, Fault, Invalid
from app.web.fields import Instant, Text, format_instant

Status = Literal["draft", "scheduled", "published", "withdrawn", "expired"]
# Of what was public and is answered with 410.
GONE: Final[frozenset[Status]] = frozenset({"withdrawn", "expired"})
Reason = Literal["legal", "privacy", "rights", "error", "embargo", "other"]
DAY_SECONDS: Final = 86_400


class Withdrawal(WireModel):
    """Why something was taken down, and what may be said of it."""

    reason: Reason
    public_note: Text | None = Field(default=None, description="What readers are told.")
    at: Instant


class PublishIn(WireModel):
    """When it is to be public."""

    at: Instant | None = Field(default=None, description="An instant to come; now where it is left out.")


class EraseIn(WireModel):
    """Why the text is to be blanked for good."""

    reason: Reason = Field(description="Why, in a word.")


class PreviewIn(WireModel):
    """How long a preview is to last."""

    expires_in_seconds: int = Field(default=DAY_SECONDS, ge=1, le=30 * DAY_SECONDS, strict=True)


class PreviewOut(WireModel):
    """A URL that opens one item to whoever holds it, as the desk has it, until it expires."""

    url: str = Field(
        description="Of the newsroom's own site, where the server is set up so; else relative to the API.",
        examples=["/v1/previews/4Wb2"],
    )
    expires_at: Instant = Field(description="When it opens no more.")


class HasLifecycle(Protocol):
    """Anything with the fields of a `Lifecycle`, such as the stored state of an article or a note."""

    @property
    def status(self) -> Status: ...
    @property
    def publish_at(self) -> datetime | None: ...
    @property
    def first_published_at(self) -> datetime | None: ...
    @property
    def published_at(self) -> datetime | None: ...
    @property
    def updated_at(self) -> datetime | None: ...
    @property
    def withdrawal(self) -> Withdrawal | None: ...


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The status of one article or note with the dates that belong to it. Each step returns the next one.

    Which steps are allowed from which status is the desk's decision; here stands what a step changes.
    """

    status: Status
    publish_at: datetime | None = None  # when it is due; set while scheduled
    first_published_at: datetime | None = None  # never changes once set
    published_at: datetime | None = None  # the due time of the publication in force
    updated_at: datetime | None = None  # the last substantial change
    withdrawal: Withdrawal | None = None

    @classmethod
    def of(cls, state: HasLifecycle) -> Self:
        return cls(**{field.name: getattr(state, field.name) for field in fields(cls)})

    def values(self) -> dict[str, Any]:
        """The fields by name, to be laid over those of a state."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def publish(self, at: datetime, now: datetime, *, is_public: bool) -> Self:
        """Published at `at`. The publication of what is already public stays in force, with its date.

        The first publication counts as the last update at `at`, every later one at `now`.
        """
        first, in_force = self.first_published_at or at, self.published_at if is_public else at
        updated = now if self.first_published_at else at
        return type(self)("published", first_published_at=first, published_at=in_force, updated_at=updated)

    def schedule(self, at: datetime, now: datetime) -> Self:
        """Due at `at`. Raises: Invalid (pointer `/at`), for an instant that is not in the future."""
        if at <= now:
            detail = f"is not in the future; it is {format_instant(now)} here. Leave `at` out to publish now"
            raise Invalid("A publication can only be scheduled for later.", Fault(detail, "past", pointer="/at"))
        return replace(self, status="scheduled", publish_at=at, withdrawal=None)

    def unschedule(self) -> Self:
        """A draft again; `published_at` stays, for what is public beside a scheduled working copy."""
        return replace(self, status="draft", publish_at=None, withdrawal=None)

    def unpublish(self) -> Self:
        """A draft again, no longer public. `first_published_at` stays on record."""
        return replace(self, status="draft", publish_at=None, published_at=None, withdrawal=None)

    def withdraw(self, withdrawal: Withdrawal) -> Self:
        """Taken down. Raises: Conflict, where it was never public."""
        if self.first_published_at is None:
            raise Conflict("Only what was public can be withdrawn. Delete it, or leave it a draft.")
        return replace(self, status="withdrawn", publish_at=None, withdrawal=withdrawal)

    def expire(self) -> Self:
        """Taken out, as its time is over."""
        return replace(self, status="expired", publish_at=None)


def check_expiry(expires_at: datetime | None, publish_at: datetime | None, now: datetime) -> None:
    """Raises: Invalid (pointer `/expires_at`), where that is not to come, or not after the publication."""
    if expires_at is None:
        return
    if expires_at <= now:
        detail = f"is not in the future; it is {format_instant(now)} here. null means that it never expires"
        fault = Fault(detail, "past", pointer="/expires_at")
    elif publish_at is not None and expires_at <= publish_at:
        fault = Fault(f"is not after {format_instant(publish_at)}, when it becomes public", pointer="/expires_at")
    else:
        return
    raise Invalid("What expires does so in the future, after it was public.", fault)


def as_published(document: dict[str, Any]) -> dict[str, Any]:
    """A scheduled document, as JSON has it, in the form it will have once it is published."""
    due_at = document["publish_at"]
    return {
        **document,
        "status": "published",
        "publish_at": None,
        "published_at": document["published_at"] or due_at,
        "first_published_at": document["first_published_at"] or due_at,
        "updated_at": due_at,
    }
