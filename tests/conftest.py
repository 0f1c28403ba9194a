"""What every test may ask for: a fresh database, on both kinds of server, content in it, and a client of the API."""

import asyncio
import itertools
import os
import shutil
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager, suppress
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

import asyncpg
import hypothesis
import pytest
from httpx import ASGITransport, AsyncClient, Request
from pydantic_settings import SettingsConfigDict

from app.db import CompiledStatement, Database, migrate, utcnow
from app.errors import Unavailable
from app.importers import ndjson, store
from app.importers.documents import read
from app.importers.store import Report
from app.keys import store as keys
from app.keys.schemas import KeyIn
from app.main import Application, create_app
from app.reindex import is_needed
from app.settings import Settings
from app.web.caller import SCOPES, Scope
from tests.answers import bearing
from tests.factories import Line
from tests.memory import new_folder
from tests.postgres import cluster
from tests.signals import let_children_start_with_defaults

# Read once: to check the name of the zone, settings read the directory of all zones.
ZONE = Settings().zone
SAMPLE = sorted((Path(__file__).parent.parent / "app" / "sample").glob("*.ndjson"))


class Fresh(Protocol):
    """A database of one's own, gone afterwards: empty, with our tables, or with the sample newsroom in them."""

    def __call__(self, migrated: bool = True, *, sample: bool = False) -> AbstractContextManager[str]: ...


class Clock(Protocol):
    """The time that the application goes by: real time, and what a test has added to it."""

    def move(self, **span: float) -> None:
        """Says `clock.move(hours=2)`: goes on by so much, at once; backwards where it is negative."""


Load = Callable[..., Awaitable[Report]]
Make = Callable[..., Awaitable[str]]

hypothesis.settings.register_profile("dovidka", derandomize=True, deadline=None)
hypothesis.settings.load_profile("dovidka")

# Addresses in renditions: those of the examples in the OpenAPI document, and not of whoever runs the tests.
os.environ["SITE_URL"] = "https://news.example"
# No test speaks TLS with a stranger: a client that reads no certificates is made in no time instead of 50 ms.
os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = str(Path(__file__).parent)


def pytest_configure() -> None:
    let_children_start_with_defaults()
    # A server compiles each statement once for its database. Each test has a database of its own, and most run the same
    # statements: what is compiled for one is remembered for the next.
    remembered = lru_cache(maxsize=4_096)(CompiledStatement)
    pytest.MonkeyPatch().setattr("app.db.database.CompiledStatement", remembered)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def sqlite() -> Iterator[Fresh]:
    """Databases that are files. Cost: a copy of one."""
    folder = new_folder()
    template, filled, numbers = folder / "template.db", folder / "sample.db", itertools.count(1)
    migrate(f"sqlite:///{template}")
    with ThreadPoolExecutor() as aside:
        aside.submit(asyncio.run, begin_index(f"sqlite:///{template}")).result()

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

    yield fresh
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Fresh]:
    """Databases on one server. Cost: nearly nothing, for each is made while the test before it runs."""
    prefix, numbers = f"test_{os.getpid()}", itertools.count(1)
    # A loop in a thread of its own: a test that is running has one in this.
    with cluster() as server, ThreadPoolExecutor(max_workers=1) as thread:
        runner = thread.submit(asyncio.Runner).result()

        def begin(work: Coroutine[Any, Any, Any]) -> Future[Any]:
            return thread.submit(runner.run, work)

        connection = begin(connect(server)).result()
        # Copying files is the faster way here; older servers know no other.
        strategy = "STRATEGY FILE_COPY" if connection.get_server_version().major >= 15 else ""
        drops: list[Future[Any]] = []

        def create(template: str) -> tuple[str, Future[Any]]:
            name = f"{prefix}_{next(numbers)}"
            return name, begin(connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} {strategy}"))

        def url_of(name: str) -> str:
            return urlsplit(server)._replace(path=f"/{name}").geturl()

        @contextmanager
        def lent(name: str, created: Future[Any]) -> Iterator[str]:
            created.result()
            yield name
            drops.append(begin(connection.execute(f"DROP DATABASE {name} WITH (FORCE)")))

        with ExitStack() as later:
            template = later.enter_context(lent(*create("template0")))
            migrate(url_of(template))
            begin(begin_index(url_of(template))).result()
            spare = [create(template)]
            filled: list[str] = []

            @contextmanager
            def fresh(migrated: bool = True, *, sample: bool = False) -> Iterator[str]:
                if sample and not filled:
                    filled.append(later.enter_context(lent(*create(template))))
                    begin(load_sample(url_of(filled[0]))).result()
                if sample or not migrated:
                    next_one = create(filled[0] if sample else "template0")
                else:
                    next_one = spare.pop()
                    spare.append(create(template))
                with lent(*next_one) as name:
                    yield url_of(name)

            yield fresh
            later.enter_context(lent(*spare.pop()))
        for drop in drops:
            drop.result()
        begin(connection.close()).result()
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


async def begin_index(url: str) -> None:
    """Says in an empty database that nothing is missing from the index of words, as the command `migrate` does."""
    database = Database(url)
    assert not await is_needed(database)
    await database.close()


async def load_sample(url: str) -> None:
    """Loads the sample newsroom, as the first start of a server does."""
    database = Database(url)
    for file in SAMPLE:
        report = await ndjson.load(database, ZONE, file)
        assert not report.wrong, report.wrong
    await database.close()


async def bring(database: Database, *lines: Line) -> Report:
    """Brings the lines in as an import does, in one batch; none may be refused."""
    report = Report()
    now = utcnow()
    items = [read(line, now, number) for number, line in enumerate(lines, 1)]
    await store.load(database, ZONE, items, report)
    assert not report.wrong, report.wrong
    return report


@asynccontextmanager
async def serving(fresh_url: str, *lines: Line) -> AsyncIterator[AsyncClient]:
    """A client of the API over this database, once the lines are in it."""
    database = Database(fresh_url)
    await bring(database, *lines)
    await database.close()
    async with client(fresh_url) as api:
        yield api


class _Settings(Settings):
    """Of an application that serves one database after the other."""

    model_config = SettingsConfigDict(frozen=False)


# Applications that no test uses now, by what the environment says.
_idle: defaultdict[tuple[str | None, ...], list[tuple[_Settings, Application]]] = defaultdict(list)


@contextmanager
def application(url: str) -> Iterator[Application]:
    """The application over this database, not begun. Cost: a tenth of a second, of which the next test is spared.

    One whose test failed is used no more.
    """
    variables = tuple(os.environ.get(name.upper()) for name in Settings.model_fields)
    if not _idle[variables]:
        settings = _Settings()
        _idle[variables].append((settings, create_app(settings)))
    settings, app = _idle[variables].pop()
    settings.database_url = url
    yield app
    _idle[variables].append((settings, app))


@pytest.fixture(scope="module")
def uncached() -> Iterator[None]:
    """Meanwhile applications have no response cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CACHE_BYTES", "0")
        yield


@asynccontextmanager
async def client(url: str) -> AsyncIterator[AsyncClient]:
    """A client of the whole application over this database, between its start and its end.

    Before each request the application hears of what has been written past it, which takes it a moment by itself.
    """

    async def hear(_: Request) -> None:
        with suppress(Unavailable):
            if app.cache.is_on:
                await app.state.watch.catch_up()

    with application(url) as app:
        async with (
            app.router.lifespan_context(app),
            AsyncClient(
                transport=ASGITransport(app), base_url="http://dovidka.test", event_hooks={"request": [hear]}
            ) as api,
        ):
            yield api


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Moves the time of the application in this process, `utcnow` and `Database.now`, without anybody waiting."""
    ahead = timedelta()

    class Moved(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + ahead

    class _Clock:
        def move(self, **span: float) -> None:
            nonlocal ahead
            ahead += timedelta(**span)

    async def now(_: Database) -> datetime:
        return utcnow()

    monkeypatch.setattr("app.db.columns.datetime", Moved)
    monkeypatch.setattr(Database, "now", now)
    return _Clock()


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[AsyncClient]:
    """A client of the API over this test's own database, which is without content until `load` brings some."""
    async with client(database_url) as api:
        yield api


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """This test's own database, for writing past HTTP."""
    database = Database(database_url)
    yield database
    await database.close()


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
        new = KeyIn(name=f"Holder of {', '.join(scopes)}", scopes=[*scopes])
        return (await keys.create(database, new, created_by=None)).key

    return make


@pytest.fixture
async def desk(database_url: str, key: Make) -> AsyncIterator[AsyncClient]:
    """A client of the API over this test's own database, whose key has every scope."""
    async with client(database_url) as api:
        api.headers.update(bearing(await key(*SCOPES)))
        yield api


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
    """A client of the API over the sample newsroom: one for all tests, which only read.

    Its ticker and the like are stopped at once: what they log would stand in the output of a command that is tested.
    """
    before = asyncio.all_tasks()
    async with client(newsroom_url) as api:
        for task in asyncio.all_tasks() - before:
            task.cancel()
        yield api
