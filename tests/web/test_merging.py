"""Merge patches: RFC 7396 to the letter, what a patch may hold, and what it makes of what is stored."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from app.articles.schemas import ArticleIn
from app.content.blocks import WireModel
from app.errors import Invalid
from app.notes.schemas import NoteIn
from app.sources.schemas import SourceIn
from app.tags.schemas import TagIn
from app.web.faults import faults_in
from app.web.merging import Patch, merge, merged, patch_of

TAG: Final[dict[str, Any]] = {
    "slug": "rivers",
    "type": "topic",
    "labels": {"en": "Rivers", "uk": "Річки"},
    "description": {},
    "parent": "nature",
    "same_as": ["https://x.example/1", "https://x.example/2"],
    "order": None,
}
STORY: Final[dict[str, Any]] = {
    "slug": "flood",
    "language": "en",
    "headline": "Water",
    "kicker": None,
    "standfirst": "It rose.",
    "body": [{"id": "b1", "type": "paragraph", "html": "Water."}],
    "image": {"url": "https://x.example/1.jpg", "media": "photo", "width": 640, "focal_point": {"x": 0.5, "y": 0.5}},
    "tags": ["rivers", "weather"],
    "attributions": [],
}
json = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "a"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("document", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
    ids=range(1, 16),
)
def test_the_examples_of_the_standard(document: Any, patch: Any, result: Any) -> None:
    """Source: RFC 7396, appendix A."""
    assert merge(document, patch) == result


@given(document=json, patch=json)
def test_a_patch_laid_over_twice_is_laid_over_once(document: Any, patch: Any) -> None:
    before = repr(document), repr(patch)

    once = merge(document, patch)

    assert merge(once, patch) == once
    assert (repr(document), repr(patch)) == before


@given(patch=json)
def test_what_a_patch_does_not_name_stays(patch: Any) -> None:
    stored = {"a": 1, "b": {"a": [1]}, "c": None}
    if isinstance(patch, dict):
        result = merge(stored, patch)
        assert {name: result.get(name, "gone") for name in stored if name not in patch} == {
            name: value for name, value in stored.items() if name not in patch
        }


# --- what a patch may hold -------------------------------------------------------------------------------------------


def faults(model: type[WireModel], document: Any) -> list[tuple[str | None, str]]:
    """(pointer, code) of what the patches of the model do not take."""
    try:
        patch_of(model).model_validate(document)
    except ValidationError as error:
        return [(fault.pointer, fault.code) for fault in faults_in(error, document)]
    return []


@pytest.mark.parametrize("model", [ArticleIn, NoteIn, SourceIn, TagIn])
def test_every_field_may_be_absent(model: type[WireModel]) -> None:
    patch = patch_of(model).model_validate({})

    assert patch.document() == {}
    assert set(patch_of(model).model_fields) == set(model.model_fields)


@pytest.mark.parametrize("model", [ArticleIn, NoteIn, SourceIn, TagIn])
def test_a_field_may_be_null_where_it_has_a_default(model: type[WireModel]) -> None:
    for name, field in model.model_fields.items():
        refused = [pointer for pointer, _ in faults(model, {name: None})]
        assert refused == ([f"/{name}"] if field.is_required() else []), name


@pytest.mark.parametrize(
    ("document", "where", "code"),
    [
        ([], "", "model-type"),
        ({"revision": 7}, "/revision", "extra-forbidden"),
        ({"kicker": ""}, "/kicker", "string-too-short"),
        ({"language": None}, "/language", "string-type"),
        ({"tags": ["A"]}, "/tags/0", "string-pattern-mismatch"),
        ({"tags": ["a"] * 101}, "/tags", "too-long"),
        ({"image": {"width": 0}}, "/image/width", "greater-than-equal"),
        ({"image": {"size": 0}}, "/image/size", "extra-forbidden"),
        ({"image": {"focal_point": {"x": 2}}}, "/image/focal_point/x", "less-than-equal"),
        ({"image": {"focal_point": {"x": None}}}, "/image/focal_point/x", "float-type"),
        ({"body": [{"type": "paragraph"}]}, "/body/0/html", "missing"),
        ({"body": [{"type": "paragraph", "html": None}]}, "/body/0/html", "string-type"),
        ({"attributions": [{"role": "author"}]}, "/attributions/0/source", "missing"),
    ],
)
def test_what_fits_nowhere_is_refused_before_anything_is_looked_up(document: Any, where: str, code: str) -> None:
    assert faults(ArticleIn, document) == [(where, code)]


@pytest.mark.parametrize(
    "document",
    [
        {"headline": "Mud"},
        {"image": {"width": None, "focal_point": {"x": 0.1}}},
        {"image": {"focal_point": None}, "standfirst": None},
        {"body": [{"type": "divider"}, {"type": "paragraph", "html": "x", "id": "b1"}]},
        {"attributions": [{"source": "wire", "role": "author", "seen_at": "2025-01-22T12:35:00.000Z"}]},
    ],
)
def test_a_patch_is_read_as_it_was_written(document: Any) -> None:
    assert patch_of(ArticleIn).model_validate(document).document() == document


def test_a_patch_of_texts_by_language_may_take_single_ones_away() -> None:
    assert faults(TagIn, {"labels": {"uk": None}, "description": None}) == []
    assert faults(TagIn, {"labels": {"EN!": "x"}}) == [("/labels/EN!", "string-pattern-mismatch")]
    assert faults(TagIn, {"labels": {"en": ""}}) == [("/labels/en", "string-too-short")]


def test_a_patch_is_told_of_under_its_own_name() -> None:
    schema = patch_of(ArticleIn).model_json_schema()

    assert patch_of(ArticleIn) is patch_of(ArticleIn)
    assert schema["title"] == "ArticlePatch"
    assert "required" not in schema
    assert schema["additionalProperties"] is False
    assert {"ImagePatch", "FocalPointPatch", "Block", "Paragraph"} <= set(schema["$defs"])
    assert "Image" not in schema["$defs"]
    assert schema["properties"]["section"]["description"] == "The one tag of type section that it stands in."
    assert not any("default" in field for field in schema["properties"].values())


# --- what it makes of what is stored ---------------------------------------------------------------------------------


def over(model: type[WireModel], stored: dict[str, Any], document: Any) -> dict[str, Any]:
    patch = patch_of(model).model_validate(document)
    return merged(model, stored, patch).model_dump(mode="json")


def test_absent_stays_null_clears_and_lists_are_replaced() -> None:
    found = over(
        TagIn, TAG, {"parent": None, "labels": {"uk": None, "pl": "Rzeki"}, "same_as": ["https://x.example/3"]}
    )

    assert found == TAG | {
        "parent": None,
        "labels": {"en": "Rivers", "pl": "Rzeki"},
        "same_as": ["https://x.example/3"],
    }


def test_objects_are_merged() -> None:
    found = over(ArticleIn, STORY, {"image": {"width": None, "caption": "Mud", "focal_point": {"x": 0.1}}})

    assert found["image"]["url"] == "https://x.example/1.jpg"
    assert (found["image"]["width"], found["image"]["caption"]) == (None, "Mud")
    assert found["image"]["focal_point"] == {"x": 0.1, "y": 0.5}
    assert over(ArticleIn, STORY, {"image": None})["image"] is None


def test_what_is_stored_beside_the_fields_of_the_model_is_left_aside() -> None:
    assert over(TagIn, TAG | {"revision": 7, "modified_at": "2025-01-22T12:35:00.000Z"}, {}) == TAG


def test_a_field_that_only_a_patch_has_is_taken_from_it() -> None:
    class TagEdit(TagIn):
        minor: bool = Field(default=False, strict=True)

    assert over(TagEdit, TAG, {"minor": True})["minor"] is True
    assert over(TagEdit, TAG, {"parent": None})["minor"] is False


@pytest.mark.parametrize(
    ("model", "stored", "document", "where"),
    [
        (TagIn, TAG, {"labels": {"en": None, "uk": None}}, "/labels"),
        (TagIn, TAG, {"labels": {f"a{one}{two}": "x" for one in "abcdefgh" for two in "abcdefgh"}}, "/labels"),
        (ArticleIn, STORY | {"image": None}, {"image": {"focal_point": {"x": 0.1}}}, "/image/focal_point/y"),
    ],
)
def test_what_does_not_fit_with_the_rest_is_refused_with_a_pointer(
    model: type[WireModel], stored: dict[str, Any], document: Any, where: str
) -> None:
    patch = patch_of(model).model_validate(document)
    with pytest.raises(Invalid) as caught:
        merged(model, stored, patch)

    assert [one.pointer for one in caught.value.faults] == [where]


@given(document=st.fixed_dictionaries({}, optional={"kicker": st.none() | st.just("k"), "tags": st.just(["a"])}))
def test_a_patch_laid_over_the_whole_leaves_a_whole(document: dict[str, Any]) -> None:
    patch: Patch = patch_of(ArticleIn).model_validate(document)
    found = merged(ArticleIn, STORY, patch).model_dump(mode="json")

    assert merged(ArticleIn, found, patch).model_dump(mode="json") == found
