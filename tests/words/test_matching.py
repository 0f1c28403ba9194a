"""Which texts answer a query, and what of them is highlighted."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content import html
from app.words.analysis import analyse
from app.words.matching import Finder, highlights, matches
from app.words.queries import parse

STORY = {
    "headline": [analyse("Старий міст у Згурівці зачинили")],
    "body": [
        analyse("Трамваї не їздять мостом від понеділка."),
        analyse("Науково-популярний журнал Kyiv Gazette пише про дітей."),
    ],
    "source": [analyse("Олена Верболіз")],
}


@pytest.mark.parametrize(
    "query",
    [
        "мости трамваєм",
        "міст -літак",
        "літак OR трамвай",
        '"старого мосту"',
        '"популярні журнали"',
        '"науково-популярного журналу київ"',
        "трам* зачин*",
        "headline:міст",
        "source:Оленою source:верболіз",
        "київ дитина",
    ],
)
def test_a_story_answers(query: str) -> None:
    assert matches(parse(query), STORY)


@pytest.mark.parametrize(
    "query",
    [
        "літак",
        "міст -трамвай",
        "міст літак OR потяг",
        '"міст старий"',
        '"понеділка науково"',  # no phrase goes from one block to the next
        '"міст Згурівці"',
        "headline:трамвай",
        "Верболіз",  # words of sources are sought by the field alone
        "мостик*",
    ],
)
def test_a_story_does_not_answer(query: str) -> None:
    assert not matches(parse(query), STORY)


@pytest.mark.parametrize(
    ("query", "field", "fragment", "marked"),
    [
        ("міст", "body", "Мостом і під мостами", "<mark>Мостом</mark> і під <mark>мостами</mark>"),
        ("дитина", "body", "Двоє <b>ді</b>тей", "Двоє <b><mark>ді</mark></b><mark>тей</mark>"),
        ('"старий міст"', "body", "Міст, старий <i>міст</i>", "Міст, <mark>старий </mark><i><mark>міст</mark></i>"),
        ('"a b"', "body", "a &amp; b<br>a", "<mark>a &amp; b</mark><br>a"),
        ('міст "старий міст"', "body", "старий міст", "<mark>старий міст</mark>"),
        ("популярний", "body", "науково-популярні", "науково-<mark>популярні</mark>"),
        ("міст -річка", "body", "міст, річка", "<mark>міст</mark>, річка"),
        ("headline:міст", "body", "міст", "міст"),
        ("headline:міст", "headline", "міст", "<mark>міст</mark>"),
        ("source:міст", "headline", "міст", "міст"),
        ("трам*", "body", "трамваї й трамплін", "<mark>трамваї</mark> й <mark>трамплін</mark>"),
        ("їжа", "body", "👩‍🚒 і\u0308жа ї\u0301жі", "👩‍🚒 <mark>і\u0308жа</mark> <mark>ї\u0301жі</mark>"),
    ],
)
def test_words_and_phrases_are_highlighted(query: str, field: str, fragment: str, marked: str) -> None:
    ranges = highlights(parse(query), field, analyse(html.plain(fragment)))
    assert html.marked(fragment, ranges) == marked


@given(
    st.lists(st.sampled_from(["міст", "мости", "15 000", "ткач-кравець", "22.01.2025", "Kyiv", "і"]), max_size=12),
    st.sampled_from(["міст", '"міст ткач"', "тка* -Київ", "15000", "2025-01-22 OR кравця"]),
)
def test_the_words_that_a_query_names_do_for_matching(text: list[str], query: str) -> None:
    asked, whole = parse(query), " ".join(text)
    found = Finder(asked).words(whole)

    assert {*found} <= {*analyse(whole)}
    assert matches(asked, {"body": [found]}) == matches(asked, {"body": [analyse(whole)]})
    assert highlights(asked, "body", found) == highlights(asked, "body", analyse(whole))


inline = st.lists(st.sampled_from(["міст ", "<b>", "</b>", "<i>", "</i>", "<br>", "&amp;", "&lt;", "трамвай", " "]))


@given(inline.map(lambda pieces: html.sanitise("".join(pieces))))
def test_highlighted_html_is_the_same_text_in_sound_html(fragment: str) -> None:
    marked = html.marked(fragment, highlights(parse("міст OR трамвай"), "body", analyse(html.plain(fragment))))
    assert html.sanitise(marked) == marked
    assert re.sub("</?mark>", "", marked) == fragment


words = st.lists(st.sampled_from(["міст", "мости", "старий", "старих", "трамвай", "ткач-кравець", "кравці", "Kyiv"]))


@given(words, words.filter(bool))
def test_a_phrase_is_found_where_its_words_stand_in_a_row(text: list[str], phrase: list[str]) -> None:
    phrase = phrase[:3]
    analysed = analyse(" ".join(text))
    query = parse('"' + " ".join(phrase) + '"')
    start = len(text) // 2
    with_phrase = analyse(" ".join([*text[:start], *phrase, *text[start:]]))

    assert matches(query, {"body": [with_phrase]})
    if matches(query, {"body": [analysed]}):
        assert all(matches(parse(word), {"body": [analysed]}) for word in phrase)
