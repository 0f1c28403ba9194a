"""The MCP server: streamable HTTP without sessions, answered as JSON. Source: modelcontextprotocol.io.

The SDK takes 0.7 seconds to import, and some 20 MB: `routes` imports this file when an agent asks for the first time.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import mcp_types as protocol
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

import app
from app.agents.asking import ask
from app.agents.tools import TOOLS, part
from app.errors import Fault, Invalid, Refusal

INSTRUCTIONS: Final = (
    "News articles with sources, reference notes and corrections. Find with search_articles, read with get_article, and"
    " cite an article by the address in it. Say so where it was corrected. What an error calls withdrawn or expired is"
    " not to be quoted."
)
Context = ServerRequestContext[dict[str, Any], Request]
# It would log the begin and end of each request as information.
logging.getLogger("mcp").setLevel(logging.WARNING)


async def _list_tools(_: Context, __: protocol.PaginatedRequestParams | None) -> protocol.ListToolsResult:
    hints = protocol.ToolAnnotations(read_only_hint=True, open_world_hint=False)
    tools = [
        protocol.Tool(
            name=tool.name, title=tool.title, description=tool.about, input_schema=tool.schema, annotations=hints
        )
        for tool in TOOLS.values()
    ]
    return protocol.ListToolsResult(tools=tools)


async def _call_tool(context: Context, params: protocol.CallToolRequestParams) -> protocol.CallToolResult:
    """The answer of the tool. What is refused, here or by the API, is an error of the tool with code and detail."""
    try:
        tool = TOOLS.get(params.name)
        if tool is None:
            detail = f"is no tool here; there are {', '.join(TOOLS)}"
            raise Invalid(f"{params.name[:100]!r} {detail}.", Fault(detail, "unknown", pointer="", allowed=[*TOOLS]))
        assert context.request is not None, "a call comes over HTTP alone"
        arguments = tool.checked(params.arguments or {})
        answer = await ask(context.request, tool.address(arguments))
        if answer.status != 200:
            return _result(answer.document(), is_error=True)
        if not tool.is_document:
            return _result(answer.document())
        return _result(part(answer.body.decode(), arguments["offset"]))
    except Refusal as refusal:
        return _result(refusal.document(), is_error=True)


def _result(document: dict[str, Any], is_error: bool = False) -> protocol.CallToolResult:
    """The document, and as text for clients that read only that: the Markdown where it has some, and what was cut."""
    if "markdown" in document:
        texts = [document["markdown"]]
        if document["next_offset"] is not None:
            texts.append(f"Cut. The document has {document['characters']} characters: offset={document['next_offset']}")
    else:
        texts = [to_json(document).decode()]
    content: list[protocol.ContentBlock] = [protocol.TextContent(type="text", text=text) for text in texts]
    return protocol.CallToolResult(content=content, structured_content=document, is_error=is_error)


_server: Final = Server(
    "dovidka",
    version=app.__version__,
    instructions=INSTRUCTIONS,
    on_list_tools=_list_tools,
    on_call_tool=_call_tool,
)


class Answered(Response):
    """What the SDK answers to a request whose body has been read."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self._request_body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        messages: list[Message] = [{"type": "http.request", "body": self._request_body, "more_body": False}]

        async def replay() -> Message:
            return messages.pop() if messages else await receive()

        async with _manager() as manager:
            await manager.handle_request(scope, replay, send)


@asynccontextmanager
async def _manager() -> AsyncIterator[StreamableHTTPSessionManager]:
    """One for each request: there are no sessions to remember, and what a request began ends with it."""
    manager = StreamableHTTPSessionManager(_server, json_response=True, stateless=True)
    async with manager.run():
        yield manager
