"""The OpenAPI document of operations that write: bodies, keys, conditions, refusals, all derived from routes."""

import json
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import Response
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from app.articles.schemas import ArticleIn, ArticleOut
from app.deps import NeedsScope, OptionalCaller
from app.errors import CATALOGUE
from app.tags.schemas import TagIn, TagOut
from app.web import openapi
from app.web.answers import CONFLICT, CREATED, DONE, KEYED, READ, WRITTEN
from app.web.bodies import JSON, MERGE_PATCH, JsonBody
from app.web.caller import SCOPES, Caller
from app.web.conditions import IfMatch
from app.web.merging import Patch, patch_of

Json = dict[str, Any]
STORY: Final[Json] = {"slug": "flood", "language": "en", "headline": "Water", "body": []}
BLOCK: Final[Json] = {"type": "paragraph", "html": "Water."}


class Once:
    """A dependency that reads Idempotency-Key."""

    parameter = "IdempotencyKey"

    async def __call__(self) -> None:
        pass


def _write(caller: Annotated[Caller, Depends(NeedsScope("content:write"))]) -> Caller:
    return caller


def _application(examples: Path) -> FastAPI:
    api = FastAPI(openapi_url=None, generate_unique_id_function=lambda route: route.name)
    router = APIRouter(prefix="/v1/articles", responses=READ)
    writer = Depends(_write)

    @router.get("/{ref}", response_model=ArticleOut)
    async def get_article(ref: str, asking: OptionalCaller) -> Response:
        """One article."""
        return Response(ref)

    @router.post(
        "",
        status_code=201,
        response_model=ArticleOut,
        responses=CREATED,
        dependencies=[writer, Depends(Once())],
    )
    async def create_article(sent: Annotated[ArticleIn, Depends(JsonBody(ArticleIn))]) -> Response:
        """Write an article.

        It begins as a draft.
        """
        return Response(sent.slug)

    @router.patch(
        "/{ref}", response_model=ArticleOut, responses={**WRITTEN, **KEYED, **CONFLICT}, dependencies=[writer]
    )
    async def update_article(
        ref: str, if_match: IfMatch, patch: Annotated[Patch, Depends(JsonBody(patch_of(ArticleIn), JSON, MERGE_PATCH))]
    ) -> Response:
        """Change an article."""
        return Response(ref)

    @router.delete("/{ref}", status_code=204, responses={**DONE, **CONFLICT})
    async def delete_article(
        ref: str,
        if_match: IfMatch,
        one: Annotated[Caller, Depends(NeedsScope("content:withdraw"))],
        two: Annotated[Caller, writer],
    ) -> Response:
        """Delete an article."""
        return Response(ref)

    @router.put("/tags/{slug}", response_model=TagOut, responses=WRITTEN, dependencies=[writer])
    async def put_tag(slug: str, sent: Annotated[TagIn, Depends(JsonBody(TagIn))]) -> Response:
        """Create or replace a tag."""
        return Response(slug)

    @router.patch("/tags/{slug}", response_model=TagOut, responses=WRITTEN, dependencies=[writer])
    async def update_tag(slug: str, patch: Annotated[Patch, Depends(JsonBody(patch_of(TagIn)))]) -> Response:
        """Change a tag."""
        return Response(slug)

    api.include_router(router)
    openapi.install(api, examples, {})
    return api


@cache
def _document(examples: Path = Path("nowhere")) -> Json:
    document: Json = _application(examples).openapi()
    return document


def operation(method: str, path: str = "/v1/articles/{ref}") -> Json:
    operation: Json = _document()["paths"][path][method]
    return operation


def schema(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}", "components": _document()["components"]}


def test_the_document_is_valid() -> None:
    OpenAPIV31SpecValidator(_document()).validate()


def test_a_body_is_described_with_its_media_types() -> None:
    created, changed = operation("post", "/v1/articles")["requestBody"], operation("patch")["requestBody"]

    article, patch = {"$ref": "#/components/schemas/ArticleIn"}, {"$ref": "#/components/schemas/ArticlePatch"}
    assert created == {"required": True, "content": {JSON: {"schema": article}}}
    assert changed == {"required": True, "content": {JSON: {"schema": patch}, MERGE_PATCH: {"schema": patch}}}
    assert "requestBody" not in operation("get")
    assert "requestBody" not in operation("delete")


def test_a_part_has_one_schema_for_bodies_and_one_for_answers() -> None:
    schemas = _document()["components"]["schemas"]

    for name in ("ParagraphBlock", "Block", "Attribution", "Image", "FocalPoint"):
        assert schemas[name] != schemas[f"{name}In"], name
    assert not [name for name in schemas if name.endswith("InIn") or "__" in name or "-" in name]
    assert schemas["ParagraphBlockIn"]["required"] == ["type", "html"]
    assert schemas["ParagraphBlockIn"]["additionalProperties"] is False
    assert set(schemas["ParagraphBlock"]["required"]) == {"id", "type", "html"}
    assert "additionalProperties" not in schemas["ParagraphBlock"]
    assert schemas["BlockIn"]["discriminator"]["mapping"]["paragraph"] == "#/components/schemas/ParagraphBlockIn"
    assert schemas["ArticleIn"]["properties"]["body"]["items"] == {"$ref": "#/components/schemas/BlockIn"}
    changed, cleared = schemas["ArticlePatch"]["properties"]["body"]["anyOf"]
    assert changed["items"] == {"$ref": "#/components/schemas/BlockIn"}
    assert cleared == {"type": "null"}
    assert schemas["ArticleOut"]["properties"]["body"]["items"] == {"$ref": "#/components/schemas/Block"}


@pytest.mark.parametrize(
    ("name", "body", "fits"),
    [
        ("ArticleIn", STORY, True),
        ("ArticleIn", STORY | {"body": [BLOCK]}, True),
        ("ArticleIn", STORY | {"body": [BLOCK | {"id": "b1"}], "kicker": None}, True),
        ("ArticleIn", STORY | {"revision": 1}, False),
        ("ArticleIn", STORY | {"body": [BLOCK | {"x": 1}]}, False),
        ("ArticleIn", {"slug": "flood"}, False),
        ("ArticlePatch", {}, True),
        ("ArticlePatch", {"image": {"focal_point": {"x": 0.5}}, "kicker": None}, True),
        ("ArticlePatch", {"headline": None, "body": None}, True),
        ("ArticlePatch", {"language": None}, False),
        ("ArticlePatch", {"revision": 1}, False),
        ("TagIn", {"slug": "a", "type": "topic", "labels": {"en": "A"}}, True),
        ("TagIn", {"slug": "a", "type": "topic", "labels": {"EN!": "A"}}, False),
    ],
)
def test_the_schema_of_a_body_accepts_what_the_model_accepts(name: str, body: Json, fits: bool) -> None:
    assert Draft202012Validator(schema(name)).is_valid(body) == fits


def test_texts_by_language_are_maps_that_tools_know() -> None:
    assert "patternProperties" not in json.dumps(_document())


@pytest.mark.parametrize(
    ("method", "path", "statuses"),
    [
        ("get", "/v1/articles/{ref}", "200 304 401 422 503 default"),
        ("post", "/v1/articles", "201 400 401 403 413 415 422 503 default"),
        ("patch", "/v1/articles/{ref}", "200 400 401 403 409 412 413 415 422 428 503 default"),
        ("delete", "/v1/articles/{ref}", "204 400 401 403 409 412 422 428 503 default"),
        ("put", "/v1/articles/tags/{slug}", "200 400 401 403 413 415 422 503 default"),
    ],
)
def test_an_operation_lists_the_refusals_of_what_it_reads(method: str, path: str, statuses: str) -> None:
    assert " ".join(operation(method, path)["responses"]) == statuses


def test_a_created_object_has_its_location_in_a_header() -> None:
    created = operation("post", "/v1/articles")["responses"]["201"]

    assert created["description"] == "Write an article."
    assert {"Location", "ETag"} <= created["headers"].keys()
    assert "ETag" in operation("patch")["responses"]["200"]["headers"]
    assert "content" not in operation("delete")["responses"]["204"]


def test_an_operation_lists_the_scopes_it_needs() -> None:
    assert operation("get")["security"] == [{}, {"key": []}]
    assert operation("post", "/v1/articles")["security"] == [{"key": ["content:write"]}]
    assert sorted(operation("delete")["security"][0]["key"]) == ["content:withdraw", "content:write"]
    scheme = _document()["components"]["securitySchemes"]["key"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert all(f"`{scope}`" in scheme["description"] for scope in SCOPES)


@pytest.mark.parametrize(
    ("method", "path", "names"),
    [
        ("get", "/v1/articles/{ref}", {"IfNoneMatch", "MinPosition"}),
        ("post", "/v1/articles", {"IdempotencyKey"}),
        ("patch", "/v1/articles/{ref}", {"IfMatch"}),
        ("delete", "/v1/articles/{ref}", {"IfMatch"}),
    ],
)
def test_the_headers_that_an_operation_reads_are_its_parameters(method: str, path: str, names: set[str]) -> None:
    refs = [parameter["$ref"] for parameter in operation(method, path)["parameters"] if "$ref" in parameter]

    assert sorted(refs) == sorted(f"#/components/parameters/{name}" for name in names)


def test_every_refusal_has_an_example_of_its_own_kind() -> None:
    for name, answer in _document()["components"]["responses"].items():
        for content in answer.get("content", {}).values():
            if (example := content.get("example")) is not None:
                assert example["code"] in CATALOGUE, name
                part = schema(content["schema"]["$ref"].rpartition("/")[2])
                assert Draft202012Validator(part).is_valid(example), name
    made = {"Malformed", "Forbidden", "Conflict", "Stale", "TooLarge", "UnsupportedMediaType", "Unconditional"}
    assert made <= _document()["components"]["responses"].keys()


def test_a_component_that_nothing_refers_to_is_left_out() -> None:
    components = _document()["components"]

    assert "Withdrawn" not in components["responses"]
    assert "WithdrawnProblem" not in components["schemas"]
    assert "Link" in components["headers"]
    assert "Moved" not in components["responses"]


def test_a_write_is_shown_by_an_example(tmp_path: Path) -> None:
    example = {"method": "POST", "request": "/v1/articles", "body": STORY, "answer": {"slug": "flood"}}
    (tmp_path / "create_article.json").write_text(json.dumps(example))

    shown = _document(tmp_path)["paths"]["/v1/articles"]["post"]

    assert shown["requestBody"]["content"][JSON]["examples"] == {"sample": {"value": STORY}}
    assert shown["responses"]["201"]["content"][JSON]["examples"] == {
        "sample": {"summary": "POST /v1/articles", "value": {"slug": "flood"}}
    }
    assert shown["summary"] == "Write an article"
    assert shown["description"] == "It begins as a draft."
