"""Chunks of texts that were met, by their keys."""

from app.words.analysis import asked_keys
from app.words.met import MetChunks


def test_chunks_are_found_by_the_keys_and_the_beginnings_of_their_words() -> None:
    met = MetChunks()
    met.meet({"«Мостами»,", "трамваї", "трамплін.", "річка"})

    assert met.having(asked_keys("міст"), ()) == {"«Мостами»,"}
    assert met.having((), ("трам",)) == {"трамваї", "трамплін."}
    assert met.having(asked_keys("літак"), ("літ",)) == set()


def test_too_many_chunks_are_forgotten_but_for_those_of_the_text_that_is_met() -> None:
    met = MetChunks(most_characters=12)
    met.meet({"міст", "річка"})
    before = met.version
    met.meet({"мости", "міст"})

    assert met.version != before
    assert met.having(asked_keys("міст"), ()) == {"міст", "мости"}
    assert met.having(asked_keys("річка"), ()) == set()


def test_a_chunk_that_is_met_again_changes_nothing() -> None:
    met = MetChunks()
    met.meet({"міст", "річка"})
    before = met.version
    met.meet({"річка"})

    assert met.version == before
