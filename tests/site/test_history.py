"""What changed in a story, version by version."""

from collections.abc import AsyncIterator

import pytest
from httpx import AsyncClient

from tests.answers import get
from tests.conftest import client
from tests.desk import change, publish
from tests.factories import said, words
from tests.site.pages import page


@pytest.fixture
async def reader(database_url: str) -> AsyncIterator[AsyncClient]:
    """A client without a key over the desk's database."""
    async with client(database_url) as api:
        yield api


async def test_a_history_shows_words_that_came_and_went(desk: AsyncClient, reader: AsyncClient) -> None:
    first = [words("The <b>ferry</b> sails at noon &amp; at six.", id="b1"), words("It is full.", id="b2")]
    made = await publish(desk, "The ferry sails", body=first)
    later = [words("The <b>ferry</b> sails at one &amp; at six.", id="b1"), said("captain", "We wait.")]
    await desk.put("/v1/sources/captain", json={"type": "person", "names": {"en": "The captain"}})
    await change(desk, made["id"], "", headline="The ferry waits", body=later)
    shown = await page(reader, f"/stories/{made['slug']}/history")
    assert [*shown.text("ins")][:2] == ["waits", "one"]
    assert "“We wait.”" in " ".join(shown.text("ins"))
    assert [*shown.text("del")] == ["sails", "noon", "It is full."]
    assert "The first version that was public." in shown.text("p")
    html = (await reader.get(f"/stories/{made['slug']}/history")).text
    assert "&amp; at six." in html


async def test_a_history_says_what_else_changed_and_what_was_corrected(desk: AsyncClient, reader: AsyncClient) -> None:
    made = await publish(desk, "The ferry sails")
    await desk.put("/v1/tags/ferries", json={"type": "topic", "labels": {"en": "Ferries"}})
    await change(desk, made["id"], "", tags=["ferries"])
    correction = {"kind": "correction", "text": "It sails at noon."}
    assert (await desk.post(f"/v1/articles/{made['id']}/correct", json=correction)).status_code == 200
    shown = await page(reader, f"/stories/{made['slug']}/history")
    assert "Also changed: tags." in shown.text("p")
    assert "It sails at noon." in shown.text("p")
    revision = (await get(reader, f"/v1/articles/{made['id']}"))["corrections"][0]["revision"]
    assert f"version-{revision}" in shown.ids
    story = await reader.get(f"/stories/{made['slug']}")
    assert f'/stories/{made["slug"]}/history#version-{revision}"' in story.text


async def test_drafts_between_two_versions_are_no_versions(desk: AsyncClient, reader: AsyncClient) -> None:
    made = await publish(desk, "The ferry sails")
    await change(desk, made["id"], "/draft", headline="Nobody sees this")
    await change(desk, made["id"], "/draft", headline="The ferry is late")
    assert (await desk.post(f"/v1/articles/{made['id']}/publish")).status_code == 200
    answer = await reader.get(f"/stories/{made['slug']}/history")
    assert "Nobody" not in answer.text
    assert "<ins>is late</ins>" in answer.text


async def test_a_long_history_is_read_page_by_page(desk: AsyncClient, reader: AsyncClient) -> None:
    made = await publish(desk, "Ferry 0")
    for number in range(1, 15):
        await change(desk, made["id"], "", headline=f"Ferry {number}")
    first = await page(reader, f"/stories/{made['slug']}/history")
    (older,) = (link["href"] for link in first.all("a") if link.get("rel") == "next")
    second = await page(reader, str(older))
    versions = [id for shown in (first, second) for id in shown.ids if id.startswith("version-")]
    assert len(versions) == len({*versions}) == 15
    assert first.text("ins")[-1] != ""
    assert "The first version that was public." in second.text("p")
    assert "The first version that was public." not in first.text("p")
