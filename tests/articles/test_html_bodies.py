"""A body may be sent as HTML: the same blocks come of it at every door, and what has no block is told."""

from typing import Any, Final

import pytest
from httpx import AsyncClient
from pydantic_core import to_json

from tests.answers import refusal
from tests.conftest import Load
from tests.desk import change, pointers, publish, send, write
from tests.factories import article, note

HTML: Final = "<h2>In the yard</h2><p>The tram stood <em onclick=x>still</em>.</p><form>Subscribe</form>"
KINDS: Final = [("heading", "b1"), ("paragraph", "b2")]


def kinds(document: Any) -> list[tuple[str, str]]:
    return [(block["type"], block["id"]) for block in document["body"]]


async def test_a_story_can_be_written_in_html(desk: AsyncClient) -> None:
    story = await write(desk, body_html=HTML)

    assert kinds(story) == KINDS
    assert story["body"][1]["html"] == "The tram stood <em>still</em>."
    assert "body_html" not in story
    assert story["word_count"] == 7
    assert story["warnings"] == [{"pointer": "/body/1", "detail": "a form is left out: Subscribe"}]


async def test_html_replaces_the_body_of_a_story(desk: AsyncClient) -> None:
    story = await publish(desk, body=[{"type": "paragraph", "html": "It rained."}])

    changed = await change(desk, story["id"], body_html=HTML)
    again = await change(desk, story["id"], body_html=HTML, headline="The river fell")

    assert kinds(changed) == kinds(again) == KINDS
    assert changed["revision"] + 1 == again["revision"]
    assert (await change(desk, story["id"], body_html=None))["revision"] == again["revision"]


async def test_the_html_of_an_answer_can_be_sent_back(desk: AsyncClient) -> None:
    body = [
        {"type": "heading", "level": 3, "text": "In the yard"},
        {"type": "paragraph", "html": 'The tram <a href="https://a.example/?b=1&amp;c">stood</a>.'},
        {"type": "quote", "html": "It will go.", "attribution": "Iva Oran", "verbatim": False, "language": "pl"},
        {"type": "list", "ordered": True, "items": ["One", "<b>Two</b>"]},
        {"type": "image", "url": "https://a.example/t.jpg", "alt_text": "A tram", "caption": "Still", "width": 640,
         "credit_line": "Photo: Iva Oran"},
        {"type": "embed", "provider": "youtube", "url": "https://www.youtube.com/watch?v=a1b2c3d4e5f", "html": "Go"},
        {"type": "table", "header": ["Year", "Trams"], "rows": [["1911", "4"], ["1994", ""]]},
        {"type": "code", "text": "a = 1\nb"},
        {"type": "divider"},
    ]  # fmt: skip
    story = await write(desk, body=body)
    address = f"/v1/articles/{story['id']}"
    shown = (await desk.get(address, params={"fields": "body_html", "perspective": "drafts"})).json()["body_html"]

    changed = await change(desk, story["id"], body_html=shown)

    assert changed["body"] == story["body"]
    assert (changed["revision"], changed["warnings"]) == (1, [])


async def test_a_note_can_be_written_in_html(desk: AsyncClient) -> None:
    sent = {"slug": "trams", "language": "en", "heading": "Trams", "body_html": HTML}

    made = await desk.post("/v1/notes", json=sent)
    replaced = await desk.put("/v1/notes/trams", json=sent, headers={"If-Match": '"1"'})
    changed = await desk.patch("/v1/notes/trams", json={"body_html": "<p>Gone</p>"}, headers={"If-Match": '"1"'})

    assert (made.status_code, kinds(made.json())) == (201, KINDS)
    assert replaced.json()["revision"] == 1
    assert [warning["detail"] for warning in replaced.json()["warnings"]] == ["a form is left out: Subscribe"]
    assert kinds(changed.json()) == [("paragraph", "b1")]


async def test_two_bodies_are_refused(desk: AsyncClient) -> None:
    block = {"type": "paragraph", "html": "It rained."}
    fields = {"language": "en", "headline": "Rain", "body": [block], "body_html": "<p>It rained.</p>"}
    story = await write(desk)

    refused = await desk.post("/v1/articles", json=fields)
    of_patch = await send(desk, story["id"], body=[block], body_html="<p>It rained.</p>")

    for answer in (refused, of_patch):
        assert "send one of them" in refusal(answer, 422, "invalid")["errors"][0]["detail"]


@pytest.mark.parametrize(
    "text", ["<div>" * 200_000, "<i><b>" * 60, "<p " + "a=1 " * 200_000 + ">", "<p>x</p>" * 2_001, "x\x00y", 7]
)
async def test_html_beyond_bounds_is_refused_by_name(desk: AsyncClient, text: object) -> None:
    answer = await desk.post("/v1/articles", json={"language": "en", "headline": "Rain", "body_html": text})

    assert pointers(answer) == {"/body_html"}


async def test_lines_of_an_import_may_have_html(load: Load, desk: AsyncClient) -> None:
    lines = [article("flood", body_html=HTML), note("trams", body_html=HTML)]
    for line in lines:
        del line["body"]
    sent = [{"noun": "article", "slug": "rain", "language": "en", "headline": "Rain", "body_html": HTML}]

    report = await load(*lines)
    answer = await desk.post(
        "/v1/import", content=b"\n".join(map(to_json, sent)), headers={"Content-Type": "application/x-ndjson"}
    )

    assert [fault.detail for _, fault in report.warnings].count("a form is left out: Subscribe") == 2
    assert "a form is left out: Subscribe" in answer.text
    for address in ("articles/flood", "notes/trams", "articles/rain?perspective=drafts"):
        assert kinds((await desk.get(f"/v1/{address}")).json()) == KINDS
