"""What a body may hold, what settling makes of it, and what is derived from it."""

import re
from html.parser import HTMLParser
from typing import Any, Final

import hypothesis
import nh3
import pytest
from hypothesis import strategies as st
from pydantic import TypeAdapter

from app.content import blocks, html
from app.content.blocks import Attribution, Body, Image

BODY: Final[TypeAdapter[list[Any]]] = TypeAdapter(Body)
HOSTILE: Final = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="JaVa\tScript:alert(1)">x</a>',
    '<a href="data:text/html,<script>1</script>">x</a>',
    '<b onclick="x()">x</b>',
    "<svg><animate onbegin=alert(1)>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<plaintext>x",
    "<![\x95!",
    "<!--><b>x</b>-->",
    "<style>*{}</style>x",
    "<iframe srcdoc='<script>1</script>'></iframe>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script>",
    "&amp;lt;b&amp;gt;",
    "<q cite='javascript:alert(1)'>x</q>",
    "<time datetime='2025-01-22' onload=x>x</time>",
    "<span style='color:red' lang=uk>x</span>",
    "<b><p>x</b></p>",
    "<a<b>x",
    "</b>x",
    "x < y & z > a",
    "a&nbsp;b\u00a0c",
    "<br/><br><BR>",
    "<textarea><b></textarea><script>x</script>",
    "<table><tr><td>x</td></tr></table>",
    "<form action=//evil><input></form>",
    "<a href='//evil.example'>x</a>",
)
LOOSE: Final = ("text ", "<b>", "</b>", "<a href='https://x.example/?a=1&b=2'>", "</a>", "<", ">", "&", "'")
UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
pieces = st.sampled_from([*HOSTILE, *LOOSE])
fragments = st.lists(pieces | st.text(max_size=10), max_size=6).map("".join)


def body(*given: dict[str, Any]) -> list[Any]:
    return BODY.validate_python(list(given))


def paragraph(text: str, **fields: Any) -> dict[str, Any]:
    return {"type": "paragraph", "html": text, **fields}


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def elements(fragment: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = _Elements()
    parser.feed(fragment)
    parser.close()
    return parser.found


# --- sanitising ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fragment",
    [
        "plain",
        "<b>b</b><i>i</i><em>e</em><strong>s</strong><s>s</s><small>s</small><sub>1</sub><sup>2</sup>",
        '<a href="https://x.example/" title="t">x</a>, <a href="mailto:a@x.example">m</a>, <a href="tel:+380">t</a>',
        '<abbr title="a">b</abbr><bdi dir="rtl">c</bdi><cite>d</cite><code>e</code><del>f</del><ins>g</ins>',
        '<mark>m</mark><q>q</q><span lang="uk">річка</span><time datetime="2025-01-22">вчора</time><br>',
        "5 &lt; 7 &amp; 7 &gt; 5",
    ],
)
def test_allowed_inline_elements_stay_without_a_report(fragment: str) -> None:
    given = body(paragraph(fragment))

    assert blocks.settle(given) == []
    assert given[0].html == fragment


@pytest.mark.parametrize(
    ("fragment", "kept"),
    [
        ("a<script>alert(1)</script>b", "ab"),
        ("<p>One</p>", "One"),
        ('<b onclick="x()">x</b>', "<b>x</b>"),
        ('<a href="javascript:alert(1)">x</a>', "<a>x</a>"),
        ("<h1>Big</h1> <img src=x onerror=y>", "Big "),
        ('<span style="color:red" lang="uk">x</span>', '<span lang="uk">x</span>'),
        ("<q cite='javascript:alert(1)'>x</q>", "<q>x</q>"),
    ],
)
def test_what_is_not_allowed_goes_with_a_report(fragment: str, kept: str) -> None:
    given = body(paragraph("ok"), paragraph(fragment), {"type": "list", "items": ["ok", fragment]})

    faults = blocks.settle(given)

    assert [(one.code, one.pointer) for one in faults] == [("removed", "/1/html"), ("removed", "/2/items/1")]
    assert (given[1].html, given[2].items) == (kept, ["ok", kept])


@hypothesis.settings(max_examples=400)
@hypothesis.given(fragment=fragments)
def test_sanitising_twice_is_sanitising_once(fragment: str) -> None:
    once = html.sanitise(fragment)

    assert html.sanitise(once) == once


@hypothesis.settings(max_examples=400)
@hypothesis.given(fragment=fragments)
def test_nothing_but_allowed_elements_and_attributes_is_ever_left(fragment: str) -> None:
    safe = html.sanitise(fragment)

    strict = nh3.Cleaner(tags={*html.TAGS}, attributes=html.ATTRIBUTES, url_schemes=html.SCHEMES, link_rel=None)
    assert strict.clean(safe).replace("&nbsp;", "\u00a0") in (safe, html.escape(safe))
    for name, attributes in elements(safe):
        assert name in html.TAGS
        assert {*attributes} <= html.ATTRIBUTES.get(name, set())
        assert re.match(r"(https?|mailto|tel):|//|[^:]*$", attributes.get("href") or "", re.IGNORECASE)


@hypothesis.given(text=st.text(max_size=200))
def test_text_that_is_escaped_comes_back_as_text(text: str) -> None:
    safe = html.sanitise(html.escape(text))

    assert html.plain(safe).replace("\r\n", "\n").replace("\r", "\n") == text.replace("\r\n", "\n").replace("\r", "\n")


@hypothesis.settings(max_examples=200)
@hypothesis.given(given=st.lists(fragments, min_size=1, max_size=4))
def test_settling_a_settled_body_changes_nothing_and_reports_nothing(given: list[str]) -> None:
    settled = body(*(paragraph(UNPRINTABLE.sub("", one)) for one in given))
    wrong = [one for one in blocks.settle(settled) if one.code != "removed"]
    before = BODY.dump_python(settled)

    assert [one for one in blocks.settle(settled) if one.pointer not in {fault.pointer for fault in wrong}] == []
    assert BODY.dump_python(settled) == before


def test_a_paragraph_that_holds_nothing_but_what_is_removed_is_refused() -> None:
    (fault,) = blocks.settle(body(paragraph("<script>x</script>")))

    assert (fault.code, fault.detail) == ("invalid", "has no text")


def test_html_that_grows_beyond_its_limit_is_refused() -> None:
    """30,000 ampersands would be five times as long once written as HTML."""
    (fault,) = blocks.settle(body(paragraph("&" * 19_000)))

    assert fault.detail == "is longer than 20000 characters once written as HTML"


# --- ids -----------------------------------------------------------------------------------------------------------


def test_each_block_gets_an_id_that_no_other_has() -> None:
    given = body(paragraph("a"), paragraph("b", id="b7"), paragraph("c", id="lead"), paragraph("d"))

    assert blocks.settle(given) == []
    assert [block.id for block in given] == ["b8", "b7", "lead", "b9"]


def test_an_id_that_names_two_blocks_is_refused() -> None:
    (fault,) = blocks.settle(body(paragraph("a", id="x"), paragraph("b", id="x")))

    assert (fault.pointer, fault.code) == ("/1/id", "invalid")


# --- what is derived ---------------------------------------------------------------------------------------------


def test_the_excerpt_is_the_standfirst_or_else_the_first_paragraph() -> None:
    given = body({"type": "heading", "text": "H"}, paragraph("<b>Water</b> &amp; mud<br>rose."), paragraph("Later."))

    assert blocks.excerpt("Standfirst.", given) == "Standfirst."
    assert blocks.excerpt(None, given) == "Water & mud rose."
    assert blocks.excerpt(None, body({"type": "divider"})) is None


@hypothesis.given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=700))
def test_an_excerpt_is_at_most_300_characters_and_begins_the_text(text: str) -> None:
    found = blocks.excerpt(text, [])

    assert found is not None
    assert len(found) <= 300
    assert found == text or (found.endswith("…") and text.startswith(found[:-1]) and len(text) > 300)


def test_a_long_excerpt_is_cut_at_a_word() -> None:
    found = blocks.excerpt("слово, " * 60, [])

    assert found is not None
    assert found.endswith("слово…")
    assert 280 < len(found) <= 300


@pytest.mark.parametrize(
    ("given", "count"),
    [
        (paragraph("Вода піднялася на 20 метрів."), 5),
        (paragraph("<b>об’єкт</b> п'ять авто-мото"), 3),
        (paragraph("— … !"), 0),
        ({"type": "list", "items": ["one two", "three"]}, 3),
        ({"type": "table", "header": ["a", ""], "rows": [["b c", "d"]]}, 4),
        ({"type": "quote", "html": "one <i>two</i>"}, 2),
        ({"type": "code", "text": "x = 1"}, 2),
        ({"type": "heading", "text": "Two words"}, 2),
        ({"type": "image", "caption": "not counted"}, 0),
        ({"type": "reference_note", "note": "dam"}, 0),
    ],
)
def test_words_are_counted_in_what_a_block_says(given: dict[str, Any], count: int) -> None:
    assert blocks.word_count(body(given)) == count


@pytest.mark.parametrize(("words", "minutes"), [(0, 0), (1, 1), (200, 1), (201, 2), (1_000, 5)])
def test_reading_minutes_are_rounded_up(words: int, minutes: int) -> None:
    assert blocks.reading_minutes(words) == minutes


def test_notes_used_are_named_once_in_reading_order() -> None:
    given = body(*({"type": "reference_note", "note": slug} for slug in ("dam", "lock", "dam")))

    assert blocks.notes_used(given) == ["dam", "lock"]


# --- attributions ------------------------------------------------------------------------------------------------


slugs = st.sampled_from(["wire", "agency", "witness"])
given_attributions = st.lists(
    st.builds(
        Attribution,
        source=slugs,
        role=st.sampled_from(["said_by", "author", "published_by", "photographer"]),
        block=st.none() | st.sampled_from(["b1", "b2", "b3"]),
    ),
    max_size=4,
)
bodies = st.lists(
    st.fixed_dictionaries({"type": st.just("quote"), "html": st.just("Said."), "source": st.none() | slugs})
    | st.fixed_dictionaries({"type": st.just("image"), "source": st.none() | slugs})
    | st.just(paragraph("Text.")),
    max_size=4,
)


@hypothesis.given(given=given_attributions, blocks_given=bodies, picture=st.none() | slugs)
def test_deriving_attributions_again_adds_none(
    given: list[Attribution], blocks_given: list[dict[str, Any]], picture: str | None
) -> None:
    settled = body(*blocks_given)
    blocks.settle(settled)
    image = Image(source=picture) if picture else None

    once = blocks.attributions(given, settled, image)

    assert blocks.attributions(once, settled, image) == once
    assert once[: len(given)] == given
    for block in settled:
        source = getattr(block, "source", None)
        if source is not None:
            assert [one for one in once if (one.source, one.block) == (source, block.id)]
        if source is not None and block.type == "quote":
            assert ("said_by", source, block.id) in {(one.role, one.source, one.block) for one in once}
    if picture:
        assert [one for one in once if (one.source, one.block) == (picture, None)]
