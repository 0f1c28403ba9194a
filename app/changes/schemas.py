"""What the log and the histories look like on the wire, and the parameters by which they are read."""

from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import MISSING, AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.changes.entry_filters import EntryFilter, tag_names
from app.changes.log import LONGEST_ACTOR
from app.changes.models import Noun, Op
from app.changes.views import DRAFTS
from app.web.fields import INSTANT, Instant, Line, Slug
from app.web.queries import Parameters, comma_list, conflict, if_asked, whole_number
from app.web.spans import InstantOrDay, check_plus, moment
from app.web.spans import since as first_moment

LAST_POSITION = 2**63 - 1
WholeNumber = Annotated[int, BeforeValidator(whole_number)]


def drafts_or_instant(value: str) -> str:
    """The value itself. Raises: ValueError, for neither `drafts` nor an instant that exists."""
    if value == DRAFTS:
        return value
    if not INSTANT.fullmatch(value):
        check_plus(value)
        detail = "is neither `drafts` nor an instant with an offset, such as 2025-01-22T12:35:00Z"
        raise PydanticCustomError("not_a_perspective", detail)
    moment(value)
    return value


def _no_instant(value: object) -> object:
    """The value itself. Raises: PydanticCustomError, for an instant."""
    if isinstance(value, str) and INSTANT.fullmatch(value):
        detail = (
            "is an instant, and this is shown as it is now: as of an instant in the past single articles and notes can"
            " be told, as of one to come lists of articles too"
        )
        raise PydanticCustomError("not_told", detail, {"allowed": [DRAFTS]})
    return value


# The perspective of what is not kept as it was, and has no release to come.
DraftsOnly = Annotated[Literal["drafts"], BeforeValidator(_no_instant)]


class Drafts(Parameters):
    """Whether a list is to show what the desk sees."""

    perspective: DraftsOnly | None = Field(
        default=None,
        description="`drafts`: the newest state of everything. Needs a key with `drafts:read`.",
        examples=["drafts"],
    )


class Seen(Parameters):
    """Through whose eyes one object is to be seen."""

    perspective: Annotated[str, AfterValidator(drafts_or_instant)] | None = Field(
        default=None,
        description="`drafts`: its newest state. An instant: what the public saw then, or will see then. `drafts` and"
        " instants to come need a key with `drafts:read`.",
        examples=["drafts"],
    )


class WriteWarning(BaseModel):
    """Something that was not stored as it was sent."""

    pointer: str = Field(description="JSON pointer (RFC 6901) into the body that was sent.")
    detail: str = Field(description="What was not stored as it was sent.")


class RevisionOut(BaseModel):
    """One state of an object."""

    model_config = ConfigDict(json_schema_extra=if_asked("actor"))

    revision: int = Field(ge=1, description="Its number.")
    at: Instant = Field(description="When it was saved.")
    op: Op = Field(description="What was done to the object.")
    kind: str | None = Field(description="correction, clarification, typo or erasure, where it was one.")
    note: str | None = Field(description="What was said of it to the public.")
    actor: str | MISSING | None = Field(default=MISSING, description="Name of the key that did it; for the desk alone.")


class DiffQuery(Drafts):
    """Which two revisions are to be compared."""

    from_: WholeNumber = Field(alias="from", ge=1, le=2**31 - 1, description="The older revision.", examples=[1])
    to: WholeNumber = Field(ge=1, le=2**31 - 1, description="The newer revision.", examples=[2])


class RevisionPage(BaseModel):
    """States of an object, newest first."""

    items: list[RevisionOut]
    next: str | None = Field(description="Cursor of the older ones; null at the first revision.")


class RevisionQuery(Drafts):
    """Which stretch of an object's history."""

    limit: WholeNumber = Field(default=20, ge=1, le=100, description="At most so many revisions.", examples=[10])
    cursor: str | None = Field(default=None, description="From `next` of the history of the same object.")


class StreamQuery(Drafts):
    """From where on the log is to be followed, and whose."""

    # The bounds stand before the reading of the text: behind it they would be no keywords of JSON Schema.
    after: Annotated[int, Field(ge=0, le=LAST_POSITION), BeforeValidator(whole_number)] | None = Field(
        default=None, description="The last position you have.", examples=[2]
    )


class ChangesQuery(Drafts):
    """Which stretch of the log, which entries of it, and whether to wait for them."""

    after: WholeNumber = Field(
        default=0, ge=0, le=LAST_POSITION, description="The last position you have; 0 for all there is.", examples=[2]
    )
    limit: WholeNumber = Field(default=100, ge=1, le=1000, description="At most so many entries.", examples=[10])
    wait: WholeNumber = Field(
        default=0, ge=0, le=30, description="Seconds to wait for an entry, where there is none yet.", examples=[15]
    )
    actor: Annotated[Line, Field(max_length=LONGEST_ACTOR)] | None = Field(
        default=None,
        description="Done by this actor, as entries name it. With `perspective=drafts` only.",
        examples=["import"],
    )
    noun: Annotated[tuple[Noun, ...], comma_list(Noun)] | None = Field(
        default=None, description="Of any of these kinds of objects, comma-separated.", examples=["article,note"]
    )
    tag: Annotated[tuple[str, ...], comma_list(Slug)] | None = Field(
        default=None,
        description="Any of these tags, comma-separated: changes of a tag itself, and of the articles and notes that"
        " stood or stand under it or its descendants, as their `keys` say.",
        examples=["trams"],
    )
    since: InstantOrDay | None = Field(
        default=None,
        description="Done then or later: an instant with an offset, or a day in the site's zone.",
        examples=["2024-01-01"],
    )

    def entry_filter(self, zone: ZoneInfo) -> EntryFilter | None:
        """Which entries are asked for; None for all. `zone`: where bare dates are read."""
        names = tuple(sorted(tag_names(self.tag or ())))
        selected = EntryFilter(self.actor, self.noun or (), names, first_moment(self.since, zone))
        return None if selected == EntryFilter() else selected

    @model_validator(mode="after")
    def _knows_actors(self) -> Self:
        if self.actor is not None and self.perspective != DRAFTS:
            raise conflict("actor", "is known in the desk's view alone: add `perspective=drafts`")
        return self


class StreamedChange(BaseModel):
    """The data of an event of the stream: an entry of the log, whose position is the `id` of the event."""

    model_config = ConfigDict(json_schema_extra=if_asked("actor"))

    at: Instant = Field(description="When it was done.")
    op: Op = Field(description="What was done.")
    noun: Noun = Field(description="To what kind of object.")
    ref: str = Field(description="Id of an article, slug of the others.")
    revision: int = Field(ge=1, description="That of the object after it.")
    keys: list[str] = Field(description="The objects and lists that it touches, before and after: what to purge.")
    reason: str | None = Field(description="Why it was withdrawn, in a word.")
    actor: str | MISSING = Field(
        default=MISSING,
        description="Who did it: the first 200 characters of the name of the key; `ticker`, `import`, `import page` or"
        " `migration` for what the server and its commands do. For the desk alone.",
    )


class ChangeEntry(StreamedChange):
    """One entry of the log: what happened to which object."""

    seq: int = Field(ge=1, description="Its position: one more than that of the entry before.")
    document: dict[str, Any] | None = Field(
        description="The object as `GET` shows it; null where it is gone (deleted, withdrawn, unpublished), and in"
        " earlier entries of what is gone now."
    )


class ChangePage(BaseModel):
    """A stretch of the log, oldest first."""

    model_config = ConfigDict(json_schema_extra=if_asked("after"))

    items: list[ChangeEntry]
    head: int = Field(ge=0, description="The last position there is: the copy is complete when it has come so far.")
    after: int | MISSING = Field(
        default=MISSING, ge=0, description="Of a filtered log: how far it was looked through. Go on from there."
    )
