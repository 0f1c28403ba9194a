"""The reader's pages as people meet them: by mouse, by keyboard, on a phone, without scripts, at night, read aloud."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from httpx import AsyncClient
from playwright.async_api import Browser, Page, Request, ViewportSize

from tests.answers import bearing
from tests.conftest import Fresh, Load, Make
from tests.factories import article, article_id, tag, words
from tests.processes import served

PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
DESKTOP: Final[ViewportSize] = {"width": 1280, "height": 900}
NARROWEST: Final[ViewportSize] = {"width": 320, "height": 640}
STORY: Final = "/stories/tramvai-bez-skhodynok-skilky-yikh-naspravdi-i-koly-vystachyt-na-vsikh"
PAGES: Final = (
    "/", "/en", STORY, f"{STORY}/history", "/stories/the-yalyn-in-twelve-readings", "/sections/city?language=en",
    "/tags/trams", "/sources/nichna-medsestra", "/authors/lev-shchedryk", "/notes/zghariv-trams", "/archive/2025/05",
    "/explore?tag=trams", "/search?q=bridge", "/search?q=%D0%BC%D1%96%D1%81%D1%82&section=city", f"{STORY}/related",
)  # fmt: skip
REFUSED: Final = (
    "/stories/nothing",
    "/stories/roof-of-the-kushnirka-depot-unsafe-memo-says",
    "/tags/trams?page=2",
    "/explore?sort=oldest",
    "/search?q=%22tram",
)
AA: Final = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
# How far what was shown has been shifted by what came later.
SHIFT: Final = """() => new Promise(resolve => {
    let shift = 0;
    new PerformanceObserver(list => list.getEntries().forEach(entry => { shift += entry.value; }))
        .observe({type: "layout-shift", buffered: true});
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(shift)));
})"""
IS_WIDER_THAN_THE_WINDOW: Final = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@dataclass
class Visit:
    """A page of a browser, with what went wrong in it, and what it asked other servers for."""

    page: Page
    origin: str
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("requestfailed", self.note_failure)
        self.page.on(
            "request",
            lambda request: None if request.url.startswith(self.origin) else self.outside.append(request.url),
        )

    def note_failure(self, request: Request) -> None:
        # Whoever follows a link ends what the page is still loading.
        if request.failure != "net::ERR_ABORTED":
            self.errors.append(request.url)

    async def to(self, path: str) -> None:
        await self.page.goto(self.origin + path, wait_until="networkidle")


@pytest.fixture(scope="module")
def newsroom(sqlite: Fresh) -> Iterator[str]:
    """The origin of a server with the sample newsroom."""
    with sqlite(sample=True) as url, served(url) as port:
        yield f"http://127.0.0.1:{port}"


async def visiting(
    browser: Browser, origin: str, viewport: ViewportSize, scheme: Literal["light", "dark"] = "light", **more: Any
) -> AsyncIterator[Visit]:
    context = await browser.new_context(viewport=viewport, color_scheme=scheme, **more)
    yield Visit(await context.new_page(), origin)
    await context.close()


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
async def visit(browser: Browser, newsroom: str, request: pytest.FixtureRequest) -> AsyncIterator[Visit]:
    async for visit in visiting(browser, newsroom, request.param):
        yield visit
        assert (visit.errors, visit.outside) == ([], [])


@pytest.fixture
async def without_scripts(browser: Browser, newsroom: str) -> AsyncIterator[Visit]:
    async for visit in visiting(browser, newsroom, DESKTOP, java_script_enabled=False):
        yield visit


@pytest.mark.parametrize(
    ("front", "section", "language"), [("/uk", "Місто", "uk"), ("/en", "City", "en")], ids=["uk", "en"]
)
async def test_a_reader_goes_from_the_front_to_a_story_and_on_to_a_tag(
    visit: Visit, front: str, section: str, language: str
) -> None:
    page = visit.page
    await visit.to(front)
    headline = await page.locator(".lead h2").inner_text()
    await page.locator(".lead h2 a").click()
    assert await page.locator("h1").inner_text() == headline
    label = await page.locator(".closing .tags a").first.inner_text()
    await page.locator(".closing .tags a").first.click()
    assert await page.locator("h1").inner_text() == label
    assert await page.locator("html").get_attribute("lang") == language
    await page.locator(".list h3 a").first.click()
    await page.get_by_role("link", name=section, exact=True).first.click()
    assert await page.locator("h1").inner_text() == section
    await page.locator(".masthead .title a").click()
    assert page.url == visit.origin + front


async def test_a_reader_changes_the_language_of_a_story(visit: Visit) -> None:
    await visit.to("/stories/thirty-five-minutes-without-an-engine-the-orioles-first-crossing")
    await visit.page.get_by_role("link", name="Українська").first.click()
    assert await visit.page.locator("h1").inner_text() == "Тридцять п’ять хвилин без двигуна: перший рейс «Вільги»"


@pytest.mark.parametrize("path", PAGES)
async def test_nothing_moves_and_nothing_is_cut_off(visit: Visit, path: str) -> None:
    await visit.to(path)
    assert await visit.page.evaluate(SHIFT) == 0
    for window in (NARROWEST, PHONE, DESKTOP):
        await visit.page.set_viewport_size(window)
        assert not await visit.page.evaluate(IS_WIDER_THAN_THE_WINDOW), window


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", [*PAGES, *REFUSED])
async def test_everyone_can_read_it(
    browser: Browser, newsroom: str, path: str, scheme: Literal["light", "dark"]
) -> None:
    async for visit in visiting(browser, newsroom, PHONE, scheme):
        await visit.to(path)
        await visit.page.evaluate("document.querySelectorAll('details').forEach(panel => { panel.open = true; })")
        results = await Axe().run(visit.page, options=AA)
        assert [
            (found["id"], [node["html"] for node in found["nodes"]]) for found in results.response["violations"]
        ] == []
        assert len(results.response["passes"]) > 5


async def test_the_keyboard_is_enough(visit: Visit) -> None:
    page = visit.page
    await visit.to("/en")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.textContent") == "Skip to the content"
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    headline = await page.locator(".lead h2").inner_text()
    assert await page.evaluate("document.activeElement.textContent") == headline
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/stories/*")
    summary = page.locator("details.behind summary")
    await summary.focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.tagName") == "BUTTON"


async def test_one_click_copies_the_request_behind_a_page(visit: Visit) -> None:
    page = visit.page
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await visit.to("/tags/trams")
    await page.locator("details.behind summary").click()
    button = page.get_by_role("button", name="curl")
    await button.click()
    await page.wait_for_function("document.querySelectorAll('.behind button')[1].textContent === 'Скопійовано'")
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert copied == "curl -sS 'https://news.example/v1/articles?tag=trams&limit=20'"


async def test_without_scripts_all_is_there_but_the_buttons(without_scripts: Visit) -> None:
    page = without_scripts.page
    await without_scripts.to(STORY)
    assert await page.locator(".body p").count() > 3
    await page.locator("details.behind summary").click()
    assert await page.get_by_text("curl -sS").is_visible()
    assert await page.locator(".behind button").count() == 0
    assert await page.get_by_role("link", name="Що ще почитати").is_visible()


async def test_without_scripts_a_reader_searches_and_narrows_down(without_scripts: Visit) -> None:
    page = without_scripts.page
    await without_scripts.to("/en")
    await page.get_by_role("searchbox").fill("tram bridge")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/search?q=tram+bridge&language=en")
    assert await page.locator(".list mark").count() > 3
    number = int(await page.locator(".months a[href*=science] + .number").inner_text())
    await page.locator(".months a[href*=science]").click()
    assert await page.locator(".list article").count() == number
    await page.locator(".chips").get_by_role("link", name="Science").click()
    await page.wait_for_url("**/search?q=tram%20bridge&language=en")


async def test_names_are_offered_to_who_types_in_the_search_box(visit: Visit) -> None:
    page = visit.page
    await visit.to("/en")
    await page.get_by_role("combobox").press_sequentially("tra")
    await page.locator("datalist option").first.wait_for(state="attached")
    offered = await page.eval_on_selector_all("datalist option", "options => options.map(option => option.value)")
    assert "Trams" in offered
    await page.keyboard.press("Escape")
    await page.get_by_role("combobox").fill("Trams")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/search?q=Trams&language=en")
    assert await page.locator(".list article").count() > 1


async def test_related_stories_come_below_a_story_and_move_nothing(visit: Visit) -> None:
    page = visit.page
    await visit.to("/stories/you-may-swim")
    await page.locator("#read-on").scroll_into_view_if_needed()
    await page.locator("#related-stories article").first.wait_for()
    assert await page.locator("#related-stories .why").count() == await page.locator("#related-stories article").count()
    assert await page.evaluate(SHIFT) == 0


async def test_on_paper_a_story_has_no_navigation(visit: Visit) -> None:
    await visit.to(STORY)
    await visit.page.emulate_media(media="print")
    assert await visit.page.locator(".body").is_visible()
    for css in (".masthead .sections", ".colophon", ".changed"):
        assert not await visit.page.locator(css).is_visible(), css


async def test_the_longest_word_and_other_scripts_fit_a_phone(browser: Browser, server: str, load: Load) -> None:
    tags = [tag(f"tag-{number}", labels={"en": f"Number {number} of the tags"}) for number in range(40)]
    table = {"type": "table", "header": [f"Column {number}" for number in range(30)], "rows": []}
    await load(
        *tags,
        article("long", headline="Ї" * 300, byline="є" * 200, body=[words("ґ" * 5_000)]),
        article("wide", tags=[line["slug"] for line in tags], body=[table]),
        article("arabic", language="ar", headline="ارتفع النهر ليلا", body=[words("ارتفع النهر ليلا.")]),
    )
    async for visit in visiting(browser, server, NARROWEST):
        for path in ("/", "/en", "/ar", "/stories/long", "/stories/wide", "/stories/arabic", "/stories/long/history"):
            await visit.to(path)
            assert not await visit.page.evaluate(IS_WIDER_THAN_THE_WINDOW), path
        assert (visit.errors, visit.outside) == ([], [])


async def test_changes_appear_as_they_happen(browser: Browser, server: str, load: Load, key: Make) -> None:
    await load(article("ferry"), article("quay", status="draft"))
    secret = await key("drafts:read", "content:publish", "content:write")
    async for visit in visiting(browser, server, DESKTOP):
        await visit.page.goto(f"{server}/live")
        await visit.page.get_by_text("Connected").wait_for()
        async with AsyncClient(base_url=server, headers=bearing(secret)) as desk:
            assert (await desk.post(f"/v1/articles/{article_id('quay')}/publish")).status_code == 200
        item = visit.page.locator(".events .new")
        await item.wait_for()
        assert "published article" in await item.inner_text()
        assert "articles" in await item.locator(".keys").inner_text()
        assert (visit.errors, visit.outside) == ([], [])
