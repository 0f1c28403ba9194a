"""What tells an operator how the process is, and what clients are told while the database is away."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import text

from app.db import Database, SchemaMismatch
from app.db.pool import READERS
from app.errors import Unavailable
from app.keys import store as keys
from app.keys.schemas import KeyIn
from tests.answers import bearing, get, refusal
from tests.conftest import Fresh, Load, client
from tests.contents import accept
from tests.factories import article, tag

AWAY = [
    "/v1/articles",
    "/v1/articles/flood",
    "/v1/tags",
    "/v1/notes/mill",
    "/v1/archive",
    "/v1/articles?tag=a&source=b",
]


def unavailable(answer: Response) -> None:
    refusal(answer, 503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0


async def test_livez_and_readyz_say_that_all_is_well_and_are_not_stored(api: AsyncClient) -> None:
    for path, status in (("/livez", "alive"), ("/readyz", "ready")):
        answer = await api.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": status})
        assert answer.headers["cache-control"] == "no-store"
        assert (await api.head(path)).status_code == 200


async def test_readyz_asks_the_database_once_a_second_at_most(
    api: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    async def ping() -> None:
        asked.append(1)

    monkeypatch.setattr(database_of(api), "ping", ping)
    monkeypatch.setattr("app.operations.READY_SECONDS", 3_600.0)
    assert {(await api.get("/readyz")).status_code for _ in range(50)} == {200}
    assert len(asked) <= 1
    monkeypatch.setattr("app.operations.READY_SECONDS", 0.0)
    await api.get("/readyz")
    await api.get("/readyz")
    assert len(asked) >= 2


def database_of(api: AsyncClient) -> Any:
    return api._transport.app.state.database  # type: ignore[attr-defined]


async def all_are_back(api: AsyncClient) -> None:
    """Returns once every connection can be taken: what works in the background takes one now and then."""
    pool = database_of(api).pool
    async with asyncio.timeout(5):
        while pool._places._value != READERS:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)
    assert len(pool._free) <= READERS


@pytest.mark.parametrize("fault", [Unavailable, OSError, TimeoutError, ConnectionResetError])
async def test_a_database_that_is_away_is_503_everywhere_and_livez_lives(
    api: AsyncClient, load: Load, monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    await load(article("flood"))
    pool = database_of(api).pool
    monkeypatch.setattr("app.operations.READY_SECONDS", 0.0)

    async def refuse() -> None:
        raise fault

    with monkeypatch.context() as away:
        pool.close()
        away.setattr(pool, "open", refuse)
        for path in (*AWAY, "/readyz"):
            unavailable(await api.get(path))
        assert (await api.get("/livez")).status_code == 200
    for path in ("/v1/articles/flood", "/readyz"):
        assert (await api.get(path)).status_code == 200
    await all_are_back(api)


class Wire:
    """Stands between the application and PostgreSQL: passes bytes on, holds them, or cuts the line."""

    def __init__(self, url: str) -> None:
        self.socket = f"{parse_qs(urlsplit(url).query)['host'][0]}/.s.PGSQL.5432"
        self.database = urlsplit(url).path
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.lines: set[asyncio.StreamWriter] = set()
        self.tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self.accept, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        yield f"postgresql://postgres@127.0.0.1:{port}{self.database}"
        server.close()
        await self.cut()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(self.socket)
        self.lines |= {writer, back}
        self.tasks |= {asyncio.create_task(self.carry(reader, back)), asyncio.create_task(self.carry(there, writer))}

    async def carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65_536):
                await self.flowing.wait()
                target.write(data)
                await target.drain()
        except OSError:
            pass
        finally:
            target.close()

    async def cut(self) -> None:
        self.flowing.set()
        for line in self.lines:
            line.close()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.lines.clear()
        self.tasks.clear()


@pytest.fixture
def postgresql_url(postgresql: Fresh) -> Iterator[str]:
    """A database on a server: a file does not go away behind a network."""
    with postgresql() as url:
        yield url


@pytest.fixture
async def wire(postgresql_url: str) -> AsyncIterator[tuple[Wire, AsyncClient]]:
    database = Database(postgresql_url)
    await accept(database, article("flood"))
    await database.close()
    between = Wire(postgresql_url)
    async with between.open() as url, client(url) as api:
        yield between, api


async def test_a_frozen_database_is_503_within_three_seconds_and_recovers_alone(wire: tuple[Wire, AsyncClient]) -> None:
    between, api = wire
    api.event_hooks = {}  # the client would ask the frozen database before each request
    assert (await api.get("/v1/sources")).status_code == 200
    between.flowing.clear()
    begun = time.monotonic()
    answers = await asyncio.gather(*(api.get(path) for path in AWAY * 6))
    assert time.monotonic() - begun < 3
    for answer in answers:
        unavailable(answer)
    assert (await api.get("/livez")).status_code == 200
    between.flowing.set()
    assert [(await api.get(path)).status_code for path in ("/v1/articles", "/v1/articles/flood")] == [200, 200]
    await all_are_back(api)


async def test_a_write_is_503_too_when_the_database_freezes_in_its_middle(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.db.postgres.WRITING_SECONDS", 0.5)
    database = Database(postgresql_url)
    made = await keys.create(database, KeyIn(name="Desk", scopes=["content:write"]), created_by=None)
    await database.close()
    between = Wire(postgresql_url)
    async with between.open() as url, client(url) as api:
        api.headers.update(bearing(made.key))
        put = "/v1/tags/rain", {"type": "topic", "labels": {"en": "Rain"}}
        begun = database_of(api).begin
        assert (await api.get("/v1/tags")).status_code == 200  # notes that the key is used

        @asynccontextmanager
        async def freeze() -> AsyncIterator[Any]:
            async with begun() as connection:
                await connection.execute(text("SELECT 1"))
                between.flowing.clear()
                yield connection

        with monkeypatch.context() as frozen:
            frozen.setattr(database_of(api), "begin", freeze)
            async with asyncio.timeout(4):
                unavailable(await api.put(put[0], json=put[1]))
        between.flowing.set()
        assert (await api.put(put[0], json=put[1])).status_code == 201


async def test_connections_that_were_cut_while_unused_are_not_noticed(wire: tuple[Wire, AsyncClient]) -> None:
    between, api = wire
    await asyncio.gather(*(api.get("/v1/articles") for _ in range(20)))
    await between.cut()
    answers = await asyncio.gather(*(api.get(path) for path in ("/v1/articles", "/v1/articles/flood") * 10))
    assert {answer.status_code for answer in answers} == {200}
    await all_are_back(api)


@pytest.mark.parametrize(
    "path", ["/v1/articles?tag=a&tag=b&count=true", "/v1/articles/flood", "/v1/articles?include=tags"]
)
async def test_clients_that_hang_up_leave_no_connection_taken(api: AsyncClient, load: Load, path: str) -> None:
    await load(tag("a"), tag("b"), article("flood", tags=["a", "b"]))
    assert (await api.get(path)).status_code == 200
    for turns in range(60):
        request = asyncio.create_task(api.get(path))
        for _ in range(turns):
            await asyncio.sleep(0)
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)
    await all_are_back(api)
    answers = await asyncio.gather(*(api.get(path) for _ in range(30)))
    assert {answer.status_code for answer in answers} == {200}


async def test_more_requests_than_connections_wait_for_each_other(
    api: AsyncClient, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.db.pool.QUEUE_SECONDS", 10.0)  # how long they wait does not matter here
    await load(article("flood"))
    answers = await asyncio.gather(*(api.get("/v1/articles") for _ in range(READERS * 4)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1


async def test_a_server_does_not_start_on_a_database_without_tables(empty_database_url: str) -> None:
    if empty_database_url.startswith("sqlite"):
        await asyncio.to_thread(Path(empty_database_url.removeprefix("sqlite:///")).touch)
    with pytest.raises(SchemaMismatch, match="python -m app migrate"):
        async with client(empty_database_url):
            raise AssertionError("it started")


async def test_a_server_does_not_start_without_its_database(tmp_path: Path) -> None:
    away = {f"sqlite:///{tmp_path}/nowhere.db": SchemaMismatch, f"postgresql:///nobody?host={tmp_path}": Unavailable}
    for url, fault in away.items():
        with pytest.raises(fault):
            async with client(url):
                raise AssertionError("it started")


async def test_a_write_of_another_process_is_read_at_once(api: AsyncClient, load: Load) -> None:
    assert (await get(api, "/v1/articles"))["items"] == []
    await load(article("flood"))
    assert [one["slug"] for one in (await get(api, "/v1/articles"))["items"]] == ["flood"]
