"""Tags have an order: sections are listed by it, and those without one come last, by slug."""

from typing import Any

import pytest
from httpx import AsyncClient

from tests.answers import blamed, get, slugs
from tests.conftest import Load
from tests.desk import pointers
from tests.factories import Line, article, section, tag
from tests.site.pages import page

TAGS: list[Line] = [
    section("arts", order=30),
    section("city", order=10),
    section("books"),
    section("zoo", order=-5),
    section("animals"),
    section("days", order=10),
    tag("trams", order=1),
    tag("bridges"),
]
SECTIONS = ["zoo", "city", "days", "arts", "animals", "books"]


@pytest.fixture(autouse=True)
async def _tags(load: Load) -> None:
    stories = [article(f"in-{line['slug']}", section=line["slug"]) for line in TAGS if line["type"] == "section"]
    await load(*TAGS, *stories, article("other", tags=["trams", "bridges"]))


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"type": "section"}, SECTIONS),
        ({"type": "section", "sort": "order"}, SECTIONS),
        ({"type": "section", "sort": "slug"}, sorted(SECTIONS)),
        ({"type": "topic"}, ["bridges", "trams"]),
        ({"type": "topic", "sort": "order"}, ["trams", "bridges"]),
        ({"type": "section,topic"}, sorted([*SECTIONS, "bridges", "trams"])),
        ({"sort": "order"}, ["zoo", "trams", "city", "days", "arts", "animals", "books", "bridges"]),
        ({"type": "section", "ids": "books,city"}, ["books", "city"]),
    ],
    ids=str,
)
@pytest.mark.parametrize("perspective", ["public", "drafts"])
async def test_tags_are_listed_in_their_order(
    api: AsyncClient, desk: AsyncClient, parameters: dict[str, str], found: list[str], perspective: str
) -> None:
    client, seen = (api, {}) if perspective == "public" else (desk, {"perspective": "drafts"})
    assert await slugs(client, "/v1/tags", **parameters, **seen) == found


@pytest.mark.parametrize("perspective", ["public", "drafts"])
async def test_pages_in_order_lead_forth_and_back(api: AsyncClient, desk: AsyncClient, perspective: str) -> None:
    client, seen = (api, "") if perspective == "public" else (desk, "&perspective=drafts")
    path: str | None = f"/v1/tags?type=section&limit=2{seen}"
    there: list[list[str]] = []
    while path:
        answer = await client.get(path)
        there.append([item["slug"] for item in answer.json()["items"]])
        last, path = answer, answer.links["next"]["url"] if "next" in answer.links else None
    assert there == [SECTIONS[:2], SECTIONS[2:4], SECTIONS[4:]]
    back = await client.get(last.links["prev"]["url"])
    assert [item["slug"] for item in back.json()["items"]] == SECTIONS[2:4]


async def test_the_desk_orders_tags(desk: AsyncClient, api: AsyncClient) -> None:
    assert (await get(api, "/v1/tags/books"))["order"] is None
    answer = await desk.patch("/v1/tags/books", json={"order": 0}, headers={"If-Match": "*"})
    assert (answer.status_code, answer.json()["order"]) == (200, 0)
    assert (await slugs(api, "/v1/tags", type="section"))[:2] == ["zoo", "books"]
    answer = await desk.patch("/v1/tags/zoo", json={"order": None}, headers={"If-Match": "*"})
    assert answer.json()["order"] is None
    assert await slugs(api, "/v1/tags", type="section") == ["books", "city", "days", "arts", "animals", "zoo"]
    difference = await get(api, "/v1/tags/zoo/revisions/1")
    assert difference["order"] == -5


@pytest.mark.parametrize("order", ["1", 1.5, True, 1_000_001, -1_000_001, [1]], ids=str)
async def test_what_is_no_place_is_refused(desk: AsyncClient, order: Any) -> None:
    sent = {"slug": "new", "type": "topic", "labels": {"en": "New"}, "order": order}
    assert pointers(await desk.post("/v1/tags", json=sent)) == {"/order"}
    answer = await desk.patch("/v1/tags/zoo", json={"order": order}, headers={"If-Match": "*"})
    assert pointers(answer) == {"/order"}


@pytest.mark.parametrize("sort", ["-order", "labels", ""])
async def test_an_unknown_sort_is_refused(api: AsyncClient, sort: str) -> None:
    assert blamed(await api.get("/v1/tags", params={"sort": sort})) == {"sort"}


async def test_pages_have_the_sections_in_their_order(api: AsyncClient) -> None:
    front = await page(api, "/")
    links = [path for path in front.links if path.startswith("/sections/")]
    assert [path.removeprefix("/sections/").partition("?")[0] for path in links][: len(SECTIONS)] == SECTIONS
