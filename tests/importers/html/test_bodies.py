"""The body of a web page: what of the page belongs to the story, and what is left out."""

from typing import Any

import pytest

from tests.importers.html.pages import data_of, page, read


def blocks(source: str | bytes) -> list[tuple[str, Any]]:
    made = read(source).article["body"]
    return [
        (block["type"], block.get("html") or block.get("text") or block.get("items") or block.get("caption"))
        for block in made
    ]


def inside(body: str) -> list[tuple[str, Any]]:
    """The blocks between the two paragraphs that every page has."""
    made = blocks(page(body=body))
    assert [made[0][0], made[-1][0]] == ["paragraph", "paragraph"]
    return made[1:-1]


def test_subheads_lists_and_paragraphs_stay_and_furniture_is_counted() -> None:
    story = read(data_of("graph.html"))

    assert [block["type"] for block in story.article["body"]] == [
        "paragraph", "paragraph", "heading", "paragraph", "list", "paragraph",
    ]  # fmt: skip
    assert story.left_out == {"share buttons": 1, "related links": 2}
    assert "дочекалися" not in str(story.article)


def test_the_picture_below_the_headline_leads_the_story() -> None:
    image = read(data_of("graph.html")).article["image"]

    assert image == {
        "url": "https://visnyk-zghravy.example/foto/mist-1200.jpg", "alt_text": "Новий міст",
        "caption": "Міст у день відкриття.", "credit_line": "Фото: Іва Оран", "width": 1200, "height": 800,
    }  # fmt: skip


def test_quotes_tables_links_and_known_embeds_stay() -> None:
    story = read(data_of("microdata.html"))

    by_type = {block["type"]: block for block in story.article["body"]}
    assert by_type["quote"]["attribution"] == "Iva Oran, miller"
    assert by_type["table"]["rows"] == [["1990", "410"], ["2026", "3"]]
    assert by_type["embed"]["url"] == "https://www.youtube.com/watch?v=abcdefghijk"
    assert '<a href="/council">decide in May</a>' in str(story.article["body"])
    assert story.left_out["frames of other sites"] == 1


def test_a_box_stays_as_plain_blocks_and_is_told_of() -> None:
    story = read(data_of("plain_times.html"))

    assert ("heading", "The ferry in figures") in blocks(data_of("plain_times.html"))
    assert any("a box stands as plain blocks" in note for note in story.notes)
    assert story.article["standfirst"] == "No crossing until Thursday, the harbour office says on its board."
    assert "Old news" not in str(story.article)


@pytest.mark.parametrize(
    "figure",
    [
        "<figure><img src='/weir.jpg' alt='A weir'><figcaption>The weir at noon. Photo: Iva Oran</figcaption></figure>",
        "<div><img src='/weir.jpg'><figcaption>The weir at noon. Photo: Iva Oran</figcaption></div>",
        "<div><img src='/weir.jpg' alt='A weir'><p class='image-text'>The weir at noon. Photo: Iva Oran</p></div>",
    ],
)
def test_a_caption_stays_with_its_picture(figure: str) -> None:
    block = read(page(body=figure)).article["body"][1]

    assert (block["type"], block["caption"], block["credit_line"]) == ("image", "The weir at noon.", "Photo: Iva Oran")


@pytest.mark.parametrize(
    "furniture",
    [
        "<p>Read also: <a href='/a'>The weir in the year of the flood</a></p>",
        "<p>Читайте також: <a href='/a'>Гребля в рік повені</a></p>",
        "<div class='newsletter-box'><p>Get the news of the valley each morning by mail.</p></div>",
        "<div class='social-share'><a href='/f'>Send</a> <a href='/x'>Post</a></div>",
        "<aside class='related-stories'><ul><li><a href='/a'>A flood</a></li></ul></aside>",
        "<p>ADVERTISEMENT</p>",
        "<div style='display: none'><p>A copy for printers that nobody sees on the page itself.</p></div>",
        "<form action='/s'><input name='q'><button>Search</button></form>",
    ],
)
def test_furniture_within_the_text_is_left_out(furniture: str) -> None:
    assert inside(furniture) == []


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("<h3>What now</h3><p>It holds.</p>", [("heading", "What now"), ("paragraph", "It holds.")]),
        ("<ul><li>One gate</li><li>Two gates</li></ul>", [("list", ["One gate", "Two gates"])]),
        ("<p>No.</p>", [("paragraph", "No.")]),
    ],
)
def test_short_parts_of_the_text_stay(body: str, kept: list[tuple[str, Any]]) -> None:
    assert inside(body) == kept


def test_a_first_paragraph_apart_from_the_others_stays() -> None:
    lead = "<p>Water stood a hand below the crown of the weir, the keeper says, and he never slept less.</p>"

    assert blocks(page(lead=lead))[0] == ("paragraph", lead[3:-4])


def test_text_between_line_breaks_is_paragraphs() -> None:
    text = (
        "<html lang='en'><head><title>The old ferry</title></head><body><h1>The old ferry</h1><div>"
        "The ferry was built in the year of the great frost, and it has crossed the river each day since then.<br><br>"
        "Nobody knows who built it, for the papers of the yard were lost when the yard was moved to the other bank."
        "</div></body></html>"
    )

    assert [kind for kind, _ in blocks(text)] == ["paragraph", "paragraph"]


def test_paragraphs_behind_a_paywall_and_pages_within_a_form_are_text() -> None:
    behind = "<p class='paywall'>Only those who pay read on, but the page holds what they read, and so it is kept.</p>"

    assert inside(behind) == [("paragraph", behind[19:-4])]
    whole = page().replace("<main>", "<form action='/'><main>").replace("</main>", "</main></form>")
    assert [kind for kind, _ in blocks(whole)] == ["paragraph", "paragraph"]
