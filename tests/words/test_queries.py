"""The query language: what it reads, and how it says where a query is broken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.words.analysis import asked_keys
from app.words.queries import FIELDS, LONGEST_QUERY, MOST_WORDS, Phrase, Prefix, Query, QueryError, Term, parse


def phrase(*words: str, field: str | None = None) -> Phrase:
    return Phrase(tuple(asked_keys(word) for word in words), field)


def required(*terms: Term) -> Query:
    return Query(tuple((term,) for term in terms))


TRAM, BRIDGE, BUS = map(phrase, ["трамвай", "міст", "автобус"])


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("трамвай", required(TRAM)),
        ("  трамвай, міст! ", required(TRAM, BRIDGE)),
        ("трамвай – міст - …", required(TRAM, BRIDGE)),
        ('"трамвай міст"', required(phrase("трамвай", "міст"))),
        ("«трамвай міст»", required(phrase("трамвай", "міст"))),
        ("„трамвай міст“ “bus”", required(phrase("трамвай", "міст"), phrase("bus"))),
        ("example.org", required(phrase("example", "org"))),
        ("науково-популярний", required(phrase("науково-популярний"))),
        ("трамвай -міст", Query(((TRAM,),), (BRIDGE,))),
        ('-"міст трамвай" автобус', Query(((BUS,),), (phrase("міст", "трамвай"),))),
        ("трамвай OR міст автобус", Query(((TRAM, BRIDGE), (BUS,)))),
        ("трамвай OR міст OR автобус", Query(((TRAM, BRIDGE, BUS),))),
        ("трамвай or міст", required(TRAM, phrase("or"), BRIDGE)),
        ("Трам*", required(Prefix(("трам",)))),
        ("ґран*", required(Prefix(("ґран", "гран")))),
        ("headline:трамвай", required(phrase("трамвай", field="headline"))),
        ('Headline:"трамвай міст"', required(phrase("трамвай", "міст", field="headline"))),
        ("міст -source:wire", Query(((BRIDGE,),), (phrase("wire", field="source"),))),
        ("headline:трам*", required(Prefix(("трам",), "headline"))),
        ("Довідково: міст", required(phrase("Довідково"), BRIDGE)),
        ("14:35", required(phrase("14", "35"))),
        ("NEAR(трамвай", required(phrase("near", "трамвай"))),
        ("трамва\u0301й", required(TRAM)),
    ],
)
def test_a_query_is_read(text: str, query: Query) -> None:
    assert parse(text) == query


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("", 0, "needs a word"),
        ("… –", 0, "needs a word"),
        ("-міст", 0, "a word that is looked for beside those that are excluded"),
        ('трамвай "міст', 8, 'no closing "'),
        ("трамвай «міст", 8, "no closing »"),
        ('"', 0, 'no closing "'),
        ("міст»", 4, "closes no phrase"),
        ('трамвай ""', 8, "This phrase has no word"),
        ("OR міст", 0, "none before it"),
        ("трамвай OR OR міст", 11, "none before it"),
        ("-трамвай OR міст", 9, "none before it"),
        ("трамвай OR", 8, "none behind it"),
        ("трамвай OR -міст", 11, "-word excludes"),
        ("міст *", 5, "At least 3 letters"),
        ("мі*", 0, "At least 3 letters"),
        ("трам*вай", 4, "at the end of a word"),
        ("**", 0, "at the end of a word"),
        ("трамвай міст.дім*", 8, "behind a single word"),
        ('"трам* міст"', 5, "A phrase has whole words"),
        ("headline:", 9, "must follow here"),
        ("headline: міст", 9, "must follow here"),
        ("headline:… міст", 9, "must follow here"),
        ("headline:-міст", 9, "-headline:word"),
        ("міст body:трамвай", 5, "the fields are headline: and source:"),
        ("https://example.org", 0, "There is no field 'https'"),
        ("міст 👍", 5, "Only words of letters and digits"),
        ("міст \0", 5, "Only words of letters and digits"),
        ("міст \ud800", 5, "Only words of letters and digits"),
        ("міст \\ +", 7, "Only words of letters and digits"),
        ("а " * (MOST_WORDS + 1), 2 * MOST_WORDS, f"at most {MOST_WORDS} words"),
        ('"' + "а " * (MOST_WORDS + 1) + '"', 0, f"at most {MOST_WORDS} words"),
        ("а" * (LONGEST_QUERY + 1), LONGEST_QUERY, f"at most {LONGEST_QUERY} characters"),
    ],
)
def test_a_broken_query_is_refused_with_the_place(text: str, offset: int, message: str) -> None:
    with pytest.raises(QueryError, match=f"(?s){message}.* \\(at character {offset + 1}\\)$") as error:
        parse(text)
    assert error.value.offset == offset


pieces = st.sampled_from(["міст", "OR", '"', "-", "*", ":", *FIELDS, "«", "»", "(", "\\", "NEAR(", "👍", "\0", " "])


@given(st.one_of(st.text(), st.lists(pieces).map("".join), st.lists(pieces).map(" ".join)))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        required, offset = parse(text).required, 0
    except QueryError as error:
        required, offset = ((TRAM,),), error.offset
    assert required
    assert all(required)
    assert 0 <= offset <= len(text)
