"""Random histories of a newsroom: writes over all nouns as the desk sends them, and every question a reader may ask.

A write may be refused, as in life; what it leaves then is nothing.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, Final

from httpx import AsyncClient, Response
from hypothesis import strategies as st
from pydantic_core import to_json

from app.db import Database
from app.keys import store as keys
from app.keys.schemas import KeyIn
from app.web.caller import SCOPES
from tests.answers import bearing
from tests.conftest import bring, client
from tests.factories import article, article_id, box, collection, credit, draft, note, said, section, source, tag, words

STORIES: Final = ("flood", "ferry", "povin")
NOTES: Final = ("dam", "pier")
TAGS: Final = ("city", "rivers", "floods", "boats")
SOURCES: Final = ("wire", "office")
COLLECTIONS: Final = ("front", "walks")

# A request of the desk: (method, path, body or None).
Write = tuple[str, str, Any]


def _some(names: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), unique=True, max_size=2)


_blocks = st.lists(
    st.one_of(
        st.sampled_from(["The river rose.", "The river fell.", "Boats stay ashore."]).map(words),
        st.sampled_from(SOURCES).map(said),
        st.just({**said("wire", "Човни лишилися на березі."), "language": "uk"}),
        st.sampled_from(NOTES).map(box),
        st.just(box("dam", 1)),
    ),
    min_size=1,
    max_size=2,
)
_relations = st.lists(
    st.sampled_from(STORIES).map(
        lambda slug: {"relation": "background", "article": article_id(slug), "text": "Read more"}
    ),
    max_size=1,
)
_article_fields: Final[dict[str, st.SearchStrategy[Any]]] = {
    "headline": st.sampled_from(["Water rises", "Water falls"]),
    "language": st.sampled_from(["en", "uk"]),
    "slug": st.sampled_from([*STORIES, "high-water"]),
    "body": _blocks,
    "section": st.sampled_from(["city", None]),
    "tags": _some(("rivers", "floods", "boats")),
    "attributions": _some(SOURCES).map(lambda slugs: [credit(slug) for slug in slugs]),
    "relations": _relations,
    "translation_of": st.sampled_from([article_id("flood"), None]),
}
_note_fields: Final[dict[str, st.SearchStrategy[Any]]] = {
    "heading": st.sampled_from(["For reference", "In short"]),
    "language": st.sampled_from(["en", "uk"]),
    "body": st.just([words("The dam has stood since 1811.")]),
    "tags": _some(("rivers", "floods")),
    "attributions": _some(SOURCES).map(lambda slugs: [credit(slug) for slug in slugs]),
    "facts": st.sampled_from(
        [
            [],
            [{"on": "1811", "text": "Built."}],
            [{"on": "1911-05", "text": "Mended.", "attributions": [credit("wire")]}],
        ]
    ),
}
_collection_fields: Final[dict[str, st.SearchStrategy[Any]]] = {
    "pinned": _some(tuple(map(article_id, STORIES))),
    "fill": st.sampled_from([None, "tag=rivers", "language=en&section=city", "q=water"]),
    "length": st.sampled_from([1, 3]),
}
_labels = st.sampled_from(["Water", "Land"]).map(lambda label: {"en": label})
_tag_fields = {"labels": _labels, "parent": st.sampled_from(["rivers", None])}
_source_fields = {"names": _labels, "parent": st.sampled_from(["office", None])}
_withdrawal = {"reason": "legal", "public_note": "A court said so."}
_verbs: Final[dict[str, st.SearchStrategy[dict[str, Any]]]] = {
    "publish": st.just({}),
    "unpublish": st.just({}),
    "withdraw": st.sampled_from([_withdrawal, {"reason": "rights"}]),
    "erase": st.just({"reason": "privacy"}),
    "correct": st.just({"kind": "correction", "text": "It was Tuesday."}),
}


def _patches(path: str, fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Write]:
    names = st.lists(st.sampled_from(sorted(fields)), min_size=1, max_size=2, unique=True)
    patch = names.flatmap(lambda names: st.fixed_dictionaries({name: fields[name] for name in names}))
    return st.tuples(st.just("PATCH"), st.just(path), patch)


def _actions(path: str) -> st.SearchStrategy[Write]:
    return st.sampled_from(sorted(_verbs)).flatmap(
        lambda verb: st.tuples(st.just("POST"), st.just(f"{path}/{verb}"), _verbs[verb])
    )


def _writes() -> st.SearchStrategy[Write]:
    choices = []
    for slug in STORIES:
        path = f"/v1/articles/{article_id(slug)}"
        choices += [_patches(path, _article_fields), _patches(f"{path}/draft", _article_fields), _actions(path)]
        choices += [st.just(("DELETE", f"{path}/draft", None)), st.just(("DELETE", path, None)), _replaced(slug)]
        choices.append(st.just(("POST", "/v1/import", draft(slug))))
        choices.append(st.just(("POST", "/v1/import", draft(slug, origin={"system": "river.example", "id": "7"}))))
    for slug in NOTES:
        path = f"/v1/notes/{slug}"
        choices += [_patches(path, _note_fields), _actions(path), st.just(("DELETE", path, None))]
        choices.append(st.just(("PUT", path, {"language": "en", "heading": slug, "body": [words("Built in 1811.")]})))
    for slug in COLLECTIONS:
        path = f"/v1/collections/{slug}"
        choices += [_patches(path, _collection_fields), _patches(f"{path}/draft", _collection_fields)]
        choices += [_actions(path), st.just(("DELETE", path, None))]
    choices += [_patches(f"/v1/tags/{slug}", _tag_fields) for slug in TAGS]
    choices += [_patches(f"/v1/sources/{slug}", _source_fields) for slug in SOURCES]
    return st.one_of(choices)


def _replaced(slug: str) -> st.SearchStrategy[Write]:
    """A withdrawal that names another story to read instead."""
    body = {"reason": "error", "replacement": article_id("ferry")}
    return st.just(("POST", f"/v1/articles/{article_id(slug)}/withdraw", body))


WRITES: Final = _writes()


# What histories begin with.
LINES: Final = (
    tag("rivers"), section("city"), tag("floods", parent="rivers"), tag("boats"), source("office"), source("wire"),
    note("dam", tags=["floods"]), note("pier", status="draft"),
    article("flood", tags=["floods"], section="city", body=[words("The river rose."), box("dam")]),
    article("ferry", tags=["boats"], attributions=[credit("wire")]), draft("povin", language="uk"),
    collection("front", pinned=[article_id("ferry"), article_id("povin")], fill="tag=rivers", length=3),
    collection("walks", fill="language=en", status="draft"),
)  # fmt: skip


async def send(desk: AsyncClient, write: Write) -> Response:
    """The answer to a write, whatever revision is there."""
    method, path, body = write
    headers = {"If-Match": "*"} if method in {"PATCH", "DELETE"} else {}
    if path == "/v1/import":
        headers["Content-Type"] = "application/x-ndjson"
        answer = await desk.post(path, content=to_json(body), headers=headers)
    else:
        answer = await desk.request(method, path, json=body, headers=headers)
    assert answer.status_code < 500, answer.text
    return answer


@asynccontextmanager
async def newsroom(url: str) -> AsyncIterator[tuple[AsyncClient, AsyncClient]]:
    """(a reader, the desk) of a newsroom over this empty database, once it has what histories begin with."""
    database = Database(url)
    await bring(database, *LINES)
    key = await keys.create(database, KeyIn(name="Desk", scopes=[*SCOPES]), created_by=None)
    await database.close()
    async with client(url) as reader, client(url) as desk:
        desk.headers.update(bearing(key.key))
        yield reader, desk


# --- what readers ask --------------------------------------------------------------------------------------------

FORMATS: Final = ("html", "text", "markdown", "jsonld", "ninjs")
EVERY_INCLUDE: Final = "tags,sources,notes,relations,translations"
EVERY_FACET: Final = "tag,section,source,author,genre,language,month"
_ARTICLE_LISTS: Final = (
    "", "language=en", "language=uk,en", "tag=rivers", "tag=floods&language=uk", "tag=rivers,boats&tag_not=floods",
    "origin=river.example:7", "origin=river.example:7&origin=river.example:8&language=en", "section=city",
    "source=wire", "source=wire&role=said_by", "note=dam", "tag=rivers&source=wire", "date=2025",
    "updated_since=2025-01-01", "language=uk&fallback=en", "language=en&fallback=uk&tag=rivers&count=true",
    "language=uk&fallback=en&q=water", "sort=-updated_at", "count=true&limit=1", "limit=2&fields=headline,body",
    f"ids={article_id('flood')},{article_id('povin')}", "published_to=2025-12-31&language=en",
    "q=water", "q=land", "q=dam stood&language=en", "q=source:water OR boats&tag=rivers", "q=river",
    "q=river&sort=relevance&limit=1", "q=water+OR+source:water&language=uk",
    *(f"{filters}facets={EVERY_FACET}" for filters in (
        "", "language=en&", "tag=rivers&", "section=city&language=uk&", "source=wire&role=said_by&tag_not=floods&",
        "q=river&tag=floods&", "tag=rivers,boats&source=wire&",
    )),
    *(f"tag=rivers&source=wire&language=en&facets={name}" for name in EVERY_FACET.split(",")),
)  # fmt: skip
_QUOTES: Final = (
    "", "include=articles&limit=1", "source=wire", "source=wire,office&language=en", "language=uk", "date=2025",
    "q=човен", "q=measured&source=office", "q=source:water",
)  # fmt: skip
_TIMELINES: Final = (
    "", "limit=1", "tag=rivers", "tag=floods&source=wire", "source=wire", "language=uk", "from=1900", "to=1850",
    "q=built", "q=source:water",
)  # fmt: skip
_NOTE_LISTS: Final = (
    "", "tag=rivers", "tag=floods&language=en", "language=uk", "source=wire", "ids=dam,pier", "sort=-modified_at",
    "count=true&limit=1", "fields=heading,body", "date=2025", "modified_since=2025-06-01", "tag_not=floods",
    "q=dam", "q=water OR source:land",
)  # fmt: skip


def _reads() -> Iterator[str]:
    for query in _ARTICLE_LISTS:
        yield f"/v1/articles?{query}"
    yield from (f"/v1/articles?include={name}" for name in EVERY_INCLUDE.split(","))
    yield f"/v1/articles?fields=body&include={EVERY_INCLUDE}"
    for ref in (*STORIES, "high-water", *map(article_id, STORIES)):
        path = f"/v1/articles/{ref}"
        yield from (path, f"{path}?fields=headline,tags", f"{path}?perspective=2026-01-01T00:00:00Z")
        yield from (f"{path}?include={name}" for name in (*EVERY_INCLUDE.split(","), EVERY_INCLUDE))
        yield from (f"{path}/revisions", f"{path}/revisions?limit=1", f"{path}/revisions/1", f"{path}/diff?from=1&to=2")
        yield from (f"{path}?language=en", f"{path}?language=uk&include=translations")
        yield from (f"{path}/related", f"{path}/related?limit=1")
        yield f"{path}/revisions/1?include={EVERY_INCLUDE}"
        yield from (f"{path}/{name}" for name in FORMATS)
        yield from (f"{path}/revisions/1/{name}" for name in FORMATS[: 1 if ref != "flood" else None])
        yield f"{path}?fields=body_html,body_text"
    yield from (f"/v1/quotes?{query}" for query in _QUOTES)
    yield from (f"/v1/timeline?{query}" for query in _TIMELINES)
    yield from ("/v1/articles?fields=body_html", "/v1/notes?fields=body_text", "/v1/formats/story.css")
    yield from ("/v1/archive", "/v1/archive?by=day&language=en", "/v1/archive?tag=rivers", "/v1/archive?section=city")
    yield from (f"/v1/notes?{query}" for query in _NOTE_LISTS)
    yield from ("/v1/notes?include=tags,sources", "/v1/notes?include=tags", "/v1/notes?include=sources")
    for slug in NOTES:
        path = f"/v1/notes/{slug}"
        yield from (path, f"{path}?include=tags,sources", f"{path}?perspective=2026-01-01T00:00:00Z")
        yield from (f"{path}/revisions", f"{path}/revisions/1", f"{path}/diff?from=1&to=2")
        yield from (f"{path}{rest}/{name}" for rest in ("", "/revisions/1") for name in FORMATS)
    yield from ("/v1/tags", "/v1/tags?include=counts", "/v1/tags?type=topic&limit=1", "/v1/tags?parent=rivers")
    yield from ("/v1/tags?ids=rivers,boats&include=counts", "/v1/tags?sort=-modified_at&count=true")
    for slug in TAGS:
        path = f"/v1/tags/{slug}"
        yield from (path, f"{path}?include=counts", f"{path}/revisions", f"{path}/revisions/1")
    yield from ("/v1/sources", "/v1/sources?type=organisation", "/v1/sources?parent=office&ids=wire,office")
    for slug in SOURCES:
        yield from (f"/v1/sources/{slug}", f"/v1/sources/{slug}/revisions", f"/v1/sources/{slug}/revisions/1")
    yield from ("/v1/search?q=water", "/v1/search?q=land OR dam", "/v1/search?q=boats&noun=tag,source&limit=1")
    yield from ("/v1/suggest?q=wa", "/v1/suggest?q=l&noun=tag", "/v1/suggest?q=for+ref&noun=note,article")
    yield from ("/v1/collections", "/v1/collections?sort=-modified_at&limit=1&count=true")
    for slug in COLLECTIONS:
        path = f"/v1/collections/{slug}"
        yield from (path, f"{path}/items", f"{path}/items?language=uk", f"{path}/items?include={EVERY_INCLUDE}")
        yield from (f"{path}/revisions", f"{path}/revisions/1", f"{path}/diff?from=1&to=2")
    yield from ("/v1/changes?noun=note&tag=rivers", "/v1/changes?since=2026-01-01&limit=2")
    yield from ("/v1/changes", "/v1/changes?after=2&limit=3", "/v1/redirects", "/v1/redirects?limit=1")


READS: Final = (*_reads(),)
# GETs whose answers no cache keeps: what only a key opens, and streams.
UNCACHED: Final = {
    "/v1/articles/{ref}/draft", "/v1/collections/{slug}/draft", "/v1/previews/{token}", "/v1/changes/stream",
    "/v1/keys", "/v1/keys/{id}", "/v1/webhooks", "/v1/webhooks/{id}", "/v1/webhooks/{id}/deliveries",
    *(f"{path}/{name}" for path in ("/v1/articles/{ref}/draft", "/v1/previews/{token}") for name in FORMATS),
}  # fmt: skip
