"""Saved pages as files: charsets, MHTML, gzip, and what is refused by name."""

import gzip
import time

import pytest

from app.errors import Invalid
from app.importers.html import saved
from tests.importers.html.pages import data_of, page, read

UKRAINIAN = (
    '<html lang="uk"><head>{meta}<title>Гребля тримається</title></head><body><h1>Гребля тримається</h1>'
    "<p>Стара гребля над Згравою витримала у вівторок, коли річка була вища, ніж її пам'ятають люди.</p>"
    "<p>Чоловіки з ліхтарями ходили по ній цілу ніч і знайшли лише два камені, що зрушили з місця.</p></body></html>"
)


def refused(data: bytes) -> str:
    with pytest.raises(Invalid) as refusal:
        read(data)
    return refusal.value.detail


@pytest.mark.parametrize(
    ("charset", "meta"),
    [
        ("utf-8", ""),
        ("utf-8", '<meta charset="windows-1251">'),
        ("windows-1251", '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">'),
        ("koi8-u", "<meta charset=koi8-u>"),
        ("utf-16", ""),
        ("utf-8-sig", ""),
    ],
)
def test_charsets_are_told_by_bytes_or_page(charset: str, meta: str) -> None:
    story = read(UKRAINIAN.format(meta=meta).encode(charset))

    assert (story.article["headline"], story.article["language"]) == ("Гребля тримається", "uk")


def test_the_header_of_an_answer_tells_the_charset_first() -> None:
    data = UKRAINIAN.format(meta='<meta charset="iso-8859-1">').encode("windows-1251")

    assert read(data, charset="windows-1251").article["headline"] == "Гребля тримається"


def test_a_wrong_charset_is_named() -> None:
    story = read(UKRAINIAN.format(meta='<meta charset="utf-8">').encode("windows-1251"))

    assert story.article["headline"] == "Гребля тримається"
    assert any(note.startswith("is read as ") and "it says utf-8" in note for note in story.notes)


def test_mhtml_and_gzip_hold_pages() -> None:
    for data in (
        data_of("mirror.mhtml"),
        gzip.compress(data_of("mirror.mhtml")),
        data_of("mirror.mhtml").replace(b"\n", b"\r\n"),
    ):
        story = read(data)
        assert story.article["headline"] == "The bell is back"
        assert story.article["origin"]["url"] == "https://lypka-courier.example/bell"
        assert story.article["body"][0]["html"].endswith(
            "after forty years in the yard of a foundry that no longer exists."
        )


def test_what_is_no_story_is_refused_by_name() -> None:
    assert refused(data_of("login.html")) == "The page asks for a password: it is a page to log in, and no story."
    assert refused(data_of("error.html")) == "The page is an error page of its server: 404 Not Found."
    assert refused(b"<html><body></body></html>") == "The page has no headline: no h1, og:title or title tells one."
    assert refused(b"<html><title>Empty</title><body></body></html>") == "The page holds no text of a story."
    assert refused(b"   ") == "The page is empty."
    assert refused(b"\0\1\2" * 100) == "The page is no text."


def test_a_number_of_an_error_within_a_headline_makes_no_error_page() -> None:
    assert read(page(headline="<h1>The weir of 404 stones</h1>")).article["headline"] == "The weir of 404 stones"


def test_bounds_are_held_before_anything_is_parsed() -> None:
    bomb = gzip.compress(b"<html>" + b" " * (saved.MOST_BYTES + 1))
    begun = time.perf_counter()

    assert refused(bomb) == "The page is larger than 10 MB."
    assert refused(b"<html>" + b"x" * saved.MOST_BYTES) == "The page is larger than 10 MB."
    assert refused(gzip.compress(page().encode())[:200]) == "The page is a gzip file that breaks off."
    assert refused(b"\x1f\x8bnothing").startswith("The page is a damaged gzip file")
    assert refused(b"<html><body>" + b"<div>" * 200_000 + b"</body>") == "The page holds more than 100000 tags."
    assert (
        refused(b"<html><body><h1>A</h1>" + b"<div>" * 50_000 + b"</body>")
        == "The page nests elements deeper than 100."
    )
    assert time.perf_counter() - begun < 30


def test_entities_are_not_expanded() -> None:
    entities = (
        "<!DOCTYPE html [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY c SYSTEM 'file:///etc/passwd'>]>"
    )

    made = read(
        entities + page(body="<p>One &b; and &c; stand here, and they are no more than words.</p>")[15:]
    ).article

    assert "aaaaaaaaaa" not in str(made)
    assert "root:" not in str(made)


def test_control_characters_go() -> None:
    made = read(page(body="<p>One\x01 two\x0b three\x7f four, and then five, and six and seven.</p>")).article

    assert made["body"][1]["html"] == "One two three four, and then five, and six and seven."


@pytest.mark.parametrize("place", [120, 300, 420, 560])
def test_a_page_that_is_cut_off_is_refused(place: int) -> None:
    assert refused(page().encode()[:-place]).startswith("The page ")


def test_a_page_that_ends_in_its_text_breaks_off() -> None:
    assert refused(page().encode()[:-60]) == (
        "The page breaks off: elements are open at its end, and no </body> or </html> stands there."
    )
