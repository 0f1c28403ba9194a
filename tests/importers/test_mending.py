"""What earlier releases took and this one refuses: an import mends it, names it with its line, and loses nothing."""

import json
from pathlib import Path
from typing import Any, Final
from unicodedata import normalize

import pytest
from httpx import AsyncClient
from pydantic_core import from_json

from app.content.mending import mend_texts
from app.db import Database
from tests.answers import get
from tests.commands import invoke
from tests.contents import exported, load
from tests.factories import NOON, Line, article, article_id, credit, draft, note, source, tag, words

NDJSON: Final = {"Content-Type": "application/x-ndjson"}
# As a release wrote it that took such texts: what stands where, and what becomes of it.
STORY: Final = article(
    "flood",
    headline="\u200b",
    kicker="  ",
    standfirst=normalize("NFD", "Її район"),
    body=[words("It rose.", id="b1"), words("\u200b", id="b2"), {"type": "heading", "text": "\u00a0", "id": "b3"}],
    tags=["river", "river"],
    attributions=[credit("wire", block="b2"), credit("wire", block="b1", text="It fell."), credit("wire", text=" ")],
    corrections=[{"kind": "correction", "text": " ", "at": NOON, "revision": 1}],
)
PLACES: Final = {
    "/headline", "/kicker", "/standfirst", "/body/1/html", "/body/2/text", "/tags/1", "/attributions/0/block",
    "/attributions/1/text", "/attributions/2/text", "/attributions/2", "/corrections/0/text",
}  # fmt: skip


def check_mended(story: Any) -> None:
    assert (story["headline"], story["kicker"], story["standfirst"]) == ("—", None, "Її район")
    assert [(block["id"], block["html"]) for block in story["body"]] == [("b1", "It rose.")]
    assert story["tags"] == ["river"]
    assert [(each["block"], each["text"]) for each in story["attributions"]] == [(None, None), (None, "It fell.")]


async def test_a_line_of_an_earlier_release_is_mended_and_each_place_is_named(database: Database) -> None:
    report = await load(database, tag("river"), source("wire"), json.loads(json.dumps(STORY)))

    assert (report.wrong, report.counts["created"]) == ([], 3)
    assert {(line, fault.pointer) for line, fault in report.warnings} == {(3, place) for place in PLACES}
    story = from_json((await exported(database))[-1])
    check_mended(story)
    assert [each["text"] for each in story["corrections"]] == ["—"]
    again = await load(database, story)
    assert (again.counts["unchanged"], again.warnings) == (1, [])


async def test_http_mends_a_line_as_the_command_does(desk: AsyncClient) -> None:
    lines = "\n".join(json.dumps(line) for line in (tag("river"), source("wire"), STORY))

    answer = await desk.post("/v1/import", content=lines, headers=NDJSON)

    result = json.loads(answer.text.splitlines()[2])
    assert (result["outcome"], result["error"]) == ("created", None)
    assert {warning["pointer"] for warning in result["warnings"]} == PLACES
    check_mended(await get(desk, "/v1/articles/flood", perspective="drafts"))


def test_the_command_names_file_line_and_field(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "old.ndjson"
    file.write_text(json.dumps(tag("river", labels={"en": "River", "uk": " "})))

    result = invoke(database_url, "import", "ndjson", file)

    assert result.exit_code == 0, result.stderr
    assert f"warning: {file}:1: /labels/uk held nothing that can be seen" in result.stderr


@pytest.mark.parametrize(
    ("line", "mended"),
    [
        (tag("a", labels={"en": " "}), {"labels": {"en": "—"}}),
        (tag("a", labels={"en": "A", "uk": " "}, description={"en": " "}), {"labels": {"en": "A"}, "description": {}}),
        (source("a", aliases=[" ", "A"]), {"aliases": ["A"]}),
        (draft("a", headline=" "), {"headline": ""}),
        (note("a", heading=" ", facts=[{"text": " "}]), {"heading": "—", "facts": [{"text": "—"}]}),
        (draft("a", body=[{"type": "list", "items": [" ", "A"]}]), {"body": [{"type": "list", "items": ["A"]}]}),
        (draft("a", body=[{"type": "list", "items": [" "]}, words("<b> </b>")]), {"body": []}),
        (
            draft("a", body=[{"type": "table", "rows": [[" ", "A"]]}]),
            {"body": [{"type": "table", "rows": [["", "A"]]}]},
        ),
        (draft("a", image={"caption": " "}, byline=""), {"image": {"caption": None}, "byline": ""}),
    ],
)
def test_a_text_that_nobody_can_see_is_taken_out_or_becomes_a_dash(line: Line, mended: Line) -> None:
    document = json.loads(json.dumps(line))

    warnings = mend_texts(document)

    assert {name: document[name] for name in mended} == mended
    assert warnings
    assert mend_texts(document) == []


@pytest.mark.parametrize("over_http", [False, True])
async def test_a_draft_of_a_note_comes_in_although_nobody_can_see_its_heading(
    desk: AsyncClient, database: Database, over_http: bool
) -> None:
    line = note("mill", status="draft", heading=" ", published_at=None)

    if over_http:
        answer = await desk.post("/v1/import", content=json.dumps(line), headers=NDJSON)
        assert [json.loads(each)["error"] for each in answer.text.splitlines()] == [None]
    else:
        assert (await load(database, line)).wrong == []

    seen = (await desk.get("/v1/notes/mill", params={"perspective": "drafts"})).json()
    assert (seen["heading"], seen["status"]) == ("", "draft")


@pytest.mark.parametrize("over_http", [False, True])
async def test_a_fault_behind_what_is_twice_in_a_set_is_named_at_the_place_in_the_line(
    desk: AsyncClient, database: Database, over_http: bool
) -> None:
    line = draft("flood", tags=["trams", "trams", "unknown"])
    await load(database, tag("trams"))

    if over_http:
        answer = await desk.post("/v1/import", content=json.dumps(line), headers=NDJSON)
        wrong = [fault["pointer"] for fault in json.loads(answer.text)["error"]["errors"]]
    else:
        wrong = [fault.pointer for _, fault in (await load(database, line)).wrong]

    assert wrong == ["/tags/2"]


@pytest.mark.parametrize("over_http", [False, True])
async def test_a_second_version_in_one_language_comes_in_as_a_story_of_its_own(
    desk: AsyncClient, database: Database, over_http: bool
) -> None:
    original = draft("povin", language="uk")
    twins = [draft(slug, translation_of=original["id"]) for slug in ("flood", "deluge")]
    same = draft("potop", language="uk", translation_of=original["id"])
    lines = [original, *twins, same, note("mlyn", language="uk"), note("mill", language="uk", translation_of="mlyn")]

    if over_http:
        answer = await desk.post("/v1/import", content="\n".join(map(json.dumps, lines)), headers=NDJSON)
        results = [json.loads(line) for line in answer.text.splitlines()]
        warned = [(each["line"], warning["pointer"]) for each in results for warning in each["warnings"]]
        assert [each["error"] for each in results] == [None] * 6
    else:
        report = await load(database, *lines)
        warned = [(line, fault.pointer) for line, fault in report.warnings]
        assert report.wrong == []

    assert sorted(warned, key=str) == [(3, "/translation_of"), (4, "/translation_of"), (6, "/translation_of")]
    stored = {each["slug"]: each["translation_of"] for each in map(from_json, await exported(database))}
    assert stored == {
        "povin": None, "flood": article_id("povin"), "deluge": None, "potop": None, "mlyn": None, "mill": None
    }  # fmt: skip
