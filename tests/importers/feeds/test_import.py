"""`import WHAT…` brings feeds in: each entry is a story, once, a draft unless it is to be published."""

import asyncio
import json
from pathlib import Path
from typing import Any, Final

import pytest
from httpx import AsyncClient

from tests.commands import invoke
from tests.conftest import Load
from tests.factories import section
from tests.importers.feeds.samples import SITE, atom, atom_entry, item, json_feed, rss


async def bring(
    url: str, folder: Path, *texts: str | bytes, options: tuple[str, ...] = ()
) -> tuple[int, dict[str, Any]]:
    """(exit code, report) of an import of feeds of these texts."""
    files = []
    for number, text in enumerate(texts):
        files.append(folder / f"feed{number}")
        files[-1].write_bytes(text if isinstance(text, bytes) else text.encode())
    result = await asyncio.to_thread(invoke, url, "import", *files, "--report", "json", *options)
    report: dict[str, Any] = json.loads(result.stdout)
    return result.exit_code, report


def outcomes(report: dict[str, Any]) -> list[str]:
    return [each["outcome"] for each in report["items"]]


async def story(desk: AsyncClient, ref: str) -> Any:
    answer = await desk.get(f"/v1/articles/{ref}", params={"perspective": "drafts"})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def head(desk: AsyncClient) -> Any:
    return (await desk.get("/v1/changes", params={"perspective": "drafts"})).json()["head"]


async def test_an_entry_of_rss_becomes_a_story(
    database_url: str, desk: AsyncClient, tmp_path: Path, load: Load
) -> None:
    await load(section("city"))
    text = '<p>The mill on the <em>Lypka</em> grinds.</p><h2>Before</h2><img src="/yard.jpg" alt="A yard">'
    more = (
        "<description>It stood &lt;b&gt;for&lt;/b&gt; years &amp;amp; more.</description>",
        "<dc:creator>Olena Kravets</dc:creator><category>Mills</category><category>City</category>",
        '<enclosure url="https://a.example/talk.mp3" type="audio/mpeg" length="9"/>',
        '<media:content url="https://a.example/lead.jpg" medium="image" width="640" height="480">',
        "<media:description>The yard. Photo: Iva Oran</media:description></media:content>",
    )

    code, report = await bring(database_url, tmp_path, rss(item(7, "The mill &amp; the <em>river</em>", text, *more)))

    assert (code, outcomes(report)) == (0, ["created"]), report
    made = await story(desk, report["items"][0]["slug"])
    assert (made["headline"], made["standfirst"]) == ("The mill & the river", "It stood for years & more.")
    assert [(block["type"], block.get("html", block.get("text", block.get("url")))) for block in made["body"]] == [
        ("paragraph", "The mill on the <em>Lypka</em> grinds."),
        ("heading", "Before"),
        ("image", f"{SITE}/yard.jpg"),
    ]
    assert [made["image"][name] for name in ("url", "caption", "credit_line", "width")] == [
        "https://a.example/lead.jpg", "The yard.", "Photo: Iva Oran", 640,
    ]  # fmt: skip
    assert (made["byline"], made["section"], made["tags"]) == ("Olena Kravets", "city", ["mills"])
    assert [(each["source"], each["role"]) for each in made["attributions"]] == [("olena-kravets", "author")]
    assert [made[name] for name in ("status", "language", "created_at")] == ["draft", "en", "2021-03-04T06:30:00.000Z"]
    assert [made["origin"][name] for name in ("system", "id", "url", "importer")] == [
        "lypka-courier.example", "7", f"{SITE}/7", "feed",
    ]  # fmt: skip
    assert report["items"][0]["notes"] == ["the enclosure https://a.example/talk.mp3 (audio/mpeg) is left out"]


async def test_an_entry_of_atom_becomes_a_story(database_url: str, desk: AsyncClient, tmp_path: Path) -> None:
    content = '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Млин <b>меле</b>.</p></div></content>'
    one = atom_entry("one", "Млин &lt;старий&gt;", content, "<published>2021-03-01T08:00:00Z</published>")
    summary = '<summary type="html">&lt;p&gt;Коротко.&lt;/p&gt;</summary>'
    two = atom_entry("two", "Річка", summary, '<category term="x" label="Річки"/><author><name>Іва</name></author>')

    code, report = await bring(database_url, tmp_path, atom(one, two), options=("--publish",))

    assert (code, outcomes(report)) == (0, ["created"] * 2), report
    first, second = [await story(desk, each["slug"]) for each in report["items"]]
    assert (first["headline"], first["language"], first["byline"]) == ("Млин <старий>", "uk", "Оксана Млинар")
    assert [first[name] for name in ("status", "published_at", "updated_at")] == [
        "published", "2021-03-01T08:00:00.000Z", "2021-03-04T08:30:00.000Z",
    ]  # fmt: skip
    assert first["body"][0]["html"] == "Млин <b>меле</b>."
    assert (second["byline"], second["tags"], second["body"][0]["html"]) == ("Іва", ["richky"], "Коротко.")
    assert report["items"][1]["notes"] == ["the feed has a summary of it alone"]


async def test_an_item_of_json_feed_becomes_a_story(database_url: str, desk: AsyncClient, tmp_path: Path) -> None:
    one = {
        "id": 7, "url": f"{SITE}/7", "title": "AT&T <mill>", "content_text": "One.\n\nTwo & <three>.",
        "date_published": "2021-03-04T08:30:00+02:00", "tags": ["Mills"], "image": "/lead.jpg",
        "authors": [{"name": "Olena Kravets"}], "language": "en-gb",
    }  # fmt: skip

    code, report = await bring(database_url, tmp_path, json_feed(one, "no object"))

    assert (code, outcomes(report)) == (1, ["created"])
    assert report["errors"] == [f"{tmp_path}/feed0: item 2 is no object"]
    made = await story(desk, report["items"][0]["slug"])
    assert (made["headline"], made["language"], made["byline"]) == ("AT&T <mill>", "en-GB", "Olena Kravets")
    assert [block["html"] for block in made["body"]] == ["One.", "Two &amp; &lt;three&gt;."]
    assert (made["origin"]["id"], made["image"]["url"], made["tags"]) == ("7", f"{SITE}/lead.jpg", ["mills"])


TYPE: Final = '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "https://x.example/rss.dtd">'
RDF: Final = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
ITEM: Final = f"<title>Mill</title><link>{SITE}/7</link></item>"


@pytest.mark.parametrize(
    "text",
    [
        f'<?xml version="1.0"?>{TYPE}<rss version="0.91"><channel><link>{SITE}</link><item>{ITEM}</channel></rss>',
        f"<rdf:RDF {RDF}><channel><link>{SITE}</link></channel><item rdf:about='{SITE}/7'>{ITEM}</rdf:RDF>",
        f'<?xml-stylesheet href="a"?><!-- a --><!-- b -->{rss(item(7, "Mill"))}',
    ],
)
async def test_older_versions_of_rss_are_read(database_url: str, desk: AsyncClient, tmp_path: Path, text: str) -> None:
    code, report = await bring(database_url, tmp_path, text)

    assert (code, outcomes(report)) == (0, ["created"]), report
    assert (await story(desk, "mill"))["origin"]["system"] == "lypka-courier.example"


# --- again --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [(), ("--publish",)])
async def test_an_import_again_changes_nothing(
    database_url: str, desk: AsyncClient, tmp_path: Path, options: tuple[str, ...]
) -> None:
    text = rss(item(7), item(8, date=""), item(9, "", '<p onclick="x()">It <script>y()</script>grinds.</p>'))

    code, report = await bring(database_url, tmp_path, text, options=options)
    before = await head(desk)
    again, second = await bring(database_url, tmp_path, text, options=options)

    assert (code, outcomes(report)) == (0, ["created"] * 3), report
    assert (again, outcomes(second)) == (0, ["unchanged"] * 3)
    assert await head(desk) == before


@pytest.mark.parametrize("date", ["", "Thu, 04 Mar 2021 08:30:00 GMT"])
async def test_a_changed_entry_is_the_next_revision_of_its_story(
    database_url: str, desk: AsyncClient, tmp_path: Path, date: str
) -> None:
    await bring(database_url, tmp_path, rss(item(7, "Old", date=date)))

    _, report = await bring(database_url, tmp_path, rss(item(7, "New", date=date)))

    assert [(each["outcome"], each["slug"]) for each in report["items"]] == [("updated", "old")]
    made = await story(desk, "old")
    assert (made["headline"], made["revision"]) == ("New", 2)


@pytest.mark.parametrize("date", ["", "Thu, 04 Mar 2021 08:30:00 GMT"])
async def test_a_story_that_was_changed_here_later_stays(
    database_url: str, desk: AsyncClient, tmp_path: Path, date: str
) -> None:
    await bring(database_url, tmp_path, rss(item(7, date=date)))
    edited = await desk.patch("/v1/articles/mill-7", json={"headline": "Ours"}, headers={"If-Match": '"1"'})
    assert edited.status_code == 200, edited.text

    code, report = await bring(database_url, tmp_path, rss(item(7, "Theirs", date=date)))

    assert (code, outcomes(report)) == (0, ["unchanged"])
    assert "was changed here" in report["items"][0]["notes"][-1]
    assert (await story(desk, "mill-7"))["headline"] == "Ours"


async def test_a_story_that_was_published_here_stays_public_when_its_entry_changes(
    database_url: str, desk: AsyncClient, api: AsyncClient, tmp_path: Path
) -> None:
    await bring(database_url, tmp_path, json_feed({"id": "7", "title": "Mill", "content_text": "Old."}))
    published = await desk.post("/v1/articles/mill/publish", headers={"If-Match": '"1"'})
    assert published.status_code == 200, published.text
    at = published.json()["published_at"]
    newer = {"id": "7", "title": "Mill", "content_text": "New.", "date_modified": "2999-01-01T00:00:00Z"}

    _, report = await bring(database_url, tmp_path, json_feed(newer))

    assert outcomes(report) == ["updated"], report
    shown = (await api.get("/v1/articles/mill")).json()
    assert (shown["body"][0]["html"], shown["published_at"]) == ("New.", at)
    assert shown["updated_at"] > at


async def test_a_story_that_was_taken_out_here_does_not_come_back(
    database_url: str, desk: AsyncClient, api: AsyncClient, tmp_path: Path
) -> None:
    await bring(database_url, tmp_path, rss(item(7)), options=("--publish",))
    gone = await desk.post("/v1/articles/mill-7/withdraw", json={"reason": "legal"}, headers={"If-Match": '"1"'})
    assert gone.status_code == 200, gone.text

    code, report = await bring(
        database_url, tmp_path, rss(item(7, date="Sun, 03 Jan 2999 00:00:00 GMT")), options=("--publish",)
    )

    assert (code, outcomes(report)) == (0, ["unchanged"])
    assert report["items"][0]["notes"][-1] == "was taken out here (withdrawn), and stays as it is"
    assert (await api.get("/v1/articles/mill-7")).status_code == 410


async def test_a_dry_run_writes_nothing(database_url: str, desk: AsyncClient, tmp_path: Path) -> None:
    before = await head(desk)

    code, report = await bring(database_url, tmp_path, rss(item(7)), options=("--dry-run",))

    assert (code, outcomes(report)) == (0, ["read"])
    assert await head(desk) == before


# --- what is wrong ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (rss(), "holds no entry"),
        (atom(), "holds no entry"),
        (json_feed(), "holds no entry"),
        ('{"version": "https://jsonfeed.org/version/1.1", "items": 7}', "it has no list of `items`"),
        ('{"version": "https://jsonfeed.org/version/1.1", "items": [', "is no JSON that can be read"),
        ("<rss><<<", "breaks off before its end"),
        ("<feed/>", "holds no entry"),
        ('<?xml version="1.0" encoding="hex"?>' + rss(item(7)), "the encoding 'hex', which is not known"),
        ("<rss version='2.0'><channel>" + "<a>" * 200_000, "breaks off before its end"),
    ],
)
async def test_what_is_no_whole_feed_is_named(database_url: str, tmp_path: Path, text: str, error: str) -> None:
    code, report = await bring(database_url, tmp_path, text)

    assert (code, report["items"]) == (1, [])
    assert error in report["errors"][0]
    assert report["errors"][0].startswith(f"{tmp_path}/feed0: ")


async def test_a_page_with_the_name_of_a_feed_is_no_feed(database_url: str, tmp_path: Path) -> None:
    page = "<!DOCTYPE html><html><body><form>Name: <input></form></body></html>"

    code, report = await bring(database_url, tmp_path, page, options=("--as", "feed"))

    assert (code, report["items"]) == (1, [])
    assert report["errors"] == [
        f"{tmp_path}/feed0: is no feed: its first element is none of rss, RDF and feed"
    ]  # fmt: skip


async def test_a_feed_that_is_too_large_is_refused(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.importers.feeds.reading.MOST_BYTES", 100)

    code, report = await bring(database_url, tmp_path, rss(item(7)))

    assert code == 1
    assert "is larger than" in report["errors"][0]


async def test_a_feed_at_which_its_parser_breaks_is_refused_and_the_rest_imported(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: Any, **options: Any) -> Any:
        raise AssertionError("an unexpected call")

    monkeypatch.setattr("feedparser.parse", broken)

    code, report = await bring(database_url, tmp_path, rss(item(7)), json_feed({"id": "7", "content_text": "It."}))

    assert (code, outcomes(report)) == (1, ["created"])
    assert report["errors"] == [f"{tmp_path}/feed0: cannot be read as a feed (AssertionError)"]


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>',
        '<!DOCTYPE rss [<!ENTITY c SYSTEM "file:///etc/passwd">]>',
    ],
)
async def test_entities_are_not_resolved(database_url: str, desk: AsyncClient, tmp_path: Path, head: str) -> None:
    text = rss(item(7, "Mill", "<p>x</p>", "<category>a&c;b &eacute; &lt;i&gt;t&lt;/i&gt;</category>"), head=head)

    code, report = await bring(database_url, tmp_path, text)

    assert (code, outcomes(report)) == (0, ["created"]), report
    tag = (await story(desk, "mill"))["tags"][0]
    assert (await desk.get(f"/v1/tags/{tag}", params={"perspective": "drafts"})).json()["labels"] == {"en": "a&c;b é t"}


async def test_what_cannot_be_a_story_is_named_and_the_rest_is_imported(
    database_url: str, desk: AsyncClient, tmp_path: Path
) -> None:
    without_id = "<item><title>Nobody</title></item>"
    text = rss(item(7), without_id, item(8, "Deep", "<div>" * 150), item(7, "Twice"), item(9))
    control = rss(item(10, "A\x00 mill")).encode() + b"\xff"

    code, report = await bring(database_url, tmp_path, text, rss(item(9)), control)

    assert (code, outcomes(report)) == (1, ["created", "error", "error", "error", "created", "error", "created"])
    errors = [each["errors"][0] for each in report["items"] if each["errors"]]
    assert errors == [
        "has neither an id nor an address, so that it could not be known again",
        "its text nests elements deeper than 100",
        f"has the id 7, which the entry at {tmp_path}/feed0:1 has",
        f"has the id 9, which the entry at {tmp_path}/feed0:5 has",
    ]
    assert (await story(desk, "a-mill"))["headline"] == "A mill"
    assert any("control characters are removed" in error for error in report["errors"])


async def test_a_feed_that_breaks_off_loses_its_last_entry_alone(
    database_url: str, desk: AsyncClient, tmp_path: Path
) -> None:
    whole = rss(item(7), item(8, "Half", "<p>One.</p><p>Two.</p>"))

    code, report = await bring(database_url, tmp_path, whole[: whole.index("Two.")])

    assert (code, [each["id"] for each in report["items"]]) == (1, ["7"])
    assert "breaks off before its end; its last entry is not whole, and left out" in report["errors"][0]
    code, report = await bring(database_url, tmp_path, whole[: whole.index("</channel>")])
    assert (code, [each["id"] for each in report["items"]]) == (1, ["7", "8"])


@pytest.mark.parametrize(
    ("date", "status", "note"),
    [
        ("Thu, 04 Mar 2021 08:30:00", "published", "its date has no zone, and is read in that of the site here"),
        ("0000-00-00T00:00:00Z", "published", "its date '0000-00-00T00:00:00Z' is none that can be read"),
        ("", "published", "is published with the date of the import"),
        ("9999-12-31T23:59:59Z", "draft", "is a draft: its date lies in the future"),
        ("9999-12-31T23:59:59-12:00", "published", "its date '9999-12-31T23:59:59-12:00' is none that can be read"),
    ],
)
async def test_odd_dates_are_told_of(
    database_url: str, desk: AsyncClient, tmp_path: Path, date: str, status: str, note: str
) -> None:
    code, report = await bring(database_url, tmp_path, rss(item(7, date=date)), options=("--publish",))

    assert (code, outcomes(report)) == (0, ["created"]), report
    assert note in report["items"][0]["notes"][0]
    assert (await story(desk, "mill-7"))["status"] == status


async def test_a_script_in_any_field_is_never_stored(database_url: str, desk: AsyncClient, tmp_path: Path) -> None:
    bad = "<script>alert(1)</script>"
    shown = "&lt;script&gt;alert(1)&lt;/script&gt;"
    more = (
        f"<dc:creator>{shown}</dc:creator><category>{shown}t</category><description>d{shown}</description>",
        f'<media:content url="javascript:alert(1)" medium="image"><media:title>{shown}</media:title></media:content>',
    )

    code, report = await bring(database_url, tmp_path, rss(item(7, f"Mill{bad}", f"<p>It.</p>{bad}", *more)))

    assert (code, outcomes(report)) == (0, ["created"]), report
    made = await story(desk, report["items"][0]["slug"])
    assert "alert" not in json.dumps(made)
    assert (made["headline"], made["image"]) == ("Mill", None)
