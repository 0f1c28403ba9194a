"""What the archive of articles looks like on the wire."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

from app.articles.query_schemas import in_languages
from app.changes.schemas import Drafts
from app.web.fields import Language, Slug
from app.web.queries import comma_list, conflict


class ArchiveQuery(Drafts):
    """How the archive is counted."""

    by: Literal["year", "month", "day"] = Field(
        default="month", description="The length of a period.", examples=["year"]
    )
    language: Annotated[tuple[str, ...], comma_list(Language)] | None = Field(
        default=None, description="Any of these languages, comma-separated.", examples=["en"]
    )
    section: Slug | None = Field(
        default=None, description="Only this section; not together with `tag`.", examples=["city"]
    )
    tag: Slug | None = Field(
        default=None, description="Only this tag; not together with `section`.", examples=["trams"]
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.section is not None and self.tag is not None:
            raise conflict("section", "cannot stand together with `tag`: the counters know one of them")
        return self

    def list_names(self) -> list[str]:
        """The names of the list that is counted, in these languages."""
        slug = self.section or self.tag
        return in_languages([f"articles:tag:{slug}" if slug else "articles"], self.language)


class ArchivePeriod(BaseModel):
    """How many articles were published in a year, month or day of the site's zone."""

    period: str = Field(description="What `date` takes in the list of articles.", examples=["2025-01"])
    count: int = Field(ge=1, description="How many articles were published in it.")


class ArticleArchive(BaseModel):
    """Periods in which something was published, oldest first."""

    items: list[ArchivePeriod]
