"""Dates in parameters: days, months and years are read in the site's zone or in `tz`, whatever the clocks do."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient

from tests.answers import get, refusal, slugs
from tests.conftest import Load, serving
from tests.factories import article

# By their instants in UTC. Kyiv is two hours ahead in winter, three in summer; 30 March 2025 has 23 hours there,
# 26 October has 25.
INSTANTS = {
    "new-year-in-kyiv": "2024-12-31T22:00:00.000Z",
    "a-millisecond-before": "2024-12-31T21:59:59.999Z",
    "noon": "2025-01-22T12:00:00.000Z",
    "end-of-day": "2025-01-22T21:59:59.999Z",
    "next-day": "2025-01-22T22:00:00.000Z",
    "short-day-begins": "2025-03-29T22:00:00.000Z",
    "short-day-ends": "2025-03-30T20:59:59.999Z",
    "after-short-day": "2025-03-30T21:00:00.000Z",
    "long-day-begins": "2025-10-25T21:00:00.000Z",
    "long-day-ends": "2025-10-26T21:59:59.999Z",
    "after-long-day": "2025-10-26T22:00:00.000Z",
    "leap-day": "2024-02-29T10:00:00.000Z",
}


@pytest.fixture(scope="module")
async def dated(module_url: str) -> AsyncIterator[AsyncClient]:
    async with serving(module_url, *(article(slug, at) for slug, at in INSTANTS.items())) as api:
        yield api


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"date": "2025-01-22"}, "noon end-of-day"),
        ({"date": "2025-01-23"}, "next-day"),
        ({"date": "2025-01"}, "new-year-in-kyiv noon end-of-day next-day"),
        ({"date": "2024"}, "leap-day a-millisecond-before"),
        ({"date": "2024-12"}, "a-millisecond-before"),
        ({"date": "2024-02-29"}, "leap-day"),
        ({"date": "2025-03-30"}, "short-day-begins short-day-ends"),
        ({"date": "2025-03-31"}, "after-short-day"),
        ({"date": "2025-10-26"}, "long-day-begins long-day-ends"),
        ({"date": "2025-10-27"}, "after-long-day"),
        ({"date": "2025-01-01", "tz": "UTC"}, ""),
        ({"date": "2024-12-31", "tz": "UTC"}, "a-millisecond-before new-year-in-kyiv"),
        ({"date": "2025-01-22", "tz": "Pacific/Kiritimati"}, ""),
        ({"date": "2025-01-23", "tz": "Pacific/Kiritimati"}, "noon end-of-day next-day"),
        ({"date": "2024-12-31", "tz": "America/New_York"}, "a-millisecond-before new-year-in-kyiv"),
        ({"date": "0001"}, ""),
        ({"date": "9999"}, ""),
        ({"date": "9999-12-31", "tz": "Pacific/Honolulu"}, ""),
        ({"date": "0001-01-01", "tz": "Pacific/Auckland"}, ""),
        ({"published_from": "2025-10-26"}, "long-day-begins long-day-ends after-long-day"),
        ({"published_from": "2025-10-27"}, "after-long-day"),
        ({"published_to": "2024-12-31"}, "leap-day a-millisecond-before"),
        ({"published_from": "2025-01-22", "published_to": "2025-01-22"}, "noon end-of-day"),
        ({"published_from": "2025-01-23", "published_to": "2025-01-22"}, ""),
        ({"published_from": "2025-01-22T12:00:00Z", "published_to": "2025-01-22T12:00:00Z"}, "noon"),
        ({"published_from": "2025-01-22T14:00:00+02:00", "published_to": "2025-01-22T07:00:00-05:00"}, "noon"),
        ({"published_from": "2025-01-22T12:00:00.001Z", "published_to": "2025-01-22T22:00:00Z"}, "end-of-day next-day"),
        ({"published_from": "2025-01-22t12:00:00z", "published_to": "2025-01-22"}, "noon end-of-day"),
        ({"published_to": "2024-12-31T21:59:59.9999Z"}, "leap-day a-millisecond-before"),
        ({"published_to": "0001-01-01T00:00:00Z"}, ""),
        ({"published_from": "9999-12-31T23:59:59.999Z"}, ""),
        ({"published_from": "2025-03-30", "published_to": "2025-03-30"}, "short-day-begins short-day-ends"),
        ({"published_to": "2024-02-29", "tz": "Asia/Tokyo"}, "leap-day"),
        ({"date": "2024-02-29", "tz": "America/Los_Angeles"}, "leap-day"),
        ({"updated_since": "2025-10-27"}, "after-long-day"),
        ({"modified_since": "2025-10-26", "tz": "Europe/Kyiv"}, "long-day-begins long-day-ends after-long-day"),
        ({"modified_since": "2025-10-26", "tz": "UTC"}, "long-day-ends after-long-day"),
    ],
    ids=str,
)
async def test_a_date_means_the_whole_of_it_in_its_zone(dated: AsyncClient, parameters: Any, found: str) -> None:
    assert await slugs(dated, **parameters, sort="published_at") == found.split()


async def test_a_plus_in_an_offset_must_be_encoded_and_is_refused_otherwise(dated: AsyncClient) -> None:
    for name in ("published_from", "perspective"):
        answer = await dated.get(f"/v1/articles?{name}=2025-01-22T14:00:00+02:00")
        (error,) = refusal(answer, 422, "invalid")["errors"]
        assert "%2B" in error["detail"]
    assert (await dated.get("/v1/articles?published_from=2025-01-22T14:00:00%2B02:00")).status_code == 200


async def test_a_story_of_the_first_instant_is_listed(load: Load, api: AsyncClient) -> None:
    await load(article("first", "0001-01-01T00:00:00.000Z"), article("second"))
    page = await get(api, "/v1/articles", sort="published_at", limit=1)
    assert [card["slug"] for card in page["items"]] == ["first"]
    assert await slugs(api, sort="published_at", cursor=page["next"]) == ["second"]
