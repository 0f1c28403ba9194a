"""What a body may hold, what sanitising makes of it, and what is derived from it."""

import re
from html.parser import HTMLParser
from typing import Any, Final, get_args, get_type_hints

import hypothesis
import nh3
import pytest
from hypothesis import strategies as st
from pydantic import TypeAdapter

from app.content import blocks, html
from app.content.attributions import client_attributions, complete_attributions
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


def body(*documents: dict[str, Any]) -> list[Any]:
    return BODY.validate_python(list(documents))


def paragraph(text: str, **fields: Any) -> dict[str, Any]:
    return {"type": "paragraph", "html": text, **fields}


def with_line_feeds(text: str) -> str:
    """The text with every line end as a parser of HTML reads it."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


def elements(fragment: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = _Elements()
    parser.feed(fragment)
    parser.close()
    return parser.elements


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
    (block,) = sent = body(paragraph(fragment))

    assert blocks.sanitise_body(sent) == ([], [])
    assert block.html == fragment


@pytest.mark.parametrize(
    ("fragment", "kept"),
    [
        ("a<script>alert(1)</script>b", "ab"),
        ("<p>One</p>", "One"),
        ('<b onclick="x()">x</b>', "<b>x</b>"),
        ('<a href="javascript:alert(1)">x</a>', "<a>x</a>"),
        ("<h1>Big</h1> <img src=x onerror=y>", "Big"),
        ('<span style="color:red" lang="uk">x</span>', '<span lang="uk">x</span>'),
        ("<q cite='javascript:alert(1)'>x</q>", "<q>x</q>"),
    ],
)
def test_what_is_not_allowed_goes_with_a_report(fragment: str, kept: str) -> None:
    sent = body(paragraph("ok"), paragraph(fragment), {"type": "list", "items": ["ok", fragment]})

    faults, removed = blocks.sanitise_body(sent)

    assert faults == []
    assert [(fault.code, fault.pointer) for fault in removed] == [
        ("removed", "/body/1/html"),
        ("removed", "/body/2/items/1"),
    ]
    assert (sent[1].html, sent[2].items) == (kept, ["ok", kept])


@pytest.mark.parametrize(
    ("fragment", "kept", "named"),
    [
        ("a<!-- not yet -->b", "ab", "comments"),
        ("a<![CDATA[not yet]]>b", "ab", "comments"),
        ("a</ not yet>b", "ab", "comments"),
        ("<b hidden>x</b>", "<b>x</b>", "the attributes hidden of b"),
        ("<b onclick>x</b>", "<b>x</b>", "the attributes onclick of b"),
        ("<b title='a b=c hidden'>x</b>", "<b>x</b>", "the attributes title of b"),
        ("Below <b and so on", "Below ", "a tag that does not end, with all that follows: <b and so on"),
        ("Below <b>zero</b", "Below <b>zero</b>", "a tag that does not end, with all that follows: </b"),
    ],
)
def test_a_report_names_what_was_removed(fragment: str, kept: str, named: str) -> None:
    assert html.sanitise(fragment) == kept
    assert html.removed_markup(fragment, kept) == f"held what is not allowed: {named}"


@pytest.mark.parametrize("fragment", ["5 < 7 </", "5 <7", "<a href=/x title='b c'>x</a>", "<br/>x"])
def test_markup_of_which_nothing_is_removed_is_not_reported(fragment: str) -> None:
    assert html.removed_markup(fragment, html.sanitise(fragment)) is None


@hypothesis.settings(max_examples=400)
@hypothesis.given(fragment=fragments)
def test_sanitising_twice_is_sanitising_once(fragment: str) -> None:
    once = html.sanitise(fragment)

    assert html.sanitise(once) == once


@hypothesis.settings(max_examples=400)
@hypothesis.given(fragment=fragments)
def test_nothing_but_allowed_elements_and_attributes_is_ever_left(fragment: str) -> None:
    safe = html.sanitise(UNPRINTABLE.sub("", fragment))

    strict = nh3.Cleaner(tags={*html.TAGS}, attributes=html.ATTRIBUTES, url_schemes=html.SCHEMES, link_rel=None)
    assert strict.clean(safe).replace("&nbsp;", "\u00a0") == with_line_feeds(safe)
    for name, attributes in elements(safe):
        assert name in html.TAGS
        assert {*attributes} <= html.ATTRIBUTES.get(name, set())
        assert re.match(r"(https?|mailto|tel):|//|[^:]*$", attributes.get("href") or "", re.IGNORECASE)


@hypothesis.given(text=st.text(max_size=200))
def test_text_that_is_escaped_comes_back_as_text(text: str) -> None:
    safe = html.sanitise(html.escape(text))

    assert with_line_feeds(html.plain(safe)) == with_line_feeds(text)


@hypothesis.settings(max_examples=200)
@hypothesis.given(sent=st.lists(fragments, min_size=1, max_size=4))
def test_sanitising_a_body_again_changes_nothing_and_removes_nothing(sent: list[str]) -> None:
    sanitised = body(*(paragraph(UNPRINTABLE.sub("", fragment)) for fragment in sent))
    wrong, _ = blocks.sanitise_body(sanitised)
    before = BODY.dump_python(sanitised)

    assert blocks.sanitise_body(sanitised) == (wrong, [])
    assert BODY.dump_python(sanitised) == before


def test_a_paragraph_that_holds_nothing_but_what_is_removed_is_refused() -> None:
    (fault,), _ = blocks.sanitise_body(body(paragraph("<script>x</script>")))

    assert (fault.code, fault.detail) == ("invalid", "has no text")


def test_html_that_grows_beyond_its_limit_is_refused() -> None:
    """30,000 ampersands would be five times as long once written as HTML."""
    (fault,), _ = blocks.sanitise_body(body(paragraph("&" * 19_000)))

    assert fault.detail == "is longer than 20000 characters once written as HTML"


# --- ids -----------------------------------------------------------------------------------------------------------


def test_each_block_gets_an_id_that_no_other_has() -> None:
    sent = body(paragraph("a"), paragraph("b", id="b7"), paragraph("c", id="lead"), paragraph("d"))

    assert blocks.sanitise_body(sent) == ([], [])
    assert [block.id for block in sent] == ["b8", "b7", "lead", "b9"]


def test_an_id_that_names_two_blocks_is_refused() -> None:
    (fault,), _ = blocks.sanitise_body(body(paragraph("a", id="x"), paragraph("b", id="x")))

    assert (fault.pointer, fault.code) == ("/body/1/id", "invalid")


# --- what is derived ---------------------------------------------------------------------------------------------


def test_the_excerpt_is_the_standfirst_or_else_the_first_paragraph() -> None:
    story = body({"type": "heading", "text": "H"}, paragraph("<b>Water</b> &amp; mud<br>rose."), paragraph("Later."))

    assert blocks.excerpt("Standfirst.", story) == "Standfirst."
    assert blocks.excerpt(None, story) == "Water & mud rose."
    assert blocks.excerpt(None, body({"type": "divider"})) is None


@hypothesis.given(text=st.text(max_size=300).filter(bool))
def test_a_text_of_300_characters_is_its_own_excerpt(text: str) -> None:
    assert blocks.excerpt(text, []) == text


@hypothesis.given(text=st.text(st.sampled_from("aя ,.—\u00a0"), min_size=301, max_size=400))
def test_the_excerpt_of_a_longer_text_is_its_beginning_with_an_ellipsis(text: str) -> None:
    excerpt = blocks.excerpt(text, [])

    assert excerpt is not None
    assert excerpt[-1] == "…"
    assert text.startswith(excerpt[:-1])
    assert len(excerpt) <= 300


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("слово, " * 60, "слово, " * 41 + "слово…"),
        ("a" * 299 + " b", "a" * 299 + "…"),
        ("a" * 298 + " bc", "a" * 298 + "…"),
        ("a" * 301, "a" * 299 + "…"),
    ],
)
def test_a_long_excerpt_is_cut_at_a_word_if_it_has_any(text: str, expected: str) -> None:
    assert blocks.excerpt(text, []) == expected


@pytest.mark.parametrize(
    ("block", "count"),
    [
        (paragraph("Вода піднялася на 20 метрів."), 5),
        (paragraph("<b>об’єкт</b> п'ять авто-мото"), 3),
        (paragraph("наго\u0301лос авто\u00adбус Зга\u2060рів क्षेत्र"), 4),
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
def test_words_are_counted_in_the_texts_of_a_block(block: dict[str, Any], count: int) -> None:
    assert blocks.word_count(body(block)) == count


@pytest.mark.parametrize(("words", "minutes"), [(0, 0), (1, 1), (200, 1), (201, 2), (1_000, 5)])
def test_reading_minutes_are_rounded_up(words: int, minutes: int) -> None:
    assert blocks.reading_minutes(words) == minutes


def test_notes_used_are_named_once_in_reading_order() -> None:
    story = body(*({"type": "reference_note", "note": slug} for slug in ("dam", "lock", "dam")))

    assert blocks.notes_used(story) == ["dam", "lock"]


# --- attributions ------------------------------------------------------------------------------------------------


QUOTE: Final = {"type": "quote", "id": "q", "html": "Said.", "source": "witness", "attribution": "Olha, a witness"}
PICTURE: Final = {"type": "image", "id": "p", "source": "agency"}
SPOKEN: Final = Attribution(source="witness", role="said_by", text="Olha, a witness", block="q")
PICTURED: Final = Attribution(source="agency", role="published_by", block="p")
COVER: Final = Attribution(source="agency", role="published_by")


def attribution(source: str, role: blocks.Role, block: str | None = None) -> Attribution:
    return Attribution(source=source, role=role, block=block)


@pytest.mark.parametrize(
    ("sent", "added"),
    [
        ([], [COVER, SPOKEN, PICTURED]),
        ([attribution("wire", "author")], [COVER, SPOKEN, PICTURED]),
        # The same role at the same place.
        ([attribution("witness", "said_by", "q")], [COVER, PICTURED]),
        ([attribution("agency", "published_by", "p")], [COVER, SPOKEN]),
        # Another role at the same place: enough for a picture, not for a speaker.
        ([attribution("agency", "photographer", "p")], [COVER, SPOKEN]),
        ([attribution("agency", "photographer")], [SPOKEN, PICTURED]),
        ([attribution("witness", "author", "q")], [COVER, SPOKEN, PICTURED]),
        # The same role at another place.
        ([attribution("witness", "said_by")], [COVER, SPOKEN, PICTURED]),
    ],
)
def test_speakers_and_picture_sources_are_added_unless_attributed_there(
    sent: list[Attribution], added: list[Attribution]
) -> None:
    complete = complete_attributions(sent, body(QUOTE, PICTURE), Image(source="agency"))

    assert complete == [*sent, *added]


def test_the_attributions_of_a_client_are_those_that_do_not_follow_from_body_and_picture() -> None:
    story, cover = body(QUOTE, PICTURE), Image(source="agency")
    sent = [attribution("wire", "author"), attribution("witness", "said_by", "q")]

    complete = complete_attributions(sent, story, cover)

    assert client_attributions(complete, story, cover) == sent
    assert client_attributions(complete, story) == [*sent, COVER]
    assert client_attributions(complete, []) == complete


def test_what_a_client_sends_just_as_it_would_be_added_counts_as_added() -> None:
    assert client_attributions([SPOKEN, PICTURED], body(QUOTE, PICTURE)) == []


slugs = st.sampled_from(["wire", "agency", "witness"])
sent_attributions = st.lists(
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


@hypothesis.given(sent=sent_attributions, documents=bodies, cover=st.none() | slugs)
def test_completing_attributions_again_adds_none(
    sent: list[Attribution], documents: list[dict[str, Any]], cover: str | None
) -> None:
    story = body(*documents)
    blocks.sanitise_body(story)
    image = Image(source=cover) if cover else None

    complete = complete_attributions(sent, story, image)

    assert complete_attributions(complete, story, image) == complete
    assert complete[: len(sent)] == sent
    speakers = {(block.source, block.id) for block in story if block.type == "quote" and block.source}
    pictured = {(block.source, block.id) for block in story if block.type == "image" and block.source}
    places = {(entry.source, entry.block) for entry in complete}
    assert speakers <= {(entry.source, entry.block) for entry in complete if entry.role == "said_by"}
    assert pictured | ({(cover, None)} if cover else set()) <= places


@hypothesis.given(sent=sent_attributions, documents=bodies, cover=st.none() | slugs)
@hypothesis.example(
    sent=[attribution("wire", "said_by"), attribution("wire", "published_by")], documents=[], cover="wire"
)
def test_the_attributions_of_a_client_completed_again_lose_none(
    sent: list[Attribution], documents: list[dict[str, Any]], cover: str | None
) -> None:
    story = body(*documents)
    blocks.sanitise_body(story)
    image = Image(source=cover) if cover else None
    complete = complete_attributions(sent, story, image)

    again = complete_attributions(client_attributions(complete, story, image), story, image)

    assert {entry.model_dump_json() for entry in again} == {entry.model_dump_json() for entry in complete}


def _html_fields(block_type: Any) -> list[str]:
    hints = get_type_hints(block_type, include_extras=True)
    return [name for name, hint in hints.items() if "Inline HTML" in repr(hint)]


BLOCK_TYPES: Final[tuple[Any, ...]] = get_args(get_args(blocks.Block.__value__)[0])
TYPES_WITH_HTML: Final = {block_type.__name__: block_type for block_type in BLOCK_TYPES if _html_fields(block_type)}


def test_the_block_types_with_inline_html_are_known() -> None:
    assert {*TYPES_WITH_HTML} >= {"Paragraph", "Quote", "List", "Embed"}


@pytest.mark.parametrize("name", TYPES_WITH_HTML)
def test_all_inline_html_of_a_block_is_sanitised(name: str) -> None:
    """Of each type of block that there is, so that a new one is not forgotten."""
    block_type = TYPES_WITH_HTML[name]
    fields = _html_fields(block_type)
    hostile = "<i>a</i><script>b</script>"
    values = {field: [hostile] if field == "items" else hostile for field in fields}
    block = block_type.model_construct(id=None, **values)

    faults, removed = blocks.sanitise_body([block])

    assert faults == []
    assert len(removed) == len(fields)
    assert "script" not in repr([getattr(block, field) for field in fields])
