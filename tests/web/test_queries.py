"""Query parameters as models: comma-separated lists, and what a cursor is bound to."""

from typing import Annotated, Any, Literal

import pytest
from fastapi import FastAPI, Query
from httpx import ASGITransport, AsyncClient
from pydantic import Field, TypeAdapter, ValidationError, model_validator

from app.web.fields import Id, Slug
from app.web.queries import COMMA_LIST, PageQuery, check_number_of_values, comma_list


class StoryQuery(PageQuery):
    tag: list[Annotated[tuple[str, ...], comma_list(Slug)]] = Field(default=[], description="Tags.")
    kind: Annotated[tuple[str, ...], comma_list(Literal["a", "b", "c"], most=2)] | None = Field(
        default=None, description="Kinds.", examples=["a,b"]
    )
    ids: Annotated[tuple[str, ...], comma_list(Id)] | None = None
    fields: str | None = None

    @model_validator(mode="after")
    def _has_few_values(self) -> "StoryQuery":
        check_number_of_values({"tag": self.tag, "kind": [self.kind]})
        return self


def refusals(**values: Any) -> list[tuple[str, str]]:
    """(code, message) of each fault of the query."""
    with pytest.raises(ValidationError) as caught:
        StoryQuery.model_validate(values)
    return [(error["type"], error["msg"]) for error in caught.value.errors()]


@pytest.mark.parametrize("digits", [20, 5_000])
def test_a_number_of_more_digits_than_any_has_is_refused(digits: int) -> None:
    assert refusals(limit="9" * digits) == [("too_long", "has more than 19 digits")]


def test_a_comma_list_is_a_tuple_of_its_distinct_values() -> None:
    query = StoryQuery.model_validate({"tag": ["b,a,b", "c"], "kind": "a"})

    assert query.tag == [("b", "a"), ("c",)]
    assert query.kind == ("a",)
    assert StoryQuery().kind is None
    assert StoryQuery(kind=("a", "b")).kind == ("a", "b")


@pytest.mark.parametrize(
    ("value", "wrong"), [("", ""), ("a,", ""), (",a", ""), ("a,,b", ""), ("b,A", "A"), ("a b,c", "a b")]
)
def test_a_comma_list_is_refused_with_the_part_that_is_wrong(value: str, wrong: str) -> None:
    (refusal,) = refusals(tag=[value])

    assert refusal[0] == "invalid"
    assert refusal[1].startswith(f"{wrong!r} is ")


def test_a_comma_list_of_names_is_refused_with_the_names() -> None:
    with pytest.raises(ValidationError) as caught:
        StoryQuery.model_validate({"kind": "a,x"})

    (error,) = caught.value.errors()
    assert (error["type"], error["msg"]) == ("unknown_name", "'x' is not one of the names there are")
    assert error["ctx"]["expected"] == "'a', 'b' or 'c'"


def test_a_comma_list_has_a_limit_before_repeated_values_are_dropped() -> None:
    assert refusals(kind="a,a,a") == [("too_many", "has more than 2 values")]


def test_all_lists_together_have_a_limit() -> None:
    ten = ",".join(f"t{n}" for n in range(10))

    StoryQuery.model_validate({"tag": [ten, ten, ten]})
    assert refusals(tag=[ten, ten, ten], kind="a")[0][0] == "too_many"


def test_filters_are_what_was_sent_without_the_parameters_of_the_page() -> None:
    query = StoryQuery.model_validate({"tag": ["b,a,b", "c"], "kind": "b,a", "limit": "5", "fields": "x"})

    assert query.filters() == {"tag": ["b,a", "c"], "kind": "b,a"}


@pytest.mark.parametrize("other", ["limit", "cursor"])
def test_ids_stand_alone(other: str) -> None:
    values = {"ids": "01948e3c-7a5b-7cc3-8000-0f1d2c3b4a59", other: "5"}

    assert refusals(**values)[0][0] == "conflict"


async def test_fastapi_reads_comma_lists_and_describes_them_as_arrays() -> None:
    api = FastAPI()

    @api.get("/")
    async def read(query: Annotated[StoryQuery, Query()]) -> dict[str, object]:
        return {"tag": query.tag, "kind": query.kind}

    async with AsyncClient(transport=ASGITransport(api), base_url="http://dovidka.test") as client:
        answer = await client.get("/?tag=a,b&tag=c&kind=b,a")

    assert answer.json() == {"tag": [["a", "b"], ["c"]], "kind": ["b", "a"]}
    described = {
        parameter["name"]: parameter["schema"] for parameter in api.openapi()["paths"]["/"]["get"]["parameters"]
    }
    lists = described["tag"]
    assert (lists["type"], lists["default"], lists["description"]) == ("array", [], "Tags.")
    assert lists["items"] == {**COMMA_LIST, "items": TypeAdapter(Slug).json_schema()}
    kinds, nothing = described["kind"]["anyOf"]
    assert kinds == {**COMMA_LIST, "items": {"type": "string", "enum": ["a", "b", "c"]}}
    assert nothing == {"type": "null"}
    assert described["kind"]["examples"] == ["a,b"]
