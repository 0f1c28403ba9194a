"""Notes at the desk: written, published, scheduled, withdrawn, erased and deleted over HTTP."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from httpx import AsyncClient, Response
from pydantic_core import from_json
from sqlalchemy import select

from app.changes import log
from app.changes.models import Object, ViewEntry
from app.db import Database, utcnow
from app.importers.export import export
from app.lists.models import List, ListEntry
from app.notes import desk as notes
from app.notes.models import Note
from app.publishing.store import lock_first_due
from app.web.fields import format_instant
from tests.answers import bearing, get, refusal, slugs
from tests.conftest import Load, Make, serving
from tests.contents import ZONE, revisions, rows, written
from tests.factories import article, article_id, box, credit, draft, note, said, scheduled, source, tag, words
from tests.openapi import check_answer

DRAFTS = {"perspective": "drafts"}
ANY = {"If-Match": "*"}
TEXT: Any = {"language": "en", "heading": "For reference: the mill", "body": [words("It has ground since 1811.")]}
MILL = {"slug": "mill", **TEXT}


def pointers(answer: Response, status: int = 422, code: str = "invalid") -> list[str]:
    return [one["pointer"] for one in refusal(answer, status, code)["errors"]]


def soon(**span: float) -> str:
    return format_instant(utcnow() + timedelta(**span))


async def post(api: AsyncClient, path: str, body: Any = None) -> Any:
    """The body of what a POST made or changed."""
    answer = await api.post(path, json=body) if body is not None else await api.post(path)
    assert answer.status_code in {200, 201}, (path, answer.text)
    return answer.json()


async def published(desk: AsyncClient, **fields: Any) -> Any:
    await post(desk, "/v1/notes", {**MILL, **fields})
    return await post(desk, f"/v1/notes/{fields.get('slug', 'mill')}/publish")


async def release(database: Database, seconds: float) -> str | None:
    """Does what the ticker does, so many seconds from now."""
    async with log.transaction(database, actor="ticker", zone=ZONE) as transaction:
        slug = await lock_first_due(transaction, Note.slug, utcnow() + timedelta(seconds=seconds))
        if slug is not None:
            await notes.release_due(transaction, await notes.lock(transaction, slug))
        return slug


# --- writing -----------------------------------------------------------------------------------------------------


async def test_a_note_starts_as_a_draft(desk: AsyncClient, api: AsyncClient) -> None:
    answer = await desk.post("/v1/notes", json=MILL)
    assert (answer.status_code, answer.headers["location"], answer.headers["etag"]) == (201, "/v1/notes/mill", '"1"')
    made = answer.json()
    assert (made["status"], made["revision"], made["published_at"], made["warnings"]) == ("draft", 1, None, [])
    assert made["body"][0]["id"] == "b1"
    refusal(await api.get("/v1/notes/mill"), 404, "not-found")
    assert await slugs(api, "/v1/notes") == []
    assert await slugs(desk, "/v1/notes", **DRAFTS) == ["mill"]
    assert {**await get(desk, "/v1/notes/mill", **DRAFTS), "warnings": []} == made


async def test_what_sanitising_removed_is_told(desk: AsyncClient) -> None:
    body = [words("Fine."), words("It <script>alert(1)</script>grinds.")]
    made = await post(desk, "/v1/notes", {**MILL, "body": body})
    assert [one["pointer"] for one in made["warnings"]] == ["/body/1/html"]
    assert "script" not in made["body"][1]["html"]
    answer = await desk.patch("/v1/notes/mill", json={"body": body}, headers=ANY)
    assert (answer.headers["etag"], len(answer.json()["warnings"])) == ('"1"', 1)


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({"facts": [{"on": "2022-13", "text": "Built."}]}, "is not a year, month or day, such as 2025"),
        ({"body": [words("Built.", id="b 1")]}, "is not the id of a block"),
        ({"translation_of": "mill"}, "is the note itself"),
    ],
    ids=str,
)
async def test_a_fault_says_in_words_what_is_wrong(desk: AsyncClient, fields: Any, detail: str) -> None:
    answer = await desk.post("/v1/notes", json={**MILL, **fields})
    assert refusal(answer, 422, "invalid")["errors"][0]["detail"].startswith(detail)


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"tags": ["none"]}, ["/tags/0"]),
        ({"attributions": [credit("none")]}, ["/attributions/0/source"]),
        ({"facts": [{"text": "Built.", "attributions": [credit("none")]}]}, ["/facts/0/attributions/0/source"]),
        ({"translation_of": "none"}, ["/translation_of"]),
        ({"translation_of": "mill"}, ["/translation_of"]),
        ({"body": [box("dam")]}, ["/body/0/type"]),
        ({"body": [words(" ")]}, ["/body/0/html"]),
        ({"body": [words("a", id="x"), words("b", id="x")]}, ["/body/1/id"]),
        ({"heading": ""}, ["/heading"]),
        ({"status": "published", "revision": 9}, ["/revision", "/status"]),
        ({"slug": "The Mill"}, ["/slug"]),
        ({"minor": True}, ["/minor"]),
    ],
    ids=str,
)
async def test_a_note_that_is_wrong_is_refused_with_the_place(
    desk: AsyncClient, load: Load, database: Database, fields: Any, found: list[str]
) -> None:
    await load(note("dam"))
    before = await written(database)
    assert sorted(pointers(await desk.post("/v1/notes", json={**MILL, **fields}))) == found
    assert await written(database) == before


async def test_a_slug_that_is_taken_is_refused(desk: AsyncClient, load: Load) -> None:
    await load(note("mill", status="draft"))
    assert pointers(await desk.post("/v1/notes", json=MILL), 409, "conflict") == ["/slug"]


async def test_put_writes_a_draft_and_then_replaces_its_content(desk: AsyncClient, api: AsyncClient) -> None:
    made = await desk.put("/v1/notes/mill", json={**TEXT, "as_of": "2025-01-22"})
    assert (made.status_code, made.headers["location"], made.json()["status"]) == (201, "/v1/notes/mill", "draft")
    released = await post(desk, "/v1/notes/mill/publish")
    replaced = await desk.put("/v1/notes/mill", json=MILL, headers={"If-Match": '"2"'})
    assert (replaced.status_code, replaced.headers["etag"]) == (200, '"3"')
    found = await get(api, "/v1/notes/mill")
    assert {**found, "warnings": []} == replaced.json()
    assert (found["as_of"], found["status"]) == (None, "published")
    assert found["published_at"] == released["published_at"]


async def test_put_is_refused_without_the_right_condition_or_at_another_address(
    desk: AsyncClient, database: Database
) -> None:
    refusal(await desk.put("/v1/notes/mill", json=MILL, headers=ANY), 412, "stale")
    assert pointers(await desk.put("/v1/notes/dam", json=MILL)) == ["/slug"]
    await desk.put("/v1/notes/mill", json=MILL)
    before = await written(database)
    refusal(await desk.put("/v1/notes/mill", json=TEXT), 428, "if-match-required")
    assert refusal(await desk.put("/v1/notes/mill", json=TEXT, headers={"If-Match": '"2"'}), 412, "stale")
    assert await written(database) == before


async def test_a_patch_of_what_is_published_is_live_at_once(desk: AsyncClient, api: AsyncClient) -> None:
    first = await published(desk)
    answer = await desk.patch("/v1/notes/mill", json={"heading": "The old mill"}, headers={"If-Match": '"2"'})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"3"')
    found = await get(api, "/v1/notes/mill")
    assert (found["heading"], found["published_at"]) == ("The old mill", first["published_at"])
    assert found["updated_at"] > first["updated_at"]
    assert found["updated_at"] == found["modified_at"]

    typo = await desk.patch("/v1/notes/mill", json={"heading": "The Old Mill", "minor": True}, headers=ANY)
    assert typo.json()["updated_at"] == found["updated_at"]
    assert typo.json()["modified_at"] > found["modified_at"]
    history = (await get(api, "/v1/notes/mill/revisions"))["items"]
    assert [(one["revision"], one["op"], one["kind"]) for one in history] == [
        (4, "updated", "typo"),
        (3, "updated", None),
        (2, "published", None),
    ]
    same = await desk.patch("/v1/notes/mill", json={"heading": "The Old Mill"}, headers=ANY)
    assert same.headers["etag"] == '"4"'


@pytest.mark.parametrize(
    ("patch", "found"),
    [
        ({"slug": "dam"}, ["/slug"]),
        ({"body": []}, ["/body"]),
        ({"body": None}, ["/body"]),
        ({"heading": None}, ["/heading"]),
        ({"tags": ["none"]}, ["/tags/0"]),
        ({"translation_of": "plan"}, ["/translation_of"]),
        ({"minor": "yes"}, ["/minor"]),
    ],
    ids=str,
)
async def test_a_patch_of_what_is_published_leaves_it_fit_to_be_read(
    desk: AsyncClient, load: Load, database: Database, patch: Any, found: list[str]
) -> None:
    await load(note("mill"), note("plan", status="draft"))
    before = await written(database)
    assert pointers(await desk.patch("/v1/notes/mill", json=patch, headers=ANY)) == found
    refusal(await desk.patch("/v1/notes/mill", json={"as_of": None}), 428, "if-match-required")
    refusal(await desk.patch("/v1/notes/mill", json={"as_of": None}, headers={"If-Match": '"2"'}), 412, "stale")
    assert await written(database) == before


async def test_a_speaker_is_named_as_long_as_the_quote_stands(desk: AsyncClient, load: Load) -> None:
    await load(source("miller"), source("mayor"))
    given = {"attributions": [credit("mayor")], "body": [said("miller")]}
    made = await post(desk, "/v1/notes", {**MILL, **given})
    assert [one["source"] for one in made["attributions"]] == ["mayor", "miller"]
    assert await slugs(desk, "/v1/notes", source="miller", **DRAFTS) == ["mill"]
    changed = await desk.patch("/v1/notes/mill", json={"body": [words("Silence.")]}, headers=ANY)
    assert [one["source"] for one in changed.json()["attributions"]] == ["mayor"]


async def test_what_a_public_note_names_becomes_public(desk: AsyncClient, api: AsyncClient) -> None:
    await post(desk, "/v1/tags", {"slug": "water", "type": "topic", "labels": {"en": "Water"}})
    await post(desk, "/v1/sources", {"slug": "miller", "type": "person", "names": {"en": "A miller"}})
    await post(desk, "/v1/notes", {**MILL, "tags": ["water"], "attributions": [credit("miller")]})
    assert (await api.get("/v1/tags/water")).status_code == 404
    await post(desk, "/v1/notes/mill/publish")
    assert (await api.get("/v1/tags/water")).status_code == 200
    assert (await api.get("/v1/sources/miller")).status_code == 200
    assert await slugs(api, "/v1/notes", tag="water") == ["mill"]


# --- translations ------------------------------------------------------------------------------------------------


async def test_a_translation_is_public_only_with_its_original(
    desk: AsyncClient, api: AsyncClient, database: Database
) -> None:
    await post(desk, "/v1/notes", MILL)
    await post(desk, "/v1/notes", {**MILL, "slug": "mlyn", "language": "uk", "translation_of": "mill"})
    before = await written(database)
    assert pointers(await desk.post("/v1/notes/mlyn/publish")) == ["/translation_of"]
    assert pointers(await desk.post("/v1/notes/mlyn/publish", json={"at": soon(hours=1)})) == ["/translation_of"]
    assert await written(database) == before

    at = soon(hours=1)
    await post(desk, "/v1/notes/mill/publish", {"at": at})
    assert pointers(await desk.post("/v1/notes/mlyn/publish", json={"at": soon(minutes=30)})) == ["/translation_of"]
    assert (await post(desk, "/v1/notes/mlyn/publish", {"at": at}))["status"] == "scheduled"

    await post(desk, "/v1/notes/mill/publish")
    await post(desk, "/v1/notes/mlyn/publish")
    await post(desk, "/v1/notes/mill/unpublish")
    assert (await get(api, "/v1/notes/mlyn"))["translation_of"] == "mill"
    changed = await desk.patch("/v1/notes/mlyn", json={"heading": "Млин"}, headers=ANY)
    assert changed.status_code == 200, "what refers to it already may go on doing so"


async def test_translations_are_of_originals(desk: AsyncClient, load: Load) -> None:
    await load(note("mill"), note("mlyn", language="uk", translation_of="mill"), note("dam"))
    for slug, original in (("dam", "mlyn"), ("mill", "dam")):
        answer = await desk.patch(f"/v1/notes/{slug}", json={"translation_of": original}, headers=ANY)
        assert pointers(answer) == ["/translation_of"], slug


# --- publishing --------------------------------------------------------------------------------------------------


async def test_publishing_shows_the_note_to_everyone(desk: AsyncClient, api: AsyncClient) -> None:
    await post(desk, "/v1/notes", MILL)
    answer = await desk.post("/v1/notes/mill/publish")
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    found = await get(api, "/v1/notes/mill")
    assert found["status"] == "published"
    assert found["published_at"] == found["first_published_at"] == found["updated_at"]
    assert await slugs(api, "/v1/notes") == ["mill"]
    again = await desk.post("/v1/notes/mill/publish", json={})
    assert (again.status_code, again.headers["etag"]) == (200, '"2"')
    refusal(await desk.post("/v1/notes/mill/publish", json={"at": soon(hours=1)}), 409, "conflict")


async def test_what_is_published_has_a_text(desk: AsyncClient, database: Database) -> None:
    await post(desk, "/v1/notes", {**MILL, "body": []})
    before = await written(database)
    assert pointers(await desk.post("/v1/notes/mill/publish")) == ["/body"]
    assert pointers(await desk.post("/v1/notes/mill/publish", json={"at": soon(hours=1)})) == ["/body"]
    assert pointers(await desk.post("/v1/notes/mill/publish", json={"at": soon(hours=-1)})) == ["/at"]
    refusal(await desk.post("/v1/notes/none/publish"), 404, "not-found")
    assert await written(database) == before


async def test_a_scheduled_note_is_public_when_it_is_due(
    desk: AsyncClient, api: AsyncClient, database: Database
) -> None:
    await post(desk, "/v1/notes", MILL)
    at = soon(seconds=60)
    found = await post(desk, "/v1/notes/mill/publish", {"at": at})
    assert (found["status"], found["publish_at"], found["published_at"]) == ("scheduled", at, None)
    refusal(await api.get("/v1/notes/mill"), 404, "not-found")
    assert (await desk.get("/v1/notes/mill", params={"perspective": soon(seconds=120)})).status_code == 200
    refusal(await desk.get("/v1/notes/mill", params={"perspective": soon(seconds=30)}), 404, "not-found")
    assert pointers(await desk.patch("/v1/notes/mill", json={"body": []}, headers=ANY)) == ["/body"]

    assert await release(database, 30) is None
    assert await release(database, 61) == "mill"
    assert await release(database, 61) is None
    found = await get(api, "/v1/notes/mill")
    assert (found["status"], found["publish_at"], found["published_at"]) == ("published", None, at)
    assert (found["first_published_at"], found["updated_at"]) == (at, at)
    assert [one.op for one in await revisions(database, "note", "mill")] == ["created", "updated", "published"]


async def test_what_is_scheduled_can_be_put_off_and_taken_back(desk: AsyncClient, database: Database) -> None:
    await post(desk, "/v1/notes", MILL)
    await post(desk, "/v1/notes/mill/publish", {"at": soon(seconds=60)})
    later = soon(seconds=600)
    assert (await post(desk, "/v1/notes/mill/publish", {"at": later}))["publish_at"] == later
    assert await release(database, 300) is None
    found = await post(desk, "/v1/notes/mill/unpublish")
    assert (found["status"], found["publish_at"]) == ("draft", None)
    assert await release(database, 1_000) is None


async def test_what_is_unpublished_is_a_draft_again(desk: AsyncClient, api: AsyncClient) -> None:
    first = await published(desk)
    found = await post(desk, "/v1/notes/mill/unpublish")
    assert (found["status"], found["published_at"]) == ("draft", None)
    refusal(await api.get("/v1/notes/mill"), 404, "not-found")
    assert await slugs(api, "/v1/notes") == []
    assert await post(desk, "/v1/notes/mill/unpublish") == found
    again = await post(desk, "/v1/notes/mill/publish")
    assert again["first_published_at"] == first["first_published_at"] < again["published_at"]


async def test_a_note_in_use_is_not_unpublished(desk: AsyncClient, load: Load, database: Database) -> None:
    await load(note("mill"), note("dam"), note("weir"))
    await load(
        article("flood", body=[box("mill")]), scheduled("ebb", body=[box("dam")]), draft("plan", body=[box("weir")])
    )
    before = await written(database)
    for slug, user in (("mill", "flood"), ("dam", "ebb")):
        found = refusal(await desk.post(f"/v1/notes/{slug}/unpublish"), 409, "conflict")
        told = {"detail": f"the article {article_id(user)} uses it", "code": "in-use", "pointer": ""}
        assert found["errors"] == [told]
    assert await written(database) == before
    assert (await post(desk, "/v1/notes/weir/unpublish"))["status"] == "draft"


async def test_a_scheduled_note_in_use_is_not_put_off_beyond_its_users(desk: AsyncClient) -> None:
    await post(desk, "/v1/notes", MILL)
    await post(desk, "/v1/notes/mill/publish", {"at": soon(hours=1)})
    story = {"language": "en", "headline": "The flood", "body": [box("mill")]}
    ref = (await post(desk, "/v1/articles", story))["id"]
    await post(desk, f"/v1/articles/{ref}/publish", {"at": soon(hours=2)})
    for refused in (
        await desk.post("/v1/notes/mill/publish", json={"at": soon(hours=3)}),
        await desk.post("/v1/notes/mill/unpublish"),
    ):
        found = refusal(refused, 409, "conflict")
        assert [one["detail"] for one in found["errors"]] == [f"the article {ref} uses it"]
    assert (await post(desk, "/v1/notes/mill/publish", {"at": soon(minutes=90)}))["status"] == "scheduled"


# --- withdrawal --------------------------------------------------------------------------------------------------


async def test_a_withdrawn_note_is_410_and_stands_nowhere(desk: AsyncClient, api: AsyncClient, load: Load) -> None:
    await load(tag("water"), note("mill", tags=["water"], heading="Kanarek"), note("dam"))
    await load(article("flood", body=[box("mill"), box("mill", 1), box("dam")]))
    sent = {"reason": "privacy", "public_note": "Taken down.", "replacement": "dam"}
    answer = await desk.post("/v1/notes/mill/withdraw", json=sent)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    assert (answer.json()["status"], answer.json()["heading"]) == ("withdrawn", "Kanarek")

    for path in ("", "/revisions", "/revisions/1", "/diff?from=1&to=2", "?perspective=2025-06-01T00:00:00Z"):
        found = refusal(await api.get(f"/v1/notes/mill{path}"), 410, "withdrawn")
        replacement = {"id": None, "slug": "dam", "language": "en"}
        assert {name: found[name] for name in sent} == sent | {"replacement": replacement}, path
        assert "Kanarek" not in str(found)
    assert await slugs(api, "/v1/notes") == ["dam"]
    assert await slugs(api, "/v1/notes", tag="water") == []
    assert (await get(api, "/v1/notes", count="true"))["count"] == {"value": 1, "exact": True}
    story = await get(api, "/v1/articles/flood", include="notes")
    assert [*story["included"]["notes"]] == ["dam"]
    assert story["notes"] == ["mill", "dam"]
    assert (await get(desk, "/v1/notes/mill", **DRAFTS))["heading"] == "Kanarek"
    changes = (await revisions_told(desk, "mill"))[0]
    assert (changes["op"], changes["note"]) == ("withdrawn", "Taken down.")

    await post(desk, "/v1/notes/dam/withdraw", {"reason": "error"})
    assert refusal(await api.get("/v1/notes/mill"), 410, "withdrawn")["replacement"] is None


async def revisions_told(desk: AsyncClient, slug: str) -> Any:
    return (await get(desk, f"/v1/notes/{slug}/revisions", **DRAFTS))["items"]


async def test_what_cannot_be_withdrawn_stays(desk: AsyncClient, load: Load, database: Database) -> None:
    await load(note("mill"), note("plan", status="draft"))
    before = await written(database)
    refusal(await desk.post("/v1/notes/plan/withdraw", json={"reason": "legal"}), 409, "conflict")
    for replacement in ("mill", "plan", "none"):
        answer = await desk.post("/v1/notes/mill/withdraw", json={"reason": "legal", "replacement": replacement})
        assert pointers(answer) == ["/replacement"], replacement
    assert pointers(await desk.post("/v1/notes/mill/withdraw", json={"reason": "whim"})) == ["/reason"]
    refusal(await desk.post("/v1/notes/mill/erase", json={"reason": "legal"}), 409, "conflict")
    refusal(await desk.post("/v1/notes/none/withdraw", json={"reason": "legal"}), 404, "not-found")
    assert await written(database) == before


async def test_a_withdrawn_note_comes_back_by_way_of_a_draft(
    desk: AsyncClient, api: AsyncClient, load: Load, key: Make
) -> None:
    await load(note("mill"), article("flood", body=[box("mill")]))
    await post(desk, "/v1/notes/mill/withdraw", {"reason": "error"})
    refusal(await desk.post("/v1/notes/mill/publish"), 409, "conflict")
    publisher = bearing(await key("content:publish"))
    refused = await api.post("/v1/notes/mill/unpublish", headers=publisher)
    assert refusal(refused, 403, "forbidden")["scope"] == "content:withdraw"

    assert (await post(desk, "/v1/notes/mill/unpublish"))["status"] == "draft"
    refusal(await api.get("/v1/notes/mill"), 404, "not-found")
    assert (await desk.patch("/v1/notes/mill", json={"heading": "Right"}, headers=ANY)).status_code == 200
    again = await post(desk, "/v1/notes/mill/publish")
    story = await get(api, "/v1/articles/flood", include="notes")
    assert story["included"]["notes"]["mill"]["heading"] == "Right"
    public = (await get(api, "/v1/notes/mill/revisions"))["items"]
    assert [one["revision"] for one in public] == [again["revision"]]
    refusal(await api.get("/v1/notes/mill/revisions/1"), 404, "not-found")


async def test_an_erased_note_has_no_text_in_any_revision(
    desk: AsyncClient, api: AsyncClient, load: Load, database: Database
) -> None:
    await load(source("kanarek"))
    canary = {"heading": "Kanarek", "facts": [{"text": "Kanarek."}], "attributions": [credit("kanarek")]}
    await published(desk, **canary, body=[words("Kanarek.")])
    await post(desk, "/v1/notes/mill/withdraw", {"reason": "privacy", "public_note": "Kanarek."})
    found = await post(desk, "/v1/notes/mill/erase", {"reason": "legal"})
    assert (found["heading"], found["body"], found["facts"], found["revision"]) == ("", [], [], 4)
    entries = select(Object.noun, ViewEntry.lists).join(ViewEntry, ViewEntry.object == Object.id)
    listed = select(List.name).join(ListEntry, ListEntry.list == List.id).join(Object, Object.id == ListEntry.object)
    kept = [
        await revisions(database, "note", "mill"),
        (await written(database))["notes"],
        await rows(database, entries.where(Object.noun == "note")),
        await rows(database, listed.where(Object.noun == "note")),
    ]
    assert [len(of_table) for of_table in kept[:3]] == [4, 1, 1]
    assert "kanarek" not in str(kept).casefold()
    problem = refusal(await api.get("/v1/notes/mill"), 410, "withdrawn")
    assert (problem["reason"], problem["public_note"]) == ("legal", None)
    assert (await revisions_told(desk, "mill"))[0]["kind"] == "erasure"


async def test_a_withdrawn_note_is_withdrawn_in_another_database_too(
    desk: AsyncClient, load: Load, database: Database, module_url: str
) -> None:
    await load(note("mill"), article("flood", body=[box("mill")]))
    await post(desk, "/v1/notes/mill/withdraw", {"reason": "legal", "public_note": "Taken down."})
    async with database.reader().snapshot() as read:
        lines = [from_json(line) async for line in export(read, public=False)]
    async with serving(module_url, *lines) as other:
        assert refusal(await other.get("/v1/notes/mill"), 410, "withdrawn")["public_note"] == "Taken down."


# --- deletion ----------------------------------------------------------------------------------------------------


async def test_a_deleted_notes_slug_goes_on_counting_and_hides_the_earlier_life(
    desk: AsyncClient, api: AsyncClient, database: Database
) -> None:
    await published(desk, heading="Kanarek")
    answer = await desk.delete("/v1/notes/mill", headers={"If-Match": '"2"'})
    assert (answer.status_code, answer.content) == (204, b"")
    refusal(await api.get("/v1/notes/mill"), 404, "not-found")
    refusal(await desk.get("/v1/notes/mill", params=DRAFTS), 404, "not-found")
    assert await slugs(desk, "/v1/notes", **DRAFTS) == []
    assert (await written(database))["list_entries"] == []

    made = await desk.post("/v1/notes", json=MILL)
    assert made.headers["etag"] == '"4"'
    await post(desk, "/v1/notes/mill/publish")
    told = (await get(api, "/v1/notes/mill/revisions"))["items"]
    assert [(one["revision"], one["op"]) for one in told] == [(5, "published")]
    for number in (1, 2, 3, 4):
        refusal(await api.get(f"/v1/notes/mill/revisions/{number}"), 404, "not-found")
    refusal(await api.get("/v1/notes/mill/diff?from=2&to=5"), 404, "not-found")
    refusal(await desk.get("/v1/notes/mill/diff?from=3&to=5&perspective=drafts"), 404, "not-found")


async def test_a_note_that_something_refers_to_is_not_deleted(
    desk: AsyncClient, load: Load, database: Database
) -> None:
    await load(note("mill"), note("mlyn", language="uk", translation_of="mill", status="draft"))
    await load(draft("plan", body=[box("mill")]))
    before = await written(database)
    found = refusal(await desk.delete("/v1/notes/mill", headers=ANY), 409, "conflict")
    assert [one["detail"] for one in found["errors"]] == [
        f"the article {article_id('plan')} uses it",
        "the note mlyn is a translation of it",
    ]
    refusal(await desk.delete("/v1/notes/mill"), 428, "if-match-required")
    refusal(await desk.delete("/v1/notes/mill", headers={"If-Match": '"2"'}), 412, "stale")
    refusal(await desk.delete("/v1/notes/none", headers=ANY), 404, "not-found")
    assert await written(database) == before


# --- reading at the desk -----------------------------------------------------------------------------------------


async def test_a_preview_opens_the_newest_state_to_its_holder(desk: AsyncClient, api: AsyncClient) -> None:
    await post(desk, "/v1/notes", MILL)
    answer = await desk.post("/v1/notes/mill/previews", json={"expires_in_seconds": 60})
    assert answer.status_code == 201
    url = urlsplit(answer.json()["url"]).path
    assert (await get(api, url))["slug"] == "mill"
    await desk.patch("/v1/notes/mill", json={"heading": "Newer"}, headers=ANY)
    assert (await get(api, url))["heading"] == "Newer"
    await post(desk, "/v1/notes/mill/publish")
    await post(desk, "/v1/notes/mill/withdraw", {"reason": "legal"})
    refusal(await api.get(url), 410, "withdrawn")
    refusal(await desk.post("/v1/notes/none/previews"), 404, "not-found")


async def test_a_preview_of_a_deleted_note_does_not_open_the_next_of_its_slug(
    desk: AsyncClient, api: AsyncClient
) -> None:
    await post(desk, "/v1/notes", MILL)
    url = (await post(desk, "/v1/notes/mill/previews"))["url"]
    assert (await desk.delete("/v1/notes/mill", headers=ANY)).status_code == 204
    refusal(await api.get(url), 404, "not-found")
    await post(desk, "/v1/notes", {**MILL, "heading": "Not yours to read"})
    answer = await api.get(url)
    refusal(answer, 404, "not-found")
    check_answer(answer)


async def test_a_difference_tells_what_changed(desk: AsyncClient, api: AsyncClient) -> None:
    await published(desk)
    await desk.patch("/v1/notes/mill", json={"heading": "For reference: the old mill"}, headers=ANY)
    found = await get(api, "/v1/notes/mill/diff", **{"from": 2, "to": 3})
    assert "old" in str(found)
    refusal(await api.get("/v1/notes/mill/diff?from=1&to=3"), 404, "not-found")
    assert (await desk.get("/v1/notes/mill/diff?from=1&to=3&perspective=drafts")).status_code == 200


# --- keys --------------------------------------------------------------------------------------------------------

ALL = ("drafts:read", "content:write", "content:publish", "content:withdraw", "webhooks", "keys")
VERBS: Any = [
    ("POST", "", MILL, "content:write"),
    ("PUT", "/mill", MILL, "content:write"),
    ("PATCH", "/mill", {"as_of": None}, "content:write"),
    ("DELETE", "/mill", None, "content:write"),
    ("POST", "/mill/publish", {}, "content:publish"),
    ("POST", "/mill/unpublish", None, "content:publish"),
    ("POST", "/mill/withdraw", {"reason": "legal"}, "content:withdraw"),
    ("POST", "/mill/erase", {"reason": "legal"}, "content:withdraw"),
    ("POST", "/mill/previews", {}, "drafts:read"),
]


@pytest.mark.parametrize(("method", "path", "body", "scope"), VERBS)
async def test_each_verb_takes_a_key_with_its_scope(
    api: AsyncClient, load: Load, key: Make, database: Database, method: str, path: str, body: Any, scope: Any
) -> None:
    await load(note("mill"))
    before = await written(database)
    sent = {} if body is None else {"json": body}
    refusal(await api.request(method, f"/v1/notes{path}", **sent), 401, "unauthorized")
    others = bearing(await key(*(one for one in ALL if one != scope)))
    answer = await api.request(method, f"/v1/notes{path}", **sent, headers={**others, **ANY})
    assert refusal(answer, 403, "forbidden")["scope"] == scope
    assert await written(database) == before


async def test_deleting_what_is_public_takes_another_scope(api: AsyncClient, load: Load, key: Make) -> None:
    await load(note("mill"), note("plan", status="draft"))
    writer = bearing(await key("content:write")) | ANY
    assert refusal(await api.delete("/v1/notes/mill", headers=writer), 403, "forbidden")["scope"] == "content:publish"
    assert (await api.delete("/v1/notes/plan", headers=writer)).status_code == 204


async def test_deleting_what_was_withdrawn_takes_another_scope(api: AsyncClient, load: Load, key: Make) -> None:
    await load(note("mill"))
    owner = bearing(await key(*ALL))
    await api.post("/v1/notes/mill/withdraw", json={"reason": "legal"}, headers=owner)
    writer = {**bearing(await key("content:write", "content:publish")), **ANY}
    assert refusal(await api.delete("/v1/notes/mill", headers=writer), 403, "forbidden")["scope"] == "content:withdraw"
    assert (await api.delete("/v1/notes/mill", headers={**owner, **ANY})).status_code == 204


async def test_a_repeated_request_has_one_effect(desk: AsyncClient) -> None:
    asked: Any = {"json": MILL, "headers": {"Idempotency-Key": "one"}}
    first, again = await desk.post("/v1/notes", **asked), await desk.post("/v1/notes", **asked)
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.json(), again.headers["location"]) == (first.json(), "/v1/notes/mill")


async def test_an_action_on_what_was_seen_is_done_only_to_that(desk: AsyncClient) -> None:
    revision = (await published(desk))["revision"]
    why = {"reason": "rights"}
    for verb, sent in (("unpublish", {}), ("publish", {}), ("withdraw", why), ("erase", why)):
        path = f"/v1/notes/mill/{verb}"
        stale = await desk.post(path, json=sent, headers={"If-Match": f'"{revision - 1}"'})
        assert refusal(stale, 412, "stale")["revision"] == revision
        done = await desk.post(path, json=sent, headers={"If-Match": f'"{revision}"'})
        assert (done.status_code, done.json()["revision"]) == (200, revision + 1), verb
        revision += 1
