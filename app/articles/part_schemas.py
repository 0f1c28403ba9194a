"""Parts of an article on the wire, and the fields that a client sets and a document shows alike."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field

from app.content.blocks import Image, WireModel
from app.content.descriptors import Genre
from app.web.fields import Id, Instant, Language, Line, Slug, Text, Url

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
    """Where an imported article came from."""

    url: Url | None = Field(description="Its address there.")
    imported_at: Instant = Field(description="When it came in.")
    importer: Line = Field(description="What brought it in, such as `page`.")


class ArticleTranslation(BaseModel):
    """A version of an article in another language."""

    id: Id = Field(description="Never changes.")
    slug: Slug = Field(description="Its present name in addresses.")
    headline: str = Field(description="In its language. Plain text.")
