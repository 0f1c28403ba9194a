"""What is not public leaves no trace in any answer: no word, no count, no difference to what is missing."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient

from app.db import Database
from app.keys import store as keys
from app.keys.schemas import KeyIn
from app.web.caller import SCOPES, Scope
from tests.answers import bearing, blamed, get, refusal
from tests.conftest import Load, client, serving
from tests.factories import (
    NOON,
    Line,
    article,
    article_id,
    box,
    credit,
    draft,
    note,
    said,
    scheduled,
    section,
    source,
    tag,
    withdrawn,
    words,
)
from tests.openapi import check_answer

CANARY = "kanarek"
SECRETS = ["secret-draft", "secret-scheduled", "secret-unpublished", "secret-translation"]


def secret(**fields: Any) -> dict[str, Any]:
    """Fields in which every text is the canary."""
    return {
        "headline": f"{CANARY} headline",
        "standfirst": f"{CANARY} standfirst",
        "kicker": f"{CANARY} kicker",
        "byline": f"{CANARY} byline",
        "ednote": f"{CANARY} ednote",
        "editors_note": f"{CANARY} editors",
        "dateline": f"{CANARY} place",
        "headlines": {name: f"{CANARY} {name}" for name in ("seo", "social", "short")},
        "tags": [f"{CANARY}-tag", "river"],
        "section": f"{CANARY}-section",
        "attributions": [credit(f"{CANARY}-source", text=f"{CANARY} words"), credit("mayor")],
        "body": [words(f"{CANARY} body"), said(f"{CANARY}-source"), box("mill"), box(f"{CANARY}-note")],
        "relations": [{"relation": "background", "article": article_id("a")}],
        "image": {"caption": f"{CANARY} caption", "url": f"https://{CANARY}.example/x.jpg"},
        **fields,
    }


def public() -> list[Line]:
    return [
        *(tag("river"), section("town"), source("mayor"), note("mill", attributions=[credit("mayor")])),
        article(
            "a",
            section="town",
            tags=["river"],
            body=[words("Public."), box("mill"), said("mayor")],
            relations=[{"relation": "follow_up", "article": article_id(slug)} for slug in SECRETS],
        ),
        article("b", tags=["river"], ednote=f"{CANARY} of the desk"),
    ]


def hidden() -> list[Line]:
    return [
        *(
            tag(f"{CANARY}-tag", parent="river"),
            section(f"{CANARY}-section", parent="town"),
            source(f"{CANARY}-source"),
        ),
        note(
            f"{CANARY}-note", heading=f"{CANARY} note", status="draft", tags=["river"], attributions=[credit("mayor")]
        ),
        note(f"{CANARY}-later", status="scheduled", publish_at="2099-01-01T00:00:00Z"),
        draft("secret-draft", **secret()),
        scheduled("secret-scheduled", **secret()),
        draft("secret-unpublished", **secret(first_published_at=NOON)),
        draft("secret-translation", **secret(translation_of=article_id("a"), language="pl")),
        withdrawn("secret-withdrawn", **secret(former_slugs=["secret-before"])),
    ]


@pytest.fixture(scope="module")
async def guarded(module_url: str) -> AsyncIterator[AsyncClient]:
    async with serving(module_url, *public(), *hidden()) as api:
        yield api


@pytest.fixture(scope="module")
async def guarded_keys(module_url: str) -> dict[str, str]:
    """A key with `drafts:read` alone, and one with every other scope."""
    database = Database(module_url)
    scopes: dict[str, list[Scope]] = {"reading": ["drafts:read"], "lacking": [*{*SCOPES} - {"drafts:read"}]}
    made = {
        name: (await keys.create(database, KeyIn(name=name, scopes=some), created_by=None)).key
        for name, some in scopes.items()
    }
    await database.close()
    return made


@pytest.fixture(scope="module")
def other_url(fresh: Any) -> Any:
    with fresh(True) as url:
        yield url


@pytest.fixture(scope="module")
async def innocent(other_url: str) -> AsyncIterator[AsyncClient]:
    """The same public content where nothing was ever hidden."""
    async with serving(other_url, *public()) as api:
        yield api


INCLUDE = "include=tags,sources,notes,relations,translations"
ASKED = [
    *(f"/v1/articles?{INCLUDE}&count=true&limit=100", "/v1/articles?fields=body,relations&sort=-updated_at"),
    *(
        f"/v1/articles/a?{INCLUDE}",
        f"/v1/articles/b?{INCLUDE}",
        "/v1/articles/a/revisions",
        "/v1/articles/a/revisions/1",
    ),
    *(
        f"/v1/articles?{name}&count=true"
        for name in ("tag=river", "section=town", "source=mayor", "note=mill", "tag=town")
    ),
    *(f"/v1/articles?tag={CANARY}-tag&count=true", f"/v1/articles?source={CANARY}-source&count=true"),
    *(f"/v1/articles?note={CANARY}-note&count=true", f"/v1/articles?section={CANARY}-section&count=true"),
    *(f"/v1/articles?tag_not={CANARY}-tag&count=true", "/v1/articles?language=pl&count=true", "/v1/articles?date=2099"),
    f"/v1/articles?count=true&ids={','.join(map(article_id, ['a', *SECRETS, 'secret-withdrawn']))}",
    *("/v1/archive", "/v1/archive?by=day&tag=river", f"/v1/archive?tag={CANARY}-tag", "/v1/archive?language=pl"),
    *(
        "/v1/tags?include=counts&count=true&limit=100",
        "/v1/tags?sort=-modified_at&type=section",
        "/v1/tags?parent=river",
    ),
    *(
        f"/v1/tags?ids=river,{CANARY}-tag&include=counts&count=true",
        "/v1/tags/river?include=counts",
        "/v1/tags/river/revisions",
    ),
    *(
        "/v1/sources?count=true",
        f"/v1/sources?ids={CANARY}-source,mayor",
        "/v1/sources/mayor",
        "/v1/sources?type=organisation",
    ),
    *(
        "/v1/notes?count=true&include=tags,sources&fields=body",
        "/v1/notes?tag=river",
        "/v1/notes?source=mayor&count=true",
    ),
    *(f"/v1/notes?ids={CANARY}-note,mill", "/v1/notes/mill?include=tags,sources", "/v1/notes/mill/revisions"),
]
MISSING = [
    *(f"/v1/articles/{ref}" for slug in SECRETS for ref in (slug, article_id(slug))),
    *(f"/v1/tags/{CANARY}-tag", f"/v1/tags/{CANARY}-section", f"/v1/sources/{CANARY}-source"),
    *(f"/v1/notes/{CANARY}-note", f"/v1/notes/{CANARY}-later"),
]
DATES = ("modified_at", "created_at", "at")


def undated(value: Any) -> Any:
    """What an answer says, but for when the two databases were filled."""
    if isinstance(value, dict):
        return {name: undated(one) for name, one in value.items() if name not in DATES}
    return [undated(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("path", ASKED)
async def test_nothing_of_what_is_hidden_shows(guarded: AsyncClient, innocent: AsyncClient, path: str) -> None:
    answer, plain = await guarded.get(path), await innocent.get(path)
    assert answer.status_code == 200
    assert CANARY not in answer.text + str(answer.headers.get("link", ""))
    assert undated(answer.json()) == undated(plain.json())


@pytest.mark.parametrize("rest", ["", "?include=counts", "/revisions", "/revisions/1"])
async def test_secret_and_missing_give_the_same_404(guarded: AsyncClient, innocent: AsyncClient, rest: str) -> None:
    for path in MISSING:
        if rest.startswith("?") and "/tags/" not in path:
            continue
        told = [await one.get(path + rest) for one in (guarded, innocent)]
        problems = [refusal(answer, 404, "not-found") for answer in told]
        for problem in problems:
            del problem["request_id"]
        assert problems[0] == problems[1]
        ours, theirs = ({*answer.headers} for answer in told)
        assert ours == theirs


async def test_what_was_withdrawn_says_its_reason_and_nothing_else(guarded: AsyncClient) -> None:
    for ref in ("secret-withdrawn", "secret-before", article_id("secret-withdrawn")):
        for rest in ("", f"?{INCLUDE}", "/revisions", "/revisions/1"):
            answer = await guarded.get(f"/v1/articles/{ref}{rest}")
            refusal(answer, 410, "withdrawn")
            assert CANARY not in answer.text


@pytest.mark.parametrize(
    "query",
    ["status=draft", "preview=1", "version=draft", "perspective=desk", "state=all", "ednote=x", "sort=ednote"],
)
@pytest.mark.parametrize("path", ["/v1/articles", "/v1/articles/secret-draft", "/v1/notes", "/v1/tags"])
async def test_no_parameter_opens_what_is_hidden(guarded: AsyncClient, path: str, query: str) -> None:
    answer = await guarded.get(f"{path}?{query}")
    assert blamed(answer) == {query.partition("=")[0]}
    assert CANARY not in answer.text


@pytest.mark.parametrize("perspective", ["drafts", "2099-02-01T00:00:00Z"])
@pytest.mark.parametrize("path", ["/v1/articles", "/v1/articles/secret-draft", "/v1/articles/nowhere"])
async def test_what_the_desk_sees_takes_a_key_that_may_read_it(
    guarded: AsyncClient, guarded_keys: dict[str, str], path: str, perspective: str
) -> None:
    asked = {"perspective": perspective}
    without = await guarded.get(path, params=asked)
    lacking = await guarded.get(path, params=asked, headers=bearing(guarded_keys["lacking"]))
    reading = await guarded.get(path, params=asked, headers=bearing(guarded_keys["reading"]))

    refusal(without, 401, "unauthorized")
    assert refusal(lacking, 403, "forbidden")["scope"] == "drafts:read"
    assert CANARY not in without.text + lacking.text
    assert reading.status_code == (404 if "nowhere" in path or ("2099" in perspective and "draft" in path) else 200)
    for answer in (without, lacking, reading):
        assert "public" not in answer.headers["cache-control"]
        check_answer(answer)


async def test_every_answer_of_the_public_is_the_same_before_and_after_a_secret_is_written(
    api: AsyncClient, load: Load
) -> None:
    await load(*public())
    before = {path: (await api.get(path)).headers["etag"] for path in ASKED}
    await load(*hidden())
    assert {path: (await api.get(path)).headers["etag"] for path in ASKED} == before


async def test_a_tag_is_public_from_the_moment_something_public_names_it(api: AsyncClient, load: Load) -> None:
    await load(tag("water"), tag("river", parent="water"), source("firm"), source("mayor", parent="firm"))
    await load(draft("flood", tags=["river"], attributions=[credit("mayor")]))
    for path in ("/v1/tags", "/v1/sources"):
        assert (await get(api, path, count="true"))["count"]["value"] == 0
    await load(article("flood", tags=["river"], attributions=[credit("mayor")]))
    assert [one["slug"] for one in (await get(api, "/v1/tags"))["items"]] == ["river", "water"]
    assert [one["slug"] for one in (await get(api, "/v1/sources"))["items"]] == ["firm", "mayor"]
    await load(draft("flood", first_published_at=NOON))
    counted = await get(api, "/v1/tags", include="counts", count="true")
    assert (counted["count"]["value"], counted["included"]["counts"]) == (2, {"river": 0, "water": 0})


async def test_the_sample_shows_none_of_its_drafts(newsroom: AsyncClient, newsroom_url: str) -> None:
    pages = [await get(newsroom, "/v1/articles", limit=100, fields="status,body", include="relations,translations")]
    pages.append(await get(newsroom, "/v1/articles", limit=1, count="true"))
    assert {item["status"] for item in pages[0]["items"]} == {"published"}
    assert pages[1]["count"] == {"value": len(pages[0]["items"]), "exact": True}
    assert "ednote" not in json.dumps(pages)
    async with client(newsroom_url) as other:
        assert (await other.get("/v1/articles")).content == (await newsroom.get("/v1/articles")).content
