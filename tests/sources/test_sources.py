"""Lists of sources: by type, by identity, by the organisation they speak for."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient

from tests.answers import get, slugs
from tests.conftest import serving
from tests.factories import article, credit, source


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
