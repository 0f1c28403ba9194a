"""What a source looks like on the wire."""

from typing import Annotated, Final, Literal

from pydantic import MISSING, BaseModel, ConfigDict, Field

from app.changes.schemas import Drafts, WriteWarning
from app.content.blocks import Role
from app.content.sets import DISTINCT
from app.tags.schemas import SluggedContent
from app.web.fields import Instant, Line, Slug, Translations, Url
from app.web.queries import Page, PageQuery, chosen_names, comma_list, names_schema, only_required

SourceType = Literal["person", "organisation", "media", "channel", "document"]
Identity = Literal["named", "role_only", "withheld"]


class SourceIn(SluggedContent):
    """What a client may set of a source."""

    type: SourceType = Field(description="What it is.")
    identity: Identity = Field(
        default="named",
        description="`role_only`: `names` say what it is, and not who. `withheld`: the newsroom knows the name, it is"
        " not stored here.",
    )
    names: Annotated[Translations, Field(min_length=1, description="Its name, by language.")]
    aliases: Annotated[list[Line], DISTINCT] = Field(
        default=[], max_length=200, description="Other spellings and former names."
    )
    description: Translations = Field(default={}, description="Who or what it is, by language.")
    urls: Annotated[list[Url], DISTINCT] = Field(
        default=[], max_length=50, description="Where it is found or publishes."
    )
    parent: Slug | None = Field(default=None, description="Slug of the organisation it speaks or publishes for.")


class SourcePut(SourceIn):
    """What a client may set of a source at its address, which says its slug."""

    slug: Slug | None = Field(default=None, description="That of the address.")  # type: ignore[assignment]


class SourceOut(SourceIn):
    """One source."""

    revision: int = Field(ge=1, description="How often it was saved.")
    created_at: Instant = Field(description="When it was first saved.")
    modified_at: Instant = Field(description="The last change.")


class SourceWritten(SourceOut):
    """The source as it is after the write."""

    warnings: list[WriteWarning] = Field(description="What is not stored as it was sent, such as a repeated alias.")


class SourceIncluded(BaseModel):
    """What `include` asked for."""

    counts: dict[Slug, int] | MISSING = Field(
        default=MISSING,
        description="By slug: how many articles `GET /v1/articles?source={slug}` lists, with the `role` asked for.",
    )


class SourceSelection(SourceOut):
    """Those fields of a source that `fields` named; the slug is always there."""

    model_config = ConfigDict(json_schema_extra=only_required("slug"))


class SourcePage(Page[SourceOut | SourceSelection, SourceIncluded]):
    """One page of sources: whole, or what `fields` selected."""


INCLUDABLE: Final = ("counts",)


class SourceFields(Drafts):
    """How a source is to be shown."""

    fields: Annotated[str, names_schema(SourceOut.model_fields)] | None = Field(
        default=None, description="Only these fields (and the slug), comma-separated.", examples=["names,type"]
    )

    def shape(self) -> tuple[str, ...]:
        """Fields. Raises: Invalid."""
        fields = chosen_names(self.fields, SourceOut.model_fields, "fields")
        return ("slug", *fields) if fields else ()


class SourceQuery(PageQuery, SourceFields):
    """Which sources."""

    include: Annotated[str, names_schema(INCLUDABLE)] | None = Field(
        default=None, description="`counts`: how many articles each source lists.", examples=["counts"]
    )
    role: Role | None = Field(
        default=None,
        description="Named with this role in stories: `role=author` are the authors. Narrows `counts` too.",
        examples=["author"],
    )
    type: Annotated[tuple[str, ...], comma_list(SourceType)] | None = Field(
        default=None, description="Any of these types, comma-separated.", examples=["organisation"]
    )
    identity: Annotated[tuple[str, ...], comma_list(Identity)] | None = Field(
        default=None, description="Any of `named`, `role_only`, `withheld`; comma-separated.", examples=["withheld"]
    )
    parent: Annotated[tuple[str, ...], comma_list(Slug)] | None = Field(
        default=None,
        description="Directly under any of these sources, comma-separated.",
        examples=["kp-zgharivskyi-tramvai"],
    )
    ids: Annotated[tuple[str, ...], comma_list(Slug, most=100)] | None = Field(
        default=None,
        description="The sources with these slugs, in this order; at most 100, comma-separated. What is not there is"
        " left out.",
        examples=["olesia-zghurska,groniv-observatory"],
    )
    sort: Literal["slug", "-modified_at"] = Field(
        default="slug", description="By slug, or last changed first.", examples=["-modified_at"]
    )

    @property
    def counts_stories(self) -> bool:
        """Whether `include` asks for counts. Raises: Invalid."""
        return bool(chosen_names(self.include, INCLUDABLE, "include"))

    def list_names(self, noun: str = "source") -> list[str]:
        """The names of what a page depends on. Any story may be the first, or last, that names a source so."""
        return [*super().list_names(noun), *(["articles"] if self.role else [])]
