"""Sitemaps: every public story once, in parts by period, with its translations; and the news of two days."""

import re
from typing import Final
from xml.etree import ElementTree

import pytest
from httpx import AsyncClient, Response

from app.articles import sitemap
from app.db import utcnow
from app.web.fields import format_instant
from tests.answers import refusal
from tests.conftest import Clock, Load, client
from tests.desk import act, change, publish
from tests.factories import article, article_id, draft, scheduled, section, withdrawn

SITEMAP: Final = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS: Final = "{http://www.google.com/schemas/sitemap-news/0.9}"
XHTML: Final = "{http://www.w3.org/1999/xhtml}"
HERE: Final = "https://news.example"


async def ask(api: AsyncClient, path: str) -> Response:
    answer = await api.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml"), (path, answer.text)
    return answer


def locations(answer: Response) -> list[str]:
    return [loc.text or "" for loc in ElementTree.fromstring(answer.content).iter(f"{SITEMAP}loc")]


async def parts(api: AsyncClient) -> list[str]:
    return [url.removeprefix(HERE) for url in locations(await ask(api, "/sitemap.xml"))]


def page(slug: str) -> str:
    return f"{HERE}/stories/{slug}"


async def test_every_public_story_is_in_one_part(newsroom: AsyncClient) -> None:
    expected, path = [], "/v1/articles?limit=100&sort=published_at"
    while path:
        answer = (await newsroom.get(path)).json()
        expected += [page(card["slug"]) for card in answer["items"]]
        path = answer["next"] and f"/v1/articles?limit=100&sort=published_at&cursor={answer['next']}"
    names = await parts(newsroom)
    assert names[0] == "/sitemap/2023.xml"
    found = [url for name in names for url in locations(await ask(newsroom, name))]
    assert len(found) > 60
    assert found == expected
    assert (await newsroom.get(found[0].removeprefix(HERE))).status_code == 200


async def test_a_year_with_too_many_stories_has_parts_for_months_and_days(
    api: AsyncClient, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemap, "MOST_IN_PART", 2)
    dates = ["2023-05-01", "2024-01-05", "2024-01-06", "2024-01-06", "2024-03-01", "2025-01-01", "2025-12-31"]
    await load(*(article(f"a{n}", f"{day}T12:00:00.000Z") for n, day in enumerate(dates)))
    names = await parts(api)
    assert names == [f"/sitemap/{name}.xml" for name in ("2023", "2024-01-05", "2024-01-06", "2024-03", "2025")]
    found = [url for name in names for url in locations(await ask(api, name))]
    assert sorted(found) == [page(f"a{n}") for n in range(7)]
    assert len(locations(await ask(api, "/sitemap/2024.xml"))) == 4


async def test_versions_in_other_languages_name_each_other(api: AsyncClient, load: Load) -> None:
    await load(
        article("a", "2023-12-31T10:00:00.000Z"),
        article("b", "2024-02-01T10:00:00.000Z", language="uk", translation_of=article_id("a")),
        draft("c", language="pl", translation_of=article_id("a")),
        article("d"),
    )
    await load(article("e", language="de", translation_of=article_id("d")))
    expected = [("en", page("a")), ("uk", page("b"))]
    for name in ("2023", "2024"):
        root = ElementTree.fromstring((await ask(api, f"/sitemap/{name}.xml")).content)
        links = [(link.attrib["hreflang"], link.attrib["href"]) for link in root.iter(f"{XHTML}link")]
        assert links == expected
        assert {link.attrib["rel"] for link in root.iter(f"{XHTML}link")} == {"alternate"}


async def test_it_names_nothing_that_is_not_public(desk: AsyncClient, load: Load) -> None:
    made = await publish(desk, "Public", slug="public")
    await load(draft("kanarek-a"), scheduled("kanarek-b"), withdrawn("kanarek-c"))
    await change(desk, made["id"], "/draft", slug="kanarek-d", language="uk")
    year = made["published_at"][:4]
    assert await parts(desk) == [f"/sitemap/{year}.xml"]
    assert locations(await ask(desk, f"/sitemap/{year}.xml")) == [page("public")]
    assert locations(await ask(desk, "/sitemap-news.xml")) == [page("public")]
    await act(desk, made["id"], "withdraw", reason="error")
    assert await parts(desk) == []
    refusal(await desk.get(f"/sitemap/{year}.xml"), 404, "not-found")
    assert locations(await ask(desk, "/sitemap-news.xml")) == []


async def test_addresses_are_those_of_the_newsrooms_own_site(
    database_url: str, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    await load(section("city"), article("a", section="city"), article("b", language="uk"))
    monkeypatch.setenv("SITE_ARTICLE_URL", "https://zghariv.example/{language}/{section}/{slug}?a=1&id={id}")
    async with client(database_url) as api:
        answer = await ask(api, "/sitemap/2025.xml")
    assert {*locations(answer)} == {
        f"https://zghariv.example/en/city/a?a=1&id={article_id('a')}",
        f"https://zghariv.example/uk/-/b?a=1&id={article_id('b')}",
    }


async def test_an_edit_touches_one_part(desk: AsyncClient, load: Load) -> None:
    await load(article("a", "2023-05-01T12:00:00.000Z"), article("b", "2024-05-01T12:00:00.000Z"))
    paths = ("/sitemap.xml", "/sitemap/2023.xml", "/sitemap/2024.xml")
    before = [await ask(desk, path) for path in paths]
    await change(desk, "b", headline="Another one")
    after = [await ask(desk, path) for path in paths]
    same = [one.headers["etag"] == other.headers["etag"] for one, other in zip(before, after, strict=True)]
    assert same == [True, True, False]
    updated = (await desk.get("/v1/articles/b")).json()["updated_at"]
    assert f"<lastmod>{updated}</lastmod>" in after[2].text
    known = await desk.get("/sitemap/2023.xml", headers={"If-None-Match": before[1].headers["etag"]})
    assert known.status_code == 304
    assert before[1].headers["surrogate-key"] == "articles"


async def test_news_are_the_stories_of_two_days(api: AsyncClient, load: Load, clock: Clock) -> None:
    now = format_instant(utcnow())
    await load(
        article("new", now, headline='Rivers & "mills" <b> ]]> \U0001f69f', language="pt-BR"),
        article("old", "2025-01-22T12:35:00.000Z"),
    )
    answer = await ask(api, "/sitemap-news.xml")
    (news,) = ElementTree.fromstring(answer.content).iter(f"{NEWS}news")
    found = {element.tag.removeprefix(NEWS): element.text for element in news.iter()}
    assert found["title"] == 'Rivers & "mills" <b> ]]> \U0001f69f'
    assert (found["name"], found["language"], found["publication_date"]) == ("Dovidka", "pt", now)
    assert "surrogate-key" not in answer.headers
    clock.move(hours=49)
    assert locations(await ask(api, "/sitemap-news.xml")) == []


@pytest.mark.parametrize("name", ["2023", "2023.xml.xml", "2023-02-30.xml", "x.xml", ".xml", "1999.xml", "2023-1.xml"])
async def test_what_is_no_part_is_not_found(api: AsyncClient, load: Load, name: str) -> None:
    await load(article("a", "2023-05-01T12:00:00.000Z"))
    refusal(await api.get(f"/sitemap/{name}"), 404, "not-found")


async def test_a_sitemap_takes_no_parameters(api: AsyncClient) -> None:
    for path in ("/sitemap.xml", "/sitemap-news.xml", "/sitemap/2023.xml"):
        refusal(await api.get(f"{path}?page=2"), 422, "invalid")
    assert re.fullmatch(
        r"<\?xml.*<sitemapindex [^>]*>\n</sitemapindex>\n", (await ask(api, "/sitemap.xml")).text, re.DOTALL
    )
