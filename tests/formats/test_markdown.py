"""Markdown and plain text: read back by a CommonMark parser, Markdown gives the text that the HTML shows."""

import re
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from httpx import AsyncClient
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.content import html as inline
from app.formats.markdown import MarkdownWriter
from app.formats.story import Site, Story
from app.formats.text import TextWriter
from tests.conftest import Load
from tests.factories import article, words
from tests.formats.stories import ODD

PARSER: Final = MarkdownIt("commonmark").enable(["table", "strikethrough"])
SITE: Final = Site("News", "https://news.example", "", ZoneInfo("Europe/Kyiv"))
STORY: Final = Story("article", {"language": "en"}, {}, SITE)


def text_of(markdown: str) -> str:
    """The text of Markdown as a reader sees it, with single blanks."""
    return _squeezed(" ".join(map(_text_of, PARSER.parse(markdown))))


def _text_of(token: Token) -> str:
    if token.type in {"html_inline", "html_block"}:
        raise AssertionError(f"raw HTML: {token.content}")
    if token.type in {"softbreak", "hardbreak"}:
        return " "
    return "".join(map(_text_of, token.children)) if token.children is not None else token.content


def _squeezed(text: str) -> str:
    return re.sub(r"[ \t\n]+", " ", text).strip()


MARKUP: Final = st.sampled_from(
    [*"*_`~[]()<>#+-=.!|\\&:1a \n\u00a0«—é¹", "1. ", "- ", "](", "&amp;", "---", "```", "http://x"]
)
TEXTS: Final = st.lists(MARKUP, max_size=8).map("".join)


def nested(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    element = st.sampled_from("b strong i em del s code sub q mark cite small".split())
    wrapped = st.builds(lambda name, html: f"<{name}>{html}</{name}>", element, children)
    linked = st.builds(lambda html: f'<a href="https://x.example/(a)?b=1&amp;c=[2]*_">{html}</a>', children)
    return st.lists(st.one_of(children, wrapped, linked, st.just("<br>")), max_size=4).map("".join)


FRAGMENTS: Final = st.recursive(TEXTS.map(inline.escape), nested, max_leaves=12)


@given(FRAGMENTS)
def test_inline_html_reads_back_as_its_text(fragment: str) -> None:
    html = inline.sanitise(fragment)
    assert text_of(MarkdownWriter(STORY).html(html)) == _squeezed(TextWriter(STORY).html(html))


@given(TEXTS)
def test_plain_text_reads_back_as_itself(text: str) -> None:
    for markdown in (MarkdownWriter(STORY).text(text), MarkdownWriter(STORY).title(2, text)):
        assert text_of(markdown) == _squeezed(text)


@given(st.lists(st.lists(TEXTS, max_size=3), max_size=3), st.lists(TEXTS, max_size=3))
def test_a_table_reads_back_cell_by_cell(rows: list[list[str]], header: list[str]) -> None:
    markdown = MarkdownWriter(STORY).table(header, rows)
    tokens = PARSER.parse(markdown)
    cells = [_squeezed(_text_of(token)) for token in tokens if token.type == "inline"]
    width = max(map(len, (header, *rows)), default=0)
    assert cells == [_squeezed(cell) for row in (header, *rows) for cell in (*row, *[""] * (width - len(row)))] * (
        width > 0
    )


@given(st.text(alphabet="`~ \nab", min_size=1, max_size=30))
def test_code_reads_back_as_it_is(text: str) -> None:
    (token,) = PARSER.parse(MarkdownWriter(STORY).code("py`thon", text))
    assert (token.type, token.content, token.info) == ("fence", text.removesuffix("\n") + "\n", "python")


@pytest.mark.parametrize(
    ("html", "markdown"),
    {
        "<b>Bold</b> and <em>thin</em>": "**Bold** and *thin*",
        "a<b>b</b>c": "a**b**c",
        "<b>« x »</b>y": "« x »y",
        "<b> x </b>": "**x**",
        "<del>no</del>": "~~no~~",
        "He said <q>no <i>way</i></q>.": "He said “no *way*”.",
        "<b>a</b><i>b</i>": "a*b*",
        'See <a href="https://x.example/?a=1&amp;b=2">here</a>!': "See [here](<https://x.example/?a=1&amp;b=2>)!",
        "<code>a`b</code>": "``a`b``",
        "one<br>- two": "one\\\n\\- two",
        "2 * 3 = 6": "2 \\* 3 = 6",
    }.items(),
)
def test_inline_markup_is_kept_where_markdown_has_it(html: str, markdown: str) -> None:
    assert MarkdownWriter(STORY).html(html) == markdown


@pytest.mark.parametrize("path", ["/v1/articles/hard", "/v1/articles/hard-uk", "/v1/notes/mill"])
async def test_a_whole_story_reads_back(library: AsyncClient, path: str) -> None:
    answer = await library.get(f"{path}/markdown")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/markdown; charset=utf-8")
    plain = await library.get(f"{path}/text")
    assert plain.headers["content-type"] == "text/plain; charset=utf-8"
    shown = text_of(answer.text)
    assert shown.count(ODD) == plain.text.count(ODD) > 0


async def test_text_tells_who_when_and_where(api: AsyncClient, load: Load) -> None:
    await load(article("a", headline="Trams", byline="Olena Kit", body=[words("One.<br>Two."), words("Three.")]))
    lines = ["Trams", "", "Olena Kit", "Published: 2025-01-22 14:35+02:00", "", "One.", "Two.", "", "Three.", ""]
    assert (await api.get("/v1/articles/a/text")).text.split("\n") == [*lines, "https://news.example/stories/a", ""]


def tokens_of(markdown: str) -> list[Any]:
    return [(token.type, token.markup) for token in PARSER.parse(markdown) if token.type.endswith("_list_open")]


def test_neighbouring_lists_stay_apart() -> None:
    writer = MarkdownWriter(STORY)
    assert tokens_of("\n\n".join([writer.bullets(["a"], 1), writer.bullets(["b"], 2)])) == [
        ("bullet_list_open", "*"),
        ("bullet_list_open", "-"),
    ]
