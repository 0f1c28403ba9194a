"""A real browser for tests: Chromium as the system has it, a page of another origin, and the API on the wire.

Not part of `make test`, which runs without a browser: `make test-browser`.
"""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.async_api import Browser, Page, async_playwright

from tests.conftest import Fresh
from tests.processes import served

# A container has neither a display nor a sandbox; nothing that the browser does by itself is to leave the machine.
FLAGS = """
--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync
""".split()
NAMES = ("chromium", "chromium-browser", "google-chrome")
NO_CHROMIUM = """\
There is no Chromium. On Debian: apt-get install chromium. Elsewhere: make test-browser CHROMIUM=/path/to/chrome"""


class _EmptyPage(BaseHTTPRequestHandler):
    """Answers every GET with an empty page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Zalyv news</title>")

    def log_message(self, format: str, *values: object) -> None:
        pass


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The origin of a newsroom's site, which is another one than that of the API."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _EmptyPage) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


@pytest.fixture
def database_url(sqlite: Fresh) -> Iterator[str]:
    """A database of this test's own: what a browser shows does not depend on which kind it is."""
    with sqlite() as url:
        yield url


@pytest.fixture
def server(database_url: str) -> Iterator[str]:
    """The origin of the API over this test's own database."""
    with served(database_url) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, started once for all tests."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.exit(NO_CHROMIUM, returncode=1)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def page(browser: Browser, site: str) -> AsyncIterator[Page]:
    """A page of the site in a browser that remembers nothing."""
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(site)
    yield page
    await context.close()
