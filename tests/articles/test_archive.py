"""The archive: how many stories each year, month and day of the site's zone has."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient

from tests.answers import get, slugs
from tests.conftest import Load, serving
from tests.factories import article, draft, scheduled, section, tag, withdrawn


@pytest.fixture(scope="module")
async def years(module_url: str) -> AsyncIterator[AsyncClient]:
    world = [
        *(section("town"), section("suburb", parent="town"), tag("water"), tag("river", parent="water")),
        article("a", "2024-12-31T21:59:59.999Z", section="town", tags=["river"], language="uk"),
        article("b", "2024-12-31T22:00:00Z", section="suburb", tags=["water"], language="uk"),
        article("c", "2025-01-22T12:00:00Z", tags=["river"]),
        article("d", "2025-03-30T20:59:00Z", section="town"),
        *(draft("e"), scheduled("f"), withdrawn("g", published_at="2025-01-05T00:00:00Z")),
    ]
    async with serving(module_url, *world) as api:
        yield api


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({}, {"2024-12": 1, "2025-01": 2, "2025-03": 1}),
        ({"by": "month"}, {"2024-12": 1, "2025-01": 2, "2025-03": 1}),
        ({"by": "year"}, {"2024": 1, "2025": 3}),
        ({"by": "day"}, {"2024-12-31": 1, "2025-01-01": 1, "2025-01-22": 1, "2025-03-30": 1}),
        ({"by": "year", "language": "uk"}, {"2024": 1, "2025": 1}),
        ({"by": "year", "language": "uk,en"}, {"2024": 1, "2025": 3}),
        ({"by": "year", "language": "fr"}, {}),
        ({"by": "year", "section": "town"}, {"2024": 1, "2025": 2}),
        ({"by": "year", "section": "suburb"}, {"2025": 1}),
        ({"by": "year", "section": "river"}, {}),
        ({"by": "year", "tag": "town"}, {"2024": 1, "2025": 2}),
        ({"by": "year", "tag": "water"}, {"2024": 1, "2025": 2}),
        ({"by": "year", "tag": "river"}, {"2024": 1, "2025": 1}),
        ({"by": "year", "tag": "water", "language": "uk"}, {"2024": 1, "2025": 1}),
        ({"by": "year", "tag": "nowhere"}, {}),
    ],
    ids=str,
)
async def test_the_archive_counts_what_the_list_holds(
    years: AsyncClient, parameters: Any, found: dict[str, int]
) -> None:
    items = (await get(years, "/v1/archive", **parameters))["items"]
    assert [(one["period"], one["count"]) for one in items] == [*found.items()]
    filters = {name: value for name, value in parameters.items() if name != "by"}
    for period, count in found.items():
        assert len(await slugs(years, date=period, **filters)) == count


async def test_the_archive_of_the_sample_agrees_with_its_list(newsroom: AsyncClient) -> None:
    for by in ("year", "month"):
        for one in (await get(newsroom, "/v1/archive", by=by))["items"]:
            listed = await get(newsroom, "/v1/articles", date=one["period"], count="true", limit=1)
            assert listed["count"]["value"] == one["count"]


async def test_a_period_goes_when_its_last_story_goes(api: AsyncClient, load: Load) -> None:
    await load(tag("river"), article("a", "2025-01-22T12:00:00Z", tags=["river"]), article("b", "2024-01-22T12:00:00Z"))
    await load(article("a", "2025-02-22T12:00:00Z", tags=["river"]))
    assert [one["period"] for one in (await get(api, "/v1/archive"))["items"]] == ["2024-01", "2025-02"]
    await load(draft("a"))
    assert [one["period"] for one in (await get(api, "/v1/archive"))["items"]] == ["2024-01"]
    assert (await get(api, "/v1/archive", tag="river"))["items"] == []
