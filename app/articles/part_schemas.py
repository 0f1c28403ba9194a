"""Parts of an article on the wire, and the fields that a client sets and a document shows alike."""

from datetime import datetime
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from app.articles.origins import origin_key
from app.content.blocks import Image, WireModel
from app.content.descriptors import Genre
from app.web.fields import ForeignId, Id, Instant, Language, Line, Slug, SystemName, Text, Url

Kicker = Annotated[Line | None, Field(description="A word or two above the headline. Plain text.")]
Standfirst = Annotated[Text | None, Field(description="The lines below the headline. Plain text.")]
Byline = Annotated[
    Line | None,
    Field(description="Who wrote it, as it is to be shown: the names of the authors where it is left out. Plain text."),
]
LeadImage = Annotated[Image | None, Field(description="The picture that leads the story.")]
EditorsNote = Annotated[Text | None, Field(description="A note of the editors to the readers. Plain text.")]
StatedGenre = Annotated[Genre | None, Field(description="What kind of journalism it is; null where nothing was said.")]
Dateline = Annotated[Line | None, Field(description="Where it was written, such as `Zghariv`. Plain text.")]
Expiry = Annotated[
    Instant | None,
    Field(description="When it is taken out: readers get 410 from then on. null: it never expires."),
]
InLanguage = Annotated[Language, Field(description="BCP 47.")]
CorrectionKind = Annotated[
    Literal["correction", "clarification"], Field(description="Whether something was wrong, or unclear.")
]
CorrectionText = Annotated[Text, Field(description="What readers are told. Plain text.")]
VARIANTS: Final = "The headline as other places need it."
OTHER_STORIES: Final = "Other stories that belong to it, besides those of `related` blocks."


class ArticleCorrection(WireModel):
    """A correction readers can see."""

    kind: CorrectionKind
    text: CorrectionText
    at: Instant = Field(description="When it was made.")
    revision: int = Field(ge=1, le=2**31 - 1, description="The first revision that has it.")


class ArticleOrigin(WireModel):
    """Where an imported article came from. `system` and `id` are a key: no two articles have the same."""

    system: SystemName | None = Field(description="The system it stood in, such as a host. It has no colon.")
    id: ForeignId | None = Field(description="Its id there; null where `system` is.")
    url: Url | None = Field(description="Its address there.")
    imported_at: Instant = Field(description="When it came in.")
    importer: Line = Field(description="What brought it in, such as `page`.")


class ArticleOriginIn(WireModel):
    """Where a story that is imported came from. `system` and `id` say which story it is, where nothing else does."""

    system: SystemName | None = None
    id: ForeignId | None = None
    url: Url | None = None
    imported_at: Instant | None = None
    importer: Line = "import"

    @model_validator(mode="after")
    def _whole_key(self) -> Self:
        if (self.system is None) != (self.id is None):
            raise PydanticCustomError("conflict", "has both `system` and `id`, or neither")
        return self

    @property
    def key(self) -> str | None:
        """`system:id`; None where it has none."""
        return origin_key(self.system, self.id)

    def completed(self, imported_at: datetime) -> ArticleOrigin:
        """As it is stored; it came in then, unless it says when."""
        return ArticleOrigin(**{**dict(self), "imported_at": self.imported_at or imported_at})


class ArticleTranslation(BaseModel):
    """A version of an article in another language."""

    id: Id = Field(description="Never changes.")
    slug: Slug = Field(description="Its present name in addresses.")
    headline: str = Field(description="In its language. Plain text.")
