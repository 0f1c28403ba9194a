"""What the index holds of texts, and that both databases read keys and conditions as they are meant."""

import sqlite3
from contextlib import closing

from hypothesis import given
from hypothesis import strategies as st

from app.index import postgres, sqlite
from app.index.keys import MOST_BYTES, AllOf, AnyOf, HasKey, IndexedTexts, condition_of, keys_of
from app.words.queries import parse


def test_a_key_is_marked_with_the_most_telling_field_that_has_it() -> None:
    texts = {"headline": ["Міст"], "standfirst": ["мости й річка"], "quotes": [], "body": ["річка, міст, човен"]}

    keys = keys_of(IndexedTexts(texts, ["s:wire", "s:lab", "s:wire"])).split(" ")  # type: ignore[arg-type]

    assert keys[:5] == ["b:m", "b:mi", "b:mis", "s:lab", "s:wire"]
    assert len(keys) == len({*keys})
    assert {"міст", "h:міст", "річка", "t:річка", "мости", "t:мости", "човен"} <= {*keys}
    assert not {"t:міст", "q:міст", "q:річка"} & {*keys}


def test_the_keys_of_an_entry_have_a_bound() -> None:
    endless = " ".join(f"слово{number}" for number in range(60_000))

    keys = keys_of(IndexedTexts({"headline": ["Міст"], "body": [endless]}, ["s:wire"]))

    *whole, _ = keys.split(" ")
    assert {"s:wire", "міст", "h:міст"} <= {*whole}
    assert MOST_BYTES - 100 < len(keys.encode()) <= MOST_BYTES
    assert keys == keys.strip()


@given(st.text(max_size=80))
def test_fts5_takes_each_key_for_one_word(text: str) -> None:
    keys = keys_of(IndexedTexts({"headline": [text.replace("\0", "")]}))
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(
            "CREATE VIRTUAL TABLE w USING fts5(keys, content='', tokenize=\"ascii tokenchars '''-.,:'\", detail=none)"
        )
        connection.execute("CREATE VIRTUAL TABLE v USING fts5vocab(w, row)")
        connection.execute("INSERT INTO w (rowid, keys) VALUES (1, ?)", [keys])
        assert {term for term, *_ in connection.execute("SELECT * FROM v")} == {*keys.split()}


def test_a_condition_is_written_in_the_language_of_each_database() -> None:
    condition = AllOf(
        (AnyOf((HasKey("міст"), HasKey("мости", "headline"))), HasKey("тра", None, is_prefix=True)),
        none_of=(HasKey("об'їзд"), AnyOf((HasKey("s:wire", "marks"),))),
    )

    assert sqlite.asked(condition) == '(((("міст" OR "h:мости") AND "тра"*) NOT "об\'їзд") NOT "s:wire")'
    assert postgres.asked(condition) == "((('міст' | 'h:мости') & 'тра':*) & !('об''їзд') & !(('s:wire')))"


def test_a_phrase_asks_for_its_words_in_any_order() -> None:
    one, other = condition_of(parse('"qqq zzz"')), condition_of(parse('"zzz qqq"'))

    assert {*sqlite.asked(one).split()} & {*sqlite.asked(other).split()}
    assert condition_of(parse('qqq -"zzz xxx"')).none_of == ()
