"""docs/first-front-end.md: every step of it, as a person takes it."""

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.clients.conftest import Newsroom, Workshop
from tests.clients.generate import ROOT, set_up
from tests.processes import free_port, wait_for

PAGE = ROOT / "docs/first-front-end.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class Reader:
    """Who follows the page: `blocks` are its steps, with the ports of this test."""

    def __init__(self, folder: Path, newsroom: Newsroom) -> None:
        self.folder = folder
        self.port = free_port()
        text = PAGE.read_text().replace("localhost:8000", newsroom.url.removeprefix("http://"))
        text = text.replace("localhost:3000", f"localhost:{self.port}").replace("listen(3000)", f"listen({self.port})")
        self.shell = [block for language, block in FENCE.findall(text) if language == "sh"]
        self.code = [block for language, block in FENCE.findall(text) if language == "ts"]
        node = set_up()[0].parent
        path = f"{node}:{os.environ['PATH']}"
        where = {"PYTHONPATH": str(ROOT), "DATABASE_URL": newsroom.database_url}
        self.environment = {**os.environ, "PATH": path, **where}

    def run(self, commands: str) -> str:
        """What the commands print. Fails if one of them fails."""
        command = ["bash", "-euc", commands]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"http://localhost:{self.port}{path}")


@pytest.fixture
def reader(workshop: Workshop, newsroom: Newsroom) -> Iterator[Reader]:
    (workshop.folder / ".venv").symlink_to(ROOT / ".venv")
    yield Reader(workshop.folder, newsroom)
    (workshop.folder / ".venv").unlink()


def is_listening(port: int) -> bool:
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0


def test_every_step_of_the_page_works(reader: Reader, workshop: Workshop) -> None:
    start, fetch_client, run_front, run_desk = reader.shell
    *front, desk = reader.code
    assert start == "make run\n"  # test_readme runs it; here the newsroom runs already
    reader.run(fetch_client)
    (reader.folder / "front/front.ts").write_text("\n".join(front))
    (reader.folder / "front/desk.ts").write_text(desk)
    check = (
        "--noEmit",
        "--strict",
        "--exactOptionalPropertyTypes",
        "--allowImportingTsExtensions",
        "--erasableSyntaxOnly",
    )
    libraries = ("--target", "es2022", "--module", "nodenext", "--lib", "es2023,dom,dom.iterable,dom.asynciterable")
    workshop.write("package.json", {"type": "module"})
    workshop.node("tsc", *check, *libraries, "--types", "node", "front/front.ts", "front/desk.ts")

    command = ["bash", "-euc", f"exec {run_front}"]
    with subprocess.Popen(
        command, cwd=reader.folder, env=reader.environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            wait_for(lambda: is_listening(reader.port) or process.poll() is not None)
            links = re.findall(r'href="(/stories/[^"]+)"', reader.get("/").text)
            assert len(links) == 5
            older = re.findall(r'href="(/en\?cursor=[^"]+)"', reader.get("/en").text)
            assert not set(links) & set(re.findall(r'href="(/stories/[^"]+)"', reader.get(older[0]).text))
            assert 'lang="uk"' in reader.get("/uk").text
            story = reader.get("/stories/the-tram-that-carries-nobody").text
            assert all(
                part in story for part in ("<blockquote>", "Lev Shchedryk", '<aside class="note"', 'class="facts"')
            )
            assert [reader.get(path).status_code for path in ("/x", "/stories/no-such-story", "/previews/x")] == [
                404
            ] * 3

            preview, written = reader.run(run_desk).split()
            assert process.stdout is not None
            assert process.stdout.readline().startswith("published article ")
            for address in (preview, written):
                assert "It rings <em>twice</em> at the bridge." in httpx.get(address).text
            assert "The bell of line 5" in reader.get("/").text
        finally:
            process.kill()
