"""Lists of tags: by type, by parent, by slug or by what changed last, with how many stories each has."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient

from tests.answers import get, slugs
from tests.conftest import Load, serving
from tests.factories import article, section, tag


@pytest.fixture(scope="module")
async def tree(module_url: str) -> AsyncIterator[AsyncClient]:
    world = [
        *(section("town"), section("suburb", parent="town"), tag("zoo"), tag("ape", parent="zoo", type="series")),
        *(tag("bear", parent="zoo", type="person", labels={"uk": "Ведмідь", "en": "Bear"}), tag("unused")),
        article("a", section="suburb", tags=["ape", "bear"]),
    ]
    async with serving(module_url, *world) as api:
        yield api


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({}, "ape bear suburb town zoo"),
        ({"type": "section"}, "suburb town"),
        ({"type": "series,person"}, "ape bear"),
        ({"type": "place"}, ""),
        ({"parent": "zoo"}, "ape bear"),
        ({"parent": "zoo,town"}, "ape bear suburb"),
        ({"parent": "zoo", "type": "person"}, "bear"),
        ({"parent": "nowhere"}, ""),
    ],
    ids=str,
)
async def test_a_list_of_tags_holds_what_the_filters_say(tree: AsyncClient, parameters: Any, found: str) -> None:
    assert await slugs(tree, "/v1/tags", **parameters) == found.split()
    counted = await get(tree, "/v1/tags", **parameters, count="true", limit=1)
    assert counted["count"] == {"value": len(found.split()), "exact": True}


async def test_a_tag_shows_its_labels_in_every_language(tree: AsyncClient) -> None:
    found = await get(tree, "/v1/tags/bear")
    assert (found["type"], found["parent"], found["labels"]) == ("person", "zoo", {"uk": "Ведмідь", "en": "Bear"})
    assert (found["description"], found["same_as"], found["revision"]) == ({}, [], 1)


async def test_counts_take_in_descendants(tree: AsyncClient) -> None:
    found = (await get(tree, "/v1/tags", include="counts", fields="slug"))["included"]
    assert found == {"counts": {"ape": 1, "bear": 1, "suburb": 1, "town": 1, "zoo": 1}}


@pytest.mark.parametrize(("path", "line"), [("/v1/tags", tag)])
async def test_the_last_changed_comes_first_where_that_is_asked_for(
    api: AsyncClient, load: Load, path: str, line: Any
) -> None:
    dates = {"a": "2025-01-02T00:00:00Z", "b": "2025-01-03T00:00:00Z", "c": "2025-01-01T00:00:00Z"}
    await load(*(line(slug, modified_at=at) for slug, at in dates.items()), article("x", tags=[*dates]))
    assert await slugs(api, path, sort="-modified_at") == ["b", "a", "c"]
    assert await slugs(api, path) == ["a", "b", "c"]


async def test_the_history_of_a_tag_begins_when_it_became_public(api: AsyncClient, load: Load) -> None:
    await load(tag("river", labels={"en": "Kanarek"}))
    await load(tag("river", labels={"en": "River"}))
    await load(article("flood", tags=["river"]))
    await load(tag("river", labels={"en": "The river"}))
    found = await get(api, "/v1/tags/river/revisions")
    assert [one["revision"] for one in found["items"]] == [3, 2]
    assert (await api.get("/v1/tags/river/revisions/1")).status_code == 404
    assert (await get(api, "/v1/tags/river/revisions/2"))["labels"] == {"en": "River"}
