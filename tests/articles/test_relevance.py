"""Articles by words, the most relevant first: how they are ranked, and that pages neither repeat nor lose one."""

from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from httpx import AsyncClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.articles.texts import searched_texts
from app.words.analysis import analyse
from app.words.queries import Prefix, Query, Term, parse
from tests import desk as acts
from tests.answers import blamed, get
from tests.articles.town import READ, answers, every_item, filters, newsroom, queries
from tests.conftest import Load
from tests.factories import Line, article, said, source, words
from tests.openapi import check_answer

WEIGHTS: Final = {"headline": 8, "standfirst": 4, "quotes": 2, "body": 1}


# --- a plain scan ranks the same ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
async def town(module_url: str) -> AsyncIterator[AsyncClient]:
    async with newsroom(module_url) as api:
        yield api


def _score(query: Query, document: Line) -> int:
    """With all words analysed: no index has a part in it."""
    texts = searched_texts(document, document["body"])
    keys = dict[str, set[str]]((field, set()) for field in WEIGHTS)
    for field, of_field in texts.fields.items():
        keys[field] |= {key for text in of_field for word in analyse(text) for key in word.keys}
    score = 0
    for alternatives in query.required:
        if sought := [term for term in alternatives if term.field != "source"]:
            fields = [field for n, field in enumerate(WEIGHTS, 1) if _stands_in(sought, [*keys.values()][:n], keys)]
            score += WEIGHTS[fields[0]] if fields else WEIGHTS["body"]
    return score


def _stands_in(terms: list[Term], fields: list[set[str]], keys: dict[str, set[str]]) -> bool:
    for term in terms:
        there = keys["headline"] if term.field == "headline" else set().union(*fields)
        if isinstance(term, Prefix):
            if any(key.startswith(term.beginnings) for key in there):
                return True
        elif all(not there.isdisjoint(word) for word in term.words):
            return True
    return False


@given(queries(), filters, st.integers(1, 9))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.anyio
async def test_articles_are_ranked_as_a_plain_scan_ranks_them(
    town: AsyncClient, query: str, narrowed: Line, limit: int
) -> None:
    narrowed = {name: value for name, value in narrowed.items() if name != "sort"}
    scanned = await every_item(town, fields=READ, **narrowed)
    ranked = sorted((each for each in scanned if answers(query, each)), key=lambda each: -_score(parse(query), each))

    found = await every_item(town, limit, q=query, sort="relevance", **narrowed)
    assert [each["slug"] for each in found] == [each["slug"] for each in ranked], query


# --- single questions --------------------------------------------------------------------------------------------


def _story(slug: str, day: int, **fields: Any) -> Line:
    return article(slug, f"2025-02-{day:02}T08:00:00.000Z", headline="Новини дня", language="uk", **fields)


async def _slugs(api: AsyncClient, q: str) -> list[str]:
    return [item["slug"] for item in await every_item(api, q=q, sort="relevance")]


async def test_the_more_telling_field_comes_first_and_then_the_newer_story(load: Load, api: AsyncClient) -> None:
    await load(
        source("depot"),
        _story("in-body", 9, body=[words("Трамвай спинився на мосту.")]),
        _story("in-older-body", 2, body=[words("Трамваї спинилися.")]),
        _story("in-quote", 3, body=[said("depot", "Трамвай поїде.")]),
        _story("in-standfirst", 4, standfirst="Про трамваї"),
        _story("in-headline", 1) | {"headline": "Трамвай"},
    )

    assert await _slugs(api, "трамвай") == ["in-headline", "in-standfirst", "in-quote", "in-body", "in-older-body"]
    assert await _slugs(api, "трамвай OR міст") == await _slugs(api, "трамвай")


async def test_a_page_by_relevance_has_all_that_a_page_by_date_has(load: Load, api: AsyncClient) -> None:
    await load(*(_story(f"s{n}", n, standfirst="Трамвай") for n in range(1, 4)))

    answer = await api.get(
        "/v1/articles", params={"q": "трамвай", "sort": "relevance", "limit": 2, "count": "true", "highlight": "true"}
    )

    check_answer(answer)
    assert answer.json()["count"] == {"value": 3, "exact": True}
    assert [item["highlights"]["standfirst"] for item in answer.json()["items"]] == [[{"start": 0, "end": 7}]] * 2
    assert "body" not in answer.json()["items"][0]
    assert 'rel="next"' in answer.headers["link"]


async def test_only_the_newest_are_ranked(load: Load, api: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.articles.relevance.MOST_RANKED", 3)
    await load(
        _story("old", 1) | {"headline": "Трамвай"}, *(_story(f"s{n}", n, standfirst="Трамвай") for n in (2, 3, 4))
    )

    assert await _slugs(api, "трамвай") == ["s4", "s3", "s2"]


@pytest.mark.parametrize("query", ["трамвай", '"новий трамвай"'])
async def test_nothing_is_repeated_or_lost_while_stories_come_and_go(
    load: Load, api: AsyncClient, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    monkeypatch.setattr("app.articles.relevance.MOST_RANKED", 8)
    monkeypatch.setattr("app.articles.relevance.CHECKED_AT_MOST", 8)
    text = "Новий трамвай"
    fields: list[Line] = [{"headline": text}, {"standfirst": text}, {"body": [words(text)]}]
    lines = [_story(f"s{n}", n) | fields[n % 3] for n in range(1, 12)]
    await load(*lines)
    ranked = sorted(lines[3:], key=lambda line: (lines.index(line) + 1) % 3 * 100 - lines.index(line))

    page = await get(api, "/v1/articles", q=query, sort="relevance", limit=3)
    found = [item["slug"] for item in page["items"]]
    await load(*(_story(f"new-{n}", 20 + n) | fields[n] for n in range(3)))
    while page["next"] is not None:
        page = await get(api, "/v1/articles", q=query, sort="relevance", limit=3, cursor=page["next"])
        found += [item["slug"] for item in page["items"]]

    old = [slug for slug in found if not slug.startswith("new")]
    assert old == [line["slug"] for line in ranked]
    assert [slug for slug in found if slug not in old] == ["new-2"]  # the places of the others had gone by


async def test_pages_lead_back_also_from_an_empty_one(desk: AsyncClient) -> None:
    stories = [await acts.publish(desk, "Трамвай", language="uk") for _ in range(4)]
    newest_first = [story["id"] for story in reversed(stories)]
    parameters = {"q": "трамвай", "sort": "relevance"}

    first = await get(desk, "/v1/articles", **parameters, limit=2)
    second = await get(desk, "/v1/articles", **parameters, limit=2, cursor=first["next"])
    back = await get(desk, "/v1/articles", **parameters, limit=2, cursor=second["prev"])
    assert [item["id"] for page in (first, second) for item in page["items"]] == newest_first
    assert back["items"] == first["items"]

    for id in newest_first[2:]:
        await acts.act(desk, id, "unpublish")
    empty = await get(desk, "/v1/articles", **parameters, limit=2, cursor=first["next"])
    back = await get(desk, "/v1/articles", **parameters, limit=2, cursor=empty["prev"])
    assert (empty["items"], empty["next"]) == ([], None)
    assert [item["id"] for item in back["items"]] == newest_first[:2]


async def test_the_desk_sees_its_own_state_ranked(desk: AsyncClient) -> None:
    plain = await acts.publish(desk, "Трамвай", language="uk")
    changed = await acts.publish(desk, "Новини", language="uk", body=[words("Трамвай")])
    await acts.change(desk, changed["id"], "/draft", headline="Трамвай")

    public = await get(desk, "/v1/articles", q="трамвай", sort="relevance")
    drafts = await get(desk, "/v1/articles", q="трамвай", sort="relevance", perspective="drafts")
    assert [item["id"] for item in public["items"]] == [plain["id"], changed["id"]]
    assert [item["id"] for item in drafts["items"]] == [changed["id"], plain["id"]]


async def test_relevance_needs_words_and_goes_neither_with_ids_nor_with_feeds(api: AsyncClient) -> None:
    assert blamed(await api.get("/v1/articles?sort=relevance")) == {"sort"}
    assert blamed(await api.get(f"/v1/articles?q=tram&sort=relevance&ids={article('one')['id']}")) == {"sort"}
    assert blamed(await api.get("/feeds/articles.atom?q=tram&sort=relevance")) == {"sort"}


async def test_a_cursor_by_relevance_is_none_by_date(load: Load, api: AsyncClient) -> None:
    await load(_story("one", 1, standfirst="Трамвай"), _story("two", 2, standfirst="Трамвай"))
    cursor = (await get(api, "/v1/articles", q="трамвай", sort="relevance", limit=1))["next"]

    assert blamed(await api.get("/v1/articles", params={"q": "трамвай", "cursor": cursor})) == {"cursor"}
