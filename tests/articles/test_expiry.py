"""Stories that are public for a time: they are taken out on time, once and wholly, and can be brought back."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from httpx import AsyncClient
from pydantic_core import from_json, to_json
from sqlalchemy import select
from sqlalchemy.dialects.sqlite import dialect

from app.articles import desk as articles
from app.changes import log
from app.changes.models import Change
from app.db import Database, utcnow
from app.publishing import store
from app.ticker import Ticker
from app.web.fields import format_instant
from tests import sql
from tests.answers import bearing, get, refusal, slugs
from tests.articles.test_desk_canary import ask, leaks, requests, secret, values
from tests.conftest import Clock, Fresh, Load, Make
from tests.contents import ZONE, rows
from tests.desk import act, address, change, newest, pointers, publish, send, write
from tests.factories import article, article_id, note, section, source, tag
from tests.processes import until

LATER: Final = "2099-01-01T06:00:00.000Z"
LATEST: Final = "2099-02-01T06:00:00.000Z"
PAST: Final = "2025-01-22T12:35:00.000Z"
FORMATS: Final = ("html", "text", "markdown", "jsonld", "ninjs")


def later(**span: float) -> str:
    return format_instant(utcnow() + timedelta(**span))


async def expire(database: Database, clock: Clock, ref: str) -> None:
    """Waits, as it were, until the story has expired an hour ago, and for who takes it out first."""
    clock.move(hours=2)
    await Ticker(database, ZONE).release()

    async def is_out() -> bool:
        return await expirations(database, ref) > 0

    await until(is_out)


async def expirations(database: Database, ref: str) -> int:
    return len(await rows(database, select(Change.seq).where(Change.ref == ref, Change.op == "expired")))


# --- on time, once -----------------------------------------------------------------------------------------------


async def test_a_story_is_taken_out_within_a_second_of_its_time(
    desk: AsyncClient, api: AsyncClient, database: Database
) -> None:
    await publish(desk, slug="flood")
    story = await change(desk, "flood", expires_at=later(seconds=0.8))
    assert await slugs(api) == ["flood"]

    async def is_gone() -> bool:
        return (await api.get(address("flood"))).status_code == 410

    await until(is_gone, 1.8)

    document = refusal(await api.get(address("flood")), 410, "withdrawn")
    assert (document["reason"], document["public_note"], document["replacement"]) == ("expired", None, None)
    assert await slugs(api) == []
    seen = (await newest(desk, "flood")).json()
    assert (seen["status"], seen["expires_at"], seen["updated_at"]) == (
        "expired", story["expires_at"], story["updated_at"],
    )  # fmt: skip
    assert await expirations(database, story["id"]) == 1


async def test_several_processes_take_each_story_out_once(desk: AsyncClient, database_url: str, clock: Clock) -> None:
    refs = [(await publish(desk, slug=f"story-{n}", expires_at=later(hours=1)))["id"] for n in range(6)]
    databases = [Database(database_url) for _ in range(3)]
    clock.move(hours=2)
    await asyncio.gather(*(Ticker(database, ZONE).release() for database in databases))

    async def all_out() -> bool:
        return [await expirations(databases[0], ref) for ref in refs] == [1] * 6

    await until(all_out)  # the ticker of the desk's application may hold one still
    for database in databases:
        await database.close()


async def test_a_story_that_was_due_and_over_while_no_process_ran_is_published_and_taken_out(
    load: Load, database: Database
) -> None:
    now = utcnow()
    at, over = (format_instant(now - timedelta(hours=hours)) for hours in (2, 1))
    await load(article("flood", status="scheduled", publish_at=at, expires_at=over))

    ref = article_id("flood")
    assert await Ticker(database, ZONE).release() == [ref, ref]

    ops = await rows(database, select(Change.op).where(Change.ref == ref).order_by(Change.seq))
    assert [op for (op,) in ops] == ["created", "published", "expired"]


async def test_a_story_whose_expiry_was_moved_at_the_last_moment_stays(load: Load, database: Database) -> None:
    await load(article("flood", expires_at=LATER))

    async with log.transaction(database, actor="ticker", zone=ZONE) as transaction:
        locked = await articles.lock(transaction, "flood")
        written = await articles.expire_due(transaction, locked, datetime(2098, 1, 1, tzinfo=UTC))

    assert written.revision == locked.newest.revision
    assert await expirations(database, article_id("flood")) == 0


async def test_taking_out_is_told_with_the_keys_of_all_that_it_leaves(
    desk: AsyncClient, api: AsyncClient, load: Load, database: Database, clock: Clock
) -> None:
    await load(tag("trams"), section("town"))
    story = await publish(desk, slug="flood", tags=["trams"], section="town", expires_at=later(hours=1))
    kept = [await api.get(path) for path in ("/v1/articles", "/v1/articles?tag=trams", address("flood"))]

    await expire(database, clock, story["id"])

    change = (await get(api, "/v1/changes", after=0, limit=100))["items"][-1]
    assert (change["op"], change["ref"]) == ("expired", story["id"])
    for answer in kept:
        assert not {*change["keys"]}.isdisjoint(answer.headers["surrogate-key"].split(" ")), answer.url
    assert (await get(desk, address("flood", "/revisions"), perspective="drafts"))["items"][0]["op"] == "expired"


async def test_what_expires_next_is_found_on_an_index(sqlite: Fresh) -> None:
    statement = str(store._expiring("article", 1).compile(dialect=dialect()))
    with sqlite() as url:
        plan = await sql.query(url, f"EXPLAIN QUERY PLAN {statement.replace('?', '0')}")

    assert plan[0].detail.startswith("SEARCH view_entries USING INDEX ix_view_entries_expiring")


# --- set, extended, lifted ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("moved", [LATER, None])
async def test_an_expiry_is_extended_or_lifted_by_a_patch_that_is_no_update(
    desk: AsyncClient, api: AsyncClient, database: Database, clock: Clock, moved: str | None
) -> None:
    story = await publish(desk, slug="flood", expires_at=later(hours=1))
    changed = await change(desk, "flood", expires_at=moved)
    assert (changed["expires_at"], changed["updated_at"]) == (moved, story["updated_at"])

    clock.move(hours=2)

    assert await Ticker(database, ZONE).release() == []
    assert (await get(api, address("flood")))["expires_at"] == moved


@pytest.mark.parametrize("asked", [{}, {"expires_at": None}, {"expires_at": LATER}])
async def test_publishing_brings_an_expired_story_back_with_another_expiry_or_none(
    desk: AsyncClient, api: AsyncClient, database: Database, clock: Clock, asked: dict[str, Any]
) -> None:
    story = await publish(desk, slug="flood", expires_at=later(hours=1))
    await expire(database, clock, story["id"])

    back = await act(desk, "flood", "publish", **asked)

    assert (back["status"], back["expires_at"]) == ("published", asked.get("expires_at"))
    assert back["first_published_at"] == story["first_published_at"]
    assert (await get(api, address("flood")))["revision"] == back["revision"]
    assert await slugs(api) == ["flood"]


async def test_an_expiry_that_was_set_while_a_story_was_expired_is_that_of_its_return(
    desk: AsyncClient, api: AsyncClient, database: Database, clock: Clock
) -> None:
    story = await publish(desk, slug="flood", expires_at=later(hours=1))
    await expire(database, clock, story["id"])

    assert (await change(desk, "flood", expires_at=LATER))["status"] == "expired"
    assert (await api.get(address("flood"))).status_code == 410
    assert (await act(desk, "flood", "publish"))["expires_at"] == LATER


async def test_a_working_copy_goes_with_the_story_that_it_stands_beside(
    desk: AsyncClient, api: AsyncClient, database: Database, clock: Clock
) -> None:
    story = await publish(desk, slug="flood", expires_at=later(hours=1))
    await change(desk, "flood", "/draft", headline="The river fell", expires_at=LATER)

    await expire(database, clock, story["id"])

    assert (await api.get(address("flood"))).status_code == 410
    seen = (await newest(desk, "flood")).json()
    assert (seen["status"], seen["headline"], seen["expires_at"]) == ("expired", "The river fell", LATER)


async def test_the_expiry_of_a_working_copy_counts_once_it_is_published(
    desk: AsyncClient, api: AsyncClient, database: Database, clock: Clock
) -> None:
    await publish(desk, slug="flood", expires_at=later(hours=1))
    await change(desk, "flood", "/draft", expires_at=None)
    await act(desk, "flood", "publish")

    clock.move(hours=2)

    assert await Ticker(database, ZONE).release() == []
    assert (await api.get(address("flood"))).status_code == 200


async def test_an_expired_story_can_be_made_a_draft_withdrawn_or_deleted_and_readers_are_told(
    desk: AsyncClient, api: AsyncClient, database: Database, clock: Clock
) -> None:
    for slug in ("one", "two", "three"):
        await publish(desk, slug=slug, expires_at=later(hours=1))
    clock.move(hours=2)
    await Ticker(database, ZONE).release()

    async def all_gone() -> bool:
        return [(await api.get(address(slug))).status_code for slug in ("one", "two", "three")] == [410] * 3

    await until(all_gone)
    head = (await get(api, "/v1/changes", after=0, limit=100))["head"]
    await act(desk, "one", "unpublish")
    await act(desk, "two", "withdraw", reason="legal")
    seen = await newest(desk, "three")
    await desk.delete(address("three"), headers={"If-Match": seen.headers["etag"]})

    told = (await get(api, "/v1/changes", after=head, limit=100))["items"]
    assert [each["op"] for each in told] == ["unpublished", "withdrawn", "deleted"]
    assert (await api.get(address("one"))).status_code == 404
    assert refusal(await api.get(address("two")), 410, "withdrawn")["reason"] == "legal"
    assert (await api.get(address("three"))).status_code == 404


# --- what is refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [PAST, "tomorrow", "", 5, "2099-01-01T06:00:00"])
async def test_an_expiry_that_is_past_or_none_is_refused(desk: AsyncClient, wrong: object) -> None:
    story = {"language": "en", "headline": "Flood", "expires_at": wrong}
    assert pointers(await desk.post("/v1/articles", json=story)) == {"/expires_at"}
    await publish(desk, slug="flood")
    assert pointers(await send(desk, "flood", expires_at=wrong)) == {"/expires_at"}
    await write(desk, slug="draft")
    answer = await desk.post(address("draft", "/publish"), json={"expires_at": wrong})
    assert pointers(answer) == {"/expires_at"}


async def test_a_line_over_http_whose_expiry_is_past_is_refused(desk: AsyncClient, key: Make) -> None:
    desk.headers.update(bearing(await key("content:write")))  # which makes drafts, and restores nothing
    line = article("flood", status="expired", published_at=PAST, expires_at="2025-03-01T09:00:00.000Z")
    answer = await desk.post("/v1/import", content=to_json(line), headers={"Content-Type": "application/x-ndjson"})
    told = from_json(answer.content.splitlines()[0])
    assert told["outcome"] == "error"
    assert [fault["pointer"] for fault in told["error"]["errors"]] == ["/expires_at"]


async def test_an_expiry_before_the_publication_is_refused(desk: AsyncClient) -> None:
    await write(desk, slug="flood", expires_at=LATER)
    for at in (LATER, LATEST):
        assert pointers(await desk.post(address("flood", "/publish"), json={"at": at})) == {"/expires_at"}
    sent = {"at": LATER, "expires_at": LATER}
    assert pointers(await desk.post(address("flood", "/publish"), json=sent)) == {"/expires_at"}
    await act(desk, "flood", "publish", at=LATER, expires_at=LATEST)
    assert pointers(await send(desk, "flood", expires_at=LATER)) == {"/expires_at"}


async def test_a_draft_whose_expiry_is_over_is_published_with_another_only(desk: AsyncClient, clock: Clock) -> None:
    await write(desk, slug="flood", expires_at=later(hours=1))
    clock.move(hours=2)

    assert pointers(await desk.post(address("flood", "/publish"))) == {"/expires_at"}
    assert (await act(desk, "flood", "publish", expires_at=None))["status"] == "published"


async def test_a_working_copy_is_not_scheduled_for_after_what_it_replaces_has_expired(desk: AsyncClient) -> None:
    await publish(desk, slug="flood", expires_at=LATER)
    await change(desk, "flood", "/draft", headline="The river fell", expires_at=None)

    assert pointers(await desk.post(address("flood", "/publish"), json={"at": LATER})) == {"/at"}
    assert (await act(desk, "flood", "publish", at="2098-01-01T06:00:00.000Z"))["status"] == "scheduled"


async def test_publishing_what_is_public_gives_it_no_other_expiry(desk: AsyncClient) -> None:
    await publish(desk, slug="flood", expires_at=LATER)

    assert (await act(desk, "flood", "publish", expires_at=LATER))["expires_at"] == LATER
    answer = await desk.post(address("flood", "/publish"), json={"expires_at": LATEST})
    assert "PATCH" in refusal(answer, 409, "conflict")["detail"]


# --- nowhere its text --------------------------------------------------------------------------------------------


async def test_nothing_of_an_expired_story_is_in_any_answer(
    desk: AsyncClient, api: AsyncClient, load: Load, database: Database, clock: Clock
) -> None:
    await load(tag("river"), tag("kanarek-tag"), section("kanarek-section"), source("mayor"), source("kanarek-source"))
    await load(note("mill"), article("a", tags=["river"]), article("b", tags=["river"]))
    named = {"tags": ["river"], "section": None, "attributions": [], "body": secret()["body"][:1]}
    image = {"caption": "kanarek caption"}
    story = await publish(desk, **secret(slug="gone", image=image, **named, expires_at=later(hours=1)))
    await change(desk, "b", relations=[{"relation": "background", "article": story["id"]}])
    assert "kanarek" in (await api.get("/v1/articles?q=kanarek")).text
    sitemap = f"/sitemap/{utcnow().year}.xml"
    assert "/gone" in (await api.get(sitemap)).text

    await expire(database, clock, story["id"])

    hidden = ["gone", story["id"]]
    assert {"b", *hidden} & {*values(hidden)["ref"]} == {*hidden}
    asked = [*requests(hidden), *((address(ref, f"/{format}"), {}) for ref in hidden for format in FORMATS)]
    asked += [(path, {}) for path in (sitemap, "/sitemap-news.xml", "/feeds/articles.json", "/", "/gone")]
    asked += [(address("b"), {"include": "relations"}), (address("b", "/related"), {}), ("/v1/quotes", {})]
    for path, params in asked:
        answer = await ask(api, path, params)
        assert not leaks(answer), (path, params, answer.text)
        if path.startswith((address("gone"), address(story["id"]))) and answer.status_code not in {401, 403, 422}:
            assert (answer.status_code, answer.json()["reason"]) == (410, "expired"), (path, params)
    assert "/gone" not in (await api.get(sitemap)).text
    assert 'ref="' in (feed := (await api.get("/feeds/articles.atom")).text), feed
    assert story["id"] in feed


async def test_an_instant_to_come_shows_what_will_not_have_expired_by_then(desk: AsyncClient, load: Load) -> None:
    await load(article("flood", expires_at=LATER), article("dam"))
    await load(article("mill", status="scheduled", publish_at="2098-01-01T06:00:00Z", expires_at=LATER))
    copied = await publish(desk, slug="weir")
    await change(desk, copied["id"], "/draft", headline="The river at the weir", expires_at=LATER)
    await act(desk, copied["id"], "publish", at="2098-01-01T06:00:00.000Z")

    for at, seen in ((LATEST, {"dam"}), ("2098-06-01T00:00:00Z", {"flood", "dam", "mill", "weir"})):
        assert {*await slugs(desk, perspective=at)} == seen
        assert {*await slugs(desk, perspective=at, q="river")} == seen
        for slug in ("flood", "dam", "mill", "weir"):
            answer = await desk.get(address(slug), params={"perspective": at})
            assert answer.status_code == (200 if slug in seen else 404), (at, slug)


# --- formats, import and export ----------------------------------------------------------------------------------


async def test_formats_for_machines_say_when_a_story_expires(api: AsyncClient, load: Load) -> None:
    await load(article("flood", expires_at=LATER), article("dam"))

    for name in ("jsonld", "ninjs"):
        assert (await get(api, address("flood", f"/{name}")))["expires"] == LATER
        assert "expires" not in await get(api, address("dam", f"/{name}"))
