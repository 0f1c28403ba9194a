"""Most client tests run by `make test-clients` alone, which sets up Node, the generators and the compilers for them."""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any, Final

import httpx
import pytest

from app.web.openapi import as_3_2
from tests.clients.faults import FaultyProxy, faulty_proxy
from tests.clients.generate import set_up
from tests.clients.sample import Answer, every_answer
from tests.conftest import Fresh, client
from tests.openapi import document, every_scope
from tests.processes import served

HERE: Final = Path(__file__).parent
# The folder that `make test-clients` has prepared, a virtual environment with a folder `npm`.
SET_UP: Final = os.environ.get("TEST_CLIENTS")
NEED_SET_UP: Final = ("browser", "first_front_end", "generated", "served", "typescript")
collect_ignore = [] if SET_UP else [f"test_{name}.py" for name in NEED_SET_UP]


class Workshop:
    """A folder to generate and compile in, with the documents `openapi.json` and `openapi-3.2.json` in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        assert SET_UP is not None
        self._bin = Path(SET_UP).resolve() / "bin"
        self._node, _ = set_up()
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

    @contextmanager
    def node_lines(self, script: str, *arguments: str) -> Iterator[Iterator[str]]:
        """The lines that a script prints while it runs, for two minutes at most; it is to end with the block.

        Fails if the script fails.
        """
        command = (str(self._node), script, *arguments)
        pipe = subprocess.PIPE
        with subprocess.Popen(command, cwd=self.folder, text=True, stdout=pipe, stderr=pipe) as done:
            assert done.stdout is not None
            end = Timer(120, done.kill)
            end.start()
            try:
                yield (line.strip() for line in done.stdout)
                _, errors = done.communicate(timeout=30)
                assert done.returncode == 0, errors
            finally:
                end.cancel()
                done.kill()

    def python(self, tool: str, *arguments: str) -> str:
        """Runs a tool of the virtual environment for clients, `python` itself among them."""
        return self._run(str(self._bin / tool), *arguments)

    def _run(self, *command: str, environment: dict[str, str] | None = None) -> str:
        variables = {**os.environ, "PATH": f"{self._node.parent}:{os.environ['PATH']}", **(environment or {})}
        done = subprocess.run(command, cwd=self.folder, env=variables, capture_output=True, text=True, timeout=150)
        assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
        return done.stdout


@contextmanager
def opened_workshop(name: str) -> Iterator[Workshop]:
    """A folder of this name inside the one with `node_modules`, where Node and TypeScript look for packages."""
    folder = Path(str(SET_UP)).resolve() / "npm" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    yield Workshop(folder)
    shutil.rmtree(folder)


@pytest.fixture
def workshop(request: pytest.FixtureRequest) -> Iterator[Workshop]:
    with opened_workshop(request.node.name) as workshop:
        yield workshop


@pytest.fixture
def answers(sqlite: Fresh) -> list[Answer]:
    """Every answer of the sample newsroom, and those of some writes."""

    async def ask(url: str) -> list[Answer]:
        async with client(url) as api:
            return await every_answer(api, await every_scope(url))

    with sqlite(sample=True) as url:
        return asyncio.run(ask(url))


Json = dict[str, Any]
# All that a server would not let through, or that this client does not know.
HOSTILE: Final[list[Json]] = [
    {"id": "b1", "type": "heading", "level": 2, "text": "<script>alert(1)</script>"},
    {"id": '"><b', "type": "code", "language": None, "text": "a < b && c"},
    {"id": "b3", "type": "embed", "provider": "<i>", "url": "javascript:alert(1)", "html": None},
    {
        "id": "b4", "type": "related", "relation": "follow_up", "article": None,
        "url": "//elsewhere.example", "text": "Two\nlines",
    },
    {"id": "b5", "type": "reference_note", "note": "withdrawn", "revision": None},
    {"id": "b6", "type": "table", "header": ["<th>"], "rows": [["1", ""], ["&"]]},
    {"id": "b7", "type": "poll", "question": "Which?"},
    {
        "id": "b8", "type": "quote", "html": "مرحبا", "source": "nobody", "attribution": None,
        "verbatim": False, "language": "ar",
    },
    {
        "id": "b9", "type": "image", "url": "/a.jpg?b=1&c=\"", "media": "photo", "alt_text": None, "caption": None,
        "credit_line": "Photo: Oles", "photographer": "Oles", "source": None, "copyright_notice": "Zalyv news",
        "width": 3, "height": 2, "focal_point": None,
    },
    {"id": "b10", "type": "divider"},
]  # fmt: skip


HOSTILE_HTML: Final = """\
<h2 id="block-b1">&lt;script&gt;alert(1)&lt;/script&gt;</h2>
<pre id="block-&quot;&gt;&lt;b"><code>a &lt; b &amp;&amp; c</code></pre>
<figure class="embed" id="block-b3"><p>&lt;i&gt;</p>javascript:alert(1)</figure>
<p class="related" data-relation="follow_up" id="block-b4">Two<br>lines</p>
<table id="block-b6"><thead><tr><th scope="col">&lt;th&gt;</th></tr></thead>\
<tbody><tr><td>1</td><td></td></tr><tr><td>&amp;</td></tr></tbody></table>
<figure class="indirect" id="block-b8"><blockquote lang="ar" dir="auto"><p>مرحبا</p></blockquote></figure>
<figure id="block-b9"><img src="/a.jpg?b=1&amp;c=&quot;" alt="" width="3" height="2">\
<figcaption><small class="credit">Photo: Oles, Zalyv news</small></figcaption></figure>
<hr class="divider" id="block-b10">"""
# What the server renders with words, or in addresses, of its own.
NOT_PLAIN: Final = {"reference_note", "related", "image", "divider"}


def is_plain(story: Json) -> bool:
    """Whether the client's HTML of the story is to be that of the server, letter by letter."""
    return "body_html" in story and not any(block["type"] in NOT_PLAIN for block in story["body"])


@pytest.fixture(scope="module")
def stories(sqlite: Fresh) -> list[Json]:
    """Bodies to render, with what stands beside them: a hostile one, and those of the sample with the server's HTML."""

    async def ask(url: str) -> Json:
        async with client(url) as api:
            fields = {"fields": "body,body_html,language", "include": "sources,notes,relations", "limit": "100"}
            page: Json = (await api.get("/v1/articles", params=fields)).json()
            return page

    with sqlite(sample=True) as url:
        page = asyncio.run(ask(url))
    hostile = {"body": HOSTILE, "language": "en", "included": {}}
    return [hostile, *({**item, "included": page["included"]} for item in page["items"])]


@dataclass
class Newsroom:
    """A running sample newsroom behind a proxy that fails when it is told to."""

    key: dict[str, str]
    proxy: FaultyProxy
    database_url: str
    running: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        self.proxy.upstream = self.running.enter_context(served(self.database_url))

    def restart(self) -> None:
        self.running.close()
        self.start()

    @property
    def url(self) -> str:
        """The address of the server itself."""
        return f"http://127.0.0.1:{self.proxy.upstream}"

    def get(self, path: str) -> bytes:
        return httpx.get(self.url + path).raise_for_status().content

    def publish(self, headline: str) -> None:
        with httpx.Client(base_url=self.url, headers=self.key) as desk:
            made = desk.post("/v1/articles", json={"language": "en", "headline": headline}).raise_for_status().json()
            desk.post(f"/v1/articles/{made['id']}/publish", json={}).raise_for_status()

    @property
    def head(self) -> int:
        """The last position of the public's log."""
        return int(httpx.get(f"{self.url}/v1/changes", params={"limit": 1}).json()["head"])


@pytest.fixture
def newsroom(sqlite: Fresh) -> Iterator[Newsroom]:
    with sqlite(sample=True) as url, faulty_proxy(0) as proxy:
        newsroom = Newsroom(asyncio.run(every_scope(url)), proxy, url)
        with newsroom.running:
            newsroom.start()
            yield newsroom


@pytest.fixture
def server(sqlite: Fresh) -> Iterator[str]:
    """The address of a running sample newsroom."""
    with sqlite(sample=True) as url, served(url) as port:
        yield f"http://127.0.0.1:{port}"
