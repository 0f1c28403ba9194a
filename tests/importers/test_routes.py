"""POST /v1/import: each line is taken in or named, and none loses another."""

import json
from collections.abc import AsyncIterator

import pytest
from httpx import AsyncClient, Response

from app.web.caller import SCOPES
from tests.answers import bearing, blamed, refusal
from tests.conftest import Make
from tests.factories import Line, article, article_id, words

NDJSON = {"Content-Type": "application/x-ndjson"}


@pytest.fixture
async def desk(desk: AsyncClient, key: Make) -> AsyncClient:
    """The desk, whose key has every scope but `archive:write`: what it imports are drafts."""
    desk.headers.update(bearing(await key(*(scope for scope in SCOPES if scope != "archive:write"))))
    return desk


async def sent(desk: AsyncClient, *lines: Line | str) -> list[Line]:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    return results(await desk.post("/v1/import", content=text.encode(), headers=NDJSON))


def results(answer: Response) -> list[Line]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def story(slug: str, **fields: object) -> Line:
    return {"noun": "article", "language": "en", "headline": slug, "slug": slug, "body": [words("It rose.")], **fields}


async def test_each_line_is_answered_in_its_order(desk: AsyncClient) -> None:
    found = await sent(desk, story("flood"), "", "{broken", story("dam", colour="red"), story("lock"))

    assert [(one["line"], one["outcome"]) for one in found] == [
        (1, "created"),
        (3, "error"),
        (4, "error"),
        (5, "created"),
    ]
    assert found[2]["error"]["errors"][0]["pointer"] == "/colour"
    assert (await desk.get("/v1/articles/lock?perspective=drafts")).json()["status"] == "draft"


async def test_the_same_lines_again_change_nothing(desk: AsyncClient) -> None:
    first = await sent(desk, story("flood"))
    again = await sent(desk, story("flood"))
    changed = await sent(desk, story("flood", headline="Higher"))

    assert [one["outcome"] for one in (*again, *changed)] == ["unchanged", "updated"]
    assert first[0]["ref"] == again[0]["ref"] == changed[0]["ref"]


async def test_an_idempotency_key_is_refused(desk: AsyncClient) -> None:
    answer = await desk.post("/v1/import", content=b"{}", headers={**NDJSON, "Idempotency-Key": "once"})

    assert blamed(answer) == {"Idempotency-Key"}


async def test_two_states_of_an_object_follow_each_other(desk: AsyncClient) -> None:
    found = await sent(desk, story("flood"), story("flood", headline="Higher"), story("flood", headline="Higher"))

    assert [one["outcome"] for one in found] == ["created", "updated", "unchanged"]


async def test_what_only_the_command_line_restores_is_left_aside_and_named(desk: AsyncClient, api: AsyncClient) -> None:
    (found,) = await sent(desk, article("flood", revision=7))

    assert (found["outcome"], found["ref"]) == ("created", article_id("flood"))
    assert found["not_restored"] == ["published_at", "revision", "status"]
    assert (await api.get("/v1/articles/flood")).status_code == 404


async def test_what_sanitising_removed_is_named(desk: AsyncClient) -> None:
    (found,) = await sent(desk, story("flood", body=[words("It <script>x</script>rose.")]))

    assert found["warnings"][0]["pointer"] == "/body/0/html"


@pytest.mark.parametrize("wrong", [["flood"], {"flood": 1}, [], 5, True, 2**63, 1.5])
@pytest.mark.parametrize("name", ["id", "slug"])
async def test_a_line_with_a_name_that_is_none_loses_no_other(desk: AsyncClient, name: str, wrong: object) -> None:
    found = await sent(desk, story("dam"), {**story("flood"), name: wrong}, story("lock"))

    assert [one["outcome"] for one in found] == ["created", "error", "created"]
    assert found[1]["error"]["errors"][0]["pointer"] == f"/{name}"


async def test_a_line_that_is_too_long_loses_no_other(desk: AsyncClient) -> None:
    found = await sent(desk, story("long", standfirst="x" * 2**21), story("flood"))

    assert [one["outcome"] for one in found] == ["error", "created"]
    assert "longer than 2 MiB" in found[0]["error"]["detail"]


async def test_lines_may_come_in_pieces(desk: AsyncClient) -> None:
    text = "\n".join(json.dumps(story(f"story-{n}")) for n in range(250)).encode()

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(text), 1_000):
            yield text[start : start + 1_000]

    found = results(await desk.post("/v1/import", content=pieces(), headers=NDJSON))
    assert [one["line"] for one in found if one["outcome"] == "created"] == [*range(1, 251)]


async def test_importing_takes_a_key_that_may_write(api: AsyncClient) -> None:
    refusal(await api.post("/v1/import", content=b"{}", headers=NDJSON), 401, "unauthorized")


async def test_only_ndjson_is_read(desk: AsyncClient) -> None:
    refusal(await desk.post("/v1/import", json={}), 415, "unsupported-media-type")


async def test_lines_of_every_noun_may_refer_to_earlier_ones(desk: AsyncClient) -> None:
    body = [words("It has stood since 1911."), {"type": "reference_note", "note": "dam"}]
    found = await sent(
        desk,
        {"noun": "tag", "slug": "rivers", "type": "topic", "labels": {"en": "Rivers"}},
        {"noun": "source", "slug": "wire", "type": "media", "names": {"en": "The Wire"}},
        {"noun": "note", "slug": "dam", "language": "en", "heading": "The dam", "body": body[:1], "tags": ["rivers"]},
        story("flood", tags=["rivers"], body=body, attributions=[{"source": "wire", "role": "reported_by"}]),
        story("drought", tags=["deserts"]),
    )

    assert [one["outcome"] for one in found] == ["created"] * 4 + ["error"]
    assert found[4]["error"]["errors"][0]["pointer"] == "/tags/0"
