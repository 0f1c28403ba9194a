"""The stories of a collection: pins that can be seen, then the list that fills it, each once, and nothing hidden."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db import Database
from tests import contents
from tests.answers import bearing, get
from tests.conftest import Fresh, Load, Make, serving
from tests.factories import Line, article, article_id, collection, draft, scheduled, source, tag, withdrawn
from tests.openapi import check_answer

CANARY = "kingfisher"
FRONT = "/v1/collections/front/items"


def pins(*names: str) -> list[str]:
    return [article_id(name) for name in names]


def named(page: Any) -> list[str]:
    return [item["slug"] for item in page["items"]]


def on(day: int, slug: str, **fields: Any) -> Line:
    return article(slug, f"2025-01-{day:02}T09:00:00Z", **fields)


def hidden() -> list[Line]:
    """Stories that no reader sees, with a word that stands in none that readers see."""
    secret: Any = {"headline": f"The {CANARY} is back", "body": []}
    return [
        draft(f"{CANARY}-draft", **secret),
        scheduled(f"{CANARY}-later", **secret),
        withdrawn(f"{CANARY}-gone", **secret),
        article(f"{CANARY}-over", status="expired", first_published_at="2025-01-01T09:00:00Z",
                published_at="2025-01-01T09:00:00Z", expires_at="2025-01-02T09:00:00Z", **secret),
    ]  # fmt: skip


async def test_pins_come_first_and_the_list_fills_the_rest_without_repeating(api: AsyncClient, load: Load) -> None:
    await load(*(on(day, f"s{day}") for day in range(1, 8)))
    await load(collection("front", pinned=pins("s2", "s7"), fill="sort=-published_at", length=5))
    answer = await api.get(FRONT)
    check_answer(answer)
    page = answer.json()
    assert named(page) == ["s2", "s7", "s6", "s5", "s4"]
    assert page["next"] is None
    assert page["prev"] is None
    assert "body" not in page["items"][0]
    shaped = (await get(api, FRONT, fields="headline,body", include="tags"))["items"][0]
    assert shaped.keys() == {"id", "slug", "headline", "body"}


async def test_without_a_fill_there_are_the_pins_alone_and_at_most_the_length(api: AsyncClient, load: Load) -> None:
    await load(on(1, "a"), on(2, "b"), on(3, "c"))
    await load(collection("front", pinned=pins("a", "c", "b"), length=2))
    assert named(await get(api, FRONT)) == ["a", "c"]


async def test_what_its_reader_does_not_see_is_left_out_and_the_next_takes_its_place(
    desk: AsyncClient, load: Load
) -> None:
    lines = hidden()
    await load(*lines, *(on(day, f"s{day}") for day in range(1, 6)))
    secret = [line["id"] for line in lines]
    await load(collection("front", pinned=[*secret, *pins("s1")], fill="sort=-published_at", length=3))
    shown = await get(desk, FRONT)
    assert named(shown) == ["s1", "s5", "s4"]
    of_desk = await get(desk, FRONT, perspective="drafts")
    assert [item["id"] for item in of_desk["items"]] == secret[:3]
    later = await get(desk, FRONT, perspective="2100-01-01T00:00:00Z")
    assert named(later) == [f"{CANARY}-later", "s1", "s5"]


async def test_no_word_of_a_hidden_pin_is_in_any_public_answer(api: AsyncClient, load: Load) -> None:
    lines = hidden()
    await load(tag("birds"), *lines, on(1, "seen", tags=["birds"]))
    await load(collection("front", pinned=[line["id"] for line in lines], fill="tag=birds"))
    paths = [
        FRONT,
        f"{FRONT}?include=tags,sources,notes,relations&fields=body,headline",
        "/v1/collections",
    ]
    paths += ["/v1/collections/front", "/v1/collections/front/revisions", "/v1/changes", f"{FRONT}?language=en"]
    paths += ["/feeds/collections/front.rss", "/feeds/collections/front.atom", "/feeds/collections/front.json"]
    paths += ["/collections/front", "/", "/en"]
    for path in paths:
        answer = await api.get(path)
        assert answer.status_code == 200, (path, answer.text)
        assert CANARY not in answer.text + str(answer.headers), path


async def test_stories_are_narrowed_to_languages_pins_and_list_alike(api: AsyncClient, load: Load) -> None:
    await load(*(on(day, f"en{day}") for day in (1, 3, 5)), *(on(day, f"uk{day}", language="uk") for day in (2, 4)))
    await load(collection("front", pinned=pins("en1", "uk2"), fill="language=en,uk"))
    assert named(await get(api, FRONT)) == ["en1", "uk2", "en5", "uk4", "en3"]
    assert named(await get(api, FRONT, language="uk")) == ["uk2", "uk4"]
    assert named(await get(api, FRONT, language="uk,en")) == ["en1", "uk2", "en5", "uk4", "en3"]
    await load(collection("front", pinned=pins("en1"), fill="language=uk"))
    assert named(await get(api, FRONT, language="en")) == ["en1"]


async def test_more_languages_than_the_list_is_read_in_at_once_are_refused(api: AsyncClient, load: Load) -> None:
    await load(collection("front", fill="tag=" + ",".join(f"t{n}" for n in range(11))))
    answer = await api.get(FRONT, params={"language": "uk,en"})
    check_answer(answer)
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "language")
    assert (await api.get(FRONT, params={"language": "uk"})).status_code == 200


async def test_its_keys_are_those_of_what_it_shows_and_could_show(api: AsyncClient, load: Load) -> None:
    await load(tag("birds"), source("ann"), draft("soon"), on(1, "seen", tags=["birds"]))
    await load(collection("front", pinned=pins("soon"), fill="tag=birds"))
    answer = await api.get(FRONT)
    keys = {*answer.headers["surrogate-key"].split()}
    assert len(keys) == 3
    assert {"collection.front", "articles.tag.birds"} < keys
    pin = (keys - {"collection.front", "articles.tag.birds"}).pop()
    assert pin.startswith("article.")
    assert answer.headers["etag"] != '"1"'
    narrowed = await api.get(FRONT, params={"language": "en"})
    assert "articles.tag.birds~en" in narrowed.headers["surrogate-key"].split()
    await load(article("soon", tags=[]))
    assert named(await get(api, FRONT)) == ["soon", "seen"]
    touched = (await get(api, "/v1/changes", after="0", limit="1000"))["items"][-1]["keys"]
    assert pin in touched
    assert "articles.tag.birds" not in touched


async def test_words_and_their_order_fill_a_collection_too(api: AsyncClient, load: Load) -> None:
    await load(on(1, "a", headline="A tram"), on(2, "b", headline="A bridge"), on(3, "c", headline="Trams and a tram"))
    await load(collection("front", pinned=pins("b"), fill="q=tram&sort=published_at"))
    assert named(await get(api, FRONT)) == ["b", "a", "c"]


async def test_a_past_instant_is_refused_and_drafts_need_their_scope(api: AsyncClient, load: Load, key: Make) -> None:
    await load(collection("front"))
    past = await api.get(FRONT, params={"perspective": "2020-01-01T00:00:00Z"})
    assert past.status_code == 422
    for perspective in ("drafts", "2100-01-01T00:00:00Z"):
        assert (await api.get(FRONT, params={"perspective": perspective})).status_code == 401
        weak = bearing(await key("content:write"))
        assert (await api.get(FRONT, params={"perspective": perspective}, headers=weak)).status_code == 403
    unknown = await api.get(FRONT, params={"limit": "3"})
    assert unknown.json()["errors"][0]["allowed"] == ["fields", "include", "language", "perspective"]


# --- a model in plain Python ------------------------------------------------------------------------------------

STORIES = [f"p{n}" for n in range(6)]
STATES = ["published", "draft", "scheduled", "withdrawn"]
story = st.tuples(st.sampled_from(STORIES), st.sampled_from(STATES), st.integers(1, 9), st.booleans())
ordered = st.tuples(
    st.lists(st.sampled_from(STORIES), unique=True),
    st.sampled_from([None, "sort=-published_at", "sort=published_at", "tag=birds", "tag_not=birds"]),
    st.integers(1, 6),
)


def _line(slug: str, state: str, day: int, tagged: bool) -> Line:
    at, tags = f"2025-01-{day:02}T09:00:00Z", ["birds"] if tagged else []
    match state:
        case "published":
            return article(slug, at, tags=tags)
        case "draft":
            return draft(slug, tags=tags)
        case "scheduled":
            return scheduled(slug, tags=tags)
    return withdrawn(slug, tags=tags)


def expected(stories: dict[str, tuple[str, int, bool]], pinned: list[str], fill: str | None, length: int) -> list[str]:
    public = {
        slug: (day, article_id(slug), tagged) for slug, (state, day, tagged) in stories.items() if state == "published"
    }
    newest = sorted(public, key=lambda slug: public[slug][:2], reverse=True)
    filling = {
        None: [],
        "sort=-published_at": newest,
        "sort=published_at": newest[::-1],
        "tag=birds": [slug for slug in newest if public[slug][2]],
        "tag_not=birds": [slug for slug in newest if not public[slug][2]],
    }[fill]
    return [*dict.fromkeys([*(slug for slug in pinned if slug in public), *filling])][:length]


@pytest.fixture(scope="module")
async def house(fresh: Fresh) -> AsyncIterator[tuple[AsyncClient, Database]]:
    with fresh(True) as url:
        async with serving(url, tag("birds"), *(draft(slug) for slug in STORIES)) as api:
            database = Database(url)
            yield api, database
            await database.close()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(st.one_of(story, ordered), min_size=1, max_size=8))
async def test_the_items_are_those_of_a_model_after_any_history(
    house: tuple[AsyncClient, Database], history: list[Any]
) -> None:
    api, database = house
    stories = dict.fromkeys(STORIES, ("draft", 1, False))
    order: tuple[list[str], str | None, int] = ([], None, 6)
    await contents.accept(database, *(draft(slug) for slug in STORIES), _collection(order))
    for step in history:
        if len(step) == 4:
            slug, *state = step
            stories[slug] = tuple(state)
            await contents.accept(database, _line(*step))
        else:
            order = step
            await contents.accept(database, _collection(order))
        assert named(await get(api, FRONT)) == expected(stories, *order)


def _collection(order: tuple[list[str], str | None, int]) -> Line:
    pinned, fill, length = order
    return collection("front", pinned=pins(*pinned), fill=fill, length=length)
