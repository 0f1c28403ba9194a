"""What a collection looks like on the wire."""

from typing import Annotated, Final, Literal

from pydantic import MISSING, AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.articles.query_schemas import ArticleShape
from app.articles.schemas import ArticleAnswer, ArticleHit, ArticleIncluded, ArticleSelection
from app.changes.schemas import Drafts, Seen, WriteWarning, drafts_or_instant
from app.collections.fill import LONGEST_FILL, check_fill
from app.content.blocks import WireModel
from app.content.lifecycle import Reason, Withdrawal
from app.content.sets import DISTINCT
from app.publishing.statuses import DUE_FIRST, DeskFilters
from app.tags.schemas import SluggedContent
from app.web.fields import ONE_FORM, Id, Instant, Language, Slug, Text, Translations
from app.web.queries import Page, PageQuery, Parameters, chosen_names, comma_list, if_asked, names_schema, only_required

# No collection has more stories.
LONGEST: Final = 100
CollectionStatus = Literal["draft", "scheduled", "published", "withdrawn"]
Fill = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_FILL),
    AfterValidator(check_fill),
    ONE_FORM,
    Field(examples=["tag=trams&language=uk"]),
]
_LABELS: Final = "Its name, by language."
_DESCRIPTION: Final = "What it gathers, by language."
_PINNED: Final = (
    "Ids of the stories that stand first, in this order. `…/items` leaves out what its reader does not see, such as one"
    " that is not published yet."
)
_FILL: Final = (
    "The query string of a list, as behind `/v1/articles?`: its stories follow those that are pinned. null: none do."
)
_LENGTH: Final = "How many stories it has at most."


class CollectionIn(SluggedContent):
    """What a client may set of a collection."""

    labels: Annotated[Translations, Field(min_length=1, description=_LABELS)]
    description: Translations = Field(default={}, description=_DESCRIPTION)
    pinned: Annotated[list[Id], DISTINCT] = Field(default=[], max_length=LONGEST, description=_PINNED)
    fill: Fill | None = Field(default=None, description=_FILL)
    length: int = Field(default=20, ge=1, le=LONGEST, strict=True, description=_LENGTH)


class CollectionPut(CollectionIn):
    """What a client may set of a collection at its address, which says its slug."""

    slug: Slug | None = Field(default=None, description="That of the address.")  # type: ignore[assignment]


class CollectionOut(WireModel):
    """One collection."""

    slug: Slug = Field(description="Its name in addresses, which stays.")
    labels: Translations = Field(description=f"{_LABELS} Empty where it was erased.")
    description: Translations = Field(description=_DESCRIPTION)
    pinned: list[Id] = Field(description=_PINNED)
    fill: str | None = Field(description=_FILL)
    length: int = Field(ge=1, le=LONGEST, description=_LENGTH)
    status: CollectionStatus = Field(description="What the public reads is `published`.")
    publish_at: Instant | None = Field(description="When a scheduled collection is due.")
    first_published_at: Instant | None = Field(description="Never moves once set.")
    published_at: Instant | None = Field(description="The due time of the release in force.")
    updated_at: Instant | None = Field(description="The last change of what the public reads.")
    modified_at: Instant = Field(description="The last change of any kind.")
    created_at: Instant = Field(description="When it was first saved.")
    revision: int = Field(ge=1, description="How often it was saved.")


FOR_THE_DESK: Final = "working_copy"


class CollectionAnswer(CollectionOut):
    """One collection, with what only the desk sees where the desk reads it."""

    model_config = ConfigDict(json_schema_extra=if_asked(FOR_THE_DESK))

    working_copy: bool | MISSING = Field(
        default=MISSING, description="Whether something else of it is public; for the desk alone."
    )


class CollectionSelection(CollectionAnswer):
    """Those fields of a collection that `fields` named; the slug is always there."""

    model_config = ConfigDict(json_schema_extra=only_required("slug"))


class CollectionWritten(CollectionOut):
    """The collection as it is after the write."""

    working_copy: bool = Field(description="Whether something else of it is public; no reader ever sees it.")
    warnings: list[WriteWarning] = Field(description="What is not stored as it was sent, such as a repeated pin.")


class CollectionWithdrawIn(WireModel):
    """Why the collection is to be taken down, and what readers are told."""

    reason: Reason = Field(description="Why, in a word.")
    public_note: Text | None = Field(default=None, description="What readers are told.")


class CollectionWithdrawal(Withdrawal):
    """Why a collection was taken down. There is none to read instead."""

    replacement: None = None


class CollectionState(CollectionOut):
    """All that is stored of a collection: its document, and what only the desk or a 410 tells of it."""

    working_copy: bool = Field(default=False, description="What is public goes on beside it.")
    withdrawal: CollectionWithdrawal | None = None


class NothingIncluded(BaseModel):
    """Collections name nothing that could stand beside them; their stories are `…/items`."""


class CollectionPage(Page[CollectionAnswer | CollectionSelection, NothingIncluded]):
    """One page of collections: whole, or what `fields` selected."""


# The article with its body comes first, for a client that takes the first that fits: `fields` may name all there is.
class CollectionItems(Page[ArticleAnswer | ArticleHit | ArticleSelection, ArticleIncluded]):
    """The stories of a collection, in its order. It is one page: `next` and `prev` are null."""


# --- queries -----------------------------------------------------------------------------------------------------


class CollectionShape(Parameters):
    """Which parts of a collection are to be shown."""

    fields: Annotated[str, names_schema(CollectionOut.model_fields)] | None = Field(
        default=None, description="Only these fields (and the slug), comma-separated.", examples=["labels,pinned"]
    )

    def shape(self) -> tuple[str, ...]:
        """The fields. Raises: Invalid."""
        fields = chosen_names(self.fields, CollectionOut.model_fields, "fields")
        return ("slug", *fields) if fields else ()


class CollectionFields(Seen, CollectionShape):
    """How a collection is to be shown, and through whose eyes."""


class CollectionRevisionFields(Drafts, CollectionShape):
    """How a revision of a collection is to be shown, and whether the desk's too."""


class CollectionItemsQuery(ArticleShape):
    """How the stories of a collection are to be shown, and through whose eyes."""

    perspective: Annotated[str, AfterValidator(drafts_or_instant)] | None = Field(
        default=None,
        description="`drafts`: the newest state of the collection and of all stories; an instant to come: what will be"
        " public then. Both need a key with `drafts:read`.",
        examples=["drafts"],
    )
    language: Annotated[tuple[str, ...], comma_list(Language)] | None = Field(
        default=None,
        description="Only stories in any of these languages, comma-separated; the next of the list take the places of"
        " the others.",
        examples=["uk"],
    )


class CollectionQuery(DeskFilters, PageQuery, CollectionShape):
    """Which collections."""

    perspective: Literal["drafts"] | None = Field(
        default=None,
        description="`drafts`: the newest state of everything. Needs a key with `drafts:read`.",
        examples=["drafts"],
    )
    ids: Annotated[tuple[str, ...], comma_list(Slug, most=100)] | None = Field(
        default=None,
        description="The collections with these slugs, in this order; at most 100, comma-separated. What is not there"
        " is left out.",
        examples=["front"],
    )
    sort: Literal["slug", "-modified_at", "publish_at"] = Field(
        default="slug",
        description="By slug, or last changed first. With `perspective=drafts` also by when scheduled ones are due.",
        examples=["-modified_at"],
    )

    @model_validator(mode="after")
    def _fits(self) -> "CollectionQuery":
        self.check_desk_filters(self.perspective, self.sort, {DUE_FIRST})
        return self
