"""From page to page: nothing twice, nothing lost, whatever is written meanwhile; and no cursor but the list's own."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.answers import blamed, get, pages, slugs
from tests.conftest import Load, serving
from tests.factories import Line, article, article_id, draft, note, source, tag

SORTS = ["-published_at", "published_at", "-updated_at", "updated_at"]


@pytest.fixture(scope="module")
async def seven(module_url: str) -> AsyncIterator[AsyncClient]:
    """Seven stories, three of them at the same instant; seven tags, sources and notes that they name."""
    names = [f"n{n}" for n in range(7)]
    stories = [
        article(
            f"a{n}",
            f"2025-01-{10 + min(n, 4)}T00:00:00Z",
            tags=[f"n{n}"],
            attributions=[{"source": f"n{n}", "role": "data"}],
        )
        for n in range(7)
    ]
    lines = [*map(tag, names), *map(source, names), *map(note, names), *stories]
    async with serving(module_url, *lines) as api:
        yield api


LISTS = [
    *(("/v1/articles", sort) for sort in SORTS),
    *((f"/v1/{noun}", sort) for noun in ("tags", "sources", "notes") for sort in ("slug", "-modified_at")),
]
EACH = pytest.mark.parametrize(("path", "sort"), LISTS)


@EACH
@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8])
async def test_pages_follow_each_other_there_and_back(seven: AsyncClient, path: str, sort: str, limit: int) -> None:
    whole = await slugs(seven, path, sort=sort)
    assert len(whole) == 7
    there, back, cursors = [], [], []
    page = await get(seven, path, sort=sort, limit=limit)
    assert page["prev"] is None
    while True:
        there.append([item["slug"] for item in page["items"]])
        assert len(there) < 10, "the pages do not end"
        if page["next"] is None:
            break
        cursors.append(page["next"])
        page = await get(seven, path, sort=sort, limit=limit, cursor=page["next"])
        assert page["prev"] is not None
    assert [slug for some in there for slug in some] == whole
    assert all(len(some) == limit for some in there[:-1])
    assert there[-1]
    while page["prev"] is not None:
        page = await get(seven, path, sort=sort, limit=limit, cursor=page["prev"])
        back.append([item["slug"] for item in page["items"]])
        assert page["next"] is not None
    assert back[::-1] == there[:-1] or [slug for some in back[::-1] for slug in some] == whole[: -len(there[-1])]


@EACH
async def test_the_link_header_says_what_next_and_prev_say(seven: AsyncClient, path: str, sort: str) -> None:
    first = await seven.get(f"{path}?sort={sort}&limit=3&count=true")
    assert first.headers["link"] == f'<{path}?sort={sort}&limit=3&count=true&cursor={first.json()["next"]}>; rel="next"'
    second = await seven.get(first.links["next"]["url"])
    assert {relation: one["url"].rpartition("cursor=")[2] for relation, one in second.links.items()} == {
        "next": second.json()["next"],
        "prev": second.json()["prev"],
    }
    assert "cursor=" in second.links["prev"]["url"]
    assert second.links["prev"]["url"].count("cursor") == 1
    third = await seven.get(second.links["next"]["url"])
    assert [*third.links] == ["prev"]
    assert "link" not in (await seven.get(f"{path}?limit=100")).headers


async def test_a_page_is_twenty_items_unless_the_limit_says_otherwise(newsroom: AsyncClient) -> None:
    assert len(await slugs(newsroom)) == 20
    assert len(await slugs(newsroom, limit=1)) == 1
    assert len(await slugs(newsroom, limit=100)) == 61
    assert len(await slugs(newsroom, "/v1/tags")) == 20


async def test_a_cursor_says_nothing_to_who_holds_it(seven: AsyncClient) -> None:
    cursor = (await get(seven, "/v1/articles", limit=1))["next"]
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert len(cursor) < 120


async def test_a_cursor_that_was_tampered_with_is_refused(seven: AsyncClient) -> None:
    cursor = (await get(seven, "/v1/articles", limit=1))["next"]
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    for place in range(len(raw)):
        forged = base64.urlsafe_b64encode(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]).decode().rstrip("=")
        answer = await seven.get("/v1/articles", params={"limit": 1, "cursor": forged})
        assert blamed(answer) == {"cursor"}
        assert answer.json()["errors"][0]["code"] == "foreign-cursor"
    for forged in (cursor[:-4], cursor + "AAAA", cursor * 2, base64.urlsafe_b64encode(b"[0,0,0]").decode()):
        assert blamed(await seven.get("/v1/articles", params={"cursor": forged})) == {"cursor"}


@pytest.mark.parametrize(
    "other",
    [
        "/v1/articles?tag=n1",
        "/v1/articles?tag_not=n1",
        "/v1/articles?sort=published_at",
        "/v1/articles?sort=-updated_at",
        "/v1/articles?language=en",
        "/v1/articles?date=2025&tz=UTC",
        "/v1/articles?published_from=2025-01-01",
        "/v1/articles?source=n1&role=data",
        "/v1/tags?type=topic",
        "/v1/sources?type=person",
        "/v1/notes?sort=-modified_at",
        "/v1/notes?tag=n1",
        "/v1/articles/a1/revisions",
        f"/v1/articles/{article_id('a1')}/revisions",
    ],
)
async def test_a_cursor_works_in_its_own_list_only(seven: AsyncClient, other: str) -> None:
    for path in ("/v1/articles", "/v1/tags", "/v1/articles?tag=n1,n2"):
        cursor = (
            await get(seven, path, **({} if "?" in path else {"limit": 1}))
            if "?" not in path
            else (await seven.get(f"{path}&limit=1")).json()
        )["next"]
        joint = "&" if "?" in other else "?"
        assert blamed(await seven.get(f"{other}{joint}cursor={cursor}")) == {"cursor"}


async def test_a_cursor_goes_with_any_limit_fields_include_and_count(seven: AsyncClient) -> None:
    cursor = (await get(seven, "/v1/articles", limit=2))["next"]
    page = await get(seven, "/v1/articles", limit=3, cursor=cursor, fields="slug", include="tags", count="true")
    assert [item["slug"] for item in page["items"]] == (await slugs(seven))[2:5]
    assert page["count"] == {"value": 7, "exact": True}
    assert [*page["included"]["tags"]] == [f"n{item['slug'][1]}" for item in page["items"]]


async def test_a_cursor_works_on_another_server_of_the_same_database(module_url: str, seven: AsyncClient) -> None:
    cursor = (await get(seven, "/v1/articles", limit=2))["next"]
    async with serving(module_url) as other:
        assert await slugs(other, cursor=cursor) == (await slugs(seven))[2:]


async def test_a_page_whose_items_are_gone_is_empty_and_leads_back(api: AsyncClient, load: Load) -> None:
    await load(tag("river"), *(article(f"a{n}", f"2025-01-1{n}T00:00:00Z", tags=["river"]) for n in range(3)))
    cursor = (await get(api, "/v1/articles", limit=2))["next"]
    await load(draft("a0"))
    page = await get(api, "/v1/articles", limit=2, cursor=cursor)
    assert (page["items"], page["next"]) == ([], None)
    assert await slugs(api, limit=2, cursor=page["prev"]) == ["a2", "a1"]


WRITES = st.lists(
    st.tuples(st.sampled_from(["add", "hide", "move"]), st.integers(0, 30), st.integers(0, 12)), max_size=3
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sort=st.sampled_from(["-published_at", "published_at"]),
    limit=st.integers(1, 4),
    rounds=st.lists(WRITES, min_size=1, max_size=6),
    tagged=st.booleans(),
)
async def test_pages_neither_repeat_nor_lose_what_stays_while_others_come_and_go(
    api: AsyncClient, load: Load, sort: str, limit: int, rounds: list[Any], tagged: bool
) -> None:
    """Pages are walked while stories are added, hidden and moved in time between one page and the next."""
    world: dict[str, Line] = {
        f"s{n}": article(f"s{n}", f"2025-01-{1 + n // 2:02}T00:00:00Z", tags=["river"]) for n in range(12)
    }
    # What earlier examples left behind goes first.
    left = [draft(slug) for some in await pages(api, limit=100) for slug in some]
    await load(tag("river"), *left)
    await load(*world.values())
    touched: set[str] = set()
    hidden: set[str] = set()
    seen: list[str] = []
    query: dict[str, Any] = {"sort": sort, "limit": limit, **({"tag": "river"} if tagged else {})}
    page = await get(api, "/v1/articles", **query)
    for writes in [*rounds, *[[]] * 40]:
        found = [item["slug"] for item in page["items"]]
        assert not {*found} & hidden
        seen += found
        if page["next"] is None:
            break
        for kind, n, day in writes:
            slug = f"s{n}"
            touched.add(slug)
            if kind == "hide" and slug in world:
                hidden.add(slug)
                await load(draft(slug))
            elif kind != "hide":
                hidden.discard(slug)
                world[slug] = article(slug, f"2025-01-{1 + day:02}T00:00:00Z", tags=["river"])
                await load(world[slug])
        page = await get(api, "/v1/articles", **query, cursor=page["next"])
    assert page["next"] is None
    steady = [slug for slug in seen if slug not in touched]
    ordered = sorted(world.keys() - touched, key=lambda slug: (world[slug]["published_at"], article_id(slug)))
    assert steady == (ordered[::-1] if sort.startswith("-") else ordered)
