"""Files of lines: what goes out comes in again, and what is wrong is named and loses nothing else."""

# ruff: noqa: E501 - a table of faults has a line for each
import asyncio
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import hypothesis
import pytest
from httpx import AsyncClient
from hypothesis import strategies as st
from pydantic_core import from_json, to_json

from app.db import Database
from app.importers import ndjson
from app.importers.store import Report
from tests.conftest import Fresh
from tests.contents import ZONE, accept, everything, exported, head, load, tombstone
from tests.factories import (
    NOON,
    Line,
    article,
    article_id,
    box,
    credit,
    draft,
    note,
    said,
    scheduled,
    section,
    source,
    tag,
    withdrawn,
    words,
)
from tests.processes import wait_for

ROOT: Final = Path(__file__).parent.parent.parent


def lines(*documents: Line) -> bytes:
    return b"".join(to_json(document) + b"\n" for document in documents)


async def read(database: Database, path: Path, content: bytes) -> Report:
    await asyncio.to_thread(path.write_bytes, content)
    return await ndjson.load(database, ZONE, path)


def told(report: Report) -> list[tuple[int, str | None, str]]:
    return [(line, fault.pointer, fault.detail) for line, fault in report.wrong]


# --- there and back ----------------------------------------------------------------------------------------------


FULL: Final = (
    section("news"),
    section("city", parent="news", description={"uk": "Місто"}),
    tag("water"),
    tag("rivers", parent="water", same_as=["https://example.org/rivers"]),
    tag("unused"),
    source("agency"),
    source("wire", type="channel", parent="agency", aliases=["The Wire"], urls=["https://example.org/wire"]),
    source("witness", type="person", identity="withheld"),
    note(
        "dam", tags=["rivers"], attributions=[credit("wire")], as_of="2025-01-22", facts=[{"on": "2022", "text": "Ok."}]
    ),
    note("dam-uk", language="uk", translation_of="dam"),
    note("dam-draft", status="draft"),
    note("dam-gone", status="withdrawn", withdrawal={"reason": "rights", "at": "2025-03-01T09:00:00.000Z"}),
    article("flood", section="city", tags=["rivers"], body=[said("wire"), box("dam", 1), words("Rose.")], revision=4),
    article("flood-uk", language="uk", translation_of=article_id("flood"), editors_note="Оновлено."),
    article("moved", former_slugs=["once", "twice"], ednote="Ask Olha.", updated_at="2025-02-01T00:00:00.000Z"),
    article("related", relations=[{"relation": "follow_up", "article": article_id("flood")}]),
    draft("in-work", tags=["unused"], ednote="Not yet."),
    scheduled("tomorrow"),
    article("brief", expires_at="2099-01-01T06:00:00.000Z"),
    article(
        "over", status="expired", published_at=NOON, expires_at="2025-03-01T09:00:00.000Z", former_slugs=["over-before"]
    ),
    withdrawn("gone", public_note="Taken down.", replacement=article_id("flood"), former_slugs=["gone-before"]),
)

COPIED: Final = (
    article("copied", body=[box("dam-gone"), words("Rose.")], revision=3),
    draft("copied", headline="Fell", revision=5, first_published_at=NOON, published_at=NOON, working_copy=True),
)


@pytest.mark.parametrize("public", [False, True], ids=["full", "public"])
@pytest.mark.parametrize("sample", [False, True], ids=["every field", "sample"])
def test_an_export_imported_into_an_empty_database_is_exported_the_same(
    fresh: Fresh, tmp_path: Path, sample: bool, public: bool
) -> None:
    async def first(url: str) -> list[bytes]:
        database = Database(url)
        if not sample:
            await accept(database, *FULL, *COPIED)
        found = await exported(database, public=public)
        await database.close()
        return found

    async def second(url: str) -> tuple[Report, list[bytes]]:
        database = Database(url)
        report = await read(database, tmp_path / "export.ndjson", b"".join(before))
        found = await exported(database, public=public)
        await database.close()
        return report, found

    with fresh(sample=sample) as one, fresh() as other:
        before = asyncio.run(first(one))
        report, after = asyncio.run(second(other))

    assert told(report) == []
    assert len(before) > (100 if sample else 10)
    assert after == before


async def test_what_names_a_note_that_was_public_once_is_restored(database: Database) -> None:
    was, never = note("was", status="draft", first_published_at=NOON), note("never", status="draft")
    report = await load(database, was, never, article("one", body=[box("was")]), article("two", body=[box("never")]))
    assert report.counts["created"] == 3
    assert [fault.pointer for _, fault in report.wrong] == ["/body/0/note"]


async def test_drafts_that_are_still_empty_are_restored_with_what_uses_them(database: Database, tmp_path: Path) -> None:
    empty = note("plan", status="draft", body=[])
    erased = note("gone", status="draft", heading="", body=[])

    report = await read(database, tmp_path / "f", lines(empty, erased, draft("flood", body=[box("plan")])))

    assert told(report) == []
    assert report.counts["created"] == 3
    exported_notes = [from_json(line) for line in await exported(database)][:2]
    assert [(line["slug"], line["heading"], line["body"]) for line in exported_notes] == [
        ("gone", "", []),
        ("plan", empty["heading"], []),
    ]


async def test_a_published_note_needs_a_text(database: Database, tmp_path: Path) -> None:
    report = await read(database, tmp_path / "f", lines(note("dam", body=[])))

    assert [fault for _, _, fault in told(report)] == ["a note needs `body`"]


async def test_a_public_export_says_nothing_of_what_is_not_public(database: Database) -> None:
    await accept(database, *FULL)

    found = [from_json(line) for line in await exported(database, public=True)]

    slugs = [one["slug"] for one in found]
    assert not {"unused", "dam-draft", "in-work", "tomorrow", "witness"} & {*slugs}
    assert not [one for one in found if "ednote" in one]
    (gone,) = [one for one in found if one["slug"] == "gone"]
    assert {*gone} == {"noun", "id", "slug", "status", "withdrawal", "former_slugs"}
    assert gone["withdrawal"]["public_note"] == "Taken down."
    (over,) = [one for one in found if one["slug"] == "over"]
    assert {*over} == {*gone}
    assert (over["status"], over["withdrawal"]) == ("expired", None)


async def test_an_export_holds_every_document_after_what_it_refers_to(database: Database) -> None:
    await accept(database, *FULL)

    seen: set[str] = set()
    for line in await exported(database):
        one = from_json(line)
        needed = [one.get("parent"), one.get("section"), one.get("translation_of"), *one.get("tags", [])]
        needed += [given["source"] for given in one.get("attributions", [])] + one.get("notes", [])
        assert {*filter(None, needed)} <= seen
        seen |= {one["slug"], one.get("id", "")}
    assert len([*await exported(database)]) == len(FULL)


text = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=40
)
inline = text.map(lambda some: some.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")).filter(
    lambda some: bool(some.strip())
)


@st.composite
def whole_articles(draw: st.DrawFn) -> Line:
    """Articles with any text in every place that takes text."""
    blocks: st.SearchStrategy[Any] = st.one_of(
        st.fixed_dictionaries({"type": st.just("paragraph"), "html": inline}),
        st.fixed_dictionaries({"type": st.just("heading"), "text": text, "level": st.integers(2, 4)}),
        st.fixed_dictionaries({"type": st.just("quote"), "html": inline, "source": st.just("wire")}),
        st.fixed_dictionaries({"type": st.just("list"), "items": st.lists(inline, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"type": st.just("table"), "rows": st.lists(st.lists(text, max_size=2), max_size=2)}),
        st.fixed_dictionaries({"type": st.just("image"), "caption": text, "focal_point": st.just({"x": 0.1, "y": 1})}),
        st.fixed_dictionaries({"type": st.just("code"), "text": text}),
        st.just({"type": "divider"}),
    )
    slug = f"a-{draw(st.integers(1, 3))}"
    fields = {"body": draw(st.lists(blocks, max_size=4)), "headline": draw(text), "kicker": draw(st.none() | text)}
    fields |= {"standfirst": draw(st.none() | text), "ednote": draw(st.none() | text)}
    fields |= {"attributions": draw(st.lists(st.builds(credit, st.just("wire"), text=text), max_size=2))}
    return {**(article(slug) if draw(st.booleans()) else draft(slug)), **fields}


@hypothesis.settings(max_examples=15, suppress_health_check=[hypothesis.HealthCheck.too_slow])
@hypothesis.given(documents=st.lists(whole_articles(), min_size=1, max_size=3, unique_by=lambda one: one["id"]))
def test_any_text_survives_the_way_out_and_in(
    fresh: Fresh, tmp_path_factory: pytest.TempPathFactory, documents: list[Line]
) -> None:
    async def out(url: str) -> list[bytes]:
        database = Database(url)
        report = await load(database, source("wire"), *documents)
        assert told(report) == []
        found = await exported(database)
        await database.close()
        return found

    async def back(url: str, found: list[bytes]) -> list[bytes]:
        database = Database(url)
        path = tmp_path_factory.getbasetemp() / "any.ndjson"
        assert told(await read(database, path, b"".join(found))) == []
        again = await exported(database)
        await database.close()
        return again

    with fresh() as one, fresh() as other:
        found = asyncio.run(out(one))
        assert asyncio.run(back(other, found)) == found
    kept = {from_json(line)["slug"]: from_json(line) for line in found}
    for line in documents:
        assert kept[line["slug"]]["headline"] == line["headline"]
        assert [block["type"] for block in kept[line["slug"]]["body"]] == [block["type"] for block in line["body"]]


# --- what a line means -------------------------------------------------------------------------------------------


async def test_importing_a_file_again_changes_nothing(database: Database, tmp_path: Path) -> None:
    await read(database, tmp_path / "f", lines(*FULL))
    before = await everything(database)

    report = await read(database, tmp_path / "f", lines(*FULL))

    assert report.counts == {"created": 0, "updated": 0, "unchanged": len(FULL), "error": 0}
    assert await everything(database) == before


async def test_a_line_without_id_is_the_article_that_its_slug_leads_to(database: Database) -> None:
    await accept(database, article("flood", former_slugs=["deluge"]))

    for slug in ("flood", "deluge"):
        line = {**article(slug, headline=f"By {slug}"), "id": None}
        assert (await accept(database, line)).counts["updated"] == 1

    (found,) = [from_json(line) for line in await exported(database)]
    assert (found["id"], found["slug"], found["revision"]) == (article_id("flood"), "deluge", 3)
    assert found["former_slugs"] == ["flood"]


async def test_lines_without_id_are_one_article_when_their_slug_is_one(database: Database, tmp_path: Path) -> None:
    first, second = article("flood"), article("flood", headline="Corrected")
    del first["id"], second["id"]

    for counts in ((1, 1, 1), (0, 2, 1)):
        report = await read(database, tmp_path / "f", lines(first, first, second))
        assert told(report) == []
        assert (report.counts["created"], report.counts["updated"], report.counts["unchanged"]) == counts

    (found,) = [from_json(line) for line in await exported(database)]
    assert found["headline"] == "Corrected"


async def test_a_former_slug_and_the_id_may_name_one_article_in_one_file(database: Database, tmp_path: Path) -> None:
    await accept(database, article("flood", former_slugs=["deluge"]))
    by_id = article("flood", headline="By id")
    by_slug = {**article("deluge", headline="By slug"), "id": None}

    report = await read(database, tmp_path / "f", lines(by_slug, by_id, tag("rivers")))

    assert told(report) == []
    assert (report.counts["updated"], report.counts["created"]) == (2, 1)
    assert [from_json(line)["headline"] for line in (await exported(database))[1:]] == ["By id"]


async def test_lines_may_come_in_any_order(database: Database, tmp_path: Path) -> None:
    report = await read(database, tmp_path / "f", lines(*reversed(FULL)))

    assert told(report) == []
    assert report.counts["created"] == len(FULL)


async def test_duplicate_lines_are_taken_once_and_a_later_state_wins(database: Database, tmp_path: Path) -> None:
    content = lines(tag("rivers"), tag("rivers"), article("flood"), article("flood"), article("flood", headline="Last"))

    report = await read(database, tmp_path / "f", content)

    assert (report.counts["created"], report.counts["updated"], report.counts["unchanged"]) == (2, 1, 2)
    assert from_json((await exported(database))[1])["headline"] == "Last"


async def test_a_relation_may_point_forward(database: Database, tmp_path: Path) -> None:
    later = {"relation": "previous_coverage", "article": article_id("later")}

    report = await read(database, tmp_path / "f", lines(article("first", relations=[later]), article("later")))

    assert told(report) == []
    assert report.related == {article_id("later"): 1}


async def test_a_batch_that_ends_in_the_middle_of_a_file_loses_no_line(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ndjson, "PORTION", 3)
    monkeypatch.setattr(ndjson, "BATCH", 6)
    written = [article(f"story-{n}") for n in range(20)]

    report = await read(database, tmp_path / "f", lines(*written[:10], article("bad", tags=["none"]), *written[10:]))

    assert told(report) == [(11, "/tags/0", "there is no tag 'none'")]
    assert (await head(database))[0] == 20


async def test_a_long_file_is_parsed_in_other_processes_with_the_same_outcome(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ndjson, "SMALL_BYTES", 0)
    monkeypatch.setattr(ndjson, "PORTION", 2)
    content = lines(*FULL).replace(b'"gone"', b'"go ne"') + b"{\n"

    report = await read(database, tmp_path / "f", content)

    assert [line for line, _ in report.wrong] == [len(FULL), len(FULL) + 1]
    assert report.counts["created"] == len(FULL) - 1


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00.000Z", "0970-06-01T12:00:00.000Z"])
async def test_a_story_may_be_of_any_year(database: Database, at: str) -> None:
    await accept(database, article("chronicle", published_at=at))

    assert [from_json(line)["published_at"] for line in await exported(database)] == [at]


async def test_a_story_may_be_scheduled_for_the_last_hour_there_is(database: Database) -> None:
    line = scheduled("last", "9999-12-31T23:59:59.999Z")

    assert (await accept(database, line)).counts["created"] == 1
    assert (await accept(database, {**line, "headline": "The last"})).counts["updated"] == 1


# --- faults of a file --------------------------------------------------------------------------------------------


def without(line: Line, name: str) -> Line:
    return {field: value for field, value in line.items() if field != name}


DEEP: Final = b"[" * 500 + b"]" * 500
GOOD: Final = (tag("rivers"), article("good", tags=["rivers"]))


def raw(line: Line, **parts: bytes) -> bytes:
    """The line with JSON of the test's own in place of the values of some fields."""
    marked = to_json({**line, **{name: f"@{name}@" for name in parts}})
    for name, value in parts.items():
        marked = marked.replace(f'"@{name}@"'.encode(), value)
    return marked


BAD: Final[dict[str, tuple[bytes, str, str]]] = {
    "not UTF-8": (b'{"noun": "tag", "slug": "\xcf\xf0"}', "", "is not UTF-8 (byte 26)"),
    "UTF-16": ('{"noun": "tag"}'.encode("utf-16-le"), "", "is not JSON"),
    "no JSON": (b"{noun: tag}", "", "is not JSON"),
    "half a line": (b'{"noun": "tag", "slug": "ri', "", "is not JSON"),
    "two documents": (to_json(tag("a")) + to_json(tag("b")), "", "is not JSON"),
    "no object": (b"[1]", "", "a line is one JSON object"),
    "a number": (b"7", "", "a line is one JSON object"),
    "NaN": (raw(tag("a"), labels=b"NaN"), "", "is not JSON"),
    "Infinity": (raw(article("a"), revision=b"-Infinity"), "", "is not JSON"),
    "a key twice": (b'{"noun": "tag", "slug": "a", "slug": "b", "type": "topic", "labels": {"en": "A"}}', "", "is not JSON"),
    "500 nested arrays": (raw(article("a"), body=DEEP), "", "is not JSON"),
    "a lone surrogate": (raw(article("a"), headline=rb'"\ud800"'), "", "is not JSON"),
    "a NUL in the text": (raw(article("a"), headline=rb'"a\u0000b"'), "/headline", "U+0000"),
    "a NUL in the line": (to_json(tag("a")) + b"\0", "", "is not JSON"),
    "a NUL in HTML": (raw(article("a"), body=rb'[{"type": "paragraph", "html": "a\u0000"}]'), "/body/0/html", "U+0000"),
    "no noun": (b"{}", "/noun", "is not one of the nouns"),
    "an unknown noun": (to_json(tag("a", noun="label")), "/noun", "is not one of the nouns"),
    "a noun that is no text": (to_json(tag("a", noun=["tag"])), "/noun", "is not one of the nouns"),
    "an unknown field": (to_json(tag("a", colour="red")), "/colour", "not"),
    "an unknown field in a block": (to_json(article("a", body=[words("Text.", colour="red")])), "/body/0/colour", "not"),
    "an unknown block": (to_json(article("a", body=[{"type": "blink"}])), "/body/0/type", "kinds there are"),
    "a slug with capitals": (to_json(tag("Rivers")), "/slug", ""),
    "a slug that is an id": (to_json(article(article_id("a"))), "/slug", "form of an id"),
    "a number for a headline": (to_json(article("a", headline=7)), "/headline", "string"),
    "a text for a body": (to_json(article("a", body="Text.")), "/body", "list"),
    "null for a language": (to_json(article("a", language=None)), "/language", "string"),
    "a revision beyond reason": (raw(article("a"), revision=b"9223372036854775808"), "/revision", "less than"),
    "a revision of nothing": (to_json(article("a", revision=0)), "/revision", "greater than"),
    "an instant without offset": (to_json(article("a", published_at="2025-01-22T12:00:00")), "/published_at", "offset"),
    "a day that does not exist": (to_json(note("a", as_of="2025-02-30")), "/as_of", ""),
    "a published story of the future": (to_json(article("a", published_at="2999-01-01T00:00:00Z")), "/published_at", "future"),
    "no body": (to_json({**article("a"), "body": None}), "/body", "list"),
    "no body at all": (to_json(without(article("a"), "body")), "", "an article needs `body`"),
    "no headline at all": (to_json(without(article("a"), "headline")), "", "an article needs `headline`"),
    "no slug": (to_json(without(tag("a"), "slug")), "/slug", "is missing"),
    "a NUL in a cell": (raw(article("a"), body=rb'[{"type": "table", "rows": [["ok", "\u0000"]]}]'), "/body/0/rows/0/1", "U+0000"),
    "no headline": (to_json(article("a", headline="")), "", "an article needs `headline`"),
    "published without a date": (to_json({**article("a"), "published_at": None}), "", "needs `published_at`"),
    "withdrawn without a reason": (to_json(article("a", status="withdrawn")), "", "go together"),
    "an expiry before the publication": (to_json(article("a", expires_at=NOON)), "/expires_at", "is not after `published_at`"),
    "an expiry before the due time": (to_json(scheduled("a", expires_at="2098-01-01T00:00:00Z")), "/expires_at", "is not after `publish_at`"),
    "an expired note": (to_json(note("a", status="expired")), "/status", "published"),
    "the same block id twice": (to_json(article("a", body=[words("A", id="x"), words("B", id="x")])), "/body/1/id", "another block"),
    "a paragraph without text": (to_json(article("a", body=[words("<script>x</script>")])), "/body/0/html", "has no text"),
    "an address that runs code": (to_json(source("a", urls=["javascript:alert(1)"])), "/urls/0", ""),
    "an unknown tag": (to_json(article("a", tags=["rivers", "none"])), "/tags/1", "there is no tag 'none'"),
    "an unknown section": (to_json(article("a", section="none")), "/section", "there is no tag 'none'"),
    "a topic as section": (to_json(article("a", section="rivers")), "/section", "is no section"),
    "a section among the tags": (to_json(article("a", tags=["news"])), "/tags/0", "is a section"),
    "an unknown source": (to_json(article("a", attributions=[credit("none")])), "/attributions/0/source", "no source 'none'"),
    "an unknown speaker": (to_json(article("a", body=[said("none")])), "/body/0/source", "no source 'none'"),
    "an unknown note": (to_json(article("a", body=[words("A"), box("none")])), "/body/1/note", "there is no note 'none'"),
    "an unknown original": (to_json(article("a", translation_of=article_id("none"))), "/translation_of", "there is no article"),
    "a translation of a translation": (to_json(article("a", translation_of=article_id("uk"))), "/translation_of", "is itself"),
    "a translation of itself": (to_json(article("a", translation_of=article_id("a"))), "/translation_of", "the article itself"),
    "a slug that is taken": (to_json(article("original", id=article_id("a"))), "/slug", "belongs to the article"),
    "a former slug that is taken": (to_json(article("a", former_slugs=["uk"])), "/former_slugs/0", "belongs to the article"),
    "an unknown parent": (to_json(tag("a", parent="none")), "/parent", "there is no tag 'none'"),
    "its own parent": (to_json(tag("a", parent="a")), "/parent", "leads back"),
    "a topic under a section": (to_json(tag("a", parent="news")), "/parent", "a section stands under a section"),
    "an unknown source above": (to_json(source("a", parent="none")), "/parent", "there is no source 'none'"),
    "a note with an unknown tag": (to_json(note("a", tags=["none"])), "/tags/0", "there is no tag 'none'"),
    "a note that translates a translation": (to_json(note("a", translation_of="dam-uk")), "/translation_of", "is itself"),
}  # fmt: skip
GROUND: Final = (
    section("news"),
    note("dam"),
    note("dam-uk", language="uk", translation_of="dam"),
    article("original"),
    article("uk", language="uk", translation_of=article_id("original")),
)


async def test_each_bad_line_is_named_and_loses_no_other(database: Database, tmp_path: Path) -> None:
    """All of them stand in one file, between lines that are good."""
    await accept(database, *GROUND, GOOD[0])
    content = [line for bad, _, _ in BAD.values() for line in (bad, to_json(tag("between")))]

    report = await read(database, tmp_path / "f", b"\n".join([*content, *(to_json(one) for one in GOOD)]))

    found = {line: (fault.pointer or "", fault.detail) for line, fault in reversed(report.wrong)}
    for n, (name, (_, pointer, detail)) in enumerate(BAD.items()):
        assert found.pop(2 * n + 1, None) is not None, name
        given, words_given = next(
            (fault.pointer or "", fault.detail) for line, fault in report.wrong if line == 2 * n + 1
        )
        assert (given, detail in words_given) == (pointer, True), (name, given, words_given)
    assert found == {}
    assert report.counts["error"] == len(BAD)
    kept = [from_json(line)["slug"] for line in await exported(database)]
    assert sorted(kept) == sorted([*(one["slug"] for one in (*GROUND, *GOOD)), "between"])


async def test_what_was_published_may_name_a_note_that_is_hidden_by_now(database: Database, tmp_path: Path) -> None:
    """A newsroom that is exported may hold it: the note was withdrawn after the story that uses it went out."""
    gone = note("dam", status="withdrawn", withdrawal={"reason": "rights", "at": NOON})
    report = await read(database, tmp_path / "f", lines(gone, article("a", body=[box("dam")])))

    assert (report.wrong, report.counts["created"]) == ([], 2)


async def test_the_second_of_two_lines_that_clash_is_refused(database: Database, tmp_path: Path) -> None:
    twin = article("twin", id=article_id("other"))

    report = await read(database, tmp_path / "f", lines(article("twin"), twin, article("original")))

    assert [(line, pointer) for line, pointer, _ in told(report)] == [(2, "/slug")]
    assert report.counts["created"] == 2


async def test_a_line_that_is_refused_takes_no_slug_from_another(database: Database, tmp_path: Path) -> None:
    bad = article("flood", id=article_id("bad"), tags=["none"])

    report = await read(database, tmp_path / "f", lines(bad, article("flood")))

    assert told(report) == [(1, "/tags/0", "there is no tag 'none'")]
    assert report.counts["created"] == 1


async def test_parents_in_a_ring_are_refused_whole(database: Database, tmp_path: Path) -> None:
    ring = (tag("a", parent="b"), tag("b", parent="c"), tag("c", parent="a"))

    report = await read(database, tmp_path / "f", lines(*ring, tag("d")))

    assert [(line, detail) for line, _, detail in told(report)] == [
        (n, "leads back to the tag itself") for n in (1, 2, 3)
    ]
    assert (await head(database))[0] == 1


async def test_a_ring_with_what_is_stored_is_refused(database: Database) -> None:
    await accept(database, tag("a"), tag("b", parent="a"), tag("c", parent="b"))

    report = await load(database, tag("a", parent="c"))

    assert told(report) == [(1, "/parent", "leads back to the tag itself")]


async def test_a_child_of_a_refused_parent_is_refused_too(database: Database) -> None:
    report = await load(database, tag("child", parent="bad"), tag("bad", parent="none"), tag("good"))

    assert [line for line, _, _ in told(report)] == [2, 1]
    assert (await head(database))[0] == 1


async def test_a_tag_in_use_does_not_move(database: Database) -> None:
    await accept(database, tag("water"), tag("rivers"), article("flood", tags=["rivers"]))

    report = await load(database, tag("rivers", parent="water"))

    assert told(report) == [(1, "/parent", "cannot change while articles stand under the tag")]


async def test_a_public_slug_stays_with_its_article_for_ever(database: Database) -> None:
    line = article("flood")
    await accept(database, line)
    await accept(database, {**line, "slug": "deluge"})
    await accept(database, tombstone("deluge", id=line["id"]))

    report = await load(database, article("flood", id=article_id("thief")))
    back = await load(database, {**line, "slug": "flood"})

    assert [pointer for _, pointer, _ in told(report)] == ["/slug"]
    assert told(back) == []


@pytest.mark.parametrize(
    ("content", "line", "detail"),
    [
        (b"", 1, "the file is empty"),
        (lines(GOOD[0]).decode().encode("utf-16").rstrip(b"\n\0"), 1, "not UTF-8"),
    ],
    ids=["empty", "UTF-16"],
)
async def test_a_file_that_is_no_ndjson_is_refused_with_its_line(
    database: Database, tmp_path: Path, content: bytes, line: int, detail: str
) -> None:
    report = await read(database, tmp_path / "f", content)

    assert [(found, detail in told) for found, _, told in told(report)] == [(line, True)]
    assert await head(database) == (0, 0)


MARK: Final = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    "content",
    [
        MARK + lines(*GOOD),
        lines(*GOOD).replace(b"\n", b"\r\n"),
        lines(*GOOD).rstrip(b"\n"),
        lines(GOOD[0]) + MARK + lines(GOOD[1]).replace(b"\n", b"\r\n") + MARK,
    ],
    ids=["byte order mark", "CR LF", "no last line end", "files put together"],
)
async def test_how_lines_end_and_a_file_begins_is_the_same_to_the_command_and_over_http(
    desk: AsyncClient, database: Database, tmp_path: Path, content: bytes
) -> None:
    report = await read(database, tmp_path / "f", content)
    answer = await desk.post("/v1/import", content=content, headers={"Content-Type": "application/x-ndjson"})

    assert (report.wrong, report.counts["created"]) == ([], len(GOOD))
    results = [from_json(line) for line in answer.content.splitlines()]
    assert [(each["line"], each["error"]) for each in results] == [(n, None) for n in range(1, len(GOOD) + 1)]


async def test_a_bad_line_loses_neither_those_before_nor_those_behind_it(database: Database, tmp_path: Path) -> None:
    report = await read(database, tmp_path / "f", lines(*GOOD) + b'{"noun": \r\n' + lines(tag("seas")))

    assert [(line, pointer) for line, pointer, _ in told(report)] == [(3, "")]
    assert report.counts == {"created": 3, "updated": 0, "unchanged": 0, "error": 1}


async def test_a_line_longer_than_any_document_is_skipped(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ndjson, "LINE_BYTES", 2**20)
    huge = to_json(article("huge", headline="x" * 3 * 2**20))

    report = await read(database, tmp_path / "f", huge + b"\n" + lines(*GOOD))

    assert told(report) == [(1, "", "is longer than 1 MiB")]
    assert report.counts["created"] == 2


def test_a_huge_line_is_never_held_whole(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(200 * 2**20)

    tracemalloc.start()
    found = [*ndjson.lines(path)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert found == [(1, "is longer than 16 MiB")]
    assert peak < 60 * 2**20


async def test_blank_lines_and_a_missing_last_line_feed_are_no_faults(database: Database, tmp_path: Path) -> None:
    report = await read(database, tmp_path / "f", b"\n" + lines(*GOOD) + b"  \n\n" + to_json(tag("last")))

    assert told(report) == []
    assert report.counts["created"] == 3


async def test_what_sanitising_removes_is_named(database: Database, tmp_path: Path) -> None:
    body = [words("Safe."), words('<b onclick="x()">Bold</b> <img src=x>')]

    report = await read(database, tmp_path / "f", lines(article("a", body=body)))

    assert [(line, fault.pointer, fault.code) for line, fault in report.warnings] == [(1, "/body/1/html", "removed")]
    assert from_json((await exported(database))[0])["body"][1]["html"] == "<b>Bold</b>"


# --- killed, and how much it takes ---------------------------------------------------------------------------------


SMALLER: Final = """
import asyncio, resource, sys
from collections.abc import Callable
from pathlib import Path
from app.changes.models import Revision
from app.db import Database
from app.importers import ndjson
from app.settings import Settings

async def work():
    database = Database(Settings().database_url)
    report = await ndjson.load(database, Settings().zone, Path(sys.argv[1]))
    assert not report.counts["error"]
    await database.close()

if __name__ == "__main__":
    ndjson.BATCH = int(sys.argv[2])
    asyncio.run(work())
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.fixture
def importing(tmp_path: Path) -> Callable[[str, bytes, int], subprocess.Popen[str]]:
    """Starts an import in a process of its own, with batches smaller than the product's; prints its peak of memory."""
    script, path = tmp_path / "import.py", tmp_path / "stories.ndjson"
    script.write_text(SMALLER)

    def start(url: str, content: bytes, batch: int) -> subprocess.Popen[str]:
        path.write_bytes(content)
        environment = {**os.environ, "DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, str(script), str(path), str(batch)]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    return start


def finish(process: subprocess.Popen[str]) -> int:
    """What it printed."""
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return int(out)


def _stories(n: int) -> bytes:
    return lines(tag("rivers"), *(article(f"story-{one}", tags=["rivers"], created_at=NOON) for one in range(n)))


async def _position(url: str) -> int:
    database = Database(url)
    found = await head(database)
    await database.close()
    return found[0]


async def _content(url: str) -> dict[str, Any]:
    database = Database(url)
    found: dict[str, Any] = {**await everything(database)}
    exports = sorted(line for line in await exported(database) if b'"article"' in line[:20])
    await database.close()
    found["export"] = exports
    for table in ("changes", "revisions", "view_entries", "tags", "articles"):
        found[table] = len(found[table])
    return found


def test_an_import_that_is_killed_half_way_and_run_again_gives_the_same_database(
    fresh: Fresh, importing: Callable[[str, bytes, int], subprocess.Popen[str]]
) -> None:
    content = _stories(1_000)
    with fresh() as killed, fresh() as whole:
        with importing(killed, content, 250) as process:
            wait_for(lambda: process.poll() is not None or asyncio.run(_position(killed)) > 0)
            process.kill()
        left = asyncio.run(_position(killed))
        for url in (killed, whole):
            finish(importing(url, content, 250))
        one, other = asyncio.run(_content(killed)), asyncio.run(_content(whole))

    assert 0 < left < 1_001
    assert one == other


def test_the_memory_of_an_import_does_not_grow_with_the_file(
    fresh: Fresh, importing: Callable[[str, bytes, int], subprocess.Popen[str]]
) -> None:
    peaks = []
    for n in (1_000, 4_000):
        with fresh() as url:
            peaks.append(finish(importing(url, _stories(n), 500)))

    assert peaks[1] < peaks[0] * 1.2 + 10, peaks


async def test_a_tag_in_use_does_not_become_a_section(database: Database) -> None:
    await accept(database, tag("rivers"), article("flood", tags=["rivers"]))

    report = await load(database, tag("rivers", type="section"))

    assert told(report) == [(1, "/type", "cannot change while articles stand under the tag")]


async def test_an_original_with_translations_does_not_become_one(database: Database) -> None:
    await accept(database, article("flood"), article("povin", language="uk", translation_of=article_id("flood")))
    await accept(database, article("drought"))

    report = await load(database, article("flood", translation_of=article_id("drought")))

    assert [(line, pointer) for line, pointer, _ in told(report)] == [(1, "/translation_of")]


@pytest.mark.parametrize("fragment", ["<a" * 9_999, "<b " + "a" * 19_000, "&#1;", "x&#x1b;[31m"])
async def test_a_hostile_fragment_is_settled_at_once_and_stores_no_control_character(
    database: Database, fragment: str
) -> None:
    report = await load(database, article("flood", body=[{"type": "paragraph", "html": f"Water {fragment}"}]))

    kept = b"".join(await exported(database))
    assert report.counts["created"] + report.counts["error"] == 1
    assert not any(one < 32 and one != 10 for one in kept)
