"""HTML renditions: well formed, nothing in them that a sanitiser would remove, and everything of the story."""

from collections import Counter
from html.parser import HTMLParser
from typing import Final

import nh3
import pytest
from httpx import AsyncClient

from app.content import html as inline
from app.formats.story import direction
from tests.answers import get
from tests.conftest import Load, serving
from tests.factories import article, article_id, box, note, words
from tests.formats.stories import BLOCKS, ODD

PATHS: Final = ("/v1/articles/hard", "/v1/articles/hard-uk", "/v1/notes/mill", "/v1/notes/mlyn")
VOID: Final = {"br", "hr", "img", "source"}
# Of the elements and attributes that DOMPurify allows by default, those that renditions have.
ELEMENTS: Final = inline.TAGS | {
    "article", "aside", "blockquote", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "header", "hr", "img",
    "li", "ol", "p", "picture", "pre", "section", "source", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES: Final = {
    "*": {"class", "dir", "id", "lang"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"alt", "height", "src", "width"},
    "source": {"sizes", "srcset", "type"},
    "th": {"scope"},
    "time": {"datetime"},
}


class Outline(HTMLParser):
    """Reads HTML that must be well formed: every element is closed, in the order in which they were opened."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.elements: Counter[str] = Counter()
        self.texts: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.open += [] if tag in VOID else [tag]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


async def html_of(api: AsyncClient, path: str) -> str:
    answer = await api.get(f"{path}/html")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    return answer.text


@pytest.mark.parametrize("path", PATHS)
async def test_it_is_well_formed_and_its_ids_are_unique(library: AsyncClient, path: str) -> None:
    outline = Outline(await html_of(library, path))
    assert outline.elements["article"] == 1
    assert outline.ids
    assert max(Counter(outline.ids).values()) == 1
    assert all(id.startswith("block-") for id in outline.ids)


@pytest.mark.parametrize("path", PATHS)
async def test_a_sanitiser_leaves_it_as_it_is(library: AsyncClient, path: str) -> None:
    shown = await html_of(library, path)
    cleaner = nh3.Cleaner(
        tags={*ELEMENTS}, attributes=ATTRIBUTES, url_schemes=inline.SCHEMES, link_rel=None, strip_comments=True
    )
    cleaned = cleaner.clean(shown)
    assert Outline(cleaned).elements == Outline(shown).elements
    assert Outline(cleaned).ids == Outline(shown).ids
    assert "<script" not in shown.lower()
    assert " on" not in "".join(part.split(">")[0] for part in shown.split("<")[1:] if part.startswith(("a ", "img")))


async def test_every_block_has_its_element(library: AsyncClient) -> None:
    body = (await get(library, "/v1/articles/hard"))["body"]
    outline = Outline(await html_of(library, "/v1/articles/hard"))
    assert {f"block-{block['id']}" for block in body} == {id for id in outline.ids if "." not in id}
    # Those of the story and those of the note in it.
    assert outline.elements["blockquote"] == 2 * sum(block["type"] == "quote" for block in BLOCKS)
    assert outline.elements["table"] == 2 * sum(block["type"] == "table" for block in BLOCKS)
    assert outline.elements["aside"] == 2


async def test_odd_characters_are_text(library: AsyncClient) -> None:
    outline = Outline(await html_of(library, "/v1/articles/hard"))
    assert "".join(outline.texts).count(ODD) > 20


async def test_a_picture_has_its_size_alternative_text_and_credit(api: AsyncClient, load: Load) -> None:
    picture = {"url": "/a.svg", "alt_text": 'A "tram"', "caption": "Early", "credit_line": "Photo: Kit", "width": 3}
    await load(article("a", image={**picture, "photographer": "Ivan Kit", "height": 4}))
    shown = await html_of(api, "/v1/articles/a")
    assert '<img src="https://news.example/a.svg" alt="A &quot;tram&quot;" width="3" height="4">' in shown
    assert '<figcaption>Early <small class="credit">Photo: Kit, Ivan Kit</small></figcaption>' in shown


async def test_a_speaker_is_cited_in_the_language_of_the_story(library: AsyncClient) -> None:
    shown = await html_of(library, "/v1/articles/hard")
    assert f"<figcaption><cite>{inline.escape(ODD)}</cite></figcaption>" in shown
    assert '<blockquote lang="ar" dir="rtl">' in shown


async def test_rows_of_a_table_are_filled_up(api: AsyncClient, load: Load) -> None:
    await load(article("a", body=[{"type": "table", "header": ["x"], "rows": [["1", "2"], []]}]))
    shown = await html_of(api, "/v1/articles/a")
    assert '<tr><th scope="col">x</th><th scope="col"></th></tr>' in shown
    assert "<tr><td>1</td><td>2</td></tr><tr><td></td><td></td></tr>" in shown


async def test_a_note_is_a_box_with_its_date_and_facts(api: AsyncClient, load: Load) -> None:
    facts = [{"on": "2022-05", "text": "It opened."}, {"on": "2022", "to": "2023-01", "text": "It closed."}]
    await load(note("mill", facts=facts, as_of="2025-01-01"), article("a", body=[{**box("mill"), "id": "x"}]))
    shown = await html_of(api, "/v1/articles/a")
    assert '<aside class="note" id="block-x" lang="en" dir="ltr">' in shown
    assert '<p id="block-x.b1">' in shown
    assert '<li><time datetime="2022-05">2022-05</time>: It opened.</li>' in shown
    assert '<time datetime="2022">2022</time> – <time datetime="2023-01">2023-01</time>: It closed.' in shown
    assert '<p class="as-of">As of <time datetime="2025-01-01">2025-01-01</time></p>' in shown


async def test_readers_are_warned_before_they_read(api: AsyncClient, load: Load) -> None:
    await load(
        article("a", flags=["graphic", "sponsored"], dateline="Zghariv"),
        article("b", genre="sponsored", language="uk"),
        article("c", genre="news"),
    )
    shown = await html_of(api, "/v1/articles/a")
    assert '<header>\n<p class="warnings">Graphic content · Sponsored content</p>' in shown
    assert '<p class="dateline">Zghariv</p>' in shown
    assert '<p class="warnings">Оплачений матеріал</p>' in await html_of(api, "/v1/articles/b")
    assert "warnings" not in await html_of(api, "/v1/articles/c")


async def test_readers_are_told_of_the_part_of_ai(api: AsyncClient, load: Load) -> None:
    ai = {"use": "generated", "reviewed": True, "note": "No <faces> are real."}
    picture = {"url": "/a.svg", "ai": {"use": "assisted"}}
    await load(
        note("mill", ai={"use": "assisted"}),
        article("a", ai=ai, image=picture, body=[box("mill"), {"type": "image", **picture}]),
        article("b", ai={"use": "none"}, image={"url": "/b.svg"}),
        article("c", language="uk", ai={"use": "generated"}),
    )
    shown = await html_of(api, "/v1/articles/a")
    assert '<p class="ai">Generated by AI. Reviewed by a person. No &lt;faces&gt; are real.</p>' in shown
    assert shown.count('<figcaption><small class="ai">Made with the help of AI.</small></figcaption>') == 2
    assert shown.count('<p class="ai">Made with the help of AI.</p>') == 1  # in the box
    assert " AI" not in await html_of(api, "/v1/articles/b")
    assert '<p class="ai">Згенеровано ШІ.</p>' in await html_of(api, "/v1/articles/c")
    for rendition in ("text", "markdown"):
        told = (await api.get(f"/v1/articles/a/{rendition}")).text
        assert (told.count("Generated by AI"), told.count("Made with the help of AI")) == (1, 3), told
    feed = (await api.get("/feeds/articles.json")).json()["items"]
    assert [entry["id"] for entry in feed if "by AI" in entry["content_html"]] == [f"urn:uuid:{article_id('a')}"]


async def test_corrections_are_told(desk: AsyncClient, load: Load) -> None:
    await load(article("a"))
    sent = {"kind": "clarification", "text": "Five <trams>, not four."}
    assert (await desk.post("/v1/articles/a/correct", json=sent)).status_code == 200
    shown = await html_of(desk, "/v1/articles/a")
    assert "Clarification: Five &lt;trams&gt;, not four.</li>" in shown


@pytest.mark.parametrize(
    ("language", "expected"),
    {
        "uk": "ltr",
        "ar": "rtl",
        "he-IL": "rtl",
        "az": "ltr",
        "az-Arab": "rtl",
        "ur-Latn": "ltr",
        "pa-Arab-PK": "rtl",
    }.items(),
)
def test_the_direction_is_that_of_the_script(language: str, expected: str) -> None:
    assert direction(language) == expected


async def test_the_root_has_the_language_and_its_direction(module_url: str) -> None:
    async with serving(
        module_url, article("arabic", language="ar"), article("odd", body=[words("x", id="cookie")])
    ) as api:
        assert '<article class="story" lang="ar" dir="rtl">' in await html_of(api, "/v1/articles/arabic")
        # As it is, the id would take the place of a property of the document.
        assert '<p id="block-cookie">' in await html_of(api, "/v1/articles/odd")


async def test_the_stylesheet_names_the_classes_that_there_are(library: AsyncClient) -> None:
    answer = await library.get("/v1/formats/story.css")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "url(" not in answer.text
    assert "article.story" in answer.text
