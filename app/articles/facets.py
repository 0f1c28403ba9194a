"""Facets of a list of articles: how many of them have which tag, section, source and so on.

Each facet ignores the filter of its own name, so that it says what the other values of that filter would give. Counters
answer where they hold the very numbers, however large these are. Otherwise the newest MOST_COUNTED articles that match
are counted, by the names of the lists they stand in; where there are more, the facet says that it is not exact.
Example: `tag=trams&facets=tag,section`: the tags of all articles come from counters, the sections of those about trams
are counted.

With a fallback a value has the stories of which any version has it, since that version is listed under the value.
"""

import asyncio
import collections
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Integer, Select, String, bindparam, case, func, literal, null, select

from app.articles import counting, listing
from app.articles.facet_schemas import FACETS, MOST_VALUES, ListedIn
from app.articles.filters import EVERYTHING, ArticleFilter, source_kind
from app.articles.query_schemas import ArticleFilters, in_languages
from app.articles.search import ArticleSearch
from app.changes.models import DESK, ViewEntry
from app.changes.stored import portions
from app.changes.views import VIEWS, Kind, Perspective, overlaid, visible
from app.db import SHAPES, Reader, Row, in_list, list_parameters, padded_size
from app.index.checking import CHECKED_AT_MOST
from app.lists.models import Counter, List, ListEntry
from app.lists.store import day_of, list_id
from app.tags.models import Tag
from app.words.queries import Query

MOST_COUNTED: Final = 2_000
# So many lists are looked through for the largest ones; where there are more, articles are counted instead.
MOST_LISTS: Final = 5_000
_MONTH_LENGTH: Final = len("2025-01")
_SECTIONS: Final = select(Tag.slug).where(Tag.type == literal("section", String))
_SECTION_LISTS: Final = _SECTIONS.with_only_columns(literal("articles:tag:", String).concat(Tag.slug))


class Facets(NamedTuple):
    """The facets by name, as JSON values; the names of what they depend on, in the form of the log.

    `counted` are the facets for which articles were counted; counters answered the others.
    """

    members: Mapping[str, Mapping[str, Any]]
    names: Sequence[str]
    counted: Sequence[str]


class _AskedFacet(NamedTuple):
    """A facet that is asked for. `articles` are those it counts: the list without the facet's own filter.

    `of_stories`: these are versions of stories, and a value counts once for each story.
    """

    name: str
    values: ListedIn | str
    articles: ArticleFilter
    of_stories: bool

    @property
    def list_names(self) -> list[str]:
        """Every change of one of these articles touches one of them; which slugs are sections depends on all tags."""
        names = self.articles.groups[0].names if self.articles.groups else EVERYTHING
        by_type = isinstance(self.values, ListedIn) and self.values.sections is not None
        return [*in_languages(names, self.articles.languages), *(["tags"] if by_type else [])]


class _CountedArticle(NamedTuple):
    """What an article is counted by: the names of its lists; date and language are None where no facet needs them.

    `story`, where several versions of one may be among them, is that.
    """

    lists: Sequence[str]
    listed_at: datetime | None
    language: str | None
    story: str | None


async def count_facets(
    read: Reader,
    perspective: Perspective,
    query: ArticleFilters,
    names: Sequence[str],
    site_zone: ZoneInfo,
    *,
    words: Query | None = None,
) -> Facets:
    """The facets of these names, of the list that the query asks for. `words` is what its `q` asks.

    Cost: one or two statements for each facet that counters answer; for each different list of the others those of
    `listing.newest_ids`, or of a search, and two more. With phrases CHECKED_AT_MOST articles are read in all.
    """
    zone = ZoneInfo(query.tz) if query.tz else site_zone
    articles = ArticleFilter.of(query, site_zone)
    asked = [_asked(name, query, articles) for name in names]
    members: dict[str, Mapping[str, Any]] = {}
    left: list[_AskedFacet] = []
    for facet in asked:
        has_counters = words is None and not facet.of_stories and (facet.values != "month" or zone == site_zone)
        numbers = await _from_counters(read, perspective.kind, facet) if has_counters else None
        if numbers is None:
            left.append(facet)
        else:
            members[facet.name] = _member(numbers, is_exact=True)
    members |= await _by_counting(read, perspective, left, words, zone)
    depends_on = [name for facet in asked for name in facet.list_names]
    return Facets({name: members[name] for name in names}, depends_on, [facet.name for facet in left])


def _asked(name: str, query: ArticleFilters, articles: ArticleFilter) -> _AskedFacet:
    # `role` narrows every `source`, and so what this facet counts.
    values = ListedIn(source_kind(query)) if name == "source" else FACETS[name]
    of_stories = articles.falls_back and values != "language"
    articles = replace(articles, by_updated=False, descending=True, falls_back=False)
    match values:
        case ListedIn(kind, sections):
            own = (kind, sections is True)
            groups = tuple(group for group in articles.groups if (group.kind, group.only_sections) != own)
            articles = replace(articles, groups=groups)
        case "language":
            articles = replace(articles, languages=())
        case "month":
            bounds = {name: at for name, at in articles.bounds.items() if not name.startswith("published_")}
            articles = replace(articles, bounds=bounds)
    return _AskedFacet(name, values, articles, of_stories)


def _member(numbers: Iterable[tuple[str, int]], *, is_exact: bool) -> dict[str, Any]:
    ordered = sorted(numbers, key=lambda each: (-each[1], each[0]))[:MOST_VALUES]
    return {"values": [{"value": value, "count": number} for value, number in ordered], "exact": is_exact}


# --- from counters -----------------------------------------------------------------------------------------------


async def _from_counters(read: Reader, kind: Kind, facet: _AskedFacet) -> list[tuple[str, int]] | None:
    """(value, number of articles), at least of the MOST_VALUES largest; None where no counters hold these numbers."""
    articles = facet.articles
    if kind == "due" or articles.views or articles.without or articles.bounds or len(articles.groups) > 1:
        return None
    group = articles.groups[0] if articles.groups else None
    if group is not None and len(group.slugs) > 1:
        return None
    only_sections = group is not None and group.only_sections
    match facet.values:
        case ListedIn(list_kind, sections):
            return None if group is not None else await _largest(read, kind, list_kind, sections, articles.languages)
        case "month":
            # Only these lists are counted by day.
            if group is not None and group.kind != "tag":
                return None
            statement = counting.periods_statement(kind, _MONTH_LENGTH, only_sections, len(articles.languages))
        case _:
            statement = counting.languages_statement(kind, only_sections)
    rows = await read.rows(statement, articles.parameters(), slow=True)
    return [(value, int(number)) for value, number in rows]


class _ListsShape(NamedTuple):
    """Which lists are compared, whatever their names and languages."""

    kind: Kind
    sections: bool | None
    languages: int


def _lists(shape: _ListsShape) -> Select[int, str]:
    """At most `most_lists` of the lists whose names begin alike."""
    low, high = bindparam("low", type_=List.name.type), bindparam("high", type_=List.name.type)
    query = select(List.id, List.name).where(
        List.view.in_([literal(view) for view in VIEWS[shape.kind]]), List.name >= low, List.name < high
    )
    if shape.sections is not None:
        is_section: ColumnElement[bool] = List.name.in_(_SECTION_LISTS)
        query = query.where(is_section if shape.sections else ~is_section)
    return query.limit(bindparam("most_lists", type_=Integer()))


@lru_cache(SHAPES)
def _number_of_lists(shape: _ListsShape) -> Select[int]:
    return select(func.count()).select_from(_lists(shape).subquery())


@lru_cache(SHAPES)
def _largest_lists(shape: _ListsShape) -> Select[str, int]:
    compared = _lists(shape).subquery()
    number = func.sum(Counter.n)
    query = select(compared.c.name, number).join(Counter, Counter.list == compared.c.id).where(Counter.day == "")
    if shape.languages:
        query = query.where(in_list(Counter.language, "language", shape.languages))
    query = query.group_by(compared.c.name).having(number > 0).order_by(number.desc(), compared.c.name)
    return query.limit(literal(MOST_VALUES, Integer))


async def _largest(
    read: Reader, kind: Kind, list_kind: str, sections: bool | None, languages: Sequence[str]
) -> list[tuple[str, int]] | None:
    prefix = f"articles:{list_kind}:"
    count = padded_size(len(languages)) if languages else 0
    shape = _ListsShape(kind, sections, count)
    values: dict[str, Any] = {"low": prefix, "high": f"{prefix[:-1]};", "most_lists": MOST_LISTS + 1}
    values |= list_parameters("language", count, languages) if languages else {}
    ((number,),) = await read.rows(_number_of_lists(shape), values)
    if number > MOST_LISTS:
        return None
    rows = await read.rows(_largest_lists(shape), values, slow=True)
    return [(name.removeprefix(prefix), int(number)) for name, number in rows]


# --- by counting -------------------------------------------------------------------------------------------------


async def _by_counting(
    read: Reader, perspective: Perspective, asked: Sequence[_AskedFacet], words: Query | None, zone: ZoneInfo
) -> dict[str, Mapping[str, Any]]:
    """The facets by name. Those that count the same list share its articles."""
    sections: frozenset[str] = frozenset()
    if any(isinstance(facet.values, ListedIn) and facet.values.sections is not None for facet in asked):
        sections = frozenset(slug for (slug,) in await read.rows(_SECTIONS))
    lists: list[ArticleFilter] = []
    for facet in asked:
        if facet.articles not in lists:
            lists.append(facet.articles)
    members: dict[str, Mapping[str, Any]] = {}
    for articles in lists:
        of_list = [facet for facet in asked if facet.articles == articles]
        ids, is_exact = await _newest_ids(read, perspective, articles, words, len(lists))
        counted = await _counted_articles(read, perspective, ids, of_list)
        numbers = await asyncio.to_thread(_numbers, of_list, counted, sections, zone)
        members |= {name: _member(of_facet, is_exact=is_exact) for name, of_facet in numbers.items()}
    return members


async def _newest_ids(
    read: Reader, perspective: Perspective, articles: ArticleFilter, words: Query | None, number_of_lists: int
) -> tuple[list[str], bool]:
    """(ids of the newest articles that match, whether these are all)."""
    if words is None:
        return await listing.newest_ids(read, perspective, articles, MOST_COUNTED)
    search = ArticleSearch(perspective, articles, words)
    most = CHECKED_AT_MOST // number_of_lists if search.has_phrases else MOST_COUNTED
    hits, fence = await search.newest(read, most)
    return [hit.object for hit in hits], fence is None


class _Columns(NamedTuple):
    """What is read of articles to count them, by so many ids."""

    kind: Kind
    ids: int
    with_month: bool
    with_language: bool
    with_story: bool


@lru_cache(SHAPES)
def _counted_by(columns: _Columns) -> Select[*Row]:
    """(view, id, names of lists, date, language, story) of articles; null for what is not needed."""
    lists = [list_id(view, literal(EVERYTHING[0], String)) for view in VIEWS[columns.kind]]
    here = lists[0] if len(lists) == 1 else case((ViewEntry.view == DESK, lists[0]), else_=lists[1])
    entry = (
        ListEntry.list == here,
        ListEntry.published_at == ViewEntry.listed_at,
        ListEntry.object == ViewEntry.object,
    )
    language = select(ListEntry.language).where(*entry).correlate(ViewEntry).scalar_subquery()
    return select(
        ViewEntry.view,
        ViewEntry.object,
        ViewEntry.lists,
        ViewEntry.listed_at if columns.with_month else null(),
        language if columns.with_language else null(),
        ViewEntry.story if columns.with_story else null(),
    ).where(visible(ViewEntry, columns.kind), in_list(ViewEntry.object, "object", columns.ids))


async def _counted_articles(
    read: Reader, perspective: Perspective, ids: Sequence[str], facets: Sequence[_AskedFacet]
) -> list[_CountedArticle]:
    """What these articles are counted by. Cost: one statement for each thousand."""
    with_month, with_language = (any(facet.values == name for facet in facets) for name in ("month", "language"))
    with_story = any(facet.of_stories for facet in facets)
    rows: list[Row] = []
    for portion in portions(ids):
        columns = _Columns(perspective.kind, padded_size(len(portion)), with_month, with_language, with_story)
        parameters = {**perspective.parameters, **list_parameters("object", columns.ids, portion)}
        rows += await read.rows(_counted_by(columns), parameters, slow=True)
    return [*{object_id: _CountedArticle(*rest) for _, object_id, *rest in overlaid(rows)}.values()]


def _numbers(
    facets: Sequence[_AskedFacet], articles: Sequence[_CountedArticle], sections: frozenset[str], zone: ZoneInfo
) -> dict[str, Iterable[tuple[str, int]]]:
    """(value, number of articles, or stories) of each facet, by its name. An article stands in a list once."""
    by_list = _tally((article.story, article.lists) for article in articles)
    numbers: dict[str, Iterable[tuple[str, int]]] = {}
    for facet in facets:
        match facet.values:
            case ListedIn(kind, of_sections):
                prefix = f"articles:{kind}:"
                slugs = {name.removeprefix(prefix): n for name, n in by_list.items() if name.startswith(prefix)}
                numbers[facet.name] = [
                    (slug, n) for slug, n in slugs.items() if of_sections is None or (slug in sections) == of_sections
                ]
            case "month":
                months = (
                    (article.story, [day_of(article.listed_at, zone)[:_MONTH_LENGTH]])
                    for article in articles
                    if article.listed_at
                )
                numbers[facet.name] = _tally(months).items()
            case _:
                languages = (article.language for article in articles if article.language)
                numbers[facet.name] = collections.Counter(languages).items()
    return numbers


def _tally(values: Iterable[tuple[str | None, Iterable[str]]]) -> collections.Counter[str]:
    """How often there is each value, from (story, values) of articles; of one story once, where that is known."""
    counter: collections.Counter[str] = collections.Counter()
    of_stories: set[tuple[str, str]] = set()
    for story, of_article in values:
        if story is None:
            counter.update(of_article)
        else:
            of_stories |= {(story, value) for value in of_article}
    counter.update(value for _, value in of_stories)
    return counter
