"""Which texts answer a query, and what of them is highlighted."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.words.analysis import analyse
from app.words.matching import Finder, Range, highlights, matches
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


def marked(text: str, ranges: Sequence[Range]) -> str:
    for start, end in reversed(ranges):
        text = f"{text[:start]}<{text[start:end]}>{text[end:]}"
    return text


@pytest.mark.parametrize(
    ("query", "field", "text", "expected"),
    [
        ("міст", "body", "Мостом і під мостами", "<Мостом> і під <мостами>"),
        ('"старий міст"', "body", "Міст, старий міст", "Міст, <старий міст>"),
        ('"a b"', "body", "a & b a", "<a & b> a"),
        ('міст "старий міст"', "body", "старий міст", "<старий міст>"),
        ("популярний", "body", "науково-популярні", "науково-<популярні>"),
        ("міст -річка", "body", "міст, річка", "<міст>, річка"),
        ("headline:міст", "body", "міст", "міст"),
        ("headline:міст", "headline", "міст", "<міст>"),
        ("source:міст", "headline", "міст", "міст"),
        ("трам*", "body", "трамваї й трамплін", "<трамваї> й <трамплін>"),
        ("їжа", "body", "👩‍🚒 і\u0308жа ї\u0301жі", "👩‍🚒 <і\u0308жа> <ї\u0301жі>"),
        ("15000", "body", "15 000 осіб", "<15 000> осіб"),
    ],
)
def test_words_and_phrases_are_highlighted(query: str, field: str, text: str, expected: str) -> None:
    asked = parse(query)

    assert marked(text, highlights(asked, field, analyse(text))) == expected
    assert marked(text, highlights(asked, field, Finder(asked).words(text))) == expected


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
