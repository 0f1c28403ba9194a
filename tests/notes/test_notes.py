"""Lists of reference notes: by tag with its descendants, by source, by language; and where a note is used."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient

from tests.answers import get, slugs
from tests.conftest import Load, serving
from tests.factories import article, box, credit, note, source, tag, words


@pytest.fixture(scope="module")
async def boxes(module_url: str) -> AsyncIterator[AsyncClient]:
    fact = {"on": "1811", "text": "Built.", "attributions": [credit("archive", "document")]}
    world = [
        *(tag("water"), tag("river", parent="water"), tag("mills"), source("mayor"), source("archive")),
        note("dam", tags=["water"], attributions=[credit("mayor")]),
        note("mill", tags=["river", "mills"], facts=[fact], as_of="2025-01-22"),
        note("mlyn", tags=["mills"], language="uk", translation_of="mill"),
        note("plan", tags=["mills"], status="draft"),
        article("a", body=[box("mill"), box("dam")]),
        article("b", body=[words("Nothing."), box("mill", 1)]),
    ]
    async with serving(module_url, *world) as api:
        yield api


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({}, "dam mill mlyn"),
        ({"tag": "water"}, "dam mill"),
        ({"tag": "river"}, "mill"),
        ({"tag": "river,mills"}, "mill mlyn"),
        ({"tag": ["water", "mills"]}, "mill"),
        ({"tag": "nowhere"}, ""),
        ({"source": "mayor"}, "dam"),
        ({"source": "mayor,archive"}, "dam mill"),
        ({"source": ["mayor", "archive"]}, ""),
        ({"source": "archive", "tag": ["water", "mills"], "language": "en"}, "mill"),
        ({"language": "uk"}, "mlyn"),
        ({"language": "uk,en"}, "dam mill mlyn"),
    ],
    ids=str,
)
async def test_a_list_of_notes_holds_what_the_filters_say(boxes: AsyncClient, parameters: Any, found: str) -> None:
    assert await slugs(boxes, "/v1/notes", **parameters) == found.split()
    assert (await get(boxes, "/v1/notes", **parameters, count="true"))["count"]["value"] == len(found.split())


async def test_a_note_tells_its_facts_and_the_day_they_hold_for(boxes: AsyncClient) -> None:
    found = await get(boxes, "/v1/notes/mill")
    assert (found["as_of"], found["facts"][0]["on"], found["facts"][0]["to"]) == ("2025-01-22", "1811", None)
    assert (await get(boxes, "/v1/notes/mlyn"))["translation_of"] == "mill"


async def test_where_a_note_is_used_is_a_list_of_articles(boxes: AsyncClient) -> None:
    assert {*await slugs(boxes, note="mill")} == {"a", "b"}
    assert await slugs(boxes, note="dam") == ["a"]


async def test_a_tag_moved_under_another_moves_its_notes(api: AsyncClient, load: Load) -> None:
    await load(tag("water"), tag("river"), note("mill", tags=["river"]), note("dam", tags=["water"]))
    assert await slugs(api, "/v1/notes", tag="water") == ["dam"]
    await load(tag("river", parent="water"))
    assert await slugs(api, "/v1/notes", tag="water") == ["dam", "mill"]
