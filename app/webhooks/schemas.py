"""Webhooks and their deliveries as JSON."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field

from app.changes.models import Noun
from app.changes.schemas import StreamedChange
from app.content.blocks import WireModel
from app.content.sets import MADE_ONE
from app.web.fields import Instant, Language, Line, Slug, Url
from app.web.queries import Page, Parameters, whole_number

Nouns = Annotated[list[Noun], MADE_ONE, Field(description="Only changes of these nouns; empty means all.")]
Tags = Annotated[
    list[Slug],
    MADE_ONE,
    Field(max_length=100, description="Only changes of these tags, and of articles and notes that have one of them or"
          " of their descendants; empty means all.", examples=[["trams"]]),
]  # fmt: skip
Languages = Annotated[
    list[Language],
    MADE_ONE,
    Field(max_length=50, description="Of articles and notes, only those in these languages; empty means all.",
          examples=[["uk"]]),
]  # fmt: skip
TargetUrl = Annotated[
    Url,
    Field(description="Where events are sent: an https URL with a public address, which is checked at each request."),
]
LogPosition = Annotated[int, Field(strict=True, ge=0, le=2**63 - 1)]
DeliveryError = Literal["not-allowed", "unresolved", "connect", "tls", "timeout", "broken", "status", "trimmed"]


class WebhookIn(WireModel):
    """Settings of a webhook that can be changed."""

    name: Line = Field(description="Who receives the events, or what for.")
    url: TargetUrl = Field(examples=["https://cache.example/purge"])
    nouns: Nouns = []
    tags: Tags = []
    languages: Languages = []
    enabled: bool = Field(
        default=True, description="false: nothing is sent; once true again, delivery continues where it stopped."
    )


class NewWebhookIn(WebhookIn):
    """A webhook to create."""

    perspective: Literal["public", "drafts"] = Field(
        default="public",
        description="`public`: changes that are visible to everyone. `drafts`: all changes; this requires a key with"
        " `drafts:read`. It cannot be changed later, because the two number their positions separately.",
    )
    after: LogPosition | None = Field(
        default=None, description="Send changes after this position. null: only changes from now on."
    )


class WebhookOut(WireModel):
    """The settings of a webhook, without its secret."""

    id: str = Field(description="Its name in addresses.", json_schema_extra={"format": "uuid"})
    name: Line = Field(description="Who receives the events, or what for.")
    url: TargetUrl
    nouns: Nouns
    tags: Tags
    languages: Languages
    perspective: Literal["public", "drafts"] = Field(description="Whose log it follows: readers' or the desk's.")
    enabled: bool = Field(description="Whether events are sent.")
    disabled_reason: Literal["gone"] | None = Field(
        description="`gone`: disabled by the server because the receiver answered 410."
    )
    created_at: Instant = Field(description="When it was made.")
    modified_at: Instant = Field(description="When its settings were changed last.")
    revision: int = Field(ge=1, description="Increases by one each time the settings change.")


class WebhookState(WebhookOut):
    """A webhook and the progress of its deliveries."""

    position: LogPosition = Field(description="Position of the last change that is delivered, given up or excluded.")
    head: LogPosition = Field(description="Position of the last change in the log.")
    lag: LogPosition = Field(description="Number of changes between the two, including those the filters exclude.")
    attempts: int = Field(ge=0, description="Failed attempts to deliver the next event.")
    next_try_at: Instant | None = Field(description="When the next event is retried; null if it has not failed.")
    dead_letters: int = Field(ge=0, description="Events that were given up and not delivered since.")


class WebhookMade(WebhookOut):
    """A new webhook, with its secret."""

    secret: str = Field(description="`whsec_` and the signing key in base64. It is shown only this once.")


class WebhookSecret(BaseModel):
    """The new secret of a webhook."""

    secret: str = Field(
        description="`whsec_` and the signing key in base64. It is shown only this once.", examples=["whsec_MfKQ9r8G…"]
    )
    former_until: Instant = Field(description="Until then each event is also signed with the former secret.")


class WebhookReplayIn(WireModel):
    """From where events are sent again."""

    after: LogPosition = Field(description="Send changes after this position; 0 is the start of the log.", examples=[0])


class WebhookEvent(StreamedChange):
    """The body of an event: an entry of the log, without its document."""

    seq: int = Field(ge=1, description="Its position, as the perspective of the webhook counts.")


class WebhookTestEvent(BaseModel):
    """The body of a test event."""

    seq: Literal[0] = Field(description="No position of the log.")
    at: Instant = Field(description="When it was asked for.")
    op: Literal["test"] = Field(description="Nothing was done.")
    noun: Literal["test"] = Field(description="To no object.")
    ref: Literal["test"] = Field(description="No object.")
    revision: Literal[1] = Field(description="Of no object.")
    keys: list[str] = Field(description="Empty: there is nothing to purge.")
    reason: None = Field(description="Always null.")


class WebhookDeliveryOut(WireModel):
    """One delivery attempt, or one event that was given up. Of the receiver's response only the status is kept."""

    id: str = Field(description="Of this attempt.", json_schema_extra={"format": "uuid"})
    at: Instant = Field(description="When it was tried.")
    position: LogPosition | None = Field(description="Position of the change; null for a test event.")
    attempt: int = Field(ge=1, description="Which attempt at this event it was.")
    dead: bool = Field(
        description="true: a dead letter, after the last attempt or because the log no longer contained the change."
    )
    status: int | None = Field(description="HTTP status of the response; null if there was none.")
    error: DeliveryError | None = Field(
        description="null: delivered. `not-allowed`: the address is refused. `unresolved`: the host name cannot be"
        " resolved. `connect`: no connection. `tls`: no valid certificate. `timeout`: no response in time. `broken`: no"
        " valid HTTP response. `status`: a status other than 2xx. `trimmed`: the log no longer contains the change."
    )
    duration_milliseconds: int = Field(ge=0, description="How long it took.")


class WebhookDeliveries(BaseModel):
    """The latest deliveries of a webhook, newest first."""

    items: list[WebhookDeliveryOut]


class DeliveryQuery(Parameters):
    """Which of the latest deliveries to list."""

    limit: Annotated[int, BeforeValidator(whole_number)] = Field(
        default=20, ge=1, le=100, description="Maximum number of deliveries.", examples=[5]
    )
    dead: Literal["true"] | None = Field(default=None, description="`true`: only dead letters.", examples=["true"])


class WebhookPage(Page[WebhookState, dict[str, Any]]):
    """One page of webhooks. `included` is always empty."""
