"""HTML as it is found in the world becomes blocks: nothing goes without a word, and no text takes long."""

from typing import Any, Final

import hypothesis
import pytest
from hypothesis import strategies as st

from app.content.blocks import BODY, sanitise_body
from app.content.conversion import convert
from tests.content.test_blocks import HOSTILE, LOOSE

BASE: Final = "https://lypka.example/news/mill"
PIECES: Final = (
    "<p>", "</p>", "<ul><li>", "<li>", "</ul>", "<blockquote>", "</blockquote>", "<figure>", "<figcaption>",
    "</figure>", "<img src=/a.jpg>", "<h3>", "<table><tr><td>", "<th>", "<tr>", "</table>", "<pre>", "<hr>", "<br>",
    "<cite>", "<iframe src=https://vimeo.com/1>", "<dl><dt>", "<dd>", "<video src=//v.example/a.mp4>", "<noscript>",
)  # fmt: skip
pages = st.lists(st.sampled_from([*HOSTILE, *LOOSE, *PIECES]) | st.text(max_size=8), max_size=14).map("".join)


def blocks(text: str, base: str | None = BASE) -> list[dict[str, Any]]:
    """The blocks, each without what it leaves open."""
    return [
        {name: value for name, value in block.items() if value is not None} for block in convert(text, base=base).blocks
    ]


def told(text: str) -> list[tuple[str | None, str]]:
    return [(fault.pointer, fault.detail) for fault in convert(text, base=BASE).warnings]


def paragraph(text: str) -> dict[str, Any]:
    return {"type": "paragraph", "html": text}


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("The mill grinds.", ["The mill grinds."]),
        ("<p>One</p> <p> Two\n lines </p>", ["One", "Two lines"]),
        ("<p>One<br> <br/>Two<br>lines<br></p>", ["One", "Two<br>lines"]),
        ("<div>One<div>Two</div>Three</div>", ["One", "Two", "Three"]),
        (
            "<p>A <b>bold</b> <i>word</i> &amp; <font color=red>more</font></p>",
            ["A <b>bold</b> <i>word</i> &amp; more"],
        ),
        ("<strong>One<br><br>Two</strong>", ["<strong>One</strong>", "<strong>Two</strong>"]),
        ("<p>See <a href='../map' class=x>the map</a></p>", ['See <a href="https://lypka.example/map">the map</a>']),
        ("<p>&nbsp;</p><p></p><p>One</p>", ["One"]),
        ("<p>Good <img class=emoji alt=🌾 src=x.png> harvest</p>", ["Good 🌾 harvest"]),
    ],
)
def test_running_text_becomes_paragraphs(text: str, made: list[str]) -> None:
    assert blocks(text) == [paragraph(each) for each in made]


def test_headings_have_the_levels_that_there_are() -> None:
    made = blocks("<h1>Flood</h1><h2 id=after>After</h2><h4>Bridges</h4><h6>Notes</h6>")

    assert [(block["level"], block["text"]) for block in made] == [
        (2, "Flood"),
        (2, "After"),
        (4, "Bridges"),
        (4, "Notes"),
    ]
    assert made[1]["id"] == "after"
    assert told("<h3>Flood</h3><h6>Notes</h6>") == [
        ("/body/1", "a heading of level 6 has the nearest level that there is")
    ]


def test_a_list_keeps_its_items_and_what_stands_in_them() -> None:
    made = blocks("<ol><li>One<li><p>Two</p><ul><li>Within</ul><li>Three<img src=/3.jpg><li>Four</ol>")

    assert made == [
        {"type": "list", "ordered": True, "items": ["One", "Two", "Within", "Three"]},
        {"type": "image", "url": "https://lypka.example/3.jpg"},
        {"type": "list", "ordered": True, "items": ["Four"]},
    ]
    assert ("/body/0", "a list within a list is flattened") in told("<ul><li>Two<ul><li>Within</ul></ul>")


@pytest.mark.parametrize(
    "text",
    [
        "<blockquote><p>We found the stones.</p><p>All of them.</p><cite>Olena Kravets</cite></blockquote>",
        "<blockquote>We found the stones.<br>All of them.<footer>— Olena Kravets</footer></blockquote>",
        "<blockquote><p>We found the stones.<br>All of them.</p><p>– <cite>Olena Kravets</cite></p></blockquote>",
        "<figure><blockquote>We found the stones.<br>All of them.</blockquote><figcaption>Olena Kravets</figure>",
    ],
)
def test_a_quotation_keeps_its_speaker(text: str) -> None:
    quote = {"type": "quote", "html": "We found the stones.<br>All of them.", "attribution": "Olena Kravets"}

    assert blocks(text) == [{**quote, "verbatim": True}]


@pytest.mark.parametrize(
    ("caption", "shown", "credit"),
    [
        ("The mill in May. Photo: Iva Oran", "The mill in May.", "Photo: Iva Oran"),
        ("The mill in May (Photo by Iva Oran)", "The mill in May", "Photo by Iva Oran"),
        ("Млин у травні. Фото: Іва Оран", "Млин у травні.", "Фото: Іва Оран"),
        ("The mill in May © Lypka Courier", "The mill in May © Lypka Courier", None),
        ("The mill in May. © Lypka Courier", "The mill in May.", "© Lypka Courier"),
        ('The mill <span class="photo-credit">Iva Oran</span>', "The mill", "Iva Oran"),
        ("The mill | <small>Iva Oran</small>", "The mill", "Iva Oran"),
        ("Photo: Iva Oran", None, "Photo: Iva Oran"),
        ("A photo of the mill", "A photo of the mill", None),
        ("The mill (1811)", "The mill (1811)", None),
    ],
)
def test_a_caption_is_apart_from_its_credit(caption: str, shown: str | None, credit: str | None) -> None:
    picture = '<img src="/m.jpg" alt="A mill" width=640 height=480>'

    (block,) = blocks(f"<figure>{picture}<figcaption>{caption}</figcaption></figure>")

    made = {"caption": shown, "credit_line": credit}
    assert block == {
        "type": "image", "url": "https://lypka.example/m.jpg", "alt_text": "A mill", "width": 640, "height": 480,
        **{name: value for name, value in made.items() if value is not None},
    }  # fmt: skip


def test_a_gallery_is_several_pictures() -> None:
    made = blocks(
        "<figure class=gallery><figure><img src=/1.jpg><figcaption>One</figcaption></figure>"
        "<figure><img src=/2.jpg></figure><figcaption>The yard</figcaption></figure>"
    )

    assert [(block["type"], block.get("caption", block.get("html"))) for block in made] == [
        ("image", "One"), ("image", None), ("paragraph", "The yard"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ('<img src="data:image/gif;base64,R0lG" data-src="/late.jpg">', "https://lypka.example/late.jpg"),
        ('<img srcset="/s.jpg 300w, /l.jpg 900w">', "https://lypka.example/l.jpg"),
        ("<picture><source srcset=/a.avif><img src=/a.jpg></picture>", "https://lypka.example/a.jpg"),
        ("<img src=/a.jpg><noscript><img src=/a.jpg></noscript>", "https://lypka.example/a.jpg"),
    ],
)
def test_a_picture_is_found_where_pages_keep_it(text: str, url: str) -> None:
    assert blocks(text) == [{"type": "image", "url": url}]


@pytest.mark.parametrize(
    ("text", "provider", "url"),
    [
        ("<iframe src='//www.youtube.com/embed/a1b2c3d4e5f?rel=0'></iframe>", "youtube", "https://www.youtube.com/watch?v=a1b2c3d4e5f"),
        ("<iframe src=https://player.vimeo.com/video/76></iframe>", "vimeo", "https://vimeo.com/76"),
        ("<iframe src='https://w.soundcloud.com/player/?url=https%3A//soundcloud.com/lypka/a'></iframe>", "soundcloud", "https://soundcloud.com/lypka/a"),
        ("<iframe src=https://maps.lypka.example/7></iframe>", "maps.lypka.example", "https://maps.lypka.example/7"),
        ('<blockquote class=twitter-tweet><p>Hello</p><a href="https://x.com/a/status/12">May</a></blockquote>', "x", "https://x.com/a/status/12"),
        ("<figure class=wp-block-embed><div>\nhttps://vimeo.com/76\n</div></figure>", "vimeo", "https://vimeo.com/76"),
        ("<audio src=/a.mp3></audio>", "lypka.example", "https://lypka.example/a.mp3"),
    ],
)  # fmt: skip
def test_what_is_shown_from_elsewhere_becomes_a_link_to_it(text: str, provider: str, url: str) -> None:
    (block,) = blocks(text)

    assert (block["type"], block["provider"], block["url"]) == ("embed", provider, url)


def test_a_video_file_is_a_picture_that_moves() -> None:
    assert blocks("<video><source src=/v.mp4></video>") == [
        {"type": "image", "media": "video", "url": "https://lypka.example/v.mp4"}
    ]


def test_a_table_keeps_its_header_and_ragged_rows() -> None:
    made = blocks("<table><tr><th>Year<th>Mills<tr><td rowspan=2>1811<td>4<tr><td>5<tr><td colspan=2>none<td>x</table>")

    assert made == [
        {"type": "table", "header": ["Year", "Mills"], "rows": [["1811", "4"], ["", "5"], ["none", "", "x"]]}
    ]


def test_a_table_for_the_layout_is_read_as_text() -> None:
    assert blocks("<table><tr><td><img src=/a.jpg><td>Text</table>") == [
        {"type": "image", "url": "https://lypka.example/a.jpg"}, paragraph("Text"),
    ]  # fmt: skip


def test_a_table_of_very_many_cells_is_read_as_text() -> None:
    text = "<table>" + "<tr><td colspan=99>a<td>b" * 600 + "</table>"

    assert blocks(text) == [paragraph("a"), paragraph("b")] * 600
    assert told(text) == [("/body/0", "a table is divided into paragraphs: it has more than 50000 cells")]


def test_code_keeps_its_lines() -> None:
    assert blocks('<pre class="language-python"><code>a = 1\n  b</code></pre>') == [
        {"type": "code", "language": "python", "text": "a = 1\n  b"}
    ]


@pytest.mark.parametrize("text", ["<hr>", "<p>***</p>", "<p>* * *</p>", "<p>— — —</p>", "<p>⁂</p>"])
def test_a_rule_or_a_row_of_signs_is_a_divider(text: str) -> None:
    assert blocks(text) == [{"type": "divider"}]


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("<form><input name=a> Subscribe</form>", "a form is left out: Subscribe"),
        ("<script>alert(1)</script>", "a script is left out: alert(1)"),
        ("<svg><text>Chart</text></svg>", "a drawing (svg) is left out: Chart"),
        ("<img src=x width=1 height=1>", "a picture of one point is left out: x"),
        ("<img src='data:image/png;base64,AA' alt=Map>", "a picture that stands in its own address is left out"),
        ("<blockquote cite=https://a.example/>Said</blockquote>", "the address of a quotation is left out: https://a.example/"),
        ("<a href=/shop><img src=/a.jpg></a>", "the link around a picture is left out: https://lypka.example/shop"),
        ("<aside>Box</aside>", "a box stands as plain blocks"),
        ("<p><blink>Sale</blink> <foo>bar</foo></p>", "the element foo is left out, its text stays"),
        ("<ol start=4><li>Four</ol>", "the list begins at 1, and began at 4"),
    ],
)  # fmt: skip
def test_what_has_no_block_is_told_of(text: str, detail: str) -> None:
    assert ("/body/1", detail) in told(f"<p>Before</p>{text}<p>Behind</p>")


def test_a_text_that_no_block_holds_is_divided() -> None:
    made = blocks("<p>" + "<b>word</b> &amp; " * 3_000 + "</p>")

    assert len(made) > 1
    assert " ".join(block["html"] for block in made).count("word &amp;") == 3_000
    assert len(told("<p>" + "x " * 20_000)) == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<div>" * 200_000, "holds more than 100000 tags"),
        ("<div>" * 50_000, "nests elements deeper than 100"),
        ("<i><b>" * 60, "nests elements deeper than 100"),
        ("<p " + "a=1 " * 200_000 + ">x", "holds tags with too many attributes"),
        ("x" * 2_000_001, "is longer than 2000000 characters"),
        ("<p>x" * 2_001, "makes more than 2000 blocks"),
    ],
)
def test_what_would_take_long_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        convert(text)


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE html [<!ENTITY a "b"><!ENTITY c SYSTEM "file:///etc/passwd">]><p>One &a; &c;</p>',
        "<p>One &amp;a; &amp;c;",
    ],
)
def test_entities_of_a_document_are_not_read(text: str) -> None:
    assert blocks(text) == [paragraph("One &amp;a; &amp;c;")]


@hypothesis.given(pages)
def test_any_html_makes_blocks_that_can_be_stored(text: str) -> None:
    conversion = convert(text, base=BASE)
    body = BODY.validate_python(conversion.blocks)

    faults, removed = sanitise_body(body)
    assert faults == []
    assert all("attributes" in fault.detail for fault in removed)
    places = {f"/body/{number}" for number in range(len(body))} | {"/body"}
    assert {fault.pointer for fault in conversion.warnings} <= places
