"""Writing, publishing, correcting and taking back articles over HTTP, and what the public reads meanwhile."""

from typing import Any

import pytest
from httpx import AsyncClient
from pydantic_core import from_json
from sqlalchemy import select

from app.articles.models import Article
from app.db import Database
from app.lists.models import ListEntry
from tests.answers import bearing, get, refusal
from tests.conftest import Load, Make
from tests.contents import everything, revisions, rows
from tests.desk import PATH, act, address, change, drop, newest, pointers, publish, send, write
from tests.factories import article_id, box, credit, draft, note, said, scheduled, section, source, tag, words

NOBODY = article_id("nobody")
LATER = "2099-01-01T06:00:00.000Z"
LATE = article_id("late")


async def reads(api: AsyncClient, ref: str, field: str = "headline") -> Any:
    """What everyone reads in a field."""
    return (await get(api, address(ref)))[field]


# --- create ----------------------------------------------------------------------------------------------------------


async def test_a_story_starts_as_a_draft_that_nobody_reads(desk: AsyncClient, api: AsyncClient) -> None:
    answer = await desk.post(PATH, json={"language": "en", "headline": "The river rose", "ednote": "Ask Olha."})
    found = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    assert answer.headers["location"] == address(found["id"])
    assert (found["slug"], found["status"], found["revision"]) == ("the-river-rose", "draft", 1)
    assert [found[name] for name in ("publish_at", "published_at", "first_published_at", "updated_at")] == [None] * 4
    assert (found["ednote"], found["warnings"]) == ("Ask Olha.", [])
    assert (await newest(desk, "the-river-rose")).json() == {
        name: value for name, value in found.items() if name != "warnings"
    }
    for ref in (found["id"], "the-river-rose"):
        refusal(await api.get(address(ref)), 404, "not-found")
        refusal(await desk.get(address(ref)), 404, "not-found")


@pytest.mark.parametrize(
    ("headline", "slug"),
    [
        ("Згурський і Щербак: що далі?", "zghurskyi-i-shcherbak-shcho-dali"),
        ("Щука, Ївга — 3% об’їзду", "shchuka-yivha-3-obizdu"),
    ],
)
async def test_a_slug_is_made_of_the_headline(desk: AsyncClient, headline: str, slug: str) -> None:
    assert (await write(desk, headline))["slug"] == slug


async def test_a_slug_that_is_taken_gets_a_suffix(desk: AsyncClient) -> None:
    first, second, long = [await write(desk, text) for text in ("Flood", "Flood", "word " * 60)]
    assert (first["slug"], second["slug"]) == ("flood", f"flood-{second['id'][-8:]}")
    other = await write(desk, "word " * 60)
    assert other["slug"].endswith(other["id"][-8:])
    assert max(len(one["slug"]) for one in (long, other)) <= 120


async def test_a_slug_that_is_asked_for_and_taken_is_a_conflict(desk: AsyncClient, database: Database) -> None:
    await write(desk, "Flood")
    found = await write(desk)
    before = await everything(database)
    for answer in (
        await desk.post(PATH, json={"language": "en", "headline": "New", "slug": "flood"}),
        await send(desk, found["id"], slug="flood"),
    ):
        assert pointers(answer, 409, "conflict") == {"/slug"}
        assert [one["code"] for one in answer.json()["errors"]] == ["taken"]
    assert await everything(database) == before


@pytest.mark.parametrize("headline", ["", "…", "!?", "01948E3C-7A5B-7CC3-8000-0F1D2C3B4A59"])
async def test_a_headline_without_letters_or_with_the_form_of_an_id_leads_somewhere(
    desk: AsyncClient, headline: str
) -> None:
    found = await write(desk, headline)
    assert (await newest(desk, found["slug"])).json()["id"] == found["id"]
    assert (await change(desk, found["id"], kicker="News"))["slug"] == found["slug"]


async def test_what_sanitising_removes_is_told_and_not_stored(desk: AsyncClient) -> None:
    body = [words("Kept."), words('Bad <script>alert(1)</script><b onclick="x()">bold</b>')]
    found = await write(desk, body=body)
    assert [one["pointer"] for one in found["warnings"]] == ["/body/1/html"]
    assert "script" not in found["body"][1]["html"]
    assert [one["id"] for one in found["body"]] == ["b1", "b2"]
    assert "warnings" not in (await newest(desk, found["id"])).json()


async def test_a_field_without_markup_holds_what_was_written_whatever_it_looks_like(
    desk: AsyncClient, api: AsyncClient
) -> None:
    """RELIABILITY.md 50: who shows it as HTML escapes it."""
    odd = "</script><script>alert(1)</script> & <b>so</b> &amp; on"
    given = {"kicker": odd, "standfirst": odd, "byline": odd, "body": [{"type": "heading", "level": 2, "text": odd}]}
    ref = (await publish(desk, odd, **given))["id"]
    answer = await api.get(address(ref))
    found = answer.json()
    assert {found[name] for name in ("headline", "kicker", "standfirst", "excerpt", "byline")} == {odd}
    assert found["body"][0]["text"] == odd
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_what_follows_from_body_and_picture_is_in_the_answer(desk: AsyncClient, load: Load) -> None:
    await load(source("mayor"), source("agency"), note("dam"))
    found = await write(
        desk, body=[words("Two words."), said("mayor"), box("dam")], image={"source": "agency", "caption": "The dam"}
    )
    assert [(one["source"], one["role"], one["block"]) for one in found["attributions"]] == [
        ("agency", "published_by", None),
        ("mayor", "said_by", "b2"),
    ]
    assert (found["notes"], found["excerpt"], found["reading_minutes"]) == (["dam"], "Two words.", 1)


PRIVILEGED = {
    "id": NOBODY,
    "revision": 7,
    "status": "published",
    "publish_at": LATER,
    "published_at": LATER,
    "first_published_at": LATER,
    "updated_at": LATER,
    "modified_at": LATER,
    "created_at": LATER,
    "word_count": 3,
    "reading_minutes": 1,
    "notes": [],
    "excerpt": "x",
    "origin": None,
    "corrections": [],
    "withdrawal": None,
    "former_slugs": [],
    "working_copy": True,
    "warnings": [],
    "noun": "article",
    "actor": "me",
}


@pytest.mark.parametrize("name", PRIVILEGED)
async def test_a_field_that_no_client_sets_is_refused(desk: AsyncClient, database: Database, name: str) -> None:
    found = await write(desk)
    before = await everything(database)
    sent: dict[str, Any] = {"language": "en", "headline": "Other", name: PRIVILEGED[name]}
    assert pointers(await desk.post(PATH, json=sent)) == {f"/{name}"}
    assert pointers(await send(desk, found["id"], **sent)) == {f"/{name}"}
    assert pointers(await desk.post(address(found["id"], "/publish"), json={name: None})) == {f"/{name}"}
    assert await everything(database) == before


UNKNOWN = [
    ({"tags": ["nothing"]}, "/tags/0"),
    ({"section": "nothing"}, "/section"),
    ({"tags": ["town"]}, "/tags/0"),
    ({"section": "river"}, "/section"),
    ({"attributions": [credit("nobody")]}, "/attributions/0/source"),
    ({"body": [words("x"), said("nobody")]}, "/body/1/source"),
    ({"image": {"source": "nobody"}}, "/image/source"),
    ({"body": [words("x"), {"type": "image", "source": "nobody"}]}, "/body/1/source"),
    ({"body": [words("x"), box("nothing")]}, "/body/1/note"),
    ({"relations": [{"relation": "background", "article": NOBODY}]}, "/relations/0/article"),
    ({"body": [{"type": "related", "relation": "background", "article": NOBODY}]}, "/body/0/article"),
    ({"translation_of": NOBODY}, "/translation_of"),
    ({"body": [words("x", id="b1"), words("y", id="b1")]}, "/body/1/id"),
]


@pytest.mark.parametrize(("fields", "pointer"), UNKNOWN)
async def test_what_is_not_there_cannot_be_named(
    desk: AsyncClient, load: Load, database: Database, fields: Any, pointer: str
) -> None:
    await load(tag("river"), section("town"))
    await write(desk, "Flood")
    found = await write(desk)
    before = await everything(database)
    assert pointers(await desk.post(PATH, json={"language": "en", "headline": "New", **fields})) == {pointer}
    assert pointers(await send(desk, found["id"], **fields)) == {pointer}
    assert await everything(database) == before


# --- change ----------------------------------------------------------------------------------------------------------


async def test_a_patch_lays_what_it_says_over_what_is_there(desk: AsyncClient, load: Load) -> None:
    await load(tag("river"), tag("dam"))
    image = {"caption": "The dam", "credit_line": "Agency", "focal_point": {"x": 0.5, "y": 0.25}}
    found = await write(desk, kicker="News", standfirst="It rose.", tags=["river"], image=image, ednote="Ask.")
    changed = await change(
        desk, found["id"], kicker=None, tags=["dam"], image={"caption": None, "focal_point": {"x": 1}}
    )
    assert (changed["kicker"], changed["standfirst"], changed["tags"]) == (None, "It rose.", ["dam"])
    assert changed["image"] == {**found["image"], "caption": None, "focal_point": {"x": 1, "y": 0.25}}
    assert (changed["revision"], changed["ednote"], changed["excerpt"]) == (2, "Ask.", "It rose.")
    cleared = await change(desk, found["id"], image=None, tags=None, standfirst=None)
    assert (cleared["image"], cleared["tags"], cleared["excerpt"]) == (None, [], None)
    assert pointers(await send(desk, found["id"], language=None)) == {"/language"}


async def test_a_patch_of_both_media_types_is_read(desk: AsyncClient) -> None:
    found = await write(desk)
    headers = {"If-Match": '"1"', "Content-Type": "application/merge-patch+json"}
    answer = await desk.patch(address(found["id"]), content=b'{"kicker":"News"}', headers=headers)
    assert (answer.status_code, answer.json()["kicker"]) == (200, "News")
    refusal(
        await desk.patch(address(found["id"]), content=b"{}", headers={**headers, "Content-Type": "text/plain"}),
        415,
        "unsupported-media-type",
    )


async def test_a_patch_needs_the_revision_it_changes(desk: AsyncClient) -> None:
    path = address((await write(desk))["id"])
    refusal(await desk.patch(path, json={"headline": "New"}), 428, "if-match-required")
    first = await desk.patch(path, json={"headline": "First"}, headers={"If-Match": '"1"'})
    second = await desk.patch(path, json={"headline": "Second"}, headers={"If-Match": '"1"'})
    assert (first.status_code, first.headers["etag"]) == (200, '"2"')
    assert (refusal(second, 412, "stale")["revision"], second.headers["etag"]) == (2, '"2"')
    assert (await desk.patch(path, json={"headline": "Third"}, headers={"If-Match": "*"})).status_code == 200
    refusal(await desk.delete(path), 428, "if-match-required")
    refusal(await desk.delete(path, headers={"If-Match": '"1"'}), 412, "stale")


async def test_a_change_of_what_is_public_is_live_and_counts_as_an_update(desk: AsyncClient, api: AsyncClient) -> None:
    found = await publish(desk)
    changed = await change(desk, found["id"], headline="It fell")
    assert await reads(api, found["id"]) == "It fell"
    assert changed["published_at"] == found["published_at"] == found["updated_at"]
    assert changed["updated_at"] == changed["modified_at"] > found["updated_at"]


async def test_a_typo_fix_does_not_count_as_an_update(desk: AsyncClient, api: AsyncClient) -> None:
    found = await publish(desk)
    changed = await change(desk, found["id"], headline="The river rises", minor=True)
    assert changed["updated_at"] == found["updated_at"]
    assert changed["modified_at"] > found["modified_at"]
    told = (await get(api, address(found["id"], "/revisions")))["items"]
    assert [(one["op"], one["kind"]) for one in told] == [("updated", "typo"), ("published", None)]
    assert "minor" not in await get(api, address(found["id"]))


async def test_a_note_to_the_desk_does_not_count_as_an_update_and_nobody_reads_it(
    desk: AsyncClient, api: AsyncClient
) -> None:
    found = await publish(desk)
    changed = await change(desk, found["id"], ednote="kanarek")
    assert (changed["updated_at"], changed["ednote"]) == (found["updated_at"], "kanarek")
    for rest in ("", "/revisions", f"/revisions/{changed['revision']}", f"/diff?from=2&to={changed['revision']}"):
        assert "kanarek" not in (await api.get(address(found["id"], rest))).text


@pytest.mark.parametrize("public", [False, True])
async def test_a_change_of_nothing_makes_no_revision(desk: AsyncClient, database: Database, public: bool) -> None:
    found = await (publish if public else write)(desk, kicker="News", body=[words("Water.")], image={"caption": "x"})
    before = await everything(database)
    for patch in (
        {},
        {"minor": True},
        {"kicker": "News"},
        {"standfirst": None, "image": {"caption": "x"}},
        {"body": found["body"], "slug": found["slug"]},
        {"slug": None},
    ):
        assert (await change(desk, found["id"], **patch))["revision"] == found["revision"]
    assert await everything(database) == before


async def test_an_attribution_goes_with_the_quote_it_came_from(desk: AsyncClient, load: Load) -> None:
    await load(source("mayor"), source("agency"))
    found = await write(desk, body=[words("x"), said("mayor")], attributions=[credit("agency")])
    assert [one["source"] for one in found["attributions"]] == ["agency", "mayor"]
    assert [one["source"] for one in (await change(desk, found["id"], kicker="x"))["attributions"]] == [
        "agency",
        "mayor",
    ]
    changed = await change(desk, found["id"], body=[words("x")])
    assert [one["source"] for one in changed["attributions"]] == ["agency"]
    assert (await get(desk, PATH, source="mayor", perspective="drafts"))["items"] == []


async def test_a_slug_may_change_and_the_old_one_leads_on(desk: AsyncClient, api: AsyncClient) -> None:
    found = await publish(desk, "Flood")
    changed = await change(desk, found["id"], slug="high-water")
    moved = await api.get(address("flood", "/revisions?limit=1"))
    assert (moved.status_code, moved.headers["location"]) == (308, address("high-water", "/revisions?limit=1"))
    assert pointers(await desk.post(PATH, json={"language": "en", "slug": "flood"}), 409, "conflict") == {"/slug"}
    assert (await change(desk, found["id"], slug="flood"))["slug"] == "flood"
    assert (await api.get(address("high-water"))).status_code == 308
    assert changed["revision"] == 3


async def test_a_slug_of_a_draft_is_free_once_it_has_another(desk: AsyncClient) -> None:
    found = await write(desk, "Flood")
    await change(desk, found["id"], slug="high-water")
    assert (await write(desk, "Flood"))["slug"] == "flood"
    refusal(await desk.get(address("flood-2"), params={"perspective": "drafts"}), 404, "not-found")


@pytest.mark.parametrize("taken_back", ["unpublish", "withdraw"])
async def test_a_slug_that_the_public_never_knew_stays_so_after_the_article_was_taken_back(
    desk: AsyncClient, api: AsyncClient, taken_back: str
) -> None:
    found = await publish(desk, "Flood")
    await act(desk, found["id"], taken_back, **({"reason": "legal"} if taken_back == "withdraw" else {}))
    await change(desk, found["id"], slug="never-seen")
    refusal(await api.get(address("never-seen")), 404, "not-found")
    await change(desk, found["id"], slug="flood")
    assert (await write(desk, "Never seen"))["slug"] == "never-seen"


async def test_a_relation_to_itself_is_refused(desk: AsyncClient) -> None:
    ref = (await write(desk))["id"]
    itself = {"relation": "background", "article": ref}
    assert pointers(await send(desk, ref, relations=[itself])) == {"/relations/0/article"}
    assert pointers(await send(desk, ref, body=[{"type": "related", **itself}])) == {"/body/0/article"}
    refused = refusal(await send(desk, ref, translation_of=ref), 422, "invalid")
    assert refused["detail"] == "/translation_of: is the article itself"


async def test_a_translation_has_an_original_that_is_none(desk: AsyncClient) -> None:
    one, two, three = [(await write(desk, text))["id"] for text in ("One", "Two", "Three")]
    await change(desk, two, translation_of=one, language="pl")
    assert pointers(await send(desk, three, translation_of=two)) == {"/translation_of"}
    assert pointers(await send(desk, one, translation_of=three)) == {"/translation_of"}
    assert pointers(await send(desk, one, translation_of=two)) == {"/translation_of"}


# --- delete ----------------------------------------------------------------------------------------------------------


async def test_a_deletion_names_what_still_refers(desk: AsyncClient) -> None:
    original = await write(desk, "Original")
    user = await write(desk, "User", relations=[{"relation": "background", "article": original["id"]}])
    turned = await write(desk, "Turned", language="pl", translation_of=original["id"])
    told = refusal(await drop(desk, original["id"]), 409, "conflict")["errors"]
    assert [{ref for ref in (user["id"], turned["id"]) if ref in one["detail"]} for one in told] == [
        {user["id"]},
        {turned["id"]},
    ]
    for ref in (user["id"], turned["id"], original["id"]):
        assert (await drop(desk, ref)).status_code == 204
    assert (await get(desk, PATH, perspective="drafts", count="true"))["count"]["value"] == 0


async def test_what_is_public_is_deleted_by_those_who_may_publish(
    desk: AsyncClient, api: AsyncClient, key: Make
) -> None:
    found = await publish(desk, "Flood")
    held = {**bearing(await key("content:write")), "If-Match": '"2"'}
    assert refusal(await api.delete(address("flood"), headers=held), 403, "forbidden")["scope"] == "content:publish"
    assert (await drop(desk, "flood")).status_code == 204
    for client in (api, desk):
        for ref in ("flood", found["id"]):
            refusal(await client.get(address(ref)), 404, "not-found")
    refusal(await desk.get(address(found["id"]), params={"perspective": "drafts"}), 404, "not-found")


async def test_what_was_withdrawn_is_deleted_by_those_who_may_withdraw(
    desk: AsyncClient, api: AsyncClient, key: Make
) -> None:
    await publish(desk, "Flood")
    await act(desk, "flood", "withdraw", reason="legal")
    held = {**bearing(await key("content:write", "content:publish")), "If-Match": '"3"'}
    assert refusal(await api.delete(address("flood"), headers=held), 403, "forbidden")["scope"] == "content:withdraw"
    refusal(await api.get(address("flood")), 410, "withdrawn")


async def test_a_slug_that_was_public_is_reserved_for_ever(desk: AsyncClient, database: Database) -> None:
    seen, unseen = await publish(desk, "Seen"), await write(desk, "Unseen")
    await change(desk, seen["id"], "/draft", slug="copy")
    for ref in (seen["id"], unseen["id"]):
        assert (await drop(desk, ref)).status_code == 204
    assert pointers(await desk.post(PATH, json={"language": "en", "slug": "seen"}), 409, "conflict") == {"/slug"}
    assert (await write(desk, "Seen"))["slug"].startswith("seen-")
    assert [(await write(desk, text))["slug"] for text in ("Unseen", "Copy")] == ["unseen", "copy"]
    of_deleted = select(ListEntry.list).where(ListEntry.object.in_([seen["id"], unseen["id"]]))
    assert await rows(database, of_deleted) == []


# --- the working copy ------------------------------------------------------------------------------------------------


async def test_a_working_copy_leaves_the_public_alone_until_it_is_published(
    desk: AsyncClient, api: AsyncClient, load: Load
) -> None:
    await load(tag("river"), tag("dam"))
    found = await publish(desk, "Flood", tags=["river"])
    ref = found["id"]
    refusal(await desk.get(address(ref, "/draft")), 404, "not-found")
    before = [await api.get(path) for path in (address(ref), PATH, "/v1/archive", "/v1/tags?include=counts")]
    copy = await change(desk, ref, "/draft", headline="It fell", slug="fall", tags=["dam"])
    assert (copy["status"], copy["revision"], copy["published_at"]) == ("draft", 3, found["published_at"])
    told = await desk.get(address(ref, "/draft"))
    assert (told.headers["etag"], told.json()["headline"]) == ('"3"', "It fell")
    assert told.headers["cache-control"] == "private, no-store"
    refusal(await api.get(address(ref, "/draft")), 401, "unauthorized")
    copy = await change(desk, ref, "/draft", kicker="News")
    after = [await api.get(path) for path in (address(ref), PATH, "/v1/archive", "/v1/tags?include=counts")]
    assert [(one.text, one.headers["etag"]) for one in after] == [(one.text, one.headers["etag"]) for one in before]
    refusal(await api.get(address("fall")), 404, "not-found")
    assert (await newest(desk, "fall")).json()["headline"] == "It fell"
    assert [one["slug"] for one in (await get(desk, PATH, perspective="drafts", tag="dam"))["items"]] == ["fall"]
    assert (await get(desk, PATH, perspective="drafts", tag="river", count="true"))["count"]["value"] == 0

    taken = await act(desk, ref, "publish")
    assert (taken["status"], taken["published_at"]) == ("published", found["published_at"])
    assert taken["updated_at"] > found["updated_at"]
    assert (await reads(api, "fall"), await reads(api, ref, "kicker")) == ("It fell", "News")
    assert (await api.get(address("flood"))).headers["location"] == address("fall")
    assert [one["revision"] for one in (await get(api, address(ref, "/revisions")))["items"]] == [5, 2]
    refusal(await desk.get(address(ref, "/draft")), 404, "not-found")


async def test_the_article_is_not_changed_past_its_working_copy(desk: AsyncClient, api: AsyncClient) -> None:
    ref = (await publish(desk))["id"]
    await change(desk, ref, "/draft", headline="Copy")
    public = (await api.get(address(ref))).headers["etag"]
    for seen in (public, '"3"'):
        answer = await desk.patch(address(ref), json={"headline": "Past it"}, headers={"If-Match": seen})
        refusal(answer, 409, "conflict")
    refusal(await desk.patch(address(ref, "/draft"), json={"kicker": "x"}, headers={"If-Match": public}), 412, "stale")
    refusal(await desk.patch(address(ref, "/draft"), json={"kicker": "x"}), 428, "if-match-required")


async def test_a_draft_has_no_working_copy(desk: AsyncClient) -> None:
    ref = (await write(desk))["id"]
    refusal(await send(desk, ref, "/draft", headline="Copy"), 409, "conflict")
    refusal(await desk.get(address(ref, "/draft")), 404, "not-found")
    refusal(await drop(desk, ref, "/draft"), 404, "not-found")


async def test_a_working_copy_can_be_discarded(desk: AsyncClient, api: AsyncClient, database: Database) -> None:
    ref = (await publish(desk, "Flood"))["id"]
    await change(desk, ref, "/draft", headline="Copy", slug="copy", ednote="kanarek")
    before = await api.get(address(ref))
    assert (await drop(desk, ref, "/draft")).status_code == 204
    assert (await newest(desk, ref)).json()["headline"] == "Flood"
    refusal(await desk.get(address(ref, "/draft")), 404, "not-found")
    after = await api.get(address(ref))
    assert (after.text, after.headers["etag"]) == (before.text, before.headers["etag"])
    assert (await write(desk, "Copy"))["slug"] == "copy"
    assert (await change(desk, ref, headline="Next"))["revision"] == 4
    assert [one.headline for one in await rows(database, select(Article.headline).where(Article.id == ref))] == ["Next"]


async def test_a_correction_reaches_readers_past_a_working_copy(desk: AsyncClient, api: AsyncClient) -> None:
    ref = (await publish(desk, "Flood"))["id"]
    await change(desk, ref, "/draft", headline="Copy", slug="copy")
    told = await act(desk, ref, "correct", kind="correction", text="It was Tuesday.")
    assert (told["headline"], told["corrections"][0]["text"]) == ("Flood", "It was Tuesday.")
    assert told["corrections"][0]["revision"] == told["revision"] == 4
    assert (await reads(api, ref, "corrections"))[0]["at"] == told["modified_at"] == told["updated_at"]
    refusal(await api.get(address("copy")), 404, "not-found")
    assert (await newest(desk, "copy")).json()["headline"] == "Copy"
    assert pointers(await desk.post(PATH, json={"language": "en", "slug": "copy"}), 409, "conflict") == {"/slug"}
    await change(desk, ref, "/draft", kicker="News")
    taken = await act(desk, ref, "publish")
    assert (taken["headline"], [one["text"] for one in taken["corrections"]]) == ("Copy", ["It was Tuesday."])


@pytest.mark.parametrize("verb", ["unpublish", "withdraw"])
async def test_a_correction_outlives_the_working_copy_that_knew_nothing_of_it(desk: AsyncClient, verb: str) -> None:
    ref = (await publish(desk, "Flood"))["id"]
    await change(desk, ref, "/draft", headline="Copy")
    await act(desk, ref, "correct", kind="correction", text="It was Tuesday.")
    taken = await act(desk, ref, verb, **({"reason": "error"} if verb == "withdraw" else {}))
    assert [one["text"] for one in taken["corrections"]] == ["It was Tuesday."]


async def test_a_working_copy_can_be_published_later(desk: AsyncClient, api: AsyncClient) -> None:
    found = await publish(desk, "Flood")
    ref = found["id"]
    await change(desk, ref, "/draft", headline="Copy")
    copy = await act(desk, ref, "publish", at=LATER)
    assert (copy["status"], copy["publish_at"], copy["published_at"]) == ("scheduled", LATER, found["published_at"])
    assert await reads(api, ref) == "Flood"
    due = await get(desk, address(ref), perspective=LATER)
    assert (due["headline"], due["status"], due["published_at"]) == ("Copy", "published", found["published_at"])
    back = await act(desk, ref, "unpublish")
    assert (back["status"], back["publish_at"], await reads(api, ref)) == ("draft", None, "Flood")
    gone = await act(desk, ref, "unpublish")
    assert (gone["status"], gone["headline"], gone["published_at"]) == ("draft", "Copy", None)
    refusal(await api.get(address(ref)), 404, "not-found")


# --- publish ---------------------------------------------------------------------------------------------------------


async def test_publishing_makes_it_public_and_what_it_names(desk: AsyncClient, api: AsyncClient, load: Load) -> None:
    await load(tag("water"), tag("river", parent="water"), section("town"), source("mayor"))
    ref = (await write(desk, tags=["river"], section="town", body=[said("mayor")]))["id"]
    assert [(await api.get(path)).status_code for path in ("/v1/tags/water", "/v1/sources/mayor")] == [404, 404]
    found = await act(desk, ref, "publish")
    assert found["published_at"] == found["first_published_at"] == found["updated_at"] == found["modified_at"]
    assert (found["status"], found["revision"]) == ("published", 2)
    assert [(await api.get(path)).status_code for path in ("/v1/tags/water", "/v1/sources/mayor")] == [200, 200]
    assert (await act(desk, ref, "publish"))["revision"] == 2
    refusal(await desk.post(address(ref, "/publish"), json={"at": LATER}), 409, "conflict")
    assert (await desk.post(address(ref, "/publish"))).status_code == 200


async def test_publishing_later_keeps_it_hidden_until_then(desk: AsyncClient, api: AsyncClient) -> None:
    ref = (await write(desk, "Flood"))["id"]
    found = await act(desk, ref, "publish", at="2099-01-01T08:00:00+02:00")
    assert (found["status"], found["publish_at"], found["published_at"]) == ("scheduled", LATER, None)
    refusal(await api.get(address(ref)), 404, "not-found")
    assert (await change(desk, ref, headline="High water"))["publish_at"] == LATER
    assert pointers(await send(desk, ref, headline="")) == {"/headline"}
    assert (await act(desk, ref, "publish", at="2098-01-01T00:00:00Z"))["publish_at"] == "2098-01-01T00:00:00.000Z"
    assert (await act(desk, ref, "unpublish"))["status"] == "draft"
    await act(desk, ref, "publish", at=LATER)
    now = await act(desk, ref, "publish")
    assert (now["status"], now["publish_at"], await reads(api, ref)) == ("published", None, "High water")


@pytest.mark.parametrize("at", ["2020-01-01T00:00:00Z", "2099-01-01", "2099-01-01T00:00:00", 4070908800, "soon"])
async def test_a_publication_is_only_due_at_an_instant_to_come(desk: AsyncClient, at: Any) -> None:
    ref = (await write(desk))["id"]
    assert pointers(await desk.post(address(ref, "/publish"), json={"at": at})) == {"/at"}
    assert (await newest(desk, ref)).json()["status"] == "draft"


@pytest.mark.parametrize("sent", [{}, {"at": LATER}])
async def test_what_is_published_has_a_headline(desk: AsyncClient, sent: Any) -> None:
    ref = (await write(desk, ""))["id"]
    assert pointers(await desk.post(address(ref, "/publish"), json=sent)) == {"/headline"}
    await change(desk, ref, headline="Now")
    await act(desk, ref, "publish")
    assert pointers(await send(desk, ref, headline=None)) == {"/headline"}


UNREADY = [
    ({"body": [words("x"), box("hidden")]}, "/body/1/note"),
    ({"body": [words("x"), box("late")]}, "/body/1/note"),
    ({"body": [box("dam", 9)]}, "/body/0/revision"),
    ({"relations": [{"relation": "background", "article": article_id("hidden")}]}, "/relations/0/article"),
    ({"relations": [{"relation": "background", "article": article_id("late")}]}, "/relations/0/article"),
    ({"body": [{"type": "related", "relation": "background", "article": article_id("hidden")}]}, "/body/0/article"),
    ({"translation_of": article_id("hidden"), "language": "pl"}, "/translation_of"),
]


@pytest.mark.parametrize(("fields", "pointer"), UNREADY)
async def test_nothing_is_published_that_refers_to_what_is_hidden(
    desk: AsyncClient, load: Load, database: Database, fields: Any, pointer: str
) -> None:
    await load(note("dam"), note("hidden", status="draft"), note("late", status="scheduled", publish_at=LATER))
    await load(draft("hidden"), scheduled("late", LATER))
    ref, public = (await write(desk, "New", **fields))["id"], (await publish(desk, "Public"))["id"]
    before = await everything(database)
    sooner = {"at": "2098-12-31T23:59:59Z"}
    assert pointers(await desk.post(address(ref, "/publish"))) == {pointer}
    assert pointers(await desk.post(address(ref, "/publish"), json=sooner)) == {pointer}
    assert pointers(await send(desk, public, **fields)) == {pointer}
    assert await everything(database) == before
    if LATE in str(fields) or box("late") in fields.get("body", []):
        assert (await act(desk, ref, "publish", at=LATER))["status"] == "scheduled"
        refusal(await desk.post(address(ref, "/publish")), 422, "invalid")


async def test_what_was_there_before_it_was_hidden_hinders_no_change(desk: AsyncClient) -> None:
    other = (await publish(desk, "Other"))["id"]
    ref = (await publish(desk, relations=[{"relation": "background", "article": other}]))["id"]
    await act(desk, other, "unpublish")
    assert (await change(desk, ref, kicker="News"))["kicker"] == "News"
    assert (await get(desk, address(ref), include="relations"))["included"] == {"articles": {}}


async def test_a_note_that_is_a_draft_again_hinders_no_change(desk: AsyncClient, load: Load) -> None:
    await load(note("dam"))
    ref = (await publish(desk, body=[box("dam")]))["id"]
    await desk.post("/v1/notes/dam/withdraw", json={"reason": "error"})
    assert (await desk.post("/v1/notes/dam/unpublish")).json()["status"] == "draft"
    assert (await change(desk, ref, kicker="News"))["kicker"] == "News"
    assert (await act(desk, ref, "correct", kind="correction", text="It stands."))["notes"] == ["dam"]
    assert (await get(desk, address(ref), include="notes"))["included"] == {"notes": {}}
    new = (await write(desk, "New", body=[box("dam")]))["id"]
    assert pointers(await desk.post(address(new, "/publish"))) == {"/body/0/note"}


# --- take back -------------------------------------------------------------------------------------------------------


async def test_unpublishing_makes_a_draft_again(desk: AsyncClient, api: AsyncClient) -> None:
    found = await publish(desk, "Flood")
    back = await act(desk, found["id"], "unpublish")
    assert (back["status"], back["published_at"]) == ("draft", None)
    assert back["first_published_at"] == found["first_published_at"]
    for path in (address("flood"), address(found["id"], "/revisions"), address("flood", "/revisions/2")):
        refusal(await api.get(path), 404, "not-found")
    assert (await act(desk, found["id"], "unpublish"))["revision"] == back["revision"]
    again = await act(desk, found["id"], "publish")
    assert again["first_published_at"] == found["first_published_at"]
    assert again["published_at"] > found["published_at"]


async def test_a_withdrawal_says_why_and_what_to_read_instead(desk: AsyncClient, api: AsyncClient) -> None:
    other, found = await publish(desk, "Other"), await publish(desk, "kanarek flood", body=[words("kanarek")])
    told = {"reason": "legal", "public_note": "A court said so.", "replacement": other["id"]}
    await change(desk, found["id"], "/draft", headline="kanarek copy", slug="kanarek-copy")
    gone = await act(desk, found["id"], "withdraw", **told)
    assert (gone["status"], gone["headline"]) == ("withdrawn", "kanarek copy")
    for path in (address(found["id"]), address("kanarek-flood"), address(found["id"], "/diff?from=2&to=2")):
        answer = await api.get(path)
        problem = refusal(answer, 410, "withdrawn")
        replacement = {"id": other["id"], "slug": other["slug"], "language": other["language"]}
        assert {name: problem[name] for name in told} == told | {"replacement": replacement}
        assert "kanarek" not in answer.text.replace("kanarek-flood", "")
    refusal(await api.get(address("kanarek-copy")), 404, "not-found")
    assert (await get(api, PATH, count="true"))["count"]["value"] == 1
    assert (await newest(desk, found["id"])).json()["body"][0]["html"] == "kanarek"
    refusal(await desk.post(address(found["id"], "/publish")), 409, "conflict")
    assert (await act(desk, found["id"], "withdraw", **told))["revision"] == gone["revision"]

    await act(desk, other["id"], "unpublish")
    assert refusal(await api.get(address(found["id"])), 410, "withdrawn")["replacement"] is None
    refusal(await drop(desk, other["id"]), 409, "conflict")


async def test_only_what_was_public_is_withdrawn(desk: AsyncClient) -> None:
    ref, hidden = (await write(desk))["id"], (await write(desk, "Hidden"))["id"]
    refusal(await desk.post(address(ref, "/withdraw"), json={"reason": "legal"}), 409, "conflict")
    await act(desk, ref, "publish")
    assert pointers(await desk.post(address(ref, "/withdraw"), json={"reason": "boredom"})) == {"/reason"}
    assert pointers(await desk.post(address(ref, "/withdraw"), json={})) == {"/reason"}
    for replacement in (ref, hidden, NOBODY):
        sent = {"reason": "legal", "replacement": replacement}
        assert pointers(await desk.post(address(ref, "/withdraw"), json=sent)) == {"/replacement"}


async def test_taking_back_a_withdrawal_takes_who_may_withdraw(desk: AsyncClient, api: AsyncClient, key: Make) -> None:
    ref = (await publish(desk, "Flood"))["id"]
    await act(desk, ref, "withdraw", reason="error")
    held = bearing(await key("content:write", "content:publish"))
    assert refusal(await api.post(address(ref, "/unpublish"), headers=held), 403, "forbidden")["scope"] == (
        "content:withdraw"
    )
    await act(desk, ref, "unpublish")
    refusal(await api.get(address(ref)), 404, "not-found")
    await act(desk, ref, "publish")
    assert await reads(api, "flood") == "Flood"


async def test_an_erasure_leaves_the_text_nowhere(
    desk: AsyncClient, api: AsyncClient, database: Database, load: Load
) -> None:
    await load(tag("river"), source("mayor"))
    body = [words("kanarek body"), said("mayor", "kanarek words")]
    fields = {"slug": "flood", "standfirst": "kanarek", "kicker": "kanarek", "byline": "kanarek", "tags": ["river"]}
    image = {"caption": "kanarek", "alt_text": "kanarek"}
    ref = (await publish(desk, "kanarek", body=body, image=image, ednote="kanarek", editors_note="kanarek", **fields))[
        "id"
    ]
    await act(desk, ref, "correct", kind="correction", text="kanarek corrected")
    await change(
        desk, ref, "/draft", headline="kanarek dropped", relations=[{"relation": "background", "text": "kanarek"}]
    )
    await drop(desk, ref, "/draft")
    await change(desk, ref, "/draft", headline="kanarek copy")
    refusal(await desk.post(address(ref, "/erase"), json={"reason": "privacy"}), 409, "conflict")
    await act(desk, ref, "withdraw", reason="legal", public_note="kanarek note")
    assert "kanarek" in str(await everything(database))
    gone = await act(desk, ref, "erase", reason="privacy")
    assert (gone["headline"], gone["body"], gone["ednote"], gone["status"]) == ("", [], None, "withdrawn")
    assert "kanarek" not in str(await everything(database))
    found = await revisions(database, "article", ref)
    assert [one.kind for one in found][-1] == "erasure"
    for number in range(1, len(found) + 1):
        past = await get(desk, address(ref, f"/revisions/{number}"), perspective="drafts")
        assert (past["headline"], past["body"], past["ednote"], past["tags"]) == ("", [], None, [])
    problem = refusal(await api.get(address("flood")), 410, "withdrawn")
    assert (problem["reason"], problem["public_note"]) == ("privacy", None)
    assert (await get(desk, PATH, perspective="drafts", source="mayor"))["items"] == []
    assert (await act(desk, ref, "erase", reason="privacy"))["revision"] == gone["revision"]


# --- correct ---------------------------------------------------------------------------------------------------------


async def test_a_correction_is_there_for_all_to_read(desk: AsyncClient, api: AsyncClient, database: Database) -> None:
    ref = (await publish(desk))["id"]
    for kind, text in (("correction", "It was Tuesday."), ("clarification", "In the morning.")):
        found = await act(desk, ref, "correct", kind=kind, text=text)
    told = await reads(api, ref, "corrections")
    assert [(one["kind"], one["text"], one["revision"]) for one in told] == [
        ("correction", "It was Tuesday.", 3),
        ("clarification", "In the morning.", 4),
    ]
    history = (await get(api, address(ref, "/revisions")))["items"]
    assert [(one["op"], one["kind"], one["note"]) for one in history][:1] == [
        ("corrected", "clarification", "In the morning.")
    ]
    assert found["updated_at"] == told[-1]["at"]
    card = from_json((await revisions(database, "article", ref))[-1].card)
    assert card["corrections"] == told
    assert (await change(desk, ref, kicker="News"))["corrections"] == told


async def test_a_draft_is_not_corrected_for_readers(desk: AsyncClient) -> None:
    ref = (await write(desk))["id"]
    refusal(await desk.post(address(ref, "/correct"), json={"kind": "correction", "text": "x"}), 409, "conflict")
    await act(desk, ref, "publish")
    for sent, pointer in (
        ({"kind": "typo", "text": "x"}, "/kind"),
        ({"kind": "correction"}, "/text"),
        ({"kind": "correction", "text": ""}, "/text"),
    ):
        assert pointers(await desk.post(address(ref, "/correct"), json=sent)) == {pointer}


# --- who may ---------------------------------------------------------------------------------------------------------

VERBS = [
    ("POST", "", "content:write"),
    ("PATCH", "/{ref}", "content:write"),
    ("DELETE", "/{ref}", "content:write"),
    ("GET", "/{ref}/draft", "drafts:read"),
    ("PATCH", "/{ref}/draft", "content:write"),
    ("DELETE", "/{ref}/draft", "content:write"),
    ("POST", "/{ref}/publish", "content:publish"),
    ("POST", "/{ref}/unpublish", "content:publish"),
    ("POST", "/{ref}/correct", "content:publish"),
    ("POST", "/{ref}/withdraw", "content:withdraw"),
    ("POST", "/{ref}/erase", "content:withdraw"),
    ("POST", "/{ref}/previews", "drafts:read"),
]
SENT = {"": {"language": "en"}, "/withdraw": {"reason": "legal"}, "/erase": {"reason": "legal"}}
SENT["/correct"] = {"kind": "correction", "text": "x"}


@pytest.mark.parametrize(("method", "path", "scope"), VERBS)
async def test_each_verb_takes_its_scope_and_refused_changes_nothing(
    api: AsyncClient, desk: AsyncClient, database: Database, key: Make, method: str, path: str, scope: Any
) -> None:
    from app.web.caller import SCOPES

    ref = (await publish(desk))["id"]
    lacking = bearing(await key(*(one for one in SCOPES if one != scope)))
    await everything(database)
    before = (await everything(database))["changes"]
    body = SENT.get(path.removeprefix("/{ref}"), {})
    asked = {"json": body} if method in {"POST", "PATCH"} else {}
    for missing in (PATH + path.format(ref=ref), PATH + path.format(ref="nowhere")):
        refused = await api.request(method, missing, **asked)  # type: ignore[arg-type]
        refusal(refused, 401, "unauthorized")
        assert refused.headers["www-authenticate"] == "Bearer"
        answer = await api.request(method, missing, headers=lacking, **asked)  # type: ignore[arg-type]
        assert refusal(answer, 403, "forbidden")["scope"] == scope
    assert (await everything(database))["changes"] == before


@pytest.mark.parametrize(("method", "path", "scope"), VERBS[1:])
async def test_what_is_not_there_is_404_to_every_verb(desk: AsyncClient, method: str, path: str, scope: str) -> None:
    body = SENT.get(path.removeprefix("/{ref}"), {})
    asked = {"json": body} if method in {"POST", "PATCH"} else {}
    for ref in ("nothing", NOBODY, "%00", "a%20b", "x" * 200, "%F0%9F%A6%86"):
        answer = await desk.request(
            method,
            PATH + path.format(ref=ref),
            headers={"If-Match": "*"},
            **asked,  # type: ignore[arg-type]
        )
        assert answer.status_code == 404 or (ref == "%00" and answer.status_code == 400), (ref, answer.text)


# --- conditions ------------------------------------------------------------------------------------------------------

ACTIONS: list[tuple[str, dict[str, str]]] = [
    ("correct", {"kind": "correction", "text": "It rose by two metres."}),
    ("unpublish", {}),
    ("publish", {}),
    ("withdraw", {"reason": "rights"}),
    ("erase", {"reason": "rights"}),
]


async def test_an_action_on_what_was_seen_is_done_only_to_that(desk: AsyncClient, database: Database) -> None:
    ref = (await publish(desk))["id"]
    for verb, sent in ACTIONS:
        seen = (await newest(desk, ref)).headers["etag"]
        before = await everything(database)
        for stale in ('"1"', '"99"', f"W/{seen}"):
            answer = await desk.post(address(ref, f"/{verb}"), json=sent, headers={"If-Match": stale})
            assert refusal(answer, 412, "stale")["revision"] == int(seen.strip('"'))
        refusal(await desk.post(address(ref, f"/{verb}"), json=sent, headers={"If-Match": "x"}), 400, "malformed")
        assert await everything(database) == before
        answer = await desk.post(address(ref, f"/{verb}"), json=sent, headers={"If-Match": seen})
        assert (answer.status_code, answer.json()["revision"]) == (200, int(seen.strip('"')) + 1), verb
