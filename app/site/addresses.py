"""Where the reader's pages are, and a site whose stories link to them."""

import re
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import quote, urlencode

from app.formats.story import Site
from app.site import dates
from app.web.fields import LANGUAGE

# A front, a search, or a page about something.
_PAGE: Final = re.compile(
    rf"/(?:{LANGUAGE.pattern})?|/search|/(?:stories|sections|tags|authors|sources|notes|archive|collections)/.+",
    re.DOTALL,
)


def is_page(path: str) -> bool:
    """Whether a path has the form of a page of content."""
    return _PAGE.fullmatch(path) is not None


def of(pages: str, slug: str, language: str | None = None) -> str:
    """The path of one page, narrowed to a language where one is given: `of("tags", "trams", "uk")`."""
    return narrowed(f"/{pages}/{quote(slug)}", language)


def narrowed(path: str, language: str | None, **parameters: str | None) -> str:
    """A path with the parameters that have a value."""
    query = urlencode({name: value for name, value in {"language": language, **parameters}.items() if value})
    return f"{path}?{query}" if query else path


def of_tag(tag: dict[str, Any], language: str | None = None) -> str:
    """The page of a tag: sections have their own."""
    return of("sections" if tag["type"] == "section" else "tags", tag["slug"], language)


@dataclass(frozen=True, slots=True)
class ReaderSite(Site):
    """The site as its own pages show it: they link to each other by path, on whatever host they are opened."""

    @classmethod
    def within(cls, site: Site) -> Self:
        return cls(site.name, "", "", site.zone, has_pages=True, resizer=site.resizer)

    def page(self, noun: str, ref: str) -> str | None:
        return of(f"{noun}s", ref)

    def day(self, on: str, language: str) -> str:
        return dates.day(on, language)
