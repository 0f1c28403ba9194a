"""Lists of the API as they are explored: filters come and go by links, and refusals say what mends them."""

from httpx import AsyncClient

from tests.answers import get
from tests.conftest import Load
from tests.desk import publish
from tests.factories import article, article_id, draft, source, tag
from tests.site.pages import Document, page


def explored(shown: Document) -> list[str]:
    """Slugs of the items on the page."""
    return [path.rpartition("/")[2] for path in shown.links if path.startswith("/v1/articles/")]


async def test_a_filter_adds_itself_and_removes_itself(newsroom: AsyncClient) -> None:
    first = await page(newsroom, "/explore")
    assert explored(first) == [item["slug"] for item in (await get(newsroom, "/v1/articles"))["items"]]
    assert "/explore?language=en" in first.links
    second = await page(newsroom, "/explore?language=en")
    assert "/explore?language=en&section=culture" in second.links
    third = await page(newsroom, "/explore?language=en&section=culture")
    answer = await get(newsroom, "/v1/articles", language="en", section="culture")
    assert explored(third) == [item["slug"] for item in answer["items"]] != []
    assert {"/explore?section=culture", "/explore?language=en"} <= {*third.links}
    tagged = await page(newsroom, "/explore?tag=trams")
    assert "/explore?tag=trams&tag=zghariv" in tagged.links


async def test_facets_of_the_whole_list_are_beside_its_first_page(newsroom: AsyncClient) -> None:
    shown = await page(newsroom, "/explore?language=en&limit=1&tag=trams")
    answer = await get(newsroom, "/v1/articles", language="en", tag="trams", facets="author,section,month,language")
    facets = {name: [value["value"] for value in facet["values"]] for name, facet in answer["facets"].items()}
    numbers = [str(value["count"]) for facet in answer["facets"].values() for value in facet["values"][:8]]
    assert len(facets["author"]) > 1
    start = "/explore?language=en&limit=1&tag=trams"
    assert {f"{start}&source={slug}&role=author" for slug in facets["author"][:8]} <= {*shown.links}
    assert {f"{start}&section={slug}" for slug in facets["section"][:8]} <= {*shown.links}
    assert {f"{start}&date={month}" for month in facets["month"][:8]} <= {*shown.links}
    assert {"/explore?limit=1&tag=trams", "/explore?limit=1&tag=trams&language=uk"} <= {*shown.links}
    assert {*numbers} <= {*shown.text("span")}
    for path in shown.links:
        if path.startswith("/explore?"):
            await page(newsroom, path)


async def test_the_role_of_a_source_goes_with_it(newsroom: AsyncClient) -> None:
    shown = await page(newsroom, "/explore?language=en&source=lev-shchedryk&role=author")
    assert "/explore?language=en" in shown.links
    assert "/explore?language=en&source=lev-shchedryk" in shown.links


async def test_the_request_of_an_explored_list_gives_its_facets(newsroom: AsyncClient) -> None:
    shown = await page(newsroom, "/explore?q=tram&limit=1")
    path = shown.text("code")[1]
    assert {*(await newsroom.get(path)).json()["facets"]} == {
        "tag",
        "section",
        "source",
        "author",
        "genre",
        "language",
        "month",
    }
    for query in ("facets=tag", f"ids={article_id('ferry')}", "q=tram&explain=true"):
        assert (await page(newsroom, f"/explore?{query}")).text("code")[1] == f"/v1/articles?{query}"


async def test_pages_of_an_explored_list_are_followed(newsroom: AsyncClient) -> None:
    first = await page(newsroom, "/explore?language=en&limit=5")
    (older,) = [link["href"] for link in first.all("a") if link.get("rel") == "next"]
    second = await page(newsroom, str(older))
    every = [item["slug"] for item in (await get(newsroom, "/v1/articles", language="en", limit=10))["items"]]
    assert explored(first) + explored(second) == every


async def test_every_list_is_explored(newsroom: AsyncClient) -> None:
    for noun in ("notes", "sources", "tags"):
        shown = await page(newsroom, f"/explore?noun={noun}&limit=2")
        items = (await get(newsroom, f"/v1/{noun}", limit=2))["items"]
        assert [f"/v1/{noun}/{item['slug']}" for item in items] == [
            link for link in shown.links if link.startswith(f"/v1/{noun}/")
        ][:2]
    assert "/explore?noun=tags&limit=2&type=topic" in (await page(newsroom, "/explore?noun=tags&limit=2")).links


async def test_a_refusal_says_what_mends_it(newsroom: AsyncClient) -> None:
    unknown = await page(newsroom, "/explore?langage=uk&tag=trams", 422)
    assert "/explore?tag=trams" in unknown.links
    assert "langage" in unknown.text("code")
    value = await page(newsroom, "/explore?sort=oldest", 422)
    assert {"/explore?sort=published_at", "/explore?sort=-updated_at", "/explore"} <= {*value.links}
    await page(newsroom, "/explore?perspective=drafts", 401)
    await page(newsroom, "/explore?cursor=x", 422)
    await page(newsroom, "/explore?tag=%FF&=&x", 422)
    await page(newsroom, "/explore?fields=headline&limit=1")
    await page(newsroom, "/explore?noun=keys", 422)
    await page(newsroom, "/explore?noun=articles/you-may-swim", 422)


async def test_what_is_typed_is_text(newsroom: AsyncClient) -> None:
    answer = await newsroom.get("/explore", params={"<script>alert(1)</script>": "<img src=x onerror=alert(1)>"})
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text


async def test_the_public_explores_what_is_public(api: AsyncClient, load: Load) -> None:
    await load(tag("rivers"), article("flood", tags=["rivers"]), draft("secret"), tag("canary"), source("canary"))
    for path in ("/explore", "/explore?noun=tags", "/explore?noun=sources", "/live"):
        answer = await api.get(path)
        assert answer.status_code == 200, path
        assert "secret" not in answer.text, path
        assert "canary" not in answer.text, path


async def test_the_last_changes_come_with_the_page(desk: AsyncClient) -> None:
    for number in range(25):
        await publish(desk, f"Ferry {number}")
    shown = await page(desk, "/live")
    (events,) = shown.all("ol")
    assert len([tag for tag, attributes in shown.elements if attributes.get("class") == "keys"]) == 20
    head = (await get(desk, "/v1/changes", limit=1))["head"]
    assert events["data-stream"] == f"/v1/changes/stream?after={head}"
