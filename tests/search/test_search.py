"""Search over all nouns: what is found, in which order, page by page, and that nothing hidden is."""

import random
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from httpx import AsyncClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.words.analysis import analyse
from app.words.matching import matches
from app.words.queries import parse
from tests import desk as acts
from tests.answers import blamed, get, refusal
from tests.conftest import Load, serving
from tests.factories import Line, article, article_id, box, credit, draft, note, said, source, tag, withdrawn, words
from tests.openapi import check_answer

Json = dict[str, Any]
Item = tuple[str, str]


async def all_items(api: AsyncClient, limit: int = 100, **parameters: Any) -> list[Json]:
    """Items of all pages, by `next`."""
    items: list[Json] = []
    cursor: Json = {}
    while True:
        page = await get(api, "/v1/search", limit=limit, **parameters, **cursor)
        items += page["items"]
        if page["next"] is None:
            return items
        cursor = {"cursor": page["next"]}


async def found(api: AsyncClient, q: str, **parameters: Any) -> list[Item]:
    """(noun, slug) of all items."""
    return [(item["noun"], item["card"]["slug"]) for item in await all_items(api, q=q, **parameters)]


# --- a plain scan ranks alike ------------------------------------------------------------------------------------

WORDS: Final = ("міст", "мосту", "трамвай", "трамваї", "старого", "Kyiv", "bridges", "tram", "журнал")
DATES: Final = ("2025-01-22T08:00:00.000Z", "2025-01-22T08:00:00.250Z", "2025-02-01T09:30:00.000Z")
NOUNS: Final = ("tag", "source", "note", "article")
WEIGHTS: Final = {"headline": 8, "standfirst": 4, "quotes": 2, "body": 1}
EACH: Final = 20


def _world() -> list[Line]:
    dice = random.Random(12)

    def text() -> str:
        return " ".join(dice.choices(WORDS, k=dice.randint(1, 3)))

    lines: list[Line] = [source("wire", names={"en": "Wire"})]
    for number in range(EACH):
        at = dice.choice(DATES)
        lines += [
            tag(f"tag-{number}", labels={"uk": text()}, description={"uk": text()}, created_at=at),
            source(f"source-{number}", names={"uk": text()}, aliases=[text()], created_at=at),
            note(f"note-{number}", heading=text(), body=[words(text())], published_at=at),
            article(
                f"story-{number}", at, headline=text(), standfirst=text(), body=[words(text()), said("wire", text())]
            ),
        ]
    # It makes them public, and is found by the names of all.
    naming: Line = {
        "tags": [f"tag-{n}" for n in range(EACH)],
        "attributions": [credit(f"source-{n}") for n in range(EACH)],
    }
    return [*lines, article("naming", **naming)]


@pytest.fixture(scope="module")
async def town(module_url: str) -> AsyncIterator[AsyncClient]:
    async with serving(module_url, *_world()) as api:
        yield api


def _fields(noun: str, card: Json) -> dict[str, list[str]]:
    """The texts of a card by field."""
    match noun:
        case "article":
            paragraph, quote = ([block["html"]] for block in card["body"])
            return {
                "headline": [card["headline"]],
                "standfirst": [card["standfirst"]],
                "body": paragraph,
                "quotes": quote,
            }
        case "note":
            return {"headline": [card["heading"]], "body": [block["html"] for block in card["body"]]}
        case "source":
            return {"headline": [*card["names"].values(), *card["aliases"], card["slug"]]}
    return {"headline": [*card["labels"].values(), card["slug"]], "body": [*card["description"].values()]}


def _score(asked: list[str], noun: str, card: Json) -> float:
    """0 where a word is missing."""
    texts = _fields(noun, card)
    fields = {name: [analyse(text) for text in of_field] for name, of_field in texts.items()}
    weights = [
        max((WEIGHTS[name] for name in fields if matches(parse(word), {name: fields[name]})), default=0)
        for word in asked
    ]
    if noun in {"tag", "source"} and any(_is_name(asked, text) for text in texts["headline"]):
        return 1.0
    return round(sum(weights) / (8 * len(asked)), 4) / 2 if 0 not in weights else 0.0


def _is_name(asked: list[str], name: str) -> bool:
    written = name.split()
    return len(written) == len(asked) and all(
        matches(parse(word), {"headline": [analyse(other)]}) for word, other in zip(asked, written, strict=True)
    )


async def _scanned(api: AsyncClient, asked: list[str]) -> dict[Item, float]:
    scores: dict[Item, float] = {}
    for noun, fields in zip(NOUNS, ("", "", "heading,body", "headline,standfirst,body"), strict=True):
        cards = (await get(api, f"/v1/{noun}s", limit=100, **({"fields": fields} if fields else {})))["items"]
        for card in cards:
            if card["slug"] != "naming" and (score := _score(asked, noun, card)):
                scores[noun, card["slug"]] = score
    return scores


@given(st.lists(st.sampled_from([*WORDS, "мости", "tag-7"]), min_size=1, max_size=2), st.integers(1, 9))
@settings(max_examples=25, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.anyio
async def test_pages_are_ranked_as_a_plain_scan_ranks(town: AsyncClient, asked: list[str], limit: int) -> None:
    items = [item for item in await all_items(town, limit, q=" ".join(asked)) if item["card"]["slug"] != "naming"]

    assert {(item["noun"], item["card"]["slug"]): item["score"] for item in items} == await _scanned(town, asked)
    order = [
        (-item["score"], item["card"].get("published_at", item["card"]["created_at"]), item["noun"]) for item in items
    ]
    by_date = sorted(order, key=lambda each: NOUNS.index(each[2]))
    by_date.sort(key=lambda each: each[1], reverse=True)
    assert order == sorted(by_date, key=lambda each: each[0])
    assert len({item["ref"] for item in items}) == len(items)


# --- single questions --------------------------------------------------------------------------------------------

WORLD = [
    tag("trams", labels={"en": "Trams", "uk": "Трамваї"}, description={"en": "All that runs on <rails>."}),
    tag("tunnel", labels={"en": "Tunnel"}),
    source("depot", names={"uk": "Трамвайне депо"}, aliases=["ТД-1"]),
    note("lines", heading="Tram lines", body=[words("The first tram ran in 1911.")]),
    note("plan", status="draft", heading="The secret tram"),
    article(
        "ride",
        "2025-01-22T08:00:00.000Z",
        headline="A new tram",
        body=[words("It stops at the bridge & the pier."), box("lines")],
        tags=["trams"],
        attributions=[credit("depot")],
    ),
    article("bridge", "2025-01-21T08:00:00.000Z", headline="The old bridge", body=[words("No tram crosses it.")]),
    draft("secret", headline="A secret tram", tags=["tunnel"]),
    withdrawn("gone", headline="A tram that burnt"),
]


@pytest.fixture
async def api(load: Load, api: AsyncClient) -> AsyncClient:
    await load(*WORLD)
    return api


async def test_items_say_what_they_are_and_why_they_were_found(api: AsyncClient) -> None:
    answer = await api.get("/v1/search", params={"q": "tram"})

    check_answer(answer)
    assert {*answer.headers["surrogate-key"].split()} == {"articles", "notes", "sources", "tags"}
    items = answer.json()["items"]
    assert [(item["noun"], item["ref"], item["score"], item["snippet_html"]) for item in items] == [
        ("tag", "trams", 1.0, "All that runs on &lt;rails&gt;."),
        ("note", "lines", 0.5, "The first <mark>tram</mark> ran in 1911."),
        ("article", article_id("ride"), 0.5, "It stops at the bridge &amp; the pier."),
        ("article", article_id("bridge"), 0.0625, "No <mark>tram</mark> crosses it."),
    ]
    assert items[0]["card"] == await get(api, "/v1/tags/trams")
    assert "body" not in items[2]["card"]


@pytest.mark.parametrize(
    ("query", "expected"),
    {
        "трамвайне депо": [("source", "depot"), ("article", "ride")],
        "headline:bridge": [("article", "bridge")],
        '"tram lines"': [("note", "lines"), ("article", "ride")],
        '"lines tram"': [],
        "1911": [("note", "lines"), ("article", "ride")],
        "source:depot": [("article", "ride")],
        "tram -bridge -lines": [("tag", "trams")],
        "tunnel": [],
        "secret": [],
        "burnt": [],
    }.items(),
)  # fmt: skip
async def test_words_are_read_as_in_lists(api: AsyncClient, query: str, expected: list[Item]) -> None:
    assert await found(api, query) == expected
    assert await found(api, query, limit=1) == expected


async def test_nouns_are_narrowed(api: AsyncClient) -> None:
    assert await found(api, "tram", noun="note,tag") == [("tag", "trams"), ("note", "lines")]
    assert blamed(await api.get("/v1/search", params={"q": "tram", "noun": "webhook"})) == {"noun"}


async def test_the_desk_finds_drafts_and_tags_that_nothing_public_names(api: AsyncClient, desk: AsyncClient) -> None:
    assert {*await found(desk, "secret", perspective="drafts")} == {("note", "plan"), ("article", "secret")}
    assert await found(desk, "tunnel", perspective="drafts") == [("tag", "tunnel"), ("article", "secret")]
    assert await found(desk, "secret") == []


async def test_a_working_copy_is_found_by_the_desk_alone(api: AsyncClient, desk: AsyncClient) -> None:
    await acts.change(desk, article_id("bridge"), "/draft", headline="The dismantled viaduct")

    assert await found(api, "viaduct") == []
    assert await found(api, "headline:bridge") == [("article", "bridge")]
    assert await found(desk, "viaduct", perspective="drafts") == [("article", "bridge")]
    assert await found(desk, "headline:bridge", perspective="drafts") == []


async def test_what_comes_between_two_pages_repeats_and_hides_nothing(api: AsyncClient, desk: AsyncClient) -> None:
    before = await found(api, "tram")
    first = await get(api, "/v1/search", q="tram", limit=2)
    await acts.publish(desk, "One more tram")
    rest = await get(api, "/v1/search", q="tram", cursor=first["next"])

    assert [(item["noun"], item["card"]["slug"]) for item in (*first["items"], *rest["items"])] == before
    other = await api.get("/v1/search", params={"q": "bridge", "cursor": first["next"]})
    assert refusal(other, 422, "invalid")["errors"][0]["code"] == "foreign-cursor"


WRONG: Final = {
    "q": ("q=", "q=%00", "q=%ed%a0%80", "q=-a", "q=%22", "q=a*b", "q=" + "a" * 401, "q=a&q=b"),
    "noun": ("noun=Tag", "noun=tag,", "noun=webhook", "noun=", "noun=tag&noun=note"),
    "limit": ("limit=0", "limit=101", "limit=1.0", "limit=x", "limit="),
    "cursor": ("cursor=x", "cursor=AAAAAAAAAAAAAAAAAAAAAAAA", "cursor=%C3%A9"),
    "perspective": ("perspective=x", "perspective=Drafts", "perspective=2025-01-01"),
    "sort": ("sort=relevance",),
}


@pytest.mark.parametrize(("name", "query"), [(name, query) for name, queries in WRONG.items() for query in queries])
async def test_a_wrong_value_is_named(api: AsyncClient, name: str, query: str) -> None:
    answer = await api.get(f"/v1/search?{query}" if name == "q" else f"/v1/search?q=tram&{query}")

    assert blamed(answer) == {name}
    check_answer(answer)


async def test_a_question_must_be_asked(api: AsyncClient) -> None:
    assert blamed(await api.get("/v1/search")) == {"q"}
    assert blamed(await api.get("/v1/suggest")) == {"q"}
