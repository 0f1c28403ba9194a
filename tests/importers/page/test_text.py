"""Odd bytes are put right in one place, and the newsroom's own marks stay."""

import unicodedata
from time import process_time
from zoneinfo import ZoneInfo

import pytest

from app.errors import Invalid
from app.importers import page
from app.importers.page.text import digest, fold, read_lines, sentences
from tests.importers.page.reading import IMPORTED_AT, article, read_page


def test_line_ends_marks_and_decomposed_letters_make_no_difference() -> None:
    plain = "Міст відкрили\n\nЦе сталося вчора, пише «Вістник» об’єднаної громади.\n"
    odd = "\ufeff" + unicodedata.normalize("NFD", plain).replace("\n", "\r\n").replace("сталося", "стало\u00adся\u200b")

    assert read_page(plain.encode()).documents == read_page(odd.encode()).documents
    assert read_page(odd.encode()).odd[:2] == ["a byte order mark", "CRLF line ends"]


def test_no_break_spaces_are_blanks_and_apostrophes_stay_as_written() -> None:
    read = read_page("Ціна\u00a0хліба\n\nМар'яна й Дем’ян купили хліб за\u202f30 гривень у неділю вранці.".encode())

    assert article(read)["headline"] == "Ціна хліба"
    assert article(read)["body"][0]["html"] == "Мар'яна й Дем’ян купили хліб за 30 гривень у неділю вранці."


def test_lines_are_numbered_as_in_the_file() -> None:
    lines, _ = read_lines("\none\n\u200b\n\n  two\r\nthree".encode())

    assert [(line.number, line.text, line.apart) for line in lines] == [
        (2, "one", True),
        (5, "two", True),
        (6, "three", False),
    ]


@pytest.mark.parametrize(
    ("data", "says"), [(b"one\ntw\xff", "line 2"), (b"", "no text"), (b" \n\xc2\xa0\n", "no text")]
)
def test_what_is_no_text_is_refused_with_its_place(data: bytes, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        read_page(data)


def test_folding_ignores_marks_case_and_ends() -> None:
    assert fold("«Дев’ять» — ТАК.") == fold("„дев'ять“ - так")
    assert digest("Дев’ять датчиків.") == digest("дев'ять  датчиків") != digest("десять датчиків")


def test_abbreviations_and_initials_end_no_sentence() -> None:
    text = "О. Лис народився 1961 р. у селі. Dr. Lee came at 5 p.m. on Monday. Він казав: «Так». Усе."

    assert [text[start:end] for start, end in sentences(text)] == [
        "О. Лис народився 1961 р. у селі.",
        "Dr. Lee came at 5 p.m. on Monday.",
        "Він казав: «Так».",
        "Усе.",
    ]


def test_markup_in_a_line_is_text() -> None:
    read = read_page(b"One <b>bold</b> headline\n\nA paragraph with <script>alert(1)</script> & a sign, nothing more.")

    assert article(read)["body"][0]["html"] == (
        "A paragraph with &lt;script&gt;alert(1)&lt;/script&gt; &amp; a sign, nothing more."
    )


def test_the_longest_line_is_kept_whole_and_a_longer_one_is_refused() -> None:
    line = "слово & діло " * 700
    assert len(line.encode()) < page.LINE_BYTES

    read = read_page(f"{'Дуже довгий заголовок ' * 60}\n\n{line}\n\nДовідка. {line[:7_000]}".encode())
    text = " ".join(block["html"] for block in article(read)["body"] if block["type"] == "paragraph")

    assert text.count("діло") == 700
    assert "заголовок" in text
    with pytest.raises(Invalid, match="has a line of more than"):
        read_page(f"Заголовок\n\n{line * 2}".encode())


STORY = "The council approved the budget on Friday, by twelve votes to three."


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<!-- saved page -->\n<html>\n<p>One two three</p>", "HTML"),
        (f"<div class='a'><p>{STORY}</p></div>\n<p>{STORY}</p>", "HTML"),
        ("[1, 2, 3]", "JSON"),
        ('{\n  "headline": "One",\n  "body": "Two"\n}', "JSON"),
        (f"%PDF-1.7\n{STORY}", "PDF"),
        (f"{{\\rtf1\\ansi {STORY}}}", "RTF"),
    ],
)
def test_what_is_made_for_machines_is_refused_by_its_name(text: str, says: str) -> None:
    for data in (text.encode(), text.encode("utf-16")) if says in ("HTML", "JSON") else (text.encode(),):
        with pytest.raises(Invalid, match=says):
            read_page(data)


@pytest.mark.parametrize("coding", ["utf-16-le", "utf-16-be", "utf-32"])
def test_text_in_an_encoding_that_nothing_says_is_refused(coding: str) -> None:
    for text in (f"Budget approved\n\n{STORY}", "Рада ухвалила бюджет\n\nЗа нього було дванадцять голосів."):
        with pytest.raises(Invalid, match="UTF-16"):
            read_page(text.encode(coding))


@pytest.mark.parametrize("text", ["<3 from the ferry crew", "[Updated] Budget approved", "{Budget} approved"])
def test_a_headline_may_begin_with_a_bracket(text: str) -> None:
    assert article(read_page(f"{text}\n\n{STORY}\n"))["headline"] == text


def test_blank_lines_do_not_make_a_page_long() -> None:
    held = page.LINES - 1

    assert len(article(read_page("Budget approved" + f"\n\n\n{STORY}" * held))["body"]) == held
    with pytest.raises(Invalid, match="longer"):
        read_page("Budget approved" + f"\n{STORY}" * (held + 1))


MANY = page.LINES - 4
LONG = {
    "a word": ["a" * 15_000],
    "capitals": ["Aa" * 7_500],
    "cells": [f"{number}. Ferry" for number in range(MANY)],
    "rows": [f"a{number}\tb{number}" for number in range(MANY)],
    "sources": [f"Про це повідомляє рада села номер {number} у Telegram." for number in range(MANY)],
    "speakers": [
        f"According to Mayor Ann Lee{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}, it is so." for n in range(MANY)
    ],
    "photos": [f"Photo: Ann Lee{number} / Courier" for number in range(MANY)],
    "buttons": ["@a" * 150] * MANY,
}


@pytest.mark.parametrize("lines", LONG.values(), ids=LONG)
def test_no_text_takes_long_to_read(lines: list[str]) -> None:
    text = "\n".join([f"Budget approved\n\n{STORY}", *lines]).encode()
    started = process_time()

    page.read(text, zone=ZoneInfo("Europe/Kyiv"), imported_at=IMPORTED_AT, language="uk")

    assert process_time() - started < 5
