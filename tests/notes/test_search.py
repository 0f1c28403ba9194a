"""Reference notes by words."""

from typing import Any

import pytest
from httpx import AsyncClient

from tests.answers import get, pages, slugs
from tests.conftest import Load
from tests.factories import credit, note, source, tag, words
from tests.openapi import check_answer

NOTES = [
    tag("trams"),
    source("depot", names={"uk": "Трамвайне депо"}),
    note(
        "dam",
        language="uk",
        heading="Довідково: гребля",
        body=[words("Стара гребля <i>стримує</i> річку при млині.", id="b1")],
        facts=[{"on": "1811", "text": "Греблю зведено."}],
        tags=["trams"],
    ),
    note(
        "lock", language="uk", heading="Шлюз", body=[words("Шлюз при старій греблі.")], attributions=[credit("depot")]
    ),
    note("plan", status="draft", heading="Секретна гребля"),
]


@pytest.fixture
async def api(load: Load, api: AsyncClient) -> AsyncClient:
    await load(*NOTES)
    return api


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"q": "греблею"}, ["dam", "lock"]),
        ({"q": "секретний"}, []),
        ({"q": "гребля -шлюз"}, ["dam"]),
        ({"q": "headline:шлюзи"}, ["lock"]),
        ({"q": "source:депо"}, ["lock"]),
        ({"q": '"стара гребля"'}, ["dam", "lock"]),
        ({"q": '"гребля стара"'}, []),
        ({"q": "гребля", "tag": "trams"}, ["dam"]),
        ({"q": "гребля", "source": "depot"}, ["lock"]),
        ({"q": "гребля", "language": "en"}, []),
        ({"q": "гребля", "ids": "lock,dam,plan"}, ["lock", "dam"]),
        ({"q": "зведено"}, ["dam"]),
    ],
)
async def test_notes_are_found_by_words_with_every_filter(api: AsyncClient, parameters: Any, found: list[str]) -> None:
    page = await get(api, "/v1/notes", count="true", **parameters)

    assert [item["slug"] for item in page["items"]] == found
    assert page["count"] == {"value": len(found), "exact": True}


async def test_the_desk_finds_its_drafts(desk: AsyncClient, load: Load) -> None:
    await load(*NOTES)

    assert await slugs(desk, "/v1/notes", q="гребля", perspective="drafts") == ["dam", "lock", "plan"]


async def test_notes_that_have_words_are_read_page_by_page(api: AsyncClient) -> None:
    assert await pages(api, "/v1/notes", q="гребля", limit=1) == [["dam"], ["lock"]]
    assert await pages(api, "/v1/notes", q='"при старій"', limit=1) == [[], ["lock"]]


async def test_highlights_say_where_the_words_stand(api: AsyncClient) -> None:
    answer = await api.get("/v1/notes", params={"q": "гребля", "tag": "trams", "highlight": "true"})

    check_answer(answer)
    (item,) = answer.json()["items"]
    assert item["highlights"] == {
        "heading": [{"start": 11, "end": 17}],
        "body": [{"block": "b1", "start": 6, "end": 12}],
        "facts": [{"fact": 0, "start": 0, "end": 6}],
    }
    assert item["snippet_html"] == "Стара <mark>гребля</mark> стримує річку при млині."
    assert "body" not in item
