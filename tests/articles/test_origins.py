"""Where a story was imported from is a key: it finds the story, and no other story takes it."""

import json
from typing import Any, Final

import pytest
from httpx import AsyncClient, Response

from app.db import Database, utcnow
from app.importers import store
from app.importers.documents import read
from app.importers.store import Report
from app.web.caller import SCOPES
from tests.answers import bearing, get, refusal
from tests.conftest import Load, Make
from tests.contents import ZONE, exported
from tests.desk import change
from tests.factories import NOON, Line, article, article_id, draft, scheduled, words

PATH: Final = "/v1/articles"
FIRST: Final = {"system": "river.example", "id": "post:7"}
SECOND: Final = {"system": "river.example", "id": "post:8"}
KEY: Final = "river.example:post:7"


@pytest.fixture
async def desk(desk: AsyncClient, key: Make) -> AsyncClient:
    """The desk, whose key has every scope but `archive:write`: what it imports are drafts."""
    desk.headers.update(bearing(await key(*(scope for scope in SCOPES if scope != "archive:write"))))
    return desk


async def slugs(api: AsyncClient, **parameters: Any) -> list[str]:
    return [item["slug"] for item in (await get(api, PATH, **parameters))["items"]]


async def sent(desk: AsyncClient, *lines: Line) -> list[Line]:
    text = "\n".join(map(json.dumps, lines)).encode()
    answer: Response = await desk.post("/v1/import", content=text, headers={"Content-Type": "application/x-ndjson"})
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


async def imported(database: Database, *lines: Line) -> Report:
    """What became of the lines, which may be refused."""
    report, now = Report(), utcnow()
    await store.load(database, ZONE, [read(line, now, number) for number, line in enumerate(lines, 1)], report)
    return report


def unnamed(origin: dict[str, Any] | None = None, **fields: Any) -> Line:
    """A line without id and slug."""
    text = {"language": "en", "headline": "The river rose", "body": [words("It rose at night.")]}
    return {"noun": "article", **text, **({} if origin is None else {"origin": origin}), **fields}


async def test_a_story_is_found_by_its_origin(api: AsyncClient, load: Load) -> None:
    await load(article("a", origin=FIRST), article("b", origin=SECOND, language="uk"), article("c"))

    assert await slugs(api, origin=KEY) == ["a"]
    assert sorted(await slugs(api, origin=[KEY, "river.example:post:8", "river.example:9"])) == ["a", "b"]
    assert await slugs(api, origin=[KEY, "river.example:post:8"], language="uk") == ["b"]
    assert await slugs(api, origin=KEY, q="river") == ["a"]
    assert await slugs(api, origin="river.example:post") == []
    page = await get(api, PATH, origin=[KEY, "river.example:post:8"], count="true", limit=1)
    assert (page["count"], len(page["items"])) == ({"value": 2, "exact": True}, 1)
    rest = await get(api, PATH, origin=[KEY, "river.example:post:8"], cursor=page["next"], limit=1)
    assert {page["items"][0]["slug"], rest["items"][0]["slug"]} == {"a", "b"}


async def test_a_document_shows_its_origin_whole(api: AsyncClient, load: Load) -> None:
    url = "https://river.example/7"
    await load(article("a", origin={**FIRST, "url": url, "imported_at": NOON, "importer": "wordpress"}))

    origin = (await get(api, f"{PATH}/a"))["origin"]
    assert origin == {**FIRST, "url": url, "imported_at": NOON, "importer": "wordpress"}


async def test_what_is_asked_is_explained(api: AsyncClient, load: Load) -> None:
    await load(article("a", origin=FIRST))
    page = await get(api, PATH, origin=[KEY, "x:1"], explain="true")

    assert "that came from river.example:post:7 or x:1" in page["explain"]["sentence"]
    assert page["explain"]["index"].startswith("Lists articles:origin:")


async def test_a_page_is_purged_by_the_change_of_what_it_shows_and_of_nothing_else(
    api: AsyncClient, load: Load
) -> None:
    await load(article("a", origin=FIRST), article("b", origin=SECOND))
    keys = (await api.get(PATH, params={"origin": KEY})).headers["surrogate-key"].split()
    assert keys
    assert (await slugs(api, origin="river.example:new"), await slugs(api, origin=KEY)) == ([], ["a"])
    await load(article("b", origin={**SECOND, "id": "new"}))

    assert await slugs(api, origin="river.example:new") == ["b"]
    assert (await api.get(PATH, params={"origin": KEY})).headers["surrogate-key"].split() == keys
    changes = (await get(api, "/v1/changes", limit=100))["items"]
    assert not {*keys} & {*changes[-1]["keys"]}


async def test_an_origin_that_is_not_public_finds_nothing(api: AsyncClient, desk: AsyncClient, load: Load) -> None:
    await load(draft("a", origin=FIRST), scheduled("b", origin=SECOND))

    for key in (KEY, "river.example:post:8"):
        assert await slugs(api, origin=key) == []
        assert (await get(api, PATH, origin=key, count="true"))["count"]["value"] == 0
    assert await slugs(desk, origin=KEY, perspective="drafts") == ["a"]


async def test_a_working_copy_keeps_the_origin(
    api: AsyncClient, desk: AsyncClient, database: Database, load: Load
) -> None:
    await load(article("a", origin=FIRST))
    await change(desk, article_id("a"), "/draft", headline="Higher")

    assert (await slugs(api, origin=KEY), await slugs(desk, origin=KEY, perspective="drafts")) == (["a"], ["a"])
    report = await imported(database, article("a", status="draft", working_copy=True, origin=SECOND))
    assert [(fault.pointer, fault.code) for _, fault in report.wrong] == [("/origin", "invalid")]


# --- imports -----------------------------------------------------------------------------------------------------


async def test_a_line_with_an_origin_alone_makes_a_story_and_then_is_that_story(database: Database, load: Load) -> None:
    first = await load(unnamed(FIRST, status="published", published_at=NOON))
    again = await load(unnamed(FIRST, status="published", published_at=NOON))
    changed = await load(unnamed(FIRST, status="published", published_at=NOON, headline="The river fell"))

    assert (first.counts["created"], again.counts["unchanged"], changed.counts["updated"]) == (1, 1, 1)
    (story,) = [json.loads(line) for line in await exported(database)]
    assert (story["slug"], story["headline"], story["revision"]) == ("the-river-rose", "The river fell", 2)


async def test_two_lines_of_one_origin_are_two_states(load: Load) -> None:
    report = await load(unnamed(FIRST), unnamed(FIRST, headline="The river fell"))

    assert (report.counts["created"], report.counts["updated"]) == (1, 1)


async def test_lines_without_a_slug_get_one_of_their_own(database: Database, load: Load) -> None:
    report = await load(draft("the-river-rose"), unnamed(FIRST), unnamed(SECOND), unnamed())

    assert (report.counts["created"], report.wrong) == (4, [])
    found = {json.loads(line)["slug"] for line in await exported(database)}
    assert len(found) == 4
    assert "the-river-rose" in found


async def test_the_same_holds_over_http(desk: AsyncClient) -> None:
    (made,) = await sent(desk, unnamed(FIRST))
    (again,) = await sent(desk, unnamed(FIRST))
    (changed,) = await sent(desk, unnamed(FIRST, headline="The river fell"))

    assert [each["outcome"] for each in (made, again, changed)] == ["created", "unchanged", "updated"]
    assert made["ref"] == again["ref"] == changed["ref"]
    assert made["not_restored"] == []
    story = await get(desk, f"{PATH}/{made['ref']}", perspective="drafts")
    assert (story["slug"], story["origin"]["id"], story["origin"]["importer"]) == ("the-river-rose", "post:7", "import")


async def test_a_line_without_an_origin_leaves_it_over_http(desk: AsyncClient, load: Load) -> None:
    await load(draft("a", origin=FIRST))
    (changed,) = await sent(desk, unnamed(slug="a"))

    assert changed["outcome"] == "updated"
    assert (await get(desk, f"{PATH}/a", perspective="drafts"))["origin"]["id"] == "post:7"


async def test_an_origin_of_another_story_is_refused(desk: AsyncClient, database: Database, load: Load) -> None:
    await load(article("a", origin=FIRST))
    report = await imported(database, article("b", origin=FIRST), article("c"))
    (refused,) = await sent(desk, unnamed(FIRST, slug="b"))

    assert report.counts["created"] == 1
    assert [(fault.pointer, fault.code) for _, fault in report.wrong] == [("/origin", "taken")]
    assert article_id("a") in report.wrong[0][1].detail
    (error,) = refused["error"]["errors"]
    assert (refused["error"]["code"], error["pointer"], error["code"]) == ("conflict", "/origin", "taken")
    assert article_id("a") in error["detail"]


async def test_the_holder_of_an_origin_is_named_to_those_who_see_it(api: AsyncClient, load: Load, key: Make) -> None:
    await load(draft("secret-plan", origin=FIRST))
    for scopes, is_named in ((("content:write",), False), (("content:write", "drafts:read"), True)):
        api.headers.update(bearing(await key(*scopes)))
        (refused,) = await sent(api, unnamed(FIRST, slug="b"))
        assert refused["outcome"] == "error"
        assert (article_id("secret-plan") in json.dumps(refused)) is is_named
        assert "secret-plan" not in json.dumps(refused)


@pytest.mark.parametrize(
    ("origin", "pointer"),
    [
        ({"system": "river.example"}, "/origin"),
        ({"id": "7"}, "/origin"),
        ({"system": "river:example", "id": "7"}, "/origin/system"),
        ({"system": "", "id": "7"}, "/origin/system"),
        ({"system": " ", "id": "7"}, "/origin"),
        ({"system": "a" * 101, "id": "7"}, "/origin/system"),
        ({"system": 7, "id": "7"}, "/origin/system"),
        ({"system": "a", "id": 7}, "/origin/id"),
        ({"system": "a", "id": "\u200b"}, "/origin"),
        ({"system": "a", "id": "b" * 301}, "/origin/id"),
        ({"system": "a", "id": "b\nc"}, "/origin/id"),
        ({**FIRST, "url": "javascript:x"}, "/origin/url"),
        ({**FIRST, "imported_at": "2025"}, "/origin/imported_at"),
        ({**FIRST, "colour": "red"}, "/origin/colour"),
        ("river.example:7", "/origin"),
    ],
)
async def test_a_wrong_origin_is_named(desk: AsyncClient, database: Database, origin: Any, pointer: str) -> None:
    (refused,) = await sent(desk, unnamed(origin))
    report = await imported(database, unnamed(origin))

    assert [error["pointer"] for error in refused["error"]["errors"]] == [pointer]
    assert [fault.pointer for _, fault in report.wrong] == [pointer]


async def test_no_other_write_sets_an_origin(desk: AsyncClient, load: Load) -> None:
    await load(draft("a"))
    created = await desk.post(PATH, json={"language": "en", "headline": "A", "origin": FIRST})
    patched = await desk.patch(f"{PATH}/a", json={"origin": FIRST}, headers={"If-Match": "*"})

    for answer in (created, patched):
        assert [error["pointer"] for error in refusal(answer, 422, "invalid")["errors"]] == ["/origin"]


# --- the end of a story ------------------------------------------------------------------------------------------


async def test_what_was_erased_is_not_brought_back_as_another_story(desk: AsyncClient, load: Load) -> None:
    await load(article("a", origin={**FIRST, "url": "https://river.example/canary"}))
    for verb in ("withdraw", "erase"):
        assert (await desk.post(f"{PATH}/a/{verb}", json={"reason": "privacy"})).status_code == 200
    erased = await get(desk, f"{PATH}/a", perspective="drafts")
    (refused,) = await sent(desk, unnamed(FIRST, slug="b"))

    assert (erased["origin"]["id"], erased["origin"]["url"]) == ("post:7", None)
    assert refused["outcome"] == "error"
    for revision in (1, 2, 3):
        answer = await desk.get(f"{PATH}/a/revisions/{revision}?perspective=drafts")
        assert "canary" not in answer.text


async def test_a_deleted_story_frees_its_origin(desk: AsyncClient, load: Load) -> None:
    await load(draft("a", origin=FIRST))
    assert (await desk.delete(f"{PATH}/a", headers={"If-Match": "*"})).status_code == 204

    (made,) = await sent(desk, unnamed(FIRST))
    assert made["outcome"] == "created"
