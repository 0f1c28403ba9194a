"""The MCP server: agents get what the API would give their key, in bounded parts, and refusals that help."""

import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final

import httpx2
import pytest
from httpx import ASGITransport, AsyncClient
from jsonschema import Draft202012Validator
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult

from app.agents import tools
from app.agents.tools import TOOLS
from app.db import Database, utcnow
from app.main import create_app
from app.settings import Settings
from tests.answers import bearing, get, refusal
from tests.articles.test_desk_canary import CANARY, ground, hide
from tests.articles.test_expiry import expire, later
from tests.conftest import Clock, Load, Make, application, client
from tests.desk import publish
from tests.factories import article, box, credit, note, said, source, tag, withdrawn, words
from tests.processes import served

Agent = Callable[..., AbstractAsyncContextManager[Client]]
LIST: Final = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


@asynccontextmanager
async def agent_at(address: str, wire: httpx2.AsyncClient) -> AsyncIterator[Client]:
    async with wire, Client(streamable_http_client(f"{address}/mcp", http_client=wire)) as agent:
        yield agent


@pytest.fixture
def agent(database_url: str) -> Agent:
    """Says `agent(key)`: the SDK's client of the application over this test's database."""

    @asynccontextmanager
    async def agent(key: str | None = None) -> AsyncIterator[Client]:
        with application(database_url) as app:
            headers = bearing(key) if key else None
            wire = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), headers=headers)
            async with app.router.lifespan_context(app), agent_at("http://dovidka.test", wire) as made:
                yield made

    return agent


async def call(agent: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """What the tool answers."""
    result = await agent.call_tool(tool, arguments)
    assert not result.is_error, result.content
    document: dict[str, Any] = result.structured_content
    return document


async def refused(agent: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """The error of the tool; checked to be told as text too."""
    result = await agent.call_tool(tool, arguments)
    assert result.is_error, result.content
    document: dict[str, Any] = result.structured_content
    assert json.loads(text(result)) == document
    return document


def text(result: CallToolResult) -> str:
    return "".join(block.text for block in result.content if block.type == "text")


async def send(api: AsyncClient, message: object = LIST, **headers: str) -> Any:
    sent = {"Accept": "application/json, text/event-stream", **headers}
    return await api.post("/mcp", json=message, headers=sent)


async def test_each_tool_is_described_with_a_schema_that_bounds_what_it_takes(agent: Agent) -> None:
    async with agent() as client:
        listed = (await client.list_tools()).tools
    assert [tool.name for tool in listed] == [*TOOLS]
    for tool in listed:
        Draft202012Validator.check_schema(tool.input_schema)
        assert tool.input_schema["additionalProperties"] is False
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint
        bounds = {"maxLength", "maximum", "enum"}
        for name, field in tool.input_schema["properties"].items():
            assert bounds & {*field}, (tool.name, name)


async def test_every_tool_answers_as_the_api_does(agent: Agent, load: Load, database_url: str) -> None:
    await load(tag("trams"), source("olha"), note("depot", tags=["trams"], attributions=[credit("olha")]))
    body = [words("The tram stood."), said("olha", "We waited."), box("depot")]
    await load(article("a", tags=["trams"], body=body), article("b"))
    async with agent() as it, client(database_url) as api:
        found = await call(it, "search_articles", tag="trams", q="tram")
        assert [item["slug"] for item in found["items"]] == ["a"]
        for tool, path in (("get_article", "articles"), ("get_note", "notes")):
            ref = {"get_article": {"ref": "a"}, "get_note": {"slug": "depot"}}[tool]
            [name] = ref.values()
            answered = await call(it, tool, **ref)
            assert answered["markdown"] == (await api.get(f"/v1/{path}/{name}/markdown")).text
        assert await call(it, "list_quotes", source="olha") == await get(api, "/v1/quotes", source="olha", limit=10)
        assert await call(it, "get_timeline", tag="trams") == await get(api, "/v1/timeline", tag="trams", limit=10)
        assert await call(it, "list_changes", after=1, limit=2) == await get(api, "/v1/changes", after=1, limit=2)


async def test_a_list_is_read_to_its_end_by_its_cursor(agent: Agent, load: Load) -> None:
    await load(*(article(slug) for slug in "abc"))
    async with agent() as it:
        first = await call(it, "search_articles", limit=2)
        rest = await call(it, "search_articles", limit=2, cursor=first["next"])
    assert {item["slug"] for item in first["items"] + rest["items"]} == {*"abc"}
    assert rest["next"] is None


async def test_a_long_article_comes_in_parts_that_say_so(
    agent: Agent, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "MOST_CHARACTERS", 50)
    await load(article("long", body=[words(f"Річка {'вийшла ' * 20}з берегів.")]))
    async with agent() as it:
        result = await it.call_tool("get_article", {"ref": "long"})
        assert "offset=50" in text(result)
        parts: list[str] = []
        document: dict[str, Any] = {"next_offset": 0}
        while (offset := document["next_offset"]) is not None:
            document = await call(it, "get_article", ref="long", offset=offset)
            parts.append(document["markdown"])
        wrong = await refused(it, "get_article", ref="long", offset=100_000)
    assert len(parts) > 3
    assert all(len(one) <= 50 for one in parts)
    assert len("".join(parts)) == document["characters"]
    assert "з берегів." in "".join(parts)
    assert wrong["errors"][0]["pointer"] == "/offset"


async def test_a_note_is_read_as_of_a_date(agent: Agent, load: Load, clock: Clock, desk: AsyncClient) -> None:
    await load(note("depot", heading="Old depot"))
    clock.move(hours=1)
    before = utcnow().isoformat()
    clock.move(hours=1)
    changed = await desk.patch("/v1/notes/depot", json={"heading": "New depot"}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200
    async with agent() as it:
        assert "New depot" in (await call(it, "get_note", slug="depot"))["markdown"]
        assert "Old depot" in (await call(it, "get_note", slug="depot", perspective=before))["markdown"]


async def test_a_withdrawn_article_says_why_and_nothing_of_its_text(agent: Agent, load: Load) -> None:
    await load(withdrawn("gone", reason="legal", headline="Unsaid", body=[words("Unsaid words.")]))
    async with agent() as it:
        document = await refused(it, "get_article", ref="gone")
    assert (document["status"], document["code"], document["reason"]) == (410, "withdrawn", "legal")
    assert "Unsaid" not in json.dumps(document)


async def test_a_former_slug_leads_to_the_article(agent: Agent, load: Load, desk: AsyncClient) -> None:
    await load(article("old-name", headline="Found by both names"))
    renamed = await desk.patch("/v1/articles/old-name", json={"slug": "new-name"}, headers={"If-Match": '"1"'})
    assert renamed.status_code == 200
    async with agent() as it:
        assert "Found by both names" in (await call(it, "get_article", ref="old-name"))["markdown"]


@pytest.mark.parametrize(
    ("tool", "arguments", "named", "valid"),
    [
        ("search_articles", {"tags": "river"}, "tags", "tag, source, language"),
        ("search_articles", {"limit": 21}, "/limit", "20"),
        ("search_articles", {"limit": "5"}, "/limit", "integer"),
        ("search_articles", {"date": "Tuesday"}, "date", "day"),
        ("search_articles", {"sort": "best"}, "/sort", "relevance"),
        ("get_article", {}, "/ref", "missing"),
        ("list_quotes", {}, "/source", "missing"),
        ("list_changes", {"noun": "story"}, "/noun", "article"),
        ("get_everything", {}, "get_everything", "get_article, get_note"),
    ],
)
async def test_wrong_arguments_are_named_with_what_would_be_right(
    agent: Agent, tool: str, arguments: dict[str, Any], named: str, valid: str
) -> None:
    async with agent() as it:
        document = await refused(it, tool, **arguments)
    assert document["code"] == "invalid"
    assert document["errors"]
    assert named in json.dumps(document)
    assert valid in json.dumps(document)


async def test_what_is_hidden_is_in_no_answer_without_a_key(
    agent: Agent, desk: AsyncClient, load: Load, key: Make, clock: Clock, database: Database
) -> None:
    hidden = await hide(desk, load, await ground(desk, load))
    fields = {"slug": "expired", "body": [words(f"{CANARY} body")], "expires_at": later(hours=1)}
    hidden.append((await publish(desk, f"{CANARY} headline", **fields))["id"])
    await expire(database, clock, hidden[-1])
    calls: list[tuple[str, dict[str, Any]]] = [("search_articles", {}), ("search_articles", {"q": CANARY})]
    calls += [("get_article", {"ref": ref}) for ref in ("a", "copied-anew", *hidden)]
    calls += [("get_note", {"slug": slug}) for slug in ("mill", f"{CANARY}-note", f"{CANARY}-later")]
    calls += [("list_quotes", {"source": f"{CANARY}-source"}), ("list_quotes", {"source": "mayor"})]
    calls += [("get_timeline", {}), ("get_timeline", {"tag": f"{CANARY}-tag"}), ("list_changes", {"noun": "article"})]
    calls += [("list_changes", {"noun": "note"}), ("search_articles", {"tag": "river"})]
    answered = 0
    async with agent() as it:
        for tool, arguments in calls:
            result = await it.call_tool(tool, arguments)
            said_back = text(result) + json.dumps(result.structured_content, ensure_ascii=False)
            for value in arguments.values():  # what was asked may be told
                said_back = said_back.replace(str(value), "") if CANARY in str(value) else said_back
            assert CANARY not in said_back.replace(f"{CANARY}-tag", "").replace(f"{CANARY}-section", ""), tool
            answered += not result.is_error
    assert answered > 8
    async with agent() as it:
        assert (await refused(it, "get_article", ref=hidden[-1]))["reason"] == "expired"
    draft = {"slug": f"{CANARY}-note", "perspective": "drafts"}
    async with agent() as it:
        assert (await refused(it, "get_note", **draft))["code"] == "unauthorized"
    async with agent(await key("content:write")) as it:
        assert (await refused(it, "get_note", **draft))["code"] == "forbidden"
    async with agent(await key("drafts:read")) as it:
        assert CANARY in (await call(it, "get_note", **draft))["markdown"]
        assert (await refused(it, "get_article", ref=hidden[0]))["code"] == "not-found"


async def test_calls_count_as_requests_of_their_sender(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATE_LIMIT", "12/minute")
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_changes"}}
    async with client(database_url) as api:
        answers = [await send(api, message) for _ in range(7)]
    # A call is two requests: that of the agent, and that of the tool to the API.
    remaining = [int(answer.headers["ratelimit"].partition("r=")[2].partition(";")[0]) for answer in answers]
    assert remaining == [11, 9, 7, 5, 3, 1, 0]
    refusal(answers[6], 429, "too-many-requests")


async def test_a_page_of_another_origin_is_refused_as_a_problem(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORS_ORIGINS", "https://news.example")
    async with client(database_url) as api:
        refusal(await send(api, Origin="https://evil.example"), 403, "forbidden")
        assert (await send(api, Origin="https://news.example")).status_code == 200
        refusal(await send(api, Host="bad host"), 400, "malformed")


async def test_what_is_no_message_is_refused(api: AsyncClient) -> None:
    refusal(await api.get("/mcp"), 405, "method-not-allowed")
    refusal(await api.post("/mcp?a=1", json=LIST), 422, "invalid")
    refusal(
        await api.post("/mcp", content=b"<a/>", headers={"Content-Type": "text/xml"}), 415, "unsupported-media-type"
    )
    answer = await api.post("/mcp", content=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == -32700


async def test_a_server_on_the_wire_answers_agents(newsroom_url: str) -> None:
    with served(newsroom_url) as port:
        async with agent_at(f"http://127.0.0.1:{port}", httpx2.AsyncClient()) as it:
            found = await call(it, "search_articles", limit=1)
            ref = found["items"][0]["slug"]
            assert found["items"][0]["headline"] in (await call(it, "get_article", ref=ref))["markdown"]


async def test_without_the_extra_there_is_no_such_path(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    # With pages for readers, every path of one name takes GET, and so answers POST with 405.
    app = create_app(Settings(database_url=database_url, site_pages=False))
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://dovidka.test") as api,
    ):
        refusal(await send(api), 404, "not-found")
        assert "/mcp" not in (await api.get("/llms.txt")).text
