"""ninjs renditions, valid against the schemas of IPTC."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from httpx import AsyncClient
from jsonschema import Draft202012Validator, FormatChecker

from app.formats.story import Json
from tests.answers import blamed
from tests.conftest import Load
from tests.desk import act
from tests.factories import article, article_id, box, credit, note, source, tag
from tests.formats.stories import ODD, PICTURE

FOLDER: Final = Path(__file__).parent / "ninjs"
# Source: RFC 3986, appendix A, as far as our addresses go.
URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
FORMATS: Final = FormatChecker(())
FORMATS.checks("uri")(lambda value: not isinstance(value, str) or bool(URI.fullmatch(value)))
FORMATS.checks("date-time")(lambda value: not isinstance(value, str) or bool(INSTANT.fullmatch(value)))
VALIDATORS: Final = {
    version: Draft202012Validator(
        json.loads((FOLDER / f"ninjs-schema_{version}.json").read_text()), format_checker=FORMATS
    )
    for version in ("3.1", "2.2")
}


async def ninjs_of(api: AsyncClient, path: str, version: str = "3.1") -> Json:
    """The rendition, which is valid."""
    answer = await api.get(path, params=None if version == "3.1" else {"version": version})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/vnd.iptc.ninjs+json"), answer.text
    assert "<" not in answer.text
    document: Json = answer.json()
    assert [f"{error.json_path}: {error.message[:200]}" for error in VALIDATORS[version].iter_errors(document)] == []
    assert document["standard"]["version"] == version
    return document


def members(part: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(part, dict):
        yield from part.items()
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from members(inner)


@pytest.mark.parametrize("version", VALIDATORS)
@pytest.mark.parametrize("path", ["/v1/articles/hard", "/v1/articles/hard-uk", "/v1/notes/mill", "/v1/notes/mlyn"])
async def test_it_is_valid_and_has_no_empty_member(library: AsyncClient, path: str, version: str) -> None:
    document = await ninjs_of(library, f"{path}/ninjs", version)
    assert document["bodies"]
    assert [name for name, member in members(document) if member in (None, "", [], {})] == []


@pytest.mark.parametrize("wrong", [{"pubStatus": "gone"}, {"uri": "a b"}, {"headline": "x"}, {"expires": "today"}])
def test_the_schema_finds_what_is_wrong(wrong: Json) -> None:
    right = {"uri": "https://news.example/1", "headlines": [{"value": "x"}]}
    assert VALIDATORS["3.1"].is_valid(right)
    assert not VALIDATORS["3.1"].is_valid({**right, **wrong})


async def test_a_story_has_its_texts_by_role(api: AsyncClient, load: Load) -> None:
    await load(
        tag("zghariv", type="place", labels={"en": "Zghariv"}),
        source("wire", names={"en": "Wire"}),
        note("mill"),
        article(
            "a",
            headline="Trams",
            kicker="City",
            standfirst="They run.",
            byline="Olena Kit",
            tags=["zghariv"],
            attributions=[credit("wire")],
            image={**PICTURE, "caption": "Early", "photographer": "Ivan Lys"},
            body=[box("mill")],
        ),
    )
    document = await ninjs_of(api, "/v1/articles/a/ninjs")
    tags = "https://news.example/v1/tags"
    expected = {
        "uri": f"https://news.example/v1/articles/{article_id('a')}",
        "pubStatus": "usable",
        "by": "Olena Kit",
        "headlines": [{"role": "main", "value": "Trams"}, {"role": "kicker", "value": "City"}],
        "descriptions": [{"role": "standfirst", "value": "They run."}],
        "places": [{"name": "Zghariv", "uri": f"{tags}/zghariv", "literal": "zghariv"}],
    }
    assert {name: document[name] for name in expected} == expected
    (informant,) = document["infoSources"]
    assert (informant["name"], informant["role"]) == ("Wire", "reported_by")
    picture, mill = document["associations"]
    size = {"width": 1200, "height": 800, "poi": {"x": 600, "y": 200}}
    assert picture["renditions"] == [{"name": "original", "href": "https://news.example/sample/tram.svg", **size}]
    assert (mill["rel"], mill["headlines"]) == ("reference_note", [{"role": "main", "value": "For reference: mill"}])


async def test_a_story_has_its_genres_headlines_and_place(api: AsyncClient, load: Load) -> None:
    await load(
        article(
            "a",
            headline="Trams",
            genre="fact_check",
            dateline="Zghariv",
            headlines={"seo": "Trams of Zghariv", "social": "Nobody rides these trams"},
            flags=["sponsored", "graphic"],
        )
    )
    new, old = [await ninjs_of(api, "/v1/articles/a/ninjs", version) for version in ("3.1", "2.2")]
    assert new["headlines"] == [
        {"role": "main", "value": "Trams"},
        {"role": "seo", "value": "Trams of Zghariv"},
        {"role": "social", "value": "Nobody rides these trams"},
    ]
    scheme = "http://cv.iptc.org/newscodes/genre"
    assert new["genres"] == [
        {"name": "Fact Check", "uri": f"{scheme}/Fact_Check", "literal": "fact_check"},
        {"name": "Sponsored", "uri": f"{scheme}/Sponsored", "literal": "sponsored"},
    ]
    assert new["located"] == "Zghariv"
    assert [text["value"] for text in new["descriptions"] if text["role"] == "content_warning"] == [
        "Sponsored content",
        "Graphic content",
    ]
    assert [old[name] for name in ("headlines", "genres", "located")] == [
        new[name] for name in ("headlines", "genres", "located")
    ]


async def test_the_part_of_ai_is_told_to_machines_and_readers(api: AsyncClient, load: Load) -> None:
    ai = {"use": "assisted", "digital_source_type": "compositeWithTrainedAlgorithmicMedia", "reviewed": True}
    await load(
        note("mill", ai=ai), article("a", ai=ai, image={**PICTURE, "ai": {"use": "generated"}}, body=[box("mill")])
    )
    document = await ninjs_of(api, "/v1/articles/a/ninjs")
    code = {
        "uri": "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia",
        "literal": "compositeWithTrainedAlgorithmicMedia",
    }
    told = {"role": "ai", "value": "Made with the help of AI. Reviewed by a person."}
    assert document["digitalSourceType"] == code
    assert told in document["descriptions"]
    picture, mill = document["associations"]
    assert picture["descriptions"] == [{"role": "ai", "value": "Generated by AI."}]
    assert "digitalSourceType" not in picture
    assert told in mill["descriptions"]
    assert (await ninjs_of(api, "/v1/notes/mill/ninjs", "2.2"))["digitalsourcetype"] == code


async def test_readers_of_2_2_get_its_names(library: AsyncClient) -> None:
    new = await ninjs_of(library, "/v1/articles/hard/ninjs")
    old = await ninjs_of(library, "/v1/articles/hard/ninjs", "2.2")
    assert old["pubstatus"] == new["pubStatus"] == "usable"
    assert old["infosources"] == new["infoSources"]
    assert [body["value"] for body in old["bodies"]] == [body["value"] for body in new["bodies"]]


@pytest.mark.parametrize("version", ["1.6", "3.0", ""])
async def test_another_version_is_refused(library: AsyncClient, version: str) -> None:
    assert blamed(await library.get("/v1/articles/hard/ninjs", params={"version": version})) == {"version"}
    assert blamed(await library.get("/v1/articles/hard/html", params={"version": "3.1"})) == {"version"}


async def test_what_was_withdrawn_is_cancelled_for_the_desk(desk: AsyncClient, load: Load) -> None:
    await load(article("a", ednote=ODD))
    await act(desk, "a", "withdraw", reason="privacy")
    document = await ninjs_of(desk, "/v1/articles/a/ninjs?perspective=drafts")
    assert (document["pubStatus"], document["edNote"]) == ("canceled", ODD)
    assert (await desk.get("/v1/articles/a/ninjs")).status_code == 410


@pytest.mark.parametrize(("status", "expected"), [("draft", "withheld"), ("scheduled", "withheld")])
async def test_what_is_not_public_is_withheld(desk: AsyncClient, load: Load, status: str, expected: str) -> None:
    due = {"publish_at": "2099-01-01T06:00:00.000Z"} if status == "scheduled" else {}
    await load(article("a", status=status, **due))
    document = await ninjs_of(desk, "/v1/articles/a/ninjs?perspective=drafts")
    assert (document["pubStatus"], document.get("embargoedUntil")) == (expected, due.get("publish_at"))
