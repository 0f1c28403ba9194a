"""Dovidka behind an nginx and a Varnish as Debian has them, with the configurations of docs/proxies.

`make test-proxies` runs this; it is no part of the suite, because it needs both programs.
"""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from app.db import Database
from app.keys import store as keys
from app.keys.schemas import KeyIn
from app.web.caller import SCOPES
from tests.answers import bearing
from tests.conftest import Fresh, bring
from tests.factories import article, article_id, draft, note, source, tag, withdrawn
from tests.processes import free_port, served, wait_for

CONFIGURATIONS = Path(__file__).parents[2] / "docs" / "proxies"
EVERYTHING = "include=tags,sources,notes,relations,translations"
NEEDED = {"nginx": "nginx", "varnishd": "varnish", "varnishadm": "varnish"}
SECRET = "unseen-canary"


@pytest.fixture(scope="session", autouse=True)
def _installed() -> None:
    missing = {package for program, package in NEEDED.items() if shutil.which(program) is None}
    if not any(Path("/usr/lib").glob("**/varnish/vmods/libvmod_xkey.so")):
        missing.add("varnish-modules")
    assert not missing, f"not installed: apt-get install {' '.join(sorted(missing))}"


@pytest.fixture(scope="module")
def server(sqlite: Fresh) -> Iterator[tuple[int, dict[str, str]]]:
    """(the port of a server, the headers of the desk): a hundred stories with long names, and much beside them."""
    with sqlite() as url:
        secret = asyncio.run(_fill(url))
        with served(url) as port:
            yield port, bearing(secret)


async def _fill(url: str) -> str:
    database = Database(url)
    long = "of-the-long-street-along-the-quiet-river-in-the-old-town-that-nobody-leaves"
    stories = [
        article(f"story-{n}-{long}", tags=[f"tag-{n}-{long}"], attributions=[{"source": f"source-{n}-{long}"}])
        for n in range(100)
    ]
    for story in stories[1:]:
        story["relations"] = [{"relation": "background", "article": stories[0]["id"], "text": "Read more"}]
        story["attributions"][0]["role"] = "reported_by"
    stories[0]["attributions"] = []
    await bring(
        database,
        *(tag(f"tag-{n}-{long}") for n in range(100)),
        *(source(f"source-{n}-{long}") for n in range(100)),
        *(tag("rivers"), note("dam")),
        *stories,
        article("flood", tags=["rivers"], former_slugs=["old-flood"]),
        article("ferry"),
        withdrawn("scandal"),
        draft("secret", headline=SECRET),
    )
    key = await keys.create(database, KeyIn(name="Desk", scopes=[*SCOPES]), created_by=None)
    await database.close()
    return key.key


@contextmanager
def _running(command: list[str], port: int) -> Iterator[str]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            wait_for(lambda: process.poll() is not None or _answers(port), 30)
            assert process.poll() is None, process.stdout and process.stdout.read().decode()
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/livez").status_code == 200
    except httpx.HTTPError:
        return False


@contextmanager
def nginx(folder: Path, server_port: int) -> Iterator[str]:
    port = free_port()
    text = (CONFIGURATIONS / "nginx.conf").read_text()
    for old, new in (
        ("127.0.0.1:8000", f"127.0.0.1:{server_port}"), ("listen 8080", f"listen 127.0.0.1:{port}"),
        ("/var/cache/nginx/dovidka", f"{folder}/cache"), ("/var/run/nginx-dovidka.pid", f"{folder}/pid"),
    ):  # fmt: skip
        assert old in text
        text = text.replace(old, new)
    file = folder / "nginx.conf"
    file.write_text(text)
    # Workers have the rights of a user of their own, who may not enter a folder of the tests where root runs them.
    user = "user root; " if os.geteuid() == 0 else ""
    with _running(
        ["nginx", "-p", str(folder), "-c", str(file), "-g", f"daemon off; {user}error_log stderr;"], port
    ) as url:
        yield url


@contextmanager
def varnish(folder: Path, server_port: int) -> Iterator[str]:
    port = free_port()
    text = (CONFIGURATIONS / "varnish.vcl").read_text()
    assert '.port = "8000"' in text
    file = folder / "varnish.vcl"
    file.write_text(text.replace('.port = "8000"', f'.port = "{server_port}"'))
    command = ["varnishd", "-F", "-j", "none", "-a", f"127.0.0.1:{port}", "-f", str(file), "-n", str(folder / "work")]
    with _running([*command, "-s", "malloc,64m"], port) as url:
        yield url


@pytest.fixture(params=[nginx, varnish], ids=["nginx", "varnish"])
def proxied(
    request: pytest.FixtureRequest, tmp_path: Path, server: tuple[int, dict[str, str]]
) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    """(a reader, the desk), behind each of the two."""
    port, headers = server
    with (
        request.param(tmp_path, port) as url,
        httpx.Client(base_url=url) as reader,
        httpx.Client(base_url=url, headers=headers) as desk,
    ):
        yield reader, desk


def test_every_read_of_the_largest_pages_passes(proxied: tuple[httpx.Client, httpx.Client]) -> None:
    reader, _ = proxied
    for path in (
        f"/v1/articles?limit=100&{EVERYTHING}", f"/v1/articles?limit=100&fields=body&{EVERYTHING}",
        f"/v1/articles?limit=50&{EVERYTHING}", "/v1/tags?limit=100&include=counts", "/v1/sources?limit=50",
        "/v1/articles?" + "&".join([f"tag=rivers,tag-{n}" for n in range(10)]), "/v1/archive",
        "/v1/articles?ids=" + ",".join([article_id(f"story-{n}") for n in range(100)]),
    ):  # fmt: skip
        answer = reader.get(path)
        assert answer.status_code == 200, (path, answer.text[:200])


def test_what_a_key_opens_is_shown_to_nobody_else(proxied: tuple[httpx.Client, httpx.Client]) -> None:
    reader, desk = proxied
    drafts: tuple[tuple[str, dict[str, str]], ...] = (
        ("/v1/articles", {}),
        (f"/v1/articles/{article_id('secret')}", {}),
        ("/v1/changes", {"limit": "1000"}),
    )
    for path, more in drafts:
        for _ in range(2):
            assert SECRET in desk.get(path, params={"perspective": "drafts"} | more).text
            answer = reader.get(path, params={"perspective": "drafts"})
            assert answer.status_code == 401
            assert SECRET not in answer.text
            assert SECRET not in reader.get(path).text


def test_redirects_and_what_is_gone_pass(proxied: tuple[httpx.Client, httpx.Client]) -> None:
    reader, _ = proxied
    for _ in range(2):
        moved = reader.get("/v1/articles/old-flood")
        assert (moved.status_code, moved.headers["location"]) == (308, "/v1/articles/flood")
        assert reader.get("/v1/articles/scandal").status_code == 410


def _is_hit(answer: httpx.Response) -> bool:
    """Varnish names the request that it keeps the answer from."""
    return len(answer.headers["x-varnish"].split()) == 2


def test_varnish_drops_what_a_change_touches_and_nothing_else(
    tmp_path: Path, server: tuple[int, dict[str, str]]
) -> None:
    port, headers = server
    touched = ["/v1/articles/flood", "/v1/articles?tag=rivers", "/v1/archive", "/v1/articles/old-flood"]
    kept = ["/v1/articles/ferry", "/v1/tags/rivers", "/v1/notes/dam", "/v1/articles/scandal", "/v1/notes"]
    with varnish(tmp_path, port) as url, httpx.Client(base_url=url) as reader:
        for path in (*touched, *kept):
            reader.get(path)
            assert _is_hit(reader.get(path)), path
        direct = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers)
        change = direct.patch("/v1/articles/flood", json={"slug": "high-water"}, headers={"If-Match": "*"})
        assert change.status_code == 200
        event = direct.get("/v1/changes", params={"limit": 1000}).json()["items"][-1]
        purged = reader.request("PURGE", "/", headers={"xkey-purge": " ".join(event["keys"])})
        direct.close()

        assert purged.status_code == 200
        assert [path for path in touched if _is_hit(reader.get(path))] == []
        assert [path for path in kept if not _is_hit(reader.get(path))] == []
        assert reader.get("/v1/articles/flood").headers["location"] == "/v1/articles/high-water"
