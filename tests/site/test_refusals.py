"""What is not here, moved or withdrawn, and the API alone."""

import pytest
from httpx import AsyncClient

from tests.answers import get, refusal
from tests.conftest import Load, client
from tests.factories import NOON, article, article_id, tag, withdrawn
from tests.site.pages import page

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize(
    "path",
    ["/stories/nothing", "/stories/not%20a%20slug", "/stories/nothing/history",
     "/stories/nothing/related", "/tags/nothing", "/sections/nothing",
     "/sources/nothing", "/authors/nothing", "/notes/nothing", "/archive/2001/01", "/archive/2025/13",
     "/archive/25/1", "/fr", "/nowhere/at/all", "/stories", "/stories/"],
)  # fmt: skip
async def test_what_is_not_here_is_a_page_that_says_so(newsroom: AsyncClient, path: str) -> None:
    answer = await newsroom.get(path, headers=BROWSER)
    shown = await page(newsroom, path, 404)
    assert shown.text("h1") == ["This page is not here"]
    assert "/" in shown.links
    assert answer.headers["cache-control"] == "no-store"


async def test_a_page_is_refused_in_the_language_of_the_browser(newsroom: AsyncClient) -> None:
    answer = await newsroom.get("/stories/nothing", headers={"Accept-Language": "fr, uk-UA;q=0.9, en;q=0.8"})
    assert '<html lang="uk">' in answer.text
    assert "Такої сторінки тут немає" in answer.text


async def test_programs_are_refused_with_problems(newsroom: AsyncClient) -> None:
    refusal(await newsroom.get("/v1/articles/nothing", headers=BROWSER), 404, "not-found")
    refusal(await newsroom.get("/nowhere/at/all"), 404, "not-found")
    refusal(await newsroom.get("/pages/nothing.css"), 404, "not-found")
    refusal(await newsroom.patch("/nowhere"), 404, "not-found")
    refusal(await newsroom.post("/stories/nothing"), 405, "method-not-allowed")


async def test_a_wrong_parameter_is_named_on_a_page(newsroom: AsyncClient) -> None:
    for path, name in (("/tags/trams?page=2", "page"), ("/tags/trams?cursor=x", "cursor"), ("/?q=x", "q"),
                       ("/tags/trams?language=English", "language"), ("/stories/nothing?a=b", "a")):  # fmt: skip
        shown = await page(newsroom, path, 422)
        assert name in shown.text("code"), path


async def test_a_former_slug_and_an_id_lead_to_the_present_address(api: AsyncClient, load: Load) -> None:
    await load(article("new-ferry", headline="The <new> ferry", former_slugs=["ferry"]))
    for ref in ("ferry", article_id("new-ferry")):
        for end in ("", "/history", "/related"):
            answer = await api.get(f"/stories/{ref}{end}")
            assert (answer.status_code, answer.headers["location"]) == (308, f"/stories/new-ferry{end}")
            assert f'<a href="/stories/new-ferry{end}">The &lt;new&gt; ferry</a>' in answer.text


async def test_a_withdrawn_story_says_why_and_what_to_read_instead(api: AsyncClient, load: Load) -> None:
    gone = withdrawn("ferry", "error", public_note="It did <not> sail.", replacement=article_id("quay"))
    await load(article("quay"), gone)
    answer = await api.get("/stories/ferry")
    shown = await page(api, "/stories/ferry", 410)
    assert "Reason: an error of ours" in shown.text("p")
    assert "It did &lt;not&gt; sail." in answer.text
    assert "/stories/quay" in shown.links


async def test_an_expired_story_says_that_its_time_is_over(api: AsyncClient, load: Load) -> None:
    await load(article("ferry", status="expired", published_at=NOON, headline="Kanarek sails"))
    answer = await api.get("/stories/ferry", headers={"Accept-Language": "uk"})
    assert answer.status_code == 410
    assert "Причина: минув час, на який його було опубліковано" in answer.text
    assert "Kanarek" not in answer.text


async def test_the_api_may_stand_alone(database_url: str, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITE_PAGES", "false")
    await load(tag("rivers"), article("ferry", tags=["rivers"]))
    async with client(database_url) as api:
        for path in ("/en", "/stories/ferry", "/tags/rivers", "/pages/reader.css", "/archive/2025/01"):
            refusal(await api.get(path, headers=BROWSER), 404, "not-found")
        assert "/v1/articles" in (await api.get("/")).text
        assert (await get(api, "/v1/articles/ferry/jsonld"))["url"] == "https://news.example/v1/articles/ferry"
