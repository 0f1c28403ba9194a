"""The pages for who builds on the API: any list explored, and the changes as they happen."""

from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic_core import from_json, to_json
from starlette.types import Message

from app.deps import Read
from app.errors import Fault, Invalid, Unavailable
from app.formats.story import Site
from app.site import explore, frames
from app.site.behind import ApiRequest
from app.site.explore import Exploration
from app.site.rendering import HEADERS, Head, render
from app.web.caching import cached_response
from app.web.parameters import strict_query

# What the parameters may be is for the API to say.
router = APIRouter(include_in_schema=False)
CHANGES_SHOWN: Final = 20


async def _answer_of(request: Request, path: str, query: str) -> tuple[int, Any]:
    """(status, document) of what this server's API answers to the public, past the limits of its rate."""
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    kept = ("type", "asgi", "http_version", "scheme", "server", "client", "root_path", "app", "state")
    scope = {name: request.scope[name] for name in kept if name in request.scope}
    scope |= {"method": "GET", "path": path, "raw_path": quote(path).encode(), "query_string": query.encode()}
    scope |= {"headers": [(b"host", b"localhost")]}
    await request.app.cache(scope, request.receive, send)
    body = b"".join(message.get("body", b"") for message in messages[1:])
    return messages[0]["status"], from_json(body)


@router.get("/explore")
async def show_list(request: Request, read: Read) -> Response:
    """A list of the API with any of its parameters; a refusal with what would mend it, and its status.

    Raises: Invalid, for a list that there is not.
    """
    site: Site = request.app.state.site
    exploration = Exploration.of(request.scope["query_string"].decode("utf-8", "replace"))
    if exploration.noun not in explore.LISTS:
        fault = Fault("is not one of the lists there are", parameter=explore.NOUN, allowed=[*explore.LISTS])
        raise Invalid("There is no such list.", fault)
    status, document = await _answer_of(request, exploration.path, exploration.query)
    is_list = status == 200 and "items" in document
    items = document["items"] if is_list else []
    request_path = f"{exploration.path}?{exploration.query}" if exploration.query else exploration.path
    body = render(
        "explore.html",
        frame=await frames.frame_in(read, site, "en"),
        head=Head(title="Explore", address=site.url + explore.PATH),
        behind=ApiRequest(site.url + request_path),
        exploration=exploration,
        request_path=request_path,
        entries=[(explore.title(exploration.noun, item), item) for item in items],
        found={**exploration.found_filters(items), **exploration.facet_filters(document.get("facets") or {})},
        newer=exploration.at(document.get("prev")) if is_list else None,
        older=exploration.at(document.get("next")) if is_list else None,
        problem=None if is_list else document,
        mends=[(fault, exploration.mends(fault)) for fault in document.get("errors", ())],
        json="" if is_list else to_json(document, indent=2).decode(),
    )
    if is_list:
        return await cached_response(request, body, media_type="text/html", headers=HEADERS)
    return Response(body, status, {**HEADERS, "Cache-Control": "no-store"}, media_type="text/html")


@router.get("/live", dependencies=[Depends(strict_query)])
async def show_changes(request: Request, read: Read) -> Response:
    """The last changes; a script puts those to come above them. Raises: Unavailable."""
    site: Site = request.app.state.site
    frame = await frames.frame_in(read, site, "en")
    status, end = await _answer_of(request, "/v1/changes", "limit=1")
    if status != 200:
        raise Unavailable(end["detail"])
    after = max(0, end["head"] - CHANGES_SHOWN)
    # The log may reach back less far: then nothing is shown of what was before.
    _, log = await _answer_of(request, "/v1/changes", f"after={after}&limit={CHANGES_SHOWN}")
    body = render(
        "live.html",
        frame=frame,
        head=Head(title="Live", address=f"{site.url}/live"),
        behind=ApiRequest(f"{site.url}/v1/changes/stream"),
        changes=log.get("items", [])[::-1],
        head_position=log["head"],
    )
    return await cached_response(request, body, media_type="text/html", headers=HEADERS)
