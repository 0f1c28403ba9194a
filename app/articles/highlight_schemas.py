"""Where the words of a query stand in an article, on the wire."""

from pydantic import MISSING, BaseModel, Field

from app.web.highlights import BlockHighlight, Highlight


class ArticleHighlights(BaseModel):
    """Where the words of `q` stand, by field. They do not overlap."""

    headline: list[Highlight] = Field(description="Within the headline.")
    kicker: list[Highlight] = Field(description="Within the kicker.")
    standfirst: list[Highlight] = Field(description="Within the standfirst.")
    body: list[BlockHighlight] = Field(description="Within the blocks, in reading order.")


class ArticleHighlighted(BaseModel):
    """What `highlight` adds to an article in a list."""

    highlights: ArticleHighlights | MISSING = Field(default=MISSING, description="Asked for by `highlight=true`.")
    snippet_html: str | MISSING | None = Field(
        default=MISSING, description="A part of the text as inline HTML, with `mark` around what was sought."
    )
