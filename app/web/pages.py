"""Pages and single documents as responses, joined from documents that are JSON already: Link and Surrogate-Key."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import quote

from pydantic_core import from_json, to_json
from starlette.requests import Request
from starlette.responses import Response

from app.paging import PageRows
from app.web.caching import cached_response
from app.web.cursors import Cursors

# Groups of `included`; each holds JSON documents by slug or id.
Included = Mapping[str, Mapping[str, str]]
# The noun of the documents in each group. `translations` maps languages to short articles and is handled apart.
NOUN_OF_GROUP: Final = {"tags": "tag", "sources": "source", "notes": "note", "articles": "article"}


async def page_response(
    request: Request,
    cursors: Cursors,
    rows: PageRows,
    *,
    noun: str,
    lists: Sequence[str] = (),
    fields: Sequence[str] = (),
    included: Included | None = None,
) -> Response:
    """A page of documents of this noun.

    `lists` are the surrogate keys of the lists it is part of, such as `articles:tag:trams`; by default the list of all
    documents of the noun. `fields` are the fields to keep; all of them by default.
    """
    next_cursor = cursors.write(rows.next) if rows.next else None
    prev_cursor = cursors.write(rows.prev) if rows.prev else None
    items = b",".join([_only(item, fields) for item in rows.items]) if fields else ",".join(rows.items).encode()
    count = None if rows.count is None else {"value": rows.count[0], "exact": rows.count[1]}
    rest = to_json({"next": next_cursor, "prev": prev_cursor, "count": count})
    body = b'{"items":[%s],%s,"included":%s}' % (items, rest[1:-1], _included_json(included or {}))
    keys = surrogate_keys(noun, rows.refs, lists or [f"{noun}s"], included)
    return await cached_response(request, body, headers=links(request, next=next_cursor, prev=prev_cursor) | keys)


async def item_response(
    request: Request,
    document: str,
    revision: int,
    *,
    key: str,
    others: Sequence[str] = (),
    fields: Sequence[str] = (),
    included: Included | None = None,
    cache_control: str | None = None,
) -> Response:
    """One document. `key` is its surrogate key, such as `tag:trams`; `others` are those of what it shows.

    `cache_control` replaces what readers get.

    The ETag is the revision if the body is the document as stored, and a digest if `fields` or `included` change it.
    """
    noun, _, ref = key.partition(":")
    headers = surrogate_keys(noun, [ref], others, included)
    if cache_control is not None:
        headers["Cache-Control"] = cache_control
    if not fields and included is None:
        return await cached_response(request, document.encode(), revision=revision, headers=headers)
    body = _only(document, fields) if fields else document.encode()
    if included is not None:
        body = body[:-1] + b',"included":%s}' % _included_json(included)
    return await cached_response(request, body, headers=headers)


def _only(document: str, fields: Sequence[str]) -> bytes:
    """The document with these fields only, in the document's order."""
    return to_json({name: value for name, value in from_json(document).items() if name in fields})


def _included_json(included: Included) -> bytes:
    """The `included` object. Slugs and ids need no escaping."""
    groups = {group: _object(documents) for group, documents in included.items()}
    return _object(groups).encode()


def _object(members: Mapping[str, str]) -> str:
    return "{" + ",".join([f'"{name}":{value}' for name, value in members.items()]) + "}"


def surrogate_keys(noun: str, refs: Iterable[str], lists: Iterable[str], included: Included | None) -> dict[str, str]:
    """The Surrogate-Key header: the lists and documents that a response shows, named as the log names changes."""
    keys = dict.fromkeys([*lists, *(f"{noun}:{ref}" for ref in refs)])
    for group, documents in (included or {}).items():
        if group == "translations":
            translations = (article for languages in documents.values() for article in from_json(languages).values())
            keys |= dict.fromkeys(f"article:{article['id']}" for article in translations)
        elif group in NOUN_OF_GROUP:
            # A note at a pinned revision stands under `slug@revision`.
            keys |= dict.fromkeys(f"{NOUN_OF_GROUP[group]}:{ref.partition('@')[0]}" for ref in documents)
    return {"Surrogate-Key": " ".join(keys)}


def links(request: Request, *, next: str | None, prev: str | None) -> dict[str, str]:
    """The Link header of a page, or no header if the page is the only one.

    References are relative, so that the answer does not depend on the Host header. Source: RFC 8288.
    """
    path = quote(request.scope["path"], safe="/-._~")
    pairs = request.scope["query_string"].decode("ascii", "ignore").split("&")
    others = "".join([f"{pair}&" for pair in pairs if pair and not pair.startswith("cursor=")])
    cursors = {"next": next, "prev": prev}
    references = [f'<{path}?{others}cursor={cursor}>; rel="{rel}"' for rel, cursor in cursors.items() if cursor]
    return {"Link": ", ".join(references)} if references else {}
