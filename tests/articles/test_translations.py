"""A story is there once in each language, whichever of its versions changes, and whoever is faster."""

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient

from tests.answers import refusal
from tests.desk import PATH, act, address, change, newest, pointers, send, write

ANY = {"If-Match": "*"}
LATER = "2099-01-01T06:00:00.000Z"


@pytest.fixture
async def family(desk: AsyncClient) -> tuple[str, str, str]:
    """Ids of a story in Ukrainian, and of its translations into English and Polish."""
    original = (await write(desk, "Повінь", language="uk"))["id"]
    ids = [(await write(desk, "Flood", language=each, translation_of=original))["id"] for each in ("en", "pl")]
    return original, ids[0], ids[1]


async def test_a_new_translation_is_in_a_language_of_its_own(desk: AsyncClient, family: tuple[str, str, str]) -> None:
    for language in ("uk", "UK", "en", "pl"):
        new = {"language": language, "headline": "New", "translation_of": family[0]}
        assert pointers(await desk.post(PATH, json=new)) == {"/language"}
    assert (await write(desk, "Neu", language="de", translation_of=family[0]))["language"] == "de"


async def test_no_version_changes_to_the_language_of_another(desk: AsyncClient, family: tuple[str, str, str]) -> None:
    original, english, polish = family
    for ref, language in ((original, "en"), (english, "uk"), (polish, "en")):
        assert pointers(await send(desk, ref, language=language)) == {"/language"}
    other = (await write(desk, "Other", language="pl"))["id"]
    assert pointers(await send(desk, other, translation_of=original)) == {"/language"}
    assert (await change(desk, original, language="de"))["language"] == "de"
    assert (await change(desk, english, language="uk"))["language"] == "uk"


async def test_what_readers_see_beside_a_working_copy_keeps_its_language(
    desk: AsyncClient, family: tuple[str, str, str]
) -> None:
    original, english, polish = family
    for ref in (original, english):
        await act(desk, ref, "publish")
    await change(desk, english, "/draft", language="de")

    for language in ("en", "de"):
        assert pointers(await send(desk, polish, language=language)) == {"/language"}
    await act(desk, english, "publish")
    assert (await change(desk, polish, language="en"))["language"] == "en"


async def test_what_is_withdrawn_makes_room_until_it_is_taken_back(
    desk: AsyncClient, family: tuple[str, str, str]
) -> None:
    original, english, polish = family
    for ref in (original, english):
        await act(desk, ref, "publish")
    await act(desk, english, "withdraw", reason="error")
    await change(desk, polish, language="en")

    assert pointers(await desk.post(address(english, "/unpublish"))) == {"/language"}
    await change(desk, polish, language="pl")
    assert (await act(desk, english, "unpublish"))["status"] == "draft"


async def test_notes_keep_to_the_same_rule(desk: AsyncClient) -> None:
    note: dict[str, Any] = {"heading": "Довідково", "body": []}
    made = [
        await desk.post("/v1/notes", json={**note, "slug": slug, "language": language, "translation_of": original})
        for slug, language, original in (("mlyn", "uk", None), ("mill", "en", "mlyn"), ("mlyn-pl", "pl", "mlyn"))
    ]
    assert [answer.status_code for answer in made] == [201] * 3

    for slug, language in (("mlyn", "en"), ("mill", "uk"), ("mlyn-pl", "EN")):
        answer = await desk.patch(f"/v1/notes/{slug}", json={"language": language}, headers=ANY)
        assert [error["pointer"] for error in refusal(answer, 422, "invalid")["errors"]] == ["/language"]
    new = {**note, "slug": "new", "language": "pl", "translation_of": "mlyn"}
    refusal(await desk.post("/v1/notes", json=new), 422, "invalid")
    assert (await desk.patch("/v1/notes/mill", json={"language": "de"}, headers=ANY)).status_code == 200


@pytest.mark.parametrize("_", range(5))
async def test_of_versions_of_a_note_that_take_one_language_at_a_time_one_has_it(desk: AsyncClient, _: int) -> None:
    note: dict[str, Any] = {"heading": "Довідково", "body": []}
    family = {"mlyn": "uk", "mill": "fr", "mlyn-pl": "pl"}
    for slug, language in family.items():
        original = None if slug == "mlyn" else "mlyn"
        new = {**note, "slug": slug, "language": language, "translation_of": original}
        assert (await desk.post("/v1/notes", json=new)).status_code == 201
    moves = [desk.patch(f"/v1/notes/{slug}", json={"language": "en"}, headers=ANY) for slug in family]
    new = {**note, "slug": "new", "language": "en", "translation_of": "mlyn"}

    answers = await asyncio.gather(*moves, desk.post("/v1/notes", json=new))

    first, *others = sorted(answer.status_code for answer in answers)
    assert first in {200, 201}
    assert others == [422, 422, 422]
    notes = (await desk.get("/v1/notes?perspective=drafts")).json()["items"]
    languages = [note["language"] for note in notes]
    assert languages.count("en") == 1
    assert len({*languages}) == len(languages)


@pytest.mark.parametrize("_", range(5))
async def test_of_versions_that_take_one_language_at_a_time_one_has_it(
    desk: AsyncClient, family: tuple[str, str, str], _: int
) -> None:
    await change(desk, family[1], language="fr")
    patch = {"json": {"language": "en"}, "headers": ANY}

    answers = await asyncio.gather(*(desk.patch(address(ref), **patch) for ref in family))  # type: ignore[arg-type]

    assert sorted(answer.status_code for answer in answers) == [200, 422, 422]
    languages = [(await newest(desk, ref)).json()["language"] for ref in family]
    assert len({*languages}) == 3
