"""What a webhook looks like on the wire, and what it is sent."""

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from app.changes.models import Noun
from app.content.blocks import Part
from app.web.fields import Instant, Language, Line, Slug, Url
from app.web.pages import Page, PageParams, Parameters, whole_number

MOST_POSITION: Final = 2**63 - 1


def _each_once(values: list[str]) -> list[str]:
    if len(set(values)) < len(values):
        raise ValueError("names something more than once")
    return values


EachOnce = AfterValidator(_each_once)
Nouns = Annotated[list[Noun], EachOnce, Field(description="Only changes of these; none means all.")]
Tags = Annotated[
    list[Slug],
    EachOnce,
    Field(max_length=100, description="Only changes of what stands under one of these tags or a descendant, and of the"
          " tags themselves; none means all.", examples=[["trams"]]),
]  # fmt: skip
Languages = Annotated[
    list[Language],
    EachOnce,
    Field(max_length=50, description="Of articles and notes only those in one of these languages; none means all.",
          examples=[["uk"]]),
]  # fmt: skip
Target = Annotated[
    Url,
    Field(description="Where events are sent: by https, to a public address, which is looked at again for each event."),
]
Fault = Literal["not-allowed", "unresolved", "connect", "tls", "timeout", "broken", "status", "trimmed"]
At = Annotated[int, Field(strict=True, ge=0, le=MOST_POSITION)]


class WebhookIn(Part):
    """What may be set of a webhook."""

    name: Line = Field(description="Who is told, or what for.")
    url: Target = Field(examples=["https://cache.example/purge"])
    nouns: Nouns = []
    tags: Tags = []
    languages: Languages = []
    enabled: bool = Field(default=True, description="false: nothing is sent; it goes on where it was, once true again.")


class NewWebhookIn(WebhookIn):
    """A new webhook."""

    perspective: Literal["public", "drafts"] = Field(
        default="public",
        description="`public`: the changes everyone may know of. `drafts`: all, which takes a key with `drafts:read`."
        " It stays as it is: the two count positions apart.",
    )
    after: At | None = Field(
        default=None, description="The position to begin behind. null: only what comes from now on."
    )


class WebhookOut(Part):
    """A webhook as it is set, without its secret."""

    id: str = Field(json_schema_extra={"format": "uuid"})
    name: Line
    url: Target
    nouns: Nouns
    tags: Tags
    languages: Languages
    perspective: Literal["public", "drafts"]
    enabled: bool
    disabled_reason: Literal["gone"] | None = Field(
        description="`gone`: the receiver answered 410, and was taken at its word."
    )
    created_at: Instant
    modified_at: Instant
    revision: int = Field(ge=1, description="How often its settings were saved.")


class WebhookState(WebhookOut):
    """A webhook, and how far it is."""

    position: At = Field(description="Position of the last change that is settled with it.")
    head: At = Field(description="Position of the last change there is.")
    lag: At = Field(description="How many changes lie between; not all of them need concern it.")
    attempts: int = Field(ge=0, description="How often the next event was tried in vain.")
    next_try_at: Instant | None = Field(description="When it is tried again, where it was tried in vain.")
    dead_letters: int = Field(ge=0, description="How many events were given up, and not sent again since.")


class Signing(BaseModel):
    """A secret, which is shown this once."""

    secret: str = Field(
        description="`whsec_` and the key in base64. It is shown here once.", examples=["whsec_MfKQ9r8G…"]
    )


class WebhookMade(WebhookOut):
    """A new webhook, with its secret."""

    secret: str = Field(description="`whsec_` and the key in base64: what signs. It is shown here once.")


class Rotated(Signing):
    """A new secret of a webhook."""

    former_until: Instant = Field(description="Until then each event carries a signature by the former secret too.")


class ReplayIn(Part):
    """From where events are to be sent again."""

    after: At = Field(description="The position to begin behind; 0 is the beginning of the log.", examples=[0])


class DeliveryOut(Part):
    """One try, or one event that was given up. What the receiver said beyond its status is not kept."""

    id: str = Field(json_schema_extra={"format": "uuid"})
    at: Instant
    position: At | None = Field(description="Which change; null for a test.")
    attempt: int = Field(ge=1)
    dead: bool = Field(description="A dead letter: it was the last try, or the log no longer held the change.")
    status: int | None = Field(description="What the receiver answered; null where it did not.")
    error: Fault | None = Field(
        description="Why it failed: the address is refused, its host cannot be found, no connection, no trust, no"
        " answer in time, a broken answer, a status other than 2xx, a change that the log no longer holds. null:"
        " delivered."
    )
    duration_milliseconds: int = Field(ge=0)


class Deliveries(BaseModel):
    """The last of what was sent, the newest first."""

    items: list[DeliveryOut]


class DeliveryQuery(Parameters):
    """Which of the last deliveries."""

    limit: Annotated[int, BeforeValidator(whole_number)] = Field(
        default=20, ge=1, le=100, description="At most so many.", examples=[5]
    )
    dead: Literal["true"] | None = Field(default=None, description="`true`: only dead letters.", examples=["true"])


class WebhookPage(Page[WebhookState, dict[str, Any]]):
    """One page of webhooks. `included` is empty."""


class WebhookQuery(PageParams):
    """Which stretch of the list of webhooks."""
