"""`/mcp` over HTTP."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from app.errors import Fault, Forbidden, MethodNotAllowed
from app.web.bodies import JSON, check_media_type, read_body
from app.web.parameters import strict_query

router = APIRouter(dependencies=[Depends(strict_query)], include_in_schema=False)


def _check_origin(request: Request) -> None:
    """Raises: Forbidden, for pages of origins that may not read answers. Source: MCP, Transports, Security Warning.

    The Host header has been checked as that of every request.
    """
    origins, origin = request.app.state.settings.allowed_origins, request.headers.get("origin")
    if origins is not None and origin is not None and origin not in origins:
        fault = Fault("is not one whose pages may ask here", "forbidden", parameter="Origin")
        raise Forbidden("Pages of this origin may not ask here: CORS_ORIGINS does not name it.", fault)


@router.post("/mcp", dependencies=[Depends(_check_origin)])
async def call_mcp(request: Request) -> Response:
    """One message of an agent."""
    # Servers that no agent asks are spared the SDK.
    from app.agents.server import Answered

    check_media_type(request, (JSON,))
    return Answered(await read_body(request))


@router.get("/mcp")
async def refuse_stream() -> Response:
    """A stream of messages from the server, which has none to send. Without this, a page for readers would answer."""
    raise MethodNotAllowed("Agents send POST here; there is no stream to listen to.", headers={"Allow": "POST"})
