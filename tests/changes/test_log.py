"""What a write leaves in the log, and what the log then says."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from sqlite3 import IntegrityError

import pytest
from pydantic_core import from_json, to_json
from sqlalchemy import select, update

from app.changes import log
from app.changes.models import DESK, PUBLIC, Change, Head, Object, Revision, ViewEntry
from app.changes.saving import ToSave
from app.db import Database, Reader, utcnow
from app.errors import Raced
from app.tags import store as tags
from app.tags.models import Tag
from app.tags.schemas import TagOut
from tests import sql
from tests.contents import (
    ZONE,
    accept,
    before_commits,
    changes,
    dense,
    everything,
    head,
    last_change,
    load,
    revisions,
    rows,
    tombstone,
)
from tests.factories import NOON, article, box, credit, draft, note, section, source, tag


def new_tag(slug: str) -> ToSave[TagOut]:
    now = utcnow()
    fields = {"slug": slug, "type": "topic", "labels": {"en": slug}, "revision": 1}
    return ToSave(TagOut.model_validate({**fields, "created_at": now, "modified_at": now}))


async def names(database: Database, view: str, *nouns: str) -> list[str]:
    """The objects that a view shows, of all nouns or of these."""
    query = select(Object.ref).join(ViewEntry, ViewEntry.object == Object.id).where(ViewEntry.view == view)
    if nouns:
        query = query.where(Object.noun.in_(nouns))
    return [ref for (ref,) in await rows(database, query.order_by(Object.ref))]


# --- one change per object, in the same transaction ----------------------------------------------------------------


async def test_a_write_appends_one_change_for_each_object(database: Database) -> None:
    await accept(
        database, tag("rivers"), source("wire"), note("dam"), draft("draft"), article("flood", tags=["rivers"])
    )

    found = await changes(database)
    assert [(one.noun, one.op, one.revision) for one in found] == [
        ("tag", "created", 1),
        ("source", "created", 1),
        ("note", "created", 1),
        ("article", "created", 1),
        ("article", "created", 1),
    ]
    assert dense([one.seq for one in found])
    assert {one.actor for one in found} == {"import"}
    assert await head(database) == (5, 3)


async def test_an_object_saved_twice_in_a_transaction_has_one_change(database: Database) -> None:
    async with log.transaction(database, actor="test", zone=ZONE) as transaction:
        await tags.save(transaction, [new_tag("rivers")])
        await tags.make_public(transaction, ["rivers"])
        await tags.make_public(transaction, ["rivers"])

    (change,) = await changes(database)
    assert (change.op, change.public_seq) == ("created", 1)
    assert await head(database) == (1, 1)


async def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    await accept(database, article("first"))
    before = await everything(database)

    with suppress(ZeroDivisionError):
        async with log.transaction(database, actor="test", zone=ZONE) as transaction:
            await tags.save(transaction, [new_tag("rivers")])
            raise ZeroDivisionError

    assert await everything(database) == before
    assert await head(database) == (1, 1)


async def test_a_commit_that_fails_leaves_nothing(database: Database) -> None:
    before = await everything(database)

    async def fail() -> None:
        raise ZeroDivisionError

    with before_commits(database, fail), pytest.raises(ZeroDivisionError):
        await accept(database, article("first"))

    assert await everything(database) == before
    assert await head(database) == (0, 0)


async def test_a_savepoint_rolled_back_leaves_neither_rows_nor_entries(database: Database) -> None:
    async with log.transaction(database, actor="test", zone=ZONE) as transaction:
        await tags.save(transaction, [new_tag("kept")])
        with suppress(ZeroDivisionError):
            async with transaction.savepoint():
                await tags.save(transaction, [new_tag("dropped")])
                raise ZeroDivisionError
        async with transaction.savepoint():
            await tags.save(transaction, [new_tag("kept-too")])

    assert [one.ref for one in await changes(database)] == ["kept", "kept-too"]
    assert [slug for (slug,) in await rows(database, select(Tag.slug).order_by(Tag.slug))] == ["kept", "kept-too"]
    assert await names(database, DESK) == ["kept", "kept-too"]
    assert await head(database) == (2, 0)


async def test_a_savepoint_rolled_back_restores_what_it_overwrote(database: Database) -> None:
    async with log.transaction(database, actor="test", zone=ZONE) as transaction:
        await tags.save(transaction, [new_tag("rivers")])
        with suppress(ZeroDivisionError):
            async with transaction.savepoint():
                await tags.make_public(transaction, ["rivers"])
                raise ZeroDivisionError

    (change,) = await changes(database)
    assert change.public_seq is None
    assert await names(database, PUBLIC) == []


# --- what changes nothing --------------------------------------------------------------------------------------------


async def test_a_write_that_changes_nothing_makes_no_change_and_no_revision(database: Database) -> None:
    lines = (
        section("news"),
        tag("rivers", parent=None),
        source("wire"),
        note("dam", tags=["rivers"]),
        article("flood", section="news", tags=["rivers"], attributions=[credit("wire", "said_by")], ednote="Ask Olha."),
        tombstone("gone"),
        draft("draft"),
    )
    await accept(database, *lines)
    before, place = await everything(database), await head(database)

    report = await accept(database, *lines)

    assert report.counts == {"created": 0, "updated": 0, "unchanged": 7, "error": 0}
    assert await everything(database) == before
    assert await head(database) == place


async def test_a_note_to_the_desk_alone_is_a_change(database: Database) -> None:
    line = article("flood")
    await accept(database, line)

    report = await accept(database, {**line, "ednote": "Ask Olha."})

    assert report.counts["updated"] == 1
    first, second = await revisions(database, "article", line["id"])
    assert [from_json(state.private)["ednote"] for state in (first, second)] == [None, "Ask Olha."]
    assert "Olha" not in second.card + second.body


# --- numbers ------------------------------------------------------------------------------------------------------


async def test_public_numbers_are_dense_and_silent_about_drafts(database: Database) -> None:
    line = draft("draft", tags=["secret"])
    public = article("public", tags=["rivers"])
    await accept(database, tag("rivers"), tag("secret"), line)
    await accept(database, {**line, "headline": "Another"}, public)
    await accept(database, {**line, "headline": "A third"})
    await accept(database, {**public, "headline": "Corrected"})

    found = await changes(database)
    assert dense([one.seq for one in found])
    known = [one for one in found if one.public_seq is not None]
    assert dense([one.public_seq for one in known])
    assert [(one.ref, one.op) for one in known] == [
        (public["id"], "created"),
        ("rivers", "published"),
        (public["id"], "updated"),
    ]
    assert await head(database) == (len(found), len(known))
    assert not [one for one in known if "secret" in to_json(one.keys).decode() or line["id"] in one.keys]


async def test_what_an_article_goes_through_is_named_in_the_log(database: Database) -> None:
    line = draft("flood")
    released = {"status": "published", "published_at": NOON}
    withdrawal = {"status": "withdrawn", "withdrawal": {"reason": "legal", "at": NOON}}
    for state in ({}, released, {**released, "headline": "Corrected"}, {}, released, {**released, **withdrawal}):
        await accept(database, {**line, **state})

    found = await changes(database)
    assert [(one.op, one.revision, one.public_seq, one.reason) for one in found] == [
        ("created", 1, None, None),
        ("published", 2, 1, None),
        ("updated", 3, 2, None),
        ("unpublished", 4, 3, None),
        ("published", 5, 4, None),
        ("withdrawn", 6, 5, "legal"),
    ]


async def test_a_revision_is_public_for_as_long_as_the_public_saw_it(database: Database) -> None:
    line = article("flood")
    await accept(database, line)
    await accept(database, {**line, "headline": "Corrected"})
    await accept(database, {**line, "status": "draft"})
    await accept(database, {**line, "headline": "Again"})

    at = [one.at for one in await changes(database)]
    spans = [(one.public_from, one.public_to) for one in await revisions(database, "article", line["id"])]
    assert spans == [(at[0], at[1]), (at[1], at[2]), (None, None), (at[3], None)]


async def test_a_state_of_the_desk_never_ends_a_public_span(database: Database) -> None:
    line = draft("draft")
    await accept(database, line)
    await accept(database, {**line, "headline": "Another"})

    spans = [(one.public_from, one.public_to) for one in await revisions(database, "article", line["id"])]
    assert spans == [(None, None), (None, None)]


async def test_the_revision_in_force_is_what_each_view_shows(database: Database) -> None:
    line = article("flood")
    await accept(database, line)
    await accept(database, {**line, "headline": "Corrected"})

    query = select(ViewEntry.view, Revision.revision, Revision.card).join(
        Revision, (Revision.object == ViewEntry.object) & (Revision.revision == ViewEntry.revision)
    )
    shown = await rows(database, query.order_by(ViewEntry.view))
    assert [(state.view, state.revision, from_json(state.card)["headline"]) for state in shown] == [
        (PUBLIC, 2, "Corrected"),
    ]


async def test_a_note_that_comes_and_goes_is_named_so_in_the_log(database: Database) -> None:
    draft = {"status": "draft", "published_at": None}
    for state in (draft, {}, {"heading": "The dam"}, draft, {**draft, "heading": "The dam"}, {}):
        await accept(database, note("dam", **state))

    found = await changes(database)
    assert [(one.op, one.public_seq) for one in found] == [
        ("created", None),
        ("published", 1),
        ("updated", 2),
        ("unpublished", 3),
        ("updated", None),
        ("published", 4),
    ]


async def test_a_note_that_a_public_story_uses_stays_published(database: Database) -> None:
    line = article("flood", body=[box("dam")])
    draft = note("dam", status="draft", published_at=None)
    await accept(database, note("dam"), line)

    refused = await load(database, draft)
    await accept(database, {**line, "status": "draft"})
    accepted = await load(database, draft)

    assert [(fault.pointer, fault.detail) for _, fault in refused.wrong] == [
        ("/status", "must stay published while published articles use the note")
    ]
    assert accepted.counts["updated"] == 1


async def test_an_imported_revision_number_is_kept_and_only_ever_rises(database: Database) -> None:
    line = article("flood", revision=7)
    await accept(database, line)
    await accept(database, {**line, "headline": "Corrected", "revision": 3})
    await accept(database, {**line, "headline": "Again", "revision": 20})

    states = await revisions(database, "article", line["id"])
    assert [(state.revision, from_json(state.card)["revision"]) for state in states] == [(7, 7), (8, 8), (20, 20)]


# --- what public things name becomes public --------------------------------------------------------------------------


async def test_a_tag_and_a_source_become_public_with_their_ancestors_once(database: Database) -> None:
    named = (
        tag("nature"),
        tag("water", parent="nature"),
        tag("rivers", parent="water"),
        source("agency", type="organisation"),
        source("wire", type="channel", parent="agency"),
    )
    await accept(database, *named, draft("draft", tags=["rivers"], attributions=[credit("wire", "said_by")]))
    assert (await head(database))[1] == 0

    await accept(database, article("first", tags=["rivers"], attributions=[credit("wire", "said_by")]))
    await accept(database, article("second", tags=["rivers", "water"], attributions=[credit("wire", "said_by")]))

    public = [one for one in await changes(database) if one.public_seq is not None and one.noun != "article"]
    assert sorted((one.ref, one.op, one.revision) for one in public) == [
        (slug, "published", 1) for slug in ("agency", "nature", "rivers", "water", "wire")
    ]
    for noun, slug in (("tag", "nature"), ("source", "wire")):
        (revision,) = await revisions(database, noun, slug)
        assert revision.public_from is not None
        assert revision.public_to is None


async def test_a_tag_that_is_made_public_while_it_is_changed_shows_its_last_state(database: Database) -> None:
    await accept(database, tag("rivers"), tag("lakes"))
    async with log.transaction(database, actor="test", zone=ZONE) as transaction:
        await tags.save(transaction, [new_tag("seas")])
        await tags.make_public(transaction, ["rivers"])
        changing = asyncio.create_task(accept(database, tag("rivers", labels={"en": "Streams"})))
        await asyncio.sleep(0.2)
        assert not changing.done()
    await changing

    assert (await names(database, PUBLIC), await names(database, DESK)) == (["rivers"], ["lakes", "seas"])
    shown = await rows(database, select(ViewEntry.revision).where(ViewEntry.view == PUBLIC))
    assert [revision for (revision,) in shown] == [2]


async def test_a_tag_stays_public_when_nothing_names_it_any_more(database: Database) -> None:
    line = article("flood", tags=["rivers"])
    await accept(database, tag("rivers"), line)
    await accept(database, {**line, "tags": [], "status": "draft"})

    assert await names(database, PUBLIC) == ["rivers"]
    assert (await last_change(database, "tag", "rivers")).op == "created"


async def test_a_published_note_reveals_its_tags_and_all_its_sources(database: Database) -> None:
    fact = {"text": "It held.", "on": "2022-05", "attributions": [credit("engineer", "said_by")]}
    hidden = note("draft-note", status="draft", tags=["secret"])
    await accept(
        database,
        tag("rivers"),
        tag("secret"),
        source("wire"),
        source("engineer"),
        note("dam", tags=["rivers"], attributions=[credit("wire", "said_by")], facts=[fact]),
        hidden,
    )

    assert await names(database, PUBLIC) == ["dam", "engineer", "rivers", "wire"]


async def test_a_public_tag_that_gets_a_parent_makes_it_public(database: Database) -> None:
    await accept(database, tag("rivers"), tag("water"), note("dam", tags=["rivers"]))
    await accept(database, tag("rivers", parent="water"))

    change = await last_change(database, "tag", "water")
    assert (change.op, change.public_seq) == ("published", (await head(database))[1])


async def test_a_section_is_made_public_by_its_stories(database: Database) -> None:
    await accept(database, section("news"), section("city", parent="news"), article("flood", section="city"))

    assert await names(database, PUBLIC, "tag") == ["city", "news"]


# --- keys ----------------------------------------------------------------------------------------------------------


async def test_the_keys_of_an_article_name_its_lists_before_and_after_with_ancestors(database: Database) -> None:
    line = article("flood", tags=["rivers"], attributions=[credit("wire", "said_by")])
    await accept(
        database,
        tag("water"),
        tag("rivers", parent="water"),
        tag("city"),
        tag("streets", parent="city"),
        source("wire"),
        source("witness"),
        note("dam"),
        line,
    )
    moved = {"tags": ["streets"], "attributions": [credit("witness", "said_by")]}
    await accept(database, {**line, **moved, "body": [{"type": "reference_note", "note": "dam"}]})

    names = [
        "articles",
        *(f"articles:tag:{slug}" for slug in ("water", "rivers", "city", "streets")),
        *(f"articles:source:{slug}" for slug in ("wire", "witness")),
        *(f"articles:source.said_by:{slug}" for slug in ("wire", "witness")),
        "articles:note:dam",
        "articles:has:note",
    ]
    in_english = [f"{name}~en" for name in names]
    assert (await last_change(database, "article", line["id"])).keys == sorted(
        [f"article:{line['id']}", *names, *in_english]
    )


async def test_the_keys_of_a_note_name_its_lists_before_and_after_with_ancestors(database: Database) -> None:
    line = note("dam", tags=["rivers"], attributions=[credit("wire", "said_by")])
    await accept(
        database, tag("water"), tag("rivers", parent="water"), tag("city"), source("wire"), source("witness"), line
    )
    await accept(database, {**line, "tags": ["city"], "attributions": [credit("witness", "said_by")], "language": "uk"})

    assert (await last_change(database, "note", "dam")).keys == sorted(
        [
            "note:dam",
            "notes",
            "notes:language:en",
            "notes:language:uk",
            *(f"notes:tag:{slug}" for slug in ("water", "rivers", "city")),
            *(f"notes:source:{slug}" for slug in ("wire", "witness")),
        ]
    )


async def test_the_keys_of_tags_and_sources_name_them_and_their_lists(database: Database) -> None:
    await accept(database, tag("rivers"), source("wire"))

    assert [one.keys for one in await changes(database)] == [["tag:rivers", "tags"], ["source:wire", "sources"]]


async def test_a_withdrawn_article_still_names_the_lists_it_left(database: Database) -> None:
    line = article("flood", tags=["rivers"])
    await accept(database, tag("rivers"), line)
    await accept(database, tombstone("flood", id=line["id"]))

    assert "articles:tag:rivers" in (await last_change(database, "article", line["id"])).keys


async def test_what_becomes_public_names_the_list_it_joins(database: Database) -> None:
    await accept(database, tag("rivers"))
    await accept(database, article("flood", tags=["rivers"]))

    assert (await last_change(database, "tag", "rivers")).keys == ["tag:rivers", "tags"]


# --- readers cannot skip -----------------------------------------------------------------------------------------


async def _positions(reader: Reader) -> list[int]:
    return [seq for (seq,) in await reader.rows(_SEQ)]


_SEQ = select(Change.seq).order_by(Change.seq)


async def test_a_reader_at_a_position_never_sees_an_earlier_one_appear(database: Database) -> None:
    """Two transactions are held open, one of them between taking its numbers and its commit."""
    numbered, release = asyncio.Event(), asyncio.Event()
    holding = True

    async def hold() -> None:
        nonlocal holding
        if holding:
            holding = False
            numbered.set()
            await release.wait()

    async def write(slug: str) -> None:
        async with log.transaction(database, actor="test", zone=ZONE) as transaction:
            await tags.save(transaction, [new_tag(slug)])

    reader = database.reader()
    with before_commits(database, hold):
        first = asyncio.create_task(write("first"))
        await numbered.wait()
        second = asyncio.create_task(write("second"))
        await asyncio.sleep(0.3)
        seen_while_held = await _positions(reader)
        second_waited = not second.done()
        release.set()
        await asyncio.gather(first, second)

    assert seen_while_held == []
    assert second_waited
    assert await _positions(reader) == [1, 2]
    assert [one.ref for one in await changes(database)] == ["first", "second"]


async def test_four_writers_at_once_leave_a_log_without_holes_that_a_reader_follows(database: Database) -> None:
    await accept(database, tag("rivers"), source("wire"))
    stop = asyncio.Event()
    watched: list[list[int]] = []

    async def follow() -> None:
        while not stop.is_set():
            watched.append(await _positions(database.reader()))
            await asyncio.sleep(0)

    async def write(writer: int) -> None:
        for n in range(12):
            line = article(f"story-{writer}-{n}", tags=["rivers"], attributions=[credit("wire", "said_by")])
            await accept(database, line, draft(f"draft-{writer}-{n}"))

    following = asyncio.create_task(follow())
    await asyncio.gather(*(write(writer) for writer in range(4)))
    stop.set()
    await following

    found = await changes(database)
    assert len(found) == 2 + 4 * 12 * 2 + 2
    assert dense([one.seq for one in found])
    assert dense([one.public_seq for one in found if one.public_seq is not None])
    assert [one.at for one in found if one.noun == "tag" and one.op == "published"] != []
    # Each look was a beginning of the log: nothing appeared behind what had been seen.
    assert all(dense(seen) for seen in watched)
    assert len(await names(database, PUBLIC, "article")) == 48


async def test_the_public_hears_once_of_a_tag_that_two_writers_reveal_at_once(database: Database) -> None:
    await accept(database, *(tag(f"t-{n}") for n in range(8)))
    together = asyncio.Barrier(2)

    async def write(writer: int) -> None:
        for n in range(8):
            await together.wait()
            # Other languages have other counters, so nothing but the tag itself brings the two together.
            await accept(database, article(f"story-{writer}-{n}", tags=[f"t-{n}"], language=("en", "uk")[writer]))

    await asyncio.gather(write(0), write(1))

    found = await changes(database)
    assert sorted(one.ref for one in found if one.op == "published") == [f"t-{n}" for n in range(8)]
    assert dense([one.seq for one in found])


# --- the head ------------------------------------------------------------------------------------------------------


async def test_the_log_takes_no_number_twice(database: Database) -> None:
    await accept(database, tag("rivers"))
    await sql.execute(database.url.text, update(Head).values(seq=0))

    with pytest.raises((IntegrityError, Raced)) as raised:
        await accept(database, tag("lakes"))

    assert "changes" in f"{raised.value} {raised.value.__cause__}"
    assert [slug for (slug,) in await rows(database, select(Tag.slug))] == ["rivers"]


async def test_instants_of_the_log_are_to_the_millisecond_on_both_databases(database: Database) -> None:
    await accept(database, tag("rivers"))

    (change,) = await changes(database)
    assert change.at.tzinfo is UTC
    assert change.at.microsecond % 1000 == 0
    assert abs((datetime.now(UTC) - change.at).total_seconds()) < 60


async def test_a_refused_line_gives_no_number_away(database: Database) -> None:
    report = await load(database, tag("rivers"), article("flood", tags=["nowhere"]), tag("lakes"))

    assert [(line, fault.detail) for line, fault in report.wrong] == [(2, "there is no tag 'nowhere'")]
    assert await head(database) == (2, 0)


async def test_what_holds_the_head_for_too_long_makes_no_writer_lose_its_work(database: Database) -> None:
    """A writer waits for another's commit; it neither fails nor goes ahead."""
    async with sql.connected(database.url.text) as other:
        await other.execute(update(Head).values(seq=Head.seq))
        waiting = asyncio.create_task(accept(database, tag("rivers")))
        await asyncio.sleep(0.2)
        assert not waiting.done()
    await waiting
    assert await head(database) == (1, 0)
