"""What the log's readings look like on the wire."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from app.changes.models import Op
from app.web.fields import Instant
from app.web.pages import Parameters, whole_number


class RevisionOut(BaseModel):
    """One state of an object that was public."""

    revision: int = Field(ge=1)
    at: Instant = Field(description="When it was saved.")
    op: Op = Field(description="What was done to the object.")
    kind: str | None = Field(description="correction, clarification or typo, where it was one.")
    note: str | None = Field(description="What was said of it to the public.")


class Revisions(BaseModel):
    """States of an object, newest first."""

    items: list[RevisionOut]
    next: str | None = Field(description="Cursor of the older ones; null at the first revision.")


class RevisionQuery(Parameters):
    """Which stretch of an object's history."""

    limit: Annotated[int, BeforeValidator(whole_number)] = Field(
        default=20, ge=1, le=100, description="At most so many revisions.", examples=[10]
    )
    cursor: str | None = Field(default=None, description="From `next` of the history of the same object.")
