"""What a reference note looks like on the wire."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.content.blocks import Attribution, Body, Part
from app.web.fields import Day, Instant, Language, Line, Slug, Text
from app.web.pages import PageParams, Parameters, each, names

Status = Literal["draft", "scheduled", "published", "withdrawn"]
Period = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"),
    Field(description="A day, month or year, as precise as it is known.", examples=["2022-05-16", "2022-05", "2022"]),
]


class Fact(Part):
    """One dated statement of a note."""

    on: Period | None = Field(default=None, description="When; null where it cannot be dated.")
    to: Period | None = Field(default=None, description="The end of a span that begins at `on`.")
    year_inferred: bool = Field(default=False, description="The year was not written at this place.")
    text: Text
    attributions: list[Attribution] = Field(default=[], max_length=50)


class NoteIn(Part):
    """What a client may set of a note."""

    slug: Slug
    language: Language
    heading: Line
    body: Body
    facts: list[Fact] = Field(default=[], max_length=500)
    as_of: Day | None = Field(default=None, description="The day for which the facts hold.")
    tags: list[Slug] = Field(default=[], max_length=100)
    attributions: list[Attribution] = Field(default=[], max_length=500)
    translation_of: Slug | None = Field(default=None, description="The original; null for an original.")


class NoteCard(Part):
    """A note without its body, as lists show it."""

    slug: Slug
    language: Language
    heading: Line
    facts: list[Fact]
    as_of: Day | None
    tags: list[Slug]
    attributions: list[Attribution]
    translation_of: Slug | None
    status: Status
    publish_at: Instant | None
    first_published_at: Instant | None
    published_at: Instant | None
    updated_at: Instant | None
    modified_at: Instant
    created_at: Instant
    revision: int


class NoteOut(NoteCard):
    """One reference note."""

    body: Body


class NoteFields(Parameters):
    """How a note is to be shown."""

    fields: str | None = Field(default=None, description="Only these fields (and the slug), comma-separated.")
    include: str | None = Field(default=None, description="`tags`, `sources`: the objects that the notes name.")

    def shape(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(fields, includes). Raises: Invalid."""
        fields = names(self.fields, NoteOut.model_fields, "fields")
        return (("slug", *fields) if fields else ()), names(self.include, ["tags", "sources"], "include")


class NoteQuery(PageParams, NoteFields):
    """Which notes."""

    tag: list[Annotated[str, each(Slug)]] = Field(
        default=[],
        max_length=10,
        description="A comma means any of, repeating means all of. A tag stands for its descendants too.",
    )
    source: list[Annotated[str, each(Slug)]] = Field(
        default=[], max_length=10, description="Named in an attribution; comma and repetition as for `tag`."
    )
    language: Annotated[str, each(Language)] | None = Field(default=None, description="Any of these, comma-separated.")
    ids: Annotated[str, each(Slug, most=100)] | None = Field(default=None, description="These slugs, in this order.")
    sort: Literal["slug", "-modified_at"] = Field(default="slug")

    def filters(self) -> dict[str, object]:
        return {"tag": self.tag, "source": self.source, "language": self.language, "sort": self.sort}
