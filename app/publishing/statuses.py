"""Under which heading the desk finds what is not public, and which headings `status` and `working_copy` ask for."""

from collections.abc import Collection, Sequence
from typing import Annotated, Final, NamedTuple, get_args

from pydantic import Field

from app.changes.models import DESK, PUBLIC, View
from app.changes.views import DRAFTS
from app.content.lifecycle import Status
from app.web.queries import Flag, Parameters, comma_list, conflict

PUBLISHED: Final = "published"
# Each state that only the desk sees stands in one list: that of its status, unless something else of it is public.
DRAFT_COPY: Final = "working-copy"
SCHEDULED_COPY: Final = "scheduled-working-copy"
# The order of what is scheduled by when it is due.
DUE_FIRST: Final = "publish_at"
OWN_HEADINGS: Final = tuple(status for status in get_args(Status) if status != PUBLISHED)
HEADINGS: Final = (*OWN_HEADINGS, DRAFT_COPY, SCHEDULED_COPY)


def heading(status: Status, *, is_working_copy: bool = False) -> str | None:
    """The last part of the name of the desk's list for such a state: `articles:status:draft`.

    None for what is published: it is found in the public view, and needs no list of its own.
    """
    if is_working_copy:
        return SCHEDULED_COPY if status == "scheduled" else DRAFT_COPY
    return None if status == PUBLISHED else status


class WantedStates(NamedTuple):
    """States that the desk asks for: those under these headings, and what is public without another newest state."""

    headings: tuple[str, ...] = HEADINGS
    published: bool = True

    @property
    def views(self) -> tuple[View, ...]:
        """Where they are found."""
        return (*((DESK,) if self.headings else ()), *((PUBLIC,) if self.published else ()))

    @property
    def is_all(self) -> bool:
        return self.published and self.headings == HEADINGS

    @property
    def other_headings(self) -> tuple[str, ...]:
        return tuple(each for each in HEADINGS if each not in self.headings)


class DeskFilters(Parameters):
    """Filters by what only the desk knows. What inherits them calls `check_desk_filters`."""

    status: Annotated[tuple[str, ...], comma_list(Status)] | None = Field(
        default=None,
        description="Any of these is the status of the newest state, comma-separated. `draft` lists no working copies,"
        " `scheduled` those that are due. With `perspective=drafts` only.",
        examples=["draft,scheduled"],
    )
    working_copy: Flag | None = Field(
        default=None,
        description="Whether something else of it is public; notes have no working copies. With `perspective=drafts`"
        " only.",
        examples=[False],
    )

    def wanted_states(self) -> WantedStates:
        """What `status` and `working_copy` ask for; everything where neither is given."""
        asked: Sequence[str] = get_args(Status) if self.status is None else self.status
        headings = {*asked}
        if "scheduled" in headings:
            headings.add(SCHEDULED_COPY)
        if self.status is None:
            headings.add(DRAFT_COPY)
        if self.working_copy is not None:
            headings &= {DRAFT_COPY, SCHEDULED_COPY} if self.working_copy else {*OWN_HEADINGS, PUBLISHED}
        return WantedStates(tuple(each for each in HEADINGS if each in headings), PUBLISHED in headings)

    def check_desk_filters(self, perspective: str | None, sort: str, desk_sorts: Collection[str]) -> None:
        """Raises: PydanticCustomError, where what the desk alone may ask does not fit; `desk_sorts` are such orders."""
        if perspective != DRAFTS:
            for name in ("status", "working_copy"):
                if getattr(self, name) is not None:
                    raise conflict(name, "is known in the desk's view alone: add `perspective=drafts`")
            if sort in desk_sorts:
                raise conflict("sort", f"is `{sort}` in the desk's view alone: add `perspective=drafts`")
        if self.working_copy and self.status is not None and "scheduled" not in self.status:
            raise conflict(
                "working_copy", "asks for working copies, and of these `status` lists `scheduled` ones alone"
            )
        if sort == DUE_FIRST and self.status != ("scheduled",):
            raise conflict("sort", "is by when things are due, as scheduled ones are: add `status=scheduled`")
