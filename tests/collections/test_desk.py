"""Collections at the desk: made, changed, published, scheduled, withdrawn, erased and deleted over HTTP."""

from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient, Response
from pydantic_core import from_json

from app.articles.query_schemas import ArticleQuery
from app.checking.check import check
from app.collections.fill import REFUSED
from app.db import Database, utcnow
from app.importers import store
from app.importers.documents import read as read_document
from app.importers.store import Report
from app.ticker import Ticker
from app.web.fields import format_instant
from tests import contents
from tests.answers import get, refusal
from tests.conftest import Clock, Fresh, Load
from tests.contents import ZONE, exported
from tests.factories import article, article_id, collection, draft, tag
from tests.openapi import check_answer

PATH = "/v1/collections"
DRAFTS = {"perspective": "drafts"}
ANY = {"If-Match": "*"}
FRONT: Any = {"slug": "front", "labels": {"en": "Front page", "uk": "Головна"}, "fill": "sort=-published_at"}


def faults(answer: Response, status: int = 422, code: str = "invalid") -> dict[str, str]:
    """The pointers of a refusal, each with what is said of it."""
    check_answer(answer)
    return {one["pointer"]: one["detail"] for one in refusal(answer, status, code)["errors"]}


def named(page: Any) -> list[str]:
    return [item["slug"] for item in page["items"]]


async def post(desk: AsyncClient, path: str, body: Any = None) -> Any:
    answer = await desk.post(path, **({} if body is None else {"json": body}))
    assert answer.status_code in {200, 201}, (path, answer.text)
    check_answer(answer)
    return answer.json()


async def patch(desk: AsyncClient, path: str, **fields: Any) -> Any:
    answer = await desk.patch(path, json=fields, headers=ANY)
    assert answer.status_code == 200, answer.text
    check_answer(answer)
    return answer.json()


async def published(desk: AsyncClient, **fields: Any) -> Any:
    body = {**FRONT, **fields}
    await post(desk, PATH, body)
    return await post(desk, f"{PATH}/{body['slug']}/publish")


async def read(api: AsyncClient, path: str, **params: str) -> Response:
    """What the public reads."""
    key = api.headers.pop("authorization", None)
    try:
        answer = await api.get(path, params=params)
    finally:
        if key is not None:
            api.headers["authorization"] = key
    check_answer(answer)
    return answer


async def test_a_collection_begins_as_a_draft_that_no_reader_sees(desk: AsyncClient) -> None:
    made = await desk.post(PATH, json=FRONT)
    check_answer(made)
    assert (made.status_code, made.headers["location"], made.headers["etag"]) == (201, f"{PATH}/front", '"1"')
    assert made.json()["status"] == "draft"
    assert made.json()["length"] == 20
    assert made.json()["pinned"] == []
    assert (await read(desk, f"{PATH}/front")).status_code == 404
    assert (await read(desk, f"{PATH}/front/items")).status_code == 404
    assert (await read(desk, PATH)).json()["items"] == []
    shown = await get(desk, PATH, **DRAFTS)
    assert named(shown) == ["front"]
    assert shown["items"][0]["working_copy"] is False


async def test_a_published_collection_is_read_by_everyone_with_its_revision_for_an_etag(desk: AsyncClient) -> None:
    await published(desk)
    answer = await read(desk, f"{PATH}/front")
    assert answer.headers["etag"] == '"2"'
    assert answer.headers["surrogate-key"] == "collection.front"
    assert answer.json()["labels"] == FRONT["labels"]
    assert "working_copy" not in answer.json()
    selected = await read(desk, f"{PATH}/front", fields="length")
    assert selected.json() == {"slug": "front", "length": 20}
    again = await desk.get(f"{PATH}/front", headers={"If-None-Match": '"2"'})
    assert again.status_code == 304


async def test_lists_are_by_slug_or_by_what_changed_last_and_at_the_desk_by_status(desk: AsyncClient) -> None:
    for slug in ("b", "a", "c"):
        await published(desk, slug=slug)
    await patch(desk, f"{PATH}/b", length=5)
    await patch(desk, f"{PATH}/c/draft", length=7)
    await post(desk, PATH, {**FRONT, "slug": "d"})
    assert named((await read(desk, PATH)).json()) == ["a", "b", "c"]
    assert named((await read(desk, PATH, sort="-modified_at")).json()) == ["b", "c", "a"]
    assert named(await get(desk, PATH, status="draft", **DRAFTS)) == ["d"]
    assert named(await get(desk, PATH, status="published", **DRAFTS)) == ["a", "b"]
    assert named(await get(desk, PATH, working_copy="true", **DRAFTS)) == ["c"]
    assert (await read(desk, PATH, status="draft")).status_code == 422


async def test_a_working_copy_changes_nothing_for_readers_until_it_is_published(desk: AsyncClient) -> None:
    await published(desk)
    before = (await read(desk, f"{PATH}/front")).json()
    changed = await patch(desk, f"{PATH}/front/draft", length=3)
    assert changed["working_copy"]
    assert changed["status"] == "draft"
    assert changed["revision"] == 3
    assert (await read(desk, f"{PATH}/front")).json() == before
    copy = await desk.get(f"{PATH}/front/draft")
    check_answer(copy)
    assert copy.json()["length"] == 3
    assert copy.json()["working_copy"] is True
    assert faults(await desk.patch(f"{PATH}/front", json={"length": 4}, headers=ANY), 409, "conflict") == {}
    assert (await post(desk, f"{PATH}/front/publish"))["published_at"] == before["published_at"]
    assert (await read(desk, f"{PATH}/front")).json()["length"] == 3
    assert (await desk.get(f"{PATH}/front/draft")).status_code == 404


async def test_a_working_copy_can_be_discarded(desk: AsyncClient) -> None:
    await published(desk)
    await patch(desk, f"{PATH}/front/draft", length=3)
    assert (await desk.delete(f"{PATH}/front/draft", headers=ANY)).status_code == 204
    shown = await get(desk, f"{PATH}/front", **DRAFTS)
    assert (shown["length"], shown["working_copy"], shown["revision"]) == (20, False, 2)
    assert (await patch(desk, f"{PATH}/front", length=4))["revision"] == 4


async def test_what_is_scheduled_becomes_public_on_time_also_as_a_working_copy(
    desk: AsyncClient, database: Database, clock: Clock
) -> None:
    await post(desk, PATH, FRONT)
    soon = format_instant(utcnow() + timedelta(hours=1))
    assert (await post(desk, f"{PATH}/front/publish", {"at": soon}))["status"] == "scheduled"
    due = await get(desk, f"{PATH}/front", perspective=format_instant(utcnow() + timedelta(hours=2)))
    assert due["status"] == "published"
    assert due["published_at"] == soon
    clock.move(hours=1, seconds=1)
    assert await Ticker(database, ZONE).release() == ["front"]
    assert (await read(desk, f"{PATH}/front")).json()["published_at"] == soon
    await patch(desk, f"{PATH}/front/draft", length=2)
    await post(desk, f"{PATH}/front/publish", {"at": format_instant(utcnow() + timedelta(hours=1))})
    assert (await read(desk, f"{PATH}/front")).json()["length"] == 20
    clock.move(hours=1, seconds=1)
    await Ticker(database, ZONE).release()
    assert (await read(desk, f"{PATH}/front")).json()["length"] == 2


async def test_what_is_withdrawn_is_gone_with_its_reason_and_can_be_erased(desk: AsyncClient) -> None:
    await published(desk, description={"en": "Kept by the lighthouse."})
    await post(desk, f"{PATH}/front/withdraw", {"reason": "legal", "public_note": "A judge asked us to."})
    for path in (f"{PATH}/front", f"{PATH}/front/items", f"{PATH}/front/revisions"):
        answer = await read(desk, path)
        assert (answer.status_code, answer.json()["reason"]) == (410, "legal"), path
        assert "lighthouse" not in answer.text
    assert (await read(desk, PATH)).json()["items"] == []
    await post(desk, f"{PATH}/front/erase", {"reason": "privacy"})
    history = await desk.get(f"{PATH}/front/revisions/1", params=DRAFTS)
    assert history.json()["labels"] == {}
    assert history.json()["fill"] is None
    await post(desk, f"{PATH}/front/unpublish")
    assert faults(await desk.post(f"{PATH}/front/publish")) == {"/labels": "is empty, and what is published has a name"}


async def test_history_and_differences_show_what_was_public(desk: AsyncClient) -> None:
    await published(desk)
    await patch(desk, f"{PATH}/front", length=5)
    public = (await read(desk, f"{PATH}/front/revisions")).json()
    assert [item["revision"] for item in public["items"]] == [3, 2]
    difference = (await read(desk, f"{PATH}/front/diff", **{"from": "2", "to": "3"})).json()
    assert [(one["old"], one["new"]) for one in difference["fields"] if one["field"] == "length"] == [(20, 5)]
    assert (await read(desk, f"{PATH}/front/revisions/1")).status_code == 404
    assert (await post(desk, f"{PATH}/front/revisions/2/restore"))["length"] == 20


async def test_writes_obey_if_match_and_idempotency_keys_and_say_nothing_new_twice(desk: AsyncClient) -> None:
    name = {"Idempotency-Key": "front-1"}
    first, again = [await desk.post(PATH, json=FRONT, headers=name) for _ in range(2)]
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert (await desk.post(PATH, json=FRONT)).status_code == 409
    assert (await desk.patch(f"{PATH}/front", json={"length": 3})).status_code == 428
    assert (await desk.put(f"{PATH}/front", json=FRONT, headers={"If-Match": '"7"'})).status_code == 412
    same = await desk.put(f"{PATH}/front", json=FRONT, headers=ANY)
    assert (same.status_code, same.headers["etag"]) == (200, '"1"')
    assert faults(await desk.patch(f"{PATH}/front", json={"slug": "other"}, headers=ANY)).keys() == {"/slug"}


async def test_a_pin_is_of_a_story_that_is_there_and_keeps_it_from_being_deleted(desk: AsyncClient, load: Load) -> None:
    await load(draft("flood"))
    missing = article_id("nothing")
    pinned = [article_id("flood"), missing, article_id("flood")]
    assert faults(await desk.post(PATH, json={**FRONT, "pinned": pinned})) == {
        "/pinned/1": f"there is no article {missing}"
    }
    twice = await post(desk, PATH, {**FRONT, "pinned": [pinned[0], pinned[0]]})
    assert twice["pinned"] == pinned[:1]
    assert [one["pointer"] for one in twice["warnings"]] == ["/pinned/1"]
    address = f"/v1/articles/{pinned[0]}"
    refused = await desk.delete(address, headers=ANY)
    assert [one["detail"] for one in refusal(refused, 409, "conflict")["errors"]] == ["the collection front pins it"]
    assert (await desk.delete(f"{PATH}/front", headers=ANY)).status_code == 204
    assert (await desk.delete(address, headers=ANY)).status_code == 204


@pytest.mark.parametrize(("name", "why"), REFUSED.items())
async def test_a_fill_refuses_by_name_what_it_cannot_ask_for(desk: AsyncClient, name: str, why: str) -> None:
    found = faults(await desk.post(PATH, json={**FRONT, "fill": f"tag=trams&{name}=1"}))
    assert found == {"/fill": f"`{name}`: {why}"}


def test_every_parameter_of_the_list_of_articles_is_taken_or_refused_by_a_fill() -> None:
    taken = {"tag", "tag_not", "source", "role", "note", "has", "genre", "flag", "ai", "section", "language", "date"}
    taken |= {"published_from", "published_to", "updated_since", "modified_since", "tz", "q", "sort", "origin"}
    assert {*REFUSED} | taken == {*ArticleQuery.model_fields}
    assert not taken & {*REFUSED}


WRONG = [
    ("", "is empty"),
    ("colour=red", "`colour` is not a parameter here"),
    ("tag=Trams", "`tag` 'Trams' is not a slug"),
    ("language=uk&language=en", "`language` is given more than once"),
    ("tag=", "`tag` is empty"),
    ("sort=relevance", "`sort` ranks articles by the words of `q`"),
    ("sort=-modified_at", "`sort` is `-modified_at` in the desk's view alone, and a fill is the same for all"),
    ("role=author", "`role` narrows `source`"),
    ('q="tram', "`q`: "),
    ("?tag=trams", "`?tag` is not a parameter here"),
    (7, "Input should be a valid string"),
    ("tag=" + ",".join(f"t{n}" for n in range(20)) + "&source=" + ",".join(f"s{n}" for n in range(10)), "more than 30"),
]  # fmt: skip


@pytest.mark.parametrize(("fill", "why"), WRONG, ids=lambda value: str(value)[:20])
async def test_a_broken_fill_is_refused_with_its_pointer_and_the_reason(desk: AsyncClient, fill: Any, why: str) -> None:
    found = faults(await desk.post(PATH, json={**FRONT, "fill": fill}))
    assert found.keys() == {"/fill"}
    assert why in found["/fill"]
    await post(desk, PATH, FRONT)
    assert faults(await desk.patch(f"{PATH}/front", json={"fill": fill}, headers=ANY)).keys() == {"/fill"}


@pytest.mark.parametrize(
    ("field", "value"),
    [("length", 0), ("length", 101), ("length", "5"), ("labels", {}), ("labels", {"en": " "}), ("pinned", ["front"]),
     ("pinned", [article_id(str(n)) for n in range(101)]), ("minor", True), ("labels", {"English": "Front"})],
)  # fmt: skip
async def test_a_wrong_field_is_refused_with_its_pointer(desk: AsyncClient, field: str, value: Any) -> None:
    found = faults(await desk.post(PATH, json={**FRONT, field: value}))
    assert [pointer.split("/")[1] for pointer in found] == [field]


async def test_an_export_read_in_again_gives_the_same_collections_and_the_check_finds_nothing(
    desk: AsyncClient, database: Database, load: Load, fresh: Fresh
) -> None:
    await load(tag("trams"), article("flood"), draft("tram"))
    await published(desk, pinned=[article_id("tram")], fill="tag=trams")
    await patch(desk, f"{PATH}/front/draft", pinned=[article_id("flood")])
    await published(desk, slug="gone")
    await post(desk, f"{PATH}/gone/withdraw", {"reason": "error"})
    await post(desk, PATH, {**FRONT, "slug": "later"})
    lines = await exported(database)
    collections = [line for line in lines if b'"noun":"collection"' in line]
    assert lines[-4:] == collections
    assert len(collections) == 4
    public = [line for line in await exported(database, public=True) if b'"noun":"collection"' in line]
    assert len(public) == 2
    assert b"flood" not in public[0]
    assert b'"labels"' not in public[1]
    with fresh(True) as url:
        other = Database(url)
        report = Report()
        items = [read_document(from_json(line), utcnow(), n) for n, line in enumerate(lines, 1)]
        await store.load(other, ZONE, items, report)
        assert report.wrong == []
        assert await exported(other) == lines
        for checked in (database, other):
            assert [deviation async for deviation in check(checked)] == []
        await other.close()


async def test_a_line_of_an_import_is_whole_and_names_what_is_there(database: Database) -> None:
    report = await contents.load(
        database,
        collection("front", fill="limit=3"),
        collection("lost", pinned=[article_id("nothing")]),
        {"noun": "collection", "slug": "nameless"},
        collection("fine", fill="language=uk"),
    )
    assert report.counts["created"] == 1
    assert [(line, fault.pointer) for line, fault in report.wrong] == [(1, "/fill"), (3, ""), (2, "/pinned/0")]
