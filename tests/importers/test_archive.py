"""POST /v1/import with `archive:write` restores an archive as the command does; without it lines make drafts."""

import json

import pytest
from httpx import AsyncClient

from app.db import Database
from app.web.caller import Scope
from tests.answers import bearing, get
from tests.conftest import Load, Make
from tests.contents import exported
from tests.factories import NOON, Line, article, article_id, credit, draft, note, scheduled, section, source, withdrawn

PATH = "/v1/articles"
SCOPES: tuple[Scope, ...] = ("content:write", "archive:write")
ORIGIN = {"system": "river.example", "id": "7"}


@pytest.fixture
async def archive(api: AsyncClient, key: Make) -> AsyncClient:
    """A client whose key restores, and sees no drafts."""
    api.headers.update(bearing(await key(*SCOPES)))
    return api


async def sent(api: AsyncClient, *lines: Line) -> list[Line]:
    text = "\n".join(map(json.dumps, lines)).encode()
    answer = await api.post("/v1/import", content=text, headers={"Content-Type": "application/x-ndjson"})
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_status_dates_and_former_slugs_are_restored(archive: AsyncClient) -> None:
    (made,) = await sent(archive, article("flood", created_at="2024-01-01T00:00:00Z", former_slugs=["water"]))

    assert (made["outcome"], made["ref"], made["not_restored"]) == ("created", article_id("flood"), [])
    story = await get(archive, f"{PATH}/flood")
    assert (story["published_at"], story["created_at"]) == (NOON, "2024-01-01T00:00:00.000Z")
    assert (await archive.get(f"{PATH}/water")).status_code == 308


async def test_a_whole_export_is_restored_byte_for_byte_but_for_revisions(
    archive: AsyncClient, database: Database, load: Load
) -> None:
    lines = [
        section("city"), source("wire"), note("dam"), draft("plan"), scheduled("soon"), withdrawn("gone"),
        article("flood", section="city", attributions=[credit("wire")], origin=ORIGIN, former_slugs=["water"]),
    ]  # fmt: skip
    results = await sent(archive, *lines)
    restored = await exported(database)
    report = await load(*lines)

    assert [each["outcome"] for each in results] == ["created"] * len(lines)
    assert report.counts["unchanged"] == len(lines)
    assert await exported(database) == restored


async def test_the_same_lines_again_are_unchanged(archive: AsyncClient) -> None:
    lines = [article("flood", origin=ORIGIN), draft("plan"), article("flood", headline="Higher", origin=ORIGIN)]
    first = await sent(archive, *lines)
    (again,) = await sent(archive, lines[2])

    assert [each["outcome"] for each in (*first, again)] == ["created", "created", "updated", "unchanged"]


async def test_a_revision_is_never_restored(archive: AsyncClient) -> None:
    (made,) = await sent(archive, article("flood", revision=7))

    assert made["not_restored"] == ["revision"]
    assert (await get(archive, f"{PATH}/flood"))["revision"] == 1


async def test_without_the_scope_a_line_makes_a_draft(api: AsyncClient, key: Make) -> None:
    api.headers.update(bearing(await key("content:write", "content:publish")))
    (made,) = await sent(api, article("flood", former_slugs=["water"]))

    assert (made["outcome"], made["not_restored"]) == ("created", ["former_slugs", "published_at", "status"])
    assert (await api.get(f"{PATH}/flood")).status_code == 404


async def test_the_scope_alone_imports_nothing(api: AsyncClient, key: Make) -> None:
    api.headers.update(bearing(await key("archive:write")))
    answer = await api.post("/v1/import", content=b"{}", headers={"Content-Type": "application/x-ndjson"})

    assert (answer.status_code, answer.json()["scope"]) == (403, "content:write")


async def test_one_bad_line_loses_no_other(archive: AsyncClient) -> None:
    lines = [
        article("a"), article("b", tags=["nowhere"]), article("c", published_at="2999-01-01T00:00:00Z"),
        {"noun": "article", "status": "published"}, article("d"),
    ]  # fmt: skip
    results = await sent(archive, *lines)

    assert [each["outcome"] for each in results] == ["created", "error", "error", "error", "created"]
    pointers = [{error["pointer"] for error in each["error"]["errors"]} for each in results[1:4]]
    assert pointers[:2] == [{"/tags/0"}, {"/published_at"}]
    assert pointers[2] == {""}


async def test_what_it_relates_to_and_is_not_there_is_named(archive: AsyncClient) -> None:
    relation = {"relation": "background", "article": article_id("b"), "text": "Before"}
    (made,) = await sent(archive, article("a", relations=[relation]))

    assert made["outcome"] == "created"
    assert article_id("b") in made["warnings"][0]["detail"]


async def test_the_holder_of_an_origin_is_not_named_to_those_who_see_no_drafts(
    archive: AsyncClient, load: Load
) -> None:
    await load(draft("secret-plan", origin=ORIGIN))
    (refused,) = await sent(archive, article("b", origin=ORIGIN))

    assert [error["pointer"] for error in refused["error"]["errors"]] == ["/origin"]
    assert article_id("secret-plan") not in json.dumps(refused)


async def test_the_log_names_the_key(archive: AsyncClient, desk: AsyncClient) -> None:
    await sent(archive, article("flood"))

    history = (await get(desk, f"{PATH}/flood/revisions", perspective="drafts"))["items"]
    assert [each["actor"] for each in history] == ["Holder of content:write, archive:write"]
