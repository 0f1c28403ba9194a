"""What a site tells machines that come by: robots.txt, llms.txt, the API catalog, and the licence of its stories."""

from typing import Any, Final
from xml.etree.ElementTree import Element

from pydantic_core import to_json

from app.formats.markdown import escaped
from app.formats.story import Site
from app.formats.xml import add, document

# (path, what it is, relation to the API): described by documents for machines and for people.
DESCRIPTIONS: Final = (
    ("/openapi.json", "application/vnd.oai.openapi+json", "service-desc"),
    ("/docs", "text/html", "service-doc"),
)
CATALOG_MEDIA_TYPE: Final = 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'
RSL_MEDIA_TYPE: Final = "application/rsl+xml"


def description_links() -> str:
    """The value of a Link header. Source: RFC 8631."""
    return ", ".join([f'<{path}>; rel="{rel}"; type="{kind}"' for path, kind, rel in DESCRIPTIONS])


def robots(site: Site) -> bytes:
    """Everything may be read but the log of changes, which is for those who keep copies.

    Source: RFC 9309; sitemaps.org, "Informing search engine crawlers"; RSL 1.0, for `License`.
    """
    lines = ["User-agent: *", "Disallow: /v1/changes", "Allow: /", ""]
    lines += [f"Sitemap: {site.url}/{name}" for name in ("sitemap.xml", "sitemap-news.xml")]
    lines += [f"License: {site.url}/license.xml"] if site.license_url else []
    return ("\n".join(lines) + "\n").encode()


def llms(site: Site, has_agents: bool) -> bytes:
    """What a language model may read here, and how; `has_agents`: also by tools. Source: https://llmstxt.org."""
    links = [
        (
            "The newest stories",
            "/v1/articles",
            "cards in JSON; `?tag=`, `?source=`, `?date=` narrow them",
        ),
        ("One story", "/v1/articles/{slug}/markdown", "Markdown with sources, dates and corrections"),
        ("Reference notes", "/v1/notes", "boxes of dated facts, each with the date for which they hold"),
        ("Sources", "/v1/sources", "who gave information; `/v1/articles?source={slug}` has what rests on one"),
        ("Feeds", "/feeds/articles.atom", "the same lists in Atom, RSS and JSON Feed; `/feeds/corrections.atom`"),
        ("Changes", "/v1/changes", "the log, to keep a copy up to date; withdrawn stories are told as such"),
        ("API reference", "/docs", "for people; `/openapi.json` for programs"),
    ]
    if has_agents:
        links.append(("Tools for agents", "/mcp", "a read-only MCP server over the same content (streamable HTTP)"))
    policies = zip(("Corrections", "Unnamed sources", "Use of AI"), site.policies, strict=True)
    terms = [("Licence of the stories", site.license_url), *policies]
    lines = [f"# {escaped(site.name)}", ""]
    lines += ["> News as structured content, with sources, reference notes and corrections.", ""]
    lines += ["Cite a story by its address. One that was withdrawn answers 410 and says why.", "", "## Read", ""]
    lines += [f"- [{title}]({site.url}{path}): {about}" for title, path, about in links]
    if any(url for _, url in terms):
        lines += ["", "## Terms", "", *(f"- [{title}]({url})" for title, url in terms if url)]
    return ("\n".join(lines) + "\n").encode()


def catalog(site: Site) -> bytes:
    """The catalog of APIs, which is this one. Source: RFC 9727, RFC 9264."""
    links: dict[str, Any] = {"anchor": f"{site.url}/v1"}
    for path, kind, rel in DESCRIPTIONS:
        links[rel] = [{"href": site.url + path, "type": kind}]
    links["status"] = [{"href": f"{site.url}/readyz", "type": "application/json"}]
    if site.license_url:
        links["license"] = [{"href": site.license_url}]
    return to_json({"linkset": [links]})


def license_terms(site: Site) -> bytes:
    """The licence as RSL. Whether it wants payment is its own to say. Source: https://rslstandard.org/rsl."""
    root = Element("rsl", {"xmlns": "https://rslstandard.org/rsl"})
    content = add(root, "content", None, {"url": "/"})
    add(content, "copyright", site.name, {"contactUrl": f"{site.url}/"})
    add(content, "terms", site.license_url)
    return document(root)
