"""Related stories: what editors named, then what has most in common, as a comparison with all stories finds it."""

import random
from collections.abc import AsyncIterator
from math import log
from typing import Any, Final

import pytest
from httpx import AsyncClient

from app.articles import related
from app.articles.schemas import FOR_THE_DESK
from app.db import Database
from app.keys import store as keys
from app.keys.schemas import KeyIn
from app.web.caller import SCOPES
from app.words.analysis import analyse
from tests import desk as acts
from tests.answers import bearing, blamed, get, refusal
from tests.conftest import Load, serving
from tests.factories import Line, article, article_id, box, credit, draft, note, source, tag, withdrawn, words
from tests.openapi import check_answer

WORDS: Final = ("Млини", "бруківки", "млин", "ліхтарів", "Lanterns", "orchard", "orchards", "bell", "we", "на")
# Tags with their parents.
TAGS: Final = {"water": None, "rivers": "water", "mills": None, "apples": None}
SOURCES: Final = ("wire", "office")
NOTES: Final = ("dam", "pier")
STORIES: Final = 16


def _story(dice: random.Random, number: int) -> Line:
    named = dice.choice([None, article_id(f"story-{dice.randrange(number)}")]) if number else None
    fields: Line = {
        "headline": " ".join(dice.choices(WORDS, k=4)),
        "language": dice.choice(["uk", "uk", "en"]),
        "tags": dice.sample([*TAGS], dice.randint(0, 2)),
        "attributions": [
            credit(dice.choice(SOURCES), dice.choice(["said_by", "author"])) for _ in range(dice.randint(0, 1))
        ],
        "body": [box(dice.choice(NOTES)) if dice.random() < 0.3 else words("Nothing else.")],
        "relations": [{"relation": "background", "article": named}] if named else [],
    }
    slug, at = f"story-{number}", f"2025-01-{dice.randint(1, 3):02}T08:00:00.000Z"
    match dice.randrange(8):
        case 0:
            return draft(slug, **fields)
        case 1:
            return withdrawn(slug, **fields)
        case 2:
            original = {"translation_of": article_id("story-0"), "language": f"q{chr(97 + number)}"} if number else {}
            return article(slug, at, **{**fields, "relations": [], **original})
    return article(slug, at, **({**fields, "relations": []} if number < 3 else fields))


@pytest.fixture(scope="module")
async def town(module_url: str) -> AsyncIterator[AsyncClient]:
    """So few stories that each list holds all of them; some have a working copy, or were taken down."""
    dice = random.Random(5)
    stories = [{**article("story-0"), "language": "uk"}, *(_story(dice, number) for number in range(1, STORIES))]
    public = {story["id"] for story in stories if story["status"] == "published"}
    for story in stories:  # what is public names only what is public
        story["relations"] = [each for each in story.get("relations", ()) if each["article"] in public]
    database = Database(module_url)
    key = (await keys.create(database, KeyIn(name="Tester", scopes=[*SCOPES]), created_by=None)).key
    await database.close()
    lines = [*(tag(slug, parent=parent) for slug, parent in TAGS.items()), *map(source, SOURCES), *map(note, NOTES)]
    async with serving(module_url, *lines, *stories) as api:
        api.headers.update(bearing(key))
        for number in range(4, 10):
            if stories[number]["status"] == "published":
                await acts.change(api, stories[number]["id"], "/draft", tags=["mills"], headline="Млини й ліхтарі")
        yield api


def _lists(card: Line, *, as_listed: bool) -> set[tuple[str, str]]:
    """Tags, informants and notes; as it is listed, with the ancestors of its tags."""
    tags = {*card["tags"], *((TAGS[slug] for slug in card["tags"]) if as_listed else ())} - {None}
    informants = {one["source"] for one in card["attributions"] if as_listed or one["role"] != "author"}
    kinds = (("tag", tags), ("source", informants), ("note", card["notes"]))
    return {(kind, str(slug)) for kind, slugs in kinds for slug in slugs}


def _shared_words(story: Line, card: Line) -> list[str]:
    others = {key for word in analyse(card["headline"]) for key in word.keys}
    found: dict[frozenset[str], str] = {}
    for word in analyse(story["headline"]):
        text = story["headline"][word.start : word.end]
        if len(text) >= 4 and not others.isdisjoint(word.keys):
            found.setdefault(word.keys, text)
    return [*found.values()] if len(found) >= 2 else []


def _expected(story: Line, cards: list[Line]) -> list[tuple[str, str, list[Any]]]:
    """(id, by, because) of related stories, by a comparison with all cards that the reader sees."""
    seen = {card["id"]: card for card in cards}
    sizes = {one: sum(one in _lists(card, as_listed=True) for card in cards) for one in _lists(story, as_listed=False)}
    original = story["translation_of"] or story["id"]
    others = {id: card for id, card in seen.items() if (card["translation_of"] or id) != original}
    named = [each for each in story["relations"] if each["article"] in others]
    automatic = []
    for id, card in others.items():
        if id in {each["article"] for each in named} or card["language"] != story["language"]:
            continue
        shared = sorted(
            _lists(story, as_listed=False) & _lists(card, as_listed=True),
            key=lambda one: (sizes[one], f"articles:{one[0]}:{one[1]}"),
        )
        common = _shared_words(story, card)
        score = sum(log(1 + len(cards) / sizes[one]) for one in shared) + len(common)
        because: list[Any] = [{kind: slug} for kind, slug in shared] + ([{"words": common}] if common else [])
        at = card["published_at"] or card["created_at"]
        automatic.append((round(score, 6), at, id, because))
    editors = [(each["article"], "editor", [{"relation": each["relation"]}]) for each in named]
    found = sorted((each for each in automatic if each[3]), key=lambda each: each[:3], reverse=True)
    return [*editors, *((id, "automatic", because) for *_, id, because in found)]


@pytest.mark.parametrize("perspective", [{}, {"perspective": "drafts"}], ids=["public", "desk"])
@pytest.mark.anyio
async def test_related_stories_are_those_that_have_most_in_common(town: AsyncClient, perspective: Line) -> None:
    cards = (await get(town, "/v1/articles", limit=100, **perspective))["items"]
    found = {"editor": 0, "automatic": 0}
    for story in cards:
        answer = await town.get(f"/v1/articles/{story['id']}/related", params={"limit": 20, **perspective})
        check_answer(answer)
        items = answer.json()["items"]
        assert [(item["card"]["id"], item["by"], item["because"]) for item in items] == _expected(story, cards)
        # What is the desk's alone stands on the cards of its lists.
        by_id = {card["id"]: {n: v for n, v in card.items() if n not in FOR_THE_DESK} for card in cards}
        assert [item["card"] for item in items] == [by_id[item["card"]["id"]] for item in items]
        for item in items:
            found[item["by"]] += 1
    assert min(found.values()) > 3


# --- single questions --------------------------------------------------------------------------------------------


async def related_to(api: AsyncClient, slug: str, **parameters: Any) -> list[tuple[str, str]]:
    """(slug, by) of the stories related to one."""
    items = (await get(api, f"/v1/articles/{slug}/related", **parameters))["items"]
    return [(item["card"]["slug"], item["by"]) for item in items]


async def test_what_few_stories_have_says_most(load: Load, api: AsyncClient) -> None:
    await load(tag("common"), tag("rare"))
    await load(
        article("asked", tags=["common", "rare"]),
        article("old", "2020-01-01T08:00:00Z", tags=["rare"]),
        *(article(f"new-{n}", f"2025-02-0{n}T08:00:00Z", tags=["common"]) for n in range(1, 5)),
    )
    assert await related_to(api, "asked", limit=2) == [("old", "automatic"), ("new-4", "automatic")]


async def test_words_in_common_are_told_as_they_stand_in_the_headline(load: Load, api: AsyncClient) -> None:
    await load(
        article("asked", headline="Бруківка, млини та інше", language="uk"),
        article("alike", headline="Як млин лишився без бруківки", language="uk"),
        article("other", headline="Сонце над млином", language="uk"),
    )
    (item,) = (await get(api, "/v1/articles/asked/related"))["items"]
    assert (item["card"]["slug"], item["because"]) == ("alike", [{"words": ["Бруківка", "млини"]}])


async def test_a_related_block_counts_as_a_relation(load: Load, api: AsyncClient) -> None:
    block = {"type": "related", "relation": "follow_up", "article": article_id("other"), "text": "Read on"}
    await load(article("other", language="uk"))
    await load(article("asked", body=[block]))
    assert await related_to(api, "asked") == [("other", "editor")]


async def test_what_is_taken_down_or_of_the_same_story_is_not_related(desk: AsyncClient, load: Load) -> None:
    relations = [{"relation": "background", "article": article_id("gone")}]
    await load(tag("rivers"), article("gone", tags=["rivers"]))
    await load(
        article("asked", tags=["rivers"], relations=relations),
        article("povin", tags=["rivers"], language="uk", translation_of=article_id("asked")),
    )
    relations += [{"relation": "same_event", "article": article_id("povin")}]
    await acts.change(desk, article_id("asked"), relations=relations)
    before = await related_to(desk, "asked")
    await acts.act(desk, article_id("gone"), "withdraw", reason="legal")

    assert (before, await related_to(desk, "asked")) == ([("gone", "editor")], [])


async def test_what_many_stories_have_is_looked_through_for_the_newest_alone(
    load: Load, api: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(related, "NEWEST_OF_EACH", 2)
    related._newest_of_each.cache_clear()
    await load(tag("rivers"))
    await load(article("asked", "2020-01-01T00:00:00Z", tags=["rivers"]))
    await load(*(article(f"new-{n}", f"2025-02-0{n}T08:00:00Z", tags=["rivers"]) for n in range(1, 5)))
    found = await related_to(api, "asked")
    related._newest_of_each.cache_clear()

    assert found == [("new-4", "automatic"), ("new-3", "automatic")]


async def test_a_former_slug_leads_to_the_present_one(load: Load, desk: AsyncClient) -> None:
    await load(article("weir"))
    await acts.change(desk, article_id("weir"), slug="old-weir")
    answer = await desk.get("/v1/articles/weir/related?limit=3")
    assert (answer.status_code, answer.headers["location"]) == (308, "/v1/articles/old-weir/related?limit=3")
    refusal(await desk.get("/v1/articles/nowhere/related"), 404, "not-found")


@pytest.mark.parametrize("query", ["limit=21", "cursor=x", "fields=headline", "perspective=2020-01-01T00:00:00Z"])
async def test_what_is_not_understood_is_refused(load: Load, api: AsyncClient, query: str) -> None:
    await load(article("weir"))
    assert blamed(await api.get(f"/v1/articles/weir/related?{query}")) == {query.partition("=")[0]}
