"""What machines find that come by: where to read, under which terms, and what the newsroom promises."""

from collections.abc import AsyncIterator
from typing import Final
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import pytest
from httpx import AsyncClient
from markdown_it import MarkdownIt

from tests.answers import refusal
from tests.conftest import Load, client
from tests.factories import article
from tests.formats.test_jsonld import check
from tests.formats.test_ninjs import ninjs_of

LICENSE: Final = "https://creativecommons.org/licenses/by/4.0/"
POLICIES: Final = [f"https://news.example/about#{name}" for name in ("corrections", "sources", "ai")]
HERE: Final = "https://news.example"


@pytest.fixture
async def licensed(database_url: str, load: Load, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncClient]:
    """A server whose newsroom has said its terms."""
    await load(article("a"))
    monkeypatch.setenv("SITE_LICENSE_URL", LICENSE)
    for name, url in zip(("CORRECTIONS", "SOURCES", "AI"), POLICIES, strict=True):
        monkeypatch.setenv(f"SITE_{name}_POLICY_URL", url)
    async with client(database_url) as api:
        yield api


async def test_crawlers_may_read_all_but_the_log(newsroom: AsyncClient) -> None:
    answer = await newsroom.get("/robots.txt")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    robots = RobotFileParser()
    robots.parse(answer.text.splitlines())
    assert robots.can_fetch("*", f"{HERE}/v1/articles/x/html")
    assert not robots.can_fetch("*", f"{HERE}/v1/changes?after=1")
    assert robots.site_maps() == [f"{HERE}/sitemap.xml", f"{HERE}/sitemap-news.xml"]
    for url in robots.site_maps() or ():
        assert (await newsroom.get(url.removeprefix(HERE))).status_code == 200
    assert "License" not in answer.text
    refusal(await newsroom.get("/license.xml"), 404, "not-found")


async def test_language_models_are_led_to_what_is_there(newsroom: AsyncClient) -> None:
    answer = await newsroom.get("/llms.txt")
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    tokens = MarkdownIt().parse(answer.text)
    assert [token.tag for token in tokens if token.type == "heading_open"] == ["h1", "h2"]
    links = [
        str(child.attrs["href"]) for token in tokens for child in token.children or () if child.type == "link_open"
    ]
    assert len(links) > 5
    slug = (await newsroom.get("/v1/articles?limit=1")).json()["items"][0]["slug"]
    for link in links:
        path = link.removeprefix(HERE).replace("%7Bslug%7D", slug)
        assert (await newsroom.get(path)).status_code == (405 if path == "/mcp" else 200), path
    assert f"{HERE}/mcp" in links


async def test_the_catalog_of_apis_leads_to_descriptions(newsroom: AsyncClient) -> None:
    answer = await newsroom.get("/.well-known/api-catalog")
    assert answer.headers["content-type"].startswith("application/linkset+json; profile=")
    (links,) = answer.json()["linkset"]
    assert links["anchor"] == f"{HERE}/v1"
    for relation in ("service-desc", "service-doc", "status"):
        for link in links[relation]:
            assert (await newsroom.get(link["href"].removeprefix(HERE))).status_code == 200
            assert relation == "status" or f'rel="{relation}"' in answer.headers["link"]
    front = await newsroom.get("/")
    assert front.headers["link"] == '</.well-known/api-catalog>; rel="api-catalog"'


async def test_the_licence_is_named_in_every_form(licensed: AsyncClient) -> None:
    for path in ("/feeds/articles.rss", "/feeds/articles.atom"):
        assert f'rel="license" href="{LICENSE}"' in (await licensed.get(path)).text
    assert (await licensed.get("/feeds/articles.json")).json()["_license"] == {"url": LICENSE}
    assert (await licensed.get("/v1/articles/a/jsonld")).json()["license"] == LICENSE
    assert (await licensed.get("/v1/articles/a/ninjs")).json()["rightsInfo"] == {"linkedRights": LICENSE}
    assert f"License: {HERE}/license.xml" in (await licensed.get("/robots.txt")).text
    assert LICENSE in (await licensed.get("/llms.txt")).text
    rsl = await licensed.get("/license.xml")
    assert rsl.headers["content-type"] == "application/rsl+xml"
    root = ElementTree.fromstring(rsl.content)
    namespace = "{https://rslstandard.org/rsl}"
    assert (root.tag, root.findtext(f"{namespace}content/{namespace}terms")) == (f"{namespace}rsl", LICENSE)


async def test_policies_are_named_where_trust_is_told(licensed: AsyncClient) -> None:
    publisher = check((await licensed.get("/v1/articles/a/jsonld")).json())["publisher"]
    assert publisher["publishingPrinciples"] == POLICIES
    assert [publisher["correctionsPolicy"], publisher["unnamedSourcesPolicy"]] == POLICIES[:2]
    for version, name in (("3.1", "trustIndicators"), ("2.2", "trustindicators")):
        ninjs = await ninjs_of(licensed, "/v1/articles/a/ninjs", version)
        assert [indicator["href"] for indicator in ninjs[name]] == POLICIES


@pytest.mark.parametrize("path", ["/robots.txt", "/llms.txt", "/.well-known/api-catalog"])
async def test_they_are_not_sent_again(newsroom: AsyncClient, path: str) -> None:
    etag = (await newsroom.get(path)).headers["etag"]
    assert (await newsroom.get(path, headers={"If-None-Match": etag})).status_code == 304
    refusal(await newsroom.get(f"{path}?x=1"), 422, "invalid")
