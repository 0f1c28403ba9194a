"""Quotes of stories: all of those that a plain scan of the stories finds, in its order, and no others."""

import random
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from httpx import AsyncClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.articles import quotes
from app.content import html
from app.db import Database
from app.keys import store as keys
from app.keys.schemas import KeyIn
from app.lists.models import List, ListEntry
from app.web.caller import SCOPES
from app.words.analysis import analyse
from app.words.matching import matches
from app.words.queries import parse
from tests import desk as acts
from tests.answers import bearing, blamed, get, refusal
from tests.conftest import Load, serving
from tests.contents import rows
from tests.factories import Line, article, article_id, draft, said, source, withdrawn, words
from tests.openapi import check_answer

PATH: Final = "/v1/quotes"
WORDS: Final = ("міст", "мосту", "трамваї", "старого", "дітей", "Kyiv", "bridges", "tram", "об’їзд")
NAMES: Final = {"wire": "Зграйський дріт", "mayor": "Olena Verboliz"}
# Two of a minute, two of the same instant.
INSTANTS: Final = (
    "2025-01-22T08:00:00.000Z",
    "2025-01-22T08:00:00.250Z",
    "2025-02-01T09:30:00.000Z",
    "2025-02-01T09:30:00.000Z",
)


def _text(dice: random.Random, size: int) -> str:
    return " ".join(dice.choices(WORDS, k=size))


def _quote(dice: random.Random) -> Line:
    speaker = dice.choice([*NAMES, None])
    return {
        "type": "quote",
        "html": f"{_text(dice, 2)} <b>{_text(dice, 1)}</b>",
        "source": speaker,
        "attribution": dice.choice([None, "an onlooker"]),
        "verbatim": dice.random() < 0.5,
        "language": dice.choice([None, None, "uk", "pl"]),
    }


def _body(dice: random.Random) -> list[Line]:
    return [_quote(dice) if dice.random() < 0.4 else words(_text(dice, 3)) for _ in range(dice.randint(0, 5))]


def _story(dice: random.Random, number: int) -> Line:
    fields: Line = {"headline": _text(dice, 2), "language": dice.choice(["uk", "en"]), "body": _body(dice)}
    slug = f"story-{number}"
    match dice.randrange(6):
        case 0:
            return draft(slug, **fields)
        case 1:
            return withdrawn(slug, **fields)
    return article(slug, dice.choice(INSTANTS), **fields)


@pytest.fixture(scope="module")
async def town(module_url: str) -> AsyncIterator[AsyncClient]:
    """Forty stories, some of which the desk has changed, published, taken down or erased since."""
    dice = random.Random(7)
    stories = [_story(dice, number) for number in range(40)]
    database = Database(module_url)
    key = (await keys.create(database, KeyIn(name="Tester", scopes=[*SCOPES]), created_by=None)).key
    await database.close()
    async with serving(
        module_url, *(source(slug, names={"uk": name}) for slug, name in NAMES.items()), *stories
    ) as api:
        api.headers.update(bearing(key))
        for story in stories[:20]:
            await _change(api, dice, story)
        yield api


async def _change(api: AsyncClient, dice: random.Random, story: Line) -> None:
    id, body = story["id"], _body(dice)
    match story["status"], dice.randrange(4):
        case "published", 0:
            await acts.change(api, id, "/draft", body=body)
        case "published", 1:
            await acts.act(api, id, "withdraw", reason="legal")
            await acts.act(api, id, "erase", reason="legal")
        case "published", 2:
            await acts.act(api, id, "unpublish")
        case "published", 3:
            await acts.change(api, id, body=body, language="en" if story["language"] == "uk" else "uk")
        case "draft", 0 | 1:
            await acts.change(api, id, body=body)
            await acts.act(api, id, "publish")


async def _all(api: AsyncClient, path: str, limit: int = 100, **parameters: Any) -> list[Any]:
    """Items of all pages, by `next`."""
    items: list[Any] = []
    cursor: Line = {}
    while True:
        page = await get(api, path, limit=limit, **parameters, **cursor)
        assert len(page["items"]) <= limit
        items += page["items"]
        if page["next"] is None:
            return items
        cursor = {"cursor": page["next"]}


def _quotes(story: Line) -> list[Line]:
    return [
        {
            "article": story["id"],
            "block": block["id"],
            "html": block["html"],
            "text": html.plain(block["html"]),
            "source": block["source"],
            "attribution": block["attribution"],
            "verbatim": block["verbatim"],
            "language": block["language"] or story["language"],
            "published_at": story["published_at"],
        }
        for block in story["body"]
        if block["type"] == "quote"
    ]


def _answers(query: str, quote: Line) -> bool:
    """With all words of the quote analysed: no index and no short cut has a part in it."""
    names = [] if quote["source"] is None else [NAMES[quote["source"]], quote["source"]]
    return matches(parse(query), {"quotes": [analyse(quote["text"])], "source": [analyse(name) for name in names]})


_queries = st.sampled_from(
    ["мости", "tram", "tram міст", "bridge OR діти", "міст -tram", '"старий міст"', "трам*", "source:Вербо* OR київ",
     "source:wire міст", "об'їзд", "літак"]
)  # fmt: skip
_filters = st.fixed_dictionaries(
    {},
    optional={
        "source": st.sampled_from(["wire", "mayor,wire", "nobody"]),
        "language": st.sampled_from(["uk", "pl", "en,pl"]),
        "date": st.sampled_from(["2025-01", "2025-02-01"]),
        "q": _queries,
        "perspective": st.just("drafts"),
    },
)


@given(_filters, st.integers(1, 7))
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.anyio
async def test_quotes_are_those_that_a_plain_scan_finds(town: AsyncClient, asked: Line, limit: int) -> None:
    seen = {name: asked[name] for name in asked.keys() & {"date", "perspective"}}
    stories = await _all(town, "/v1/articles", fields="body,language,published_at", **seen)
    expected = [
        quote
        for story in stories
        for quote in _quotes(story)
        if ("source" not in asked or quote["source"] in asked["source"].split(","))
        and ("language" not in asked or quote["language"] in asked["language"].split(","))
        and ("q" not in asked or _answers(asked["q"], quote))
    ]

    assert await _all(town, PATH, limit, **asked) == expected


@pytest.mark.parametrize("asked", [{}, {"language": "pl"}, {"source": "wire"}, {"q": "міст"}])
async def test_pages_that_end_early_lead_on(town: AsyncClient, monkeypatch: pytest.MonkeyPatch, asked: Line) -> None:
    whole = await _all(town, PATH, perspective="drafts", **asked)
    assert whole

    monkeypatch.setattr(quotes, "STORIES_AT_MOST", 1)

    assert await _all(town, PATH, 2, perspective="drafts", **asked) == whole


# --- single questions --------------------------------------------------------------------------------------------

FERRY: Final = article(
    "ferry",
    "2025-03-01T08:00:00.000Z",
    language="en",
    body=[
        {**said("wire", "The ferry sails <em>at dawn</em>."), "id": "b1"},
        words("Nobody asked why.", id="b2"),
        {**said("mayor", "Пором відпливає вдосвіта."), "id": "b3", "language": "uk"},
    ],
)


@pytest.fixture
async def ferry(load: Load) -> None:
    await load(source("wire"), source("mayor"), FERRY, article("weir", body=[words("The ferry has left.")]))


async def test_a_quote_says_who_said_it_where_and_in_which_language(ferry: None, api: AsyncClient) -> None:
    answer = await api.get(PATH, params={"include": "articles"})

    check_answer(answer)
    page = answer.json()
    assert page["items"][0] == {
        "article": article_id("ferry"),
        "block": "b1",
        "html": "The ferry sails <em>at dawn</em>.",
        "text": "The ferry sails at dawn.",
        "source": "wire",
        "attribution": None,
        "verbatim": True,
        "language": "en",
        "published_at": "2025-03-01T08:00:00.000Z",
    }
    assert [item["language"] for item in page["items"]] == ["en", "uk"]
    assert {id: card["slug"] for id, card in page["included"]["articles"].items()} == {article_id("ferry"): "ferry"}
    assert (await get(api, PATH))["included"] == {}


async def test_words_are_sought_in_the_quote_alone(ferry: None, api: AsyncClient) -> None:
    found = {
        q: [item["block"] for item in (await get(api, PATH, q=q))["items"]] for q in ("ferries", "asked", "порому")
    }
    assert found == {"ferries": ["b1"], "asked": [], "порому": ["b3"]}


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        (f"{PATH}?q=headline:ferry", "q"),
        (f'{PATH}?q="ferry', "q"),
        (f"{PATH}?role=said_by", "role"),
        (f"{PATH}?source=wire&source=mayor", "source"),
        (f"{PATH}?date=2025-13", "date"),
        (f"{PATH}?limit=101", "limit"),
        (f"{PATH}?include=tags", "include"),
        (f"{PATH}?cursor=x", "cursor"),
        (f"{PATH}?perspective=2020-01-01T00:00:00Z", "perspective"),
    ],
)
async def test_what_is_not_understood_is_refused(api: AsyncClient, path: str, parameter: str) -> None:
    assert blamed(await api.get(path)) == {parameter}


async def test_drafts_take_a_key(api: AsyncClient) -> None:
    refusal(await api.get(f"{PATH}?perspective=drafts"), 401, "unauthorized")


async def test_a_change_of_the_story_neither_repeats_nor_loses_a_quote(ferry: None, desk: AsyncClient) -> None:
    first = await get(desk, PATH, limit=1)
    body = [words("A new beginning."), said("mayor", "Nobody said this first."), *FERRY["body"]]
    await acts.change(desk, article_id("ferry"), body=body)

    second = await get(desk, PATH, limit=1, cursor=first["next"])

    assert ([item["block"] for item in second["items"]], second["next"]) == (["b3"], None)


async def test_a_quote_that_is_gone_still_leads_to_the_one_behind_it(ferry: None, desk: AsyncClient) -> None:
    first = await get(desk, PATH, limit=1)
    await acts.change(desk, article_id("ferry"), body=FERRY["body"][2:])

    second = await get(desk, PATH, limit=1, cursor=first["next"])

    assert [item["block"] for item in second["items"]] == ["b3"]


async def _listed(database: Database) -> set[tuple[str, str]]:
    """(view, name) of the lists of quotes that have entries."""
    query = select(List.view, List.name).join(ListEntry, ListEntry.list == List.id).where(List.name.like("%quote%"))
    return {(view, name) for view, name in await rows(database, query)}


async def test_an_erased_story_leaves_nothing_in_the_lists_of_quotes(
    ferry: None, desk: AsyncClient, database: Database
) -> None:
    names = {"articles:has:quote", "articles:quote:en", "articles:quote:uk"}
    assert await _listed(database) == {("public", name) for name in names}

    await acts.act(desk, article_id("ferry"), "withdraw", reason="privacy")
    assert (await get(desk, PATH))["items"] == []
    assert await _listed(database) == {("desk", name) for name in names}

    await acts.act(desk, article_id("ferry"), "erase", reason="privacy")
    assert (await get(desk, PATH, perspective="drafts"))["items"] == []
    assert await _listed(database) == set()
