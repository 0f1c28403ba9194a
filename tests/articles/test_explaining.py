"""`explain=true`: what a list was asked, which index answered it, what it cost; and that no cache keeps that."""

import pytest
from httpx import AsyncClient

from app.articles.explaining import WORDING, sentence
from app.articles.query_schemas import ArticleQuery
from tests.answers import get
from tests.conftest import Load
from tests.factories import article, article_id, credit, section, source, tag
from tests.openapi import check_answer


@pytest.fixture
async def two(load: Load, api: AsyncClient) -> AsyncClient:
    lines = [tag("trams"), tag("bridges"), section("town"), source("wire")]
    await load(*lines, article("one", tags=["trams"], attributions=[credit("wire")]), article("two", tags=["trams"]))
    return api


async def test_an_explained_answer_has_a_sentence_an_index_and_a_cost(two: AsyncClient) -> None:
    answer = await two.get("/v1/articles?tag=trams&explain=true")

    check_answer(answer)
    assert {item["slug"] for item in answer.json()["items"]} == {"one", "two"}
    explained = answer.json()["explain"]
    assert explained["sentence"] == "Published articles, with the tag trams; the newest first, at most 20 on a page."
    assert explained["index"] == "List articles:tag:trams by published_at."
    assert explained["cost_ms"] >= 0


async def test_no_cache_keeps_an_explained_answer(two: AsyncClient) -> None:
    answers = [await two.get("/v1/articles?explain=true") for _ in range(2)]

    for answer in answers:
        assert answer.headers["cache-control"] == "private, no-store"
        assert "hit" not in answer.headers["cache-status"]
        assert {"surrogate-key", "cdn-cache-control"}.isdisjoint(answer.headers)


async def test_an_answer_is_not_explained_unless_asked_for(two: AsyncClient) -> None:
    for asked in ("", "explain=false"):
        answer = await two.get(f"/v1/articles?{asked}")
        assert "explain" not in answer.json()
        assert answer.headers["cache-control"].startswith("public")


async def test_the_list_that_is_walked_is_that_of_the_rarest(two: AsyncClient) -> None:
    explained = (await get(two, "/v1/articles", tag="trams", source="wire", explain="true"))["explain"]

    assert explained["index"] == (
        "List articles:source:wire by published_at; each article is looked up in articles:tag:trams, at most 5,000 of"
        " them for a page."
    )


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ("", "List articles by published_at."),
        ("sort=-updated_at&tag=trams,bridges", "Lists articles:tag:trams and articles:tag:bridges by updated_at."),
        ("q=river", "Index of words, from the newest hit on."),
        ("q=river&sort=published_at", "Index of words, from the oldest hit on."),
        ("q=river&sort=relevance", "Index of words, from the newest hit on; the newest 2,000 are ranked."),
        (f"ids={article_id('one')}", "Entries of articles by id."),
        (
            "tag=trams&facets=tag,month,author,source",
            (
                "List articles:tag:trams by published_at; counters for tag and month; at most 2,000 articles counted"
                " for author and source."
            ),
        ),
    ],
)
async def test_the_index_is_the_one_that_answers(two: AsyncClient, asked: str, index: str) -> None:
    answer = await two.get(f"/v1/articles?explain&{asked}")

    check_answer(answer)
    assert answer.json()["explain"]["index"] == index


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, "Published articles; the newest first, at most 20 on a page."),
        (
            {"tag": ["trams,bridges,night", "city"], "tag_not": ["weather"], "limit": 5},
            ("Published articles, with the tag trams, bridges or night, with the tag city, without the tag weather; the"
            " newest first, at most 5 on a page."),
        ),
        (
            {"source": ["wire"], "role": "said_by", "section": "town", "note": ["dam"], "has": "correction"},
            ("Published articles, in the section town, resting on the source wire, in the role said_by, using the note"
            " dam, with a correction; the newest first, at most 20 on a page."),
        ),
        (
            {"date": "2025-01", "tz": "Europe/Kyiv", "language": "uk", "sort": "published_at", "facets": "tag,month"},
            ("Published articles, in the language uk, published in 2025-01, with dates read in Europe/Kyiv; the oldest"
            " first, at most 20 on a page, with the facets tag and month."),
        ),
        (
            {"q": "tram -bridge", "sort": "relevance", "perspective": "drafts"},
            ("The newest states of all articles, answering the words tram -bridge; the most relevant first, at most 20"
            " on a page."),
        ),
        (
            {"published_from": "2025-01-01", "published_to": "2025-01-31", "updated_since": "2025-02-01",
             "modified_since": "2025-02-02", "perspective": "2099-01-01T00:00:00Z", "sort": "-updated_at"},
            ("Articles as they will be public at 2099-01-01T00:00:00Z, published from 2025-01-01 on, published up to"
            " 2025-01-31, updated since 2025-02-01, changed since 2025-02-02; those updated last first, at most 20 on a"
            " page."),
        ),
        ({"ids": article_id("one")}, "Published articles, those with the 1 given ids in their order."),
    ],
)  # fmt: skip
def test_the_sentence_says_what_is_asked(asked: dict[str, object], words: str) -> None:
    assert sentence(ArticleQuery.model_validate(asked)) == words


def test_every_filter_has_its_words() -> None:
    filters = ArticleQuery().filters().keys() - {"sort", "perspective"}

    assert filters == WORDING.keys()
