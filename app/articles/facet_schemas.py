"""Which facets a list of articles has, and what they look like on the wire."""

from typing import Final, Literal, NamedTuple

from pydantic import BaseModel, Field

MOST_VALUES: Final = 20


class ListedIn(NamedTuple):
    """A facet whose values are the ends of names of lists, `articles:kind:value`: what `tag=` and its like filter by.

    `sections` None: all of these; True or False: only those that are, or are not, the slugs of sections.
    """

    kind: str
    sections: bool | None = None


# By name. A facet of lists of its own needs a line here, and nothing else.
FACETS: Final[dict[str, ListedIn | Literal["language", "month"]]] = {
    "tag": ListedIn("tag", sections=False),
    "section": ListedIn("tag", sections=True),
    "source": ListedIn("source"),
    "author": ListedIn("source.author"),
    "genre": ListedIn("genre"),
    "language": "language",
    "month": "month",
}


class FacetValue(BaseModel):
    """A value, and how many articles have it."""

    value: str = Field(
        description="What the filter of this name takes; a month is what `date` takes, an author what `source` takes"
        " with `role=author`."
    )
    count: int = Field(ge=1, description="The size of the list with this value in place of the facet's own filter.")


class Facet(BaseModel):
    """The values that most articles of a list have, most first, then by value."""

    values: list[FacetValue] = Field(max_length=MOST_VALUES, description=f"At most {MOST_VALUES}.")
    exact: bool = Field(description="False where not all articles of the list were counted, but the newest of them.")
