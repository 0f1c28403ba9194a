"""`import WHAT…` brings WordPress exports in: each post is a story, once, and each item is accounted for."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
from httpx import AsyncClient
from sqlalchemy import text as sql

from app.db import Database
from app.importers import stories
from app.importers.store import Report
from tests.commands import invoke
from tests.conftest import Load
from tests.factories import article, article_id, section
from tests.importers.wordpress.exports import SITE, attachment, author, category, element, export, post, term

OLENA: Final = author("olena", "Olena Kravets")
SIZE: Final = 'a:2:{s:5:"width";i:640;s:6:"height";i:480;}'


async def bring(
    url: str, folder: Path, *texts: str | bytes, options: tuple[str, ...] = ()
) -> tuple[int, dict[str, Any]]:
    """(exit code, report) of an import of exports of these texts."""
    files = []
    for number, text in enumerate(texts):
        files.append(folder / f"lypka.{number:03}.xml")
        files[-1].write_bytes(text if isinstance(text, bytes) else text.encode())
    result = await asyncio.to_thread(invoke, url, "import", *files, "--report", "json", *options)
    report: dict[str, Any] = json.loads(result.stdout)
    return result.exit_code, report


def outcomes(report: dict[str, Any]) -> list[str]:
    return [item["outcome"] for item in report["items"]]


async def story(desk: AsyncClient, ref: str) -> Any:
    answer = await desk.get(f"/v1/articles/{ref}", params={"perspective": "drafts"})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
async def test_a_post_becomes_a_story(database_url: str, desk: AsyncClient, tmp_path: Path, version: str) -> None:
    content = (
        'The mill on the <em>Lypka</em> grinds.\nAgain.\n\nOne more.\n\n[caption id="a" width="300"]'
        '<a href="https://a.example/m.jpg"><img src="https://a.example/m.jpg" alt="Mill" width="300" /></a>'
        " The mill. Photo: Iva Oran[/caption]\n\n<h2>Before</h2>\n<blockquote>Whole, all of them.</blockquote>"
    )
    one = post(
        7, "The mill &amp; the <em>river</em>", content, term("mills", "Mills"), term("old", "Old", "post_tag"),
        excerpt="It stood for thirty years.", post_name="the-mill", post_modified_gmt="2021-03-05 10:00:00",
        link=f"{SITE}/2021/the-mill/",
        meta={"_thumbnail_id": "8", "_wp_old_slug": ["the-old-mill", "mill"]},
    )  # fmt: skip
    picture = attachment(
        8, "https://a.example/lead.jpg", "The yard (Photo: Iva Oran)",
        meta={"_wp_attachment_image_alt": "A yard", "_wp_attachment_metadata": SIZE},
    )  # fmt: skip
    text = export(OLENA, category("mills", "Mills", "towns"), category("towns", "Towns"), one, picture, version=version)

    code, report = await bring(database_url, tmp_path, text)

    assert (code, outcomes(report)) == (0, ["created"]), report
    made = await story(desk, "the-mill")
    assert (made["headline"], made["standfirst"]) == ("The mill & the river", "It stood for thirty years.")
    assert [(block["type"], block.get("html", block.get("text", block.get("caption")))) for block in made["body"]] == [
        ("paragraph", "The mill on the <em>Lypka</em> grinds.<br>Again."),
        ("paragraph", "One more."),
        ("image", "The mill."),
        ("heading", "Before"),
        ("quote", "Whole, all of them."),
    ]
    assert made["body"][2]["credit_line"] == "Photo: Iva Oran"
    assert made["image"]["url"] == "https://a.example/lead.jpg"
    assert [made["image"][name] for name in ("caption", "credit_line", "alt_text", "width", "height")] == [
        "The yard", "Photo: Iva Oran", "A yard", 640, 480,
    ]  # fmt: skip
    assert (made["byline"], made["tags"]) == ("Olena Kravets", ["mills", "old"])
    assert [(each["source"], each["role"]) for each in made["attributions"]] == [("olena-kravets", "author")]
    assert [made[name] for name in ("status", "published_at", "updated_at")] == [
        "published", "2021-03-04T08:30:00.000Z", "2021-03-05T10:00:00.000Z",
    ]  # fmt: skip
    assert (made["origin"]["url"], made["origin"]["importer"]) == (f"{SITE}/2021/the-mill/", "wordpress")
    assert (await desk.get("/v1/tags/mills")).json()["parent"] == "towns"
    moved = await desk.get("/v1/articles/the-old-mill")
    assert (moved.status_code, moved.headers["location"]) == (308, "/v1/articles/the-mill")
    assert report["left_out"] == {"attachments (pictures come with the stories that show them)": 1}


async def test_a_story_is_the_one_that_has_its_origin(
    database_url: str, desk: AsyncClient, tmp_path: Path, load: Load
) -> None:
    system = SITE.partition("://")[2]
    await load(article("the-mill", origin={"system": system, "id": "7"}, modified_at="2020-01-01T00:00:00Z"))

    _, report = await bring(database_url, tmp_path, export(OLENA, post(7), post(8)))

    assert outcomes(report) == ["updated", "created"]
    assert (await story(desk, article_id("the-mill")))["origin"]["importer"] == "wordpress"
    page = (await desk.get("/v1/articles", params={"origin": f"{system}:8"})).json()
    assert [each["origin"]["id"] for each in page["items"]] == ["8"]


async def test_a_story_of_an_earlier_import_stays_the_same(
    database_url: str, desk: AsyncClient, database: Database, tmp_path: Path
) -> None:
    await bring(database_url, tmp_path, export(OLENA, post(7)))
    before = (await desk.get("/v1/articles")).json()["items"][0]
    async with database.begin() as connection:  # as it was stored when there were no keys
        key = f'"system":"{before["origin"]["system"]}","id":"7"'
        card = {"key": key, "none": '"system":null,"id":null'}
        await connection.execute(sql("UPDATE revisions SET card = replace(card, :key, :none)"), card)
        await connection.execute(sql("UPDATE articles SET origin_key = NULL"))

    _, report = await bring(
        database_url, tmp_path, export(OLENA, post(7, "Newer", post_modified_gmt="2021-04-01 08:00:00"))
    )

    (after,) = (await desk.get("/v1/articles")).json()["items"]
    assert outcomes(report) == ["updated"]
    assert (after["id"], after["slug"]) == (before["id"], before["slug"])


async def test_an_import_again_changes_nothing(database_url: str, desk: AsyncClient, tmp_path: Path) -> None:
    text = export(OLENA, category("mills", "Mills"), post(7), post(8), post(9, status="draft"))

    await bring(database_url, tmp_path, text)
    before = (await desk.get("/v1/changes", params={"perspective": "drafts"})).json()["head"]
    code, report = await bring(database_url, tmp_path, text)

    assert (code, outcomes(report)) == (0, ["unchanged"] * 3)
    assert (await desk.get("/v1/changes", params={"perspective": "drafts"})).json()["head"] == before


async def test_what_changed_there_is_taken_over_and_what_changed_here_later_stays(
    database_url: str, desk: AsyncClient, tmp_path: Path
) -> None:
    await bring(database_url, tmp_path, export(post(7), post(8)))
    edited = await desk.patch("/v1/articles/story-8", json={"headline": "Ours"}, headers={"If-Match": '"1"'})
    assert edited.status_code == 200, edited.text
    later = "2021-05-01 00:00:00"

    code, report = await bring(
        database_url,
        tmp_path,
        export(post(7, "New", post_modified_gmt=later), post(8, "Theirs", post_modified_gmt=later)),
    )

    assert (code, outcomes(report)) == (0, ["updated", "unchanged"])
    assert "was changed here" in report["items"][1]["notes"][0]
    assert [(await story(desk, ref))["headline"] for ref in ("story-7", "story-8")] == ["New", "Ours"]


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        ({"status": "draft", "post_date_gmt": "0000-00-00 00:00:00"}, None),
        ({"status": "private"}, "is a draft: it is private"),
        ({"post_password": "sesame-7"}, "is a draft: it has a password"),
        ({"status": "pending"}, None),
        ({"status": "strange"}, "is a draft: its status is strange"),
        ({"date": "0000-00-00 00:00:00"}, "is a draft: it has no date"),
    ],
)
async def test_what_was_not_public_stays_so(
    database_url: str, api: AsyncClient, desk: AsyncClient, tmp_path: Path, fields: dict[str, Any], note: str | None
) -> None:
    code, report = await bring(database_url, tmp_path, export(OLENA, post(7, "Secret", "Hidden.", **fields)))

    assert (code, outcomes(report)) == (0, ["created"])
    assert (await story(desk, "story-7"))["status"] == "draft"
    assert (await api.get("/v1/articles/story-7")).status_code == 404
    assert (await api.get("/v1/sources/olena-kravets")).status_code == 404
    everything = (await desk.get("/v1/changes", params={"perspective": "drafts"})).text
    assert "sesame-7" not in everything + json.dumps(report)
    assert report["items"][0]["notes"] == ([] if note is None else [note])


async def test_a_date_without_a_zone_is_read_in_that_of_the_site(
    database_url: str, desk: AsyncClient, tmp_path: Path
) -> None:
    _, report = await bring(database_url, tmp_path, export(post(7, post_date_gmt="0000-00-00 00:00:00")))

    assert (await story(desk, "story-7"))["published_at"] == "2021-03-04T06:30:00.000Z"
    assert report["items"][0]["notes"] == ["its date has no zone, and is read in that of the site here (Europe/Kyiv)"]


async def test_what_is_due_later_is_scheduled(database_url: str, desk: AsyncClient, tmp_path: Path) -> None:
    await bring(database_url, tmp_path, export(post(7, status="future", date="2099-01-02 03:04:05")))

    made = await story(desk, "story-7")
    assert (made["status"], made["publish_at"]) == ("scheduled", "2099-01-02T03:04:05.000Z")


async def test_everything_else_in_an_export_is_counted(database_url: str, tmp_path: Path) -> None:
    comment = f"<wp:comment>{element('wp:comment_content', 'First!')}</wp:comment>"
    items = [
        post(1, "One", "It grinds.", comment, comment), post(2, post_type="page"),
        post(3, post_type="revision", status="inherit"),
        post(4, status="trash"), post(5, status="auto-draft"), post(6, post_type="nav_menu_item"),
    ]  # fmt: skip

    code, report = await bring(database_url, tmp_path, export(*items))

    assert (code, outcomes(report)) == (0, ["created"])
    assert report["left_out"] == {
        "comments": 2, "items of type page": 1, "revisions (history starts at the import)": 1, "posts: in the bin": 1,
        "posts: automatic drafts": 1, "entries of menus": 1,
    }  # fmt: skip
    code, report = await bring(database_url, tmp_path, export(*items), options=("--types", "post,page"))
    assert outcomes(report) == ["unchanged", "created"]


async def test_translations_are_linked(database_url: str, desk: AsyncClient, tmp_path: Path) -> None:
    def version(id: int, language: str, **fields: Any) -> str:
        return post(
            id, "Mill", "It.", term(language, language, "language"), term("pll_1", "", "post_translations"), **fields
        )

    code, report = await bring(
        database_url, tmp_path, export(version(9, "uk"), version(8, "en"), version(7, "pl", status="draft"))
    )

    assert (code, sorted(outcomes(report))) == (0, ["created"] * 3), report
    original = await story(desk, "story-8")
    assert (original["language"], original["translation_of"]) == ("en", None)
    for ref, language in (("story-9", "uk"), ("story-7", "pl")):
        made = await story(desk, ref)
        assert (made["language"], made["translation_of"]) == (language, original["id"])


async def test_co_authors_take_the_place_of_the_author(database_url: str, desk: AsyncClient, tmp_path: Path) -> None:
    names = (term("cap-olena", "Olena", "author"), term("cap-orest", "Orest Hai", "author"))

    await bring(database_url, tmp_path, export(OLENA, post(7, "Mill", "It.", *names, creator="admin")))

    made = await story(desk, "story-7")
    assert [each["source"] for each in made["attributions"]] == ["olena-kravets", "orest-hai"]
    assert made["byline"] == "Olena Kravets, Orest Hai"


async def test_a_category_that_is_a_section_here_is_the_section_of_its_stories(
    database_url: str, desk: AsyncClient, tmp_path: Path, load: Load
) -> None:
    await load(section("city"))

    code, report = await bring(
        database_url, tmp_path, export(post(7, "Mill", "It.", term("city", "City"), term("mills", "Mills")))
    )

    assert code == 0, report
    made = await story(desk, "story-7")
    assert (made["section"], made["tags"]) == ("city", ["mills"])


async def test_ukrainian_slugs_are_romanised_and_two_posts_with_one_slug_stand_beside_each_other(
    database_url: str, desk: AsyncClient, tmp_path: Path
) -> None:
    name = "%d0%bc%d0%bb%d0%b8%d0%bd"

    code, report = await bring(database_url, tmp_path, export(post(7, post_name=name), post(8, post_name="mlyn")))

    assert (code, [item["slug"] for item in report["items"]]) == (0, ["mlyn", "mlyn-8"])


async def test_the_block_editor_and_shortcodes_are_read(database_url: str, desk: AsyncClient, tmp_path: Path) -> None:
    content = (
        '<!-- wp:paragraph -->\n<p>One</p>\n<!-- /wp:paragraph -->\n\n<!-- wp:latest-posts {"x":1} /-->\n'
        '<!-- wp:embed {"url":"https://youtu.be/a1b2c3d4e5f"} --><figure class="wp-block-embed"><div class="w">\n'
        'https://youtu.be/a1b2c3d4e5f\n</div></figure><!-- /wp:embed -->\n<!-- wp:block {"ref":5} /-->\n'
        '<!-- wp:shortcode -->[gallery ids="3,4"][ninja_form id=1][sic] [[youtube]]<!-- /wp:shortcode -->'
    )
    entries = (
        post(5, "Shared", "<!-- wp:paragraph --><p>Shared</p><!-- /wp:paragraph -->", post_type="wp_block"),
        attachment(3, "https://a.example/3.jpg", "Three"),
        post(7, "Blocks", content),
    )

    code, report = await bring(database_url, tmp_path, export(*entries))

    assert code == 0, report
    shown = [
        (block["type"], block.get("html") or block.get("url") or block.get("caption"))
        for block in (await story(desk, "story-7"))["body"]
    ]
    assert shown == [
        ("paragraph", "One"), ("embed", "https://www.youtube.com/watch?v=a1b2c3d4e5f"), ("paragraph", "Shared"),
        ("image", "https://a.example/3.jpg"), ("paragraph", "[sic] [youtube]"),
    ]  # fmt: skip
    assert report["items"][0]["notes"] == [
        "the block latest-posts has no content in the export, and is left out",
        "a gallery shows 2 pictures, of which 1 are in the export",
        "the shortcode [ninja_form] is not known; what it encloses stays",
    ]


# --- files that are not right -----------------------------------------------------------------------------------


async def test_a_file_that_breaks_off_is_told_of_and_what_is_whole_comes_in(
    database_url: str, desk: AsyncClient, tmp_path: Path
) -> None:
    text = export(post(7), post(8))

    code, report = await bring(database_url, tmp_path, text[: text.index("story-8")])

    assert (code, outcomes(report)) == (1, ["created"])
    assert "breaks off before its end; 2 items begin, and 1 are whole" in report["errors"][0]
    assert (await desk.get("/v1/articles/story-8")).status_code == 404


async def test_an_export_in_several_files_is_one(database_url: str, desk: AsyncClient, tmp_path: Path) -> None:
    first = export(OLENA, post(7, meta={"_thumbnail_id": "9"}))
    second = export(post(8), attachment(9, "https://a.example/9.jpg"), post(7, "Another"))

    code, report = await bring(database_url, tmp_path, first, second)

    assert (code, outcomes(report)) == (1, ["created", "created", "error"])
    assert re.search(r"has the id 7, which the item at \S+000.xml:1 has", report["items"][2]["errors"][0])
    made = await story(desk, "story-7")
    assert (made["headline"], made["image"]["url"]) == ("The mill grinds again", "https://a.example/9.jpg")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>', "declares a document type"),
        ('<!DOCTYPE rss SYSTEM "file:///etc/passwd">', "declares a document type"),
    ],
)
async def test_entities_are_refused(database_url: str, tmp_path: Path, text: str, reason: str) -> None:
    whole = export(post(7)).replace("<rss", f"{text}\n<rss", 1)

    code, report = await bring(database_url, tmp_path, whole)

    assert (code, report["items"]) == (1, [])
    assert reason in report["errors"][0]


async def test_control_characters_wrong_bytes_and_scripts_do_no_harm(
    database_url: str, desk: AsyncClient, tmp_path: Path
) -> None:
    script = "<script>alert(1)</script>"
    text = export(
        author("olena", f"Olena{script}"),
        post(7, f"Mi\x0bll{script}", f"On\x00e caf\udce9.{script}", term("a", f"A{script}"), excerpt=f"Short{script}"),
        post(8, content="Two. <i><b>" + "<i><b>" * 60),
        post(9, post_date_gmt="0000-13-99 00:00:00", content="&nbsp; &undefined; & <![CDATA["),
    )

    code, report = await bring(database_url, tmp_path, text.encode(errors="surrogateescape"))

    assert (code, outcomes(report)) == (1, ["created", "error", "created"]), report
    assert report["items"][1]["errors"] == ["its text nests elements deeper than 100"]
    made = await story(desk, "story-7")
    assert (made["headline"], made["standfirst"], made["byline"]) == ("Mill", "Short", "Olena")
    assert [block["html"] for block in made["body"]] == ["One caf\ufffd."]
    assert any("control characters are removed" in error for error in report["errors"])


async def test_an_export_without_items_is_told_of(database_url: str, tmp_path: Path) -> None:
    code, report = await bring(database_url, tmp_path, export())

    assert code == 1
    assert "holds no item" in report["errors"][0]


# --- the command ------------------------------------------------------------------------------------------------


async def test_a_dry_run_writes_nothing(database_url: str, desk: AsyncClient, tmp_path: Path) -> None:
    code, report = await bring(database_url, tmp_path, export(OLENA, post(7)), options=("--dry-run",))

    assert (code, outcomes(report)) == (0, ["read"])
    assert (await desk.get("/v1/changes", params={"perspective": "drafts"})).json()["items"] == []


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"PK\x03\x04abc", "a ZIP archive: unpack it first"),
        (b"\x1f\x8babc", "a gzip file: unpack it first"),
        (b'{"db": []}', "an export of Ghost"),
        (b'{"a": 1}', "JSON of another kind"),
        (b"\x00\x01\x02", "no text"),
        (b" \n", "empty"),
    ],
)
def test_what_is_not_read_is_named(database_url: str, tmp_path: Path, content: bytes, name: str) -> None:
    file = tmp_path / "thing.xml"
    file.write_bytes(content)

    result = invoke(database_url, "import", file)

    assert result.exit_code == 1
    assert f"is {name}, which is not read here" in result.stderr


def test_documents_and_texts_are_recognised(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text('{"noun": "tag", "slug": "mills", "type": "topic", "labels": {"en": "Mills"}}\n')
    (tmp_path / "b").write_text("The mill grinds again\n\n22 January 2025\n\nThe mill on the Lypka grinds again.\n")

    result = invoke(database_url, "import", tmp_path)

    assert result.exit_code == 0, result.stderr
    assert "a: documents, one a line (NDJSON)" in result.stderr
    assert "b: the plain text of a page" in result.stderr
    assert "1 created" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("missing.xml",), "missing.xml: cannot be read"),
        (("--types", ",", "a.xml"), "--types names types of items"),
        (("--language", "english!", "a.xml"), "--language is not a language tag"),
    ],
)
def test_wrong_usage_is_named(database_url: str, arguments: tuple[str, ...], message: str) -> None:
    result = invoke(database_url, "import", *arguments)

    assert result.exit_code in {1, 2}
    assert message in result.stderr


async def test_many_posts_are_made_by_other_processes(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.importers.wordpress.loading.SMALL_BYTES", 1)
    entries = [post(number, f"Mill {number}") for number in range(1, 121)]

    code, report = await bring(database_url, tmp_path, export(OLENA, *entries))

    assert (code, outcomes(report)) == (0, ["created"] * 120)
    assert [item["id"] for item in report["items"]] == [str(number) for number in range(1, 121)]


async def test_an_import_that_broke_off_ends_the_same_when_it_is_run_again(
    database_url: str, desk: AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = export(OLENA, *(post(number, f"Mill {number}", "It.", term("mills", "Mills")) for number in range(1, 8)))
    monkeypatch.setattr("app.importers.wordpress.loading.BATCH", 2)
    monkeypatch.setattr("app.importers.wordpress.loading.PORTION", 1)
    calls = iter(range(9))
    load_stories = stories.load_stories

    async def break_off(*arguments: Any) -> Report:
        if next(calls) == 2:
            raise KilledError
        return await load_stories(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr("app.importers.stories.load_stories", break_off)
        with pytest.raises(KilledError):
            await bring(database_url, tmp_path, text)
    code, report = await bring(database_url, tmp_path, text)

    assert (code, outcomes(report)) == (0, ["unchanged"] * 4 + ["created"] * 3)
    page = (await desk.get("/v1/articles", params={"tag": "mills", "count": "true"})).json()
    assert page["count"] == {"value": 7, "exact": True}


class KilledError(Exception):
    """Stands for the end of the process."""
