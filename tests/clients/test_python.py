"""The client for Python: made parts equal to what they are made from, and a running server."""

import asyncio
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, closing
from queue import SimpleQueue

import httpx
import pytest
from dovidka_client import (
    AsyncClient,
    CacheEntry,
    Client,
    Problem,
    Stale,
    WebhookRefused,
    Withdrawn,
    render_blocks,
    verify_webhook,
)
from dovidka_client._calls import REPEATED

from app.webhooks.deliver import sign
from tests.clients.conftest import HOSTILE_HTML, Json, Newsroom, is_plain
from tests.clients.following import follow_through_trouble
from tests.clients.generate import PYTHON, TYPESCRIPT, python, reduced

TRAM = "the-tram-that-carries-nobody"


@pytest.mark.parametrize(("name", "text"), python().items())
def test_what_is_made_is_up_to_date(name: str, text: str) -> None:
    """Where it is not: `make clients` writes it anew."""
    assert (PYTHON / name).read_text() == text


def test_the_lists_that_are_repeated_are_those_of_the_document() -> None:
    """All others are one parameter with commas."""
    repeated: dict[str, list[str]] = {}
    for path, operations in reduced()["paths"].items():
        for parameter in operations.get("get", {"parameters": []})["parameters"]:
            if parameter["schema"].get("type") == "array" and "explode" not in parameter:
                repeated.setdefault(path, []).append(parameter["name"])

    assert {path: sorted(names) for path, names in repeated.items()} == REPEATED
    typescript = (TYPESCRIPT.parent / "transport.ts").read_text()
    for path, names in REPEATED.items():
        assert f'"{path}": {json.dumps(names)},' in typescript


@pytest.fixture
def api(newsroom: Newsroom) -> Iterator[Client]:
    with Client(newsroom.url + "/") as api:
        yield api


@pytest.fixture
def desk(newsroom: Newsroom) -> Iterator[Client]:
    with Client(newsroom.url, newsroom.key["Authorization"].removeprefix("Bearer ")) as desk:
        yield desk


def test_the_client_reads_a_server(api: Client) -> None:
    story = api.articles.get(TRAM, fields=["headline"], include=["sources", "relations"])
    assert story.keys() == {"id", "slug", "headline", "included"}
    assert story["included"].keys() == {"sources", "articles"}
    everything = [item["id"] for item in api.articles.list(limit=100)["items"]]
    walked = [*api.articles.pages(limit=3, include="tags")]
    assert [item["id"] for item in walked] == everything
    assert all("tags" in item["included"] for item in walked)
    both = api.articles.list(tag=["trams", "ferries"], limit=100, count=True)
    either = api.articles.list(tag="trams,ferries", limit=100)
    assert 0 <= len(both["items"]) < len(either["items"])
    assert [item["id"] for item in api.articles.list(ids=everything[:2])["items"]] == everything[:2]
    assert {tag["slug"] for tag in api.tags.pages(type="section")} <= {tag["slug"] for tag in api.tags.pages()}
    for source in api.sources.list()["items"]:
        assert api.sources.get(source["slug"])["names"] == source["names"]
    note = api.notes.get("zghariv-trams")
    assert api.notes.revision("zghariv-trams", note["revision"])["body"] == note["body"]
    assert api.archive(by="year")["items"]
    assert api.search(q="tram")["items"]
    assert api.suggest(q="tra", noun="tag")["items"]
    assert api.sources.list(role="author", include="counts")["included"]["counts"]
    assert all(quote["text"] for quote in api.quotes(source="lev-shchedryk")["items"])
    assert api.timeline(from_="1900", tag=["trams"])["items"]
    assert api.articles.related(TRAM)["items"][0]["card"]["headline"]
    assert api.articles.list(facets="language")["facets"].keys() == {"language"}
    assert api.articles.revisions(TRAM)["items"][0]["revision"] == 1


def test_a_refusal_is_a_problem(api: Client, newsroom: Newsroom) -> None:
    def refused(client: Client, limit: int = 20) -> Problem:
        with client, pytest.raises(Problem) as raised:
            client.articles.list(limit=limit)
        return raised.value

    invalid = refused(Client(newsroom.url), limit=1_000)
    assert (invalid.code, invalid.status, invalid.errors[0]["parameter"]) == ("invalid", 422, "limit")
    assert refused(Client(newsroom.url, "dov_wrong")).code == "unauthorized"
    page = refused(Client(f"{newsroom.url}/docs#"))
    assert (page.code, page.status, page.details) == ("unreadable", 200, None)
    nobody = refused(Client("http://127.0.0.1:9"))
    assert (nobody.code, nobody.status, nobody.is_temporary) == ("unreachable", 0, True)
    with pytest.raises(Problem, match=r"nothing|Nothing|no "):
        api.articles.get("no-such-story")


@pytest.mark.parametrize(
    ("fault", "code", "retry_after"),
    [
        ("429", "too-many-requests", 0),
        ("503", "unavailable", 0),
        ("502 with a page", "unreadable", 0),
        ("200 with a page", "unreadable", 0),
        ("reset", "unreachable", None),
        ("cut", "unreachable", None),
    ],
)
def test_trouble_on_the_way_is_a_temporary_problem(
    newsroom: Newsroom, fault: str, code: str, retry_after: float | None
) -> None:
    newsroom.proxy.faults.append(fault)

    with Client(newsroom.proxy.url) as api, pytest.raises(Problem) as raised:
        api.articles.list(limit=100)

    assert (raised.value.code, raised.value.retry_after, raised.value.is_temporary) == (code, retry_after, True)


def test_kept_answers_are_confirmed(newsroom: Newsroom) -> None:
    statuses: list[int] = []
    hooks = {"response": [lambda response: statuses.append(response.status_code)]}
    cache: dict[str, CacheEntry] = {}

    with Client(newsroom.url, cache=cache, http=httpx.Client(event_hooks=hooks)) as api:
        first, second = api.tags.list(), api.tags.list()

    assert statuses == [200, 304]
    assert first == second


def test_the_client_writes_to_a_server(desk: Client, newsroom: Newsroom) -> None:
    cache: dict[str, CacheEntry] = {}
    desk.tags.put("bells", {"type": "topic", "labels": {"en": "Bells"}})
    assert desk.tags.put("bells", {"type": "topic", "labels": {"en": "Bell"}}, if_match=1)["revision"] == 2
    made = desk.articles.create({"language": "en", "headline": "The bell rang"}, idempotency_key="bell")
    again = desk.articles.create({"language": "en", "headline": "The bell rang"}, idempotency_key="bell")
    assert again["id"] == made["id"]
    changed = desk.articles.update(made["id"], {"headline": "It rang twice"}, if_match=made["revision"])
    with pytest.raises(Stale) as stale:
        desk.articles.update(made["id"], {"headline": "No"}, if_match=made["revision"])
    assert stale.value.details["revision"] == changed["revision"]
    desk.articles.publish(made["id"])
    with Client(newsroom.url, cache=cache) as reader:
        assert reader.articles.get(made["slug"])["headline"] == "It rang twice"
        desk.articles.update_draft(made["id"], {"kicker": "Bells"}, if_match="*")
        assert desk.articles.draft(made["id"])["kicker"] == "Bells"
        desk.articles.discard_draft(made["id"], if_match="*")
        desk.articles.correct(made["id"], {"kind": "correction", "text": "Three times."})
        token = desk.articles.preview(made["id"])["url"].rpartition("/")[2]
        assert reader.preview(token)["slug"] == made["slug"]
        kept = len(cache)
        desk.articles.withdraw(made["id"], {"reason": "error", "public_note": "There is no bell."})
        with pytest.raises(Withdrawn) as gone:
            reader.articles.get(made["slug"])
    assert gone.value.details["public_note"] == "There is no bell."
    assert len(cache) == kept - 1


async def test_the_asynchronous_client_has_the_same_names(newsroom: Newsroom) -> None:
    async with AsyncClient(newsroom.url) as api:
        everything = [item["id"] for item in (await api.articles.list(limit=100))["items"]]
        assert [item["id"] async for item in api.articles.pages(limit=3)] == everything
        with pytest.raises(Problem):
            await api.notes.get("no-such-note")


@pytest.mark.parametrize("is_asynchronous", [False, True])
def test_following_loses_nothing(newsroom: Newsroom, is_asynchronous: bool) -> None:
    positions: SimpleQueue[int] = SimpleQueue()

    def follow() -> None:
        with Client(newsroom.proxy.url) as api, closing(api.changes.follow(after=0)) as changes:
            for change in changes:
                positions.put(change["seq"])
                if is_last(change["document"]):
                    return

    async def follow_asynchronously() -> None:
        async with AsyncClient(newsroom.proxy.url) as api, aclosing(api.changes.follow(after=0)) as changes:
            async for change in changes:
                positions.put(change["seq"])
                if is_last(change["document"]):
                    return

    with ThreadPoolExecutor(1) as thread:
        follower = (
            thread.submit(lambda: asyncio.run(follow_asynchronously())) if is_asynchronous else thread.submit(follow)
        )
        follow_through_trouble(newsroom, iter(lambda: positions.get(timeout=30), None))
        follower.result(timeout=30)


def is_last(document: Json | None) -> bool:
    return document is not None and document.get("headline") == "The last one"


def test_a_position_that_is_not_there_ends_the_iteration(api: Client) -> None:
    with pytest.raises(Problem, match="position"), closing(api.changes.follow(after=10_000)) as changes:
        next(changes)


def test_blocks_become_the_html_that_the_server_gives(stories: list[Json]) -> None:
    assert len(stories) > 10
    plain = [story for story in stories if is_plain(story)]
    assert len(plain) > 5
    for story in plain:
        html = render_blocks(story["body"], included=story["included"], language=story["language"])
        assert html.replace(' dir="auto"', ' dir="ltr"').replace("&quot;", '"') == story["body_html"]


def test_nothing_hostile_is_rendered(stories: list[Json]) -> None:
    overrides = {"divider": lambda block, html: html.replace("hr", f'hr class="{block["type"]}"')}

    assert render_blocks(stories[0]["body"], overrides=overrides, language="en") == HOSTILE_HTML


def test_a_webhook_is_verified() -> None:
    secret, body = "whsec_c3VjaCBzZWNyZXRzIGFyZSBrZXB0IHdlbGwu", json.dumps({"seq": 1, "op": "published"}).encode()
    now = int(time.time())
    signature = sign(b"such secrets are kept well.", "w-1", now, body)
    headers = {"Webhook-Id": "w-1", "webhook-timestamp": str(now), "webhook-signature": f"v1,bm8= {signature}"}

    assert verify_webhook(body, headers, secret)["op"] == "published"
    late = {**headers, "webhook-timestamp": "1700000000"}
    other = {**headers, "webhook-signature": "v1,AAAA v2,x"}
    for text, given in ((body + b" ", headers), (body, late), (body, other), (body, {})):
        with pytest.raises(WebhookRefused):
            verify_webhook(text, given, secret)
