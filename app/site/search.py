"""What the search page shows: stories that have the words of a query, and how many of them have which values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from markupsafe import Markup, escape
from pydantic_core import from_json

from app.articles import listing, mistyped
from app.articles.facets import count_facets
from app.articles.query_schemas import RELEVANCE, ArticleQuery
from app.articles.search import WORD_LISTS, query_of_articles
from app.changes import views
from app.changes.views import EVERYONE
from app.db import Reader
from app.formats.story import Site, in_language
from app.paging import Position
from app.site import dates
from app.site.behind import ApiRequest
from app.site.lists import ARTICLES, ON_PAGE
from app.site.teasers import Json, Teaser, teaser
from app.site.wording import language_name
from app.web.cursors import Cursors, list_name
from app.words.queries import QueryError, parse
from app.words.tokens import outermost, tokens

PATH: Final = "/search"
# The parameters that narrow a search, by the facet whose values they take. Pages show them in this order.
NARROWED_BY: Final = {"section": "section", "tag": "tag", "source": "source", "language": "language", "month": "date"}
# The order of parameters in addresses, so that each search has one.
_ORDER: Final = ("q", *NARROWED_BY.values(), "sort", "cursor")
MOST_VALUES: Final = 8
_REPEATABLE: Final = {"tag", "source"}


class FacetLink(NamedTuple):
    """A value of a facet: the search with it, or without it where it holds already.

    `number` is how many stories have it: "2000+" where not all were counted, empty where none were.
    """

    name: str
    value: str
    label: str
    address: str
    number: str
    is_set: bool


@dataclass(frozen=True, slots=True)
class Search:
    """A search as its page is asked for: parameters of the API, each with one value. None of them is empty."""

    parameters: Mapping[str, str]

    def address(self, **changed: str | None) -> str:
        """The first page of this search with these parameters changed; without those that are None."""
        given = {**self.parameters, "cursor": None, **changed}
        return ApiRequest.to("", PATH, **{name: given.get(name) for name in _ORDER}).address

    @property
    def is_ranked(self) -> bool:
        return "q" in self.parameters and "sort" not in self.parameters

    @property
    def kept(self) -> dict[str, str]:
        """What a search for other words keeps of this one."""
        return {name: value for name, value in self.parameters.items() if name not in {"q", "cursor"}}

    def query(self) -> ArticleQuery:
        """The same as a request to the API: with words by relevance, unless another order is asked for."""
        values: dict[str, Any] = {
            name: [value] if name in _REPEATABLE else value for name, value in self.parameters.items()
        }
        if "q" in values:
            values = {"sort": RELEVANCE, **values, "highlight": True}
        if "cursor" not in values:
            values["facets"] = ",".join(NARROWED_BY)
        return ArticleQuery.model_validate({**values, "limit": ON_PAGE})

    def request(self, origin: str) -> ApiRequest:
        query = self.query()
        added = {"sort": query.sort, "highlight": "true"} if query.q is not None else {}
        return ApiRequest.to(origin, ARTICLES, **{**added, **self.parameters, "facets": query.facets, "limit": ON_PAGE})


@dataclass(frozen=True, slots=True)
class Results:
    """One page of what was found. `meant` is the query that would find something where this one finds nothing."""

    teasers: list[Teaser]
    facets: dict[str, list[FacetLink]]
    meant: str | None
    newer: str | None
    older: str | None
    names: list[str]


async def results(
    read: Reader, secret: bytes, site: Site, search: Search, sections: Mapping[str, str], language: str
) -> Results:
    """One page of the search, in the words of a language. `sections` are names of sections by slug.

    On the first page facets are counted. On others each has the value that is set, if one is.
    Cost: that of `listing.newest` and `count_facets`, and one statement for the names of values.
    Raises: Invalid, for a broken query, or a cursor of another search; Unavailable, while the index is being made.
    """
    query = search.query()
    cursors = Cursors(secret, list_name(ARTICLES, query.filters()))
    position = cursors.read(query.cursor)
    words = None if query.q is None else await query_of_articles(read, EVERYONE, query.q)
    page = await listing.newest(read, EVERYONE, query, position, site.zone, words=words, highlight=query.highlight)
    names = [*query.list_names(), *(WORD_LISTS if words else ())]
    meant: str | None = None
    if query.q is not None and position is None and page.is_all_empty:
        meant = await mistyped.did_you_mean(read, EVERYONE, query, query.q, site.zone)
        names += mistyped.PUBLIC_LISTS
    members: Mapping[str, Mapping[str, Any]] = {}
    if facet_names := query.facet_names():
        facets = await count_facets(read, EVERYONE, query, facet_names, site.zone, words=words)
        members = facets.members
        names += facets.names
    links = _facet_links(search, members)
    labels, named = await _labels(read, links, sections, language)

    def beside(position: Position | None) -> str | None:
        return None if position is None else search.address(cursor=cursors.write(position))

    return Results(
        teasers=[_teaser(from_json(item), sections, site) for item in page.items],
        facets={
            name: [link._replace(label=labels.get((name, link.value), link.value)) for link in of_facet]
            for name, of_facet in links.items()
            if of_facet
        },
        meant=meant,
        newer=beside(page.prev),
        older=beside(page.next),
        names=[*names, *named],
    )


def _facet_links(search: Search, members: Mapping[str, Mapping[str, Any]]) -> dict[str, list[FacetLink]]:
    """By facet: the value that is set, then the most frequent others. Labels are not known yet."""
    links: dict[str, list[FacetLink]] = {}
    for name, parameter in NARROWED_BY.items():
        facet = members.get(name, {"values": [], "exact": True})
        more = "" if facet["exact"] else "+"
        numbers = {each["value"]: f"{each['count']}{more}" for each in facet["values"]}
        chosen = search.parameters.get(parameter)
        of_facet = []
        if chosen is not None:
            without = search.address(**{parameter: None})
            of_facet.append(FacetLink(name, chosen, chosen, without, numbers.pop(chosen, ""), True))
        for value, number in [*numbers.items()][: MOST_VALUES - len(of_facet)]:
            of_facet.append(FacetLink(name, value, value, search.address(**{parameter: value}), number, False))
        links[name] = of_facet
    return links


async def _labels(
    read: Reader, links: Mapping[str, Sequence[FacetLink]], sections: Mapping[str, str], language: str
) -> tuple[dict[tuple[str, str], str], list[str]]:
    """(labels by facet and value, names of the objects that they are of). Cost: one statement."""
    shown = {name: [link.value for link in links[name]] for name in NARROWED_BY}
    cards = await views.cards(read, EVERYONE, {"tag": shown["tag"], "source": shown["source"]})
    labels = {("section", value): sections.get(value, value) for value in shown["section"]}
    labels |= {("language", value): language_name(value) for value in shown["language"]}
    labels |= {("month", value): dates.day(value, language) for value in shown["month"]}
    labels |= {("tag", slug): in_language(from_json(card)["labels"], language) for slug, card in cards["tag"].items()}
    labels |= {
        ("source", slug): in_language(from_json(card)["names"], language) for slug, card in cards["source"].items()
    }
    return labels, [f"{noun}:{slug}" for noun in cards for slug in shown[noun]]


def _teaser(article: Json, sections: Mapping[str, str], site: Site) -> Teaser:
    """With what was sought marked, where it was."""
    shown = teaser(article, sections, site)
    if "highlights" not in article:
        return shown
    snippet = article["snippet_html"]
    return replace(
        shown,
        headline=_marked(article["headline"], article["highlights"]["headline"]),
        excerpt=None if snippet is None else Markup(snippet),  # noqa: S704  (inline HTML, escaped where it is made)
    )


def _marked(text: str, ranges: Sequence[Mapping[str, int]]) -> Markup:
    """The text as HTML with `mark` around ranges of its code points, which do not overlap."""
    pieces, end = [], 0
    for marked in ranges:
        start, before = marked["start"], end
        end = marked["end"]
        pieces += [escape(text[before:start]), Markup("<mark>%s</mark>") % text[start:end]]
    return Markup("").join([*pieces, escape(text[end:])])


class BrokenQuery(NamedTuple):
    """A query that was refused: what stands before the place of the fault, and from there on."""

    before: str
    rest: str
    # Its words alone, which can be sought; None where it has none.
    plain: str | None


def broken_query(text: str) -> BrokenQuery | None:
    """Where a query is broken; None where it can be read. The dictionaries must be loaded."""
    try:
        parse(text)
    except QueryError as error:
        plain = " ".join(token.text for token in outermost(tokens(text)) if token.text != "OR")
        return BrokenQuery(text[: error.offset], text[error.offset :], plain if _is_query(plain) else None)
    return None


def _is_query(text: str) -> bool:
    try:
        parse(text)
    except QueryError:
        return False
    return True
