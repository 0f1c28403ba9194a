"""A page of another origin reads, writes and follows the API with what browsers have: fetch and EventSource."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Error, Page

from tests.answers import bearing
from tests.conftest import Load, Make
from tests.factories import article, article_id
from tests.processes import served

# Gives the status, the headers that the page may read, the body, and the address at the end of redirects.
FETCH = """async ([url, init]) => {
    const answer = await fetch(url, init);
    const text = await answer.text();
    const headers = Object.fromEntries(answer.headers);
    return {status: answer.status, headers, url: answer.url, body: text ? JSON.parse(text) : null};
}"""
# Opens the stream, sends a request once it is open, and gives the first change with its position.
FIRST_CHANGE = """([url, request]) => new Promise((resolve, reject) => {
    const stream = new EventSource(url);
    stream.onerror = () => reject(new Error("the stream failed"));
    stream.onopen = () => fetch(...request).catch(reject);
    stream.addEventListener("change", event => {
        stream.close();
        resolve([event.lastEventId, JSON.parse(event.data)]);
    });
})"""
# Reads the stream with a key, which EventSource cannot send, up to the first change.
FIRST_CHANGE_BY_FETCH = """async ([url, headers, request]) => {
    const answer = await fetch(url, {headers});
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    await fetch(...request);
    let text = "";
    while (!text.includes("event: change")) text += (await reader.read()).value;
    await reader.cancel();
    return text;
}"""
SECONDS = 20
STORY = {"language": "en", "headline": "A ferry for Zalyv"}
SCOPES = ("drafts:read", "content:write", "content:publish", "content:withdraw")


def request(method: str, key: dict[str, str], body: Any = None, **headers: str) -> dict[str, Any]:
    """The second argument of fetch."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {} if body is None else {"body": json.dumps(body)}
    json_type = {} if body is None else {"Content-Type": "application/json"}
    return {"method": method, "headers": {**key, **named, **json_type}, **sent}


async def fetch(page: Page, url: str, **init: Any) -> Any:
    """What the page gets. Raises: Error, where the browser does not let it have the answer."""
    async with asyncio.timeout(SECONDS):
        return await page.evaluate(FETCH, [url, init])


@pytest.fixture
async def key(key: Make) -> dict[str, str]:
    """The header of a key of the desk."""
    return bearing(await key(*SCOPES))


async def test_a_page_reads_an_answer_with_its_headers_and_asks_again_by_etag(
    page: Page, server: str, load: Load
) -> None:
    await load(article("ferry"), article("quay"))

    answer = await fetch(page, f"{server}/v1/articles?limit=1")

    assert (answer["status"], len(answer["body"]["items"])) == (200, 1)
    assert {"etag", "link", "x-request-id", "server-timing", "surrogate-key"} <= {*answer["headers"]}
    known = {"If-None-Match": answer["headers"]["etag"], "X-Request-ID": "zalyv-7"}
    again = await fetch(page, f"{server}/v1/articles?limit=1", headers=known, cache="no-store")
    assert (again["status"], again["headers"]["x-request-id"]) == (304, "zalyv-7")


async def test_a_page_reads_drafts_with_a_key(page: Page, server: str, load: Load, key: dict[str, str]) -> None:
    await load(article("ferry", status="draft"))

    answer = await fetch(page, f"{server}/v1/articles?perspective=drafts", headers=key)

    assert [item["slug"] for item in answer["body"]["items"]] == ["ferry"]


async def test_a_page_reads_why_it_is_refused(page: Page, server: str) -> None:
    answer = await fetch(page, f"{server}/v1/articles", headers={"Authorization": "Bearer none"})

    assert (answer["status"], answer["body"]["code"]) == (401, "unauthorized")
    assert answer["headers"]["www-authenticate"].startswith("Bearer")


async def test_a_page_is_led_from_a_former_slug_to_the_present_one(page: Page, server: str, load: Load) -> None:
    await load(article("new-ferry", former_slugs=["ferry"]))

    answer = await fetch(page, f"{server}/v1/articles/ferry")

    assert (answer["status"], answer["url"]) == (200, f"{server}/v1/articles/new-ferry")


async def test_a_page_writes_with_every_method(page: Page, server: str, key: dict[str, str]) -> None:
    articles = f"{server}/v1/articles"
    created = await fetch(page, articles, **request("POST", key, STORY, Idempotency_Key="zalyv-1"))
    path = f"{articles}/{created['body']['id']}"

    assert (created["status"], created["headers"]["location"]) == (201, path.removeprefix(server))
    assert created["headers"]["content-position"].startswith("d")
    seen = {"If_Match": created["headers"]["etag"]}
    changed = await fetch(page, path, **request("PATCH", key, {"kicker": "Water"}, **seen))
    assert (changed["status"], changed["headers"]["etag"]) == (200, '"2"')
    put = await fetch(
        page, f"{server}/v1/tags/ferries", **request("PUT", key, {"type": "topic", "labels": {"en": "F"}})
    )
    head = await fetch(page, f"{server}/v1/articles", **request("HEAD", key))
    deleted = await fetch(page, path, **request("DELETE", key, If_Match='"2"'))
    assert (put["status"], head["status"], deleted["status"]) == (201, 200, 204)


async def test_a_page_follows_the_stream(page: Page, server: str, load: Load, key: dict[str, str]) -> None:
    await load(article("ferry", status="draft"))
    publish = [f"{server}/v1/articles/{article_id('ferry')}/publish", request("POST", key)]

    async with asyncio.timeout(SECONDS):
        position, change = await page.evaluate(FIRST_CHANGE, [f"{server}/v1/changes/stream", publish])

    assert (position, change["op"], change["ref"]) == ("1", "published", article_id("ferry"))


async def test_a_page_follows_the_stream_of_the_desk_with_a_key(page: Page, server: str, key: dict[str, str]) -> None:
    stream = f"{server}/v1/changes/stream?perspective=drafts"
    headers = {**key, "Last-Event-ID": "0"}
    create = [f"{server}/v1/articles", request("POST", key, STORY)]

    async with asyncio.timeout(SECONDS):
        text = await page.evaluate(FIRST_CHANGE_BY_FETCH, [stream, headers, create])

    assert '"op":"created"' in text


async def test_a_page_follows_a_preview(page: Page, server: str, load: Load, key: dict[str, str]) -> None:
    await load(article("ferry", status="draft"))
    story = f"{server}/v1/articles/{article_id('ferry')}"
    preview = await fetch(page, f"{story}/previews", **request("POST", key))
    shown = await fetch(page, server + preview["body"]["url"])
    known = {"If-None-Match": shown["headers"]["etag"]}
    waiting = asyncio.create_task(
        fetch(page, f"{server}{preview['body']['url']}?wait=15", headers=known, cache="no-store")
    )
    await fetch(page, story, **request("PATCH", key, {"headline": "The ferry sails"}, If_Match="*"))

    answer = await waiting

    assert (answer["status"], answer["body"]["headline"]) == (200, "The ferry sails")


# --- a narrower list ---------------------------------------------------------------------------------------------


@pytest.fixture
def other_server(database_url: str, site: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An API that only the pages of another site may use."""
    monkeypatch.setenv("CORS_ORIGINS", "https://other.example")
    with served(database_url) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def own_server(database_url: str, site: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An API that only the pages of this site may use."""
    monkeypatch.setenv("CORS_ORIGINS", f"https://other.example,{site}")
    with served(database_url) as port:
        yield f"http://127.0.0.1:{port}"


async def test_a_page_of_a_site_that_is_not_named_gets_nothing(
    page: Page, other_server: str, key: dict[str, str]
) -> None:
    articles = f"{other_server}/v1/articles"
    for init in ({}, request("GET", key), request("POST", key, STORY), request("DELETE", key)):
        with pytest.raises(Error, match="Failed to fetch"):
            await fetch(page, articles, **init)


async def test_a_page_of_a_site_that_is_named_reads_and_writes(
    page: Page, own_server: str, key: dict[str, str]
) -> None:
    created = await fetch(page, f"{own_server}/v1/articles", **request("POST", key, STORY))
    found = await fetch(page, f"{own_server}/v1/articles?perspective=drafts", headers=key)

    assert (created["status"], len(found["body"]["items"])) == (201, 1)
