"""Filters by date of lists of what can be published, and the bounds that they ask for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from app.web.queries import Parameters, conflict
from app.web.spans import InstantOrDay, period, since, until, within, zone_name

# What may bound the dates of a list, as parameters of its statements.
BOUNDS: Final = ("published_from", "published_before", "updated_since", "modified_since")


class DateFilters(Parameters):
    """When something was published or changed. What inherits them calls `check_dates`."""

    date: Annotated[str, AfterValidator(period)] | None = Field(
        default=None, description="Published in that year, month or day.", examples=["2025-03"]
    )
    published_from: InstantOrDay | None = Field(
        default=None,
        description="Published then or later: an instant with an offset, or a day.",
        examples=["2025-03-28T06:00:00Z"],
    )
    published_to: InstantOrDay | None = Field(
        default=None,
        description="Published then or before: an instant with an offset, or a day, which is meant whole.",
        examples=["2025-01-22"],
    )
    updated_since: InstantOrDay | None = Field(
        default=None,
        description="Substantially changed then or later: an instant with an offset, or a day.",
        examples=["2026-09-01"],
    )
    modified_since: InstantOrDay | None = Field(
        default=None,
        description="Changed in any way then or later: an instant with an offset, or a day.",
        examples=["2026-09-01"],
    )
    tz: Annotated[str, AfterValidator(zone_name)] | None = Field(
        default=None,
        description="IANA zone in which bare dates are read; the site's by default.",
        examples=["Europe/Kyiv"],
    )

    def check_dates(self) -> None:
        """Raises: PydanticCustomError, for dates that do not go together, and for a zone without a date."""
        if self.date is not None and (self.published_from or self.published_to):
            raise conflict("date", "cannot stand together with `published_from` or `published_to`")
        dated = (self.date, self.published_from, self.published_to, self.updated_since, self.modified_since)
        if self.tz is not None and not any(dated):
            raise conflict("tz", "says how dates are read, and there is none")

    def bounds(self, site_zone: ZoneInfo) -> Mapping[str, datetime]:
        """Those of BOUNDS that the filters ask for; bare dates are read in their zone, or the site's."""
        zone = ZoneInfo(self.tz) if self.tz else site_zone
        start, end = since(self.published_from, zone), until(self.published_to, zone)
        if self.date:
            start, end = within(self.date, zone)
        moments = (start, end, since(self.updated_since, zone), since(self.modified_since, zone))
        return {name: at for name, at in zip(BOUNDS, moments, strict=True) if at is not None}
