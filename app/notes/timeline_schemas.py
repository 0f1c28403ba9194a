"""What the timeline looks like on the wire."""

from datetime import UTC, datetime
from typing import Annotated, Final, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, Field, model_validator

from app.changes.schemas import Drafts, WholeNumber
from app.notes.facts import beginning
from app.notes.schemas import Period
from app.web.fields import Id, Language, Slug, Text
from app.web.queries import check_number_of_values, comma_list
from app.web.spans import FIRST, LAST, period, within

Slugs = Annotated[tuple[str, ...], comma_list(Slug)]
# Dates of facts are of no zone.
_NO_ZONE: Final = ZoneInfo("UTC")


class TimelineQuery(Drafts):
    """Which stretch of the timeline."""

    tag: list[Slugs] = Field(
        default=[],
        max_length=10,
        description="Facts of notes with the tag: a comma means any of, repeating means all of. A tag stands for its"
        " descendants too.",
        examples=[["trams"]],
    )
    source: list[Slugs] = Field(
        default=[],
        max_length=10,
        description="Facts that rest on the source, or whose note does: comma and repetition as for `tag`.",
        examples=[["kp-zgharivskyi-tramvai"]],
    )
    language: Annotated[tuple[str, ...], comma_list(Language)] | None = Field(
        default=None, description="Any of these languages, comma-separated.", examples=["en"]
    )
    q: str | None = Field(
        default=None,
        description="Words of the fact itself, in any order and any of their forms, in Ukrainian and English: as `q` of"
        " articles, without `headline:`.",
        examples=["depot"],
    )
    from_: Annotated[str, AfterValidator(period)] | None = Field(
        default=None,
        alias="from",
        description="Facts that begin in this year, month or day, or later.",
        examples=["1900"],
    )
    to: Annotated[str, AfterValidator(period)] | None = Field(
        default=None, description="Facts that begin in this year, month or day, or before.", examples=["2025-06"]
    )
    limit: WholeNumber = Field(default=20, ge=1, le=100, description="At most so many facts.", examples=[5])
    cursor: str | None = Field(default=None, description="From `next` of the same list, with the same filters.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        check_number_of_values({"tag": self.tag, "source": self.source, "language": [self.language]})
        return self

    @property
    def since(self) -> datetime:
        return FIRST if self.from_ is None else beginning(self.from_)

    @property
    def until(self) -> datetime:
        """The first moment after the last day that is asked for."""
        return LAST if self.to is None else within(self.to, _NO_ZONE)[1].astimezone(UTC)

    def list_names(self) -> list[str]:
        """The names of what a page depends on: the lists of notes of the first filter that is set.

        Under a tag stand the notes of its descendants, and which those are depends on all tags.
        """
        languages = [self.language] if self.language else []
        for kind, groups in (("tag", self.tag), ("source", self.source), ("language", languages)):
            if groups:
                return [*(f"notes:{kind}:{value}" for value in groups[0]), *(["tags"] if kind == "tag" else [])]
        return ["notes"]


class TimelineFact(BaseModel):
    """A dated fact, and where it stands."""

    on: Period = Field(description="When it began, as precisely as it is known: a day, month or year.")
    to: Period | None = Field(description="The end of a span that begins at `on`.")
    year_inferred: bool = Field(description="The year was not written at this place.")
    text: Text = Field(description="Plain text.")
    note: Slug | None = Field(description="The reference note in which it stands.")
    article: Id | None = Field(description="The story in which it stands: null, since stories have no dated facts.")
    language: Language = Field(description="Of the note.")


class TimelinePage(BaseModel):
    """A stretch of the timeline, oldest first. A fact that is dated by year or month stands at its beginning."""

    items: list[TimelineFact]
    next: str | None = Field(description="Cursor of the next page; null on the last.")
