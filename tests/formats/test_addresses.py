"""Other forms of an answer: named in `Link`, and by the refusal of an `Accept` that the answer does not fit."""

import re
from typing import Final

import pytest
from httpx import AsyncClient

from app.formats.addresses import RENDITIONS
from app.web.accepting import takes
from tests.answers import bearing, refusal
from tests.conftest import Load, Make
from tests.factories import article, article_id, draft, note
from tests.openapi import check_answer

LINK: Final = re.compile(r'<([^>]*)>; rel="alternate"; type="([^"]*)"')
BROWSER: Final = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize("path", ["/v1/articles/a", "/v1/articles/a?fields=body_html", "/v1/notes/mill"])
async def test_a_story_names_its_other_forms(api: AsyncClient, load: Load, path: str) -> None:
    await load(article("a"), note("mill"))
    answer = await api.get(path)
    check_answer(answer)
    links = LINK.findall(answer.headers["link"])
    assert [kind for _, kind in links] == [*RENDITIONS.values()]
    assert len(answer.headers["link"]) < 600
    for address, kind in links:
        rendition = await api.get(address, headers={"Accept": kind})
        assert (rendition.status_code, rendition.headers["content-type"].partition(";")[0]) == (200, kind)
    again = await api.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.headers["link"]) == (304, answer.headers["link"])


async def test_those_of_a_draft_are_the_desks(api: AsyncClient, load: Load, key: Make) -> None:
    await load(draft("a"))
    headers = bearing(await key("drafts:read"))
    answer = await api.get("/v1/articles/a?perspective=drafts", headers=headers)
    (address, _), *_ = LINK.findall(answer.headers["link"])
    assert address == f"/v1/articles/{article_id('a')}/html?perspective=drafts"
    assert (await api.get(address, headers=headers)).status_code == 200
    assert "link" not in (await api.get("/v1/articles/a")).headers


@pytest.mark.parametrize(
    ("path", "accept", "named"),
    [
        ("/v1/articles", "application/rss+xml", "/feeds/articles.rss"),
        ("/v1/articles?tag=a&fields=id&tag=b&count", "application/rss+xml", "/feeds/articles.rss?tag=a&tag=b"),
        ("/v1/articles/a", "text/html", "/v1/articles/a/html"),
        ("/v1/articles/a/html", "text/markdown", "/v1/articles/a/markdown"),
        ("/v1/articles/a/revisions/1", "text/plain", "/v1/articles/a/revisions/1/text"),
        ("/v1/notes/mill", "application/ld+json", "/v1/notes/mill/jsonld"),
        ("/feeds/articles.rss?language=en", "application/atom+xml", "/feeds/articles.atom?language=en"),
        ("/v1/articles", "application/json;q=0, application/rss+xml;q=0.5", "/feeds/articles.rss"),
    ],
)
async def test_what_takes_no_form_that_is_there_is_told_of_others(
    api: AsyncClient, load: Load, path: str, accept: str, named: str
) -> None:
    await load(article("a"), note("mill"))
    answer = await api.get(path, headers={"Accept": accept})
    document = refusal(answer, 406, "not-acceptable")
    assert [error["parameter"] for error in document["errors"]] == ["Accept"]
    wanted = accept.rpartition(", ")[2].partition(";")[0]
    assert (named, wanted) in LINK.findall(answer.headers["link"])
    assert f" {named} is {wanted}." in document["detail"]
    assert wanted in document["errors"][0]["allowed"]
    found = await api.get(named, headers={"Accept": accept})
    assert (found.status_code, found.headers["content-type"].partition(";")[0]) == (200, wanted)
    head = await api.head(path, headers={"Accept": accept})
    assert (head.status_code, head.content) == (406, b"")


@pytest.mark.parametrize(
    "accept",
    ["*/*", "application/*", "application/json", BROWSER, "text/html, application/json;q=0.1", "nonsense", "", "*"],
)
@pytest.mark.parametrize("path", ["/v1/articles", "/v1/articles/a", "/feeds/articles.rss", "/robots.txt"])
async def test_json_and_anything_are_taken_everywhere(api: AsyncClient, load: Load, path: str, accept: str) -> None:
    await load(article("a"))
    assert (await api.get(path, headers={"Accept": accept})).status_code == 200


async def test_without_accept_everything_is_taken(api: AsyncClient, load: Load) -> None:
    await load(article("a"))
    del api.headers["accept"]
    assert (await api.get("/v1/articles/a")).status_code == 200


async def test_an_address_without_other_forms_names_none(api: AsyncClient) -> None:
    answer = await api.get("/v1/tags", headers={"Accept": "text/html"})
    assert refusal(answer, 406, "not-acceptable")["detail"] == "This address has application/json alone."
    assert "link" not in answer.headers


async def test_several_headers_are_one_list(api: AsyncClient) -> None:
    for both in (("text/html", "application/json"), ("application/json", "text/html")):
        answer = await api.get("/v1/tags", headers=[("Accept", one) for one in both])
        assert answer.status_code == 200


async def test_refusals_and_writes_are_answered_whatever_is_accepted(desk: AsyncClient) -> None:
    refusal(await desk.get("/v1/tags/none", headers={"Accept": "text/html"}), 404, "not-found")
    body = {"slug": "mills", "type": "topic", "labels": {"en": "Mills"}}
    assert (await desk.post("/v1/tags", json=body, headers={"Accept": "text/html"})).status_code == 201


def test_the_most_specific_range_decides() -> None:
    accept = b"text/*;q=0.5, text/html;q=0, */*; q=0.000"
    assert takes(accept, "text/plain")
    assert not takes(accept, "text/html")
    assert not takes(accept, "application/json")
