"""The reader's pages over the sample newsroom: every page, as someone meets it who follows links."""

from collections import deque

from httpx import AsyncClient

from app.about import EXAMPLES
from tests.answers import get
from tests.site.pages import document, page

PICTURES_APART_BYTES = 60_000
POLICY = {
    "default-src 'none'", "style-src 'self'", "script-src 'self'", "connect-src 'self'", "img-src *", "base-uri 'none'",
    "form-action 'self'", "frame-ancestors 'none'",
}  # fmt: skip


async def test_every_link_of_the_newsroom_leads_to_a_page(newsroom: AsyncClient) -> None:
    left, seen = deque(["/"]), {"/"}
    while left:
        path = left.popleft()
        answer = await newsroom.get(path)
        assert answer.status_code == 200, path
        if not answer.headers["content-type"].startswith("text/html") or path == "/docs":
            continue
        shown = document(answer)
        assert len(shown.all("h1")) == 1, path
        assert len(shown.ids) == len({*shown.ids}), path
        assert shown.all("html")[0]["lang"] in {"uk", "en"}, path
        assert len(answer.content) < PICTURES_APART_BYTES, path
        if path == "/explore":
            continue  # each of its links is a page with more of them
        new = [link for link in shown.links if link not in seen]
        seen |= {*new}
        left += new
    slugs = {item["slug"] for item in (await get(newsroom, "/v1/articles", limit=100))["items"]}
    assert slugs <= {path.removeprefix("/stories/") for path in seen}
    assert {path for path, _ in EXAMPLES} | {"/docs", "/openapi.json", "/uk", "/en", "/explore", "/live"} <= seen
    assert {path.split("/")[1] for path in seen} >= {"stories", "sections", "tags", "sources", "notes", "archive"}


async def test_a_page_is_cached_and_asked_for_again_as_other_answers_are(newsroom: AsyncClient) -> None:
    story = "/stories/you-may-swim"
    for path in ("/", "/en", story, f"{story}/history", "/sections/city", "/tags/trams", "/notes/zghariv-trams",
                 "/sources/lev-shchedryk", "/archive/2025/05"):  # fmt: skip
        answer = await newsroom.get(path)
        again = await newsroom.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), path
        assert answer.headers["cache-control"].startswith("public, max-age="), path
        assert {*answer.headers["content-security-policy"].split("; ")} == POLICY, path
        assert "tags" in answer.headers["surrogate-key"].split(), path
        assert (await newsroom.get(path)).headers["cache-status"] == "Dovidka; hit", path
        keyless = await newsroom.get(path, headers={"Authorization": "Bearer none"})
        assert keyless.status_code == 401, path


async def test_the_front_has_the_stories_of_its_collection_and_some_in_other_languages(newsroom: AsyncClient) -> None:
    picked = await get(newsroom, "/v1/collections/front/items", language="en")
    front = await page(newsroom, "/en")
    assert len(picked["items"]) > 6
    assert front.stories[: len(picked["items"])] == [item["slug"] for item in picked["items"]]
    assert "In other languages" in front.text("h2")
    assert {"/uk", "/en"} <= {*front.links}
    assert {*(await page(newsroom, "/")).stories} == {*(await page(newsroom, "/uk")).stories}


async def test_the_request_behind_a_page_gives_what_it_shows(newsroom: AsyncClient) -> None:
    for path in ("/sections/city?language=uk", "/tags/trams", "/sources/lev-shchedryk", "/archive/2025/05"):
        shown = await page(newsroom, path)
        address, curl, *_ = shown.text("code")
        assert curl == f"curl -sS '{address}'"
        answer = (await newsroom.get(address.removeprefix("https://news.example"))).json()
        assert shown.stories == [item["slug"] for item in answer["items"]] != [], path


async def test_a_story_shows_its_speakers_notes_and_sources(newsroom: AsyncClient) -> None:
    shown = await page(newsroom, "/stories/tramvai-bez-skhodynok-skilky-yikh-naspravdi-i-koly-vystachyt-na-vsikh")
    links = shown.links
    assert {"/sources/lev-shchedryk", "/notes/zgharivskyi-tramvai-dovidka", "/tags/trams?language=uk"} <= {*links}
    assert "Станом на" in " ".join(shown.text("p"))
    assert "1 вересня 2026" in shown.text("time")
    assert "Виправлення" in shown.text("strong")
    assert any(link.endswith("/history") for link in links)


async def test_a_source_has_all_its_quotes(newsroom: AsyncClient) -> None:
    answer = await get(newsroom, "/v1/articles", source="lev-shchedryk", role="said_by", fields="body", limit=100)
    quotes = [
        block["html"]
        for item in answer["items"]
        for block in item["body"]
        if block["type"] == "quote" and block["source"] == "lev-shchedryk"
    ]
    html = (await newsroom.get("/sources/lev-shchedryk")).text
    assert len(quotes) > 2
    assert all(quote in html for quote in quotes)


async def test_a_topic_has_the_dated_facts_of_its_notes(newsroom: AsyncClient) -> None:
    timeline = await get(newsroom, "/v1/timeline", tag="trams", language="en")
    shown = await page(newsroom, "/tags/trams?language=en")
    assert len(timeline["items"]) > 2
    assert "By date" in shown.text("h2")
    facts = [fact["text"] for fact in timeline["items"]]
    assert [text for text in shown.text("a") if text in facts] == facts
    assert {f"/notes/{fact['note']}" for fact in timeline["items"]} <= {*shown.links}


async def test_a_section_has_no_timeline(newsroom: AsyncClient) -> None:
    assert "By date" not in (await page(newsroom, "/sections/city?language=en")).text("h2")


async def test_heads_name_the_page_its_versions_and_its_formats(newsroom: AsyncClient) -> None:
    answer = await newsroom.get("/stories/thirty-five-minutes-without-an-engine-the-orioles-first-crossing")
    links = document(answer).all("link")
    at = "https://news.example/stories/"
    assert [link["href"] for link in links if link["rel"] == "canonical"] == [
        at + "thirty-five-minutes-without-an-engine-the-orioles-first-crossing"
    ]
    assert {link["hreflang"]: link["href"] for link in links if "hreflang" in link}["uk"] == (
        at + "trydtsiat-piat-khvylyn-bez-dvyhuna-pershyi-reis-vilhy"
    )
    assert "application/json" in {link.get("type") for link in links}
    jsonld = await newsroom.get("/v1/articles/thirty-five-minutes-without-an-engine-the-orioles-first-crossing/jsonld")
    assert f'<script type="application/ld+json">{jsonld.text}</script>' in answer.text


async def test_what_pages_load_is_kept_for_ever(newsroom: AsyncClient) -> None:
    shown = await page(newsroom, "/")
    loaded = [link["href"] for link in shown.all("link") if link["rel"] in {"stylesheet", "icon"}]
    loaded += [script["src"] for script in shown.all("script")]
    assert len(loaded) == 4
    for path in loaded:
        answer = await newsroom.get(str(path))
        assert (answer.status_code, answer.headers["cache-control"].split(", ")[-1]) == (200, "immutable"), path
    assert (await newsroom.get("/pages/reader.css")).status_code == 404
