"""Stories found by what they name: labels of tags, names of sources, words of the notes that they show."""

import pytest
from httpx import AsyncClient

from tests import desk as acts
from tests.answers import get, slugs
from tests.conftest import Load
from tests.factories import article, box, credit, draft, note, source, tag, words

NAMES = [
    tag("icrc", type="organisation", labels={"en": "ICRC", "uk": "МКЧХ"}, same_as=["https://things.example/q7"]),
    tag("red-cross", type="organisation", labels={"uk": "Червоний Хрест"}, same_as=["https://things.example/q7"]),
    source("verboliz", names={"uk": "Олена Верболіз"}, aliases=["мер Згурова"]),
    note("dam", language="uk", heading="Довідково", body=[words("Греблю звели млинарі.")]),
    note("plan", status="draft", heading="Секретний канал"),
    tag("hidden", labels={"en": "Undercover"}),
]
STORIES = [
    article("visit", "2025-01-05T08:00:00.000Z", tags=["icrc"], headline="Visit"),
    article("aid", "2025-01-04T08:00:00.000Z", tags=["red-cross"], headline="Aid"),
    article("talk", "2025-01-03T08:00:00.000Z", attributions=[credit("verboliz")], headline="Talk"),
    article("flood", "2025-01-02T08:00:00.000Z", body=[words("Вода біля дамби."), box("dam")], headline="Flood"),
    article("cross", "2025-01-01T08:00:00.000Z", headline="Червоний хрест на мапі"),
    draft("secret", tags=["hidden", "icrc"], attributions=[credit("verboliz")], headline="Secret"),
]


@pytest.fixture
async def api(load: Load, api: AsyncClient) -> AsyncClient:
    await load(*NAMES, *STORIES)
    return api


@pytest.mark.parametrize(
    ("query", "found"),
    {
        "МКЧХ": ["visit", "aid"],
        "icrc": ["visit", "aid"],
        "червоного хреста": ["visit", "aid", "cross"],
        '"червоним хрестом"': ["visit", "aid", "cross"],
        "хрест": ["cross"],  # a part of a label names nothing
        "хрест червоний": ["cross"],
        "red-cross": ["visit", "aid"],
        "visit OR МКЧХ": ["visit", "aid"],
        "червоний хрест visit": ["visit"],
        "aid -icrc": ["aid"],  # what is excluded is excluded by words alone
        "headline:icrc": [],
        "icr*": [],
        "Олени Верболіз": ["talk"],
        "мер згурова": ["talk"],
        "Верболіз": [],
        "греблі": ["flood"],
        "дамба гребля": ["flood"],
        '"звели млинарі"': ["flood"],
        '"млинарі звели"': [],
        "гребл*": ["flood"],
        "дамба -гребля": ["flood"],
        "undercover": [],
        "канал": [],
    }.items(),
)
async def test_a_story_is_found_by_what_it_names(api: AsyncClient, query: str, found: list[str]) -> None:
    page = await get(api, "/v1/articles", q=query, count="true", highlight="true")

    assert [item["slug"] for item in page["items"]] == found
    assert page["count"] == {"value": len(found), "exact": True}


async def test_the_desk_finds_drafts_by_what_they_name(api: AsyncClient, desk: AsyncClient) -> None:
    for query in ("undercover", "МКЧХ aid OR secret", "олена верболіз secret"):
        assert "secret" in await slugs(desk, q=query, perspective="drafts"), query
        assert "secret" not in await slugs(desk, q=query), query


async def test_a_changed_label_finds_at_once_what_bears_the_tag(api: AsyncClient, desk: AsyncClient) -> None:
    answer = await desk.patch("/v1/tags/icrc", json={"labels": {"en": "Cross Committee"}}, headers={"If-Match": "*"})
    assert answer.status_code == 200

    assert await slugs(api, q="cross committee") == ["visit", "aid"]
    assert await slugs(api, q="МКЧХ") == ["visit", "aid"]
    await desk.patch("/v1/tags/icrc", json={"labels": {"uk": None}}, headers={"If-Match": "*"})
    assert await slugs(api, q="МКЧХ") == []


async def test_a_changed_note_finds_at_once_the_stories_that_show_it(api: AsyncClient, desk: AsyncClient) -> None:
    answer = await desk.patch("/v1/notes/dam", json={"body": [words("Міст.")]}, headers={"If-Match": "*"})
    assert answer.status_code == 200

    assert await slugs(api, q="мостами") == ["flood"]
    assert await slugs(api, q="гребля") == []
    withdrawal = await desk.post("/v1/notes/dam/withdraw", json={"reason": "error"})
    assert withdrawal.status_code == 200
    assert await slugs(api, q="мостами") == []


async def test_notes_are_found_by_the_tags_that_they_bear(api: AsyncClient, load: Load) -> None:
    await load(note("committee", tags=["icrc"]))

    assert await slugs(api, "/v1/notes", q="МКЧХ") == ["committee"]


async def test_what_was_erased_is_found_by_no_name(api: AsyncClient, desk: AsyncClient) -> None:
    story = await acts.publish(desk, "Later", tags=["icrc"])
    assert "later" in await slugs(api, q="МКЧХ")

    await acts.act(desk, story["id"], "withdraw", reason="legal")
    await acts.act(desk, story["id"], "erase", reason="legal")

    assert {*await slugs(desk, q="МКЧХ", perspective="drafts")} == {"visit", "aid", "secret"}
