"""One action on many articles: each for itself, by the rules of the single action."""

from typing import Any

import pytest
from httpx import AsyncClient

from app.articles import desk as verbs
from app.errors import Unavailable
from tests.answers import bearing, get, refusal
from tests.conftest import Load, Make
from tests.desk import change, newest, pointers
from tests.factories import article, article_id, draft, section, tag, withdrawn
from tests.openapi import check_answer

Json = dict[str, Any]
PATH = "/v1/articles/actions"


async def do(desk: AsyncClient, action: str, refs: list[str], **fields: Any) -> list[Json]:
    """What became of each article."""
    answer = await desk.post(PATH, json={"action": action, "refs": refs, **fields})
    assert answer.status_code == 200, answer.text
    check_answer(answer)
    assert answer.headers["cache-control"] == "private, no-store"
    items: list[Json] = answer.json()["items"]
    assert [item["ref"] for item in items] == refs
    return items


def outcomes(items: list[Json]) -> list[tuple[str, int | None, str | None]]:
    return [(item["outcome"], item["revision"], item["error"] and item["error"]["code"]) for item in items]


async def test_each_article_is_published_for_itself_and_a_refused_one_undoes_no_other(
    desk: AsyncClient, load: Load
) -> None:
    await load(draft("dam"), article("flood"), withdrawn("gone"), draft("bridge"))
    items = await do(desk, "publish", ["dam", "nobody-wrote-it", "gone", "flood", article_id("bridge")])

    assert outcomes(items) == [
        ("updated", 2, None),
        ("error", None, "not-found"),
        ("error", None, "conflict"),
        ("unchanged", 1, None),
        ("updated", 2, None),
    ]
    assert {item["slug"] for item in (await get(desk, "/v1/articles"))["items"]} == {"dam", "flood", "bridge"}


async def test_the_position_of_the_answer_is_that_of_its_last_change(desk: AsyncClient, load: Load) -> None:
    await load(draft("dam"), draft("bridge"), article("flood"))
    answer = await desk.post(PATH, json={"action": "publish", "refs": ["dam", "bridge", "flood"]})
    assert answer.headers["content-position"] == "d5"
    entries = (await get(desk, "/v1/changes", perspective="drafts", after=3))["items"]
    assert [(entry["seq"], entry["op"], entry["ref"]) for entry in entries] == [
        (4, "published", article_id("dam")),
        (5, "published", article_id("bridge")),
    ]


async def test_articles_are_scheduled_and_taken_back(desk: AsyncClient, load: Load) -> None:
    await load(draft("dam"), draft("bridge"))
    times = {"at": "2099-01-01T06:00:00Z", "expires_at": "2099-02-01T06:00:00Z"}
    assert outcomes(await do(desk, "publish", ["dam", "bridge"], **times)) == [("updated", 2, None)] * 2
    shown = (await newest(desk, "dam")).json()
    assert (shown["status"], shown["publish_at"], shown["expires_at"]) == (
        "scheduled",
        "2099-01-01T06:00:00.000Z",
        "2099-02-01T06:00:00.000Z",
    )
    assert outcomes(await do(desk, "unpublish", ["dam", "bridge"])) == [("updated", 3, None)] * 2
    assert outcomes(await do(desk, "unpublish", ["dam", "bridge"])) == [("unchanged", 3, None)] * 2

    (item,) = await do(desk, "publish", ["dam"], at="2020-01-01T06:00:00Z")
    assert (item["error"]["code"], [(fault["pointer"], fault["code"]) for fault in item["error"]["errors"]]) == (
        "invalid",
        [("/at", "past")],
    )


async def test_articles_are_withdrawn_with_what_readers_are_told(desk: AsyncClient, load: Load) -> None:
    await load(article("flood"), article("dam"), draft("plan"), article("ferry"))
    told = {"reason": "error", "public_note": "The figures were wrong.", "replacement": article_id("ferry")}
    assert outcomes(await do(desk, "withdraw", ["flood", "plan", "dam"], **told)) == [
        ("updated", 2, None),
        ("error", None, "conflict"),
        ("updated", 2, None),
    ]
    problem = (await desk.get("/v1/articles/dam")).json()
    assert (problem["reason"], problem["public_note"]) == ("error", "The figures were wrong.")
    assert problem["replacement"]["slug"] == "ferry"

    (item,) = await do(desk, "withdraw", ["ferry"], reason="error", replacement=article_id("nobody"))
    assert [fault["pointer"] for fault in item["error"]["errors"]] == ["/replacement"]


async def test_tags_are_added_and_removed_by_the_rules_of_a_patch(desk: AsyncClient, load: Load) -> None:
    await load(section("city"), tag("rivers"), tag("bridges"), tag("roads"))
    await load(article("flood", tags=["rivers"], section="city"), draft("dam", tags=["roads", "bridges"]))
    items = await do(desk, "tag", ["flood", "dam"], tags=["bridges", "roads"])
    assert outcomes(items) == [("updated", 2, None), ("unchanged", 1, None)]
    assert (await newest(desk, "flood")).json()["tags"] == ["rivers", "bridges", "roads"]

    items = await do(desk, "untag", ["flood", "dam"], tags=["rivers", "bridges", "nobody-knows-it"])
    assert outcomes(items) == [("updated", 3, None), ("updated", 2, None)]
    assert (await newest(desk, "flood")).json()["tags"] == ["roads"]
    assert (await newest(desk, "dam")).json()["tags"] == ["roads"]


async def test_a_tag_that_cannot_be_added_is_named_where_it_was_sent(desk: AsyncClient, load: Load) -> None:
    await load(section("city"), tag("rivers"), tag("roads"), article("flood", tags=["rivers", "roads"]), draft("dam"))
    for item in await do(desk, "tag", ["flood", "dam"], tags=["rivers", "nobody-knows-it", "roads"]):
        assert item["outcome"] == "error"
        assert [fault["pointer"] for fault in item["error"]["errors"]] == ["/tags/1"]
        assert item["error"]["detail"].startswith("/tags/1: ")
    assert (await newest(desk, "dam")).json()["tags"] == []


async def test_an_article_with_a_working_copy_is_not_tagged_beside_it(desk: AsyncClient, load: Load) -> None:
    await load(tag("rivers"), article("flood"))
    await change(desk, "flood", "/draft", headline="The copy")
    assert outcomes(await do(desk, "tag", ["flood"], tags=["rivers"])) == [("error", None, "conflict")]


async def test_what_was_done_before_the_database_went_away_stays_and_the_rest_is_not_tried(
    desk: AsyncClient, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    await load(draft("dam"), draft("bridge"), draft("road"))
    lock, asked = verbs.lock, []

    async def lock_until_away(transaction: Any, ref: str) -> Any:
        asked.append(ref)
        if ref == "bridge":
            raise Unavailable
        return await lock(transaction, ref)

    monkeypatch.setattr(verbs, "lock", lock_until_away)
    assert outcomes(await do(desk, "publish", ["dam", "bridge", "road"])) == [
        ("updated", 2, None),
        ("error", None, "unavailable"),
        ("error", None, "unavailable"),
    ]
    assert asked == ["dam", "bridge"]
    monkeypatch.setattr(verbs, "lock", lock)
    assert outcomes(await do(desk, "publish", ["dam", "bridge", "road"])) == [
        ("unchanged", 2, None),
        ("updated", 2, None),
        ("updated", 2, None),
    ]


# --- keys ----------------------------------------------------------------------------------------------------------

SCOPE_OF = {
    "publish": "content:publish",
    "unpublish": "content:publish",
    "withdraw": "content:withdraw",
    "tag": "content:write",
    "untag": "content:write",
}
TAKES: Json = {"withdraw": {"reason": "error"}, "tag": {"tags": ["rivers"]}, "untag": {"tags": ["rivers"]}}


@pytest.mark.parametrize("action", [*SCOPE_OF])
async def test_an_action_takes_the_scope_of_the_single_one(
    api: AsyncClient, load: Load, key: Make, action: str
) -> None:
    await load(tag("rivers"), article("flood"))
    body = {"action": action, "refs": ["flood"], **TAKES.get(action, {})}
    refusal(await api.post(PATH, json=body), 401, "unauthorized")
    others = {"drafts:read", "content:write", "content:publish", "content:withdraw", "keys"} - {SCOPE_OF[action]}
    answer = await api.post(PATH, json=body, headers=bearing(await key(*sorted(others))))
    assert refusal(answer, 403, "forbidden")["scope"] == SCOPE_OF[action]
    refusal(await api.post(PATH, json=body, headers=bearing(await key("drafts:read"))), 403, "forbidden")

    answer = await api.post(PATH, json=body, headers=bearing(await key(SCOPE_OF[action])))
    assert [item["error"] for item in answer.json()["items"]] == [None]


async def test_taking_back_what_was_withdrawn_needs_that_scope_too(api: AsyncClient, load: Load, key: Make) -> None:
    await load(withdrawn("gone"), article("flood"))
    body = {"action": "unpublish", "refs": ["gone", "flood"]}
    answer = await api.post(PATH, json=body, headers=bearing(await key("content:publish")))
    check_answer(answer)
    assert outcomes(answer.json()["items"]) == [("error", None, "forbidden"), ("updated", 2, None)]


# --- refusals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({}, {"/action", "/refs"}),
        ({"action": "delete", "refs": ["flood"]}, {"/action"}),
        ({"action": "publish", "refs": []}, {"/refs"}),
        ({"action": "publish", "refs": "flood"}, {"/refs"}),
        ({"action": "publish", "refs": ["flood", 7, ""]}, {"/refs/1", "/refs/2"}),
        ({"action": "publish", "refs": ["f" * 121]}, {"/refs/0"}),
        ({"action": "publish", "refs": [f"s{n}" for n in range(101)]}, {"/refs"}),
        ({"action": "publish", "refs": ["flood", "dam", "flood"]}, {"/refs/2"}),
        ({"action": "publish", "refs": ["flood"], "at": "tomorrow"}, {"/at"}),
        ({"action": "publish", "refs": ["flood"], "reason": "error", "tags": ["rivers"]}, {"/reason", "/tags"}),
        ({"action": "unpublish", "refs": ["flood"], "at": None}, {"/at"}),
        ({"action": "withdraw", "refs": ["flood"]}, {"/reason"}),
        ({"action": "withdraw", "refs": ["flood"], "reason": "tired"}, {"/reason"}),
        ({"action": "withdraw", "refs": ["flood"], "reason": "error", "public_note": " "}, {"/public_note"}),
        ({"action": "tag", "refs": ["flood"]}, {"/tags"}),
        ({"action": "untag", "refs": ["flood"], "tags": []}, {"/tags"}),
        ({"action": "tag", "refs": ["flood"], "tags": ["No slug"]}, {"/tags/0"}),
        ({"action": "tag", "refs": ["flood"], "tags": ["rivers"], "minor": True}, {"/minor"}),
    ],
)
async def test_what_an_action_cannot_take_is_refused_and_nothing_is_done(
    desk: AsyncClient, load: Load, body: Json, places: set[str]
) -> None:
    await load(tag("rivers"), article("flood"), draft("dam"))
    before = (await get(desk, "/v1/changes", perspective="drafts"))["head"]
    assert pointers(await desk.post(PATH, json=body)) == places
    assert (await get(desk, "/v1/changes", perspective="drafts"))["head"] == before


async def test_an_idempotency_key_is_refused_with_the_reason(desk: AsyncClient, load: Load) -> None:
    await load(draft("dam"))
    body = {"action": "publish", "refs": ["dam"]}
    answer = await desk.post(PATH, json=body, headers={"Idempotency-Key": "once"})
    (fault,) = refusal(answer, 422, "invalid")["errors"]
    assert fault["parameter"] == "Idempotency-Key"
