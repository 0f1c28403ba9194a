"""Pages and single documents as responses, joined from documents that are JSON already, with Link."""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

from pydantic_core import from_json, to_json
from starlette.requests import Request
from starlette.responses import Response

from app.paging import Included, PageRows
from app.web.caching import PRIVATE, cached_response
from app.web.cursors import Cursors

# A longer header is left out: the body has `next` and `prev` too, and a stock nginx takes heads of 4,096 bytes.
LONGEST_LINK: Final = 1_000


async def page_response(
    request: Request,
    cursors: Cursors,
    rows: PageRows,
    *,
    names: Sequence[str] = (),
    fields: Sequence[str] = (),
    included: Included | None = None,
    members: Mapping[str, object] | None = None,
    is_kept: bool = True,
) -> Response:
    """A page of documents.

    `names` are those of the lists it is part of, such as `articles:tag:trams`, which every change of an object in them
    touches. `fields` are the fields to keep; all of them by default. `members` are others that the page has, as JSON
    values. Unless it `is_kept`, no cache keeps it.
    """
    next_cursor = cursors.write(rows.next) if rows.next else None
    prev_cursor = cursors.write(rows.prev) if rows.prev else None
    items = b",".join([_only(item, fields) for item in rows.items]) if fields else ",".join(rows.items).encode()
    count = None if rows.count is None else {"value": rows.count[0], "exact": rows.count[1]}
    rest = to_json({"next": next_cursor, "prev": prev_cursor, "count": count})
    body = b'{"items":[%s],%s,"included":%s}' % (items, rest[1:-1], _included_json(included))
    if members:
        body = b"%s,%s" % (body[:-1], to_json(members)[1:])
    headers = links(request, next=next_cursor, prev=prev_cursor)
    if not is_kept:
        return await cached_response(request, body, headers={**headers, "Cache-Control": PRIVATE})
    return await cached_response(request, body, names=_with_included(names, included), headers=headers)


async def item_response(
    request: Request,
    document: str,
    revision: int | None,
    *,
    name: str,
    others: Sequence[str] = (),
    fields: Sequence[str] = (),
    included: Included | None = None,
    cache_control: str | None = None,
) -> Response:
    """One document. `name` is its own, such as `tag:trams`; `others` are those of what it shows.

    `cache_control` replaces what readers get: no cache then keeps the answer.

    The ETag is the revision if the body is the document as stored, and a digest if `fields` or `included` change it, or
    where no revision is given.
    """
    names = _with_included([name, *others], included) if cache_control is None else []
    headers = None if cache_control is None else {"Cache-Control": cache_control}
    if not fields and included is None:
        return await cached_response(request, document.encode(), names=names, revision=revision, headers=headers)
    body = _only(document, fields) if fields else document.encode()
    if included is not None:
        body = body[:-1] + b',"included":%s}' % _included_json(included)
    return await cached_response(request, body, names=names, headers=headers)


def _with_included(names: Sequence[str], included: Included | None) -> list[str]:
    return [*names, *(included.names if included is not None else ())]


def _only(document: str, fields: Sequence[str]) -> bytes:
    """The document with these fields only, in the document's order."""
    return to_json({name: value for name, value in from_json(document).items() if name in fields})


def _included_json(included: Included | None) -> bytes:
    """The `included` object. Slugs and ids need no escaping."""
    groups = {group: _object(documents) for group, documents in included.groups.items()} if included else {}
    return _object(groups).encode()


def _object(members: Mapping[str, str]) -> str:
    return "{" + ",".join([f'"{name}":{value}' for name, value in members.items()]) + "}"


def links(request: Request, *, next: str | None, prev: str | None) -> dict[str, str]:
    """The Link header of a page; none if the page is the only one, or the header would be too long.

    References are relative, so that the answer does not depend on the Host header. Source: RFC 8288.
    """
    cursors = {"next": next, "prev": prev}
    references = [f'<{page_address(request, cursor)}>; rel="{rel}"' for rel, cursor in cursors.items() if cursor]
    link = ", ".join(references)
    return {"Link": link} if 0 < len(link) <= LONGEST_LINK else {}


def page_address(request: Request, cursor: str | None) -> str:
    """Path and query of the page of the same list at this cursor; of its first page for None."""
    path = quote(request.scope["path"], safe="/-._~")
    pairs = request.scope["query_string"].decode("ascii", "ignore").split("&")
    parameters = [pair for pair in pairs if pair and not pair.startswith("cursor=")]
    parameters += [f"cursor={cursor}"] if cursor else []
    return f"{path}?{'&'.join(parameters)}" if parameters else path


def content_location(request: Request, path: str) -> dict[str, str]:
    """The header that says where the version that `language` has chosen is shown in the same way; none if too long.

    Source: RFC 9110, 8.7.
    """
    pairs = request.scope["query_string"].decode("ascii", "ignore").split("&")
    query = "&".join(pair for pair in pairs if pair and not pair.startswith("language="))
    address = f"{path}?{query}" if query else path
    return {"Content-Location": address} if len(address) <= LONGEST_LINK else {}
