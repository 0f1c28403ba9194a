"""Collections as feeds and as pages, and the front that shows one."""

import re

from httpx import AsyncClient

from tests.collections.test_items import on, pins
from tests.conftest import Load
from tests.factories import article, collection


async def test_a_collection_is_a_feed_in_its_order_in_each_format(api: AsyncClient, load: Load) -> None:
    await load(*(on(day, f"s{day}") for day in range(1, 4)), on(4, "uk4", language="uk"))
    await load(collection("front", labels={"en": "First read"}, pinned=pins("s1"), fill="sort=-published_at", length=3))
    feed = await api.get("/feeds/collections/front.json")
    assert [item["id"][-36:] for item in feed.json()["items"]] == pins("s1", "uk4", "s3")
    assert feed.json()["title"].endswith(": First read")
    assert {"collection.front", "articles"} < {*feed.headers["surrogate-key"].split()}
    for ending in ("rss", "atom"):
        narrowed = await api.get(f"/feeds/collections/front.{ending}", params={"language": "en", "content": "summary"})
        assert narrowed.status_code == 200
        assert "uk4" not in narrowed.text
        assert re.findall(r"<title>(s\d)</title>", narrowed.text) == ["s1", "s3", "s2"]
    for wrong in ("front.xml", "front", "nothing.rss"):
        assert (await api.get(f"/feeds/collections/{wrong}")).status_code == 404
    assert (await api.get("/feeds/collections/front.rss?limit=3")).status_code == 422


async def test_a_collection_has_a_page_with_its_name_in_the_language_of_the_reader(
    api: AsyncClient, load: Load
) -> None:
    await load(on(1, "river"), on(2, "mill", language="uk"))
    labels = {"en": "First read", "uk": "Прочитати першим"}
    await load(
        collection("picks", labels=labels, description={"en": "By the night desk."}, pinned=pins("mill", "river"))
    )
    page = await api.get("/collections/picks")
    assert page.status_code == 200
    assert re.findall(r'href="/stories/(\w+)"', page.text)[:2] == ["mill", "river"]
    assert "First read</h1>" in page.text
    assert "By the night desk." in page.text
    ukrainian = await api.get("/collections/picks?language=uk")
    assert "Прочитати першим</h1>" in ukrainian.text
    assert "/stories/river" not in ukrainian.text
    assert (await api.get("/collections/nothing")).status_code == 404


async def test_the_front_shows_its_collection_and_without_one_the_newest(api: AsyncClient, load: Load) -> None:
    await load(*(on(day, f"s{day}") for day in range(1, 10)))
    newest = await api.get("/")
    assert re.search(r"/stories/(s\d)", newest.text)[1] == "s9"  # type: ignore[index]
    await load(collection("front", pinned=pins("s2"), fill="sort=-published_at", length=4))
    picked = await api.get("/")
    above = picked.text[picked.text.index('class="above"') :]
    found = list(dict.fromkeys(re.findall(r"/stories/(s\d)", above)))
    assert found[:4] == ["s2", "s9", "s8", "s7"]
    assert "collection.front" in picked.headers["surrogate-key"].split()
    await load(article("s2", status="draft"))
    assert "/stories/s2" not in (await api.get("/")).text
