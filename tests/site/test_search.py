"""The search page: what is found, narrowed by links, and refused with its place."""

import pytest
from httpx import AsyncClient

from tests.answers import get
from tests.conftest import Load
from tests.desk import publish
from tests.factories import article, credit, draft, source, tag, words
from tests.processes import until
from tests.site.pages import Document, document, page


def hrefs(shown: Document, rel: str) -> list[str | None]:
    """Addresses of the links with this relation."""
    return [link["href"] for link in shown.all("a") if link.get("rel") == rel]


async def test_every_page_has_a_search_box(newsroom: AsyncClient) -> None:
    for path, status in (("/", 200), ("/stories/you-may-swim", 200), ("/explore", 200), ("/search", 200),
                         ("/stories/nothing", 404), ("/search?page=2", 422)):  # fmt: skip
        shown = await page(newsroom, path, status)
        assert [form["action"] for form in shown.all("form") if form["role"] == "search"] == ["/search"], path
        assert [box["name"] for box in shown.all("input") if box["type"] == "search"] == ["q"], path


async def test_a_search_from_a_page_stays_in_its_language(newsroom: AsyncClient) -> None:
    story = await page(newsroom, "/stories/you-may-swim")
    assert [box["value"] for box in story.all("input") if box["name"] == "language"] == ["en"]
    shown = await page(newsroom, "/search?q=%D0%B7%D0%B3%D0%B0%D1%80%D1%96%D0%B2&language=en")
    assert shown.all("html")[0]["lang"] == "en"
    assert shown.stories != []
    assert {story.get("lang") for story in shown.all("article")} == {None}


async def test_what_is_found_is_what_the_request_behind_the_page_gives(newsroom: AsyncClient) -> None:
    for path in ("/search?q=trams", "/search?q=trams&sort=-published_at", "/search?q=bridge&section=city&language=en",
                 "/search?tag=trams&date=2025", "/search"):  # fmt: skip
        shown = await page(newsroom, path)
        behind, *_ = shown.text("code")
        answer = await newsroom.get(behind.removeprefix("https://news.example"))
        items = answer.json()["items"]
        assert shown.stories == [item["slug"] for item in items] != [], path
        keys = (await newsroom.get(path)).headers["surrogate-key"].split()
        assert {*answer.headers["surrogate-key"].split()} <= {*keys}, path


async def test_words_are_marked_where_they_stand(api: AsyncClient, load: Load) -> None:
    await load(
        article(
            "ferry", headline="Ferries <& boats> and a ferry", body=[words("Nothing else sails like a ferry here.")]
        )
    )
    answer = await api.get("/search?q=ferry")
    assert "<mark>Ferries</mark> &lt;&amp; boats&gt; and a <mark>ferry</mark>" in answer.text
    assert "sails like a <mark>ferry</mark> here" in answer.text


async def test_a_facet_adds_itself_and_removes_itself(newsroom: AsyncClient) -> None:
    first = await page(newsroom, "/search?q=tram&language=en")
    facets = (await get(newsroom, "/v1/articles", q="tram", language="en", facets="section"))["facets"]
    city, other, *_ = (value["value"] for value in facets["section"]["values"])
    assert city == "city"
    assert "/search?q=tram&section=city&language=en" in first.links
    assert "/search?q=tram" in first.links
    narrowed = await page(newsroom, "/search?q=tram&section=city&language=en")
    listed = await get(newsroom, "/v1/articles", q="tram", language="en", section="city", sort="relevance")
    assert narrowed.stories == [item["slug"] for item in listed["items"]] != first.stories
    assert {"/search?q=tram&language=en", "/search?q=tram&section=city"} <= {*narrowed.links}
    assert f"/search?q=tram&section={other}&language=en" in narrowed.links
    assert "Місто" in (await page(newsroom, "/search?q=tram")).text("a")


async def test_numbers_beside_facets_are_those_of_the_lists_they_lead_to(newsroom: AsyncClient) -> None:
    shown = await page(newsroom, "/search?q=tram&language=en")
    facets = (await get(newsroom, "/v1/articles", q="tram", language="en", facets="tag"))["facets"]["tag"]["values"]
    tags = [link for link in shown.links if "&tag=" in link]
    assert tags == [f"/search?q=tram&tag={value['value']}&language=en" for value in facets[: len(tags)]] != []
    assert len((await page(newsroom, tags[0])).stories) == facets[0]["count"]


async def test_pages_of_a_search_are_followed(api: AsyncClient, load: Load) -> None:
    await load(*(article(f"ferry-{number}", headline=f"Ferry {number}") for number in range(45)))
    for path in ("/search?q=ferry", "/search?q=ferry&sort=-published_at", "/search"):
        first = await page(api, path)
        (second_path,) = hrefs(first, "next")
        second = await page(api, str(second_path))
        (third_path,) = hrefs(second, "next")
        third = await page(api, str(third_path))
        assert len({*first.stories, *second.stories, *third.stories}) == 45, path
        assert hrefs(third, "next") == [], path
        (back,) = hrefs(third, "prev")
        assert (await page(api, str(back))).stories == second.stories, path


async def test_a_mistyped_word_is_corrected_by_a_link(api: AsyncClient, load: Load) -> None:
    await load(article("ferry", headline="The ferry sails"))
    shown = await page(api, "/search?q=ferrry&language=en")
    assert shown.stories == []
    assert "/search?q=ferry&language=en" in shown.links
    assert "No story has these words." in shown.text("p")


async def test_what_is_published_is_found_at_once(desk: AsyncClient, api: AsyncClient) -> None:
    await publish(desk, "A quay")

    async def is_hit() -> bool:
        """What was kept before the server's first word from the database is forgotten."""
        answer = await api.get("/search?q=ferry")
        assert document(answer).stories == []
        return answer.headers["cache-status"] == "Dovidka; hit"

    await until(is_hit)
    await publish(desk, "A ferry")
    assert (await page(api, "/search?q=ferry")).stories == ["a-ferry"]


async def test_only_what_is_public_is_found_and_counted(api: AsyncClient, load: Load) -> None:
    await load(tag("rivers"), tag("canary"), source("canary"))
    await load(article("flood", headline="A flood", tags=["rivers"]), draft("secret", headline="A secret flood"))
    for path in ("/search?q=flood", "/search?q=secret", "/search?tag=rivers", "/search"):
        shown = await page(api, path)
        assert "secret" not in shown.stories, path
        assert [link for link in shown.links if "canary" in link] == [], path
    for path in ("/search?q=secret", "/search?q=canary", "/search?tag=canary", "/search?source=canary"):
        assert (await page(api, path)).stories == [], path
    assert (await page(api, "/search?q=flood")).stories == ["flood"]


@pytest.mark.parametrize(
    ("query", "marked", "mend"),
    [('river "tram', '"tram', "river tram"), ('"', '"', None), ("tram OR", "OR", "tram"),
     ("place:tram", "place:tram", "place tram"),
     ("a*", "a*", "a"), ("-tram", "-tram", "tram")],
)  # fmt: skip
async def test_a_broken_query_is_shown_with_its_place_and_its_mend(
    newsroom: AsyncClient, query: str, marked: str, mend: str | None
) -> None:
    answer = await newsroom.get("/search", params={"q": query, "language": "en"})
    shown = document(answer)
    assert (answer.status_code, answer.headers["cache-control"]) == (422, "no-store")
    assert shown.text("h2")[0] == "This search cannot be read"
    assert shown.text("mark") == [marked]
    assert [box["value"] for box in shown.all("input") if box["name"] == "q"] == [query]
    mends = [link for link in shown.links if link.startswith("/search?q=")]
    if mend is None:
        assert mends == []
    else:
        assert mends == [f"/search?q={mend.replace(' ', '%20')}&language=en"]
        await page(newsroom, mends[0])


async def test_a_query_that_asks_for_too_much_is_refused_without_a_place(api: AsyncClient, load: Load) -> None:
    slugs = [f"person-{number}" for number in range(101)]
    await load(*(source(slug, names={"en": f"Olena of {slug}"}) for slug in slugs))
    await load(*(article(f"story-of-{slug}", attributions=[credit(slug)]) for slug in slugs))
    shown = await page(api, "/search?q=source:olena&language=en", 422)
    assert shown.text("h2")[0] == "This search cannot be read"
    assert shown.text("mark") == []


@pytest.mark.parametrize(
    ("query", "status"),
    [("q=%00", 422), ("q=", 422), ("q=%FF", 422), ("q=" + "a" * 401, 422), ("q=" + "a" * 5_000, 422),
     ("q=%3Cscript%3Ealert(1)%3C/script%3E", 200), ("q=%E2%80%AE%D9%85%D8%B1%D8%AD%D8%A8%D8%A7", 200),
     ("q=tram&sort=oldest", 422), ("tag=Not%20a%20slug", 422), ("q=tram&cursor=x", 422), ("q=tram&q=bus", 422),
     ("language=English", 422), ("date=2025-13", 422)],
)  # fmt: skip
async def test_whatever_is_typed_gives_a_page(newsroom: AsyncClient, query: str, status: int) -> None:
    answer = await newsroom.get(f"/search?{query}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert len(document(answer).all("h1")) == 1
    assert "<script>alert" not in answer.text


async def test_lists_name_their_feeds(newsroom: AsyncClient) -> None:
    for path, query in (("/en", "language=en"), ("/", "language=uk"), ("/sections/city", "section=city"),
                        ("/tags/trams?language=uk", "language=uk&tag=trams"),
                        ("/sources/lev-shchedryk", "source=lev-shchedryk"),
                        ("/authors/lev-shchedryk", "source=lev-shchedryk&role=author")):  # fmt: skip
        links = (await page(newsroom, path)).all("link")
        feeds = {link["type"]: str(link["href"]) for link in links if "/feeds/" in str(link["href"])}
        assert feeds == {
            media_type: f"https://news.example/feeds/articles.{ending}?{query}"
            for ending, media_type in (("rss", "application/rss+xml"), ("atom", "application/atom+xml"),
                                       ("json", "application/feed+json"))
        }, path  # fmt: skip
        for address in feeds.values():
            assert (await newsroom.get(address.removeprefix("https://news.example"))).status_code == 200, address
