"""With a fallback a list has each story once, in the first language in which it meets the filters."""

import random
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from httpx import AsyncClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.articles import listing
from app.db import Database
from app.keys import store as keys
from app.keys.schemas import KeyIn
from app.web.caller import SCOPES
from tests.answers import bearing, blamed, get, slugs
from tests.articles.town import every_item
from tests.conftest import Load, serving
from tests.desk import act, change, publish
from tests.factories import Line, article, article_id, draft, scheduled, section, tag, withdrawn, words
from tests.openapi import check_answer

PATH: Final = "/v1/articles"
LANGUAGES: Final = ("uk", "en", "pl")
TEXTS: Final = ("старий міст", "міст старий", "the tram", "міст і the tram")
QUESTIONS: Final = ("міст", "tram", "-tram міст", '"старий міст"', '"the tram" OR журнал')
DAYS: Final = [f"2025-01-{day:02}T08:00:00.000Z" for day in (3, 4, 4, 5, 31)]

# --- against a plain model ---------------------------------------------------------------------------------------


def _version(dice: random.Random, slug: str, **fields: Any) -> Line:
    fields |= {
        "tags": dice.sample(["trams", "night", "bridges"], dice.randint(0, 2)),
        "section": dice.choice([None, "town"]),
        "genre": dice.choice([None, "news"]),
        "headline": dice.choice(TEXTS),
        "body": [words(dice.choice(TEXTS))],
    }
    match dice.randrange(9):
        case 0:
            return draft(slug, **fields)
        case 1:
            return scheduled(slug, "2097-01-01T06:00:00.000Z", **fields)
        case 2:
            return withdrawn(slug, **fields)
    return article(slug, dice.choice(DAYS), **fields)


def _stories(dice: random.Random) -> list[Line]:
    lines = []
    for number in range(30):
        original, *others = dice.sample(LANGUAGES, dice.randint(1, 3))
        slug = f"story-{number}"
        lines.append(_version(dice, slug, language=original))
        for language in others:
            translation = {"language": language, "translation_of": article_id(slug)}
            lines.append(_version(dice, f"{slug}-{language}", **translation))
    return lines


async def _work(desk: AsyncClient, dice: random.Random, stories: list[Line]) -> None:
    """What the newsroom does with every other story: no version is what it was at first."""
    for story in stories[::2]:
        id = story["id"]
        new: dict[str, Any] = {"headline": dice.choice(TEXTS), "tags": dice.sample(["trams", "night"], 1)}
        match story["status"], dice.randrange(4):
            case "published", 0:
                await change(desk, id, "/draft", **new)
            case "published", 1:
                await act(desk, id, "withdraw", reason="legal")
                if "translation_of" in story:  # its place may be taken
                    new |= {name: story[name] for name in ("language", "translation_of")}
                    await publish(desk, **new)
            case "published", 2:
                await act(desk, id, "unpublish")
            case "published" | "draft" | "scheduled", _:
                await change(desk, id, **new)


@pytest.fixture(scope="module")
async def town(module_url: str) -> AsyncIterator[AsyncClient]:
    """The desk of a town with thirty stories in one to three languages each, in all states."""
    dice = random.Random(7)
    stories = _stories(dice)
    database = Database(module_url)
    key = (await keys.create(database, KeyIn(name="Tester", scopes=[*SCOPES]), created_by=None)).key
    await database.close()
    world = [tag("trams"), tag("night", parent="trams"), tag("bridges"), section("town")]
    async with serving(module_url, *world, *stories) as api:
        api.headers.update(bearing(key))
        await _work(api, dice, stories)
        yield api


def best_versions(listed: list[Line], languages: tuple[str, ...]) -> list[str]:
    """Of the versions in a list those that stand for their stories, in the order of the list."""
    best: dict[str, Line] = {}
    for each in listed:
        story = each["translation_of"] or each["id"]
        held = best.get(story)
        if held is None or _place(each, languages) < _place(held, languages):
            best[story] = each
    chosen = {each["id"] for each in best.values()}
    return [each["slug"] for each in listed if each["id"] in chosen]


def _place(version: Line, languages: tuple[str, ...]) -> tuple[int, int]:
    """Of two in one language, one of them withdrawn, the one that was made last."""
    return languages.index(version["language"]), -int(version["id"].replace("-", ""), 16)


narrowing = st.fixed_dictionaries(
    {},
    optional={
        "tag": st.sampled_from(["trams", "trams,bridges", ["trams", "bridges"], "nothing"]),
        "tag_not": st.sampled_from(["bridges", "night"]),
        "section": st.just("town"),
        "genre": st.just("news"),
        "published_from": st.sampled_from(["2025-01-04T08:00:00Z", "2025-01-05"]),
        "published_to": st.sampled_from(["2025-01-04", "2025-01-05T08:00:00Z"]),
        "updated_since": st.just("2025-01-05"),
        "modified_since": st.just("2025-01-05"),
    },
)
orders = st.one_of(
    st.fixed_dictionaries(
        {"sort": st.sampled_from(["published_at", "-published_at", "updated_at", "-updated_at"])},
        optional={"perspective": st.sampled_from(["drafts", "2098-01-01T00:00:00Z"])},
    ),
    st.fixed_dictionaries(
        {"sort": st.sampled_from(["published_at", "-published_at"]), "q": st.sampled_from(QUESTIONS)},
        optional={"perspective": st.sampled_from(["drafts", "2098-01-01T00:00:00Z"])},
    ),
    st.fixed_dictionaries(
        {"perspective": st.just("drafts"), "sort": st.just("-modified_at")},
        optional={"status": st.sampled_from(["draft", "published", "draft,published", "withdrawn,published"])},
    ),
    st.fixed_dictionaries(
        {"perspective": st.just("drafts")},
        optional={"status": st.sampled_from(["scheduled", "draft,published"]), "working_copy": st.just("true")},
    ).filter(lambda asked: asked.get("status") != "draft,published" or "working_copy" not in asked),
)  # fmt: skip
choices = st.permutations(LANGUAGES).flatmap(lambda order: st.integers(2, 3).map(lambda n: tuple(order[:n])))


@given(narrowing, orders, choices, st.integers(1, 9))
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.anyio
async def test_each_story_is_listed_once_in_its_first_language(
    town: AsyncClient, narrowed: Line, order: Line, languages: tuple[str, ...], limit: int
) -> None:
    asked = {**narrowed, **order}
    expected = best_versions(await every_item(town, language=",".join(languages), **asked), languages)
    wanted = {"language": languages[0], "fallback": ",".join(languages[1:]), **asked}

    assert [each["slug"] for each in await every_item(town, limit, **wanted)] == expected
    counted = await get(town, PATH, count="true", facets="section", **wanted)
    assert counted["count"] == {"value": len(expected), "exact": True}
    in_town = {**wanted, "section": "town"}
    size = (await get(town, PATH, count="true", **in_town))["count"]["value"]
    assert {"values": [{"value": "town", "count": size}][:size], "exact": True} == counted["facets"]["section"]


async def _there_and_back(api: AsyncClient, **asked: Any) -> tuple[list[str], list[str]]:
    """Slugs of all pages by `next`, and then by `prev`."""
    page = await get(api, PATH, **asked)
    there = [item["slug"] for item in page["items"]]
    while page["next"]:
        page = await get(api, PATH, cursor=page["next"], **asked)
        there += [item["slug"] for item in page["items"]]
    back = [item["slug"] for item in page["items"]]
    while page["prev"]:
        page = await get(api, PATH, cursor=page["prev"], **asked)
        back = [*(item["slug"] for item in page["items"]), *back]
    return there, back


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"tag": "trams"},
        {"q": "міст"},
        {"q": '"старий міст"'},
        {"sort": "updated_at"},
        {"perspective": "drafts", "sort": "-modified_at"},
    ],
)
@pytest.mark.parametrize("looked_at", [5_000, 12])
async def test_pages_lead_through_the_whole_list_and_back(
    town: AsyncClient, asked: Line, looked_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = {"language": "uk", "fallback": "en,pl", **asked}
    whole = await slugs(town, **wanted, limit=100)
    assert len(whole) > 5
    monkeypatch.setattr(listing, "LOOKED_AT", looked_at)

    assert await _there_and_back(town, **wanted, limit=2) == (whole, whole)


async def test_what_was_not_looked_at_is_not_counted_as_exact(
    town: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"language": "uk", "fallback": "en,pl", "count": "true", "limit": 1}
    whole = (await get(town, PATH, **asked))["count"]
    monkeypatch.setattr(listing, "COUNTED_AT_MOST", 6)

    count = (await get(town, PATH, **asked))["count"]
    assert whole["exact"]
    assert not count["exact"]
    assert 0 < count["value"] <= whole["value"]


# --- what changes a page -----------------------------------------------------------------------------------------

ASKED: Final = {"language": "uk", "fallback": "en,pl", "tag": "trams"}


@pytest.fixture
async def one(desk: AsyncClient, load: Load) -> Line:
    """A story in English, which is public, with a translation into Ukrainian, which is not."""
    english = article("river", tags=["trams"])
    translation = {"language": "uk", "translation_of": english["id"]}
    await load(tag("trams"), english, draft("richka", tags=["trams"], **translation))
    return english


async def test_a_translation_that_is_published_takes_the_place_of_what_stood_for_it(
    desk: AsyncClient, api: AsyncClient, one: Line
) -> None:
    before = await api.get(PATH, params=ASKED)
    assert await slugs(api, **ASKED) == ["river"]
    assert await slugs(desk, **ASKED, perspective="drafts") == ["richka"]

    await act(desk, "richka", "publish")
    after = await api.get(PATH, params=ASKED, headers={"If-None-Match": before.headers["etag"]})
    assert [item["slug"] for item in after.json()["items"]] == ["richka"]
    change_of_it = (await get(api, "/v1/changes"))["items"][-1]
    assert {*before.headers["surrogate-key"].split()} & {*change_of_it["keys"]}
    assert {*before.headers["surrogate-key"].split()} == {
        "articles.tag.trams~uk",
        "articles.tag.trams~en",
        "articles.tag.trams~pl",
    }

    await act(desk, "richka", "withdraw", reason="legal")
    assert await slugs(api, **ASKED) == ["river"]


async def test_the_filters_hold_for_the_version_that_is_listed(desk: AsyncClient, api: AsyncClient, one: Line) -> None:
    await act(desk, "richka", "publish")

    await change(desk, "richka", tags=[])
    assert await slugs(api, **ASKED) == ["river"]
    assert await slugs(api, language="uk", fallback="en") == ["richka"]


async def test_what_is_no_translation_any_more_is_a_story_of_its_own(
    desk: AsyncClient, api: AsyncClient, one: Line
) -> None:
    await act(desk, "richka", "publish")

    await change(desk, "richka", "/draft", translation_of=None)
    assert await slugs(api, **ASKED) == ["richka"]
    assert {*await slugs(desk, **ASKED, perspective="drafts")} == {"richka", "river"}
    await act(desk, "richka", "publish")
    assert {*await slugs(api, **ASKED)} == {"richka", "river"}


async def test_a_page_that_is_followed_while_translations_appear_neither_repeats_nor_loses_a_version(
    desk: AsyncClient, api: AsyncClient, load: Load
) -> None:
    stories = [article(f"s{n}", f"2025-01-{n:02}T08:00:00Z") for n in range(1, 7)]
    await load(*stories)
    asked = {"language": "uk", "fallback": "en", "limit": 2, "sort": "published_at"}
    first = await get(api, PATH, **asked)

    await load(article("s4-uk", "2025-01-04T08:00:00Z", language="uk", translation_of=article_id("s4")))
    rest = list[str]()
    page = first
    while page["next"]:
        page = await get(api, PATH, **asked, cursor=page["next"])
        rest += [item["slug"] for item in page["items"]]

    assert [item["slug"] for item in first["items"]] == ["s1", "s2"]
    assert rest == ["s3", "s4-uk", "s5", "s6"]


# --- the rest of a request ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"fallback": "en"}, {"fallback"}),
        ({"fallback": "en", "language": "uk,pl"}, {"language"}),
        ({"fallback": "en,uk", "language": "uk"}, {"fallback"}),
        ({"fallback": "en", "language": "uk", "ids": article_id("river")}, {"fallback"}),
        ({"fallback": "Ukrainian", "language": "uk"}, {"fallback"}),
        ({"fallback": "en", "language": "uk", "tag": ",".join(f"t{n}" for n in range(11))}, {"language"}),
    ],
)
@pytest.mark.parametrize("path", [PATH, "/feeds/articles.atom"])
async def test_a_fallback_that_does_not_fit_is_refused(
    api: AsyncClient, path: str, asked: Line, named: set[str]
) -> None:
    assert blamed(await api.get(path, params=asked)) == named


@pytest.mark.parametrize("path", ["/v1/notes", "/v1/archive", "/v1/quotes", f"/v1/articles/{article_id('river')}"])
async def test_what_has_no_fallback_refuses_it_by_name(api: AsyncClient, one: Line, path: str) -> None:
    assert blamed(await api.get(path, params={"fallback": "en"})) == {"fallback"}


async def test_a_cursor_is_bound_to_the_fallback(api: AsyncClient, load: Load) -> None:
    await load(*(article(f"s{n}") for n in range(3)))
    page = await get(api, PATH, language="uk", fallback="en", limit=1)

    answer = await api.get(PATH, params={"language": "uk", "fallback": "pl", "limit": 1, "cursor": page["next"]})
    assert blamed(answer) == {"cursor"}


async def test_feeds_fall_back_as_lists_do(desk: AsyncClient, api: AsyncClient, one: Line) -> None:
    asked = {"language": "uk", "fallback": "en"}
    feeds = [(await api.get("/feeds/articles.json", params=asked)).json()]
    await act(desk, "richka", "publish")
    feeds.append((await api.get("/feeds/articles.json", params=asked)).json())

    assert [[item["language"] for item in feed["items"]] for feed in feeds] == [["en"], ["uk"]]
    assert [feed.get("language") for feed in feeds] == [None, None]


async def test_a_fallback_is_explained(api: AsyncClient, one: Line) -> None:
    answer = await api.get(PATH, params={**ASKED, "explain": "true"})

    check_answer(answer)
    explained = answer.json()["explain"]
    assert explained["sentence"] == (
        "Published articles, with the tag trams, in the language uk, else in en or pl, each story once in the first of"
        " these; the newest first, at most 20 on a page."
    )
    assert explained["index"] == (
        "List articles:tag:trams by published_at; each article is looked up in other versions of its story, at most"
        " 5,000 of them for a page."
    )


async def test_facets_count_a_story_once_for_each_value(desk: AsyncClient, api: AsyncClient, one: Line) -> None:
    await act(desk, "richka", "publish")
    await change(desk, "richka", genre="news")

    page = await get(api, PATH, **ASKED, facets="tag,genre,language,month")
    facets = {
        name: [(each["value"], each["count"]) for each in facet["values"]] for name, facet in page["facets"].items()
    }
    assert facets["tag"] == [("trams", 1)]
    assert facets["genre"] == [("news", 1)]
    assert facets["language"] == [("en", 1), ("uk", 1)]
    assert [count for _, count in facets["month"]] == [1, 1]
