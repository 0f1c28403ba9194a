"""The reference page and the front page: from our own origin alone, under a strict policy, whole without a network."""

import gzip
import re
from hashlib import sha256

import pytest
from httpx import AsyncClient

from app.about import EXAMPLES
from app.web.docs import ASSETS, HERE, PAGE, SCALAR
from tests.conftest import client

REFERENCE = re.compile(r"""(?:src|href|url|action)\s*[=:(]\s*["']?([^"'\s>)]+)""")


def policy(header: str) -> dict[str, set[str]]:
    return {name: set(values) for name, *values in (part.split() for part in header.split(";"))}


async def test_the_page_may_load_from_its_own_origin_only(newsroom: AsyncClient) -> None:
    page = await newsroom.get("/docs")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    rules = policy(page.headers["content-security-policy"])
    assert rules["default-src"] == {"'none'"}
    assert rules["script-src"] == rules["connect-src"] == rules["font-src"] == {"'self'"}
    assert rules["img-src"] == {"'self'", "data:"}
    assert rules["style-src"] == {"'self'", "'unsafe-inline'"}
    assert not any("http" in value or "*" in value or "eval" in value for values in rules.values() for value in values)


async def test_all_that_the_page_names_is_here(newsroom: AsyncClient) -> None:
    """Nothing is fetched from elsewhere, so the page is whole without a network."""
    start = (HERE / "start.js").read_text()
    assert "//" not in re.sub(r"^//.*", "", start, flags=re.MULTILINE)
    for address in REFERENCE.findall(PAGE.decode()) + REFERENCE.findall(start):
        if address != "data:,":
            assert re.match(r"/[^/]", address), address
            assert (await newsroom.get(address)).status_code == 200, address


async def test_the_page_has_no_script_within() -> None:
    assert re.findall(rb"<script([^>]*)>(.*?)</script>", PAGE) == [
        (f' src="/docs/scalar-{SCALAR}.js"'.encode(), b""),
        (b' src="/docs/start.js"', b""),
    ]
    assert b"<style" not in PAGE
    assert re.search(rb"\son\w+=", PAGE) is None


def test_all_that_would_leave_the_origin_is_off() -> None:
    start = (HERE / "start.js").read_text()
    for setting in (
        'url: "/openapi.json"',
        'proxyUrl: ""',
        "withDefaultFonts: false",
        "telemetry: false",
        "agent: { disabled: true }",
        "mcp: { disabled: true }",
        "hideClientButton: true",
        'showDeveloperTools: "never"',
    ):
        assert setting in start


@pytest.mark.parametrize("name", ASSETS)
async def test_an_asset_is_sent_compressed_and_kept_for_ever(newsroom: AsyncClient, name: str) -> None:
    packed = await newsroom.get(f"/docs/{name}", headers={"Accept-Encoding": "gzip"})
    plain = await newsroom.get(f"/docs/{name}", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-type"] == plain.headers["content-type"] == f"{ASSETS[name]}; charset=utf-8"
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert int(packed.headers["content-length"]) < len(plain.content) / 3
    assert packed.content == plain.content
    assert packed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert packed.headers["x-content-type-options"] == "nosniff"
    assert SCALAR in name


@pytest.mark.parametrize("name", ASSETS)
def test_an_asset_is_the_one_whose_checksum_is_written_down(name: str) -> None:
    lines = [line for line in (HERE / "README.md").read_text().splitlines() if f"`{name}.gz`" in line]
    assert sha256(gzip.decompress((HERE / f"{name}.gz").read_bytes())).hexdigest() in lines[0]


def test_the_licence_stands_beside_the_copy() -> None:
    assert "Copyright (c) 2023-present Scalar" in (HERE / "README.md").read_text()


@pytest.mark.parametrize("name", ["README.md", "__init__.py", "..%2F__init__.py", f"scalar-{SCALAR}.js.gz", "x.js"])
async def test_no_other_file_is_served(newsroom: AsyncClient, name: str) -> None:
    assert (await newsroom.get(f"/docs/{name}")).status_code == 404


async def test_the_front_of_the_api_alone_leads_to_what_is_there(
    newsroom_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITE_PAGES", "false")
    async with client(newsroom_url) as newsroom:
        page = await newsroom.get("/")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert policy(page.headers["content-security-policy"]) == {
            "default-src": {"'none'"},
            "style-src": {"'unsafe-inline'"},
        }
        assert "<script" not in page.text
        links = [link.replace("&amp;", "&") for link in re.findall(r'href="([^"]+)"', page.text)]
        assert links == ["/docs", "/openapi.json", "/client.ts", "/client.py", *(path for path, _ in EXAMPLES)]
        for link in links:
            answer = await newsroom.get(link)
            assert answer.status_code == 200, link
            if link.startswith("/v1"):
                assert answer.json()["items" if "items" in answer.json() else "slug"], link
