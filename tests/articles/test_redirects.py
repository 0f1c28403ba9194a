"""The list of former slugs: complete, only of what is public now, and dropped by caches when it changes."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy.dialects.sqlite import dialect

from app.articles import redirects
from tests import sql
from tests.answers import bearing, blamed, get
from tests.conftest import Clock, Fresh, Load, Make
from tests.factories import article, article_id, draft
from tests.openapi import check_answer

PATH = "/v1/redirects"
ANY = {"If-Match": "*"}


async def led(api: AsyncClient, **parameters: Any) -> list[tuple[str, str]]:
    """(former slug, present slug) of each redirect on the first page."""
    return [(item["from"], item["to"]) for item in (await get(api, PATH, **parameters))["items"]]


async def rename(desk: AsyncClient, id: str, slug: str, path: str = "") -> None:
    answer = await desk.patch(f"/v1/articles/{id}{path}", json={"slug": slug}, headers=ANY)
    assert answer.status_code == 200, answer.text


async def act(desk: AsyncClient, id: str, action: str, **sent: Any) -> None:
    answer = await desk.post(f"/v1/articles/{id}/{action}", json=sent or None)
    assert answer.status_code == 200, answer.text


async def keys_of_the_last_change(desk: AsyncClient) -> list[str]:
    head = (await get(desk, "/v1/changes", perspective="drafts"))["items"][-1]
    keys: list[str] = head["keys"]
    return keys


async def test_a_former_slug_is_listed_with_the_present_one(desk: AsyncClient, api: AsyncClient, load: Load) -> None:
    id = article_id("weir")
    await load(article("weir", language="uk"), article("mill"))
    assert await led(api) == []

    await rename(desk, id, "old-weir")
    answer = await api.get(PATH)

    check_answer(answer)
    [item] = answer.json()["items"]
    at = (await get(api, "/v1/articles/old-weir"))["modified_at"]
    assert item == {"noun": "article", "from": "weir", "to": "old-weir", "language": "uk", "at": at}
    assert answer.json()["next"] is None
    assert answer.headers["surrogate-key"] == "redirects"
    assert "redirects" in await keys_of_the_last_change(desk)


async def test_all_former_slugs_lead_to_the_newest_one(desk: AsyncClient, api: AsyncClient, load: Load) -> None:
    id = article_id("weir")
    await load(article("weir"))
    for slug in ("second-weir", "third-weir", "weir"):
        await rename(desk, id, slug)

    assert await led(api) == [("second-weir", "weir"), ("third-weir", "weir")]


async def test_a_slug_that_was_never_public_is_not_listed(desk: AsyncClient, api: AsyncClient, load: Load) -> None:
    id = article_id("weir")
    await load(draft("plan"), article("weir"))
    await rename(desk, article_id("plan"), "kanarek-plan")
    await act(desk, article_id("plan"), "publish")
    await rename(desk, id, "kanarek-copy", "/draft")
    assert await led(api) == []
    assert "redirects" not in await keys_of_the_last_change(desk)

    await rename(desk, id, "new-weir", "/draft")
    await act(desk, id, "publish")

    assert await led(api) == [("weir", "new-weir")]


@pytest.mark.parametrize(
    ("action", "sent"), [("unpublish", {}), ("withdraw", {"reason": "legal"})], ids=["unpublish", "withdraw"]
)
async def test_only_what_is_public_now_is_listed(
    desk: AsyncClient, api: AsyncClient, load: Load, action: str, sent: dict[str, str]
) -> None:
    id = article_id("weir")
    await load(article("weir"))
    await rename(desk, id, "old-weir")
    [before] = (await get(api, PATH))["items"]

    await act(desk, id, action, **sent)
    assert (await led(api), "redirects" in await keys_of_the_last_change(desk)) == ([], True)

    await act(desk, id, "unpublish")
    await rename(desk, id, "draft-weir")
    assert await led(api) == []
    await act(desk, id, "publish")
    again = (await get(api, PATH))["items"]
    assert [(item["from"], item["to"]) for item in again] == [("old-weir", "draft-weir"), ("weir", "draft-weir")]
    assert min(item["at"] for item in again) > before["at"]


async def test_what_was_deleted_leads_nowhere(desk: AsyncClient, api: AsyncClient, load: Load) -> None:
    await load(article("weir"))
    await rename(desk, article_id("weir"), "old-weir")

    assert (await desk.delete(f"/v1/articles/{article_id('weir')}", headers=ANY)).status_code == 204

    assert (await led(api), "redirects" in await keys_of_the_last_change(desk)) == ([], True)


async def test_a_redirect_tells_the_language_that_readers_see(desk: AsyncClient, api: AsyncClient, load: Load) -> None:
    await load(article("weir", former_slugs=["old-weir"]))
    path = f"/v1/articles/{article_id('weir')}"
    await desk.patch(f"{path}/draft", json={"language": "uk"}, headers=ANY)
    [under_the_copy] = (await get(api, PATH))["items"]
    await act(desk, article_id("weir"), "publish")

    [published] = (await get(api, PATH))["items"]

    assert (under_the_copy["language"], published["language"]) == ("en", "uk")
    assert published["at"] > under_the_copy["at"]
    assert "redirects" in await keys_of_the_last_change(desk)


async def test_a_change_that_moves_nothing_touches_no_redirect(desk: AsyncClient, api: AsyncClient, load: Load) -> None:
    await load(article("weir", former_slugs=["old-weir"]))
    before = await api.get(PATH)

    await desk.patch(f"/v1/articles/{article_id('weir')}", json={"headline": "The weir"}, headers=ANY)

    assert "redirects" not in await keys_of_the_last_change(desk)
    unchanged = await api.get(PATH, headers={"If-None-Match": before.headers["etag"]})
    assert unchanged.status_code == 304


async def test_imported_former_slugs_are_listed(api: AsyncClient, load: Load) -> None:
    await load(article("weir", former_slugs=["b-weir"]))
    await load(article("weir", former_slugs=["b-weir", "a-weir"]), draft("plan", former_slugs=["kanarek"]))

    assert await led(api) == [("a-weir", "weir"), ("b-weir", "weir")]


async def test_the_list_is_read_in_pages_and_since_a_time(
    desk: AsyncClient, api: AsyncClient, load: Load, clock: Clock
) -> None:
    slugs = [f"story-{n}" for n in range(5)]
    await load(*(article(slug, former_slugs=[f"old-{slug}"]) for slug in slugs))
    clock.move(hours=1)
    await load(article("late", former_slugs=["old-late"]))

    found: list[str] = []
    page = await get(api, PATH, limit=2)
    while True:
        found += [item["to"] for item in page["items"]]
        if page["next"] is None:
            break
        assert len(page["items"]) == 2
        page = await get(api, PATH, limit=2, cursor=page["next"])
    assert found == [*slugs, "late"]

    last = page["items"][-1]["at"]
    assert await led(api, since=last) == [("old-late", "late")]
    assert await led(api, since="2090-01-01") == []
    assert len(await led(api, since="2020-01-01")) == 6
    first = await api.get(PATH, params={"limit": 2})
    cursor = first.json()["next"]
    assert first.headers["link"] == f'<{PATH}?limit=2&cursor={cursor}>; rel="next"'
    assert blamed(await api.get(PATH, params={"cursor": cursor, "since": last})) == {"cursor"}


async def test_a_table_kept_by_the_list_leads_nobody_in_a_circle(
    desk: AsyncClient, api: AsyncClient, load: Load, clock: Clock
) -> None:
    await load(article("weir"))
    id, table = article_id("weir"), dict[str, str]()
    for slug in ("second-weir", "weir", "third-weir", "second-weir"):
        since = (await get(api, f"/v1/articles/{id}"))["modified_at"]
        clock.move(hours=1)
        await rename(desk, id, slug)
        for former, present in await led(api, since=since):
            table[former] = present
            table.pop(present, None)

        assert table == dict(await led(api))
        assert slug not in table


async def test_the_list_refuses_what_it_does_not_take(api: AsyncClient) -> None:
    for parameter in ("since=soon", "since=2025-13-01", "limit=0", "limit=101", "cursor=x", "noun=article"):
        assert blamed(await api.get(f"{PATH}?{parameter}")) == {parameter.partition("=")[0]}


async def test_an_answer_to_a_key_is_kept_by_no_cache(api: AsyncClient, key: Make) -> None:
    answer = await api.get(PATH, headers=bearing(await key("content:write")))
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-store")
    assert (await api.get(PATH)).headers["cache-control"].startswith("public")


async def test_a_page_is_one_walk_over_the_index_of_its_order(sqlite: Fresh) -> None:
    statement = str(redirects._page(True).compile(dialect=dialect()))
    with sqlite() as url:
        plan = await sql.query(url, f"EXPLAIN QUERY PLAN {statement.replace('?', '0')}")

    steps = [row.detail for row in plan]
    walk = [step for step in steps if "article_slugs" in step]
    assert [step.partition(" (")[0] for step in walk] == [
        "SEARCH article_slugs USING INDEX ix_article_slugs_redirected_at"
    ]
    assert [step for step in steps if step.startswith("SCAN")] == ["SCAN anon_1"]
