"""Tags and sources at the desk: made, replaced, changed and deleted over HTTP. What is refused leaves nothing."""

from typing import Any

import pytest
from httpx import AsyncClient

from app.db import Database
from tests.answers import bearing, get, refusal, slugs
from tests.conftest import Load, Make
from tests.contents import written
from tests.factories import article, credit, draft, note, source, tag, words

DRAFTS = {"perspective": "drafts"}


def body(line: Any) -> Any:
    return {name: value for name, value in line.items() if name != "noun"}


def naming(path: str) -> Any:
    """What of a story or note names the tag or source `river`."""
    return {"tags": ["river"]} if path == "/v1/tags" else {"attributions": [credit("river", "data")]}


def pointers(answer: Any, status: int = 422, code: str = "invalid") -> list[str]:
    return [one["pointer"] for one in refusal(answer, status, code)["errors"]]


NOUNS = pytest.mark.parametrize(("path", "line"), [("/v1/tags", tag), ("/v1/sources", source)], ids=["tag", "source"])


@NOUNS
async def test_what_is_made_is_the_desks_until_something_public_names_it(
    desk: AsyncClient, api: AsyncClient, path: str, line: Any
) -> None:
    made = await desk.post(path, json=body(line("river")))
    assert made.status_code == 201
    assert (made.headers["location"], made.headers["etag"]) == (f"{path}/river", '"1"')
    assert made.headers["content-position"] == "d1"
    assert (made.json()["revision"], made.json()["warnings"]) == (1, [])
    refusal(await api.get(f"{path}/river"), 404, "not-found")
    assert await slugs(desk, path, **DRAFTS) == ["river"]

    story = {"language": "en", "headline": "The river rose", "body": [words("By night.")], **naming(path)}
    ref = (await desk.post("/v1/articles", json=story)).json()["id"]
    refusal(await api.get(f"{path}/river"), 404, "not-found")
    assert (await desk.post(f"/v1/articles/{ref}/publish")).status_code == 200
    assert {**await get(api, f"{path}/river"), "warnings": []} == made.json()


@NOUNS
async def test_a_slug_that_is_taken_is_refused(desk: AsyncClient, database: Database, path: str, line: Any) -> None:
    assert (await desk.post(path, json=body(line("river")))).status_code == 201
    before = await written(database)
    assert pointers(await desk.post(path, json=body(line("river"))), 409, "conflict") == ["/slug"]
    assert await written(database) == before


@NOUNS
async def test_put_makes_and_then_replaces(desk: AsyncClient, path: str, line: Any) -> None:
    first = body(line("river", description={"en": "Long."}))
    del first["slug"]
    made = await desk.put(f"{path}/river", json=first)
    assert (made.status_code, made.headers["location"], made.headers["etag"]) == (201, f"{path}/river", '"1"')
    found = made.json()
    assert (found["slug"], found["description"]) == ("river", {"en": "Long."})

    replaced = await desk.put(f"{path}/river", json=body(line("river")), headers={"If-Match": '"1"'})
    assert (replaced.status_code, replaced.headers["etag"]) == (200, '"2"')
    assert "location" not in replaced.headers
    assert replaced.json()["description"] == {}
    assert replaced.json()["created_at"] == found["created_at"]
    assert replaced.json()["modified_at"] >= found["modified_at"]
    assert await get(desk, f"{path}/river", **DRAFTS) == {k: v for k, v in replaced.json().items() if k != "warnings"}

    same = await desk.put(f"{path}/river", json=body(line("river")), headers={"If-Match": '"2"'})
    assert (same.status_code, same.headers["etag"], same.json()) == (200, '"2"', replaced.json())


@NOUNS
async def test_put_is_refused_without_the_right_condition_or_at_another_address(
    desk: AsyncClient, database: Database, path: str, line: Any
) -> None:
    refusal(await desk.put(f"{path}/river", json=body(line("river")), headers={"If-Match": '"1"'}), 412, "stale")
    refusal(await desk.put(f"{path}/river", json=body(line("river")), headers={"If-Match": "*"}), 412, "stale")
    assert pointers(await desk.put(f"{path}/river", json=body(line("brook")))) == ["/slug"]
    nowhere = body(line("river"))
    del nowhere["slug"]
    (fault,) = refusal(await desk.put(f"{path}/The-River", json=nowhere), 422, "invalid")["errors"]
    assert fault["parameter"] == "slug"
    assert not (await written(database))["changes"]

    await desk.post(path, json=body(line("river")))
    before = await written(database)
    refusal(await desk.put(f"{path}/river", json=body(line("river"))), 428, "if-match-required")
    late = await desk.put(f"{path}/river", json=body(line("river")), headers={"If-Match": '"7"'})
    assert refusal(late, 412, "stale")["revision"] == 1
    assert late.headers["etag"] == '"1"'
    assert await written(database) == before


@NOUNS
async def test_a_patch_changes_what_it_names(desk: AsyncClient, path: str, line: Any) -> None:
    made = (await desk.post(path, json=body(line("river", description={"en": "Long.", "uk": "Довга."})))).json()
    patch = {"description": {"en": None, "pl": "Długa."}}
    changed = await desk.patch(
        f"{path}/river",
        json=patch,
        headers={"If-Match": '"1"', "Content-Type": "application/merge-patch+json"},
    )
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert changed.json()["description"] == {"uk": "Довга.", "pl": "Długa."}
    kept = {name for name in made if name not in {"description", "revision", "modified_at"}}
    assert all(changed.json()[name] == made[name] for name in kept)

    same = await desk.patch(f"{path}/river", json={"slug": "river"}, headers={"If-Match": "*"})
    assert (same.status_code, same.headers["etag"]) == (200, '"2"')


@NOUNS
async def test_a_patch_is_refused_without_the_right_condition_and_never_changes_the_slug(
    desk: AsyncClient, database: Database, path: str, line: Any
) -> None:
    refusal(await desk.patch(f"{path}/river", json={}, headers={"If-Match": "*"}), 404, "not-found")
    await desk.post(path, json=body(line("river")))
    before = await written(database)
    refusal(await desk.patch(f"{path}/river", json={"description": {}}), 428, "if-match-required")
    stale = await desk.patch(f"{path}/river", json={"description": {"en": "x"}}, headers={"If-Match": '"2"'})
    refusal(stale, 412, "stale")
    for patch, pointer in (
        ({"slug": "brook"}, "/slug"),
        ({"slug": None}, "/slug"),
        ({"parent": "nowhere"}, "/parent"),
        ({"parent": "river"}, "/parent"),
        ({"revision": 7}, "/revision"),
        ({"type": "planet"}, "/type"),
        ({"type": None}, "/type"),
    ):
        answer = await desk.patch(f"{path}/river", json=patch, headers={"If-Match": '"1"'})
        assert pointers(answer) == [pointer], patch
    assert await written(database) == before


@NOUNS
async def test_a_parent_may_not_lead_back(desk: AsyncClient, path: str, line: Any) -> None:
    await desk.post(path, json=body(line("river")))
    await desk.post(path, json=body(line("brook", parent="river")))
    answer = await desk.patch(f"{path}/river", json={"parent": "brook"}, headers={"If-Match": "*"})
    assert pointers(answer) == ["/parent"]


@NOUNS
async def test_what_is_deleted_is_gone_and_its_slug_goes_on_counting(
    desk: AsyncClient, api: AsyncClient, load: Load, path: str, line: Any
) -> None:
    await load(line("river"), article("flood", **naming(path)))
    flood = await desk.get("/v1/articles/flood")
    deleted = await desk.delete("/v1/articles/flood", headers={"If-Match": flood.headers["etag"]})
    assert deleted.status_code == 204

    assert (await api.get(f"{path}/river")).status_code == 200
    gone = await desk.delete(f"{path}/river", headers={"If-Match": '"1"'})
    assert (gone.status_code, gone.content) == (204, b"")
    refusal(await api.get(f"{path}/river"), 404, "not-found")
    refusal(await desk.get(f"{path}/river", params=DRAFTS), 404, "not-found")
    refusal(await desk.delete(f"{path}/river", headers={"If-Match": "*"}), 404, "not-found")

    made = await desk.post(path, json=body(line("river")))
    assert (made.status_code, made.headers["etag"]) == (201, '"3"')
    await load(article("ebb", **naming(path)))
    assert [one["revision"] for one in (await get(api, f"{path}/river/revisions"))["items"]] == [3]
    refusal(await api.get(f"{path}/river/revisions/1"), 404, "not-found")
    of_desk = (await get(desk, f"{path}/river/revisions", **DRAFTS))["items"]
    assert [(one["revision"], one["op"]) for one in of_desk] == [(3, "created"), (2, "deleted"), (1, "created")]
    refusal(await desk.get(f"{path}/river/revisions/2", params=DRAFTS), 404, "not-found")


@NOUNS
async def test_what_is_in_use_is_not_deleted(
    desk: AsyncClient, load: Load, database: Database, path: str, line: Any
) -> None:
    name = line("river")["noun"]
    await load(line("river"), line("brook", parent="river"), note("mill", status="draft", **naming(path)))
    await load(draft("flood", **naming(path)))
    before = await written(database)
    found = refusal(await desk.delete(f"{path}/river", headers={"If-Match": "*"}), 409, "conflict")
    told = [one["detail"] for one in found["errors"]]
    assert [one["code"] for one in found["errors"]] == ["in-use"] * 3
    assert told[0] == f"the {name} brook stands under it"
    assert told[1].startswith("the article ")
    assert told[2] == "the note mill names it"
    assert await written(database) == before


@NOUNS
async def test_deleting_takes_a_condition_and_for_what_is_public_another_scope(
    desk: AsyncClient, api: AsyncClient, load: Load, key: Make, path: str, line: Any
) -> None:
    await load(line("river"), line("brook"), note("mill", **naming(path)))
    refusal(await desk.delete(f"{path}/river"), 428, "if-match-required")
    refusal(await desk.delete(f"{path}/river", headers={"If-Match": '"9"'}), 412, "stale")
    writer = bearing(await key("content:write")) | {"If-Match": "*"}
    assert refusal(await api.delete(f"{path}/river", headers=writer), 403, "forbidden")["scope"] == "content:publish"
    assert (await api.delete(f"{path}/brook", headers=writer)).status_code == 204


@NOUNS
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_writing_takes_a_key_with_its_scope(
    api: AsyncClient, key: Make, database: Database, path: str, line: Any, method: str
) -> None:
    address = path if method == "POST" else f"{path}/river"
    sent = {} if method == "DELETE" else {"json": body(line("river"))}
    answer = await api.request(method, address, **sent)
    refusal(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    reader = bearing(await key("drafts:read", "content:publish", "content:withdraw", "keys"))
    refused = refusal(await api.request(method, address, **sent, headers=reader), 403, "forbidden")
    assert refused["scope"] == "content:write"
    assert not (await written(database))["changes"]


@NOUNS
async def test_a_repeated_request_has_one_effect(desk: AsyncClient, path: str, line: Any) -> None:
    asked = {"json": body(line("river")), "headers": {"Idempotency-Key": "one"}}
    first, again = await desk.post(path, **asked), await desk.post(path, **asked)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
