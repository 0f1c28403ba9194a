"""What every test may ask for: a fresh database, on both kinds of server, content in it, and a client of the API."""

import asyncio
import itertools
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

import asyncpg
import hypothesis
import pytest
from httpx import ASGITransport, AsyncClient

from app.db import Database, migrate, utcnow
from app.importers import ndjson, store
from app.importers.documents import read
from app.importers.store import Report
from app.keys import store as keys
from app.keys.schemas import KeyIn
from app.main import create_app
from app.settings import Settings
from app.web.caller import SCOPES, Scope
from tests.answers import bearing
from tests.factories import Line
from tests.postgres import cluster

SAMPLE = sorted((Path(__file__).parent.parent / "app" / "sample").glob("*.ndjson"))


class Fresh(Protocol):
    """A database of one's own, gone afterwards: empty, with our tables, or with the sample newsroom in them."""

    def __call__(self, migrated: bool = True, *, sample: bool = False) -> AbstractContextManager[str]: ...


Load = Callable[..., Awaitable[Report]]
Make = Callable[..., Awaitable[str]]

hypothesis.settings.register_profile("dovidka", derandomize=True, deadline=None)
hypothesis.settings.load_profile("dovidka")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    """Databases that are files. Cost: a copy of one."""
    folder = tmp_path_factory.mktemp("sqlite")
    template, filled, numbers = folder / "template.db", folder / "sample.db", itertools.count(1)
    migrate(f"sqlite:///{template}")

    @contextmanager
    def fresh(migrated: bool = True, *, sample: bool = False) -> Iterator[str]:
        path = folder / f"{next(numbers)}.db"
        if sample and not filled.exists():
            shutil.copyfile(template, filled)
            with ThreadPoolExecutor() as aside:  # a test that is running has a loop of its own
                aside.submit(asyncio.run, load_sample(f"sqlite:///{filled}")).result()
        if migrated:
            shutil.copyfile(filled if sample else template, path)
        yield f"sqlite:///{path}"
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)

    return fresh


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Fresh]:
    """Databases on one server. Cost: two statements on a connection that stays open."""
    prefix, numbers = f"test_{os.getpid()}", itertools.count(1)
    # A loop in a thread of its own: a test that is running has one in this.
    with cluster() as server, ThreadPoolExecutor(max_workers=1) as thread:
        runner = thread.submit(asyncio.Runner).result()

        def run(work: Coroutine[Any, Any, Any]) -> Any:
            return thread.submit(runner.run, work).result()

        connection = run(connect(server))

        @contextmanager
        def database(template: str) -> Iterator[tuple[str, str]]:
            name = f"{prefix}_{next(numbers)}"
            run(connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}"))
            yield name, urlsplit(server)._replace(path=f"/{name}").geturl()
            run(connection.execute(f"DROP DATABASE {name} WITH (FORCE)"))

        with database("template0") as (template, url), ExitStack() as later:
            migrate(url)
            filled: list[str] = []

            @contextmanager
            def fresh(migrated: bool = True, *, sample: bool = False) -> Iterator[str]:
                if sample and not filled:
                    name, url = later.enter_context(database(template))
                    run(load_sample(url))
                    filled.append(name)
                with database(filled[0] if sample else template if migrated else "template0") as (_, url):
                    yield url

            yield fresh
        run(connection.close())
        thread.submit(runner.close).result()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest) -> Fresh:
    """Makes databases, of the kind this run of the test is for."""
    return cast(Fresh, request.getfixturevalue(request.param))


@pytest.fixture
def database_url(fresh: Fresh) -> Iterator[str]:
    """A database of this test's own, with our tables."""
    with fresh(True) as url:
        yield url


@pytest.fixture(scope="module")
def module_url(fresh: Fresh) -> Iterator[str]:
    """A database that the tests of one module share."""
    with fresh(True) as url:
        yield url


@pytest.fixture
def empty_database_url(fresh: Fresh) -> Iterator[str]:
    """A database of this test's own, with nothing in it."""
    with fresh(False) as url:
        yield url


async def connect(server: str) -> Any:
    return await asyncpg.connect(server)


async def load_sample(url: str) -> None:
    """Loads the sample newsroom, as the first start of a server does."""
    database = Database(url)
    for file in SAMPLE:
        report = await ndjson.load(database, Settings().zone, file)
        assert not report.wrong, report.wrong
    await database.close()


async def bring(database: Database, *lines: Line) -> Report:
    """Brings the lines in as an import does, in one batch; none may be refused."""
    report = Report()
    now = utcnow()
    items = [read(line, now, number) for number, line in enumerate(lines, 1)]
    await store.load(database, Settings().zone, items, report)
    assert not report.wrong, report.wrong
    return report


@asynccontextmanager
async def serving(fresh_url: str, *lines: Line) -> AsyncIterator[AsyncClient]:
    """A client of the API over this database, once the lines are in it."""
    database = Database(fresh_url)
    await bring(database, *lines)
    await database.close()
    async with client(fresh_url) as found:
        yield found


@asynccontextmanager
async def client(url: str) -> AsyncIterator[AsyncClient]:
    """A client of the whole application over this database, between its start and its end."""
    app = create_app(Settings(database_url=url))
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://dovidka.test") as found,
    ):
        yield found


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[AsyncClient]:
    """A client of the API over this test's own database, which is without content until `load` brings some."""
    async with client(database_url) as found:
        yield found


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """This test's own database, for writing past HTTP."""
    found = Database(database_url)
    yield found
    await found.close()


@pytest.fixture
def load(database: Database) -> Load:
    """Says `await load(tag("rivers"), article("flood"))`: brings lines in as an import does, in one batch."""

    async def load(*lines: Line) -> Report:
        return await bring(database, *lines)

    return load


@pytest.fixture
def key(database: Database) -> Make:
    """Says `await key("drafts:read")`: makes a key with these scopes in this test's database, and gives its secret."""

    async def make(*scopes: Scope) -> str:
        wanted = KeyIn(name=f"Holder of {', '.join(scopes)}", scopes=[*scopes])
        return (await keys.create(database, wanted, created_by=None)).key

    return make


@pytest.fixture
async def desk(database_url: str, key: Make) -> AsyncIterator[AsyncClient]:
    """A client of the API over this test's own database, whose key has every scope."""
    async with client(database_url) as found:
        found.headers.update(bearing(await key(*SCOPES)))
        yield found


@pytest.fixture(scope="session")
def newsroom_url(fresh: Fresh) -> Iterator[str]:
    """A database with the sample newsroom: one for all tests, which only read."""
    with fresh(sample=True) as url:
        yield url


@pytest.fixture(scope="session")
async def newsroom_key(newsroom_url: str) -> dict[str, str]:
    """The header of a key to the sample newsroom that has every scope."""
    database = Database(newsroom_url)
    made = await keys.create(database, KeyIn(name="Tester", scopes=[*SCOPES]), created_by=None)
    await database.close()
    return bearing(made.key)


@pytest.fixture(scope="session")
async def newsroom(newsroom_url: str) -> AsyncIterator[AsyncClient]:
    """A client of the API over the sample newsroom: one for all tests, which only read."""
    async with client(newsroom_url) as found:
        yield found
