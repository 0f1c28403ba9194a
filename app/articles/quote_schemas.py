"""What quotes look like on the wire."""

from typing import Annotated

from pydantic import MISSING, AfterValidator, BaseModel, Field

from app.articles.query_schemas import Slugs
from app.articles.schemas import ArticleCard
from app.changes.schemas import Drafts, WholeNumber
from app.content.blocks import BlockId, InlineHtml
from app.web.fields import Id, Instant, Language, Slug, Text
from app.web.queries import chosen_names, comma_list, names_schema
from app.web.spans import period

INCLUDABLE = ("articles",)


class QuoteQuery(Drafts):
    """Which quotes, and what beside them."""

    source: Slugs | None = Field(
        default=None, description="Said by any of these sources, comma-separated.", examples=["lev-shchedryk"]
    )
    q: str | None = Field(
        default=None,
        description="Words of the quote itself, in any order and any of their forms, in Ukrainian and English: as `q`"
        " of articles, without `headline:`.",
        examples=["bridge"],
    )
    language: Annotated[tuple[str, ...], comma_list(Language)] | None = Field(
        default=None, description="In any of these languages, comma-separated.", examples=["en"]
    )
    date: Annotated[str, AfterValidator(period)] | None = Field(
        default=None, description="Published in that year, month or day, in the site's zone.", examples=["2025"]
    )
    include: Annotated[str, names_schema(INCLUDABLE)] | None = Field(
        default=None, description="`articles`: the cards of the stories, in `included`.", examples=["articles"]
    )
    limit: WholeNumber = Field(default=20, ge=1, le=100, description="At most so many quotes.", examples=[5])
    cursor: str | None = Field(default=None, description="From `next` of the same list, with the same filters.")

    def includes(self) -> tuple[str, ...]:
        """Raises: Invalid."""
        return chosen_names(self.include, INCLUDABLE, "include")


class QuoteOut(BaseModel):
    """A quote, and the story in which it stands."""

    article: Id = Field(description="Id of the story in which it stands.")
    block: BlockId = Field(description="Id of its block in the body.")
    html: InlineHtml
    text: str = Field(description="The same as plain text.")
    source: Slug | None = Field(description="Who said it.")
    attribution: Text | None = Field(description="The speaker as written at this place.")
    verbatim: bool = Field(description="The exact words; false for indirect speech.")
    language: Language = Field(description="Of the quote: the story's, where the quote has none of its own.")
    published_at: Instant | None = Field(description="Of the story.")


class QuoteIncluded(BaseModel):
    """What `include` asked for, each object once."""

    articles: dict[Id, ArticleCard] | MISSING = Field(default=MISSING, description="By id: the stories of the quotes.")


class QuotePage(BaseModel):
    """Quotes, the newest story first; of one story in reading order."""

    items: list[QuoteOut]
    next: str | None = Field(description="Cursor of the next page; null on the last.")
    included: QuoteIncluded
