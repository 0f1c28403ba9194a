"""A list of the API as it is explored: its filters as links that add or remove themselves, and what a refusal mends."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlencode

from app.articles.facet_schemas import FACETS

Json = dict[str, Any]
PATH: Final = "/explore"
# The parameter that chooses the list, and what it may be; the first is the default.
NOUN: Final = "noun"
LISTS: Final = ("articles", "notes", "sources", "tags")
# Parameters that may be repeated, which means all of.
REPEATABLE: Final = {"tag", "source", "note", "tag_not"}
MOST_VALUES: Final = 8
# Facets whose filters have another name.
_FILTERS: Final = {"month": "date", "author": "source"}
# What does not go with facets, or is about other articles than those that they count.
_WITHOUT_FACETS: Final = {"facets", "ids", "cursor", "explain"}
# The field that names an item of each list.
_TITLES: Final = {"articles": "headline", "notes": "heading", "sources": "names", "tags": "labels"}


class FilterLink(NamedTuple):
    """A filter: the address of the page with it, or without it where it holds already.

    `number` is how many items pass it: "2000+" where not all were counted.
    """

    name: str
    value: str
    address: str
    is_set: bool = False
    number: str = ""


@dataclass(frozen=True, slots=True)
class Exploration:
    """The list that is explored, and the parameters of the API that it is asked with, as sent."""

    noun: str
    pairs: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, query: str) -> "Exploration":
        """From the query of the page. The list may be one that there is not."""
        pairs = parse_qsl(query, keep_blank_values=True)
        noun = next((value for name, value in pairs if name == NOUN), LISTS[0])
        return cls(noun, tuple(pair for pair in pairs if pair[0] != NOUN))

    @property
    def path(self) -> str:
        return f"/v1/{self.noun}"

    @property
    def query(self) -> str:
        """The query of the request to the API: with all facets, where the list has some."""
        has_facets = self.noun == LISTS[0] and _WITHOUT_FACETS.isdisjoint(dict(self.pairs))
        facets = [("facets", ",".join(FACETS))] if has_facets else []
        return urlencode([*self.pairs, *facets], safe=",:")

    def address(self, *pairs: tuple[str, str]) -> str:
        """The page of this list with these parameters."""
        chosen = [] if self.noun == LISTS[0] else [(NOUN, self.noun)]
        query = urlencode([*chosen, *pairs], safe=",:")
        return f"{PATH}?{query}" if query else PATH

    def lists(self) -> list[FilterLink]:
        """Links to all lists, without filters."""
        return [FilterLink(NOUN, noun, Exploration(noun, ()).address(), noun == self.noun) for noun in LISTS]

    def with_filter(self, name: str, value: str, *others: tuple[str, str]) -> str:
        """With one filter more, or with another value of one that has a single value, from the first page on.

        `others` are parameters that the filter needs beside it.
        """
        kept = [pair for pair in self.pairs if pair[0] != "cursor" and (pair[0] != name or name in REPEATABLE)]
        return self.address(*kept, (name, value), *others)

    def without(self, name: str, value: str | None = None) -> str:
        """Without a parameter, or one of its values, from the first page on; with the last source goes its role."""
        gone = {name, "cursor"}
        kept = [
            pair for pair in self.pairs if pair[0] not in gone or (pair[0] == name and value not in {None, pair[1]})
        ]
        if name == "source" and name not in dict(kept):
            kept = [pair for pair in kept if pair[0] != "role"]
        return self.address(*kept)

    def at(self, cursor: str | None) -> str | None:
        """The page at a cursor; None without one."""
        others = [pair for pair in self.pairs if pair[0] != "cursor"]
        return None if cursor is None else self.address(*others, ("cursor", cursor))

    def set_filters(self) -> list[FilterLink]:
        """Those that hold, each leading to the page without it."""
        return [FilterLink(name, value, self.without(name, value), True) for name, value in self.pairs]

    def found_filters(self, items: list[Json]) -> dict[str, list[FilterLink]]:
        """Filters that items of the page would pass, by parameter, the most frequent values first."""
        counted: dict[str, Counter[str]] = {}
        for item in items:
            for name, value in {*_values(self.noun, item)}:
                counted.setdefault(name, Counter())[value] += 1
        return {
            name: [
                FilterLink(name, value, self.with_filter(name, value), number=str(number))
                for value, number in counted[name].most_common(MOST_VALUES)
                if (name, value) not in self.pairs
            ]
            for name in sorted(counted)
        }

    def facet_filters(self, facets: Mapping[str, Json]) -> dict[str, list[FilterLink]]:
        """Filters by the facets of the list, by name, the most frequent values first.

        A facet ignores its own filter, and so does not tell how many more a second value of that filter would leave:
        what may be repeated, and is set, is left out.
        """
        set_names = dict(self.pairs)
        filters: dict[str, list[FilterLink]] = {}
        for facet, counted in facets.items():
            name = _FILTERS.get(facet, facet)
            if not (name in REPEATABLE and name in set_names):
                more = "" if counted["exact"] else "+"
                filters["date" if facet == "month" else facet] = [
                    self._facet_filter(facet, name, each["value"], f"{each['count']}{more}")
                    for each in counted["values"][:MOST_VALUES]
                ]
        return filters

    def _facet_filter(self, facet: str, name: str, value: str, number: str) -> FilterLink:
        if (name, value) in self.pairs:
            return FilterLink(name, value, self.without(name, value), True, number)
        role = [("role", "author")] if facet == "author" else []
        return FilterLink(name, value, self.with_filter(name, value, *role), number=number)

    def mends(self, fault: Json) -> list[FilterLink]:
        """What would be right instead of a faulty parameter: each allowed value, or the page without it."""
        name = str(fault.get("parameter", ""))
        if name not in dict(self.pairs):
            return []
        is_name = fault["code"] == "unknown-parameter"
        values = [] if is_name else fault.get("allowed", [])
        others = [pair for pair in self.pairs if pair[0] != name]
        links = [FilterLink(name, value, self.address(*others, (name, value))) for value in values]
        return [*links, FilterLink(name, "", self.without(name), True)]


def title(noun: str, item: Json) -> str:
    """What an item is called; its slug where it has no name, or `fields` leaves it out."""
    name = item.get(_TITLES.get(noun, ""))
    if isinstance(name, Mapping):
        name = " / ".join(name.values())
    return str(name or item.get("slug") or item.get("id"))


def _values(noun: str, item: Json) -> Iterator[tuple[str, str]]:
    """(parameter, value) of the filters that an item passes, as far as its fields tell."""
    match noun:
        case "articles" | "notes":
            single: tuple[str, ...] = ("language", "section", "genre") if noun == "articles" else ("language",)
            yield from ((name, item[name]) for name in single if item.get(name))
            yield from (("tag", slug) for slug in item.get("tags", ()))
            yield from (("source", given["source"]) for given in item.get("attributions", ()))
            if noun == "articles":
                yield from (("note", slug) for slug in item.get("notes", ()))
                if item.get("ai"):
                    yield "ai", item["ai"]["use"]
                yield from (("flag", flag) for flag in item.get("flags", ()))
                if item.get("published_at"):
                    yield "date", item["published_at"][:7]
        case "sources" | "tags":
            single = ("type", "identity", "parent") if noun == "sources" else ("type", "parent")
            yield from ((name, item[name]) for name in single if item.get(name))
