"""What a tag looks like on the wire."""

from typing import Annotated, Final, Literal

from pydantic import MISSING, BaseModel, ConfigDict, Field

from app.changes.schemas import Drafts, WriteWarning
from app.content.blocks import WireModel
from app.content.sets import DISTINCT
from app.web.fields import Instant, Slug, Translations, Url
from app.web.queries import Page, PageQuery, chosen_names, comma_list, if_asked, names_schema, only_required

# Places of tags are smaller numbers than that of tags without one.
LARGEST_ORDER: Final = 1_000_000
TagType = Literal["topic", "section", "person", "organisation", "place", "event", "series"]


class SluggedContent(WireModel):
    """What a client may set of an object that has a slug for its name."""

    slug: Slug = Field(description="Its name in addresses.")


class TagIn(SluggedContent):
    """What a client may set of a tag."""

    type: TagType = Field(description="What kind of thing it names.")
    labels: Annotated[Translations, Field(min_length=1, description="Its name, by language.")]
    description: Translations = Field(default={}, description="What it stands for, by language.")
    parent: Slug | None = Field(default=None, description="Slug of the tag above; sections stand under sections only.")
    same_as: Annotated[list[Url], DISTINCT] = Field(
        default=[], max_length=50, description="Addresses of the same thing elsewhere."
    )
    order: int | None = Field(
        default=None,
        ge=-LARGEST_ORDER,
        le=LARGEST_ORDER,
        strict=True,
        description="Its place among others, the lowest first: sections have one in the navigation.",
    )


class TagPut(TagIn):
    """What a client may set of a tag at its address, which says its slug."""

    slug: Slug | None = Field(default=None, description="That of the address.")  # type: ignore[assignment]


class TagOut(TagIn):
    """One tag."""

    revision: int = Field(ge=1, description="How often it was saved.")
    created_at: Instant = Field(description="When it was first saved.")
    modified_at: Instant = Field(description="The last change.")


class TagWritten(TagOut):
    """The tag as it is after the write."""

    warnings: list[WriteWarning] = Field(description="What is not stored as it was sent, such as a repeated address.")


class TagIncluded(BaseModel):
    """What `include` asked for."""

    counts: dict[Slug, int] | MISSING = Field(
        default=MISSING, description="By slug: how many articles `GET /v1/articles?tag={slug}` lists."
    )


class TagAnswer(TagOut):
    """One tag, with what `include` asked for."""

    model_config = ConfigDict(json_schema_extra=if_asked("included"))

    included: TagIncluded | MISSING = MISSING


class TagSelection(TagOut):
    """Those fields of a tag that `fields` named; the slug is always there."""

    model_config = ConfigDict(json_schema_extra=only_required("slug"))

    included: TagIncluded | MISSING = Field(default=MISSING, description="Of one tag; a page has its own.")


class TagPage(Page[TagOut | TagSelection, TagIncluded]):
    """One page of tags: whole, or what `fields` selected."""


INCLUDABLE: Final = ("counts",)


class TagFields(Drafts):
    """How a tag is to be shown."""

    fields: Annotated[str, names_schema(TagOut.model_fields)] | None = Field(
        default=None, description="Only these fields (and the slug), comma-separated.", examples=["labels,parent"]
    )
    include: Annotated[str, names_schema(INCLUDABLE)] | None = Field(
        default=None, description="`counts`: how many articles each tag lists.", examples=["counts"]
    )

    def shape(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(fields, includes). Raises: Invalid."""
        fields = chosen_names(self.fields, TagOut.model_fields, "fields")
        return (("slug", *fields) if fields else ()), chosen_names(self.include, INCLUDABLE, "include")


class TagQuery(PageQuery, TagFields):
    """Which tags."""

    type: Annotated[tuple[str, ...], comma_list(TagType)] | None = Field(
        default=None, description="Any of these types, comma-separated.", examples=["topic"]
    )
    parent: Annotated[tuple[str, ...], comma_list(Slug)] | None = Field(
        default=None, description="Directly under any of these tags, comma-separated.", examples=["transport"]
    )
    ids: Annotated[tuple[str, ...], comma_list(Slug, most=100)] | None = Field(
        default=None,
        description="The tags with these slugs, in this order; at most 100, comma-separated. What is not there is left"
        " out.",
        examples=["trams,zghariv"],
    )
    sort: Literal["slug", "-modified_at", "order"] | None = Field(
        default=None,
        description="By slug, last changed first, or by `order`; those without one come last, by slug. Where it is left"
        " out: by `order` with `type=section`, else by slug.",
        examples=["order"],
    )

    @property
    def sorted_by(self) -> Literal["slug", "-modified_at", "order"]:
        return self.sort or ("order" if self.type == ("section",) else "slug")

    def filters(self) -> dict[str, object]:
        return {**super().filters(), "sort": self.sorted_by}
