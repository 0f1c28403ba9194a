"""What a tag looks like on the wire."""

from typing import Annotated, Literal

from pydantic import Field

from app.content.blocks import Part
from app.web.fields import Instant, Slug, Translations, Url
from app.web.pages import PageParams, Parameters, each, names

TagType = Literal["topic", "section", "person", "organisation", "place", "event", "series"]


class TagIn(Part):
    """What a client may set of a tag."""

    slug: Slug
    type: TagType
    labels: Annotated[Translations, Field(min_length=1)]
    description: Translations = {}
    parent: Slug | None = Field(default=None, description="The tag above; sections stand under sections only.")
    same_as: list[Url] = Field(default=[], max_length=50, description="The same thing elsewhere.")


class TagOut(TagIn):
    """One tag."""

    revision: int
    created_at: Instant
    modified_at: Instant


class TagFields(Parameters):
    """How a tag is to be shown."""

    fields: str | None = Field(default=None, description="Only these fields (and the slug), comma-separated.")
    include: str | None = Field(default=None, description="`counts`: how many articles each tag lists.")

    def shape(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(fields, includes). Raises: Invalid."""
        fields = names(self.fields, TagOut.model_fields, "fields")
        return (("slug", *fields) if fields else ()), names(self.include, ["counts"], "include")


class TagQuery(PageParams, TagFields):
    """Which tags."""

    type: Annotated[str, each(TagType)] | None = Field(
        default=None, description="Any of these types, comma-separated.", examples=["topic"]
    )
    parent: Annotated[str, each(Slug)] | None = Field(default=None, description="Directly under any of these tags.")
    ids: Annotated[str, each(Slug, most=100)] | None = Field(default=None, description="These slugs, in this order.")
    sort: Literal["slug", "-modified_at"] = Field(default="slug")

    def filters(self) -> dict[str, str | None]:
        return {"type": self.type, "parent": self.parent, "sort": self.sort}
