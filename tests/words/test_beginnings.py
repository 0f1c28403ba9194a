"""Beginnings of words: one for all alphabets and spellings, so short that an index of them is small."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.words.beginnings import LENGTHS, beginnings, begins, indexed_beginning, plain_letters


@pytest.mark.parametrize(
    ("word", "letters"),
    {
        "Згурський": "zghurskyi",
        "ZGHURSKYI": "zghurskyi",
        "ґудзик": "hudzyk",
        "м’ята": "miata",
        "м'ята": "miata",
        "co\u00adop": "coop",
        "Zürich": "zurich",
        "15": "15",
        "«»": "",
    }.items(),
)  # fmt: skip
def test_a_word_is_compared_in_plain_latin_letters(word: str, letters: str) -> None:
    assert plain_letters(word) == letters


def test_a_text_has_the_beginnings_of_all_its_words_and_of_the_parts_of_hyphenated_ones() -> None:
    assert beginnings("Міст, км-2") == {"m", "mi", "mis", "k", "km", "2", "km2"}


@pytest.mark.parametrize(
    ("word", "beginning", "is_one"),
    [
        ("Порцеляна", "порц", True),
        ("порцеляна", "порт", False),  # although `portseliana` begins with `port`
        ("порцеляна", "port", True),
        ("Portsmouth", "порц", True),
        ("ґудзик", "гуд", True),
        ("гудзик", "ґуд", True),
        ("м’ята", "мят", True),
        ("порцеляна", "орц", False),
    ],
)
def test_a_word_begins_letter_by_letter_within_an_alphabet(word: str, beginning: str, is_one: bool) -> None:
    assert begins(word, beginning) is is_one


@given(st.text("абвзгґьщяїйзzsQü1", min_size=1), st.integers(1, 8))
def test_whatever_begins_a_word_is_among_the_indexed_beginnings_of_it(word: str, end: int) -> None:
    beginning = word[:end]
    letters = plain_letters(beginning)
    if letters and begins(word, beginning):
        assert indexed_beginning(letters) in beginnings(word)
        assert len(indexed_beginning(letters)) in LENGTHS
