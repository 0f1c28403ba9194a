"""What a difference says of texts, lists and bodies, and that applying it gives the new document."""

import copy
import json
import random
from time import process_time
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.content.differences import DocumentDifference, ListItemChange, TextPiece, difference
from tests.differences import apply

SIGNS = {"equal": "{}", "delete": "[-{}-]", "insert": "[+{}+]"}
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.lists(
    st.sampled_from(["під’їзд", "м'яч", " ", ", ", "<b>", "</b>", "&amp;", "tram", "<", "1"]), max_size=8
).map("".join)
scalars = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, 1.0, 0.5]) | texts
values = st.recursive(scalars, lambda nested: st.lists(nested, max_size=4) | st.dictionaries(texts, nested, max_size=3))
blocks = st.fixed_dictionaries(
    {"id": st.sampled_from("b1 b2 b3 b4 b5 b6".split()), "type": st.sampled_from(["paragraph", "list"])},
    optional={"html": texts, "items": st.lists(texts, max_size=4), "rows": st.lists(st.lists(texts, max_size=3))},
)
bodies = st.lists(blocks, max_size=6, unique_by=lambda block: block["id"]) | st.lists(blocks, max_size=3) | values
fields = st.dictionaries(st.sampled_from(["headline", "tags", "image", "as_of"]), values)
documents = fields | st.builds(lambda document, body: {**document, "body": body}, fields, bodies)


def as_json(document: Any) -> str:
    """A text that tells 1, 1.0 and true apart."""
    return json.dumps(document, sort_keys=True)


def marked(pieces: list[TextPiece] | None) -> str:
    """The pieces as one text, with what was deleted and inserted in brackets."""
    assert pieces
    return "".join(SIGNS[piece.op].format(piece.text) for piece in pieces)


def ops(items: list[ListItemChange] | None) -> list[str]:
    assert items
    return [item.op for item in items]


@pytest.mark.parametrize(
    "pair",
    [
        ("2024-10-03T14:28:00.000Z", "2026-11-22T22:10:24.391Z"),
        ("019252c7-d180-77c7-9a55-11a354c096ee", "0196a952-8640-7af9-9ede-1fa8797a5517"),
    ],
)
def test_instants_and_ids_are_not_compared_word_by_word(pair: tuple[str, str]) -> None:
    (change,) = difference({"updated_at": pair[0]}, {"updated_at": pair[1]}).fields

    assert (change.old, change.new, change.words) == (*pair, None)


def words(old: str, new: str) -> str:
    (change,) = difference({"text": old}, {"text": new}).fields
    return marked(change.words)


def paragraph(name: str, html: str) -> dict[str, Any]:
    return {"id": name, "type": "paragraph", "html": html}


def outline(change: DocumentDifference) -> list[tuple[str, str]]:
    assert change.body
    return [(entry.op, entry.id) for entry in change.body]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("The tram stops here.", "The old tram stops there.", "The [+old +]tram stops [-here-][+there+]."),
        (
            "Міст відкриють у травні.",
            "Міст відкрили у червні.",
            "Міст [-відкриють-][+відкрили+] у [-травні-][+червні+].",
        ),
        ("Біля під’їзду 3", "Біля під’їздів 3", "Біля [-під’їзду-][+під’їздів+] 3"),
        ("a <b>tram</b>", 'a <a href="/x y">tram</a>', 'a [-<b>-][+<a href="/x y">+]tram[-</b>-][+</a>+]'),
        ("He said yes today", "He shouted no today", "He [-said yes-][+shouted no+] today"),
    ],
)
def test_texts_are_compared_by_word_and_no_word_is_cut(old: str, new: str, expected: str) -> None:
    assert words(old, new) == expected


def test_a_field_has_its_values_before_and_after() -> None:
    change = difference({"section": None, "ednote": "x", "same": 1}, {"section": "city", "same": 1})

    assert change.model_dump(exclude_defaults=True) == {
        "fields": [{"field": "section", "old": None, "new": "city"}, {"field": "ednote", "old": "x"}],
        "body": None,
    }


def test_one_true_and_one_point_zero_are_different_values() -> None:
    changes = difference({"a": 1, "b": [1]}, {"a": True, "b": [1.0]}).fields

    assert [change.field for change in changes] == ["a", "b"]


def test_the_changes_of_a_body_stand_in_reading_order() -> None:
    old = [paragraph("b1", "Дощ."), paragraph("b2", "Сніг іде."), paragraph("b3", "Вітер."), paragraph("b4", "Град.")]
    new = [paragraph("b4", "Град."), paragraph("b1", "Дощ."), paragraph("b5", "Туман."), paragraph("b3", "Вітер був.")]

    change = difference({"body": old}, {"body": new})

    assert outline(change) == [
        ("moved", "b4"),
        ("kept", "b1"),
        ("removed", "b2"),
        ("added", "b5"),
        ("changed", "b3"),
    ]
    assert change.body is not None
    assert change.body[0].model_dump(include={"old_place", "new_place", "fields"}) == {
        "old_place": 3,
        "new_place": 0,
        "fields": [],
    }


def test_a_block_of_another_type_is_removed_and_added() -> None:
    old, new = paragraph("b1", "Trams"), {"id": "b1", "type": "heading", "level": 2, "text": "Trams"}

    assert outline(difference({"body": [old]}, {"body": [new]})) == [("removed", "b1"), ("added", "b1")]


def test_lists_are_compared_by_item_and_rows_by_cell() -> None:
    old = {"rows": [["Line", "Cars"], ["One", "10"], ["Two", "12"]], "items": ["red tram", "blue bus"]}
    new = {
        "rows": [["Line", "Cars"], ["One", "11"], ["Two", "12"]],
        "items": ["green boat", "big red tram", "blue bus"],
    }

    rows, items = difference(old, new).fields

    assert rows.items
    assert items.items
    assert ops(rows.items) == ["equal", "change", "equal"]
    assert ops(rows.items[1].items) == ["equal", "change"]
    assert ops(items.items) == ["insert", "change", "equal"]
    assert marked(items.items[1].words) == "[+big +]red tram"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (["a b", "c d"], ["x", "y"], ["change", "change"]),
        (["a b"], ["x", "y"], ["delete", "insert", "insert"]),
        (["a b c", "x"], ["a b d"], ["change", "delete"]),
        ([], [1], ["insert"]),
        ([1], [True], ["change"]),
    ],
)
def test_items_are_paired_in_order_or_with_one_that_has_most_words_in_common(
    old: list[Any], new: list[Any], expected: list[str]
) -> None:
    (change,) = difference({"items": old}, {"items": new}).fields

    assert ops(change.items) == expected


@pytest.mark.parametrize("names", [("b1", "b1"), ("", None), (1, [])])
def test_a_body_whose_blocks_have_no_ids_of_their_own_is_compared_as_a_field(names: tuple[Any, Any]) -> None:
    old = {"body": [{"id": name, "type": "divider"} for name in names]}

    change = difference(old, {"body": []})

    assert (change.body, [entry.field for entry in change.fields]) == (None, ["body"])
    assert apply(old, change) == {"body": []}


@given(documents, documents)
def test_applying_a_difference_gives_the_new_document(old: Any, new: Any) -> None:
    before = copy.deepcopy(old)

    change = difference(old, new)
    sent = DocumentDifference.model_validate_json(change.model_dump_json())

    assert as_json(apply(old, change)) == as_json(new)
    assert as_json(apply(old, sent)) == as_json(new)
    assert as_json(old) == as_json(before)


@given(documents)
def test_equal_documents_do_not_differ(document: Any) -> None:
    assert difference(document, copy.deepcopy(document)) == DocumentDifference(fields=[], body=None)


@given(texts, texts)
def test_the_pieces_make_up_both_texts(old: str, new: str) -> None:
    assume(old != new)

    (change,) = difference({"t": old}, {"t": new}).fields

    assert change.words
    assert "".join(piece.text for piece in change.words if piece.op != "insert") == old
    assert "".join(piece.text for piece in change.words if piece.op != "delete") == new
    assert "" not in [piece.text for piece in change.words]


def test_texts_beyond_a_million_characters_are_compared_as_a_whole() -> None:
    long = "tram " * 99_998
    old = {"a": f"{long}stops", "b": "The tram stops."}
    new = {"a": f"{long}stopped", "b": "The tram stopped."}

    by_word, as_a_whole = difference(old, new).fields

    assert marked(by_word.words) == f"{long}[-stops-][+stopped+]"
    assert marked(as_a_whole.words) == "[-The tram stops.-][+The tram stopped.+]"


@pytest.mark.parametrize("vocabulary", [2, 60, 5_000])
def test_a_body_of_the_greatest_size_is_compared_within_15_seconds(vocabulary: int) -> None:
    chance = random.Random(7)

    def text() -> str:
        return " ".join(f"сл{chance.randrange(vocabulary):04}" for _ in range(2_857))[:20_000]

    paragraphs = [text() for _ in range(40)]
    old = {"body": [paragraph(f"b{n}", paragraphs[n % 40]) for n in range(2_000)]}
    new = {"body": [paragraph(f"b{n}", paragraphs[(n + 1) % 40]) for n in chance.sample(range(2_000), 2_000)]}

    start = process_time()
    change = difference(old, new)

    assert process_time() - start < 15
    assert apply(old, change) == new
