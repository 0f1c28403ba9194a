"""Related stories: a page of their own, with the reasons."""

from httpx import AsyncClient

from tests.answers import get
from tests.conftest import Load
from tests.factories import article, article_id, draft, source, tag
from tests.site.pages import document, page

STORY = "/stories/the-tram-that-carries-nobody"


async def test_a_story_leads_to_its_related_stories(newsroom: AsyncClient) -> None:
    assert f"{STORY}/related" in (await page(newsroom, STORY)).links
    shown = await page(newsroom, f"{STORY}/related")
    behind, *_ = shown.text("code")
    answer = await newsroom.get(behind.removeprefix("https://news.example"))
    slugs = [item["card"]["slug"] for item in answer.json()["items"]]
    assert [slug for slug in shown.stories if "/" not in slug and f"/stories/{slug}" != STORY] == slugs != []
    keys = (await newsroom.get(f"{STORY}/related")).headers["surrogate-key"].split()
    assert {*answer.headers["surrogate-key"].split()} <= {*keys}


async def test_each_related_story_says_why_in_the_language_of_the_story(api: AsyncClient, load: Load) -> None:
    await load(
        tag("rivers", labels={"en": "Rivers", "uk": "Річки"}),
        source("wire", names={"en": "The <wire>", "uk": "Агенція"}),
    )
    others = [
        article("shared", tags=["rivers"], attributions=[{"source": "wire", "role": "reported_by"}], headline="Otters"),
        article("words", headline="Zghariv harbour sleeps"),
        article("picked", headline="Beavers"),
        article("alone", headline="Comets"),
    ]
    relations = [{"relation": "background", "article": article_id("picked")}]
    await load(
        *others,
        article(
            "flood", headline="Zghariv harbour floods", tags=["rivers"], relations=relations,
            attributions=[{"source": "wire", "role": "reported_by"}],
        ),
    )  # fmt: skip
    answer = await api.get("/stories/flood/related")
    shown = document(answer)
    assert [slug for slug in shown.stories if slug in {"shared", "words", "picked", "alone"}] == [
        "picked", "shared", "words",
    ]  # fmt: skip
    assert "Chosen by the editors: Background" in answer.text
    assert (
        'In common: <a href="/sources/wire?language=en">The &lt;wire&gt;</a>, '
        '<a href="/tags/rivers?language=en">Rivers</a>'
    ) in answer.text
    assert "«Zghariv», «harbour»" in answer.text


async def test_what_is_published_touches_related_stories_and_leaves_the_story(newsroom: AsyncClient) -> None:
    keys = [(await newsroom.get(path)).headers["surrogate-key"].split() for path in (STORY, f"{STORY}/related")]
    assert ["articles" in keys_of_page for keys_of_page in keys] == [False, True]


async def test_only_what_is_public_is_related(api: AsyncClient, load: Load) -> None:
    await load(tag("rivers"))
    await load(
        article("flood", tags=["rivers"], headline="Zghariv harbour floods"),
        draft("secret", tags=["rivers"], headline="Zghariv harbour secret"),
    )
    shown = await api.get("/stories/flood/related")
    assert (shown.status_code, "secret" in shown.text) == (200, False)
    assert "No other story has anything in common with this one." in shown.text
    assert (await get(api, "/v1/articles/flood/related"))["items"] == []
