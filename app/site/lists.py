"""Lists of stories as pages show them: a front, and the stories of a tag, a source, a note or a month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import from_json

from app.articles import listing
from app.articles.query_schemas import ArticleQuery
from app.changes.views import EVERYONE
from app.collections import items
from app.db import Reader
from app.errors import Gone, NotFound
from app.formats.story import Site
from app.site import addresses
from app.site.behind import ApiRequest
from app.site.rendering import SectionLink
from app.site.teasers import Json, Teaser, teaser, teasers
from app.web.cursors import Cursors, list_name

ARTICLES: Final = "/v1/articles"
ON_PAGE: Final = 20
# A front is cut from so many of the newest stories; so many stand above the sections, and so many in each.
ON_FRONT: Final = 60
ABOVE: Final = 6
# The collection that says what stands above the sections.
FRONT: Final = "front"
IN_STRIP: Final = 4
IN_OTHER_LANGUAGES: Final = 4


@dataclass(frozen=True, slots=True)
class Strip:
    """The newest stories of one section on a front."""

    section: SectionLink
    teasers: list[Teaser]


@dataclass(frozen=True, slots=True)
class Front:
    """A front page: the stories of its collection, else the newest, those of each section, some in other languages.

    What the collection has more than stand `above` are `more`.
    """

    latest: Teaser | None
    above: list[Teaser]
    more: list[Teaser]
    strips: list[Strip]
    others: list[Teaser]
    behind: ApiRequest


@dataclass(frozen=True, slots=True)
class StoryList:
    """One page of a list, the addresses of the pages beside it, and what it depends on."""

    teasers: list[Teaser]
    newer: str | None
    older: str | None
    behind: ApiRequest
    names: list[str]


async def front(
    read: Reader, site: Site, sections: Sequence[SectionLink], language: str, others: Sequence[str]
) -> Front:
    """The front in a language. `others` are the languages of the strip at its end.

    Above stand the stories of the collection FRONT, else the newest. Cost: that of `items.of_collection`, and two
    statements.
    """
    labels = {section.slug: section.label for section in sections}
    newest = teasers(await _cards(read, site, language=language, limit=ON_FRONT), labels, site)
    picked = await _picked(read, site, language)
    chosen = newest[:ABOVE] if picked is None else teasers(picked, labels, site)
    shown = {story.address for story in chosen}
    below = [story for story in newest if story.address not in shown]
    strips = [
        Strip(section, of_section)
        for section in sections
        if (of_section := [story for story in below if story.section == section.slug][:IN_STRIP])
    ]
    foreign: list[Teaser] = []
    if others:
        cards = await _cards(read, site, language=",".join(others), limit=IN_OTHER_LANGUAGES)
        foreign = teasers(cards, {}, site)
    if picked is None:
        behind = ApiRequest.to(site.url, ARTICLES, language=language, limit=ON_FRONT)
    else:
        behind = ApiRequest.to(site.url, f"/v1/collections/{FRONT}/items", language=language)
    return Front(newest[0] if newest else None, chosen[:ABOVE], chosen[ABOVE:], strips, foreign, behind)


async def _picked(read: Reader, site: Site, language: str) -> list[str] | None:
    """The stories of the collection FRONT in this language; None where it has none, or is not public."""
    try:
        stories = await items.of_collection(read, EVERYONE, FRONT, (language,), site.zone)
    except (NotFound, Gone):
        return None
    return stories.documents or None


async def _cards(read: Reader, site: Site, **parameters: Any) -> list[str]:
    query = ArticleQuery.model_validate(parameters)
    return (await listing.newest(read, EVERYONE, query, None, site.zone)).items


async def collected(
    read: Reader, site: Site, slug: str, language: str | None, labels: Mapping[str, str]
) -> tuple[Json, StoryList]:
    """(the collection, its stories in the language). Cost: that of `items.of_collection`. Raises: Gone, NotFound."""
    shown = await items.of_collection(read, EVERYONE, slug, (language,) if language else None, site.zone)
    behind = ApiRequest.to(site.url, f"/v1/collections/{slug}/items", **({"language": language} if language else {}))
    listed = StoryList(teasers(shown.documents, labels, site), None, None, behind, shown.names)
    return from_json(shown.collection), listed


async def stories(
    read: Reader,
    secret: bytes,
    site: Site,
    path: str,
    filters: Mapping[str, str],
    *,
    language: str | None,
    cursor: str | None,
    labels: Mapping[str, str],
    quotes_of: str | None = None,
) -> StoryList:
    """One page of the articles that the filters of the API select; `path` is where the list is shown.

    Its cursors are those of the API. With `quotes_of` a source, stories come with what they quote of it.
    Cost: that of `listing.newest`. Raises: Invalid, for a cursor of another list.
    """
    given = {**filters, **({"language": language} if language else {})}
    values: dict[str, Any] = {
        name: [value] if name in {"tag", "source", "note"} else value for name, value in given.items()
    }
    query = ArticleQuery.model_validate({**values, "limit": ON_PAGE})
    cursors = Cursors(secret, list_name(ARTICLES, query.filters()))
    position = cursors.read(cursor)
    page = await listing.newest(read, EVERYONE, query, position, site.zone, with_body=quotes_of is not None)

    def beside(position: Any) -> str | None:
        return position and addresses.narrowed(path, language, cursor=cursors.write(position))

    return StoryList(
        teasers=[_teaser(from_json(item), labels, site, quotes_of) for item in page.items],
        newer=beside(page.prev),
        older=beside(page.next),
        behind=ApiRequest.to(site.url, ARTICLES, **given, limit=ON_PAGE, cursor=cursor),
        names=query.list_names("article"),
    )


def _teaser(article: Json, labels: Mapping[str, str], site: Site, quotes_of: str | None) -> Teaser:
    blocks = article.get("body", ())
    quotes = [block for block in blocks if block["type"] == "quote" and block["source"] == quotes_of]
    return teaser(article, labels, site, quotes)
