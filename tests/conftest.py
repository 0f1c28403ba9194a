"""What every test may ask for: a fresh database, on both kinds of server."""

import asyncio
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import asyncpg
import hypothesis
import pytest

from app.db import migrate
from tests.postgres import cluster

# Says `with fresh(migrated=…) as url`: a database of one's own, empty or with our tables, gone afterwards.
Fresh = Callable[[bool], AbstractContextManager[str]]

hypothesis.settings.register_profile("dovidka", derandomize=True, deadline=None)
hypothesis.settings.load_profile("dovidka")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    """Databases that are files. Cost: a copy of one."""
    folder = tmp_path_factory.mktemp("sqlite")
    template, numbers = folder / "template.db", itertools.count(1)
    migrate(f"sqlite:///{template}")

    @contextmanager
    def fresh(migrated: bool = True) -> Iterator[str]:
        path = folder / f"{next(numbers)}.db"
        if migrated:
            shutil.copyfile(template, path)
        yield f"sqlite:///{path}"
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)

    return fresh


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Fresh]:
    """Databases on one server. Cost: two statements on a connection that stays open."""
    prefix, numbers = f"test_{os.getpid()}", itertools.count(1)
    with cluster() as server, asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(server))

        @contextmanager
        def database(template: str) -> Iterator[tuple[str, str]]:
            name = f"{prefix}_{next(numbers)}"
            runner.run(connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}"))
            yield name, urlsplit(server)._replace(path=f"/{name}").geturl()
            runner.run(connection.execute(f"DROP DATABASE {name} WITH (FORCE)"))

        with database("template0") as (template, url):
            migrate(url)

            @contextmanager
            def fresh(migrated: bool = True) -> Iterator[str]:
                with database(template if migrated else "template0") as (_, url):
                    yield url

            yield fresh
        runner.run(connection.close())


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest) -> Fresh:
    """Makes databases, of the kind this run of the test is for."""
    return cast(Fresh, request.getfixturevalue(request.param))


@pytest.fixture
def database_url(fresh: Fresh) -> Iterator[str]:
    """A database of this test's own, with our tables."""
    with fresh(True) as url:
        yield url


@pytest.fixture
def empty_database_url(fresh: Fresh) -> Iterator[str]:
    """A database of this test's own, with nothing in it."""
    with fresh(False) as url:
        yield url
