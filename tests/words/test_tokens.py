"""Words and their places, in texts of all kinds."""

import unicodedata
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.words.analysis import analyse, asked_keys, written_keys
from app.words.spelling import LONGEST_KEY
from app.words.tokens import chunks, token_texts, tokens


def written(text: str) -> list[str]:
    return [token.text for token in tokens(text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Міст, річка й «човен».", ["Міст", "річка", "й", "човен"]),
        ("об'єднання об’єднання обʼєднання", ["об'єднання", "об’єднання", "обʼєднання"]),
        ("'single' “double” students'", ["single", "double", "students"]),
        ("науково-популярний журнал", ["науково-популярний", "науково", "популярний", "журнал"]),
        ("1990–1995 роки", ["1990", "1995", "роки"]),
        ("15 000 осіб, 2,5 км, 3.75%", ["15 000", "осіб", "2,5", "км", "3.75"]),
        ("22.01.2025 о 14:35", ["22.01.2025", "22", "01", "2025", "о", "14", "35"]),
        ("U.S. officials", ["U.S.", "officials"]),
        ("snake_case example.org", ["snake", "case", "example", "org"]),
        ("COVID-19", ["COVID-19", "COVID", "19"]),
        ("ки\u00adїв на\u200bдвоє", ["ки\u00adїв", "на\u200bдвоє"]),
        ("👍 так 👩‍🚒", ["так"]),
        ("שָׁלוֹם عَالَم", ["שָׁלוֹם", "عَالَم"]),
        ("a\0b \ud800 в", ["a", "b", "в"]),
        ("", []),
        ("… — !", []),
    ],
)
def test_words_are_found_as_they_are_written(text: str, words: list[str]) -> None:
    assert written(text) == words


@given(st.text())
def test_a_token_stands_where_it_says(text: str) -> None:
    for token in tokens(text):
        assert text[token.start : token.end] == token.text


def test_parts_of_a_hyphenated_word_have_its_positions() -> None:
    places = [(token.text, token.position, token.width) for token in tokens("Ткач-кравець, майстер")]
    assert places == [("Ткач-кравець", 0, 2), ("Ткач", 0, 1), ("кравець", 1, 1), ("майстер", 2, 1)]


def test_offsets_count_code_points_of_the_text_as_it_was_given() -> None:
    text = unicodedata.normalize("NFD", "👩‍🚒 її йод")
    first, second = tokens(text)
    assert (text[first.start : first.end], text[second.start :]) == (
        unicodedata.normalize("NFD", "її"),
        unicodedata.normalize("NFD", "йод"),
    )


HOSTILE: Final = {
    "one word": "а" * 1_000_000,
    "apostrophes": "а'" * 500_000,
    "hyphens": "а-" * 500_000,
    "marks": "a" + "\u0301" * 1_000_000,
    "groups of digits": "123 " * 250_000,
    "decimals": "1." * 500_000,
    "initials": "а." * 500_000,
    "invisible": "\u200b" * 1_000_000,
    "surrogates": "\udc00" * 1_000_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_megabyte_of_anything_is_read_with_short_keys(text: str) -> None:
    words = {(text[word.start : word.end], word.keys) for word in analyse(text)}
    assert all(len(key) <= LONGEST_KEY for word, keys in words for key in keys | asked_keys(word))


def test_long_words_that_differ_at_their_ends_have_different_keys() -> None:
    assert written_keys("а" * 100 + "б").isdisjoint(written_keys("а" * 100 + "в"))


@given(
    st.text(max_size=60) | st.sampled_from(["Науково-популярний об’єкт, 15 000,5 і 22.01.2025", "а-б-в г-ґ.", "C.I.A."])
)
def test_the_texts_of_tokens_are_those_of_the_tokens(text: str) -> None:
    assert token_texts(text) == {token.text for token in tokens(text)}


@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(["15", "000", "2025", "(7", "500,5)", "C.I.A.", "а-б", "міст,", " ", "\u00a0", "\n"])
    ).map("".join)
)
def test_the_chunks_of_a_text_have_its_tokens(text: str) -> None:
    assert set().union(*map(token_texts, chunks(text))) == token_texts(text)
