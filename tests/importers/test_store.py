"""Pages of the web become articles: once, however often they come, and beside what is there already."""

import asyncio
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from pydantic_core import from_json

from app.articles import store as articles
from app.changes.views import EVERYONE
from app.db import Database, utcnow
from app.errors import Invalid
from app.importers import page, store
from app.importers.documents import read
from app.importers.store import Report
from app.web.fields import format_instant
from tests.contents import ZONE, accept, changes, everything, exported, head
from tests.factories import article, tag

# Invented, in the manner of a news site.
MILL: Final = """\
News

Old mill of Zavodske to grind again after thirty years

22 January 2025, 14:35

The water mill on the river Lypka will open to visitors in May, the town council of Zavodske says.

"We found the stones whole, under half a metre of silt," said Olena Kravets, who leads the works.

The works have cost 1.2 million so far, and most of it was given by people of the town.

For reference:

The mill was built in 1811. It ground until 1994, when the flood of that spring broke its dam.
"""
UNDATED: Final = """\
Ferry of Stara Prystan carries its millionth passenger

The ferry has crossed the river since 1952, and on Tuesday a pupil became the passenger number one million.

"I only wanted to be at school in time," the pupil said.

The captain gave her a season ticket, and let her sound the horn twice.
"""


async def bring(
    database: Database, text: str, *, draft: bool = False, now: datetime | None = None, **given: Any
) -> Report:
    now = now or utcnow()
    found = page.read(text.encode(), zone=ZONE, imported_at=now, **given)
    return await store.import_page(database, ZONE, found.documents, draft=draft, now=now)


async def test_a_page_of_one_address_is_one_story_whatever_its_headline(database: Database) -> None:
    url = "https://www.zavodske.example/mill?id=7#top"
    await bring(database, MILL, url=url)
    await bring(database, MILL.replace("Old mill", "Oldest mill"), url=url)

    (story,) = [each for each in await stored(database, "article") if each["status"] == "published"]
    assert (story["headline"].split()[0], story["revision"]) == ("Oldest", 2)
    assert (story["origin"]["system"], story["origin"]["id"]) == ("zavodske.example", "/mill?id=7")


async def stored(database: Database, noun: str = "article") -> list[dict[str, Any]]:
    return [one for one in map(from_json, await exported(database)) if one["noun"] == noun]


async def test_a_page_becomes_a_published_article_with_what_it_needs(database: Database) -> None:
    report = await bring(database, MILL)

    (found,) = await stored(database)
    assert found["headline"] == "Old mill of Zavodske to grind again after thirty years"
    assert found["status"] == "published"
    assert found["published_at"] == "2025-01-22T12:35:00.000Z"
    assert found["notes"] == [one["slug"] for one in await stored(database, "note")] != []
    assert report.slugs == [found["slug"]]
    assert (await articles.get(database.reader(), EVERYONE, found["slug"])).id == found["id"]


async def test_the_same_page_again_changes_nothing(database: Database) -> None:
    await bring(database, MILL)
    before, place = await everything(database), await head(database)

    report = await bring(database, MILL, now=utcnow() + timedelta(days=3))

    assert (report.counts["created"], report.counts["updated"]) == (0, 0)
    assert await everything(database) == before
    assert await head(database) == place


async def test_a_page_without_a_date_is_published_at_its_first_import(database: Database) -> None:
    now = utcnow() - timedelta(hours=5)
    await bring(database, UNDATED, now=now)
    before = await everything(database)

    await bring(database, UNDATED)

    (found,) = await stored(database)
    assert datetime.fromisoformat(found["published_at"]) == now
    assert await everything(database) == before


async def test_a_draft_is_published_when_its_page_comes_without_draft(database: Database) -> None:
    await bring(database, MILL, draft=True)
    (draft,) = await stored(database)
    hidden = await head(database)

    await bring(database, MILL)

    (found,) = await stored(database)
    assert (draft["status"], hidden[1]) == ("draft", 0)
    assert (found["id"], found["status"], found["revision"]) == (draft["id"], "published", 2)
    assert {one["status"] for one in await stored(database, "note")} == {"published"}


async def test_a_published_page_stays_so_when_it_comes_as_a_draft(database: Database) -> None:
    await bring(database, MILL)
    before = await everything(database)

    await bring(database, MILL, draft=True)

    assert await everything(database) == before


async def test_another_text_of_the_same_story_is_its_next_revision(database: Database) -> None:
    await bring(database, MILL)
    await bring(database, MILL.replace("open to visitors in May", "open to visitors in June"))

    (found,) = await stored(database)
    assert (found["revision"], found["first_published_at"]) == (2, "2025-01-22T12:35:00.000Z")
    assert "in June" in str(found["body"])


async def test_two_stories_with_one_headline_are_two_articles(database: Database) -> None:
    await bring(database, MILL)
    later = MILL.replace("22 January 2025", "3 February 2025").replace("stones whole", "roof gone")

    first, again = await bring(database, later), await bring(database, later)

    found = await stored(database)
    assert sorted(one["slug"][-2:] for one in found) == ["-2", "rs"]
    assert (first.counts["created"] > 0, again.counts["created"]) == (True, 0)


async def test_a_day_and_a_time_of_that_day_are_of_one_story(database: Database) -> None:
    """Midnight in the site's zone is the day before in UTC."""
    await bring(database, MILL.replace("22 January 2025, 14:35", "22 January 2025"))
    await bring(database, MILL)

    (found,) = await stored(database)
    assert (found["revision"], found["published_at"]) == (2, "2025-01-22T12:35:00.000Z")


async def test_one_address_is_one_story_whatever_its_day(database: Database) -> None:
    mill = "https://zavodske.example/mill"
    later = MILL.replace("22 January 2025", "3 February 2025").replace("stones whole", "roof gone")

    for text, url in ((MILL, mill), (later, mill), (MILL, f"{mill}-again")):
        await bring(database, text, url=url)

    assert sorted(one["revision"] for one in await stored(database)) == [1, 2]


async def test_a_day_that_becomes_known_later_makes_no_other_story(database: Database) -> None:
    await bring(database, UNDATED)
    day = utcnow() - timedelta(days=30)

    await bring(database, UNDATED, published=day)

    (found,) = await stored(database)
    assert found["published_at"] == format_instant(day)


async def test_a_story_of_another_origin_with_the_same_slug_is_left_alone(database: Database) -> None:
    slug = "old-mill-of-zavodske-to-grind-again-after-thirty-years"
    await accept(database, article(slug))

    await bring(database, MILL)

    assert sorted(one["slug"] for one in await stored(database)) == [slug, f"{slug}-2"]


async def test_the_same_note_on_two_pages_is_one_note(database: Database) -> None:
    await bring(database, MILL)
    (note,) = await stored(database, "note")

    other = MILL.replace("Old mill of Zavodske to grind again after thirty years", "Miller found for Zavodske at last")
    await bring(database, other.replace("will open to visitors in May", "has a miller now"))

    assert await stored(database, "note") == [note]
    assert [one["notes"] for one in await stored(database)] == [[note["slug"]]] * 2


async def test_a_stub_becomes_the_story_when_its_page_comes(database: Database) -> None:
    now = utcnow()
    full = page.read(MILL.encode(), zone=ZONE, imported_at=now).documents
    (story,) = [one for one in full if one["noun"] == "article"]
    stub: dict[str, Any] = {
        "status": "draft",
        "body": [],
        "section": None,
        "standfirst": None,
        "attributions": [],
        "relations": [],
    }
    await store.import_page(database, ZONE, [{**story, **stub}], draft=False, now=now)
    (before,) = await stored(database)

    await store.import_page(database, ZONE, full, draft=False, now=now)
    again = await store.import_page(database, ZONE, [{**story, **stub}], draft=False, now=now)

    (found,) = await stored(database)
    assert (before["status"], found["status"]) == ("draft", "published")
    assert (found["id"], found["slug"]) == (before["id"], before["slug"])
    assert (again.counts["created"], again.counts["updated"]) == (0, 0)


async def test_a_story_that_is_there_gets_no_stub(database: Database) -> None:
    await bring(database, MILL)
    await bring(
        database, f"{UNDATED}\nMost read\nOld mill of Zavodske to grind again after thirty years\nBread fair in May\n"
    )

    assert sorted(one["status"] for one in await stored(database)) == ["draft", "published", "published"]


@pytest.mark.parametrize("kind", ["topic", "place"])
async def test_a_section_with_the_slug_of_another_tag_gets_one_of_its_own(database: Database, kind: str) -> None:
    await accept(database, tag("culture", type=kind))

    await bring(database, MILL, section="Culture")
    again = await bring(database, MILL, section="Culture")

    types = {one["slug"]: one["type"] for one in await stored(database, "tag")}
    (found,) = await stored(database)
    assert types["culture"] == kind
    assert types[found["section"]] == "section"
    assert (again.counts["created"], again.counts["updated"]) == (0, 0)


async def test_a_page_that_cannot_be_stored_leaves_nothing(database: Database) -> None:
    before = await everything(database)
    documents = page.read(MILL.encode(), zone=ZONE, imported_at=utcnow()).documents
    for one in documents:
        if one["noun"] == "article":
            one["published_at"] = "2999-01-01T00:00:00.000Z"

    with pytest.raises(Invalid) as raised:
        await store.import_page(database, ZONE, documents, draft=False, now=utcnow())

    assert [fault.pointer for fault in raised.value.faults] == ["/article/published_at"]
    assert await everything(database) == before


async def test_pages_are_written_in_one_transaction_each(database: Database) -> None:
    await bring(database, MILL)

    found = await changes(database)
    assert {one.actor for one in found} == {"import page"}
    assert len({one.at for one in found}) == 1
    assert len({(one.noun, one.ref) for one in found}) == len(found)


async def test_two_imports_of_the_same_new_things_at_once_both_succeed(database_url: str) -> None:
    lines = [tag(f"tag-{n}") for n in range(40)]
    items = [[read(line, utcnow(), n) for n, line in enumerate(some)] for some in (lines, lines[::-1], lines[20:])]
    databases = [Database(database_url) for _ in items]
    reports = [store.Report() for _ in items]

    await asyncio.gather(
        *(
            store.load(database, ZONE, some, report)
            for database, some, report in zip(databases, items, reports, strict=True)
        )
    )

    found = await changes(databases[0])
    for database in databases:
        await database.close()
    assert [report.wrong for report in reports] == [[], [], []]
    assert sum(report.counts["created"] for report in reports) == 40
    assert len(found) == 40


async def test_a_note_that_is_nearly_a_known_one_is_its_next_revision_only_when_asked(database: Database) -> None:
    await bring(database, MILL)
    (note,) = await stored(database, "note")
    now = utcnow()

    async def again(text: str, *, revise_notes: bool) -> list[tuple[str, int]]:
        found = page.read(text.encode(), zone=ZONE, imported_at=now)
        await store.import_page(database, ZONE, found.documents, draft=False, now=now, revise_notes=revise_notes)
        return [(one["slug"], one["revision"]) for one in await stored(database, "note")]

    text = MILL.replace("Old mill", "Old water mill").replace("broke its dam", "broke the dam")
    assert await again(text, revise_notes=True) == [(note["slug"], 2)]
    assert await again(text, revise_notes=True) == [(note["slug"], 2)]
    other = MILL.replace("Old mill", "Very old mill").replace("flood of that spring", "spring flood")
    assert len(await again(other, revise_notes=False)) == 2


async def test_what_a_changed_line_leaves_unsaid_of_dates_is_as_it_must_be(database: Database) -> None:
    lines = [tag("trams"), article("first-light", "2025-01-05T08:00:00.000Z")]
    await accept(database, *lines)
    (before,) = await stored(database)
    begun = format_instant(utcnow())

    await accept(database, *lines)
    assert await stored(database) == [before]
    await accept(database, {**lines[0], "labels": {"en": "Trams of town"}}, {**lines[1], "headline": "Second light"})

    (after,) = await stored(database)
    (label,) = await stored(database, "tag")
    assert (after["revision"], after["created_at"]) == (2, before["created_at"])
    assert after["published_at"] == after["first_published_at"] == before["published_at"]
    assert begun <= after["updated_at"] == after["modified_at"]
    assert label["created_at"] < begun <= label["modified_at"]
