"""The schema holds nothing that the product does not read: each column is used by some statement of a tour of it."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, Final

import pytest
from httpx import AsyncClient
from sqlalchemy import ClauseElement, Column, Insert, Update, update
from sqlalchemy.sql import visitors
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import DMLWhereBase, UpdateBase

from app.changes import feed
from app.changes.idempotency import forget_old_keys
from app.db import Base, CompiledStatement, Database, utcnow, writing
from app.index.models import IndexState
from app.outbound import Outbound
from app.reindex import reindex
from app.ticker import Ticker
from app.web.fields import format_instant
from app.webhooks import store as webhooks
from app.webhooks import websub
from app.webhooks.schemas import NewWebhookIn
from tests.conftest import Load
from tests.contents import ZONE, exported, tombstone
from tests.factories import article, box, credit, draft, note, section, source, tag
from tests.webhooks.conftest import Receiver, deliver_to

# Columns that no statement reads: they tell a person at an SQL prompt what a row is about.
FOR_THE_SQL_PROMPT: Final = frozenset(
    f"{table}.{column}"
    for table, columns in {
        "articles": "headline first_published_at published_at updated_at created_at modified_at revision",
        "notes": "heading as_of published_at updated_at created_at modified_at revision",
        "collections": "first_published_at published_at updated_at created_at modified_at revision",
        "tags": "created_at modified_at revision",
        "sources": "created_at modified_at revision",
    }.items()
    for column in columns.split()
)
# Who did it: for whoever has to find that out.
FOR_INQUIRIES: Final = frozenset({"keys.created_by"})
# A section cannot be deleted while an article is in it.
FOREIGN_KEYS: Final = frozenset({"articles.section"})


# --- which columns a statement reads -------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _no_background_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DELIVER_WEBHOOKS", "false")


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[ClauseElement]:
    """Every statement that is compiled from now on: all that run, since what was compiled before is forgotten."""
    compiled: list[ClauseElement] = []
    init = SQLCompiler.__init__

    def record(self: SQLCompiler, dialect: Any, statement: Any, *arguments: Any, **options: Any) -> None:
        compiled.append(statement)
        init(self, dialect, statement, *arguments, **options)

    monkeypatch.setattr(SQLCompiler, "__init__", record)
    writing._compiled.cache_clear()
    # Tests remember for all databases what is compiled for one (conftest); here each Database compiles its own.
    monkeypatch.setattr("app.db.database.CompiledStatement", CompiledStatement)
    return compiled


def columns_read(statement: ClauseElement) -> Iterator[str]:
    """The columns that decide what the statement does or returns; not those that it only fills."""
    for part in _reading_parts(statement):
        for element in visitors.iterate(part):
            if isinstance(element, Column):
                yield from (str(column) for column in element.base_columns)


def _reading_parts(statement: ClauseElement) -> Iterable[ClauseElement]:
    if not isinstance(statement, UpdateBase):
        return [statement]
    parts: list[Any] = [*statement._returning]
    if isinstance(statement, DMLWhereBase):
        parts += statement._where_criteria
    if isinstance(statement, Insert | Update):
        parts += [value for value in (statement._values or {}).values() if isinstance(value, ClauseElement)]
    return parts


# --- the tour ------------------------------------------------------------------------------------------------------

CONTENT: Final = (
    section("news"),
    tag("water"),
    tag("rivers", parent="water"),
    tag("lakes"),
    source("agency"),
    source("wire", parent="agency"),
    source("gauge"),
    note("dam", tags=["rivers"], attributions=[credit("wire")]),
    note("mill", status="draft"),
    article("flood", section="news", tags=["rivers"], attributions=[credit("wire")], body=[box("dam")]),
    article("flood-uk", language="uk", translation_of=article("flood")["id"]),
    draft("plan", origin={"system": "river.example", "id": "7"}),
    tombstone("gone"),
)
ARTICLES: Final = ("tag=rivers&language=en", "section=news", "tag=rivers,lakes&source=wire&note=dam&tag_not=lakes")
READ: Final = (
    *(f"/articles?count=true&{query}" for query in ARTICLES),
    "/articles?language=uk&fallback=en",
    "/articles?updated_since=2020-01-01&modified_since=2020-01-01&published_from=2020-01-01&sort=updated_at&count=true",
    f"/articles?ids={article('flood')['id']}",
    "/articles?q=river&tag=rivers&language=en&published_from=2020-01-01&count=true",
    "/articles/flood?include=tags,sources,notes,relations,translations",
    "/notes?language=en&tag=rivers&source=wire&count=true",
    "/notes/dam?include=tags,sources",
    "/tags?type=topic&parent=water&count=true",
    "/tags?include=counts&sort=-modified_at",
    "/tags?type=section",
    "/sources?role=reported_by&include=counts",
    "/sources?type=organisation&identity=named&parent=agency&count=true",
    "/archive?by=day&tag=rivers&language=en",
    "/archive",
    "/redirects",
    "/articles/flood/revisions",
    "/articles/flood/revisions/1",
    "/notes/dam/revisions",
    "/changes?noun=article&tag=rivers&since=2020-01-01",
    "/keys",
    "/webhooks",
)


class Desk:
    """A client whose requests succeed."""

    def __init__(self, api: AsyncClient) -> None:
        self.api = api

    async def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        if method in {"PUT", "PATCH", "DELETE"}:
            headers["If-Match"] = "*"
        answer = await self.api.request(method, f"/v1{path}", json=body, headers=headers)
        assert answer.is_success, (method, path, answer.text)
        return answer.json() if answer.content else None


async def read(desk: Desk) -> None:
    just_now = format_instant(utcnow())
    await desk("GET", f"/articles/flood?include=notes&perspective={just_now}")
    for path in READ:
        mark = "&" if "?" in path else "?"
        await desk("GET", path)
        if not path.startswith(("/archive", "/redirects", "/keys", "/webhooks")):
            await desk("GET", f"{path}{mark}perspective=drafts")
        if path.startswith("/articles?"):
            await desk("GET", f"{path}{mark}perspective=2098-01-01T00:00:00Z")


async def write(desk: Desk) -> None:
    story = {"language": "en", "headline": "The river rose", "section": "news", "tags": ["rivers"]}
    once = {"Idempotency-Key": "story"}
    id = (await desk("POST", "/articles", story, **once))["id"]
    assert (await desk("POST", "/articles", story, **once))["id"] == id
    for path in (f"/articles/{id}", "/notes/mill"):
        await desk("POST", f"{path}/publish", {"at": "2099-01-01T00:00:00Z"})
        await desk("POST", f"{path}/unpublish")
        await desk("POST", f"{path}/publish")
    await desk("PATCH", f"/articles/{id}/draft", {"kicker": "Water", "language": "uk"})
    await desk("POST", f"/articles/{id}/correct", {"kind": "correction", "text": "It was Tuesday."})
    await desk("DELETE", f"/articles/{id}/draft")
    await desk("PATCH", "/notes/dam", {"heading": "The dam"})
    await desk("PATCH", "/tags/lakes", {"type": "section"})
    await desk("PUT", "/sources/gauge", {"type": "document", "names": {"en": "Gauge"}})
    for path, replacement in ((f"/articles/{id}", article("flood")["id"]), ("/notes/mill", "dam")):
        await desk("POST", f"{path}/withdraw", {"reason": "rights", "replacement": replacement})
        assert (await desk.api.get(f"/v1{path}")).status_code == 410
        await desk("POST", f"{path}/erase", {"reason": "legal"})
    for path in ("/articles/plan", "/tags/lakes", "/sources/gauge"):
        await desk("DELETE", path)


async def administer(desk: Desk, database: Database) -> None:
    key = await desk("POST", "/keys", {"name": "Night desk", "scopes": ["content:write"]})
    await desk("DELETE", f"/keys/{key['id']}")
    settings = NewWebhookIn(name="Cache", url="https://one.example/hook", after=0)
    webhook = f"/webhooks/{(await webhooks.create(database, settings)).id}"
    await desk("POST", f"{webhook}/secret")
    receiver = Receiver()
    receiver.answers["one.example"] = [204, 500]
    deliverer = deliver_to(database, receiver)
    await deliverer.run_once()
    await desk("PATCH", webhook, {"tags": ["rivers"]})
    await desk("POST", f"{webhook}/replay", {"after": 0})
    await desk("GET", f"{webhook}/deliveries?dead=true")
    publisher = websub.WebSubPublisher(database, Outbound(), "https://hub.example/", [])
    await publisher.tell_if_changed()
    await publisher._update(utcnow(), attempts=0)
    await Ticker(database, ZONE).release()
    await forget_old_keys(database)
    await feed.trim(database, utcnow() - timedelta(days=1))
    for public in (False, True):
        await exported(database, public=public)


async def index_anew(database: Database) -> None:
    async with database.begin() as connection:
        await connection.execute(update(IndexState).values(version=None))
    await reindex(database)


async def test_every_column_is_read_by_some_statement(
    statements: list[ClauseElement], desk: AsyncClient, database: Database, load: Load
) -> None:
    await load(*CONTENT)
    await load(*CONTENT)
    await index_anew(database)
    await write(Desk(desk))
    await administer(Desk(desk), database)
    await read(Desk(desk))

    columns_of_the_schema = {str(column) for table in Base.metadata.tables.values() for column in table.columns}
    read_columns = {name for statement in statements for name in columns_read(statement)}
    assert columns_of_the_schema - read_columns == FOR_THE_SQL_PROMPT | FOR_INQUIRIES | FOREIGN_KEYS
