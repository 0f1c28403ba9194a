"""The desk's lists: by status, of working copies, by what changed last, by when it is due; and for the desk alone."""

import pytest
from httpx import AsyncClient
from sqlalchemy.dialects.sqlite import dialect

from app.articles.entry_walks import EntryWalk, walk_statement
from app.articles.filters import ArticleFilter
from app.articles.query_schemas import ArticleQuery
from tests import sql
from tests.answers import get
from tests.conftest import Fresh, Load
from tests.contents import ZONE
from tests.desk import act, change, newest, publish, write
from tests.factories import article, draft, scheduled, tag, withdrawn
from tests.openapi import check_answer

PATH = "/v1/articles"
LATER = "2098-01-01T06:00:00.000Z"


@pytest.fixture
async def town(desk: AsyncClient, load: Load) -> AsyncClient:
    """One story of each kind: public, draft, scheduled, withdrawn, and both kinds of working copies."""
    await load(
        tag("trams"),
        article("open", tags=["trams"], modified_at="2026-01-01T00:00:00.000Z"),
        article("copied", modified_at="2026-01-02T00:00:00.000Z"),
        article("awaited", modified_at="2026-01-03T00:00:00.000Z"),
        draft("begun", tags=["trams"], modified_at="2026-01-04T00:00:00.000Z"),
        draft("begun-uk", language="uk", modified_at="2026-01-05T00:00:00.000Z"),
        scheduled("due", modified_at="2026-01-06T00:00:00.000Z"),
        withdrawn("gone", modified_at="2026-01-07T00:00:00.000Z"),
    )
    await change(desk, "copied", "/draft", headline="The copy")
    await change(desk, "awaited", "/draft", headline="The copy that is due")
    await act(desk, "awaited", "publish", at=LATER)
    return desk


async def slugs(desk: AsyncClient, **asked: str) -> list[str]:
    answer = await desk.get(PATH, params={"perspective": "drafts", "count": "true", **asked})
    check_answer(answer)
    page = answer.json()
    found = [item["slug"] for item in page["items"]]
    if page["next"] is None and page["prev"] is None:
        assert page["count"] == {"value": len(found), "exact": True}
    return found


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"status": "draft"}, {"begun", "begun-uk"}),
        ({"status": "draft", "language": "uk"}, {"begun-uk"}),
        ({"status": "draft", "tag": "trams"}, {"begun"}),
        ({"status": "draft", "q": "river"}, {"begun", "begun-uk"}),
        ({"status": "scheduled"}, {"due", "awaited"}),
        ({"status": "withdrawn"}, {"gone"}),
        ({"status": "published"}, {"open"}),
        ({"status": "published", "q": "river"}, {"open"}),
        ({"status": "draft,withdrawn"}, {"begun", "begun-uk", "gone"}),
        ({"status": "draft,published"}, {"begun", "begun-uk", "open"}),
        ({"status": "draft,published", "q": "river"}, {"begun", "begun-uk", "open"}),
        ({"status": "draft,published", "tag": "trams"}, {"begun", "open"}),
        ({"working_copy": "true"}, {"copied", "awaited"}),
        ({"working_copy": "true", "q": "river"}, {"copied", "awaited"}),
        ({"working_copy": "false"}, {"open", "begun", "begun-uk", "due", "gone"}),
        ({"status": "scheduled", "working_copy": "true"}, {"awaited"}),
        ({"status": "scheduled", "working_copy": "false"}, {"due"}),
    ],
)
async def test_the_desk_lists_what_has_a_status(town: AsyncClient, asked: dict[str, str], found: set[str]) -> None:
    assert {*await slugs(town, **asked)} == found
    if "q" not in asked:
        assert {*await slugs(town, **asked, sort="-modified_at")} == found


async def test_what_changed_last_comes_first(town: AsyncClient) -> None:
    in_order = ["awaited", "copied", "gone", "due", "begun-uk", "begun", "open"]

    assert await slugs(town, sort="-modified_at") == in_order
    assert await slugs(town, sort="-modified_at", modified_since="2026-01-06") == in_order[:4]
    assert await slugs(town, sort="-modified_at", tag="trams") == ["begun", "open"]
    assert await slugs(town, sort="-modified_at", tag_not="trams", language="en") == in_order[:4]
    assert await slugs(town, sort="-modified_at", published_to="2090-01-01", status="withdrawn") == ["gone"]
    assert await slugs(town, sort="-modified_at", updated_since="2090-01-01") == ["due"]


async def test_what_is_due_next_comes_first(town: AsyncClient) -> None:
    assert await slugs(town, status="scheduled", sort="publish_at") == ["awaited", "due"]
    assert await slugs(town, status="scheduled", sort="publish_at", working_copy="false") == ["due"]


@pytest.mark.parametrize("asked", [{"sort": "-modified_at"}, {"sort": "publish_at", "status": "scheduled"}])
@pytest.mark.parametrize("looked_at", [5_000, 1])
async def test_pages_lead_through_the_whole_list_and_back(
    town: AsyncClient, asked: dict[str, str], looked_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = await slugs(town, **asked)
    assert len(whole) > 1
    monkeypatch.setattr("app.articles.listing.LOOKED_AT", looked_at)
    parameters = {"perspective": "drafts", "limit": "1", **asked}
    there, back = list[str](), list[str]()
    page = await get(town, PATH, **parameters)
    last = page
    while page is not None:
        there += [item["slug"] for item in page["items"]]
        last, page = page, await get(town, PATH, **parameters, cursor=page["next"]) if page["next"] else None
    page = last
    while page is not None:
        back += [item["slug"] for item in page["items"]]
        page = await get(town, PATH, **parameters, cursor=page["prev"]) if page["prev"] else None

    assert there == whole
    assert back == whole[::-1]


async def test_a_narrowed_walk_ends_at_its_fence(town: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.articles.listing.LOOKED_AT", 2)
    asked = {"perspective": "drafts", "sort": "-modified_at", "status": "draft"}

    page = await get(town, PATH, **asked)
    assert (page["items"], page["prev"]) == ([], None)
    found = list[str]()
    while page["next"]:
        page = await get(town, PATH, **asked, cursor=page["next"])
        found += [item["slug"] for item in page["items"]]
    assert found == ["begun-uk", "begun"]


async def test_the_desk_is_told_whether_something_else_is_public(town: AsyncClient, api: AsyncClient) -> None:
    told = {
        item["slug"]: (item["status"], item["working_copy"])
        for item in (await get(town, PATH, perspective="drafts"))["items"]
    }

    assert told == {
        "open": ("published", False),
        "copied": ("draft", True),
        "awaited": ("scheduled", True),
        "begun": ("draft", False),
        "begun-uk": ("draft", False),
        "due": ("scheduled", False),
        "gone": ("withdrawn", False),
    }
    assert (await newest(town, "copied")).json()["working_copy"] is True
    found = await get(town, PATH, perspective="drafts", q="copy")
    assert {(item["slug"], item["working_copy"]) for item in found["items"]} == {("copied", True), ("awaited", True)}
    for item in (await get(api, PATH))["items"] + [await get(api, f"{PATH}/copied")]:
        assert {"working_copy", "ednote"}.isdisjoint(item)


async def test_a_story_moves_between_the_lists_as_its_status_does(desk: AsyncClient) -> None:
    id = (await write(desk, "One", slug="one"))["id"]
    seen = []
    for step in ("publish", "copy", "publish", "unpublish", "later", "unpublish", "publish", "withdraw", "unpublish"):
        if step == "copy":
            await change(desk, id, "/draft", headline="Another")
        elif step == "later":
            await act(desk, id, "publish", at=LATER)
        else:
            await act(desk, id, step, **({"reason": "error"} if step == "withdraw" else {}))
        lists = {
            name
            for name in ("draft", "scheduled", "published", "withdrawn")
            if await slugs(desk, status=name) == ["one"]
        }
        seen.append((step, lists | ({"copy"} if await slugs(desk, working_copy="true") else set())))

    assert seen == [
        ("publish", {"published"}),
        ("copy", {"copy"}),
        ("publish", {"published"}),
        ("unpublish", {"draft"}),
        ("later", {"scheduled"}),
        ("unpublish", {"draft"}),
        ("publish", {"published"}),
        ("withdraw", {"withdrawn"}),
        ("unpublish", {"draft"}),
    ]


async def test_facets_count_within_a_status(town: AsyncClient) -> None:
    for asked, number in (({"status": "draft"}, 1), ({"status": "published"}, 1), ({}, 2)):
        page = await get(town, PATH, perspective="drafts", facets="tag", **asked)
        assert page["facets"]["tag"]["values"] == [{"value": "trams", "count": number}], asked


@pytest.mark.parametrize(
    ("asked", "parameter", "reason"),
    [
        ({"status": "draft"}, "status", "perspective=drafts"),
        ({"status": "draft", "perspective": "2098-01-01T00:00:00Z"}, "status", "perspective=drafts"),
        ({"working_copy": "true"}, "working_copy", "perspective=drafts"),
        ({"sort": "-modified_at"}, "sort", "perspective=drafts"),
        ({"sort": "publish_at"}, "sort", "perspective=drafts"),
        ({"sort": "publish_at", "perspective": "drafts"}, "sort", "status=scheduled"),
        ({"sort": "publish_at", "status": "draft,scheduled", "perspective": "drafts"}, "sort", "status=scheduled"),
        ({"sort": "-modified_at", "q": "river", "perspective": "drafts"}, "sort", "`q`"),
        ({"status": "draft", "working_copy": "true", "perspective": "drafts"}, "working_copy", "`scheduled`"),
        ({"status": "due", "perspective": "drafts"}, "status", "'due'"),
        ({"working_copy": "yes", "perspective": "drafts"}, "working_copy", "true"),
    ],
)
async def test_what_does_not_fit_is_refused_with_the_reason(
    desk: AsyncClient, asked: dict[str, str], parameter: str, reason: str
) -> None:
    answer = await desk.get(PATH, params=asked)

    check_answer(answer)
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert fault["parameter"] == parameter
    assert reason in fault["detail"]


async def test_readers_may_not_ask_for_the_lists_of_the_desk(town: AsyncClient, api: AsyncClient) -> None:
    for asked in ({"status": "draft"}, {"working_copy": "true"}, {"sort": "-modified_at"}):
        answer = await api.get(PATH, params={"perspective": "drafts", **asked})
        assert answer.status_code == 401


async def test_no_purge_key_tells_of_the_desks_lists(town: AsyncClient) -> None:
    await publish(town, "Two")
    log = await get(town, "/v1/changes", perspective="drafts", limit="1000")

    names = {name for item in log["items"] for name in item["keys"]}
    assert "articles" in names
    assert not [name for name in names if ":status:" in name]


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({"status": "draft"}, "List articles:status:draft by published_at."),
        ({"status": "published"}, "List articles by published_at."),
        ({"sort": "-modified_at"}, "Entries of articles by modified_at."),
        (
            {"sort": "publish_at", "status": "scheduled"},
            (
                "Entries of articles by publish_at; each article is looked up in articles:status:scheduled and"
                " articles:status:scheduled-working-copy, at most 5,000 of them for a page."
            ),
        ),
    ],
)
async def test_the_index_of_a_desks_list_is_told(town: AsyncClient, asked: dict[str, str], index: str) -> None:
    page = await get(town, PATH, perspective="drafts", explain="true", **asked)

    assert page["explain"]["index"] == index


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({"sort": "-modified_at"}, "ix_view_entries_articles_modified_at"),
        ({"sort": "-modified_at", "modified_since": "2026-01-06"}, "ix_view_entries_articles_modified_at"),
        ({"sort": "-modified_at", "status": "draft", "tag": ["trams"]}, "ix_view_entries_articles_modified_at"),
        ({"sort": "publish_at", "status": "scheduled"}, "ix_view_entries_due_at"),
    ],
)
async def test_an_order_of_the_desk_is_that_of_an_index(sqlite: Fresh, asked: dict[str, object], index: str) -> None:
    query = ArticleQuery.model_validate({"perspective": "drafts", **asked})
    walk = EntryWalk.of(ArticleFilter.of(query, ZONE), "desk", query.sort, None, with_body=False)
    statement = str(walk_statement(walk).compile(dialect=dialect()))

    with sqlite() as url:
        plan = await sql.query(url, f"EXPLAIN QUERY PLAN {statement.replace('?', '0')}")

    steps = [row.detail for row in plan]
    walks = [step for step in steps if "view_entries USING" in step and index in step]
    assert len(walks) == len(walk.conditions), steps
    assert not [step for step in steps if step.startswith(("SCAN view_entries", "SCAN list_entries"))]
