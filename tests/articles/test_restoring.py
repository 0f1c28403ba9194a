"""An earlier state made the newest, of articles and of notes: by the rules of a PATCH, never what was erased."""

from typing import Any

import pytest
from httpx import AsyncClient

from tests.answers import bearing, get, refusal
from tests.conftest import Load, Make
from tests.desk import act, address, change, newest, pointers, publish, write
from tests.factories import note, source, tag, words
from tests.openapi import check_answer

ANY = {"If-Match": "*"}


async def restored(desk: AsyncClient, path: str, revision: int, **headers: str) -> Any:
    answer = await desk.post(f"{path}/revisions/{revision}/restore", headers=headers)
    assert answer.status_code == 200, answer.text
    check_answer(answer)
    return answer.json()


@pytest.fixture
async def story(desk: AsyncClient, load: Load) -> str:
    """A draft with two states; returns its id."""
    await load(tag("river"), source("mayor"))
    credit = {"source": "mayor", "role": "reported_by"}
    quote = {"type": "quote", "html": "It rose.", "source": "mayor", "id": "q"}
    first = await write(
        desk, "The river rose", slug="river", tags=["river"], attributions=[credit], body=[words("By a metre."), quote],
        ednote="Ask again.",
    )  # fmt: skip
    await change(desk, "river", headline="The river fell", tags=[], attributions=[], body=[], ednote=None)
    return str(first["id"])


async def test_an_earlier_state_becomes_the_newest(desk: AsyncClient, story: str) -> None:
    first = await get(desk, address(story, "/revisions/1"), perspective="drafts")

    found = await restored(desk, address(story), 1)

    moved = {"revision", "modified_at", "warnings"}
    assert {name: found[name] for name in found.keys() - moved} == {name: first[name] for name in first.keys() - moved}
    assert (found["revision"], found["warnings"]) == (3, [])
    history = await get(desk, address(story, "/revisions"), perspective="drafts")
    assert [item["revision"] for item in history["items"]] == [3, 2, 1]


async def test_restoring_the_newest_state_makes_no_revision(desk: AsyncClient, story: str) -> None:
    assert (await restored(desk, address(story), 2))["revision"] == 2


async def test_of_a_published_story_it_is_live_at_once(desk: AsyncClient, api: AsyncClient) -> None:
    id = (await publish(desk, "One", slug="one"))["id"]
    await change(desk, id, headline="Two", slug="two")
    corrected = await act(desk, id, "correct", kind="correction", text="It was two.")

    found = await restored(desk, address(id), 1)

    shown = await get(api, address(id))
    assert (shown["headline"], shown["slug"], shown["status"]) == ("One", "one", "published")
    assert shown["corrections"] == corrected["corrections"]
    assert (shown["published_at"], shown["revision"]) == (corrected["published_at"], found["revision"])
    assert (await api.get(address("two"))).status_code == 308


async def test_a_restored_state_may_name_only_what_there_is(desk: AsyncClient, story: str, load: Load) -> None:
    assert (await desk.delete("/v1/tags/river", headers=ANY)).status_code == 204

    assert pointers(await desk.post(address(story, "/revisions/1/restore"))) == {"/tags/0"}
    assert (await newest(desk, story)).json()["revision"] == 2


async def test_a_published_story_may_not_return_to_what_is_not_public(desk: AsyncClient, load: Load) -> None:
    await load(note("mill", status="draft"))
    body = [{"type": "reference_note", "note": "mill"}]
    id = (await write(desk, "One", body=body))["id"]
    await change(desk, id, body=[])
    await act(desk, id, "publish")

    assert pointers(await desk.post(address(id, "/revisions/1/restore"))) == {"/body/0/note"}


async def test_if_match_is_obeyed(desk: AsyncClient, story: str) -> None:
    stale = await desk.post(address(story, "/revisions/1/restore"), headers={"If-Match": '"1"'})

    check_answer(stale)
    assert stale.status_code == 412
    assert (await restored(desk, address(story), 1, **{"If-Match": '"2"'}))["revision"] == 3


async def test_a_working_copy_is_not_overwritten(desk: AsyncClient) -> None:
    id = (await publish(desk, "One"))["id"]
    await change(desk, id, "/draft", headline="Two")

    answer = await desk.post(address(id, "/revisions/1/restore"))
    check_answer(answer)
    assert "working copy" in refusal(answer, 409, "conflict")["detail"]


async def test_what_was_withdrawn_or_erased_is_not_restored(desk: AsyncClient, api: AsyncClient) -> None:
    id = (await publish(desk, "A secret", slug="secret"))["id"]
    await change(desk, id, headline="Another secret")
    await act(desk, id, "withdraw", reason="privacy")
    answer = await desk.post(address(id, "/revisions/1/restore"))
    assert "withdrawn" in refusal(answer, 409, "conflict")["detail"]

    erased = await act(desk, id, "erase", reason="privacy")
    await act(desk, id, "unpublish")
    for revision in range(1, erased["revision"] + 1):
        answer = await desk.post(address(id, f"/revisions/{revision}/restore"))
        check_answer(answer)
        assert "erased" in refusal(answer, 409, "conflict")["detail"]
    await change(desk, id, headline="Begun anew")
    await change(desk, id, headline="Ended anew")
    assert (await restored(desk, address(id), erased["revision"] + 2))["headline"] == "Begun anew"


@pytest.mark.parametrize("revision", ["0", "3", "01", "x", "2147483648", "9999999999", "-1"])
async def test_a_revision_that_is_not_there_is_404(desk: AsyncClient, story: str, revision: str) -> None:
    answer = await desk.post(address(story, f"/revisions/{revision}/restore"))

    assert answer.status_code == 404
    assert "revision" in answer.json()["detail"]


async def test_a_body_is_refused_and_so_is_a_key_that_may_not_write(
    desk: AsyncClient, api: AsyncClient, key: Make, story: str
) -> None:
    path = address(story, "/revisions/1/restore")

    assert (await desk.post(path, json={"headline": "Mine"})).status_code == 422
    assert (await api.post(path)).status_code == 401
    assert (await api.post(path, headers=bearing(await key("content:publish")))).status_code == 403
    assert (await newest(desk, story)).json()["revision"] == 2


async def test_a_note_returns_to_an_earlier_state(desk: AsyncClient, load: Load, api: AsyncClient) -> None:
    await load(note("mill", heading="The mill"))
    answer = await desk.patch(
        "/v1/notes/mill", json={"heading": "The old mill", "facts": [{"text": "It burnt."}]}, headers=ANY
    )
    assert answer.status_code == 200

    found = await restored(desk, "/v1/notes/mill", 1)

    shown = await get(api, "/v1/notes/mill")
    assert (shown["heading"], shown["facts"], shown["revision"]) == ("The mill", [], found["revision"])
    assert (await desk.post("/v1/notes/mill/withdraw", json={"reason": "error"})).status_code == 200
    assert "withdrawn" in refusal(await desk.post("/v1/notes/mill/revisions/1/restore"), 409, "conflict")["detail"]
    assert (await desk.post("/v1/notes/mill/erase", json={"reason": "error"})).status_code == 200
    assert (await desk.post("/v1/notes/mill/unpublish")).status_code == 200
    assert "erased" in refusal(await desk.post("/v1/notes/mill/revisions/1/restore"), 409, "conflict")["detail"]
    assert (await desk.post("/v1/notes/mill/revisions/99/restore")).status_code == 404
