"""Suggestions while somebody types: tags, sources, notes and stories, in either alphabet, and nothing hidden."""

from typing import Any

import pytest
from httpx import AsyncClient

from tests.answers import blamed, get
from tests.conftest import Load
from tests.factories import article, article_id, credit, draft, note, source, tag, withdrawn
from tests.openapi import check_answer

WORLD = [
    tag("trams", labels={"en": "Trams", "uk": "Трамваї"}),
    tag("zghuriv", type="place", labels={"uk": "Згурів"}),
    tag("tunnel", labels={"en": "Transport tunnel"}),
    source("depot", names={"uk": "Трамвайне депо", "en": "Tram depot"}, aliases=["ТД-1"]),
    source("zghurskyi", type="person", names={"uk": "Остап Згурський"}),
    note("lines", language="uk", heading="Трамвайні лінії: м’яка сталь"),
    note("plan", status="draft", heading="Трамвай під рікою"),
    article(
        "ride",
        "2025-01-22T08:00:00.000Z",
        language="uk",
        headline="Новий трамвай у Згурові",
        tags=["trams", "zghuriv"],
        attributions=[credit("depot"), credit("zghurskyi")],
    ),
    article("button", "2025-01-21T08:00:00.000Z", language="uk", headline="Ґудзик із порцеляни"),
    draft("secret", headline="Трамвай, про який мовчать", tags=["tunnel"]),
    withdrawn("gone", headline="Трамвай згорів"),
]


@pytest.fixture
async def api(load: Load, api: AsyncClient) -> AsyncClient:
    await load(*WORLD)
    return api


async def texts(api: AsyncClient, q: str, **parameters: Any) -> list[str]:
    return [item["text"] for item in (await get(api, "/v1/suggest", q=q, **parameters))["items"]]


async def test_what_begins_so_comes_first_then_tags_sources_notes_and_stories(api: AsyncClient) -> None:
    answer = await api.get("/v1/suggest", params={"q": "тра"})

    check_answer(answer)
    assert answer.json()["items"] == [
        {"noun": "tag", "ref": "trams", "text": "Трамваї", "language": "uk"},
        {"noun": "source", "ref": "depot", "text": "Трамвайне депо", "language": "uk"},
        {"noun": "note", "ref": "lines", "text": "Трамвайні лінії: м’яка сталь", "language": "uk"},
        {"noun": "article", "ref": article_id("ride"), "text": "Новий трамвай у Згурові", "language": "uk"},
    ]
    assert {*answer.headers["surrogate-key"].split()} == {"articles", "notes", "sources", "tags"}


@pytest.mark.parametrize(
    ("typed", "found"),
    {
        "т": ["Трамваї", "Трамвайне депо", "Трамвайні лінії: м’яка сталь", "Новий трамвай у Згурові"],
        "ТРАМВАЙН": ["Трамвайне депо", "Трамвайні лінії: м’яка сталь"],
        "tram d": ["Tram depot"],
        "депо тра": ["Трамвайне депо"],
        "zghur": ["Згурів", "Остап Згурський", "Новий трамвай у Згурові"],
        "згурськ": ["Остап Згурський"],
        "zghurskyi": ["Остап Згурський"],
        "тд": ["ТД-1"],
        "тд-1": ["ТД-1"],
        "м'як": ["Трамвайні лінії: м’яка сталь"],
        "мяк": ["Трамвайні лінії: м’яка сталь"],
        "гудз": ["Ґудзик із порцеляни"],
        "ґудз": ["Ґудзик із порцеляни"],
        "нова": ["Новий трамвай у Згурові"],  # another form of a word
        "порцеляною ґудзики": ["Ґудзик із порцеляни"],
        "порт": [],
        "tunnel": [],
        "мовч": [],
        "згорів": [],
        "рікою": [],
        "«!»": [],
        "🚃": [],
    }.items(),
)  # fmt: skip
async def test_words_are_whole_or_begun_in_either_alphabet(api: AsyncClient, typed: str, found: list[str]) -> None:
    assert await texts(api, typed) == found


async def test_nouns_are_narrowed(api: AsyncClient) -> None:
    assert await texts(api, "тра", noun="source,note") == ["Трамвайне депо", "Трамвайні лінії: м’яка сталь"]
    narrowed = await api.get("/v1/suggest", params={"q": "тра", "noun": "source"})
    assert narrowed.headers["surrogate-key"] == "sources"
    assert blamed(await api.get("/v1/suggest", params={"q": "тра", "noun": "webhook"})) == {"noun"}


async def test_an_alias_has_no_language(api: AsyncClient) -> None:
    (item,) = (await get(api, "/v1/suggest", q="тд-1"))["items"]
    assert item == {"noun": "source", "ref": "depot", "text": "ТД-1", "language": None}


async def test_the_desk_is_told_of_drafts_and_of_tags_that_nothing_public_names(
    api: AsyncClient, desk: AsyncClient
) -> None:
    assert await texts(desk, "tunnel", perspective="drafts") == ["Transport tunnel"]
    assert await texts(desk, "мовч", perspective="drafts") == ["Трамвай, про який мовчать"]
    assert await texts(desk, "рікою", perspective="drafts") == ["Трамвай під рікою"]
    assert await texts(desk, "мовч") == []


async def test_there_are_ten_at_most_and_the_newest_of_a_noun_first(load: Load, api: AsyncClient) -> None:
    await load(
        *(article(f"s-{day}", f"2025-03-{day:02}T08:00:00.000Z", headline=f"Вітер {day}") for day in range(1, 13))
    )

    assert await texts(api, "віт") == [f"Вітер {day}" for day in range(12, 2, -1)]


@pytest.mark.parametrize(
    ("name", "query"),
    [
        *(("q", query) for query in ("q=", "q=%00", "q=%ed%a0%80", "q=a&q=b", "q=" + "x" * 101)),
        *(("noun", f"q=a&noun={value}") for value in ("Tag", "tag,", "webhook", "")),
        *(("perspective", f"q=a&perspective={value}") for value in ("x", "Drafts", "2025-01-01")),
        ("limit", "q=a&limit=5"),
    ],
)
async def test_a_wrong_value_is_named(api: AsyncClient, name: str, query: str) -> None:
    answer = await api.get(f"/v1/suggest?{query}")

    assert blamed(answer) == {name}
    check_answer(answer)
