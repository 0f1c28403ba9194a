"""The timeline of a tag on its page: the dated facts of the reference notes under it."""

from dataclasses import dataclass
from typing import Final

from app.changes.views import EVERYONE
from app.db import Reader
from app.formats.story import Site
from app.notes import timeline
from app.notes.timeline_schemas import TimelineQuery
from app.site import addresses, dates
from app.site.behind import ApiRequest

# A page shows the first so many facts, and where all of them are.
ON_PAGE: Final = 12


@dataclass(frozen=True, slots=True)
class TimelineFact:
    """A fact as the page shows it: `on` for machines, `days` for people, and the address of the note it stands in."""

    on: str
    days: str
    text: str
    note: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The first facts, oldest first. `request` gives them and those behind them, where `has_more`."""

    facts: list[TimelineFact]
    has_more: bool
    request: ApiRequest
    names: list[str]


async def timeline_of(read: Reader, site: Site, tag: str, language: str) -> Timeline:
    """The timeline of a tag with its descendants, in one language. Cost: that of `timeline.page`."""
    query = TimelineQuery.model_validate({"tag": [tag], "language": language, "limit": ON_PAGE})
    page = await timeline.page(read, EVERYONE, query, None, None)
    facts = []
    for shown in page.facts:
        on, to = shown.fact.fields["on"], shown.fact.fields["to"]
        days = " – ".join([dates.day(date, language) for date in (on, to) if date])
        note = addresses.of("notes", shown.note)
        facts.append(TimelineFact(on, days, shown.fact.fields["text"], note))
    request = ApiRequest.to(site.url, "/v1/timeline", tag=tag, language=language)
    return Timeline(facts, page.next is not None, request, query.list_names())
