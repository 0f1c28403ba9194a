"""JSON-LD renditions, held against the words of schema.org that they use: a misspelt or misplaced one fails.

`schema_org.json` has, by type, the properties that schema.org gives to it. Source: https://schema.org, version 29.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from httpx import AsyncClient
from pyld import jsonld

from app.formats.story import Json
from tests.conftest import Load
from tests.factories import article, article_id, box, credit, note, said, source, tag
from tests.formats.stories import ODD

PROPERTIES: Final[dict[str, list[str]]] = json.loads((Path(__file__).parent / "schema_org.json").read_text())
PARENTS: Final = {
    "Article": "CreativeWork", "BackgroundNewsArticle": "NewsArticle", "CorrectionComment": "CreativeWork",
    "CreativeWork": "Thing", "CreativeWorkSeries": "CreativeWork", "Event": "Thing", "ImageObject": "MediaObject",
    "MediaObject": "CreativeWork", "NewsArticle": "Article", "NewsMediaOrganization": "Organization",
    "Organization": "Thing", "Person": "Thing", "Place": "Thing", "QuantitativeValue": "Thing",
    "Quotation": "CreativeWork", "VideoObject": "MediaObject", "AdvertiserContentArticle": "Article",
    "AnalysisNewsArticle": "NewsArticle", "LiveBlogPosting": "Article", "OpinionNewsArticle": "NewsArticle",
    "ReportageNewsArticle": "NewsArticle", "ReviewNewsArticle": "NewsArticle",
}  # fmt: skip
ADDRESSES: Final = {
    "contentUrl", "correctionsPolicy", "digitalSourceType", "genre", "isBasedOn", "license", "publishingPrinciples",
    "sameAs", "unnamedSourcesPolicy", "url",
}  # fmt: skip
SCHEMA: Final = "https://schema.org/"
CONTEXT: Final = {
    **{kind: SCHEMA + kind for kind in PROPERTIES},
    **{
        name: {"@id": SCHEMA + name, "@type": "@id"} if name in ADDRESSES else SCHEMA + name
        for names in PROPERTIES.values()
        for name in names
    },
}


def properties_of(kind: str) -> set[str]:
    """Those of a type and of all above it."""
    return {*PROPERTIES[kind]} | (properties_of(PARENTS[kind]) if kind in PARENTS else set())


def nodes(part: Any) -> Iterator[Json]:
    if isinstance(part, dict):
        yield part
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from nodes(inner)


def load_context(url: str, options: Any) -> Json:
    assert url == "https://schema.org", url
    return {
        "contextUrl": None,
        "documentUrl": url,
        "document": {"@context": CONTEXT},
        "contentType": "application/json",
    }


def check(document: Json) -> Json:
    """Fails for a word that schema.org has not, or not for that type; returns the document."""
    found = [*nodes({name: member for name, member in document.items() if name != "@context"})]
    for node in found:
        kinds = node["@type"] if isinstance(node["@type"], list) else [node["@type"]]
        assert {*node} - {"@type", "@id"} <= set().union(*map(properties_of, kinds)), node
        assert None not in node.values()
    expanded = jsonld.expand(document, {"documentLoader": load_context})
    assert sum("@type" in node for node in nodes(expanded)) == len(found)
    return document


async def jsonld_of(api: AsyncClient, path: str) -> Json:
    answer = await api.get(f"{path}/jsonld")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/ld+json")
    assert "<" not in answer.text  # it may stand in a script element
    document: Json = answer.json()
    return check(document)


@pytest.mark.parametrize("path", ["/v1/articles/hard", "/v1/articles/hard-uk", "/v1/notes/mill", "/v1/notes/mlyn"])
async def test_every_word_is_one_of_schema_org(library: AsyncClient, path: str) -> None:
    assert (await jsonld_of(library, path))["headline"]


@pytest.mark.parametrize("wrong", [{"headlin": "x"}, {"latitude": 1}, {"author": {"@type": "Persn"}}])
def test_a_wrong_word_is_found(wrong: Json) -> None:
    right = {"@context": "https://schema.org", "@type": "NewsArticle", "headline": "x"}
    check(right)
    with pytest.raises((AssertionError, KeyError)):
        check({**right, **wrong})


async def test_a_story_has_its_dates_authors_and_sources(api: AsyncClient, load: Load) -> None:
    await load(
        source("kit", type="person", names={"en": "Olena Kit"}, urls=["https://kit.example/"]),
        source("wire", type="media", names={"en": "Wire"}),
        tag("zghariv", type="place", labels={"en": "Zghariv"}, same_as=["https://places.example/z"]),
        article(
            "a",
            tags=["zghariv"],
            attributions=[credit("kit", "author"), credit("wire", url="https://wire.example/1", text="It rose.")],
            image={"url": "/a.svg", "width": 3, "height": 2, "photographer": "Ivan Lys", "alt_text": "A river"},
        ),
    )
    document = await jsonld_of(api, "/v1/articles/a")
    kit = {"@type": "Person", "name": "Olena Kit", "sameAs": ["https://kit.example/"]}
    wire = {"@type": "NewsMediaOrganization", "name": "Wire"}
    expected = {
        "@type": "NewsArticle",
        "url": "https://news.example/stories/a",
        "identifier": f"urn:uuid:{article_id('a')}",
        "datePublished": "2025-01-22T12:35:00.000Z",
        "author": [kit],
        "publisher": {"@type": "NewsMediaOrganization", "name": "Dovidka", "url": "https://news.example"},
        "mentions": [{"@type": "Place", "name": "Zghariv", "sameAs": ["https://places.example/z"]}],
        "citation": [{"@type": "CreativeWork", "url": "https://wire.example/1", "text": "It rose.", "provider": wire}],
    }
    assert {name: document[name] for name in expected} == expected
    (image,) = document["image"]
    assert image["contentUrl"] == "https://news.example/a.svg"
    assert image["creator"] == {"@type": "Person", "name": "Ivan Lys"}


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, "NewsArticle"),
        ({"genre": "news"}, "ReportageNewsArticle"),
        ({"genre": "analysis"}, "AnalysisNewsArticle"),
        ({"genre": "opinion"}, "OpinionNewsArticle"),
        ({"genre": "interview"}, "NewsArticle"),
        ({"genre": "review"}, "ReviewNewsArticle"),
        ({"genre": "live"}, ["NewsArticle", "LiveBlogPosting"]),
        ({"genre": "explainer"}, "BackgroundNewsArticle"),
        ({"genre": "sponsored"}, "AdvertiserContentArticle"),
        ({"genre": "feature", "flags": ["sponsored"]}, "AdvertiserContentArticle"),
    ],
    ids=str,
)
async def test_the_type_is_that_of_the_genre(api: AsyncClient, load: Load, fields: Json, kind: Any) -> None:
    await load(article("a", dateline="Zghariv", **fields))
    document = await jsonld_of(api, "/v1/articles/a")
    assert document["@type"] == kind
    assert document.get("dateline") == (None if kind == "AdvertiserContentArticle" else "Zghariv")


async def test_headlines_people_and_warnings_have_words_of_their_own(api: AsyncClient, load: Load) -> None:
    people = [credit("kit", "editor"), credit("lys", "translator")]
    headlines = {"seo": "Trams of Zghariv", "short": "Trams"}
    await load(
        source("kit", type="person", names={"en": "Olena Kit"}),
        source("lys", type="person", names={"en": "Ivan Lys"}),
        article("a", attributions=people, genre="interview", headlines=headlines, flags=["graphic"]),
        article("b"),
    )
    document = await jsonld_of(api, "/v1/articles/a")
    expected = {
        "alternativeHeadline": ["Trams of Zghariv", "Trams"],
        "genre": "http://cv.iptc.org/newscodes/genre/Interview",
        "isFamilyFriendly": False,
        "editor": [{"@type": "Person", "name": "Olena Kit"}],
        "translator": [{"@type": "Person", "name": "Ivan Lys"}],
    }
    assert {name: document[name] for name in expected} == expected
    assert expected.keys().isdisjoint(await jsonld_of(api, "/v1/articles/b"))


async def test_the_part_of_ai_is_named_by_the_code_of_iptc(api: AsyncClient, load: Load) -> None:
    ai = {"use": "generated", "digital_source_type": "trainedAlgorithmicMedia"}
    photo = {"url": "/a.svg", "ai": {"use": "none", "digital_source_type": "digitalCapture"}}
    video = {"type": "image", "media": "video", "url": "/a.mp4", "ai": ai}
    await load(note("mill", ai=ai), article("a", ai=ai, image=photo, body=[video, box("mill")]), article("b"))
    codes = "http://cv.iptc.org/newscodes/digitalsourcetype"
    document = await jsonld_of(api, "/v1/articles/a")
    assert document["digitalSourceType"] == f"{codes}/trainedAlgorithmicMedia"
    assert [each["digitalSourceType"] for each in document["image"]] == [f"{codes}/digitalCapture"]
    assert [each["digitalSourceType"] for each in document["video"]] == [f"{codes}/trainedAlgorithmicMedia"]
    assert (await jsonld_of(api, "/v1/notes/mill"))["digitalSourceType"] == f"{codes}/trainedAlgorithmicMedia"
    assert "digitalSourceType" not in await jsonld_of(api, "/v1/articles/b")


async def test_quotes_and_notes_are_parts(api: AsyncClient, load: Load) -> None:
    body = [{**said("kit"), "id": "q"}, box("mill")]
    await load(
        source("kit", type="person", names={"en": "Olena Kit"}),
        note("mill", as_of="2025-01-01"),
        article("a", body=body),
    )
    quotation, box_part = (await jsonld_of(api, "/v1/articles/a"))["hasPart"]
    assert quotation["@id"] == "https://news.example/stories/a#block-q"
    assert (quotation["text"], quotation["creator"]["name"]) == ("We measured it twice.", "Olena Kit")
    assert (box_part["headline"], box_part["temporalCoverage"]) == ("For reference: mill", "2025-01-01")


async def test_corrections_are_comments(desk: AsyncClient, load: Load) -> None:
    await load(article("a"))
    assert (await desk.post("/v1/articles/a/correct", json={"kind": "correction", "text": ODD})).status_code == 200
    (correction,) = (await jsonld_of(desk, "/v1/articles/a"))["correction"]
    assert (correction["@type"], correction["text"]) == ("CorrectionComment", ODD)


async def test_translations_know_each_other(api: AsyncClient, load: Load) -> None:
    await load(
        article("a"), *(article(f"a-{lang}", language=lang, translation_of=article_id("a")) for lang in ("uk", "pl"))
    )
    original = await jsonld_of(api, "/v1/articles/a")
    assert [version["inLanguage"] for version in original["workTranslation"]] == ["pl", "uk"]
    (work,) = (await jsonld_of(api, "/v1/articles/a-uk"))["translationOfWork"]
    assert work["url"] == "https://news.example/stories/a"
    assert [version["url"] for version in work["workTranslation"]] == ["https://news.example/stories/a-pl"]


async def test_what_has_no_author_is_by_the_byline_or_the_publisher(api: AsyncClient, load: Load) -> None:
    await load(article("a", byline="Olena Kit"), article("b"))
    assert (await jsonld_of(api, "/v1/articles/a"))["author"] == [{"@type": "Person", "name": "Olena Kit"}]
    assert (await jsonld_of(api, "/v1/articles/b"))["author"][0]["@type"] == "NewsMediaOrganization"
