"""The client for TypeScript: types equal to the document, strict compilation, and a running server."""

import gzip
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from dovidka_client import render_blocks

from app.webhooks.deliver import sign
from tests.clients.conftest import HOSTILE_HTML, Json, Newsroom, Workshop, is_plain, opened_workshop
from tests.clients.following import follow_through_trouble
from tests.clients.generate import TYPESCRIPT, set_up, typescript

PACKAGE = TYPESCRIPT.parents[1]
SCRIPTS = Path(__file__).with_name("typescript")
MOST_GZIPPED_BYTES = 6_000


@pytest.fixture(scope="module")
def compiled(stories: list[Json]) -> Iterator[Workshop]:
    """A folder with the package installed and the scripts of `typescript/` compiled against it.

    `types.mts` is compiled too: that it does is the test that types follow `fields` and `include`.
    """
    # Two processes may have a half of this file each.
    with opened_workshop(f"typescript-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}") as workshop:
        package = workshop.folder / "node_modules" / "dovidka-client"
        shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("dist", "node_modules"))
        workshop.node("tsc", "-p", str(package))
        shutil.copytree(SCRIPTS, workshop.folder, dirs_exist_ok=True)
        text = json.dumps(stories, ensure_ascii=False)
        (workshop.folder / "stories.mts").write_text(f"export const stories: unknown = {text};")
        workshop.node("tsc", "-p", "tsconfig.json")
        yield workshop


def test_the_types_are_those_of_the_document() -> None:
    """Where they are not: `make clients` writes them anew."""
    assert TYPESCRIPT.read_text() == typescript(*set_up())


def test_the_client_reads_and_writes_a_server(compiled: Workshop, newsroom: Newsroom) -> None:
    secret = "whsec_c3VjaCBzZWNyZXRzIGFyZSBrZXB0IHdlbGwu"
    body = json.dumps({"seq": 1, "at": "2025-01-22T12:35:00.000Z", "op": "published", "headline": "Міст відкрито"})
    now = int(time.time())
    headers = {"webhook-id": "w-1", "webhook-timestamp": str(now)}
    headers["webhook-signature"] = f"v1,bm8= {sign(b'such secrets are kept well.', 'w-1', now, body.encode())}"
    signed = json.dumps({"body": body, "headers": headers, "secret": secret})
    key = newsroom.key["Authorization"].removeprefix("Bearer ")

    assert compiled.node("built/read.mjs", newsroom.url, key, signed) == "done\n"


def test_following_loses_nothing(compiled: Workshop, newsroom: Newsroom) -> None:
    with compiled.node_lines("built/follow.mjs", newsroom.proxy.url) as lines:
        follow_through_trouble(newsroom, map(int, lines))


def test_blocks_become_the_html_that_the_server_gives(compiled: Workshop, stories: list[Json]) -> None:
    htmls = json.loads(compiled.node("built/render.mjs"))

    assert len(htmls) == len(stories) > 10
    plain = [(html, story["body_html"]) for html, story in zip(htmls, stories, strict=True) if is_plain(story)]
    assert len(plain) > 5
    for html, expected in plain:
        # The server knows in which direction a language is written, and escapes quotes only where it must.
        known = re.sub(' dir="(ltr|rtl)"', ' dir="auto"', expected)
        assert html.replace("&quot;", '"').replace("&#39;", "'").splitlines() == known.splitlines()


def test_both_clients_render_the_same(compiled: Workshop, stories: list[Json]) -> None:
    def divider(block: Json, html: str) -> str:
        return html.replace("hr", f'hr class="{block["type"]}"')

    htmls = json.loads(compiled.node("built/render.mjs"))

    assert htmls[0] == HOSTILE_HTML
    assert len(htmls) == len(stories)
    for html, story in zip(htmls, stories, strict=True):
        shape = {"included": story["included"], "language": story["language"]}
        assert html == render_blocks(story["body"], **shape, overrides={"divider": divider})


def test_the_core_is_small(compiled: Workshop) -> None:
    options = ("--bundle", "--minify", "--format=esm", "--target=es2022", "--outfile=core.js")
    compiled.node("esbuild", "node_modules/dovidka-client/src/index.ts", *options)

    assert len(gzip.compress((compiled.folder / "core.js").read_bytes(), 9)) < MOST_GZIPPED_BYTES
