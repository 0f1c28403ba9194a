"""The reader of WordPress exports: whatever is wrong with a file, what is whole in it is read, and nothing breaks."""

from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import hypothesis
import pytest
from hypothesis import strategies as st

from app.content.conversion import convert
from app.db import utcnow
from app.importers.stories import Account
from app.importers.wordpress import loading
from app.importers.wordpress.loading import Import
from app.importers.wordpress.markup import html_of, with_paragraphs
from app.importers.wordpress.site import Site
from app.importers.xml_text import DamagedExport
from tests.importers.wordpress.exports import author, category, export, post, term

ZONE: Final = ZoneInfo("Europe/Kyiv")
TEXT: Final = export(
    author("olena", "Olena Kravets"), category("mills", "Mills"),
    *(post(id, f"Mill {id}", "It [b]grinds[/b].\n\nAgain.", term("mills", "Mills")) for id in range(1, 6)),
).encode()  # fmt: skip


async def read(folder: Path, text: bytes) -> tuple[Import, list[Account]]:
    """What is read of an export, without a database. Raises: DamagedExport."""
    file = folder / "lypka.xml"
    file.write_bytes(text)
    work = loading.survey([file], ["post"], None, ZONE, lambda size: None)
    return work, [account async for account in loading.load(work, None, utcnow(), lambda size: None)]


@pytest.mark.parametrize("length", [*range(1, len(TEXT) - 8, 211)])
async def test_a_file_that_is_cut_off_anywhere_gives_what_is_whole(tmp_path: Path, length: int) -> None:
    whole = TEXT[:length].count(b"</item>")

    work, accounts = await read(tmp_path, TEXT[:length])

    assert [account.outcome for account in accounts] == ["read"] * whole
    assert any("breaks off" in problem for problem in work.problems)


@hypothesis.given(st.lists(st.tuples(st.integers(0, len(TEXT) - 1), st.integers(0, 255)), min_size=1, max_size=12))
@hypothesis.settings(suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture], max_examples=60)
async def test_wrong_bytes_anywhere_break_nothing(tmp_path: Path, wrong: list[tuple[int, int]]) -> None:
    text = bytearray(TEXT)
    for place, byte in wrong:
        text[place] = byte

    with suppress(DamagedExport):
        _, accounts = await read(tmp_path, bytes(text))
        assert {account.outcome for account in accounts} <= {"read", "error"}


@pytest.mark.parametrize("encoding", ["utf-16", "cp1251"])
async def test_the_encoding_that_a_file_names_is_read(tmp_path: Path, encoding: str) -> None:
    text = export(post(1, "Млин на Липці")).replace("UTF-8", encoding)

    _, accounts = await read(tmp_path, text.encode(encoding))

    assert [account.title for account in accounts] == ["Млин на Липці"]


async def test_an_unknown_encoding_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DamagedExport, match="'klingon', which is not known"):
        await read(tmp_path, TEXT.replace(b"UTF-8", b"klingon"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("One\nline\n\nTwo", ["One<br>line", "Two"]),
        ("One\n\n\n \nTwo\n", ["One", "Two"]),
        ("<b>One</b>\n<ul>\n<li>A</li>\n<li>B</li>\n</ul>\nTwo", ["<b>One</b>", ["A", "B"], "Two"]),
        ("<pre>a\n\nb</pre>\nTwo", ["a\n\nb", "Two"]),
        ("One\n\nhttps://vimeo.com/76\n\nTwo", ["One", "https://vimeo.com/76", "Two"]),
        ("https://lypka.example/a?b=1&c", ['<a href="https://lypka.example/a?b=1&amp;c">https://lypka.example/a?b=1&amp;c</a>']),
        ("<div>One\n\nTwo</div>", ["One", "Two"]),
    ],
)  # fmt: skip
def test_lines_of_the_classic_editor_are_paragraphs(text: str, shown: list[Any]) -> None:
    blocks = convert(with_paragraphs(text)).blocks

    names = ("html", "items", "text", "url")
    assert [next(block[name] for name in names if block.get(name)) for block in blocks] == shown


@pytest.mark.parametrize(
    ("text", "html", "notes"),
    [
        ("[sic] [1] [...]", "<p>[sic] [1] [...]</p>", []),
        ("[[gallery]]", "<p>[gallery]</p>", []),
        ('[box color="red"]In[/box]', "<p>In</p>", ["the shortcode [box] is not known; what it encloses stays"]),
        ("[vc_row]", "", ["the shortcode [vc_row] is not known; what it encloses stays"]),
        ('[video mp4="https://a.example/v.mp4"][/video]', '<video src="https://a.example/v.mp4"></video>', []),
        ("[embed]https://vimeo.com/76[/embed]", '<iframe src="https://vimeo.com/76"></iframe>', []),
        ("[youtube https://youtu.be/a1b2c3d4e5f]", '<iframe src="https://youtu.be/a1b2c3d4e5f"></iframe>', []),
        ("[gallery]", "", ["a gallery shows some pictures, of which 0 are in the export"]),
    ],
)  # fmt: skip
def test_shortcodes_are_read_or_told_of(text: str, html: str, notes: list[str]) -> None:
    told: list[str] = []

    assert html_of(text, Site(ZONE), "7", told.append) == html
    assert told == notes


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("[a " * 50_000, "<p>[a [a"),
        ("[[" * 100_000, "<p>[[[["),
        ("<!-- wp:a {" * 100_000, "<!-- wp:a {"),
        ("<!-- wp:a {" * 50_000 + "-->x", "<!-- wp:a {"),
        ("[/caption]" + "[caption]" * 100_000 + "x", "<p>x</p>"),
        ("[caption]" + "<a x" * 200_000 + "[/caption]", "<p><a x"),
        ("[video " + "a" * 500_000 + "]", '<video src="aaa'),
        ("<pre>" * 200_000, "<pre>"),
        ("One" + "\n \n" * 300_000 + "Two", "<p>One</p>\n<p>Two</p>"),
    ],
)
def test_each_part_of_a_text_is_read_once(text: str, begins: str) -> None:
    # Where one is read again for each other one, this takes longer than any test may.
    assert html_of(text, Site(ZONE), "7", lambda note: None).startswith(begins)
