"""The README's configuration of nginx: what comes through it is what the server says."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from app.web.caller import SCOPES
from tests.commands import ROOT, invoke
from tests.conftest import Fresh
from tests.processes import answers, free_port, served, wait_for

CONFIGURATION = re.findall(r"^```nginx\n(.*?)^```$", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)
# What a distribution has around it, in a folder of the test's own.
AROUND = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/bodies; proxy_temp_path {folder}/answers; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {configuration}
}}
"""
# Of these the next answer has others.
OF_EACH_ANSWER = {"date", "server", "connection", "server-timing", "x-request-id", "transfer-encoding", "cache-status"}


@pytest.fixture(scope="module")
def url(sqlite: Fresh) -> Iterator[str]:
    with sqlite(sample=True) as url:
        yield url


@pytest.fixture(scope="module")
def ports(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """Those of nginx and of one of the servers behind it."""
    if (nginx := shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin")) is None:
        pytest.skip("nginx is not installed")
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    (configuration,) = CONFIGURATION
    with served(url) as first, served(url) as second:
        for written, there in (
            ("listen 80;", f"listen 127.0.0.1:{port};"),
            (":8000;", f":{first};"),
            (":8001;", f":{second};"),
        ):
            assert configuration.count(written) == 1
            configuration = configuration.replace(written, there)
        file = folder / "nginx.conf"
        file.write_text(AROUND.format(folder=folder, configuration=configuration))
        with subprocess.Popen([nginx, "-e", folder / "error.log", "-c", file]) as proxy:
            try:
                wait_for(lambda: proxy.poll() is not None or answers(port))
                assert proxy.poll() is None, (folder / "error.log").read_text()
                yield port, first
            finally:
                proxy.kill()


def fetched(port: int, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        heads = {name.lower(): value for name, value in answer.getheaders() if name.lower() not in OF_EACH_ANSWER}
        return answer.status, heads, answer.read()


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/v1/articles?limit=100&include=tags,sources,notes", {"Accept-Encoding": "gzip"}),
        ("/v1/articles?limit=3&tag=trams", {"Origin": "https://front.example"}),
        ("/v1/articles/chytalnia-pratsiuvatyme-tsilodobovo", {}),
        ("/v1/articles/roof-of-the-kushnirka-depot-unsafe-memo-says", {}),
        ("/v1/articles?nothing=such", {}),
        ("/docs", {}),
    ],
)
def test_an_answer_comes_through_as_it_is(ports: tuple[int, int], path: str, headers: dict[str, str]) -> None:
    through, behind = (fetched(port, path, **headers) for port in ports)
    if through[0] >= 400:  # a problem names its request
        through, behind = (
            (status, {**heads, "content-length": ""}, re.sub(rb'"request_id":"\w+"', b"", body))
            for status, heads, body in (through, behind)
        )
    assert through == behind


def test_what_is_known_is_not_sent_again(ports: tuple[int, int]) -> None:
    path = "/v1/articles/chytalnia-shcho-ne-spyt"
    _, heads, _ = fetched(ports[0], path, **{"Accept-Encoding": "gzip"})
    assert fetched(ports[0], path, **{"Accept-Encoding": "gzip", "If-None-Match": heads["etag"]})[::2] == (304, b"")


def test_the_stream_of_changes_is_not_held_back(ports: tuple[int, int]) -> None:
    with closing(HTTPConnection("127.0.0.1", ports[0], timeout=10)) as connection:
        connection.request("GET", "/v1/changes/stream?after=0")
        answer = connection.getresponse()
        assert answer.getheader("content-type", "").startswith("text/event-stream")
        assert answer.readline().startswith(b"retry:")


def test_an_import_is_answered_while_it_is_still_sent(ports: tuple[int, int], url: str, tmp_path: Path) -> None:
    scopes = [argument for scope in SCOPES for argument in ("--scope", scope)]
    key = invoke(url, "key", "create", "--name", "Importer", *scopes).stdout.strip()
    # As many lines as the server reads before it answers the first of them; the end is sent when that has come.
    lines = [f'{{"noun": "tag", "slug": "t{n}", "type": "topic", "labels": {{"en": "T{n}"}}}}\n' for n in range(201)]
    with closing(HTTPConnection("127.0.0.1", ports[0], timeout=20)) as connection:
        connection.putrequest("POST", "/v1/import")
        connection.putheader("Authorization", f"Bearer {key}")
        connection.putheader("Content-Type", "application/x-ndjson")
        connection.putheader("Content-Length", str(len("".join(lines))))
        connection.endheaders()
        connection.send("".join(lines[:-1]).encode())
        answer = connection.getresponse()
        first = answer.readline()
        connection.sock.sendall(lines[-1].encode())
        outcomes = [first, *answer.read().splitlines()]
    assert [b'"created"' in outcome for outcome in outcomes] == [True] * len(lines)


def test_a_body_larger_than_nginx_takes_by_default_is_the_servers_to_refuse(ports: tuple[int, int]) -> None:
    with closing(HTTPConnection("127.0.0.1", ports[0], timeout=10)) as connection:
        connection.request("POST", "/v1/tags", b" " * 2_000_000, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("content-type")) == (401, "application/problem+json")
