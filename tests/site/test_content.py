"""What a newsroom may have: hostile texts, extremes, and what is not public."""

from typing import Any, Final

import pytest
from httpx import AsyncClient

from tests.answers import get
from tests.conftest import Load, client
from tests.desk import publish
from tests.factories import (
    Line,
    article,
    article_id,
    box,
    credit,
    draft,
    note,
    said,
    scheduled,
    section,
    source,
    tag,
    withdrawn,
    words,
)
from tests.site.pages import page

HOSTILE: Final = "<script>alert('Zalyv')</script><img src=x onerror=alert(1)>\"'&amp;"
PICTURE: Final[Line] = {
    "url": "/sample/tram.svg", "media": "photo", "alt_text": HOSTILE, "caption": HOSTILE, "credit_line": HOSTILE,
    "photographer": HOSTILE, "source": "hostile", "copyright_notice": HOSTILE,
}  # fmt: skip
PAGES: Final = (
    "/", "/en", "/sections/city", "/tags/rivers", "/tags/rivers?language=en", "/sources/hostile", "/authors/hostile",
    "/notes/dam", "/archive/2025/01", "/stories/hostile", "/stories/hostile/history",
)  # fmt: skip
TEXTS: Final[Line] = {"en": HOSTILE}


def hostile_lines() -> list[Line]:
    """Objects whose every text is markup."""
    table = {"type": "table", "header": [HOSTILE], "rows": [[HOSTILE]]}
    code = {"type": "code", "language": "html", "text": HOSTILE}
    heading = {"type": "heading", "level": 2, "text": HOSTILE}
    related = {"type": "related", "relation": "background", "article": None, "url": None, "text": HOSTILE}
    quote = {**said("hostile"), "attribution": HOSTILE}
    facts: list[Line] = [{"on": "2022", "to": None, "text": HOSTILE, "attributions": []}]
    corrections = [{"kind": "correction", "text": HOSTILE, "at": "2025-01-23T08:00:00.000Z", "revision": 1}]
    credits = [credit("hostile", role, text=HOSTILE) for role in ("author", "data")]
    texts = {
        "headline": HOSTILE,
        "kicker": HOSTILE,
        "standfirst": HOSTILE,
        "byline": HOSTILE,
        "editors_note": HOSTILE,
        "dateline": HOSTILE,
    }
    texts |= {"headlines": {"seo": HOSTILE, "social": HOSTILE, "short": HOSTILE}}
    return [
        section("city", labels=TEXTS, description=TEXTS),
        tag("rivers", labels=TEXTS, description=TEXTS),
        tag("springs", labels=TEXTS, parent="rivers"),
        source("hostile", names=TEXTS, description=TEXTS, urls=["https://zalyv.example/'?a=b&c"]),
        note("dam", heading=HOSTILE, facts=facts, attributions=[credit("hostile", "data", text=HOSTILE)]),
        article(
            "hostile",
            section="city",
            tags=["springs"],
            body=[words("Water."), heading, quote, box("dam"), related, table, code, {"type": "image", **PICTURE}],
            image=PICTURE,
            attributions=credits,
            corrections=corrections,
            relations=[{"relation": "follow_up", "article": None, "url": None, "text": HOSTILE}],
            **texts,
        ),
    ]


async def test_heads_take_the_headlines_that_are_meant_for_them(api: AsyncClient, load: Load) -> None:
    headlines = {"seo": "Zghariv trams at night", "social": "Who rides at night?"}
    await load(
        article("a", headline="Trams", headlines=headlines, flags=["sensitive"], dateline="Zghariv"), article("b")
    )
    shown = await page(api, "/stories/a")
    assert ("title", "Zghariv trams at night · Dovidka") in shown.texts
    assert {"property": "og:title", "content": "Who rides at night?"} in shown.all("meta")
    assert ("h1", "Trams") in shown.texts
    assert ("strong", "Sensitive content") in shown.texts
    assert ("span", "Zghariv") in shown.texts
    plain = await page(api, "/stories/b")
    assert {"property": "og:title", "content": "b"} in plain.all("meta")


async def test_markup_in_texts_is_text_on_every_page(api: AsyncClient, load: Load) -> None:
    await load(*hostile_lines())
    for path in PAGES:
        shown = await page(api, path)
        scripts = [script for script in shown.all("script") if script.get("type") != "application/ld+json"]
        assert [set(script) for script in scripts] == [{"src", "defer"}], path
        assert all("onerror" not in attributes for _, attributes in shown.elements), path
        assert [img["src"] for img in shown.all("img") if img["src"] != "/sample/tram.svg"] == [], path


SECRET: Final = "Canary-word"


async def test_nothing_that_is_not_public_is_on_any_page(desk: AsyncClient, database_url: str, load: Load) -> None:
    hidden: Line = {"headline": SECRET, "standfirst": SECRET, "tags": ["rivers"], "section": "city"}
    hidden |= {"attributions": [credit("hostile")], "body": [said("hostile", SECRET), box("dam")]}
    await load(*hostile_lines())
    await load(
        tag("secret-tag", labels={"en": SECRET}, parent="rivers"),
        section("secret-section", labels={"en": SECRET}),
        source("secret-source", names={"en": SECRET}),
        note("secret-note", heading=SECRET, status="draft"),
        draft("draft", **hidden),
        scheduled("scheduled", **hidden),
        withdrawn("withdrawn", **hidden),
        article("open", tags=["rivers"], ednote=SECRET),
    )
    made = await publish(desk, "A ferry", slug="ferry", section="city", tags=["rivers"])
    patch = {"headline": SECRET, "relations": [{"relation": "follow_up", "article": article_id("draft")}]}
    answer = await desk.patch(f"/v1/articles/{made['id']}/draft", json=patch, headers={"If-Match": '"2"'})
    assert answer.status_code == 200, answer.text
    async with client(database_url) as api:
        for path in (*PAGES, "/stories/ferry", "/stories/ferry/history", "/stories/open"):
            answer = await api.get(path)
            assert answer.status_code == 200, path
            assert SECRET not in answer.text, path
        for path in ("/tags/secret-tag", "/sections/secret-section", "/sources/secret-source", "/notes/secret-note",
                     "/stories/draft", "/stories/scheduled", f"/stories/{article_id('draft')}"):  # fmt: skip
            answer = await api.get(path)
            assert (answer.status_code, SECRET in answer.text) == (404, False), path
        gone = await api.get("/stories/withdrawn")
        assert (gone.status_code, SECRET in gone.text) == (410, False)


async def test_extremes_are_shown(api: AsyncClient, load: Load) -> None:
    tags = [tag(f"tag-{number}") for number in range(40)]
    await load(
        *tags,
        article("long", headline="Ї" * 300, standfirst="є" * 400, body=[words("ґ" * 5_000)]),
        article("empty", body=[], byline=None),
        article("tagged", tags=[line["slug"] for line in tags]),
        article("arabic", language="ar", headline="مياه النهر", body=[words("ارتفع النهر ليلا.")]),
        article("blocks", body=[words(f"Paragraph {number}.") for number in range(2_000)]),
    )
    assert len([link for link in (await page(api, "/stories/tagged")).links if link.startswith("/tags/")]) == 40
    arabic = await page(api, "/stories/arabic")
    assert (arabic.all("html")[0]["lang"], arabic.all("html")[0]["dir"]) == ("ar", "rtl")
    assert (await page(api, "/ar")).stories[0] == "arabic"
    assert len((await page(api, "/stories/blocks")).text("p")) >= 2_000
    for path in ("/", "/en", "/stories/long", "/stories/empty"):
        await page(api, path)


async def test_a_list_is_followed_from_page_to_page_and_back(api: AsyncClient, load: Load) -> None:
    stories = [article(f"story-{number:02}", f"2025-01-{number % 28 + 1:02}T08:00:00.000Z") for number in range(45)]
    await load(tag("rivers"), *({**story, "tags": ["rivers"]} for story in stories))
    seen: list[str] = []
    path: str | None = "/tags/rivers?language=en"
    paths: list[str] = []
    while path:
        shown = await page(api, path)
        seen += shown.stories
        paths.append(path)
        path = next((link["href"] for link in shown.all("a") if link.get("rel") == "next"), None)
    assert len(paths) == 3
    assert sorted(seen) == [f"story-{number:02}" for number in range(45)]
    back = next(link["href"] for link in (await page(api, paths[1])).all("a") if link.get("rel") == "prev")
    assert (await page(api, str(back))).stories == seen[:20]
    behind = (await page(api, paths[1])).text("code")[0].removeprefix("https://news.example")
    assert [item["slug"] for item in (await api.get(behind)).json()["items"]] == seen[20:40]


async def test_a_server_without_stories_has_a_front(api: AsyncClient) -> None:
    shown = await page(api, "/")
    assert "Nothing has been published here yet." in shown.text("p")
    assert "/docs" in shown.links


async def test_authors_lead_to_their_stories(api: AsyncClient, load: Load) -> None:
    authors = [credit("olena-kit", "author"), credit("ivan-ruch", "author")]
    await load(
        source("olena-kit", type="person", names={"en": "Olena Kit"}),
        source("ivan-ruch", type="person", names={"en": "Ivan Ruch"}),
        article("both", byline="By Olena Kit, Zalyv", attributions=authors),
        article("named", attributions=[credit("olena-kit", "data")]),
    )
    shown = await page(api, "/stories/both")
    assert [link["href"] for link in shown.all("a") if link.get("rel") == "author"] == [
        "/authors/olena-kit?language=en", "/authors/ivan-ruch?language=en"
    ]  # fmt: skip
    assert (await page(api, "/authors/olena-kit")).stories == ["both"]
    assert {*(await page(api, "/sources/olena-kit")).stories} == {"both", "named"}


async def change_of(desk: AsyncClient) -> set[str]:
    """The keys of the last change."""
    head = (await get(desk, "/v1/changes", perspective="drafts", limit=1))["head"]
    (change,) = (await get(desk, "/v1/changes", perspective="drafts", after=head - 1))["items"]
    return {*change["keys"]}


WRITES: Final[list[tuple[str, str, Any]]] = [
    ("PATCH", "/v1/tags/rivers", {"labels": {"en": "Waters"}}),
    ("PATCH", "/v1/tags/city", {"labels": {"en": "Town"}}),
    ("PATCH", "/v1/sources/mayor", {"names": {"en": "The mayor of Zalyv"}}),
    ("PATCH", "/v1/notes/dam", {"heading": "The old dam"}),
    ("PATCH", f"/v1/articles/{article_id('flood')}", {"headline": "The flood is over"}),
    ("PATCH", f"/v1/articles/{article_id('other')}", {"headline": "Other water"}),
    ("POST", f"/v1/articles/{article_id('other')}/withdraw", {"reason": "error"}),
    ("POST", f"/v1/articles/{article_id('to-come')}/publish", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES, ids=[f"{method} {path}" for method, path, _ in WRITES])
async def test_a_page_changes_only_with_a_change_that_has_one_of_its_keys(
    desk: AsyncClient, database_url: str, load: Load, method: str, path: str, body: Any
) -> None:
    named: Line = {"section": "city", "tags": ["rivers"], "attributions": [credit("mayor")]}
    await load(
        section("city"), tag("rivers"), source("mayor"), note("dam", attributions=[credit("mayor")]),
        article("flood", body=[said("mayor"), box("dam")], **named),
        article("other", relations=[{"relation": "follow_up", "article": article_id("flood")}], **named),
        article("apart", language="uk"),
        draft("to-come", **named),
    )  # fmt: skip
    pages = ("/", "/en", "/uk", "/sections/city", "/tags/rivers", "/sources/mayor", "/notes/dam", "/archive/2025/01",
             "/stories/flood", "/stories/flood/history", "/stories/other", "/stories/apart")  # fmt: skip
    async with client(database_url) as api:
        before = {path: await api.get(path) for path in pages}
        answer = await desk.request(method, path, json=body, headers={"If-Match": "*"})
        assert answer.status_code == 200, answer.text
        keys, changed = await change_of(desk), 0
        for shown, old in before.items():
            assert old.status_code == 200, shown
            if (await api.get(shown)).content != old.content:
                changed += 1
                assert keys & {*old.headers["surrogate-key"].split()}, (shown, keys)
        assert changed
