"""Facets of lists of articles: that a plain count gives the same, what they ignore, how they are bounded."""

import collections
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from httpx import AsyncClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import desk as acts
from tests.answers import blamed, get
from tests.articles.town import WORLD, every_item, filters, newsroom, queries
from tests.conftest import Load
from tests.factories import Line, article, credit, draft, section, source, tag, withdrawn
from tests.openapi import check_answer

NAMES: Final = ("tag", "section", "source", "author", "genre", "language", "month")
PARENTS: Final = {"night": "trams", "harbour": "town"}
KYIV: Final = ZoneInfo("Europe/Kyiv")

# --- a plain count gives the same --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
async def town(module_url: str) -> AsyncIterator[AsyncClient]:
    async with newsroom(module_url) as api:
        yield api


def _with_parents(slugs: list[str]) -> set[str]:
    return {*slugs, *(PARENTS[slug] for slug in slugs if slug in PARENTS)}


def _values(name: str, card: Line, role: str | None) -> set[str]:
    credits = [(each["source"], each["role"]) for each in card["attributions"]]
    match name:
        case "tag":
            return _with_parents(card["tags"])
        case "section":
            return _with_parents([card["section"]] if card["section"] else [])
        case "source":
            return {slug for slug, of_role in credits if role in {None, of_role}}
        case "author":
            return {slug for slug, of_role in credits if of_role == "author"}
        case "genre":
            return {card["genre"]} - {None}
        case "language":
            return {card["language"]}
    at = card["published_at"] or card["publish_at"] or card["created_at"]
    return {datetime.fromisoformat(at).astimezone(KYIV).strftime("%Y-%m")}


def _own(name: str, asked: Line) -> set[str]:
    """The filters that the facet ignores; `role` goes with `source`."""
    if name == "source" or (name == "author" and asked.get("role") == "author"):
        return {"source", "role"}
    return {"published_from", "published_to"} if name == "month" else {name}


def _counted(name: str, cards: list[Line], role: str | None) -> Line:
    numbers = collections.Counter(value for card in cards for value in _values(name, card, role))
    ordered = sorted(numbers.items(), key=lambda each: (-each[1], each[0]))
    return {"values": [{"value": value, "count": count} for value, count in ordered], "exact": True}


@given(
    filters, st.sampled_from([None, None, "author", "said_by"]), st.none() | queries(), st.sets(st.sampled_from(NAMES))
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.anyio
async def test_facets_count_what_a_plain_count_counts(
    town: AsyncClient, narrowed: Line, role: str | None, query: str | None, names: set[str]
) -> None:
    asked = {**narrowed, **({"role": role} if role and "source" in narrowed else {}), **({"q": query} if query else {})}
    asked = {name: value for name, value in asked.items() if query is None or name != "sort"}
    chosen = sorted(names) or [*NAMES]

    page = await get(town, "/v1/articles", **asked, facets=",".join(chosen), limit=1)

    assert [*page["facets"]] == chosen
    cards: dict[frozenset[str], list[Line]] = {}
    for name in chosen:
        others = {each: value for each, value in asked.items() if each not in _own(name, asked)}
        if frozenset(others) not in cards:
            cards[frozenset(others)] = await every_item(town, **others)
        expected = _counted(name, cards[frozenset(others)], asked.get("role"))
        assert page["facets"][name] == expected, (name, asked)


# --- what they say -----------------------------------------------------------------------------------------------


@pytest.fixture
async def five(load: Load, api: AsyncClient) -> AsyncClient:
    """Five stories, the older ones about trams."""
    await load(
        *WORLD,
        *(
            article(
                f"s{n}",
                f"2025-0{n}-15T08:00:00.000Z",
                section="town" if n % 2 else "harbour",
                tags=["trams"] if n < 4 else ["bridges"],
                attributions=[credit("mayor", "author"), credit("wire")],
                language="uk" if n < 3 else "en",
                genre="news" if n % 2 else None,
            )
            for n in range(1, 6)
        ),
    )
    return api


def _pairs(facet: Line) -> list[tuple[str, int]]:
    return [(each["value"], each["count"]) for each in facet["values"]]


async def test_each_facet_ignores_its_own_filter(five: AsyncClient) -> None:
    answer = await five.get(f"/v1/articles?tag=bridges&facets={','.join(NAMES)}")

    check_answer(answer)
    facets = answer.json()["facets"]
    assert {name: _pairs(facet) for name, facet in facets.items()} == {
        "tag": [("trams", 3), ("bridges", 2)],
        "section": [("town", 2), ("harbour", 1)],
        "source": [("mayor", 2), ("wire", 2)],
        "author": [("mayor", 2)],
        "genre": [("news", 1)],
        "language": [("en", 2)],
        "month": [("2025-04", 1), ("2025-05", 1)],
    }
    assert all(facet["exact"] for facet in facets.values())


async def test_genres_are_counted_beside_the_one_that_is_filtered_by(five: AsyncClient, load: Load) -> None:
    await load(article("column", genre="opinion"), article("notice"))

    for narrowed, counts in (({"genre": "opinion"}, [("news", 3), ("opinion", 1)]), ({"tag": "trams"}, [("news", 2)])):
        facet = (await get(five, "/v1/articles", facets="genre", **narrowed))["facets"]["genre"]
        assert (_pairs(facet), facet["exact"]) == (counts, True)


async def test_a_page_without_facets_asked_for_has_none(five: AsyncClient) -> None:
    assert "facets" not in await get(five, "/v1/articles")


async def test_every_page_of_a_list_has_the_same_facets(five: AsyncClient) -> None:
    first = await get(five, "/v1/articles", limit=2)
    second = await get(five, "/v1/articles", limit=2, cursor=first["next"], facets="tag")

    assert _pairs(second["facets"]["tag"]) == [("trams", 3), ("bridges", 2)]


async def test_beyond_the_cap_the_newest_are_counted_and_it_is_said(
    five: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.articles.facets.MOST_COUNTED", 2)
    for narrowed in ({"tag": "trams"}, {"q": "річка OR river", "tag": "trams"}):
        facets = (await get(five, "/v1/articles", facets="section,language", **narrowed))["facets"]
        assert _pairs(facets["section"]) == [("town", 2), ("harbour", 1)]
        assert not facets["section"]["exact"]


async def test_counters_are_exact_however_many_there_are(five: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.articles.facets.MOST_COUNTED", 2)

    facets = (await get(five, "/v1/articles", facets=",".join(NAMES)))["facets"]
    assert all(facet["exact"] for facet in facets.values())
    assert _pairs(facets["section"]) == [("town", 5), ("harbour", 2)]
    facets = (await get(five, "/v1/articles", facets="language,month", section="town", language="uk"))["facets"]
    assert _pairs(facets["language"]) == [("en", 3), ("uk", 2)]
    assert _pairs(facets["month"]) == [("2025-01", 1), ("2025-02", 1)]
    assert facets["month"]["exact"]


async def test_where_there_are_too_many_lists_articles_are_counted(
    five: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.articles.facets.MOST_LISTS", 1)
    monkeypatch.setattr("app.articles.facets.MOST_COUNTED", 4)

    facets = (await get(five, "/v1/articles", facets="tag,author"))["facets"]
    assert (_pairs(facets["tag"]), facets["tag"]["exact"]) == ([("bridges", 2), ("trams", 2)], False)
    assert (_pairs(facets["author"]), facets["author"]["exact"]) == ([("mayor", 5)], True)


async def test_a_walk_for_facets_is_fenced(five: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.articles.listing.LOOKED_AT", 3)

    facets = (await get(five, "/v1/articles", facets="section", tag="trams,bridges", source="wire"))["facets"]
    assert (_pairs(facets["section"]), facets["section"]["exact"]) == ([("town", 2), ("harbour", 1)], False)


async def test_a_facet_has_twenty_values_at_most(load: Load, api: AsyncClient) -> None:
    slugs = [f"t{n:02}" for n in range(25)]
    await load(
        *map(tag, slugs), section("town"), article("one", section="town", tags=slugs), article("two", tags=["t24"])
    )

    for narrowed in ({}, {"date": "2025"}):
        values = _pairs((await get(api, "/v1/articles", facets="tag", **narrowed))["facets"]["tag"])
        assert values == [("t24", 2), *((slug, 1) for slug in slugs[:19])]


async def test_nothing_hidden_is_counted_for_the_public(load: Load, desk: AsyncClient) -> None:
    await load(
        *map(tag, ("open", "secret", "gone")),
        *map(source, ("wire", "spy")),
        article("shown", tags=["open"], attributions=[credit("wire")]),
        draft("plan", tags=["secret"], attributions=[credit("spy")], language="uk"),
        draft("review", genre="review"),
        withdrawn("taken-down", genre="opinion", tags=["gone"], attributions=[credit("wire", "author")], language="de"),
    )
    await acts.change(desk, article("shown")["id"], "/draft", tags=["secret"])

    for narrowed in ({}, {"date": "2025"}, {"q": "river"}):
        facets = (await get(desk, "/v1/articles", facets=",".join(NAMES), **narrowed))["facets"]
        values = [_pairs(facet) for facet in facets.values()]
        assert values == [[("open", 1)], [], [("wire", 1)], [], [], [("en", 1)], [("2025-01", 1)]]
    facets = (await get(desk, "/v1/articles", facets="tag", perspective="drafts"))["facets"]
    assert _pairs(facets["tag"]) == [("secret", 2), ("gone", 1)]


async def test_facets_that_do_not_fit_are_refused(api: AsyncClient) -> None:
    for asked in ("facets=colour", "facets=tag,,month", f"facets=tag&ids={article('one')['id']}", "facets="):
        answer = await api.get(f"/v1/articles?{asked}")
        check_answer(answer)
        assert blamed(answer) == {"facets"}


def _keys(answer: Any) -> Iterator[str]:
    return (key for key in answer.headers["surrogate-key"].split() if not key.startswith("article."))


async def test_an_answer_with_facets_names_the_lists_that_they_count(five: AsyncClient) -> None:
    async def keys(asked: str) -> set[str]:
        return {*_keys(await five.get(f"/v1/articles?{asked}"))}

    assert await keys("tag=trams&language=uk&facets=source") == {"articles.tag.trams~uk"}
    assert await keys("tag=trams&language=uk&facets=language") == {"articles.tag.trams~uk", "articles.tag.trams"}
    assert await keys("tag=trams&language=uk&facets=tag") == {"articles.tag.trams~uk", "articles~uk", "tags"}
    assert await keys("tag=trams&source=wire&facets=tag,source") == {
        "articles.tag.trams", "articles.source.wire", "tags",
    }  # fmt: skip
