"""Pictures at a resizer, in every form of a story: its addresses are made of a setting when the answer is."""

from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from httpx import AsyncClient

from app.formats.images import Resizer
from tests.answers import get
from tests.conftest import client, serving
from tests.factories import article, note
from tests.formats.test_html import Outline
from tests.formats.test_jsonld import check
from tests.formats.test_ninjs import VALIDATORS
from tests.openapi import check_answer
from tests.site.pages import document

TEMPLATE: Final = "https://img.example/resize?from={url}&w={width}"
WITH_FORMAT: Final = TEMPLATE + "&as={format}"
PHOTO: Final = "https://photos.example/ü a.jpg?x=1&y=2".replace(" ", "%20")
MEDIA: Final = "{http://search.yahoo.com/mrss/}"
IN_BODY: Final = {"type": "image", "url": "/sample/yard.png", "alt_text": "A yard"}


def lines() -> list[Any]:
    """A story with a picture of known size, another of none, and what has no other sizes."""
    image = {"url": PHOTO, "alt_text": "A tram", "width": 1000, "height": 500}
    others: list[Any] = [
        {"type": "image", "url": "/sample/tram.svg", "width": 900, "height": 600},
        {"type": "image", "media": "video", "url": "https://video.example/1"},
        {"type": "image", "credit_line": "Photo: Ivan Kit"},
    ]
    return [article("a", image=image, body=[IN_BODY, *others]), note("mill", body=[IN_BODY])]


@pytest.fixture(params=[TEMPLATE, WITH_FORMAT], ids=["plain", "formats"])
def template(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    chosen: str = request.param
    monkeypatch.setenv("IMAGE_URL_TEMPLATE", chosen)
    return chosen


@pytest.fixture
async def resized(database_url: str, template: str) -> AsyncIterator[AsyncClient]:
    """A client of a server with a resizer, whose template is `template`."""
    async with serving(database_url, *lines()) as api:
        yield api


def asked(url: str) -> tuple[str, int, str | None]:
    """(original, width, format) that an address asks the resizer for."""
    assert url.startswith("https://img.example/resize?"), url
    values = parse_qs(urlsplit(url).query)
    return values["from"][0], int(values["w"][0]), values.get("as", [None])[0]


def formats(template: str) -> list[str | None]:
    return ["avif", "webp"] if template == WITH_FORMAT else [None]


ORIGINAL: Final = "https://photos.example/%C3%BC%20a.jpg?x=1&y=2"


async def test_json_has_the_renditions_of_each_picture_where_fields_ask_for_them(
    resized: AsyncClient, template: str
) -> None:
    answer = await resized.get("/v1/articles/a?fields=image,renditions")
    check_answer(answer)
    renditions = answer.json()["renditions"]
    assert {*renditions} == {PHOTO, "/sample/yard.png"}
    assert [(each["width"], each["height"], each["format"]) for each in renditions[PHOTO]] == [
        (width, height, format)
        for format in formats(template)
        for width, height in ((320, 160), (640, 320), (960, 480), (1000, 500))
    ]
    assert [asked(each["url"]) for each in renditions[PHOTO]] == [
        (ORIGINAL, each["width"], each["format"]) for each in renditions[PHOTO]
    ]
    yard = renditions["/sample/yard.png"]
    assert {asked(each["url"])[0] for each in yard} == {"https://news.example/sample/yard.png"}
    assert (max(each["width"] for each in yard), yard[0]["height"]) == (2560, None)
    (listed,) = (await get(resized, "/v1/articles", fields="image,renditions"))["items"]
    assert listed == answer.json()
    assert (await get(resized, "/v1/notes/mill", fields="renditions"))["renditions"] == {"/sample/yard.png": yard}


async def test_html_has_a_picture_with_its_sources(resized: AsyncClient, template: str) -> None:
    shown = (await resized.get("/v1/articles/a/html")).text
    outline = Outline(shown)
    assert (outline.elements["picture"], outline.elements["img"]) == (2, 3)  # not of the drawing in SVG
    assert outline.elements["source"] == 2 * len(formats(template))
    assert 'width="1000" height="500"></picture>' in shown
    sources = document(await resized.get("/v1/articles/a/html")).all("source")
    assert [attributes.get("type") for attributes in sources[: len(formats(template))]] == [
        format and f"image/{format}" for format in formats(template)
    ]
    candidates = [part.split(" ") for part in (sources[0]["srcset"] or "").split(", ")]
    assert [(asked(url)[1], descriptor) for url, descriptor in candidates] == [
        (width, f"{width}w") for width in (320, 640, 960, 1000)
    ]
    assert sources[0]["sizes"] == "(min-width: 42rem) 42rem, 100vw"
    in_json = (await get(resized, "/v1/articles/a", fields="body_html"))["body_html"]
    assert in_json.count("<picture>") == 1


async def test_jsonld_has_renditions_as_encodings_of_the_picture(resized: AsyncClient, template: str) -> None:
    story = check((await resized.get("/v1/articles/a/jsonld")).json())
    photo, yard, drawing = story["image"]
    assert photo["url"] == ORIGINAL
    assert [asked(each["contentUrl"]) for each in photo["encoding"]] == [
        (ORIGINAL, width, format) for format in formats(template) for width in (320, 640, 960, 1000)
    ]
    assert "height" not in yard["encoding"][0]
    assert "encoding" not in drawing


async def test_ninjs_has_renditions_beside_the_original(resized: AsyncClient, template: str) -> None:
    for version in ("3.1", "2.2"):
        item = (await resized.get("/v1/articles/a/ninjs", params={"version": version})).json()
        assert [error.message for error in VALIDATORS[version].iter_errors(item)] == []
        photo = item["associations"][0]["renditions"]
        names = [each["name"] for each in photo]
        assert names[0] == "original"
        assert names[1:] == [
            f"{format or 'width'}-{width}" for format in formats(template) for width in (320, 640, 960, 1000)
        ]
        assert photo[1]["height"] == 160


@pytest.mark.parametrize("ending", ["rss", "atom"])
async def test_feeds_group_the_renditions_with_the_picture(resized: AsyncClient, template: str, ending: str) -> None:
    feed = ElementTree.fromstring((await resized.get(f"/feeds/articles.{ending}")).text)
    (group,) = feed.iter(f"{MEDIA}group")
    first, *others = group.findall(f"{MEDIA}content")
    assert (first.get("url"), first.get("isDefault")) == (ORIGINAL, "true")
    assert [asked(each.get("url") or "")[1:] for each in others] == [
        (width, format) for format in formats(template) for width in (320, 640, 960, 1000)
    ]
    assert others[0].get("height") == "160"


async def test_the_pages_for_readers_show_pictures_through_the_resizer(resized: AsyncClient, template: str) -> None:
    for path in ("/en", "/stories/a"):
        answer = await resized.get(path)
        sources = document(answer).all("source")
        assert len(sources) >= len(formats(template))
        assert asked((sources[0]["srcset"] or "").split(" ")[0])[0] == ORIGINAL
        # Pictures may come from any host already; nothing else may come from the resizer's.
        policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
        assert (policy["img-src"], policy["default-src"]) == ("*", "'none'")


@pytest.mark.parametrize(
    "path",
    ["/v1/articles/a?fields=renditions", "/v1/articles/a/html", "/v1/articles/a/jsonld", "/v1/articles/a/ninjs",
     "/feeds/articles.rss", "/stories/a"],
)  # fmt: skip
async def test_another_setting_is_another_etag(database_url: str, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    async with serving(database_url, *lines()) as api:
        before = await api.get(path)
        plain = await api.get("/v1/articles/a")
    monkeypatch.setenv("IMAGE_URL_TEMPLATE", TEMPLATE)
    async with client(database_url) as api:
        after = await api.get(path, headers={"If-None-Match": before.headers["etag"]})
        unchanged = await api.get("/v1/articles/a", headers={"If-None-Match": plain.headers["etag"]})
    assert "img.example" not in before.text
    assert (after.status_code, "img.example" in after.text) == (200, True)
    assert unchanged.status_code == 304


async def test_without_a_resizer_there_are_none(database_url: str) -> None:
    async with serving(database_url, *lines()) as api:
        assert (await get(api, "/v1/articles/a", fields="renditions"))["renditions"] == {}
        assert "<picture" not in (await api.get("/v1/articles/a/html")).text


@pytest.mark.parametrize(
    ("width", "widths"),
    [
        (None, [320, 640, 960, 1280, 1920, 2560]),
        (200, [200]),
        (640, [320, 640]),
        (2560, [320, 640, 960, 1280, 1920, 2560]),
        (9000, [320, 640, 960, 1280, 1920, 2560]),
    ],
)
def test_no_rendition_is_wider_than_its_original(width: int | None, widths: list[int]) -> None:
    image = {"url": "https://a.example/1.jpg", "media": "photo", "width": width, "height": None}
    assert [each.width for each in Resizer(TEMPLATE).renditions(image)] == widths


def test_a_very_flat_picture_has_a_height() -> None:
    image = {"url": "https://a.example/1.jpg", "media": "photo", "width": 100_000, "height": 1}
    assert {each.height for each in Resizer(TEMPLATE).renditions(image)} == {1}
