"""An address with a language leads to the version in that language of the story that it names."""

from typing import Any, Final

import pytest
from httpx import AsyncClient

from tests.answers import blamed, get, refusal
from tests.conftest import Load
from tests.desk import act, change, publish
from tests.factories import Line, article, article_id, draft, words
from tests.openapi import check_answer

PATH: Final = "/v1/articles"
RIVER: Final = article("river")
STORY: Final[Line] = {"translation_of": RIVER["id"]}


@pytest.fixture(autouse=True)
async def three(load: Load) -> None:
    """A story in English and in Ukrainian, and in Polish at the desk alone."""
    await load(
        RIVER,
        article("richka", language="uk", body=[words("Річка піднялася вночі.")], **STORY),
        draft("rzeka", language="pl", **STORY),
    )


@pytest.mark.parametrize("ref", ["river", "richka", RIVER["id"], article_id("richka")])
@pytest.mark.parametrize(("language", "slug"), [("en", "river"), ("uk", "richka"), ("UK", "richka")])
async def test_any_version_leads_to_the_one_in_a_language(api: AsyncClient, ref: str, language: str, slug: str) -> None:
    answer = await api.get(f"{PATH}/{ref}", params={"language": language})

    check_answer(answer)
    assert answer.status_code == 200
    assert answer.json() == await get(api, f"{PATH}/{slug}")
    assert answer.headers["content-location"] == f"{PATH}/{slug}"
    assert len(answer.headers["etag"]) > 30


async def test_what_is_shown_of_a_version_is_shown_at_its_own_address(api: AsyncClient) -> None:
    asked = {"fields": "headline,body_text", "include": "tags", "language": "uk"}
    answer = await api.get(f"{PATH}/river", params=asked)

    place = answer.headers["content-location"]
    assert place == f"{PATH}/richka?fields=headline%2Cbody_text&include=tags"
    assert answer.json() == (await api.get(place)).json()
    long = await api.get(f"{PATH}/river?language=uk&fields={'headline,' * 200}slug")
    assert "content-location" not in long.headers


async def test_a_language_without_a_version_is_not_found_and_those_there_are_are_named(
    api: AsyncClient, desk: AsyncClient
) -> None:
    for asked in ("pl", "de"):
        problem = refusal(await api.get(f"{PATH}/richka", params={"language": asked}), 404, "not-found")
        (fault,) = problem["errors"]
        assert (fault["parameter"], fault["allowed"]) == ("language", ["en", "uk"])
    drafts = {"perspective": "drafts"}
    assert (await get(desk, f"{PATH}/richka", language="pl", **drafts))["slug"] == "rzeka"
    problem = refusal(await desk.get(f"{PATH}/richka", params={"language": "de", **drafts}), 404, "not-found")
    assert problem["errors"][0]["allowed"] == ["en", "pl", "uk"]


async def test_the_answer_changes_with_its_keys(api: AsyncClient, desk: AsyncClient) -> None:
    def keys(answer: Any) -> set[str]:
        return {*answer.headers["surrogate-key"].split()}

    async def touched() -> set[str]:
        return {*(await get(api, "/v1/changes"))["items"][-1]["keys"]}

    first = await api.get(f"{PATH}/river", params={"language": "uk"})
    assert len(keys(first)) == 3
    await act(desk, "richka", "withdraw", reason="legal")
    assert keys(first) & await touched()
    refusal(await api.get(f"{PATH}/river", params={"language": "uk"}), 404, "not-found")

    again = await publish(desk, "Ріка", language="uk", **STORY)
    second = await api.get(f"{PATH}/river", params={"language": "uk"})
    assert second.json()["id"] == again["id"]
    assert (second.json()["revision"], second.headers["etag"]) != (first.json()["revision"], first.headers["etag"])
    assert second.headers["etag"] != first.headers["etag"]
    await change(desk, again["id"], translation_of=None)
    assert keys(second) & await touched()
    refusal(await api.get(f"{PATH}/river", params={"language": "uk"}), 404, "not-found")


async def test_the_desk_sees_the_version_that_was_made_last_beside_a_withdrawn_one(desk: AsyncClient) -> None:
    await act(desk, "richka", "withdraw", reason="legal")
    again = await publish(desk, "Ріка", language="uk", **STORY)

    found = await get(desk, f"{PATH}/river", language="uk", perspective="drafts")
    assert found["id"] == max(again["id"], article_id("richka"))


async def test_a_former_slug_leads_on_with_the_language(api: AsyncClient, desk: AsyncClient) -> None:
    await change(desk, "river", slug="flood")

    moved = await api.get(f"{PATH}/river", params={"language": "uk"})
    assert (moved.status_code, moved.headers["location"]) == (308, f"{PATH}/flood?language=uk")


async def test_what_a_language_cannot_be_asked_of_is_refused_by_name(api: AsyncClient) -> None:
    past = {"language": "uk", "perspective": "2025-06-01T00:00:00Z"}
    assert blamed(await api.get(f"{PATH}/river", params=past)) == {"language"}
    assert blamed(await api.get(f"{PATH}/river", params={"language": "uk,en"})) == {"language"}
    for rest in ("/html", "/revisions", "/revisions/1"):
        assert blamed(await api.get(f"{PATH}/river{rest}", params={"language": "uk"})) == {"language"}
