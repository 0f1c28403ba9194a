"""Mistyped words are corrected to words that are there, and to no others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.words.mistyped import corrected
from app.words.tokens import token_texts

TEXTS = [
    "Новий трамвай на мосту",
    "Трамвай і міст",
    "Порцеляна",
    "Bridge over the Zghuravka",
    "The bridges",
    "Мерія",
    "Мрія",
]


@pytest.mark.parametrize(
    ("query", "meant"),
    {
        "трамвйа": "трамвай",  # two letters swapped
        "трмвай": "трамвай",  # one left out
        "траамвай": "трамвай",
        "тромвай": "трамвай",
        "Тромвай": "Трамвай",
        "порсиляна": "порцеляна",  # two mistakes in a long word
        "порсилянна": None,  # three
        "тромвай -міст OR bridje": "трамвай -міст OR bridge",
        '"новий тромвай"': '"новий трамвай"',
        "headline:тромвай": "headline:трамвай",
        "новмй тромвай": "новий трамвай",
        "-тромвай трамвай": None,
        "тром*": None,
        "трамваями": None,  # another form of a word that is there
        "мест": "міст",
        "bridgs": "bridge",  # of two that are equally near the one in more texts, then the first by letters
        "мія": None,
        "літак": None,
        "15000": None,
        "": None,
    }.items(),
)  # fmt: skip
def test_a_mistyped_word_gives_way_to_the_nearest_one_that_is_there(query: str, meant: str | None) -> None:
    assert corrected(query, TEXTS) == meant


_typed = st.text('міст трвай bridge*:-"', max_size=40)


@given(_typed, st.lists(_typed, max_size=5))
def test_only_words_of_the_texts_come_into_a_query(query: str, texts: list[str]) -> None:
    meant = corrected(query, texts)

    assert meant is None or token_texts(meant) - token_texts(query) <= {
        word for text in texts for word in token_texts(text)
    }
    assert corrected(query, [*texts, query]) is None


def test_nothing_is_corrected_by_no_texts() -> None:
    assert corrected("трамвйа", []) is None
