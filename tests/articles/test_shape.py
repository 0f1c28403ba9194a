"""`fields` and `include`: what an answer shows of an article, and what stands beside it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient

from app.articles.schemas import ArticleCard, ArticleOut
from tests.answers import get, refusal
from tests.conftest import Load, serving
from tests.factories import Line, article, article_id, box, credit, draft, note, said, section, source, tag, words


def related(slug: str, kind: str = "background") -> Line:
    return {"relation": kind, "article": article_id(slug)}


@pytest.fixture(scope="module")
async def linked(module_url: str) -> AsyncIterator[AsyncClient]:
    """`a` names everything there is; `b` names the same again; a draft and a scheduled story hide behind `a`."""
    world = [
        *(tag("water"), tag("river", parent="water"), section("town"), source("mayor"), source("wire"), note("dam")),
        *(note("mill", tags=["river"]), tag("unseen"), source("shy"), draft("hidden", language="de")),
        article(
            "a",
            tags=["river"],
            section="town",
            attributions=[credit("wire")],
            body=[words("First."), said("mayor"), box("mill"), box("dam", 1)],
            relations=[related("b"), related("hidden", "follow_up"), {"relation": "background", "text": "Earlier"}],
        ),
        article(
            "b",
            tags=["river"],
            section="town",
            attributions=[credit("wire")],
            relations=[related("a")],
            language="uk",
            translation_of=article_id("a"),
            body=[box("mill"), words("Друге.")],
        ),
        draft("c", language="pl", translation_of=article_id("a")),
    ]
    async with serving(module_url, *world) as api:
        yield api


async def test_a_card_has_every_field_but_the_body(linked: AsyncClient) -> None:
    (first, *_) = (await get(linked, "/v1/articles"))["items"]
    assert [*first] == [*ArticleCard.model_fields]
    assert {*(await get(linked, "/v1/articles/a"))} == {*ArticleOut.model_fields}


@pytest.mark.parametrize("path", ["/v1/articles", "/v1/articles/a"])
async def test_fields_names_all_that_is_shown_besides_id_and_slug(linked: AsyncClient, path: str) -> None:
    for name in ArticleOut.model_fields:
        found = await get(linked, path, fields=name)
        for item in found.get("items", [found]):
            assert {*item} == {"id", "slug", name}
    several = await get(linked, path, fields="word_count,headline,word_count,headline")
    assert {*several.get("items", [several])[0]} == {"id", "slug", "headline", "word_count"}


async def test_fields_give_the_values_of_the_whole_document(linked: AsyncClient) -> None:
    whole = await get(linked, "/v1/articles/a")
    assert await get(linked, "/v1/articles/a", fields=",".join(whole)) == whole
    items = (await get(linked, "/v1/articles", fields=",".join(whole)))["items"]
    assert {item["slug"]: item for item in items}["a"] == whole


@pytest.mark.parametrize(
    ("path", "always"),
    [("/v1/tags", {"slug"}), ("/v1/tags/river", {"slug"}), ("/v1/sources", {"slug"}), ("/v1/notes/mill", {"slug"})],
)
async def test_other_nouns_take_fields_too(linked: AsyncClient, path: str, always: set[str]) -> None:
    found = await get(linked, path, fields="modified_at")
    for item in found.get("items", [found]):
        assert {*item} == {*always, "modified_at"}


async def test_the_body_of_a_note_is_listed_where_it_is_asked_for(linked: AsyncClient) -> None:
    plain, whole = [(await get(linked, "/v1/notes", **one))["items"] for one in ({}, {"fields": "body"})]
    assert not any("body" in item for item in plain)
    assert all(item["body"][0]["type"] == "paragraph" for item in whole)


@pytest.mark.parametrize(
    ("path", "unknown"),
    [
        ("/v1/articles", "ednote"),
        ("/v1/articles/a", "withdrawal"),
        ("/v1/tags", "body"),
        ("/v1/notes", "status_"),
        ("/v1/sources", "labels"),
    ],
)
async def test_an_unknown_field_is_refused_with_those_there_are(linked: AsyncClient, path: str, unknown: str) -> None:
    (error,) = refusal(await linked.get(f"{path}?fields=slug,{unknown}"), 422, "invalid")["errors"]
    assert error["parameter"] == "fields"
    assert {"slug", "revision"} < {*error["allowed"]}
    assert unknown not in error["allowed"]


@pytest.mark.parametrize("path", ["/v1/articles", f"/v1/articles?ids={article_id('a')},{article_id('b')}"])
async def test_what_is_included_stands_once_however_many_name_it(linked: AsyncClient, path: str) -> None:
    joint = "&" if "?" in path else "?"
    page = (await linked.get(f"{path}{joint}include=tags,sources,notes,relations,translations")).json()
    included = page["included"]
    assert {name: {*one} for name, one in included.items()} == {
        "tags": {"river", "town"},
        "sources": {"wire", "mayor"},
        "notes": {"mill", "dam"},
        "articles": {article_id("a"), article_id("b")},
        "translations": {article_id("a"), article_id("b")},
    }
    for noun in ("tags", "sources", "notes"):
        for slug, one in included[noun].items():
            assert one == await get(linked, f"/v1/{noun}/{slug}")
    assert included["articles"] == {item["id"]: item for item in page["items"]}
    a, b = [await get(linked, f"/v1/articles/{slug}", fields="headline") for slug in "ab"]
    assert included["translations"] == {a["id"]: {"uk": b}, b["id"]: {"en": a}}


async def test_one_article_includes_what_it_names_alone(linked: AsyncClient) -> None:
    one = await get(linked, "/v1/articles/b", include="tags,sources,notes,relations,translations")
    assert {name: {*found} for name, found in one.pop("included").items()} == {
        "tags": {"river", "town"},
        "sources": {"wire"},
        "notes": {"mill"},
        "articles": {article_id("a")},
        "translations": {article_id("b")},
    }
    assert one == await get(linked, "/v1/articles/b")


@pytest.mark.parametrize("include", ["tags", "sources", "notes", "relations", "translations", "tags,notes"])
@pytest.mark.parametrize("path", ["/v1/articles", "/v1/articles/a"])
async def test_include_goes_with_any_fields(linked: AsyncClient, path: str, include: str) -> None:
    plain = await get(linked, path, include=include)
    for fields in ("headline", "slug", "body", "tags,relations"):
        assert (await get(linked, path, include=include, fields=fields))["included"].keys() == plain["included"].keys()
        for name, group in (await get(linked, path, include=include, fields=fields))["included"].items():
            assert plain["included"][name].items() <= group.items()


async def test_without_include_a_page_has_nothing_beside_it(linked: AsyncClient) -> None:
    assert (await get(linked, "/v1/articles"))["included"] == {}
    assert "included" not in await get(linked, "/v1/articles/a")


async def test_a_reference_stays_where_what_it_names_is_hidden(linked: AsyncClient) -> None:
    one = await get(linked, "/v1/articles/a", include="relations")
    assert one["relations"][1]["article"] == article_id("hidden")
    assert [*one["included"]["articles"]] == [article_id("b")]


async def test_a_pinned_note_stands_beside_the_article_as_it_was(api: AsyncClient, load: Load) -> None:
    old = note("mill", body=[words("Ground since 1811.")])
    new = note("mill", body=[words("Ground since 1810.")], updated_at="2025-02-01T00:00:00Z")
    await load(old, article("then", body=[box("mill", 1), box("mill", 7)]), article("now", body=[box("mill")]))
    await load(new)
    included = (await get(api, "/v1/articles/then", include="notes"))["included"]["notes"]
    assert {name: one["body"][0]["html"] for name, one in included.items()} == {
        "mill": "Ground since 1810.",
        "mill@1": "Ground since 1811.",
    }
    assert included["mill@1"] == await get(api, "/v1/notes/mill/revisions/1")
    assert [*(await get(api, "/v1/articles/now", include="notes"))["included"]["notes"]] == ["mill"]
    listed = await get(api, "/v1/articles", include="notes", fields="body")
    assert {*listed["included"]["notes"]} == {"mill", "mill@1"}


async def test_what_a_note_beside_the_story_names_stands_beside_it_too(api: AsyncClient, load: Load) -> None:
    fact = {"text": "It burned down.", "on": "1900", "attributions": [credit("wire", "data")]}
    body = [words("Ground since 1811."), said("miller"), {"type": "related", **related("fire")}]
    await load(
        *(tag("river"), tag("mills"), source("mayor"), source("wire"), source("miller"), article("fire")),
        note("mill", tags=["mills"], facts=[fact], body=body),
        article("a", tags=["river"], body=[said("mayor"), box("mill")]),
    )
    for path in ("/v1/articles/a", "/v1/articles?tag=river"):
        answer = await api.get(path, params={"include": "tags,sources,notes,relations"})
        included = answer.json()["included"]
        assert {name: [*group] for name, group in included.items()} == {
            "tags": ["river", "mills"],
            "sources": ["mayor", "miller", "wire"],
            "articles": [article_id("fire")],
            "notes": ["mill"],
        }
        assert {"source.wire", "source.miller", "tag.mills"} < {*answer.headers["surrogate-key"].split()}
    alone = await get(api, "/v1/articles/a", include="tags,sources")
    assert {name: [*group] for name, group in alone["included"].items()} == {"tags": ["river"], "sources": ["mayor"]}


async def test_notes_include_their_tags_and_sources(api: AsyncClient, load: Load) -> None:
    fact = {"text": "It burned down.", "on": "1900", "attributions": [credit("wire", "data")]}
    await load(
        tag("river"),
        source("mayor"),
        source("wire"),
        note("mill", tags=["river"], attributions=[credit("mayor")], facts=[fact]),
    )
    one = await get(api, "/v1/notes/mill", include="tags,sources")
    page = await get(api, "/v1/notes", include="tags,sources")
    for found in (one, page):
        included: Any = found["included"]
        assert {name: {*group} for name, group in included.items()} == {"tags": {"river"}, "sources": {"mayor", "wire"}}
