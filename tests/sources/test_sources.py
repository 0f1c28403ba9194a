"""Lists of sources: by type, by identity, by the organisation they speak for."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient

from tests.answers import blamed, get, slugs
from tests.conftest import Load, serving
from tests.desk import act, publish
from tests.factories import article, credit, draft, source


@pytest.fixture(scope="module")
async def heard(module_url: str) -> AsyncIterator[AsyncClient]:
    world = [
        source("mill", modified_at="2025-01-01T00:00:00Z"),
        source("miller", type="person", parent="mill", modified_at="2025-01-03T00:00:00Z"),
        source("worker", type="person", identity="withheld", parent="mill", modified_at="2025-01-02T00:00:00Z"),
        source("silent"),
        article("a", attributions=[credit("miller"), credit("worker")]),
    ]
    async with serving(module_url, *world) as api:
        yield api


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({}, "mill miller worker"),
        ({"type": "person"}, "miller worker"),
        ({"type": "person,organisation"}, "mill miller worker"),
        ({"identity": "withheld"}, "worker"),
        ({"identity": "named", "type": "person"}, "miller"),
        ({"parent": "mill"}, "miller worker"),
        ({"parent": "nowhere,mill", "identity": "named,role_only"}, "miller"),
        ({"sort": "-modified_at"}, "miller worker mill"),
    ],
    ids=str,
)
async def test_a_list_of_sources_holds_what_the_filters_say(heard: AsyncClient, parameters: Any, found: str) -> None:
    assert await slugs(heard, "/v1/sources", **parameters) == found.split()
    assert (await get(heard, "/v1/sources", **parameters, count="true"))["count"]["value"] == len(found.split())


async def test_a_source_shows_every_field(heard: AsyncClient) -> None:
    found = await get(heard, "/v1/sources/worker")
    assert {*found} == {
        *("slug", "type", "identity", "names", "aliases", "description", "urls", "parent"),
        *("revision", "created_at", "modified_at"),
    }
    assert (found["identity"], found["parent"]) == ("withheld", "mill")


async def authors(api: AsyncClient, **parameters: Any) -> tuple[list[str], dict[str, int]]:
    page = await get(api, "/v1/sources", role="author", include="counts", **parameters)
    return [source["slug"] for source in page["items"]], page["included"]["counts"]


async def test_the_page_of_authors_counts_the_stories_of_each(api: AsyncClient, desk: AsyncClient, load: Load) -> None:
    await load(
        *(source(slug, type="person") for slug in ("ann", "bob", "cat", "dan", "eve")),
        article("a", attributions=[credit("ann", "author"), credit("dan", "editor")]),
        article("b", attributions=[credit("ann", "author"), credit("bob", "author"), credit("cat")]),
        article("c", attributions=[credit("ann"), credit("cat", "data")], language="uk"),
        draft("d", attributions=[credit("eve", "author"), credit("bob", "author")]),
    )
    assert await authors(api) == (["ann", "bob"], {"ann": 2, "bob": 1})
    assert await authors(desk, perspective="drafts") == (["ann", "bob", "eve"], {"ann": 2, "bob": 2, "eve": 1})
    assert await authors(api, limit=1, sort="-modified_at", count="true", type="person") == (["bob"], {"bob": 1})
    everyone = (await get(api, "/v1/sources", include="counts"))["included"]["counts"]
    assert everyone == {slug: len(await slugs(api, source=slug)) for slug in ("ann", "bob", "cat", "dan")}
    assert await slugs(api, "/v1/sources", role="translator") == []
    assert await slugs(api, "/v1/sources", role="author", ids="dan,bob") == ["bob"]


async def test_authors_are_followed_page_by_page(api: AsyncClient, load: Load) -> None:
    await load(
        *(source(f"s{n}") for n in range(6)),
        *(article(f"a{n}", attributions=[credit(f"s{n}", "author" if n % 2 else "data")]) for n in range(6)),
    )
    found, path = [], "/v1/sources?role=author&limit=1&include=counts"
    while path:
        page = await api.get(path)
        assert page.status_code == 200
        found += [source["slug"] for source in page.json()["items"]]
        path = page.links["next"]["url"] if "next" in page.links else ""
    assert found == ["s1", "s3", "s5"]


async def test_a_kept_page_of_authors_knows_who_has_become_one(api: AsyncClient, desk: AsyncClient, load: Load) -> None:
    await load(source("ann"), source("bob"), article("a", attributions=[credit("ann", "author"), credit("bob")]))
    assert await authors(api) == (["ann"], {"ann": 1})
    made = await publish(desk, attributions=[credit("bob", "author")])
    assert await authors(api) == (["ann", "bob"], {"ann": 1, "bob": 1})
    await act(desk, made["id"], "withdraw", reason="error")
    assert await authors(api) == (["ann"], {"ann": 1})


@pytest.mark.parametrize(
    "parameters", [{"role": "writer"}, {"role": "author,editor"}, {"role": ""}, {"include": "stories"}], ids=str
)
async def test_an_unknown_role_is_refused(heard: AsyncClient, parameters: dict[str, str]) -> None:
    assert blamed(await heard.get("/v1/sources", params=parameters)) == {*parameters}
