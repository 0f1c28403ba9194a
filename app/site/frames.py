"""Reads what stands around every page: the sections, and the languages that there are stories in."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from pydantic_core import from_json

from app.changes.views import EVERYONE
from app.db import Reader
from app.formats.addresses import FEEDS
from app.formats.story import Site, in_language
from app.lists import store as lists
from app.site import addresses
from app.site.rendering import Alternate, Frame, SectionLink
from app.site.wording import SPOKEN
from app.tags import store as tags
from app.tags.schemas import TagQuery

_SECTIONS: Final = TagQuery.model_validate({"type": "section", "limit": 100})
ALL: Final = "articles"


class Reading(NamedTuple):
    """A frame, and the lists that choosing its language depends on."""

    frame: Frame
    names: list[str]


async def frame_in(read: Reader, site: Site, language: str) -> Frame:
    """The frame of a page in this language. Cost: one statement."""
    sections = [from_json(item) for item in (await tags.page(read, EVERYONE, _SECTIONS, None)).items]
    return Frame(site.name, language, [_link(section, language) for section in sections])


def _link(section: dict[str, Any], language: str) -> SectionLink:
    label = in_language(section["labels"], language)
    return SectionLink(section["slug"], label, addresses.of_tag(section, language), section["parent"] is None)


async def frame_of_list(read: Reader, site: Site, language: str | None) -> Reading:
    """The frame of a list: in its language, or in that of most stories. Cost: one statement, two without a language."""
    if language is not None:
        return Reading(await frame_in(read, site, language), [])
    languages = [*await lists.languages(read, ALL)]
    return Reading(await frame_in(read, site, languages[0] if languages else SPOKEN[0]), [ALL])


def alternates(site: Site, path: str, languages: Sequence[str]) -> tuple[Alternate, ...]:
    """A list in each of these languages, and in all of them."""
    versions = [Alternate(site.url + addresses.narrowed(path, language), language) for language in languages]
    return (*versions, Alternate(site.url + path, "x-default"))


def feeds(site: Site, title: str, language: str | None, of: str = "articles", **filters: str) -> tuple[Alternate, ...]:
    """The feeds of the articles that these filters of the API select, or of a collection, in each format."""
    return tuple(
        Alternate(
            site.url + addresses.narrowed(f"/feeds/{of}.{ending}", language, **filters),
            media_type=media_type,
            title=f"{site.name}: {title}",
        )
        for ending, media_type in FEEDS.items()
    )
