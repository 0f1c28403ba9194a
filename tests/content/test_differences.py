"""What a difference tells, in both languages, and that applying it gives the new document."""

import copy
import json
import random
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.differences import Difference, Piece, apply, difference

SIGNS = {"equal": "{}", "delete": "[-{}-]", "insert": "[+{}+]"}
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.lists(
    st.sampled_from(["під’їзд", "м'яч", " ", ", ", "<b>", "</b>", "&amp;", "tram", "<", "1"]), max_size=8
).map("".join)
scalars = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, 1.0, 0.5]) | texts
values = st.recursive(scalars, lambda one: st.lists(one, max_size=4) | st.dictionaries(texts, one, max_size=3))
blocks = st.fixed_dictionaries(
    {"id": st.sampled_from("b1 b2 b3 b4 b5 b6".split()), "type": st.sampled_from(["paragraph", "list"])},
    optional={"html": texts, "items": st.lists(texts, max_size=4), "rows": st.lists(st.lists(texts, max_size=3))},
)
bodies = st.lists(blocks, max_size=6, unique_by=lambda block: block["id"]) | st.lists(blocks, max_size=3) | values
fields = st.dictionaries(st.sampled_from(["headline", "tags", "image", "as_of"]), values)
documents = fields | st.builds(lambda some, body: {**some, "body": body}, fields, bodies)


def same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def marked(pieces: list[Piece] | None) -> str:
    return "".join(SIGNS[piece.op].format(piece.text) for piece in pieces or [])


@pytest.mark.parametrize(
    "pair",
    [
        ("2024-10-03T14:28:00.000Z", "2026-11-22T22:10:24.391Z"),
        ("019252c7-d180-77c7-9a55-11a354c096ee", "0196a952-8640-7af9-9ede-1fa8797a5517"),
    ],
)
def test_instants_and_ids_are_not_compared_word_by_word(pair: tuple[str, str]) -> None:
    (found,) = difference({"updated_at": pair[0]}, {"updated_at": pair[1]}).fields
    assert (found.old, found.new, found.words) == (*pair, None)


def words(old: str, new: str) -> str:
    return marked(difference({"text": old}, {"text": new}).fields[0].words)


def paragraph(name: str, html: str) -> dict[str, Any]:
    return {"id": name, "type": "paragraph", "html": html}


def outline(found: Difference) -> list[tuple[str, str]]:
    return [(entry.op, entry.id) for entry in found.body or []]


@pytest.mark.parametrize(
    ("old", "new", "told"),
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
def test_words_are_told_apart_but_never_cut(old: str, new: str, told: str) -> None:
    assert words(old, new) == told


def test_a_field_has_its_values_before_and_after() -> None:
    found = difference({"section": None, "ednote": "x", "same": 1}, {"section": "city", "same": 1})
    assert found.model_dump(exclude_defaults=True) == {
        "fields": [{"field": "section", "old": None, "new": "city"}, {"field": "ednote", "old": "x"}],
        "body": None,
    }


def test_one_true_and_one_point_zero_are_different_values() -> None:
    found = difference({"a": 1, "b": [1]}, {"a": True, "b": [1.0]})
    assert [change.field for change in found.fields] == ["a", "b"]


def test_a_body_is_told_in_reading_order() -> None:
    old = [paragraph("b1", "Дощ."), paragraph("b2", "Сніг іде."), paragraph("b3", "Вітер."), paragraph("b4", "Град.")]
    new = [paragraph("b4", "Град."), paragraph("b1", "Дощ."), paragraph("b5", "Туман."), paragraph("b3", "Вітер був.")]
    found = difference({"body": old}, {"body": new})
    assert outline(found) == [
        ("moved", "b4"),
        ("kept", "b1"),
        ("removed", "b2"),
        ("added", "b5"),
        ("changed", "b3"),
    ]
    assert found.body is not None
    assert found.body[0].model_dump(include={"old_place", "new_place", "fields"}) == {
        "old_place": 3,
        "new_place": 0,
        "fields": [],
    }


def test_a_block_of_another_type_is_removed_and_added() -> None:
    old, new = paragraph("b1", "Trams"), {"id": "b1", "type": "heading", "level": 2, "text": "Trams"}
    assert outline(difference({"body": [old]}, {"body": [new]})) == [("removed", "b1"), ("added", "b1")]


def test_items_and_rows_are_told_one_by_one() -> None:
    old = {"rows": [["Line", "Cars"], ["One", "10"], ["Two", "12"]], "items": ["red tram", "blue bus"]}
    new = {
        "rows": [["Line", "Cars"], ["One", "11"], ["Two", "12"]],
        "items": ["green boat", "big red tram", "blue bus"],
    }
    rows, items = difference(old, new).fields
    assert [item.op for item in rows.items or []] == ["equal", "change", "equal"]
    assert [item.op for item in (rows.items or [])[1].items or []] == ["equal", "change"]
    assert [item.op for item in items.items or []] == ["insert", "change", "equal"]
    assert marked((items.items or [])[1].words) == "[+big +]red tram"


@pytest.mark.parametrize("names", [("b1", "b1"), ("", None), (1, [])])
def test_a_body_without_ids_of_its_own_is_told_as_a_field(names: tuple[Any, Any]) -> None:
    old = {"body": [{"id": name, "type": "divider"} for name in names]}
    found = difference(old, {"body": []})
    assert (found.body, [change.field for change in found.fields]) == (None, ["body"])
    assert apply(old, found) == {"body": []}


@given(documents, documents)
def test_applying_a_difference_gives_the_new_document(old: Any, new: Any) -> None:
    before = copy.deepcopy(old)
    found = difference(old, new)
    sent = Difference.model_validate_json(found.model_dump_json())
    assert same(apply(old, found), new)
    assert same(apply(old, sent), new)
    assert same(old, before)


@given(documents)
def test_equal_documents_do_not_differ(document: Any) -> None:
    assert difference(document, copy.deepcopy(document)) == Difference(fields=[], body=None)


@given(texts, texts)
def test_the_pieces_make_up_both_texts(old: str, new: str) -> None:
    pieces = [piece for change in difference({"t": old}, {"t": new}).fields for piece in change.words or []]
    if old != new:
        assert "".join(piece.text for piece in pieces if piece.op != "insert") == old
        assert "".join(piece.text for piece in pieces if piece.op != "delete") == new
        assert all(piece.text for piece in pieces)


@pytest.mark.parametrize("vocabulary", [2, 60, 5_000])
def test_a_body_of_the_greatest_size_takes_no_seconds(vocabulary: int) -> None:
    chance = random.Random(7)

    def text() -> str:
        return " ".join(f"сл{chance.randrange(vocabulary):04}" for _ in range(2_857))[:20_000]

    some = [text() for _ in range(40)]
    old = {"body": [paragraph(f"b{n}", some[n % 40]) for n in range(2_000)]}
    new = {"body": [paragraph(f"b{n}", some[(n + 1) % 40]) for n in chance.sample(range(2_000), 2_000)]}
    start = process_time()
    found = difference(old, new)
    assert process_time() - start < 15
    assert apply(old, found) == new
