"""The OpenAPI document is a product: valid, complete, stable, and true of what the API answers."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient
from openapi_spec_validator import OpenAPIV31SpecValidator, OpenAPIV32SpecValidator

from app.errors import CATALOGUE
from app.formats.routes import FORMATS
from app.web.highlights import HIGHLIGHTED
from tests.conftest import Fresh, client
from tests.openapi import (
    BY_HAND,
    EXAMPLES,
    NAMED_BY_SERVER,
    UNTRIED,
    ask,
    at_the_desk,
    check_answer,
    document,
    errors,
    every_scope,
    is_public,
    operations,
    printed,
    refusals,
    resolve,
    said,
    settled,
    success_of,
    tried,
    written,
)

# An id is for ever: clients generate names from it.
IDS = """
act_on_articles check_live check_ready correct_article create_article create_article_preview create_collection
create_key create_note create_note_preview create_source create_tag create_webhook delete_article delete_collection
delete_note delete_source delete_tag delete_webhook discard_collection_working_copy discard_working_copy erase_article
erase_collection erase_note get_archive get_article get_article_difference get_article_html get_article_jsonld
get_article_markdown get_article_ninjs get_article_revision get_article_revision_html get_article_revision_jsonld
get_article_revision_markdown get_article_revision_ninjs get_article_revision_text get_article_text get_collection
get_collection_difference get_collection_revision get_collection_working_copy get_key get_note get_note_difference
get_note_html get_note_jsonld get_note_markdown get_note_ninjs get_note_revision get_note_revision_html
get_note_revision_jsonld get_note_revision_markdown get_note_revision_ninjs get_note_revision_text get_note_text
get_preview get_preview_html get_preview_jsonld get_preview_markdown get_preview_ninjs get_preview_text get_source
get_source_revision get_tag get_tag_revision get_webhook get_working_copy get_working_copy_html
get_working_copy_jsonld get_working_copy_markdown get_working_copy_ninjs get_working_copy_text import_documents
list_article_revisions list_articles list_changes list_collection_items list_collection_revisions list_collections
list_deliveries list_keys list_note_revisions list_notes list_quotes list_redirects list_related_articles
list_source_revisions list_sources list_tag_revisions list_tags list_timeline list_webhooks publish_article
publish_collection publish_note put_collection put_note put_source put_tag replay_webhook restore_article_revision
restore_collection_revision restore_note_revision revoke_key rotate_webhook_secret search_content stream_changes
suggest_content test_webhook unpublish_article unpublish_collection unpublish_note update_article update_collection
update_collection_working_copy update_note update_source update_tag update_webhook update_working_copy
withdraw_article withdraw_collection withdraw_note
""".split()
WRITING = [name for name in IDS if name.split("_")[0] not in {"check", "get", "list", "search", "stream", "suggest"}]
# What a parameter needs beside it.
NEEDS = {
    "highlight": {"q": "tram"},
    "role": {"source": "lev-shchedryk"},
    "fallback": {"language": "uk"},
    "tz": {"date": "2025"},
    "status": {"perspective": "drafts"},
    "working_copy": {"perspective": "drafts"},
    "actor": {"perspective": "drafts"},
}
# Parameters without an example: a cursor is signed by the server that made it.
NO_EXAMPLE = {"cursor"}


def everything(part: Any) -> Iterator[Any]:
    yield part
    if isinstance(part, dict | list):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from everything(inner)


def parameters(operation: dict[str, Any], place: str) -> list[dict[str, Any]]:
    return [one for one in map(resolve, operation["parameters"]) if one["in"] == place]


def example_of(parameter: dict[str, Any]) -> Any:
    return parameter["examples"]["sample"]["value"]


def test_the_document_is_valid_for_the_version_it_declares() -> None:
    assert document()["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(document()).validate()


def test_operation_ids_are_unique_and_stable() -> None:
    ids = [one["operationId"] for path in document()["paths"].values() for one in path.values()]
    assert sorted(ids) == IDS


@pytest.mark.parametrize("name", IDS)
def test_an_operation_says_what_it_does_and_how_it_fails(name: str) -> None:
    path, operation = operations()[name]
    assert operation["summary"]
    assert not operation["summary"].endswith(".")
    assert operation["description"]
    assert set(operation["tags"]) <= {tag["name"] for tag in document()["tags"] if tag["description"]}
    for parameter in parameters(operation, "path") + parameters(operation, "query"):
        assert parameter["description"], parameter
        needs_none = parameter["name"] in NO_EXAMPLE or (parameter["in"] == "path" and name in NAMED_BY_SERVER)
        assert needs_none or "sample" in parameter["examples"], parameter
    answers, success = operation["responses"], success_of(operation)
    if success != "204":
        ((media_type, content),) = answers[success]["content"].items()
        assert media_type == MEDIA_TYPES.get(name, "application/json")
        assert name == "stream_changes" or content["examples"]["sample"]["value"]
    expected = {success, "default"}
    expected |= {"422"}
    if path.startswith("/v1"):
        expected |= {"401", "503"}
    if path.startswith("/v1") and name not in {*WRITING, "stream_changes"}:
        expected |= {"304"}
    if name in {"list_changes", "stream_changes"}:
        expected |= {"410"}
    if not is_public(operation) or "perspective" in [one["name"] for one in parameters(operation, "query")]:
        expected |= {"403"}
    if name.startswith("put_"):
        expected |= {"201"}
    elif "{" in path:
        expected |= {"404"}
    if path.startswith("/v1/articles/") and is_public(operation):
        expected |= {"308"}
    if path.startswith(("/v1/articles/", "/v1/notes/", "/v1/collections/", "/v1/previews/")) and is_public(operation):
        expected |= {"410"}
    if name == "check_ready":
        expected |= {"503"}
    assert set(answers) - CONDITIONAL == expected - CONDITIONAL
    assert set(answers) & CONDITIONAL == refusals_of_writing(operation)


MEDIA_TYPES = {"import_documents": "application/x-ndjson", "stream_changes": "text/event-stream"}
MEDIA_TYPES |= {name: format.media_type for name in IDS for format in FORMATS if name.endswith(f"_{format.name}")}
CONDITIONAL = {"400", "409", "412", "413", "415", "428"}


def refusals_of_writing(operation: dict[str, Any]) -> set[str]:
    """How an operation can be refused by what it takes. That of articles can each be in the way of another state."""
    found = set()
    if "requestBody" in operation:
        found |= {"400", "415"} if operation["operationId"] == "import_documents" else {"400", "413", "415"}
    if "If-Match" in [one["name"] for one in parameters(operation, "header")]:
        found |= {"400", "412"} if operation["operationId"].split("_")[0] in ACTIONS else {"400", "412", "428"}
    if operation["operationId"] in WRITING and operation["operationId"] not in {*BY_HAND, *NEVER_IN_THE_WAY}:
        found |= {"409"}
    return found


# What says what it saw is held to it, and need not say it.
ACTIONS = {"restore", "publish", "unpublish", "withdraw", "erase", "correct"}
# What was found can always be done.
NEVER_IN_THE_WAY = {"create_article_preview", "create_note_preview", "discard_working_copy", "import_documents"}
NEVER_IN_THE_WAY |= {"delete_collection", "discard_collection_working_copy"}
NEVER_IN_THE_WAY |= {"act_on_articles"}
# What is issued is not stored, and of an import each line is answered for itself, of many articles each one.
UNREPEATED = {"act_on_articles", "create_article_preview", "create_note_preview", "import_documents"}
READING_NEEDS: list[dict[str, list[str]]] = [{}, {"key": []}]


@pytest.mark.parametrize(
    ("name", "scopes"),
    [
        ("list_articles", None),
        ("get_preview", None),
        ("create_article", ["content:write"]),
        ("update_article", ["content:write"]),
        ("delete_article", ["content:write"]),
        ("get_working_copy", ["drafts:read"]),
        ("update_working_copy", ["content:write"]),
        ("discard_working_copy", ["content:write"]),
        ("publish_article", ["content:publish"]),
        ("unpublish_article", ["content:publish"]),
        ("correct_article", ["content:publish"]),
        ("restore_article_revision", ["content:write"]),
        ("restore_note_revision", ["content:write"]),
        ("withdraw_article", ["content:withdraw"]),
        ("erase_article", ["content:withdraw"]),
        ("create_article_preview", ["drafts:read"]),
        ("create_tag", ["content:write"]),
        ("put_source", ["content:write"]),
        ("update_note", ["content:write"]),
        ("publish_note", ["content:publish"]),
        ("unpublish_note", ["content:publish"]),
        ("withdraw_note", ["content:withdraw"]),
        ("erase_note", ["content:withdraw"]),
        ("create_note_preview", ["drafts:read"]),
        ("import_documents", ["content:write"]),
        ("create_key", ["keys"]),
    ],
)
def test_an_operation_says_which_scope_it_takes(name: str, scopes: list[str] | None) -> None:
    assert operations()[name][1]["security"] == (READING_NEEDS if scopes is None else [{"key": scopes}])


@pytest.mark.parametrize("name", WRITING)
def test_a_write_says_how_it_is_made_safe_to_repeat(name: str) -> None:
    """PATCH and DELETE by If-Match, POST by Idempotency-Key; an action on what is there takes both."""
    path, operation = operations()[name]
    method = next(one for one, declared in document()["paths"][path].items() if declared is operation)
    taken = {one["name"] for one in parameters(operation, "header")}
    if name in BY_HAND | UNREPEATED:
        assert taken <= {"If-Match"}
    else:
        expected = {"Idempotency-Key" if method == "post" else "If-Match"}
        assert taken == (expected | {"If-Match"} if name.split("_")[0] in ACTIONS else expected)
        success = operation["responses"][success_of(operation)]
        assert ("Idempotency-Replayed" in success["headers"]) == (method == "post")
        assert "Content-Position" in success["headers"]


def test_every_error_is_a_problem_with_an_example() -> None:
    for name, answer in document()["components"]["responses"].items():
        if name == "NotModified":
            assert "content" not in answer
            continue
        if name == "Moved":
            assert answer["content"]["application/json"]["example"]["slug"]
            continue
        ((media_type, content),) = answer["content"].items()
        assert media_type == "application/problem+json"
        model = f"{name}Problem" if name in {"Withdrawn", "Forbidden", "Stale", "Trimmed"} else "Problem"
        assert content["schema"]["$ref"] == f"#/components/schemas/{model}"
        assert content["example"]["code"] in CATALOGUE


def test_nothing_of_the_framework_is_left() -> None:
    text = json.dumps(document())
    assert "ValidationError" not in text
    assert "Successful Response" not in text
    assert '"title": "' not in json.dumps(document()["paths"]).replace('"title": "N', "").replace('"title": "T', "")


def test_a_schema_has_nothing_but_keywords_of_json_schema() -> None:
    """A bound that Pydantic cannot translate stands there as `ge`, and binds nobody."""
    for name, schema in _all_schemas():
        assert not {"ge", "gt", "le", "lt", "strict", "x-explode"} & schema.keys(), (name, schema)


def test_a_schema_has_no_field_of_its_own_name() -> None:
    """In Python the object that is made and its field would be one variable."""
    for name, schema in document()["components"]["schemas"].items():
        assert re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() not in schema.get("properties", {}), name


def test_no_text_is_a_union_with_the_empty_text() -> None:
    for name, schema in _all_schemas():
        assert {"type": "string", "const": ""} not in schema.get("anyOf", ()), name


def test_what_a_body_may_leave_out_has_no_default() -> None:
    for name, schema in document()["components"]["schemas"].items():
        for field, part in schema.get("properties", {}).items():
            assert "default" not in part, (name, field)
    identity = document()["components"]["schemas"]["SourceIn"]["properties"]["identity"]
    assert identity["description"].endswith('`"named"` where it is left out.')


@pytest.mark.parametrize(
    ("name", "parameter", "values"),
    [
        ("list_articles", "include", ["tags", "sources", "notes", "relations", "translations"]),
        ("get_note", "include", ["tags", "sources"]),
        ("list_tags", "type", ["topic", "section", "person", "organisation", "place", "event", "series"]),
        ("list_sources", "identity", ["named", "role_only", "withheld"]),
    ],
)
def test_a_list_with_commas_is_an_array_of_enumerated_values(name: str, parameter: str, values: list[str]) -> None:
    (described,) = (one for one in parameters(operations()[name][1], "query") if one["name"] == parameter)
    assert (described["style"], described["explode"]) == ("form", False)
    assert described["schema"] == {"type": "array", "items": {"type": "string", "enum": values}}


def test_the_level_of_a_heading_is_one_of_three() -> None:
    level = document()["components"]["schemas"]["HeadingBlock"]["properties"]["level"]
    assert (level["type"], level["enum"]) == ("integer", [2, 3, 4])


def test_a_list_that_may_be_repeated_is_an_array_of_lists_with_commas() -> None:
    (tag,) = (one for one in parameters(operations()["list_articles"][1], "query") if one["name"] == "tag")
    assert "explode" not in tag
    assert re.fullmatch(tag["schema"]["items"]["pattern"], "trams,night-ferry")
    assert not re.fullmatch(tag["schema"]["items"]["pattern"], "trams,,night-ferry")


def test_events_have_named_schemas() -> None:
    sent = {name: operations["post"]["requestBody"] for name, operations in document()["webhooks"].items()}
    refs = {name: body["content"]["application/json"]["schema"]["$ref"] for name, body in sent.items()}
    assert refs == {
        "change": "#/components/schemas/WebhookEvent",
        "test": "#/components/schemas/WebhookTestEvent",
    }
    (stream,) = operations()["stream_changes"][1]["responses"]["200"]["content"].values()
    assert stream["schema"] == {"$ref": "#/components/schemas/StreamedChange"}


async def test_the_newer_document_describes_each_event_of_the_stream(newsroom: AsyncClient) -> None:
    newer = (await newsroom.get("/openapi-3.2.json")).json()
    OpenAPIV32SpecValidator(newer).validate()
    (stream,) = newer["paths"]["/v1/changes/stream"]["get"]["responses"]["200"]["content"].values()
    data = stream["itemSchema"]["properties"]["data"]["contentSchema"]
    assert data == {"$ref": "#/components/schemas/StreamedChange"}
    assert newer["paths"].keys() == document()["paths"].keys()


def test_reading_comes_first_and_every_operation_has_one_place() -> None:
    groups = {group["name"]: group["tags"] for group in document()["x-tagGroups"]}
    assert [*groups] == ["Reading", "The desk", "The server"]
    placed = [tag for tags in groups.values() for tag in tags]
    assert sorted(placed) == sorted(tag["name"] for tag in document()["tags"])
    for name, (_, operation) in operations().items():
        assert len(operation["tags"]) == 1
        assert (operation["tags"][0] in groups["Reading"]) <= is_public(operation), name


def _all_schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema, with the path or the component that it stands in."""
    parts = {**document()["paths"], **document()["components"]["schemas"]}
    for name, part in parts.items():
        for inner in everything(part):
            if isinstance(inner, dict) and isinstance(inner.get("type"), str):
                yield name, inner
            if isinstance(inner, dict) and isinstance(inner.get("anyOf"), list):
                yield name, inner


def test_a_parameter_is_never_null() -> None:
    for _, operation in operations().values():
        for parameter in map(resolve, operation["parameters"]):
            assert {"type": "null"} not in list(everything(parameter["schema"])), parameter


def test_blocks_are_told_apart_by_their_type() -> None:
    block = document()["components"]["schemas"]["Block"]
    mapping = block["discriminator"]["mapping"]
    assert block["discriminator"]["propertyName"] == "type"
    assert {one["$ref"] for one in block["oneOf"]} == set(mapping.values())
    for name, ref in mapping.items():
        assert resolve({"$ref": ref})["properties"]["type"] == {"type": "string", "const": name}
    for name in ("ArticleAnswer", "NoteOut"):
        body = document()["components"]["schemas"][name]["properties"]["body"]
        assert body["items"] == {"$ref": "#/components/schemas/Block"}


def test_a_field_of_an_answer_is_always_there() -> None:
    """The exceptions: `included` and its like, which are there when asked for, groups of `included`, what the desk
    alone is shown, and what a fault is about."""
    for name in answered():
        schema = document()["components"]["schemas"][name]
        if "properties" not in schema or name.endswith(("Included", "Selection")):
            continue
        optional = set(schema["properties"]) - set(schema.get("required", ()))
        asked_for = {
            "included",
            "ednote",
            "working_copy",
            "actor",
            "after",
            "dead_letters",
            "body_html",
            "body_text",
            "renditions",
            "facets",
            "explain",
            *HIGHLIGHTED,
        }
        assert optional <= asked_for | {"old", "new"} or name == "ProblemFault", (name, optional)
        assert not any("default" in field for field in schema["properties"].values()), name


def test_every_field_says_what_it_holds() -> None:
    """But for the `items` of a page, the `type` of a block, and what is a schema with words of its own."""
    for name, schema in document()["components"]["schemas"].items():
        silent = {
            field for field, one in schema.get("properties", {}).items() if not one.keys() & {"description", "$ref"}
        }
        assert silent <= {"items", "type"}, (name, silent)


def answered() -> set[str]:
    """Names of the schemas that answers have, directly or not."""
    found: set[str] = set()
    answers = [one["responses"] for _, one in operations().values()]
    left = [one["$ref"] for one in everything(answers) if isinstance(one, dict) and "$ref" in one]
    while left:
        kind, name = left.pop().split("/")[2:]
        if (kind, name) != ("schemas", name) or name not in found:
            found |= {name} if kind == "schemas" else set()
            part = document()["components"][kind][name]
            left += [one["$ref"] for one in everything(part) if isinstance(one, dict) and "$ref" in one]
    return found


def test_no_host_is_named() -> None:
    for text in everything(document()):
        if isinstance(text, str) and not text.startswith("^"):
            # Names of vocabularies have the form of addresses; nobody asks there.
            iptc = r"http://www\.iptc\.org/std/|http://cv\.iptc\.org/newscodes/"
            names = rf"https://schema\.org|{iptc}|https?://[a-z-]+\.example(?![\w.])"
            assert "://" not in re.sub(names, "", text), text


def test_every_part_is_used() -> None:
    refs = {one["$ref"] for one in everything(document()) if isinstance(one, dict) and "$ref" in one}
    for kind, parts in document()["components"].items():
        for name in parts:
            assert kind == "securitySchemes" or f"#/components/{kind}/{name}" in refs, (kind, name)


def test_it_is_printed_the_same_each_time() -> None:
    printed = {
        subprocess.run(
            [sys.executable, "-m", "app", "openapi"],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"},
            cwd=Path(__file__).parent.parent,
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert [json.loads(one) for one in printed] == [document()]


async def test_it_is_served_as_other_answers_are(newsroom: AsyncClient) -> None:
    served = await newsroom.get("/openapi.json")
    assert (served.status_code, served.headers["content-type"]) == (200, "application/json")
    assert served.json() == document()
    assert served.headers["content-encoding"] == "gzip"
    again = await newsroom.get("/openapi.json", headers={"If-None-Match": served.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", refusals())
async def test_an_example_of_a_refusal_is_what_the_sample_answers(newsroom: AsyncClient, name: str) -> None:
    """Where this fails because the sample changed: python -m tests.openapi."""
    example = json.loads((EXAMPLES / f"{name}.json").read_text())
    answer = await ask(newsroom, example)
    assert settled(said(answer)) == settled(example["answer"])
    check_answer(answer, "list_articles" if "method" in example else None)
    ((_, content),) = document()["components"]["responses"][name]["content"].items()
    assert content["example"] == example["answer"]


async def test_every_example_works_as_printed_one_after_the_other(fresh: Fresh) -> None:
    """In the order of the reference page, in one sample newsroom: what a visitor of that page can do.

    Where an answer differs because the sample changed: python -m tests.openapi.
    """
    names = tried()
    assert len(names) == len(IDS) - len(UNTRIED)
    with fresh(sample=True) as url:
        async with client(url) as api:
            key = await every_scope(url)
            for name in names:
                api.headers.update(key if name in at_the_desk() else {})
                answer = await api.request(**printed(name))
                assert answer.is_success, (name, answer.text)
                check_answer(answer, name)
                example = json.loads((EXAMPLES / f"{name}.json").read_text())
                if name not in BY_HAND:
                    kept = written if name in at_the_desk() else settled
                    assert kept(said(answer)) == kept(example["answer"]), name


def test_nothing_is_sent_that_the_visitor_has_not_chosen() -> None:
    """Scalar fills in what has an example. An Idempotency-Key would be used up by the first request that carries it."""
    examples = [(name, printed(name)["headers"].keys() - {"Content-Type"}) for name in IDS if name not in UNTRIED]
    assert {header for _, headers in examples for header in headers} == {"If-Match"}


@pytest.mark.parametrize("name", sorted(BY_HAND | at_the_desk() - UNTRIED))
def test_an_example_of_the_desk_is_as_declared(name: str) -> None:
    _, operation = operations()[name]
    answers = operation["responses"][success_of(operation)].get("content", {})
    bodies = operation.get("requestBody", {}).get("content", {})
    assert bool(answers) == (success_of(operation) != "204")
    for content in [*answers.values(), *bodies.values()]:
        assert not [*errors(content["examples"]["sample"]["value"], content)]


@pytest.mark.parametrize("name", sorted({*IDS} - at_the_desk() - UNTRIED))
async def test_the_examples_of_parameters_are_answered(
    newsroom: AsyncClient, newsroom_key: dict[str, str], name: str
) -> None:
    path, operation = operations()[name]
    for parameter in parameters(operation, "path"):
        path = path.replace(f"{{{parameter['name']}}}", str(example_of(parameter)))
    required = {one["name"]: example_of(one) for one in parameters(operation, "query") if one["required"]}
    check_answer(await newsroom.get(path, params=required), name)
    for parameter in parameters(operation, "query"):
        if parameter["name"] in NO_EXAMPLE:
            continue
        value = example_of(parameter)
        shown = str(value).lower() if isinstance(value, bool) else value
        if parameter.get("explode") is False:
            shown = ",".join(value)
        needs = NEEDS.get(parameter["name"], {})
        names = {one["name"] for one in parameters(operation, "query")}
        asked = {**required, parameter["name"]: shown, **{need: needs[need] for need in needs.keys() & names}}
        answer = await newsroom.get(path, params=asked, headers=newsroom_key if "perspective" in asked else None)
        assert answer.status_code == 200, (str(answer.url), answer.text)
        check_answer(answer, name)
        if isinstance(body := said(answer), dict) and "items" in body:
            assert body["items"], str(answer.url)


@pytest.mark.parametrize("path", ["/v1/articles", "/v1/notes", "/v1/sources", "/v1/tags"])
async def test_everything_in_the_sample_is_as_declared(newsroom: AsyncClient, path: str) -> None:
    kinds = {"articles": "tags,sources,notes,relations,translations", "notes": "tags,sources", "tags": "counts"}
    include = kinds.get(path.rpartition("/")[2])
    asked: dict[str, str] = {"limit": "100", **({"include": include} if include else {})}
    page = await newsroom.get(path, params=asked)
    check_answer(page)
    for item in page.json()["items"]:
        one = f"{path}/{item['slug']}"
        check_answer(await newsroom.get(one))
        check_answer(await newsroom.get(one, params={"include": include} if include else None))
        check_answer(await newsroom.get(f"{one}/revisions"))
        check_answer(await newsroom.get(f"{one}/revisions/{item['revision']}"))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/articles?limit=0", 422),
        ("/v1/articles?fields=title", 422),
        ("/v1/articles?cursor=x", 422),
        ("/v1/articles/%20", 404),
        ("/v1/articles/the-tram-that-carries-nobody/revisions/99", 404),
        ("/v1/articles/chytalnia-pratsiuvatyme-tsilodobovo?fields=headline", 308),
        ("/v1/articles/roof-of-the-kushnirka-depot-unsafe-memo-says/revisions", 410),
        ("/v1/notes/nowhere", 404),
        ("/v1/sources/nowhere/revisions", 404),
        ("/v1/tags/nowhere/revisions/1", 404),
    ],
)
async def test_refusals_are_as_declared(newsroom: AsyncClient, path: str, status: int) -> None:
    for method in ("GET", "HEAD"):
        answer = await newsroom.request(method, path)
        assert answer.status_code == status
        check_answer(answer)


@pytest.mark.parametrize("fields", ["headline", "body,tags", "slug"])
@pytest.mark.parametrize("path", ["/v1/articles", "/v1/articles/the-tram-that-carries-nobody"])
async def test_fields_leave_what_is_declared(newsroom: AsyncClient, path: str, fields: str) -> None:
    check_answer(await newsroom.get(path, params={"fields": fields, "include": "tags"}))


@pytest.mark.parametrize(
    ("method", "path", "sent", "headers", "status"),
    [
        ("PATCH", "", b"{", {}, 400),
        ("PATCH", "", b"{}", {"If-Match": "x"}, 400),
        ("PATCH", "", b"{}", {"Authorization": "Bearer x"}, 401),
        ("PATCH", "/nowhere", b"{}", {}, 404),
        ("POST", "/unpublish", b"", {"Idempotency-Key": "a b"}, 422),
        ("POST", "/publish", b'{"at": "2099-01-01T00:00:00Z"}', {}, 409),
        ("PATCH", "", b"{}", {"If-Match": '"9"'}, 412),
        ("PATCH", "", b" " * (2 * 2**20 + 1), {}, 413),
        ("PATCH", "", b"{}", {"Content-Type": "text/plain"}, 415),
        ("PATCH", "", b'{"revision": 7}', {"If-Match": '"1"'}, 422),
        ("PATCH", "", b"{}", {}, 428),
        ("DELETE", "", b"", {}, 428),
        ("PATCH", "/draft", b"{}", {}, 428),
        ("DELETE", "/draft", b"", {"If-Match": '"1"'}, 404),
    ],
)
async def test_refused_writes_are_as_declared(
    newsroom: AsyncClient,
    newsroom_key: dict[str, str],
    method: str,
    path: str,
    sent: bytes,
    headers: dict[str, str],
    status: int,
) -> None:
    """Of all newsrooms this may be asked of the one that tests share: nothing is written."""
    address = "/v1/articles/the-tram-that-carries-nobody" + path
    address = address.replace("the-tram-that-carries-nobody/nowhere", "nowhere")
    given = {"Content-Type": "application/json", **newsroom_key, **headers}
    answer = await newsroom.request(method, address, content=sent, headers=given)
    assert answer.status_code == status, answer.text
    check_answer(answer)


async def test_what_the_client_has_is_not_sent_again(newsroom: AsyncClient) -> None:
    first = await newsroom.get("/v1/articles")
    again = await newsroom.get("/v1/articles", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    check_answer(again)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda body: body.update(items=None),
        lambda body: body.update(surprise=1),
        lambda body: body["items"][0].pop("headline"),
        lambda body: body["items"][0].update(published_at="2025-01-22T12:35:00Z"),
        lambda body: body["items"][0].update(id="7"),
    ],
    ids=["type", "unknown field", "missing field", "instant", "id"],
)
async def test_an_answer_that_is_not_as_declared_is_found_out(newsroom: AsyncClient, wrong: Any) -> None:
    answer = await newsroom.get("/v1/articles")
    body = answer.json()
    wrong(body)
    answer._content = json.dumps(body).encode()
    with pytest.raises(AssertionError):
        check_answer(answer)
