"""Feeds: the list of articles in RSS, Atom and JSON Feed, as readers of feeds understand it."""

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import struct_time
from typing import Any, Final, NamedTuple
from uuid import UUID
from xml.etree import ElementTree

import feedparser
import pytest
from httpx import AsyncClient, Response

from app.formats import atom, rss
from app.formats.feed import Feed, FeedEntry
from app.formats.story import Site
from app.web.purge_keys import purge_key
from tests.answers import blamed, get, refusal
from tests.conftest import ZONE, Load, client
from tests.desk import act, change, publish
from tests.factories import NOON, article, box, credit, draft, note, section, source, tag, withdrawn, words
from tests.formats.stories import ODD

ENDINGS: Final = ("rss", "atom", "json")
MEDIA_TYPES: Final = {"rss": "application/rss+xml", "atom": "application/atom+xml", "json": "application/feed+json"}
ATOM: Final = "{http://www.w3.org/2005/Atom}"
DELETED: Final = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
URN: Final = re.compile(r"urn:uuid:[0-9a-f-]{36}")


@pytest.fixture
async def reader(database_url: str) -> AsyncIterator[AsyncClient]:
    """The public, beside the desk."""
    async with client(database_url) as api:
        yield api


async def ask(api: AsyncClient, path: str) -> Response:
    answer = await api.get(path)
    assert answer.status_code == 200, (path, answer.text)
    return answer


class Entry(NamedTuple):
    """What a reader of feeds sees of an entry; instants to the second."""

    id: str
    title: str
    url: str
    published: datetime
    updated: datetime
    summary: str
    content: str


class Read(NamedTuple):
    """What a reader of feeds sees of a feed."""

    language: str | None
    next: str | None
    entries: list[Entry]


def read(answer: Response) -> Read:
    """The feed as feedparser understands it, which knows no JSON Feed: that is taken by its members."""
    if answer.headers["content-type"] == MEDIA_TYPES["json"]:
        feed = answer.json()
        return Read(feed.get("language"), feed.get("next_url"), [*map(_item, feed["items"])])
    found = feedparser.parse(answer.content)
    assert not found.bozo, found.get("bozo_exception")
    assert found.version in {"rss20", "atom10"}
    links = {link.rel: link.href for link in found.feed.links}
    entries = [
        Entry(
            entry.id, entry.title, entry.link, _at(entry.published_parsed), _at(entry.updated_parsed),
            entry.summary, "".join(content.value for content in entry.get("content", ())),
        )
        for entry in found.entries
    ]  # fmt: skip
    return Read(found.feed.get("language"), links.get("next"), entries)


def _item(item: Any) -> Entry:
    published, updated = map(datetime.fromisoformat, (item["date_published"], item["date_modified"]))
    return Entry(
        item["id"], item["title"], item["url"], published.replace(microsecond=0), updated.replace(microsecond=0),
        item["summary"], item.get("content_html", ""),
    )  # fmt: skip


def _at(time: struct_time) -> datetime:
    return datetime(*time[:6], tzinfo=UTC)


async def titles(api: AsyncClient, path: str) -> list[str]:
    return [entry.title for entry in read(await ask(api, path)).entries]


def tombstones(answer: Response) -> dict[str, str]:
    root = ElementTree.fromstring(answer.content)
    return {element.attrib["ref"]: element.attrib["when"] for element in root.iter(DELETED)}


# --- the sample newsroom -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["uk", "en"])
@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_reader_of_feeds_sees_the_stories_of_the_list(
    newsroom: AsyncClient, ending: str, language: str
) -> None:
    answer = await ask(newsroom, f"/feeds/articles.{ending}?language={language}&limit=100")
    assert answer.headers["content-type"] == MEDIA_TYPES[ending]
    cards = (await get(newsroom, "/v1/articles", language=language, limit=100))["items"]
    assert len(cards) > 20
    feed = read(answer)
    assert [entry[:5] for entry in feed.entries] == [
        (
            f"urn:uuid:{card['id']}",
            card["headline"],
            f"https://news.example/stories/{card['slug']}",
            datetime.fromisoformat(card["first_published_at"]).replace(microsecond=0),
            datetime.fromisoformat(card["updated_at"] or card["published_at"]).replace(microsecond=0),
        )
        for card in cards
    ]
    assert feed.language == language
    assert all("block-b1" in entry.content and entry.summary for entry in feed.entries)


QUERIES: Final = ("tag=trams", "section=city&limit=3", "source=lev-shchedryk&role=said_by", "date=2025", "q=tram")


@pytest.mark.parametrize("query", QUERIES)
async def test_a_feed_takes_every_filter_of_the_list(newsroom: AsyncClient, query: str) -> None:
    expected = [card["headline"] for card in (await newsroom.get(f"/v1/articles?{query}")).json()["items"]]
    assert expected
    for ending in ENDINGS:
        assert await titles(newsroom, f"/feeds/articles.{ending}?{query}") == expected


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_summary_has_no_body(newsroom: AsyncClient, ending: str) -> None:
    answer = await ask(newsroom, f"/feeds/articles.{ending}?content=summary")
    assert "block-b1" not in answer.text
    assert "block-b1" in (await ask(newsroom, f"/feeds/articles.{ending}")).text
    assert all(entry.summary and not entry.content for entry in read(answer).entries)


@pytest.mark.parametrize("ending", ENDINGS)
async def test_corrections_have_a_feed_of_their_own(newsroom: AsyncClient, ending: str) -> None:
    cards = (await get(newsroom, "/v1/articles", has="correction"))["items"]
    corrections = [correction for card in cards for correction in card["corrections"]]
    assert corrections
    feed = read(await ask(newsroom, f"/feeds/corrections.{ending}"))
    assert sorted(entry.summary for entry in feed.entries) == sorted(each["text"] for each in corrections)
    assert {entry.published for entry in feed.entries} == {datetime.fromisoformat(each["at"]) for each in corrections}
    assert {entry.title.partition(": ")[0] for entry in feed.entries} == {"Виправлення", "Correction"}


# --- the rules of each format ------------------------------------------------------------------------------------


async def test_atom_has_what_its_specification_requires(newsroom: AsyncClient) -> None:
    answer = await ask(newsroom, "/feeds/articles.atom?limit=5")
    root = ElementTree.fromstring(answer.content)
    assert root.tag == f"{ATOM}feed"
    for parent in (root, *root.iter(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(parent.findall(f"{ATOM}{name}")) == 1, name
        assert parent.findtext(f"{ATOM}updated", "").endswith("Z")
    ids = [entry.findtext(f"{ATOM}id", "") for entry in root.iter(f"{ATOM}entry")]
    assert len({*ids}) == 5
    assert all(URN.fullmatch(id) for id in ids)
    assert root.find(f"{ATOM}author/{ATOM}name") is not None
    links = [(link.attrib["rel"], link.attrib["href"]) for link in root.findall(f"{ATOM}link")]
    assert ("self", "https://news.example/feeds/articles.atom?limit=5") in links
    assert all(href.startswith("https://news.example/") for _, href in links)


async def test_rss_has_what_its_specification_requires(newsroom: AsyncClient) -> None:
    answer = await ask(newsroom, "/feeds/articles.rss?limit=5")
    root = ElementTree.fromstring(answer.content)
    assert (root.tag, root.attrib["version"]) == ("rss", "2.0")
    (channel,) = root
    for name in ("title", "link", "description"):
        assert channel.findtext(name), name
    items = channel.findall("item")
    assert len(items) == 5
    for item in items:
        guid = item.find("guid")
        assert guid is not None
        assert guid.attrib == {"isPermaLink": "false"}
        assert URN.fullmatch(guid.text or "")
        assert parsedate_to_datetime(item.findtext("pubDate", "")).tzinfo is not None
        assert item.findtext("title")
        assert item.findtext("link", "").startswith("https://")


async def test_json_feed_has_what_its_specification_requires(newsroom: AsyncClient) -> None:
    feed = (await ask(newsroom, "/feeds/articles.json?limit=5")).json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert (feed["title"], feed["feed_url"]) == ("Dovidka", "https://news.example/feeds/articles.json?limit=5")
    assert len(feed["items"]) == 5
    for item in feed["items"]:
        assert UUID(item["id"].removeprefix("urn:uuid:")).version == 7
        assert item["content_html"]
        assert "content_text" not in item


@pytest.mark.parametrize("ending", ENDINGS)
async def test_pages_are_followed_by_their_links(api: AsyncClient, load: Load, ending: str) -> None:
    await load(*(article(f"a{n}", f"2025-01-{n:02}T12:00:00.000Z") for n in range(1, 8)))
    path, found = f"/feeds/articles.{ending}?limit=3", []
    for _ in range(5):
        answer = await ask(api, path)
        feed = read(answer)
        found.append([entry.title for entry in feed.entries])
        following = feed.next
        assert (following is not None) == ('rel="next"' in answer.headers.get("link", ""))
        if following is None:
            break
        assert following.startswith("https://news.example/feeds/")
        path = following.removeprefix("https://news.example")
    assert found == [["a7", "a6", "a5"], ["a4", "a3", "a2"], ["a1"]]
    assert ending == "json" or 'rel="previous" href="https://news.example/feeds/' in answer.text


# --- odd texts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ENDINGS)
async def test_odd_texts_survive(api: AsyncClient, load: Load, ending: str) -> None:
    await load(
        article("plain", headline="Rivers & mills ]]> \U0001f69f שלום", standfirst=ODD, byline=ODD, body=[words(ODD)]),
        article("cafe", language="uk", headline="Кав’ярня «Вітряк» — 1 < 2", tags=["odd"]),
        tag("odd", labels={"en": ODD}),
    )
    answer = await ask(api, f"/feeds/articles.{ending}?sort=published_at")
    feed = read(answer)
    assert {entry.title for entry in feed.entries} == {
        "Rivers & mills ]]> \U0001f69f שלום",
        "Кав’ярня «Вітряк» — 1 < 2",
    }
    if ending == "json":
        authors = [author["name"] for item in answer.json()["items"] for author in item.get("authors", ())]
    else:
        root = ElementTree.fromstring(answer.content)
        names = [*root.iter("{http://purl.org/dc/elements/1.1/}creator"), *root.iter(f"{ATOM}name")]
        authors = [name.text or "" for name in names]
    assert ODD in authors


def test_what_xml_cannot_hold_is_left_out() -> None:
    text = "a\x00b\x0bc\x1f\ufffe\uffff\ud800\U0010ffffd\te"
    entry = FeedEntry(
        "urn:uuid:1", "https://a.example/", text, "en", "2025-01-01T00:00:00.000Z", "2025-01-01T00:00:00.000Z",
        (text,), (text,), text, text, None,
    )  # fmt: skip
    site = Site(text, "https://news.example", "", ZONE)
    for render in (rss.render, atom.render):
        body = render(Feed(text, "https://a.example/", "https://a.example/", site, [entry]))
        kept = [element.text for element in ElementTree.fromstring(body).iter() if element.tag.endswith("title")]
        assert kept == ["abc\U0010ffffd\te"] * 2


# --- what changes ------------------------------------------------------------------------------------------------


async def test_genre_and_warnings_are_told_as_far_as_a_feed_can(api: AsyncClient, load: Load) -> None:
    await load(article("a", genre="review", flags=["graphic"]), article("b"))
    media, genres = "{http://search.yahoo.com/mrss/}", "http://cv.iptc.org/newscodes/genre/"
    rss = ElementTree.fromstring((await ask(api, "/feeds/articles.rss")).content)
    assert [(each.text, each.attrib) for each in rss.iter("category")] == [("Review", {"domain": genres})]
    assert [(each.text, each.attrib) for each in rss.iter(f"{media}rating")] == [("adult", {"scheme": "urn:simple"})]
    atom = ElementTree.fromstring((await ask(api, "/feeds/articles.atom")).content)
    categories = [each.attrib for each in atom.iter("{http://www.w3.org/2005/Atom}category")]
    assert categories == [{"term": "Review", "scheme": genres}]
    assert [each.text for each in atom.iter(f"{media}rating")] == ["adult"]
    b, a = (await ask(api, "/feeds/articles.json")).json()["items"]
    assert ["Graphic content" in item["content_html"] for item in (a, b)] == [True, False]


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_typo_fix_moves_no_date_and_a_correction_does(
    desk: AsyncClient, reader: AsyncClient, ending: str
) -> None:
    made = await publish(desk, "Trams")
    path = f"/feeds/articles.{ending}"
    (first,) = read(await ask(reader, path)).entries
    await change(desk, made["id"], standfirst="They run again.", minor=True)
    (fixed,) = read(await ask(reader, path)).entries
    assert fixed[:5] == first[:5]
    assert fixed.summary == "They run again."
    await act(desk, made["id"], "correct", kind="correction", text="It was Tuesday.")
    answer = await ask(reader, path)
    (corrected,) = read(answer).entries
    assert corrected[:4] == first[:4]
    updated = (await get(reader, f"/v1/articles/{made['id']}"))["updated_at"]
    assert corrected.updated == datetime.fromisoformat(updated).replace(microsecond=0)
    assert "It was Tuesday." in answer.text
    (entry,) = read(await ask(reader, f"/feeds/corrections.{ending}")).entries
    assert (entry.title, entry.summary) == ("Correction: Trams", "It was Tuesday.")


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_feed_is_not_sent_again_until_it_changes(desk: AsyncClient, reader: AsyncClient, ending: str) -> None:
    made = await publish(desk, "Trams")
    answer = await ask(reader, f"/feeds/articles.{ending}")
    known = {"If-None-Match": answer.headers["etag"]}
    again = await reader.get(f"/feeds/articles.{ending}", headers=known)
    assert (again.status_code, again.content) == (304, b"")
    await change(desk, made["id"], headline="New trams")
    last = await reader.get(f"/feeds/articles.{ending}", headers=known)
    assert last.status_code == 200
    assert "New trams" in last.text
    assert "articles" in answer.headers["surrogate-key"].split(" ")


@pytest.mark.parametrize(
    "path", ["/feeds/articles.rss", "/feeds/corrections.json", "/sitemap.xml", "/sitemap/2025.xml"]
)
async def test_it_is_answered_from_memory_until_a_change_touches_it(desk: AsyncClient, load: Load, path: str) -> None:
    await load(article("a", corrections=[{"kind": "correction", "text": "x", "at": NOON, "revision": 1}]))
    for headline in ("Trams", "New trams"):
        await change(desk, "a", headline=headline)
        states = []
        for _ in range(5):  # what the process hears of its own write meanwhile may keep it from keeping the first
            request = desk.build_request("GET", path)
            del request.headers["authorization"]
            states.append((await desk.send(request)).headers["cache-status"].rpartition("; ")[2])
        assert (states[0], states[-1]) == ("fwd=uri-miss", "hit")


async def test_a_feed_names_all_that_its_entries_show(api: AsyncClient, load: Load) -> None:
    await load(
        section("city"), tag("rivers"), source("wire"), note("dam"),
        article("a", section="city", tags=["rivers"], attributions=[credit("wire")], body=[box("dam")]),
    )  # fmt: skip
    answer = await ask(api, "/feeds/articles.atom?tag=rivers")
    expected = {"articles:tag:rivers", "tag:city", "tag:rivers", "source:wire", "note:dam"}
    assert {*answer.headers["surrogate-key"].split(" ")} == {purge_key(name) for name in expected}


async def test_what_was_taken_down_vanishes_and_atom_says_so(
    desk: AsyncClient, reader: AsyncClient, load: Load
) -> None:
    await load(tag("rivers"), tag("mills"))
    gone = await publish(desk, "Gone", tags=["rivers"])
    back = await publish(desk, "Drafted", tags=["rivers"])
    other = await publish(desk, "Other", tags=["mills"])
    await act(desk, gone["id"], "withdraw", reason="privacy")
    await act(desk, back["id"], "unpublish")
    await act(desk, other["id"], "withdraw", reason="error")
    for ending in ENDINGS:
        assert await titles(reader, f"/feeds/articles.{ending}?tag=rivers") == []
    answer = await ask(reader, "/feeds/articles.atom?tag=rivers")
    assert {*tombstones(answer)} == {f"urn:uuid:{story['id']}" for story in (gone, back)}
    assert f"<updated>{max(tombstones(answer).values())}</updated>" in answer.text
    assert len(tombstones(await ask(reader, "/feeds/articles.atom"))) == 3
    # What is public again is told as an entry alone.
    await act(desk, back["id"], "publish")
    answer = await ask(reader, "/feeds/articles.atom?tag=rivers")
    assert {*tombstones(answer)} == {f"urn:uuid:{gone['id']}"}
    assert [entry.title for entry in read(answer).entries] == ["Drafted"]


async def test_tombstones_tell_of_nothing_that_was_never_public(
    desk: AsyncClient, reader: AsyncClient, load: Load
) -> None:
    await load(draft("secret"), withdrawn("imported"))
    deleted = await desk.delete("/v1/articles/secret", headers={"If-Match": "*"})
    assert deleted.status_code == 204
    assert tombstones(await ask(reader, "/feeds/articles.atom")) == {}


async def test_an_empty_feed_is_a_feed(api: AsyncClient) -> None:
    for ending in ENDINGS:
        assert read(await ask(api, f"/feeds/articles.{ending}?tag=none")).entries == []
        assert read(await ask(api, f"/feeds/corrections.{ending}")).entries == []


# --- who sees what, and what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ENDINGS)
async def test_nothing_that_is_not_public_is_in_a_feed(
    desk: AsyncClient, reader: AsyncClient, load: Load, ending: str
) -> None:
    await load(draft("kanarek-draft", headline="kanarek"), article("a", headline="Public"))
    await change(desk, "a", "/draft", headline="kanarek working copy")
    for path in (f"/feeds/articles.{ending}", f"/feeds/corrections.{ending}"):
        assert "kanarek" not in (await ask(reader, path)).text
    refusal(await reader.get(f"/feeds/articles.{ending}?perspective=drafts"), 401, "unauthorized")
    answer = await ask(desk, f"/feeds/articles.{ending}?perspective=drafts")
    assert answer.text.count("kanarek working copy") >= 1
    assert answer.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_feed_refuses_what_it_does_not_take(api: AsyncClient, ending: str) -> None:
    path = f"/feeds/articles.{ending}"
    assert blamed(await api.get(f"{path}?fields=headline")) == {"fields"}
    assert blamed(await api.get(f"{path}?count=true")) == {"count"}
    assert blamed(await api.get(f"{path}?content=all")) == {"content"}
    assert blamed(await api.get(f"{path}?cursor=x")) == {"cursor"}
    assert blamed(await api.get(f"{path}?perspective=2020-01-01T00:00:00Z")) == {"perspective"}
    refusal(await api.get("/feeds/articles.xml"), 404, "not-found")


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_hub_is_named_where_it_is_told(
    database_url: str, load: Load, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    await load(article("a"))
    monkeypatch.setenv("WEBSUB_HUB", "https://hub.example/")
    async with client(database_url) as api:
        whole, part = [await ask(api, f"/feeds/articles.{ending}{query}") for query in ("", "?limit=5")]
    assert "https://hub.example/" in whole.text
    assert '<https://hub.example/>; rel="hub"' in whole.headers["link"]
    assert f'<https://news.example/feeds/articles.{ending}>; rel="self"' in whole.headers["link"]
    assert "https://hub.example/" not in part.text + part.headers.get("link", "")
    assert ending != "json" or json.loads(whole.text)["hubs"] == [{"type": "WebSub", "url": "https://hub.example/"}]
